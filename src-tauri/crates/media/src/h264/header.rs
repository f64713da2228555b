//! Whole slice headers, and the parameter sets they are read with, field by field (ITU-T H.264 §7.3.2.1.1,
//! §7.3.2.2, §7.3.3).
//!
//! What is read is where fields lie rather than what most of them say: whoever changes one field copies
//! the bits around it.

use super::{nal, nal_ref_idc, nal_type};
use crate::demux::bits::Bits;
use crate::nal_units::{rbsp, trim_trailing_zeros};
use std::ops::Range;

/// Where the fields of a sequence parameter set lie, in bits of its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SpsLayout {
    /// The payload: behind the header byte, without emulation prevention.
    pub(crate) payload: Vec<u8>,
    /// `profile_idc`.
    pub(crate) profile_idc: u8,
    /// What stands between the id and `log2_max_frame_num_minus4`: chroma format, depths, scaling lists.
    pub(crate) high: Range<usize>,
    /// Everything from `log2_max_frame_num_minus4` on, up to `max_num_ref_frames`.
    pub(crate) counting: Range<usize>,
    /// `max_num_ref_frames`.
    pub(crate) references: u32,
    /// Everything behind that, up to `vui_parameters_present_flag`.
    pub(crate) picture: Range<usize>,
    /// `vui_parameters_present_flag` and all behind it, without the trailing bits.
    pub(crate) usability: Range<usize>,
    slices: SpsFields,
}

/// What slice headers need of a sequence parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SpsFields {
    separate_planes: bool,
    monochrome: bool,
    frame_num_bits: u32,
    order_type: u32,
    order_bits: u32,
    order_deltas: bool,
    frames_only: bool,
}

/// Where the fields of a picture parameter set lie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PpsLayout {
    /// The payload: behind the header byte, without emulation prevention.
    pub(crate) payload: Vec<u8>,
    /// `pic_parameter_set_id`.
    pub(crate) id: u32,
    /// Everything behind both ids, without the trailing bits.
    pub(crate) rest: Range<usize>,
    /// `entropy_coding_mode_flag`: slice data are arithmetically coded and begin at a whole byte.
    pub(crate) arithmetic: bool,
    bottom_field_order: bool,
    references: [u32; 2],
    weighted: bool,
    weighted_both: u32,
    quantiser: i32,
    deblocking: bool,
    redundant: bool,
}

/// Bytes of a slice that hold its header, escapes included: with 32 weighted references of three planes it
/// could be longer, which no encoder of ours writes.
const HEAD: usize = 512;

/// Where the fields of a slice header lie, in bits of the slice's payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SliceLayout {
    /// `pic_parameter_set_id`.
    pub(crate) pps_id: Range<usize>,
    /// The bit behind the header.
    pub(crate) end: usize,
    /// `SliceQPY`: the quantiser that the slice begins with.
    pub(crate) quantiser: i32,
}

impl SpsLayout {
    /// Reads a sequence parameter set; `None` when it ends too early or is none.
    #[must_use]
    pub(crate) fn read(nal: &[u8]) -> Option<Self> {
        if nal_type(nal) != Some(nal::SPS) {
            return None;
        }
        let payload = rbsp(trim_trailing_zeros(nal));
        let mut bits = Bits::new(&payload);
        let profile_idc = u8::try_from(bits.bits(8)?).ok()?;
        bits.skip(16)?;
        bits.ue()?;
        let high_begins = bits.position();
        let (separate_planes, monochrome) = if has_chroma_format(profile_idc) {
            read_chroma_format(&mut bits)?
        } else {
            (false, false)
        };
        let high = high_begins..bits.position();
        let counting_begins = bits.position();
        let frame_num_bits = bits.ue().filter(|more| *more <= 12)? + 4;
        let order_type = bits.ue()?;
        let (mut order_bits, mut order_deltas) = (0, false);
        match order_type {
            0 => order_bits = bits.ue().filter(|more| *more <= 12)? + 4,
            1 => {
                order_deltas = !bits.bit()?;
                bits.ue()?;
                bits.ue()?;
                for _ in 0..bits.ue().filter(|count| *count <= 255)? {
                    bits.ue()?;
                }
            }
            2 => {}
            _ => return None,
        }
        let counting = counting_begins..bits.position();
        let references = bits.ue().filter(|count| *count <= 16)?;
        let picture_begins = bits.position();
        bits.skip(1)?;
        bits.ue()?;
        bits.ue()?;
        let frames_only = bits.bit()?;
        if !frames_only {
            bits.skip(1)?;
        }
        bits.skip(1)?;
        if bits.bit()? {
            for _ in 0..4 {
                bits.ue()?;
            }
        }
        let picture = picture_begins..bits.position();
        let usability = bits.position()..content_end(&payload)?;
        if usability.is_empty() {
            return None;
        }
        Some(Self {
            profile_idc,
            high,
            counting,
            references,
            picture,
            usability,
            slices: SpsFields {
                separate_planes,
                monochrome,
                frame_num_bits,
                order_type,
                order_bits,
                order_deltas,
                frames_only,
            },
            payload,
        })
    }
}

/// Profiles whose sequence parameter sets tell the chroma format (§7.3.2.1.1).
pub(crate) fn has_chroma_format(profile_idc: u8) -> bool {
    matches!(
        profile_idc,
        100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135
    )
}

/// Whether the planes are coded apart, and whether there is no colour.
fn read_chroma_format(bits: &mut Bits<'_>) -> Option<(bool, bool)> {
    let format = bits.ue().filter(|format| *format <= 3)?;
    let separate = format == 3 && bits.bit()?;
    bits.ue()?;
    bits.ue()?;
    bits.skip(1)?;
    if bits.bit()? {
        let lists = if format == 3 { 12 } else { 8 };
        for list in 0..lists {
            if bits.bit()? {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some((separate, format == 0))
}

/// `scaling_list` (§7.3.2.1.1.1).
fn skip_scaling_list(bits: &mut Bits<'_>, size: u32) -> Option<()> {
    let (mut last, mut next) = (8_i32, 8_i32);
    for _ in 0..size {
        if next != 0 {
            next = last.checked_add(bits.se()?)?.rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

impl PpsLayout {
    /// Reads a picture parameter set; `None` when it ends too early, is none, or has slice groups.
    #[must_use]
    pub(crate) fn read(nal: &[u8]) -> Option<Self> {
        if nal_type(nal) != Some(nal::PPS) {
            return None;
        }
        let payload = rbsp(trim_trailing_zeros(nal));
        let mut bits = Bits::new(&payload);
        let id = bits.ue()?;
        bits.ue()?;
        let rest = bits.position()..content_end(&payload)?;
        let arithmetic = bits.bit()?;
        let bottom_field_order = bits.bit()?;
        if bits.ue()? > 0 {
            return None;
        }
        let references = [bits.ue()?.checked_add(1)?, bits.ue()?.checked_add(1)?];
        let weighted = bits.bit()?;
        let weighted_both = bits.bits(2)?;
        let quantiser = bits.se()?.checked_add(26)?;
        bits.se()?;
        bits.se()?;
        let deblocking = bits.bit()?;
        bits.skip(1)?;
        let redundant = bits.bit()?;
        Some(Self {
            id,
            rest,
            arithmetic,
            bottom_field_order,
            references,
            weighted,
            weighted_both,
            quantiser,
            deblocking,
            redundant,
            payload,
        })
    }
}

impl SliceLayout {
    /// `pic_parameter_set_id` of a slice.
    #[must_use]
    pub(crate) fn pps_of(nal: &[u8]) -> Option<u32> {
        let slice = matches!(nal_type(nal)?, nal::SLICE | nal::IDR);
        let (_, pps_id) = super::slice::slice_type_and_pps(nal).filter(|_| slice)?;
        Some(pps_id)
    }

    /// Reads the header of a slice with its parameter sets; `None` when it ends too early or `nal` is no
    /// slice.
    #[must_use]
    pub(crate) fn read(nal: &[u8], sps: &SpsLayout, pps: &PpsLayout) -> Option<Self> {
        let kind = nal_type(nal)?;
        if !matches!(kind, nal::SLICE | nal::IDR) {
            return None;
        }
        let (idr, referred) = (kind == nal::IDR, nal_ref_idc(nal) > 0);
        let head = rbsp(nal.get(..nal.len().min(HEAD))?);
        let mut bits = Bits::new(&head);
        bits.ue()?;
        let slice_type = bits.ue().filter(|kind| *kind <= 9)? % 5;
        let begins = bits.position();
        bits.ue()?;
        let pps_id = begins..bits.position();
        let fields = &sps.slices;
        if fields.separate_planes {
            bits.skip(2)?;
        }
        bits.skip(fields.frame_num_bits as usize)?;
        let field = !fields.frames_only && bits.bit()?;
        if field {
            bits.skip(1)?;
        }
        if idr {
            bits.ue()?;
        }
        let both = pps.bottom_field_order && !field;
        if fields.order_type == 0 {
            bits.skip(fields.order_bits as usize)?;
        }
        if fields.order_type == 1 && fields.order_deltas {
            bits.se()?;
        }
        if both && (fields.order_type == 0 || fields.order_type == 1 && fields.order_deltas) {
            bits.se()?;
        }
        if pps.redundant {
            bits.ue()?;
        }
        let kind = SliceKind::of(slice_type)?;
        if kind == SliceKind::B {
            bits.skip(1)?;
        }
        let mut references = pps.references;
        if kind != SliceKind::I && bits.bit()? {
            references[0] = bits.ue()?.checked_add(1)?;
            if kind == SliceKind::B {
                references[1] = bits.ue()?.checked_add(1)?;
            }
        }
        let lists = match kind {
            SliceKind::I => 0,
            SliceKind::P => 1,
            SliceKind::B => 2,
        };
        for _ in 0..lists {
            skip_list_modification(&mut bits)?;
        }
        let weighted = match kind {
            SliceKind::I => false,
            SliceKind::P => pps.weighted,
            SliceKind::B => pps.weighted_both == 1,
        };
        if weighted {
            let colour = !fields.monochrome && !fields.separate_planes;
            skip_weights(&mut bits, references.get(..lists)?, colour)?;
        }
        if referred {
            skip_marking(&mut bits, idr)?;
        }
        if pps.arithmetic && kind != SliceKind::I {
            bits.ue()?;
        }
        let quantiser = pps.quantiser.checked_add(bits.se()?)?;
        if pps.deblocking && bits.ue()? != 1 {
            bits.se()?;
            bits.se()?;
        }
        Some(Self {
            pps_id,
            end: bits.position(),
            quantiser,
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SliceKind {
    P,
    B,
    I,
}

impl SliceKind {
    /// Switching slices (SP, SI) are of a profile that nothing writes.
    fn of(slice_type: u32) -> Option<Self> {
        match slice_type {
            0 => Some(Self::P),
            1 => Some(Self::B),
            2 => Some(Self::I),
            _ => None,
        }
    }
}

/// `ref_pic_list_modification` of one list (§7.3.3.1).
fn skip_list_modification(bits: &mut Bits<'_>) -> Option<()> {
    if !bits.bit()? {
        return Some(());
    }
    while bits.ue()? != 3 {
        bits.ue()?;
    }
    Some(())
}

/// `pred_weight_table` (§7.3.3.2).
fn skip_weights(bits: &mut Bits<'_>, references: &[u32], colour: bool) -> Option<()> {
    bits.ue()?;
    if colour {
        bits.ue()?;
    }
    for count in references {
        for _ in 0..*count {
            if bits.bit()? {
                bits.se()?;
                bits.se()?;
            }
            if colour && bits.bit()? {
                for _ in 0..4 {
                    bits.se()?;
                }
            }
        }
    }
    Some(())
}

/// `dec_ref_pic_marking` (§7.3.3.3).
fn skip_marking(bits: &mut Bits<'_>, idr: bool) -> Option<()> {
    if idr {
        return bits.skip(2);
    }
    if !bits.bit()? {
        return Some(());
    }
    loop {
        match bits.ue()? {
            0 => return Some(()),
            1 | 2 | 4 | 6 => {
                bits.ue()?;
            }
            3 => {
                bits.ue()?;
                bits.ue()?;
            }
            5 => {}
            _ => return None,
        }
    }
}

/// Bits of a payload up to `rbsp_stop_one_bit`.
pub(super) fn content_end(payload: &[u8]) -> Option<usize> {
    let last = payload.iter().rposition(|byte| *byte != 0)?;
    let zeros = payload.get(last)?.trailing_zeros() as usize;
    Some(last * 8 + 7 - zeros)
}
