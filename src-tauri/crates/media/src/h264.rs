//! H.264 as bytes: NAL units, parameter sets, slice headers, and the two ways of framing them
//! (ITU-T H.264 §7.3 and Annex B; ISO/IEC 14496-15 §5).
//!
//! A *NAL unit* here is its bytes from the header byte on, emulation prevention included, without
//! start code or length. Only `graft` rewrites the inside of one, and only an encoder's.

mod avcc;
mod captions;
mod graft;
mod header;
#[cfg(test)]
mod hostile;
mod sets;
mod slice;

use std::sync::LazyLock;

use conform::{UnitKind, VideoConfig};
use memchr::memmem::Finder;

use crate::error::Malformed;

pub(crate) use avcc::{build_avcc, parse_avcc};
pub(crate) use captions::{caption_message, in_front_of_slices};
pub(crate) use graft::Graft;
pub(crate) use header::{PpsLayout, SliceLayout, SpsLayout};
pub(crate) use sets::{ParameterSets, SpsSyntax, pps_ids_of, sequence_facts, sps_ids_of};
pub(crate) use slice::{FieldParity, PictureOrder, SliceHead};

/// `nal_unit_type` values, ITU-T H.264 table 7-1.
pub(crate) mod nal {
    /// Coded slice of a picture that is no IDR picture.
    pub(crate) const SLICE: u8 = 1;
    /// Coded slice data partition A, the one with the slice header.
    pub(crate) const PARTITION_A: u8 = 2;
    /// Coded slice of an IDR picture.
    pub(crate) const IDR: u8 = 5;
    /// Supplemental enhancement information.
    pub(crate) const SEI: u8 = 6;
    /// Sequence parameter set.
    pub(crate) const SPS: u8 = 7;
    /// Picture parameter set.
    pub(crate) const PPS: u8 = 8;
    /// Access unit delimiter.
    pub(crate) const AUD: u8 = 9;
}

static START_CODE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(&[0, 0, 1]));

/// Offset of the next `00 00 01`.
#[must_use]
pub(crate) fn find_start_code(bytes: &[u8]) -> Option<usize> {
    START_CODE.find(bytes)
}

/// `nal_unit_type`, or `None` for no bytes.
#[must_use]
pub(crate) fn nal_type(nal: &[u8]) -> Option<u8> {
    nal.first().map(|header| header & 0x1f)
}

/// `nal_ref_idc`: 0 when no other picture refers to this one.
#[must_use]
pub(crate) fn nal_ref_idc(nal: &[u8]) -> u8 {
    nal.first().map_or(0, |header| header >> 5 & 3)
}

/// No other picture refers to this one, which has 4-byte lengths (§7.4.1, `nal_ref_idc`).
#[must_use]
pub(crate) fn is_disposable(data: &[u8]) -> bool {
    let mut slices = NalUnits::new(data, Some(4)).filter(|found| {
        found.as_ref().map_or(true, |found| {
            matches!(nal_type(found), Some(nal::SLICE..=nal::IDR))
        })
    });
    let referred = |found: Result<&[u8], _>| found.map_or(true, |found| nal_ref_idc(found) > 0);
    slices.next().is_some_and(|first| !referred(first)) && !slices.any(referred)
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

/// Frames an access unit with lengths of 4 bytes, as `avc1` wants it, into `out` (cleared first).
///
/// Access unit delimiters and parameter sets equal to those of `config` are left out; every other
/// NAL unit stays byte for byte. An access unit that has such lengths already and carries no
/// parameter sets is copied unchanged.
///
/// # Errors
/// [`Malformed`] when a length leads outside the access unit or nothing is left of it.
pub(crate) fn to_length_prefixed(
    unit: &[u8],
    config: &VideoConfig,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    out.clear();
    if config.nal_length_size == Some(4) && !carries_parameter_sets(unit)? {
        out.extend_from_slice(unit);
        return Ok(());
    }
    for nal in NalUnits::new(unit, config.nal_length_size) {
        let nal = nal?;
        if is_redundant(nal, config) {
            continue;
        }
        let length = u32::try_from(nal.len())
            .map_err(|_| Malformed::new("a NAL unit is longer than 4 GiB"))?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(nal);
    }
    if out.is_empty() {
        return Err(Malformed::new("an access unit holds no picture"));
    }
    Ok(())
}

fn carries_parameter_sets(unit: &[u8]) -> Result<bool, Malformed> {
    let mut found = false;
    for nal in NalUnits::new(unit, Some(4)) {
        found |= matches!(nal_type(nal?), Some(nal::SPS | nal::PPS));
    }
    Ok(found)
}

fn is_redundant(nal: &[u8], config: &VideoConfig) -> bool {
    match nal_type(nal) {
        None | Some(nal::AUD) => true,
        Some(nal::SPS) => config.sps.iter().any(|set| set == nal),
        Some(nal::PPS) => config.pps.iter().any(|set| set == nal),
        Some(_) => false,
    }
}

/// What the NAL units up to the first slice of an access unit tell.
#[derive(Clone, Debug, Default)]
pub(crate) struct PictureStart {
    /// An IDR slice was seen.
    pub(crate) idr: bool,
    /// The first slice is an I or SI slice.
    pub(crate) intra: bool,
    /// A recovery point SEI message says that decoding may start here at once.
    pub(crate) recovery_point: bool,
    /// A recovery point SEI message says that the picture is right only after more pictures.
    pub(crate) gradual: bool,
    /// `pic_parameter_set_id` of the first slice, once it was seen.
    pub(crate) pps_id: Option<u32>,
    /// A sequence parameter set stands in front.
    pub(crate) has_sps: bool,
}

impl PictureStart {
    /// Takes the next NAL unit (for a slice its first bytes are enough); `true` once the first
    /// slice was seen and no more are needed.
    pub(crate) fn add(&mut self, nal: &[u8]) -> bool {
        match nal_type(nal) {
            Some(nal::SEI) => match slice::recovery_frame_count(nal) {
                Some(0) => self.recovery_point = true,
                Some(_) => self.gradual = true,
                None => {}
            },
            Some(nal::SPS) => self.has_sps = true,
            Some(kind @ (nal::SLICE | nal::PARTITION_A | nal::IDR)) => {
                self.idr = kind == nal::IDR;
                if let Some((slice_type, pps_id)) = slice::slice_type_and_pps(nal) {
                    self.intra = matches!(slice_type % 5, 2 | 4);
                    self.pps_id = Some(pps_id);
                }
                return true;
            }
            _ => {}
        }
        false
    }

    /// What decoding may start from. `marked` says that the container calls the picture a random
    /// access point.
    #[must_use]
    pub(crate) fn kind(&self, marked: bool) -> UnitKind {
        if self.idr {
            UnitKind::Idr
        } else if self.recovery_point || (marked && !self.gradual) {
            UnitKind::Recovery
        } else {
            UnitKind::Delta
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::h264::sets::tests::{PPS, SPS, config};

    fn annex_b(nals: &[&[u8]]) -> Vec<u8> {
        nals.iter().fold(Vec::new(), |mut bytes, nal| {
            bytes.extend_from_slice(&[0, 0, 0, 1]);
            bytes.extend_from_slice(nal);
            bytes
        })
    }

    fn counted(nals: &[&[u8]], size: usize) -> Vec<u8> {
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

    #[test]
    fn length_prefixing_drops_delimiters_and_known_sets_only() {
        let slice: &[u8] = &[0x65, 0x88, 0x84];
        let other_sps: &[u8] = &[0x67, 1, 2, 3];
        let sei: &[u8] = &[6, 5, 1, 0, 0x80];
        let unit = annex_b(&[&[9, 0x10], SPS, PPS, other_sps, sei, slice]);
        let mut out = vec![1, 2, 3];
        to_length_prefixed(&unit, &config(None), &mut out).unwrap();
        assert_eq!(out, counted(&[other_sps, sei, slice], 4));

        let short = counted(&[SPS, slice], 2);
        to_length_prefixed(&short, &config(Some(2)), &mut out).unwrap();
        assert_eq!(out, counted(&[slice], 4));
    }

    #[test]
    fn a_unit_with_long_lengths_is_copied_as_it_is() {
        let unit = counted(&[&[9, 0x10], &[0x65, 0x88, 0x84], &[]], 4);
        let mut out = Vec::new();
        to_length_prefixed(&unit, &config(Some(4)), &mut out).unwrap();
        assert_eq!(out, unit);
        let mut cut = unit;
        cut.truncate(9);
        assert!(to_length_prefixed(&cut, &config(Some(4)), &mut out).is_err());
        let nothing = counted(&[SPS, PPS], 4);
        assert!(to_length_prefixed(&nothing, &config(Some(4)), &mut out).is_err());
    }

    #[test]
    fn kinds_follow_slices_and_recovery_points() {
        let kind = |nals: &[&[u8]], marked| {
            let mut start = PictureStart::default();
            for nal in nals {
                if start.add(nal) {
                    break;
                }
            }
            start.kind(marked)
        };
        // first_mb 0, slice_type 7 (I), pps 0: 1 0001000 1
        let idr: &[u8] = &[0x65, 0b1000_1000, 0b1000_0000];
        let intra: &[u8] = &[0x41, 0b1000_1000, 0b1000_0000];
        // slice_type 5 (P): 1 00110 1
        let inter: &[u8] = &[0x41, 0b1001_1010];
        // recovery_frame_cnt 0: 1 1 0 00 100; 2: 011 1 0 00 1
        let at_once: &[u8] = &[6, 6, 1, 0xc4, 0x80];
        let gradual: &[u8] = &[6, 6, 1, 0b0111_0001, 0x80];
        assert_eq!(kind(&[idr], false), UnitKind::Idr);
        assert_eq!(kind(&[intra], false), UnitKind::Delta);
        assert_eq!(kind(&[intra], true), UnitKind::Recovery);
        assert_eq!(kind(&[inter], false), UnitKind::Delta);
        assert_eq!(kind(&[at_once, intra], false), UnitKind::Recovery);
        assert_eq!(kind(&[gradual, inter], true), UnitKind::Delta);
        assert_eq!(kind(&[], false), UnitKind::Delta);
    }
}
