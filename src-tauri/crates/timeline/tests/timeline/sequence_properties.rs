//! What holds for every edit of every sequence: each track shows what a list of frames does that is
//! edited the same way.

use crate::properties::{keeps_the_rules, shown};
use crate::sequences::sequence;
use crate::transition_properties::transitions_fit;
use crate::{FRAMES, Ids, part};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use timeline::{Document, Edge, EditError, History, Placed, Project, Sequence, Targets, Track};
use timeline::{TrackSettings, Transition};
use uuid::Uuid;

/// Places are shares of what there is, in thousandths.
#[derive(Clone, Debug)]
enum Edit {
    Insert(u64, (u64, u64), Targets),
    Overwrite(u64, (u64, u64), Targets),
    Lift(u64, u64, Targets),
    Extract(u64, u64),
    Remove(Vec<u64>),
    Split(u64, Targets),
    Unlink(u64),
    Set(usize, bool, bool),
    Fade(u64, u64, u64),
}

/// Tracks: V1, V2, A1 and A2.
fn targets() -> impl Strategy<Value = Targets> {
    let video = prop::sample::select(&[None, Some(0), Some(0), Some(1)][..]);
    let audio = prop::sample::select(&[None, Some(2), Some(2), Some(3)][..]);
    (video, audio).prop_map(|(video, audio)| Targets { video, audio })
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let share = || 0..=1000_u64;
    let part = || (0..FRAMES - 30, 1..30_u64);
    let edit = prop_oneof![
        6 => (share(), part(), targets()).prop_map(|(at, part, to)| Edit::Insert(at, part, to)),
        4 => (share(), part(), targets()).prop_map(|(at, part, to)| Edit::Overwrite(at, part, to)),
        2 => (share(), share(), targets()).prop_map(|(a, b, from)| Edit::Lift(a, b, from)),
        2 => (share(), 1..20_u64).prop_map(|(at, frames)| Edit::Extract(at, frames)),
        2 => prop::collection::vec(share(), 1..4).prop_map(Edit::Remove),
        2 => (share(), targets()).prop_map(|(at, of)| Edit::Split(at, of)),
        1 => share().prop_map(Edit::Unlink),
        1 => (0..4_usize, prop::bool::weighted(0.2), prop::bool::weighted(0.7))
            .prop_map(|(track, locked, sync)| Edit::Set(track, locked, sync)),
        1 => (share(), 0..9_u64, 0..9_u64).prop_map(|(clip, a, b)| Edit::Fade(clip, a, b)),
    ];
    prop::collection::vec(edit, 1..30)
}

fn frame(share: u64, sequence: &Sequence) -> u64 {
    sequence.length() * share / 1000
}

fn range(a: u64, b: u64, sequence: &Sequence) -> std::ops::Range<u64> {
    frame(a.min(b), sequence)..frame(a.max(b), sequence)
}

fn all(sequence: &Sequence) -> impl Iterator<Item = Placed<'_>> {
    sequence.tracks.iter().flat_map(Track::clips)
}

/// The clips at shares of all clips.
fn chosen(shares: &[u64], sequence: &Sequence) -> Vec<Uuid> {
    let clips: Vec<Uuid> = all(sequence).map(|placed| placed.clip.id).collect();
    let last = clips.len().saturating_sub(1);
    let of = |share: &u64| clips.get(last * usize::try_from(*share).unwrap() / 1000);
    shares.iter().filter_map(of).copied().collect()
}

fn apply(edit: &Edit, sequence: &mut Sequence, ids: &mut Ids) -> Result<(), EditError> {
    let p = |(first, frames)| part("P", first, frames);
    let at = |share, sequence: &Sequence| frame(share, sequence);
    ids.ports(|ports| match *edit {
        Edit::Insert(share, part, to) => {
            let at = at(share, sequence);
            sequence.insert_at(at, p(part), to, ports).map(drop)
        }
        Edit::Overwrite(share, part, to) => {
            let at = at(share, sequence);
            sequence.overwrite_at(at, p(part), to, ports).map(drop)
        }
        Edit::Lift(a, b, from) => sequence.lift_range(range(a, b, sequence), from, ports),
        Edit::Extract(share, frames) => {
            let at = at(share, sequence);
            sequence.extract_range(at..at + frames, ports)
        }
        Edit::Remove(ref clips) => sequence.remove_linked(&chosen(clips, sequence)),
        Edit::Split(share, of) => sequence.split_at(at(share, sequence), of, ports).map(drop),
        Edit::Unlink(clip) => sequence.unlink(&chosen(&[clip], sequence)),
        Edit::Set(track, locked, sync_lock) => {
            let settings = TrackSettings {
                locked,
                sync_lock,
                ..TrackSettings::default()
            };
            sequence.set_track(track, settings)
        }
        Edit::Fade(clip, before, behind) => {
            let Some(&id) = chosen(&[clip], sequence).first() else {
                return Ok(());
            };
            let fade = Some(Transition { before, behind });
            let on = sequence
                .tracks
                .iter()
                .position(|track| track.clip(id).is_some());
            let edge = if before < behind { Edge::In } else { Edge::Out };
            sequence.edit_track(on.unwrap(), |track| track.set_transition(id, edge, fade))
        }
    })
}

type Shown = Option<(String, u64)>;

fn places(range: std::ops::Range<u64>) -> std::ops::Range<usize> {
    usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()
}

/// What an edit that succeeds makes of the tracks.
fn expected(edit: &Edit, before: &Sequence) -> Vec<Vec<Shown>> {
    let mut lists: Vec<Vec<Shown>> = before.tracks.iter().map(shown).collect();
    let follows: Vec<bool> = before
        .tracks
        .iter()
        .map(|t| t.sync_lock() && !t.locked())
        .collect();
    let frames =
        |(first, frames): (u64, u64)| (first..first + frames).map(|at| Some(("P".to_owned(), at)));
    let is_target = |index: usize, to: &Targets| [to.video, to.audio].contains(&Some(index));
    match edit {
        Edit::Insert(share, part, to) => {
            let at = places(0..frame(*share, before)).end;
            for (index, list) in lists.iter_mut().enumerate() {
                if is_target(index, to) {
                    list.resize(list.len().max(at), None);
                    list.splice(at..at, frames(*part));
                } else if follows[index] && at < list.len() {
                    list.splice(at..at, frames(*part).map(|_| None));
                }
            }
        }
        Edit::Overwrite(share, part, to) => {
            let at = places(0..frame(*share, before)).end;
            for (index, list) in lists.iter_mut().enumerate() {
                if is_target(index, to) {
                    list.resize(list.len().max(at), None);
                    let end = (at + frames(*part).count()).min(list.len());
                    list.splice(at..end, frames(*part));
                }
            }
        }
        Edit::Lift(a, b, from) => {
            let range = places(range(*a, *b, before));
            for (index, list) in lists.iter_mut().enumerate() {
                if is_target(index, from) {
                    let end = list.len();
                    list[range.start.min(end)..range.end.min(end)].fill(None);
                }
            }
        }
        Edit::Extract(share, frames) => {
            let at = frame(*share, before);
            let range = places(at..at + frames);
            for (list, _) in lists
                .iter_mut()
                .zip(&follows)
                .filter(|(_, follows)| **follows)
            {
                let end = list.len();
                drop(list.drain(range.start.min(end)..range.end.min(end)));
            }
        }
        Edit::Remove(shares) => {
            let gone: HashSet<Uuid> = chosen(shares, before)
                .into_iter()
                .flat_map(|id| before.linked(id))
                .collect();
            let mut opened = HashSet::new();
            for (index, list) in lists.iter_mut().enumerate() {
                let clips = before.tracks[index]
                    .clips()
                    .filter(|p| gone.contains(&p.clip.id));
                let ranges: Vec<_> = clips.map(|placed| places(placed.range())).collect();
                for range in ranges.into_iter().rev() {
                    if before.tracks[index].sync_lock() {
                        list[range.clone()].fill(None);
                        opened.extend(range);
                    } else {
                        list.drain(range);
                    }
                }
            }
            let is_free = |at: &usize| {
                let mut following = lists.iter().zip(&follows).filter(|(_, follows)| **follows);
                following.all(|(list, _)| list.get(*at).is_none_or(Option::is_none))
            };
            let closed: HashSet<usize> = opened.into_iter().filter(is_free).collect();
            for (list, _) in lists
                .iter_mut()
                .zip(&follows)
                .filter(|(_, follows)| **follows)
            {
                let mut at = 0..;
                list.retain(|_| !closed.contains(&at.next().unwrap()));
            }
        }
        Edit::Split(..) | Edit::Unlink(_) | Edit::Set(..) | Edit::Fade(..) => {}
    }
    lists
}

fn start(ids: &mut Ids) -> Sequence {
    sequence("V A0+20 B0+9\n V .12 C0+9\n A A0+20 B0+9\n A M0+40", ids)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_track_shows_what_a_list_of_frames_shows(list in edits()) {
        let mut ids = Ids::default();
        let mut sequence = start(&mut ids);
        for edit in &list {
            let before = sequence.clone();
            let done = apply(edit, &mut sequence, &mut ids);
            if done.is_err() {
                prop_assert_eq!(&sequence, &before);
                continue;
            }
            let lists: Vec<_> = sequence.tracks.iter().map(shown).collect();
            prop_assert_eq!(lists, expected(edit, &before), "{:?}", edit);
            let mut all_ids = HashSet::new();
            let mut links: HashMap<Uuid, usize> = HashMap::new();
            for (track, before) in sequence.tracks.iter().zip(&before.tracks) {
                keeps_the_rules(track);
                transitions_fit(track);
                prop_assert!(!before.locked() || matches!(edit, Edit::Set(..)) || track.items() == before.items());
            }
            for placed in all(&sequence) {
                prop_assert!(all_ids.insert(placed.clip.id), "an id is twice in the sequence");
                if let Some(link) = placed.clip.link {
                    *links.entry(link).or_default() += 1;
                }
            }
            // A part and its sound: never more than one of each belong together.
            prop_assert!(links.values().all(|count| *count <= 2));
        }
    }

    #[test]
    fn undo_leads_back_through_the_same_states_and_so_does_what_was_kept(list in edits()) {
        let mut ids = Ids::default();
        let project = |sequence: Sequence| Project {
            id: Uuid::nil(),
            name: "Cut".to_owned(),
            sequences: vec![Arc::new(sequence)],
        };
        let mut history = History::new(project(start(&mut ids)));
        let mut states = vec![history.present().clone()];
        for edit in &list {
            let mut next = history.present().sequences[0].as_ref().clone();
            if apply(edit, &mut next, &mut ids).is_ok() {
                history.push("step", project(next));
                states.push(history.present().clone());
            }
        }
        let json = serde_json::to_string(&Document::new(&history)).unwrap();
        let document: Document = serde_json::from_str(&json).unwrap();
        let mut again = document.open().unwrap();
        prop_assert_eq!(&again, &history);
        for state in states.iter().rev().skip(1) {
            prop_assert!(history.undo() && again.undo());
            prop_assert_eq!(history.present(), state);
            prop_assert_eq!(again.present(), state);
        }
        prop_assert!(!history.undo());
        while history.redo() {}
        prop_assert_eq!(Some(history.present()), states.last());
    }
}
