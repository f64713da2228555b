//! A copy compile beside `cat` and ffmpeg, and what planning costs, in one run:
//! `cargo bench -p tests --bench copy`.

#![allow(
    clippy::expect_used,
    reason = "a bench stops where something is missing"
)]

mod side_by_side;

use side_by_side::{ROUNDS, SEGMENTS, run_bench, table_of};
use std::path::{Path, PathBuf};

fn main() {
    run_bench(|stringout, segments, dir| {
        copy(stringout, segments, dir);
        plan(stringout, segments, dir);
    });
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
    table_of(
        &[
            ("cat (the limit)", "sh".to_owned(), cat),
            ("ffmpeg concat protocol", "ffmpeg".to_owned(), ffmpeg),
            (
                "stringout, not verified",
                stringout.clone(),
                ours("a.mp4", false),
            ),
            ("stringout, verified", stringout, ours("b.mp4", true)),
        ],
        ROUNDS,
    );
}

/// The media is read anew each time: what is above the first row is reading, what two thousand clips
/// take more than one is planning.
fn plan(stringout: &Path, segments: &[PathBuf], dir: &Path) {
    const CLIPS: usize = 2000;
    println!("plans of the same minute as one file: {CLIPS} clips of 20 frames beside one");
    let joined = dir.join("joined.ts");
    let mut bytes = Vec::new();
    for segment in segments {
        bytes.extend(std::fs::read(segment).expect("a segment"));
    }
    std::fs::write(&joined, bytes).expect("room on the tmpfs");
    let name = joined.display().to_string();
    let clips = |count: usize| {
        let mut arguments = vec!["plan".to_owned()];
        for number in 0..count {
            let first = number * 37 % 1780;
            let clip = format!("{name}@{first}f..{}f", first + 20);
            arguments.extend(["--clip".to_owned(), clip]);
        }
        arguments
    };
    let stringout = stringout.display().to_string();
    let cat = ["-c", &format!("cat {name} > /dev/null")].map(str::to_owned);
    table_of(
        &[
            ("cat into nothing", "sh".to_owned(), cat.into()),
            ("one clip", stringout.clone(), clips(1)),
            ("two thousand clips", stringout, clips(CLIPS)),
        ],
        ROUNDS,
    );
}
