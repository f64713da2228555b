//! Flows: create, replace, change, read and list.

use mediatime::TimeRange;
use rusqlite::types::Value as Sql;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use sha2::{Digest, Sha256};
use tams_model::{Flow, Id, MimeType};

use super::filter::Conditions;
use super::time_key::TimeSpan;
use super::{
    Catalogue, FlowFilter, FlowSort, Now, PRINCIPAL, Page, Paged, collections, date, profiles,
    segments, sources,
};
use crate::NodeError;
use crate::media_url::hex;
use crate::schema::{Schema, check};

/// What [`Catalogue::put_flow`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutFlow {
    /// Whether the flow is new.
    pub created: bool,
    /// The flow as it is now.
    pub flow: Flow,
}

/// What other tables need to know of a flow.
#[derive(Clone, Debug)]
pub(super) struct FlowRow {
    pub(super) key: i64,
    pub(super) source: i64,
    pub(super) read_only: bool,
    pub(super) deleting: bool,
    pub(super) container: Option<MimeType>,
    pub(super) init_segments: bool,
}

impl Catalogue {
    /// Creates a flow or replaces its metadata (`PUT /flows/{id}`). Its source comes into being with
    /// its first flow. What the store manages itself is ignored in `flow`.
    ///
    /// # Errors
    ///
    /// [`NodeError::Invalid`] when it breaks the 8.2 schema, collects unknown flows, names an unknown
    /// profile or is at odds with the other flows of its source; [`NodeError::ReadOnly`].
    pub fn put_flow(&self, flow: Flow) -> Result<PutFlow, NodeError> {
        self.write(|tx, now| {
            let id = flow.id;
            let previous = match row(tx, id)? {
                Some(row) => {
                    check_writable(&row, id)?;
                    Some((row, load(tx, id)?))
                }
                None => None,
            };
            let created = previous.is_none();
            store(tx, now, profiles::apply(tx, flow)?, previous)?;
            Ok(PutFlow {
                created,
                flow: load(tx, id)?,
            })
        })
    }

    /// Changes a flow's metadata in place and returns it as it is then. What `change` does to the
    /// identifier or to what the store manages is ignored.
    ///
    /// # Errors
    ///
    /// As [`Catalogue::put_flow`], and [`NodeError::NotFound`]. The technical metadata of a flow made
    /// from a profile can only change when `profile_id` is removed.
    pub fn update_flow(&self, id: Id, change: impl FnOnce(&mut Flow)) -> Result<Flow, NodeError> {
        self.write(|tx, now| {
            let row = writable(tx, id)?;
            let previous = load(tx, id)?;
            let mut flow = previous.clone();
            change(&mut flow);
            flow.id = id;
            if flow.profile_id.is_some()
                && (flow.profile_id != previous.profile_id || flow.technical != previous.technical)
            {
                return Err(NodeError::invalid(
                    "/profile_id",
                    "the flow is made from a profile, whose values can't be changed; remove profile_id first",
                ));
            }
            store(tx, now, flow, Some((row, previous)))?;
            load(tx, id)
        })
    }

    /// Allows or forbids changes of a flow, its segments and its storage.
    ///
    /// # Errors
    ///
    /// [`NodeError::NotFound`].
    pub fn set_read_only(&self, id: Id, read_only: bool) -> Result<(), NodeError> {
        self.write(|tx, now| {
            let row = existing(tx, id)?;
            let previous = load(tx, id)?;
            let flow = Flow {
                read_only: Some(read_only),
                ..previous.clone()
            };
            store(tx, now, flow, Some((row, previous)))
        })
    }

    /// A flow, without its timerange: see [`Catalogue::flow_timerange`].
    ///
    /// # Errors
    ///
    /// [`NodeError::NotFound`].
    pub fn flow(&self, id: Id) -> Result<Flow, NodeError> {
        self.read(|tx| load(tx, id))
    }

    /// What the segments of a flow cover within `within`, from the first to the last: the empty
    /// timerange when there are none.
    ///
    /// # Errors
    ///
    /// [`NodeError::NotFound`].
    pub fn flow_timerange(&self, id: Id, within: TimeRange) -> Result<TimeRange, NodeError> {
        self.read(|tx| {
            let row = existing(tx, id)?;
            Ok(segments::extent(tx, row.key, TimeSpan::from(within))?.intersect(&within))
        })
    }

    /// A page of the flows that pass `filter`.
    ///
    /// # Errors
    ///
    /// [`NodeError::Invalid`] for a foreign page key.
    pub fn flows(&self, filter: &FlowFilter, page: &Page) -> Result<Paged<Flow>, NodeError> {
        let order = match filter.sort {
            FlowSort::Created => &["-f.created", "f.id"][..],
            FlowSort::MetadataUpdated => &["-f.metadata_updated", "f.id"],
            FlowSort::Label => &["f.label IS NULL", "COALESCE(f.label, '')", "f.id"],
        };
        self.read(|tx| {
            conditions(filter).page(
                tx,
                COLUMNS,
                "flow f",
                order,
                (filter.reverse, page),
                |row| read(tx, row),
            )
        })
    }
}

const COLUMNS: &str = "f.key AS key, f.id AS flow_id, f.created AS created, \
     f.metadata_updated AS metadata_updated, f.segments_updated AS segments_updated, \
     f.document AS document";

fn conditions(filter: &FlowFilter) -> Conditions {
    let text = |id: Id| id.to_string();
    let mut conditions = Conditions::default();
    if let Some(source) = filter.source_id {
        conditions.and(
            "f.source = (SELECT key FROM source WHERE id = ?)",
            [Sql::from(text(source))],
        );
    }
    conditions.and_equal(
        "f.format",
        filter.format.map(|format| format.urn().to_owned()),
    );
    conditions.and_equal(
        "f.codec",
        filter.codec.as_ref().map(|codec| codec.as_str().to_owned()),
    );
    conditions.and_equal("f.profile", filter.profile_id.map(text));
    conditions.and_equal("f.label", filter.label.clone());
    conditions.and_equal(
        "f.status",
        filter.status.map(|status| status.as_str().to_owned()),
    );
    conditions.and_equal("f.frame_width", filter.frame_width);
    conditions.and_equal("f.frame_height", filter.frame_height);
    conditions.and_equal("f.init_segments", filter.init_segments);
    conditions.and_tags("f.tags", &filter.tags);
    conditions.and_collected(
        "SELECT 1 FROM member m JOIN flow c ON c.key = m.collector WHERE m.flow = f.key",
        filter.collected_by.as_deref(),
    );
    conditions.and_segments_in(filter.timerange);
    conditions
}

/// What other tables need to know of a flow, when there is one.
pub(super) fn row(tx: &Transaction<'_>, id: Id) -> Result<Option<FlowRow>, NodeError> {
    let found = tx
        .prepare_cached(
            "SELECT key, source, read_only, deleting, container, init_segments FROM flow WHERE id = ?1",
        )?
        .query_row([id.to_string()], |row| {
            Ok(FlowRow {
                key: row.get(0)?,
                source: row.get(1)?,
                read_only: row.get(2)?,
                deleting: row.get(3)?,
                container: row.get::<_, Option<String>>(4)?.and_then(|mime| mime.parse().ok()),
                init_segments: row.get(5)?,
            })
        })
        .optional()?;
    Ok(found)
}

/// As [`row`], for a flow that must be there.
pub(super) fn existing(tx: &Transaction<'_>, id: Id) -> Result<FlowRow, NodeError> {
    row(tx, id)?.ok_or_else(|| NodeError::not_found("flow", id))
}

/// As [`existing`], for a flow that is about to be changed.
pub(super) fn writable(tx: &Transaction<'_>, id: Id) -> Result<FlowRow, NodeError> {
    let row = existing(tx, id)?;
    check_writable(&row, id)?;
    Ok(row)
}

fn check_writable(row: &FlowRow, flow: Id) -> Result<(), NodeError> {
    if row.deleting {
        return Err(NodeError::ReadOnly {
            flow,
            why: "is being deleted",
        });
    }
    if row.read_only {
        return Err(NodeError::ReadOnly {
            flow,
            why: "is read-only; set read_only to false first",
        });
    }
    Ok(())
}

fn load(tx: &Transaction<'_>, id: Id) -> Result<Flow, NodeError> {
    let mut statement =
        tx.prepare_cached(&format!("SELECT {COLUMNS} FROM flow f WHERE f.id = ?1"))?;
    let mut rows = statement.query([id.to_string()])?;
    match rows.next()? {
        Some(row) => read(tx, row),
        None => Err(NodeError::not_found("flow", id)),
    }
}

fn read(tx: &Transaction<'_>, row: &Row<'_>) -> Result<Flow, NodeError> {
    let document: String = row.get("document")?;
    let mut flow: Flow =
        serde_json::from_str(&document).map_err(|wrong| NodeError::damaged("a flow", wrong))?;
    let key = row.get("key")?;
    flow.created = Some(date(row.get("created")?));
    flow.metadata_updated = Some(date(row.get("metadata_updated")?));
    flow.segments_updated = row.get::<_, Option<i64>>("segments_updated")?.map(date);
    flow.flow_collection = collections::members(tx, key)?;
    flow.collected_by = collections::collectors(tx, key)?;
    Ok(flow)
}

fn store(
    tx: &Transaction<'_>,
    now: Now,
    flow: Flow,
    previous: Option<(FlowRow, Flow)>,
) -> Result<(), NodeError> {
    let mut flow = without_managed(flow);
    let before = previous
        .as_ref()
        .map(|(_, flow)| without_managed(flow.clone()));
    sign(&mut flow, before.as_ref());
    set_version(&mut flow, before.as_ref())?;
    let value = serde_json::to_value(&flow).map_err(|wrong| NodeError::damaged("a flow", wrong))?;
    check(Schema::FlowGet, &value)?;
    let Some(format) = flow.technical.format else {
        return Err(NodeError::invalid("/format", "must be given"));
    };

    let collection = flow.flow_collection.take();
    let previous_row = previous.map(|(row, _)| row);
    let known = previous_row.as_ref().map(|row| row.key);
    let source = sources::ensure(tx, now, flow.source_id, format, known)?;
    let key = match known {
        Some(key) => key,
        None => {
            tx.execute(
                "INSERT INTO flow (id, source, format, init_segments, read_only, created, \
                 metadata_updated, tags, document) VALUES (?1, ?2, '', 0, 0, ?3, ?3, '{}', '')",
                params![flow.id.to_string(), source, now.0],
            )?;
            tx.last_insert_rowid()
        }
    };
    update_columns(tx, now, key, source, &flow)?;
    collections::set_members(tx, key, source, collection.as_deref().unwrap_or_default())?;
    if let Some(row) = previous_row
        && row.source != source
    {
        sources::remove_if_unused(tx, row.source)?;
    }
    Ok(())
}

fn update_columns(
    tx: &Transaction<'_>,
    now: Now,
    key: i64,
    source: i64,
    flow: &Flow,
) -> Result<(), NodeError> {
    let text = |value: &Flow| serde_json::to_string(value);
    let document = text(flow).map_err(|wrong| NodeError::damaged("a flow", wrong))?;
    let tags = serde_json::to_string(&flow.tags.clone().unwrap_or_default())
        .map_err(|wrong| NodeError::damaged("tags", wrong))?;
    let technical = &flow.technical;
    let video = technical.video_parameters();
    tx.execute(
        "UPDATE flow SET source = ?2, profile = ?3, label = ?4, status = ?5, format = ?6, codec = ?7, \
         container = ?8, frame_width = ?9, frame_height = ?10, init_segments = ?11, read_only = ?12, \
         metadata_updated = ?13, tags = ?14, document = ?15 WHERE key = ?1",
        params![
            key,
            source,
            flow.profile_id.map(|id| id.to_string()),
            flow.label,
            flow.status.map(tams_model::FlowStatus::as_str),
            technical.format.map(tams_model::ContentFormat::urn),
            technical.codec.as_ref().map(MimeType::as_str),
            technical.container.as_ref().map(MimeType::as_str),
            video.map(|video| video.frame_width),
            video.map(|video| video.frame_height),
            technical.init_segments(),
            flow.read_only.unwrap_or(false),
            now.0,
            tags,
            document,
        ],
    )?;
    Ok(())
}

/// The flow without what the store manages, as it is kept and compared.
fn without_managed(flow: Flow) -> Flow {
    Flow {
        created: None,
        metadata_updated: None,
        segments_updated: None,
        timerange: None,
        collected_by: None,
        ..flow
    }
}

/// Says who wrote, where the client does not.
fn sign(flow: &mut Flow, before: Option<&Flow>) {
    match before {
        None => {
            flow.created_by.get_or_insert_with(|| PRINCIPAL.to_owned());
        }
        Some(before) => {
            if flow.created_by.is_none() {
                flow.created_by.clone_from(&before.created_by);
            }
            flow.updated_by.get_or_insert_with(|| PRINCIPAL.to_owned());
        }
    }
}

/// A version the client chose stays; otherwise it is a hash of the metadata, so that equal versions
/// do mean equal metadata.
fn set_version(flow: &mut Flow, before: Option<&Flow>) -> Result<(), NodeError> {
    let known = before.and_then(|before| before.metadata_version.as_ref());
    let chosen = flow
        .metadata_version
        .as_ref()
        .is_some_and(|version| Some(version) != known);
    if chosen {
        return Ok(());
    }
    let content = |flow: &Flow| {
        serde_json::to_vec(&Flow {
            metadata_version: None,
            updated_by: None,
            ..flow.clone()
        })
        .map_err(|wrong| NodeError::damaged("a flow", wrong))
    };
    let now = content(flow)?;
    flow.metadata_version = match before {
        Some(before) if content(before)? == now => before.metadata_version.clone(),
        _ => Some(hex(Sha256::digest(&now).get(..16).unwrap_or_default())),
    };
    Ok(())
}
