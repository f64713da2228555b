//! What holds for every plan.

use std::sync::Arc;

use conform::{
    Clip, CutPlan, Encoders, Mark, Mode, Options, Seconds, Source, SpanKind, UnitKind, conform,
};
use mediatime::{FrameRate, RationalTime};
use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::synthetic::{
    GopSpec, Picture, SoundSpec, Spec, clip, edit, nanos, shown, taken, track_of, units_in,
};

const RATES: [(u32, u32); 8] = [
    (24_000, 1001),
    (24, 1),
    (25, 1),
    (30_000, 1001),
    (30, 1),
    (50, 1),
    (60_000, 1001),
    (60, 1),
];

fn gops(open: bool) -> impl Strategy<Value = Vec<GopSpec>> {
    let gop = (1..14_usize, 0..4_usize, any::<bool>()).prop_map(move |(frames, bframes, opens)| {
        GopSpec {
            frames,
            bframes,
            open: open && opens,
        }
    });
    prop::collection::vec(gop, 1..7).prop_map(|mut gops| {
        // Rates are told from frame times: a medium of one frame has none.
        gops[0].frames += 1;
        gops[0].open = false;
        gops
    })
}

fn sound() -> impl Strategy<Value = Option<SoundSpec>> {
    let track = (
        prop::sample::select(vec![44_100_u32, 48_000]),
        prop::sample::select(vec![1_u16, 2, 6]),
        prop::sample::select(vec![-2048_i64, -1024, 0, 700, 9600]),
    );
    prop::option::weighted(
        0.8,
        track.prop_map(|(rate, channels, starts)| SoundSpec {
            rate,
            channels,
            starts,
        }),
    )
}

/// A medium of any structure, with times in ticks of its rate or of MPEG systems.
pub(crate) fn medium(open: bool) -> impl Strategy<Value = Spec> {
    let structure = (
        prop::sample::select(RATES.to_vec()),
        any::<bool>(),
        gops(open),
        0..4_usize,
        sound(),
    );
    structure.prop_map(|(rate, coarse, gops, hidden, sound)| Spec {
        codec: "h264",
        rate,
        scale: if coarse { 90_000 } else { rate.0 * 512 },
        hidden: hidden.min(gops[0].frames - 2),
        gops,
        config: 1,
        size: (640, 360),
        sound,
    })
}

/// Up to five clips of a medium: index of the first frame and of the one behind the last.
fn cuts(frames: usize) -> impl Strategy<Value = Vec<(usize, usize)>> {
    let cut = (0..frames, 1..=frames).prop_map(|(a, b)| (a.min(b - 1), b.max(a + 1)));
    prop::collection::vec(cut, 1..5)
}

pub(crate) fn medium_and_cuts(open: bool) -> impl Strategy<Value = (Spec, Vec<(usize, usize)>)> {
    medium(open)
        .prop_flat_map(|spec| {
            let frames = spec.shown();
            (Just(spec), cuts(frames), any::<bool>())
        })
        .prop_map(|(spec, cuts, razor)| (spec, if razor { in_halves(&cuts) } else { cuts }))
}

/// The same cuts, each of which is cut once more in its middle.
fn in_halves(cuts: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let halves = cuts.iter().flat_map(|&(from, to)| {
        let middle = from.midpoint(to);
        [(from, middle), (middle, to)]
    });
    halves.filter(|(from, to)| from < to).collect()
}

/// Cuts that continue one another as one.
pub(crate) fn in_runs(cuts: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &(from, to) in cuts {
        match runs.last_mut() {
            Some(last) if last.1 == from => last.1 = to,
            _ => runs.push((from, to)),
        }
    }
    runs
}

pub(crate) fn clips_of(source: &Arc<Source>, cuts: &[(usize, usize)]) -> Vec<Clip> {
    let clip = |(number, cut): (usize, &(usize, usize))| {
        clip(&format!("clip {number}"), source, cut.0..cut.1)
    };
    cuts.iter().enumerate().map(clip).collect()
}

pub(crate) fn pictures_of(source: &Source, cuts: &[(usize, usize)]) -> Vec<Picture> {
    let all = shown(source);
    cuts.iter()
        .flat_map(|cut| all[cut.0..cut.1].to_vec())
        .collect()
}

pub(crate) fn options(mode: Mode) -> Options {
    Options {
        mode,
        encoders: conform::Encoders::H264,
        codec: None,
        single_parameter_set: false,
        pace: conform::Pace::default(),
    }
}

/// The hash of a plan as anybody can compute it from the plan's JSON: keys in order, no white space, and
/// neither the hash nor the costs.
fn hash_of_json(plan: &CutPlan) -> String {
    fn canonical(value: &Value) -> String {
        match value {
            Value::Object(map) => {
                let told = |key: &str| !["hash", "bytes", "seconds"].contains(&key);
                let told = map.iter().filter(|(key, _)| told(key));
                let mut entries: Vec<_> = told
                    .map(|(key, value)| {
                        format!("{}:{}", Value::from(key.as_str()), canonical(value))
                    })
                    .collect();
                entries.sort();
                format!("{{{}}}", entries.join(","))
            }
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(canonical).collect();
                format!("[{}]", items.join(","))
            }
            scalar => scalar.to_string(),
        }
    }
    let digest = Sha256::digest(canonical(&serde_json::to_value(plan).unwrap()));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The spans of both lists follow one another from 0 to the end, counted in frames and in samples.
pub(crate) fn assert_tiles(plan: &CutPlan, rate: FrameRate) {
    assert_eq!(plan.hash, hash_of_json(plan));
    let mut frame = 0;
    for span in &plan.video {
        assert!(span.frames > 0, "an empty span: {span:?}");
        assert!(
            !span.reason.is_empty() && span.sources.is_empty() == (span.kind == SpanKind::Fill),
            "{span:?}"
        );
        assert_eq!(span.at, rate.frame_start(frame).to_timestamp(), "{span:?}");
        frame += i64::try_from(span.frames).unwrap();
    }
    assert_eq!(frame, i64::try_from(plan.frames).unwrap());
    let end = rate.frame_start(frame);
    assert_eq!(plan.duration, end.to_timestamp());
    let Some(audio) = plan.format.audio else {
        assert!(plan.audio.is_empty());
        return;
    };
    let mut sample = 0;
    for span in &plan.audio {
        assert!(span.samples > 0, "an empty span: {span:?}");
        let at = RationalTime::from_ticks(sample, audio.sample_rate).unwrap();
        assert_eq!(span.at, at.to_timestamp(), "{span:?}");
        assert_eq!(
            span.sources.is_empty(),
            span.kind == SpanKind::Fill,
            "{span:?}"
        );
        sample += i64::try_from(span.samples).unwrap();
    }
    assert_eq!(
        sample,
        end.round_ticks(audio.sample_rate),
        "the sound is as long as the pictures"
    );
}

/// Every copied piece begins with an IDR picture, and holds all that is decoded until its last picture: so
/// nothing of it needs anything else.
pub(crate) fn assert_copies_are_whole(plan: &CutPlan, sources: &[Arc<Source>]) {
    for span in plan.video.iter().filter(|span| span.kind == SpanKind::Copy) {
        let mut frames = 0;
        for piece in &span.sources {
            let track = track_of(&piece.object_id, sources);
            let units = units_in(track, piece.mark_in, piece.mark_out);
            let (first, last) = (*units.first().unwrap(), *units.last().unwrap());
            assert_eq!(
                units,
                (first..=last).collect::<Vec<_>>(),
                "a hole in {piece:?}"
            );
            assert_eq!(track.units[first].kind, UnitKind::Idr, "{piece:?}");
            frames += units.len() as u64;
        }
        assert_eq!(frames, span.frames, "{span:?}");
    }
}

/// How many of these places, in decode order, fill a stretch of the output that begins with the first and ends
/// at `end` at the latest, and hold all that was decoded until then.
pub(crate) fn closed_prefix(places: &[usize], end: usize) -> usize {
    let is_closed = |count: &usize| {
        let taken = &places[..*count];
        let reached = taken.iter().max().map_or(0, |last| last + 1);
        reached <= end && reached - places[0] == *count
    };
    (1..=places.len()).filter(is_closed).max().unwrap_or(0)
}

/// How many frames of the cuts lie in GOPs that are closed and shown entirely, from the key frame on and as far
/// as nothing behind the cut is needed for them.
fn copyable_frames(source: &Source, cuts: &[(usize, usize)]) -> u64 {
    let cuts = in_runs(cuts);
    let all = shown(source);
    let mut copyable = 0;
    for object in source.objects() {
        let track = object.index.video.as_ref().unwrap();
        let is_start = |unit: &usize| track.units[*unit].kind == UnitKind::Idr;
        let starts: Vec<usize> = (0..track.units.len()).filter(is_start).collect();
        for (number, &start) in starts.iter().enumerate() {
            let end = starts.get(number + 1).copied().unwrap_or(track.units.len());
            let units = &track.units[start..end];
            let places: Vec<usize> = units
                .iter()
                .filter(|unit| unit.presented)
                .filter_map(|unit| {
                    let picture = (object.object_id.clone(), unit.pts);
                    all.iter().position(|shown| *shown == picture)
                })
                .collect();
            if places.len() != units.len() {
                continue;
            }
            let begun = cuts
                .iter()
                .filter(|cut| (cut.0..cut.1).contains(&places[0]));
            copyable += begun
                .map(|cut| closed_prefix(&places, cut.1) as u64)
                .sum::<u64>();
        }
    }
    copyable
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_file_is_planned_to_the_frame((spec, cuts) in medium_and_cuts(true)) {
        let source = spec.file("/media/a.mp4");
        let (plan, _) = conform(&edit(clips_of(&source, &cuts)), &options(Mode::Auto)).unwrap();
        prop_assert_eq!(plan.frame_rate, Some(spec.frame_rate()));
        assert_tiles(&plan, spec.frame_rate());
        let sources = [Arc::clone(&source)];
        prop_assert_eq!(taken(&plan, &sources), pictures_of(&source, &cuts));
        assert_copies_are_whole(&plan, &sources);
        prop_assert_eq!(plan.copied_frames(), copyable_frames(&source, &cuts));
    }

    #[test]
    fn cuts_that_change_nothing_change_nothing((spec, cuts) in medium_and_cuts(true)) {
        let source = spec.file("/media/a.mp4");
        let plan = |cuts: &[(usize, usize)]| {
            conform(&edit(clips_of(&source, cuts)), &options(Mode::Auto)).unwrap().0
        };
        let runs = in_runs(&cuts);
        prop_assert_eq!(plan(&in_halves(&runs)), plan(&runs));
    }

    #[test]
    fn stored_segments_are_planned_as_the_file_they_came_from(
        (spec, cuts) in medium_and_cuts(false), length in 1..3_usize, shift in 0..3_i64,
    ) {
        let spec = Spec { hidden: 0, ..spec };
        let cuts: Vec<_> = cuts.into_iter().map(|(a, b)| (a, b.min(spec.shown()))).collect();
        let mut objects = spec.segments(length, shift);
        // The order in which a server lists segments is no part of the edit.
        objects.reverse();
        let flow = Arc::new(Source::flow(objects.clone(), nanos(0)));
        let (plan, _) = conform(&edit(clips_of(&flow, &cuts)), &options(Mode::Auto)).unwrap();
        assert_tiles(&plan, spec.frame_rate());
        let sources = [Arc::clone(&flow)];
        prop_assert_eq!(taken(&plan, &sources), pictures_of(&flow, &cuts));
        assert_copies_are_whole(&plan, &sources);

        let file = spec.file("/media/a.mp4");
        let (of_file, _) = conform(&edit(clips_of(&file, &cuts)), &options(Mode::Auto)).unwrap();
        prop_assert_eq!(plan.frames, of_file.frames);
        prop_assert_eq!(plan.copied_frames(), of_file.copied_frames());
        let samples = |plan: &CutPlan| plan.audio.iter().map(|span| span.samples).sum::<u64>();
        prop_assert_eq!(samples(&plan), samples(&of_file));

        objects.reverse();
        let again = Arc::new(Source::flow(objects, nanos(0)));
        let (same, _) = conform(&edit(clips_of(&again, &cuts)), &options(Mode::Auto)).unwrap();
        prop_assert_eq!(&same.hash, &plan.hash);
    }

    #[test]
    fn every_mode_takes_the_same_frames((spec, cuts) in medium_and_cuts(true)) {
        let source = spec.file("/media/a.mp4");
        let sources = [Arc::clone(&source)];
        let expected = pictures_of(&source, &cuts);
        let wanted = edit(clips_of(&source, &cuts));
        let mut whole = true;
        for mode in [Mode::Auto, Mode::Smart, Mode::Render] {
            for (can_splice, single_parameter_set) in [(true, false), (false, false), (true, true)] {
                let encoders = if can_splice { Encoders::H264 } else { Encoders::default() };
                let options = Options { mode, encoders, single_parameter_set, ..Options::default() };
                let plan = match conform(&wanted, &options) {
                    Ok((plan, _)) => plan,
                    Err(error) => {
                        // Smart refuses what it would have to render whole.
                        prop_assert!(mode == Mode::Smart && (!can_splice || single_parameter_set), "{}", error);
                        continue;
                    }
                };
                assert_tiles(&plan, spec.frame_rate());
                prop_assert_eq!(taken(&plan, &sources), expected.clone());
                let copied = plan.copied_frames();
                if mode == Mode::Render {
                    prop_assert_eq!(copied, 0);
                }
                if !can_splice || single_parameter_set {
                    prop_assert!(copied == 0 || copied == plan.frames, "{} of {} copied", copied, plan.frames);
                }
                if mode == Mode::Auto && can_splice && !single_parameter_set {
                    whole = copied == plan.frames;
                }
            }
        }
        match conform(&wanted, &options(Mode::Copy)) {
            Ok((plan, _)) => {
                prop_assert!(whole, "copy copies what auto does not");
                prop_assert_eq!(plan.copied_frames(), plan.frames);
                prop_assert_eq!(taken(&plan, &sources), expected);
            }
            Err(error) => {
                prop_assert!(!whole, "copy refuses what auto copies: {}", error);
                prop_assert!(error.to_string().contains("nearest cuts"), "{}", error);
            }
        }
    }

    #[test]
    fn times_choose_the_frames_that_the_rule_says(
        spec in medium(true), a in 0.0..1.0_f64, b in 0.0..1.0_f64, absolute: bool,
    ) {
        let source = spec.file("/media/a.mp4");
        let end = (source.end() - source.origin()).to_timestamp().nanos();
        let pick = |part: f64| (part * end as f64) as i128;
        let (from, to) = (pick(a.min(b)), pick(a.max(b)));
        // The first shown frame of a file is at 0 on its own timeline, so both forms say the same.
        let mark = |at: i128| Some(if absolute {
            Mark::Absolute(nanos(at))
        } else {
            Mark::Offset(RationalTime::new(at, 1_000_000_000).unwrap())
        });
        let clip = Clip { mark_in: mark(from), mark_out: mark(to), ..clip("c", &source, 0..1) };
        let scale = i128::from(spec.scale);
        let inside = |pts: i64| {
            let time = i128::from(pts) * 1_000_000_000;
            from * scale <= time && time < to * scale
        };
        let expected: Vec<Picture> = shown(&source).into_iter().filter(|(_, pts)| inside(*pts)).collect();
        match conform(&edit([clip]), &options(Mode::Auto)) {
            Ok((plan, _)) => prop_assert_eq!(taken(&plan, &[source]), expected),
            Err(error) => {
                prop_assert!(expected.is_empty(), "{}", error);
                prop_assert!(error.to_string().starts_with("c: no frame lies between"), "{}", error);
            }
        }
    }

    #[test]
    fn the_hash_is_of_what_is_made_and_not_of_what_it_costs(
        (spec, cuts) in medium_and_cuts(true), bytes: u32, millis: u32,
    ) {
        let source = spec.file("/media/a.mp4");
        let wanted = edit(clips_of(&source, &cuts));
        let (plan, _) = conform(&wanted, &options(Mode::Auto)).unwrap();
        let (again, _) = conform(&wanted, &options(Mode::Auto)).unwrap();
        prop_assert_eq!(&plan.hash, &again.hash);
        prop_assert_eq!(plan.hash.len(), 64);
        let mut dearer = plan.clone();
        for span in &mut dearer.video {
            span.bytes += u64::from(bytes);
            span.seconds = Seconds { millis: u64::from(millis) };
        }
        for span in &mut dearer.audio {
            span.bytes += u64::from(bytes);
        }
        prop_assert_eq!(&dearer.compute_hash(), &plan.hash);
        let text = serde_json::to_string(&plan).unwrap();
        let read: CutPlan = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read.compute_hash(), &plan.hash);

        let mut other = plan.clone();
        other.video[0].frames += 1;
        prop_assert_ne!(&other.compute_hash(), &plan.hash);
        let mut other = plan.clone();
        other.video[0].kind = SpanKind::Fill;
        prop_assert_ne!(&other.compute_hash(), &plan.hash);
        let (first, last) = cuts[0];
        if last - first > 1 {
            let shorter = edit(clips_of(&source, &[&[(first, last - 1)][..], &cuts[1..]].concat()));
            let (shorter, _) = conform(&shorter, &options(Mode::Auto)).unwrap();
            prop_assert_ne!(&shorter.hash, &plan.hash);
        }
    }

    #[test]
    fn only_one_set_of_parameters_is_copied(
        gops_a in gops(false), gops_b in gops(false), order in prop::collection::vec(any::<bool>(), 2..6),
    ) {
        let a = Spec { gops: gops_a, config: 1, ..Spec::plain(&[2]) };
        let b = Spec { gops: gops_b, config: 2, ..Spec::plain(&[2]) };
        let sources = [a.file("/media/a.mp4"), b.file("/media/b.mp4")];
        let clips = order.iter().map(|&second| {
            let source = &sources[usize::from(second)];
            clip("c", source, 0..shown(source).len())
        });
        let (plan, _) = conform(&edit(clips), &options(Mode::Auto)).unwrap();
        assert_tiles(&plan, a.frame_rate());
        let copied_from = |name: &str| {
            let copies = plan.video.iter().filter(|span| span.kind == SpanKind::Copy);
            copies.filter(|span| span.sources.iter().any(|piece| piece.object_id == name)).count()
        };
        let (of_a, of_b) = (copied_from("/media/a.mp4"), copied_from("/media/b.mp4"));
        prop_assert!(of_a + of_b > 0, "nothing is copied");
        prop_assert!(of_a == 0 || of_b == 0, "both sets of parameters are copied");
    }
}

#[test]
fn sound_does_not_drift_over_a_thousand_clips() {
    for (rate, sample_rate) in [
        ((30_000, 1001), 48_000),
        ((24_000, 1001), 44_100),
        ((60_000, 1001), 44_100),
        ((25, 1), 44_100),
    ] {
        let spec = Spec {
            rate,
            scale: rate.0,
            gops: Spec::plain(&[24; 20]).gops,
            sound: Some(SoundSpec {
                rate: sample_rate,
                channels: 2,
                starts: -1024,
            }),
            ..Spec::plain(&[1])
        };
        let source = spec.file("/media/a.mp4");
        // From 1 to 13 frames, from all over the source.
        let cuts: Vec<(usize, usize)> = (0..1000)
            .map(|n| (n * 37 % 460, n * 37 % 460 + 1 + n * 7 % 13))
            .collect();
        let (plan, issues) =
            conform(&edit(clips_of(&source, &cuts)), &options(Mode::Auto)).unwrap();
        assert!(issues.is_empty(), "{issues:?}");
        assert_tiles(&plan, spec.frame_rate());
        // A span begins with the clip, or a cross-fade half its length in front.
        let half = i64::from(sample_rate / 400);
        let mut at = 0;
        let mut starts = plan.audio.iter().flat_map(|span| {
            let start = at;
            at += i64::try_from(span.samples).unwrap();
            let crossing = span.sources.iter().any(|piece| piece.fade.is_some());
            [start, if crossing { start + half } else { start }]
        });
        let mut frame = 0;
        for cut in &cuts {
            let due = spec
                .frame_rate()
                .frame_start(frame)
                .round_ticks(sample_rate);
            assert!(
                starts.any(|start| (start - due).abs() <= 1),
                "no span of sound begins with frame {frame}"
            );
            frame += i64::try_from(cut.1 - cut.0).unwrap();
        }
    }
}

#[test]
fn sound_of_one_run_is_copied_and_of_a_joint_is_not() {
    let spec = Spec::plain(&[25, 25, 25, 25]);
    let source = spec.file("/media/a.mp4");
    let kinds = |cuts: &[(usize, usize)], mode| {
        let (plan, _) = conform(&edit(clips_of(&source, cuts)), &options(mode)).unwrap();
        plan.audio.iter().map(|span| span.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&[(0, 100)], Mode::Auto), [SpanKind::Copy]);
    assert_eq!(kinds(&[(10, 60)], Mode::Auto), [SpanKind::Copy]);
    // Clips that continue one another are one run.
    assert_eq!(kinds(&[(0, 25), (25, 50)], Mode::Auto), [SpanKind::Copy]);
    let joined = [SpanKind::Encode, SpanKind::Compose, SpanKind::Encode];
    assert_eq!(kinds(&[(0, 25), (50, 75)], Mode::Auto), joined);
    assert_eq!(kinds(&[(0, 100)], Mode::Render), [SpanKind::Encode]);
}

#[test]
fn a_source_of_another_rate_or_size_is_composed_to_the_first() {
    let first = Spec::plain(&[25, 25]);
    let faster = Spec {
        rate: (50, 1),
        ..Spec::plain(&[50, 50])
    };
    let smaller = Spec {
        size: (320, 180),
        ..Spec::plain(&[25])
    };
    let sources = [
        first.file("/media/a.mp4"),
        faster.file("/media/b.mp4"),
        smaller.file("/media/c.mp4"),
    ];
    let clips = [
        clip("a", &sources[0], 0..50),
        clip("b", &sources[1], 0..50),
        clip("c", &sources[2], 5..25),
    ];
    let (plan, _) = conform(&edit(clips), &options(Mode::Auto)).unwrap();
    assert_tiles(&plan, first.frame_rate());
    // One second of 50 frames is 25 frames of the sequence.
    let spans: Vec<(SpanKind, u64)> = plan
        .video
        .iter()
        .map(|span| (span.kind, span.frames))
        .collect();
    assert_eq!(
        spans,
        [
            (SpanKind::Copy, 50),
            (SpanKind::Compose, 25),
            (SpanKind::Compose, 20)
        ]
    );
    assert!(
        plan.video[2].reason.contains("320×180"),
        "{}",
        plan.video[2].reason
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Gaps take their place, and nothing else of the plan changes but what they part.
    #[test]
    fn gaps_are_black_and_silent_for_as_long(
        (spec, cuts) in medium_and_cuts(false),
        gaps in prop::collection::vec(0..40_i64, 5),
    ) {
        let source = spec.file("a");
        let rate = spec.frame_rate();
        let mut edit = edit(clips_of(&source, &cuts));
        let mut black = 0;
        let (mut exact, mut next) = (RationalTime::ZERO, 0_i64);
        for (place, frames) in gaps.iter().copied().take(cuts.len()).enumerate() {
            // A third of a frame off: a gap is brought to whole frames.
            let third = RationalTime::new(rate.frame_duration().num(), rate.frame_duration().den() * 3);
            let length = rate.frame_start(frames) + third.unwrap();
            edit.tracks[0].gaps.insert(place, length);
            // Fractions of gaps add up: frames are rounded from where the edit has come to.
            exact += length;
            let first = rate.nearest_frame(exact);
            black += u64::try_from(first - next).unwrap();
            let count = i64::try_from(cuts[place].1 - cuts[place].0).unwrap();
            exact += rate.frame_start(count);
            next = first + count;
        }
        let (plan, _) = conform(&edit, &options(Mode::Auto)).unwrap();
        assert_tiles(&plan, rate);
        assert_copies_are_whole(&plan, &[Arc::clone(&source)]);
        prop_assert_eq!(taken(&plan, &[Arc::clone(&source)]), pictures_of(&source, &cuts));
        let fills = plan.video.iter().filter(|span| span.kind == SpanKind::Fill);
        prop_assert_eq!(fills.map(|span| span.frames).sum::<u64>(), black);
        if black > 0 {
            let refused = conform(&edit, &options(Mode::Copy));
            prop_assert!(refused.is_err());
        }
    }
}
