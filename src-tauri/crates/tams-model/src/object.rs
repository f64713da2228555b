//! Objects: the stored media, and where copies of it can be read.

use std::fmt;

use mediatime::TimeRange;
use serde::{Deserialize, Deserializer, Serialize};

use crate::tolerant::{or_absent, timerange_or_absent};
use crate::{Id, Tags};

/// Who uses an object and where it can be read (`object.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectInfo {
    /// The object. Freeform: it may hold slashes.
    #[serde(alias = "object_id")]
    pub id: String,
    /// The flows whose segments use it.
    #[serde(default, alias = "flow_references", deserialize_with = "flows_or_none")]
    pub referenced_by_flows: Vec<Id>,
    /// The flow that used it first.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub first_referenced_by_flow: Option<Id>,
    /// What it covers, on its own timeline. An initialisation segment has none.
    #[serde(
        default,
        deserialize_with = "timerange_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub timerange: Option<TimeRange>,
    /// The initialisation segment it needs.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub init_object: Option<InitObjectInfo>,
    /// Key frames in it.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub key_frame_count: Option<i64>,
    /// Where it can be read. Expires; never to be stored.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub get_urls: Option<Vec<GetUrl>>,
}

/// The flows that use an object, as ids or, from vasttams 6.0, as objects that hold one. What is
/// neither is left out, and `null` is none.
fn flows_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Id>, D::Error> {
    let listed: Option<Vec<serde_json::Value>> = or_absent(deserializer)?;
    let id = |value: serde_json::Value| {
        let text = match &value {
            serde_json::Value::String(text) => text,
            other => other.get("flow_id").or_else(|| other.get("id"))?.as_str()?,
        };
        text.parse().ok()
    };
    Ok(listed
        .unwrap_or_default()
        .into_iter()
        .filter_map(id)
        .collect())
}

/// The initialisation segment an object needs. Named `id` here and `object_id` in a segment: the
/// specification has both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitObjectInfo {
    /// The object that holds it.
    pub id: String,
    /// Where it can be read.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub get_urls: Option<Vec<GetUrl>>,
}

/// One place an object can be read from (`object-core.json`). All places hold the same bytes.
///
/// Printing it for debugging leaves out the query, which is where presigned URLs carry their secret.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetUrl {
    /// The URL. May be presigned: a secret, and short-lived.
    pub url: String,
    /// Label of the storage backend, or the one a client gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether the URL needs no credentials; absent means it does.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub presigned: Option<bool>,
    /// Whether the server manages this copy; absent means it does.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub controlled: Option<bool>,
    /// The storage backend.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub storage_id: Option<Id>,
    /// Kind of storage backend; always `http_object_store` so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_type: Option<String>,
    /// Who provides it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Region it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Availability zone it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    /// Its product name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_product: Option<String>,
    /// Tags of the storage backend.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub tags: Option<Tags>,
}

impl fmt::Debug for GetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetUrl")
            .field("url", &without_query(&self.url))
            .field("label", &self.label)
            .field("presigned", &self.presigned)
            .field("controlled", &self.controlled)
            .field("storage_id", &self.storage_id)
            .finish_non_exhaustive()
    }
}

/// The part of a URL that may be shown.
pub(crate) fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// A copy of an object the server does not manage.
///
/// Printing it for debugging leaves out the query.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UncontrolledUrl {
    /// Where it can be read.
    pub url: String,
    /// Its name; unlike that of any storage backend or other copy.
    pub label: String,
}

impl fmt::Debug for UncontrolledUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UncontrolledUrl")
            .field("url", &without_query(&self.url))
            .field("label", &self.label)
            .finish()
    }
}

/// A further copy of an object to make or to register (`objects-instances-post.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum InstancePost {
    /// The server is to copy the object to a storage backend.
    Controlled {
        /// The backend.
        storage_id: Id,
    },
    /// A copy the client has made.
    Uncontrolled(UncontrolledUrl),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_the_query() {
        let url = "http://127.0.0.1:1/media/a?signature=secret".to_owned();
        let get_url = GetUrl {
            url: url.clone(),
            ..GetUrl::default()
        };
        let copy = UncontrolledUrl {
            url: url.clone(),
            label: "x".to_owned(),
        };
        let request = crate::HttpRequest {
            url,
            ..crate::HttpRequest::default()
        };
        let shown = format!("{get_url:?} {copy:?} {request:?}");
        assert!(
            shown.contains("/media/a") && !shown.contains("secret"),
            "{shown}"
        );
    }
}
