//! Whether a store was written to, by whatever program.

use super::{Catalogue, database};
use crate::NodeError;
use rusqlite::Connection;

/// Tells whether a store changed since it was asked last.
#[derive(Debug)]
pub struct Watch {
    connection: Connection,
    version: i64,
}

impl Catalogue {
    /// Watches the store from now on.
    ///
    /// # Errors
    ///
    /// [`NodeError::Database`].
    pub fn watch(&self) -> Result<Watch, NodeError> {
        let connection = database::open_read_only(&self.inner.dir)?;
        let version = version(&connection)?;
        Ok(Watch {
            connection,
            version,
        })
    }
}

impl Watch {
    /// Whether anything was written since the last time, or since it began. Costs a look at the
    /// database's header.
    ///
    /// # Errors
    ///
    /// [`NodeError::Database`].
    pub fn changed(&mut self) -> Result<bool, NodeError> {
        let before = std::mem::replace(&mut self.version, version(&self.connection)?);
        Ok(before != self.version)
    }
}

/// Another one after each commit of another connection, also of this program's own
/// (<https://sqlite.org/pragma.html#pragma_data_version>).
fn version(connection: &Connection) -> Result<i64, NodeError> {
    Ok(connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
}
