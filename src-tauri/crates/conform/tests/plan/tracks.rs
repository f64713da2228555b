//! Several tracks: the topmost picture is seen, all sound is summed.

use std::ops::Range;
use std::sync::Arc;

use conform::{
    AudioSpan, Clip, CutPlan, Edit, Fade, FadeWay, Mark, Mode, Source, SpanKind, Track, Transition,
    conform,
};
use mediatime::RationalTime;
use proptest::prelude::*;

use crate::properties::{assert_copies_are_whole, assert_tiles, clips_of, medium, options};
use crate::synthetic::{SoundSpec, Spec, clip, edit, shown};
use crate::transitions::{Seen, seen};

/// Clips with frames of nothing in front of each.
type Laid = Vec<(usize, (usize, usize))>;

fn laid(frames: usize) -> impl Strategy<Value = Laid> {
    let cut = (0..frames, 1..=frames).prop_map(|(a, b)| (a.min(b - 1), b.max(a + 1)));
    prop::collection::vec((0..20_usize, cut), 1..4)
}

fn track(source: &Arc<Source>, laid: &Laid) -> Track {
    let rate = source.frame_rate().unwrap();
    let cuts: Vec<(usize, usize)> = laid.iter().map(|(_, cut)| *cut).collect();
    let mut track = edit(clips_of(source, &cuts)).tracks.remove(0);
    for (place, (gap, _)) in laid.iter().enumerate() {
        let length = rate.frame_start(i64::try_from(*gap).unwrap());
        track.gaps.insert(place, length);
    }
    track
}

/// What a track shows, frame by frame.
fn frames_of(source: &Source, laid: &Laid) -> Vec<Seen> {
    let all = shown(source);
    let mut frames = Vec::new();
    for (gap, cut) in laid {
        frames.extend(std::iter::repeat_n(Seen::Black, *gap));
        frames.extend(all[cut.0..cut.1].iter().cloned().map(Seen::One));
    }
    frames
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_topmost_picture_is_seen(
        (spec, tracks) in medium(false).prop_flat_map(|spec| {
            let frames = spec.shown();
            (Just(spec), prop::collection::vec(laid(frames), 1..4))
        }),
    ) {
        let source = spec.file("a");
        let edit = Edit {
            tracks: tracks.iter().map(|laid| track(&source, laid)).collect(),
            start: None,
        };
        let mut wanted: Vec<Seen> = Vec::new();
        for laid in &tracks {
            for (frame, seen) in frames_of(&source, laid).into_iter().enumerate() {
                match wanted.get_mut(frame) {
                    None => wanted.push(seen),
                    Some(under) if seen != Seen::Black => *under = seen,
                    Some(_) => {}
                }
            }
        }
        let (plan, _) = conform(&edit, &options(Mode::Auto)).unwrap();
        assert_tiles(&plan, spec.frame_rate());
        assert_copies_are_whole(&plan, &[Arc::clone(&source)]);
        prop_assert_eq!(seen(&plan, &source), wanted);
    }
}

/// A medium of a second at 25 frames with sound of 48 kHz.
fn medium_of_a_second() -> Spec {
    Spec {
        rate: (25, 1),
        sound: Some(SoundSpec {
            rate: 48_000,
            channels: 2,
            starts: 0,
        }),
        ..Spec::plain(&[25, 25, 25, 25])
    }
}

fn layers(plan: &CutPlan) -> Vec<(u64, Vec<u8>)> {
    plan.audio
        .iter()
        .map(|span| {
            let mut layers: Vec<u8> = span.sources.iter().map(|piece| piece.layer).collect();
            layers.dedup();
            (span.samples, layers)
        })
        .collect()
}

#[test]
fn sound_has_tracks_of_its_own_and_is_cut_at_any_sample() {
    let source = medium_of_a_second().file("a");
    let mut pictures = edit([clip("p", &source, 0..50)]);
    pictures.tracks[0].sound = false;
    let at = |ticks: i64| RationalTime::from_ticks(ticks, 48_000).unwrap();
    let sound = |from: i64, to: i64| Clip {
        label: "s".to_owned(),
        source: Arc::clone(&source),
        mark_in: Some(Mark::Offset(at(from))),
        mark_out: Some(Mark::Offset(at(to))),
    };
    let own = |clips: Vec<Clip>, gap: i64| {
        let mut track = edit(clips).tracks.remove(0);
        track.pictures = false;
        track.gaps.insert(0, at(gap));
        track
    };
    pictures
        .tracks
        .push(own(vec![sound(0, 30_001), sound(40_000, 70_000)], 0));
    pictures.tracks.push(own(vec![sound(1, 2001)], 20_003));
    let (plan, issues) = conform(&pictures, &options(Mode::Auto)).unwrap();
    assert_eq!(issues, []);
    assert_tiles(&plan, source.frame_rate().unwrap());
    assert_eq!(
        layers(&plan),
        [
            (20_003, vec![0]),
            (2000, vec![0, 2]),
            (30_001 - 22_003 - 120, vec![0]),
            // The joint: for 2.5 ms on each side of it both are heard.
            (240, vec![0, 1]),
            (30_000 - 120, vec![1]),
            (96_000 - 60_001, vec![]),
        ]
    );
    // What goes on from one span to the next is one sound.
    let ends = plan.audio[0].sources.iter().rfind(|piece| !piece.preroll);
    let begins = plan.audio[1].sources.iter().find(|piece| !piece.preroll);
    assert_eq!(ends.unwrap().mark_out, begins.unwrap().mark_in);
    // Sound that goes on behind the pictures keeps them black, by whole frames.
    pictures
        .tracks
        .push(own(vec![sound(0, 96_000)], 9600 + 1919));
    let (plan, _) = conform(&pictures, &options(Mode::Auto)).unwrap();
    assert_eq!(
        (plan.frames, plan.video.last().unwrap().kind),
        (55, SpanKind::Fill)
    );
    assert_tiles(&plan, source.frame_rate().unwrap());
}

#[test]
fn sounds_cross_fade_at_a_joint_as_far_as_their_sources_sound() {
    let source = medium_of_a_second().file("a");
    let spans = |cuts: &[Range<usize>]| {
        let clips = cuts.iter().map(|cut| clip("c", &source, cut.clone()));
        let (plan, issues) = conform(&edit(clips), &options(Mode::Auto)).unwrap();
        assert_eq!(issues, []);
        assert_tiles(&plan, source.frame_rate().unwrap());
        plan.audio
    };
    let whole = spans(&[0..50, 50..100]);
    let lengths = |spans: &[AudioSpan]| -> Vec<_> { spans.iter().map(|s| s.samples).collect() };
    assert_eq!(lengths(&whole), [192_000], "one goes on in the other");
    // Both sides go on over the cut at 20 frames.
    let both = spans(&[10..30, 50..70]);
    assert_eq!(lengths(&both), [38_400 - 120, 240, 38_400 - 120]);
    let fades: Vec<_> = both[1]
        .sources
        .iter()
        .filter(|piece| !piece.preroll)
        .collect();
    let [goes, comes] = fades[..] else {
        panic!("{fades:?}");
    };
    for (piece, way, begins) in [
        (goes, FadeWay::Out, 1_197_500_000),
        (comes, FadeWay::In, 1_997_500_000),
    ] {
        let fade = Fade {
            way,
            from: 0,
            of: 240,
            hold: 0,
        };
        assert_eq!(piece.fade, Some(fade));
        assert_eq!(piece.mark_in.nanos(), begins);
        assert_eq!(piece.mark_out.nanos() - begins, 5_000_000);
    }
    // The second one's medium begins with it.
    let one = spans(&[50..100, 0..50]);
    assert_eq!(lengths(&one), [96_000 - 120, 120, 120, 96_000 - 120]);
    let ways = |span: &AudioSpan| -> Vec<_> {
        let fades = span.sources.iter().filter(|piece| !piece.preroll);
        fades
            .map(|piece| piece.fade.map(|fade| (fade.way, fade.of)))
            .collect()
    };
    assert_eq!(ways(&one[1]), [Some((FadeWay::Out, 240))]);
    let short = Some((FadeWay::In, 120));
    assert_eq!(ways(&one[2]), [Some((FadeWay::Out, 240)), short]);
}

#[test]
fn a_cross_fade_of_sound_has_two_layers() {
    let source = medium_of_a_second().file("a");
    let mut edit = edit([clip("one", &source, 0..40), clip("two", &source, 50..90)]);
    let frames = |frames: i64| RationalTime::from_ticks(frames, 25).unwrap();
    let dissolve = Transition {
        before: frames(5),
        behind: frames(5),
    };
    edit.tracks[0].heads.insert(1, dissolve);
    let (plan, _) = conform(&edit, &options(Mode::Auto)).unwrap();
    let samples = |frames: u64| frames * 1920;
    assert_eq!(
        layers(&plan),
        [
            (samples(35), vec![0]),
            (samples(10), vec![0, 1]),
            (samples(35), vec![1]),
        ]
    );
    let fades = plan.audio[1].sources.iter().map(|piece| {
        let fade = piece.fade.unwrap();
        (fade.from, fade.of)
    });
    assert!(fades.into_iter().all(|fade| fade == (0, samples(10))));
    edit.tracks[0].gain = -6000;
    let (plan, _) = conform(&edit, &options(Mode::Auto)).unwrap();
    let mut pieces = plan.audio.iter().flat_map(|span| &span.sources);
    assert!(pieces.all(|piece| piece.gain == -6000));
}

#[test]
fn tracks_that_can_not_be_laid_on_one_another_are_refused() {
    let source = medium_of_a_second().file("a");
    let many = Edit {
        tracks: (0..200)
            .flat_map(|_| edit([clip("x", &source, 0..5)]).tracks)
            .collect(),
        start: None,
    };
    let told = conform(&many, &options(Mode::Auto))
        .unwrap_err()
        .to_string();
    assert!(told.contains("200 tracks"), "{told}");
    // A fade of the upper track over a dissolve of the lower.
    let mut fade = edit([clip("a", &source, 0..20), clip("b", &source, 30..60)]);
    let frames = |frames: i64| RationalTime::from_ticks(frames, 25).unwrap();
    let dissolve = Transition {
        before: frames(3),
        behind: frames(3),
    };
    fade.tracks[0].heads.insert(1, dissolve);
    let mut upper = edit([clip("c", &source, 0..10)]).tracks.remove(0);
    upper.gaps.insert(0, frames(19));
    let transition = Transition {
        before: frames(0),
        behind: frames(4),
    };
    upper.heads.insert(0, transition);
    fade.tracks.push(upper);
    let told = conform(&fade, &options(Mode::Auto))
        .unwrap_err()
        .to_string();
    assert!(
        told.starts_with("c: its fade lies over a dissolve"),
        "{told}"
    );
}

#[test]
fn a_fade_reveals_whatever_lies_under_it() {
    let source = medium_of_a_second().file("a");
    let all = shown(&source);
    let frames = |frames: i64| RationalTime::from_ticks(frames, 25).unwrap();
    // Under six frames of fade: two of one clip, two of another, nothing.
    let mut edit = edit([clip("a", &source, 0..20), clip("b", &source, 30..32)]);
    let mut upper = crate::synthetic::edit([clip("c", &source, 50..60)]);
    let mut upper = upper.tracks.remove(0);
    upper.gaps.insert(0, frames(18));
    let transition = Transition {
        before: frames(0),
        behind: frames(6),
    };
    upper.heads.insert(0, transition);
    edit.tracks.push(upper);
    let (plan, _) = conform(&edit, &options(Mode::Auto)).unwrap();
    assert_tiles(&plan, source.frame_rate().unwrap());
    let under = [Some(18), Some(19), Some(30), Some(31), None, None];
    let wanted: Vec<Seen> = (0_u64..)
        .zip(under)
        .map(|(k, under)| Seen::Mix {
            out: under.map(|under: usize| all[under].clone()),
            into: Some(all[50 + usize::try_from(k).unwrap()].clone()),
            share: (k + 1, 7),
        })
        .collect();
    assert_eq!(seen(&plan, &source)[18..24], wanted);
}

#[test]
fn pictures_of_another_rate_and_sound_keep_together() {
    let slow = Spec {
        rate: (24, 1),
        ..medium_of_a_second()
    };
    let (slow, fast) = (slow.file("slow"), medium_of_a_second().file("fast"));
    let mut pictures = edit([clip("first", &slow, 0..24)]);
    let mut sound = edit([]).tracks.remove(0);
    sound.pictures = false;
    // 47 frames of 24 a second, twenty times, of a source that has 25: the edit ends after 24 + 940.
    let length = RationalTime::from_ticks(47, 24).unwrap();
    for place in 1..=20 {
        let track = &mut pictures.tracks[0];
        track.clips.push(clip("other", &fast, 0..49));
        track.lengths.insert(place, length);
    }
    let mark = |time| Some(Mark::Offset(time));
    for place in 0..=20 {
        let lasts = match place {
            0 => RationalTime::from_ticks(1, 1).unwrap(),
            _ => length,
        };
        sound.clips.push(Clip {
            label: "sound".to_owned(),
            source: Arc::clone(&fast),
            mark_in: mark(RationalTime::ZERO),
            mark_out: mark(lasts),
        });
    }
    pictures.tracks[0].sound = false;
    pictures.tracks.push(sound);
    let (plan, _) = conform(&pictures, &options(Mode::Auto)).unwrap();
    assert_eq!(plan.frames, 24 + 20 * 47);
    assert_tiles(&plan, slow.frame_rate().unwrap());
}

#[test]
fn sound_reaches_as_far_as_there_is_some() {
    // One second of pictures, and two of sound, which the edit wants three of.
    let source = medium_of_a_second().file("a");
    let at = |ticks: i64| RationalTime::from_ticks(ticks, 48_000).unwrap();
    let sound = |from: i64, to: i64| {
        let mut track = edit([Clip {
            label: "long".to_owned(),
            source: Arc::clone(&source),
            mark_in: Some(Mark::Offset(at(from))),
            mark_out: Some(Mark::Offset(at(to))),
        }]);
        let mut track = track.tracks.remove(0);
        track.pictures = false;
        track
    };
    let mut pictures = edit([clip("p", &source, 0..100)]);
    pictures.tracks[0].sound = false;
    pictures.tracks.push(sound(96_000, 200_000));
    let (plan, issues) = conform(&pictures, &options(Mode::Auto)).unwrap();
    assert_tiles(&plan, source.frame_rate().unwrap());
    assert!(issues[0].what.contains("are missing"), "{issues:?}");
    pictures.tracks[1] = sound(250_000, 300_000);
    let told = conform(&pictures, &options(Mode::Auto)).unwrap_err();
    assert!(
        told.to_string().contains("outside the source's sound"),
        "{told}"
    );
    // Half samples do not add up.
    let mut many = sound(0, 1);
    let clip = many.clips.remove(0);
    let half = RationalTime::new(3, 96_000).unwrap();
    for _ in 0..1000 {
        many.clips.push(Clip {
            mark_out: Some(Mark::Offset(half)),
            ..clip.clone()
        });
    }
    pictures.tracks[1] = many;
    let (plan, _) = conform(&pictures, &options(Mode::Auto)).unwrap();
    let heard = plan.audio.iter().filter(|span| span.kind != SpanKind::Fill);
    assert_eq!(heard.map(|span| span.samples).sum::<u64>(), 1500);
}

#[test]
fn segments_of_one_run_are_joined_on_tracks_of_sound_too() {
    let spec = medium_of_a_second();
    let whole = spec.file("whole");
    let parts = spec.segments(1, 0);
    let files: Vec<Arc<Source>> = parts
        .iter()
        .map(|part| {
            Arc::new(Source::file(
                part.object_id.clone(),
                Arc::clone(&part.index),
            ))
        })
        .collect();
    let mut pictures = edit([clip("p", &whole, 0..100)]);
    pictures.tracks[0].sound = false;
    let whole_file = |source: &Arc<Source>| Clip {
        label: "segment".to_owned(),
        source: Arc::clone(source),
        mark_in: None,
        mark_out: None,
    };
    let mut sound = edit(files.iter().map(whole_file)).tracks.remove(0);
    sound.pictures = false;
    pictures.tracks.push(sound);
    let (plan, _) = conform(&pictures, &options(Mode::Auto)).unwrap();
    let inner = plan.audio.split_last().unwrap().1;
    assert!(
        inner.iter().all(|span| span.kind != SpanKind::Fill),
        "{:?}",
        plan.audio
    );
}
