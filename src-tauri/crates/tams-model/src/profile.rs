//! Profiles: technical characteristics that flows are made from.

use serde::{Deserialize, Serialize};

use crate::tolerant::or_absent;
use crate::{DateTime, Id, Other, Tags, Technical};

/// Reusable technical characteristics (`profile.json`). Immutable once created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The profile.
    pub id: Id,
    /// Very short name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Longer text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// When it was created in this store.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub created: Option<DateTime>,
    /// Tags of the profile; flows don't inherit them.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub tags: Option<Tags>,
    /// What flows made from it get.
    pub flow_metadata: Technical,
    /// Properties beyond the schema.
    #[serde(flatten)]
    pub other: Other,
}
