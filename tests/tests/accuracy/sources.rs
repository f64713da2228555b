//! Every source, cut in every way.

use tests::media::{Container, MediaSpec};

use crate::cuts::{Mark, every_way};
use crate::judge::{compile, expect_copied_sound, judge, judge_all};
use crate::material::{Material, at_rate, in_container, reordered, silent, small, with_sound};

fn cut_in_every_way(material: &Material) {
    judge_all(material, &every_way(material));
}

#[test]
fn mp4_without_b_frames() {
    cut_in_every_way(&Material::of(small(11)));
}

#[test]
fn mp4_with_b_frames() {
    cut_in_every_way(&Material::of(reordered(12)));
}

#[test]
fn quicktime() {
    cut_in_every_way(&Material::of(in_container(13, Container::Mov)));
}

#[test]
fn matroska() {
    cut_in_every_way(&Material::of(in_container(14, Container::Mkv)));
}

#[test]
fn transport_stream() {
    cut_in_every_way(&Material::of(in_container(15, Container::Ts)));
}

#[test]
fn rate_29_97() {
    cut_in_every_way(&Material::of(at_rate(16, 30_000, 1001)));
}

#[test]
fn rate_25() {
    cut_in_every_way(&Material::of(at_rate(17, 25, 1)));
}

#[test]
fn rate_50() {
    cut_in_every_way(&Material::of(at_rate(18, 50, 1)));
}

#[test]
fn edit_list() {
    cut_in_every_way(&Material::with_edit_list(19));
}

#[test]
fn video_only() {
    cut_in_every_way(&Material::of(silent(20)));
}

#[test]
fn sound_at_44_1_khz() {
    cut_in_every_way(&Material::of(with_sound(21, 44_100, 2)));
}

#[test]
fn sound_in_5_1() {
    cut_in_every_way(&Material::of(with_sound(22, 48_000, 6)));
}

#[test]
fn sound_in_mono() {
    cut_in_every_way(&Material::of(with_sound(23, 48_000, 1)));
}

/// Behind its first minute, drop-frame timecode is two labels ahead of the frames.
#[test]
fn drop_frame_timecode_over_a_minute() {
    let material = Material::of(MediaSpec {
        frames: 1830,
        gop: 150,
        quality: 30,
        ..at_rate(24, 30_000, 1001)
    });
    let mut cut = every_way(&material).remove(0);
    cut.clips = vec![(Mark::DropFrame(0, 59, 27), Mark::DropFrame(1, 0, 4))];
    assert_eq!(cut.frames(&material), [(1797, 1802)]);
    judge(&material, &cut).unwrap();
    cut.clips = vec![(Mark::Timecode(0, 59, 27), Mark::Timecode(1, 0, 4))];
    assert_eq!(cut.frames(&material), [(1797, 1804)]);
    judge(&material, &cut).unwrap();
}

#[test]
fn the_sound_of_a_single_run_is_copied_to_the_byte() {
    for container in [Container::Mp4, Container::Mov, Container::Mkv] {
        let material = Material::of(in_container(25, container));
        let file = material.file.display();
        for marks in ["", "@10f..100f", "@30f..60f", "@0.5s..2.71s"] {
            let compiled = compile(&["--clip".to_owned(), format!("{file}{marks}")], &[]);
            let judged = expect_copied_sound(&compiled.out, &material.file);
            judged.unwrap_or_else(|problem| panic!("{container:?}{marks}: {problem}"));
        }
    }
}

/// Where frames last differently long, each keeps its own duration, and `Nf` is the N-th that is
/// shown.
#[test]
fn variable_frame_rate() {
    let material = Material::of(MediaSpec {
        durations: vec![3000, 3000, 6000, 1500],
        ..reordered(26)
    });
    let file = material.file.display();
    let at = |seconds: f64| {
        let mut frames = 0..material.spec.frames;
        frames
            .find(|&frame| material.spec.time_of(frame) >= seconds)
            .unwrap()
    };
    for (marks, from, to) in [
        ("10f..71f", 10, 71),
        ("30f..90f", 30, 90),
        ("0.5s..2s", at(0.5), at(2.0)),
    ] {
        let compiled = compile(&["--clip".to_owned(), format!("{file}@{marks}")], &[]);
        let found = compiled.look(&[&material.spec]);
        found.assert_frames(&[(26, from..=to - 1)]);
        found.assert_decodes_cleanly();
        found.assert_av_sync(10.0);
        found.assert_no_audio_breaks();
        let start = material.spec.time_of(from);
        for (frame, number) in found.frames.iter().zip(from..) {
            let due = material.spec.time_of(number) - start;
            let off = frame.at - found.frames[0].at - due;
            assert!(
                off.abs() < 2e-5,
                "{marks}: frame {number} is {off:+.6} s off"
            );
        }
    }
}
