//! A source with two flows of the same frames: the light one is looked at, the best one is compiled
//! from, and clips are linked from one to the other.

use crate::bench::Bench;
use ipc::{DeskEvent, FlowPurpose, JobKind, JobResult, JobState, RelinkArgs, SequenceEdit};
use ipc::{SequenceView, SourceView};
use serde_json::json;
use tests::check::{Options, check_with};
use tests::media::{MediaSpec, generate};
use tests::tams_server::{AddMedia, Dialect, Requests, TamsServer};

const SOURCE: &str = "2aa143ac-0ab7-4d75-bc32-5c00c13d186f";
const BEST: &str = "4f79cfd1-c057-47f4-8e4d-1b126ca7bf34";
const PREVIEW: &str = "d9fb7f1c-7a1c-4f0a-8d55-0f9f6a1de6c1";

/// What the best flow shows, and the light one. Their clip numbers tell from which a frame came.
fn specs() -> [MediaSpec; 2] {
    let best = MediaSpec::small(41);
    let preview = MediaSpec {
        width: 320,
        height: 180,
        quality: 30,
        ..MediaSpec::small(42)
    };
    [best, preview]
}

/// Adds a flow that begins at a time, in milliseconds.
fn add(server: &TamsServer, id: &str, spec: &MediaSpec, kilobits: u32, begins: u32) {
    let nanos = begins * 1_000_000;
    let mut media = AddMedia::video(SOURCE, id, "The take").segment(
        std::fs::read(generate(spec)).unwrap(),
        &format!("[0:{nanos}_6:{nanos})"),
        (nanos > 0).then(|| format!("0:{nanos}")).as_deref(),
    );
    media.flow["container"] = json!("video/mp4");
    media.flow["avg_bit_rate"] = json!(kilobits);
    media.flow["essence_parameters"] = json!({
        "frame_width": spec.width, "frame_height": spec.height,
        "frame_rate": { "numerator": 30, "denominator": 1 },
    });
    server.add_media(media);
}

/// A desk beside a server that has both flows, and the source as it is listed.
async fn studio(light_begins: u32) -> (Bench, TamsServer, SourceView) {
    let server = tokio::task::spawn_blocking(move || {
        let server = TamsServer::start(Dialect::Tamoss82);
        let [best, preview] = specs();
        add(&server, BEST, &best, 4000, 0);
        add(&server, PREVIEW, &preview, 300, light_begins);
        server
    });
    let server = server.await.unwrap();
    let config = format!("[tams.studio]\nurl = \"{}\"\n", server.url());
    let mut bench = Bench::configured(&config).await;
    let listed = |sources: &[SourceView]| sources.first().cloned();
    let source = match listed(&bench.view().await.sources) {
        Some(source) => source,
        None => {
            bench
                .wait("the server is listed", |event| match event {
                    DeskEvent::Sources { sources } => listed(sources),
                    _ => None,
                })
                .await
        }
    };
    (bench, server, source)
}

async fn relink(bench: &mut Bench, clips: &[&str], purpose: FlowPurpose) -> JobState {
    let clips = clips.iter().map(|&clip| clip.to_owned()).collect();
    let args = RelinkArgs { clips, purpose };
    let id = bench.desk.sequence_relink(args).await.unwrap();
    let job = bench.job(&id).await;
    assert_eq!(job.kind, JobKind::Relink);
    job.state
}

/// Waits until each clip is known to be cut from a preview flow, or not.
async fn previews(bench: &mut Bench, wanted: &[bool]) -> SequenceView {
    let is = |view: &SequenceView| {
        view.clips
            .iter()
            .map(|clip| clip.preview)
            .eq(wanted.to_vec())
    };
    let now = bench.view().await.sequence;
    if is(&now) {
        return now;
    }
    bench
        .wait("the clips' flows are known", |event| match event {
            DeskEvent::Sequence { sequence } => is(sequence).then(|| sequence.clone()),
            _ => None,
        })
        .await
}

fn flows(view: &SequenceView) -> Vec<&str> {
    view.clips
        .iter()
        .map(|clip| clip.flow_id.as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_light_flow_is_looked_at_and_the_best_one_is_compiled() {
    let (mut bench, server, source) = studio(0).await;
    let (best, preview) = (format!("studio/{BEST}"), format!("studio/{PREVIEW}"));
    assert_eq!(source.best_flow.as_ref(), Some(&best));
    assert_eq!(source.preview_flow.as_ref(), Some(&preview));

    let monitor = bench.open_source(&preview).await;
    assert_eq!((monitor.width, monitor.frames), (320, 180));
    bench.append(&preview, 20, 95).await;
    let cut = previews(&mut bench, &[true]).await;
    assert_eq!(flows(&cut), [preview.as_str()]);
    let media = |server: &TamsServer| server.count(&Requests::to_media().of("GET"));
    let light = media(&server);

    let state = relink(&mut bench, &[], FlowPurpose::Best).await;
    let done = JobState::Done {
        result: JobResult::Relinked { clips: 1 },
    };
    assert_eq!(state, done);
    assert!(media(&server) > light, "the best flow was not fetched");
    let linked = previews(&mut bench, &[false]).await;
    assert_eq!(flows(&linked), [best.as_str()]);
    let (was, is) = (&cut.clips[0], &linked.clips[0]);
    assert_eq!((&was.id, &was.title), (&is.id, &is.title));
    assert_eq!(
        (was.at, was.frames, was.source_first),
        (is.at, is.frames, is.source_first)
    );
    assert_eq!(was.timerange, is.timerange);
    assert_eq!(
        linked.history.last().unwrap().title,
        "Link to the best flows"
    );

    // The best one is here now, so the next part is cut from it at once.
    let view = bench.append(&preview, 100, 160).await;
    assert_eq!(flows(&view), [best.as_str(), best.as_str()]);
    let plan = bench.plan(view.revision).await;
    assert_eq!((plan.width, plan.frames), (640, 75 + 60));
    let (file, _) = bench.compile().await;
    let [spec, _] = specs();
    let options = Options {
        sources: vec![spec.clone()],
        ..Options::default()
    };
    let seen = check_with(&file, &options);
    seen.assert_frames(&[(spec.clip, 20..=94), (spec.clip, 100..=159)]);

    // It is the user's to say: one clip from the light flow again, and back by undo.
    let second = view.clips[1].id.clone();
    relink(&mut bench, &[&second], FlowPurpose::Preview).await;
    let view = previews(&mut bench, &[false, true]).await;
    assert_eq!(flows(&view), [best.as_str(), preview.as_str()]);
    let view = bench.edit(SequenceEdit::Undo).await;
    assert_eq!(flows(&view), [best.as_str(), best.as_str()]);
}

/// Flows of one source keep time by clocks of their own: it is the picture that stays, not its number.
#[tokio::test(flavor = "multi_thread")]
async fn a_clip_is_linked_by_its_time_and_not_by_its_numbers() {
    // Six frames later, and a quarter of a frame.
    let (mut bench, _server, _) = studio(208).await;
    let (best, preview) = (format!("studio/{BEST}"), format!("studio/{PREVIEW}"));
    bench.open_source(&preview).await;
    bench.append(&preview, 20, 95).await;
    // Here the best flow has ended already.
    let cut = bench.append(&preview, 170, 180).await;
    previews(&mut bench, &[true, true]).await;
    let late = cut.clips[1].id.clone();
    let state = relink(&mut bench, &[], FlowPurpose::Best).await;
    let JobState::Failed { failure } = state else {
        panic!("the job ended in {state:?}");
    };
    assert_eq!(failure.code, "out_of_range");
    assert!(failure.detail.contains("The take"), "{failure:?}");
    let after = bench.view().await.sequence;
    assert_eq!(flows(&after), [preview.as_str(), preview.as_str()]);

    bench.edit(SequenceEdit::Remove { clips: vec![late] }).await;
    relink(&mut bench, &[], FlowPurpose::Best).await;
    let linked = previews(&mut bench, &[false]).await;
    assert_eq!(flows(&linked), [best.as_str()]);
    assert_eq!(
        (linked.clips[0].source_first, linked.clips[0].source_frames),
        (26, 75)
    );
    bench.plan(linked.revision).await;
    let (file, _) = bench.compile().await;
    let [spec, _] = specs();
    let options = Options {
        sources: vec![spec.clone()],
        ..Options::default()
    };
    check_with(&file, &options).assert_frames(&[(spec.clip, 26..=100)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_fetched_leaves_the_clips_as_they_are() {
    let (mut bench, server, _) = studio(0).await;
    let preview = format!("studio/{PREVIEW}");
    bench.open_source(&preview).await;
    let view = bench.append(&preview, 0, 30).await;
    previews(&mut bench, &[true]).await;
    drop(server);
    let state = relink(&mut bench, &[], FlowPurpose::Best).await;
    let JobState::Failed { failure } = state else {
        panic!("the job ended in {state:?}");
    };
    assert_eq!(failure.code, "unreachable");
    let after = bench.view().await.sequence;
    assert_eq!(
        (after.revision, flows(&after)),
        (view.revision, vec![preview.as_str()])
    );
    // It can be compiled as it is.
    bench.compile().await;
}
