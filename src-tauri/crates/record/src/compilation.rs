//! The compilation record: what a published file was made of.

use mediatime::{FrameRate, TimeRange, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// One published compilation. Immutable but for `title`, `object_url`, `play_url` and `plan`, which
/// may be learnt later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompilationRecord {
    /// Name-based (v5) UUID of the output's SHA-256 and plan hash: publishing the same file again
    /// finds the same record instead of making a second one.
    pub id: Uuid,
    /// What people call it.
    pub title: String,
    /// UTC since the Unix epoch.
    pub created: Timestamp,
    /// SHA-256 of the canonical cut plan, hex; `None` when the file came with no plan.
    pub plan_hash: Option<String>,
    /// SHA-256 of the output's bytes, hex. Of an output that reuses objects in place, which has no file,
    /// that of the list of its segments: a line `OBJECT TIMERANGE` each.
    pub sha256: String,
    /// Facts of the output file.
    pub media: MediaFacts,
    /// Where the bytes are: `s3://bucket/key` or a `file://` URL; `tams://local/flows/ID` where objects are
    /// reused in place. Never a presigned URL.
    pub object_url: String,
    /// The link people share, when a play base is known.
    pub play_url: Option<String>,
    /// TAMS source of the output.
    pub source_id: Uuid,
    /// TAMS flow of the output (the one that has the segment).
    pub flow_id: Uuid,
    /// TAMS object id of the output's bytes in the local node; empty where objects are reused in place.
    pub object_id: String,
    /// What went in, in the order of the plan.
    pub inputs: Vec<InputRef>,
    /// Tool name → version, for whoever must explain the file years later.
    pub tool_versions: BTreeMap<String, String>,
    /// The cut plan as it was executed.
    pub plan: Option<serde_json::Value>,
}

/// Facts of a media file, counted and not estimated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MediaFacts {
    /// MIME type of the container, `video/mp4`.
    pub container: String,
    /// Bytes.
    pub size: u64,
    /// Presented video frames.
    pub frames: u64,
    /// `None` when the frame rate varies.
    pub frame_rate: Option<FrameRate>,
    /// Presentation duration.
    pub duration: Timestamp,
    /// Pixels of a presented picture's width.
    pub width: u32,
    /// Pixels of a presented picture's height.
    pub height: u32,
    /// MIME type of the video codec, `video/h264`.
    pub video_codec: String,
    /// MIME type of the audio codec, `audio/aac`; `None` without sound.
    pub audio_codec: Option<String>,
    /// Samples per second; `None` without sound.
    pub sample_rate: Option<u32>,
    /// Audio channels; `None` without sound.
    pub channels: Option<u32>,
}

/// One input of a compilation: a part of an object, and where in its flow that part lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRef {
    /// TAMS flow; `None` for a plain file.
    pub flow_id: Option<String>,
    /// TAMS object id, or the file name of a plain file.
    pub object_id: String,
    /// On the flow's timeline (on the file's own timeline for a plain file).
    pub timerange: TimeRange,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn full() -> (CompilationRecord, Value) {
        let record = CompilationRecord {
            id: Uuid::from_u128(1),
            title: "Nachrichten".to_owned(),
            created: "1800000000:5".parse().unwrap(),
            plan_hash: Some("beef".to_owned()),
            sha256: "cafe".to_owned(),
            media: MediaFacts {
                container: "video/mp4".to_owned(),
                size: u64::MAX,
                frames: 250,
                frame_rate: "30000/1001".parse().ok(),
                duration: "8:341666666".parse().unwrap(),
                width: 1280,
                height: 720,
                video_codec: "video/h264".to_owned(),
                audio_codec: Some("audio/aac".to_owned()),
                sample_rate: Some(48_000),
                channels: Some(2),
            },
            object_url: "s3://bucket/key.mp4".to_owned(),
            play_url: Some("https://play.example/play/1".to_owned()),
            source_id: Uuid::from_u128(2),
            flow_id: Uuid::from_u128(3),
            object_id: "object-1".to_owned(),
            inputs: vec![InputRef {
                flow_id: Some("flow-a".to_owned()),
                object_id: "object-a".to_owned(),
                timerange: "[-0:1_2:0)".parse().unwrap(),
            }],
            tool_versions: BTreeMap::from([
                ("stringout".to_owned(), "0.1.0".to_owned()),
                ("gstreamer".to_owned(), "1.22.0".to_owned()),
            ]),
            plan: Some(json!({"video": [], "audio": []})),
        };
        let value = json!({
            "id": "00000000-0000-0000-0000-000000000001",
            "title": "Nachrichten",
            "created": "1800000000:5",
            "plan_hash": "beef",
            "sha256": "cafe",
            "media": {
                "container": "video/mp4",
                "size": 18_446_744_073_709_551_615_u64,
                "frames": 250,
                "frame_rate": {"numerator": 30000, "denominator": 1001},
                "duration": "8:341666666",
                "width": 1280,
                "height": 720,
                "video_codec": "video/h264",
                "audio_codec": "audio/aac",
                "sample_rate": 48000,
                "channels": 2,
            },
            "object_url": "s3://bucket/key.mp4",
            "play_url": "https://play.example/play/1",
            "source_id": "00000000-0000-0000-0000-000000000002",
            "flow_id": "00000000-0000-0000-0000-000000000003",
            "object_id": "object-1",
            "inputs": [
                {"flow_id": "flow-a", "object_id": "object-a", "timerange": "[-0:1_2:0)"},
            ],
            "tool_versions": {"gstreamer": "1.22.0", "stringout": "0.1.0"},
            "plan": {"video": [], "audio": []},
        });
        (record, value)
    }

    #[test]
    fn the_json_has_this_shape() {
        let (record, value) = full();
        assert_eq!(serde_json::to_value(&record).unwrap(), value);
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(
            serde_json::from_str::<CompilationRecord>(&text).unwrap(),
            record
        );
    }

    #[test]
    fn what_is_unknown_is_null_and_may_be_absent() {
        let (mut record, mut value) = full();
        record.plan_hash = None;
        record.play_url = None;
        record.plan = None;
        record.inputs[0].flow_id = None;
        record.media.frame_rate = None;
        record.media.audio_codec = None;
        record.media.sample_rate = None;
        record.media.channels = None;
        let unknown = [
            ("", &["plan_hash", "play_url", "plan"][..]),
            ("/inputs/0", &["flow_id"][..]),
            (
                "/media",
                &["frame_rate", "audio_codec", "sample_rate", "channels"][..],
            ),
        ];
        for (at, names) in unknown {
            for name in names {
                value.pointer_mut(at).unwrap()[name] = Value::Null;
            }
        }
        assert_eq!(serde_json::to_value(&record).unwrap(), value);
        for (at, names) in unknown {
            for name in names {
                value
                    .pointer_mut(at)
                    .unwrap()
                    .as_object_mut()
                    .unwrap()
                    .remove(*name);
            }
        }
        assert_eq!(
            serde_json::from_value::<CompilationRecord>(value).unwrap(),
            record
        );
    }

    #[test]
    fn a_record_without_its_hash_is_none() {
        let (_, mut value) = full();
        value.as_object_mut().unwrap().remove("sha256");
        let refused = serde_json::from_value::<CompilationRecord>(value).unwrap_err();
        assert!(refused.to_string().contains("sha256"), "{refused}");
    }
}
