//! Objects: who uses them, where their bytes are, and copies elsewhere.

use std::path::PathBuf;

use mediatime::TimeRange;
use rusqlite::types::Value as Sql;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use tams_model::{Id, InitObjectInfo, MimeType, ObjectInfo, UncontrolledUrl};
use url::Url;

use super::filter::Conditions;
use super::{Catalogue, Page, Paged, STORAGE_LABEL, TagFilter, object_files};
use crate::NodeError;

/// What segments may use an object for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Media,
    Init,
}

/// An object as the database has it.
#[derive(Clone, Debug)]
pub(super) struct ObjectRow {
    pub(super) key: i64,
    /// `None` until a segment refers to it.
    pub(super) used_as: Option<Use>,
    pub(super) reserved_for: Option<i64>,
    pub(super) managed: bool,
    pub(super) content_type: Option<MimeType>,
    pub(super) size: Option<i64>,
    pub(super) timerange: Option<TimeRange>,
    pub(super) key_frame_count: Option<i64>,
    pub(super) init: Option<i64>,
}

/// Where an object can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StoredUrls {
    /// Whether its bytes are here.
    pub(crate) held: bool,
    /// Copies elsewhere.
    pub(crate) copies: Vec<UncontrolledUrl>,
}

/// An object, its references and where it can be read.
#[derive(Clone, Debug)]
pub(crate) struct StoredObject {
    pub(crate) info: ObjectInfo,
    pub(crate) urls: StoredUrls,
    pub(crate) init_urls: StoredUrls,
}

/// The bytes of an object that are here.
#[derive(Clone, Debug)]
pub(crate) struct HeldBytes {
    pub(crate) path: PathBuf,
    pub(crate) content_type: Option<MimeType>,
    pub(crate) sha256: Option<Vec<u8>>,
}

impl Catalogue {
    /// An object and all flows that use it, without URLs: see [`Catalogue::object_path`].
    ///
    /// # Errors
    ///
    /// [`NodeError::NotFound`] also for objects no segment refers to.
    pub fn object(&self, object_id: &str) -> Result<ObjectInfo, NodeError> {
        let everything = Page::first(u32::MAX);
        let (object, _) = self.object_page(object_id, &TagFilter::default(), &everything)?;
        Ok(object.info)
    }

    /// An object and one page of the flows that use it and have the tags of `filter`.
    pub(crate) fn object_page(
        &self,
        object_id: &str,
        filter: &TagFilter,
        page: &Page,
    ) -> Result<(StoredObject, Option<super::PageKey>), NodeError> {
        self.read(|tx| {
            let missing = || NodeError::not_found("object", object_id);
            let row = find(tx, object_id)?.ok_or_else(missing)?;
            if row.used_as.is_none() || !is_referenced(tx, row.key)? {
                return Err(missing());
            }
            let first: Option<String> = tx.query_row(
                "SELECT first_flow FROM object WHERE key = ?1",
                [row.key],
                |row| row.get(0),
            )?;
            let referenced = referencing_flows(tx, row.key, filter, page)?;
            let init = row.init.map(|key| load(tx, key)).transpose()?;
            let info = ObjectInfo {
                id: object_id.to_owned(),
                referenced_by_flows: referenced.items,
                first_referenced_by_flow: first.and_then(|id| id.parse().ok()),
                timerange: row.timerange,
                init_object: init.as_ref().map(|(id, _)| InitObjectInfo {
                    id: id.clone(),
                    get_urls: None,
                }),
                key_frame_count: row.key_frame_count,
                get_urls: None,
            };
            let stored = StoredObject {
                info,
                urls: urls(tx, &row)?,
                init_urls: init
                    .map(|(_, row)| urls(tx, &row))
                    .transpose()?
                    .unwrap_or_default(),
            };
            Ok((stored, referenced.next))
        })
    }

    /// The file of an object's bytes; `None` when they are not here (yet). Never write to it.
    ///
    /// # Errors
    ///
    /// [`NodeError::NotFound`] for an unknown object.
    pub fn object_path(&self, object_id: &str) -> Result<Option<PathBuf>, NodeError> {
        self.read(|tx| {
            let row =
                find(tx, object_id)?.ok_or_else(|| NodeError::not_found("object", object_id))?;
            Ok(row.size.map(|_| object_files::path(self.dir(), row.key)))
        })
    }

    /// What the bytes of an allocated object must be.
    pub(crate) fn expected_type(&self, object_id: &str) -> Result<Option<MimeType>, NodeError> {
        self.read(|tx| match find(tx, object_id)?.filter(|row| row.managed) {
            Some(row) => Ok(row.content_type),
            None => Err(NodeError::not_found("allocated object", object_id)),
        })
    }

    /// The bytes of an object that are here, to serve them.
    pub(crate) fn held_bytes(&self, object_id: &str) -> Result<HeldBytes, NodeError> {
        self.read(|tx| {
            let missing = || NodeError::not_found("object", object_id);
            let row = find(tx, object_id)?
                .filter(|row| row.size.is_some())
                .ok_or_else(missing)?;
            let sha256 = tx.query_row(
                "SELECT sha256 FROM object WHERE key = ?1",
                [row.key],
                |row| row.get(0),
            )?;
            Ok(HeldBytes {
                path: object_files::path(self.dir(), row.key),
                content_type: row.content_type,
                sha256,
            })
        })
    }

    /// Tells of a copy of an object elsewhere, which must hold the same bytes
    /// (`POST /objects/{id}/instances`).
    ///
    /// # Errors
    ///
    /// [`NodeError::NotFound`]; [`NodeError::Invalid`] when the URL or label won't do;
    /// [`NodeError::Conflict`] when the object has a copy of that label.
    pub fn add_copy(&self, object_id: &str, copy: &UncontrolledUrl) -> Result<(), NodeError> {
        self.write(|tx, _| {
            let row = used(tx, object_id)?;
            check_copy(copy, "")?;
            insert_copy(tx, row.key, copy)
        })
    }

    /// Forgets a copy of an object elsewhere. The store's own copy can't be removed this way.
    ///
    /// # Errors
    ///
    /// [`NodeError::NotFound`]; [`NodeError::Invalid`] when there is no copy of that label or it is
    /// the last one.
    pub fn remove_copy(&self, object_id: &str, label: &str) -> Result<(), NodeError> {
        self.write(|tx, _| {
            let row = used(tx, object_id)?;
            let places = urls(tx, &row)?;
            if !places.copies.iter().any(|copy| copy.label == label) {
                return Err(NodeError::invalid(
                    "label",
                    format!("the object has no copy “{label}”"),
                ));
            }
            if !places.held && places.copies.len() == 1 {
                return Err(NodeError::invalid(
                    "label",
                    "this is the object's last copy; delete the segments that use it instead",
                ));
            }
            tx.execute(
                "DELETE FROM copy WHERE object = ?1 AND label = ?2",
                params![row.key, label],
            )?;
            Ok(())
        })
    }
}

const COLUMNS: &str = "key, use, reserved_for, managed, content_type, size, timerange, \
     key_frame_count, init, id";

/// An object by its identifier.
pub(super) fn find(tx: &Transaction<'_>, id: &str) -> Result<Option<ObjectRow>, NodeError> {
    let found = tx
        .prepare_cached(&format!("SELECT {COLUMNS} FROM object WHERE id = ?1"))?
        .query_row([id], read)
        .optional()?;
    Ok(found)
}

fn load(tx: &Transaction<'_>, key: i64) -> Result<(String, ObjectRow), NodeError> {
    let found = tx
        .prepare_cached(&format!("SELECT {COLUMNS} FROM object WHERE key = ?1"))?
        .query_row([key], |row| Ok((row.get("id")?, read(row)?)))?;
    Ok(found)
}

fn read(row: &Row<'_>) -> rusqlite::Result<ObjectRow> {
    let text = |name: &str| row.get::<_, Option<String>>(name);
    Ok(ObjectRow {
        key: row.get("key")?,
        used_as: match text("use")?.as_deref() {
            Some("media") => Some(Use::Media),
            Some(_) => Some(Use::Init),
            None => None,
        },
        reserved_for: row.get("reserved_for")?,
        managed: row.get("managed")?,
        content_type: text("content_type")?.and_then(|mime| mime.parse().ok()),
        size: row.get("size")?,
        timerange: text("timerange")?.and_then(|range| range.parse().ok()),
        key_frame_count: row.get("key_frame_count")?,
        init: row.get("init")?,
    })
}

/// An object that segments use.
fn used(tx: &Transaction<'_>, id: &str) -> Result<ObjectRow, NodeError> {
    match find(tx, id)? {
        Some(row) if row.used_as.is_some() && is_referenced(tx, row.key)? => Ok(row),
        _ => Err(NodeError::not_found("object", id)),
    }
}

fn is_referenced(tx: &Transaction<'_>, key: i64) -> Result<bool, NodeError> {
    Ok(tx
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM segment WHERE object = ?1) OR EXISTS \
             (SELECT 1 FROM object o JOIN segment s ON s.object = o.key WHERE o.init = ?1)",
        )?
        .query_row([key], |row| row.get(0))?)
}

fn referencing_flows(
    tx: &Transaction<'_>,
    key: i64,
    filter: &TagFilter,
    page: &Page,
) -> Result<Paged<Id>, NodeError> {
    let mut conditions = Conditions::default();
    conditions.and(
        "f.key IN (SELECT s.flow FROM segment s WHERE s.object = ? UNION \
         SELECT s.flow FROM object o JOIN segment s ON s.object = o.key WHERE o.init = ?)",
        [Sql::from(key), Sql::from(key)],
    );
    conditions.and_tags("f.tags", filter);
    conditions.page(
        tx,
        "f.id AS flow_id",
        "flow f",
        &["f.key"],
        (false, page),
        |row| {
            let id: String = row.get("flow_id")?;
            id.parse()
                .map_err(|wrong| NodeError::damaged("a flow", wrong))
        },
    )
}

/// Where an object can be read.
pub(super) fn urls(tx: &Transaction<'_>, row: &ObjectRow) -> Result<StoredUrls, NodeError> {
    let mut statement =
        tx.prepare_cached("SELECT label, url FROM copy WHERE object = ?1 ORDER BY label")?;
    let copies = statement
        .query_map([row.key], |row| {
            Ok(UncontrolledUrl {
                label: row.get(0)?,
                url: row.get(1)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(StoredUrls {
        held: row.size.is_some(),
        copies,
    })
}

/// Whether a copy elsewhere may be registered under its label; `prefix` is where it is in the body.
pub(super) fn check_copy(copy: &UncontrolledUrl, prefix: &str) -> Result<(), NodeError> {
    if copy.label.is_empty() || copy.label == STORAGE_LABEL || copy.label.contains(',') {
        return Err(NodeError::invalid(
            format!("{prefix}/label"),
            format!(
                "must not be empty, have a comma or be “{STORAGE_LABEL}”, which is the store's own"
            ),
        ));
    }
    let fetchable = Url::parse(&copy.url)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if !fetchable {
        return Err(NodeError::invalid(
            format!("{prefix}/url"),
            "must be an http or https URL",
        ));
    }
    Ok(())
}

/// Registers a copy elsewhere.
pub(super) fn insert_copy(
    tx: &Transaction<'_>,
    object: i64,
    copy: &UncontrolledUrl,
) -> Result<(), NodeError> {
    let inserted = tx.execute(
        "INSERT OR IGNORE INTO copy (object, label, url) VALUES (?1, ?2, ?3)",
        params![object, copy.label, copy.url],
    )?;
    if inserted == 0 {
        return Err(NodeError::Conflict {
            why: format!("the object has a copy “{}” already", copy.label),
        });
    }
    Ok(())
}
