//! What can go wrong, in terms of what the user can do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::JournalError;

/// Why an S3 request or an upload failed.
///
/// No variant holds a secret, a signature or a presigned URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// A field of the endpoint's configuration can't be used.
    #[error("S3 endpoint {endpoint}: {field} can't be used: {reason}")]
    InvalidEndpoint {
        /// Name in the configuration.
        endpoint: String,
        /// Field of [`Endpoint`](crate::Endpoint).
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// An object key that stores or gateways would rewrite or refuse.
    #[error("object key {key:?} can't be used: {reason}")]
    InvalidKey {
        /// The key as given.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A field of a job, or a value of a request, that S3 can't carry.
    #[error("{field} can't be used: {reason}")]
    InvalidInput {
        /// Field or operation.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No usable answer came: no route, no name, no connection, no TLS, silence, or a cut.
    /// Whether a request took effect is unknown.
    #[error("{url} is unreachable: {cause}")]
    Unreachable {
        /// Endpoint address.
        url: String,
        /// Where it failed.
        cause: ConnectFailure,
        /// The transport's own error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store doesn't know the access key, or the secret or token is wrong or expired.
    #[error("{url} refused the credentials ({code})")]
    CredentialsRefused {
        /// Endpoint address.
        url: String,
        /// The store's error code.
        code: String,
    },
    /// The store refuses signatures because the two clocks differ.
    #[error("{url} refused the request because its clock and this computer's differ too much")]
    ClockSkew {
        /// Endpoint address.
        url: String,
    },
    /// The bucket does not exist.
    #[error("bucket {bucket} does not exist at {url}")]
    NoSuchBucket {
        /// Endpoint address.
        url: String,
        /// Bucket.
        bucket: String,
    },
    /// The credentials are good but lack a permission.
    #[error("{url} denies {operation} in bucket {bucket} ({code})")]
    AccessDenied {
        /// Endpoint address.
        url: String,
        /// Bucket.
        bucket: String,
        /// S3 operation.
        operation: &'static str,
        /// The store's error code.
        code: String,
    },
    /// Another object already has the job's key. Nothing was sent and nothing was overwritten.
    #[error("{key} already holds another object of {size} bytes")]
    KeyTaken {
        /// Key in the bucket.
        key: String,
        /// Its size in bytes.
        size: u64,
    },
    /// The file to upload can't be read.
    #[error("{} can't be read", path.display())]
    SourceUnreadable {
        /// File.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file to upload is not the one the job was made for: its size or modification time differ.
    /// What was uploaded of it has been discarded.
    #[error("{} changed since its upload was queued", path.display())]
    SourceChanged {
        /// File.
        path: PathBuf,
    },
    /// The caller cancelled.
    #[error("the upload was cancelled")]
    Cancelled,
    /// The store answered with an error.
    #[error("{operation} failed: {status} {code}{}", spaced(message))]
    Server {
        /// S3 operation.
        operation: &'static str,
        /// HTTP status.
        status: u16,
        /// The store's error code, or `-` when the answer has none.
        code: String,
        /// The store's message, shortened.
        message: String,
    },
    /// The answer could not be read as S3. Whether the request took effect is unknown.
    #[error("{operation}: the answer (status {status}) can't be read as S3: {detail}")]
    UnreadableAnswer {
        /// S3 operation.
        operation: &'static str,
        /// HTTP status.
        status: u16,
        /// What is wrong with it.
        detail: String,
    },
    /// The object in the store is not what was sent.
    #[error("{key} is not what was uploaded: expected {expected}, found {found}")]
    Mismatch {
        /// Key in the bucket.
        key: String,
        /// What was sent.
        expected: String,
        /// What the store has.
        found: String,
    },
    /// The journal of parts can't be read or written.
    #[error("the upload journal failed")]
    Journal {
        /// The journal's own error.
        source: JournalError,
    },
}

fn spaced(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}

/// Where reaching an endpoint failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectFailure {
    /// The host name has no address.
    NameNotFound,
    /// Nothing listens on the port.
    Refused,
    /// There is no route to the host or network.
    NoRoute,
    /// The TLS handshake failed, most often over the certificate.
    Tls,
    /// No connection or no answer in time.
    TimedOut,
    /// No byte left for the whole stall limit while a body was being sent.
    Stalled,
    /// The connection was cut before the answer.
    Cut,
    /// Anything else below HTTP.
    Other,
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NameNotFound => "the host name has no address",
            Self::Refused => "the connection was refused",
            Self::NoRoute => "there is no route to the host",
            Self::Tls => "the TLS handshake failed",
            Self::TimedOut => "it did not answer in time",
            Self::Stalled => "the transfer stalled",
            Self::Cut => "the connection was cut",
            Self::Other => "the connection failed",
        })
    }
}

impl DeliveryError {
    /// Whether the endpoint could not be reached: queued work should wait for the network.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::UnreadableAnswer { .. } => true,
            Self::Server { status, code, .. } => {
                *status >= 500 && *status != 501
                    || matches!(status, 408 | 429)
                    || TRANSIENT_CODES.contains(&&**code)
            }
            _ => false,
        }
    }

    /// A stable word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidEndpoint { .. } => "s3_invalid_endpoint",
            Self::InvalidKey { .. } => "s3_invalid_key",
            Self::InvalidInput { .. } => "s3_invalid_input",
            Self::Unreachable { .. } => "s3_unreachable",
            Self::CredentialsRefused { .. } => "s3_credentials_refused",
            Self::ClockSkew { .. } => "s3_clock_skew",
            Self::NoSuchBucket { .. } => "s3_no_such_bucket",
            Self::AccessDenied { .. } => "s3_access_denied",
            Self::KeyTaken { .. } => "s3_key_taken",
            Self::SourceUnreadable { .. } => "source_unreadable",
            Self::SourceChanged { .. } => "source_changed",
            Self::Cancelled => "cancelled",
            Self::Server { .. } => "s3_server",
            Self::UnreadableAnswer { .. } => "s3_unreadable_answer",
            Self::Mismatch { .. } => "s3_mismatch",
            Self::Journal { .. } => "upload_journal",
        }
    }

    /// What to do next, as one sentence for people.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::InvalidEndpoint { .. } => "Correct the [s3] section of the configuration.",
            Self::InvalidKey { .. } | Self::InvalidInput { .. } => "Correct the named value.",
            Self::Unreachable { cause, .. } => cause.hint(),
            Self::CredentialsRefused { .. } => {
                "Set the access key and secret of this endpoint again; temporary ones expire."
            }
            Self::ClockSkew { .. } => "Set this computer's clock by network time, then retry.",
            Self::NoSuchBucket { .. } => {
                "Create the bucket, or correct its name in the configuration."
            }
            Self::AccessDenied { .. } => {
                "Ask the store's administrator to allow the operation on this bucket and prefix."
            }
            Self::KeyTaken { .. } => "Delete or move that object, or upload under another key.",
            Self::SourceUnreadable { .. } => {
                "Check that the file exists and may be read, then retry."
            }
            Self::SourceChanged { .. } => "Queue the upload again for the file as it is now.",
            Self::Cancelled => "Retry to go on with it.",
            Self::Server { .. } if self.is_retryable() => {
                "It is retried by itself; look at the store's health if it lasts."
            }
            Self::Server { .. } => "Look the error code up in the store's documentation or log.",
            Self::UnreadableAnswer { .. } => {
                "Check that the address is the S3 endpoint and no proxy answers instead."
            }
            Self::Mismatch { .. } => {
                "Delete the object and upload again; tell the store's administrator."
            }
            Self::Journal { .. } => "Check the free space of the workspace's disk, then retry.",
        }
    }

    /// Whether the request may have taken effect although it failed.
    pub(crate) fn is_ambiguous(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::UnreadableAnswer { .. } => true,
            Self::Server { status, .. } => *status >= 500 || *status < 300,
            _ => false,
        }
    }

    /// The store's error code, when it answered with one.
    pub(crate) fn server_code(&self) -> &str {
        match self {
            Self::Server { code, .. } => code,
            _ => "",
        }
    }

    /// Whether the store doesn't offer the operation to us: it lacks it, or we lack the permission.
    pub(crate) fn is_not_offered(&self) -> bool {
        match self {
            Self::AccessDenied { .. } => true,
            Self::Server { status, code, .. } => {
                matches!(status, 405 | 501) || code == "NotImplemented"
            }
            _ => false,
        }
    }
}

impl ConnectFailure {
    fn hint(self) -> &'static str {
        match self {
            Self::NameNotFound => {
                "Check the endpoint's address and the network; queued work goes on by itself."
            }
            Self::Refused => {
                "Check the endpoint's port and that the store runs; queued work goes on by itself."
            }
            Self::Tls => {
                "Check that the address should be https; for a certificate of your own authority set its PEM file in the configuration."
            }
            _ => "Check the network; queued work goes on by itself.",
        }
    }
}

/// Error codes below status 500, or inside an answer of status 200, that pass by themselves.
///
/// `NoSuchUpload` and `InvalidPart` are among them because the journal is cleared when they come, so
/// that the next try starts anew.
const TRANSIENT_CODES: &[&str] = &[
    "BadDigest",
    "IncompleteBody",
    "InternalError",
    "InvalidPart",
    "InvalidPartOrder",
    "NoSuchUpload",
    "OperationAborted",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "XAmzContentSHA256Mismatch",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn server(status: u16, code: &str) -> DeliveryError {
        DeliveryError::Server {
            operation: "UploadPart",
            status,
            code: code.into(),
            message: String::new(),
        }
    }

    #[test]
    fn what_passes_by_itself_is_retryable() {
        for error in [
            server(500, "-"),
            server(503, "SlowDown"),
            server(400, "BadDigest"),
            server(200, "InternalError"),
            server(429, "-"),
        ] {
            assert!(error.is_retryable(), "{error}");
        }
        for error in [
            server(400, "EntityTooLarge"),
            server(501, "NotImplemented"),
            server(404, "NoSuchKey"),
            DeliveryError::Cancelled,
        ] {
            assert!(!error.is_retryable(), "{error}");
        }
    }

    #[test]
    fn messages_are_one_line_without_trailing_colon() {
        assert_eq!(
            server(400, "EntityTooSmall").to_string(),
            "UploadPart failed: 400 EntityTooSmall"
        );
    }
}
