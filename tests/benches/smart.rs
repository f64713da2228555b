//! A smart render beside the encoder alone and smartcut, in one run: `cargo bench -p tests --bench smart`.

#![allow(
    clippy::expect_used,
    reason = "a bench stops where something is missing"
)]

mod side_by_side;

use side_by_side::{ROUNDS, run_bench, table_of};
use std::path::Path;
use std::process::{Command, Stdio};

/// Frames of the source from… to, the last not included.
type Part = (u64, u64);

fn main() {
    run_bench(|stringout, segments, dir| {
        let joined = dir.join("joined.ts");
        let mut bytes = Vec::new();
        for segment in segments {
            bytes.extend(std::fs::read(segment).expect("a segment"));
        }
        std::fs::write(&joined, bytes).expect("room on the tmpfs");
        let bench = Bench {
            stringout,
            joined: &joined,
            dir,
        };
        println!("smart render: frames 75–299 and 1000–1099 of the same, cuts inside GOPs");
        bench.compare(&[(75, 300), (1000, 1100)], ROUNDS, true);
        // Each begins and ends inside a GOP, each at another place.
        let parts: Vec<Part> = (0..20).map(|k| (7 + 31 * k, 907 + 31 * k)).collect();
        println!("smart render: ten minutes of twenty parts, cuts inside GOPs");
        bench.compare(&parts, 2, false);
        #[cfg(target_os = "linux")]
        for parts in [&parts[..2], &parts] {
            bench.tell_memory(parts);
        }
    });
}

struct Bench<'a> {
    stringout: &'a Path,
    joined: &'a Path,
    dir: &'a Path,
}

impl Bench<'_> {
    fn arguments(&self, parts: &[Part]) -> Vec<String> {
        let mut arguments = ["compile", "--overwrite", "--no-verify", "--out"]
            .map(str::to_owned)
            .to_vec();
        arguments.push(self.dir.join("smart.mp4").display().to_string());
        for (from, to) in parts {
            let clip = format!("{}@{from}f..{to}f", self.joined.display());
            arguments.extend(["--clip".to_owned(), clip]);
        }
        arguments
    }

    fn compare(&self, parts: &[Part], rounds: usize, peers: bool) {
        let arguments = self.arguments(parts);
        let encoder = self.encoder_alone(&arguments, parts);
        let mut rows = vec![
            (
                "ffmpeg, what is encoded alone, settings alike",
                "sh".to_owned(),
                encoder,
            ),
            ("stringout", self.stringout.display().to_string(), arguments),
        ];
        if peers {
            rows.extend(self.smartcut(parts));
        }
        table_of(&rows, rounds);
    }

    /// The peer is measured where somebody has put it: it is no tool of the tests.
    fn smartcut(&self, parts: &[Part]) -> Option<(&'static str, String, Vec<String>)> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut places = std::env::split_paths(&path).map(|folder| folder.join("smartcut"));
        let Some(tool) = places.find(|tool| tool.is_file()) else {
            println!("  smartcut is not on the PATH (`pip install smartcut`) and left out");
            return None;
        };
        let seconds = |frame: u64| format!("{:.6}", frame as f64 / 30.0);
        let keep: Vec<String> = parts
            .iter()
            .flat_map(|(from, to)| [seconds(*from), seconds(*to)])
            .collect();
        let out = self.dir.join("peer.mp4").display().to_string();
        let arguments = vec![
            self.joined.display().to_string(),
            out,
            "--keep".to_owned(),
            keep.join(","),
        ];
        Some(("smartcut", tool.display().to_string(), arguments))
    }

    /// The most memory that a compile takes.
    #[cfg(target_os = "linux")]
    fn tell_memory(&self, parts: &[Part]) {
        let mut compile = Command::new(self.stringout);
        let child = compile
            .args(self.arguments(parts))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let peak = tests::memory::peak(&mut child.expect("the program starts"));
        let seconds: u64 = parts.iter().map(|(from, to)| (to - from) / 30).sum();
        println!("  {seconds} s of output: {peak:.1} MiB at most");
    }

    /// The same frames, decoded from their key frames and encoded with the same settings, each part by a process
    /// of its own.
    fn encoder_alone(&self, arguments: &[String], parts: &[Part]) -> Vec<String> {
        let Self {
            stringout,
            joined,
            dir,
        } = self;
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
            let source = source_frame(parts, first);
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
}

/// Which frame of the source a frame of the output is.
fn source_frame(parts: &[Part], frame: u64) -> u64 {
    let mut before = 0;
    for (from, to) in parts {
        if frame < before + to - from {
            return from + frame - before;
        }
        before += to - from;
    }
    panic!("frame {frame} lies behind the end")
}
