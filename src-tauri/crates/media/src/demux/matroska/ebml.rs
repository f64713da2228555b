//! EBML elements (RFC 8794): an id, a size, a body.

use crate::demux::input::Input;
use crate::error::{Malformed, MediaError};

/// Element ids, RFC 9559 §5.
pub(super) mod id {
    pub(in crate::demux::matroska) const EBML: u32 = 0x1a45_dfa3;
    pub(in crate::demux::matroska) const DOC_TYPE: u32 = 0x4282;
    pub(in crate::demux::matroska) const SEGMENT: u32 = 0x1853_8067;
    pub(in crate::demux::matroska) const SEEK_HEAD: u32 = 0x114d_9b74;
    pub(in crate::demux::matroska) const INFO: u32 = 0x1549_a966;
    pub(in crate::demux::matroska) const TRACKS: u32 = 0x1654_ae6b;
    pub(in crate::demux::matroska) const CLUSTER: u32 = 0x1f43_b675;
    pub(in crate::demux::matroska) const CUES: u32 = 0x1c53_bb6b;
    pub(in crate::demux::matroska) const CHAPTERS: u32 = 0x1043_a770;
    pub(in crate::demux::matroska) const ATTACHMENTS: u32 = 0x1941_a469;
    pub(in crate::demux::matroska) const TAGS: u32 = 0x1254_c367;
    pub(in crate::demux::matroska) const TIMESTAMP_SCALE: u32 = 0x2a_d7b1;
    pub(in crate::demux::matroska) const TIMESTAMP: u32 = 0xe7;
    pub(in crate::demux::matroska) const SIMPLE_BLOCK: u32 = 0xa3;
    pub(in crate::demux::matroska) const BLOCK_GROUP: u32 = 0xa0;
    pub(in crate::demux::matroska) const BLOCK: u32 = 0xa1;
    pub(in crate::demux::matroska) const BLOCK_DURATION: u32 = 0x9b;
    pub(in crate::demux::matroska) const REFERENCE_BLOCK: u32 = 0xfb;
    pub(in crate::demux::matroska) const DISCARD_PADDING: u32 = 0x75a2;
    pub(in crate::demux::matroska) const TRACK_ENTRY: u32 = 0xae;
}

/// An element of the file: where its body lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    pub(super) id: u32,
    pub(super) start: u64,
    pub(super) body: u64,
    /// `None` when the size is unknown; may lie outside of the file.
    pub(super) end: Option<u64>,
}

impl Element {
    /// Whether it can only be a child of the segment, and so ends a cluster of unknown size.
    pub(super) fn is_top_level(&self) -> bool {
        matches!(
            self.id,
            id::EBML
                | id::SEGMENT
                | id::SEEK_HEAD
                | id::INFO
                | id::TRACKS
                | id::CLUSTER
                | id::CUES
                | id::CHAPTERS
                | id::ATTACHMENTS
                | id::TAGS
        )
    }
}

/// The element at `at`; `None` when there is none.
pub(super) fn read_element(input: &mut Input<'_>, at: u64) -> Result<Option<Element>, MediaError> {
    let head = input.peek(at, 12)?;
    let Some((id, size, len)) = parse_head(head) else {
        return Ok(None);
    };
    let body = at + len as u64;
    Ok(Some(Element {
        id,
        start: at,
        body,
        end: size.map(|size| body.saturating_add(size)),
    }))
}

/// Id, size (`None`: unknown) and bytes of an element's head.
fn parse_head(bytes: &[u8]) -> Option<(u32, Option<u64>, usize)> {
    let id_len = bytes.first()?.leading_zeros() as usize + 1;
    if id_len > 4 {
        return None;
    }
    let id = bytes
        .get(..id_len)?
        .iter()
        .fold(0u32, |value, byte| value << 8 | u32::from(*byte));
    let (size, size_len) = vint(bytes.get(id_len..)?)?;
    Some((id, size, id_len + size_len))
}

/// A number of variable length and its bytes; `None` inside when all its bits are set.
pub(super) fn vint(bytes: &[u8]) -> Option<(Option<u64>, usize)> {
    let first = *bytes.first()?;
    let len = first.leading_zeros() as usize + 1;
    if len > 8 {
        return None;
    }
    let mask = (1u64 << (7 * len)) - 1;
    let value = bytes
        .get(..len)?
        .iter()
        .fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    let value = value & mask;
    Some(((value != mask).then_some(value), len))
}

/// The elements inside the body of another.
#[derive(Clone, Copy)]
pub(super) struct Elements<'a>(pub(super) &'a [u8]);

impl<'a> Elements<'a> {
    pub(super) fn find(self, id: u32) -> Option<&'a [u8]> {
        self.map_while(Result::ok)
            .find(|(found, _)| *found == id)
            .map(|(_, body)| body)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<(u32, &'a [u8]), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = std::mem::take(&mut self.0);
        if bytes.is_empty() {
            return None;
        }
        let Some((id, Some(size), len)) = parse_head(bytes) else {
            return Some(Err(Malformed::new("an element can't be read")));
        };
        let end = usize::try_from(size)
            .ok()
            .and_then(|size| len.checked_add(size));
        match end.and_then(|end| Some((bytes.get(len..end)?, bytes.get(end..)?))) {
            Some((body, rest)) => {
                self.0 = rest;
                Some(Ok((id, body)))
            }
            None => Some(Err(Malformed::new(format!(
                "the element {id:x} is longer than the one that holds it"
            )))),
        }
    }
}

/// An unsigned integer of up to 8 bytes.
pub(super) fn uint(body: &[u8]) -> u64 {
    body.iter()
        .take(8)
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// A signed integer of up to 8 bytes.
pub(super) fn int(body: &[u8]) -> i64 {
    let fill = match body.first() {
        Some(first) if first & 0x80 != 0 => -1,
        _ => 0,
    };
    body.iter()
        .take(8)
        .fold(fill, |value, byte| value << 8 | i64::from(*byte))
}

/// A float of 4 or 8 bytes.
pub(super) fn float(body: &[u8]) -> Option<f64> {
    match body.len() {
        4 => Some(f64::from(f32::from_bits(uint(body) as u32))),
        8 => Some(f64::from_bits(uint(body))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_variable_length() {
        assert_eq!(vint(&[0x81]), Some((Some(1), 1)));
        assert_eq!(vint(&[0x40, 0x02]), Some((Some(2), 2)));
        assert_eq!(vint(&[0xff]), Some((None, 1)));
        assert_eq!(
            vint(&[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            Some((None, 8))
        );
        assert_eq!(vint(&[0x40]), None);
        assert_eq!(vint(&[0]), None);
        assert_eq!(vint(&[]), None);
        assert_eq!(int(&[0xff, 0xfe]), -2);
        assert_eq!(int(&[0x7f]), 127);
        assert_eq!(uint(&[1, 0]), 256);
        assert_eq!(float(&48_000f32.to_be_bytes()), Some(48_000.0));
        assert_eq!(float(&44_100f64.to_be_bytes()), Some(44_100.0));
        assert_eq!(float(&[1]), None);
    }

    #[test]
    fn elements_end_inside_what_holds_them() {
        let bytes = [0xe7, 0x82, 1, 2, 0x42, 0x82, 0x81, 9];
        let all: Vec<_> = Elements(&bytes).collect::<Result<_, _>>().unwrap();
        assert_eq!(all, [(0xe7, &[1u8, 2][..]), (0x4282, &[9])]);
        assert_eq!(Elements(&bytes).find(0x4282), Some(&[9][..]));
        assert!(Elements(&[0xe7, 0x83, 1, 2]).next().unwrap().is_err());
        assert!(Elements(&[0xe7, 0xff]).next().unwrap().is_err());
        assert!(
            Elements(&[0xe7, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe])
                .next()
                .unwrap()
                .is_err()
        );
        assert!(Elements(&[0]).next().unwrap().is_err());
    }
}
