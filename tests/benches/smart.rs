//! A smart render beside the encoder alone and smartcut, in one run: `cargo bench -p tests --bench smart`.

#![allow(
    clippy::expect_used,
    reason = "a bench stops where something is missing"
)]

mod side_by_side;

use side_by_side::{run_bench, table};
use std::path::{Path, PathBuf};

fn main() {
    run_bench(smart);
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
