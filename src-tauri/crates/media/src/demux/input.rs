//! The object being indexed: random access through one read-ahead window, and its errors.

use std::io::{self, Read, Seek, SeekFrom};

use mediatime::RationalTime;
use tokio_util::sync::CancellationToken;

use crate::error::{Malformed, MediaError};

/// Bytes that can be read from any position.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// How many units an object of so many bytes is believed to have: what the index keeps of a unit stays
/// in proportion to the object, whatever its tables count.
pub(crate) fn most_units(object_size: u64) -> u64 {
    const SMALLEST: u64 = 8;
    object_size / SMALLEST
}

pub(crate) struct Input<'a> {
    source: &'a mut dyn ReadSeek,
    name: &'a str,
    size: u64,
    cancel: &'a CancellationToken,
    progress: &'a mut dyn FnMut(u64, u64),
    window: Vec<u8>,
    window_at: u64,
    /// Where the source stands, so that reading on needs no seek.
    source_at: u64,
    read_ahead: usize,
}

impl<'a> Input<'a> {
    pub(crate) fn new(
        source: &'a mut dyn ReadSeek,
        name: &'a str,
        cancel: &'a CancellationToken,
        progress: &'a mut dyn FnMut(u64, u64),
    ) -> Result<Self, MediaError> {
        let size = source
            .seek(SeekFrom::End(0))
            .map_err(|source| io_error(name, source))?;
        Ok(Self {
            source,
            name,
            size,
            cancel,
            progress,
            window: Vec::new(),
            window_at: 0,
            source_at: size,
            read_ahead: 64 << 10,
        })
    }

    pub(crate) fn name(&self) -> &'a str {
        self.name
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// How much is read at once from now on: a lot for a pass over everything, little for jumps.
    pub(crate) fn set_read_ahead(&mut self, bytes: usize) {
        self.read_ahead = bytes;
    }

    /// `len` bytes at `at`, or as many as the object has there.
    pub(crate) fn peek(&mut self, at: u64, len: usize) -> Result<&[u8], MediaError> {
        let left = usize::try_from(self.size.saturating_sub(at)).unwrap_or(usize::MAX);
        let len = len.min(left);
        // Behind the end there is nothing to read, wherever an object points to.
        if len == 0 {
            return Ok(&[]);
        }
        let inside = at >= self.window_at
            && at.saturating_add(len as u64) <= self.window_at + self.window.len() as u64;
        if !inside {
            self.fill(at, len.max(self.read_ahead.min(left)))?;
        }
        let start = usize::try_from(at.saturating_sub(self.window_at)).unwrap_or(usize::MAX);
        let end = start.saturating_add(len).min(self.window.len());
        Ok(self.window.get(start..end).unwrap_or_default())
    }

    /// Exactly `len` bytes at `at`; what they are goes into the message when the object ends first.
    pub(crate) fn exactly(&mut self, at: u64, len: usize, what: &str) -> Result<&[u8], MediaError> {
        let size = self.size;
        if at.checked_add(len as u64).is_none_or(|end| end > size) {
            return Err(self.damaged(
                None,
                format!("{what} at byte {at} is cut off: the object ends at byte {size}"),
            ));
        }
        self.peek(at, len)
    }

    fn fill(&mut self, at: u64, len: usize) -> Result<(), MediaError> {
        if self.cancel.is_cancelled() {
            return Err(MediaError::Cancelled);
        }
        (self.progress)(at, self.size);
        // Should reading fail half-way, nothing stale is left to be taken for data.
        self.window_at = at;
        let mut window = std::mem::take(&mut self.window);
        window.clear();
        self.read_all(at, len, &mut window)
            .map_err(|source| io_error(self.name, source))?;
        self.window = window;
        Ok(())
    }

    /// The buffer grows as bytes come: what an object says of itself costs no memory.
    fn read_all(&mut self, at: u64, len: usize, buffer: &mut Vec<u8>) -> io::Result<()> {
        if self.source_at != at {
            self.source.seek(SeekFrom::Start(at))?;
        }
        self.source_at = u64::MAX;
        buffer.reserve(len.min(1 << 20));
        let mut part = (&mut *self.source).take(len as u64);
        if part.read_to_end(buffer)? < len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.source_at = at + len as u64;
        Ok(())
    }

    pub(crate) fn report_done(&mut self) {
        (self.progress)(self.size, self.size);
    }

    pub(crate) fn check_cancelled(&self) -> Result<(), MediaError> {
        if self.cancel.is_cancelled() {
            return Err(MediaError::Cancelled);
        }
        Ok(())
    }

    pub(crate) fn not_media(&self, why: impl Into<String>) -> MediaError {
        MediaError::NotMedia {
            name: self.name.to_owned(),
            why: why.into(),
        }
    }

    pub(crate) fn damaged(&self, at: Option<RationalTime>, why: impl Into<String>) -> MediaError {
        MediaError::Damaged {
            object: self.name.to_owned(),
            at,
            why: why.into(),
        }
    }

    pub(crate) fn malformed(&self, error: &Malformed) -> MediaError {
        self.damaged(None, error.to_string())
    }

    pub(crate) fn unsupported(
        &self,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> MediaError {
        MediaError::Unsupported {
            object: self.name.to_owned(),
            what: what.into(),
            hint: hint.into(),
        }
    }
}

pub(crate) fn io_error(object: &str, source: io::Error) -> MediaError {
    MediaError::Io {
        object: object.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn the_window_moves_and_stops_at_the_end() {
        let data: Vec<u8> = (0..=255).collect();
        let mut source = Cursor::new(data.clone());
        let cancel = CancellationToken::new();
        let mut seen = Vec::new();
        let mut progress = |done, total| seen.push((done, total));
        let mut input = Input::new(&mut source, "x", &cancel, &mut progress).unwrap();
        input.set_read_ahead(16);
        assert_eq!(input.peek(0, 4).unwrap(), &data[..4]);
        assert_eq!(input.peek(12, 8).unwrap(), &data[12..20]);
        assert_eq!(input.peek(250, 100).unwrap(), &data[250..]);
        assert_eq!(input.peek(2, 200).unwrap(), &data[2..202]);
        assert!(input.peek(999, 1).unwrap().is_empty(), "and reads nothing");
        assert_eq!(input.exactly(250, 6, "the end").unwrap().len(), 6);
        let error = input.exactly(250, 7, "the end").unwrap_err();
        assert_eq!(
            error.to_string(),
            "x is damaged: the end at byte 250 is cut off: the object ends at byte 256"
        );
        cancel.cancel();
        assert!(matches!(input.peek(0, 4), Err(MediaError::Cancelled)));
        assert_eq!(seen[0], (0, 256));
        assert!(seen.iter().all(|(done, _)| *done <= 256));
    }
}
