//! Each edit, place by place, and each refusal.

use crate::{Flows, Ids, id, part, track, words};
use timeline::{EditError, FlowFrames, MAX_FRAMES, Part, Ports, Track};
use uuid::Uuid;

/// Does an edit, and shows what it made of the track and what it answered.
pub(crate) fn after<T>(
    before: &str,
    edit: impl FnOnce(&mut Track, &mut Ports<'_>) -> Result<T, EditError>,
) -> Result<String, EditError> {
    let mut ids = Ids::default();
    let mut edited = track(before, &mut ids);
    let kept = edited.clone();
    let done = ids.ports(|ports| edit(&mut edited, ports));
    for placed in edited.clips() {
        let clip = placed.clip;
        assert_eq!(
            Flows.timerange(&clip.flow_id, clip.first, clip.frames),
            Some(clip.timerange),
            "the timerange of {}",
            clip.title
        );
    }
    match done {
        Ok(_) => Ok(words(&edited)),
        Err(error) => {
            assert_eq!(edited, kept, "an edit that failed changed something");
            Err(error)
        }
    }
}

#[test]
fn append_goes_behind_everything() {
    for (before, expected) in [
        ("", "P5+2"),
        ("A0+3 B7+2", "A0+3 B7+2 P5+2"),
        ("A0+3 .4", "A0+3 .4 P5+2"),
    ] {
        let got = after(before, |track, ports| track.append(part("P", 5, 2), ports));
        assert_eq!(got.as_deref(), Ok(expected), "{before}");
    }
}

#[test]
fn insert_pushes_and_splits() {
    for (before, at, expected) in [
        ("", 0, "P5+2"),
        ("A0+3 B7+2", 0, "P5+2 A0+3 B7+2"),
        ("A0+3 B7+2", 1, "A0+1 P5+2 A1+2 B7+2"),
        ("A0+3 B7+2", 3, "A0+3 P5+2 B7+2"),
        ("A0+3 B7+2", 4, "A0+3 B7+1 P5+2 B8+1"),
        ("A0+3 B7+2", 5, "A0+3 B7+2 P5+2"),
        ("A0+3 .4 B7+2", 4, "A0+3 .1 P5+2 .3 B7+2"),
    ] {
        let got = after(before, |track, ports| {
            track.insert(at, part("P", 5, 2), ports)
        });
        assert_eq!(got.as_deref(), Ok(expected), "{before} at {at}");
    }
}

#[test]
fn overwrite_covers_what_is_there() {
    for (before, at, frames, expected) in [
        ("", 0, 3, "P5+3"),
        ("A0+3 B7+2 C1+2", 2, 3, "A0+2 P5+3 C1+2"),
        ("A0+3 B7+2", 4, 3, "A0+3 B7+1 P5+3"),
        ("A0+3 B7+2", 5, 3, "A0+3 B7+2 P5+3"),
        ("A0+9", 3, 2, "A0+3 P5+2 A5+4"),
        ("A0+3 B7+3", 0, 4, "P5+4 B8+2"),
        ("A0+3 B7+3", 0, 3, "P5+3 B7+3"),
        ("A0+3 B7+3", 0, 9, "P5+9"),
        ("A0+3 .4 B7+2", 4, 2, "A0+3 .1 P5+2 .1 B7+2"),
        ("A0+3 .4 B7+2", 2, 6, "A0+2 P5+6 B8+1"),
    ] {
        let got = after(before, |track, ports| {
            track.overwrite(at, part("P", 5, frames), ports)
        });
        assert_eq!(
            got.as_deref(),
            Ok(expected),
            "{before} at {at} for {frames}"
        );
    }
}

#[test]
fn what_is_left_of_a_clip_keeps_its_id_once() {
    let mut ids = Ids::default();
    let mut edited = track("A0+9 B0+9", &mut ids);
    let (a, b) = (id(&edited, 0), id(&edited, 1));
    let over = ids.ports(|ports| edited.overwrite(7, part("P", 0, 4), ports));
    assert_eq!(words(&edited), "A0+7 P0+4 B2+7");
    assert_eq!(
        [0, 1, 2].map(|index| id(&edited, index)),
        [a, over.unwrap(), b]
    );

    ids.ports(|ports| edited.overwrite(2, part("Q", 0, 1), ports))
        .unwrap();
    assert_eq!(words(&edited), "A0+2 Q0+1 A3+4 P0+4 B2+7");
    assert_eq!(id(&edited, 0), a);
    assert_ne!(id(&edited, 2), a);

    let second = ids.ports(|ports| edited.split(1, ports)).unwrap();
    assert_eq!((id(&edited, 0), id(&edited, 1)), (a, second));
}

#[test]
fn remove_closes_up_and_lift_does_not() {
    for (before, clips, removed, lifted) in [
        ("A0+3 B7+2 C1+2", &[1][..], "A0+3 C1+2", "A0+3 .2 C1+2"),
        ("A0+3 B7+2 C1+2", &[0, 2], "B7+2", ".3 B7+2 .2"),
        ("A0+3 B7+2 C1+2", &[0, 1, 2], "", ".7"),
        ("A0+3 .2 B7+2 .1 C1+2", &[1], "A0+3 .3 C1+2", "A0+3 .5 C1+2"),
        ("A0+3 B7+2", &[], "A0+3 B7+2", "A0+3 B7+2"),
        ("A0+3 B7+2", &[1, 1], "A0+3", "A0+3 .2"),
    ] {
        let ids = |track: &Track| -> Vec<Uuid> { clips.iter().map(|&n| id(track, n)).collect() };
        let got = after(before, |track, _| track.remove(&ids(track)));
        assert_eq!(got.as_deref(), Ok(removed), "{before} without {clips:?}");
        let got = after(before, |track, _| track.lift(&ids(track)));
        assert_eq!(got.as_deref(), Ok(lifted), "{before}, lifted {clips:?}");
    }
}

#[test]
fn move_puts_a_clip_in_front_of_another() {
    for (before, clip, to, expected) in [
        ("A0+3 B7+2 C1+2", 2, 0, "C1+2 A0+3 B7+2"),
        ("A0+3 B7+2 C1+2", 0, 2, "B7+2 A0+3 C1+2"),
        ("A0+3 B7+2 C1+2", 0, 3, "B7+2 C1+2 A0+3"),
        ("A0+3 B7+2 C1+2", 1, 1, "A0+3 B7+2 C1+2"),
        ("A0+3 B7+2 C1+2", 1, 2, "A0+3 B7+2 C1+2"),
        ("A0+3 .2 B7+2", 0, 1, ".2 A0+3 B7+2"),
        ("A0+3 .2 B7+2 .1", 1, 2, "A0+3 .3 B7+2"),
        ("A0+3 .2 B7+2 .1 C1+2", 1, 0, "B7+2 A0+3 .3 C1+2"),
    ] {
        let got = after(before, |track, _| track.move_clip(id(track, clip), to));
        assert_eq!(got.as_deref(), Ok(expected), "{before}: {clip} to {to}");
    }
}

#[test]
fn trim_ripples() {
    for (clip, first, frames, expected) in [
        (1, 9, 5, "A0+3 B9+5 C1+2"),
        (1, 8, 1, "A0+3 B8+1 C1+2"),
        (0, 0, 100, "A0+100 B10+3 C1+2"),
        (2, 99, 1, "A0+3 B10+3 C99+1"),
        (0, 0, 3, "A0+3 B10+3 C1+2"),
    ] {
        let got = after("A0+3 B10+3 C1+2", |track, ports| {
            track.trim(id(track, clip), first, frames, ports)
        });
        assert_eq!(got.as_deref(), Ok(expected));
    }
}

#[test]
fn relink_takes_the_same_frames_of_another_flow() {
    let got = after("A0+3 B10+3 C1+2", |track, ports| {
        let clip = id(track, 1);
        let before = track.clip(clip).unwrap().clip.title.clone();
        track.relink(clip, part("D", 11, 3), ports)?;
        let linked = track.clip(clip).unwrap().clip;
        assert_eq!(linked.title, before);
        assert_eq!(linked.source_id, "source of D");
        Ok(())
    });
    assert_eq!(got.as_deref(), Ok("A0+3 D11+3 C1+2"));
    let other_rate = Part {
        rate: None,
        ..part("D", 11, 3)
    };
    for (refused, found) in [
        (part("D", 10, 4), 4),
        (part("D", 10, 2), 2),
        (other_rate, 3),
    ] {
        let got = after("A0+3 B10+3", |track, ports| {
            track.relink(id(track, 1), refused.clone(), ports)
        });
        let expected = EditError::OtherFrames {
            title: "title of B".to_owned(),
            flow_id: "D".to_owned(),
            frames: 3,
            found,
        };
        assert_eq!(got, Err(expected));
    }
    let outside = after("B10+3", |track, ports| {
        track.relink(id(track, 0), part("D", 98, 3), ports)
    });
    assert!(
        matches!(outside, Err(EditError::OutsideFlow { .. })),
        "{outside:?}"
    );
}

#[test]
fn split_makes_two_of_one() {
    for (at, expected) in [(1, "A0+1 A1+2 .2 B7+2"), (6, "A0+3 .2 B7+1 B8+1")] {
        let got = after("A0+3 .2 B7+2", |track, ports| track.split(at, ports));
        assert_eq!(got.as_deref(), Ok(expected));
    }
    for at in [0, 3, 4, 5, 7, 8, u64::MAX] {
        let got = after("A0+3 .2 B7+2", |track, ports| track.split(at, ports));
        assert_eq!(got, Err(EditError::NothingToSplit { at }));
    }
}

#[test]
fn a_part_that_is_none_is_refused_by_name() {
    let refused = |part: Part| {
        let edits = [
            after("A0+3", |track, ports| track.append(part.clone(), ports)),
            after("A0+3", |track, ports| track.insert(1, part.clone(), ports)),
            after("A0+3", |track, ports| {
                track.overwrite(1, part.clone(), ports)
            }),
        ];
        let [append, insert, overwrite] = edits.map(Result::unwrap_err);
        assert!(append == insert && insert == overwrite);
        append
    };
    assert!(matches!(
        refused(part("P", 4, 0)),
        EditError::ZeroLength { title } if title == "title of P"
    ));
    assert!(matches!(
        refused(part("p", 4, 1)),
        EditError::UnknownFlow { flow_id, .. } if flow_id == "p"
    ));
    for (first, frames) in [(0, 101), (100, 1), (99, 2), (u64::MAX, 1), (1, u64::MAX)] {
        let expected = EditError::OutsideFlow {
            title: "title of P".to_owned(),
            first,
            frames,
            available: 100,
        };
        assert_eq!(refused(part("P", first, frames)), expected);
    }
}

#[test]
fn places_and_clips_that_are_not_there_are_refused() {
    let behind = EditError::BehindEnd { at: 4, length: 3 };
    let got = after("A0+3", |track, ports| {
        track.insert(4, part("P", 0, 1), ports)
    });
    assert_eq!(got, Err(behind.clone()));
    let got = after("A0+3", |track, ports| {
        track.overwrite(4, part("P", 0, 1), ports)
    });
    assert_eq!(got, Err(behind));

    let clip = Uuid::from_u128(77);
    let missing = Err(EditError::ClipNotFound { clip });
    let got = after("A0+3", |track, _| track.remove(&[id(track, 0), clip]));
    assert_eq!(got, missing);
    let got = after("A0+3", |track, _| track.lift(&[id(track, 0), clip]));
    assert_eq!(got, missing);
    assert_eq!(after("A0+3", |track, _| track.move_clip(clip, 0)), missing);
    let got = after("A0+3", |track, ports| track.trim(clip, 0, 1, ports));
    assert_eq!(got, missing);

    let got = after("A0+3 B0+1", |track, _| track.move_clip(id(track, 0), 3));
    assert_eq!(got, Err(EditError::NoSuchPlace { to: 3, clips: 2 }));
    let got = after("A0+3", |track, ports| track.trim(id(track, 0), 5, 0, ports));
    assert!(matches!(got, Err(EditError::ZeroLength { .. })));
    let got = after("A0+3", |track, ports| {
        track.trim(id(track, 0), 99, 2, ports)
    });
    assert!(matches!(got, Err(EditError::OutsideFlow { .. })));
}

/// One flow of as many frames as there can be.
pub(crate) struct Endless;

impl FlowFrames for Endless {
    fn frames(&self, _: &str) -> Option<u64> {
        Some(u64::MAX)
    }

    fn timerange(&self, _: &str, _: u64, _: u64) -> Option<mediatime::TimeRange> {
        "[0:0_1:0)".parse().ok()
    }
}

#[test]
fn a_track_does_not_grow_over_its_limit() {
    let mut ids = Ids::default();
    let mut ports = Ports {
        flows: &Endless,
        new_id: &mut || ids.next(),
    };
    let mut edited = Track::new(timeline::TrackKind::Video, "V1");
    let whole = part("A", 0, MAX_FRAMES);
    let first = edited.append(whole, &mut ports).unwrap();
    assert_eq!(edited.length(), MAX_FRAMES);
    let one = part("A", 0, 1);
    let refused = [
        edited.append(one.clone(), &mut ports),
        edited.insert(5, one.clone(), &mut ports),
        edited.overwrite(MAX_FRAMES, one.clone(), &mut ports),
        edited.overwrite(0, part("A", 1, MAX_FRAMES), &mut ports),
    ];
    for refused in refused {
        assert_eq!(refused, Err(EditError::TooLong));
    }
    let trimmed = edited.trim(first, 1, MAX_FRAMES, &ports);
    assert_eq!(trimmed, Err(EditError::TooLong));
    edited.overwrite(MAX_FRAMES - 1, one, &mut ports).unwrap();
    assert_eq!(edited.length(), MAX_FRAMES);
}

#[test]
fn clips_are_found_by_frame_and_by_id() {
    let edited = track("A0+3 .2 B7+2", &mut Ids::default());
    let found: Vec<Option<(usize, u64)>> = (0..8)
        .map(|frame| {
            edited
                .clip_at(frame)
                .map(|placed| (placed.index, placed.at))
        })
        .collect();
    let (a, b) = (Some((0, 0)), Some((1, 5)));
    assert_eq!(found, [a, a, a, None, None, b, b, None]);
    assert_eq!(edited.range_of(id(&edited, 1)), Some(5..7));
    assert_eq!(edited.range_of(Uuid::nil()), None);
    assert_eq!(edited.length(), 7);
}
