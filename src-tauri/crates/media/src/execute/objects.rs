//! The port through which a compile gets at the bytes of objects.

use crate::MediaError;
use conform::MediaIndex;
use std::path::PathBuf;
use std::sync::Arc;

/// An object on this machine.
#[derive(Clone, Debug)]
pub struct MediaObject {
    /// Its bytes.
    pub path: PathBuf,
    /// What is in them.
    pub index: Arc<MediaIndex>,
}

/// Where objects come from: files, the local node, later a cache that fetches.
pub trait ObjectSource: Sync {
    /// The object of that id.
    ///
    /// # Errors
    /// [`MediaError::MissingObject`] when it is not to be had.
    fn object(&self, object_id: &str) -> Result<MediaObject, MediaError>;
}
