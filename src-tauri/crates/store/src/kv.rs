//! Small settings of the workspace that a program writes for itself, for example its device id.

use crate::{StoreError, Tx};
use rusqlite::OptionalExtension;

pub(crate) const TABLES: &str = "
CREATE TABLE kv (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

impl Tx<'_> {
    /// The value last set for `key`.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        let mut query = self
            .conn
            .prepare_cached("SELECT value FROM kv WHERE key = ?1")?;
        Ok(query.query_row([key], |row| row.get(0)).optional()?)
    }

    /// Sets the value of `key`, replacing what it was.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.conn
            .prepare_cached(
                "INSERT INTO kv (key, value) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )?
            .execute([key, value])?;
        Ok(())
    }
}
