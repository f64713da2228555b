//! The bytes of objects: written once, whole, and never changed.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rusqlite::params;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Catalogue, objects};
use crate::NodeError;

/// The bytes of an object as they were stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredBytes {
    /// How many.
    pub size: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
}

/// The file of an object.
pub(super) fn path(dir: &Path, key: i64) -> PathBuf {
    dir.join("objects")
        .join(format!("{:05}", key / 1000))
        .join(format!("{key:08}"))
}

/// Where bytes are written before they are whole.
pub(super) fn incoming(dir: &Path) -> PathBuf {
    dir.join("objects").join("incoming")
}

/// Makes the folders of a store, for the user alone.
pub(super) fn make_folders(dir: &Path) -> Result<(), NodeError> {
    let folder = incoming(dir);
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(&folder)
        .map_err(|wrong| NodeError::storage("can't make", &folder, wrong))
}

impl Catalogue {
    /// Begins to write the bytes of an allocated object. They count only after
    /// [`ObjectWriter::finish`].
    ///
    /// # Errors
    ///
    /// [`NodeError::NotFound`] for an object that was not allocated, [`NodeError::Storage`].
    pub fn object_writer(&self, object_id: &str) -> Result<ObjectWriter, NodeError> {
        let key = self.allocated(object_id)?;
        let incoming = Incoming::new(self.dir());
        let file = File::create_new(&incoming.path)
            .map_err(|wrong| NodeError::storage("can't write", &incoming.path, wrong))?;
        Ok(ObjectWriter {
            catalogue: self.clone(),
            key,
            incoming,
            file,
            hash: Sha256::new(),
            size: 0,
        })
    }

    /// Makes `file` the bytes of an allocated object: as a second name of the same file where the
    /// file system allows it, else as a copy. Do not change `file` afterwards. `sha256` spares
    /// reading it when the caller knows it.
    ///
    /// # Errors
    ///
    /// As [`Catalogue::object_writer`] and [`ObjectWriter::finish`].
    pub fn adopt_object(
        &self,
        object_id: &str,
        file: &Path,
        sha256: Option<[u8; 32]>,
    ) -> Result<StoredBytes, NodeError> {
        let key = self.allocated(object_id)?;
        let incoming = Incoming::new(self.dir());
        let failed = |wrong| NodeError::storage("can't adopt", file, wrong);
        if fs::hard_link(file, &incoming.path).is_err() {
            fs::copy(file, &incoming.path).map_err(failed)?;
        }
        let adopted = File::open(&incoming.path).map_err(failed)?;
        adopted.sync_all().map_err(failed)?;
        let size = adopted.metadata().map_err(failed)?.len();
        let sha256 = match sha256 {
            Some(known) => known,
            None => hash(adopted).map_err(failed)?,
        };
        self.install(key, incoming, StoredBytes { size, sha256 })
    }

    fn allocated(&self, object_id: &str) -> Result<i64, NodeError> {
        self.now()?;
        self.read(|tx| {
            objects::find(tx, object_id)?
                .filter(|row| row.managed)
                .map(|row| row.key)
                .ok_or_else(|| NodeError::not_found("allocated object", object_id))
        })
    }

    /// Gives a file that is whole and on disk its final name and enters it in the database.
    fn install(
        &self,
        key: i64,
        incoming: Incoming,
        bytes: StoredBytes,
    ) -> Result<StoredBytes, NodeError> {
        let target = path(self.dir(), key);
        self.write(|tx, _| {
            let known: Option<Option<[u8; 32]>> = tx
                .prepare("SELECT sha256 FROM object WHERE key = ?1")?
                .query_map([key], |row| row.get(0))?
                .next()
                .transpose()?;
            match known {
                None => {
                    return Err(NodeError::not_found(
                        "allocated object",
                        "any more: it waited too long",
                    ));
                }
                Some(Some(sha256)) if sha256 != bytes.sha256 => {
                    return Err(NodeError::Conflict {
                        why: "the object has other bytes already, and objects never change"
                            .to_owned(),
                    });
                }
                Some(Some(_)) if target.exists() => return Ok(bytes),
                // New, or its file was removed behind the catalogue's back.
                Some(_) => {}
            }
            let failed = |wrong| NodeError::storage("can't store", &target, wrong);
            if let Some(folder) = target.parent() {
                fs::create_dir_all(folder).map_err(failed)?;
                fs::rename(&incoming.path, &target).map_err(failed)?;
                sync_folder(folder).map_err(failed)?;
                sync_folder(&self.dir().join("objects")).map_err(failed)?;
            }
            let size = i64::try_from(bytes.size).unwrap_or(i64::MAX);
            tx.execute(
                "UPDATE object SET size = ?2, sha256 = ?3 WHERE key = ?1",
                params![key, size, bytes.sha256],
            )?;
            Ok(bytes)
        })
    }
}

/// A file in the incoming folder; gone when dropped, unless it was renamed.
#[derive(Debug)]
struct Incoming {
    path: PathBuf,
}

impl Incoming {
    fn new(dir: &Path) -> Self {
        Self {
            path: incoming(dir).join(Uuid::new_v4().to_string()),
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // After the rename there is nothing left to remove; anything else garbage removal finds.
        if let Err(wrong) = fs::remove_file(&self.path)
            && wrong.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %self.path.display(), error = %wrong, "can't remove an unfinished object");
        }
    }
}

/// Writes the bytes of one object. Dropping it without [`ObjectWriter::finish`] leaves nothing.
#[derive(Debug)]
pub struct ObjectWriter {
    catalogue: Catalogue,
    key: i64,
    incoming: Incoming,
    file: File,
    hash: Sha256,
    size: u64,
}

impl ObjectWriter {
    /// Puts the bytes on disk and makes them the object's. Doing so again with the same bytes is
    /// fine.
    ///
    /// # Errors
    ///
    /// [`NodeError::Conflict`] when the object has other bytes, [`NodeError::NotFound`] when it was
    /// removed meanwhile, [`NodeError::Storage`].
    pub fn finish(self) -> Result<StoredBytes, NodeError> {
        self.file
            .sync_all()
            .map_err(|wrong| NodeError::storage("can't write", &self.incoming.path, wrong))?;
        let bytes = StoredBytes {
            size: self.size,
            sha256: self.hash.finalize().into(),
        };
        self.catalogue.install(self.key, self.incoming, bytes)
    }
}

impl Write for ObjectWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn hash(mut file: File) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(buffer.get(..read).unwrap_or_default());
    }
}

/// Makes new names in a folder survive a crash. Windows does that by itself and can't be asked to.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}
