//! A copy compile beside `cat` and ffmpeg, in one run: `cargo bench -p tests --bench copy`.

#![allow(
    clippy::expect_used,
    reason = "a bench stops where something is missing"
)]

mod side_by_side;

use side_by_side::{SEGMENTS, run_bench, table};
use std::path::{Path, PathBuf};

fn main() {
    run_bench(copy);
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
