//! Picture parameter sets, as far as slice headers need them (ITU-T H.265 §7.3.2.3).

use super::sps::skip_scaling_lists;
use super::{nal, nal_type};
use crate::demux::bits::Bits;
use crate::nal_units::{rbsp, trim_trailing_zeros};
use std::ops::Range;

/// What a picture parameter set says, and where its fields lie, in bits of its payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pps {
    /// The payload: behind the first header byte, without emulation prevention.
    pub(super) payload: Vec<u8>,
    /// `pps_pic_parameter_set_id`.
    pub(super) id: u32,
    /// `pps_seq_parameter_set_id`.
    pub(super) sps_id: u32,
    /// Everything behind both ids, without the trailing bits.
    pub(super) rest: Range<usize>,
    pub(super) dependent_slices: bool,
    pub(super) output_flag: bool,
    pub(super) extra_bits: usize,
    pub(super) cabac_init: bool,
    pub(super) references: [u32; 2],
    pub(super) quantiser: i32,
    pub(super) chroma_offsets: bool,
    pub(super) weighted: bool,
    pub(super) weighted_both: bool,
    pub(super) entry_points: bool,
    pub(super) across_slices: bool,
    pub(super) deblocking_override: bool,
    pub(super) deblocking_off: bool,
    pub(super) reordered_lists: bool,
    pub(super) header_extension: bool,
}

/// Both ids of a set, in its first bytes.
pub(super) fn ids(unit: &[u8]) -> Option<(u32, u32)> {
    if nal_type(unit) != Some(nal::PPS) {
        return None;
    }
    let head = rbsp(unit.get(..unit.len().min(16))?);
    let mut bits = Bits::new(&head);
    bits.skip(8)?;
    let id = bits.ue().filter(|id| *id < 64)?;
    Some((id, bits.ue().filter(|id| *id < 16)?))
}

impl Pps {
    /// `pps_pic_parameter_set_id`.
    #[must_use]
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Reads a set; `None` when it ends too early or is none.
    #[must_use]
    pub(crate) fn read(unit: &[u8]) -> Option<Self> {
        let (id, sps_id) = ids(unit)?;
        let payload = rbsp(trim_trailing_zeros(unit));
        let mut bits = Bits::new(&payload);
        bits.skip(8)?;
        bits.ue()?;
        bits.ue()?;
        let begins = bits.position();
        let mut set = Self {
            id,
            sps_id,
            dependent_slices: bits.bit()?,
            output_flag: bits.bit()?,
            extra_bits: bits.bits(3)? as usize,
            ..Self::default()
        };
        bits.skip(1)?;
        set.cabac_init = bits.bit()?;
        for count in &mut set.references {
            *count = bits.ue().filter(|more| *more < 16)? + 1;
        }
        // §7.4.3.3.1, down to pictures of 16 bits.
        set.quantiser = bits.se().filter(|q| (-74..=25).contains(q))? + 26;
        bits.skip(2)?;
        if bits.bit()? {
            bits.ue()?;
        }
        bits.se()?;
        bits.se()?;
        set.chroma_offsets = bits.bit()?;
        set.weighted = bits.bit()?;
        set.weighted_both = bits.bit()?;
        bits.skip(1)?;
        let (tiles, rows_apart) = (bits.bit()?, bits.bit()?);
        set.entry_points = tiles || rows_apart;
        if tiles {
            let columns = bits.ue().filter(|more| *more < 20)?;
            let rows = bits.ue().filter(|more| *more < 22)?;
            if !bits.bit()? {
                for _ in 0..columns + rows {
                    bits.ue()?;
                }
            }
            bits.skip(1)?;
        }
        set.across_slices = bits.bit()?;
        if bits.bit()? {
            set.deblocking_override = bits.bit()?;
            set.deblocking_off = bits.bit()?;
            if !set.deblocking_off {
                bits.se()?;
                bits.se()?;
            }
        }
        if bits.bit()? {
            skip_scaling_lists(&mut bits)?;
        }
        set.reordered_lists = bits.bit()?;
        bits.ue()?;
        set.header_extension = bits.bit()?;
        let last = payload.iter().rposition(|byte| *byte != 0)?;
        let end = last * 8 + 7 - payload.get(last)?.trailing_zeros() as usize;
        set.rest = begins..end;
        set.payload = payload;
        Some(set)
    }
}
