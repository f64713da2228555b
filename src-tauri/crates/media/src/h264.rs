//! H.264 as bytes: parameter sets, slice headers, and access units as `avc1` wants them (ITU-T H.264
//! §7.3; ISO/IEC 14496-15 §5).
//!
//! Only `graft` rewrites the inside of a NAL unit, and only of an encoder's.

mod avcc;
mod graft;
mod header;
#[cfg(test)]
mod hostile;
mod sets;
mod slice;

use conform::UnitKind;

use crate::nal_units::NalUnits;

pub(crate) use avcc::{build_avcc, parse_avcc};
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

/// An access unit delimiter in front of slices of all types (§7.3.2.4).
pub(crate) const DELIMITER: [u8; 2] = [nal::AUD, 0xf0];

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
    use crate::error::Malformed;
    use crate::h264::sets::tests::{PPS, SPS, config};
    use crate::nal_units::tests::{annex_b, counted};
    use conform::VideoConfig;

    fn to_length_prefixed(
        unit: &[u8],
        config: &VideoConfig,
        out: &mut Vec<u8>,
    ) -> Result<(), Malformed> {
        crate::coding::to_length_prefixed(conform::VideoCodec::H264, unit, config, out)
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
        let unit = counted(&[&[0x65, 0x88, 0x84], &[]], 4);
        let mut out = Vec::new();
        to_length_prefixed(&unit, &config(Some(4)), &mut out).unwrap();
        assert_eq!(out, unit);
        let delimited = counted(&[&[9, 0x10], &[0x65, 0x88, 0x84]], 4);
        to_length_prefixed(&delimited, &config(Some(4)), &mut out).unwrap();
        assert_eq!(out, counted(&[&[0x65, 0x88, 0x84]], 4));
        let mut cut = unit;
        cut.truncate(6);
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
