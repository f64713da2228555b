//! Where the bytes of objects come from: files named by path, the local node, and TAMS servers.

use crate::remotes::{Place, Remotes};
use crate::{Code, Failure, Unpacked, Workspace};
use conform::MediaIndex;
use media::{MediaError, MediaObject, ObjectSource};
use std::collections::{HashMap, HashSet};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// Objects of servers by id: where each is, and what is in it.
type Remote = HashMap<String, (Place, Arc<MediaIndex>)>;

/// Objects by id: an absolute path is a plain file, anything else an object of the local node, or of
/// a server from which a flow was opened.
///
/// Each object is indexed once. Clones know the same objects.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    workspace: Option<Workspace>,
    known: Arc<Mutex<HashMap<String, MediaObject>>>,
    remote: Arc<Mutex<Remote>>,
    /// Ends fetches that somebody waits for.
    cancel: CancellationToken,
    /// Files that go with the last who needs them.
    unpacked: Vec<Unpacked>,
}

impl Objects {
    /// Plain files only.
    #[must_use]
    pub fn files() -> Self {
        Self::default()
    }

    /// Plain files and the objects of a workspace.
    #[must_use]
    pub fn of(workspace: &Workspace) -> Self {
        Self {
            workspace: Some(workspace.clone()),
            ..Self::default()
        }
    }

    /// These objects, whose fetches end with `cancel`.
    #[must_use]
    pub fn until(mut self, cancel: &CancellationToken) -> Self {
        self.cancel = cancel.clone();
        self
    }

    /// These objects, with media that are there as long as they are.
    #[must_use]
    pub(crate) fn holding(mut self, unpacked: Vec<Unpacked>) -> Self {
        self.unpacked = unpacked;
        self
    }

    /// Takes in objects of a server, with their indexes. An object that is in the local node, too, is
    /// taken from there.
    ///
    /// # Errors
    /// Something else is known under the id of one of them: plans name objects by their ids alone.
    pub(crate) fn know(
        &self,
        places: &[Place],
        indexes: &[Arc<MediaIndex>],
    ) -> Result<(), Failure> {
        let clash = |place: &Place, other: &str| {
            Failure::new(
                Code::Refused,
                format!(
                    "object {} of {} is another one than the object of that id {other}",
                    place.object_id, place.connection
                ),
                "Cut from one of the two only.",
            )
        };
        let mut remote = lock(&self.remote);
        for (place, index) in places.iter().zip(indexes) {
            if let Some((known, other)) = remote.get(&place.object_id) {
                if known.connection != place.connection && other != index {
                    return Err(clash(place, &format!("at {}", known.connection)));
                }
                continue;
            }
            let local = self.local_path(&place.object_id);
            let size = local.and_then(|path| std::fs::metadata(path).ok());
            if size.is_some_and(|file| file.len() != index.size) {
                return Err(clash(place, "in the local node"));
            }
            let known = (place.clone(), Arc::clone(index));
            remote.insert(place.object_id.clone(), known);
        }
        Ok(())
    }

    /// Whether an object's bytes are on this machine.
    pub(crate) fn is_here(&self, object_id: &str) -> bool {
        if self.local_path(object_id).is_some() {
            return true;
        }
        let place = lock(&self.remote)
            .get(object_id)
            .map(|(place, _)| place.clone());
        let (Some(place), Some(workspace)) = (place, &self.workspace) else {
            return false;
        };
        workspace.remotes.is_here(&place)
    }

    /// Begins to fetch those of the objects that are at servers, in this order, before they are
    /// needed. Each is waited for when it is.
    ///
    /// # Errors
    /// The system has no threads.
    pub fn fetch_ahead<'a>(
        &self,
        object_ids: impl Iterator<Item = &'a str>,
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        let Some(workspace) = &self.workspace else {
            return Ok(());
        };
        let mut places: Vec<Place> = Vec::new();
        {
            let remote = lock(&self.remote);
            for id in object_ids {
                if let Some((place, _)) = remote.get(id)
                    && self.local_path(id).is_none()
                {
                    places.push(place.clone());
                }
            }
        }
        if places.is_empty() {
            return Ok(());
        }
        workspace.remotes.fetch_ahead(places, cancel)
    }

    /// Indexes files, each in the order named, on all cores. What is wrong with one is told when it is asked
    /// for. One whose parameter sets stand in the file before it, which it continues, is read with those; the
    /// result tells of such files.
    pub(crate) fn read_ahead(&self, files: impl Iterator<Item = PathBuf>) -> Option<String> {
        /// More threads than these only wait for the disk.
        const MOST: usize = 4;
        let mut named = HashSet::new();
        let files: Vec<PathBuf> = files.filter(|path| named.insert(path.clone())).collect();
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let threads = threads.min(MOST).min(files.len());
        let lacking = Mutex::new(HashSet::new());
        let left = Mutex::new(files.iter());
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let next = lock(&left).next();
                        let Some(path) = next else {
                            return;
                        };
                        let found = self.file(path);
                        if found.is_err_and(|failure| failure.code == Code::NoParameterSets) {
                            lock(&lacking).insert(path.clone());
                        }
                    }
                });
            }
        });
        let lacking = lacking.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.read_behind(&files, &lacking)
    }

    /// Reads those of the files that lack parameter sets with those of the file before each.
    fn read_behind(&self, files: &[PathBuf], lacking: &HashSet<PathBuf>) -> Option<String> {
        let mut read: Vec<String> = Vec::new();
        let mut before: Option<Arc<MediaIndex>> = None;
        for path in files.iter().filter(|_| !lacking.is_empty()) {
            if !lacking.contains(path) {
                let known = self.file(path).ok();
                before = known.map(|(_, object)| object.index);
                continue;
            }
            let index = before.and_then(|before| {
                let path = std::fs::canonicalize(path).ok()?;
                let index = media::index_file_behind(&before, &path, &self.cancel).ok()?;
                let (id, index) = (path.display().to_string(), Arc::new(index));
                let object = MediaObject::here(path, Arc::clone(&index));
                lock(&self.known).insert(id.clone(), object);
                read.push(id);
                Some(index)
            });
            before = index;
        }
        let first = read.first()?;
        Some(match read.len() {
            1 => format!("{first} has no parameter sets: those of the segment before it are used"),
            more => format!(
                "{first} and {} more segments have no parameter sets: those of the segment before each are used",
                more - 1
            ),
        })
    }

    /// A plain file, and the id it has in plans.
    pub(crate) fn file(&self, path: &Path) -> Result<(String, MediaObject), Failure> {
        let path =
            std::fs::canonicalize(path).map_err(|error| Failure::io(path.display(), &error))?;
        if path.is_dir() {
            return Err(Failure::bad_input(
                format!("{} is a folder", path.display()),
                "Name a file in it.",
            ));
        }
        let id = path.display().to_string();
        if path.is_dir() {
            return Err(Failure::new(
                Code::NotMedia,
                format!("{id}: it is a folder"),
                "Name a file in it.",
            ));
        }
        Ok((id.clone(), self.object(&id)?))
    }

    fn local_path(&self, object_id: &str) -> Option<PathBuf> {
        let path = Path::new(object_id);
        if path.is_absolute() {
            return path.exists().then(|| path.to_owned());
        }
        let catalogue = self.workspace.as_ref().map(Workspace::catalogue)?;
        // The catalogue may know bytes that somebody has removed from its folder.
        let path = catalogue.object_path(object_id).ok().flatten();
        path.filter(|path| path.exists())
    }

    /// The object at the server it was opened from.
    fn at_server(&self, object_id: &str) -> Option<MediaObject> {
        let (place, index) = lock(&self.remote).get(object_id).cloned()?;
        let workspace = self.workspace.as_ref()?;
        if let Ok(Some(path)) = workspace.remotes.cached(&place) {
            return Some(MediaObject::here(path, index));
        }
        // Not by way of the workspace: whoever holds the object holds no more than its fetch needs.
        let (remotes, cancel) = (workspace.remotes.clone(), self.cancel.clone());
        let (id, size) = (object_id.to_owned(), index.size);
        Some(MediaObject::awaited(index, move || {
            fetched(&remotes, &place, &id, size, &cancel)
        }))
    }
}

/// The file of an object of this size; waits until it is here.
fn fetched(
    remotes: &Remotes,
    place: &Place,
    object_id: &str,
    size: u64,
    cancel: &CancellationToken,
) -> Result<PathBuf, MediaError> {
    let object = object_id.to_owned();
    let fetched = remotes.wait(remotes.fetch(place, &|_| {}, cancel));
    let path = fetched
        .and_then(|path| path)
        .map_err(|failure| match failure.code {
            Code::Cancelled => MediaError::Cancelled,
            Code::MissingObject | Code::NotFound => MediaError::MissingObject {
                object: object.clone(),
            },
            Code::DiskFull => MediaError::Io {
                object: object.clone(),
                source: std::io::ErrorKind::StorageFull.into(),
            },
            _ => MediaError::Unavailable {
                object: object.clone(),
                reason: failure.detail,
            },
        })?;
    // The index may be of parts of the object, or of what it was some time ago.
    let found = std::fs::metadata(&path).map_err(|source| MediaError::Io {
        object: object.clone(),
        source,
    })?;
    if found.len() != size {
        return Err(MediaError::Damaged {
            object,
            at: None,
            why: "its server gave out other bytes under the same name before".to_owned(),
        });
    }
    Ok(path)
}

impl ObjectSource for Objects {
    fn object(&self, object_id: &str) -> Result<MediaObject, MediaError> {
        // The cache may be emptied at any time.
        let known = lock(&self.known).get(object_id).cloned();
        if let Some(object) = known.filter(|object| !object.is_gone()) {
            return Ok(object);
        }
        let object = match self.local_path(object_id) {
            Some(path) => {
                let index = media::index_file(&path, &self.cancel, &mut |_, _| {})
                    .map_err(|error| error.of(object_id))?;
                MediaObject::here(path, Arc::new(index))
            }
            None => self
                .at_server(object_id)
                .ok_or_else(|| MediaError::MissingObject {
                    object: object_id.to_owned(),
                })?,
        };
        lock(&self.known).insert(object_id.to_owned(), object.clone());
        Ok(object)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
