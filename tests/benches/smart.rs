//! A smart render beside the encoder alone and smartcut, in one run: `cargo bench -p tests --bench smart`.

#![allow(
    clippy::expect_used,
    reason = "a bench stops where something is missing"
)]

mod side_by_side;

use side_by_side::{run_bench, table};
use std::path::{Path, PathBuf};
use std::process::Command;

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
    let encoder = encoder_alone(stringout, &stringout_arguments, &joined, dir);
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
            "ffmpeg, what is encoded alone, settings alike",
            "sh".to_owned(),
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

/// The same frames, decoded from their key frames and encoded with the same settings, each part by a process of
/// its own.
fn encoder_alone(stringout: &Path, arguments: &[String], joined: &Path, dir: &Path) -> Vec<String> {
    let report = dir.join("smart.json");
    let done = Command::new(stringout)
        .args(arguments)
        .arg("--report")
        .arg(&report)
        .output();
    assert!(done.is_ok_and(|done| done.status.success()), "a compile");
    let report = std::fs::read(&report).expect("a report");
    let report: serde_json::Value = serde_json::from_slice(&report).expect("a report");
    // A file that can be sought in.
    let indexed = dir.join("joined.mp4");
    let remuxed = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-i"])
        .arg(joined)
        .args(["-c", "copy"])
        .arg(&indexed)
        .status();
    assert!(remuxed.is_ok_and(|status| status.success()), "a remux");
    let mut script = String::new();
    for (number, span) in report["spans"]
        .as_array()
        .expect("spans")
        .iter()
        .enumerate()
    {
        if span["kind"] != "encode" {
            continue;
        }
        let count = |name: &str| span[name].as_u64().expect("a number");
        let first = count("first_frame");
        // 225 frames from 75 on, then those from 1000 on.
        let source = if first < 225 {
            first + 75
        } else {
            first - 225 + 1000
        };
        script.push_str(&format!(
            "ffmpeg -nostdin -v error -y -ss {:.6} -i {} -frames:v {} -an -c:v libx264 -preset fast -qp {} -bf 0 \
             -x264-params mbtree=0:rc-lookahead=0:aq-mode=0:no-psy=1 {}/alone{number}.mp4 || exit 1\n",
            (source as f64 - 0.25) / 30.0,
            indexed.display(),
            count("frames"),
            span["quantiser"],
            dir.display(),
        ));
    }
    vec!["-c".to_owned(), script]
}
