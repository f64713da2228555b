//! Memory stays where it is, however long the output: half an hour takes little more than a minute.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use tests::stringout::Stringout;
use tests::tool::{ffmpeg, run};

/// What the index of half an hour more of samples may take, in MiB: ours of the source, GStreamer's of
/// the output that is verified.
const MORE: f64 = 24.0;
/// How many times the minute is played for the long recording.
const MINUTES: usize = 31;

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

/// The minute over and over.
fn half_an_hour(minute: &Path) -> PathBuf {
    let out = minute.with_file_name("half_an_hour.mp4");
    let again = (MINUTES - 1).to_string();
    let mut ffmpeg = ffmpeg(["-stream_loop", &again, "-i"]);
    run(ffmpeg.arg(minute).args(["-c", "copy"]).arg(&out));
    out
}

/// Compiles and verifies `clip`; the answer is the most memory that the program had at once, in MiB.
fn peak(clip: &str, mode: &str, folder: &Path) -> f64 {
    let out = folder.join("out.mp4");
    // The C library keeps what is free apart for each thread; how much that is changes from run to run.
    let stringout = Stringout::new().with("MALLOC_ARENA_MAX", "2");
    let mut command = stringout.command(["compile", "--clip", clip, "--mode", mode]);
    command.args(["--overwrite", "--json", "--out"]).arg(&out);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let peak = watched(&mut child);
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{clip}, {mode}: {said}");
    println!("{mode} {clip}: {peak:.1} MiB");
    peak
}

/// The kernel keeps the highest resident size; the last reading before the end is as good as it.
fn watched(child: &mut Child) -> f64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0;
    while child.try_wait().unwrap().is_none() {
        let told = fs::read_to_string(&status).unwrap_or_default();
        let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
        peak = f64::max(peak, kib.unwrap_or(0.0) / 1024.0);
        thread::sleep(Duration::from_millis(10));
    }
    assert!(peak > 0.0, "{status} told nothing");
    peak
}

#[test]
fn memory_does_not_grow_with_the_length() {
    let folder = tempfile::tempdir().unwrap();
    let short = minute(folder.path());
    let long = half_an_hour(&short);
    let frames = |minutes: usize| minutes * 60 * 25;
    let mut grown = Vec::new();
    for (mode, from, less) in [("copy", 0, 0), ("smart", 3, 7), ("render", 0, 0)] {
        let marked = |file: &Path, minutes| match less {
            0 => file.display().to_string(),
            _ => format!("{}@{from}f..{}f", file.display(), frames(minutes) - less),
        };
        let one = peak(&marked(&short, 1), mode, folder.path());
        let many = peak(&marked(&long, MINUTES), mode, folder.path());
        if many - one > MORE {
            grown.push(format!("{mode}: {one:.1} MiB, then {many:.1} MiB"));
        }
    }
    assert!(grown.is_empty(), "{}", grown.join("\n"));
}
