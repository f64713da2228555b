//! Delivery to S3: resumable multipart upload, checks, presigned links.
//!
//! One [`Delivery`] talks to one [`Endpoint`], a bucket and prefix of VAST or any other S3 store.
//! [`Delivery::upload`] brings a file there once, however often it is interrupted and called again:
//! it asks the store before it sends, remembers parts in a [`PartJournal`], and reports success only
//! for what the store confirmed.
//!
//! # Terminology
//!
//! | word | meaning |
//! |---|---|
//! | job | one file under one key; its `op_id` is the idempotency key of the effect |
//! | part | a range of the file that S3 takes and confirms by itself |
//! | orphan | an upload that was begun but whose id never reached the journal |
//! | lost answer | a request of which it is unknown whether it took effect |
//!
//! # Invariants
//!
//! - A key is unique to its content: an open upload found under it is ours, and an object found under
//!   it that is not ours is left alone.
//! - A listed part is trusted only if its number, size and ETag equal those computed from the file.
//! - The part size of an upload never changes.
//! - A file that is not the one the job was made for is never completed into an object.
//! - Requests carry `Content-MD5`, and neither checksum headers nor trailers.
//! - No secret, signature or presigned URL gets into errors, logs or `Debug` output.
//! - Memory does not grow with the file: two blocks of 1 MiB per part in flight.
#![deny(missing_docs)]

mod answer_limit;
mod body;
mod classify;
mod client;
mod endpoint;
mod error;
mod etag;
mod job;
mod journal;
mod multipart;
mod object;
mod probe;
mod secret;
mod session;
mod source;
mod throttle;
mod upload;

pub use endpoint::{Encryption, Endpoint, Timeouts};
pub use error::{ConnectFailure, DeliveryError};
pub use job::{
    CancelMode, OP_ID, Progress, SHA256, SourceIdentity, UploadJob, UploadWarning, Uploaded,
};
pub use journal::{JournalError, PartJournal};
pub use object::{Delivery, MAX_PRESIGNED_LIFE, ObjectHead, PresignedUrl};
pub use probe::{Check, EndpointReport, ReportLine, Verdict};
pub use secret::Secret;
