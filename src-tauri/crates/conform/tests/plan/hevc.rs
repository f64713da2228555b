//! HEVC: GOPs that may begin with pictures that look into the one before.

use std::sync::Arc;

use conform::{
    CutPlan, Encoders, Mode, Options, PictureKind, Source, SpanKind, UnitKind, VideoCodec, conform,
    snap_in, snap_out,
};
use proptest::prelude::*;

use crate::properties::{
    assert_tiles, clips_of, closed_prefix, in_runs, medium_and_cuts, pictures_of,
};
use crate::synthetic::{GopSpec, Spec, clip, edit, shown, taken, track_of, units_in};

const BOTH: Encoders = Encoders {
    h264: Some(PictureKind::PLAIN),
    hevc: Some(PictureKind {
        bit_depth: 10,
        chroma_format_idc: 3,
    }),
};

fn options(encoders: Encoders) -> Options {
    Options {
        mode: Mode::Auto,
        encoders,
        codec: None,
        single_parameter_set: false,
        pace: conform::Pace::default(),
    }
}

/// A copy can be decoded from its first picture: it begins with a key frame and without leading pictures,
/// and from there on nothing is missing.
fn assert_copies_can_be_decoded(plan: &CutPlan, sources: &[Arc<Source>]) {
    for span in plan.video.iter().filter(|span| span.kind == SpanKind::Copy) {
        let mut first_of_span = true;
        for piece in &span.sources {
            let track = track_of(&piece.object_id, sources);
            let units = units_in(track, piece.mark_in, piece.mark_out);
            let (first, last) = (*units.first().unwrap(), *units.last().unwrap());
            let key = &track.units[first];
            assert_ne!(key.kind, UnitKind::Delta, "{piece:?}");
            let left_out = |unit: &usize| {
                let picture = &track.units[*unit];
                let in_first = track.units[first + 1..=*unit]
                    .iter()
                    .all(|other| other.kind == UnitKind::Delta);
                first_of_span && in_first && picture.pts < key.pts
            };
            let wanted: Vec<usize> = (first..=last).filter(|unit| !left_out(unit)).collect();
            assert_eq!(units, wanted, "{piece:?}");
            first_of_span = false;
        }
    }
}

/// How many frames of the cuts can be copied, picture by picture.
fn copyable_frames(source: &Source, cuts: &[(usize, usize)]) -> u64 {
    let all = shown(source);
    let object = &source.objects()[0];
    let track = object.index.video.as_ref().unwrap();
    let is_key = |unit: &usize| track.units[*unit].kind != UnitKind::Delta;
    let keys: Vec<usize> = (0..track.units.len()).filter(is_key).collect();
    let place = |unit: usize| {
        let picture = (object.object_id.clone(), track.units[unit].pts);
        all.iter()
            .position(|shown| *shown == picture)
            .filter(|_| track.units[unit].presented)
    };
    let mut copied = 0;
    for cut in in_runs(cuts) {
        let mut goes_on = None;
        for (number, &key) in keys.iter().enumerate() {
            let end = keys.get(number + 1).copied().unwrap_or(track.units.len());
            let inside = |unit: usize| place(unit).is_some_and(|at| (cut.0..cut.1).contains(&at));
            let (leading, others): (Vec<usize>, Vec<usize>) =
                (key..end).partition(|unit| track.units[*unit].pts < track.units[key].pts);
            let places: Vec<usize> = others.iter().filter_map(|unit| place(*unit)).collect();
            let kept = match places.len() == others.len() && inside(key) {
                true => closed_prefix(&places, cut.1),
                false => 0,
            };
            if kept == 0 {
                if (key..end).any(inside) {
                    goes_on = None;
                }
                continue;
            }
            let first = (key..end).filter_map(place).min();
            let with_leading = leading.iter().all(|unit| inside(*unit))
                && (goes_on.is_some() && goes_on == first
                    || track.units[key].kind == UnitKind::Idr);
            copied += kept + if with_leading { leading.len() } else { 0 };
            goes_on = (key..end).filter_map(place).max().map(|last| last + 1);
        }
    }
    copied as u64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn open_gops_are_copied_as_far_as_they_can_be_decoded((spec, cuts) in medium_and_cuts(true)) {
        let spec = Spec { codec: "hevc", ..spec };
        let source = spec.file("/media/a.mp4");
        let all = shown(&source).len();
        let cuts: Vec<_> = cuts.into_iter().map(|(a, b)| (a.min(all - 1), b.min(all))).collect();
        let cuts: Vec<_> = cuts.into_iter().filter(|(a, b)| a < b).collect();
        prop_assume!(!cuts.is_empty());
        let wanted = edit(clips_of(&source, &cuts));
        let (plan, issues) = conform(&wanted, &options(BOTH)).unwrap();
        let rendered = |issues: &[conform::Issue]| {
            issues.iter().any(|issue| issue.what.contains("rendered to H.264"))
        };
        prop_assert!(!rendered(&issues), "{:?}", issues);
        assert_tiles(&plan, spec.frame_rate());
        let sources = [Arc::clone(&source)];
        prop_assert_eq!(taken(&plan, &sources), pictures_of(&source, &cuts));
        let copyable = copyable_frames(&source, &cuts);
        match plan.format.codec {
            VideoCodec::Hevc => {
                assert_copies_can_be_decoded(&plan, &sources);
                prop_assert_eq!(plan.copied_frames(), copyable);
            }
            VideoCodec::H264 => prop_assert_eq!(copyable, 0),
        }
        // Without an encoder of HEVC it is all or nothing.
        let (other, issues) = conform(&wanted, &options(Encoders::H264)).unwrap();
        prop_assert_eq!(taken(&other, &sources), pictures_of(&source, &cuts));
        let whole = other.format.codec == VideoCodec::Hevc;
        prop_assert_eq!(whole, copyable == plan.frames);
        prop_assert_eq!(rendered(&issues), !whole && copyable > 0);
        prop_assert_eq!(other.copied_frames(), if whole { plan.frames } else { 0 });
    }
}

/// Of two codecs, that of more pictures that can be copied is the output's.
#[test]
fn the_output_has_the_codec_of_most_copies() {
    let h264 = Spec::plain(&[25, 25]).file("/media/a.mp4");
    let spec = Spec {
        codec: "hevc",
        ..Spec::plain(&[25, 25, 25])
    };
    let hevc = spec.file("/media/b.mp4");
    let codec = |a: std::ops::Range<usize>, b: std::ops::Range<usize>, encoders| {
        let clips = [clip("a", &h264, a), clip("b", &hevc, b)];
        let (plan, _) = conform(&edit(clips), &options(encoders)).unwrap();
        let kinds: Vec<SpanKind> = plan.video.iter().map(|span| span.kind).collect();
        (plan.format.codec, kinds)
    };
    use SpanKind::{Compose, Copy};
    use VideoCodec::{H264, Hevc};
    assert_eq!(codec(0..50, 0..75, BOTH), (Hevc, vec![Compose, Copy]));
    assert_eq!(codec(0..50, 0..25, BOTH), (H264, vec![Copy, Compose]));
    assert_eq!(codec(0..25, 0..25, BOTH), (H264, vec![Copy, Compose]));
    assert_eq!(
        codec(0..50, 0..75, Encoders::H264),
        (H264, vec![Copy, Compose])
    );
    let asked = Options {
        codec: Some(H264),
        ..options(BOTH)
    };
    let (plan, _) = conform(&edit([clip("b", &hevc, 0..75)]), &asked).unwrap();
    assert_eq!((plan.format.codec, plan.copied_frames()), (H264, 0));
}

#[test]
fn marks_snap_to_where_nothing_is_encoded() {
    let closed = Spec::plain(&[7, 7, 5]).file("/media/a.mp4");
    let places = |snap: conform::Snap| (snap.before, snap.after, snap.is_lossless());
    assert_eq!(places(snap_in(&closed, 9)), (Some(7), Some(14), false));
    assert_eq!(places(snap_in(&closed, 14)), (Some(14), Some(14), true));
    assert_eq!(places(snap_in(&closed, 16)), (Some(14), None, false));
    assert_eq!(
        places(snap_out(&closed, 3)),
        (Some(3), Some(3), true),
        "without B pictures"
    );
    assert_eq!(places(snap_out(&closed, 19)), (Some(19), Some(19), true));
    assert_eq!(snap_in(&closed, 9).nearest(), Some((7, 2)));
    assert_eq!(snap_in(&closed, 11).nearest(), Some((14, 3)));
    // Three leading pictures: 10 and 11 and 12 are shown before the key frame 13.
    let gop = |open| GopSpec {
        frames: 10,
        bframes: 3,
        open,
    };
    let open = Spec {
        codec: "hevc",
        gops: vec![gop(false), gop(true), gop(true)],
        ..Spec::plain(&[2])
    };
    let open = open.file("/media/b.mp4");
    assert_eq!(places(snap_in(&open, 12)), (Some(0), Some(13), false));
    assert_eq!(places(snap_out(&open, 12)), (Some(10), Some(14), false));
    // What a plan makes of them.
    for (frames, copies) in [(0..10, 10), (13..30, 17), (13..20, 7), (10..20, 7)] {
        let clips = [clip("b", &open, frames)];
        let (plan, _) = conform(&edit(clips), &options(BOTH)).unwrap();
        assert_eq!(plan.copied_frames(), copies);
    }
}
