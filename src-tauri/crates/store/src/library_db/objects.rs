//! Objects that lie in the media cache. The files are the caller's; this remembers which there are, and
//! when each was used last.

use super::{LibraryDb, legible};
use crate::StoreError;
use crate::column::{TimeColumns, integer, time, unsigned};
use mediatime::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use std::collections::HashSet;
use std::iter;

pub(super) const TABLES: &str = "
CREATE TABLE objects (
    connection TEXT NOT NULL,
    object_id TEXT NOT NULL,
    file TEXT NOT NULL,
    size INTEGER NOT NULL CHECK (size >= 0),
    fetched_s INTEGER NOT NULL,
    fetched_ns INTEGER NOT NULL CHECK (fetched_ns BETWEEN 0 AND 999999999),
    used_s INTEGER NOT NULL,
    used_ns INTEGER NOT NULL CHECK (used_ns BETWEEN 0 AND 999999999),
    PRIMARY KEY (connection, object_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX objects_by_use ON objects (used_s, used_ns);
";

/// The columns [`from_row`] reads.
const COLUMNS: &str = "connection, object_id, file, size, fetched_s, fetched_ns, used_s, used_ns";

/// How many objects one query asks for.
const BATCH: usize = 256;

/// An object whose bytes lie in the media cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedObject {
    /// The connection it was fetched from.
    pub connection: String,
    /// Its id there.
    pub object_id: String,
    /// The name of the file in the media folder.
    pub file: String,
    /// Bytes in it.
    pub size: u64,
    /// When it was fetched, UTC since the Unix epoch.
    pub fetched: Timestamp,
    /// When it was used last, UTC since the Unix epoch.
    pub used: Timestamp,
}

impl LibraryDb {
    /// Remembers that an object lies in the media cache, in place of what was known of it.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLarge`] and errors of writing.
    pub fn put_object(&self, object: &CachedObject) -> Result<(), StoreError> {
        let size = integer("size", object.size)?;
        let (fetched, used) = (
            TimeColumns::from(object.fetched),
            TimeColumns::from(object.used),
        );
        self.write(|tx| {
            let mut insert = tx.prepare_cached(&format!(
                "INSERT OR REPLACE INTO objects ({COLUMNS})
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
            ))?;
            insert.execute(params![
                object.connection,
                object.object_id,
                object.file,
                size,
                fetched.secs,
                fetched.nanos,
                used.secs,
                used.nanos
            ])?;
            Ok(())
        })
    }

    /// The object, when it lies in the media cache. Asking counts as using it.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn object(
        &self,
        connection: &str,
        object_id: &str,
    ) -> Result<Option<CachedObject>, StoreError> {
        let used = TimeColumns::from(self.clock.now());
        self.write(|tx| {
            let mut touch = tx.prepare_cached(&format!(
                "UPDATE objects SET used_s = ?3, used_ns = ?4
                 WHERE connection = ?1 AND object_id = ?2 RETURNING {COLUMNS}"
            ))?;
            let touched = touch
                .query_row(
                    params![connection, object_id, used.secs, used.nanos],
                    |row| Ok(legible(from_row(row))),
                )
                .optional()?
                .transpose()?;
            Ok(touched.flatten())
        })
    }

    /// Those of `object_ids` that lie in the media cache. Asking doesn't count as using them.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn objects_here(
        &self,
        connection: &str,
        object_ids: &[&str],
    ) -> Result<HashSet<String>, StoreError> {
        self.read(|conn| {
            let mut here = HashSet::new();
            for batch in object_ids.chunks(BATCH) {
                let mut query = conn.prepare_cached(&format!(
                    "SELECT object_id FROM objects
                     WHERE connection = ? AND object_id IN ({})",
                    vec!["?"; batch.len()].join(", ")
                ))?;
                let values = iter::once(&connection).chain(batch);
                let mut rows = query.query(params_from_iter(values))?;
                while let Some(row) = rows.next()? {
                    here.extend(legible(row.get(0).map_err(StoreError::from))?);
                }
            }
            Ok(here)
        })
    }

    /// Forgets that an object lies in the media cache. Nothing happens when it does not; its index
    /// stays.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn remove_object(&self, connection: &str, object_id: &str) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.prepare_cached("DELETE FROM objects WHERE connection = ?1 AND object_id = ?2")?
                .execute([connection, object_id])?;
            Ok(())
        })
    }

    /// At most `limit` objects, from the one that was not used for the longest time on.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn least_recently_used(&self, limit: usize) -> Result<Vec<CachedObject>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|conn| {
            let mut query = conn.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM objects
                 ORDER BY used_s, used_ns, connection, object_id LIMIT ?1"
            ))?;
            let mut rows = query.query([limit])?;
            let mut objects = Vec::new();
            while let Some(row) = rows.next()? {
                objects.extend(legible(from_row(row))?);
            }
            Ok(objects)
        })
    }

    /// Bytes of all objects in the media cache.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn cached_bytes(&self) -> Result<u64, StoreError> {
        // In two halves, as a sum that needs more than 63 bits is an error to SQLite.
        self.read(|conn| {
            let mut query = conn.prepare_cached(
                "SELECT coalesce(sum(size >> 32), 0), coalesce(sum(size & 0xffffffff), 0)
                 FROM objects",
            )?;
            let (high, low): (i64, i64) =
                query.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let total = (i128::from(high) << 32) + i128::from(low);
            Ok(u64::try_from(total).unwrap_or(u64::MAX))
        })
    }
}

/// Removes the objects of a connection and returns them.
pub(super) fn forget(tx: &Connection, connection: &str) -> Result<Vec<CachedObject>, StoreError> {
    let mut delete = tx.prepare_cached(&format!(
        "DELETE FROM objects WHERE connection = ?1 RETURNING {COLUMNS}"
    ))?;
    let mut rows = delete.query([connection])?;
    let mut objects = Vec::new();
    while let Some(row) = rows.next()? {
        objects.extend(legible(from_row(row))?);
    }
    Ok(objects)
}

fn from_row(row: &Row<'_>) -> Result<CachedObject, StoreError> {
    Ok(CachedObject {
        connection: row.get(0)?,
        object_id: row.get(1)?,
        file: row.get(2)?,
        size: unsigned(row, 3)?,
        fetched: time(row, 4)?,
        used: time(row, 6)?,
    })
}
