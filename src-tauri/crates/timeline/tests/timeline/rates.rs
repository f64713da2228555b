//! Tracks whose clips have other rates than the first one.

use crate::Ids;
use mediatime::{FrameRate, RationalTime, Retime, TimeRange};
use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;
use timeline::{Document, EditError, FlowFrames, History, Item, Part, Project, Sequence};
use timeline::{Track, TrackKind};
use uuid::Uuid;

pub(crate) const FRAMES: u64 = 400;

/// Flows named after their rate, and one of frames of 20 and 60 ms in turn.
pub(crate) struct Flows;

pub(crate) fn rate(flow_id: &str) -> Option<FrameRate> {
    flow_id.parse().ok()
}

pub(crate) fn begins(flow_id: &str, frame: u64) -> RationalTime {
    let frame = i64::try_from(frame).unwrap();
    match rate(flow_id) {
        Some(rate) => rate.frame_start(frame),
        None => RationalTime::new(i128::from(frame / 2 * 80 + frame % 2 * 20), 1000).unwrap(),
    }
}

impl FlowFrames for Flows {
    fn frames(&self, _: &str) -> Option<u64> {
        Some(FRAMES)
    }

    fn timerange(&self, flow_id: &str, first: u64, frames: u64) -> Option<TimeRange> {
        let at = |frame| begins(flow_id, frame).to_timestamp();
        (first + frames <= FRAMES).then(|| TimeRange::new(at(first), at(first + frames)))
    }
}

pub(crate) fn part(flow_id: &str, first: u64, frames: u64) -> Part {
    Part {
        title: flow_id.to_owned(),
        flow_id: flow_id.to_owned(),
        source_id: "source".to_owned(),
        first,
        frames,
        rate: rate(flow_id),
        sound: false,
    }
}

/// A track of parts: flow, first frame and frames.
pub(crate) fn track(ids: &mut Ids, parts: &[(&str, u64, u64)]) -> Track {
    let mut track = Track::new(TrackKind::Video, "V1");
    for (flow, first, frames) in parts {
        edit(ids, |ports| {
            track.append(part(flow, *first, *frames), ports)
        })
        .unwrap();
    }
    track
}

pub(crate) fn edit<T>(ids: &mut Ids, use_them: impl FnOnce(&mut timeline::Ports<'_>) -> T) -> T {
    use_them(&mut timeline::Ports {
        flows: &Flows,
        new_id: &mut || ids.next(),
    })
}

/// Flow, place, length, first frame and frames of each clip.
pub(crate) fn clips(track: &Track) -> Vec<(&str, u64, u64, u64, u64)> {
    let clips = track.clips();
    clips
        .map(|placed| {
            let clip = placed.clip;
            let flow = clip.flow_id.as_str();
            (flow, placed.at, placed.length, clip.first, clip.frames)
        })
        .collect()
}

#[test]
fn lengths_are_frames_of_the_first_clips_rate() {
    let mut ids = Ids::default();
    let track = track(&mut ids, &[("12.5", 0, 10), ("25", 0, 132), ("50", 7, 5)]);
    let expected = [
        ("12.5", 0, 10, 0, 10),
        ("25", 10, 66, 0, 132),
        ("50", 76, 2, 7, 5),
    ];
    assert_eq!(clips(&track), expected);
    assert_eq!(track.length(), 78);
    assert_eq!(track.clip_at(75).map(|placed| placed.index), Some(1));
    assert_eq!(track.clip_at(78), None);
}

#[test]
fn another_first_clip_gives_all_clips_other_lengths() {
    let mut ids = Ids::default();
    let mut track = track(&mut ids, &[("12.5", 0, 10), ("25", 0, 132)]);
    let [first, second] = [0, 1].map(|index| crate::id(&track, index));
    track.move_clip(second, 0).unwrap();
    assert_eq!(
        clips(&track),
        [("25", 0, 132, 0, 132), ("12.5", 132, 20, 0, 10)]
    );
    track.move_clip(first, 0).unwrap();
    assert_eq!(track.length(), 76);
    track.remove(&[first]).unwrap();
    assert_eq!(clips(&track), [("25", 0, 132, 0, 132)]);
}

#[test]
fn a_lifted_clip_leaves_its_length() {
    let mut ids = Ids::default();
    let mut track = track(&mut ids, &[("12.5", 0, 10), ("25", 0, 132), ("25", 5, 4)]);
    track.lift(&[crate::id(&track, 1)]).unwrap();
    assert_eq!(clips(&track), [("12.5", 0, 10, 0, 10), ("25", 76, 2, 5, 4)]);
    // Without the first clip the gaps stay and the rate is the second's.
    track.lift(&[crate::id(&track, 0)]).unwrap();
    assert_eq!(clips(&track), [("25", 76, 4, 5, 4)]);
}

#[test]
fn a_split_begins_with_the_frame_that_is_shown_there() {
    for (sequence, flow, at, parts) in [
        ("25", "50", 13, Some([(3, 0, 6), (7, 6, 14)])),
        ("12.5", "25", 11, Some([(1, 0, 2), (9, 2, 18)])),
        ("25", "29.97", 13, Some([(3, 0, 3), (15, 3, 17)])),
        // A frame shown twice is not cut: the second part begins where it does.
        ("50", "25", 14, Some([(4, 0, 2), (36, 2, 18)])),
        ("50", "25", 15, Some([(4, 0, 2), (36, 2, 18)])),
        ("50", "25", 11, None),
        // Frames of 20 and 60 ms: the one of 80 ms on begins at 2, that of 100 ms is shown at 3.
        ("25", "uneven", 12, Some([(2, 0, 2), (18, 2, 18)])),
        ("25", "uneven", 13, Some([(3, 0, 3), (18, 3, 17)])),
    ] {
        let mut ids = Ids::default();
        let mut track = track(&mut ids, &[(sequence, 0, 10), (flow, 0, 20)]);
        let done = edit(&mut ids, |ports| track.split(at, ports));
        let Some(parts) = parts else {
            assert_eq!(done, Err(EditError::NothingToSplit { at }));
            continue;
        };
        let split: Vec<_> = track.clips().skip(1).collect();
        let split = split
            .iter()
            .map(|p| (p.length, p.clip.first, p.clip.frames));
        assert_eq!(
            split.collect::<Vec<_>>(),
            parts,
            "{flow} in {sequence} at {at}"
        );
    }
}

#[test]
fn places_of_inserts_and_overwrites_are_frames_of_the_sequence() {
    let mut ids = Ids::default();
    let before = track(&mut ids, &[("25", 0, 10), ("50", 100, 40), ("25", 20, 5)]);
    assert_eq!(before.length(), 35);

    let mut inserted = before.clone();
    edit(&mut ids, |ports| {
        inserted.insert(14, part("12.5", 3, 2), ports)
    })
    .unwrap();
    let expected = [
        ("25", 0, 10, 0, 10),
        ("50", 10, 4, 100, 8),
        ("12.5", 14, 4, 3, 2),
        ("50", 18, 16, 108, 32),
        ("25", 34, 5, 20, 5),
    ];
    assert_eq!(clips(&inserted), expected);

    let mut over = before.clone();
    edit(&mut ids, |ports| {
        over.overwrite(8, part("12.5", 3, 2), ports)
    })
    .unwrap();
    let expected = [
        ("25", 0, 8, 0, 8),
        ("12.5", 8, 4, 3, 2),
        ("50", 12, 18, 104, 36),
        ("25", 30, 5, 20, 5),
    ];
    assert_eq!(clips(&over), expected);
    assert_eq!(over.length(), before.length());
}

#[test]
fn a_flow_that_has_gone_keeps_the_places_on_edges() {
    struct Gone;
    impl FlowFrames for Gone {
        fn frames(&self, flow_id: &str) -> Option<u64> {
            (flow_id != "50").then_some(FRAMES)
        }

        fn timerange(&self, flow_id: &str, first: u64, frames: u64) -> Option<TimeRange> {
            Flows.timerange(flow_id, first, frames)
        }
    }
    let mut ids = Ids::default();
    let mut track = track(&mut ids, &[("25", 0, 10), ("50", 0, 40)]);
    let kept = track.clone();
    let mut ports = timeline::Ports {
        flows: &Gone,
        new_id: &mut || ids.next(),
    };
    let refused = track.insert(14, part("25", 0, 5), &mut ports);
    assert!(matches!(refused, Err(EditError::UnknownFlow { .. })));
    assert_eq!(track, kept);
    track.insert(10, part("25", 0, 5), &mut ports).unwrap();
    assert_eq!(track.length(), 35);
}

#[test]
fn a_rate_that_makes_the_track_too_long_is_refused() {
    let mut ids = Ids::default();
    let slow = FrameRate::new(1, 4_000_000_000).unwrap().to_string();
    let mut track = track(&mut ids, &[(&slow, 0, 10), ("25", 0, 4)]);
    let kept = track.clone();
    let [first, second] = [0, 1].map(|index| crate::id(&track, index));
    assert_eq!(track.move_clip(second, 0), Err(EditError::TooLong));
    assert_eq!(track, kept);
    track.remove(&[first]).unwrap();
    assert_eq!(track.length(), 4);
}

#[test]
fn lengths_are_not_kept_but_follow_from_the_clips() {
    let mut ids = Ids::default();
    let made = track(&mut ids, &[("12.5", 0, 10), ("25", 0, 132)]);
    let mut sequence = Sequence::new(Uuid::from_u128(1), "Promo", 10);
    *sequence.video_mut().unwrap() = made;
    let project = Project {
        id: Uuid::from_u128(2),
        name: "My first cut".to_owned(),
        sequences: vec![Arc::new(sequence)],
    };
    let kept = serde_json::to_value(Document::new(&History::new(project))).unwrap();
    let clip = &kept["project"]["sequences"][0]["tracks"][0]["items"][1];
    let fields: Vec<&String> = clip.as_object().unwrap().keys().collect();
    assert_eq!((&clip["frames"], fields.len()), (&json!(132), 10));
    let document: Document = serde_json::from_value(kept).unwrap();
    let opened = document.open().unwrap();
    assert_eq!(opened.present().sequences[0].length(), 76);
}

pub(crate) const RATES: [&str; 8] = [
    "12.5", "23.976", "24", "25", "29.97", "50", "59.94", "uneven",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_parts_of_a_split_show_what_the_clip_did(
        sequence in prop::sample::select(&RATES[..7]),
        flow in prop::sample::select(&RATES[..]),
        first in 0..200_u64,
        frames in 1..200_u64,
        share in 0..1000_u64,
    ) {
        let mut ids = Ids::default();
        let mut track = track(&mut ids, &[(sequence, 0, 1), (flow, first, frames)]);
        let (before, kept) = (track.length(), track.clone());
        let at = 1 + (before - 1) * share / 1000;
        if edit(&mut ids, |ports| track.split(at, ports)).is_err() {
            prop_assert_eq!(&track, &kept);
            return Ok(());
        }
        let items: Vec<_> = track.items().iter().filter_map(Item::clip).collect();
        let (head, tail) = (items[1], items[2]);
        prop_assert_eq!((head.first, tail.first + tail.frames), (first, first + frames));
        prop_assert_eq!(head.first + head.frames, tail.first);
        // The frame of the second part was on the screen at the place.
        let into = |frame| begins(flow, frame) - begins(flow, first);
        let reached = Retime::new(rate(flow), rate(sequence)).reached(at - 1);
        if let Some(reached) = reached {
            prop_assert!(into(tail.first) <= reached);
            prop_assert!(tail.frames == 1 || reached < into(tail.first + 1) + RationalTime::new(1, 1_000_000).unwrap());
        }
        let begins_at = track.clips().nth(2).unwrap().at;
        prop_assert!(begins_at <= at);
        let faster = rate(flow).zip(rate(sequence)).is_some_and(|(flow, sequence)| {
            flow.frame_duration() <= sequence.frame_duration()
        });
        prop_assert!(!faster || begins_at == at, "{} instead of {}", begins_at, at);
        prop_assert!(track.length().abs_diff(before) <= 1 + at - begins_at);
    }
}
