//! The port through which an upload remembers what a restart must know.

use async_trait::async_trait;
use record::{UploadPart, UploadState};
use uuid::Uuid;

/// What an implementation of [`PartJournal`] fails with.
pub type JournalError = Box<dyn std::error::Error + Send + Sync>;

/// Durable memory of multipart uploads, by job.
///
/// A call returns when what it wrote survives a crash. The order of calls in one upload is: `load`;
/// for a new upload `begin` after the store answered with its id and before the first part is sent;
/// `part_done` once for each part, after the store confirmed it; `clear` after the object is complete
/// and checked, or the upload is aborted.
#[async_trait]
pub trait PartJournal: Send + Sync {
    /// The upload begun for a job, with the parts confirmed so far, or `None`.
    async fn load(&self, job: Uuid) -> Result<Option<UploadState>, JournalError>;

    /// Records a new upload of a job and freezes its part size, in bytes. An earlier record of the
    /// job and its parts are replaced.
    async fn begin(&self, job: Uuid, upload_id: &str, part_size: u64) -> Result<(), JournalError>;

    /// Records that the store confirmed a part; an earlier record of the same number is replaced.
    async fn part_done(&self, job: Uuid, part: &UploadPart) -> Result<(), JournalError>;

    /// Forgets the upload of a job; fine when there is none.
    async fn clear(&self, job: Uuid) -> Result<(), JournalError>;
}
