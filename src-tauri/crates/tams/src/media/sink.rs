//! Where the bytes of an object go.

use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use crate::error::TamsError;

/// Takes the bytes of one object in order. What it has from before is not fetched again.
#[async_trait]
pub trait ObjectSink: Send {
    /// How many bytes it has.
    fn have(&self) -> u64;

    /// Forgets all bytes: the object comes from its start.
    ///
    /// # Errors
    ///
    /// [`TamsError::File`] or whatever the sink fails with.
    async fn restart(&mut self) -> Result<(), TamsError>;

    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// [`TamsError::File`] or whatever the sink fails with.
    async fn write(&mut self, bytes: &[u8]) -> Result<(), TamsError>;

    /// The object is whole.
    ///
    /// # Errors
    ///
    /// [`TamsError::File`] or whatever the sink fails with.
    async fn finish(&mut self) -> Result<(), TamsError>;
}

/// A file that appears under its name when the object is whole and on the disk.
///
/// Until then it is `.NAME.partial` beside it, which the next try goes on with. Only one sink can
/// have it open.
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    partial: PathBuf,
    file: File,
    have: u64,
}

impl FileSink {
    /// Opens the partial file for `path`, with what an earlier try left in it.
    ///
    /// # Errors
    ///
    /// [`TamsError::File`] when it can't be written, or another sink has it open.
    pub async fn create(path: impl Into<PathBuf>) -> Result<Self, TamsError> {
        let path = path.into();
        let name = path
            .file_name()
            .ok_or_else(|| written(&path, io::ErrorKind::InvalidInput.into()))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(".partial");
        let partial = path.with_file_name(hidden);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&partial)
            .await
            .map_err(|source| written(&partial, source))?
            .into_std()
            .await;
        file.try_lock().map_err(|error| {
            written(
                &partial,
                match error {
                    std::fs::TryLockError::Error(source) => source,
                    std::fs::TryLockError::WouldBlock => io::ErrorKind::WouldBlock.into(),
                },
            )
        })?;
        if !is_still(&file, &partial) {
            // It got its name between the opening and the lock: what is locked is whole, and not ours.
            return Err(written(&partial, io::ErrorKind::WouldBlock.into()));
        }
        let mut file = File::from_std(file);
        let have = file
            .seek(io::SeekFrom::End(0))
            .await
            .map_err(|source| written(&partial, source))?;
        Ok(Self {
            path,
            partial,
            file,
            have,
        })
    }
}

#[async_trait]
impl ObjectSink for FileSink {
    fn have(&self) -> u64 {
        self.have
    }

    async fn restart(&mut self) -> Result<(), TamsError> {
        self.have = 0;
        let cut = async {
            self.file.flush().await?;
            self.file.set_len(0).await?;
            self.file.seek(io::SeekFrom::Start(0)).await
        };
        cut.await
            .map(drop)
            .map_err(|source| written(&self.partial, source))
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), TamsError> {
        self.file
            .write_all(bytes)
            .await
            .map_err(|source| written(&self.partial, source))?;
        self.have += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), TamsError> {
        let put = async {
            self.file.flush().await?;
            self.file.sync_all().await?;
            tokio::fs::rename(&self.partial, &self.path).await?;
            sync_folder(&self.path).await
        };
        put.await.map_err(|source| written(&self.path, source))
    }
}

/// Whether `path` still names the open `file`.
fn is_still(file: &std::fs::File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (file.metadata(), std::fs::metadata(path)) else {
        return false;
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        (open.dev(), open.ino()) == (named.dev(), named.ino())
    }
    // Elsewhere an open file can't be renamed.
    #[cfg(not(unix))]
    {
        open.len() == named.len()
    }
}

/// The rename is on the disk when its folder is.
async fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        File::open(folder).await?.sync_all().await?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn written(path: &Path, source: io::Error) -> TamsError {
    TamsError::File {
        path: path.to_owned(),
        doing: "written",
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_appears_when_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("object.mp4");
        let mut sink = FileSink::create(&path).await.unwrap();
        sink.write(b"hel").await.unwrap();
        assert!(FileSink::create(&path).await.is_err());
        sink.file.flush().await.unwrap();
        drop(sink);
        assert!(!path.exists());

        let mut sink = FileSink::create(&path).await.unwrap();
        assert_eq!(sink.have(), 3);
        sink.write(b"lo").await.unwrap();
        sink.finish().await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"hello");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);

        let mut sink = FileSink::create(&path).await.unwrap();
        sink.write(b"wrong").await.unwrap();
        sink.restart().await.unwrap();
        sink.write(b"new").await.unwrap();
        sink.finish().await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
    }
}
