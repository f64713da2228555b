//! What a file turns out to be, and how it becomes an empty one of ours.

use super::{coverage, indexes, objects, remote, segments};
use crate::StoreError;
use crate::connection::connect;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Written into the header of the file, so that another database is not taken for ours.
const APPLICATION_ID: i32 = 0x5374_724c;

/// The format of the tables and of the documents in them. It grows whenever either changes: a file of
/// another format is emptied, never converted.
const FORMAT: i32 = 1;

/// How long emptying waits for other connections. Those of other processes mostly stay, and there is
/// nothing in the file to wait for.
const PATIENCE: Duration = Duration::from_millis(500);

const TABLES: &[&str] = &[
    remote::TABLES,
    segments::TABLES,
    coverage::TABLES,
    objects::TABLES,
    indexes::TABLES,
];

/// Whether the file has our tables, in the format of this program.
///
/// # Errors
///
/// What [`is_unusable`] knows, and errors of the disk.
pub(super) fn is_ours(conn: &Connection) -> Result<bool, StoreError> {
    let number = |sql| {
        conn.prepare_cached(sql)?
            .query_row([], |row| row.get::<_, i32>(0))
    };
    let application = number("PRAGMA application_id")?;
    Ok(application == APPLICATION_ID && number("PRAGMA user_version")? == FORMAT)
}

/// Makes the tables in place of those the file has, in the caller's transaction.
pub(super) fn make_tables(tx: &Connection) -> Result<(), StoreError> {
    let mut query = tx.prepare(
        "SELECT type, name FROM sqlite_schema
         WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )?;
    let found = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found = found.collect::<rusqlite::Result<Vec<(String, String)>>>()?;
    for (kind, name) in found {
        // Statements can't have names bound to them.
        let name = name.replace('"', "\"\"");
        tx.execute_batch(&format!("DROP {kind} IF EXISTS \"{name}\""))?;
    }
    for statements in TABLES {
        tx.execute_batch(statements)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", FORMAT)?;
    Ok(())
}

/// True when SQLite can't make sense of the file (`SQLITE_CORRUPT`, `SQLITE_NOTADB`), or finds in it
/// what can't be there (`SQLITE_ERROR` for some damaged headers and for missing tables, and constraints
/// that no statement of ours breaks).
pub(super) fn is_unusable(err: &StoreError) -> bool {
    match err {
        StoreError::Corrupt { .. } => true,
        StoreError::Sql(source) => matches!(
            source.sqlite_error_code(),
            Some(ErrorCode::Unknown | ErrorCode::ConstraintViolation)
        ),
        _ => false,
    }
}

/// Empties the file at `path`, whatever it holds, because of `reason`.
///
/// The file is not removed: another process may have it open, which would go on with a file that nobody
/// else sees, and in the end take the new file's log with it. SQLite empties it in place, under its own
/// locks.
///
/// # Errors
///
/// [`StoreError::Busy`] when another connection is open, and errors of writing.
pub(super) fn empty(path: &Path, reason: &StoreError) -> Result<(), StoreError> {
    tracing::warn!(path = %path.display(), %reason, "the library's cache can't be read; it is made anew");
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // A connection of its own: one that has read a damaged header goes on believing it.
    let conn = connect(path, flags)?;
    conn.busy_timeout(PATIENCE)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, true)?;
    conn.execute_batch("VACUUM")?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, false)?;
    conn.pragma_update(None, "user_version", 0)?;
    Ok(())
}
