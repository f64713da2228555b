//! Sources: pieces of media as ideas.

use serde::{Deserialize, Serialize};

use crate::tolerant::or_absent;
use crate::{ContentFormat, DateTime, Id, Other, Tags};

/// A piece of media, apart from any rendition of it (`source.json`).
///
/// A source comes into being with the first flow that names it. Only its label, description and
/// tags can be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The source.
    pub id: Id,
    /// What kind of essence.
    pub format: ContentFormat,
    /// Very short name for listings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Longer text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Who changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
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
    pub updated: Option<DateTime>,
    /// Freeform tags.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub tags: Option<Tags>,
    /// The sources it collects, inferred from the collections of its flows.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub source_collection: Option<Vec<CollectionItem>>,
    /// The sources that collect it.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub collected_by: Option<Vec<Id>>,
    /// Properties beyond the schema.
    #[serde(flatten)]
    pub other: Other,
}

/// A member of a source collection (`collection-item.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionItem {
    /// The collected source.
    pub id: Id,
    /// What it is for, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Properties beyond the schema.
    #[serde(flatten)]
    pub other: Other,
}
