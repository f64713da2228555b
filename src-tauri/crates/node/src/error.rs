//! What the node refuses and what can go wrong with its storage.

use std::io;

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
use tams_model::Id;

/// Why a request to the catalogue failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// There is no such thing. HTTP 404.
    #[error("there is no {what} {id}")]
    NotFound {
        /// `flow`, `source`, `object`, …
        what: &'static str,
        /// What was asked for.
        id: String,
    },
    /// The request breaks a rule of the specification or of this store. HTTP 400.
    #[error("{field}: {why}")]
    Invalid {
        /// JSON pointer into the body, or the name of a query parameter.
        field: String,
        /// What is wrong and what would be right.
        why: String,
    },
    /// The request is at odds with what is already stored. HTTP 400, or 409 for an upload.
    #[error("{why}")]
    Conflict {
        /// With what, and what to do.
        why: String,
    },
    /// The flow may not be changed. HTTP 403.
    #[error("flow {flow} {why}")]
    ReadOnly {
        /// The flow.
        flow: Id,
        /// Why not.
        why: &'static str,
    },
    /// The catalogue was opened for reading.
    #[error("this catalogue was opened for reading only")]
    OpenedReadOnly,
    /// The catalogue was written by a newer version of this program.
    #[error(
        "the catalogue in {dir} is of version {found}, newer than {known}: update this program"
    )]
    NewerVersion {
        /// The folder.
        dir: String,
        /// Its version.
        found: i64,
        /// The newest one we know.
        known: i64,
    },
    /// A file can't be read or written.
    #[error("{doing}: {source}")]
    Storage {
        /// What was being done, and to which file.
        doing: String,
        /// What the system says.
        source: io::Error,
    },
    /// The database can't be read or written.
    #[error("catalogue database: {0}")]
    Database(#[source] rusqlite::Error),
    /// What is in the database is not what this program puts there.
    #[error("catalogue database: {what} is damaged: {why}")]
    Damaged {
        /// Which record.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

impl From<rusqlite::Error> for NodeError {
    /// What the system refused the database is told as it is for files.
    fn from(wrong: rusqlite::Error) -> Self {
        let failure = match &wrong {
            rusqlite::Error::SqliteFailure(failure, _) => *failure,
            _ => return Self::Database(wrong),
        };
        let kind = match failure.code {
            ErrorCode::DiskFull => io::ErrorKind::StorageFull,
            ErrorCode::SystemIoFailure if failure.extended_code == SQLITE_IOERR_SHMSIZE => {
                io::ErrorKind::StorageFull
            }
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => io::ErrorKind::PermissionDenied,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => io::ErrorKind::ResourceBusy,
            _ => return Self::Database(wrong),
        };
        Self::Storage {
            doing: "catalogue database".to_owned(),
            source: io::Error::new(kind, wrong),
        }
    }
}

impl NodeError {
    /// [`NodeError::NotFound`] of a kind of thing.
    pub(crate) fn not_found(what: &'static str, id: impl ToString) -> Self {
        Self::NotFound {
            what,
            id: id.to_string(),
        }
    }

    /// [`NodeError::Invalid`] at a field.
    pub(crate) fn invalid(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Invalid {
            field: field.into(),
            why: why.into(),
        }
    }

    /// [`NodeError::Storage`] while doing something to `path`.
    pub(crate) fn storage(doing: &str, path: &std::path::Path, source: io::Error) -> Self {
        Self::Storage {
            doing: format!("{doing} {}", path.display()),
            source,
        }
    }

    pub(crate) fn damaged(what: &'static str, why: impl ToString) -> Self {
        Self::Damaged {
            what,
            why: why.to_string(),
        }
    }

    /// One word for the kind of failure, for error bodies and logs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::Invalid { .. } => "invalid",
            Self::Conflict { .. } => "conflict",
            Self::ReadOnly { .. } | Self::OpenedReadOnly => "read_only",
            Self::NewerVersion { .. }
            | Self::Storage { .. }
            | Self::Database(_)
            | Self::Damaged { .. } => "storage",
        }
    }
}
