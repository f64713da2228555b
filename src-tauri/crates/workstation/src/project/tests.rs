//! Every edit of the sequence is on the disk, with its history, before it is answered.

use super::*;
use mediatime::{FixedClock, TimeRange};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Flows of 100 frames, 25 a second; those whose name begins with `ntsc` have 29.97.
struct Flows;

impl FlowFrames for Flows {
    fn frames(&self, flow_id: &str) -> Option<u64> {
        (!flow_id.starts_with("gone")).then_some(100)
    }

    fn timerange(&self, flow_id: &str, first: u64, frames: u64) -> Option<TimeRange> {
        let rate = rate(flow_id);
        let at = |frame: u64| rate.timestamp_of(i64::try_from(frame).unwrap());
        (first + frames <= 100).then(|| TimeRange::new(at(first), at(first + frames)))
    }
}

fn rate(flow_id: &str) -> FrameRate {
    if flow_id.starts_with("ntsc") {
        return FrameRate::FPS_29_97;
    }
    FrameRate::FPS_25
}

fn names(flow_id: &str) -> Option<FlowNames> {
    Some(FlowNames {
        source_id: format!("source of {flow_id}"),
        title: format!("{flow_id} · overhead"),
        sound: true,
        frame_rate: Some(rate(flow_id)),
    })
}

struct Fixture {
    dir: TempDir,
    clock: Arc<FixedClock>,
}

impl Fixture {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            clock: Arc::new(FixedClock::new(
                Timestamp::from_secs(1_800_000_000).unwrap(),
            )),
        }
    }

    fn workspace(&self) -> Workspace {
        let env = Arc::new(|_: &str| None);
        Workspace::open_with(self.dir.path(), self.clock.clone(), env).unwrap()
    }

    fn open(&self) -> Result<OpenProject, Failure> {
        OpenProject::open(&self.workspace())
    }
}

fn part(flow: &str, mark_in: impl Into<Option<u32>>, mark_out: impl Into<Option<u32>>) -> FlowPart {
    FlowPart {
        flow_id: flow.to_owned(),
        mark_in: mark_in.into(),
        mark_out: mark_out.into(),
    }
}

fn append(flow: &str, mark_in: u32, mark_out: u32) -> SequenceEdit {
    let part = part(flow, mark_in, mark_out);
    SequenceEdit::Append { part }
}

fn edit(project: &mut OpenProject, edit: SequenceEdit) -> Result<(), Failure> {
    project.edit(edit, &Flows, &names)
}

/// Flow, place, length and first frame of each clip.
fn clips(project: &OpenProject) -> Vec<(String, u32, u32, u32)> {
    let clips = project.view().clips.into_iter();
    clips
        .map(|clip| (clip.flow_id, clip.at, clip.frames, clip.source_first))
        .collect()
}

fn clip(project: &OpenProject, index: usize) -> String {
    project.view().clips[index].id.clone()
}

#[test]
fn a_new_workspace_has_an_empty_sequence_and_keeps_it() {
    let fixture = Fixture::new();
    let first = fixture.open().unwrap();
    let view = first.view();
    assert_eq!(
        (view.project.as_str(), view.title.as_str()),
        ("My first cut", "Promo")
    );
    assert_eq!(
        (view.revision, view.frames, view.start_frame),
        (0, 0, 900_000)
    );
    assert_eq!((view.frame_rate, view.saved), (None, None));
    assert!(view.clips.is_empty() && view.history.is_empty());

    let again = fixture.open().unwrap();
    assert_eq!(again.history.present(), first.history.present());
    assert_eq!(fixture.workspace().work.projects().unwrap().len(), 1);
}

#[test]
fn every_edit_is_made_and_named() {
    let fixture = Fixture::new();
    let mut project = fixture.open().unwrap();
    let own = |flow: &str, at, frames, first| (flow.to_owned(), at, frames, first);

    edit(
        &mut project,
        SequenceEdit::Append {
            part: part("A", None, None),
        },
    )
    .unwrap();
    edit(&mut project, append("B", 10, 20)).unwrap();
    assert_eq!(
        clips(&project),
        [own("A", 0, 100, 0), own("B", 100, 10, 10)]
    );

    let inserted = part("C", 95, None);
    edit(
        &mut project,
        SequenceEdit::Insert {
            part: inserted,
            at: 100,
        },
    )
    .unwrap();
    let over = part("D", None, 2);
    edit(&mut project, SequenceEdit::Overwrite { part: over, at: 50 }).unwrap();
    let expected = [
        own("A", 0, 50, 0),
        own("D", 50, 2, 0),
        own("A", 52, 48, 52),
        own("C", 100, 5, 95),
        own("B", 105, 10, 10),
    ];
    assert_eq!(clips(&project), expected);

    let moved = clip(&project, 4);
    edit(
        &mut project,
        SequenceEdit::Move {
            clip: moved.clone(),
            to: 0,
        },
    )
    .unwrap();
    let trim = SequenceEdit::Trim {
        clip: moved,
        first: 8,
        frames: 20,
    };
    edit(&mut project, trim).unwrap();
    edit(&mut project, SequenceEdit::Split { at: 5 }).unwrap();
    let expected = [own("B", 0, 5, 8), own("B", 5, 15, 13), own("A", 20, 50, 0)];
    assert_eq!(clips(&project)[..3], expected);

    let gone = clip(&project, 0);
    edit(&mut project, SequenceEdit::Remove { clips: vec![gone] }).unwrap();
    let gone = vec![clip(&project, 1), clip(&project, 2)];
    edit(&mut project, SequenceEdit::Remove { clips: gone }).unwrap();
    let title = " Summer · long ".to_owned();
    edit(&mut project, SequenceEdit::Rename { title }).unwrap();
    let expected = [
        own("B", 0, 15, 13),
        own("A", 15, 48, 52),
        own("C", 63, 5, 95),
    ];
    assert_eq!(clips(&project), expected);

    let view = project.view();
    let steps: Vec<_> = view
        .history
        .iter()
        .map(|step| step.title.as_str())
        .collect();
    let expected = [
        "Append A · overhead",
        "Append B · overhead",
        "Insert C · overhead",
        "Overwrite with D · overhead",
        "Move B · overhead",
        "Trim B · overhead",
        "Split B · overhead",
        "Remove B · overhead",
        "Remove 2 clips",
        "Rename to Summer · long",
    ];
    assert_eq!(steps, expected);
    assert_eq!((view.revision, view.done, view.frames), (10, 10, 68));
    assert_eq!(view.title, "Summer · long");
    let first = &view.clips[0];
    assert_eq!(first.timerange, "[0:520000000_1:120000000)");
    assert_eq!(first.title, "B · overhead");
    assert_eq!(first.source_id, "source of B");
    assert!(first.sound && first.problem.is_none());
    assert_eq!(project.clips()[0].id.to_string(), first.id);
}

#[test]
fn what_an_edit_answered_is_on_the_disk() {
    let fixture = Fixture::new();
    let mut project = fixture.open().unwrap();
    let edits = [
        append("A", 0, 50),
        append("B", 0, 50),
        SequenceEdit::Split { at: 60 },
        SequenceEdit::Undo,
        SequenceEdit::Undo,
        SequenceEdit::Redo,
        append("C", 1, 2),
        SequenceEdit::Undo,
    ];
    for (made, revision) in edits.into_iter().zip(1..) {
        fixture.clock.advance(Timestamp::from_secs(1).unwrap());
        edit(&mut project, made).unwrap();
        let view = project.view();
        assert_eq!(view.revision, revision);
        assert_eq!(fixture.open().unwrap().view(), view, "revision {revision}");
    }
    let view = project.view();
    assert_eq!(view.saved.as_deref(), Some("2027-01-15T08:00:08Z"));
    assert_eq!((view.done, view.history.len()), (2, 3));

    let mut again = fixture.open().unwrap();
    edit(&mut again, SequenceEdit::Redo).unwrap();
    assert_eq!(again.view().clips.len(), 3);
    for _ in 0..3 {
        edit(&mut again, SequenceEdit::Undo).unwrap();
    }
    assert_eq!((again.view().clips.len(), again.view().done), (0, 0));
}

#[test]
fn the_rate_of_the_first_clip_decides_where_timecode_begins() {
    let fixture = Fixture::new();
    let mut project = fixture.open().unwrap();
    edit(&mut project, append("ntsc", 0, 9)).unwrap();
    edit(&mut project, append("A", 0, 9)).unwrap();
    let view = project.view();
    let expected = Rate {
        numerator: 30_000,
        denominator: 1_001,
    };
    assert_eq!(
        (view.frame_rate, view.start_frame),
        (Some(expected), 1_078_920)
    );
    let first = clip(&project, 0);
    edit(&mut project, SequenceEdit::Remove { clips: vec![first] }).unwrap();
    assert_eq!(project.view().start_frame, 900_000);
}

#[test]
fn a_clip_of_another_rate_has_frames_of_the_sequence_and_of_its_flow() {
    let fixture = Fixture::new();
    let mut project = fixture.open().unwrap();
    edit(&mut project, append("ntsc", 0, 30)).unwrap();
    edit(&mut project, append("A", 10, 35)).unwrap();
    let view = project.view();
    let pal = &view.clips[1];
    assert_eq!((pal.at, pal.frames, view.frames), (30, 30, 60));
    assert_eq!((pal.source_first, pal.source_frames), (10, 25));
    let own = |rate: FrameRate| Rate {
        numerator: rate.numerator(),
        denominator: rate.denominator(),
    };
    assert_eq!(pal.source_frame_rate, Some(own(FrameRate::FPS_25)));
    let trim = SequenceEdit::Trim {
        clip: pal.id.clone(),
        first: 0,
        frames: 50,
    };
    edit(&mut project, trim).unwrap();
    assert_eq!(project.view().frames, 90);
    assert_eq!(fixture.open().unwrap().view(), project.view());
    let first = clip(&project, 0);
    edit(&mut project, SequenceEdit::Remove { clips: vec![first] }).unwrap();
    assert_eq!(project.view().frames, 50);
    edit(&mut project, SequenceEdit::Undo).unwrap();
    assert_eq!(project.view().frames, 90);
}

#[test]
fn what_changes_nothing_is_no_step() {
    let fixture = Fixture::new();
    let mut project = fixture.open().unwrap();
    edit(&mut project, SequenceEdit::Undo).unwrap();
    edit(&mut project, append("A", 0, 50)).unwrap();
    let before = project.view();
    let same = clip(&project, 0);
    for nothing in [
        SequenceEdit::Redo,
        SequenceEdit::Remove { clips: vec![] },
        SequenceEdit::Move {
            clip: same.clone(),
            to: 1,
        },
        SequenceEdit::Trim {
            clip: same,
            first: 0,
            frames: 50,
        },
        SequenceEdit::Rename {
            title: "Promo".to_owned(),
        },
    ] {
        edit(&mut project, nothing).unwrap();
        assert_eq!(project.view(), before);
    }
}

#[test]
fn what_can_not_be_done_says_why_and_changes_nothing() {
    let fixture = Fixture::new();
    let mut project = fixture.open().unwrap();
    edit(&mut project, append("A", 0, 50)).unwrap();
    let before = project.view();
    let there = clip(&project, 0);
    let missing = Uuid::nil().to_string();
    let named = |title: &str| SequenceEdit::Rename {
        title: title.to_owned(),
    };
    for (refused, code, named) in [
        (append("A", 20, 20), Code::BadInput, "A · overhead"),
        (append("A", 30, 20), Code::BadInput, "A · overhead"),
        (append("A", 30, 101), Code::OutOfRange, "which has 100"),
        (
            append("A", u32::MAX, u32::MAX),
            Code::BadInput,
            "A · overhead",
        ),
        (append("gone", 0, 1), Code::NotFound, "flow gone"),
        (
            SequenceEdit::Insert {
                part: part("A", 0, 1),
                at: 51,
            },
            Code::OutOfRange,
            "50 frames long",
        ),
        (
            SequenceEdit::Overwrite {
                part: part("A", 0, 1),
                at: u32::MAX,
            },
            Code::OutOfRange,
            "50 frames long",
        ),
        (SequenceEdit::Split { at: 0 }, Code::BadInput, "frame 0"),
        (SequenceEdit::Split { at: 50 }, Code::BadInput, "frame 50"),
        (
            SequenceEdit::Remove {
                clips: vec![there.clone(), missing.clone()],
            },
            Code::NotFound,
            "0000",
        ),
        (
            SequenceEdit::Remove {
                clips: vec!["../x".to_owned()],
            },
            Code::BadInput,
            "../x",
        ),
        (
            SequenceEdit::Move {
                clip: missing,
                to: 0,
            },
            Code::NotFound,
            "0000",
        ),
        (
            SequenceEdit::Move {
                clip: there.clone(),
                to: 2,
            },
            Code::BadInput,
            "place 2",
        ),
        (
            SequenceEdit::Trim {
                clip: there,
                first: 60,
                frames: 41,
            },
            Code::OutOfRange,
            "which has 100",
        ),
        (named("  "), Code::BadInput, "name"),
        (named("a\nb"), Code::BadInput, "name"),
        (named(&"x".repeat(201)), Code::BadInput, "name"),
    ] {
        let failure = edit(&mut project, refused.clone()).unwrap_err();
        assert_eq!(failure.code, code, "{refused:?}: {failure}");
        assert!(failure.detail.contains(named), "{failure}");
        assert!(!failure.hint.is_empty(), "{failure}");
        assert_eq!(project.view(), before, "{refused:?}");
    }
    assert_eq!(fixture.open().unwrap().view(), before);
}

#[test]
fn a_clip_whose_flow_has_gone_can_still_be_moved_and_removed() {
    let fixture = Fixture::new();
    let mut project = fixture.open().unwrap();
    edit(&mut project, append("A", 0, 50)).unwrap();
    edit(&mut project, append("B", 0, 50)).unwrap();
    struct Nothing;
    impl FlowFrames for Nothing {
        fn frames(&self, _: &str) -> Option<u64> {
            None
        }

        fn timerange(&self, _: &str, _: u64, _: u64) -> Option<TimeRange> {
            None
        }
    }
    let mut blind = |made| project.edit(made, &Nothing, &|_| None);
    let failure = blind(SequenceEdit::Split { at: 10 }).unwrap_err();
    assert_eq!(failure.code, Code::MissingObject);
    blind(SequenceEdit::Undo).unwrap();
    blind(SequenceEdit::Redo).unwrap();
    let last = clip(&project, 1);
    project
        .edit(
            SequenceEdit::Move {
                clip: last.clone(),
                to: 0,
            },
            &Nothing,
            &|_| None,
        )
        .unwrap();
    project
        .edit(
            SequenceEdit::Remove { clips: vec![last] },
            &Nothing,
            &|_| None,
        )
        .unwrap();
    assert_eq!(clips(&project), [("A".to_owned(), 0, 50, 0)]);
}

#[test]
fn a_document_that_can_not_be_read_is_named_and_stays() {
    let fixture = Fixture::new();
    let mut project = fixture.open().unwrap();
    edit(&mut project, append("A", 0, 50)).unwrap();
    let work = fixture.workspace().work;
    let id = project.history.present().id;
    let good = work.project(id).unwrap().unwrap().document;
    let changed = |pointer: &str, value: Value| {
        let mut document = good.clone();
        *document.pointer_mut(pointer).unwrap() = value;
        document
    };
    let other = Uuid::from_u128(7).to_string();
    for (document, code, named) in [
        (
            changed("/format", json!(3)),
            Code::NewerWorkspace,
            "format 3",
        ),
        (
            json!({"format": 3, "tracks": 1}),
            Code::NewerWorkspace,
            "format 3",
        ),
        (changed("/format", json!("1")), Code::Damaged, "format"),
        (json!([]), Code::Damaged, "format"),
        (changed("/history/done", json!(5)), Code::Damaged, "steps"),
        (
            changed("/project/id", json!(other)),
            Code::Damaged,
            "another",
        ),
        (
            changed("/project/sequences", json!([])),
            Code::Damaged,
            "no sequence",
        ),
        (
            changed("/project/sequences/0/tracks/0/items/0/frames", json!(0)),
            Code::Damaged,
            "no frames",
        ),
    ] {
        let revision = work.project(id).unwrap().unwrap().revision + 1;
        work.save_project(id, "My first cut", &document, revision)
            .unwrap();
        let kept = work.project(id).unwrap();
        let failure = fixture.open().unwrap_err();
        assert_eq!(failure.code, code, "{failure}");
        let detail = &failure.detail;
        assert!(
            detail.contains("My first cut") && detail.contains(named),
            "{failure}"
        );
        assert_eq!(
            work.project(id).unwrap(),
            kept,
            "a refused project was changed"
        );
    }
}

#[test]
fn what_another_program_saved_is_not_overwritten() {
    let fixture = Fixture::new();
    let mut project = fixture.open().unwrap();
    let mut other = fixture.open().unwrap();
    edit(&mut other, append("A", 0, 50)).unwrap();
    let before = project.view();
    let failure = edit(&mut project, append("B", 0, 50)).unwrap_err();
    assert_eq!(failure.code, Code::Busy);
    assert!(failure.detail.contains("My first cut"), "{failure}");
    assert_eq!(project.view(), before);
    assert_eq!(fixture.open().unwrap().view(), other.view());
}

#[test]
fn the_project_that_was_saved_last_is_opened() {
    let fixture = Fixture::new();
    let mut first = fixture.open().unwrap();
    let work = fixture.workspace().work;
    let mut second = OpenProject::create(Arc::clone(&work), FIRST_PROJECT).unwrap();
    for project in [&mut second, &mut first] {
        fixture.clock.advance(Timestamp::from_secs(1).unwrap());
        edit(project, append("A", 0, 50)).unwrap();
    }
    let opened = fixture.open().unwrap();
    assert_eq!(opened.history.present().id, first.history.present().id);
    assert_eq!(work.projects().unwrap().len(), 2);
}
