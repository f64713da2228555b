//! Moves of edges and ranges on tracks whose clips have other rates than the first one.

use crate::rates::{Flows, clips, edit, part, track};
use crate::{Ids, id};
use std::ops::Range;
use timeline::Edge::{In, Out};
use timeline::ReferencePoint::{Fit, Sequence, Source};
use timeline::{EditError, FlowFrames, Item, Track};

/// Does an edit of a track of 25 frames per second: ten frames of it, the parts, and ten more.
fn after(
    parts: &[(&str, u64, u64)],
    change: impl FnOnce(&mut Track, &mut timeline::Ports<'_>) -> Result<(), EditError>,
) -> Result<String, EditError> {
    let mut ids = Ids::default();
    let mut edited = track(
        &mut ids,
        &[&[("25", 0, 10)], parts, &[("25", 20, 10)]].concat(),
    );
    let kept = edited.clone();
    let done = edit(&mut ids, |ports| change(&mut edited, ports));
    keeps_the_rules(&edited);
    if let Err(error) = done {
        assert_eq!(edited, kept, "an edit that failed changed something");
        return Err(error);
    }
    Ok(words(&edited))
}

/// `25@10=3+4`: at frame 10 of the track, from frame 3 of flow `25` on, 4 frames.
fn words(track: &Track) -> String {
    let clips = clips(track).into_iter();
    let clips = clips.map(|(flow, at, _, first, frames)| format!("{flow}@{at}={first}+{frames}"));
    format!(
        "{} ends {}",
        clips.collect::<Vec<_>>().join(" "),
        track.length()
    )
}

pub(crate) fn keeps_the_rules(track: &Track) {
    for item in track.items() {
        assert!(item.length(track.frame_rate()) > 0);
        if let Item::Clip(clip) = item {
            assert!(clip.frames > 0);
            let exact = Flows.timerange(&clip.flow_id, clip.first, clip.frames);
            assert_eq!(exact, Some(clip.timerange));
        }
    }
    let gap = |item: &Item| item.clip().is_none();
    let pairs = track.items().windows(2);
    assert_eq!(
        pairs.filter(|pair| gap(&pair[0]) && gap(&pair[1])).count(),
        0
    );
}

fn no_such_length(flow: &str, length: u64, nearest: u64) -> EditError {
    EditError::NoSuchLength {
        title: flow.to_owned(),
        length,
        nearest,
    }
}

#[test]
fn ripple_and_slip_are_frames_of_the_flow() {
    for (edge, frames, expected) in [
        (In, 2, "25@0=0+10 50@10=102+38 25@29=20+10 ends 39"),
        // An odd number of half frames is shown as one more whole one.
        (In, 3, "25@0=0+10 50@10=103+37 25@29=20+10 ends 39"),
        (In, -1, "25@0=0+10 50@10=99+41 25@31=20+10 ends 41"),
        (Out, -39, "25@0=0+10 50@10=100+1 25@11=20+10 ends 21"),
        (Out, 260, "25@0=0+10 50@10=100+300 25@160=20+10 ends 170"),
    ] {
        let got = after(&[("50", 100, 40)], |track, ports| {
            track.ripple(id(track, 1), edge, frames, ports)
        });
        assert_eq!(got.as_deref(), Ok(expected), "{edge:?} by {frames}");
    }
    for (flow, frames, expected) in [
        ("50", 1, "25@0=0+10 50@10=101+40 25@30=20+10 ends 40"),
        ("50", 260, "25@0=0+10 50@10=360+40 25@30=20+10 ends 40"),
        ("12.5", -3, "25@0=0+10 12.5@10=97+40 25@90=20+10 ends 100"),
    ] {
        let got = after(&[(flow, 100, 40)], |track, ports| {
            track.slip(id(track, 1), frames, ports)
        });
        assert_eq!(got.as_deref(), Ok(expected), "{flow} by {frames}");
    }
    let got = after(&[("50", 100, 40)], |track, ports| {
        track.slip(id(track, 1), 261, ports)
    });
    assert!(
        matches!(
            got,
            Err(EditError::TooFar {
                least: -100,
                most: 260,
                ..
            })
        ),
        "{got:?}"
    );
}

#[test]
fn roll_and_slide_are_frames_of_the_track() {
    for (flow, first, n, edge, frames, expected) in [
        (
            "50",
            100,
            40,
            In,
            3,
            "25@0=0+13 50@13=106+34 25@30=20+10 ends 40",
        ),
        (
            "50",
            100,
            40,
            In,
            -2,
            "25@0=0+8 50@8=96+44 25@30=20+10 ends 40",
        ),
        (
            "50",
            100,
            40,
            Out,
            2,
            "25@0=0+10 50@10=100+44 25@32=22+8 ends 40",
        ),
        // An odd half frame stays at the end of the clip.
        (
            "50",
            100,
            39,
            In,
            3,
            "25@0=0+13 50@13=106+33 25@30=20+10 ends 40",
        ),
        (
            "50",
            100,
            39,
            Out,
            -3,
            "25@0=0+10 50@10=100+33 25@27=17+13 ends 40",
        ),
        (
            "12.5",
            100,
            5,
            In,
            2,
            "25@0=0+12 12.5@12=101+4 25@20=20+10 ends 30",
        ),
        (
            "12.5",
            100,
            5,
            Out,
            4,
            "25@0=0+10 12.5@10=100+7 25@24=24+6 ends 30",
        ),
        (
            "29.97",
            100,
            40,
            In,
            5,
            "25@0=0+15 29.97@15=106+34 25@44=20+10 ends 54",
        ),
    ] {
        let got = after(&[(flow, first, n)], |track, ports| {
            track.roll(id(track, 1), edge, frames, ports)
        });
        assert_eq!(got.as_deref(), Ok(expected), "{flow} {edge:?} by {frames}");
    }
    // The clip that slides may have any rate, and so may its neighbours.
    for (parts, frames, expected) in [
        (
            &[("50", 100, 39)][..],
            -3,
            "25@0=0+7 50@7=100+39 25@27=17+13 ends 40",
        ),
        (
            &[("50", 100, 40), ("25", 50, 3), ("12.5", 100, 5)],
            2,
            "25@0=0+10 50@10=100+44 25@32=50+3 12.5@35=101+4 25@43=20+10 ends 53",
        ),
    ] {
        let got = after(parts, |track, ports| {
            let clip = id(track, 1 + parts.len() / 2);
            track.slide(clip, frames, ports)
        });
        assert_eq!(got.as_deref(), Ok(expected), "{parts:?} by {frames}");
    }
}

#[test]
fn a_place_that_a_lower_rate_can_not_have_is_refused() {
    for (edge, frames, length, nearest) in [(In, 1, 9, 8), (In, -1, 11, 10), (Out, 3, 13, 12)] {
        let got = after(&[("12.5", 100, 5)], |track, ports| {
            track.roll(id(track, 1), edge, frames, ports)
        });
        assert_eq!(got, Err(no_such_length("12.5", length, nearest)));
    }
    let got = after(&[("25", 50, 3), ("12.5", 100, 5)], |track, ports| {
        track.slide(id(track, 1), 1, ports)
    });
    assert_eq!(got, Err(no_such_length("12.5", 9, 8)));
    // The last frame of a lower rate is two of the track: so far its edge can go.
    let got = after(&[("12.5", 100, 5)], |track, ports| {
        track.roll(id(track, 1), In, 9, ports)
    });
    let expected = EditError::TooFar {
        title: "12.5".to_owned(),
        frames: 9,
        least: -9,
        most: 8,
    };
    assert_eq!(got, Err(expected));
}

#[test]
fn a_clip_of_uneven_frames_keeps_its_length_when_it_slips() {
    // Frames of 20 and 60 ms in turn: three from an even one on are 100 ms.
    for (frames, expected) in [
        (0, "25@0=0+10 uneven@10=100+3 25@13=20+10 ends 23"),
        (2, "25@0=0+10 uneven@10=102+3 25@13=20+10 ends 23"),
        (-100, "25@0=0+10 uneven@10=0+3 25@13=20+10 ends 23"),
    ] {
        let got = after(&[("uneven", 100, 3)], |track, ports| {
            track.slip(id(track, 1), frames, ports)
        });
        assert_eq!(got.as_deref(), Ok(expected), "by {frames}");
    }
    // From an odd one on, two are 80 ms and so two frames of the track, three are four of them.
    let odd = after(&[("uneven", 100, 3)], |track, ports| {
        track.slip(id(track, 1), 1, ports)
    });
    assert_eq!(odd, Err(no_such_length("uneven", 3, 2)));
    // At the end of the flow three frames are as long as the four of the clip: so far it can go.
    let slip = |frames| {
        after(&[("uneven", 100, 4)], |track, ports| {
            track.slip(id(track, 1), frames, ports)
        })
    };
    let last = "25@0=0+10 uneven@10=397+3 25@14=20+10 ends 24";
    assert_eq!(slip(297).as_deref(), Ok(last));
    let expected = EditError::TooFar {
        title: "uneven".to_owned(),
        frames: 298,
        least: -100,
        most: 297,
    };
    assert_eq!(slip(298), Err(expected));
}

#[test]
fn ranges_are_cut_where_source_frames_begin() {
    for (parts, range, lifted, extracted) in [
        (
            ("50", 100, 40),
            13..16,
            "25@0=0+10 50@10=100+6 50@16=112+28 25@30=20+10 ends 40",
            "25@0=0+10 50@10=100+6 50@13=112+28 25@27=20+10 ends 37",
        ),
        (
            ("50", 100, 40),
            8..12,
            "25@0=0+8 50@12=104+36 25@30=20+10 ends 40",
            "25@0=0+8 50@8=104+36 25@26=20+10 ends 36",
        ),
        // Both places lie inside frames that are shown twice: those go or stay as a whole.
        (
            ("12.5", 100, 10),
            13..17,
            "25@0=0+10 12.5@10=100+1 12.5@16=103+7 25@30=20+10 ends 40",
            "25@0=0+10 12.5@10=100+1 12.5@12=103+7 25@26=20+10 ends 36",
        ),
        (
            ("12.5", 100, 10),
            27..31,
            "25@0=0+10 12.5@10=100+8 25@31=21+9 ends 40",
            "25@0=0+10 12.5@10=100+8 25@26=21+9 ends 35",
        ),
    ] {
        let got = after(&[parts], |track, ports| {
            track.lift_range(range.clone(), ports)
        });
        assert_eq!(got.as_deref(), Ok(lifted), "{parts:?} without {range:?}");
        let got = after(&[parts], |track, ports| {
            track.extract_range(range.clone(), ports)
        });
        assert_eq!(got.as_deref(), Ok(extracted), "{parts:?} without {range:?}");
    }
    for range in [12..13, 13..13] {
        let got = after(&[("12.5", 100, 10)], |track, ports| {
            track.extract_range(range.clone(), ports)
        });
        let (from, to) = (range.start, range.end);
        assert_eq!(got, Err(EditError::NothingInRange { from, to }));
    }
}

#[test]
fn a_part_fills_as_many_frames_of_the_track() {
    for (flow, frames, how, expected) in [
        (
            "50",
            40,
            Sequence,
            "25@0=0+5 50@5=100+10 25@10=20+10 ends 20",
        ),
        (
            "50",
            7,
            Sequence,
            "25@0=0+5 50@5=100+7 25@9=9+1 25@10=20+10 ends 20",
        ),
        (
            "12.5",
            40,
            Sequence,
            "25@0=0+5 12.5@5=100+2 25@9=9+1 25@10=20+10 ends 20",
        ),
        (
            "uneven",
            40,
            Sequence,
            "25@0=0+5 uneven@5=100+5 25@10=20+10 ends 20",
        ),
        ("50", 12, Source, "25@0=0+5 50@5=100+12 25@11=21+9 ends 20"),
        ("50", 10, Fit, "25@0=0+5 50@5=100+10 25@10=20+10 ends 20"),
        ("50", 9, Fit, "25@0=0+5 50@5=100+9 25@10=20+10 ends 20"),
    ] {
        let got = after(&[], |track, ports| {
            let done = track.fill(5..10, part(flow, 100, frames), how, ports);
            done.map(drop)
        });
        assert_eq!(
            got.as_deref(),
            Ok(expected),
            "{frames} of {flow} by {how:?}"
        );
    }
    let fill = |range: Range<u64>, flow, frames, how| {
        after(&[], |track, ports| {
            let done = track.fill(range, part(flow, 100, frames), how, ports);
            done.map(drop)
        })
    };
    assert_eq!(
        fill(5..6, "12.5", 3, Sequence),
        Err(no_such_length("12.5", 1, 2))
    );
    let expected = EditError::NeedsRetime {
        title: "50".to_owned(),
        length: 6,
        room: 5,
    };
    assert_eq!(fill(5..10, "50", 11, Fit), Err(expected));
}
