//! The store itself, usable in process.

mod collections;
mod database;
mod deletions;
mod filter;
mod flows;
mod garbage;
mod object_files;
mod objects;
mod page;
mod profiles;
mod registration;
mod segments;
mod service;
mod sources;
mod storage;
mod time_key;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use mediatime::{Clock, Timestamp};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tams_model::{DateTime, Id};

pub use deletions::Deletion;
pub use filter::{FlowFilter, FlowSort, SourceFilter, SourceSort, TagFilter};
pub use flows::PutFlow;
pub use garbage::Garbage;
pub use object_files::{ObjectWriter, StoredBytes};
pub use page::{Page, PageKey, Paged};
pub use profiles::ProfileFilter;
pub use segments::SegmentFilter;
pub use storage::Allocation;
pub use watch::Watch;

pub(crate) use objects::{HeldBytes, StoredUrls};
pub(crate) use service::STORAGE_LABEL;

use crate::NodeError;
use crate::media_url::MediaKey;

/// Who writes here, when a client does not say who it is.
const PRINCIPAL: &str = "local";

/// How a catalogue behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogueOptions {
    /// How long an object is kept that no segment refers to, since it was allocated or lost its last
    /// segment; 300 s at least (`min_object_timeout` of `/service`).
    pub min_object_timeout: Timestamp,
    /// How many segments one transaction deletes; deleting more becomes a deletion request.
    pub deletion_batch: u32,
}

impl CatalogueOptions {
    /// What `service.json` asks of every store.
    fn least_object_timeout() -> Timestamp {
        Timestamp::from_secs(300).unwrap_or_default()
    }
}

impl Default for CatalogueOptions {
    fn default() -> Self {
        Self {
            min_object_timeout: Timestamp::from_secs(3600).unwrap_or_default(),
            deletion_batch: 1000,
        }
    }
}

/// A TAMS store in a folder: a database `node.db` and the media in `objects/`.
///
/// Cheap to clone; all clones are one store. Several processes may have the same folder open. Every
/// method is one transaction and blocks, so call it where blocking is allowed. What a method has
/// returned `Ok` for survives a crash.
///
/// ```
/// use std::sync::Arc;
/// use mediatime::{FixedClock, TimeRange, Timestamp};
/// use node::{Catalogue, Page, SegmentFilter};
/// use tams_model::{AudioParameters, Flow, Id, SegmentPost, StorageRequest, Technical};
///
/// # let folder = tempfile::tempdir()?;
/// # let (flow_id, source_id) = (Id::random([1; 16]), Id::random([2; 16]));
/// let clock = Arc::new(FixedClock::new(Timestamp::from_secs(1_700_000_000).unwrap()));
/// let catalogue = Catalogue::open(folder.path(), clock)?;
/// let sound = Technical::audio("audio/aac".parse()?, AudioParameters::new(48_000, 2));
/// let flow = Flow::new(flow_id, source_id, sound.in_container("audio/mp4".parse()?));
/// catalogue.put_flow(flow)?;
///
/// catalogue.allocate(flow_id, &StorageRequest::object_ids(["first"]))?;
/// let mut writer = catalogue.object_writer("first")?;
/// std::io::Write::write_all(&mut writer, b"media")?;
/// writer.finish()?;
///
/// let covered: TimeRange = "[0:0_2:0)".parse()?;
/// let failed = catalogue.add_segments(flow_id, vec![SegmentPost::new("first", covered)])?;
/// assert!(failed.is_empty());
/// let page = catalogue.segments(flow_id, &SegmentFilter::default(), &Page::default())?;
/// assert_eq!(page.items[0].timerange, covered);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Catalogue {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    /// `None` when opened for reading.
    clock: Option<Arc<dyn Clock>>,
    options: CatalogueOptions,
    identity: database::Identity,
    /// Connections nobody uses at the moment.
    idle: Mutex<Vec<Connection>>,
    /// Held while writing, so that writers of this process queue instead of polling the database.
    writing: Mutex<()>,
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalogue")
            .field("dir", &self.inner.dir)
            .finish_non_exhaustive()
    }
}

impl Catalogue {
    /// Opens the store in `dir`, making it when there is none. `clock` tells UTC.
    ///
    /// # Errors
    ///
    /// [`NodeError::Storage`] and [`NodeError::Database`] when the folder can't be used,
    /// [`NodeError::NewerVersion`] when a newer program made it.
    pub fn open(dir: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Result<Self, NodeError> {
        Self::open_with(dir, clock, CatalogueOptions::default())
    }

    /// [`Catalogue::open`] with options.
    ///
    /// # Errors
    ///
    /// As [`Catalogue::open`].
    pub fn open_with(
        dir: impl Into<PathBuf>,
        clock: Arc<dyn Clock>,
        options: CatalogueOptions,
    ) -> Result<Self, NodeError> {
        let dir = dir.into();
        object_files::make_folders(&dir)?;
        let connection = database::open(&dir)?;
        Self::with_connection(dir, connection, Some(clock), options)
    }

    /// Opens the store in `dir` for reading; methods that write return
    /// [`NodeError::OpenedReadOnly`].
    ///
    /// # Errors
    ///
    /// As [`Catalogue::open`]; also [`NodeError::Database`] when there is no store.
    pub fn open_read_only(dir: impl Into<PathBuf>) -> Result<Self, NodeError> {
        let dir = dir.into();
        let connection = database::open_read_only(&dir)?;
        Self::with_connection(dir, connection, None, CatalogueOptions::default())
    }

    fn with_connection(
        dir: PathBuf,
        connection: Connection,
        clock: Option<Arc<dyn Clock>>,
        options: CatalogueOptions,
    ) -> Result<Self, NodeError> {
        let identity = database::identity(&connection)?;
        let options = CatalogueOptions {
            min_object_timeout: options
                .min_object_timeout
                .max(CatalogueOptions::least_object_timeout()),
            ..options
        };
        let inner = Inner {
            dir,
            clock,
            options,
            identity,
            idle: Mutex::new(vec![connection]),
            writing: Mutex::new(()),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The folder of the store.
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }

    pub(crate) fn options(&self) -> &CatalogueOptions {
        &self.inner.options
    }

    pub(crate) fn media_key(&self) -> &MediaKey {
        &self.inner.identity.media_key
    }

    pub(crate) fn storage_id(&self) -> Id {
        self.inner.identity.storage_id
    }

    /// The current time; only a catalogue opened for writing has a clock.
    pub(crate) fn now(&self) -> Result<Timestamp, NodeError> {
        self.inner
            .clock
            .as_ref()
            .map(Clock::now)
            .ok_or(NodeError::OpenedReadOnly)
    }

    /// Runs `query` on one consistent state of the database.
    fn read<T>(
        &self,
        query: impl FnOnce(&Transaction<'_>) -> Result<T, NodeError>,
    ) -> Result<T, NodeError> {
        let mut connection = self.connection()?;
        let tx = connection.transaction()?;
        let answer = query(&tx)?;
        tx.finish()?;
        self.put_back(connection);
        Ok(answer)
    }

    /// Runs `change` as one transaction; nothing of it stays when it fails. It is given the current
    /// time.
    fn write<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>, Now) -> Result<T, NodeError>,
    ) -> Result<T, NodeError> {
        let now = Now::from(self.now()?);
        let _queue = self
            .inner
            .writing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut connection = self.connection()?;
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let answer = change(&tx, now)?;
        tx.commit()?;
        self.put_back(connection);
        Ok(answer)
    }

    fn connection(&self) -> Result<Connection, NodeError> {
        let idle = self
            .inner
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        match (idle, &self.inner.clock) {
            (Some(connection), _) => Ok(connection),
            (None, Some(_)) => database::open(&self.inner.dir),
            (None, None) => database::open_read_only(&self.inner.dir),
        }
    }

    fn put_back(&self, connection: Connection) {
        const KEPT: usize = 8;
        let mut idle = self
            .inner
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(connection);
        }
    }
}

/// An instant as the database keeps it: nanoseconds of UTC since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Now(i64);

impl From<Timestamp> for Now {
    fn from(at: Timestamp) -> Self {
        let clamped = at.nanos().clamp(i64::MIN.into(), i64::MAX.into());
        Self(i64::try_from(clamped).unwrap_or(i64::MAX))
    }
}

impl Now {
    fn before(self, time: Timestamp) -> Self {
        Self(self.0.saturating_sub(Self::from(time).0))
    }

    fn after(self, time: Timestamp) -> Self {
        Self(self.0.saturating_add(Self::from(time).0))
    }
}

/// The date of an instant in the database.
fn date(nanos: i64) -> DateTime {
    DateTime::from(Timestamp::from_nanos(nanos.into()).unwrap_or_default())
}
