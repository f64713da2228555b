//! A workspace: one folder with its configuration, the user's records, the local node and media.

use crate::config::{Config, Environment};
use crate::remotes::Remotes;
use crate::secrets::{Secrets, SystemKeychain, Wanted};
use crate::{Code, Failure, SystemClock};
use delivery::Endpoint;
use mediatime::Clock;
use node::{Catalogue, NodeError};
use std::fs::TryLockError;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{LibraryDb, StoreError, WorkDb};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A workspace that is open. Several processes may have the same one open.
#[derive(Clone)]
pub struct Workspace {
    pub(crate) dir: PathBuf,
    /// Remotes and settings.
    pub config: Config,
    pub(crate) catalogue: Catalogue,
    pub(crate) work: Arc<WorkDb>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) env: Arc<Environment>,
    pub(crate) secrets: Secrets,
    /// TAMS servers beside the local node.
    pub remotes: Remotes,
    /// What is on its way out of this process: the entry, bytes confirmed, bytes in all.
    pub(crate) sending: Arc<Mutex<Option<(Uuid, u64, u64)>>>,
}

impl std::fmt::Debug for Workspace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workspace")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

impl Workspace {
    /// The system's app-data folder for workspaces.
    ///
    /// # Errors
    /// There is no home folder.
    pub fn default_dir() -> Result<PathBuf, Failure> {
        directories::ProjectDirs::from("", "", "stringout")
            .map(|dirs| dirs.data_dir().join("workspace"))
            .ok_or_else(|| {
                Failure::bad_input("there is no home folder", "Name a workspace with `-w DIR`.")
            })
    }

    /// Opens the workspace in `dir`, making what is missing.
    ///
    /// # Errors
    /// The folder can't be used, or belongs to a newer version.
    pub fn open(dir: &Path) -> Result<Self, Failure> {
        Self::open_with(
            dir,
            Arc::new(SystemClock),
            Arc::new(|name: &str| std::env::var(name).ok()),
        )
    }

    /// As [`Workspace::open`], with the clock and environment given.
    ///
    /// # Errors
    /// As there.
    pub fn open_with(
        dir: &Path,
        clock: Arc<dyn Clock>,
        env: Arc<Environment>,
    ) -> Result<Self, Failure> {
        std::fs::create_dir_all(dir).map_err(|error| Failure::io(dir.display(), &error))?;
        let dir = std::path::absolute(dir).map_err(|error| Failure::io(dir.display(), &error))?;
        let config = Config::load(&dir)?;
        let work = WorkDb::open(&dir.join("work.db"), Arc::clone(&clock))?;
        let catalogue = Catalogue::open(dir.join("node"), Arc::clone(&clock))?;
        let library = LibraryDb::open(&dir.join("library.db"), Arc::clone(&clock))?;
        let secrets = Secrets::new(Arc::clone(&env), Arc::new(SystemKeychain));
        let remotes = Remotes::new(
            &config,
            secrets.clone(),
            Arc::clone(&clock),
            library,
            dir.join("media").join("objects"),
        );
        Ok(Self {
            remotes,
            sending: Arc::default(),
            dir,
            config,
            catalogue,
            work: Arc::new(work),
            clock,
            env,
            secrets,
        })
    }

    /// Its folder, absolute.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A store by its name, with its credentials.
    ///
    /// # Errors
    /// It is not configured, or its credentials are nowhere.
    pub(crate) async fn store(&self, name: &str) -> Result<Endpoint, Failure> {
        let (stores, secrets) = (self.config.s3.clone(), self.secrets.clone());
        let name = name.to_owned();
        // The keychain may ask the user.
        let found = move || crate::config::endpoint(&stores, &name, &secrets);
        tokio::task::spawn_blocking(found)
            .await
            .map_err(Failure::internal)?
    }

    /// Keeps the secret key of a store in the keychain, or forgets it. Blocks.
    ///
    /// # Errors
    /// There is no such store, or no keychain.
    pub fn keep_store_secret(&self, name: &str, secret: Option<&str>) -> Result<(), Failure> {
        let store = self.config.s3.get(name).ok_or_else(|| {
            Failure::bad_input(
                format!("there is no [s3.{name}]"),
                format!("Set it up first: `stringout config set s3.{name} '{{ endpoint = \"https://…\", bucket = \"…\" }}'`."),
            )
        })?;
        let (remote, origin) = (crate::config::store_name(name), store.origin());
        match secret {
            Some(secret) => self
                .secrets
                .keep(&remote, &origin, Wanted::SecretKey, secret),
            None => self.secrets.forget(&remote, &origin, Wanted::SecretKey),
        }
    }

    /// The local node's store.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Waits until nobody else writes media into the workspace, and keeps others out until the
    /// guard is dropped: processes that ingest or publish the same medium would otherwise both find
    /// it missing. A process that dies gives the lock back.
    ///
    /// What lies half-written in the media folder was left by a process that died, and goes.
    ///
    /// # Errors
    /// The folder can't be written, or the user cancels while somebody else writes.
    pub(crate) fn write_media(&self, cancel: &CancellationToken) -> Result<MediaFolder, Failure> {
        let path = self.dir.join("media.lock");
        let failed = |error: std::io::Error| Failure::io(path.display(), &error);
        let lock = std::fs::File::create(&path).map_err(failed)?;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if cancel.is_cancelled() => {
                    let detail = "somebody else is writing media into the workspace";
                    return Err(Failure::new(Code::Cancelled, detail, ""));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(TURN),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        let folder = self.folder("media")?;
        let entries =
            std::fs::read_dir(&folder).map_err(|error| Failure::io(folder.display(), &error))?;
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(PARTIAL) {
                // It is in nobody's way; the next writer tries again.
                let _ = std::fs::remove_file(entry.path());
            }
        }
        Ok(MediaFolder {
            folder,
            _lock: lock,
        })
    }

    /// A folder in the workspace, made when it is missing.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.dir.join(name);
        std::fs::create_dir_all(&path).map_err(|error| Failure::io(path.display(), &error))?;
        Ok(path)
    }
}

/// How often a writer looks whether it is its turn.
const TURN: Duration = Duration::from_millis(50);

/// Prefix of files in the media folder that are still written.
const PARTIAL: &str = ".partial-";

/// The media folder, while nobody else writes into it.
#[derive(Debug)]
pub(crate) struct MediaFolder {
    folder: PathBuf,
    _lock: std::fs::File,
}

impl MediaFolder {
    /// A file of its own, which is gone when it is dropped.
    pub(crate) fn working_file(&self) -> Result<tempfile::NamedTempFile, Failure> {
        tempfile::Builder::new()
            .prefix(PARTIAL)
            .tempfile_in(&self.folder)
            .map_err(|error| Failure::io(self.folder.display(), &error))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let detail = error.to_string();
        match error {
            StoreError::NewerVersion { .. } => Self::new(
                Code::NewerWorkspace,
                detail,
                "Use the newer version; nothing was changed.",
            ),
            StoreError::Full => {
                Self::new(Code::DiskFull, detail, "Free some space, then try again.")
            }
            StoreError::ReadOnly | StoreError::CannotOpen { .. } => Self::new(
                Code::NotWritable,
                detail,
                "Choose a workspace folder where you may write.",
            ),
            StoreError::Busy => Self::new(Code::Busy, detail, "Try again in a moment."),
            StoreError::NotFound { .. } => Self::new(Code::NotFound, detail, "Check the id."),
            StoreError::Io { path, source } => Self::io(path.display(), &source),
            _ => Self::internal(detail),
        }
    }
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        let detail = error.to_string();
        match error {
            NodeError::NotFound { .. } => Self::new(
                Code::NotFound,
                detail,
                "`stringout flows` and `stringout sources` list what is there.",
            ),
            NodeError::Invalid { .. } | NodeError::Conflict { .. } | NodeError::ReadOnly { .. } => {
                Self::bad_input(detail, "")
            }
            NodeError::NewerVersion { .. } => Self::new(
                Code::NewerWorkspace,
                detail,
                "Use the newer version; nothing was changed.",
            ),
            NodeError::Storage { doing, source } => Self::io(doing, &source),
            _ => Self::internal(detail),
        }
    }
}
