//! Media indexes by object: what one pass over an object found, so that nobody passes over it again.
//! They are small beside the media and stay when it is evicted.

use super::LibraryDb;
use crate::StoreError;
use rusqlite::{Connection, OptionalExtension, params};

pub(super) const TABLES: &str = "
CREATE TABLE indexes (
    connection TEXT NOT NULL,
    object_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (connection, object_id)
) STRICT;
";

impl LibraryDb {
    /// Keeps the index of an object, in place of any it had. `version` is the format of `bytes`, which
    /// only the caller knows.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn put_index(
        &self,
        connection: &str,
        object_id: &str,
        version: u32,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.prepare_cached(
                "INSERT OR REPLACE INTO indexes (connection, object_id, version, bytes)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![connection, object_id, version, bytes])?;
            Ok(())
        })
    }

    /// The index of an object, when one of this `version` is kept.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn index(
        &self,
        connection: &str,
        object_id: &str,
        version: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|conn| {
            let mut query = conn.prepare_cached(
                "SELECT bytes FROM indexes
                 WHERE connection = ?1 AND object_id = ?2 AND version = ?3",
            )?;
            Ok(query
                .query_row(params![connection, object_id, version], |row| row.get(0))
                .optional()?)
        })
    }
}

pub(super) fn forget(tx: &Connection, connection: &str) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM indexes WHERE connection = ?1")?
        .execute([connection])?;
    Ok(())
}
