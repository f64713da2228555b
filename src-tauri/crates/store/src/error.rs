//! The one error type of this crate.

use mediatime::Timestamp;
use rusqlite::ErrorCode;
use std::io;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// SQLite could not make its shared-memory file large enough.
const IOERR_SHMSIZE: i32 = 4874;

/// Why the store could not do what it was asked.
///
/// [`Full`](Self::Full), [`ReadOnly`](Self::ReadOnly), [`CannotOpen`](Self::CannotOpen) and
/// [`Busy`](Self::Busy) are states of the machine: the same call succeeds once the cause is gone, and
/// nothing that was acknowledged before is lost.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file was written by a newer version of the program. It was not changed.
    #[error(
        "{} has format {found}, this program knows formats up to {known}: update the program; the file was not changed",
        path.display()
    )]
    NewerVersion {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i32,
        /// The newest format this program knows.
        known: i32,
    },
    /// The file has an older format and was opened read-only, so it could not be brought up to date.
    #[error(
        "{} has the older format {found}, this program needs {known}: open the workspace once with write access",
        path.display()
    )]
    OlderVersion {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i32,
        /// The format this program needs.
        known: i32,
    },
    /// The file is a SQLite database, but of another program or another purpose.
    #[error("{} is not a workspace database: choose another folder or move the file away", path.display())]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// What is stored can't be read back.
    #[error("the workspace database is damaged: {detail}; restore it from a copy")]
    Corrupt {
        /// What was found.
        detail: String,
    },
    /// No space is left on the disk (`SQLITE_FULL`).
    #[error("the disk that holds the workspace is full: free some space and try again")]
    Full,
    /// The database, its folder or its disk can't be written, or it was opened read-only.
    #[error(
        "the workspace database is not writable: check the permissions of the file and its folder"
    )]
    ReadOnly,
    /// The file can't be opened or created: the folder is missing, is not permitted, or the name is
    /// that of a folder.
    #[error("{} can't be opened: {detail}; check that its folder exists and may be written", path.display())]
    CannotOpen {
        /// The database.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// Another process held the write lock for longer than the time allowed, 10 s.
    #[error("the workspace database is in use by another process: try again")]
    Busy,
    /// Reading or writing a file beside the database failed, or the disk itself did.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No such record.
    #[error("there is no {what} {id}")]
    NotFound {
        /// `compilation`, `placement`, `outbox entry`, `upload`.
        what: &'static str,
        /// The id that was asked for.
        id: String,
    },
    /// The record exists, and says something else that may not change.
    #[error("{what} {id} exists with another {field}")]
    Conflict {
        /// `compilation`, `placement`, `outbox entry`.
        what: &'static str,
        /// The id both have.
        id: String,
        /// The field that differs.
        field: &'static str,
    },
    /// The outbox entry is no longer this worker's: its lease ran out and another took it, or it is
    /// finished.
    #[error("outbox entry {id} is no longer leased by {worker}")]
    LeaseLost {
        /// The entry.
        id: Uuid,
        /// The worker that asked.
        worker: String,
    },
    /// A number is larger than the database can hold (2⁶³ − 1).
    #[error("{field} {value} is too large to be stored")]
    TooLarge {
        /// The field.
        field: &'static str,
        /// The value.
        value: u64,
    },
    /// Any other answer of SQLite.
    #[error("the workspace database: {0}")]
    Sql(#[source] rusqlite::Error),
}

impl StoreError {
    /// A file operation that failed, told apart as the same failures of SQLite are.
    pub(crate) fn from_io(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::Io {
                path: path.to_owned(),
                source,
            },
        }
    }

    /// A failure while opening `path`, which is then named.
    pub(crate) fn opening(path: &Path, source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::CannotOpen {
                path: path.to_owned(),
                detail: source.to_string(),
            },
            _ => source.into(),
        }
    }

    pub(crate) fn not_found(what: &'static str, id: impl ToString) -> Self {
        Self::NotFound {
            what,
            id: id.to_string(),
        }
    }

    pub(crate) fn conflict(what: &'static str, id: impl ToString, field: &'static str) -> Self {
        Self::Conflict {
            what,
            id: id.to_string(),
            field,
        }
    }

    pub(crate) fn bad_time(secs: i64, nanos: i64) -> Self {
        let limit = Timestamp::MAX;
        Self::Corrupt {
            detail: format!("{secs} s {nanos} ns is no time within ±{limit}"),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(source: rusqlite::Error) -> Self {
        match &source {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::Full,
                ErrorCode::SystemIoFailure if failure.extended_code == IOERR_SHMSIZE => Self::Full,
                ErrorCode::ReadOnly => Self::ReadOnly,
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupt {
                    detail: source.to_string(),
                },
                _ => Self::Sql(source),
            },
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => Self::Corrupt {
                detail: source.to_string(),
            },
            _ => Self::Sql(source),
        }
    }
}
