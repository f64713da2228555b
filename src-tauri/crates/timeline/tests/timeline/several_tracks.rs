//! Which tracks a sequence has, how they are set, and what they count.

use crate::rates::{self, clips, edit};
use crate::{Ids, part, track};
use serde_json::json;
use std::sync::Arc;
use timeline::TrackKind::{Audio, Video};
use timeline::{Document, EditError, FORMAT, History, MAX_CHARACTERS, MAX_TRACKS, Project};
use timeline::{Sequence, Track, TrackSettings};
use uuid::Uuid;

fn names(sequence: &Sequence) -> String {
    let names: Vec<_> = sequence.tracks.iter().map(Track::name).collect();
    names.join(" ")
}

fn empty() -> Sequence {
    Sequence::new(Uuid::from_u128(1), "Promo", 10)
}

#[test]
fn tracks_are_added_above_the_others_of_their_kind() {
    let mut sequence = empty();
    for (kind, index, expected) in [
        (Audio, 1, "V1 A1"),
        (Video, 1, "V1 V2 A1"),
        (Audio, 3, "V1 V2 A1 A2"),
        (Video, 2, "V1 V2 V3 A1 A2"),
    ] {
        assert_eq!(sequence.add_track(kind), Ok(index));
        assert_eq!(names(&sequence), expected);
        assert_eq!(sequence.tracks[index].kind(), kind);
    }
    // A name that is taken is passed over.
    sequence.remove_track(1).unwrap();
    sequence.add_track(Video).unwrap();
    assert_eq!(names(&sequence), "V1 V3 V4 A1 A2");
    sequence.rename_track(3, "V5").unwrap();
    sequence.add_track(Audio).unwrap();
    assert_eq!(names(&sequence), "V1 V3 V4 V5 A2 A3");
}

#[test]
fn there_is_a_limit_and_at_least_one_for_pictures() {
    let mut sequence = empty();
    for kind in [Video, Audio] {
        while sequence
            .tracks
            .iter()
            .filter(|one| one.kind() == kind)
            .count()
            < MAX_TRACKS
        {
            sequence.add_track(kind).unwrap();
        }
        let kept = sequence.clone();
        assert_eq!(
            sequence.add_track(kind),
            Err(EditError::TooManyTracks { kind })
        );
        assert_eq!(sequence, kept);
    }
    for _ in 1..MAX_TRACKS {
        sequence.remove_track(0).unwrap();
    }
    let last = EditError::LastVideoTrack {
        track: "V50".to_owned(),
    };
    assert_eq!(sequence.remove_track(0), Err(last));
    for _ in 0..MAX_TRACKS {
        sequence.remove_track(1).unwrap();
    }
    let none = EditError::NoSuchTrack {
        index: 1,
        tracks: 1,
    };
    assert_eq!(sequence.remove_track(1), Err(none.clone()));
    assert_eq!(sequence.rename_track(1, "X"), Err(none.clone()));
    assert_eq!(
        sequence.set_track(1, TrackSettings::default()),
        Err(none.clone())
    );
    assert_eq!(sequence.edit_track(1, |_| Ok(())), Err(none));
}

#[test]
fn a_track_is_set_and_named_within_limits() {
    let mut sequence = empty();
    let as_new = TrackSettings {
        enabled: true,
        locked: false,
        sync_lock: true,
        gain: 0,
    };
    assert_eq!(sequence.tracks[0].settings(), as_new);
    for gain in [-96_000, 0, 24_000] {
        let settings = TrackSettings {
            enabled: false,
            locked: true,
            sync_lock: false,
            gain,
        };
        sequence.set_track(0, settings).unwrap();
        let track = &sequence.tracks[0];
        assert_eq!(track.settings(), settings);
        assert!(!track.enabled() && track.locked() && !track.sync_lock());
        assert_eq!(track.gain(), gain);
    }
    for gain in [-96_001, 24_001, i32::MIN, i32::MAX] {
        let settings = TrackSettings { gain, ..as_new };
        let kept = sequence.clone();
        assert_eq!(
            sequence.set_track(0, settings),
            Err(EditError::NoSuchGain { gain })
        );
        assert_eq!(sequence, kept);
        let mut json = serde_json::to_value(&sequence).unwrap();
        json["tracks"][0]["gain"] = json!(gain);
        let text = serde_json::from_value::<Sequence>(json)
            .unwrap_err()
            .to_string();
        assert!(text.contains("no such gain"), "{text}");
    }
    sequence
        .rename_track(0, "ü".repeat(MAX_CHARACTERS))
        .unwrap();
    let characters = MAX_CHARACTERS + 1;
    let refused = sequence.rename_track(0, "x".repeat(characters));
    assert_eq!(refused, Err(EditError::TooManyCharacters { characters }));
}

#[test]
fn no_edit_changes_a_locked_track() {
    let mut ids = Ids::default();
    let mut locked = track("A0+5 .3 B0+5", &mut ids);
    locked
        .set_settings(TrackSettings {
            locked: true,
            ..locked.settings()
        })
        .unwrap();
    let kept = locked.clone();
    let [a, b] = [0, 1].map(|index| crate::id(&kept, index));
    let refused = ids.ports(|p| {
        use timeline::Edge::Out;
        [
            locked.append(part("C", 0, 1), p).map(drop),
            locked.insert(2, part("C", 0, 1), p).map(drop),
            locked.overwrite(2, part("C", 0, 1), p).map(drop),
            locked.remove(&[a]),
            locked.lift(&[a]),
            locked.move_clip(b, 0),
            locked.trim(a, 0, 2, p),
            locked.relink(a, part("C", 0, 5), p),
            locked.split(2, p).map(drop),
            locked.lift_range(1..2, p),
            locked.extract_range(1..2, p),
            locked.insert_gap(1, 2, p),
            locked.delete_gap(5),
            locked.ripple(a, Out, 1, p),
            locked.roll(a, Out, 1, p),
            locked.slip(a, 1, p),
            locked.slide(b, -1, p),
            locked.set_transition(a, Out, crate::transitions::of(1, 1)),
        ]
    });
    let error = EditError::TrackLocked {
        track: "V1".to_owned(),
    };
    for one in refused {
        assert_eq!(one, Err(error.clone()));
    }
    assert_eq!(locked, kept);
}

#[test]
fn a_document_of_the_first_format_is_read() {
    let mut sequence = empty();
    sequence.tracks[0] = track("A0+5 .3 B0+5", &mut Ids::default());
    let project = |sequence: Sequence| Project {
        id: Uuid::from_u128(1),
        name: "Cut".to_owned(),
        sequences: vec![Arc::new(sequence)],
    };
    let mut history = History::new(project(empty()));
    history.push("Cut", project(sequence));
    let mut json = serde_json::to_value(Document::new(&history)).unwrap();
    assert_eq!(json["format"], FORMAT);
    json["format"] = json!(1);
    let pointers = ["/project/sequences/0", "/history/steps/0/sequences/0"];
    for pointer in pointers {
        let sequence = json.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
        assert!(sequence.remove("markers").is_some());
        let track = sequence["tracks"][0].as_object_mut().unwrap();
        for field in ["enabled", "locked", "sync_lock", "gain"] {
            assert!(track.remove(field).is_some(), "{field}");
        }
        let mut fields: Vec<_> = track.keys().collect();
        fields.sort();
        assert_eq!(fields, ["items", "kind", "name"]);
    }
    json["history"].as_object_mut().unwrap().remove("markers");
    let clip = json["project"]["sequences"][0]["tracks"][0]["items"][0].as_object();
    assert!(
        ["head", "tail", "link"]
            .iter()
            .all(|field| !clip.unwrap().contains_key(*field))
    );
    let document: Document = serde_json::from_value(json).unwrap();
    assert_eq!(document.open(), Ok(history));
}

#[test]
fn settings_links_and_rates_are_kept() {
    let mut ids = Ids::default();
    let mut sequence = mixed(&mut ids, &[&[("50", 0, 40)], &[("25", 0, 10)]]);
    sequence.add_track(Audio).unwrap();
    let settings = TrackSettings {
        enabled: false,
        locked: false,
        sync_lock: false,
        gain: -500,
    };
    sequence.set_track(2, settings).unwrap();
    let clips: Vec<_> = sequence
        .tracks
        .iter()
        .flat_map(Track::clips)
        .map(|p| p.clip.id)
        .collect();
    edit(&mut ids, |ports| sequence.link(&clips, ports)).unwrap();
    let project = Project {
        id: Uuid::nil(),
        name: String::new(),
        sequences: vec![sequence.into()],
    };
    let mut history = History::new(project.clone());
    history.push(
        "Nothing",
        Project {
            sequences: Vec::new(),
            ..project
        },
    );
    let json = serde_json::to_string(&Document::new(&history)).unwrap();
    let document: Document = serde_json::from_str(&json).unwrap();
    assert_eq!(document.open(), Ok(history));
}

/// Tracks of parts, the first one for pictures and the others for sound.
pub(crate) fn mixed(ids: &mut Ids, tracks: &[&[(&str, u64, u64)]]) -> Sequence {
    let mut sequence = empty();
    for (index, parts) in tracks.iter().enumerate() {
        if index > 0 {
            sequence.add_track(Audio).unwrap();
        }
        for (flow, first, frames) in *parts {
            let part = rates::part(flow, *first, *frames);
            let append = |track: &mut Track| edit(ids, |ports| track.append(part, ports));
            sequence.edit_track(index, append).unwrap();
        }
    }
    sequence
}

#[test]
fn all_tracks_count_the_frames_of_the_lowest_first_picture() {
    let mut ids = Ids::default();
    let mut sequence = mixed(
        &mut ids,
        &[&[("25", 0, 10)], &[("50", 0, 20), ("12.5", 0, 5)]],
    );
    let lengths = |sequence: &Sequence| -> Vec<Vec<u64>> {
        let tracks = sequence.tracks.iter();
        tracks
            .map(|track| clips(track).iter().map(|clip| clip.2).collect())
            .collect()
    };
    assert_eq!(lengths(&sequence), [vec![10], vec![10, 10]]);
    // A clip of another rate in front: all count its frames.
    let first = |track: &mut Track| {
        edit(&mut ids, |ports| {
            track.insert(0, rates::part("50", 0, 4), ports)
        })
    };
    let first = sequence.edit_track(0, first).unwrap();
    assert_eq!(lengths(&sequence), [vec![4, 20], vec![20, 20]]);
    assert_eq!(sequence.frame_rate(), rates::rate("50"));
    sequence
        .edit_track(0, |track| track.remove(&[first]))
        .unwrap();
    assert_eq!(lengths(&sequence), [vec![10], vec![10, 10]]);
    // A lower track is asked first once there is something on it.
    sequence.tracks.insert(0, Track::new(Video, "V0"));
    sequence.edit_track(0, |_| Ok(())).unwrap();
    assert_eq!(sequence.frame_rate(), rates::rate("25"));
    let below = |track: &mut Track| {
        edit(&mut ids, |ports| {
            track.append(rates::part("12.5", 0, 4), ports)
        })
    };
    sequence.edit_track(0, below).unwrap();
    assert_eq!(lengths(&sequence), [vec![4], vec![5], vec![5, 5]]);
    sequence.remove_track(0).unwrap();
    assert_eq!(lengths(&sequence), [vec![10], vec![10, 10]]);
    // Sound alone is counted as its timecode is.
    sequence
        .edit_track(0, |track| track.remove(&[crate::id(track, 0)]))
        .unwrap();
    assert_eq!(sequence.frame_rate(), None);
    assert_eq!(lengths(&sequence), [vec![], vec![10, 10]]);
}

#[test]
fn a_rate_at_which_another_track_is_too_long_is_refused() {
    let mut ids = Ids::default();
    let mut sequence = mixed(&mut ids, &[&[("1", 0, 10)], &[("1", 0, 300)]]);
    let gap = timeline::MAX_FRAMES - 400;
    sequence
        .edit_track(1, |track| edit(&mut ids, |p| track.insert_gap(0, gap, p)))
        .unwrap();
    let kept = sequence.clone();
    let part = rates::part("50", 0, 4);
    let refused = sequence.edit_track(0, |track| edit(&mut ids, |p| track.insert(0, part, p)));
    assert_eq!(refused, Err(EditError::TooLong));
    assert_eq!(sequence, kept);
}
