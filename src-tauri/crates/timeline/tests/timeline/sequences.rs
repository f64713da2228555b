//! Edits of a sequence, track by track, and each refusal.

use crate::{Ids, part, track};
use serde_json::json;
use std::time::{Duration, Instant};
use timeline::TrackKind::{Audio, Video};
use timeline::{EditError, Item, Ports, Sequence, Targets, Track, TrackSettings};
use uuid::Uuid;

/// Tracks of words, one a line. A line begins with `V` or `A`; `!` is locked, `~` without sync lock.
pub(crate) fn sequence(lines: &str, ids: &mut Ids) -> Sequence {
    let mut sequence = Sequence::new(Uuid::nil(), "Promo", 10);
    for (index, line) in lines.lines().filter(|l| !l.trim().is_empty()).enumerate() {
        let line = line.trim();
        let (head, words) = line.split_once(' ').unwrap_or((line, ""));
        if index > 0 {
            let kind = if head.starts_with('V') { Video } else { Audio };
            assert_eq!(sequence.add_track(kind), Ok(index));
        }
        let settings = TrackSettings {
            locked: head.contains('!'),
            sync_lock: !head.contains('~'),
            ..TrackSettings::default()
        };
        for item in track(words, ids).items() {
            let put = |track: &mut Track| match item {
                Item::Gap(gap) => {
                    let end = track.length();
                    ids.ports(|ports| track.insert_gap(end, gap.frames, ports))
                }
                Item::Clip(clip) => {
                    let part = part(&clip.flow_id, clip.first, clip.frames);
                    ids.ports(|ports| track.append(part, ports)).map(drop)
                }
            };
            sequence.edit_track(index, put).unwrap();
        }
        sequence.set_track(index, settings).unwrap();
    }
    sequence
}

pub(crate) fn lines(sequence: &Sequence) -> Vec<String> {
    sequence.tracks.iter().map(crate::words).collect()
}

type Edit<'a> = &'a dyn Fn(&mut Sequence, &mut Ports<'_>) -> Result<(), EditError>;

fn after(before: &str, edit: Edit<'_>) -> Result<Vec<String>, EditError> {
    let mut ids = Ids::default();
    let mut edited = sequence(before, &mut ids);
    let kept = edited.clone();
    match ids.ports(|ports| edit(&mut edited, ports)) {
        Ok(()) => Ok(lines(&edited)),
        Err(error) => {
            assert_eq!(edited, kept, "an edit that failed changed something");
            Err(error)
        }
    }
}

fn shows(cases: &[(&str, Edit<'_>, &[&str])]) {
    for (before, edit, expected) in cases {
        assert_eq!(after(before, edit).unwrap(), *expected, "{before}");
    }
}

const BOTH: Targets = Targets {
    video: Some(0),
    audio: Some(1),
};
const PICTURES: Targets = Targets {
    video: Some(0),
    audio: None,
};
const SOUND: Targets = Targets {
    video: None,
    audio: Some(1),
};

fn p() -> timeline::Part {
    part("P", 0, 2)
}

#[test]
fn insert_pushes_every_track_with_sync_lock() {
    shows(&[
        (
            "V A0+3 B0+2\n A C0+3 D0+2\n A M0+5",
            &|s, ports| s.insert_at(1, p(), BOTH, ports).map(drop),
            &["A0+1 P0+2 A1+2 B0+2", "C0+1 P0+2 C1+2 D0+2", "M0+1 .2 M1+4"],
        ),
        (
            "V A0+3 B0+2\n A C0+3 D0+2\n A~ M0+5\n A! M0+5",
            &|s, ports| s.insert_at(3, p(), PICTURES, ports).map(drop),
            &["A0+3 P0+2 B0+2", "C0+3 .2 D0+2", "M0+5", "M0+5"],
        ),
        // A target without sync lock is one all the same.
        (
            "V~ A0+3\n A~ C0+3",
            &|s, ports| s.insert_at(1, p(), SOUND, ports).map(drop),
            &["A0+3", "C0+1 P0+2 C1+2"],
        ),
        // Targets are made to reach the place; what ends before it stays.
        (
            "V A0+3\n A C0+1\n A M0+5\n A N0+4",
            &|s, ports| s.insert_at(5, p(), BOTH, ports).map(drop),
            &["A0+3 .2 P0+2", "C0+1 .4 P0+2", "M0+5", "N0+4"],
        ),
        (
            "V A0+3\n A .2\n A M0+5",
            &|s, ports| s.insert_at(4, p(), BOTH, ports).map(drop),
            &["A0+3 .1 P0+2", ".4 P0+2", "M0+4 .2 M4+1"],
        ),
        // A gap becomes longer.
        (
            "V A0+3\n A .2 C0+1",
            &|s, ports| s.insert_at(1, p(), PICTURES, ports).map(drop),
            &["A0+1 P0+2 A1+2", ".4 C0+1"],
        ),
        (
            "V\n A",
            &|s, ports| s.insert_at(0, p(), BOTH, ports).map(drop),
            &["P0+2", "P0+2"],
        ),
    ]);
}

#[test]
fn overwrite_and_lift_change_their_targets_alone() {
    shows(&[
        (
            "V A0+3 B0+2\n A C0+3 D0+2\n A M0+5",
            &|s, ports| s.overwrite_at(2, p(), BOTH, ports).map(drop),
            &["A0+2 P0+2 B1+1", "C0+2 P0+2 D1+1", "M0+5"],
        ),
        (
            "V A0+3\n A C0+1\n A M0+5",
            &|s, ports| s.overwrite_at(4, p(), BOTH, ports).map(drop),
            &["A0+3 .1 P0+2", "C0+1 .3 P0+2", "M0+5"],
        ),
        (
            "V A0+3 B0+2\n A C0+3 D0+2\n A M0+5",
            &|s, ports| s.lift_range(2..4, PICTURES, ports),
            &["A0+2 .2 B1+1", "C0+3 D0+2", "M0+5"],
        ),
        (
            "V A0+3\n A C0+1\n A M0+5",
            &|s, ports| s.lift_range(2..4, BOTH, ports),
            &["A0+2 .1", "C0+1", "M0+5"],
        ),
    ]);
}

#[test]
fn extract_closes_up_on_every_track_with_sync_lock() {
    shows(&[
        (
            "V A0+3 B0+4\n A .2 C0+5\n A M0+3\n A~ N0+7\n A! O0+7",
            &|s, ports| s.extract_range(2..4, ports),
            &["A0+2 B1+3", ".2 C2+3", "M0+2", "N0+7", "O0+7"],
        ),
        (
            "V A0+3\n A M0+7",
            &|s, ports| s.extract_range(3..7, ports),
            &["A0+3", "M0+3"],
        ),
        ("V A0+3", &|s, ports| s.extract_range(0..3, ports), &[""]),
    ]);
}

#[test]
fn clips_are_removed_with_what_is_linked_as_far_as_others_let_it() {
    let remove = |s: &mut Sequence, ports: &mut Ports<'_>| {
        let at = |track: usize| s.tracks[track].clip_at(4).unwrap().clip.id;
        let clips = [at(0), at(1)];
        s.link(&clips, ports)?;
        s.remove_linked(&clips[..1])
    };
    shows(&[
        (
            "V A0+3 B0+3 C0+2\n A D0+3 E0+3 F0+2",
            &remove,
            &["A0+3 C0+2", "D0+3 F0+2"],
        ),
        // What lies below stays whole, and where it was against what moves.
        (
            "V A0+3 B0+3 C0+2\n A D0+3 E0+3 F0+2\n A M0+2 .5 N0+1",
            &remove,
            &["A0+3 C0+2", "D0+3 F0+2", "M0+2 .2 N0+1"],
        ),
        (
            "V A0+3 B0+3 C0+2\n A D0+3 E0+3 F0+2\n A M0+4 .3 N0+1",
            &remove,
            &["A0+3 .1 C0+2", "D0+3 .1 F0+2", "M0+4 .1 N0+1"],
        ),
        (
            "V A0+3 B0+3 C0+2\n A D0+3 E0+3 F0+2\n A .4 M0+1 .2 N0+1",
            &remove,
            &["A0+3 .1 C0+2", "D0+3 .1 F0+2", ".3 M0+1 .1 N0+1"],
        ),
        // Whoever is locked or has no sync lock does not count.
        (
            "V A0+3 B0+3 C0+2\n A D0+3 E0+3 F0+2\n A! M0+8\n A~ N0+8",
            &remove,
            &["A0+3 C0+2", "D0+3 F0+2", "M0+8", "N0+8"],
        ),
        (
            "V A0+3 B0+3 C0+2\n A~ D0+4 E0+3 F0+2\n A M0+8",
            &remove,
            &["A0+3 .3 C0+2", "D0+4 F0+2", "M0+8"],
        ),
        // A linked clip that is longer: both ranges close where the other is free.
        (
            "V A0+3 B0+3 C0+2\n A D0+2 E0+4 F0+2",
            &remove,
            &["A0+3 C0+2", "D0+2 .1 F0+2"],
        ),
    ]);
}

#[test]
fn edits_that_are_not_aimed_well_are_refused() {
    let two = "V A0+5\n A C0+5";
    let locked = "V A0+5\n A! C0+5";
    let target = |video, audio| Targets { video, audio };
    let error = |before: &str, edit: Edit<'_>| after(before, edit).unwrap_err();
    let other = |track: &str, wanted| EditError::OtherKind {
        track: track.to_owned(),
        wanted,
    };
    let is_locked = EditError::TrackLocked {
        track: "A1".to_owned(),
    };
    for (before, targets, expected) in [
        (two, target(None, None), EditError::NoTarget),
        (
            two,
            target(Some(2), None),
            EditError::NoSuchTrack {
                index: 2,
                tracks: 2,
            },
        ),
        (
            two,
            target(Some(0), Some(7)),
            EditError::NoSuchTrack {
                index: 7,
                tracks: 2,
            },
        ),
        (two, target(Some(1), None), other("A1", Video)),
        (two, target(Some(0), Some(0)), other("V1", Audio)),
        (locked, BOTH, is_locked.clone()),
        (locked, SOUND, is_locked.clone()),
    ] {
        let edits: [Edit<'_>; 4] = [
            &|s, ports| s.insert_at(1, p(), targets, ports).map(drop),
            &|s, ports| s.overwrite_at(1, p(), targets, ports).map(drop),
            &|s, ports| s.lift_range(1..2, targets, ports),
            &|s, ports| s.split_at(1, targets, ports).map(drop),
        ];
        for edit in edits {
            assert_eq!(error(before, edit), expected);
        }
    }
    let behind = EditError::BehindEnd { at: 6, length: 5 };
    assert_eq!(
        error(two, &|s, q| s.insert_at(6, p(), BOTH, q).map(drop)),
        behind
    );
    assert_eq!(
        error(two, &|s, q| s.overwrite_at(6, p(), BOTH, q).map(drop)),
        behind
    );
    assert_eq!(error(two, &|s, q| s.lift_range(2..6, BOTH, q)), behind);
    assert_eq!(error(two, &|s, q| s.extract_range(2..6, q)), behind);
    let nothing = EditError::NothingInRange { from: 2, to: 2 };
    assert_eq!(error(two, &|s, q| s.lift_range(2..2, BOTH, q)), nothing);
    assert_eq!(error(two, &|s, q| s.extract_range(2..2, q)), nothing);
    let short = "V A0+2\n A C0+5";
    let nothing = EditError::NothingInRange { from: 2, to: 4 };
    assert_eq!(
        error(short, &|s, q| s.lift_range(2..4, PICTURES, q)),
        nothing
    );
    let none = "V! A0+2\n A~ C0+5";
    assert_eq!(
        error(none, &|s, q| s.extract_range(2..4, q)),
        EditError::NoTarget
    );
    let none = EditError::NothingToSplit { at: 0 };
    assert_eq!(error(two, &|s, q| s.split_at(0, BOTH, q).map(drop)), none);
    let unknown = EditError::ClipNotFound { clip: Uuid::nil() };
    assert_eq!(error(two, &|s, _| s.remove_linked(&[Uuid::nil()])), unknown);
    let sound =
        |s: &mut Sequence, _: &mut Ports<'_>| s.remove_linked(&[crate::id(&s.tracks[1], 0)]);
    assert_eq!(error(locked, &sound), is_locked);
    // The last of several tracks fails: none has changed.
    let long = "V A0+5\n A C0+5\n A Q0+5";
    let gone = error(long, &|s, ports| {
        struct Gone;
        impl timeline::FlowFrames for Gone {
            fn frames(&self, flow_id: &str) -> Option<u64> {
                crate::Flows.frames(flow_id).filter(|_| flow_id != "Q")
            }
            fn timerange(&self, flow: &str, first: u64, n: u64) -> Option<mediatime::TimeRange> {
                crate::Flows.timerange(flow, first, n)
            }
        }
        let mut ports = Ports {
            flows: &Gone,
            new_id: &mut *ports.new_id,
        };
        s.insert_at(1, p(), BOTH, &mut ports).map(drop)
    });
    assert!(matches!(gone, EditError::UnknownFlow { title, .. } if title == "title of Q"));
}

/// Each track has so many clips of five frames.
fn long(clips: u128) -> Sequence {
    let mut ids = Ids::default();
    let short = sequence("V A0+5\n V B0+5\n A C0+5\n A D0+5", &mut ids);
    let mut json = serde_json::to_value(&short).unwrap();
    for (index, track) in json["tracks"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .enumerate()
    {
        let item = track["items"][0].clone();
        let numbered = |n: u128| {
            let mut item = item.clone();
            item["id"] = json!(Uuid::from_u128((index as u128 + 1) << 64 | n));
            // Pictures and sound of the same place are linked.
            item["link"] = json!(Uuid::from_u128(n));
            item
        };
        track["items"] = (0..clips).map(numbered).collect();
    }
    serde_json::from_value(json).unwrap()
}

#[test]
fn ten_thousand_clips_a_track_are_edited_in_time_that_grows_as_they_do() {
    let targets = Targets {
        video: Some(0),
        audio: Some(2),
    };
    let spent = |clips: u128| {
        let mut edited = long(clips);
        let mut ids = Ids(1 << 100);
        let end = edited.length() / 20;
        let started = Instant::now();
        for n in 0..10 {
            ids.ports(|ports| {
                edited.insert_at(n * end + 2, p(), targets, ports).unwrap();
                edited
                    .overwrite_at(n * end + 8, p(), targets, ports)
                    .unwrap();
                edited
                    .lift_range(n * 7 + 1..n * 7 + 3, targets, ports)
                    .unwrap();
                edited.extract_range(n * end..n * end + 3, ports).unwrap();
            });
        }
        // Half of all clips at once.
        let clips = |edited: &Sequence| -> Vec<Uuid> {
            edited.tracks[0]
                .clips()
                .map(|placed| placed.clip.id)
                .collect()
        };
        let half: Vec<Uuid> = clips(&edited).into_iter().step_by(2).collect();
        edited.remove_linked(&half).unwrap();
        ids.ports(|ports| edited.link(&clips(&edited), ports))
            .unwrap();
        edited.unlink(&clips(&edited)).unwrap();
        started.elapsed()
    };
    let (few, many) = (spent(1_000), spent(10_000));
    // A hundred times as long would be quadratic; the rest is a margin for a busy machine.
    assert!(
        many < few * 50 + Duration::from_millis(500),
        "{few:?}, then {many:?}"
    );
}
