//! The media cache: objects of servers, brought to this machine once.
//!
//! Objects never change, so a file that is whole stays good for ever. It is named by a hash of
//! server and object id, which are a server's words and no file names.

use super::{Remotes, lock};
use crate::{Code, Failure};
use futures_util::{StreamExt as _, stream};
use mediatime::TimeRange;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::CachedObject;
use tams::{FileSink, ObjectLocation, Progress};
use tams_model::{Flow, FlowSegment, Id};
use tokio::io::AsyncWriteExt as _;
use tokio_util::sync::CancellationToken;

/// Objects that are fetched at the same time.
pub(super) const AT_ONCE: usize = 4;
/// How often a fetch looks whether another process has ended its own of the same object.
const TURN: Duration = Duration::from_millis(250);

/// Where the bytes of an object are to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The connection.
    pub(crate) connection: String,
    /// The object.
    pub(crate) object_id: String,
    /// The initialisation segment it needs in front.
    pub(crate) init_object_id: Option<String>,
    /// A flow that has a segment of it.
    pub(crate) flow: Id,
    /// Where on that flow.
    pub(crate) timerange: TimeRange,
    /// About how many bytes it has, as far as its flow tells.
    pub(crate) about: Option<u64>,
}

/// How far fetching is: objects done, objects in all, bytes that came.
pub(crate) type FetchProgress<'a> = &'a (dyn Fn(usize, usize, u64) + Send + Sync);

/// One fetch at a time for each object.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<PathBuf, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    pub(super) fn of(&self, file: &Path) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry(file.to_owned()).or_default())
    }
}

impl Place {
    /// Where the object of a segment is. `bit_rate` is that of its flow, in kbit/s.
    pub(super) fn of(
        connection: &str,
        holder: Id,
        segment: &FlowSegment,
        bit_rate: Option<u64>,
    ) -> Self {
        let init = segment.init_object.as_ref();
        let range = segment.timerange.start().zip(segment.timerange.end());
        let length = range.and_then(|(start, end)| end.checked_sub(start));
        let millis = length.and_then(|length| u64::try_from(length.nanos() / 1_000_000).ok());
        let bits = bit_rate
            .zip(millis)
            .and_then(|(kilobits, millis)| kilobits.checked_mul(millis));
        Self {
            connection: connection.to_owned(),
            object_id: segment.object_id.clone(),
            init_object_id: init.map(|init| init.object_id.clone()),
            flow: holder,
            timerange: segment.timerange,
            about: bits.map(|bits| bits / 8),
        }
    }

    /// The key of the object in the cache: with what stands in front of it.
    pub(crate) fn key(&self) -> String {
        match &self.init_object_id {
            Some(init) => format!("{init}\n{}", self.object_id),
            None => self.object_id.clone(),
        }
    }

    fn file_name(&self, shelf: &str) -> String {
        let digest = Sha256::digest(format!("{shelf}\n{}", self.key()));
        digest
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

impl Remotes {
    /// The file of an object that is here, without asking anybody.
    pub(crate) fn cached(&self, place: &Place) -> Result<Option<PathBuf>, Failure> {
        let library = &self.inner.library;
        let shelf = self.shelf(&place.connection);
        let Some(known) = library.object(&shelf, &place.key())? else {
            return Ok(None);
        };
        let file = self.inner.media.join(&known.file);
        match std::fs::metadata(&file) {
            Ok(found) if found.len() == known.size => Ok(Some(file)),
            // Somebody removed it, or wrote into it.
            _ => {
                library.remove_object(&shelf, &place.key())?;
                Ok(None)
            }
        }
    }

    /// Whether an object is here, as far as is known without looking at the disk.
    pub(crate) fn is_here(&self, place: &Place) -> bool {
        let key = place.key();
        let here = self
            .inner
            .library
            .objects_here(&self.shelf(&place.connection), &[&key]);
        here.is_ok_and(|here| !here.is_empty())
    }

    /// Bytes of an object that is here, without asking anybody.
    pub(crate) fn size_here(&self, place: &Place) -> Result<Option<u64>, Failure> {
        let Some(file) = self.cached(place)? else {
            return Ok(None);
        };
        let found = std::fs::metadata(&file);
        Ok(Some(
            found
                .map_err(|error| Failure::io(file.display(), &error))?
                .len(),
        ))
    }

    /// Removes a file of the media cache.
    pub(crate) fn remove_file(&self, name: &str) -> Result<(), Failure> {
        let file = self.inner.media.join(name);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Failure::io(file.display(), &error))
            }
            _ => Ok(()),
        }
    }

    /// How many objects of a flow's segments in `range` are here, and how many there are; `None` when
    /// they were never listed.
    pub(crate) fn share_here(
        &self,
        connection: &str,
        flow: &Flow,
        range: TimeRange,
    ) -> Result<Option<(usize, usize)>, Failure> {
        let shelf = self.shelf(connection);
        let collectors = flow.collected_by.iter().flatten().copied();
        for holder in std::iter::once(flow.id).chain(collectors) {
            let listed = self.inner.library.segments(&shelf, holder, range)?;
            let Some(segments) = listed.filter(|dated| !dated.value.is_empty()) else {
                continue;
            };
            let keys: BTreeSet<String> = segments
                .value
                .iter()
                .map(|segment| Place::of(connection, holder, segment, None).key())
                .collect();
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let here = self.inner.library.objects_here(&shelf, &keys)?;
            return Ok(Some((here.len(), keys.len())));
        }
        Ok(None)
    }

    /// Whether a server listed an object of the flow and did not give it out, the last time it was
    /// asked for.
    pub(crate) fn is_expired(&self, connection: &str, flow: &Flow) -> bool {
        let expired = lock(&self.inner.expired);
        let is = |flow: Id| expired.contains(&(connection.to_owned(), flow));
        is(flow.id) || flow.collected_by.iter().flatten().copied().any(is)
    }

    /// The file of an object: fetched when it is not here.
    pub(crate) async fn fetch(
        &self,
        place: &Place,
        came: &(dyn Fn(u64) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<PathBuf, Failure> {
        let shelf = self.shelf(&place.connection);
        let file = self.inner.media.join(place.file_name(&shelf));
        let turn = self.inner.fetching.of(&file);
        let _turn = turn.lock().await;
        let (remotes, wanted) = (self.clone(), place.clone());
        let known = tokio::task::spawn_blocking(move || remotes.cached(&wanted));
        if let Some(here) = known.await.map_err(Failure::internal)?? {
            return Ok(here);
        }
        tokio::fs::create_dir_all(&self.inner.media)
            .await
            .map_err(|error| Failure::io(self.inner.media.display(), &error))?;
        let brought = self.bring_in_turn(place, &file, came, cancel).await;
        {
            let mut expired = lock(&self.inner.expired);
            let flow = (place.connection.clone(), place.flow);
            match &brought {
                Ok(()) => expired.remove(&flow),
                Err(failure) if failure.code == Code::MissingObject => expired.insert(flow),
                Err(_) => false,
            };
        }
        brought?;
        let size = tokio::fs::metadata(&file)
            .await
            .map_err(|error| Failure::io(file.display(), &error))?
            .len();
        let now = self.inner.clock.now();
        let object = CachedObject {
            object_id: place.key(),
            file: place.file_name(&shelf),
            connection: shelf,
            size,
            fetched: now,
            used: now,
        };
        let library = Arc::clone(&self.inner.library);
        let kept = tokio::task::spawn_blocking(move || library.put_object(&object));
        kept.await.map_err(Failure::internal)??;
        Ok(file)
    }

    /// Brings an object when no other process does; else waits for what that one brings.
    async fn bring_in_turn(
        &self,
        place: &Place,
        file: &Path,
        came: &(dyn Fn(u64) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        loop {
            match self.bring(place, file, came, cancel).await {
                Err(failure) if failure.code == Code::Busy && !cancel.is_cancelled() => {
                    tokio::time::sleep(TURN).await;
                    let (remotes, wanted) = (self.clone(), place.clone());
                    let known = tokio::task::spawn_blocking(move || remotes.cached(&wanted));
                    if known.await.map_err(Failure::internal)??.is_some() {
                        return Ok(());
                    }
                }
                done => return done,
            }
        }
    }

    async fn bring(
        &self,
        place: &Place,
        file: &Path,
        came: &(dyn Fn(u64) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        let connection = self.connection(&place.connection, cancel).await?;
        let named = |failure: tams::TamsError| {
            let failure = Failure::from(&failure);
            Failure {
                detail: format!("object {}: {}", shown(&place.object_id), failure.detail),
                ..failure
            }
        };
        let location = |object_id: &str, flow: Option<Id>| ObjectLocation {
            object_id: object_id.to_owned(),
            flow,
            timerange: flow.map(|_| place.timerange),
        };
        let before = AtomicU64::new(0);
        let progress = |now: Progress| {
            let last = before.swap(now.done, Ordering::Relaxed);
            came(now.done.saturating_sub(last));
        };
        let Some(init) = &place.init_object_id else {
            let mut sink = FileSink::create(file).await.map_err(named)?;
            let location = location(&place.object_id, Some(place.flow));
            connection
                .fetch_object(&location, &mut sink, &progress)
                .await
                .map_err(named)?;
            return Ok(());
        };
        // A fragment needs its initialisation segment in front of it: both become one file.
        let parts = [
            (
                file.with_extension("init"),
                location(init, Some(place.flow)),
            ),
            (
                file.with_extension("fragment"),
                location(&place.object_id, Some(place.flow)),
            ),
        ];
        for (part, location) in &parts {
            let mut sink = FileSink::create(part).await.map_err(named)?;
            connection
                .fetch_object(location, &mut sink, &progress)
                .await
                .map_err(named)?;
        }
        join(&parts.each_ref().map(|(part, _)| part.as_path()), file)
            .await
            .map_err(|error| Failure::io(file.display(), &error))
    }

    /// Fetches objects in the background, in this order, for whoever needs them soon. What fails is
    /// tried again by whoever needs it.
    pub(crate) fn fetch_ahead(
        &self,
        places: Vec<Place>,
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        let (remotes, cancel) = (self.clone(), cancel.clone());
        self.start(async move {
            let mut fetches = stream::iter(places)
                .map(|place| {
                    let (remotes, cancel) = (remotes.clone(), cancel.clone());
                    async move { remotes.fetch(&place, &|_| {}, &cancel).await }
                })
                .buffered(AT_ONCE);
            while let Some(fetched) = fetches.next().await {
                if let Err(failure) = fetched
                    && failure.code != Code::Cancelled
                {
                    tracing::warn!("{failure}");
                }
            }
        })
    }
}

/// Writes files one after the other into `target`, which appears when it is whole.
async fn join(parts: &[&Path], target: &Path) -> std::io::Result<()> {
    let whole = target.with_extension("joined");
    let mut out = tokio::fs::File::create(&whole).await?;
    for part in parts {
        let mut from = tokio::fs::File::open(part).await?;
        tokio::io::copy(&mut from, &mut out).await?;
    }
    out.flush().await?;
    out.sync_all().await?;
    tokio::fs::rename(&whole, target).await?;
    for part in parts {
        tokio::fs::remove_file(part).await?;
    }
    Ok(())
}

/// A server's name of an object, as far as a message has room for it.
pub(super) fn shown(object_id: &str) -> String {
    /// Letters.
    const ROOM: usize = 200;
    match object_id.char_indices().nth(ROOM) {
        Some((end, _)) => format!("{}…", &object_id[..end]),
        None => object_id.to_owned(),
    }
}
