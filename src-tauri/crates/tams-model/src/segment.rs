//! Flow segments: stretches of objects on a flow's timeline.

mod reader;

use mediatime::{TimeRange, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::tolerant::{or_absent, timerange, timerange_or_absent, timestamp_or_absent};
use crate::{GetUrl, Other, TamsErrorBody, UncontrolledUrl};

/// A segment as a server answers it (`flow-segment.json`).
///
/// `segment time = object time + ts_offset`. Keep a sample when its segment time is in `timerange`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FlowSegment {
    /// The object that holds the samples.
    pub object_id: String,
    /// What the segment covers, on the flow's timeline, in presentation order.
    pub timerange: TimeRange,
    /// Flow time minus object time; absent means zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts_offset: Option<Timestamp>,
    /// End of `timerange` minus the time of the last sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_duration: Option<Timestamp>,
    /// What the whole object covers, on the object's own timeline. Answered only when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_timerange: Option<TimeRange>,
    /// Deprecated: samples of the object to skip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_offset: Option<i64>,
    /// Deprecated: samples of the object to use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_count: Option<i64>,
    /// Where the object can be read. Expires; never to be stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub get_urls: Option<Vec<GetUrl>>,
    /// Key frames in the object; above zero when decoding can start in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_frame_count: Option<i64>,
    /// The initialisation segment the object needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_object: Option<InitObject>,
    /// Properties beyond the schema.
    #[serde(flatten)]
    pub other: Other,
}

/// The initialisation segment of a segment's object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitObject {
    /// The object that holds it.
    pub object_id: String,
    /// Where it can be read.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub get_urls: Option<Vec<GetUrl>>,
}

/// A segment to register (`flow-segment-post.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentPost {
    /// The object that holds the samples.
    pub object_id: String,
    /// The initialisation segment it needs. Not for objects that are already registered.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub init_object_id: Option<String>,
    /// Flow time minus object time; absent means zero.
    #[serde(
        default,
        deserialize_with = "timestamp_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub ts_offset: Option<Timestamp>,
    /// What the segment covers, on the flow's timeline.
    #[serde(deserialize_with = "timerange")]
    pub timerange: TimeRange,
    /// What the whole object covers, on its own timeline. Must be given when the first segment of a
    /// new object does not use all of it, and not for objects that are already registered.
    #[serde(
        default,
        deserialize_with = "timerange_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub object_timerange: Option<TimeRange>,
    /// End of `timerange` minus the time of the last sample; never negative.
    #[serde(
        default,
        deserialize_with = "timestamp_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub last_duration: Option<Timestamp>,
    /// Deprecated: samples of the object to skip. For servers before 8.0.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub sample_offset: Option<i64>,
    /// Deprecated: samples of the object to use. For servers before 8.0.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub sample_count: Option<i64>,
    /// Copies of the object the server does not manage.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub get_urls: Option<Vec<UncontrolledUrl>>,
    /// Key frames in the object.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub key_frame_count: Option<i64>,
}

impl SegmentPost {
    /// A segment that puts `object_id` on the flow's timeline at `timerange`, without offset.
    pub fn new(object_id: impl Into<String>, timerange: TimeRange) -> Self {
        Self {
            object_id: object_id.into(),
            init_object_id: None,
            ts_offset: None,
            timerange,
            object_timerange: None,
            last_duration: None,
            sample_offset: None,
            sample_count: None,
            get_urls: None,
            key_frame_count: None,
        }
    }
}

/// The answer to a list of segments of which some failed (`flow-segment-bulk-failure.json`). Also
/// read from the bare list some servers send.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FailedSegments {
    /// The ones that were not registered; all others were.
    pub failed_segments: Vec<FailedSegment>,
}

/// One segment that was not registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedSegment {
    /// Its object.
    pub object_id: String,
    /// Its timerange.
    #[serde(
        default,
        deserialize_with = "timerange_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub timerange: Option<TimeRange>,
    /// Why.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub error: Option<TamsErrorBody>,
}

impl<'de> Deserialize<'de> for FailedSegments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let listed = match Value::deserialize(deserializer)? {
            Value::Object(mut members) => members
                .shift_remove("failed_segments")
                .ok_or_else(|| D::Error::missing_field("failed_segments"))?,
            other => other,
        };
        let failed_segments = serde_json::from_value(listed).map_err(D::Error::custom)?;
        Ok(Self { failed_segments })
    }
}
