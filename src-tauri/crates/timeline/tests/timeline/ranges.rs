//! Ranges taken out, and gaps put in and taken out.

use crate::edits::{Endless, after};
use crate::{Ids, id, part, track, words};
use timeline::{EditError, MAX_FRAMES, Ports, Track, TrackKind};

#[test]
fn a_range_is_lifted_or_extracted() {
    for (before, from, to, lifted, extracted) in [
        // Within one clip, at its edges and in its middle.
        ("A0+5", 1, 3, "A0+1 .2 A3+2", "A0+1 A3+2"),
        ("A0+5", 0, 2, ".2 A2+3", "A2+3"),
        ("A0+5", 3, 5, "A0+3 .2", "A0+3"),
        ("A0+5", 0, 5, ".5", ""),
        // Over several.
        (
            "A0+3 B7+2 C1+2",
            2,
            4,
            "A0+2 .2 B8+1 C1+2",
            "A0+2 B8+1 C1+2",
        ),
        ("A0+3 B7+2 C1+2", 3, 5, "A0+3 .2 C1+2", "A0+3 C1+2"),
        ("A0+3 B7+2 C1+2", 1, 6, "A0+1 .5 C2+1", "A0+1 C2+1"),
        ("A0+3 B7+2 C1+2", 0, 7, ".7", ""),
        // Gaps stay one.
        ("A0+3 .2 B7+2", 3, 5, "A0+3 .2 B7+2", "A0+3 B7+2"),
        ("A0+3 .3 B7+2", 4, 5, "A0+3 .3 B7+2", "A0+3 .2 B7+2"),
        ("A0+3 .2 B7+2", 2, 4, "A0+2 .3 B7+2", "A0+2 .1 B7+2"),
        ("A0+3 .2 B7+2 .2", 4, 8, "A0+3 .6", "A0+3 .2"),
        (".2 A0+3 .2", 2, 5, ".7", ".4"),
    ] {
        let range = from..to;
        let got = after(before, |track, ports| {
            track.lift_range(range.clone(), ports)
        });
        assert_eq!(got.as_deref(), Ok(lifted), "{before} without {range:?}");
        let got = after(before, |track, ports| {
            track.extract_range(range.clone(), ports)
        });
        assert_eq!(got.as_deref(), Ok(extracted), "{before} without {range:?}");
    }
}

#[test]
fn a_range_that_is_none_or_not_there_is_refused() {
    let both = |from: u64, to: u64| {
        let lifted = after("A0+3", |track, ports| track.lift_range(from..to, ports));
        let extracted = after("A0+3", |track, ports| track.extract_range(from..to, ports));
        assert_eq!(lifted, extracted);
        lifted.unwrap_err()
    };
    for (from, to) in [(0, 0), (1, 1), (3, 3), (2, 1), (u64::MAX, 0)] {
        assert_eq!(both(from, to), EditError::NothingInRange { from, to });
    }
    for (from, to, at) in [(0, 4, 4), (3, 4, 4), (4, 5, 4), (0, u64::MAX, u64::MAX)] {
        assert_eq!(both(from, to), EditError::BehindEnd { at, length: 3 });
    }
}

#[test]
fn of_two_parts_the_first_keeps_the_id() {
    for extract in [false, true] {
        let mut ids = Ids::default();
        let mut edited = track("A0+5 .2 B0+5", &mut ids);
        let [a, b] = [0, 1].map(|index| id(&edited, index));
        let mut take = |range, edited: &mut Track| {
            ids.ports(|ports| match extract {
                true => edited.extract_range(range, ports),
                false => edited.lift_range(range, ports),
            })
            .unwrap();
        };
        take(4..9, &mut edited);
        assert_eq!([0, 1].map(|index| id(&edited, index)), [a, b]);
        take(1..2, &mut edited);
        assert_eq!([0, 2].map(|index| id(&edited, index)), [a, b]);
        assert!(![a, b].contains(&id(&edited, 1)));
    }
}

#[test]
fn what_has_no_media_any_more_can_be_taken_out_as_a_whole() {
    /// Flow B is gone.
    struct Gone;
    impl timeline::FlowFrames for Gone {
        fn frames(&self, flow_id: &str) -> Option<u64> {
            crate::Flows.frames(flow_id).filter(|_| flow_id != "B")
        }

        fn timerange(&self, flow_id: &str, first: u64, n: u64) -> Option<mediatime::TimeRange> {
            crate::Flows.timerange(flow_id, first, n)
        }
    }
    let mut ids = Ids::default();
    let mut edited = track("A0+3 B0+3 C0+3", &mut ids);
    let kept = edited.clone();
    let mut ports = Ports {
        flows: &Gone,
        new_id: &mut || ids.next(),
    };
    let refused = edited.extract_range(1..4, &mut ports);
    assert!(
        matches!(&refused, Err(EditError::UnknownFlow { title, .. }) if title == "title of B"),
        "{refused:?}"
    );
    assert_eq!(edited, kept);
    edited.extract_range(1..7, &mut ports).unwrap();
    assert_eq!(words(&edited), "A0+1 C1+2");
}

#[test]
fn a_gap_is_inserted_as_a_part_is() {
    for (before, at, expected) in [
        ("", 0, ".2"),
        ("A0+3 B7+2", 0, ".2 A0+3 B7+2"),
        ("A0+3 B7+2", 1, "A0+1 .2 A1+2 B7+2"),
        ("A0+3 B7+2", 3, "A0+3 .2 B7+2"),
        ("A0+3 B7+2", 5, "A0+3 B7+2 .2"),
        ("A0+3 .4 B7+2", 3, "A0+3 .6 B7+2"),
        ("A0+3 .4 B7+2", 5, "A0+3 .6 B7+2"),
        ("A0+3 .4 B7+2", 7, "A0+3 .6 B7+2"),
    ] {
        let got = after(before, |track, ports| track.insert_gap(at, 2, ports));
        assert_eq!(got.as_deref(), Ok(expected), "{before} at {at}");
    }
    let got = after("A0+3", |track, ports| track.insert_gap(1, 0, ports));
    assert_eq!(got, Err(EditError::NothingInRange { from: 1, to: 1 }));
    let got = after("A0+3", |track, ports| track.insert_gap(4, 1, ports));
    assert_eq!(got, Err(EditError::BehindEnd { at: 4, length: 3 }));
}

#[test]
fn a_gap_is_deleted_from_any_of_its_frames() {
    for at in 3..7 {
        let got = after("A0+3 .4 A3+2 .1", |track, _| track.delete_gap(at));
        assert_eq!(got.as_deref(), Ok("A0+3 A3+2 .1"), "at {at}");
    }
    let got = after("A0+3 .4 A3+2 .1", |track, _| track.delete_gap(9));
    assert_eq!(got.as_deref(), Ok("A0+3 .4 A3+2"));
    let got = after(".4", |track, _| track.delete_gap(0));
    assert_eq!(got.as_deref(), Ok(""));
    for at in [0, 2, 7, 8, 10, u64::MAX] {
        let got = after("A0+3 .4 A3+2 .1", |track, _| track.delete_gap(at));
        assert_eq!(got, Err(EditError::NoGap { at }));
    }
    let got = after("", |track, _| track.delete_gap(0));
    assert_eq!(got, Err(EditError::NoGap { at: 0 }));
}

#[test]
fn gaps_do_not_grow_over_the_limit_of_a_track() {
    let mut ids = Ids::default();
    let mut ports = Ports {
        flows: &Endless,
        new_id: &mut || ids.next(),
    };
    let mut edited = Track::new(TrackKind::Video, "V1");
    edited.append(part("A", 0, 5), &mut ports).unwrap();
    edited.insert_gap(2, MAX_FRAMES - 5, &mut ports).unwrap();
    assert_eq!(edited.length(), MAX_FRAMES);
    let kept = edited.clone();
    for frames in [1, MAX_FRAMES, MAX_FRAMES + 1, u64::MAX] {
        for at in [0, 3, MAX_FRAMES] {
            let refused = edited.insert_gap(at, frames, &mut ports);
            assert_eq!(refused, Err(EditError::TooLong));
            assert_eq!(edited, kept);
        }
    }
}
