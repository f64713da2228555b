//! The open database file and its transactions.

use crate::StoreError;
use crate::compilations::{CompilationSummary, InputUse};
use crate::connection::{connect, lock, named, read_connection, use_write_ahead_log};
use crate::migration::{self, STEPS};
use crate::outbox::{NewOutboxEntry, OutboxCounts, OutboxFilter};
use crate::pins::Pin;
use crate::projects::{ProjectSummary, SavedProject};
use crate::reports::CompileReport;
use crate::versions::{NewVersion, VersionSummary};
use mediatime::{Clock, TimeRange, Timestamp};
use record::{
    CompilationRecord, OutboxEntry, Placement, PlacementState, ShortId, UploadPart, UploadState,
};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB, OpenFlags, TransactionBehavior};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

/// The open file `work.db`.
///
/// It may be shared between threads: writes happen one after the other, reads see the last committed
/// state and don't wait for a write. Every function blocks on the disk; call them where that is allowed.
///
/// The functions that name one table run in a transaction of their own. To change several things at
/// once, use [`transaction`](Self::transaction).
pub struct WorkDb {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    reader: Mutex<Connection>,
    /// `None` when opened read-only.
    writer: Option<Mutex<Connection>>,
}

/// One transaction on the database: it sees its own changes, and all of them happen or none.
pub struct Tx<'a> {
    pub(crate) conn: &'a Connection,
    pub(crate) clock: &'a dyn Clock,
}

impl WorkDb {
    /// Opens the database at `path`, creating it when it is not there and bringing an older format up to
    /// date. The folder must exist. `clock` dates new entries and decides what is due.
    ///
    /// # Errors
    ///
    /// [`StoreError::NewerVersion`] and [`StoreError::Foreign`] leave the file untouched;
    /// [`StoreError::CannotOpen`], [`StoreError::ReadOnly`], [`StoreError::Full`],
    /// [`StoreError::Busy`], [`StoreError::Corrupt`].
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut writer = connect(path, flags)?;
        // Until the format is known nothing may be written, not even the log into the file on close.
        writer.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        let found = migration::found_version(&writer, path, STEPS);
        found.map_err(|err| named(path, err))?;
        writer.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        if writer.is_readonly(MAIN_DB)? {
            return Err(StoreError::ReadOnly);
        }
        use_write_ahead_log(&writer, path)?;
        writer.pragma_update(None, "synchronous", "FULL")?;
        writer.pragma_update(None, "foreign_keys", true)?;
        migration::migrate(&mut writer, path, STEPS)?;
        Ok(Self {
            path: path.to_owned(),
            clock,
            reader: Mutex::new(read_connection(path)?),
            writer: Some(Mutex::new(writer)),
        })
    }

    /// Opens an existing database for reading only; another process may be writing to it.
    ///
    /// # Errors
    ///
    /// [`StoreError::CannotOpen`] when there is none, [`StoreError::OlderVersion`] when it was never
    /// opened by this version for writing, else as [`open`](Self::open).
    pub fn open_read_only(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let reader = read_connection(path)?;
        let found = migration::found_version(&reader, path, STEPS);
        let found = found.map_err(|err| named(path, err))?;
        let known = migration::version_of(STEPS);
        if found < known {
            return Err(StoreError::OlderVersion {
                path: path.to_owned(),
                found,
                known,
            });
        }
        Ok(Self {
            path: path.to_owned(),
            clock,
            reader: Mutex::new(reader),
            writer: None,
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `f` in one write transaction and commits when it returns `Ok`; otherwise nothing of it
    /// happened.
    ///
    /// The write lock of the file is held meanwhile, also against other processes: do nothing slow in
    /// `f`. Inside, use the functions of [`Tx`]; writing through the same `WorkDb` would wait for itself.
    ///
    /// # Errors
    ///
    /// What `f` returns; [`StoreError::Busy`] when another process keeps the lock; [`StoreError::Full`];
    /// [`StoreError::ReadOnly`]; [`StoreError::NewerVersion`] when a newer program has changed the
    /// file's format since it was opened.
    pub fn transaction<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let Some(writer) = &self.writer else {
            return Err(StoreError::ReadOnly.into());
        };
        let mut conn = lock(writer);
        let tx = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        self.expect_known_format(&tx)?;
        let value = f(&Tx {
            conn: &tx,
            clock: &*self.clock,
        })?;
        tx.commit().map_err(StoreError::from)?;
        Ok(value)
    }

    /// Runs `f` on one consistent state of the database, whatever others write meanwhile. The writing
    /// functions of [`Tx`] answer [`StoreError::ReadOnly`] there.
    ///
    /// # Errors
    ///
    /// What `f` returns, and errors of reading.
    pub fn read<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = lock(&self.reader);
        let tx = conn.transaction().map_err(StoreError::from)?;
        f(&Tx {
            conn: &tx,
            clock: &*self.clock,
        })
    }

    /// Reads the whole file and checks its structure and references.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] with what was found first.
    pub fn check(&self) -> Result<(), StoreError> {
        let conn = lock(&self.reader);
        let mut pragma = conn.prepare("PRAGMA integrity_check(10)")?;
        let lines = pragma.query_map([], |row| row.get::<_, String>(0))?;
        let lines = lines.collect::<rusqlite::Result<Vec<_>>>()?;
        if lines != ["ok"] {
            return Err(StoreError::Corrupt {
                detail: lines.join("; "),
            });
        }
        let mut pragma = conn.prepare("PRAGMA foreign_key_check")?;
        let mut rows = pragma.query([])?;
        if let Some(row) = rows.next()? {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            let detail = format!("a row of {table} belongs to no row of {parent}");
            return Err(StoreError::Corrupt { detail });
        }
        Ok(())
    }

    fn expect_known_format(&self, conn: &Connection) -> Result<(), StoreError> {
        let (found, known) = (migration::user_version(conn)?, migration::version_of(STEPS));
        if found > known {
            return Err(StoreError::NewerVersion {
                path: self.path.clone(),
                found,
                known,
            });
        }
        Ok(())
    }
}

/// Gives [`WorkDb`] the functions of [`Tx`], each in a transaction of its own.
macro_rules! also_on_work_db {
    ($($via:ident $name:ident($($arg:ident: $kind:ty),*) -> $answer:ty;)*) => {
        impl WorkDb {$(
            #[doc = concat!("[`Tx::", stringify!($name), "`] in a transaction of its own.")]
            ///
            /// # Errors
            ///
            /// As there, and as [`WorkDb::transaction`].
            pub fn $name(&self, $($arg: $kind),*) -> Result<$answer, StoreError> {
                self.$via(|tx| tx.$name($($arg),*))
            }
        )*}
    };
}

also_on_work_db! {
    transaction record_compilation(record: &CompilationRecord) -> CompilationRecord;
    read compilation(id: Uuid) -> Option<CompilationRecord>;
    read compilations(limit: u32, offset: u32) -> Vec<CompilationSummary>;
    read compilations_by_sha256(sha256: &str) -> Vec<CompilationSummary>;
    read where_used(flow_id: &str, timerange: Option<TimeRange>) -> Vec<InputUse>;

    transaction save_report(sha256: &str, plan_hash: Option<&str>, out_path: &str, report: &serde_json::Value) -> CompileReport;
    read report_by_sha256(sha256: &str) -> Option<CompileReport>;

    transaction insert_placement(placement: &Placement) -> ();
    read placement(id: &ShortId) -> Option<Placement>;
    read placements_of(compilation_id: Uuid) -> Vec<Placement>;
    read find_placement(compilation_id: Uuid, placement: &str, template: &str, base_url: &str, expires: Option<Timestamp>) -> Option<Placement>;
    read all_placements() -> Vec<Placement>;
    transaction retarget_placement(id: &ShortId, compilation_id: Uuid) -> ();
    transaction set_placement_state(id: &ShortId, state: PlacementState) -> ();

    transaction enqueue(entry: &NewOutboxEntry) -> OutboxEntry;
    read outbox_entry(id: Uuid) -> Option<OutboxEntry>;
    read outbox_entry_by_key(key: &str) -> Option<OutboxEntry>;
    read outbox(filter: &OutboxFilter) -> Vec<OutboxEntry>;
    read outbox_counts() -> OutboxCounts;
    transaction lease_next(kinds: &[&str], worker: &str, lease: Duration) -> Option<OutboxEntry>;
    transaction renew_lease(id: Uuid, worker: &str, lease: Duration) -> ();
    read leasing_workers() -> Vec<String>;
    transaction end_leases(worker: &str) -> usize;
    read next_due(kinds: &[&str]) -> Option<Timestamp>;
    transaction complete(id: Uuid) -> ();
    transaction defer(id: Uuid, worker: &str, next_at: Timestamp, error: &str, waiting_for: Option<&str>) -> ();
    transaction fail(id: Uuid, worker: &str, error: &str) -> ();
    transaction retry(id: Uuid) -> OutboxEntry;
    transaction wake(waiting_for: Option<&str>) -> usize;
    transaction cancel(id: Uuid) -> Vec<OutboxEntry>;

    transaction begin_upload(job_id: Uuid, upload_id: &str, part_size: u64) -> ();
    transaction upload_part_done(job_id: Uuid, part: &UploadPart) -> ();
    read upload(job_id: Uuid) -> Option<UploadState>;
    transaction clear_upload(job_id: Uuid) -> ();

    transaction save_project(id: Uuid, name: &str, document: &serde_json::Value, revision: u32) -> Timestamp;
    read project(id: Uuid) -> Option<SavedProject>;
    read projects() -> Vec<ProjectSummary>;
    transaction remove_project(id: Uuid) -> bool;
    transaction keep_version(project: Uuid, version: &NewVersion<'_>) -> u32;
    read versions(project: Uuid) -> Vec<VersionSummary>;
    read version(project: Uuid, number: u32) -> Option<serde_json::Value>;
    transaction remove_version(project: Uuid, number: u32) -> bool;

    transaction pin(connection: &str, flow_id: tams_model::Id, timerange: mediatime::TimeRange) -> ();
    transaction unpin(connection: &str, flow_id: tams_model::Id, timerange: mediatime::TimeRange) -> bool;
    read pins() -> Vec<Pin>;

    read setting(key: &str) -> Option<String>;
    transaction set_setting(key: &str, value: &str) -> ();
}

impl fmt::Debug for WorkDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read_only = self.writer.is_none();
        f.debug_struct("WorkDb")
            .field("path", &self.path)
            .field("read_only", &read_only)
            .finish()
    }
}

impl fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mediatime::FixedClock;
    use std::sync::MutexGuard;

    fn opened(dir: &Path) -> WorkDb {
        let clock = Arc::new(FixedClock::new(Timestamp::ZERO));
        WorkDb::open(&dir.join("work.db"), clock).unwrap()
    }

    fn writer(db: &WorkDb) -> MutexGuard<'_, Connection> {
        lock(db.writer.as_ref().unwrap())
    }

    #[test]
    fn a_full_disk_is_told_and_loses_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let db = opened(dir.path());
        db.set_setting("device_id", "d1").unwrap();
        let pages: i64 = writer(&db)
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .unwrap();
        writer(&db)
            .pragma_update(None, "max_page_count", pages)
            .unwrap();
        let large = "x".repeat(100_000);
        let refused = db.set_setting("large", &large);
        assert!(matches!(refused, Err(StoreError::Full)), "{refused:?}");
        assert_eq!(db.setting("large").unwrap(), None);
        assert_eq!(db.setting("device_id").unwrap().as_deref(), Some("d1"));

        writer(&db)
            .pragma_update(None, "max_page_count", pages + 1_000)
            .unwrap();
        db.set_setting("large", &large).unwrap();
        db.check().unwrap();
    }

    #[test]
    fn a_lock_held_too_long_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let (db, other) = (opened(dir.path()), opened(dir.path()));
        writer(&db).busy_timeout(Duration::ZERO).unwrap();
        let held: Result<(), StoreError> = other.transaction(|tx| {
            tx.set_setting("device_id", "other")?;
            let refused = db.set_setting("device_id", "mine");
            assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
            Ok(())
        });
        held.unwrap();
        db.set_setting("device_id", "mine").unwrap();
        assert_eq!(other.setting("device_id").unwrap().as_deref(), Some("mine"));
    }

    #[test]
    fn every_commit_is_synced() {
        let dir = tempfile::tempdir().unwrap();
        let db = opened(dir.path());
        let setting = |name| {
            writer(&db)
                .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
                .unwrap()
        };
        assert_eq!(setting("synchronous"), 2);
        assert_eq!(setting("foreign_keys"), 1);
        assert_eq!(setting("busy_timeout"), 10_000);
    }
}
