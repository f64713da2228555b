//! The indexes of objects at servers: kept once made; else read from the parts of an object that tell,
//! or from the whole of it.
//!
//! A plan needs indexes and no media. Of an MP4 object a few small ranges give its index, so that a
//! plan is there, and a compile at work, before the first object has arrived whole. A transport stream
//! has no tables: its index needs every byte.

use super::Remotes;
use super::fetch::{AT_ONCE, FetchProgress, Place, shown};
use crate::{Code, Failure};
use bytes::Bytes;
use conform::MediaIndex;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tams::{ObjectLocation, ObjectReader};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// The format of kept indexes: raised when an index of an older program must be made anew.
const INDEX_FORMAT: u32 = 6;
/// Bytes of the first range, which usually has the tables and the first key frame's head.
const HEAD: usize = 64 << 10;
/// Bytes of a further range at least.
const PART: usize = 16 << 10;
/// Ranges that are kept while an object is read.
const KEPT: usize = 8;
/// What an index may cost at most, whatever size the server says an object has.
const MOST: u64 = 512 << 20;
/// What a request costs, in bytes that could have come instead.
const REQUEST: u64 = 256 << 10;

/// What an index is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexFor {
    /// A plan. The media may stay where it is.
    Planning,
    /// Work without the server: the whole object is fetched.
    Keeping,
}

impl Remotes {
    /// The indexes of objects, in their order; some are read while others are on their way.
    pub(crate) async fn indexes(
        &self,
        places: &[Place],
        wanted: IndexFor,
        progress: FetchProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<Vec<Arc<MediaIndex>>, Failure> {
        let (done, bytes) = (AtomicU64::new(0), AtomicU64::new(0));
        let told = |objects: u64, came: u64| {
            let objects = done.fetch_add(objects, Ordering::Relaxed) + objects;
            let bytes = bytes.fetch_add(came, Ordering::Relaxed) + came;
            let objects = usize::try_from(objects).unwrap_or(usize::MAX);
            progress(objects, places.len(), bytes);
        };
        told(0, 0);
        let alone: Vec<Option<Arc<MediaIndex>>> = stream::iter(places)
            .map(|place| {
                let told = &told;
                async move {
                    let came = |bytes| told(0, bytes);
                    match self.index(place, wanted, &came, cancel).await {
                        Ok(index) => {
                            told(1, 0);
                            Ok(Some(index))
                        }
                        Err(failure) if failure.code == Code::NoParameterSets => Ok(None),
                        Err(failure) => Err(failure),
                    }
                }
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let mut indexes: Vec<Arc<MediaIndex>> = Vec::with_capacity(places.len());
        for (place, index) in places.iter().zip(alone) {
            let came = |bytes| told(0, bytes);
            indexes.push(match index {
                Some(index) => index,
                None => {
                    let before = indexes.last().cloned();
                    let index = self.index_from_whole(place, before, &came, cancel).await?;
                    told(1, 0);
                    self.keep_index(place, index).await?
                }
            });
        }
        Ok(indexes)
    }

    /// The indexes of objects, in their order, when all of them were read before.
    pub(crate) fn known_indexes(
        &self,
        places: &[Place],
    ) -> Result<Option<Vec<Arc<MediaIndex>>>, Failure> {
        let mut indexes = Vec::with_capacity(places.len());
        for place in places {
            match self.known_index(place)? {
                Some(index) => indexes.push(Arc::new(index)),
                None => return Ok(None),
            }
        }
        Ok(Some(indexes))
    }

    async fn index(
        &self,
        place: &Place,
        wanted: IndexFor,
        came: &(dyn Fn(u64) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Arc<MediaIndex>, Failure> {
        let (remotes, asked) = (self.clone(), place.clone());
        let known = tokio::task::spawn_blocking(move || {
            let index = remotes.known_index(&asked)?;
            Ok::<_, Failure>((index, remotes.cached(&asked)?.is_some()))
        });
        let (known, is_here) = known.await.map_err(Failure::internal)??;
        let suffices = is_here || wanted == IndexFor::Planning;
        if let Some(index) = known.filter(|_| suffices) {
            return Ok(Arc::new(index));
        }
        let index = if suffices && !is_here {
            self.index_from_parts(place, came, cancel).await?
        } else {
            None
        };
        let index = match index {
            Some(index) => index,
            None => self.index_from_whole(place, None, came, cancel).await?,
        };
        self.keep_index(place, index).await
    }

    async fn keep_index(
        &self,
        place: &Place,
        index: MediaIndex,
    ) -> Result<Arc<MediaIndex>, Failure> {
        let bytes = postcard::to_allocvec(&index).map_err(Failure::internal)?;
        let (library, shelf) = (
            Arc::clone(&self.inner.library),
            self.shelf(&place.connection),
        );
        let key = place.key();
        let kept = tokio::task::spawn_blocking(move || {
            library.put_index(&shelf, &key, INDEX_FORMAT, &bytes)
        });
        kept.await.map_err(Failure::internal)??;
        Ok(Arc::new(index))
    }

    fn known_index(&self, place: &Place) -> Result<Option<MediaIndex>, Failure> {
        let library = &self.inner.library;
        let bytes = library.index(&self.shelf(&place.connection), &place.key(), INDEX_FORMAT)?;
        Ok(bytes.and_then(|bytes| postcard::from_bytes(&bytes).ok()))
    }

    /// The parameter sets of the object `before` are in force at its start.
    async fn index_from_whole(
        &self,
        place: &Place,
        before: Option<Arc<MediaIndex>>,
        came: &(dyn Fn(u64) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<MediaIndex, Failure> {
        let file = self.fetch(place, came, cancel).await?;
        let (object, cancel) = (name_of(place), cancel.clone());
        let made = tokio::task::spawn_blocking(move || {
            let index = match before {
                Some(before) => media::index_file_behind(&before, &file, &cancel),
                None => media::index_file(&file, &cancel, &mut |_, _| {}),
            };
            index.map_err(|error| Failure::from(error.of(&object)))
        });
        made.await.map_err(Failure::internal)?
    }

    /// The index of an object, from the parts of it that tell; `None` when there are none, or when they
    /// would cost as much as the whole.
    async fn index_from_parts(
        &self,
        place: &Place,
        came: &(dyn Fn(u64) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Option<MediaIndex>, Failure> {
        let is_small = |bytes: u64| bytes / 2 < HEAD as u64 + REQUEST;
        // A fragment is read with its initialisation segment in front of it, which makes it a file.
        if place.init_object_id.is_some() || place.about.is_some_and(is_small) {
            return Ok(None);
        }
        let connection = self.connection(&place.connection, cancel).await?;
        let location = ObjectLocation {
            object_id: place.object_id.clone(),
            flow: Some(place.flow),
            timerange: Some(place.timerange),
        };
        let head = async {
            let mut reader = connection.open_object(&location).await?;
            let head = reader.read(0, HEAD).await?;
            Ok::<_, tams::TamsError>((reader, head))
        };
        // Whatever is wrong here is met again, and said with its place, by who fetches the object.
        let Ok((reader, head)) = head.await else {
            return Ok(None);
        };
        came(head.bytes.len() as u64);
        let Some(size) = head.total.filter(|size| head.alone && !is_small(*size)) else {
            return Ok(None);
        };
        if !media::is_indexed_by_parts(&head.bytes) {
            return Ok(None);
        }
        let mut parts = Parts {
            reader,
            size,
            at: 0,
            came: 0,
            cost: head.bytes.len() as u64 + REQUEST,
            kept: VecDeque::from([(0, head.bytes)]),
            runtime: Handle::current(),
            given_up: false,
        };
        let (object, ends) = (name_of(place), cancel.clone());
        let made = tokio::task::spawn_blocking(move || {
            let index = media::index(&mut parts, &object, &ends, &mut |_, _| {});
            (index, parts)
        });
        let (index, parts) = made.await.map_err(Failure::internal)?;
        came(parts.came);
        match index {
            Ok(index) => Ok(Some(index)),
            Err(_) if parts.given_up => Ok(None),
            Err(error) => Err(Failure::from(error)),
        }
    }
}

/// An object as messages name it.
fn name_of(place: &Place) -> String {
    format!("{}/{}", place.connection, shown(&place.object_id))
}

/// An object at its server, read a range at a time.
struct Parts {
    reader: ObjectReader,
    size: u64,
    at: u64,
    /// Bytes that came.
    came: u64,
    /// What was asked for, with what each request costs.
    cost: u64,
    /// The latest ranges, each with where it begins.
    kept: VecDeque<(u64, Bytes)>,
    runtime: Handle,
    /// The whole object is better fetched.
    given_up: bool,
}

impl Parts {
    /// What is kept from where it stands.
    fn here(&self) -> Option<Bytes> {
        self.kept.iter().find_map(|(begin, bytes)| {
            let skip = usize::try_from(self.at.checked_sub(*begin)?).ok()?;
            (skip < bytes.len()).then(|| bytes.slice(skip..))
        })
    }

    fn ask(&mut self, least: usize) -> io::Result<Bytes> {
        let give_up = |parts: &mut Self, why: String| {
            parts.given_up = true;
            io::Error::other(why)
        };
        let length = least.max(PART);
        self.cost = self.cost.saturating_add(REQUEST + length as u64);
        if self.cost > (self.size / 2).min(MOST) {
            return Err(give_up(self, "its index is spread all over it".to_owned()));
        }
        let piece = self.runtime.block_on(self.reader.read(self.at, length));
        let bytes = match piece {
            Ok(piece) if piece.alone && !piece.bytes.is_empty() => piece.bytes,
            Ok(_) => return Err(give_up(self, "the server has no ranges".to_owned())),
            Err(error) => return Err(give_up(self, error.to_string())),
        };
        self.came += bytes.len() as u64;
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back((self.at, bytes.clone()));
        Ok(bytes)
    }
}

impl Read for Parts {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.at >= self.size {
            return Ok(0);
        }
        let bytes = match self.here() {
            Some(bytes) => bytes,
            None => self.ask(buffer.len())?,
        };
        let taken = bytes.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&bytes[..taken]);
        self.at += taken as u64;
        Ok(taken)
    }
}

impl Seek for Parts {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let moved = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = moved.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
