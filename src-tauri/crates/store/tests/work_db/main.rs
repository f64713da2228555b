//! Tests of the store through its public API, on real files.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod compilations;
mod crash;
mod leases;
mod opening;
mod outbox;
mod pins;
mod placements;
mod projects;
mod reports_uploads_settings;
mod versions;

use mediatime::{FixedClock, TimeRange, Timestamp};
use record::{CompilationRecord, InputRef, MediaFacts};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use store::WorkDb;
use tempfile::TempDir;
use uuid::Uuid;

/// A database in a folder of its own, and the hands of its clock.
struct Fixture {
    dir: TempDir,
    clock: Arc<FixedClock>,
    db: WorkDb,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::new(secs(1_800_000_000)));
        let db = WorkDb::open(&dir.path().join("work.db"), clock.clone()).unwrap();
        Self { dir, clock, db }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("work.db")
    }

    /// The same file opened once more, as another process would.
    fn again(&self) -> WorkDb {
        WorkDb::open(&self.path(), self.clock.clone()).unwrap()
    }
}

fn secs(value: i64) -> Timestamp {
    Timestamp::from_secs(value).unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn range(text: &str) -> TimeRange {
    text.parse().unwrap()
}

fn input(flow: &str, object: &str, timerange: &str) -> InputRef {
    InputRef {
        flow_id: Some(flow.to_owned()),
        object_id: object.to_owned(),
        timerange: range(timerange),
    }
}

/// A record that has everything a record can have.
fn record(n: u128) -> CompilationRecord {
    CompilationRecord {
        id: Uuid::from_u128(n),
        title: format!("Cut {n}"),
        created: secs(1_700_000_000),
        plan_hash: Some("b".repeat(64)),
        sha256: format!("{n:064x}"),
        media: MediaFacts {
            container: "video/mp4".to_owned(),
            size: u64::MAX,
            frames: 250,
            frame_rate: "30000/1001".parse().ok(),
            duration: time("8:341666666"),
            width: 1280,
            height: 720,
            video_codec: "video/h264".to_owned(),
            audio_codec: Some("audio/aac".to_owned()),
            sample_rate: Some(48_000),
            channels: Some(2),
        },
        object_url: format!("file:///media/{n}.mp4"),
        play_url: Some(format!("https://play.example/play/{n}")),
        source_id: Uuid::from_u128(n + 1_000),
        flow_id: Uuid::from_u128(n + 2_000),
        object_id: format!("object-{n}"),
        inputs: vec![
            input("flow-a", "object-a", "[0:0_2:0)"),
            InputRef {
                flow_id: None,
                object_id: "take.mov".to_owned(),
                timerange: range("[1:0_1:1)"),
            },
        ],
        tool_versions: BTreeMap::from([("stringout".to_owned(), "0.1.0".to_owned())]),
        plan: Some(json!({"video": [{"kind": "copy", "at": 0}], "audio": []})),
    }
}
