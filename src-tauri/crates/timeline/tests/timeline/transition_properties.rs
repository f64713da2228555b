//! What holds for transitions behind every edit.

use crate::properties::{Edit, apply, chosen, edges, edits, keeps_the_rules, shown};
use crate::rates::{RATES, edit, part};
use crate::{FRAMES, Ids, rates};
use proptest::prelude::*;
use timeline::{Edge, EditError, Item, MAX_FRAMES, Track, TrackKind, Transition};

/// The transition in front of each item, and behind the last: as the items say it.
fn cuts(track: &Track) -> Vec<Option<Transition>> {
    let items = track.items();
    let clip = |item: Option<&Item>| item.and_then(Item::clip).cloned();
    let cut = |n: usize| match clip(items.get(n)) {
        Some(clip) => clip.head,
        None => clip(n.checked_sub(1).and_then(|n| items.get(n)))?.tail,
    };
    (0..=items.len()).map(cut).collect()
}

pub(crate) fn transitions_fit(track: &Track) {
    let cuts = cuts(track);
    let before = |n: usize| cuts[n].map_or(0, |one| one.before);
    let behind = |n: usize| cuts[n].map_or(0, |one| one.behind);
    assert_eq!(before(0), 0);
    assert!(track.length() + behind(cuts.len() - 1) <= MAX_FRAMES);
    assert!(cuts.iter().flatten().all(|one| one.length() > 0));
    for (n, item) in track.items().iter().enumerate() {
        assert!(behind(n) + before(n + 1) <= item.length(track.frame_rate()));
        let follows = track.items().get(n + 1).is_some_and(|i| i.clip().is_some());
        assert!(!follows || item.clip().is_none_or(|clip| clip.tail.is_none()));
    }
    let json = serde_json::to_value(track).unwrap();
    assert_eq!(
        serde_json::from_value::<Track>(json).as_ref().ok(),
        Some(track)
    );
}

type Change<'a> = &'a dyn Fn(&mut Track, &mut Ids) -> Result<(), EditError>;

#[derive(Clone, Debug)]
enum Step {
    Edit(Edit),
    Set(u64, Edge, u64, u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let set = (0..=1000_u64, edges(), 0..40_u64, 0..40_u64);
    let step = prop_oneof![
        1 => edits().prop_map(Step::Edit),
        1 => set.prop_map(|(clip, edge, before, behind)| Step::Set(clip, edge, before, behind)),
    ];
    prop::collection::vec(step, 1..60)
}

/// Sets a transition, or the longest there is room for.
fn set(track: &mut Track, share: u64, edge: Edge, asked: Transition) {
    let id = chosen(share, track);
    let before = track.clone();
    match track.set_transition(id, edge, Some(asked)) {
        Err(EditError::NoRoom {
            before: a,
            behind: b,
            ..
        }) => {
            assert_eq!(*track, before);
            assert!(asked.before > a || asked.behind > b);
            let longest = Transition {
                before: a,
                behind: b.min(50),
            };
            track.set_transition(id, edge, Some(longest)).unwrap();
            let set = Some(longest).filter(|one| one.length() > 0);
            assert_eq!(track.transition_at(id, edge), set);
        }
        Err(_) => assert_eq!(*track, before),
        Ok(()) => {
            let set = Some(asked).filter(|one| one.length() > 0);
            assert_eq!(track.transition_at(id, edge), set);
        }
    }
}

/// The longest transition that can be left of one at a cut, when nothing else is there.
fn is_shortened(now: &Transition, was: &[Transition]) -> bool {
    was.iter()
        .any(|was| now.before <= was.before && now.behind <= was.behind)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn transitions_fit_behind_every_edit_and_change_nothing_that_is_shown(list in steps()) {
        let mut ids = Ids::default();
        let (mut plain_ids, mut plain) = (Ids::default(), Track::new(TrackKind::Video, "V1"));
        let mut track = plain.clone();
        for step in &list {
            let before: Vec<Transition> = cuts(&track).into_iter().flatten().collect();
            match step {
                Step::Edit(edit) => {
                    let done = apply(edit, &mut track, &mut ids);
                    // The same edits without transitions.
                    prop_assert_eq!(&apply(edit, &mut plain, &mut plain_ids), &done);
                    let now = cuts(&track);
                    prop_assert!(now.iter().flatten().all(|one| is_shortened(one, &before)));
                }
                Step::Set(clip, edge, a, b) => {
                    set(&mut track, *clip, *edge, Transition { before: *a, behind: *b });
                }
            }
            keeps_the_rules(&track);
            transitions_fit(&track);
            prop_assert_eq!(shown(&track), shown(&plain));
        }
    }

    #[test]
    fn cuts_that_an_edit_leaves_alone_keep_their_transitions(list in steps(), at in 0..=1000_u64) {
        let mut ids = Ids::default();
        let mut track = Track::new(TrackKind::Video, "V1");
        for step in &list {
            match step {
                // One that does not fit this track is none of its history.
                Step::Edit(edit) => drop(apply(edit, &mut track, &mut ids)),
                Step::Set(clip, edge, a, b) => {
                    set(&mut track, *clip, *edge, Transition { before: *a, behind: *b });
                }
            }
        }
        // What is in front of an insert or behind it stays as it is.
        let before = track.clone();
        let at = track.length() * at / 1000;
        let part = crate::part("P", 0, FRAMES / 2);
        let id = ids.ports(|ports| track.insert(at, part, ports)).unwrap();
        let range = track.range_of(id).unwrap();
        let (mut begins, mut in_front) = (0, 0);
        for item in before.items() {
            let ends = begins + item.length(before.frame_rate());
            if let Some(clip) = item.clip()
                && (ends <= at || in_front >= at && begins > at)
            {
                let [was, is] = [&before, &track].map(|t| t.transition_at(clip.id, Edge::In));
                prop_assert_eq!(was, is);
            }
            (in_front, begins) = (begins, ends);
        }
        prop_assert_eq!(range, at..at + FRAMES / 2);
    }

    #[test]
    fn they_fit_at_any_rate_and_when_it_changes(
        parts in prop::collection::vec((prop::sample::select(&RATES[..]), 0..100_u64, 1..100_u64), 2..6),
        sets in prop::collection::vec((0..=1000_u64, edges(), 0..40_u64, 0..40_u64), 1..12),
        (clip, to, at) in (0..=1000_u64, 0..3_usize, 0..=1000_u64),
    ) {
        let mut ids = Ids::default();
        let mut track = rates::track(&mut ids, &parts);
        for (share, edge, before, behind) in sets {
            set(&mut track, share, edge, Transition { before, behind });
            transitions_fit(&track);
        }
        let at = track.length() * at / 1000;
        let id = chosen(clip, &track);
        let edits: [Change<'_>; 5] = [
            &|track, _| track.remove(&[id]),
            &|track, _| track.move_clip(id, to),
            &|track, ids| edit(ids, |ports| track.split(at, ports)).map(drop),
            &|track, ids| edit(ids, |p| track.insert(at, part("50", 0, 9), p)).map(drop),
            &|track, ids| edit(ids, |p| track.overwrite(at, part("30", 0, 9), p)).map(drop),
        ];
        for one in edits {
            let mut edited = track.clone();
            if one(&mut edited, &mut ids).is_err() {
                prop_assert_eq!(&edited, &track);
            }
            crate::mixed::keeps_the_rules(&edited);
            transitions_fit(&edited);
        }
    }
}
