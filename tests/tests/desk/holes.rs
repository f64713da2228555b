//! A flow with a hole: somebody has deleted a segment of it. It opens, and is cut on both sides.

use ipc::{FlowArgs, PlanState, SequenceEdit};
use tests::check::{Options, check_with};
use tests::media::{MediaSpec, generate};
use tests::stringout::Stringout;

use crate::bench::Bench;

/// A flow of 6 s in three segments of 2 s, without the one in the middle.
async fn with_a_hole(bench: &mut Bench, spec: &MediaSpec) -> String {
    generate(spec);
    let flow = bench.ingest(spec).await;
    let workspace = bench.folder.path().join("workspace");
    let id = flow.clone();
    tokio::task::spawn_blocking(move || {
        let program = Stringout::in_workspace(&workspace);
        let mut server = program.serve(["node", "serve", "--listen", "127.0.0.1:0"]);
        let base = server.url();
        let gone = format!(
            "{}/flows/{id}/segments?timerange=[2:0_4:0)",
            base.trim_end_matches('/')
        );
        let answer = tests::http::Client::new().delete(&gone, &[]);
        assert!(matches!(answer.status, 202 | 204), "{}", answer.status);
    })
    .await
    .unwrap();
    flow
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_with_a_hole_opens_and_is_cut_around_it() {
    let mut bench = Bench::start().await;
    let spec = MediaSpec {
        bframes: 2,
        ..MediaSpec::small(55)
    };
    let (rate, frames) = (spec.rate.num, spec.frames);
    assert_eq!((spec.rate.den, frames), (1, 6 * rate), "six seconds");
    let flow = with_a_hole(&mut bench, &spec).await;

    let monitor = bench.open_source(&flow).await;
    assert_eq!(monitor.problem, None);
    assert_eq!(
        monitor.frames,
        4 * rate,
        "what is there, frame behind frame"
    );
    let args = FlowArgs {
        flow_id: flow.clone(),
    };
    let segments = bench.desk.flow_segments(args).await.unwrap();
    assert_eq!(segments.segments.len(), 2);
    let gap = &segments.gaps[0];
    assert_eq!(
        (gap.after_frame, gap.timerange.as_str()),
        (2 * rate - 1, "[2:0_4:0)")
    );

    // Both sides of the hole, each up to it.
    bench.append(&flow, rate, 2 * rate).await;
    let sequence = bench.append(&flow, 2 * rate, 3 * rate).await;
    let plan = bench.plan(sequence.revision).await;
    assert_eq!(plan.frames, 2 * rate);
    let (file, _) = bench.compile().await;
    let options = Options {
        sources: vec![spec.clone()],
        ..Options::default()
    };
    let seen = check_with(&file, &options);
    seen.assert_frames(&[
        (spec.clip, rate..=2 * rate - 1),
        (spec.clip, 4 * rate..=5 * rate - 1),
    ]);
    seen.assert_even_pts(spec.rate);
    seen.assert_av_sync(10.0);
    seen.assert_decodes_cleanly();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clip_over_a_hole_is_named_and_can_be_taken_back() {
    let mut bench = Bench::start().await;
    let spec = MediaSpec::small(56);
    let rate = spec.rate.num;
    let flow = with_a_hole(&mut bench, &spec).await;
    bench.open_source(&flow).await;
    let over = bench.append(&flow, rate, 3 * rate).await;
    let failure = bench
        .wait("the plan is refused", |event| match event {
            ipc::DeskEvent::Plan {
                plan: PlanState::Failed { failure, .. },
            } => Some(failure.clone()),
            _ => None,
        })
        .await;
    assert!(failure.detail.contains("2:0"), "where it is: {failure:?}");
    assert!(!failure.hint.is_empty(), "what to do: {failure:?}");

    assert_eq!(over.clips.len(), 1);
    let undone = bench.edit(SequenceEdit::Undo).await;
    assert!(undone.clips.is_empty());
}
