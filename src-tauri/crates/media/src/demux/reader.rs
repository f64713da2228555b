//! Fetches the bytes of single access units and audio frames.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use conform::{Container, Location, MediaIndex};

use super::input::io_error;
use super::ts::{
    Continuity, Framing, PACKET, Packet, Parsed, SNIFF_LEN, Step, header, is_synchronised, pid_of,
    resync,
};
use crate::error::MediaError;

/// Pictures in order come from one pass over the file in steps of this size.
const READ_AHEAD: usize = 1 << 20;
/// Sound is some per cent of a file with pictures, in lumps of some kB: most of what lies between them is not
/// read.
const SOUND_AHEAD: usize = 32 << 10;

/// Which track a unit belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrackKind {
    /// The indexed video track.
    Video,
    /// The indexed audio track.
    Audio,
}

/// Reads elementary-stream bytes of an indexed file.
#[derive(Debug)]
pub struct UnitReader {
    window: Window,
    /// MPEG-TS: where packets lie, and the PIDs of video and audio.
    transport: Option<(Framing, [Option<u16>; 2])>,
}

impl UnitReader {
    /// Opens the file that `index` describes.
    ///
    /// # Errors
    /// [`MediaError::Io`] when it can't be opened; [`MediaError::Damaged`] when it is another size
    /// than when it was indexed.
    pub fn open(path: &Path, index: &MediaIndex) -> Result<Self, MediaError> {
        let mut window = Window::open(path)?;
        if window.size != index.size {
            return Err(MediaError::Damaged {
                object: window.name,
                at: None,
                why: format!(
                    "it has {} bytes but had {} when it was indexed; index it again",
                    window.size, index.size
                ),
            });
        }
        let transport = if index.container == Container::MpegTs {
            let framing = Framing::detect(window.at(0, SNIFF_LEN)?);
            let framing = framing.ok_or_else(|| window.changed(0))?;
            let pid = |id: u32| u16::try_from(id).ok();
            let pids = [
                index.video.as_ref().and_then(|track| pid(track.track_id)),
                index.audio.as_ref().and_then(|track| pid(track.track_id)),
            ];
            Some((framing, pids))
        } else {
            None
        };
        Ok(Self { window, transport })
    }

    /// Reads the bytes at `location` into `out` (cleared first).
    ///
    /// # Errors
    /// [`MediaError::Damaged`] when the file no longer holds them, [`MediaError::Io`].
    pub fn read(
        &mut self,
        track: TrackKind,
        location: &Location,
        out: &mut Vec<u8>,
    ) -> Result<(), MediaError> {
        out.clear();
        self.window.ahead = match track {
            TrackKind::Video => READ_AHEAD,
            TrackKind::Audio => SOUND_AHEAD,
        };
        let len = location.len as usize;
        let end = location.offset.checked_add(u64::from(location.len));
        if end.is_none_or(|end| end > self.window.size) {
            return Err(self.window.changed(location.offset));
        }
        let Some((framing, [video, audio])) = self.transport else {
            return self.window.copy(location.offset, len, out);
        };
        let pid = match track {
            TrackKind::Video => video,
            TrackKind::Audio => audio,
        };
        let Some(pid) = pid else {
            return Err(self.window.changed(location.offset));
        };
        let mut assembly = Assembly {
            pid,
            skip: location.skip as usize,
            len,
            continuity: Continuity::default(),
            header: None,
        };
        let mut at = location.offset;
        while out.len() < len {
            let rest = self.window.at(at, PACKET)?;
            if rest.len() < PACKET {
                return Err(self.window.changed(location.offset));
            }
            let used = assembly.packets(rest, framing.stride, out);
            let Some(used) = used else {
                return Err(self.window.changed(location.offset));
            };
            at += used as u64;
        }
        Ok(())
    }
}

/// Puts a unit together from transport packets.
struct Assembly {
    pid: u16,
    /// Elementary-stream bytes still to pass over.
    skip: usize,
    len: usize,
    continuity: Continuity,
    /// What has been seen of a PES header that spans packets.
    header: Option<Vec<u8>>,
}

impl Assembly {
    /// Takes packets until the unit is complete or they end; the result is how many bytes were
    /// used, `None` when they are not what was indexed.
    fn packets(&mut self, bytes: &[u8], stride: usize, out: &mut Vec<u8>) -> Option<usize> {
        let mut next = 0;
        while out.len() < self.len
            && let Some(rest) = bytes.get(next..)
            && rest.len() >= PACKET
        {
            if !is_synchronised(rest) {
                next += resync(rest, stride).unwrap_or(rest.len() - PACKET + 1);
                continue;
            }
            if pid_of(rest) == self.pid
                && let Some(packet) = Packet::parse(rest)
            {
                self.packet(&packet, out)?;
            }
            next += stride;
        }
        Some(next)
    }

    fn packet(&mut self, packet: &Packet<'_>, out: &mut Vec<u8>) -> Option<()> {
        if packet.payload.is_empty() || self.continuity.step(packet) == Step::Duplicate {
            return Some(());
        }
        if packet.unit_start {
            self.header = Some(Vec::new());
        }
        let Some(mut head) = self.header.take() else {
            self.take(packet.payload, out);
            return Some(());
        };
        head.extend_from_slice(packet.payload);
        match header(&head) {
            Parsed::Header(found) => self.take(head.get(found.len..)?, out),
            Parsed::Incomplete => self.header = Some(head),
            Parsed::NoPes => return None,
        }
        Some(())
    }

    fn take(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        let wanted = (self.len - out.len()).min(bytes.len() - skipped);
        if let Some(bytes) = bytes.get(skipped..skipped + wanted) {
            out.extend_from_slice(bytes);
        }
    }
}

/// A stretch of the file in memory.
#[derive(Debug)]
struct Window {
    file: File,
    name: String,
    size: u64,
    bytes: Vec<u8>,
    start: u64,
    /// Bytes that are read at once, at least.
    ahead: usize,
}

impl Window {
    fn open(path: &Path) -> Result<Self, MediaError> {
        let name = path.display().to_string();
        let opened = File::open(path).and_then(|file| {
            let size = file.metadata()?.len();
            Ok((file, size))
        });
        let (file, size) = opened.map_err(|source| io_error(&name, source))?;
        Ok(Self {
            file,
            name,
            size,
            bytes: Vec::new(),
            start: 0,
            ahead: SOUND_AHEAD,
        })
    }

    fn changed(&self, offset: u64) -> MediaError {
        MediaError::Damaged {
            object: self.name.clone(),
            at: None,
            why: format!("byte {offset} no longer holds what was indexed; index it again"),
        }
    }

    /// What is in memory from `at` on.
    fn held(&self, at: u64) -> &[u8] {
        at.checked_sub(self.start)
            .and_then(|skip| usize::try_from(skip).ok())
            .and_then(|skip| self.bytes.get(skip..))
            .unwrap_or_default()
    }

    /// At least one packet of bytes at `at`, more when they are in memory, fewer at the end.
    fn at(&mut self, at: u64, len: usize) -> Result<&[u8], MediaError> {
        if self.held(at).len() < PACKET.min(len) {
            self.load(at, len.max(self.ahead))?;
        }
        Ok(self.held(at))
    }

    fn copy(&mut self, at: u64, len: usize, out: &mut Vec<u8>) -> Result<(), MediaError> {
        let held = self.held(at);
        let first = held.get(..held.len().min(len)).unwrap_or_default();
        out.extend_from_slice(first);
        let missing = len - out.len();
        if missing == 0 {
            return Ok(());
        }
        let from = at + out.len() as u64;
        self.load(from, missing.max(self.ahead))?;
        let Some(rest) = self.held(from).get(..missing) else {
            return Err(self.changed(at));
        };
        out.extend_from_slice(rest);
        Ok(())
    }

    fn load(&mut self, at: u64, len: usize) -> Result<(), MediaError> {
        let left = usize::try_from(self.size.saturating_sub(at)).unwrap_or(usize::MAX);
        self.bytes.resize(len.min(left), 0);
        self.start = at;
        let read = self
            .file
            .seek(SeekFrom::Start(at))
            .and_then(|_| self.file.read_exact(&mut self.bytes));
        read.map_err(|source| {
            self.bytes.clear();
            io_error(&self.name, source)
        })
    }
}
