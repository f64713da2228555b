//! The open file `library.db`: what remotes last said, and what was fetched from them.
//!
//! A cache: everything in it can be asked for again. A file that can't be used is therefore not
//! repaired but emptied, and who reads it finds that nothing is known.

mod coverage;
mod format;
mod indexes;
mod links;
mod objects;
mod remote;
mod segments;
mod span;

pub use objects::CachedObject;
pub use remote::Dated;

use crate::StoreError;
use crate::connection::{connect, lock, named, read_connection, use_write_ahead_log};
use mediatime::Clock;
use rusqlite::{Connection, MAIN_DB, OpenFlags, TransactionBehavior};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// How many prepared statements a connection keeps: more than there are here.
const STATEMENTS: usize = 64;

/// The open file `library.db`.
///
/// It may be shared between threads, and several processes may have it open: writes happen one after
/// the other, reads see the last committed state and don't wait for a write. Every function blocks on
/// the disk; call them where that is allowed. After a power failure the last writes may be missing
/// (`synchronous=NORMAL`), but none is there in part.
///
/// A `connection` is the name of a remote in the configuration. What is kept for one is apart from
/// what is kept for every other.
///
/// No presigned link is kept: `get_urls`, and any text that carries a signature, are left out of what
/// is written. What can no longer be read counts as not there.
pub struct LibraryDb {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    reader: Mutex<Connection>,
    writer: Mutex<Connection>,
}

impl LibraryDb {
    /// Opens the cache at `path`, creating it when it is not there. The folder must exist. A file that
    /// is damaged, of another format or of another program is emptied and taken. `clock` dates what is
    /// put into it.
    ///
    /// # Errors
    ///
    /// Not because of what the file holds: [`StoreError::CannotOpen`], [`StoreError::ReadOnly`],
    /// [`StoreError::Full`] and errors of the disk; [`StoreError::Busy`] when another process keeps the
    /// write lock, or keeps a damaged file open.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let writer = match write_connection(path) {
            // A header may also say that only a newer SQLite can write the file.
            Err(err) if format::is_unusable(&err) || matches!(err, StoreError::ReadOnly) => {
                let emptied = format::empty(path, &err);
                // Another process that found the file like this may have been faster.
                write_connection(path).or_else(|err| emptied.and(Err(err)))?
            }
            opened => opened?,
        };
        let reader = reader(path)?;
        Ok(Self {
            path: path.to_owned(),
            clock,
            reader: Mutex::new(reader),
            writer: Mutex::new(writer),
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Forgets all that is known of a connection, because it was removed or renamed: another store may
    /// be meant by its name from now on. Returns the cached objects, whose files are the caller's to
    /// remove.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn forget(&self, connection: &str) -> Result<Vec<CachedObject>, StoreError> {
        self.write(|tx| {
            remote::forget(tx, connection)?;
            segments::forget(tx, connection)?;
            indexes::forget(tx, connection)?;
            objects::forget(tx, connection)
        })
    }

    /// Runs `f` in one write transaction and commits when it returns `Ok`. When the file turns out to
    /// be damaged, it is emptied and `f` runs again.
    fn write<T>(&self, f: impl Fn(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut conn = lock(&self.writer);
        match transaction(&mut conn, &f) {
            Err(err) if format::is_unusable(&err) => {
                self.empty(&mut conn, &err)?;
                transaction(&mut conn, &f)
            }
            written => written,
        }
    }

    /// Runs `f` on one consistent state. A file that turns out to be damaged is emptied, and knows
    /// nothing.
    fn read<T: Default>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // The lock is given back here: emptying takes both, that of the writer first.
        let seen = read_transaction(&mut lock(&self.reader), f);
        match seen {
            Err(err) if format::is_unusable(&err) => {
                self.empty(&mut lock(&self.writer), &err)?;
                Ok(T::default())
            }
            seen => seen,
        }
    }

    /// Empties the file, which SQLite does only for a connection that is alone with it.
    fn empty(&self, writer: &mut Connection, reason: &StoreError) -> Result<(), StoreError> {
        let mut reading = lock(&self.reader);
        *writer = Connection::open_in_memory()?;
        *reading = Connection::open_in_memory()?;
        let emptied = format::empty(&self.path, reason);
        *writer = write_connection(&self.path)?;
        *reading = reader(&self.path)?;
        emptied
    }
}

impl fmt::Debug for LibraryDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LibraryDb")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A connection that may write, to a file that has the tables.
fn write_connection(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = connect(path, flags)?;
    format::is_ours(&conn).map_err(|err| named(path, err))?;
    if conn.is_readonly(MAIN_DB)? {
        return Err(StoreError::ReadOnly);
    }
    use_write_ahead_log(&conn, path)?;
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    // No table refers to another one; those of another program must not stand in the way.
    conn.pragma_update(None, "foreign_keys", false)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    transaction(&mut conn, &|_| Ok(()))?;
    Ok(conn)
}

fn reader(path: &Path) -> Result<Connection, StoreError> {
    let conn = read_connection(path)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}

/// Runs `f` in a transaction on a file that has the tables, whatever it was before.
fn transaction<T>(
    conn: &mut Connection,
    f: &impl Fn(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if !format::is_ours(&tx)? {
        format::make_tables(&tx)?;
    }
    let value = f(&tx)?;
    tx.commit()?;
    Ok(value)
}

fn read_transaction<T: Default>(
    conn: &mut Connection,
    f: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let tx = conn.transaction()?;
    if !format::is_ours(&tx)? {
        // Another process emptied it or took it over. The next write takes it back.
        return Ok(T::default());
    }
    f(&tx)
}

/// What a row held; `None` when it no longer parses, as after a change of the types that was not
/// thought of as one of the format.
fn legible<T>(read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Err(StoreError::Corrupt { .. }) => Ok(None),
        read => read.map(Some),
    }
}

fn unwritable(err: serde_json::Error) -> StoreError {
    rusqlite::Error::ToSqlConversionFailure(Box::new(err)).into()
}
