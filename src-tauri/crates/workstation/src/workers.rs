//! Who works off the outbox, and who died at it.
//!
//! A lease runs out by itself, but after a crash nobody should have to wait for that: each worker holds a
//! lock on a file of its own while it works, and the system lets go of it however the process ends. The
//! entries of a worker whose lock is free are due at once.

use crate::{Failure, Workspace};
use std::fs::{File, TryLockError};
use std::path::PathBuf;
use uuid::Uuid;

/// The folder of a workspace with the locks.
const FOLDER: &str = "workers";

/// Begins the names of workers that hold a lock.
const PREFIX: &str = "w-";

/// A worker of the outbox, for as long as this lives.
pub(crate) struct Worker {
    /// Unique among all workers of all processes.
    pub(crate) name: String,
    path: PathBuf,
    _lock: File,
}

impl Worker {
    pub(crate) fn start(workspace: &Workspace) -> Result<Self, Failure> {
        let name = format!("{PREFIX}{}-{}", std::process::id(), Uuid::new_v4());
        let path = workspace.folder(FOLDER)?.join(&name);
        let failed = |error: std::io::Error| Failure::io(path.display(), &error);
        let lock = File::create(&path).map_err(failed)?;
        lock.lock().map_err(failed)?;
        Ok(Self {
            name,
            path,
            _lock: lock,
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // What stays is swept away by the next worker.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Workspace {
    /// Makes the entries due that dead workers had.
    pub(crate) fn take_over(&self) -> Result<(), Failure> {
        for worker in self.work.leasing_workers()? {
            if worker.starts_with(PREFIX) && self.is_dead(&worker)? {
                tracing::info!("worker {worker} ended without a word: its entries are due again");
                self.work.end_leases(&worker)?;
            }
        }
        Ok(())
    }

    fn is_dead(&self, worker: &str) -> Result<bool, Failure> {
        let path = self.folder(FOLDER)?.join(worker);
        let lock = match File::open(&path) {
            Ok(lock) => lock,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(Failure::io(path.display(), &error)),
        };
        match lock.try_lock() {
            Ok(()) => {
                let _ = std::fs::remove_file(&path);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(Failure::io(path.display(), &error)),
        }
    }
}
