//! The port through which a compile gets at the bytes of objects.

use crate::{MediaError, UnitReader};
use conform::MediaIndex;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// An object whose contents are known. Its bytes may be on their way still.
#[derive(Clone, Debug)]
pub struct MediaObject {
    /// What is in it.
    pub index: Arc<MediaIndex>,
    file: ObjectFile,
}

#[derive(Clone)]
enum ObjectFile {
    Here(PathBuf),
    Awaited(Arc<dyn Fn() -> Result<PathBuf, MediaError> + Send + Sync>),
}

impl fmt::Debug for ObjectFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here(path) => path.fmt(f),
            Self::Awaited(_) => f.write_str("awaited"),
        }
    }
}

impl MediaObject {
    /// A file on this machine.
    #[must_use]
    pub fn here(path: PathBuf, index: Arc<MediaIndex>) -> Self {
        Self {
            index,
            file: ObjectFile::Here(path),
        }
    }

    /// An object that comes when its bytes are needed: `wait` returns when its file is here, however
    /// often it is called.
    pub fn awaited(
        index: Arc<MediaIndex>,
        wait: impl Fn() -> Result<PathBuf, MediaError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            index,
            file: ObjectFile::Awaited(Arc::new(wait)),
        }
    }

    /// Its file; waits until it is here.
    ///
    /// # Errors
    /// It is not to be had.
    pub fn path(&self) -> Result<PathBuf, MediaError> {
        match &self.file {
            ObjectFile::Here(path) => Ok(path.clone()),
            ObjectFile::Awaited(wait) => wait(),
        }
    }

    /// Whether its file is not there any more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(&self.file, ObjectFile::Here(path) if !path.exists())
    }

    /// Reads its access units; waits until its file is here.
    ///
    /// # Errors
    /// It is not to be had, can't be read, or is not what was indexed.
    pub fn reader(&self) -> Result<UnitReader, MediaError> {
        UnitReader::open(&self.path()?, &self.index)
    }
}

/// Where objects come from: files, the local node, a cache that fetches.
pub trait ObjectSource: Sync {
    /// The object of that id. What is in it is known at once; its bytes come when they are read.
    ///
    /// # Errors
    /// [`MediaError::MissingObject`] when it is not to be had.
    fn object(&self, object_id: &str) -> Result<MediaObject, MediaError>;
}
