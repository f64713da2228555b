//! Markers: put in, changed, found, kept and taken back.

use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;
use timeline::{Document, EditError, History, MAX_CHARACTERS, MAX_FRAMES, MAX_MARKERS};
use timeline::{Marker, MarkerColour, Project, Sequence};
use uuid::Uuid;

fn marker(id: u128, at: u64) -> Marker {
    Marker {
        id: Uuid::from_u128(id),
        at,
        frames: 0,
        name: format!("marker {id}"),
        note: String::new(),
        colour: MarkerColour::default(),
    }
}

fn with(markers: &[(u128, u64)]) -> Sequence {
    let mut sequence = Sequence::new(Uuid::from_u128(1), "Promo", 10);
    for (id, at) in markers {
        sequence.add_marker(marker(*id, *at)).unwrap();
    }
    sequence
}

fn places(sequence: &Sequence) -> Vec<(u128, u64)> {
    let markers = sequence.markers.iter();
    markers.map(|one| (one.id.as_u128(), one.at)).collect()
}

#[test]
fn they_are_sorted_and_of_one_frame_the_older_first() {
    let sequence = with(&[(1, 6), (2, 2), (3, 6), (4, 4), (5, 2)]);
    assert_eq!(places(&sequence), [(2, 2), (5, 2), (4, 4), (1, 6), (3, 6)]);
}

#[test]
fn a_marker_is_changed_in_place_or_moves() {
    for (to, expected) in [
        (2, [(1, 2), (2, 2), (3, 6)]),
        (4, [(1, 2), (2, 4), (3, 6)]),
        (9, [(1, 2), (3, 6), (2, 9)]),
        (0, [(2, 0), (1, 2), (3, 6)]),
    ] {
        let mut sequence = with(&[(1, 2), (2, 4), (3, 6)]);
        let changed = Marker {
            frames: 3,
            note: "longer".to_owned(),
            colour: MarkerColour::Magenta,
            ..marker(2, to)
        };
        sequence.change_marker(changed.clone()).unwrap();
        assert_eq!(places(&sequence), expected);
        assert!(sequence.markers.iter().any(|one| **one == changed));
    }
    // Of the same frame it stays where it is among its neighbours.
    let mut sequence = with(&[(1, 2), (2, 2), (3, 2)]);
    sequence.change_marker(marker(1, 2)).unwrap();
    assert_eq!(places(&sequence), [(1, 2), (2, 2), (3, 2)]);
    sequence.remove_marker(Uuid::from_u128(2)).unwrap();
    assert_eq!(places(&sequence), [(1, 2), (3, 2)]);
}

#[test]
fn the_next_and_the_previous_are_found() {
    let sequence = with(&[(1, 2), (2, 4), (3, 4), (4, 9)]);
    let id = |found: Option<&Marker>| found.map(|one| one.id.as_u128());
    for (at, previous, next) in [
        (0, None, Some(1)),
        (2, None, Some(2)),
        (3, Some(1), Some(2)),
        (4, Some(1), Some(4)),
        (5, Some(3), Some(4)),
        (9, Some(3), None),
        (u64::MAX, Some(4), None),
    ] {
        assert_eq!(id(sequence.previous_marker(at)), previous, "at {at}");
        assert_eq!(id(sequence.next_marker(at)), next, "at {at}");
    }
}

#[test]
fn what_is_no_marker_is_refused() {
    let mut sequence = with(&[(1, 2)]);
    let kept = sequence.clone();
    let refused = |edit: &dyn Fn(&mut Sequence) -> Result<(), EditError>| {
        let mut sequence = kept.clone();
        let error = edit(&mut sequence).unwrap_err();
        assert_eq!(sequence, kept);
        error
    };
    let id = Uuid::from_u128(9);
    let unknown = EditError::MarkerNotFound { marker: id };
    assert_eq!(refused(&|s| s.change_marker(marker(9, 2))), unknown);
    assert_eq!(refused(&|s| s.remove_marker(id)), unknown);
    assert_eq!(
        refused(&|s| s.add_marker(marker(1, 5))),
        EditError::SameMarker {
            marker: Uuid::from_u128(1)
        }
    );
    let long = "ä".repeat(MAX_CHARACTERS);
    sequence
        .add_marker(Marker {
            name: long.clone(),
            note: long.clone(),
            ..marker(2, 2)
        })
        .unwrap();
    let longer = || format!("{long}.");
    let characters = MAX_CHARACTERS + 1;
    for id in [1, 2] {
        let put = |sequence: &mut Sequence, marker: Marker| match id {
            1 => sequence.change_marker(marker),
            _ => sequence.add_marker(marker),
        };
        assert_eq!(
            refused(&|s| put(
                s,
                Marker {
                    name: longer(),
                    ..marker(id, 2)
                }
            )),
            EditError::TooManyCharacters { characters }
        );
        assert_eq!(
            refused(&|s| put(
                s,
                Marker {
                    note: longer(),
                    ..marker(id, 2)
                }
            )),
            EditError::TooManyCharacters { characters }
        );
        for (at, frames) in [
            (MAX_FRAMES, 1),
            (0, u64::MAX),
            (u64::MAX, 1),
            (MAX_FRAMES + 1, 0),
        ] {
            assert_eq!(
                refused(&|s| put(
                    s,
                    Marker {
                        frames,
                        ..marker(id, at)
                    }
                )),
                EditError::MarkerTooFar { at }
            );
        }
    }
    sequence.add_marker(marker(3, MAX_FRAMES)).unwrap();
}

fn project(sequence: Sequence) -> Project {
    Project {
        id: Uuid::from_u128(1),
        name: "Cut".to_owned(),
        sequences: vec![Arc::new(sequence)],
    }
}

fn kept(history: &History<Project>) -> Value {
    serde_json::to_value(Document::new(history)).unwrap()
}

fn read(value: Value) -> Result<History<Project>, String> {
    let document: Document = serde_json::from_value(value).map_err(|error| error.to_string())?;
    document.open().map_err(|error| error.to_string())
}

#[test]
fn ten_thousand_are_kept_once_in_all_states() {
    let mut sequence = with(&[]);
    for n in 0..MAX_MARKERS {
        sequence
            .add_marker(marker(n as u128, 7 * n as u64))
            .unwrap();
    }
    assert_eq!(
        sequence.add_marker(marker(99_999, 1)),
        Err(EditError::TooManyMarkers)
    );
    let mut history = History::new(project(sequence));
    let one = kept(&history).to_string().len();
    for n in 0..100_u128 {
        let mut next = history.present().clone();
        let sequence = Arc::make_mut(&mut next.sequences[0]);
        sequence.change_marker(marker(50 * n, 3)).unwrap();
        sequence.remove_marker(Uuid::from_u128(50 * n + 1)).unwrap();
        history.push("Marker", next);
    }
    history.undo();
    let all = kept(&history);
    assert!(all.to_string().len() < 2 * one);
    let mut again = read(all).unwrap();
    assert_eq!(again, history);
    while history.undo() {
        assert!(again.undo());
        assert_eq!(again.present(), history.present());
    }
    assert_eq!(history.present().sequences[0].markers.len(), MAX_MARKERS);
}

#[test]
fn those_of_a_document_keep_the_rules() {
    let mut history = History::new(project(with(&[(1, 2), (2, 4)])));
    let mut next = history.present().clone();
    let sequence = Arc::make_mut(&mut next.sequences[0]);
    sequence.remove_marker(Uuid::from_u128(1)).unwrap();
    history.push("Marker", next);
    let good = kept(&history);
    assert_eq!(read(good.clone()), Ok(history));
    let markers = "/project/sequences/0/markers";
    let state = "/history/steps/0/sequences/0/markers";
    let one = |id: u128, at: u64| json!({"id": Uuid::from_u128(id), "at": at});
    for (pointer, value, named) in [
        (markers, json!([one(1, 4), one(2, 3)]), "not sorted"),
        (markers, json!([one(1, 4), one(1, 5)]), "already"),
        (markers, json!([one(1, u64::MAX)]), "behind the last"),
        (state, json!([[0, 9]]), "not there"),
        (state, json!([[0, 1], [0, 1]]), "already"),
        (state, json!([[0, 2], [0, 2]]), "not there"),
        (state, json!([[u64::MAX, u64::MAX]]), "not there"),
    ] {
        let mut damaged = good.clone();
        *damaged.pointer_mut(pointer).unwrap() = value;
        let text = read(damaged).unwrap_err();
        assert!(text.contains(named), "{pointer}: {text}");
    }
    let mut longer = good;
    longer["project"]["sequences"][0]["markers"][0]["name"] = json!("x".repeat(1001));
    assert!(read(longer).unwrap_err().contains("1001"));
}

proptest! {
    #[test]
    fn any_edits_leave_them_sorted_and_like_a_list(
        edits in prop::collection::vec((0..3_u8, 0..8_u128, 0..20_u64), 1..60),
        at in 0..22_u64,
    ) {
        let mut sequence = with(&[]);
        let mut list: Vec<(u128, u64)> = Vec::new();
        for (edit, id, at) in edits {
            let there = list.iter().position(|one| one.0 == id);
            let done = match edit {
                0 => sequence.add_marker(marker(id, at)),
                1 => sequence.change_marker(marker(id, at)),
                _ => sequence.remove_marker(Uuid::from_u128(id)),
            };
            prop_assert_eq!(done.is_ok(), there.is_some() == (edit > 0));
            if done.is_err() {
                continue;
            }
            if let Some(there) = there {
                if edit == 1 && list[there].1 == at {
                    continue;
                }
                list.remove(there);
            }
            if edit < 2 {
                list.push((id, at));
                list.sort_by_key(|one| one.1);
            }
            prop_assert_eq!(places(&sequence), list.clone());
        }
        let found = |one: Option<&Marker>| one.map(|one| one.id.as_u128());
        let next = list.iter().find(|one| one.1 > at).map(|one| one.0);
        let previous = list.iter().rfind(|one| one.1 < at).map(|one| one.0);
        prop_assert_eq!(found(sequence.next_marker(at)), next);
        prop_assert_eq!(found(sequence.previous_marker(at)), previous);
    }
}
