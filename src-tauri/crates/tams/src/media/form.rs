//! Registering a segment together with its object, by a form, at servers that take objects no other
//! way.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use http::Method;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use mediatime::Timestamp;
use tams_model::{Id, SegmentPost};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::Progress;
use super::transfer::{Ask, passes};
use super::upload::counted;
use crate::capability::Capability;
use crate::connection::Connection;
use crate::error::TamsError;
use crate::registration::Registered;

/// Looks for a segment that was sent whole and not answered: about five minutes of them.
const SETTLING: u32 = 14;

impl Connection {
    /// Registers a segment of `flow` and brings its object, which is `file`, of type `mime`. Calls
    /// `progress` as bytes leave.
    ///
    /// The server is asked first, and again after a failure: a lost answer is recovered by reading.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`] at servers that take objects by themselves;
    /// [`TamsError::File`] when the file can't be read; and as [`Connection::add_segments`].
    pub async fn add_segment_with_object(
        &self,
        flow: Id,
        post: &SegmentPost,
        file: &Path,
        mime: &str,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Registered, TamsError> {
        self.require(Capability::MediaWithSegment)?;
        let post = self.fitting(post)?;
        let one = std::slice::from_ref(&post);
        if self.registered(flow, one).await?.contains(&true) {
            return Ok(Registered {
                already: 1,
                ..Registered::default()
            });
        }
        let mut tries = 0;
        loop {
            tries += 1;
            let sent = AtomicBool::new(false);
            let form = self.send_form(flow, &post, file, mime, progress, &sent);
            let error = match form.await {
                Ok(()) => break,
                Err(error @ (TamsError::Cancelled | TamsError::File { .. })) => return Err(error),
                Err(error) => error,
            };
            if self.registered(flow, one).await?.contains(&true) {
                break;
            }
            if !passes(&error) && !error.is_retryable() {
                return Err(error);
            }
            if sent.load(Ordering::Relaxed) {
                // It has everything and may still be putting it away: sent again, it would be there
                // twice.
                if self.settled(flow, one).await? {
                    break;
                }
                return Err(error);
            }
            if !self.transfer().patience.allows(tries) {
                return Err(error);
            }
            self.transfer().pause(tries, &error, self.cancel()).await?;
        }
        // Also where the answer that would have said so was lost.
        if let Ok(whole) = tokio::fs::metadata(file).await {
            progress(Progress {
                done: whole.len(),
                total: Some(whole.len()),
            });
        }
        if post.ts_offset.unwrap_or_default() != Timestamp::default() {
            self.check_offset(flow, &post).await?;
        }
        Ok(Registered {
            done: 1,
            ..Registered::default()
        })
    }

    /// Looks for some minutes whether a segment comes to be there.
    async fn settled(&self, flow: Id, one: &[SegmentPost]) -> Result<bool, TamsError> {
        for look in 0..SETTLING {
            let wait = Duration::from_secs(1 << look.min(5));
            let pause = Arc::clone(&self.transfer().surroundings.pause);
            tokio::select! {
                () = self.cancel().cancelled() => return Err(TamsError::Cancelled),
                () = pause.pause(wait) => {}
            }
            if self.registered(flow, one).await?.contains(&true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Sends it once; `all_sent` is set when all of it has left.
    async fn send_form(
        &self,
        flow: Id,
        post: &SegmentPost,
        file: &Path,
        mime: &str,
        progress: &(dyn Fn(Progress) + Send + Sync),
        all_sent: &AtomicBool,
    ) -> Result<(), TamsError> {
        let read = |source| TamsError::File {
            path: file.to_owned(),
            doing: "read",
            source,
        };
        let opened = File::open(file).await.map_err(read)?;
        let size = opened.metadata().await.map_err(read)?.len();
        let mut random = [0; 16];
        self.transfer().surroundings.chance.fill(&mut random);
        let form = Form::new(post, mime, random)?;
        let around = u64::try_from(form.head.len() + form.tail.len()).unwrap_or(u64::MAX);
        let length = size.saturating_add(around);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, form.mime);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        let ask = Ask {
            method: Method::POST,
            url: self.url(&["flows", &flow.to_string(), "segments"])?,
            headers,
            presigned: false,
        };
        let sent = Arc::new(AtomicU64::new(0));
        let bytes = std::io::Cursor::new(form.head)
            .chain(opened.take(size))
            .chain(std::io::Cursor::new(form.tail));
        let body = counted(bytes, Arc::clone(&sent));
        let answer = self.send_counted(&ask, body, &sent, length, progress).await;
        all_sent.store(sent.load(Ordering::Relaxed) == length, Ordering::Relaxed);
        let (response, at) = answer?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(self.transport().refusal_of(response, at).await)
    }
}

/// What is around an object's bytes in a form (RFC 7578).
struct Form {
    mime: HeaderValue,
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Form {
    /// The fields `segment_data` and `file`. The boundary is made of `random`, so that nobody can put
    /// it into an object beforehand.
    fn new(post: &SegmentPost, mime: &str, random: [u8; 16]) -> Result<Self, TamsError> {
        let invalid = |what, reason: String| TamsError::InvalidInput { what, reason };
        let text =
            serde_json::to_string(post).map_err(|wrong| invalid("a segment", wrong.to_string()))?;
        let boundary: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let boundary = format!("stringout-{boundary}");
        // It goes into a line of its own: no line break may be in it.
        let mime = HeaderValue::from_str(mime)
            .ok()
            .filter(|mime| mime.to_str().is_ok())
            .ok_or_else(|| invalid("the type of an object", "it is no media type".to_owned()))?;
        let mut head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"segment_data\"\r\n\r\n{text}\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"object\"\r\nContent-Type: "
        )
        .into_bytes();
        head.extend_from_slice(mime.as_bytes());
        head.extend_from_slice(b"\r\n\r\n");
        let kind = format!("multipart/form-data; boundary={boundary}");
        Ok(Self {
            mime: HeaderValue::from_str(&kind).map_err(|e| invalid("a form", e.to_string()))?,
            head,
            tail: format!("\r\n--{boundary}--\r\n").into_bytes(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_both_fields_and_an_end() {
        let post = SegmentPost::new("one", "[0:0_1:0)".parse().unwrap());
        let form = Form::new(&post, "video/mp4", [7; 16]).unwrap();
        let mark = "stringout-07070707070707070707070707070707";
        assert_eq!(form.mime, format!("multipart/form-data; boundary={mark}"));
        let head = String::from_utf8(form.head).unwrap();
        let parts: Vec<&str> = head.split(&format!("--{mark}\r\n")).collect();
        assert_eq!(parts.len(), 3, "{head}");
        assert!(parts[1].contains("name=\"segment_data\"\r\n\r\n{\"object_id\":\"one\""));
        assert!(parts[2].ends_with("\r\nContent-Type: video/mp4\r\n\r\n"));
        assert_eq!(form.tail, format!("\r\n--{mark}--\r\n").into_bytes());
        assert!(Form::new(&post, "video/mp4\r\nX: 1", [0; 16]).is_err());
    }
}
