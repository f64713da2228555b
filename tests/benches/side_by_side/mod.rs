//! Whole processes side by side: interleaved rounds, medians, on a tmpfs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tests::media::{Container, MediaSpec, Rate, generate, remux};

pub(crate) const ROUNDS: usize = 7;
/// Segments of 2 s that are compiled.
pub(crate) const SEGMENTS: usize = 30;

/// Runs a bench with the program to measure, the segments and a folder for outputs, all on a tmpfs.
/// `STRINGOUT_BIN` names the program; a release build is taken otherwise.
pub(crate) fn run_bench(bench: impl FnOnce(&Path, &[PathBuf], &Path)) {
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
    bench(&stringout, &segments, &dir);
    std::fs::remove_dir_all(&dir).expect("the bench's folder can be removed");
}

fn binary() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("STRINGOUT_BIN") {
        return Some(path.into());
    }
    // …/target/release/deps/copy-… → …/target/release/stringout
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

/// Runs the rows in turn, so many rounds, and prints medians, and ratios to the first.
pub(crate) fn table_of(rows: &[(&str, String, Vec<String>)], rounds: usize) {
    let mut times = vec![Vec::with_capacity(rounds); rows.len()];
    for round in 0..=rounds {
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
