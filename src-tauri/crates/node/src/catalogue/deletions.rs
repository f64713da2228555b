//! Deletion of segments and flows: at once when it is little, else step by step.

use mediatime::TimeRange;
use rusqlite::types::Value as Sql;
use rusqlite::{OptionalExtension, Row, Transaction, params, params_from_iter};
use tams_model::{DeletionRequest, DeletionStatus, Id, Other};
use uuid::Uuid;

use super::filter::Conditions;
use super::time_key::{TimeKey, TimeSpan};
use super::{Catalogue, Now, PRINCIPAL, Page, Paged, date, flows, objects, sources};
use crate::NodeError;

/// What became of a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It is done.
    Done {
        /// How many segments went.
        segments: u64,
    },
    /// It is too much for one transaction: call [`Catalogue::advance_deletion`] until it is over.
    Pending(Box<DeletionRequest>),
}

/// How long a finished deletion request can still be read, in seconds.
const KEPT_SECONDS: i64 = 24 * 3600;

/// What of a flow is to go.
#[derive(Clone, Debug)]
struct Doomed {
    flow: i64,
    span: TimeSpan,
    /// Only segments of this object.
    object: Option<i64>,
}

impl Catalogue {
    /// Removes the segments of a flow that `timerange` covers completely, of one object when it is
    /// given (`DELETE /flows/{id}/segments`). Objects that lose their last segment are removed after
    /// `min_object_timeout`.
    ///
    /// # Errors
    ///
    /// [`NodeError::NotFound`], [`NodeError::ReadOnly`].
    pub fn delete_segments(
        &self,
        flow: Id,
        timerange: TimeRange,
        object_id: Option<&str>,
    ) -> Result<Deletion, NodeError> {
        self.delete(flow, timerange, object_id, false)
    }

    /// Removes a flow and its segments (`DELETE /flows/{id}`), and its source when that has no other
    /// flow.
    ///
    /// # Errors
    ///
    /// [`NodeError::NotFound`], [`NodeError::ReadOnly`].
    pub fn delete_flow(&self, flow: Id) -> Result<Deletion, NodeError> {
        self.delete(flow, TimeRange::ETERNITY, None, true)
    }

    fn delete(
        &self,
        flow: Id,
        timerange: TimeRange,
        object_id: Option<&str>,
        delete_flow: bool,
    ) -> Result<Deletion, NodeError> {
        let batch = self.options().deletion_batch;
        self.write(|tx, now| {
            let row = flows::writable(tx, flow)?;
            let object = match object_id {
                None => None,
                Some(id) => match objects::find(tx, id)? {
                    Some(object) => Some(object.key),
                    None => return Ok(Deletion::Done { segments: 0 }),
                },
            };
            let doomed = Doomed {
                flow: row.key,
                span: TimeSpan::from(timerange),
                object,
            };
            let found = doomed.first(tx, batch.saturating_add(1))?;
            if found.len() > batch as usize {
                let id = request(tx, now, flow, &doomed, (timerange, object_id), delete_flow)?;
                return Ok(Deletion::Pending(Box::new(load(tx, id)?)));
            }
            doomed.remove(tx, now, &found)?;
            if delete_flow {
                remove_flow(tx, row.key)?;
            }
            Ok(Deletion::Done {
                segments: found.len() as u64,
            })
        })
    }

    /// Does the next step of a deletion and returns where it stands then.
    ///
    /// # Errors
    ///
    /// [`NodeError::NotFound`].
    pub fn advance_deletion(&self, id: Id) -> Result<DeletionRequest, NodeError> {
        let batch = self.options().deletion_batch.max(1);
        self.write(|tx, now| {
            let request = load(tx, id)?;
            if request.status.is_over() {
                return Ok(request);
            }
            let (flow, object_id): (i64, Option<String>) = tx.query_row(
                "SELECT flow, object_id FROM deletion WHERE id = ?1",
                [id.to_string()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let object = match &object_id {
                None => None,
                // An object that is gone has no segments left, like the object with key 0.
                Some(id) => Some(objects::find(tx, id)?.map_or(0, |object| object.key)),
            };
            let doomed = Doomed {
                flow,
                span: TimeSpan::from(request.timerange_to_delete),
                object,
            };
            let found = doomed.first(tx, batch)?;
            doomed.remove(tx, now, &found)?;
            let remaining = doomed.extent(tx)?;
            if !remaining.is_empty() {
                progress(tx, now, id, remaining, DeletionStatus::Started)?;
            } else {
                if request.delete_flow {
                    remove_flow(tx, flow)?;
                }
                progress(tx, now, id, remaining, DeletionStatus::Done)?;
            }
            load(tx, id)
        })
    }

    /// Brings every deletion under way to its end, for example those a crash has interrupted.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn finish_deletions(&self) -> Result<(), NodeError> {
        let pending = self.read(|tx| {
            let mut statement =
                tx.prepare("SELECT id FROM deletion WHERE status IN ('created', 'started')")?;
            let ids: Vec<String> = statement
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            Ok(ids)
        })?;
        for id in pending.iter().filter_map(|id| id.parse().ok()) {
            while !self.advance_deletion(id)?.status.is_over() {}
        }
        Ok(())
    }

    /// A deletion request.
    ///
    /// # Errors
    ///
    /// [`NodeError::NotFound`].
    pub fn deletion(&self, id: Id) -> Result<DeletionRequest, NodeError> {
        self.read(|tx| load(tx, id))
    }

    /// A page of the deletion requests, newest first, or by expiry.
    ///
    /// # Errors
    ///
    /// [`NodeError::Invalid`] for a foreign page key.
    pub fn deletions(
        &self,
        by_expiry: bool,
        reverse: bool,
        page: &Page,
    ) -> Result<Paged<DeletionRequest>, NodeError> {
        let order = if by_expiry {
            &["d.expiry IS NULL", "-COALESCE(d.expiry, 0)", "d.id"][..]
        } else {
            &["-d.created", "d.id"]
        };
        self.read(|tx| {
            Conditions::default().page(tx, COLUMNS, "deletion d", order, (reverse, page), read)
        })
    }
}

impl Doomed {
    /// The starts and objects of the first `limit` segments.
    fn first(&self, tx: &Transaction<'_>, limit: u32) -> Result<Vec<(TimeKey, i64)>, NodeError> {
        let (condition, mut values) = self.condition();
        values.push(i64::from(limit).into());
        let found = tx
            .prepare_cached(&format!(
                "SELECT starts, object FROM segment WHERE {condition} ORDER BY starts LIMIT ?"
            ))?
            .query_map(params_from_iter(values), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?
            .collect::<Result<_, _>>()?;
        Ok(found)
    }

    fn condition(&self) -> (String, Vec<Sql>) {
        let mut condition = "flow = ? AND starts >= ? AND starts < ? AND ends <= ?".to_owned();
        let TimeSpan { start, end } = self.span;
        let mut values = vec![Sql::from(self.flow), start.into(), end.into(), end.into()];
        if let Some(object) = self.object {
            condition.push_str(" AND object = ?");
            values.push(object.into());
        }
        (condition, values)
    }

    fn remove(
        &self,
        tx: &Transaction<'_>,
        now: Now,
        segments: &[(TimeKey, i64)],
    ) -> Result<(), NodeError> {
        let mut delete =
            tx.prepare_cached("DELETE FROM segment WHERE flow = ?1 AND starts = ?2")?;
        for (start, _) in segments {
            delete.execute(params![self.flow, start])?;
        }
        let mut set_idle = tx.prepare_cached(
            "UPDATE object SET idle_since = ?2 WHERE key = ?1 AND idle_since IS NULL \
             AND NOT EXISTS (SELECT 1 FROM segment WHERE object = ?1)",
        )?;
        for (_, object) in segments {
            set_idle.execute(params![object, now.0])?;
        }
        if !segments.is_empty() {
            tx.execute(
                "UPDATE flow SET segments_updated = ?2 WHERE key = ?1",
                params![self.flow, now.0],
            )?;
        }
        Ok(())
    }

    /// From the first to the last segment that is still there.
    fn extent(&self, tx: &Transaction<'_>) -> Result<TimeRange, NodeError> {
        let (condition, values) = self.condition();
        let end_of = |direction: &str| -> Result<Option<TimeRange>, NodeError> {
            let found = tx
                .prepare_cached(&format!(
                    "SELECT starts, ends, end_inclusive FROM segment WHERE {condition} \
                     ORDER BY starts {direction} LIMIT 1"
                ))?
                .query_row(params_from_iter(values.clone()), |row| {
                    Ok(TimeSpan {
                        start: row.get(0)?,
                        end: row.get(1)?,
                    }
                    .timerange(row.get(2)?))
                })
                .optional()?;
            Ok(found)
        };
        match (end_of("ASC")?, end_of("DESC")?) {
            (Some(first), Some(last)) => Ok(first.extend_to_encompass(&last)),
            _ => Ok(TimeRange::NEVER),
        }
    }
}

fn request(
    tx: &Transaction<'_>,
    now: Now,
    flow: Id,
    doomed: &Doomed,
    (timerange, object_id): (TimeRange, Option<&str>),
    delete_flow: bool,
) -> Result<Id, NodeError> {
    let id = Id::random(*Uuid::new_v4().as_bytes());
    tx.execute(
        "INSERT INTO deletion (id, flow, flow_id, timerange, object_id, delete_flow, remaining, \
         status, created, updated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'created', ?8, ?8)",
        params![
            id.to_string(),
            doomed.flow,
            flow.to_string(),
            timerange.to_string(),
            object_id,
            delete_flow,
            doomed.extent(tx)?.to_string(),
            now.0,
        ],
    )?;
    if delete_flow {
        tx.execute("UPDATE flow SET deleting = 1 WHERE key = ?1", [doomed.flow])?;
    }
    Ok(id)
}

fn progress(
    tx: &Transaction<'_>,
    now: Now,
    id: Id,
    remaining: TimeRange,
    status: DeletionStatus,
) -> Result<(), NodeError> {
    let (word, expiry) = match status {
        DeletionStatus::Done => {
            let kept = mediatime::Timestamp::from_secs(KEPT_SECONDS).unwrap_or_default();
            ("done", Some(now.after(kept).0))
        }
        _ => ("started", None),
    };
    tx.execute(
        "UPDATE deletion SET remaining = ?2, status = ?3, updated = ?4, expiry = ?5 WHERE id = ?1",
        params![id.to_string(), remaining.to_string(), word, now.0, expiry],
    )?;
    Ok(())
}

fn remove_flow(tx: &Transaction<'_>, key: i64) -> Result<(), NodeError> {
    let source: Option<i64> = tx
        .query_row("SELECT source FROM flow WHERE key = ?1", [key], |row| {
            row.get(0)
        })
        .optional()?;
    tx.execute("DELETE FROM flow WHERE key = ?1", [key])?;
    match source {
        Some(source) => sources::remove_if_unused(tx, source),
        None => Ok(()),
    }
}

const COLUMNS: &str = "d.id AS deletion_id, d.flow_id AS flow_id, d.timerange AS timerange, \
     d.remaining AS remaining, d.delete_flow AS delete_flow, d.status AS status, \
     d.created AS created, d.updated AS updated, d.expiry AS expiry";

fn load(tx: &Transaction<'_>, id: Id) -> Result<DeletionRequest, NodeError> {
    let mut statement =
        tx.prepare_cached(&format!("SELECT {COLUMNS} FROM deletion d WHERE d.id = ?1"))?;
    let mut rows = statement.query([id.to_string()])?;
    match rows.next()? {
        Some(row) => read(row),
        None => Err(NodeError::not_found("deletion request", id)),
    }
}

fn read(row: &Row<'_>) -> Result<DeletionRequest, NodeError> {
    let text = |name: &str| row.get::<_, String>(name);
    let damaged = |why: &dyn ToString| NodeError::damaged("a deletion request", why.to_string());
    Ok(DeletionRequest {
        id: text("deletion_id")?
            .parse()
            .map_err(|wrong| damaged(&wrong))?,
        flow_id: text("flow_id")?.parse().map_err(|wrong| damaged(&wrong))?,
        timerange_to_delete: text("timerange")?
            .parse()
            .map_err(|wrong| damaged(&wrong))?,
        timerange_remaining: Some(
            text("remaining")?
                .parse()
                .map_err(|wrong| damaged(&wrong))?,
        ),
        delete_flow: row.get("delete_flow")?,
        created: Some(date(row.get("created")?)),
        created_by: Some(PRINCIPAL.to_owned()),
        updated: Some(date(row.get("updated")?)),
        expiry: row.get::<_, Option<i64>>("expiry")?.map(date),
        status: match text("status")?.as_str() {
            "created" => DeletionStatus::Created,
            "started" => DeletionStatus::Started,
            "done" => DeletionStatus::Done,
            _ => DeletionStatus::Error,
        },
        error: None,
        other: Other::new(),
    })
}
