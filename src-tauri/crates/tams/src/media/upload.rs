//! Uploading an object to where the server said.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::TryStreamExt;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Response};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use tams_model::MediaObject;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::io::ReaderStream;
use url::Url;

use super::Progress;
use super::copies::is_signed;
use super::fetch::refused;
use super::transfer::{Ask, passes};
use crate::connection::Connection;
use crate::error::{ConnectFailure, Place, TamsError};
use crate::transport::{Body, empty};

/// Bytes read from the file at a time.
const BLOCK: usize = 256 << 10;

/// Headers that belong to the connection, not to the request a server describes.
const OURS: &[&str] = &["connection", "content-length", "host", "transfer-encoding"];

impl Connection {
    /// Uploads `file` as `target`, and answers its bytes. Calls `progress` as bytes leave.
    ///
    /// Sent are exactly the type and headers the server gave, which are part of what it signed, and
    /// no credentials unless the address is under the configured base and carries no permission. A
    /// cut upload begins anew: the same bytes at the same address are the same object.
    ///
    /// # Errors
    ///
    /// [`TamsError::TransferRefused`] with 403 when the URL has expired: allocate again.
    /// [`TamsError::File`] when the file can't be read or changed its length meanwhile.
    pub async fn upload(
        &self,
        target: &MediaObject,
        file: &Path,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<u64, TamsError> {
        let read = |source| TamsError::File {
            path: file.to_owned(),
            doing: "read",
            source,
        };
        let length = tokio::fs::metadata(file).await.map_err(read)?.len();
        let ask = self.put(target, length)?;
        let mut tries = 0;
        loop {
            tries += 1;
            let opened = File::open(file).await.map_err(read)?;
            let sent = Arc::new(AtomicU64::new(0));
            let body = body(opened, length, Arc::clone(&sent));
            let put = self.send_counted(&ask, body, &sent, length, progress);
            let error = match put.await {
                Ok((response, _)) if response.status().is_success() => return Ok(length),
                Ok((response, at)) => refused(response.status(), response.headers(), at),
                Err(error) => error,
            };
            let now = tokio::fs::metadata(file).await.map_err(read)?.len();
            if now != length {
                return Err(read(std::io::Error::other(
                    "it changed while it was uploaded",
                )));
            }
            if !passes(&error) || !self.transfer().patience.allows(tries) {
                return Err(error);
            }
            self.transfer().pause(tries, &error, self.cancel()).await?;
        }
    }

    fn put(&self, target: &MediaObject, length: u64) -> Result<Ask, TamsError> {
        let refuse = |reason: String| TamsError::Integrity {
            what: format!("the place to upload {} to", target.object_id),
            detail: reason,
        };
        let url = Url::parse(&target.put_url.url).map_err(|wrong| refuse(wrong.to_string()))?;
        let mut headers = HeaderMap::new();
        for (name, value) in target.put_url.headers.iter().flatten() {
            let name = HeaderName::try_from(name.as_str()).map_err(|e| refuse(e.to_string()))?;
            if OURS.contains(&name.as_str()) {
                continue;
            }
            // Its words are not shown: the value may be part of a signature.
            let value = HeaderValue::try_from(value.as_str())
                .map_err(|_| refuse(format!("its header {name} can't be sent")))?;
            headers.insert(name, value);
        }
        if let Some(mime) = &target.put_url.content_type {
            let mime = HeaderValue::try_from(mime.as_str())
                .map_err(|_| refuse("its type can't be sent".to_owned()))?;
            headers.insert(CONTENT_TYPE, mime);
        }
        // Stores refuse bodies whose length they are not told.
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        Ok(Ask {
            method: Method::PUT,
            presigned: target.presigned.unwrap_or_else(|| is_signed(&url)),
            url,
            headers,
        })
    }

    /// Sends a body of `length` bytes, of which `sent` have left, and waits for the head of the answer,
    /// whatever its status.
    pub(super) async fn send_counted(
        &self,
        ask: &Ask,
        body: Body,
        sent: &AtomicU64,
        length: u64,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(Response<Incoming>, Place), TamsError> {
        let mut once = Some(body);
        // Asked for once: uploads follow no redirect.
        let request = self
            .transfer()
            .ask(self, ask, || once.take().unwrap_or_else(empty));
        let mut request = std::pin::pin!(request);
        let transfer = self.transfer();
        let mut tick = tokio::time::interval(transfer.stall.min(REPORT));
        let mut moved = (0, tokio::time::Instant::now());
        let at = || Place::of(&ask.url);
        let answered = loop {
            tokio::select! {
                () = self.cancel().cancelled() => return Err(TamsError::Cancelled),
                response = request.as_mut() => break response?,
                now = tick.tick() => {
                    let done = sent.load(Ordering::Relaxed);
                    // A store may have work to do when it has everything.
                    let patience = if done == length { transfer.answer } else { transfer.stall };
                    if done != moved.0 {
                        moved = (done, now);
                        progress(Progress { done, total: Some(length) });
                    } else if now.duration_since(moved.1) >= patience {
                        return Err(TamsError::Unreachable { at: at(), cause: ConnectFailure::Stalled });
                    }
                }
            }
        };
        if answered.0.status().is_success() {
            progress(Progress {
                done: length,
                total: Some(length),
            });
        }
        Ok(answered)
    }
}

/// Progress is told this often.
const REPORT: std::time::Duration = std::time::Duration::from_millis(100);

/// The first `length` bytes of `file`, counted as they are taken.
fn body(file: File, length: u64, sent: Arc<AtomicU64>) -> Body {
    counted(file.take(length), sent)
}

/// All of `bytes`, counted as they are taken.
pub(super) fn counted(bytes: impl AsyncRead + Send + 'static, sent: Arc<AtomicU64>) -> Body {
    let blocks = ReaderStream::with_capacity(bytes, BLOCK).map_ok(move |block| {
        sent.fetch_add(u64::try_from(block.len()).unwrap_or(0), Ordering::Relaxed);
        Frame::data(block)
    });
    BodyExt::boxed_unsync(StreamBody::new(blocks))
}
