//! Tests of the library's cache through its public API, on real files.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod links;
mod objects;
mod opening;
mod remote;
mod segments;
mod segments_model;
mod together;

use mediatime::{Clock, FixedClock, TimeRange, Timestamp};
use rusqlite::Connection;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use store::{CachedObject, LibraryDb};
use tams_model::{Flow, FlowSegment, Id, Source};
use tempfile::TempDir;

/// Names and ids that would do harm in a statement that is put together from text.
const HOSTILE: &[&str] = &[
    "'; DROP TABLE entries; --",
    "\" OR 1=1 --",
    "%_?1:a@b$c",
    "line\nbreak\0nul\u{202e}",
    "",
    "ünïcode/../💥",
];

/// A cache in a folder of its own, and the hands of its clock.
struct Fixture {
    dir: TempDir,
    clock: Arc<FixedClock>,
    db: LibraryDb,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::new(secs(1_800_000_000)));
        let db = LibraryDb::open(&dir.path().join("library.db"), clock.clone()).unwrap();
        Self { dir, clock, db }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("library.db")
    }

    /// The same file opened once more, as another process would.
    fn again(&self) -> LibraryDb {
        LibraryDb::open(&self.path(), self.clock.clone()).unwrap()
    }

    /// The file without the program around it.
    fn raw(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    /// Moves the clock on by a second and tells what it shows then.
    fn tick(&self) -> Timestamp {
        self.clock.advance(secs(1));
        self.clock.now()
    }
}

fn secs(value: i64) -> Timestamp {
    Timestamp::from_secs(value).unwrap()
}

fn range(text: &str) -> TimeRange {
    text.parse().unwrap()
}

fn id(n: u8) -> Id {
    Id::random([n; 16])
}

fn source(n: u8) -> Source {
    serde_json::from_value(json!({
        "id": id(n),
        "format": "urn:x-nmos:format:video",
        "label": format!("Camera {n}"),
        "tags": {"location": ["hall", "roof"]},
        "created": "2026-01-02T03:04:05.123456789Z",
        "_unknown": {"kept": [1, 2.5, null]},
    }))
    .unwrap()
}

fn flow(n: u8) -> Flow {
    serde_json::from_value(json!({
        "id": id(n),
        "source_id": id(100),
        "format": "urn:x-nmos:format:video",
        "codec": "video/h264",
        "container": "video/mp4",
        "label": format!("Flow {n}"),
        "timerange": "[0:0_10:1)",
        "essence_parameters": {
            "frame_width": 1920,
            "frame_height": 1080,
            "frame_rate": {"numerator": 30000, "denominator": 1001},
        },
        "_unknown": "kept",
    }))
    .unwrap()
}

fn segment(object_id: &str, timerange: &str) -> FlowSegment {
    serde_json::from_value(json!({
        "object_id": object_id,
        "timerange": timerange,
        "ts_offset": "-0:500000000",
        "last_duration": "0:40000000",
        "key_frame_count": 1,
    }))
    .unwrap()
}

fn objects_of(segments: &[FlowSegment]) -> Vec<&str> {
    segments
        .iter()
        .map(|segment| segment.object_id.as_str())
        .collect()
}

fn object(connection: &str, object_id: &str, used: i64) -> CachedObject {
    CachedObject {
        connection: connection.to_owned(),
        object_id: object_id.to_owned(),
        file: format!("{used}.mp4"),
        size: 1_000,
        fetched: "1700000000:1".parse().unwrap(),
        used: secs(used),
    }
}
