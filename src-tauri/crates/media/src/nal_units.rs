//! NAL units as bytes, alike in H.264 and HEVC: two ways of framing them (ITU-T H.264 Annex B; ISO/IEC
//! 14496-15 §4.3.2), and the payload without its emulation prevention.
//!
//! A *NAL unit* here is its bytes from the header on, emulation prevention included, without start code
//! or length.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::demux::bits::BitString;
use crate::error::Malformed;

static START_CODE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(&[0, 0, 1]));

/// Offset of the next `00 00 01`.
#[must_use]
pub(crate) fn find_start_code(bytes: &[u8]) -> Option<usize> {
    START_CODE.find(bytes)
}

/// The NAL units of one access unit, however they are framed.
#[derive(Clone, Debug)]
pub(crate) enum NalUnits<'a> {
    /// What is left of a byte stream with start codes; always stands behind one.
    StartCodes(Option<&'a [u8]>),
    /// What is left of length-prefixed bytes, and the bytes of each length.
    Lengths(&'a [u8], u8),
}

impl<'a> NalUnits<'a> {
    /// NAL units of `bytes`, framed as [`VideoConfig::nal_length_size`] says.
    #[must_use]
    pub(crate) fn new(bytes: &'a [u8], nal_length_size: Option<u8>) -> Self {
        match nal_length_size {
            Some(size) => Self::Lengths(bytes, size),
            None => Self::StartCodes(after_start_code(bytes)),
        }
    }

    fn next_delimited(rest: &mut Option<&'a [u8]>) -> Option<&'a [u8]> {
        while let Some(bytes) = *rest {
            let end = find_start_code(bytes).unwrap_or(bytes.len());
            *rest = bytes.get(end + 3..);
            let nal = trim_trailing_zeros(bytes.get(..end).unwrap_or(bytes));
            if !nal.is_empty() {
                return Some(nal);
            }
        }
        None
    }

    fn next_counted(rest: &mut &'a [u8], size: u8) -> Option<Result<&'a [u8], Malformed>> {
        if rest.is_empty() {
            return None;
        }
        let unit = split_counted(rest, size);
        match unit {
            Some((nal, tail)) => {
                *rest = tail;
                Some(Ok(nal))
            }
            None => {
                *rest = &[];
                Some(Err(Malformed::new(
                    "a NAL unit is longer than the access unit that holds it",
                )))
            }
        }
    }
}

impl<'a> Iterator for NalUnits<'a> {
    type Item = Result<&'a [u8], Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::StartCodes(rest) => Self::next_delimited(rest).map(Ok),
            Self::Lengths(rest, size) => Self::next_counted(rest, *size),
        }
    }
}

fn after_start_code(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(find_start_code(bytes)? + 3..)
}

/// The first length-prefixed NAL unit and what lies behind it.
fn split_counted(bytes: &[u8], size: u8) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(usize::from(size))?;
    let length = length
        .iter()
        .fold(0usize, |value, byte| value << 8 | usize::from(*byte));
    rest.split_at_checked(length)
}

/// `trailing_zero_8bits` of Annex B belong to the framing, not to the NAL unit.
pub(crate) fn trim_trailing_zeros(nal: &[u8]) -> &[u8] {
    let end = nal.iter().rposition(|byte| *byte != 0).map_or(0, |i| i + 1);
    nal.get(..end).unwrap_or(nal)
}

/// The raw bytes of a NAL unit behind its header, `emulation_prevention_three_byte` removed.
///
/// Tolerant: sequences the syntax forbids are passed through.
#[must_use]
pub(crate) fn rbsp(nal: &[u8]) -> Vec<u8> {
    let mut raw = Vec::with_capacity(nal.len());
    let mut zeros = 0;
    for byte in nal.iter().skip(1) {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        raw.push(*byte);
    }
    raw
}

/// Bits as a NAL unit with this header: `rbsp_trailing_bits` close them.
pub(crate) fn closed(header: &[u8], mut bits: BitString) -> Vec<u8> {
    bits.push(1, 1);
    bits.align(false);
    escaped(header, &bits.into_bytes())
}

/// A payload, as [`rbsp`] gives it, as a NAL unit with this header: with emulation prevention (ITU-T H.264
/// §7.4.1, H.265 §7.3.1.1).
pub(crate) fn escaped(header: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut unit = Vec::with_capacity(header.len() + payload.len() + payload.len() / 64 + 1);
    unit.extend_from_slice(header);
    let mut zeros = 0;
    for byte in payload {
        if zeros == 2 && *byte <= 3 {
            unit.push(3);
            zeros = 0;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        unit.push(*byte);
    }
    // A payload that ends with zeros (`cabac_zero_word`) would lose them.
    if zeros > 0 {
        unit.push(3);
    }
    unit
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn annex_b(nals: &[&[u8]]) -> Vec<u8> {
        nals.iter().fold(Vec::new(), |mut bytes, nal| {
            bytes.extend_from_slice(&[0, 0, 0, 1]);
            bytes.extend_from_slice(nal);
            bytes
        })
    }

    pub(crate) fn counted(nals: &[&[u8]], size: usize) -> Vec<u8> {
        nals.iter().fold(Vec::new(), |mut bytes, nal| {
            bytes.extend_from_slice(&(nal.len() as u32).to_be_bytes()[4 - size..]);
            bytes.extend_from_slice(nal);
            bytes
        })
    }

    fn collect(bytes: &[u8], size: Option<u8>) -> Result<Vec<&[u8]>, Malformed> {
        NalUnits::new(bytes, size).collect()
    }

    #[test]
    fn both_framings_give_the_same_units() {
        let nals: [&[u8]; 3] = [&[9, 0xf0], &[0x65, 0x88, 0, 0, 3, 1], &[0x41, 0x9a]];
        assert_eq!(collect(&annex_b(&nals), None).unwrap(), nals);
        for size in 1..=4 {
            let bytes = counted(&nals, size);
            assert_eq!(collect(&bytes, Some(size as u8)).unwrap(), nals, "{size}");
        }
        let padded = [&annex_b(&nals)[..], &[0, 0, 0]].concat();
        assert_eq!(collect(&padded, None).unwrap(), nals, "trailing zeros");
        assert!(
            collect(&[0, 0, 1, 0, 0, 1, 0, 0, 0], None)
                .unwrap()
                .is_empty()
        );
        assert!(collect(&[], Some(4)).unwrap().is_empty());
        assert!(collect(&[0, 0, 0, 9, 1], Some(4)).is_err());
        assert!(collect(&[0, 0], Some(4)).is_err());
    }

    #[test]
    fn emulation_prevention_is_removed_once() {
        assert_eq!(rbsp(&[7, 0, 0, 3, 0, 0, 3, 1]), [0, 0, 0, 0, 1]);
        assert_eq!(rbsp(&[7, 0, 3, 0, 0, 0]), [0, 3, 0, 0, 0]);
        assert!(rbsp(&[]).is_empty());
    }
}
