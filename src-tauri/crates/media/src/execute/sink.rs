//! Where the bytes of an output go: into its file, hashed on the way, or nowhere.

use super::digest::Digester;
use bytes::Bytes;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

/// Bytes that are written at once.
const BLOCK: usize = 512 << 10;

/// Where the bytes of an output go.
#[derive(Debug)]
pub(super) enum Sink {
    /// Into a file.
    File(OutputFile),
    /// Nowhere, but for what was written first, and what was written over it later.
    Head(Head),
}

/// A file that is written from its start to its end, and hashed on the way.
///
/// A container may write its head anew when it is complete. A hash needs it first: what the head will be is
/// said before, and the hash stands if it came to be just that.
#[derive(Debug)]
pub(super) struct OutputFile {
    file: File,
    block: Vec<u8>,
    /// Where `block` belongs.
    position: u64,
    /// How much was written.
    end: u64,
    foretold: Vec<u8>,
    /// The head as it was written last.
    head: Vec<u8>,
    /// `None` when what is written is not what was foretold.
    hash: Option<Digester>,
}

impl OutputFile {
    /// Hashes what will begin with `foretold`.
    pub(super) fn hashed(file: File, foretold: Vec<u8>) -> Self {
        let hash = Digester::start();
        hash.update(Bytes::from(foretold.clone()));
        Self {
            hash: Some(hash),
            head: vec![0; foretold.len()],
            foretold,
            ..Self::plain(file)
        }
    }

    /// Hashes nothing.
    pub(super) fn plain(file: File) -> Self {
        Self {
            file,
            block: Vec::with_capacity(BLOCK),
            position: 0,
            end: 0,
            foretold: Vec::new(),
            head: Vec::new(),
            hash: None,
        }
    }

    /// The SHA-256 of the complete file, hex; `None` where it has to be read for it.
    pub(super) fn finish(mut self) -> io::Result<Option<String>> {
        self.write_block()?;
        let is_as_foretold = self.head == self.foretold;
        let hash = self.hash.filter(|_| is_as_foretold);
        Ok(hash.map(Digester::finish))
    }

    fn write_block(&mut self) -> io::Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        self.file.write_all(&self.block)?;
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK));
        let length = block.len() as u64;
        if self.hash.is_some() {
            let in_head = overlay(&mut self.head, &block, self.position);
            let behind = Bytes::from(block).slice(in_head..);
            if !behind.is_empty() {
                match &self.hash {
                    Some(hash)
                        if self.position + in_head as u64
                            == self.end.max(self.head.len() as u64) =>
                    {
                        hash.update(behind);
                    }
                    // Something that is hashed already is written anew.
                    _ => self.hash = None,
                }
            }
        }
        self.position += length;
        self.end = self.end.max(self.position);
        Ok(())
    }
}

/// Writes what lies within the head into it, and tells how much of `data` that is.
fn overlay(head: &mut [u8], data: &[u8], at: u64) -> usize {
    let start = usize::try_from(at).unwrap_or(usize::MAX).min(head.len());
    let count = data.len().min(head.len() - start);
    head[start..start + count].copy_from_slice(&data[..count]);
    count
}

impl Write for OutputFile {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.block.extend_from_slice(data);
        if self.block.len() >= BLOCK {
            self.write_block()?;
        }
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_block()
    }
}

impl Seek for OutputFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.write_block()?;
        self.position = self.file.seek(to)?;
        Ok(self.position)
    }
}

/// What was written first.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) bytes: Vec<u8>,
    position: u64,
}

impl Write for Head {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.bytes.is_empty() {
            self.bytes = data.to_vec();
        } else {
            overlay(&mut self.bytes, data, self.position);
        }
        self.position += data.len() as u64;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Head {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Start(at) => self.position = at,
            SeekFrom::Current(by) => self.position = self.position.saturating_add_signed(by),
            SeekFrom::End(_) => return Err(io::ErrorKind::Unsupported.into()),
        }
        Ok(self.position)
    }
}

impl Write for Sink {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(data),
            Self::Head(head) => head.write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Head(head) => head.flush(),
        }
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Head(head) => head.seek(to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    /// A head of 4 bytes, a body, and the head anew.
    fn written(foretold: &[u8], body: &[u8], anew: &[(u64, &[u8])]) -> (Option<String>, Vec<u8>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut out = OutputFile::hashed(file.reopen().unwrap(), foretold.to_vec());
        out.write_all(b"....").unwrap();
        for part in body.chunks(300_001) {
            out.write_all(part).unwrap();
        }
        for (at, data) in anew {
            out.seek(SeekFrom::Start(*at)).unwrap();
            out.write_all(data).unwrap();
        }
        (out.finish().unwrap(), std::fs::read(file.path()).unwrap())
    }

    #[test]
    fn a_hash_stands_when_the_head_is_as_foretold() {
        let body: Vec<u8> = (0..2_000_000_u32).map(|i| (i * 7 % 251) as u8).collect();
        let (hash, bytes) = written(b"head", &body, &[(0, b"he"), (2, b"ad")]);
        assert_eq!(bytes, [b"head", body.as_slice()].concat());
        assert_eq!(hash.unwrap(), super::super::hex(&Sha256::digest(&bytes)));
        let (hash, _) = written(b"head", &body, &[(0, b"hat!")]);
        assert_eq!(hash, None, "another head");
        let (hash, _) = written(b"head", &body, &[(0, b"head"), (9, b"x")]);
        assert_eq!(hash, None, "the body was changed");
        let (hash, bytes) = written(b"", b"all in order", &[]);
        assert_eq!(bytes, b"....all in order");
        assert_eq!(hash.unwrap(), super::super::hex(&Sha256::digest(&bytes)));
        let (hash, _) = written(b"", b"all in order", &[(0, b"no")]);
        assert_eq!(hash, None);
    }

    #[test]
    fn of_a_head_the_last_words_count() {
        let mut head = Head::default();
        head.write_all(b"head").unwrap();
        head.write_all(b"body").unwrap();
        head.seek(SeekFrom::Start(2)).unwrap();
        head.write_all(b"roic").unwrap();
        assert_eq!(head.bytes, b"hero");
    }
}
