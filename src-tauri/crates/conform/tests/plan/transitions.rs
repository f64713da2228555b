//! Dissolves and fades: every frame of the output is the mix that it should be, whatever the media and
//! the lengths.

use std::sync::Arc;

use conform::{
    ConformError, CutPlan, Edit, FadeWay, Mode, SourcePiece, SpanKind, Transition, VideoSpan,
    conform,
};
use mediatime::{FrameRate, RationalTime};
use proptest::prelude::*;

use crate::properties::{
    assert_copies_are_whole, assert_tiles, clips_of, medium_and_cuts, options,
};
use crate::synthetic::{Picture, clip, edit, shown, units_in};

/// What a frame shows: a picture and how much of it, in parts of the fade's steps; nothing is black.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    One(Picture),
    Mix {
        out: Option<Picture>,
        into: Option<Picture>,
        share: (u64, u64),
    },
    Black,
}

fn pictures(pieces: &[&SourcePiece], source: &conform::Source) -> Vec<Picture> {
    let track = source.objects()[0].index.video.as_ref().unwrap();
    let mut pictures = Vec::new();
    for piece in pieces {
        let units = units_in(track, piece.mark_in, piece.mark_out);
        let mut times: Vec<i64> = units.iter().map(|unit| track.units[*unit].pts).collect();
        times.sort_unstable();
        pictures.extend(times.into_iter().map(|pts| (piece.object_id.clone(), pts)));
    }
    pictures
}

/// What every frame of a plan shows; all its media are one object.
pub(crate) fn seen(plan: &CutPlan, source: &conform::Source) -> Vec<Seen> {
    plan.video
        .iter()
        .flat_map(|span| span_seen(span, source))
        .collect()
}

fn span_seen(span: &VideoSpan, source: &conform::Source) -> Vec<Seen> {
    let layer = |number: u8| -> Vec<&SourcePiece> {
        let pieces = span.sources.iter();
        pieces.filter(|piece| piece.layer == number).collect()
    };
    if span.sources.is_empty() {
        return vec![Seen::Black; usize::try_from(span.frames).unwrap()];
    }
    if span.sources[0].fade.is_none() {
        let own = pictures(&layer(0), source);
        assert_eq!(own.len() as u64, span.frames, "{span:?}");
        return own.into_iter().map(Seen::One).collect();
    }
    let (mut out, mut into, mut shares) = (None, None, Vec::new());
    for number in 0..2 {
        let pieces = layer(number);
        let Some(fade) = pieces.first().and_then(|piece| piece.fade) else {
            continue;
        };
        assert!(pieces.iter().all(|piece| piece.fade == Some(fade)));
        let mut own = pictures(&pieces, source);
        assert_eq!(own.len() as u64 + fade.hold, span.frames, "{span:?}");
        let held = usize::try_from(fade.hold).unwrap();
        shares = (0..span.frames)
            .map(|frame| (fade.step(frame), fade.steps()))
            .collect();
        match fade.way {
            FadeWay::In => {
                let first = own[0].clone();
                own.splice(..0, std::iter::repeat_n(first, held));
                into = Some(own);
            }
            FadeWay::Out => {
                let last = own[own.len() - 1].clone();
                own.extend(std::iter::repeat_n(last, held));
                out = Some(own);
            }
        }
    }
    (0..usize::try_from(span.frames).unwrap())
        .map(|frame| Seen::Mix {
            out: out.as_ref().map(|pictures| pictures[frame].clone()),
            into: into.as_ref().map(|pictures| pictures[frame].clone()),
            share: shares[frame],
        })
        .collect()
}

/// A cut with frames of nothing in front of it, and its transitions in frames before and behind.
#[derive(Clone, Debug)]
struct Cut {
    frames: (usize, usize),
    gap: usize,
    head: (usize, usize),
    tail: (usize, usize),
}

fn lengths() -> impl Strategy<Value = (usize, usize)> {
    prop_oneof![
        2 => Just((0, 0)),
        3 => (0..6_usize, 0..6_usize),
    ]
}

fn with_transitions() -> impl Strategy<Value = (crate::synthetic::Spec, Vec<Cut>)> {
    medium_and_cuts(false).prop_flat_map(|(spec, cuts)| {
        let more = prop::collection::vec((0..12_usize, lengths(), lengths()), cuts.len());
        (Just(spec), Just(cuts), more).prop_map(|(spec, cuts, more)| {
            let cuts = cuts.into_iter().zip(more);
            let cuts = cuts.map(|(frames, (gap, head, tail))| Cut {
                frames,
                gap: if gap < 6 { 0 } else { gap },
                head,
                tail,
            });
            (spec, cuts.collect())
        })
    })
}

/// What should be seen, frame by frame; `None` when the transitions don't fit.
fn model(cuts: &[Cut], all: &[Picture]) -> Option<Vec<Seen>> {
    let picture = |index: i64| {
        let last = i64::try_from(all.len()).unwrap() - 1;
        all[usize::try_from(index.clamp(0, last)).unwrap()].clone()
    };
    let signed = |count: usize| i64::try_from(count).unwrap();
    // The plain sequence first, then each transition over it.
    let (mut frames, mut starts, mut at) = (Vec::new(), Vec::new(), 0_i64);
    for cut in cuts {
        frames.extend(std::iter::repeat_n(Seen::Black, cut.gap));
        at += signed(cut.gap);
        starts.push(at);
        for frame in cut.frames.0..cut.frames.1 {
            frames.push(Seen::One(picture(signed(frame))));
        }
        at += signed(cut.frames.1 - cut.frames.0);
    }
    let mut taken: Vec<(i64, i64)> = Vec::new();
    let mut lay = |frames: &mut Vec<Seen>,
                   cut: i64,
                   (before, behind): (usize, usize),
                   out: Option<i64>,
                   into: Option<i64>| {
        let of = before + behind;
        if of == 0 {
            return Some(());
        }
        let first = cut - signed(before);
        let end = cut + signed(behind);
        if taken.iter().any(|(a, b)| first < *b && *a < end) {
            return None;
        }
        taken.push((first, end));
        for k in 0..signed(of) {
            let slot = usize::try_from(first + k).ok()?;
            if slot >= frames.len() {
                frames.resize(slot + 1, Seen::Black);
            }
            let from_cut = k - signed(before);
            frames[slot] = Seen::Mix {
                out: out.map(|out| picture(out + from_cut)),
                into: into.map(|into| picture(into + from_cut)),
                share: (
                    u64::try_from(k + 1).unwrap(),
                    u64::try_from(of + 1).unwrap(),
                ),
            };
        }
        Some(())
    };
    for (number, cut) in cuts.iter().enumerate() {
        let (start, length) = (starts[number], signed(cut.frames.1 - cut.frames.0));
        let next = cuts.get(number + 1);
        let mut head = cut.head;
        if number == 0 && cut.gap == 0 {
            head.0 = 0;
        }
        let before = number.checked_sub(1).map(|before| &cuts[before]);
        let joined = before.filter(|_| cut.gap == 0);
        if let Some(before) = joined {
            if before.tail != (0, 0) {
                if head != (0, 0) {
                    return None;
                }
                head = before.tail;
            }
            // Each side has to lie on its own clip.
            let room = signed(before.frames.1 - before.frames.0);
            if signed(head.0) > room {
                return None;
            }
        } else if head.0 > cut.gap {
            return None;
        }
        if signed(head.1) > length {
            return None;
        }
        lay(
            &mut frames,
            start,
            head,
            joined.map(|before| signed(before.frames.1)),
            Some(signed(cut.frames.0)),
        )?;
        if next.is_none_or(|next| next.gap > 0) {
            if signed(cut.tail.0) > length || next.is_some_and(|next| cut.tail.1 > next.gap) {
                return None;
            }
            lay(
                &mut frames,
                start + length,
                cut.tail,
                Some(signed(cut.frames.1)),
                None,
            )?;
        }
    }
    Some(frames)
}

fn laid(rate: FrameRate, (before, behind): (usize, usize)) -> Option<Transition> {
    let time = |frames: usize| rate.frame_start(i64::try_from(frames).unwrap());
    (before + behind > 0).then(|| Transition {
        before: time(before),
        behind: time(behind),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_frame_is_the_mix_that_it_should_be((spec, cuts) in with_transitions()) {
        let source = spec.file("a");
        let rate = spec.frame_rate();
        let marks: Vec<(usize, usize)> = cuts.iter().map(|cut| cut.frames).collect();
        let mut edit = edit(clips_of(&source, &marks));
        for (place, cut) in cuts.iter().enumerate() {
            let track = &mut edit.tracks[0];
            if cut.gap > 0 {
                track.gaps.insert(place, rate.frame_start(i64::try_from(cut.gap).unwrap()));
            }
            track.heads.extend(laid(rate, cut.head).map(|head| (place, head)));
            track.tails.extend(laid(rate, cut.tail).map(|tail| (place, tail)));
        }
        let wanted = model(&cuts, &shown(&source));
        match (conform(&edit, &options(Mode::Auto)), wanted) {
            (Ok((plan, _)), Some(wanted)) => {
                assert_tiles(&plan, rate);
                assert_copies_are_whole(&plan, &[Arc::clone(&source)]);
                prop_assert_eq!(seen(&plan, &source), wanted);
            }
            (Err(ConformError::CannotPlace { .. }), None) => {}
            (found, wanted) => prop_assert!(false, "{found:?}\nwanted: {wanted:?}"),
        }
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let source = crate::synthetic::Spec::plain(&[10, 10, 10]).file("a");
    let rate = source.frame_rate().unwrap();
    let dissolve = |frames: i64| Transition {
        before: rate.frame_start(frames),
        behind: rate.frame_start(frames),
    };
    let two = || edit([clip("one", &source, 0..10), clip("two", &source, 12..16)]);
    let told = |edit: &Edit| conform(edit, &options(Mode::Auto)).unwrap_err().to_string();
    let mut long = two();
    long.tracks[0].heads.insert(1, dissolve(6));
    assert!(
        told(&long).starts_with("two: it has 4 frames"),
        "{}",
        told(&long)
    );
    let mut twice = two();
    twice.tracks[0].heads.insert(1, dissolve(1));
    twice.tracks[0].tails.insert(0, dissolve(1));
    assert!(
        told(&twice).starts_with("two: two transitions"),
        "{}",
        told(&twice)
    );
    let mut endless = two();
    let year = RationalTime::new(365 * 24 * 3600, 1).unwrap();
    let whole = Transition {
        before: year,
        behind: year,
    };
    endless.tracks[0].heads.insert(1, whole);
    assert!(
        told(&endless).contains("longer than a day"),
        "{}",
        told(&endless)
    );
    let mut copied = edit([clip("one", &source, 0..11), clip("two", &source, 12..16)]);
    copied.tracks[0].heads.insert(1, dissolve(1));
    let refused = conform(&copied, &options(Mode::Copy)).unwrap_err();
    assert!(
        refused.to_string().contains("a dissolve of 2 frames"),
        "{refused}"
    );
}

#[test]
fn a_side_that_is_too_short_stands_and_says_so() {
    let source = crate::synthetic::Spec::plain(&[10, 10, 10]).file("a");
    let rate = source.frame_rate().unwrap();
    let mut edit = edit([clip("one", &source, 20..30), clip("two", &source, 1..20)]);
    let dissolve = Transition {
        before: rate.frame_start(4),
        behind: rate.frame_start(4),
    };
    edit.tracks[0].heads.insert(1, dissolve);
    let (plan, issues) = conform(&edit, &options(Mode::Auto)).unwrap();
    let mixed = plan
        .video
        .iter()
        .find(|span| span.kind == SpanKind::Compose);
    let holds: Vec<u64> = mixed
        .unwrap()
        .sources
        .iter()
        .map(|piece| piece.fade.unwrap().hold)
        .collect();
    assert_eq!(holds, [4, 3]);
    assert_eq!(
        issues
            .iter()
            .filter(|issue| issue.what.contains("too few"))
            .count(),
        2
    );
}

#[test]
fn halves_of_a_frame_are_one_frame() {
    let source = crate::synthetic::Spec::plain(&[10, 10, 10]).file("a");
    let rate = source.frame_rate().unwrap();
    let one = rate.frame_duration();
    let part = |num: i128, den: u64| RationalTime::new(one.num() * num, one.den() * den).unwrap();
    for (before, behind, frames) in [
        (part(1, 2), part(1, 2), 1),
        (part(2, 5), part(2, 5), 1),
        (part(1, 5), part(1, 5), 0),
        (part(3, 2), part(3, 2), 3),
    ] {
        let mut edit = edit([clip("one", &source, 0..10), clip("two", &source, 12..22)]);
        edit.tracks[0]
            .heads
            .insert(1, Transition { before, behind });
        let (plan, _) = conform(&edit, &options(Mode::Auto)).unwrap();
        let mixed = plan
            .video
            .iter()
            .filter(|span| span.kind == SpanKind::Compose);
        assert_eq!(mixed.map(|span| span.frames).sum::<u64>(), frames);
    }
}

#[test]
fn a_side_of_another_rate_that_is_too_short_stands_too() {
    let slow = crate::synthetic::Spec {
        rate: (24, 1),
        ..crate::synthetic::Spec::plain(&[24])
    };
    let fast = crate::synthetic::Spec {
        rate: (50, 1),
        ..crate::synthetic::Spec::plain(&[50, 50])
    };
    let (slow, fast) = (slow.file("slow"), fast.file("fast"));
    // The slow clip is shown at 50 frames a second, and ends with its medium.
    let mut edit = edit([
        clip("first", &fast, 0..20),
        clip("slow", &slow, 12..24),
        clip("last", &fast, 40..80),
    ]);
    let rate = fast.frame_rate().unwrap();
    let dissolve = Transition {
        before: rate.frame_start(4),
        behind: rate.frame_start(6),
    };
    edit.tracks[0].heads.insert(2, dissolve);
    let (plan, issues) = conform(&edit, &options(Mode::Auto)).unwrap();
    assert_tiles(&plan, rate);
    let out = plan.video.iter().flat_map(|span| &span.sources);
    let holds: Vec<u64> = out
        .filter_map(|piece| piece.fade)
        .map(|fade| fade.hold)
        .collect();
    assert_eq!(holds, [6, 0]);
    assert!(
        issues
            .iter()
            .any(|issue| issue.what.contains("6 frames too few")),
        "{issues:?}"
    );
}
