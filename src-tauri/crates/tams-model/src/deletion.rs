//! Deletions that take longer than one request.

use mediatime::TimeRange;
use serde::{Deserialize, Serialize};

use crate::tolerant::{or_absent, timerange, timerange_or_absent};
use crate::{DateTime, Id, Other, TamsErrorBody};

/// A deletion under way (`deletion-request.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionRequest {
    /// The request.
    pub id: Id,
    /// The flow it concerns.
    pub flow_id: Id,
    /// What is to go, on the flow's timeline.
    #[serde(deserialize_with = "timerange")]
    pub timerange_to_delete: TimeRange,
    /// What has not gone yet.
    #[serde(
        default,
        deserialize_with = "timerange_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub timerange_remaining: Option<TimeRange>,
    /// Whether the flow goes too, after its segments.
    #[serde(default)]
    pub delete_flow: bool,
    /// When it was asked for.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub created: Option<DateTime>,
    /// Who asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// When it last made progress.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub updated: Option<DateTime>,
    /// When the server forgets it.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub expiry: Option<DateTime>,
    /// How far it is.
    pub status: DeletionStatus,
    /// Why it failed.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub error: Option<TamsErrorBody>,
    /// Properties beyond the schema.
    #[serde(flatten)]
    pub other: Other,
}

/// How far a deletion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeletionStatus {
    /// Not begun.
    Created,
    /// Under way.
    Started,
    /// All gone.
    Done,
    /// Given up.
    Error,
}

impl DeletionStatus {
    /// Whether nothing more will happen.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Error)
    }
}
