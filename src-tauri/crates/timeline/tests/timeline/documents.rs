//! A project and its history, kept and read again.

use crate::{Ids, id, part};
use serde_json::{Value, json};
use std::sync::Arc;
use timeline::{Document, FORMAT, History, MAX_STEPS, Project, Sequence, Track};
use uuid::Uuid;

fn project() -> Project {
    let sequence = Sequence::new(Uuid::from_u128(1), "Promo", 10);
    Project {
        id: Uuid::from_u128(2),
        name: "My first cut".to_owned(),
        sequences: vec![Arc::new(sequence)],
    }
}

/// The next state of a project whose video track is edited.
fn step(history: &mut History<Project>, title: &str, edit: impl FnOnce(&mut Track)) {
    let mut next = history.present().clone();
    let sequence = Arc::make_mut(&mut next.sequences[0]);
    edit(sequence.video_mut().unwrap());
    history.push(title, next);
}

/// Ten clips, and then more steps than are kept of each kind.
fn edited(ids: &mut Ids, clips: usize, steps: usize) -> History<Project> {
    let mut history = History::new(project());
    step(&mut history, "Begin", |track| {
        for _ in 0..clips {
            ids.ports(|ports| track.append(part("A", 1, 5), ports))
                .unwrap();
        }
    });
    for n in 0..steps {
        let title = format!("Step {n}");
        step(&mut history, &title, |track| {
            let clips = track.clips().count();
            match n % 5 {
                0 => track.remove(&[id(track, n % clips)]).unwrap(),
                1 => track.move_clip(id(track, 0), n % clips).unwrap(),
                2 => track.lift(&[id(track, n % clips)]).unwrap(),
                3 => drop(
                    ids.ports(|ports| track.insert(2, part("B", 3, 5), ports))
                        .unwrap(),
                ),
                _ => drop(
                    ids.ports(|ports| track.append(part("C", 0, 9), ports))
                        .unwrap(),
                ),
            }
        });
    }
    history
}

fn kept(history: &History<Project>) -> Value {
    serde_json::to_value(Document::new(history)).unwrap()
}

fn read(value: Value) -> Result<History<Project>, String> {
    let document: Document = serde_json::from_value(value).map_err(|error| error.to_string())?;
    document.open().map_err(|error| error.to_string())
}

#[test]
fn a_history_is_read_as_it_was_kept() {
    let mut ids = Ids::default();
    for (steps, undone) in [(0, 0), (1, 1), (40, 0), (40, 7), (MAX_STEPS + 20, 30)] {
        let mut history = edited(&mut ids, 12, steps);
        for _ in 0..undone {
            history.undo();
        }
        let value = kept(&history);
        assert_eq!(value["format"], FORMAT);
        let again = read(value.clone()).unwrap();
        assert_eq!(again, history);
        assert_eq!(kept(&again), value);
    }
}

#[test]
fn states_share_their_clips_on_the_disk_and_in_memory() {
    let mut ids = Ids::default();
    let history = edited(&mut ids, 2_000, 0);
    let one = kept(&history).to_string().len();
    let history = edited(&mut ids, 2_000, MAX_STEPS);
    let all = kept(&history).to_string().len();
    assert!(all < 3 * one, "one state {one} bytes, two hundred {all}");

    let mut again = read(kept(&history)).unwrap();
    let first = |history: &History<Project>| {
        let track = history.present().sequences[0].video().unwrap();
        Arc::clone(track.items()[600].clip().unwrap())
    };
    let now = first(&again);
    assert!(again.undo());
    assert!(Arc::ptr_eq(&first(&again), &now));
}

#[test]
fn a_damaged_document_is_refused_and_says_where() {
    let mut history = edited(&mut Ids::default(), 3, 4);
    history.undo();
    let good = kept(&history);
    read(good.clone()).unwrap();
    for (pointer, value, named) in [
        (
            "/project/sequences/0/tracks/0/items/0/frames",
            json!(0),
            "frames",
        ),
        ("/history/done", json!(99), "steps"),
        (
            "/history/steps/1/sequences/0/tracks/0/items",
            json!([{"clips": [90, 1]}]),
            "not there",
        ),
        (
            "/history/steps/1/sequences/0/tracks/0/items",
            json!([{"clips": [1, u64::MAX]}]),
            "not there",
        ),
        (
            "/history/steps/1/sequences/0/tracks/0/items",
            json!([{"clips": [0, 2]}, {"clips": [0, 2]}]),
            "two clips",
        ),
        (
            "/history/steps/1/sequences/0/tracks/0/items",
            json!([{"gap": u64::MAX}]),
            "longer",
        ),
        ("/history", json!(null), "null"),
    ] {
        let mut damaged = good.clone();
        *damaged.pointer_mut(pointer).unwrap() = value;
        let text = read(damaged).unwrap_err();
        assert!(text.contains(named), "{pointer}: {text}");
    }
}
