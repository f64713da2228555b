//! Several projects in one workspace: opened, duplicated, kept in versions, carried in files, cut on the
//! command line.

use std::path::PathBuf;

use ipc::{ClipEdge, MarkerView, ProjectDeed, ProjectsView, SequenceEdit, SequenceView};
use tests::media::MediaSpec;
use tests::stringout::Stringout;

use crate::bench::Bench;

impl Bench {
    async fn deed(&self, deed: ProjectDeed) -> ProjectsView {
        self.deed_with(deed, Vec::new()).await
    }

    async fn deed_with(&self, deed: ProjectDeed, files: Vec<PathBuf>) -> ProjectsView {
        self.desk.project_do(deed, files).await.unwrap()
    }

    async fn sequence(&self) -> SequenceView {
        self.view().await.sequence
    }
}

fn new(name: &str) -> ProjectDeed {
    ProjectDeed::New {
        name: name.to_owned(),
    }
}

fn names(view: &ProjectsView) -> Vec<&str> {
    view.projects.iter().map(|p| p.name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_project_is_opened_and_each_stays_as_it_was() {
    let mut bench = Bench::start().await;
    let flow = bench.ingest(&MediaSpec::small(21)).await;
    let first = bench.append(&flow, 0, 30).await;
    let made = bench.deed(new("Spring")).await;
    assert_eq!(names(&made), ["Spring", "My first cut"]);
    assert!(made.projects[0].open && !made.projects[1].open);
    let empty = bench.sequence().await;
    assert_eq!((empty.project.as_str(), empty.clips.len()), ("Spring", 0));
    assert!(empty.revision > first.revision, "revisions go on rising");
    bench.append(&flow, 30, 90).await;

    // A restart opens what was open.
    let bench = bench.restart().await;
    let spring = bench.sequence().await;
    assert_eq!((spring.project.as_str(), spring.frames), ("Spring", 60));
    let id = made.projects[1].id.clone();
    bench.deed(ProjectDeed::Open { id: id.clone() }).await;
    let back = bench.sequence().await;
    assert_eq!((&back.clips, back.done), (&first.clips, first.done));
    let refused = bench.desk.project_do(ProjectDeed::Remove { id }, vec![]);
    assert_eq!(refused.await.unwrap_err().code, workstation::Code::BadInput);

    let name = "Copy".to_owned();
    let copied = bench.deed(ProjectDeed::Duplicate { name }).await;
    assert_eq!(names(&copied)[0], "Copy");
    assert_eq!(bench.edit(SequenceEdit::Undo).await.clips.len(), 0);
    let mut ids = copied.projects.iter().map(|project| project.id.clone());
    let (copy, second) = (ids.next().unwrap(), ids.next().unwrap());
    let left = bench.deed(ProjectDeed::Remove { id: second }).await;
    assert_eq!(left.projects.len(), 2);
    let name = "Copy of it".to_owned();
    let renamed = bench.deed(ProjectDeed::Rename { id: copy, name }).await;
    assert_eq!(names(&renamed)[0], "Copy of it");
    let view = bench.sequence().await;
    assert_eq!(
        view.history.last().unwrap().title,
        "Rename the project to Copy of it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_comes_back_and_undo_brings_back_what_was_there() {
    let mut bench = Bench::start().await;
    let flow = bench.ingest(&MediaSpec::small(22)).await;
    let kept = bench.append(&flow, 0, 30).await;
    let keep = ProjectDeed::KeepVersion {
        name: "Before the notes".to_owned(),
    };
    let versions = bench.deed(keep).await.versions;
    assert_eq!((versions[0].number, versions[0].clips), (1, 1));
    let ids = kept.clips.iter().map(|clip| clip.id.clone()).collect();
    bench.edit(SequenceEdit::Remove { clips: ids }).await;

    let bench = bench.restart().await;
    bench.deed(ProjectDeed::RestoreVersion { number: 1 }).await;
    let back = bench.sequence().await;
    assert_eq!(back.clips, kept.clips);
    assert_eq!(bench.edit(SequenceEdit::Undo).await.clips.len(), 0);
    let missing = bench
        .desk
        .project_do(ProjectDeed::RestoreVersion { number: 2 }, vec![]);
    assert_eq!(missing.await.unwrap_err().code, workstation::Code::NotFound);
    let left = bench.deed(ProjectDeed::RemoveVersion { number: 1 }).await;
    assert_eq!(left.versions, []);
}

/// What the window plans is what the command line plans of the file.
#[tokio::test(flavor = "multi_thread")]
async fn an_exported_project_is_planned_the_same_and_comes_back() {
    let mut bench = Bench::start().await;
    let (one, two) = (MediaSpec::small(23), MediaSpec::small(24));
    let (first, second) = (bench.ingest(&one).await, bench.ingest(&two).await);
    bench.append(&first, 7, 90).await;
    let view = bench.append(&second, 12, 101).await;
    let dissolve = SequenceEdit::Dissolve {
        clip: view.clips[1].id.clone(),
        edge: ClipEdge::In,
    };
    bench.edit(dissolve).await;
    let fade = SequenceEdit::Dissolve {
        clip: view.clips[1].id.clone(),
        edge: ClipEdge::Out,
    };
    bench.edit(fade).await;
    let marker = MarkerView {
        id: String::new(),
        at: 20,
        frames: 0,
        name: "Logo".to_owned(),
        note: "ask".to_owned(),
        colour: "red".to_owned(),
    };
    let edited = bench.edit(SequenceEdit::AddMarker { marker }).await;
    let keep = ProjectDeed::KeepVersion {
        name: "Sent".to_owned(),
    };
    bench.deed(keep).await;
    let shown = bench.plan(edited.revision).await;
    let file = bench.folder.path().join("cut.stringout");
    let exported = bench
        .deed_with(ProjectDeed::Export, vec![file.clone()])
        .await;
    assert_eq!(exported.file.as_deref(), Some("cut.stringout"));

    let Bench { desk, folder, .. } = bench;
    desk.shut_down().await;
    drop(desk);
    let stringout = Stringout::in_workspace(&folder.path().join("workspace"));
    let edit = file.display().to_string();
    let plan = stringout.json(["plan", &edit]);
    assert_eq!(plan["hash"], shown.hash.as_str(), "one plan: {plan:#}");
    let otio = folder.path().join("cut.otio").display().to_string();
    stringout.json(["convert", &edit, &otio]);
    let plan = stringout.json(["plan", &otio]);
    assert_eq!(plan["hash"], shown.hash.as_str(), "and in another form");
    assert!(std::fs::read_to_string(&otio).unwrap().contains("Logo"));

    // Into another workspace: nothing of the media is there, and everything else is.
    let mut bench = Bench::start().await;
    let imported = bench
        .deed_with(ProjectDeed::Import, vec![file.clone()])
        .await;
    assert_eq!(names(&imported), ["My first cut", "My first cut"]);
    assert_eq!(imported.versions.len(), 1);
    let failed = bench
        .wait("the plan fails", |event| match event {
            ipc::DeskEvent::Plan {
                plan: ipc::PlanState::Failed { failure, .. },
            } => Some(failure.clone()),
            _ => None,
        })
        .await;
    assert_eq!(failed.code, "not_found", "{failed:?}");
    let view = bench.sequence().await;
    assert_eq!((view.clips.len(), view.done, view.markers.len()), (2, 5, 1));
    assert!(view.clips.iter().all(|clip| clip.problem.is_some()));
    // Cut from other media, then from the same file, which gives the same flow.
    let other = bench.ingest(&MediaSpec::small(25)).await;
    let ids = view.clips.iter().map(|clip| clip.id.clone()).collect();
    let replaced = bench
        .edit(SequenceEdit::ReplaceMedia {
            clips: ids,
            flow_id: other.clone(),
        })
        .await;
    assert!(replaced.clips.iter().all(|clip| clip.flow_id == other));
    assert_eq!(replaced.clips[1].source_first, view.clips[1].source_first);
    bench.plan(replaced.revision).await;
    bench.edit(SequenceEdit::Undo).await;
    bench.ingest(&one).await;
    bench.ingest(&two).await;
    let back = bench.sequence().await;
    let again = bench.edit(SequenceEdit::Split { at: 10 }).await;
    assert!(again.revision > back.revision);
    let undone = bench.edit(SequenceEdit::Undo).await;
    let found = bench.plan(undone.revision).await;
    assert_eq!(found.hash, shown.hash);

    // The same once more is the project that is here; changed, it is another.
    // What is missing of its versions comes back, and none comes twice.
    bench.deed(ProjectDeed::RemoveVersion { number: 1 }).await;
    for _ in 0..2 {
        let known = bench
            .deed_with(ProjectDeed::Import, vec![file.clone()])
            .await;
        assert_eq!((known.projects.len(), known.versions.len()), (2, 1));
    }
    bench.edit(SequenceEdit::Split { at: 10 }).await;
    let more = bench.deed_with(ProjectDeed::Import, vec![file]).await;
    assert_eq!(names(&more)[0], "My first cut (imported)");
    assert_eq!(more.projects.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_project_changes_nothing() {
    let mut bench = Bench::start().await;
    let file = bench.folder.path().join("bad.stringout");
    for text in [
        "",
        "{}",
        r#"{"kind":"stringout.project","document":{"format":99}}"#,
    ] {
        std::fs::write(&file, text).unwrap();
        let refused = bench
            .desk
            .project_do(ProjectDeed::Import, vec![file.clone()]);
        let refused = refused.await.unwrap_err();
        assert!(refused.detail.contains("bad.stringout"), "{refused:?}");
    }
    let view = bench.deed(ProjectDeed::List).await;
    assert_eq!(view.projects.len(), 1);
    // One that was read before it is open, and the page hears of it.
    let good = bench.folder.path().join("good.stringout");
    bench
        .deed_with(ProjectDeed::Export, vec![good.clone()])
        .await;
    bench
        .edit(SequenceEdit::Rename {
            title: "Other".to_owned(),
        })
        .await;
    let both = bench.desk.project_do(ProjectDeed::Import, vec![good, file]);
    both.await.unwrap_err();
    let told = bench
        .wait("the project that was read is told", |event| match event {
            ipc::DeskEvent::Sequence { sequence } => {
                (sequence.project == "My first cut (imported)").then(|| sequence.clone())
            }
            _ => None,
        })
        .await;
    assert_eq!(told.title, "Promo");
}
