//! Good documents.

use std::fs;
use std::io::Cursor;
use std::sync::{Arc, LazyLock};

use conform::{Clip, Edit, Mark, Options, Source, conform};
use mediatime::{FrameRate, TimeRange};
use serde_json::{Value, json};
use timeline::{Document, FlowFrames, History, Part, Ports, Project, Sequence, Track};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::folders;
use crate::media::{MediaSpec, generate};

/// The files that the reader is tested with.
pub(super) static OTIO: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let folder = folders::repository().join("src-tauri/crates/interchange/tests/otio");
    let files = fs::read_dir(folder).expect("the examples are in the repository");
    let mut paths: Vec<_> = files
        .map(|file| file.expect("the folder can be read").path())
        .collect();
    paths.sort();
    let read = |path| serde_json::from_slice(&fs::read(path).expect("an example")).expect("JSON");
    paths.iter().map(read).collect()
});

/// A project with two tracks, a gap, a dissolve and some steps, of which one is taken back.
pub(super) static PROJECT: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let sequence = Sequence::new(Uuid::from_u128(1), "Promo", 10);
    let mut history = History::new(Project {
        id: Uuid::from_u128(2),
        name: "Cut".to_owned(),
        sequences: vec![Arc::new(sequence)],
    });
    let mut seeds = vec![kept(&history)];
    let mut ids = 2;
    for round in 0..4 {
        step(&mut history, |track| {
            let mut new_id = || {
                ids += 1;
                Uuid::from_u128(ids)
            };
            let mut ports = Ports {
                flows: &Flows,
                new_id: &mut new_id,
            };
            let first = track.append(part(round, 20), &mut ports).expect("room");
            track.append(part(round + 1, 30), &mut ports).expect("room");
            if round % 2 == 1 {
                let end = track.length();
                track.split(end - 7, &mut ports).expect("a clip is there");
                track.lift(&[first]).expect("it was just put there");
            }
        });
        seeds.push(kept(&history));
    }
    history.undo();
    seeds.push(kept(&history));
    seeds
});

fn kept(history: &History<Project>) -> Value {
    serde_json::to_value(Document::new(history)).expect("a document can be written")
}

fn step(history: &mut History<Project>, edit: impl FnOnce(&mut Track)) {
    let mut next = history.present().clone();
    let sequence = Arc::make_mut(&mut next.sequences[0]);
    edit(sequence.video_mut().expect("a track of pictures"));
    history.push("Edit", next);
}

/// Flows of 100 frames.
struct Flows;

impl FlowFrames for Flows {
    fn frames(&self, _: &str) -> Option<u64> {
        Some(100)
    }

    fn timerange(&self, _: &str, first: u64, frames: u64) -> Option<TimeRange> {
        let at = |frame: u64| Some(FrameRate::FPS_25.timestamp_of(i64::try_from(frame).ok()?));
        Some(TimeRange::new(at(first)?, at(first + frames)?))
    }
}

fn part(first: u64, frames: u64) -> Part {
    Part {
        title: "A".to_owned(),
        flow_id: Uuid::from_u128(7).to_string(),
        source_id: Uuid::from_u128(8).to_string(),
        first,
        frames,
        rate: Some(FrameRate::FPS_25),
        sound: true,
    }
}

/// Reports of compiles of a small file.
pub(super) static REPORT: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let spec = MediaSpec {
        frames: 24,
        gop: 8,
        ..MediaSpec::small(7)
    };
    let bytes = fs::read(generate(&spec)).expect("generated media can be read");
    let cancel = CancellationToken::new();
    let index = media::index(&mut Cursor::new(bytes), "small", &cancel, &mut |_, _| {});
    let index = Arc::new(index.expect("a good file"));
    let source = Arc::new(Source::file("small".to_owned(), index));
    let reports = [None, Some(Mark::Frame(5))].map(|mark_in| {
        let clip = Clip {
            label: "small".to_owned(),
            source: Arc::clone(&source),
            mark_in,
            mark_out: None,
        };
        let options = Options {
            encoders: conform::Encoders::H264,
            codec: None,
            ..Options::default()
        };
        let (plan, _) = conform(&Edit::of([clip]), &options).expect("it can be cut");
        json!({
            "plan": plan, "out": "out.mp4", "container": "mp4", "sha256": "00", "size": 9000,
            "frames": plan.frames, "copied_bytes": 8000, "copied_frames": 16, "encoded_frames": 3,
            "encoder": "x264enc", "time_scale": 12_800, "presentation": {"even": 512},
            "spans": [{
                "kind": "copy", "first_frame": 0, "frames": 16, "bytes": 8000, "sha256": "00",
                "signatures": [],
            }],
            "audio": {"sample_rate": 48_000, "channels": 2, "samples": 38_400, "skip": 1024},
            "tool_versions": {"gstreamer": "1.22"}, "verification": null,
        })
    });
    reports.to_vec()
});
