//! Clips that belong together, and what edits make of their links.

use crate::sequences::{lines, sequence};
use crate::{Ids, id, part};
use timeline::{EditError, Sequence, Targets, TrackSettings};
use uuid::Uuid;

const BOTH: Targets = Targets {
    video: Some(0),
    audio: Some(1),
};

/// Flow and first frame of all that is linked to the clip at a frame of a track.
fn linked(sequence: &Sequence, track: usize, at: u64) -> Vec<String> {
    let clip = sequence.tracks[track].clip_at(at).unwrap().clip;
    let named = |id: Uuid| {
        let clip = sequence.tracks.iter().find_map(|track| track.clip(id));
        let clip = clip.unwrap().clip;
        format!("{}{}", clip.flow_id, clip.first)
    };
    sequence.linked(clip.id).into_iter().map(named).collect()
}

#[test]
fn clips_are_linked_and_taken_out_again() {
    let mut ids = Ids::default();
    let mut edited = sequence("V A0+3 B0+2\n A C0+3 D0+2\n A E0+5", &mut ids);
    let [a, b] = [0, 1].map(|n| id(&edited.tracks[0], n));
    let [c, d] = [0, 1].map(|n| id(&edited.tracks[1], n));
    let e = id(&edited.tracks[2], 0);
    assert_eq!(edited.linked(a), [a]);
    assert!(edited.linked(Uuid::nil()).is_empty());
    let first = ids.ports(|ports| edited.link(&[c, a, e], ports)).unwrap();
    let second = ids.ports(|ports| edited.link(&[b, d], ports)).unwrap();
    assert!(first != second);
    for clip in [a, c, e] {
        assert_eq!(edited.linked(clip), [a, c, e]);
    }
    assert_eq!(edited.linked(d), [b, d]);
    // A clip has one link.
    ids.ports(|ports| edited.link(&[b, c], ports)).unwrap();
    assert_eq!(
        [a, b, c, d, e].map(|one| edited.linked(one).len()),
        [2, 2, 2, 1, 2]
    );
    edited.unlink(&[a]).unwrap();
    assert_eq!(
        [a, b, c, d, e].map(|one| edited.linked(one).len()),
        [1, 2, 2, 1, 1]
    );
}

#[test]
fn links_of_clips_that_are_not_there_or_locked_are_refused() {
    let mut ids = Ids::default();
    let mut edited = sequence("V A0+3\n A C0+3", &mut ids);
    let [a, c] = [0, 1].map(|n| id(&edited.tracks[n], 0));
    let locked = TrackSettings {
        locked: true,
        ..TrackSettings::default()
    };
    edited.set_track(1, locked).unwrap();
    let kept = edited.clone();
    let none = Uuid::nil();
    let unknown = EditError::ClipNotFound { clip: none };
    let locked = EditError::TrackLocked {
        track: "A1".to_owned(),
    };
    for (clips, error) in [([a, none], unknown), ([a, c], locked)] {
        let refused = ids.ports(|ports| edited.link(&clips, ports));
        assert_eq!(refused, Err(error.clone()));
        assert_eq!(edited.unlink(&clips), Err(error));
        assert_eq!(edited, kept);
    }
}

#[test]
fn parts_of_a_sequence_are_linked_and_so_are_what_is_cut_of_them() {
    let mut ids = Ids::default();
    let mut edited = sequence("V\n A\n A M0+9", &mut ids);
    let made = ids
        .ports(|ports| edited.insert_at(0, part("A", 0, 9), BOTH, ports))
        .unwrap();
    assert_eq!(made, [0, 1].map(|n| id(&edited.tracks[n], 0)));
    assert_eq!(edited.linked(made[1]), made);
    // The music is split with them, and is linked to nothing.
    ids.ports(|ports| edited.insert_at(4, part("B", 0, 2), BOTH, ports))
        .unwrap();
    assert_eq!(
        lines(&edited),
        ["A0+4 B0+2 A4+5", "A0+4 B0+2 A4+5", ".11 M0+9"]
    );
    for (at, flow) in [(0, "A0"), (4, "B0"), (6, "A4")] {
        assert_eq!(linked(&edited, 0, at), [flow, flow]);
    }
    ids.ports(|ports| {
        edited.split_at(
            8,
            Targets {
                audio: None,
                ..BOTH
            },
            ports,
        )
    })
    .unwrap();
    assert_eq!(lines(&edited)[1], "A0+4 B0+2 A4+2 A6+3");
    for (at, flow) in [(6, "A4"), (8, "A6")] {
        assert_eq!(linked(&edited, 1, at), [flow, flow]);
    }
    ids.ports(|ports| edited.extract_range(1..2, ports))
        .unwrap();
    for (at, flow) in [(0, "A0"), (1, "A2"), (3, "B0")] {
        assert_eq!(linked(&edited, 1, at), [flow, flow]);
    }
    // One that is cut for itself is linked to nothing behind the cut.
    let sound = Targets {
        video: None,
        audio: Some(1),
    };
    ids.ports(|ports| edited.overwrite_at(8, part("C", 0, 1), sound, ports))
        .unwrap();
    assert_eq!(
        lines(&edited)[..2],
        [
            "A0+1 A2+2 B0+2 A4+2 A6+3",
            "A0+1 A2+2 B0+2 A4+2 A6+1 C0+1 A8+1"
        ]
    );
    assert_eq!(linked(&edited, 1, 7), ["A6", "A6"]);
    assert_eq!(linked(&edited, 1, 8), ["C0"]);
    assert_eq!(linked(&edited, 1, 9), ["A8"]);
    // The whole goes with all that belongs to it.
    edited
        .remove_linked(&[edited.tracks[1].clip_at(3).unwrap().clip.id])
        .unwrap();
    assert_eq!(lines(&edited)[0], "A0+1 A2+2 A4+2 A6+3");
}
