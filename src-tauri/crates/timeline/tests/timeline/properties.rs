//! What holds for every edit of every track.

use crate::{FRAMES, Flows, Ids, part};
use proptest::prelude::*;
use std::collections::HashSet;
use std::ops::Range;
use timeline::{Edge, EditError, FlowFrames, History, Item, ReferencePoint, Track, TrackKind};
use uuid::Uuid;

/// An edit with places as shares of what there is, in thousandths.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Append(u8, u64, u64),
    Insert(u64, u8, u64, u64),
    Overwrite(u64, u8, u64, u64),
    Remove(Vec<u64>),
    Lift(Vec<u64>),
    Move(u64, u64),
    Trim(u64, u64, u64),
    Split(u64),
    LiftRange(u64, u64),
    ExtractRange(u64, u64),
    InsertGap(u64, u64),
    DeleteGap(u64),
    Ripple(u64, Edge, i64),
    Roll(u64, Edge, i64),
    Slip(u64, i64),
    Slide(u64, i64),
    Fill(u64, u64, (u8, u64, u64), ReferencePoint),
}

pub(crate) fn edges() -> impl Strategy<Value = Edge> {
    prop::sample::select(&[Edge::In, Edge::Out][..])
}

pub(crate) fn edits() -> impl Strategy<Value = Edit> {
    let share = || 0..=1000_u64;
    let part = || (b'A'..=b'F', 0..FRAMES, 1..=FRAMES);
    let moves = || -20..=20_i64;
    let how = || {
        use ReferencePoint::{Fit, Sequence, Source};
        prop::sample::select(&[Source, Sequence, Fit][..])
    };
    prop_oneof![
        4 => part().prop_map(|(flow, first, frames)| Edit::Append(flow, first, frames)),
        4 => (share(), part()).prop_map(|(at, (flow, a, b))| Edit::Insert(at, flow, a, b)),
        4 => (share(), part()).prop_map(|(at, (flow, a, b))| Edit::Overwrite(at, flow, a, b)),
        1 => prop::collection::vec(share(), 0..3).prop_map(Edit::Remove),
        1 => prop::collection::vec(share(), 0..3).prop_map(Edit::Lift),
        2 => (share(), share()).prop_map(|(clip, to)| Edit::Move(clip, to)),
        2 => (share(), 0..FRAMES, 1..=FRAMES).prop_map(|(clip, a, b)| Edit::Trim(clip, a, b)),
        3 => share().prop_map(Edit::Split),
        2 => (share(), share()).prop_map(|(from, to)| Edit::LiftRange(from, to)),
        2 => (share(), share()).prop_map(|(from, to)| Edit::ExtractRange(from, to)),
        2 => (share(), 0..20_u64).prop_map(|(at, frames)| Edit::InsertGap(at, frames)),
        1 => share().prop_map(Edit::DeleteGap),
        2 => (share(), edges(), moves()).prop_map(|(clip, edge, n)| Edit::Ripple(clip, edge, n)),
        2 => (share(), edges(), moves()).prop_map(|(clip, edge, n)| Edit::Roll(clip, edge, n)),
        2 => (share(), moves()).prop_map(|(clip, n)| Edit::Slip(clip, n)),
        2 => (share(), moves()).prop_map(|(clip, n)| Edit::Slide(clip, n)),
        2 => (share(), share(), part(), how()).prop_map(|(a, b, part, how)| Edit::Fill(a, b, part, how)),
    ]
}

/// So many of `whole`, rounded down.
fn of(share: u64, whole: usize) -> usize {
    whole * usize::try_from(share).unwrap() / 1000
}

fn frame(share: u64, track: &Track) -> u64 {
    track.length() * share / 1000
}

/// From the lesser share to the greater.
fn range(a: u64, b: u64, track: &Track) -> Range<u64> {
    frame(a.min(b), track)..frame(a.max(b), track)
}

/// The clip at a share of the clips; one that is not there when there are none.
pub(crate) fn chosen(share: u64, track: &Track) -> Uuid {
    let clips: Vec<Uuid> = track.clips().map(|placed| placed.clip.id).collect();
    let last = clips.len().saturating_sub(1);
    clips.get(of(share, last)).copied().unwrap_or_default()
}

pub(crate) fn apply(edit: &Edit, track: &mut Track, ids: &mut Ids) -> Result<(), EditError> {
    let made = |flow: u8, first: u64, frames: u64| {
        let flow = char::from(flow).to_string();
        part(&flow, first, frames.min(FRAMES - first))
    };
    ids.ports(|ports| match *edit {
        Edit::Append(flow, a, b) => track.append(made(flow, a, b), ports).map(drop),
        Edit::Insert(at, flow, a, b) => {
            let at = frame(at, track);
            track.insert(at, made(flow, a, b), ports).map(drop)
        }
        Edit::Overwrite(at, flow, a, b) => {
            let at = frame(at, track);
            track.overwrite(at, made(flow, a, b), ports).map(drop)
        }
        Edit::Remove(ref clips) => {
            let clips: Vec<Uuid> = clips.iter().map(|&share| chosen(share, track)).collect();
            track.remove(&clips)
        }
        Edit::Lift(ref clips) => {
            let clips: Vec<Uuid> = clips.iter().map(|&share| chosen(share, track)).collect();
            track.lift(&clips)
        }
        Edit::Move(clip, to) => track.move_clip(chosen(clip, track), of(to, track.clips().count())),
        Edit::Trim(clip, a, b) => track.trim(chosen(clip, track), a, b.min(FRAMES - a), ports),
        Edit::Split(at) => track.split(frame(at, track), ports).map(drop),
        Edit::LiftRange(a, b) => track.lift_range(range(a, b, track), ports),
        Edit::ExtractRange(a, b) => track.extract_range(range(a, b, track), ports),
        Edit::InsertGap(at, frames) => track.insert_gap(frame(at, track), frames, ports),
        Edit::DeleteGap(at) => track.delete_gap(frame(at, track)),
        Edit::Ripple(clip, edge, n) => track.ripple(chosen(clip, track), edge, n, ports),
        Edit::Roll(clip, edge, n) => track.roll(chosen(clip, track), edge, n, ports),
        Edit::Slip(clip, n) => track.slip(chosen(clip, track), n, ports),
        Edit::Slide(clip, n) => track.slide(chosen(clip, track), n, ports),
        Edit::Fill(a, b, (flow, first, frames), how) => {
            let range = range(a, b, track);
            let part = made(flow, first, frames);
            track.fill(range, part, how, ports).map(drop)
        }
    })
}

/// Which frame of which flow each frame of the track shows; `None` in gaps.
pub(crate) fn shown(track: &Track) -> Vec<Option<(String, u64)>> {
    let mut shown = Vec::new();
    for item in track.items() {
        match item {
            Item::Gap(gap) => shown.extend((0..gap.frames).map(|_| None)),
            Item::Clip(clip) => shown.extend(
                (clip.first..clip.first + clip.frames).map(|at| Some((clip.flow_id.clone(), at))),
            ),
        }
    }
    shown
}

pub(crate) fn keeps_the_rules(track: &Track) {
    let mut at = 0;
    let mut ids = HashSet::new();
    for placed in track.clips() {
        let clip = placed.clip;
        assert!(placed.at >= at, "clips overlap");
        assert!(clip.frames > 0 && ids.insert(clip.id));
        assert_eq!(
            Flows.timerange(&clip.flow_id, clip.first, clip.frames),
            Some(clip.timerange)
        );
        at = placed.range().end;
    }
    let gaps = track.items().windows(2);
    let mut gaps = gaps.map(|pair| [&pair[0], &pair[1]].map(|item| item.clip().is_none()));
    assert!(gaps.all(|pair| pair != [true, true]), "neighbouring gaps");
    assert!(
        track
            .items()
            .iter()
            .all(|item| item.length(track.frame_rate()) > 0)
    );
}

/// The frame of the same flow so many further on; none in a gap.
fn further(shown: &Option<(String, u64)>, by: i64) -> Option<(String, u64)> {
    let (flow, frame) = shown.as_ref()?;
    Some((flow.clone(), frame.checked_add_signed(by).unwrap()))
}

/// Moves the cut in front of a frame: each side goes on as it did.
fn rolled(list: &mut [Option<(String, u64)>], cut: usize, frames: i64) {
    let (before, behind) = (list[cut - 1].clone(), list[cut].clone());
    for n in 0..frames {
        list[cut + usize::try_from(n).unwrap()] = further(&before, n + 1);
    }
    for n in 1..=-frames {
        list[cut - usize::try_from(n).unwrap()] = further(&behind, -n);
    }
}

/// A plain list of frames, edited the same way, is what the track must show.
fn expected(edit: &Edit, before: &Track) -> Vec<Option<(String, u64)>> {
    let mut list = shown(before);
    let frames_of = |flow: u8, first: u64, frames: u64| {
        let flow = char::from(flow).to_string();
        (first..first + frames.min(FRAMES - first)).map(move |at| Some((flow.clone(), at)))
    };
    let places = |range: Range<u64>| {
        usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()
    };
    let range_of = |share: u64| places(before.range_of(chosen(share, before)).unwrap());
    match *edit {
        Edit::Append(flow, a, b) => list.extend(frames_of(flow, a, b)),
        Edit::Insert(at, flow, a, b) => {
            let at = usize::try_from(frame(at, before)).unwrap();
            list.splice(at..at, frames_of(flow, a, b));
        }
        Edit::Overwrite(at, flow, a, b) => {
            let at = usize::try_from(frame(at, before)).unwrap();
            let behind = (at + frames_of(flow, a, b).count()).min(list.len());
            list.splice(at..behind, frames_of(flow, a, b));
        }
        Edit::Remove(ref clips) => {
            let gone: Vec<_> = clips.iter().map(|&share| range_of(share)).collect();
            let kept = list.into_iter().enumerate();
            return kept
                .filter(|(at, _)| !gone.iter().any(|gone| gone.contains(at)))
                .map(|(_, frame)| frame)
                .collect();
        }
        Edit::Lift(ref clips) => {
            for gone in clips.iter().map(|&share| range_of(share)) {
                list[gone].fill(None);
            }
        }
        Edit::Move(clip, to) => {
            let from = range_of(clip);
            let place = before.clips().nth(of(to, before.clips().count()));
            let to = place.map_or(list.len(), |placed| usize::try_from(placed.at).unwrap());
            let moved: Vec<_> = list.drain(from.clone()).collect();
            let to = if to > from.start { to - from.len() } else { to };
            list.splice(to..to, moved);
        }
        Edit::Trim(clip, a, b) => {
            let flow = before
                .clip(chosen(clip, before))
                .unwrap()
                .clip
                .flow_id
                .clone();
            list.splice(range_of(clip), frames_of(flow.as_bytes()[0], a, b));
        }
        Edit::Split(_) => {}
        Edit::LiftRange(a, b) => list[places(range(a, b, before))].fill(None),
        Edit::ExtractRange(a, b) => drop(list.drain(places(range(a, b, before)))),
        Edit::InsertGap(at, frames) => {
            let at = usize::try_from(frame(at, before)).unwrap();
            list.splice(at..at, (0..frames).map(|_| None));
        }
        Edit::DeleteGap(at) => {
            let at = usize::try_from(frame(at, before)).unwrap();
            let clip = |shown: &Option<_>| shown.is_some();
            let from = list[..at].iter().rposition(clip).map_or(0, |last| last + 1);
            let to = list[at..].iter().position(clip);
            list.drain(from..to.map_or(list.len(), |first| at + first));
        }
        Edit::Ripple(clip, edge, n) => {
            let range = range_of(clip);
            let (first, last) = (list[range.start].clone(), list[range.end - 1].clone());
            let less = |n: i64| usize::try_from(n.max(0)).unwrap();
            match edge {
                Edge::In => {
                    list.drain(range.start..range.start + less(n));
                    let more = (1..=-n).rev().map(|n| further(&first, -n));
                    list.splice(range.start..range.start, more);
                }
                Edge::Out => {
                    list.drain(range.end - less(-n)..range.end);
                    let more = (1..=n).map(|n| further(&last, n));
                    list.splice(range.end - less(-n)..range.end - less(-n), more);
                }
            }
        }
        Edit::Roll(clip, Edge::In, n) => rolled(&mut list, range_of(clip).start, n),
        Edit::Roll(clip, Edge::Out, n) => rolled(&mut list, range_of(clip).end, n),
        Edit::Slip(clip, n) => {
            for shown in &mut list[range_of(clip)] {
                *shown = further(shown, n);
            }
        }
        Edit::Slide(clip, n) => {
            // Without the clip it is a roll, and then the clip is put into the cut.
            let range = range_of(clip);
            let moved: Vec<_> = list.drain(range.clone()).collect();
            let at = range.start.checked_add_signed(isize::try_from(n).unwrap());
            if range.start < list.len() {
                rolled(&mut list, range.start, n);
            } else {
                let last = list[range.start - 1].clone();
                list.truncate(at.unwrap());
                list.extend((1..=n).map(|n| further(&last, n)));
            }
            list.splice(at.unwrap()..at.unwrap(), moved);
        }
        Edit::Fill(a, b, (flow, first, frames), how) => {
            let range = places(range(a, b, before));
            let frames = frames_of(flow, first, frames);
            let room = if how == ReferencePoint::Source {
                usize::MAX
            } else {
                range.len()
            };
            let frames: Vec<_> = frames.take(room).collect();
            let behind = (range.start + frames.len()).min(list.len());
            list.splice(range.start..behind, frames);
        }
    }
    list
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_edit_shows_what_the_same_edit_of_a_list_of_frames_shows(
        list in prop::collection::vec(edits(), 1..30)
    ) {
        let mut ids = Ids::default();
        let mut track = Track::new(TrackKind::Video, "V1");
        for edit in &list {
            let before = track.clone();
            let done = apply(edit, &mut track, &mut ids);
            keeps_the_rules(&track);
            prop_assert_eq!(track.length(), shown(&track).len() as u64);
            match done {
                Ok(()) => prop_assert_eq!(shown(&track), expected(edit, &before)),
                Err(_) => prop_assert_eq!(&track, &before),
            }
        }
    }

    #[test]
    fn undo_and_redo_lead_through_the_same_states(
        list in prop::collection::vec(edits(), 1..30)
    ) {
        let mut ids = Ids::default();
        let mut history = History::new(Track::new(TrackKind::Video, "V1"));
        let mut states = vec![history.present().clone()];
        for edit in &list {
            let mut next = history.present().clone();
            if apply(edit, &mut next, &mut ids).is_ok() {
                states.push(next.clone());
                history.push("step", next);
            }
        }
        let end = history.clone();
        for state in states.iter().rev().skip(1) {
            prop_assert!(history.undo());
            prop_assert_eq!(history.present(), state);
        }
        prop_assert!(!history.undo());
        while history.redo() {}
        prop_assert_eq!(history, end);
    }

    #[test]
    fn what_is_inserted_and_removed_again_leaves_what_was_shown(
        list in prop::collection::vec(edits(), 1..20),
        at in 0..=1000_u64,
        first in 0..FRAMES - 10,
    ) {
        let mut ids = Ids::default();
        let mut track = Track::new(TrackKind::Video, "V1");
        for edit in &list {
            // One that does not fit this track is none of the track's history.
            let _ = apply(edit, &mut track, &mut ids);
        }
        let before = shown(&track);
        let at = frame(at, &track);
        let id = ids.ports(|ports| track.insert(at, part("P", first, 10), ports)).unwrap();
        prop_assert_eq!(track.range_of(id), Some(at..at + 10));
        prop_assert_eq!(track.length(), before.len() as u64 + 10);
        track.remove(&[id]).unwrap();
        prop_assert_eq!(shown(&track), before);
    }
}
