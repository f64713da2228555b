//! Sequence parameter sets, field by field (ITU-T H.265 §7.3.2.2, annex E).

use super::{nal, nal_type};
use crate::demux::bits::Bits;
use crate::error::Malformed;
use crate::nal_units::{rbsp, trim_trailing_zeros};
use conform::SequenceFacts;
use std::ops::Range;

/// Sets of references in a parameter set at most (§7.4.3.2.1).
const MOST_REFERENCE_SETS: u32 = 64;
/// Pictures in a set of references at most (`MaxDpbSize`, §A.4.2).
const MOST_REFERENCES: u32 = 16;

/// What a sequence parameter set says, and where its fields lie, in bits of its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sps {
    /// The payload: behind the first header byte, without emulation prevention.
    pub(super) payload: Vec<u8>,
    /// `sps_video_parameter_set_id`.
    pub(super) vps_id: u32,
    /// `sps_max_sub_layers_minus1`.
    pub(super) sub_layers: u32,
    /// `sps_seq_parameter_set_id`.
    pub(super) id: u32,
    /// `chroma_format_idc` and all behind it, up to `sps_sub_layer_ordering_info_present_flag`.
    pub(super) picture: Range<usize>,
    /// What decoders have to keep for the highest sub-layer.
    pub(super) buffering: Buffering,
    /// Everything behind that, up to `vui_parameters_present_flag`.
    pub(super) tools: Range<usize>,
    /// `vui_parameters_present_flag` and all behind it, up to `vui_hrd_parameters_present_flag`.
    pub(super) usability: Range<usize>,
    /// The part of the usability information that is in `usability`.
    pub(super) told: Usability,
    /// `sps_extension_present_flag` and all behind it, without the trailing bits; `None` when it could not
    /// be reached.
    pub(super) extension: Option<Range<usize>>,
    pub(super) slices: SliceFields,
    size: (u32, u32),
    chroma_format_idc: u8,
    depths: (u8, u8),
}

/// `sps_max_dec_pic_buffering_minus1`, `sps_max_num_reorder_pics`, `sps_max_latency_increase_plus1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Buffering {
    pub(super) pictures: u32,
    pub(super) reordered: u32,
    pub(super) latency: u32,
}

/// Video usability information up to the times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usability {
    pub(super) present: bool,
    aspect: Option<(u32, u32)>,
    colour: Option<(u8, u8, u8)>,
    full_range: bool,
    fields: bool,
    timing: Option<(u32, u32)>,
    /// `vui_timing_info_present_flag`.
    pub(super) timed: bool,
    /// The bit that is `frame_field_info_present_flag`.
    pub(super) field_info: usize,
}

/// What slice headers need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SliceFields {
    pub(super) separate_planes: bool,
    pub(super) monochrome: bool,
    pub(super) order_bits: u32,
    pub(super) address_bits: u32,
    pub(super) adaptive_offset: bool,
    pub(super) reference_sets: Vec<ReferenceSet>,
    pub(super) long_term: Option<LongTerm>,
    pub(super) temporal_vectors: bool,
}

/// Distances to references in output order, with whether the picture itself uses them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ReferenceSet {
    /// Shown before: the nearest first.
    before: Vec<(i32, bool)>,
    /// Shown behind: the nearest first.
    behind: Vec<(i32, bool)>,
}

/// `num_long_term_ref_pics_sps`, and which of them are used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LongTerm {
    pub(super) used: Vec<bool>,
}

impl Sps {
    /// Reads a set; `None` when it ends too early or is none.
    #[must_use]
    pub(crate) fn read(unit: &[u8]) -> Option<Self> {
        if nal_type(unit) != Some(nal::SPS) {
            return None;
        }
        let payload = rbsp(trim_trailing_zeros(unit));
        let mut bits = Bits::new(&payload);
        bits.skip(8)?;
        let vps_id = bits.bits(4)?;
        let sub_layers = bits.bits(3).filter(|more| *more < 7)?;
        bits.skip(1)?;
        skip_profile(&mut bits, sub_layers)?;
        let id = bits.ue().filter(|id| *id < 16)?;
        let picture_begins = bits.position();
        let chroma_format_idc = bits.ue().filter(|idc| *idc <= 3)?;
        let separate_planes = chroma_format_idc == 3 && bits.bit()?;
        let coded = (bits.ue()?, bits.ue()?);
        let size = cropped(coded, chroma_format_idc, &mut bits)?;
        let depth = |bits: &mut Bits<'_>| bits.ue().filter(|above| *above <= 8).map(|d| d + 8);
        let depths = (depth(&mut bits)?, depth(&mut bits)?);
        let order_bits = bits.ue().filter(|more| *more <= 12)? + 4;
        let picture = picture_begins..bits.position();
        let mut buffering = Buffering::default();
        for _ in if bits.bit()? { 0 } else { sub_layers }..=sub_layers {
            buffering = Buffering {
                pictures: bits.ue().filter(|more| *more < MOST_REFERENCES)?,
                reordered: bits.ue()?,
                latency: bits.ue()?,
            };
        }
        let tools_begin = bits.position();
        let block = bits.ue().filter(|more| *more <= 3)? + 3;
        let tree = block + bits.ue().filter(|more| *more <= 3)?;
        for _ in 0..4 {
            bits.ue()?;
        }
        if bits.bit()? && bits.bit()? {
            skip_scaling_lists(&mut bits)?;
        }
        bits.skip(1)?;
        let adaptive_offset = bits.bit()?;
        if bits.bit()? {
            bits.skip(8)?;
            bits.ue()?;
            bits.ue()?;
            bits.skip(1)?;
        }
        let count = bits.ue().filter(|count| *count <= MOST_REFERENCE_SETS)?;
        let mut reference_sets = Vec::new();
        for _ in 0..count {
            let set = ReferenceSet::read(&mut bits, &reference_sets, false)?;
            reference_sets.push(set);
        }
        let long_term = match bits.bit()? {
            true => {
                let mut used = Vec::new();
                for _ in 0..bits.ue().filter(|count| *count <= 32)? {
                    bits.skip(order_bits as usize)?;
                    used.push(bits.bit()?);
                }
                Some(LongTerm { used })
            }
            false => None,
        };
        let temporal_vectors = bits.bit()?;
        bits.skip(1)?;
        let tools = tools_begin..bits.position();
        let usability_begins = bits.position();
        let told = Usability::read(&mut bits)?;
        let usability = usability_begins..bits.position();
        let extension = extension(&payload, bits, &told);
        let side = 1_u64 << tree;
        let blocks = u64::from(coded.0).div_ceil(side) * u64::from(coded.1).div_ceil(side);
        Some(Self {
            vps_id,
            sub_layers,
            id,
            picture,
            buffering,
            tools,
            usability,
            told,
            extension,
            slices: SliceFields {
                separate_planes,
                monochrome: chroma_format_idc == 0 || separate_planes,
                order_bits,
                address_bits: bits_for(blocks),
                adaptive_offset,
                reference_sets,
                long_term,
                temporal_vectors,
            },
            size,
            chroma_format_idc: u8::try_from(chroma_format_idc).ok()?,
            depths: (u8::try_from(depths.0).ok()?, u8::try_from(depths.1).ok()?),
            payload,
        })
    }

    /// What planning needs of it. The references that a decoder keeps are all pictures it keeps.
    ///
    /// # Errors
    /// The pictures have no pixels.
    pub(crate) fn facts(&self) -> Result<SequenceFacts, Malformed> {
        let (width, height) = self.size;
        if width == 0 || height == 0 {
            return Err(Malformed::new("the cropped picture has no pixels"));
        }
        let byte = |at: usize| self.payload.get(at).copied().unwrap_or(0);
        let told = &self.told;
        Ok(SequenceFacts {
            profile_idc: byte(2) & 0x1f,
            constraint_flags: byte(7),
            level_idc: byte(13),
            width,
            height,
            chroma_format_idc: self.chroma_format_idc,
            bit_depth: self.depths.0,
            interlaced: told.fields,
            num_ref_frames: self.buffering.pictures,
            num_reorder_frames: Some(self.buffering.reordered),
            max_dec_frame_buffering: Some(self.buffering.pictures + 1),
            pixel_aspect: told.aspect.unwrap_or((1, 1)),
            colour: told.colour.unwrap_or((2, 2, 2)),
            full_range: told.full_range,
            timing: told.timing,
        })
    }

    /// `general_profile_space` to `general_level_idc`: 12 whole bytes.
    pub(super) fn profile(&self) -> Option<&[u8]> {
        self.payload.get(2..14)
    }

    /// `sps_temporal_id_nesting_flag`.
    pub(super) fn nested(&self) -> bool {
        self.payload.get(1).is_some_and(|byte| byte & 1 == 1)
    }

    /// Bits per sample of luma and of chroma.
    pub(super) fn depths(&self) -> (u8, u8) {
        self.depths
    }
}

/// Bits that tell `count` values apart.
pub(super) fn bits_for(count: u64) -> u32 {
    u64::BITS - count.saturating_sub(1).leading_zeros()
}

/// `profile_tier_level( 1, sub_layers )`, §7.3.3.
fn skip_profile(bits: &mut Bits<'_>, sub_layers: u32) -> Option<()> {
    bits.skip(88 + 8)?;
    let mut present = Vec::new();
    for _ in 0..sub_layers {
        present.push((bits.bit()?, bits.bit()?));
    }
    if sub_layers > 0 {
        bits.skip(2 * (8 - sub_layers as usize))?;
    }
    for (profile, level) in present {
        bits.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 })?;
    }
    Some(())
}

/// The size inside `conformance_window`.
fn cropped(coded: (u32, u32), chroma: u32, bits: &mut Bits<'_>) -> Option<(u32, u32)> {
    let mut crop = [0; 4];
    if bits.bit()? {
        for side in &mut crop {
            *side = bits.ue()?;
        }
    }
    let (sub_width, sub_height) = match chroma {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let [left, right, top, bottom] = crop;
    Some((
        coded
            .0
            .checked_sub(left.checked_add(right)?.checked_mul(sub_width)?)?,
        coded
            .1
            .checked_sub(top.checked_add(bottom)?.checked_mul(sub_height)?)?,
    ))
}

/// `scaling_list_data( )`, §7.3.4.
pub(super) fn skip_scaling_lists(bits: &mut Bits<'_>) -> Option<()> {
    for size in 0..4 {
        for _ in (0..6).step_by(if size == 3 { 3 } else { 1 }) {
            if !bits.bit()? {
                bits.ue()?;
                continue;
            }
            if size > 1 {
                bits.se()?;
            }
            for _ in 0..64.min(1 << (4 + (size << 1))) {
                bits.se()?;
            }
        }
    }
    Some(())
}

impl ReferenceSet {
    /// `st_ref_pic_set( )`, §7.3.7, behind those before it; `in_slice` stands in a slice header, where it may
    /// be told from any of them.
    pub(super) fn read(bits: &mut Bits<'_>, earlier: &[Self], in_slice: bool) -> Option<Self> {
        if !earlier.is_empty() && bits.bit()? {
            let back = if in_slice { bits.ue()? + 1 } else { 1 };
            let from = earlier.len().checked_sub(back as usize)?;
            return Self::told_from(bits, earlier.get(from)?);
        }
        let before = bits.ue().filter(|count| *count <= MOST_REFERENCES)?;
        let behind = bits.ue().filter(|count| *count <= MOST_REFERENCES)?;
        let mut side = |count: u32, sign: i32| {
            let mut distance = 0_i32;
            (0..count)
                .map(|_| {
                    let step = i32::try_from(bits.ue()?).ok()?.checked_add(1)?;
                    distance = distance.checked_add(step.checked_mul(sign)?)?;
                    Some((distance, bits.bit()?))
                })
                .collect::<Option<Vec<_>>>()
        };
        Some(Self {
            before: side(before, -1)?,
            behind: side(behind, 1)?,
        })
    }

    /// Told by what changes from another (equations 7-61 and 7-62).
    fn told_from(bits: &mut Bits<'_>, other: &Self) -> Option<Self> {
        let negative = bits.bit()?;
        let step = i32::try_from(bits.ue()?).ok()?.checked_add(1)?;
        let shift = if negative { -step } else { step };
        // In its order: those before, those behind, and the other picture itself.
        let distances = other.before.iter().chain(&other.behind).map(|(d, _)| *d);
        let mut moved = Vec::new();
        for distance in distances.chain([0]) {
            let used = bits.bit()?;
            if used || bits.bit()? {
                moved.push((distance.checked_add(shift)?, used));
            }
        }
        let mut before: Vec<_> = moved.iter().copied().filter(|(d, _)| *d < 0).collect();
        let mut behind: Vec<_> = moved.into_iter().filter(|(d, _)| *d > 0).collect();
        before.sort_by_key(|(distance, _)| -distance);
        behind.sort_by_key(|(distance, _)| *distance);
        Some(Self { before, behind })
    }

    /// Pictures that the picture itself refers to.
    pub(super) fn used(&self) -> usize {
        let all = self.before.iter().chain(&self.behind);
        all.filter(|(_, used)| *used).count()
    }
}

impl Usability {
    /// `vui_parameters_present_flag` and `vui_parameters( )`, §E.2.1, up to
    /// `vui_hrd_parameters_present_flag`.
    fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let mut told = Self {
            present: bits.bit()?,
            ..Self::default()
        };
        if !told.present {
            return Some(told);
        }
        if bits.bit()? {
            told.aspect = match bits.bits(8)? {
                255 => Some((bits.bits(16)?, bits.bits(16)?)),
                known => aspect(known),
            };
            told.aspect = told.aspect.filter(|(w, h)| *w > 0 && *h > 0);
        }
        // overscan
        if bits.bit()? {
            bits.skip(1)?;
        }
        if bits.bit()? {
            bits.skip(3)?;
            told.full_range = bits.bit()?;
            if bits.bit()? {
                let mut code = || u8::try_from(bits.bits(8)?).ok();
                told.colour = Some((code()?, code()?, code()?));
            }
        }
        // chroma_loc_info
        if bits.bit()? {
            bits.ue()?;
            bits.ue()?;
        }
        bits.skip(1)?;
        told.fields = bits.bit()?;
        told.field_info = bits.position();
        bits.skip(1)?;
        // default_display_window
        if bits.bit()? {
            for _ in 0..4 {
                bits.ue()?;
            }
        }
        told.timed = bits.bit()?;
        if told.timed {
            let timing = (bits.bits(32)?, bits.bits(32)?);
            told.timing = Some(timing).filter(|(units, scale)| *units > 0 && *scale > 0);
            if bits.bit()? {
                bits.ue()?;
            }
        }
        Some(told)
    }
}

/// Sample aspect ratios by `aspect_ratio_idc`, table E.1.
fn aspect(idc: u32) -> Option<(u32, u32)> {
    const RATIOS: [(u32, u32); 16] = [
        (1, 1),
        (12, 11),
        (10, 11),
        (16, 11),
        (40, 33),
        (24, 11),
        (20, 11),
        (32, 11),
        (80, 33),
        (18, 11),
        (15, 11),
        (64, 33),
        (160, 99),
        (4, 3),
        (3, 2),
        (2, 1),
    ];
    RATIOS.get((idc as usize).checked_sub(1)?).copied()
}

/// From `sps_extension_present_flag` to the trailing bits, behind the rest of the usability information.
/// `None` where buffer models stand in front: no encoder of ours writes them.
fn extension(payload: &[u8], mut bits: Bits<'_>, told: &Usability) -> Option<Range<usize>> {
    if told.present {
        if told.timed && bits.bit()? {
            return None;
        }
        if bits.bit()? {
            bits.skip(3)?;
            for _ in 0..5 {
                bits.ue()?;
            }
        }
    }
    let last = payload.iter().rposition(|byte| *byte != 0)?;
    let end = last * 8 + 7 - payload.get(last)?.trailing_zeros() as usize;
    (bits.position() <= end).then(|| bits.position()..end)
}
