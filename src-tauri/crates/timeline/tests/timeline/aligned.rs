//! Tracks with clips of any rates stay in step.

use crate::Ids;
use crate::mixed::keeps_the_rules;
use crate::rates::{FRAMES, RATES, clips, edit, part};
use crate::several_tracks::mixed;
use proptest::prelude::*;
use std::collections::HashMap;
use timeline::{EditError, Ports, Sequence, Targets, Track};
use uuid::Uuid;

const BOTH: Targets = Targets {
    video: Some(0),
    audio: Some(1),
};

type Parts = Vec<(&'static str, u64, u64)>;

/// The clips of three tracks.
fn tracks() -> impl Strategy<Value = Vec<Parts>> {
    let one = (prop::sample::select(&RATES[..]), 0..200_u64, 1..200_u64);
    let one = one.prop_map(|(flow, first, frames)| (flow, first, frames.min(FRAMES - first)));
    let first = prop::sample::select(&RATES[..7]).prop_map(|flow| (flow, 100, 20));
    let track = || prop::collection::vec(one.clone(), 1..5);
    (first, [track(), track(), track()]).prop_map(|(first, mut tracks)| {
        tracks[0].insert(0, first);
        tracks.into()
    })
}

fn places(sequence: &Sequence) -> HashMap<Uuid, (u64, u64)> {
    let clips = sequence.tracks.iter().flat_map(Track::clips);
    clips
        .map(|placed| (placed.clip.id, (placed.at, placed.range().end)))
        .collect()
}

/// By how many frames clips have moved that lay behind a frame.
fn moved(before: &Sequence, after: &Sequence, behind: u64) -> Vec<i64> {
    let now = places(after);
    let before = places(before)
        .into_iter()
        .filter(|(_, (at, _))| *at >= behind);
    before
        .filter_map(|(id, (at, _))| Some(now.get(&id)?.0 as i64 - at as i64))
        .collect()
}

#[test]
fn a_cut_in_a_slow_clip_moves_all_tracks_alike() {
    // A frame of the slow one is shown for five: it is cut at 10, not at 12.
    let mut ids = Ids::default();
    let mut sequence = mixed(
        &mut ids,
        &[
            &[("25", 0, 20), ("25", 50, 20)],
            &[("5", 0, 4), ("25", 0, 20)],
        ],
    );
    let part = part("25", 0, 7);
    let pictures = Targets {
        video: Some(0),
        audio: None,
    };
    edit(&mut ids, |ports| {
        sequence.insert_at(12, part, pictures, ports)
    })
    .unwrap();
    let [video, audio] = [0, 1].map(|n| clips(&sequence.tracks[n]));
    assert_eq!(video.last().map(|clip| clip.1), Some(27));
    assert_eq!(audio.last().map(|clip| clip.1), Some(27));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn what_lies_behind_an_edit_moves_alike_on_all_tracks(
        parts in tracks(),
        flow in prop::sample::select(&RATES[..]),
        (first, frames) in (0..200_u64, 1..100_u64),
        (at, length) in (1..=1000_u64, 1..60_u64),
    ) {
        let mut ids = Ids::default();
        let slices: Vec<&[_]> = parts.iter().map(Vec::as_slice).collect();
        let before = mixed(&mut ids, &slices);
        // Behind the first frames, so that the sequence keeps its rate.
        let at = 1 + (before.length() - 1) * at / 1000;
        let end = (at + length).min(before.length());
        let part = part(flow, first, frames);
        type Edit<'a> = &'a dyn Fn(&mut Sequence, &mut Ports<'_>) -> Result<(), EditError>;
        let edits: [(u64, Edit<'_>); 3] = [
            (at, &|s, ports| {
                let made = s.insert_at(at, part.clone(), BOTH, ports)?;
                let [a, b] = [0, 1].map(|n| s.tracks[n].range_of(made[n]));
                assert_eq!(a, b, "pictures and sound of a part begin at the same frame");
                Ok(())
            }),
            (at, &|s, ports| {
                let pictures = Targets { audio: None, ..BOTH };
                s.insert_at(at, part.clone(), pictures, ports).map(drop)
            }),
            (end, &|s, ports| s.extract_range(at..end, ports)),
        ];
        for (which, (behind, one)) in edits.iter().enumerate() {
            let mut after = before.clone();
            let done = edit(&mut ids, |ports| one(&mut after, ports));
            if done.is_err() {
                prop_assert_eq!(&after, &before);
                let nothing = matches!(done, Err(EditError::NothingInRange { .. }));
                prop_assert!(which == 2 && nothing, "{:?}", done);
                continue;
            }
            for track in &after.tracks {
                keeps_the_rules(track);
                prop_assert!(after.frame_rate() == before.frame_rate());
                prop_assert!(track.frame_rate() == before.frame_rate());
            }
            let mut all = moved(&before, &after, *behind);
            all.dedup();
            prop_assert!(all.len() <= 1, "edit {}: {:?}", which, all);
        }
    }

    #[test]
    fn what_lies_behind_an_overwrite_stays(
        parts in tracks(),
        flow in prop::sample::select(&RATES[..]),
        (first, frames) in (0..200_u64, 1..100_u64),
        at in 1..=1000_u64,
    ) {
        let mut ids = Ids::default();
        let slices: Vec<&[_]> = parts.iter().map(Vec::as_slice).collect();
        let before = mixed(&mut ids, &slices);
        let at = 1 + (before.length() - 1) * at / 1000;
        let mut after = before.clone();
        let part = part(flow, first, frames);
        let made = edit(&mut ids, |ports| after.overwrite_at(at, part, BOTH, ports)).unwrap();
        let firsts = |sequence: &Sequence| -> HashMap<Uuid, u64> {
            let clips = sequence.tracks.iter().flat_map(Track::clips);
            clips.map(|placed| (placed.clip.id, placed.clip.first)).collect()
        };
        let (was, is) = (firsts(&before), firsts(&after));
        for (index, id) in made.iter().enumerate() {
            keeps_the_rules(&after.tracks[index]);
            let new = after.tracks[index].range_of(*id).unwrap();
            // Some slow clip is cut in front of the place, and then both are.
            prop_assert!(new.start <= at && new.start + 5 >= at);
            let other = after.tracks[1 - index].range_of(made[1 - index]);
            prop_assert_eq!(Some(&new), other.as_ref());
            let mut followed = 0;
            for placed in before.tracks[index].clips() {
                let id = placed.clip.id;
                if placed.at >= at + placed.length.max(new.end - new.start) && was.get(&id) == is.get(&id) {
                    prop_assert_eq!(after.tracks[index].range_of(id), Some(placed.range()));
                    followed += 1;
                }
            }
            if followed > 0 {
                prop_assert_eq!(after.tracks[index].length(), before.tracks[index].length());
            }
        }
        prop_assert_eq!(&after.tracks[2], &before.tracks[2]);
    }

    #[test]
    fn what_lies_behind_removed_clips_moves_alike(
        parts in tracks(),
        (a, b) in (0..1000_usize, 0..1000_usize),
        gaps in prop::collection::vec((0..3_usize, 0..=1000_u64, 1..40_u64), 0..4),
    ) {
        let mut ids = Ids::default();
        let slices: Vec<&[_]> = parts.iter().map(Vec::as_slice).collect();
        let mut before = mixed(&mut ids, &slices);
        for (track, at, frames) in gaps {
            let gap = |track: &mut Track| {
                let at = 1 + (track.length() - 1) * at / 1000;
                edit(&mut ids, |ports| track.insert_gap(at, frames, ports))
            };
            before.edit_track(track, gap).unwrap();
        }
        let chosen = |track: usize, share: usize, from: usize| {
            let clips: Vec<_> = before.tracks[track].clips().skip(from).collect();
            clips[share * clips.len() / 1000].clip.id
        };
        // Not the first picture, so that the sequence keeps its rate.
        let pair = [chosen(0, a, 1), chosen(1, b, 0)];
        edit(&mut ids, |ports| before.link(&pair, ports)).unwrap();
        let mut after = before.clone();
        after.remove_linked(&pair[1..]).unwrap();
        let was = places(&before);
        let behind = pair.iter().map(|id| was[id].1).max().unwrap();
        let first = pair.iter().map(|id| was[id].0).min().unwrap();
        let mut all = moved(&before, &after, behind);
        all.sort_unstable();
        all.dedup();
        prop_assert!(all.len() <= 1, "{:?}", all);
        let is = places(&after);
        prop_assert_eq!(is.len() + 2, was.len());
        for (id, (at, end)) in &is {
            prop_assert!(was[id].1 > first || was[id] == (*at, *end));
            prop_assert_eq!(end - at, was[id].1 - was[id].0);
        }
        for track in &after.tracks {
            keeps_the_rules(track);
        }
    }
}
