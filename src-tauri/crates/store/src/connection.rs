//! How every database file of this crate is opened: who waits for whom, and what a file may make
//! SQLite do.

use crate::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a writer waits for another one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// A thread that panicked rolled its transaction back, so the connection is sound.
pub(crate) fn lock(conn: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    conn.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let conn =
        Connection::open_with_flags(path, flags).map_err(|err| StoreError::opening(path, err))?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    // Nothing stored in the file may make SQLite run functions.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    Ok(conn)
}

pub(crate) fn read_connection(path: &Path) -> Result<Connection, StoreError> {
    connect(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
}

/// SQLite opens files lazily: the first read may be what can't open them.
pub(crate) fn named(path: &Path, err: StoreError) -> StoreError {
    match err {
        StoreError::Sql(source) => StoreError::opening(path, source),
        other => other,
    }
}

/// The log lets readers and one writer of several processes work at once. Where the file system can't
/// share memory (some network shares) SQLite keeps its rollback journal: as safe, readers wait.
pub(crate) fn use_write_ahead_log(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    // SQLite doesn't wait by itself while another process makes the same change.
    const PAUSE: Duration = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    let mode = loop {
        let mode: rusqlite::Result<String> =
            conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0));
        match mode.map_err(StoreError::from) {
            Err(StoreError::Busy) if waited < BUSY_TIMEOUT => {
                thread::sleep(PAUSE);
                waited += PAUSE;
            }
            other => break other?,
        }
    };
    if mode != "wal" {
        tracing::warn!(path = %path.display(), mode, "no write-ahead log on this file system");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration;
    use std::sync::Barrier;

    #[test]
    fn many_processes_may_begin_the_log_at_once() {
        let dir = tempfile::tempdir().unwrap();
        for round in 0..100 {
            let path = dir.path().join(format!("{round}.db"));
            let start = Barrier::new(8);
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        let conn = connect(&path, OpenFlags::default()).unwrap();
                        start.wait();
                        migration::user_version(&conn).unwrap();
                        use_write_ahead_log(&conn, &path).unwrap();
                    });
                }
            });
        }
    }
}
