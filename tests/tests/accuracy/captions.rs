//! Captions (CEA-608 and CEA-708 in SEI messages, ATSC A/53 Part 4) stay with their frames, whether
//! those are copied or encoded.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tests::media::MediaSpec;
use tests::stringout::Stringout;
use tests::tool::{ffmpeg, run, tool};

use crate::judge::{Compiled, compile, compile_into};
use crate::material::{Material, at_rate, reordered, small};
use crate::pictures::units;

/// The caption bytes of a frame (`cc_data_pkt` of CTA-708 §4.4): a pair of CEA-608 that tells its
/// number, and two of CEA-708. Every seventh frame has none.
fn captions_of(number: u32) -> Option<Vec<u8>> {
    if number % 7 == 6 {
        return None;
    }
    let [.., high, low] = (number << 1).to_be_bytes();
    let pairs = [
        [0xFC, 0x20 | high, 0x20 + (low >> 1)],
        [0xFF, 0, 0],
        [0xFE, low, 0],
    ];
    Some(pairs.concat())
}

/// The SEI message of a frame (ITU-T H.264 §7.3.2.3.1 and §D.1.6) as a NAL unit with its start code.
/// Nothing in it needs emulation prevention.
fn message(captions: &[u8]) -> Vec<u8> {
    let count = u8::try_from(captions.len() / 3).unwrap();
    let mut payload = vec![0xB5, 0, 0x31];
    payload.extend_from_slice(b"GA94");
    payload.extend_from_slice(&[3, 0xC0 | count, 0xFF]);
    payload.extend_from_slice(captions);
    payload.push(0xFF);
    let mut unit = vec![0, 0, 0, 1, 6, 4, u8::try_from(payload.len()).unwrap()];
    unit.extend_from_slice(&payload);
    unit.push(0x80);
    unit
}

/// The medium of `spec`, which has no B-frames, with captions in its pictures, as bare H.264.
fn captioned(spec: &MediaSpec, folder: &Path) -> std::path::PathBuf {
    assert_eq!(
        spec.bframes, 0,
        "decode order has to be that of the numbers"
    );
    let material = Material::of(spec.clone());
    let mut command = ffmpeg(["-i"]);
    command.arg(&material.file);
    command.args("-map 0:v -c copy -bsf:v h264_mp4toannexb -f h264 -".split(' '));
    let stream = run(&mut command);
    let (mut captioned, mut number) = (Vec::new(), 0);
    for unit in units(&stream) {
        if matches!(unit[0] & 0x1F, 1 | 5) {
            if let Some(captions) = captions_of(number) {
                captioned.extend(message(&captions));
            }
            number += 1;
        }
        captioned.extend_from_slice(&[0, 0, 0, 1]);
        captioned.extend_from_slice(unit);
    }
    assert_eq!(number, spec.frames, "a slice for each picture");
    let out = folder.join("captioned.h264");
    fs::write(&out, captioned).unwrap();
    out
}

/// A recording with captions and sound in `name`, coded by ffmpeg as `coding` says.
fn recording(folder: &Path, name: &str, spec: &MediaSpec, coding: &str) -> Material {
    let plain = MediaSpec {
        bframes: 0,
        ..spec.clone()
    };
    let pictures = captioned(&plain, folder);
    let file = folder.join(name);
    let mut command = ffmpeg(["-framerate", "30", "-i"]);
    command
        .arg(&pictures)
        .arg("-i")
        .arg(Material::of(plain).file);
    command.args("-map 0:v -map 1:a -c:a copy".split(' '));
    run(command.args(coding.split(' ')).arg(&file));
    Material {
        spec: spec.clone(),
        file,
        first: 0,
    }
}

/// The caption bytes of each frame, in the order in which they are shown, as ffmpeg's decoder gives
/// them.
fn read(file: &Path) -> Vec<Option<Vec<u8>>> {
    let (folder, name) = (file.parent().unwrap(), file.file_name().unwrap());
    let graph = format!("movie={}[out0+subcc]", name.to_str().unwrap());
    let mut ffprobe = tool("ffprobe", ["-v", "error", "-of", "json", "-f", "lavfi"]);
    ffprobe.args([&graph, "-show_packets", "-show_data"]);
    let found = run(ffprobe.current_dir(folder));
    let found: Value = serde_json::from_slice(&found).unwrap();
    let (mut shown, mut captions) = (Vec::new(), HashMap::new());
    for packet in found["packets"].as_array().unwrap() {
        let pts = packet["pts"].as_i64().unwrap();
        if packet["codec_type"] == "video" {
            shown.push(pts);
        } else {
            let bytes = bytes_of(packet["data"].as_str().unwrap());
            assert!(
                captions.insert(pts, bytes).is_none(),
                "two captions at {pts}"
            );
        }
    }
    let frames = shown.iter().map(|pts| captions.remove(pts)).collect();
    assert!(captions.is_empty(), "captions of no frame: {captions:?}");
    frames
}

/// ffprobe's dump: lines of an offset, up to eight groups of two bytes, and the bytes as text.
fn bytes_of(dump: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in dump.lines().filter(|line| !line.is_empty()) {
        let (_, rest) = line.split_once(": ").unwrap();
        let digits: String = rest.chars().take(40).filter(|c| *c != ' ').collect();
        let pairs = digits.as_bytes().chunks(2);
        bytes.extend(
            pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()),
        );
    }
    bytes
}

fn expected(ranges: &[(u32, u32)]) -> Vec<Option<Vec<u8>>> {
    let frames = ranges.iter().flat_map(|(from, to)| *from..*to);
    frames.map(captions_of).collect()
}

/// Compiles ranges of a recording and expects every frame with its own captions, once.
fn compiled(material: &Material, ranges: &[(u32, u32)], out: &str, more: &[&str]) -> Compiled {
    let clips = ranges.iter().flat_map(|(from, to)| {
        let clip = format!("{}@{from}f..{to}f", material.file.display());
        ["--clip".to_owned(), clip]
    });
    let clips: Vec<String> = clips.collect();
    let compiled = compile_into(out, &Stringout::new(), &clips, more);
    assert_eq!(compiled.answer["verified"], true);
    let found = compiled.look(&[&material.spec]);
    let numbers: Vec<_> = ranges
        .iter()
        .map(|(from, to)| (material.spec.clip, *from..=to - 1))
        .collect();
    found.assert_frames(&numbers);
    found.assert_decodes_cleanly();
    let (found, expected) = (read(&compiled.out), expected(ranges));
    assert_eq!(found.len(), expected.len());
    let mut both = found.iter().zip(&expected).enumerate();
    let wrong = both.find(|(_, (found, expected))| found != expected);
    assert_eq!(wrong, None, "{out} {more:?} {:?}", compiled.spans());
    compiled
}

/// As x264 writes them, with B-frames in closed GOPs.
const CODED: &str = "-c:v libx264 -preset veryfast -x264-params \
                     keyint=30:min-keyint=30:scenecut=0:bframes=3:b-adapt=0";

#[test]
fn copies_keep_them() {
    let folder = tempfile::tempdir().unwrap();
    // Once with the messages that were put in here, then with those of another program.
    let plain = recording(folder.path(), "plain.mp4", &small(61), "-c:v copy");
    let coded = |name| recording(folder.path(), name, &reordered(62), CODED);
    for (material, out) in [
        (plain, "out.mp4"),
        (coded("in.mp4"), "out.ts"),
        (coded("in.ts"), "out.mkv"),
        (coded("in.mkv"), "out.mov"),
        (coded("in.mov"), "out.mp4"),
    ] {
        assert_eq!(read(&material.file), expected(&[(0, 120)]), "{out}");
        let copied = compiled(&material, &[(60, 90), (0, 60)], out, &["--mode", "copy"]);
        assert_eq!(copied.answer["encoded_frames"], 0);
    }
}

#[test]
fn encoded_frames_keep_them() {
    let folder = tempfile::tempdir().unwrap();
    let material = recording(folder.path(), "in.mp4", &reordered(62), CODED);
    let kinds = ["encode", "copy", "encode", "encode"];
    for (out, encoder) in [
        ("out.mp4", "x264enc"),
        ("out.ts", "openh264enc"),
        ("out.mkv", "openh264enc"),
    ] {
        let spliced = compiled(&material, &[(7, 101), (33, 52)], out, &[]);
        let found = spliced.spans().into_iter().map(|(kind, _)| kind);
        assert_eq!(found.collect::<Vec<_>>(), kinds);
        let more = ["--mode", "render", "--encoder", encoder];
        compiled(&material, &[(20, 80), (0, 11)], out, &more);
    }
}

/// A frame that is shown twice says what it says once.
#[test]
fn repeated_frames_do_not_repeat_them() {
    let folder = tempfile::tempdir().unwrap();
    let fast = Material::of(at_rate(63, 60, 1));
    let slow = recording(folder.path(), "in.mp4", &reordered(62), CODED);
    let clips = [(fast, "0f..60f"), (slow, "10f..40f")];
    let clips = clips.iter().flat_map(|(material, marks)| {
        let clip = format!("{}@{marks}", material.file.display());
        ["--clip".to_owned(), clip]
    });
    let clips: Vec<String> = clips.collect();
    for encoder in ["x264enc", "openh264enc"] {
        let compiled = compile(&clips, &["--encoder", encoder]);
        let found: Vec<_> = read(&compiled.out).into_iter().flatten().collect();
        let wanted: Vec<_> = (10..40).filter_map(captions_of).collect();
        assert_eq!(found, wanted, "{encoder}");
    }
}

/// Ten frames of a take around a cut, ten of another: each says what it says as long as it is seen more.
#[test]
fn a_dissolve_keeps_those_of_what_is_seen_more() {
    let folder = tempfile::tempdir().unwrap();
    recording(folder.path(), "in.mp4", &reordered(62), CODED);
    let time = |frame: u32| json!({"OTIO_SCHEMA": "RationalTime.1", "rate": 30.0, "value": f64::from(frame)});
    let range = |from: u32, frames: u32| json!({"OTIO_SCHEMA": "TimeRange.1", "start_time": time(from), "duration": time(frames)});
    let clip = |from: u32| {
        json!({
            "OTIO_SCHEMA": "Clip.1", "name": "take", "source_range": range(from, 30),
            "media_reference": {"OTIO_SCHEMA": "ExternalReference.1", "target_url": "in.mp4"},
        })
    };
    let dissolve = json!({
        "OTIO_SCHEMA": "Transition.1", "transition_type": "SMPTE_Dissolve",
        "in_offset": time(5), "out_offset": time(5),
    });
    let edit = json!({
        "OTIO_SCHEMA": "Timeline.1",
        "tracks": {"OTIO_SCHEMA": "Stack.1", "children": [
            {"OTIO_SCHEMA": "Track.1", "kind": "Video", "children": [clip(10), dissolve, clip(60)]},
        ]},
    });
    let path = folder.path().join("edit.otio");
    fs::write(&path, edit.to_string()).unwrap();
    for encoder in ["x264enc", "openh264enc"] {
        let edit = [path.display().to_string()];
        let compiled = compile(&edit, &["--encoder", encoder]);
        assert_eq!(compiled.answer["verified"], true);
        let kinds: Vec<String> = compiled.spans().into_iter().map(|(kind, _)| kind).collect();
        assert!(kinds.contains(&"compose".to_owned()), "{kinds:?}");
        assert_eq!(
            read(&compiled.out),
            expected(&[(10, 40), (60, 90)]),
            "{encoder}"
        );
    }
}
