//! Append, undo, plan, compile: the file holds exactly the frames of the timeline.

use ipc::{JobResult, JobState, PlanState, SequenceEdit};
use tests::check::{Options, check_with};
use tests::media::MediaSpec;

use crate::bench::Bench;

fn spec(clip: u8) -> MediaSpec {
    MediaSpec {
        bframes: 2,
        ..MediaSpec::small(clip)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sequence_becomes_a_file_of_exactly_its_frames() {
    let mut bench = Bench::start().await;
    let (one, two) = (spec(41), spec(42));
    let first = bench.ingest(&one).await;
    let second = bench.ingest(&two).await;
    bench.append(&first, 15, 90).await;
    bench.append(&second, 0, 33).await;
    let sequence = bench.append(&first, 120, 165).await;
    assert_eq!(sequence.frames, 75 + 33 + 45);
    let starts: Vec<u32> = sequence.clips.iter().map(|clip| clip.at).collect();
    assert_eq!(starts, [0, 75, 108]);

    let plan = bench.plan(sequence.revision).await;
    assert_eq!(plan.frames, sequence.frames);
    assert_eq!(
        plan.spans.iter().map(|span| span.frames).sum::<u32>(),
        plan.frames
    );
    assert!(plan.copied_frames > 0 && plan.copied_frames < plan.frames);

    let (file, job) = bench.compile().await;
    let JobState::Done {
        result:
            JobResult::Compiled {
                frames,
                plan_hash,
                verified,
                revision,
                ..
            },
    } = job.state
    else {
        panic!("{job:?}")
    };
    assert_eq!((frames, revision), (plan.frames, sequence.revision));
    assert_eq!(plan_hash, plan.hash, "what was shown is what was compiled");
    assert!(verified.is_some_and(|verified| verified.ok));
    let seen = check_with(
        &file,
        &Options {
            sources: vec![one, two],
            ..Options::default()
        },
    );
    seen.assert_frames(&[(41, 15..=89), (42, 0..=32), (41, 120..=164)]);
    seen.assert_av_sync(10.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_can_be_undone_redone_and_survive_a_restart() {
    let mut bench = Bench::start().await;
    let flow = bench.ingest(&spec(43)).await;
    bench.append(&flow, 0, 30).await;
    let two = bench.append(&flow, 60, 75).await;
    let split = bench.edit(SequenceEdit::Split { at: 10 }).await;
    assert_eq!(split.clips.len(), 3);
    assert_eq!(split.frames, two.frames);
    let undone = bench.edit(SequenceEdit::Undo).await;
    assert_eq!(undone.clips, two.clips);
    let removed = bench
        .edit(SequenceEdit::Remove {
            clips: vec![two.clips[0].id.clone()],
        })
        .await;
    assert_eq!((removed.frames, removed.clips[0].at), (15, 0));
    assert!(removed.revision > undone.revision);

    let bench = bench.restart().await;
    let view = bench.view().await.sequence;
    assert_eq!(view.clips, removed.clips);
    let back = bench.edit(SequenceEdit::Undo).await;
    assert_eq!(back.clips, two.clips, "the history survives, too");
    let again = bench.edit(SequenceEdit::Redo).await;
    assert_eq!(again.clips, removed.clips);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_sequence_has_no_plan_and_compiles_to_a_clear_refusal() {
    let bench = Bench::start().await;
    assert_eq!(bench.view().await.plan, PlanState::Empty);
    let args = ipc::CompileArgs {
        mode: "auto".to_owned(),
        single_parameter_set: false,
        choose_place: false,
    };
    let refused = bench.desk.compile_start(args, None).await.unwrap_err();
    assert!(refused.detail.contains("empty"), "{refused}");
    assert!(!refused.hint.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_edits_change_nothing_and_name_what_is_wrong() {
    let mut bench = Bench::start().await;
    let flow = bench.ingest(&spec(44)).await;
    let before = bench.append(&flow, 0, 30).await;
    let wrong = [
        SequenceEdit::Remove {
            clips: vec!["7d7f0a2e-5a39-4b1e-8a0e-0d5f6a2b9c11".to_owned()],
        },
        SequenceEdit::Trim {
            clip: before.clips[0].id.clone(),
            first: 0,
            frames: 1_000_000,
        },
        SequenceEdit::Split { at: 30 },
        SequenceEdit::Append {
            part: ipc::FlowPart {
                flow_id: flow.clone(),
                mark_in: Some(20),
                mark_out: Some(20),
            },
        },
        SequenceEdit::Append {
            part: ipc::FlowPart {
                flow_id: "no flow".to_owned(),
                mark_in: None,
                mark_out: None,
            },
        },
    ];
    for edit in wrong {
        let words = format!("{edit:?}");
        let refused = bench
            .desk
            .sequence_edit(ipc::EditArgs { edit })
            .await
            .expect_err(&words);
        assert!(!refused.detail.is_empty(), "{words}: {refused}");
    }
    assert_eq!(bench.view().await.sequence.clips, before.clips);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compile_that_is_cancelled_leaves_nothing() {
    let mut bench = Bench::start().await;
    let flow = bench.ingest(&spec(45)).await;
    for _ in 0..40 {
        bench.append(&flow, 1, 170).await;
    }
    let args = ipc::CompileArgs {
        mode: "render".to_owned(),
        single_parameter_set: false,
        choose_place: false,
    };
    let id = bench.desk.compile_start(args, None).await.unwrap();
    bench
        .wait("it runs", |event| match event {
            ipc::DeskEvent::Job { job } if job.id == id && job.progress.is_some() => Some(()),
            _ => None,
        })
        .await;
    bench
        .desk
        .job_cancel(ipc::JobArgs { job_id: id.clone() })
        .await
        .unwrap();
    assert_eq!(bench.job(&id).await.state, JobState::Cancelled);
    let folder = bench.folder.path().join("workspace").join("compiled");
    let left: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}
