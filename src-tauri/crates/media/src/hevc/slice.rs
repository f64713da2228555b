//! Slice headers, as far as our encoders write them (ITU-T H.265 §7.3.6.1).

use super::pps::Pps;
use super::sps::{ReferenceSet, Sps, bits_for};
use super::{nal, nal_type};
use crate::demux::bits::Bits;
use crate::nal_units::rbsp;
use std::ops::Range;

/// Bytes of a slice that hold its header, escapes included: one entry point a row of blocks, four bytes
/// each, is the most of it.
const HEAD: usize = 4096;

/// Where the fields of a slice header lie, in bits of the slice's payload behind its first header byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SliceLayout {
    /// `slice_pic_parameter_set_id`.
    pub(super) pps_id: Range<usize>,
    /// The bit behind the header, in front of `byte_alignment( )`.
    pub(super) end: usize,
    /// `SliceQpY`: the quantiser that the slice begins with.
    pub(crate) quantiser: i32,
}

/// `slice_pic_parameter_set_id`, which the first bytes of a slice tell.
pub(super) fn pps_id(unit: &[u8]) -> Option<u32> {
    let kind = nal_type(unit).filter(|kind| *kind <= nal::LAST_SLICE)?;
    let head = rbsp(unit.get(..unit.len().min(16))?);
    let mut bits = Bits::new(&head);
    bits.skip(8 + 1)?;
    if (nal::BLA_W_LP..=nal::LAST_KEY).contains(&kind) {
        bits.skip(1)?;
    }
    bits.ue().filter(|id| *id < 64)
}

impl SliceLayout {
    /// Reads the header of a slice that is read with these sets. `None` when it ends too early, or has what
    /// no encoder of ours writes: weighted prediction, reordered lists of references.
    #[must_use]
    pub(crate) fn read(unit: &[u8], sps: &Sps, pps: &Pps) -> Option<Self> {
        let kind = nal_type(unit).filter(|kind| *kind <= nal::LAST_SLICE)?;
        let head = rbsp(unit.get(..unit.len().min(HEAD))?);
        let mut bits = Bits::new(&head);
        bits.skip(8)?;
        let first = bits.bit()?;
        if (nal::BLA_W_LP..=nal::LAST_KEY).contains(&kind) {
            bits.skip(1)?;
        }
        let id_begins = bits.position();
        bits.ue()?;
        let pps_id = id_begins..bits.position();
        let mut dependent = false;
        if !first {
            dependent = pps.dependent_slices && bits.bit()?;
            bits.skip(sps.slices.address_bits as usize)?;
        }
        let mut quantiser = pps.quantiser;
        if !dependent {
            quantiser = quantiser.checked_add(own_part(&mut bits, kind, sps, pps)?)?;
        }
        if pps.entry_points {
            let count = bits.ue().filter(|count| *count <= 440 * 20)?;
            if count > 0 {
                let length = bits.ue().filter(|more| *more < 32)? + 1;
                bits.skip(count as usize * length as usize)?;
            }
        }
        if pps.header_extension {
            let length = bits.ue().filter(|bytes| *bytes <= 256)?;
            bits.skip(8 * length as usize)?;
        }
        Some(Self {
            pps_id,
            end: bits.position(),
            quantiser,
        })
    }
}

/// What a slice doesn't take from the one before it; gives `slice_qp_delta`.
fn own_part(bits: &mut Bits<'_>, kind: u8, sps: &Sps, pps: &Pps) -> Option<i32> {
    let fields = &sps.slices;
    bits.skip(pps.extra_bits)?;
    let slice_type = bits.ue().filter(|kind| *kind <= 2)?;
    let (between, predicted) = (slice_type == 0, slice_type < 2);
    if pps.output_flag {
        bits.skip(1)?;
    }
    if fields.separate_planes {
        bits.skip(2)?;
    }
    let mut temporal = false;
    if !matches!(kind, nal::IDR_W_RADL | nal::IDR_N_LP) {
        let used = references(bits, sps)?;
        temporal = fields.temporal_vectors && bits.bit()?;
        if pps.reordered_lists && predicted && used > 1 {
            return None;
        }
    }
    let (mut luma, mut chroma) = (false, false);
    if fields.adaptive_offset {
        luma = bits.bit()?;
        chroma = !fields.monochrome && bits.bit()?;
    }
    if predicted {
        let mut counts = pps.references;
        if bits.bit()? {
            counts[0] = bits.ue().filter(|more| *more < 16)? + 1;
            if between {
                counts[1] = bits.ue().filter(|more| *more < 16)? + 1;
            }
        }
        if between {
            bits.skip(1)?;
        }
        if pps.cabac_init {
            bits.skip(1)?;
        }
        if temporal {
            let from_first = !between || bits.bit()?;
            if counts[usize::from(!from_first)] > 1 {
                bits.ue()?;
            }
        }
        if if between {
            pps.weighted_both
        } else {
            pps.weighted
        } {
            return None;
        }
        bits.ue()?;
    }
    let quantiser = bits.se()?;
    if pps.chroma_offsets {
        bits.se()?;
        bits.se()?;
    }
    let mut off = pps.deblocking_off;
    if pps.deblocking_override && bits.bit()? {
        off = bits.bit()?;
        if !off {
            bits.se()?;
            bits.se()?;
        }
    }
    if pps.across_slices && (luma || chroma || !off) {
        bits.skip(1)?;
    }
    Some(quantiser)
}

/// The place in output order and the pictures referred to; gives how many the picture itself uses.
fn references(bits: &mut Bits<'_>, sps: &Sps) -> Option<usize> {
    let fields = &sps.slices;
    bits.skip(fields.order_bits as usize)?;
    let sets = &fields.reference_sets;
    let mut used = if bits.bit()? {
        let number = bits.bits(bits_for(sets.len() as u64))?;
        sets.get(number as usize)?.used()
    } else {
        ReferenceSet::read(bits, sets, true)?.used()
    };
    let Some(long_term) = &fields.long_term else {
        return Some(used);
    };
    let known = long_term.used.len();
    let chosen = match known {
        0 => 0,
        _ => bits.ue().filter(|count| *count <= 16)?,
    };
    let told = bits.ue().filter(|count| *count <= 16)?;
    for number in 0..chosen + told {
        if number < chosen {
            let index = match known {
                1 => 0,
                _ => bits.bits(bits_for(known as u64))?,
            };
            used += usize::from(*long_term.used.get(index as usize)?);
        } else {
            bits.skip(fields.order_bits as usize)?;
            used += usize::from(bits.bit()?);
        }
        if bits.bit()? {
            bits.ue()?;
        }
    }
    Some(used)
}
