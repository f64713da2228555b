//! Removal of what nobody refers to any more.

use std::fs;
use std::io;
use std::time::{Duration, SystemTime};

use mediatime::Timestamp;
use rusqlite::params;

use super::{Catalogue, Now, object_files};
use crate::NodeError;

/// What [`Catalogue::collect_garbage`] removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Garbage {
    /// Objects no segment refers to.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Deletion requests that were done long ago.
    pub deletions: u64,
}

/// Objects removed by one transaction.
const BATCH: i64 = 500;
/// Longer than `min_object_timeout` says, for clients that are a little late.
const GRACE_SECONDS: i64 = 60;

impl Catalogue {
    /// Finishes deletions that were interrupted, and removes objects that no segment has referred to
    /// for `min_object_timeout`, expired deletion requests and unfinished uploads. Interrupted, it
    /// goes on where it stopped the next time.
    ///
    /// # Errors
    ///
    /// When the database or the folder fails.
    pub fn collect_garbage(&self) -> Result<Garbage, NodeError> {
        self.finish_deletions()?;
        let mut garbage = Garbage::default();
        while self.remove_idle_objects(&mut garbage)? == BATCH {}
        self.empty_trash()?;
        self.remove_unfinished()?;
        garbage.deletions = self.write(|tx, now| {
            Ok(tx.execute("DELETE FROM deletion WHERE expiry < ?1", [now.0])? as u64)
        })?;
        Ok(garbage)
    }

    fn patience(&self) -> Timestamp {
        let grace = Timestamp::from_secs(GRACE_SECONDS).unwrap_or_default();
        self.options().min_object_timeout.saturating_add(grace)
    }

    fn remove_idle_objects(&self, garbage: &mut Garbage) -> Result<i64, NodeError> {
        let patience = self.patience();
        let (count, bytes) = self.write(|tx, now| {
            let idle: Vec<(i64, Option<i64>, Option<i64>)> = tx
                .prepare_cached(
                    "SELECT key, size, init FROM object o WHERE idle_since < ?1 \
                     AND NOT EXISTS (SELECT 1 FROM segment WHERE object = o.key) \
                     AND NOT EXISTS (SELECT 1 FROM object WHERE init = o.key) LIMIT ?2",
                )?
                .query_map(params![now.before(patience).0, BATCH], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })?
                .collect::<Result<_, _>>()?;
            for (key, _, init) in &idle {
                tx.prepare_cached("INSERT OR IGNORE INTO trash (object) VALUES (?1)")?
                    .execute([key])?;
                tx.prepare_cached("DELETE FROM object WHERE key = ?1")?
                    .execute([key])?;
                if let Some(init) = init {
                    set_init_idle(tx, now, *init)?;
                }
            }
            let bytes: i64 = idle.iter().filter_map(|(_, size, _)| *size).sum();
            Ok((idle.len(), bytes))
        })?;
        garbage.objects += count as u64;
        garbage.bytes += u64::try_from(bytes).unwrap_or_default();
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// Removes the files of objects that are already out of the database.
    fn empty_trash(&self) -> Result<(), NodeError> {
        let keys: Vec<i64> = self.read(|tx| {
            let mut statement = tx.prepare("SELECT object FROM trash")?;
            Ok(statement
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?)
        })?;
        for key in keys {
            let path = object_files::path(self.dir(), key);
            match fs::remove_file(&path) {
                Ok(()) => {}
                Err(wrong) if wrong.kind() == io::ErrorKind::NotFound => {}
                Err(wrong) => {
                    // A reader has it open (Windows); the next run tries again.
                    tracing::warn!(path = %path.display(), error = %wrong, "can't remove an object");
                    continue;
                }
            }
            self.write(|tx, _| Ok(tx.execute("DELETE FROM trash WHERE object = ?1", [key])?))?;
        }
        Ok(())
    }

    /// Removes uploads that a crash has left unfinished.
    fn remove_unfinished(&self) -> Result<(), NodeError> {
        let folder = object_files::incoming(self.dir());
        let failed = |wrong| NodeError::storage("can't read", &folder, wrong);
        let before = self.now()?.saturating_sub(self.patience());
        let Some(before) = system_time(before) else {
            return Ok(());
        };
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            if modified.is_ok_and(|modified| modified < before)
                && let Err(wrong) = fs::remove_file(entry.path())
            {
                tracing::warn!(path = %entry.path().display(), error = %wrong, "can't remove an unfinished object");
            }
        }
        Ok(())
    }
}

/// An initialisation segment that has lost its last media object waits from now on.
fn set_init_idle(tx: &rusqlite::Transaction<'_>, now: Now, init: i64) -> Result<(), NodeError> {
    tx.prepare_cached(
        "UPDATE object SET idle_since = ?2 WHERE key = ?1 \
         AND NOT EXISTS (SELECT 1 FROM object WHERE init = ?1)",
    )?
    .execute(params![init, now.0])?;
    Ok(())
}

fn system_time(at: Timestamp) -> Option<SystemTime> {
    let nanos = u64::try_from(at.nanos()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_nanos(nanos))
}
