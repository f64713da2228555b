//! Edges that move, and what a clip shows.

use crate::edits::{Endless, after};
use crate::{Ids, id, part, track, words};
use timeline::Edge::{In, Out};
use timeline::{EditError, FlowFrames, MAX_FRAMES, Ports, Track, TrackKind};
use uuid::Uuid;

/// A move by so many frames, of something chosen before.
pub(crate) type Move<'a> = &'a dyn Fn(&mut Track, i64, &mut Ports<'_>) -> Result<(), EditError>;

fn too_far(clip: &str, frames: i64, least: i64, most: i64) -> EditError {
    EditError::TooFar {
        title: match clip {
            "gap" => "gap".to_owned(),
            clip => format!("title of {clip}"),
        },
        frames,
        least,
        most,
    }
}

/// Nothing is known of any flow.
struct Gone;
impl FlowFrames for Gone {
    fn frames(&self, _: &str) -> Option<u64> {
        None
    }

    fn timerange(&self, _: &str, _: u64, _: u64) -> Option<mediatime::TimeRange> {
        None
    }
}

#[test]
fn ripple_moves_one_edge_and_what_follows() {
    for (clip, edge, frames, expected) in [
        (1, In, 1, "A0+3 B11+4 .2 C97+3"),
        (1, In, 4, "A0+3 B14+1 .2 C97+3"),
        (1, In, -10, "A0+3 B0+15 .2 C97+3"),
        (1, Out, 1, "A0+3 B10+6 .2 C97+3"),
        (1, Out, -4, "A0+3 B10+1 .2 C97+3"),
        (1, Out, 85, "A0+3 B10+90 .2 C97+3"),
        (0, In, 2, "A2+1 B10+5 .2 C97+3"),
        (2, Out, -1, "A0+3 B10+5 .2 C97+2"),
        (2, In, 0, "A0+3 B10+5 .2 C97+3"),
        (2, Out, 0, "A0+3 B10+5 .2 C97+3"),
    ] {
        let got = after("A0+3 B10+5 .2 C97+3", |track, ports| {
            let clip = id(track, clip);
            let at = track.clip(clip).unwrap().at;
            track.ripple(clip, edge, frames, ports)?;
            assert_eq!(track.clip(clip).unwrap().at, at);
            Ok(())
        });
        assert_eq!(got.as_deref(), Ok(expected), "{edge:?} by {frames}");
    }
}

#[test]
fn ripple_ends_with_the_flow_and_the_last_frame() {
    for (edge, frames, least, most) in [
        (In, 5, -10, 4),
        (In, -11, -10, 4),
        (In, i64::MAX, -10, 4),
        (In, i64::MIN, -10, 4),
        (Out, -5, -4, 85),
        (Out, 86, -4, 85),
        (Out, i64::MAX, -4, 85),
        (Out, i64::MIN, -4, 85),
    ] {
        let got = after("A0+3 B10+5", |track, ports| {
            track.ripple(id(track, 1), edge, frames, ports)
        });
        assert_eq!(got, Err(too_far("B", frames, least, most)));
    }
    let error = too_far("B", 7, -3, 5).to_string();
    assert_eq!(
        error,
        "title of B: it allows a move by -3 to 5 frames, not by 7"
    );
}

#[test]
fn roll_moves_the_cut_alone() {
    for (before, clip, edge, frames, expected) in [
        ("A0+3 B10+5 C0+2", 0, Out, 1, "A0+4 B11+4 C0+2"),
        ("A0+3 B10+5 C0+2", 0, Out, 4, "A0+7 B14+1 C0+2"),
        ("A0+3 B10+5 C0+2", 0, Out, -2, "A0+1 B8+7 C0+2"),
        ("A0+3 B10+5 C0+2", 1, In, 1, "A0+4 B11+4 C0+2"),
        ("A0+3 B10+5 C0+2", 1, In, -2, "A0+1 B8+7 C0+2"),
        ("A0+3 B10+5 C0+2", 1, Out, 1, "A0+3 B10+6 C1+1"),
        ("A0+3 B10+5 C0+2", 1, Out, 0, "A0+3 B10+5 C0+2"),
        // A gap gives and takes, too, and can close.
        ("A0+3 .3 B10+5", 0, Out, 2, "A0+5 .1 B10+5"),
        ("A0+3 .3 B10+5", 0, Out, -2, "A0+1 .5 B10+5"),
        ("A0+3 .3 B10+5", 0, Out, 3, "A0+6 B10+5"),
        ("A0+3 .3 B10+5", 1, In, -1, "A0+3 .2 B9+6"),
        ("A0+3 .3 B10+5", 1, In, -3, "A0+3 B7+8"),
        ("A0+3 .3 B10+5", 1, In, 4, "A0+3 .7 B14+1"),
        (".3 B10+5 .1", 0, In, -3, "B7+8 .1"),
        (".3 B10+5 .1", 0, Out, 1, ".3 B10+6"),
    ] {
        let got = after(before, |track, ports| {
            let length = track.length();
            track.roll(id(track, clip), edge, frames, ports)?;
            assert_eq!(track.length(), length);
            Ok(())
        });
        assert_eq!(got.as_deref(), Ok(expected), "{before} by {frames}");
    }
}

#[test]
fn roll_says_who_goes_no_further() {
    for (before, clip, edge, frames, named, least, most) in [
        // One frame of each is left.
        ("A0+3 B10+5", 0, Out, 5, "B", -2, 4),
        ("A0+3 B10+5", 0, Out, -3, "A", -2, 4),
        ("A0+3 B10+5", 1, In, i64::MAX, "B", -2, 4),
        ("A0+3 B10+5", 1, In, i64::MIN, "A", -2, 4),
        // The flow ends on either side.
        ("A95+3 B10+5", 0, Out, 3, "A", -2, 2),
        ("A0+9 B2+5", 0, Out, -3, "B", -2, 4),
        // Both at once: the one in front is named.
        ("A0+3 B2+5", 0, Out, -3, "A", -2, 4),
        ("A0+3 .3 B10+5", 0, Out, 4, "gap", -2, 3),
        ("A0+3 .3 B1+5", 1, In, -2, "B", -1, 4),
    ] {
        let got = after(before, |track, ports| {
            track.roll(id(track, clip), edge, frames, ports)
        });
        let expected = too_far(named, frames, least, most);
        assert_eq!(got, Err(expected), "{before} by {frames}");
    }
    for (before, edge, text) in [
        ("A0+3 .3", In, "title of A: nothing lies in front of it"),
        (".3 A0+3", Out, "title of A: nothing lies behind it"),
    ] {
        let got = after(before, |track, ports| {
            track.roll(id(track, 0), edge, 1, ports)
        });
        let error = got.unwrap_err();
        assert!(matches!(error, EditError::NoNeighbour { edge: found, .. } if found == edge));
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn slip_shows_other_frames_in_the_same_place() {
    for (frames, expected) in [
        (0, "A0+3 B10+5 C0+2"),
        (2, "A0+3 B12+5 C0+2"),
        (-10, "A0+3 B0+5 C0+2"),
        (85, "A0+3 B95+5 C0+2"),
    ] {
        let got = after("A0+3 B10+5 C0+2", |track, ports| {
            track.slip(id(track, 1), frames, ports)
        });
        assert_eq!(got.as_deref(), Ok(expected), "by {frames}");
    }
    for frames in [-11, 86, i64::MIN, i64::MAX] {
        let got = after("A0+3 B10+5 C0+2", |track, ports| {
            track.slip(id(track, 1), frames, ports)
        });
        assert_eq!(got, Err(too_far("B", frames, -10, 85)));
    }
    let whole = after("A0+100", |track, ports| track.slip(id(track, 0), 1, ports));
    assert_eq!(whole, Err(too_far("A", 1, 0, 0)));
}

#[test]
fn slide_moves_a_clip_between_its_neighbours() {
    for (before, clip, frames, expected) in [
        ("A0+3 B10+2 C20+3", 1, 1, "A0+4 B10+2 C21+2"),
        ("A0+3 B10+2 C20+3", 1, 2, "A0+5 B10+2 C22+1"),
        ("A0+3 B10+2 C20+3", 1, -2, "A0+1 B10+2 C18+5"),
        ("A0+3 B10+2 C20+3", 1, 0, "A0+3 B10+2 C20+3"),
        // Gaps shrink and grow, and can close.
        ("A0+3 .2 B10+2 C20+3", 1, -1, "A0+3 .1 B10+2 C19+4"),
        ("A0+3 .2 B10+2 C20+3", 1, -2, "A0+3 B10+2 C18+5"),
        ("A0+3 .2 B10+2 C20+3", 1, 2, "A0+3 .4 B10+2 C22+1"),
        ("A0+3 B10+2 .2 C20+3", 1, 2, "A0+5 B10+2 C20+3"),
        ("A0+3 .2 B10+2 .2 C20+3", 1, 2, "A0+3 .4 B10+2 C20+3"),
        (".2 B10+2 .2", 0, -1, ".1 B10+2 .3"),
        (".2 B10+2 .2", 0, -2, "B10+2 .4"),
        // Behind the last there is room.
        ("A0+3 B10+2", 1, 1, "A0+4 B10+2"),
        ("A0+3 B10+2", 1, -2, "A0+1 B10+2"),
        ("A0+3 .2 B10+2", 1, 40, "A0+3 .42 B10+2"),
        ("A0+3 .2 B10+2", 1, -2, "A0+3 B10+2"),
    ] {
        let got = after(before, |track, ports| {
            track.slide(id(track, clip), frames, ports)
        });
        assert_eq!(got.as_deref(), Ok(expected), "{before} by {frames}");
    }
}

#[test]
fn slide_is_refused_where_a_neighbour_has_no_more() {
    for (before, clip, frames, named, least, most) in [
        ("A0+3 B10+2 C20+3", 1, 3, "C", -2, 2),
        ("A0+3 B10+2 C20+3", 1, -3, "A", -2, 2),
        ("A96+3 B10+2 C20+3", 1, 2, "A", -2, 1),
        ("A0+30 B10+2 C20+3", 1, -21, "C", -20, 2),
        ("A0+3 .2 B10+2 C20+3", 1, -3, "gap", -2, 2),
        ("A0+3 B10+2 .2 C20+3", 1, 3, "gap", -2, 2),
        ("A0+3 B10+2", 1, 98, "A", -2, 97),
        ("A0+3 B10+2", 1, i64::MIN, "A", -2, 97),
        ("A0+3 B10+2", 1, i64::MAX, "A", -2, 97),
    ] {
        let got = after(before, |track, ports| {
            track.slide(id(track, clip), frames, ports)
        });
        let expected = too_far(named, frames, least, most);
        assert_eq!(got, Err(expected), "{before} by {frames}");
    }
    let got = after("A0+3 B0+3", |track, ports| {
        track.slide(id(track, 0), 1, ports)
    });
    let expected = EditError::NoNeighbour {
        title: "title of A".to_owned(),
        edge: In,
    };
    assert_eq!(got, Err(expected));
}

#[test]
fn clips_and_flows_that_are_not_there_are_refused() {
    let clip = Uuid::from_u128(77);
    let missing = Err(EditError::ClipNotFound { clip });
    type Edit = fn(&mut Track, Uuid, &Ports<'_>) -> Result<(), EditError>;
    let edits: [Edit; 4] = [
        |track, id, ports| track.ripple(id, In, 1, ports),
        |track, id, ports| track.roll(id, In, 1, ports),
        |track, id, ports| track.slip(id, 1, ports),
        |track, id, ports| track.slide(id, 1, ports),
    ];
    for edit in edits {
        let got = after("A0+3 B0+3", |track, ports| edit(track, clip, ports));
        assert_eq!(got, missing);
    }

    let mut ids = Ids::default();
    let mut edited = track("A0+3 B5+3", &mut ids);
    let (kept, b) = (edited.clone(), id(&edited, 1));
    let ports = Ports {
        flows: &Gone,
        new_id: &mut || ids.next(),
    };
    for edit in edits {
        let got = edit(&mut edited, b, &ports);
        assert!(matches!(got, Err(EditError::UnknownFlow { .. })), "{got:?}");
        assert_eq!(edited, kept);
    }
}

#[test]
fn a_clip_between_gaps_slides_without_its_media() {
    let mut ids = Ids::default();
    let mut edited = track(".2 A0+3 .2", &mut ids);
    let a = id(&edited, 0);
    let ports = Ports {
        flows: &Gone,
        new_id: &mut || ids.next(),
    };
    edited.slide(a, 1, &ports).unwrap();
    assert_eq!(words(&edited), ".3 A0+3 .1");
}

#[test]
fn no_edge_moves_over_the_limits_of_flow_and_track() {
    let mut ids = Ids::default();
    let mut ports = Ports {
        flows: &Endless,
        new_id: &mut || ids.next(),
    };
    let mut edited = Track::new(TrackKind::Video, "V1");
    let a = edited.append(part("A", 0, 5), &mut ports).unwrap();
    edited.insert_gap(5, MAX_FRAMES - 10, &mut ports).unwrap();
    let b = edited.append(part("B", 7, 5), &mut ports).unwrap();
    let kept = edited.clone();
    let limit = i64::try_from(MAX_FRAMES).unwrap();
    assert_eq!(edited.slide(b, 1, &ports), Err(EditError::TooLong));
    assert_eq!(edited.ripple(b, Out, 1, &ports), Err(EditError::TooLong));
    assert_eq!(edited.ripple(b, In, -1, &ports), Err(EditError::TooLong));
    assert_eq!(
        edited.slip(b, limit, &ports),
        Err(too_far("B", limit, -7, limit - 12))
    );
    assert_eq!(edited, kept);
    edited.slip(b, limit - 12, &ports).unwrap();
    edited.roll(a, Out, limit - 10, &ports).unwrap();
    assert_eq!(words(&edited), "A0+4294967290 B4294967290+5");
}
