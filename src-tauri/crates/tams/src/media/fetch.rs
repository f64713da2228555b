//! Reading objects: whole into a sink, or piece by piece.

use std::fmt;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderValue, IF_RANGE, RANGE};
use http::{Method, StatusCode};
use hyper::body::Incoming;
use tams_model::GetUrl;
use url::Url;

use super::copies::carries_permission;
use super::locate::ObjectLocation;
use super::range::{ContentRange, parse_content_range};
use super::transfer::{Ask, passes};
use super::{ObjectSink, Progress};
use crate::connection::Connection;
use crate::error::{ConnectFailure, Place, TamsError};
use crate::transport::empty;

/// How a download went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Bytes of the object.
    pub bytes: u64,
    /// Bytes of it that came over the network now.
    pub transferred: u64,
}

/// A piece of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes; fewer than were asked for at the object's end.
    pub bytes: Bytes,
    /// Bytes of the whole object, where the store tells.
    pub total: Option<u64>,
    /// The store sent this piece alone. `false` where it knows no ranges and sends everything each
    /// time: then the whole object costs no more than a piece of it.
    pub alone: bool,
}

/// An object that is being read. It has the object's URLs in memory and asks for new ones when they
/// have expired; `Debug` doesn't show them.
pub struct ObjectReader {
    connection: Connection,
    location: ObjectLocation,
    copies: Vec<GetUrl>,
    known: Known,
}

/// What is known of the object's bytes.
#[derive(Clone, Debug, Default)]
struct Known {
    total: Option<u64>,
    /// A strong one, of the copy that is being read.
    etag: Option<HeaderValue>,
}

impl Connection {
    /// Brings an object into `sink`, from where the sink stands. Calls `progress` as bytes arrive.
    ///
    /// A cut transfer goes on where it was cut; an expired URL is asked for again, once; a copy that
    /// can't be read gives way to the next.
    ///
    /// # Errors
    ///
    /// [`TamsError::NoCopy`], [`TamsError::TransferRefused`], [`TamsError::Integrity`] when the bytes
    /// are not those that were announced, and what any call or the sink fails with.
    pub async fn fetch_object(
        &self,
        location: &ObjectLocation,
        sink: &mut dyn ObjectSink,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Fetched, TamsError> {
        self.open_object(location)
            .await?
            .fetch(sink, progress)
            .await
    }

    /// Finds an object's URLs, to read it piece by piece.
    ///
    /// # Errors
    ///
    /// [`TamsError::NoCopy`] and what any call fails with.
    pub async fn open_object(&self, location: &ObjectLocation) -> Result<ObjectReader, TamsError> {
        Ok(ObjectReader {
            connection: self.clone(),
            location: location.clone(),
            copies: self.copies(location).await?,
            known: Known::default(),
        })
    }
}

impl ObjectReader {
    /// The object.
    pub fn location(&self) -> &ObjectLocation {
        &self.location
    }

    /// Bytes of the whole object, as soon as they are known.
    pub fn total(&self) -> Option<u64> {
        self.known.total
    }

    /// Brings the object into `sink`; see [`Connection::fetch_object`].
    ///
    /// # Errors
    ///
    /// Those of [`Connection::fetch_object`].
    pub async fn fetch(
        &mut self,
        sink: &mut dyn ObjectSink,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Fetched, TamsError> {
        let mut transferred = 0;
        let mut asked_again = false;
        loop {
            let mut last = None;
            for copy in self.copies.clone() {
                self.known.etag = None;
                match self.pull(&copy, sink, progress, &mut transferred).await {
                    Ok(()) => {
                        sink.finish().await?;
                        return Ok(Fetched {
                            bytes: sink.have(),
                            transferred,
                        });
                    }
                    Err(error) if is_of_this_copy(&error) => last = Some(error),
                    Err(error) => return Err(error),
                }
            }
            self.again(last, &mut asked_again).await?;
        }
    }

    /// Reads up to `length` bytes from `offset`.
    ///
    /// # Errors
    ///
    /// Those of [`Connection::fetch_object`].
    pub async fn read(&mut self, offset: u64, length: usize) -> Result<Piece, TamsError> {
        let past = self.known.total.is_some_and(|total| offset >= total);
        if length == 0 || past {
            return Ok(Piece {
                bytes: Bytes::new(),
                total: self.known.total,
                alone: true,
            });
        }
        let mut asked_again = false;
        loop {
            let mut last = None;
            for copy in self.copies.clone() {
                match self.pick(&copy, offset, length).await {
                    Ok((bytes, alone)) => {
                        return Ok(Piece {
                            bytes,
                            total: self.known.total,
                            alone,
                        });
                    }
                    Err(error) if is_of_this_copy(&error) => last = Some(error),
                    Err(error) => return Err(error),
                }
            }
            self.again(last, &mut asked_again).await?;
        }
    }

    /// Asks for fresh URLs after one was refused, once; else the failure stands.
    async fn again(
        &mut self,
        last: Option<TamsError>,
        asked_again: &mut bool,
    ) -> Result<(), TamsError> {
        let error = last.unwrap_or_else(|| TamsError::NoCopy {
            object_id: self.location.object_id.clone(),
            detail: "none of its places can be read".to_owned(),
        });
        let expired = matches!(
            error,
            TamsError::TransferRefused {
                status: 400 | 401 | 403,
                ..
            }
        );
        if !expired || *asked_again {
            return Err(error);
        }
        *asked_again = true;
        self.copies = self.connection.copies(&self.location).await?;
        Ok(())
    }

    /// Reads one copy to its end, however often it is cut.
    async fn pull(
        &mut self,
        copy: &GetUrl,
        sink: &mut dyn ObjectSink,
        progress: &(dyn Fn(Progress) + Send + Sync),
        transferred: &mut u64,
    ) -> Result<(), TamsError> {
        let mut tries = 0;
        let mut most = sink.have();
        loop {
            tries += 1;
            let error = match self.pull_once(copy, sink, progress, transferred).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if sink.have() > most {
                // It moves; only standing still uses patience up, and coming to the same place again.
                most = sink.have();
                tries = 1;
            }
            let transfer = self.connection.transfer();
            if !passes(&error) || !transfer.patience.allows(tries) {
                return Err(error);
            }
            transfer
                .pause(tries, &error, self.connection.cancel())
                .await?;
        }
    }

    async fn pull_once(
        &mut self,
        copy: &GetUrl,
        sink: &mut dyn ObjectSink,
        progress: &(dyn Fn(Progress) + Send + Sync),
        transferred: &mut u64,
    ) -> Result<(), TamsError> {
        let have = sink.have();
        if have > 0 && self.known.total == Some(have) {
            return Ok(());
        }
        let mut headers = HeaderMap::new();
        if have > 0 {
            headers.insert(RANGE, byte_range(have, None)?);
            if let Some(etag) = &self.known.etag {
                headers.insert(IF_RANGE, etag.clone());
            }
        }
        let (response, at) = self.ask(copy, headers).await?;
        let (parts, mut body) = response;
        let part = content_range(&parts.headers);
        let total = match parts.status {
            StatusCode::OK => {
                // The range was not understood, or the bytes are others than those we have.
                if have > 0 {
                    sink.restart().await?;
                }
                length(&parts.headers)
            }
            StatusCode::PARTIAL_CONTENT => {
                self.check_part(part, have)?;
                part.and_then(|part| part.total)
            }
            StatusCode::RANGE_NOT_SATISFIABLE if have > 0 => {
                let total = part.and_then(|part| part.total);
                if total == Some(have) {
                    self.known.total = total;
                    return Ok(());
                }
                // More than there is, or of something else: from the start, by the next try.
                sink.restart().await?;
                return Err(TamsError::Unreachable {
                    at,
                    cause: ConnectFailure::Cut,
                });
            }
            status => return Err(refused(status, &parts.headers, at)),
        };
        self.learn_total(total)?;
        self.known.etag = strong_etag(&parts.headers);
        let cancel = self.connection.cancel().clone();
        while let Some(bytes) = self
            .connection
            .transfer()
            .next(&mut body, &at, &cancel)
            .await?
        {
            let arrived = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if let Some(total) = self.known.total
                && sink.have().saturating_add(arrived) > total
            {
                return Err(self.wrong(format!("more bytes than the {total} announced came")));
            }
            sink.write(&bytes).await?;
            *transferred = transferred.saturating_add(arrived);
            progress(Progress {
                done: sink.have(),
                total: self.known.total,
            });
        }
        match self.known.total {
            Some(total) if sink.have() < total => Err(TamsError::Unreachable {
                at,
                cause: ConnectFailure::Cut,
            }),
            _ => Ok(()),
        }
    }

    /// Reads a piece of one copy; and whether it came alone.
    async fn pick(
        &mut self,
        copy: &GetUrl,
        offset: u64,
        wanted: usize,
    ) -> Result<(Bytes, bool), TamsError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.pick_once(copy, offset, wanted).await {
                Ok(read) => return Ok(read),
                Err(error) => error,
            };
            let transfer = self.connection.transfer();
            let passing = error.is_unreachable() || matches!(error, TamsError::RateLimited { .. });
            if !passing || !transfer.patience.allows(tries) {
                return Err(error);
            }
            transfer
                .pause(tries, &error, self.connection.cancel())
                .await?;
        }
    }

    async fn pick_once(
        &mut self,
        copy: &GetUrl,
        offset: u64,
        wanted: usize,
    ) -> Result<(Bytes, bool), TamsError> {
        let most = u64::try_from(wanted).unwrap_or(u64::MAX);
        let last = offset.saturating_add(most - 1);
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, byte_range(offset, Some(last))?);
        let (response, at) = self.ask(copy, headers).await?;
        let (parts, mut body) = response;
        let part = content_range(&parts.headers);
        // How many bytes come before those that are wanted, and how many of them must come.
        let (mut skip, due) = match parts.status {
            StatusCode::PARTIAL_CONTENT => {
                self.check_part(part, offset)?;
                self.learn_total(part.and_then(|part| part.total))?;
                let sent = part
                    .and_then(|part| part.span)
                    .map(|(first, last)| last - first + 1);
                (0, sent)
            }
            StatusCode::OK => {
                let total = length(&parts.headers);
                self.learn_total(total)?;
                (offset, total.map(|total| total.saturating_sub(offset)))
            }
            StatusCode::RANGE_NOT_SATISFIABLE => {
                self.learn_total(part.and_then(|part| part.total))?;
                return Ok((Bytes::new(), true));
            }
            status => return Err(refused(status, &parts.headers, at)),
        };
        let mut read = BytesMut::new();
        let cancel = self.connection.cancel().clone();
        while read.len() < wanted {
            let next = self.connection.transfer().next(&mut body, &at, &cancel);
            let Some(mut bytes) = next.await? else {
                break;
            };
            let passed = usize::try_from(skip).unwrap_or(usize::MAX).min(bytes.len());
            skip -= u64::try_from(passed).unwrap_or(0);
            bytes = bytes.slice(passed..);
            bytes.truncate(wanted - read.len());
            read.extend_from_slice(&bytes);
        }
        let got = u64::try_from(read.len()).unwrap_or(u64::MAX);
        if due.is_some_and(|due| got < due.min(most)) {
            return Err(TamsError::Unreachable {
                at,
                cause: ConnectFailure::Cut,
            });
        }
        Ok((read.freeze(), parts.status == StatusCode::PARTIAL_CONTENT))
    }

    async fn ask(
        &self,
        copy: &GetUrl,
        headers: HeaderMap,
    ) -> Result<((http::response::Parts, Incoming), Place), TamsError> {
        let url = Url::parse(&copy.url).map_err(|wrong| self.wrong(wrong.to_string()))?;
        let at = Place::of(&url);
        let mut presigned = carries_permission(copy);
        let mut url = url;
        if !presigned
            && let Some(signer) = &self.connection.transfer().signer
            && let Some(signed) = signer.sign(&url).await
        {
            (url, presigned) = (signed, true);
        }
        let ask = Ask {
            method: Method::GET,
            url,
            headers,
            presigned,
        };
        let transfer = self.connection.transfer();
        let asked = transfer.ask(&self.connection, &ask, empty);
        let timed = tokio::time::timeout(transfer.stall, asked);
        let (response, at) = tokio::select! {
            () = self.connection.cancel().cancelled() => return Err(TamsError::Cancelled),
            timed = timed => timed.map_err(|_| TamsError::Timeout {
                at,
                after: transfer.stall,
            })??,
        };
        Ok((response.into_parts(), at))
    }

    /// A part must begin where it was asked to.
    fn check_part(&self, part: Option<ContentRange>, from: u64) -> Result<(), TamsError> {
        match part.and_then(|part| part.span) {
            Some((first, _)) if first == from => Ok(()),
            Some((first, _)) => Err(self.wrong(format!(
                "bytes from {first} came where {from} were asked for"
            ))),
            None => Err(self.wrong("a part came that doesn't say which".to_owned())),
        }
    }

    /// Objects never change: all answers and all copies must agree.
    fn learn_total(&mut self, total: Option<u64>) -> Result<(), TamsError> {
        match (self.known.total, total) {
            (Some(before), Some(now)) if before != now => {
                Err(self.wrong(format!("it had {before} bytes before and has {now} now")))
            }
            (None, Some(now)) => {
                self.known.total = Some(now);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn wrong(&self, detail: String) -> TamsError {
        TamsError::Integrity {
            what: format!("object {}", self.location.object_id),
            detail,
        }
    }
}

impl fmt::Debug for ObjectReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectReader")
            .field("location", &self.location)
            .field("copies", &self.copies.len())
            .field("total", &self.known.total)
            .finish_non_exhaustive()
    }
}

/// Whether another copy may do better.
fn is_of_this_copy(error: &TamsError) -> bool {
    matches!(
        error,
        TamsError::TransferRefused { .. }
            | TamsError::Unreachable { .. }
            | TamsError::Timeout { .. }
            | TamsError::Tls { .. }
            | TamsError::RateLimited { .. }
            | TamsError::RedirectRefused { .. }
    )
}

pub(super) fn refused(status: StatusCode, headers: &HeaderMap, at: Place) -> TamsError {
    let after = headers
        .get(http::header::RETRY_AFTER)
        .and_then(|after| after.to_str().ok()?.trim().parse().ok())
        .map(std::time::Duration::from_secs);
    match status {
        StatusCode::TOO_MANY_REQUESTS => TamsError::RateLimited {
            at,
            retry_after: after,
        },
        StatusCode::SERVICE_UNAVAILABLE if after.is_some() => TamsError::RateLimited {
            at,
            retry_after: after,
        },
        status => TamsError::TransferRefused {
            at,
            status: status.as_u16(),
        },
    }
}

fn byte_range(first: u64, last: Option<u64>) -> Result<HeaderValue, TamsError> {
    let text = match last {
        Some(last) => format!("bytes={first}-{last}"),
        None => format!("bytes={first}-"),
    };
    HeaderValue::from_str(&text).map_err(|wrong| TamsError::InvalidInput {
        what: "a range of bytes",
        reason: wrong.to_string(),
    })
}

fn content_range(headers: &HeaderMap) -> Option<ContentRange> {
    parse_content_range(headers.get(CONTENT_RANGE)?.to_str().ok()?)
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Only a strong validator may join two parts (RFC 9110 §13.1.5).
fn strong_etag(headers: &HeaderMap) -> Option<HeaderValue> {
    headers
        .get(ETAG)
        .filter(|etag| etag.as_bytes().starts_with(b"\""))
        .cloned()
}
