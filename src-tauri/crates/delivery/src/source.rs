//! The file being uploaded.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use md5::{Digest, Md5};

use crate::error::DeliveryError;
use crate::etag::Md5Sum;
use crate::job::SourceIdentity;

/// Bytes hashed at a time.
const BLOCK: usize = 256 << 10;

/// A file and the state it has to stay in.
#[derive(Clone)]
pub(crate) struct SourceFile {
    path: Arc<Path>,
    identity: SourceIdentity,
}

impl SourceFile {
    pub(crate) fn new(path: PathBuf, identity: SourceIdentity) -> Self {
        Self {
            path: path.into(),
            identity,
        }
    }

    pub(crate) fn path(&self) -> Arc<Path> {
        self.path.clone()
    }

    pub(crate) fn size(&self) -> u64 {
        self.identity.size
    }

    /// Fails unless the file is there and still the same.
    pub(crate) async fn check(&self) -> Result<(), DeliveryError> {
        let path = self.path();
        let found = blocking(move || SourceIdentity::of(&path))
            .await
            .map_err(|e| self.unreadable(e))?;
        if found == self.identity {
            Ok(())
        } else {
            Err(self.changed())
        }
    }

    /// MD5 of a range; fails when the file ends inside it.
    pub(crate) async fn md5(&self, offset: u64, len: u64) -> Result<Md5Sum, DeliveryError> {
        let path = self.path();
        match blocking(move || md5_of(&path, offset, len)).await {
            Ok(Some(sum)) => Ok(sum),
            Ok(None) => Err(self.changed()),
            Err(e) => Err(self.unreadable(e)),
        }
    }

    pub(crate) fn changed(&self) -> DeliveryError {
        DeliveryError::SourceChanged {
            path: self.path.to_path_buf(),
        }
    }

    pub(crate) fn unreadable(&self, source: io::Error) -> DeliveryError {
        DeliveryError::SourceUnreadable {
            path: self.path.to_path_buf(),
            source,
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

fn md5_of(path: &Path, offset: u64, len: u64) -> io::Result<Option<Md5Sum>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut range = file.take(len);
    let mut block = vec![0; BLOCK];
    let mut hasher = Md5::new();
    let mut left = len;
    while left > 0 {
        let read = match range.read(&mut block) {
            Ok(0) => return Ok(None),
            Ok(read) => read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        hasher.update(block.get(..read).unwrap_or_default());
        left -= read as u64;
    }
    Ok(Some(Md5Sum::of(hasher)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, SourceFile) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.bin");
        std::fs::write(&path, bytes).unwrap();
        let identity = SourceIdentity::of(&path).unwrap();
        (dir, SourceFile::new(path, identity))
    }

    #[tokio::test]
    async fn a_range_is_hashed_by_itself() {
        let mut bytes = vec![1; BLOCK + 5];
        bytes.extend_from_slice(b"hello");
        let (_dir, file) = file(&bytes);
        let sum = file.md5(BLOCK as u64 + 5, 5).await.unwrap();
        assert_eq!(sum.to_string(), "5d41402abc4b2a76b9719d911017c592");
        assert!(matches!(
            file.md5(BLOCK as u64 + 5, 6).await,
            Err(DeliveryError::SourceChanged { .. })
        ));
    }

    #[tokio::test]
    async fn a_file_that_grew_was_touched_or_went_is_noticed() {
        let (dir, file) = file(b"hello");
        let path = dir.path().join("a.bin");
        file.check().await.unwrap();
        let touched = File::options().append(true).open(&path).unwrap();
        touched.set_modified(std::time::UNIX_EPOCH).unwrap();
        assert!(matches!(
            file.check().await,
            Err(DeliveryError::SourceChanged { .. })
        ));
        std::fs::write(&path, b"hello world").unwrap();
        assert!(matches!(
            file.check().await,
            Err(DeliveryError::SourceChanged { .. })
        ));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(
            file.check().await,
            Err(DeliveryError::SourceUnreadable { .. })
        ));
    }
}
