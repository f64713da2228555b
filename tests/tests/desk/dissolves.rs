//! Dissolves, fades and markers of the sequence: planned, compiled, kept, taken back.

use ipc::{ClipEdge, MarkerView, SequenceEdit};
use tests::check::{Options, check_with};
use tests::media::MediaSpec;

use crate::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn a_dissolve_is_planned_compiled_and_taken_back() {
    let mut bench = Bench::start().await;
    let specs = [MediaSpec::small(57), MediaSpec::small(58)];
    let first = bench.ingest(&specs[0]).await;
    let second = bench.ingest(&specs[1]).await;
    bench.open_source(&first).await;
    bench.append(&first, 0, 75).await;
    // Ten frames in front of the second clip: less than half a second.
    let sequence = bench.append(&second, 10, 85).await;
    let ids: Vec<String> = sequence.clips.iter().map(|clip| clip.id.clone()).collect();
    let dissolve = SequenceEdit::Dissolve {
        clip: ids[0].clone(),
        edge: ClipEdge::Out,
    };
    let edited = bench.edit(dissolve).await;
    assert_eq!(edited.frames, 150, "nothing moves");
    let head = edited.clips[1].head.unwrap();
    assert_eq!((head.before, head.behind), (10, 15));
    let title = edited.history.last().unwrap().title.clone();
    assert_eq!(title, format!("Dissolve into {}", edited.clips[1].title));
    let plan = bench.plan(edited.revision).await;
    let mixed = plan
        .spans
        .iter()
        .find(|span| span.kind == "compose")
        .unwrap();
    assert_eq!((mixed.at, mixed.frames), (65, 25));
    assert!(
        mixed.reason.contains("a dissolve of 25 frames"),
        "{mixed:?}"
    );
    assert_eq!(mixed.clip_id, None);

    let fade = SequenceEdit::Dissolve {
        clip: ids[1].clone(),
        edge: ClipEdge::Out,
    };
    bench.edit(fade).await;
    let set = SequenceEdit::SetTransition {
        clip: ids[1].clone(),
        edge: ClipEdge::In,
        before: 2,
        behind: 2,
    };
    let edited = bench.edit(set).await;
    let tail = edited.clips[1].tail.unwrap();
    assert_eq!((tail.before, tail.behind), (30, 0));
    bench.plan(edited.revision).await;
    let (file, _) = bench.compile().await;
    let options = Options {
        sources: specs.to_vec(),
        ..Options::default()
    };
    let seen = check_with(&file, &options);
    // Outside of the dissolve and the fade every number can be read.
    assert!(
        seen.found().starts_with("57:0-73 @0.000"),
        "{}",
        seen.found()
    );
    seen.assert_even_pts(specs[0].rate);
    seen.assert_decodes_cleanly();

    let undone = bench.edit(SequenceEdit::Undo).await;
    assert_eq!(undone.clips[1].head.unwrap().before, 10);
    let too_long = SequenceEdit::SetTransition {
        clip: ids[1].clone(),
        edge: ClipEdge::In,
        before: 0,
        behind: 80,
    };
    let refused = bench
        .desk
        .sequence_edit(ipc::EditArgs { edit: too_long })
        .await;
    let refused = refused.unwrap_err();
    assert!(!refused.hint.is_empty(), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn markers_are_kept() {
    let bench = Bench::start().await;
    let marker = |id: &str, at: u32, name: &str| MarkerView {
        id: id.to_owned(),
        at,
        frames: 0,
        name: name.to_owned(),
        note: String::new(),
        colour: "cyan".to_owned(),
    };
    for (at, name) in [(40, "later"), (4, "first")] {
        let add = SequenceEdit::AddMarker {
            marker: marker("", at, name),
        };
        bench.edit(add).await;
    }
    let sequence = bench.edit(SequenceEdit::Rename {
        title: "Marked".to_owned(),
    });
    let sequence = sequence.await;
    let told: Vec<_> = sequence
        .markers
        .iter()
        .map(|marker| (marker.at, marker.name.as_str(), marker.colour.as_str()))
        .collect();
    assert_eq!(told, [(4, "first", "cyan"), (40, "later", "cyan")]);
    let id = sequence.markers[1].id.clone();
    let change = SequenceEdit::ChangeMarker {
        marker: marker(&id, 2, "now first"),
    };
    let sequence = bench.edit(change).await;
    assert_eq!(sequence.markers[0].name, "now first");
    let sequence = bench.edit(SequenceEdit::RemoveMarker { marker: id }).await;
    assert_eq!(sequence.markers.len(), 1);
    let sequence = bench.edit(SequenceEdit::Undo).await;
    assert_eq!(sequence.markers.len(), 2);
    let bad = SequenceEdit::AddMarker {
        marker: MarkerView {
            colour: "invisible".to_owned(),
            ..marker("", 1, "x")
        },
    };
    let refused = bench.desk.sequence_edit(ipc::EditArgs { edit: bad }).await;
    assert!(refused.unwrap_err().detail.contains("invisible"));
}
