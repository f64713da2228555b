//! Boxes: a size, a type, a body (ISO/IEC 14496-12 §4.2).

use std::fmt;

use crate::demux::bits::Fields;
use crate::demux::input::Input;
use crate::error::{Malformed, MediaError};

/// A box type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct FourCc(pub(super) [u8; 4]);

impl fmt::Display for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(String::from_utf8_lossy(&self.0).trim_end())
    }
}

/// A box of the file: where its body lies.
#[derive(Clone, Copy)]
pub(super) struct BoxHead {
    pub(super) kind: FourCc,
    /// First byte of the box.
    pub(super) start: u64,
    /// First byte behind size and type.
    pub(super) body: u64,
    /// First byte behind the box; may lie outside the file when that is cut off.
    pub(super) end: u64,
}

/// The box at `at`; `None` when there is none.
pub(super) fn read_head(input: &mut Input<'_>, at: u64) -> Result<Option<BoxHead>, MediaError> {
    let file_end = input.size();
    let bytes = input.peek(at, 16)?;
    let Ok((kind, size, head)) = parse_head(bytes) else {
        return Ok(None);
    };
    let end = match size {
        0 => file_end,
        _ if size < head => return Ok(None),
        _ => at.saturating_add(size),
    };
    Ok(Some(BoxHead {
        kind,
        start: at,
        body: at + head,
        end,
    }))
}

/// Type, size (0: to the end) and bytes of the head.
fn parse_head(bytes: &[u8]) -> Result<(FourCc, u64, u64), Malformed> {
    let mut fields = Fields::new(bytes, "a box");
    let size = fields.u32()?;
    let kind = FourCc(fields.fourcc()?);
    if !kind
        .0
        .iter()
        .all(|c| (0x20..0x7f).contains(c) || *c == 0xa9)
    {
        return Err(Malformed::new("a box has no readable type"));
    }
    match size {
        1 => Ok((kind, fields.u64()?, 16)),
        _ => Ok((kind, u64::from(size), 8)),
    }
}

/// The boxes inside the body of another.
#[derive(Clone, Copy)]
pub(super) struct Boxes<'a>(pub(super) &'a [u8]);

impl<'a> Boxes<'a> {
    /// Those inside `body`, once it is sure that they can be told apart to the end.
    pub(super) fn checked(body: &'a [u8]) -> Result<Self, Malformed> {
        let boxes = Self(body);
        for child in boxes {
            child?;
        }
        Ok(boxes)
    }

    /// The first box of a type; `None` when there is none before the end or before something that
    /// is no box.
    pub(super) fn find(self, kind: &[u8; 4]) -> Option<&'a [u8]> {
        self.map_while(Result::ok)
            .find(|(found, _)| found.0 == *kind)
            .map(|(_, body)| body)
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<(FourCc, &'a [u8]), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        // QuickTime ends some lists with four bytes of zeros, other writers with more.
        if self.0.get(..8).is_none_or(|head| head == [0; 8]) {
            return None;
        }
        let bytes = std::mem::take(&mut self.0);
        let (kind, size, head) = match parse_head(bytes) {
            Ok(head) => head,
            Err(error) => return Some(Err(error)),
        };
        let size = match size {
            0 => bytes.len(),
            _ => usize::try_from(size).unwrap_or(usize::MAX),
        };
        let Some((whole, rest)) = bytes.split_at_checked(size) else {
            return Some(Err(Malformed::new(format!(
                "the box {kind} is longer than the box that holds it"
            ))));
        };
        let Some(body) = whole.get(head as usize..) else {
            return Some(Err(Malformed::new(format!(
                "the box {kind} is shorter than its head"
            ))));
        };
        self.0 = rest;
        Some(Ok((kind, body)))
    }
}

/// Version and flags of a full box, and the fields behind them.
pub(super) fn full_box<'a>(
    body: &'a [u8],
    what: &'static str,
) -> Result<(u8, u32, Fields<'a>), Malformed> {
    let mut fields = Fields::new(body, what);
    let version = fields.u8()?;
    let flags = fields.u24()?;
    Ok((version, flags, fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_nest_and_end() {
        let bytes = [
            &[0, 0, 0, 9][..],
            b"free",
            &[7],
            &[0, 0, 0, 1],
            b"mdat",
            &[0, 0, 0, 0, 0, 0, 0, 18],
            &[1, 2],
            &[0, 0, 0, 0],
            b"tail",
            &[5],
        ]
        .concat();
        let all: Vec<_> = Boxes(&bytes).collect::<Result<_, _>>().unwrap();
        let bodies: Vec<&[u8]> = all.iter().map(|(_, body)| *body).collect();
        assert_eq!(bodies, [&[7][..], &[1, 2], &[5]]);
        assert_eq!(Boxes(&bytes).find(b"tail"), Some(&[5][..]));
        assert_eq!(Boxes(&bytes).find(b"none"), None);
        assert_eq!(Boxes(&[0, 0, 0, 0]).count(), 0);
    }

    #[test]
    fn sizes_are_checked() {
        for size in [2u8, 7, 10] {
            let bytes = [&[0, 0, 0, size][..], b"free", &[]].concat();
            assert!(Boxes(&bytes).next().unwrap().is_err(), "size {size}");
        }
        assert!(Boxes(&[0, 0, 0, 8, 0, 1, 2, 3]).next().unwrap().is_err());
    }
}
