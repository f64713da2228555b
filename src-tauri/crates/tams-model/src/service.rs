//! What a server says of itself.

use mediatime::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Other;
use crate::tolerant::{or_absent, timestamp_or_absent};

/// A TAMS server (`service.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Very short name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Longer text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What implementation it is, `urn:x-tams:service…`.
    #[serde(rename = "type", default)]
    pub service_type: String,
    /// Version of the specification it implements, `8.2`. Some servers write three numbers.
    pub api_version: String,
    /// Version of its software; for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_version: Option<String>,
    /// How it reports events.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub event_stream_mechanisms: Option<Vec<EventStreamMechanism>>,
    /// How long an object may wait for its first segment; 300 s at least. Always there since 8.1.
    #[serde(
        default,
        deserialize_with = "timestamp_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub min_object_timeout: Option<Timestamp>,
    /// How long a presigned URL is good; 30 s at least.
    #[serde(
        default,
        deserialize_with = "timestamp_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub min_presigned_url_timeout: Option<Timestamp>,
    /// Properties beyond the schema.
    #[serde(flatten)]
    pub other: Other,
}

impl Service {
    /// The first two numbers of `api_version`, to compare.
    pub fn version(&self) -> Option<(u32, u32)> {
        let mut numbers = self.api_version.split('.').map(str::parse::<u32>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
            (Some(Ok(major)), None) => Some((major, 0)),
            _ => None,
        }
    }
}

/// A way to receive events (`event-stream-common.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventStreamMechanism {
    /// Its name; `webhooks` is the one the specification defines.
    pub name: String,
    /// Where it is described.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// Properties beyond these.
    #[serde(flatten)]
    pub other: Other,
}

/// New name and description of a server (`service-post.json`); what is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceUpdate {
    /// Very short name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Longer text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}
