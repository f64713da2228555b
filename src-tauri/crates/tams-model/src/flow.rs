//! Flows: renditions of a source.

use mediatime::TimeRange;
use serde::{Deserialize, Serialize};

use crate::tolerant::{known_or_absent, or_absent, timerange_or_absent};
use crate::{ContainerMapping, DateTime, Id, Other, Tags, Technical};

/// One rendition of a source: how it is coded and wrapped (`flow-get.json`, `flow-put.json`).
///
/// `PUT` replaces: a property absent from the request is absent afterwards, tags included. What the
/// server manages (`created`, `metadata_updated`, `segments_updated`, `timerange`, `collected_by`)
/// is ignored in requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// The flow.
    pub id: Id,
    /// The source it renders.
    pub source_id: Id,
    /// The profile it was made from.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub profile_id: Option<Id>,
    /// Very short name for listings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Longer text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Who changed its metadata last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
    /// Freeform tags.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub tags: Option<Tags>,
    /// Changes whenever the metadata changes; equal versions mean equal metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_version: Option<String>,
    /// Lossy encodings the content has been through; 0 is the original.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub generation: Option<u32>,
    /// When it was created in this store.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub created: Option<DateTime>,
    /// When its metadata last changed.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub metadata_updated: Option<DateTime>,
    /// When its segments last changed.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub segments_updated: Option<DateTime>,
    /// Where its ingest stands, as far as the client that writes it tells.
    #[serde(
        default,
        deserialize_with = "known_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub status: Option<FlowStatus>,
    /// Whether the server refuses changes.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub read_only: Option<bool>,
    /// Highest bit rate of the segments, in 1000 bits per second (AppNote 0013).
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub max_bit_rate: Option<u64>,
    /// What its segments cover, on the flow's timeline. Answered only when asked for.
    #[serde(
        default,
        deserialize_with = "timerange_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub timerange: Option<TimeRange>,
    /// The flows it collects, in order.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub flow_collection: Option<Vec<FlowCollectionItem>>,
    /// The flows that collect it.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub collected_by: Option<Vec<Id>>,
    /// Format, codec, container and essence.
    #[serde(flatten)]
    pub technical: Technical,
    /// Properties beyond the schema.
    #[serde(flatten)]
    pub other: Other,
}

impl Flow {
    /// A flow with nothing but what it must have.
    pub fn new(id: Id, source_id: Id, technical: Technical) -> Self {
        Self {
            id,
            source_id,
            profile_id: None,
            label: None,
            description: None,
            created_by: None,
            updated_by: None,
            tags: None,
            metadata_version: None,
            generation: None,
            created: None,
            metadata_updated: None,
            segments_updated: None,
            status: None,
            read_only: None,
            max_bit_rate: None,
            timerange: None,
            flow_collection: None,
            collected_by: None,
            technical,
            other: Other::new(),
        }
    }
}

/// A member of a flow collection (`flow-collection.json`). Also read from a bare id, which is what
/// vasttams 6.0 keeps of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RawCollectionItem")]
pub struct FlowCollectionItem {
    /// The collected flow.
    pub id: Id,
    /// What it is for, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Where its essence is in the collecting flow's container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_mapping: Option<ContainerMapping>,
    /// Properties beyond the schema.
    #[serde(flatten)]
    pub other: Other,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawCollectionItem {
    Id(Id),
    Whole(Box<WholeCollectionItem>),
}

#[derive(Deserialize)]
struct WholeCollectionItem {
    id: Id,
    #[serde(default)]
    role: Option<String>,
    #[serde(default, deserialize_with = "or_absent")]
    container_mapping: Option<ContainerMapping>,
    #[serde(flatten)]
    other: Other,
}

impl From<RawCollectionItem> for FlowCollectionItem {
    fn from(raw: RawCollectionItem) -> Self {
        match raw {
            RawCollectionItem::Id(id) => Self::new(id),
            RawCollectionItem::Whole(whole) => Self {
                id: whole.id,
                role: whole.role,
                container_mapping: whole.container_mapping,
                other: whole.other,
            },
        }
    }
}

impl FlowCollectionItem {
    /// A member without role or mapping.
    pub fn new(id: Id) -> Self {
        Self {
            id,
            role: None,
            container_mapping: None,
            other: Other::new(),
        }
    }
}

/// Where the ingest of a flow stands (`flow-status.json`). Indicative only: the client that writes
/// it may be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowStatus {
    /// Content is expected.
    AwaitingContent,
    /// Content is arriving.
    Ingesting,
    /// Content is arriving from another store.
    ReplicationInProgress,
    /// No more content will come.
    ClosedComplete,
}

impl FlowStatus {
    /// The word of the schema.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingContent => "awaiting_content",
            Self::Ingesting => "ingesting",
            Self::ReplicationInProgress => "replication_in_progress",
            Self::ClosedComplete => "closed_complete",
        }
    }
}
