//! Edits that lead back, and what is never lost.

use crate::properties::{Edit, apply, chosen, edges, edits, keeps_the_rules, shown};
use crate::trimming::Move;
use crate::{FRAMES, Ids, part};
use proptest::prelude::*;
use std::collections::BTreeMap;
use timeline::{EditError, Item, Track, TrackKind};

/// A track after many edits.
fn tracks() -> impl Strategy<Value = (Track, Ids)> {
    prop::collection::vec(edits(), 1..25).prop_map(|list: Vec<Edit>| {
        let mut ids = Ids::default();
        let mut track = Track::new(TrackKind::Video, "V1");
        for edit in &list {
            // One that does not fit this track is none of the track's history.
            let _ = apply(edit, &mut track, &mut ids);
        }
        (track, ids)
    })
}

/// How often each frame of each flow is shown.
fn counted(track: &Track) -> BTreeMap<(String, u64), usize> {
    let mut counted = BTreeMap::new();
    for frame in shown(track).into_iter().flatten() {
        *counted.entry(frame).or_default() += 1;
    }
    counted
}

fn gaps(track: &Track) -> usize {
    let items = track.items().iter();
    items.filter(|item| matches!(item, Item::Gap(_))).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_move_of_an_edge_and_the_opposite_one_leave_the_track_as_it_was(
        (before, mut ids) in tracks(),
        share in 0..=1000_u64,
        edge in edges(),
        frames in -30..=30_i64,
    ) {
        let id = chosen(share, &before);
        let moves: [Move<'_>; 4] = [
            &|track, n, ports| track.slip(id, n, ports),
            &|track, n, ports| track.ripple(id, edge, n, ports),
            &|track, n, ports| track.roll(id, edge, n, ports),
            &|track, n, ports| track.slide(id, n, ports),
        ];
        for (which, one) in moves.iter().enumerate() {
            let mut track = before.clone();
            if ids.ports(|ports| one(&mut track, frames, ports)).is_err() {
                prop_assert_eq!(&track, &before);
                continue;
            }
            keeps_the_rules(&track);
            let others = |track: &Track| {
                let clips = track.clips().map(|placed| (placed.clip.id, placed.range()));
                clips.collect::<Vec<_>>()
            };
            let (was, is) = (others(&before), others(&track));
            prop_assert!(was.iter().zip(&is).all(|(was, is)| was.0 == is.0));
            // A slip moves nothing, a roll two edges at most and a slide four.
            let moved = was.iter().zip(&is);
            let moved = moved.map(|((_, was), (_, is))| {
                usize::from(was.start != is.start) + usize::from(was.end != is.end)
            });
            let moved: usize = moved.sum();
            prop_assert!(which == 1 || moved <= [0, 0, 2, 4][which], "{} edges moved", moved);
            // A gap that has closed is none that could open again.
            if gaps(&track) == gaps(&before) {
                ids.ports(|ports| one(&mut track, -frames, ports)).unwrap();
                prop_assert_eq!(&track, &before);
            }
        }
    }

    #[test]
    fn moves_go_as_far_as_they_say_and_no_further(
        (before, mut ids) in tracks(),
        share in 0..=1000_u64,
        edge in edges(),
    ) {
        let id = chosen(share, &before);
        let moves: [Move<'_>; 4] = [
            &|track, n, ports| track.slip(id, n, ports),
            &|track, n, ports| track.ripple(id, edge, n, ports),
            &|track, n, ports| track.roll(id, edge, n, ports),
            &|track, n, ports| track.slide(id, n, ports),
        ];
        for one in moves {
            let mut ends = Vec::new();
            for far in [i64::MIN, i64::MAX] {
                let refused = ids.ports(|ports| one(&mut before.clone(), far, ports));
                if let Err(EditError::TooFar { least, most, frames, .. }) = refused {
                    prop_assert!(least <= 0 && most >= 0 && frames == far);
                    ends.push((least, most));
                }
            }
            prop_assert!(ends.iter().all(|end| *end == ends[0]));
            let Some(&(least, most)) = ends.first() else { continue };
            for (frames, fits) in [(least - 1, false), (least, true), (most, true), (most + 1, false)] {
                // A gap at the end makes the track as long as any can be.
                if frames.unsigned_abs() > 1_000_000 {
                    continue;
                }
                let mut track = before.clone();
                let done = ids.ports(|ports| one(&mut track, frames, ports));
                prop_assert_eq!(done.is_ok(), fits, "{} of {} to {}", frames, least, most);
                keeps_the_rules(&track);
            }
        }
    }

    #[test]
    fn what_is_taken_out_is_the_range_and_nothing_else(
        (before, mut ids) in tracks(),
        (a, b) in (0..=1000_u64, 0..=1000_u64),
    ) {
        let at = |share: u64| before.length() * share / 1000;
        let range = at(a.min(b))..at(a.max(b));
        let mut lifted = before.clone();
        let mut extracted = before.clone();
        let done = ids.ports(|ports| lifted.lift_range(range.clone(), ports));
        prop_assert_eq!(&done, &ids.ports(|ports| extracted.extract_range(range.clone(), ports)));
        prop_assert_eq!(done.is_err(), range.is_empty());
        if done.is_err() {
            return Ok(());
        }
        for track in [&lifted, &extracted] {
            keeps_the_rules(track);
        }
        prop_assert_eq!(lifted.length(), before.length());
        prop_assert_eq!(extracted.length() + (range.end - range.start), before.length());
        prop_assert_eq!(counted(&lifted), counted(&extracted));
        // To close the gap is to extract, unless there was a gap beside it.
        let mut closed = lifted.clone();
        closed.delete_gap(range.start).unwrap();
        if closed.length() == extracted.length() {
            prop_assert_eq!(shown(&closed), shown(&extracted));
        }
    }

    #[test]
    fn a_gap_put_in_and_taken_out_loses_no_frame(
        (before, mut ids) in tracks(),
        share in 0..=1000_u64,
        frames in 1..50_u64,
    ) {
        let at = before.length() * share / 1000;
        let mut track = before.clone();
        ids.ports(|ports| track.insert_gap(at, frames, ports)).unwrap();
        keeps_the_rules(&track);
        prop_assert_eq!(counted(&track), counted(&before));
        prop_assert_eq!(track.length(), before.length() + frames);
        let mut back = track.clone();
        ids.ports(|ports| back.extract_range(at..at + frames, ports)).unwrap();
        prop_assert_eq!(shown(&back), shown(&before));
        track.delete_gap(at).unwrap();
        prop_assert_eq!(counted(&track), counted(&before));
    }

    #[test]
    fn a_part_that_fills_by_the_range_moves_nothing(
        (before, mut ids) in tracks(),
        (a, b) in (0..=1000_u64, 0..=1000_u64),
        frames in 1..=FRAMES,
    ) {
        let at = |share: u64| before.length() * share / 1000;
        let range = at(a.min(b))..at(a.max(b));
        let mut track = before.clone();
        let how = timeline::ReferencePoint::Sequence;
        let done = ids.ports(|ports| track.fill(range.clone(), part("P", 0, frames), how, ports));
        let Ok(id) = done else {
            prop_assert!(range.is_empty());
            prop_assert_eq!(track, before);
            return Ok(());
        };
        keeps_the_rules(&track);
        let length = frames.min(range.end - range.start);
        prop_assert_eq!(track.range_of(id), Some(range.start..range.start + length));
        prop_assert_eq!(track.length(), before.length());
        let [is, was] = [&track, &before].map(shown);
        let out = |n: &usize| !(range.start..range.start + length).contains(&(*n as u64));
        prop_assert!((0..is.len()).filter(out).all(|n| is[n] == was[n]));
    }
}
