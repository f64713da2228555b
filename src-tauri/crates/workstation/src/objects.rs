//! Where the bytes of objects come from: files named by path, and the local node.

use crate::{Code, Failure, Workspace};
use conform::MediaIndex;
use media::{MediaError, MediaObject, ObjectSource};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Objects by id: an absolute path is a plain file, anything else an object of the local node.
///
/// Each object is indexed once.
#[derive(Debug, Default)]
pub struct Objects {
    workspace: Option<Workspace>,
    known: Mutex<HashMap<String, MediaObject>>,
}

impl Objects {
    /// Plain files only.
    #[must_use]
    pub fn files() -> Self {
        Self::default()
    }

    /// Plain files and the objects of a workspace.
    #[must_use]
    pub fn of(workspace: &Workspace) -> Self {
        Self {
            workspace: Some(workspace.clone()),
            known: Mutex::default(),
        }
    }

    /// A plain file, and the id it has in plans.
    pub(crate) fn file(&self, path: &Path) -> Result<(String, MediaObject), Failure> {
        let path =
            std::fs::canonicalize(path).map_err(|error| Failure::io(path.display(), &error))?;
        if path.is_dir() {
            return Err(Failure::bad_input(
                format!("{} is a folder", path.display()),
                "Name a file in it.",
            ));
        }
        let id = path.display().to_string();
        if path.is_dir() {
            return Err(Failure::new(
                Code::NotMedia,
                format!("{id}: it is a folder"),
                "Name a file in it.",
            ));
        }
        Ok((id.clone(), self.object(&id)?))
    }

    fn path(&self, object_id: &str) -> Result<PathBuf, MediaError> {
        let missing = || MediaError::MissingObject {
            object: object_id.to_owned(),
        };
        let path = Path::new(object_id);
        if path.is_absolute() {
            return if path.exists() {
                Ok(path.to_owned())
            } else {
                Err(missing())
            };
        }
        let catalogue = self
            .workspace
            .as_ref()
            .map(Workspace::catalogue)
            .ok_or_else(missing)?;
        // The catalogue may know bytes that somebody has removed from its folder.
        let path = catalogue.object_path(object_id).ok().flatten();
        path.filter(|path| path.exists()).ok_or_else(missing)
    }
}

impl ObjectSource for Objects {
    fn object(&self, object_id: &str) -> Result<MediaObject, MediaError> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(object) = known().get(object_id) {
            return Ok(object.clone());
        }
        let path = self.path(object_id)?;
        let index: MediaIndex = media::index_file(&path, &CancellationToken::new(), &mut |_, _| {})
            .map_err(|error| error.of(object_id))?;
        let object = MediaObject {
            path,
            index: Arc::new(index),
        };
        known().insert(object_id.to_owned(), object.clone());
        Ok(object)
    }
}
