//! Outputs in other containers than MP4: the same frames, the same bytes, in sync.

use std::path::Path;
use std::process::Command;

use tests::media::{Container, MediaSpec, Rate};
use tests::stringout::Stringout;

use crate::judge::{Compiled, compile_into};
use crate::material::{Material, at_rate, in_container, reordered, silent, with_sound};
use crate::pictures::picture_hashes;

/// `fmp4` is MP4 in fragments.
const FORMATS: [&str; 4] = ["mov", "mkv", "ts", "fmp4"];

/// Two clips whose borders break GOPs, with whole ones between.
fn cut(material: &Material) -> (Vec<String>, [(u32, u32); 2]) {
    let end = material.spec.frames;
    let gop = material.spec.gop;
    let ranges = [(gop - 7, 3 * gop), (3, end.min(2 * gop + 11))];
    let clips = ranges.iter().flat_map(|(from, to)| {
        let clip = format!("{}@{from}f..{to}f", material.file.display());
        ["--clip".to_owned(), clip]
    });
    (clips.collect(), ranges)
}

/// What every output must be.
fn judge(material: &Material, format: &str, compiled: &Compiled, ranges: &[(u32, u32)]) {
    let spec = &material.spec;
    let count: u32 = ranges.iter().map(|(from, to)| to - from).sum();
    assert_eq!(compiled.answer["frames"], count, "{format}");
    assert_eq!(compiled.answer["verified"], true, "{format}");
    let found = compiled.look(&[spec]);
    let expected: Vec<_> = ranges
        .iter()
        .map(|(from, to)| (spec.clip, *from..=to - 1))
        .collect();
    found.assert_frames(&expected);
    if spec.durations.is_empty() {
        found.assert_even_pts(spec.rate);
    }
    found.assert_decodes_cleanly();
    if spec.audio.is_some() {
        found.assert_av_sync(10.0);
        found.assert_audio_breaks_only_at_joints();
    }
    // Copied pictures are the source's own; the container frames them otherwise.
    let (source, output) = (
        picture_hashes(&material.file),
        picture_hashes(&compiled.out),
    );
    let frames: Vec<u32> = ranges.iter().flat_map(|&(from, to)| from..to).collect();
    let mut at = 0;
    for (kind, count) in compiled.spans() {
        for _ in 0..count {
            let same = output[at] == source[frames[at] as usize];
            assert_eq!(same, kind == "copy", "{format}: frame {at} ({kind})");
            at += 1;
        }
    }
}

fn is_written_exactly(spec: MediaSpec) {
    let material = Material::of(spec);
    let (clips, ranges) = cut(&material);
    for format in FORMATS {
        let name = format!("out.{}", format.trim_start_matches('f'));
        let compiled = compile_into(&name, &Stringout::new(), &clips, &["--format", format]);
        let kinds = compiled.spans();
        let has = |wanted: &str| kinds.iter().any(|(kind, _)| kind == wanted);
        assert!(has("copy") && has("encode"), "{format}: {kinds:?}");
        judge(&material, format, &compiled, &ranges);
        if format == "fmp4" {
            assert_fragments(&compiled.out);
        }
    }
}

/// The movie box stands in front, and the media in stretches of some seconds behind it.
fn assert_fragments(file: &Path) {
    let bytes = std::fs::read(file).unwrap();
    let (mut at, mut kinds) = (0, Vec::new());
    while let Some(head) = bytes.get(at..at + 8) {
        let size = u32::from_be_bytes(head[..4].try_into().unwrap());
        let size = match size {
            1 => u64::from_be_bytes(bytes[at + 8..at + 16].try_into().unwrap()),
            size => size.into(),
        };
        kinds.push(String::from_utf8_lossy(&head[4..]).into_owned());
        at += usize::try_from(size).unwrap();
    }
    assert_eq!(at, bytes.len(), "{kinds:?}");
    assert_eq!(kinds[..3], ["ftyp", "moov", "free"], "{kinds:?}");
    let fragments = kinds[3..].chunks(2);
    assert!(fragments.len() > 1, "{kinds:?}");
    for fragment in fragments {
        assert_eq!(fragment, ["moof", "mdat"], "{kinds:?}");
    }
}

#[test]
fn mp4_into_each() {
    is_written_exactly(reordered(11));
}

#[test]
fn transport_stream_into_each() {
    is_written_exactly(in_container(12, Container::Ts));
}

#[test]
fn matroska_at_29_97_into_each() {
    is_written_exactly(MediaSpec {
        container: Container::Mkv,
        ..at_rate(13, 30_000, 1001)
    });
}

#[test]
fn sound_in_mono_at_44_1_khz_into_each() {
    is_written_exactly(with_sound(14, 44_100, 1));
}

#[test]
fn pictures_alone_into_each() {
    is_written_exactly(silent(15));
}

#[test]
fn frames_of_varying_length_into_each() {
    is_written_exactly(MediaSpec {
        durations: vec![3000, 3000, 6000, 1500],
        rate: Rate::new(30, 1),
        ..reordered(16)
    });
}

/// A program that knows nothing of us reads the whole file without a complaint.
fn plays_in_gstreamer(file: &Path, demuxer: &str) {
    let pipeline = format!(
        "filesrc location={} ! {demuxer} name=d \
         d. ! queue ! h264parse ! avdec_h264 ! fakesink sync=false \
         d. ! queue ! aacparse ! avdec_aac ! fakesink sync=false",
        file.display()
    );
    let output = Command::new("gst-launch-1.0")
        .arg("-q")
        .args(pipeline.split_whitespace())
        // The demuxer of MP4 warns of every box that it does not know.
        .env("GST_DEBUG", "2,qtdemux:1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let complaints: Vec<&str> = said
        .lines()
        .filter(|line| !line.contains("pad not activated yet"))
        .collect();
    assert!(
        output.status.success() && complaints.is_empty(),
        "{}: {said}",
        file.display()
    );
}

#[test]
fn each_plays_in_another_program_and_can_be_cut_again() {
    let material = Material::of(reordered(17));
    let (clips, ranges) = cut(&material);
    let demuxers = ["qtdemux", "matroskademux", "tsdemux"];
    for (format, demuxer) in FORMATS.into_iter().zip(demuxers) {
        let name = format!("out.{format}");
        let compiled = compile_into(&name, &Stringout::new(), &clips, &[]);
        plays_in_gstreamer(&compiled.out, demuxer);
        let clip = format!("{}@1s..3s", compiled.out.display());
        let again = compile_into(
            "again.mp4",
            &Stringout::new(),
            &["--clip".to_owned(), clip],
            &[],
        );
        let first: u32 = ranges[0].1 - ranges[0].0;
        let found = again.look(&[&material.spec]);
        found.assert_frames(&[
            (17, ranges[0].0 + 30..=ranges[0].1 - 1),
            (17, ranges[1].0..=ranges[1].0 + 90 - first - 1),
        ]);
        found.assert_av_sync(10.0);
        found.assert_decodes_cleanly();
    }
}

#[test]
fn a_container_that_can_t_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let material = Material::of(reordered(11));
    let clip = material.file.display().to_string();
    for (name, more) in [("out.avi", &[][..]), ("out.mp4", &["--format", "webm"])] {
        let out = folder.path().join(name).display().to_string();
        let mut args = vec!["compile", "--clip", &clip, "--out", &out, "--json"];
        args.extend_from_slice(more);
        let answer = Stringout::new().run(args);
        let error = answer.error(3);
        assert_eq!(error["code"], "unsupported", "{answer}");
        assert!(error["hint"].as_str().unwrap().contains(".mkv"), "{answer}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Time stamps of a transport stream's PES packets, each with the clock that a receiver has when the
/// packet begins: `(is sound, stamp to decode at, clock)` in 90 kHz ticks (ISO/IEC 13818-1 §2.4.3).
fn stamps(file: &Path) -> Vec<(bool, i64, i64)> {
    let bytes = std::fs::read(file).unwrap();
    let (mut clock, mut found) = (None, Vec::new());
    for packet in bytes.chunks_exact(188) {
        let pid = (u16::from(packet[1]) << 8 | u16::from(packet[2])) & 0x1fff;
        let mut at = 4;
        if packet[3] & 0x20 != 0 {
            if packet[4] > 0 && packet[5] & 0x10 != 0 {
                let base = u32::from_be_bytes(packet[6..10].try_into().unwrap());
                clock = Some(i64::from(base) << 1 | i64::from(packet[10] >> 7));
            }
            at += 1 + usize::from(packet[4]);
        }
        if packet[1] & 0x40 == 0 || !matches!(pid, 0x100 | 0x101) {
            continue;
        }
        let stamp = |at: usize| {
            let byte = |i: usize| i64::from(packet[at + i]);
            (byte(0) >> 1 & 7) << 30
                | byte(1) << 22
                | (byte(2) >> 1) << 15
                | byte(3) << 7
                | byte(4) >> 1
        };
        // The stamp to decode at comes second, where it is not that to show at.
        let decode = if packet[at + 7] & 0x40 != 0 {
            at + 14
        } else {
            at + 9
        };
        found.push((pid == 0x101, stamp(decode), clock.unwrap()));
    }
    found
}

/// Nothing comes too late for the clock, nor so early that a receiver could not keep it, however long
/// frames last.
#[test]
fn a_transport_stream_comes_in_time() {
    let slow = |clip, num, bframes, durations: Vec<u32>| MediaSpec {
        rate: Rate::new(num, 1),
        frames: if durations.is_empty() { 24 } else { 90 },
        gop: 12,
        bframes,
        durations,
        ..reordered(clip)
    };
    // One frame of a recorded screen stays for four seconds.
    let mut hole = vec![3000; 30];
    hole.push(360_000);
    for spec in [
        slow(18, 30, 3, Vec::new()),
        slow(19, 1, 0, Vec::new()),
        slow(20, 1, 3, Vec::new()),
        slow(21, 3, 2, Vec::new()),
        slow(22, 30, 3, hole),
    ] {
        let material = Material::of(spec.clone());
        let clip = ["--clip".to_owned(), material.file.display().to_string()];
        let compiled = compile_into("out.ts", &Stringout::new(), &clip, &[]);
        assert_eq!(compiled.answer["verified"], true, "{spec:?}");
        let stamps = stamps(&compiled.out);
        for (number, (sound, due, clock)) in stamps.iter().enumerate() {
            let early = due - clock;
            let most = if *sound { 2 * 90_000 } else { 10 * 90_000 };
            assert!(
                (0..most).contains(&early),
                "packet {number} ({}) comes {early} ticks early: {spec:?}",
                if *sound { "sound" } else { "picture" }
            );
        }
        let pictures: Vec<i64> = stamps
            .iter()
            .filter(|(sound, ..)| !sound)
            .map(|(_, due, _)| *due)
            .collect();
        assert!(pictures.is_sorted(), "{spec:?}: {pictures:?}");
    }
}

#[test]
fn turned_pictures_have_no_place_in_a_transport_stream() {
    let material = Material::of(MediaSpec {
        rotation: 90,
        ..reordered(23)
    });
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.ts").display().to_string();
    let clip = material.file.display().to_string();
    let answer = Stringout::new().run(["compile", "--clip", &clip, "--out", &out, "--json"]);
    assert_eq!(answer.error(3)["code"], "unsupported", "{answer}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
