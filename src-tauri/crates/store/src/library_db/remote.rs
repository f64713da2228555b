//! Sources and flows as a connection last told them.

use super::{LibraryDb, legible, links, unwritable};
use crate::StoreError;
use crate::column::{Json, Text, TimeColumns, time};
use mediatime::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tams_model::{Flow, Id, Source};

/// `listings` tells when a connection was asked for all of a kind, `entries` what it told. `position`
/// is the place in that listing; an entry that was told by itself only has none.
pub(super) const TABLES: &str = "
CREATE TABLE listings (
    connection TEXT NOT NULL,
    kind TEXT NOT NULL,
    seen_s INTEGER NOT NULL,
    seen_ns INTEGER NOT NULL CHECK (seen_ns BETWEEN 0 AND 999999999),
    PRIMARY KEY (connection, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
    connection TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    position INTEGER,
    document TEXT NOT NULL,
    seen_s INTEGER NOT NULL,
    seen_ns INTEGER NOT NULL CHECK (seen_ns BETWEEN 0 AND 999999999),
    PRIMARY KEY (connection, kind, id)
) STRICT, WITHOUT ROWID;
";

/// Something a remote said, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated<T> {
    /// What it said.
    pub value: T,
    /// When, by this computer's clock: UTC since the Unix epoch. Of several answers the oldest.
    pub seen: Timestamp,
}

/// What an entry is.
#[derive(Clone, Copy)]
enum Kind {
    Source,
    Flow,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Flow => "flow",
        }
    }
}

impl LibraryDb {
    /// Keeps all sources of a connection, in place of those it listed before. Of two with one id the
    /// later one is kept.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn put_sources(&self, connection: &str, sources: &[Source]) -> Result<(), StoreError> {
        self.put_listing(connection, Kind::Source, sources, |source| source.id)
    }

    /// The sources of a connection as it listed them last, in its order; `None` when it never did.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn sources(&self, connection: &str) -> Result<Option<Dated<Vec<Source>>>, StoreError> {
        self.listing(connection, Kind::Source)
    }

    /// Keeps all flows of a connection, in place of those it listed before. Of two with one id the
    /// later one is kept. Flows that were only put one by one stay known to [`flow`](Self::flow).
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn put_flows(&self, connection: &str, flows: &[Flow]) -> Result<(), StoreError> {
        self.put_listing(connection, Kind::Flow, flows, |flow| flow.id)
    }

    /// The flows of a connection as it listed them last, in its order, each as it was told last; `None`
    /// when it never listed them.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn flows(&self, connection: &str) -> Result<Option<Dated<Vec<Flow>>>, StoreError> {
        self.listing(connection, Kind::Flow)
    }

    /// Keeps one flow, in place of what was known of it. It does not join the listed ones.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn put_flow(&self, connection: &str, flow: &Flow) -> Result<(), StoreError> {
        let document = links::without(flow).map_err(unwritable)?;
        let seen = self.clock.now();
        self.write(|tx| {
            let entry = Entry {
                id: flow.id,
                position: None,
                document: Json(&document),
            };
            put(tx, connection, Kind::Flow, &entry, seen)
        })
    }

    /// A flow as it was told last, in a listing or by itself.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn flow(&self, connection: &str, id: Id) -> Result<Option<Dated<Flow>>, StoreError> {
        self.read(|conn| {
            let mut query = conn.prepare_cached(
                "SELECT document, seen_s, seen_ns FROM entries
                 WHERE connection = ?1 AND kind = ?2 AND id = ?3",
            )?;
            let found = query
                .query_row(params![connection, Kind::Flow.as_str(), Text(id)], |row| {
                    Ok(legible(dated(row)))
                })
                .optional()?
                .transpose()?;
            Ok(found.flatten())
        })
    }

    fn put_listing<T: Serialize>(
        &self,
        connection: &str,
        kind: Kind,
        listed: &[T],
        id: impl Fn(&T) -> Id,
    ) -> Result<(), StoreError> {
        let documents = listed.iter().map(|entry| links::without(entry));
        let documents: Vec<_> = documents.collect::<Result<_, _>>().map_err(unwritable)?;
        let seen = self.clock.now();
        self.write(|tx| {
            tx.prepare_cached(
                "DELETE FROM entries
                 WHERE connection = ?1 AND kind = ?2 AND position IS NOT NULL",
            )?
            .execute([connection, kind.as_str()])?;
            for (position, (entry, document)) in (0_i64..).zip(listed.iter().zip(&documents)) {
                let entry = Entry {
                    id: id(entry),
                    position: Some(position),
                    document: Json(document),
                };
                put(tx, connection, kind, &entry, seen)?;
            }
            let seen = TimeColumns::from(seen);
            tx.prepare_cached(
                "INSERT OR REPLACE INTO listings (connection, kind, seen_s, seen_ns)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![connection, kind.as_str(), seen.secs, seen.nanos])?;
            Ok(())
        })
    }

    fn listing<T: DeserializeOwned>(
        &self,
        connection: &str,
        kind: Kind,
    ) -> Result<Option<Dated<Vec<T>>>, StoreError> {
        self.read(|conn| {
            let mut query = conn.prepare_cached(
                "SELECT seen_s, seen_ns FROM listings WHERE connection = ?1 AND kind = ?2",
            )?;
            let seen = query
                .query_row([connection, kind.as_str()], |row| Ok(legible(time(row, 0))))
                .optional()?
                .transpose()?;
            let Some(seen) = seen.flatten() else {
                return Ok(None);
            };
            let mut query = conn.prepare_cached(
                "SELECT document FROM entries
                 WHERE connection = ?1 AND kind = ?2 AND position IS NOT NULL ORDER BY position",
            )?;
            let mut rows = query.query([connection, kind.as_str()])?;
            let mut value = Vec::new();
            while let Some(row) = rows.next()? {
                value.extend(legible(document(row))?);
            }
            Ok(Some(Dated { value, seen }))
        })
    }
}

/// What is written of a source or a flow.
struct Entry<'a> {
    id: Id,
    position: Option<i64>,
    document: Json<&'a serde_json::Value>,
}

/// Puts an entry in place of what was known of it; without a position it keeps the one it had.
fn put(
    tx: &Connection,
    connection: &str,
    kind: Kind,
    entry: &Entry<'_>,
    seen: Timestamp,
) -> Result<(), StoreError> {
    let seen = TimeColumns::from(seen);
    tx.prepare_cached(
        "INSERT INTO entries (connection, kind, id, position, document, seen_s, seen_ns)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (connection, kind, id) DO UPDATE SET
            position = coalesce(excluded.position, position), document = excluded.document,
            seen_s = excluded.seen_s, seen_ns = excluded.seen_ns",
    )?
    .execute(params![
        connection,
        kind.as_str(),
        Text(entry.id),
        entry.position,
        entry.document,
        seen.secs,
        seen.nanos
    ])?;
    Ok(())
}

pub(super) fn forget(tx: &Connection, connection: &str) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM listings WHERE connection = ?1",
        "DELETE FROM entries WHERE connection = ?1",
    ] {
        tx.prepare_cached(statement)?.execute([connection])?;
    }
    Ok(())
}

fn document<T: DeserializeOwned>(row: &Row<'_>) -> Result<T, StoreError> {
    Ok(row.get::<_, Json<T>>(0)?.0)
}

fn dated<T: DeserializeOwned>(row: &Row<'_>) -> Result<Dated<T>, StoreError> {
    Ok(Dated {
        value: document(row)?,
        seen: time(row, 1)?,
    })
}
