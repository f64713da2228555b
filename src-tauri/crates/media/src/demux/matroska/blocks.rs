//! Blocks and lacing (RFC 9559 §10).

use conform::Location;

use super::ebml::{Element, id, int, read_element, uint, vint};
use crate::demux::input::Input;
use crate::error::{Malformed, MediaError};

/// Bytes of a block that hold its header and the sizes of its frames.
const HEAD: u64 = 64 << 10;

/// One frame of a track.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Time of its block.
    pub(super) ticks: i64,
    /// How many frames of the same block come before it.
    pub(super) lace: u32,
    pub(super) location: Location,
    /// The container calls it a random access point.
    pub(super) key: bool,
    /// Ticks of its block, when given.
    pub(super) duration: Option<i64>,
    /// Nanoseconds of decoded sound to drop at its end.
    pub(super) discard: i64,
}

/// A block of any track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) track: u32,
    /// Ticks from the cluster's time.
    pub(super) time: i16,
    pub(super) key: bool,
    pub(super) duration: Option<u64>,
    pub(super) discard: i64,
    /// Offset in the object and bytes of each frame.
    pub(super) frames: Vec<(u64, u32)>,
}

pub(super) enum Problem {
    Malformed(Malformed),
    Media(MediaError),
}

impl From<Malformed> for Problem {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error)
    }
}

impl From<MediaError> for Problem {
    fn from(error: MediaError) -> Self {
        Self::Media(error)
    }
}

/// Reads a `SimpleBlock` or a `BlockGroup` that ends at `end`; `None` for a group without block.
pub(super) fn read_block(
    input: &mut Input<'_>,
    element: Element,
    end: u64,
) -> Result<Option<Block>, Problem> {
    if element.id == id::SIMPLE_BLOCK {
        let head = input.peek(element.body, (end - element.body).min(HEAD) as usize)?;
        let (mut block, flags) = parse(head, element.body, end)?;
        block.key = flags & 0x80 != 0;
        return Ok(Some(block));
    }
    let mut found = None;
    let (mut duration, mut discard, mut refers) = (None, 0, false);
    let mut at = element.body;
    while at < end {
        let child = read_element(input, at)?;
        let Some((child, child_end)) = child.and_then(|c| Some((c, c.end.filter(|e| *e <= end)?)))
        else {
            return Err(Malformed::new("its group can't be read").into());
        };
        let len = (child_end - child.body).min(HEAD) as usize;
        match child.id {
            id::BLOCK => {
                let head = input.peek(child.body, len)?;
                found = Some(parse(head, child.body, child_end)?.0);
            }
            id::BLOCK_DURATION => duration = Some(uint(input.peek(child.body, len)?)),
            id::DISCARD_PADDING => discard = int(input.peek(child.body, len)?),
            id::REFERENCE_BLOCK => refers = true,
            _ => {}
        }
        at = child_end;
    }
    Ok(found.map(|block| Block {
        key: !refers,
        duration,
        discard,
        ..block
    }))
}

/// Reads a block of which `head` are the first bytes and which ends at `end`; also its flags.
fn parse(head: &[u8], start: u64, end: u64) -> Result<(Block, u8), Malformed> {
    let short = || Malformed::new("its header is cut off");
    let (track, len) = vint(head).ok_or_else(short)?;
    let track = track
        .and_then(|track| u32::try_from(track).ok())
        .ok_or_else(|| Malformed::new("its track number is out of range"))?;
    let Some(&[t0, t1, flags]) = head.get(len..len + 3) else {
        return Err(short());
    };
    let data = head.get(len + 3..).unwrap_or_default();
    let data_at = start + len as u64 + 3;
    let frames = match flags >> 1 & 3 {
        0 => Lacing {
            sizes: Vec::new(),
            header: 0,
        },
        1 => xiph(data)?,
        3 => ebml(data)?,
        _ => fixed(data, end - data_at)?,
    }
    .places(data_at, end)?;
    let block = Block {
        track,
        time: i16::from_be_bytes([t0, t1]),
        key: false,
        duration: None,
        discard: 0,
        frames,
    };
    Ok((block, flags))
}

/// Sizes of all frames but the last, which takes the rest.
struct Lacing {
    sizes: Vec<u64>,
    /// Bytes in front of the first frame.
    header: usize,
}

impl Lacing {
    fn places(self, data_at: u64, end: u64) -> Result<Vec<(u64, u32)>, Malformed> {
        let beyond = || Malformed::new("its frames are longer than the block");
        let mut at = data_at + self.header as u64;
        let mut places = Vec::with_capacity(self.sizes.len() + 1);
        for size in self.sizes {
            let next = at
                .checked_add(size)
                .filter(|next| *next <= end)
                .ok_or_else(beyond)?;
            places.push((at, u32::try_from(size).map_err(|_| beyond())?));
            at = next;
        }
        let rest = end.checked_sub(at).ok_or_else(beyond)?;
        places.push((at, u32::try_from(rest).map_err(|_| beyond())?));
        Ok(places)
    }
}

fn frame_count(data: &[u8]) -> Result<usize, Malformed> {
    let count = data
        .first()
        .ok_or_else(|| Malformed::new("its lacing is cut off"))?;
    Ok(usize::from(*count) + 1)
}

fn xiph(data: &[u8]) -> Result<Lacing, Malformed> {
    let count = frame_count(data)?;
    let mut bytes = data.iter().skip(1);
    let mut header = 1;
    let mut sizes = Vec::with_capacity(count);
    for _ in 1..count {
        let mut size = 0u64;
        loop {
            let byte = *bytes
                .next()
                .ok_or_else(|| Malformed::new("its lacing is cut off"))?;
            header += 1;
            size += u64::from(byte);
            if byte != 0xff {
                break;
            }
        }
        sizes.push(size);
    }
    Ok(Lacing { sizes, header })
}

fn ebml(data: &[u8]) -> Result<Lacing, Malformed> {
    let cut = || Malformed::new("its lacing is cut off");
    let count = frame_count(data)?;
    let mut header = 1;
    let mut sizes: Vec<u64> = Vec::with_capacity(count);
    for i in 1..count {
        let (value, len) = vint(data.get(header..).ok_or_else(cut)?).ok_or_else(cut)?;
        let value = value.ok_or_else(cut)?;
        header += len;
        let size = if i == 1 {
            Some(value)
        } else {
            // Differences are signed: the middle of the range is 0.
            let middle = (1i64 << (7 * len - 1)) - 1;
            let previous = sizes.last().copied().unwrap_or_default();
            i64::try_from(value)
                .ok()
                .and_then(|value| previous.checked_add_signed(value - middle))
        };
        sizes.push(size.ok_or_else(|| Malformed::new("its lacing has a negative size"))?);
    }
    Ok(Lacing { sizes, header })
}

fn fixed(data: &[u8], len: u64) -> Result<Lacing, Malformed> {
    let count = frame_count(data)?;
    let all = len.saturating_sub(1);
    if !all.is_multiple_of(count as u64) {
        return Err(Malformed::new("its frames are not of one size"));
    }
    Ok(Lacing {
        sizes: vec![all / count as u64; count - 1],
        header: 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(flags: u8, lacing: &[u8], data: usize) -> Result<Vec<u32>, Malformed> {
        let bytes = [&[0x81, 0, 5, flags][..], lacing, &vec![7; data]].concat();
        let (block, _) = parse(&bytes, 100, 100 + bytes.len() as u64)?;
        assert_eq!((block.track, block.time), (1, 5));
        let mut at = 104 + lacing.len() as u64;
        for (offset, len) in &block.frames {
            assert_eq!(*offset, at);
            at += u64::from(*len);
        }
        Ok(block.frames.iter().map(|(_, len)| *len).collect())
    }

    #[test]
    fn every_lacing_gives_its_sizes() {
        assert_eq!(sizes(0x80, &[], 10).unwrap(), [10]);
        assert_eq!(
            sizes(0x02, &[2, 255, 45, 100], 500).unwrap(),
            [300, 100, 100]
        );
        assert_eq!(sizes(0x04, &[2], 30).unwrap(), [10, 10, 10]);
        // The example of RFC 9559 §10.3.4: 800, 500, 1000.
        let ebml = [2, 0x43, 0x20, 0x5e, 0xd3];
        assert_eq!(sizes(0x06, &ebml, 2300).unwrap(), [800, 500, 1000]);
    }

    #[test]
    fn lacing_that_does_not_fit_is_refused() {
        assert!(sizes(0x02, &[2, 255, 45, 100], 300).is_err());
        assert!(sizes(0x02, &[], 0).is_err());
        assert!(sizes(0x02, &[1, 255], 0).is_err());
        assert!(sizes(0x04, &[2], 31).is_err());
        assert!(sizes(0x06, &[2, 0x43, 0x20], 0).is_err());
        assert!(sizes(0x06, &[2, 0x81, 0x80], 9).is_err(), "a negative size");
        assert!(parse(&[0x81, 0, 5], 0, 3).is_err());
        assert!(parse(&[0xff, 0, 5, 0, 1], 0, 5).is_err());
    }
}
