//! Storage: where new objects are written to.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::object::without_query;
use crate::tolerant::or_absent;
use crate::{Id, MimeType, Other, Tags};

/// A request for places to write objects to (`flow-storage-post.json`): a number of them, or names
/// of one's own, never both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageRequest {
    /// How many; the server chooses the names.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub limit: Option<i64>,
    /// The names, all of them new to the server.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub object_ids: Option<Vec<String>>,
    /// The storage backend; absent means the default one.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub storage_id: Option<Id>,
    /// Only for initialisation segments whose type is not the flow's container.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub content_type: Option<MimeType>,
    /// Whether the URLs must be presigned, or must not.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub presigned: Option<bool>,
}

impl StorageRequest {
    /// A request for `limit` objects the server names.
    pub fn limit(limit: u32) -> Self {
        Self {
            limit: Some(i64::from(limit)),
            ..Self::default()
        }
    }

    /// A request for objects with these names.
    pub fn object_ids<I: IntoIterator<Item: Into<String>>>(ids: I) -> Self {
        Self {
            object_ids: Some(ids.into_iter().map(Into::into).collect()),
            ..Self::default()
        }
    }
}

/// Places to write objects to (`flow-storage.json`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageResponse {
    /// One for each object.
    #[serde(default)]
    pub media_objects: Vec<MediaObject>,
}

/// An object to write and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaObject {
    /// The object.
    pub object_id: String,
    /// The request that uploads it, method `PUT`.
    pub put_url: HttpRequest,
    /// Whether the URL needs no credentials; absent means it does.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub presigned: Option<bool>,
}

/// A request a client is to make (`http-request.json`).
///
/// Printing it for debugging leaves out the query and the headers, which is where presigned requests
/// carry their secret.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRequest {
    /// The URL. May be presigned: a secret, and short-lived.
    pub url: String,
    /// The text the body must be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The `Content-Type` that must be sent.
    #[serde(
        rename = "content-type",
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub content_type: Option<String>,
    /// Further headers that must be sent.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub headers: Option<BTreeMap<String, String>>,
    /// Properties beyond the schema.
    #[serde(flatten)]
    pub other: Other,
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("url", &without_query(&self.url))
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

/// A place the server keeps objects in (`storage-backends-list.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageBackend {
    /// The backend.
    pub id: Id,
    /// Its label, which marks its URLs among an object's `get_urls`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Always `http_object_store` so far.
    pub store_type: String,
    /// Who provides it.
    pub provider: String,
    /// Its product name.
    pub store_product: String,
    /// Region it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Availability zone it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    /// Whether it is used when a request names none.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub default_storage: Option<bool>,
    /// Its tags.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub tags: Option<Tags>,
    /// Properties beyond the schema.
    #[serde(flatten)]
    pub other: Other,
}
