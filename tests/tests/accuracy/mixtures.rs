//! Several sources in one edit.

use std::path::PathBuf;

use tests::check::Checked;
use tests::media::{AudioCodec, AudioSpec, MediaSpec, Rate, remux};

use crate::judge::{Compiled, compile, expect_length};
use crate::material::{Material, at_rate, reordered, silent};

fn clips(parts: &[(&Material, &str)]) -> Vec<String> {
    let clip = |(material, marks): &(&Material, &str)| {
        [
            "--clip".to_owned(),
            format!("{}@{marks}", material.file.display()),
        ]
    };
    parts.iter().flat_map(clip).collect()
}

/// What must hold of any mixture whose frames are all at the first source's rate.
fn assert_sound_and_even(compiled: &Compiled, specs: &[&MediaSpec], frames: u32) -> Checked {
    let found = compiled.look(specs);
    found.assert_even_pts(specs[0].rate);
    found.assert_decodes_cleanly();
    expect_length(&found, f64::from(frames) / specs[0].rate.hertz()).unwrap();
    assert_eq!(compiled.answer["frames"], frames);
    found
}

#[test]
fn sources_of_one_kind_are_joined() {
    let (a, b) = (Material::of(reordered(41)), Material::of(reordered(42)));
    let compiled = compile(
        &clips(&[(&a, "30f..60f"), (&b, "10f..75f"), (&a, "0f..30f")]),
        &[],
    );
    let found = assert_sound_and_even(&compiled, &[&a.spec, &b.spec], 125);
    found.assert_frames(&[(41, 30..=59), (42, 10..=74), (41, 0..=29)]);
    found.assert_av_sync(10.0);
    found.assert_audio_breaks_only_at_joints();
}

#[test]
fn another_size_is_scaled_to_the_first() {
    let small = Material::of(reordered(43));
    let large = Material::of(MediaSpec {
        width: 640,
        height: 360,
        ..reordered(44)
    });
    for (first, second) in [(&small, &large), (&large, &small)] {
        let compiled = compile(&clips(&[(first, "20f..65f"), (second, "31f..78f")]), &[]);
        let found = assert_sound_and_even(&compiled, &[&first.spec, &second.spec], 92);
        found.assert_frames(&[(first.spec.clip, 20..=64), (second.spec.clip, 31..=77)]);
        found.assert_av_sync(10.0);
        found.assert_audio_breaks_only_at_joints();
        assert_eq!(
            found.stream("video").size,
            (first.spec.width, first.spec.height)
        );
        assert_eq!(
            compiled.spans().last().unwrap(),
            &("compose".to_owned(), 47)
        );
    }
}

/// Frames of the second source are repeated or left out so that each instant shows what it showed
/// there: off by less than a frame of the source.
#[test]
fn another_rate_is_brought_to_the_first() {
    for (rate, frames) in [(Rate::new(25, 1), 100), (Rate::new(60_000, 1001), 240)] {
        let first = Material::of(reordered(45));
        let second = Material::of(MediaSpec {
            rate,
            frames,
            ..reordered(46)
        });
        let compiled = compile(&clips(&[(&first, "0f..60f"), (&second, "1s..3s")]), &[]);
        let found = compiled.look(&[&first.spec, &second.spec]);
        found.assert_even_pts(first.spec.rate);
        found.assert_decodes_cleanly();
        // Two seconds of the second source, to the frame that ends at or behind its end.
        let count = found.frames.len();
        assert!((120..=121).contains(&count), "{rate:?}: {}", found.found());
        expect_length(&found, count as f64 / 30.0).unwrap();
        let start = second.spec.time_of(ceil(rate));
        for (place, frame) in found.frames.iter().enumerate() {
            let code = frame
                .code
                .unwrap_or_else(|| panic!("frame {place} can't be read"));
            if place < 60 {
                assert_eq!((code.clip, code.number), (45, place as u32));
                continue;
            }
            let due = start + (place - 60) as f64 / 30.0;
            let late = due - second.spec.time_of(code.number);
            let frame = 1.0 / rate.hertz();
            assert!(
                code.clip == 46 && (-0.5 * frame..1.01 * frame).contains(&late),
                "frame {place} shows {code:?}, {late:+.3} s off, {rate:?}"
            );
        }
        // A repeated frame is shown up to a frame late, so its sound seems early by as much.
        for offset in &found.av_offsets {
            let limit = if offset.code.clip == 45 {
                10.0
            } else {
                10.0 + 1000.0 / rate.hertz()
            };
            assert!(
                offset.belongs() && offset.ms.abs() <= limit,
                "{rate:?}: {offset:?}"
            );
        }
        found.expect_audio_breaks_only_at(&[2.0], 0.03).unwrap();
    }
}

/// The first frame at or after one second.
fn ceil(rate: Rate) -> u32 {
    rate.num.div_ceil(rate.den)
}

#[test]
fn sound_of_another_kind_is_brought_to_the_rate_of_the_first() {
    let of = |clip, rate, channels| {
        Material::of(MediaSpec {
            audio: Some(AudioSpec {
                rate,
                channels,
                codec: AudioCodec::Aac,
                starts_ms: 0,
            }),
            ..reordered(clip)
        })
    };
    let (stereo, mono) = (of(47, 48_000, 2), of(48, 44_100, 1));
    for (first, second) in [(&stereo, &mono), (&mono, &stereo)] {
        let compiled = compile(&clips(&[(first, "0f..45f"), (second, "30f..90f")]), &[]);
        let found = assert_sound_and_even(&compiled, &[&first.spec, &second.spec], 105);
        found.assert_frames(&[(first.spec.clip, 0..=44), (second.spec.clip, 30..=89)]);
        found.assert_av_sync(10.0);
        found.assert_audio_breaks_only_at_joints();
        // Its rate; and two channels as soon as any has them, as the others would lose one.
        let wanted = first.spec.audio.unwrap();
        assert_eq!(found.stream("audio").sound, (wanted.rate, 2));
    }
}

#[test]
fn a_silent_source_among_others_is_silent_for_as_long() {
    let (loud, mute) = (Material::of(reordered(49)), Material::of(silent(50)));
    let compiled = compile(
        &clips(&[(&loud, "30f..60f"), (&mute, "0f..30f"), (&loud, "60f..90f")]),
        &[],
    );
    let found = compiled.look(&[&loud.spec]);
    found.assert_frames(&[(49, 30..=59), (50, 0..=29), (49, 60..=89)]);
    found.assert_even_pts(loud.spec.rate);
    found.assert_decodes_cleanly();
    expect_length(&found, 3.0).unwrap();
    let heard = found.audio.as_ref().unwrap();
    let second = |from: f64, to: f64| {
        let at = |time: f64| (time * f64::from(heard.rate)) as usize;
        let part = &heard.samples[at(from)..at(to)];
        part.iter()
            .map(|sample| f64::from(*sample).abs())
            .sum::<f64>()
            / part.len() as f64
    };
    assert!(second(1.05, 1.95) < 0.001, "{}", second(1.05, 1.95));
    assert!(second(0.05, 0.95) > 0.05 && second(2.05, 2.95) > 0.05);
    // What is not there is said.
    let issues = compiled.answer["issues"].to_string();
    assert!(
        issues.contains("no sound") && issues.contains("silence"),
        "{issues}"
    );
    for offset in found
        .av_offsets
        .iter()
        .filter(|offset| offset.code.clip == 49)
    {
        assert!(offset.belongs() && offset.ms.abs() <= 10.0, "{offset:?}");
    }
}

/// Fifty short clips of a source whose frames last no whole number of samples.
#[test]
fn sound_does_not_drift_over_many_clips() {
    let material = Material::of(at_rate(51, 30_000, 1001));
    let parts: Vec<(u32, u32)> = (0..50).map(|n| (n * 37 % 100, n * 37 % 100 + 7)).collect();
    let marks: Vec<String> = parts
        .iter()
        .map(|(from, to)| format!("{from}f..{to}f"))
        .collect();
    let wanted: Vec<(&Material, &str)> = marks
        .iter()
        .map(|marks| (&material, marks.as_str()))
        .collect();
    let compiled = compile(&clips(&wanted), &[]);
    let found = assert_sound_and_even(&compiled, &[&material.spec], 350);
    let expected: Vec<_> = parts
        .iter()
        .map(|(from, to)| (51, *from..=to - 1))
        .collect();
    found.assert_frames(&expected);
    found.assert_av_sync(10.0);
    // As far off at the end as at the start: nothing adds up.
    let mean = |offsets: &[tests::check::Offset]| {
        offsets.iter().map(|offset| offset.ms).sum::<f64>() / offsets.len() as f64
    };
    let (head, tail) = found.av_offsets.split_at(found.av_offsets.len() / 2);
    assert!(
        (mean(head) - mean(tail)).abs() < 2.0,
        "{} ms, then {} ms",
        mean(head),
        mean(tail)
    );
}

/// Segments as packagers cut them are one run: their sound leads and trails their pictures, and what
/// belongs to one's pictures may lie in the next one.
fn assert_one_run(material: &Material, segments: &[PathBuf]) -> Checked {
    assert_eq!(segments.len(), 4);
    let of = |order: &[usize]| -> Vec<String> {
        let clip = |&number: &usize| {
            let file = segments[number].display().to_string();
            ["--clip".to_owned(), file]
        };
        order.iter().flat_map(clip).collect()
    };
    let mixed = compile(&of(&[2, 0, 1]), &[]);
    let found = assert_sound_and_even(&mixed, &[&material.spec], 90);
    found.assert_frames(&[(57, 60..=89), (57, 0..=59)]);
    found.assert_av_sync(10.0);

    let whole = compile(&of(&[0, 1, 2, 3]), &["--mode", "copy"]);
    let found = assert_sound_and_even(&whole, &[&material.spec], 120);
    found.assert_frames(&[(57, 0..=119)]);
    found.assert_av_sync(10.0);
    assert_eq!(whole.answer["encoded_frames"], 0);
    found
}

#[test]
fn neighbouring_transport_streams_are_one_run() {
    let material = Material::of(reordered(57));
    let segments = remux::ts_segments(&material.file, 1.0);
    assert_one_run(&material, &segments).assert_no_audio_breaks();
}

#[test]
fn neighbouring_fragmented_mp4_is_one_run() {
    let material = Material::of(reordered(57));
    let segments = remux::fmp4_segments(&material.file, 1.0);
    let found = assert_one_run(&material, &segments);
    // Each segment's edit list was rounded to a millisecond, so their clocks differ by that much.
    found
        .expect_audio_breaks_only_at(&[1.0, 2.0, 3.0], 0.06)
        .unwrap();
}
