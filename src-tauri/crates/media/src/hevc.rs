//! HEVC as bytes: parameter sets, slice headers, and access units as `hvc1` wants them (ITU-T H.265 §7.3;
//! ISO/IEC 14496-15 §8).
//!
//! Only `graft` rewrites the inside of a NAL unit, and only of an encoder's.

mod graft;
#[cfg(test)]
mod hostile;
mod hvcc;
mod pps;
mod sets;
mod slice;
mod sps;
#[cfg(test)]
pub(crate) mod tests;

use crate::nal_units::NalUnits;
use conform::UnitKind;

pub(crate) use graft::Graft;
pub(crate) use hvcc::{build_hvcc, messages_of, parse_hvcc};
pub(crate) use pps::Pps;
pub(crate) use sets::{ParameterSets, pps_ids_of, sequence_facts, sps_ids_of};
pub(crate) use slice::SliceLayout;
pub(crate) use sps::Sps;

/// `nal_unit_type` values, ITU-T H.265 table 7-1.
pub(crate) mod nal {
    /// The first kind of random access picture: a broken link, which leading pictures may follow.
    pub(crate) const BLA_W_LP: u8 = 16;
    /// Instantaneous decoder refresh, which leading pictures that can be decoded may follow.
    pub(crate) const IDR_W_RADL: u8 = 19;
    /// Instantaneous decoder refresh without leading pictures.
    pub(crate) const IDR_N_LP: u8 = 20;
    /// A broken link with leading pictures that can be decoded.
    pub(crate) const BLA_W_RADL: u8 = 17;
    /// A broken link without leading pictures.
    pub(crate) const BLA_N_LP: u8 = 18;
    /// Clean random access: leading pictures may look past it.
    pub(crate) const CRA: u8 = 21;
    /// The last kind of random access picture.
    pub(crate) const LAST_KEY: u8 = 23;
    /// The last kind of slice segment.
    pub(crate) const LAST_SLICE: u8 = 31;
    /// Video parameter set.
    pub(crate) const VPS: u8 = 32;
    /// Sequence parameter set.
    pub(crate) const SPS: u8 = 33;
    /// Picture parameter set.
    pub(crate) const PPS: u8 = 34;
    /// Access unit delimiter.
    pub(crate) const AUD: u8 = 35;
    /// Supplemental information in front of a picture.
    pub(crate) const PREFIX_SEI: u8 = 39;
}

/// An access unit delimiter in front of slices of all types (§7.3.2.5).
pub(crate) const DELIMITER: [u8; 3] = [nal::AUD << 1, 1, 0x50];

/// `nal_unit_type`, or `None` for no bytes.
#[must_use]
pub(crate) fn nal_type(unit: &[u8]) -> Option<u8> {
    unit.first().map(|header| header >> 1 & 0x3f)
}

/// Part of a picture.
#[must_use]
pub(crate) fn is_slice(unit: &[u8]) -> bool {
    nal_type(unit).is_some_and(|kind| kind <= nal::LAST_SLICE)
}

/// What decoding may start from at a picture with such a slice.
#[must_use]
pub(crate) fn kind_of(slice: &[u8]) -> UnitKind {
    match nal_type(slice) {
        Some(nal::IDR_W_RADL | nal::IDR_N_LP) => UnitKind::Idr,
        Some(nal::BLA_W_LP..=nal::LAST_KEY) => UnitKind::Recovery,
        _ => UnitKind::Delta,
    }
}

/// The picture parameter set that a slice names.
#[must_use]
pub(crate) fn pps_id_of(slice: &[u8]) -> Option<u32> {
    slice::pps_id(slice)
}

/// A parameter set of any kind. Those of further layers (annex F: another view, more detail) are none of
/// the pictures that are decoded.
#[must_use]
pub(crate) fn is_set(unit: &[u8]) -> bool {
    matches!(nal_type(unit), Some(nal::VPS..=nal::PPS)) && is_of_base_layer(unit)
}

/// `nuh_layer_id` is 0.
fn is_of_base_layer(unit: &[u8]) -> bool {
    matches!(unit, [first, second, ..] if first & 1 == 0 && second >> 3 == 0)
}

/// An access unit of x265, with start codes, from its last video parameter set on: GStreamer's element puts
/// the parameter sets in front of the first picture once more, and where x265 made fewer of them than it
/// expects (1.22, `gst_x265_enc_get_header_buf` counts four), bytes of anything behind them. What the
/// encoder says of itself and its options is left out as well.
#[must_use]
pub(crate) fn without_preamble(unit: &[u8]) -> Vec<u8> {
    let parts: Vec<&[u8]> = NalUnits::new(unit, None).filter_map(Result::ok).collect();
    let header = parts
        .iter()
        .rposition(|part| nal_type(part) == Some(nal::VPS));
    let mut out = Vec::with_capacity(unit.len());
    for part in parts.get(header.unwrap_or(0)..).unwrap_or_default() {
        // `user_data_unregistered`.
        let of_itself = nal_type(part) == Some(nal::PREFIX_SEI) && part.get(2) == Some(&5);
        if !of_itself {
            out.extend_from_slice(&[0, 0, 0, 1]);
            out.extend_from_slice(part);
        }
    }
    out
}

/// Gives the slices of a picture with 4-byte lengths another `nal_unit_type`, where they have one of these.
/// Nothing changes where a length leads outside.
pub(crate) fn rename_slices(picture: &mut [u8], from: &[u8], to: u8) {
    let mut at = 0;
    while let Some(length) = picture.get(at..at + 4) {
        let length = length
            .iter()
            .fold(0_usize, |value, byte| value << 8 | usize::from(*byte));
        if let Some(header) = picture.get_mut(at + 4).filter(|_| length > 0)
            && from.contains(&(*header >> 1 & 0x3f))
        {
            *header = *header & 0x81 | to << 1;
        }
        let Some(next) = length.checked_add(at + 4) else {
            return;
        };
        at = next;
    }
}
