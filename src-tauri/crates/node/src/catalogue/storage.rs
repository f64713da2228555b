//! Allocation of storage for new objects.

use rusqlite::{Transaction, params};
use tams_model::{Id, MimeType, StorageRequest};
use uuid::Uuid;

use super::flows::{self, FlowRow};
use super::{Catalogue, Now};
use crate::NodeError;

/// A place for an object that has no bytes yet, reserved for one flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// The object.
    pub object_id: String,
    /// What its bytes will be.
    pub content_type: MimeType,
}

/// The most objects one request may ask for.
const MOST: i64 = 1000;
/// How many it gets when it does not say.
const USUAL: i64 = 100;
/// Longest object identifier, in bytes.
const LONGEST_ID: usize = 1024;

impl Catalogue {
    /// Reserves objects for the next segments of a flow (`POST /flows/{id}/storage`). One that no
    /// segment refers to within `min_object_timeout` is removed again.
    ///
    /// # Errors
    ///
    /// [`NodeError::NotFound`], [`NodeError::ReadOnly`]; [`NodeError::Invalid`] when the flow has no
    /// container or the request breaks a rule; [`NodeError::Conflict`] when one of the identifiers is
    /// taken: then nothing is reserved.
    pub fn allocate(
        &self,
        flow: Id,
        request: &StorageRequest,
    ) -> Result<Vec<Allocation>, NodeError> {
        self.write(|tx, now| {
            let row = flows::writable(tx, flow)?;
            let content_type = self.content_type(&row, request)?;
            let ids = wanted_ids(request)?;
            for id in &ids {
                insert(tx, now, id, &row, &content_type)?;
            }
            let content_type = || content_type.clone();
            Ok(ids
                .into_iter()
                .map(|object_id| Allocation {
                    object_id,
                    content_type: content_type(),
                })
                .collect())
        })
    }

    fn content_type(&self, row: &FlowRow, request: &StorageRequest) -> Result<MimeType, NodeError> {
        let Some(container) = &row.container else {
            return Err(NodeError::invalid(
                "container",
                "the flow has no container; set it before storing media",
            ));
        };
        if request.storage_id.is_some_and(|id| id != self.storage_id()) {
            return Err(NodeError::invalid(
                "/storage_id",
                format!("there is only the storage backend {}", self.storage_id()),
            ));
        }
        match &request.content_type {
            None => Ok(container.clone()),
            Some(content_type) if row.init_segments => Ok(content_type.clone()),
            Some(_) => Err(NodeError::invalid(
                "/content_type",
                "may be given only for initialisation segments, which this flow does not use",
            )),
        }
    }
}

fn wanted_ids(request: &StorageRequest) -> Result<Vec<String>, NodeError> {
    match (&request.object_ids, request.limit) {
        (Some(_), Some(_)) => Err(NodeError::invalid(
            "/limit",
            "give limit or object_ids, not both",
        )),
        (Some(ids), None) => {
            if ids.len() > usize::try_from(MOST).unwrap_or_default() {
                return Err(NodeError::invalid(
                    "/object_ids",
                    format!("at most {MOST} at a time"),
                ));
            }
            for (place, id) in ids.iter().enumerate() {
                check_id(id)
                    .map_err(|why| NodeError::invalid(format!("/object_ids/{place}"), why))?;
            }
            Ok(ids.clone())
        }
        (None, limit) => {
            let limit = limit.unwrap_or(USUAL);
            if limit < 1 {
                return Err(NodeError::invalid("/limit", "must be 1 or more"));
            }
            Ok((0..limit.min(MOST))
                .map(|_| Uuid::new_v4().to_string())
                .collect())
        }
    }
}

/// Whether a text can be an object identifier.
pub(super) fn check_id(id: &str) -> Result<(), &'static str> {
    if id.is_empty() || id.len() > LONGEST_ID || id.chars().any(char::is_control) {
        return Err("an object identifier is 1 to 1024 bytes without control characters");
    }
    // Clients drop these from URLs, encoded or not (RFC 3986 §6.2.2.3).
    if matches!(id, "." | "..") {
        return Err("“.” and “..” can't be named in a URL");
    }
    Ok(())
}

fn insert(
    tx: &Transaction<'_>,
    now: Now,
    id: &str,
    row: &FlowRow,
    content_type: &MimeType,
) -> Result<(), NodeError> {
    let inserted = tx
        .prepare_cached(
            "INSERT OR IGNORE INTO object (id, reserved_for, managed, content_type, idle_since) \
             VALUES (?1, ?2, 1, ?3, ?4)",
        )?
        .execute(params![id, row.key, content_type.as_str(), now.0])?;
    if inserted == 0 {
        return Err(NodeError::Conflict {
            why: format!("there is an object “{id}” already"),
        });
    }
    Ok(())
}
