//! Three- and four-point edits.

use crate::edits::after;
use crate::part;
use timeline::EditError;
use timeline::ReferencePoint::{Fit, Sequence, Source};

#[test]
fn a_part_fills_a_range_by_its_own_length_or_by_the_ranges() {
    for (before, from, to, frames, source, sequence) in [
        // The part is longer than the range.
        ("A0+3 .3 B7+4", 3, 6, 5, "A0+3 P5+5 B9+2", "A0+3 P5+3 B7+4"),
        // As long.
        ("A0+3 .3 B7+4", 3, 6, 3, "A0+3 P5+3 B7+4", "A0+3 P5+3 B7+4"),
        // Shorter: what is behind it in the range stays.
        (
            "A0+3 .3 B7+4",
            3,
            6,
            2,
            "A0+3 P5+2 .1 B7+4",
            "A0+3 P5+2 .1 B7+4",
        ),
        ("A0+9", 2, 8, 3, "A0+2 P5+3 A5+4", "A0+2 P5+3 A5+4"),
        // The range need not be a gap.
        ("A0+3 B7+4", 1, 4, 5, "A0+1 P5+5 B10+1", "A0+1 P5+3 B8+3"),
        // It may reach over the end of the track, or lie behind it.
        ("A0+3 B7+4", 6, 9, 5, "A0+3 B7+3 P5+5", "A0+3 B7+3 P5+3"),
        ("A0+3", 3, 5, 5, "A0+3 P5+5", "A0+3 P5+2"),
        ("", 0, 2, 5, "P5+5", "P5+2"),
        ("", 0, u64::MAX, 5, "P5+5", "P5+5"),
    ] {
        for (how, expected) in [(Source, source), (Sequence, sequence)] {
            let got = after(before, |track, ports| {
                track.fill(from..to, part("P", 5, frames), how, ports)
            });
            let edit = format!("{before}: {frames} over {from} to {to} by {how:?}");
            assert_eq!(got.as_deref(), Ok(expected), "{edit}");
        }
    }
}

#[test]
fn the_end_of_the_range_does_not_count_for_the_source() {
    for to in [0, 1, 2, 9, u64::MAX] {
        let got = after("A0+3", |track, ports| {
            track.fill(1..to, part("P", 5, 1), Source, ports)
        });
        assert_eq!(got.as_deref(), Ok("A0+1 P5+1 A2+1"));
    }
}

#[test]
fn a_part_that_would_be_retimed_is_refused() {
    let fit = |frames| {
        after("A0+3 .3 B7+4", |track, ports| {
            track.fill(3..6, part("P", 5, frames), Fit, ports)
        })
    };
    assert_eq!(fit(3).as_deref(), Ok("A0+3 P5+3 B7+4"));
    for frames in [1, 2, 4, 95] {
        let error = fit(frames).unwrap_err();
        let expected = EditError::NeedsRetime {
            title: "title of P".to_owned(),
            length: frames,
            room: 3,
        };
        assert_eq!(error, expected);
        assert!(error.to_string().contains("another speed"), "{error}");
    }
}

#[test]
fn what_can_not_fill_is_refused() {
    for how in [Sequence, Fit] {
        for (from, to) in [(1, 1), (2, 1), (u64::MAX, 0)] {
            let got = after("A0+3", |track, ports| {
                track.fill(from..to, part("P", 5, 1), how, ports)
            });
            assert_eq!(got, Err(EditError::NothingInRange { from, to }));
        }
    }
    for how in [Source, Sequence, Fit] {
        let fill = |part: timeline::Part| {
            after("A0+3", |track, ports| {
                track.fill(4..6, part.clone(), how, ports)
            })
        };
        let behind = EditError::BehindEnd { at: 4, length: 3 };
        assert_eq!(fill(part("P", 5, 2)), Err(behind));
        let fill = |part: timeline::Part| {
            after("A0+3", |track, ports| {
                track.fill(1..3, part.clone(), how, ports)
            })
        };
        assert!(matches!(
            fill(part("P", 4, 0)),
            Err(EditError::ZeroLength { .. })
        ));
        assert!(matches!(
            fill(part("p", 4, 1)),
            Err(EditError::UnknownFlow { .. })
        ));
        for (first, frames) in [(0, 101), (99, 2), (u64::MAX, 1), (1, u64::MAX)] {
            let got = fill(part("P", first, frames));
            assert!(matches!(got, Err(EditError::OutsideFlow { .. })), "{got:?}");
        }
    }
}
