//! The catalogue's SQLite database: how it is opened, and its tables by version.

use std::path::Path;
use std::time::Duration;

use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};
use tams_model::Id;
use uuid::Uuid;

use crate::NodeError;
use crate::media_url::MediaKey;

/// Statements that lead from one version to the next; `PRAGMA user_version` counts those done.
const MIGRATIONS: &[&str] = &[include_str!("migrations/1.sql")];

/// How long a statement waits for another process.
const BUSY: Duration = Duration::from_secs(10);

/// What makes this store itself: made once, kept for ever.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// Signs media URLs.
    pub(crate) media_key: MediaKey,
    /// The one storage backend.
    pub(crate) storage_id: Id,
}

/// Opens the database in `dir` for writing, brought to the newest version.
pub(crate) fn open(dir: &Path) -> Result<Connection, NodeError> {
    let mut connection = Connection::open(dir.join("node.db"))?;
    set_up(&connection)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    migrate(&mut connection, dir)?;
    Ok(connection)
}

/// Opens the database in `dir` for reading.
pub(crate) fn open_read_only(dir: &Path) -> Result<Connection, NodeError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(dir.join("node.db"), flags)?;
    set_up(&connection)?;
    let version = version(&connection)?;
    check_not_newer(version, dir)?;
    if version < newest() {
        return Err(NodeError::damaged(
            "the catalogue",
            "it is of an older version; open it for writing once",
        ));
    }
    Ok(connection)
}

fn set_up(connection: &Connection) -> Result<(), NodeError> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

fn version(connection: &Connection) -> Result<i64, NodeError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

fn check_not_newer(found: i64, dir: &Path) -> Result<(), NodeError> {
    if found > newest() {
        return Err(NodeError::NewerVersion {
            dir: dir.display().to_string(),
            found,
            known: newest(),
        });
    }
    Ok(())
}

fn migrate(connection: &mut Connection, dir: &Path) -> Result<(), NodeError> {
    if version(connection)? == newest() {
        return Ok(());
    }
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = version(&tx)?;
    check_not_newer(done, dir)?;
    for statements in MIGRATIONS
        .iter()
        .skip(usize::try_from(done).unwrap_or_default())
    {
        tx.execute_batch(statements)?;
    }
    tx.pragma_update(None, "user_version", newest())?;
    make_identity(&tx)?;
    tx.commit()?;
    Ok(())
}

fn make_identity(tx: &Transaction<'_>) -> Result<(), NodeError> {
    let mut secret = Uuid::new_v4().as_bytes().to_vec();
    secret.extend_from_slice(Uuid::new_v4().as_bytes());
    set_if_absent(tx, "media_key", &secret)?;
    set_if_absent(tx, "storage_id", &Uuid::new_v4().to_string())
}

fn set_if_absent(
    tx: &Transaction<'_>,
    name: &str,
    value: &dyn rusqlite::ToSql,
) -> Result<(), NodeError> {
    tx.execute(
        "INSERT OR IGNORE INTO node (name, value) VALUES (?1, ?2)",
        params![name, value],
    )?;
    Ok(())
}

/// Reads the identity made with the database.
pub(crate) fn identity(connection: &Connection) -> Result<Identity, NodeError> {
    let secret: Option<[u8; 32]> = connection
        .query_row(
            "SELECT value FROM node WHERE name = 'media_key'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    let storage_id: Option<String> = connection
        .query_row(
            "SELECT value FROM node WHERE name = 'storage_id'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    match (secret, storage_id.map(|id| id.parse())) {
        (Some(secret), Some(Ok(storage_id))) => Ok(Identity {
            media_key: MediaKey::new(secret),
            storage_id,
        }),
        _ => Err(NodeError::damaged("the store's identity", "it is missing")),
    }
}
