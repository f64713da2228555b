//! Compiles beside their peers, in one run: `cargo bench -p tests --bench compile`.
//!
//! Whole processes, interleaved, medians; media and outputs lie on a tmpfs. `STRINGOUT_BIN` names
//! the binary to measure (a release build: `cargo build --release -p cli`).

#![allow(
    clippy::expect_used,
    reason = "a bench stops where something is missing"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tests::media::{Container, MediaSpec, Rate, generate, remux};

const ROUNDS: usize = 7;
const SEGMENTS: usize = 30;

fn main() {
    let Some(stringout) = binary() else {
        eprintln!("no release binary: `cargo build --release -p cli`, or set STRINGOUT_BIN");
        std::process::exit(2);
    };
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() {
        memory
    } else {
        Path::new("/tmp")
    };
    let dir = folder.join(format!("stringout-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a folder for the bench");
    let segments = segments(&dir);
    copy(&stringout, &segments, &dir);
    smart(&stringout, &segments, &dir);
    std::fs::remove_dir_all(&dir).expect("the bench's folder can be removed");
}

fn binary() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("STRINGOUT_BIN") {
        return Some(path.into());
    }
    // …/target/release/deps/compile-… → …/target/release/stringout
    let own = std::env::current_exe().ok()?;
    let path = own.parent()?.parent()?.join("stringout");
    path.exists().then_some(path)
}

/// 30 × 2 s of 1080p with three B pictures, as a packager writes them.
fn segments(dir: &Path) -> Vec<PathBuf> {
    let source = generate(&MediaSpec {
        width: 1920,
        height: 1080,
        rate: Rate::new(30, 1),
        frames: 30 * 2 * u32::try_from(SEGMENTS).expect("small"),
        gop: 60,
        bframes: 3,
        container: Container::Ts,
        ..MediaSpec::hd(2)
    });
    let cut = remux::ts_segments(&source, 2.0);
    assert_eq!(cut.len(), SEGMENTS, "the packager cuts at every key frame");
    cut.iter()
        .map(|segment| {
            let copy = dir.join(segment.file_name().expect("a file name"));
            std::fs::copy(segment, &copy).expect("room on the tmpfs");
            copy
        })
        .collect()
}

fn copy(stringout: &Path, segments: &[PathBuf], dir: &Path) {
    let bytes: u64 = segments
        .iter()
        .map(|path| std::fs::metadata(path).map_or(0, |file| file.len()))
        .sum();
    println!(
        "copy compile: {SEGMENTS} × 2 s of 1080p TS, {} MB → MP4",
        bytes / 1_000_000
    );
    let names: Vec<String> = segments
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let out = |name: &str| dir.join(name).display().to_string();
    let mut cat = vec![
        "-c".to_owned(),
        format!("cat \"$@\" > {}", out("cat.ts")),
        "sh".to_owned(),
    ];
    cat.extend(names.iter().cloned());
    let protocol = format!("concat:{}", names.join("|"));
    let ffmpeg: Vec<String> = [
        "-v",
        "error",
        "-y",
        "-i",
        &protocol,
        "-c",
        "copy",
        &out("ffmpeg.mp4"),
    ]
    .map(str::to_owned)
    .into();
    let ours = |name: &str, verify: bool| {
        let mut arguments = vec!["compile".to_owned(), "--overwrite".to_owned()];
        for name in &names {
            arguments.extend(["--clip".to_owned(), name.clone()]);
        }
        arguments.extend(["--out".to_owned(), out(name)]);
        if !verify {
            arguments.push("--no-verify".to_owned());
        }
        arguments
    };
    let stringout = stringout.display().to_string();
    table(&[
        ("cat (the limit)", "sh".to_owned(), cat),
        ("ffmpeg concat protocol", "ffmpeg".to_owned(), ffmpeg),
        (
            "stringout, not verified",
            stringout.clone(),
            ours("a.mp4", false),
        ),
        ("stringout, verified", stringout, ours("b.mp4", true)),
    ]);
}

fn smart(stringout: &Path, segments: &[PathBuf], dir: &Path) {
    println!("smart render: frames 75–299 and 1000–1099 of the same, cuts inside GOPs");
    let joined = dir.join("joined.ts");
    let mut bytes = Vec::new();
    for segment in segments {
        bytes.extend(std::fs::read(segment).expect("a segment"));
    }
    std::fs::write(&joined, bytes).expect("room on the tmpfs");
    let name = joined.display().to_string();
    let out = |name: &str| dir.join(name).display().to_string();
    let stringout_arguments: Vec<String> = [
        "compile",
        "--overwrite",
        "--no-verify",
        "--clip",
        &format!("{name}@75f..300f"),
        "--clip",
        &format!("{name}@1000f..1100f"),
        "--out",
        &out("smart.mp4"),
    ]
    .map(str::to_owned)
    .into();
    // The encoder alone on the 85 frames that have to be encoded.
    let select = "select='between(n,75,119)+between(n,1000,1019)+between(n,1080,1099)'";
    let encoder: Vec<String> = [
        "-v",
        "error",
        "-y",
        "-i",
        &name,
        "-vf",
        select,
        "-fps_mode",
        "passthrough",
        "-an",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-qp",
        "17",
        "-bf",
        "0",
        "-t",
        "37",
        &out("encoder.mp4"),
    ]
    .map(str::to_owned)
    .into();
    // The peer is measured where somebody has put it: it is no tool of the tests.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).map(|folder| folder.join("smartcut"));
    let smartcut = places.find(|tool| tool.is_file());
    if smartcut.is_none() {
        println!("  smartcut is not on the PATH (`pip install smartcut`) and left out");
    }
    let smartcut = smartcut.map(|tool| {
        let keep = "2.5,10,33.333333,36.666667";
        let arguments: Vec<String> = [&name, &out("peer.mp4"), "--keep", keep]
            .map(|s| s.to_string())
            .into();
        ("smartcut", tool.display().to_string(), arguments)
    });
    let mut rows = vec![
        (
            "ffmpeg, those frames decoded and encoded",
            "ffmpeg".to_owned(),
            encoder,
        ),
        (
            "stringout",
            stringout.display().to_string(),
            stringout_arguments,
        ),
    ];
    rows.extend(smartcut);
    table(&rows);
}

/// Runs the rows in turn and prints medians, and ratios to the first.
fn table(rows: &[(&str, String, Vec<String>)]) {
    let mut times = vec![Vec::with_capacity(ROUNDS); rows.len()];
    for round in 0..=ROUNDS {
        for ((name, program, arguments), times) in rows.iter().zip(&mut times) {
            let time = run(name, program, arguments);
            // The first round warms the caches.
            if round > 0 {
                times.push(time);
            }
        }
    }
    let median = |times: &[Duration]| {
        let mut sorted = times.to_vec();
        sorted.sort();
        sorted[sorted.len() / 2]
    };
    let first = median(&times[0]).as_secs_f64();
    for ((name, ..), times) in rows.iter().zip(&times) {
        let (time, least) = (
            median(times).as_secs_f64(),
            times.iter().min().map_or(0.0, Duration::as_secs_f64),
        );
        println!(
            "  {name:<42} {time:>8.3} s   min {least:>8.3} s   {:>6.2} ×",
            time / first
        );
    }
}

fn run(name: &str, program: &str, arguments: &[String]) -> Duration {
    let started = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let time = started.elapsed();
    match status {
        Ok(status) if status.success() => time,
        other => panic!("{name} failed: {other:?} ({program} {arguments:?})"),
    }
}
