//! Monitors: the frame that is asked for is the frame that comes, in the source and across joints.

use std::sync::Arc;
use std::time::Duration;

use ipc::{DeskEvent, MonitorName, MonitorState, Transport};
use tests::media::MediaSpec;

use crate::bench::Bench;

/// A picture as a small monitor wants it.
const SMALL: media::PictureBox = media::PictureBox {
    format: media::PixelFormat::Rgba,
    width: 640,
    height: 360,
};

fn spec(clip: u8) -> MediaSpec {
    MediaSpec {
        bframes: 2,
        ..MediaSpec::small(clip)
    }
}

/// Waits until a monitor stands on a frame.
async fn arrive(bench: &mut Bench, name: MonitorName, frame: u32) {
    let there = |view: &ipc::MonitorView| {
        view.monitor == name && view.frame == frame && view.state == MonitorState::Ready
    };
    let view = bench.view().await;
    let now = if name == MonitorName::Source {
        view.source
    } else {
        view.record
    };
    if there(&now) {
        return;
    }
    bench
        .wait(
            &format!("{name:?} stands on frame {frame}"),
            |event| match event {
                DeskEvent::Monitor { monitor } if there(monitor) => Some(()),
                _ => None,
            },
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_source_monitor_goes_where_it_is_sent() {
    let mut bench = Bench::start().await;
    let flow = bench.ingest(&spec(46)).await;
    let opened = bench.open_source(&flow).await;
    assert_eq!(opened.frames, 180);
    assert!(opened.sound);
    for frame in [100, 3, 179, 60] {
        bench
            .transport(MonitorName::Source, Transport::Seek { frame })
            .await;
        arrive(&mut bench, MonitorName::Source, frame).await;
    }
    bench
        .transport(MonitorName::Source, Transport::Step { frames: -1 })
        .await;
    arrive(&mut bench, MonitorName::Source, 59).await;
    bench
        .transport(MonitorName::Source, Transport::Seek { frame: 100_000 })
        .await;
    arrive(&mut bench, MonitorName::Source, 179).await;
    assert!(
        bench
            .view()
            .await
            .lesson
            .is_some_and(|lesson| lesson.opened)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_stay_in_order() {
    let mut bench = Bench::start().await;
    let flow = bench.ingest(&spec(46)).await;
    bench.open_source(&flow).await;
    let mark_in = |frame| Transport::MarkIn { frame: Some(frame) };
    let mark_out = |frame| Transport::MarkOut { frame: Some(frame) };
    bench.transport(MonitorName::Source, mark_in(30)).await;
    let view = bench.transport(MonitorName::Source, mark_out(60)).await;
    assert_eq!((view.mark_in, view.mark_out), (Some(30), Some(60)));
    let view = bench.transport(MonitorName::Source, mark_in(80)).await;
    assert_eq!((view.mark_in, view.mark_out), (Some(80), None));
    let view = bench
        .transport(MonitorName::Source, mark_out(1_000_000))
        .await;
    assert_eq!((view.mark_in, view.mark_out), (Some(80), Some(180)));
    let view = bench
        .transport(MonitorName::Source, Transport::MarkIn { frame: None })
        .await;
    assert_eq!((view.mark_in, view.mark_out), (None, Some(180)));
}

#[tokio::test(flavor = "multi_thread")]
async fn play_ends_on_the_last_frame_and_pause_holds() {
    let mut bench = Bench::start().await;
    let flow = bench.ingest(&spec(47)).await;
    bench.open_source(&flow).await;
    bench
        .transport(MonitorName::Source, Transport::Seek { frame: 150 })
        .await;
    arrive(&mut bench, MonitorName::Source, 150).await;
    // Nothing plays for nobody: a page says how large it looks.
    bench.desk.frame_pull(MonitorName::Source, 0, SMALL).await;
    bench
        .transport(MonitorName::Source, Transport::Play { rate: 1 })
        .await;
    bench
        .wait("play ends", |event| match event {
            DeskEvent::Monitor { monitor }
                if monitor.monitor == MonitorName::Source
                    && monitor.frame == 179
                    && monitor.rate == 0 =>
            {
                Some(())
            }
            _ => None,
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_monitor_plays_the_sequence() {
    let mut bench = Bench::start().await;
    let flow = bench.ingest(&spec(48)).await;
    bench.append(&flow, 10, 40).await;
    let sequence = bench.append(&flow, 100, 130).await;
    bench.plan(sequence.revision).await;
    bench
        .transport(MonitorName::Record, Transport::Seek { frame: 45 })
        .await;
    arrive(&mut bench, MonitorName::Record, 45).await;
    assert_eq!(bench.view().await.record.frames, 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_media_is_a_slate_with_a_next_step() {
    let mut bench = Bench::start().await;
    let flow = bench.ingest(&spec(49)).await;
    bench.append(&flow, 10, 40).await;
    let bench = {
        // The objects go while nobody looks.
        let objects = bench.folder.path().join("workspace/node/objects");
        let again = bench.restart();
        std::fs::remove_dir_all(objects).unwrap();
        again.await
    };
    let mut bench = bench;
    let view = bench.view().await;
    let failed = |plan: &ipc::PlanState| match plan {
        ipc::PlanState::Failed { failure, .. } => Some(failure.clone()),
        _ => None,
    };
    let failure = match failed(&view.plan) {
        Some(failure) => failure,
        None => {
            bench
                .wait("the plan fails", |event| match event {
                    DeskEvent::Plan { plan } => failed(plan),
                    _ => None,
                })
                .await
        }
    };
    assert_eq!(failure.code, "missing_object", "{failure:?}");
    assert!(!failure.hint.is_empty());
    let view = bench.view().await;
    assert_eq!(view.record.state, MonitorState::Slate);
    assert_eq!(view.sequence.clips.len(), 1, "the cut itself is untouched");
}

/// The newest pictures of a monitor carry the frame that the view names.
#[tokio::test(flavor = "multi_thread")]
async fn pulled_pictures_are_those_of_the_frame() {
    let mut bench = Bench::start().await;
    let spec = spec(46);
    let flow = bench.ingest(&spec).await;
    bench.open_source(&flow).await;
    let desk = Arc::new(bench.desk.clone());
    for frame in [77_u32, 12, 140] {
        bench
            .transport(MonitorName::Source, Transport::Seek { frame })
            .await;
        let found = async {
            loop {
                let bytes = desk.frame_pull(MonitorName::Source, 0, SMALL).await;
                if bytes.len() > 64 && bytes[24..28] == frame.to_le_bytes() && bytes[36] & 1 == 0 {
                    return bytes;
                }
            }
        };
        let bytes = tokio::time::timeout(Duration::from_secs(30), found)
            .await
            .unwrap();
        let (width, height) = (number(&bytes, 8), number(&bytes, 12));
        assert_eq!(bytes.len(), 64 + (width * height * 4) as usize);
        let seen =
            tests::media::read_rgba(&bytes[64..], width, height).expect("a code in the picture");
        assert_eq!((seen.clip, seen.number), (46, frame));
        // The flow begins at 0:0 and has 30 frames a second; stored times are floored.
        let time = i64::from_le_bytes(bytes[56..64].try_into().unwrap());
        assert_eq!(time, i64::from(frame) * 1_000_000_000 / 30, "frame {frame}");
        assert_eq!(bytes[54], 0, "a time near 0 is no date");
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}
