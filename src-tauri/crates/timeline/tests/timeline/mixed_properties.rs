//! What holds for every edge and range moved on tracks whose clips have any rates.

use crate::mixed::keeps_the_rules;
use crate::rates::{FRAMES, Flows, RATES, clips, edit, part, rate, track};
use crate::trimming::Move;
use crate::{Ids, id};
use proptest::prelude::*;
use timeline::ReferencePoint::Sequence;
use timeline::{Edge, FlowFrames, Track};

/// One whole number of frames passes in the time of a frame of the other, or they are the same.
fn are_multiples(flow: &str, sequence: &str) -> bool {
    let (Some(flow), Some(sequence)) = (rate(flow), rate(sequence)) else {
        return false;
    };
    let whole = |a: mediatime::FrameRate, b: mediatime::FrameRate| {
        let [num, den] = [
            (a.numerator(), b.denominator()),
            (a.denominator(), b.numerator()),
        ]
        .map(|(x, y)| u64::from(x) * u64::from(y));
        num.is_multiple_of(den)
    };
    whole(flow, sequence) || whole(sequence, flow)
}

type Parts = Vec<(&'static str, u64, u64)>;

/// The rate of the track, and clips of any.
fn parts() -> impl Strategy<Value = Parts> {
    let first = prop::sample::select(&RATES[..7]).prop_map(|flow| (flow, 100, 20));
    let one = (prop::sample::select(&RATES[..]), 0..FRAMES, 1..200_u64);
    let one = one.prop_map(|(flow, first, frames)| (flow, first, frames.min(FRAMES - first)));
    (first, prop::collection::vec(one, 1..5)).prop_map(|(first, mut rest)| {
        rest.insert(0, first);
        rest
    })
}

fn places(track: &Track) -> Vec<(u64, u64)> {
    let clips = clips(track).into_iter();
    clips.map(|(_, at, length, ..)| (at, length)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn what_a_move_does_not_promise_to_move_stays_where_it_is(
        parts in parts(),
        share in 0..1000_usize,
        out in any::<bool>(),
        frames in -12..=12_i64,
        gap in any::<bool>(),
    ) {
        let mut ids = Ids::default();
        let mut before = track(&mut ids, &parts);
        if gap && before.clips().count() > 2 {
            before.lift(&[id(&before, 1)]).unwrap();
        }
        let count = before.clips().count();
        let index = share * count / 1000;
        let edge = if out { Edge::Out } else { Edge::In };
        let clip = id(&before, index);
        let moves: [Move<'_>; 3] = [
            &|track, n, ports| track.slip(clip, n, ports),
            &|track, n, ports| track.roll(clip, edge, n, ports),
            &|track, n, ports| track.slide(clip, n, ports),
        ];
        let at = |track: &Track| track.clip(clip).unwrap().at as i64;
        for (which, one) in moves.iter().enumerate() {
            let mut moved = before.clone();
            if edit(&mut ids, |ports| one(&mut moved, frames, ports)).is_err() {
                prop_assert_eq!(&moved, &before);
                continue;
            }
            keeps_the_rules(&moved);
            let (was, is) = (places(&before), places(&moved));
            let ends = |(at, length): &(u64, u64)| (*at, at + length);
            let shift = |n: u64, by: i64| n.checked_add_signed(by).unwrap();
            let mut expected: Vec<_> = was.iter().map(ends).collect();
            let touches = |a: usize, b: usize| was.get(b).is_some_and(|b| ends(&was[a]).1 == b.0);
            match which {
                0 => {}
                1 if out => {
                    if touches(index, index + 1) {
                        expected[index + 1].0 = shift(expected[index + 1].0, frames);
                    }
                    expected[index].1 = shift(expected[index].1, frames);
                }
                1 => {
                    if index > 0 && touches(index - 1, index) {
                        expected[index - 1].1 = shift(expected[index - 1].1, frames);
                    }
                    expected[index].0 = shift(expected[index].0, frames);
                }
                _ => {
                    if index > 0 && touches(index - 1, index) {
                        expected[index - 1].1 = shift(expected[index - 1].1, frames);
                    }
                    if touches(index, index + 1) {
                        expected[index + 1].0 = shift(expected[index + 1].0, frames);
                    }
                    let (from, to) = expected[index];
                    expected[index] = (shift(from, frames), shift(to, frames));
                }
            }
            prop_assert_eq!(is.iter().map(ends).collect::<Vec<_>>(), expected);
            if which != 1 {
                prop_assert_eq!(at(&moved), at(&before) + if which == 2 { frames } else { 0 });
            }
            let gaps = |track: &Track| track.items().len() - track.clips().count();
            if gaps(&moved) != gaps(&before) {
                continue;
            }
            // The way back is open, to the same places, and mostly to the same frames.
            let mut back = moved.clone();
            let ends = clips(&moved);
            let ends = ends.iter().any(|clip| clip.3 == 0 || clip.3 + clip.4 == FRAMES);
            let uneven = which == 0 && parts.iter().any(|(flow, ..)| *flow == "uneven");
            let done = edit(&mut ids, |ports| one(&mut back, -frames, ports));
            prop_assert!(done.is_ok(), "{:?}", done);
            prop_assert_eq!(places(&back), places(&before));
            let sequence = parts[0].0;
            if !ends && !uneven && parts.iter().all(|(flow, ..)| are_multiples(flow, sequence)) {
                prop_assert_eq!(back, before.clone());
            }
        }
    }

    #[test]
    fn what_follows_a_lifted_range_stays_and_all_it_should_keep_is_kept(
        parts in parts(),
        (a, b) in (0..1000_u64, 0..=1000_u64),
    ) {
        let mut ids = Ids::default();
        let before = track(&mut ids, &parts);
        let at = |share: u64| before.length() * share / 1000;
        let range = at(a.min(b))..at(a.max(b));
        let (mut lifted, mut extracted) = (before.clone(), before.clone());
        let done = edit(&mut ids, |ports| lifted.lift_range(range.clone(), ports));
        let same = edit(&mut ids, |ports| extracted.extract_range(range.clone(), ports));
        prop_assert_eq!(&done, &same);
        if done.is_err() {
            prop_assert_eq!(&lifted, &before);
            prop_assert_eq!(&extracted, &before);
            return Ok(());
        }
        keeps_the_rules(&lifted);
        keeps_the_rules(&extracted);
        let kept = |track: &Track| {
            let clips = track.clips().map(|placed| placed.clip);
            clips.map(|clip| (clip.flow_id.clone(), clip.first, clip.frames)).collect::<Vec<_>>()
        };
        prop_assert_eq!(kept(&lifted), kept(&extracted));
        // Without its first clip the track has another rate.
        if lifted.frame_rate() != before.frame_rate() {
            return Ok(());
        }
        let gap = lifted.items().iter().find(|item| item.clip().is_none());
        let gap = gap.map(|gap| gap.length(None)).unwrap();
        let over = lifted.length().checked_sub(before.length());
        prop_assert!(over == Some(0) || over.is_some_and(|over| gap == 1 && over <= 2), "{:?}", over);
        // The frames that are kept are all those of clips outside, and of clips on the ends those
        // that are shown outside.
        for placed in before.clips() {
            let outside = placed.range().end <= range.start || placed.at >= range.end;
            let clip = placed.clip;
            let whole = (clip.flow_id.clone(), clip.first, clip.frames);
            prop_assert!(!outside || kept(&lifted).contains(&whole));
        }
        let taken: u64 = before.clips().map(|p| p.clip.frames).sum::<u64>()
            - lifted.clips().map(|p| p.clip.frames).sum::<u64>();
        prop_assert!(taken > 0);
    }

    #[test]
    fn ripple_changes_one_clip_by_frames_of_its_flow(
        parts in parts(),
        share in 0..1000_usize,
        out in any::<bool>(),
        frames in -30..=30_i64,
    ) {
        let mut ids = Ids::default();
        let before = track(&mut ids, &parts);
        let index = share * parts.len() / 1000;
        let clip = id(&before, index);
        let edge = if out { Edge::Out } else { Edge::In };
        let mut track = before.clone();
        let done = edit(&mut ids, |ports| track.ripple(clip, edge, frames, ports));
        let (_, first, n) = parts[index];
        let (less, more) = (n as i64 - 1, if out { FRAMES - first - n } else { first } as i64);
        let fits = if out { -less..=more } else { -more..=less }.contains(&frames);
        prop_assert_eq!(done.is_ok(), fits);
        keeps_the_rules(&track);
        let mut expected = parts.clone();
        if fits {
            let (shift, grow) = if out { (0, frames) } else { (frames, -frames) };
            expected[index].1 = first.checked_add_signed(shift).unwrap();
            expected[index].2 = n.checked_add_signed(grow).unwrap();
        }
        let got: Vec<_> = clips(&track).iter().map(|c| (c.0.to_owned(), c.3, c.4)).collect();
        let expected: Vec<_> = expected.iter().map(|p| (p.0.to_owned(), p.1, p.2)).collect();
        prop_assert_eq!(got, expected);
        prop_assert_eq!(track.clip(clip).unwrap().at, before.clip(clip).unwrap().at);
    }

    #[test]
    fn a_part_that_is_trimmed_to_a_range_never_reaches_over_it(
        parts in parts(),
        flow in prop::sample::select(&RATES[..]),
        (first, frames) in (0..200_u64, 1..200_u64),
        (a, b) in (0..1000_u64, 0..=1000_u64),
    ) {
        let mut ids = Ids::default();
        let mut filled = track(&mut ids, &parts);
        let before = filled.clone();
        let at = |share: u64| before.length() * share / 1000;
        let range = at(a.min(b))..at(a.max(b));
        let part = part(flow, first, frames);
        let done = edit(&mut ids, |ports| filled.fill(range.clone(), part, Sequence, ports));
        let Ok(id) = done else {
            prop_assert_eq!(filled, before);
            return Ok(());
        };
        keeps_the_rules(&filled);
        if filled.frame_rate() == before.frame_rate() {
            let length = filled.clip(id).unwrap().length;
            prop_assert!(length <= range.end - range.start);
            let clip = filled.clip(id).unwrap().clip;
            prop_assert_eq!(clip.first, first);
            // It takes all there is, or one frame more would be too many.
            let longer = Flows.timerange(flow, first, clip.frames + 1).unwrap();
            let retime = mediatime::Retime::new(rate(flow), before.frame_rate());
            let longer = retime.frames(clip.frames + 1, longer);
            prop_assert!(clip.frames == frames || longer > range.end - range.start);
        }
    }
}
