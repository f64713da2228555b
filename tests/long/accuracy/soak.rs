//! Memory stays where it is, however long the output: half an hour takes little more than a minute, and
//! ten minutes of dissolves little more than one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tests::stringout::Stringout;
use tests::tool::{ffmpeg, run};

/// What the index of half an hour more of samples may take, in MiB: ours of the source, GStreamer's of
/// the output that is verified.
const MORE: f64 = 24.0;
/// How many times the minute is played for the long recording.
const MINUTES: usize = 31;
/// Frames of a minute.
const MINUTE: usize = 60 * 25;

/// A minute at 160×90 and 25 frames a second whose noise fills every buffer on the way.
fn minute(folder: &Path) -> PathBuf {
    let out = folder.join("minute.mp4");
    let mut ffmpeg = ffmpeg(["-f", "lavfi", "-i"]);
    ffmpeg.arg("testsrc2=s=160x90:r=25:d=60,noise=alls=60:allf=t");
    ffmpeg.args("-f lavfi -i sine=d=60:r=48000 -c:v libx264 -preset ultrafast".split(' '));
    ffmpeg.args("-crf 10 -g 50 -bf 3 -c:a aac -ac 2".split(' '));
    run(ffmpeg.arg(&out));
    out
}

/// The pictures of the minute over and over. The sound is made in one go: that of the minute does not
/// follow itself without a seam, which would have it encoded where that of the minute is copied.
fn half_an_hour(minute: &Path) -> PathBuf {
    let out = minute.with_file_name("half_an_hour.mp4");
    let (again, sound) = (MINUTES - 1, format!("sine=d={}:r=48000", MINUTES * 60));
    let mut ffmpeg = ffmpeg(["-stream_loop", &again.to_string(), "-i"]);
    ffmpeg.arg(minute).args(["-f", "lavfi", "-i", &sound]);
    ffmpeg.args("-map 0:v -map 1:a -c:v copy -c:a aac -ac 2".split(' '));
    run(ffmpeg.arg(&out));
    out
}

/// An edit of so many minutes beside the recordings: parts of the minute of ten seconds, with a dissolve
/// on every joint, above a bed of sound.
fn dissolves(minutes: usize, folder: &Path) -> String {
    let time =
        |frames: usize| json!({ "OTIO_SCHEMA": "RationalTime.1", "rate": 25, "value": frames });
    let range = |first: usize, frames: usize| {
        json!({
            "OTIO_SCHEMA": "TimeRange.1",
            "start_time": time(first),
            "duration": time(frames),
        })
    };
    let clip = |file: &str, first: usize, frames: usize| {
        json!({
            "OTIO_SCHEMA": "Clip.1",
            "name": file,
            "source_range": range(first, frames),
            "media_reference": { "OTIO_SCHEMA": "ExternalReference.1", "target_url": file },
        })
    };
    let dissolve = json!({
        "OTIO_SCHEMA": "Transition.1",
        "transition_type": "SMPTE_Dissolve",
        "in_offset": time(6),
        "out_offset": time(6),
    });
    let track = |kind: &str, children: Vec<Value>| json!({ "OTIO_SCHEMA": "Track.1", "kind": kind, "children": children });
    let mut pictures = Vec::new();
    for part in 0..minutes * 6 {
        if part > 0 {
            pictures.push(dissolve.clone());
        }
        // Not at key frames, and with room for the dissolves on both sides.
        let first = 25 + part % 5 * 250 + part % 7;
        pictures.push(clip("minute.mp4", first, 250));
    }
    let bed = clip("half_an_hour.mp4", 0, minutes * MINUTE);
    let edit = json!({
        "OTIO_SCHEMA": "Timeline.1",
        "name": "Dissolves",
        "tracks": {
            "OTIO_SCHEMA": "Stack.1",
            "children": [track("Video", pictures), track("Audio", vec![bed])],
        },
    });
    let out = folder.join(format!("{minutes}.otio"));
    fs::write(&out, edit.to_string()).unwrap();
    out.display().to_string()
}

/// Compiles and verifies; the answer is the most memory that the program had at once, in MiB.
fn peak(wanted: &[&str], folder: &Path) -> f64 {
    let out = folder.join("out.mp4");
    let stringout = Stringout::new();
    let mut command = stringout.command(["compile"]);
    command.args(wanted);
    command.args(["--overwrite", "--json", "--out"]).arg(&out);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let peak = tests::memory::peak(&mut child);
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{wanted:?}: {said}");
    println!("{wanted:?}: {peak:.1} MiB");
    peak
}

#[test]
fn memory_does_not_grow_with_the_length() {
    let folder = tempfile::tempdir().unwrap();
    let short = minute(folder.path());
    let long = half_an_hour(&short);
    let mut grown = Vec::new();
    for (mode, from, less) in [("copy", 0, 0), ("smart", 3, 7), ("render", 0, 0)] {
        let marked = |file: &Path, minutes| match less {
            0 => file.display().to_string(),
            _ => format!("{}@{from}f..{}f", file.display(), minutes * MINUTE - less),
        };
        let of = |clip: &str| peak(&["--clip", clip, "--mode", mode], folder.path());
        let (one, many) = (of(&marked(&short, 1)), of(&marked(&long, MINUTES)));
        if many - one > MORE {
            grown.push(format!("{mode}: {one:.1} MiB, then {many:.1} MiB"));
        }
    }
    // Many cuts: each has threads of decoders and encoders of its own.
    let parts = |count: usize| {
        let part = |k: usize| format!("{}@{}f..{}f", short.display(), 7 + 13 * k, 407 + 13 * k);
        (0..count)
            .flat_map(|k| ["--clip".to_owned(), part(k)])
            .collect::<Vec<_>>()
    };
    let of = |count| {
        let clips = parts(count);
        let clips: Vec<&str> = clips.iter().map(String::as_str).collect();
        peak(&clips, folder.path())
    };
    let (few, many) = (of(2), of(30));
    if many - few > MORE {
        grown.push(format!("cuts: {few:.1} MiB, then {many:.1} MiB"));
    }
    let of = |minutes| peak(&[&dissolves(minutes, folder.path())], folder.path());
    let (one, many) = (of(1), of(10));
    if many - one > MORE {
        grown.push(format!("dissolves: {one:.1} MiB, then {many:.1} MiB"));
    }
    assert!(grown.is_empty(), "{}", grown.join("\n"));
}
