//! What to upload, how far it is and what became of it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::DeliveryError;

/// Metadata name under which every object carries the job's `op_id`.
pub const OP_ID: &str = "op-id";

/// Metadata name under which every object carries its SHA-256.
pub const SHA256: &str = "sha256";

/// S3 keeps up to this many bytes of metadata names and values together.
const MAX_METADATA_BYTES: usize = 2048;

/// Which state of a file is meant: a file that differs is another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceIdentity {
    /// Size in bytes.
    pub size: u64,
    /// Modification time by the file system, in nanoseconds since the Unix epoch.
    pub modified_ns: i64,
}

impl SourceIdentity {
    /// The identity of a file as it is now. Take it when the job is queued, together with the
    /// SHA-256.
    ///
    /// # Errors
    /// When the file's metadata can't be read or it is no regular file.
    pub fn of(path: &Path) -> io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        if !metadata.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        Ok(Self {
            size: metadata.len(),
            modified_ns: unix_nanos(metadata.modified()?),
        })
    }
}

fn unix_nanos(time: SystemTime) -> i64 {
    let nanos = |span: std::time::Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => nanos(after),
        Err(before) => -nanos(before.duration()),
    }
}

/// What [`Delivery::upload`](crate::Delivery::upload) leaves behind when it is cancelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelMode {
    /// The parts sent so far stay, and the next call goes on from them.
    #[default]
    Keep,
    /// The upload is aborted and its parts are gone. A file below 16 MiB whose bytes had left
    /// already may still become an object.
    Abort,
}

/// One file to upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadJob {
    /// Our id of the job; the journal is kept under it.
    pub id: Uuid,
    /// File to send. It must not change until the upload is done.
    pub path: PathBuf,
    /// The state of the file the job is about.
    pub source: SourceIdentity,
    /// Key relative to the endpoint's prefix. It must be unique to this content, such as
    /// `compilations/{compilation_id}/{sha256[0..16]}.mp4`: an open upload under it is taken for our
    /// own.
    pub key: String,
    /// Media type of the object.
    pub content_type: String,
    /// SHA-256 of the file, 64 lower-case hex digits; stored as metadata `sha256`.
    pub sha256: String,
    /// Idempotency key of the outbox entry; stored as metadata `op-id`.
    pub op_id: Uuid,
    /// More metadata. Names of lower-case letters, digits and `-`; values in visible ASCII and
    /// spaces; 2 KiB together.
    pub metadata: BTreeMap<String, String>,
    /// What to leave behind when cancelled.
    pub on_cancel: CancelMode,
}

impl UploadJob {
    /// Refuses what S3 can't carry, before anything is sent.
    pub(crate) fn check(&self) -> Result<(), DeliveryError> {
        if self.sha256.len() != 64
            || !self
                .sha256
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        {
            return Err(invalid("sha256", "it is not 64 lower-case hex digits"));
        }
        if !is_header_text(&self.content_type) {
            return Err(invalid("content_type", "it is empty or not visible ASCII"));
        }
        for (name, value) in &self.metadata {
            if matches!(name.as_str(), OP_ID | SHA256) {
                return Err(invalid(&format!("metadata {name}"), "the name is reserved"));
            }
            if name.is_empty()
                || !name
                    .bytes()
                    .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            {
                return Err(invalid(
                    &format!("metadata {name:?}"),
                    "names hold lower-case letters, digits and -",
                ));
            }
            if !is_header_text(value) {
                return Err(invalid(
                    &format!("metadata {name}"),
                    "the value is empty or not visible ASCII",
                ));
            }
        }
        let bytes: usize = self
            .all_metadata()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        if bytes > MAX_METADATA_BYTES {
            return Err(invalid(
                "metadata",
                "names and values are longer than 2 KiB together",
            ));
        }
        Ok(())
    }

    /// The metadata of the object.
    pub(crate) fn all_metadata(&self) -> impl Iterator<Item = (String, String)> {
        let own = [
            (OP_ID.to_owned(), self.op_id.to_string()),
            (SHA256.to_owned(), self.sha256.clone()),
        ];
        self.metadata.clone().into_iter().chain(own)
    }
}

fn invalid(field: &str, reason: &str) -> DeliveryError {
    DeliveryError::InvalidInput {
        field: field.into(),
        reason: reason.into(),
    }
}

/// Whether a header carries the text unchanged: visible ASCII, with single characters of white space
/// only inside.
fn is_header_text(text: &str) -> bool {
    !text.is_empty()
        && text.trim() == text
        && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
}

/// How far an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The job.
    pub job: Uuid,
    /// Bytes the store confirmed. They never have to be sent again, and the number never goes back.
    pub confirmed: u64,
    /// Confirmed bytes and those of the parts in flight that were handed to the network. It goes
    /// back when a part is repeated.
    pub sent: u64,
    /// Bytes of the file.
    pub total: u64,
}

/// A finished upload. The store confirmed every fact in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Uploaded {
    /// Key in the bucket, with the endpoint's prefix.
    pub key: String,
    /// Plain address of the object, without credentials or signature.
    pub url: String,
    /// Size in bytes.
    pub size: u64,
    /// ETag without quotes, if the store gives one.
    pub etag: Option<String>,
    /// Bytes sent by this call: 0 when the object was there already.
    pub sent: u64,
    /// Whether the object was there before this call.
    pub already_there: bool,
    /// Things that are odd, though the object is complete.
    pub warnings: Vec<UploadWarning>,
}

/// Something odd about a finished upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UploadWarning {
    /// The store's ETag is not derived from MD5 (encryption with own keys does that), so it proves
    /// nothing and an interrupted upload is sent again from its start.
    #[error("the store's ETag {found} is not the MD5 of the content, {expected}")]
    EtagIsNotMd5 {
        /// By the MD5 rule.
        expected: String,
        /// As the store answered.
        found: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> UploadJob {
        UploadJob {
            id: Uuid::nil(),
            path: "a.mp4".into(),
            source: SourceIdentity {
                size: 1,
                modified_ns: 0,
            },
            key: "a.mp4".into(),
            content_type: "video/mp4".into(),
            sha256: "0".repeat(64),
            op_id: Uuid::nil(),
            metadata: BTreeMap::from([("title".into(), "News at ten".into())]),
            on_cancel: CancelMode::Keep,
        }
    }

    #[test]
    fn what_headers_can_not_carry_is_refused_by_name() {
        job().check().unwrap();
        let with = |name: &str, value: &str| UploadJob {
            metadata: BTreeMap::from([(name.into(), value.into())]),
            ..job()
        };
        let bad = [
            (
                UploadJob {
                    sha256: "A".repeat(64),
                    ..job()
                },
                "sha256",
            ),
            (
                UploadJob {
                    sha256: String::new(),
                    ..job()
                },
                "sha256",
            ),
            (
                UploadJob {
                    content_type: "a\r\nb".into(),
                    ..job()
                },
                "content_type",
            ),
            (with("op-id", "x"), "metadata op-id"),
            (with("Title", "x"), "metadata \"Title\""),
            (with("title", "Größe"), "metadata title"),
            (with("title", " x"), "metadata title"),
            (with("title", &"x".repeat(2048)), "metadata"),
        ];
        for (job, name) in bad {
            match job.check() {
                Err(DeliveryError::InvalidInput { field, .. }) => assert_eq!(field, name),
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn times_before_the_epoch_are_negative() {
        assert_eq!(
            unix_nanos(UNIX_EPOCH - std::time::Duration::from_nanos(7)),
            -7
        );
        assert_eq!(
            unix_nanos(UNIX_EPOCH + std::time::Duration::from_nanos(7)),
            7
        );
    }

    #[test]
    fn a_folder_is_no_source() {
        let dir = tempfile::tempdir().unwrap();
        assert!(SourceIdentity::of(dir.path()).is_err());
        assert!(SourceIdentity::of(&dir.path().join("none")).is_err());
    }
}
