//! Parameter sets: what they say, their ids, and which are in force (ITU-T H.264 §7.3.2.1, §7.3.2.2).

use std::collections::BTreeMap;

use conform::{SequenceFacts, VideoConfig};
use h264_reader::nal::sps::{FrameMbsFlags, PicOrderCntType, SeqParameterSet};
use h264_reader::rbsp::{BitRead, BitReader, BitReaderError, Integer, Primitive};

use super::{nal, nal_type};
use crate::demux::bits::Bits;
use crate::error::Malformed;
use crate::nal_units::{rbsp, trim_trailing_zeros};

/// The ids of a picture parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PpsIds {
    /// `pic_parameter_set_id`.
    pub(crate) pps: u32,
    /// `seq_parameter_set_id`: the sequence parameter set it builds on.
    pub(crate) sps: u32,
}

/// `seq_parameter_set_id` of a sequence parameter set.
#[must_use]
pub(crate) fn sps_id(nal: &[u8]) -> Option<u32> {
    let raw = rbsp(nal.get(..nal.len().min(32))?);
    let mut bits = Bits::new(&raw);
    bits.skip(24)?;
    bits.ue().filter(|id| *id < 32)
}

/// The ids of a picture parameter set.
#[must_use]
pub(crate) fn pps_ids(nal: &[u8]) -> Option<PpsIds> {
    PpsSyntax::parse(nal).map(|pps| pps.ids)
}

/// The ids of all sequence parameter sets of a configuration, in its order.
#[must_use]
pub(crate) fn sps_ids_of(config: &VideoConfig) -> Vec<u32> {
    config.sps.iter().filter_map(|nal| sps_id(nal)).collect()
}

/// The ids of all picture parameter sets of a configuration, in its order.
#[must_use]
pub(crate) fn pps_ids_of(config: &VideoConfig) -> Vec<PpsIds> {
    config.pps.iter().filter_map(|nal| pps_ids(nal)).collect()
}

/// What a sequence parameter set says, as far as planning needs it.
///
/// # Errors
/// [`Malformed`] when it can't be read. A level too low for its size or broken usability
/// information at its end are tolerated: decoders ignore them too.
pub(crate) fn sequence_facts(nal: &[u8]) -> Result<SequenceFacts, Malformed> {
    let (sps, level_idc) = parse_sps(nal)?;
    facts(&sps, level_idc)
}

fn facts(sps: &SeqParameterSet, level_idc: u8) -> Result<SequenceFacts, Malformed> {
    let (width, height) = sps
        .pixel_dimensions()
        .map_err(|error| Malformed::new(format!("picture size: {error:?}")))?;
    if width == 0 || height == 0 {
        return Err(Malformed::new("the cropped picture has no pixels"));
    }
    let vui = sps.vui_parameters.as_ref();
    let signal = vui.and_then(|vui| vui.video_signal_type.as_ref());
    let colour = signal.and_then(|signal| signal.colour_description.as_ref());
    let restrictions = vui.and_then(|vui| vui.bitstream_restrictions.as_ref());
    let aspect = vui
        .and_then(|vui| vui.aspect_ratio_info.as_ref())
        .and_then(|info| info.get())
        .filter(|(w, h)| *w > 0 && *h > 0);
    Ok(SequenceFacts {
        profile_idc: sps.profile_idc.into(),
        constraint_flags: sps.constraint_flags.into(),
        level_idc,
        width,
        height,
        chroma_format_idc: u8::try_from(sps.chroma_info.chroma_format.to_u32())
            .ok()
            .filter(|idc| *idc <= 3)
            .ok_or_else(|| Malformed::new("chroma_format_idc is above 3"))?,
        bit_depth: sps.chroma_info.bit_depth_luma_minus8 + 8,
        interlaced: sps.frame_mbs_flags != FrameMbsFlags::Frames,
        num_ref_frames: sps.max_num_ref_frames,
        num_reorder_frames: restrictions.map(|r| r.max_num_reorder_frames),
        max_dec_frame_buffering: restrictions.map(|r| r.max_dec_frame_buffering),
        pixel_aspect: aspect.map_or((1, 1), |(w, h)| (u32::from(w), u32::from(h))),
        colour: colour.map_or((2, 2, 2), |c| {
            (
                c.colour_primaries,
                c.transfer_characteristics,
                c.matrix_coefficients,
            )
        }),
        full_range: signal.is_some_and(|signal| signal.video_full_range_flag),
        timing: vui
            .and_then(|vui| vui.timing_info.as_ref())
            .map(|timing| (timing.num_units_in_tick, timing.time_scale))
            .filter(|(units, scale)| *units > 0 && *scale > 0),
    })
}

/// How far reading goes into the optional end of a sequence parameter set.
#[derive(Clone, Copy, Debug)]
enum Depth {
    Whole,
    NoRestrictions,
    NoVui,
}

/// The sequence parameter set, and its level as written.
fn parse_sps(nal: &[u8]) -> Result<(SeqParameterSet, u8), Malformed> {
    if nal_type(nal) != Some(nal::SPS) {
        return Err(Malformed::new("not a sequence parameter set"));
    }
    let mut raw = rbsp(trim_trailing_zeros(nal));
    let level = raw
        .get_mut(2)
        .ok_or_else(|| Malformed::new("a sequence parameter set ends too early"))?;
    // The reader refuses pictures too large for the level, which real encoders do write.
    let level_idc = std::mem::replace(level, 62);
    let mut why = None;
    for depth in [Depth::Whole, Depth::NoRestrictions, Depth::NoVui] {
        let bits = Tolerant {
            inner: BitReader::new(&raw[..]),
            depth,
        };
        match SeqParameterSet::from_bits(bits) {
            Ok(sps) => return Ok((sps, level_idc)),
            Err(error) => why = why.or(Some(error)),
        }
    }
    Err(Malformed::new(format!("a sequence parameter set: {why:?}")))
}

/// Reads bits, but says that optional parts are absent and doesn't mind what follows the end.
struct Tolerant<R: std::io::BufRead + Clone> {
    inner: BitReader<R>,
    depth: Depth,
}

impl<R: std::io::BufRead + Clone> BitRead for Tolerant<R> {
    fn read_ue(&mut self, name: &'static str) -> Result<u32, BitReaderError> {
        self.inner.read_ue(name)
    }

    fn read_se(&mut self, name: &'static str) -> Result<i32, BitReaderError> {
        self.inner.read_se(name)
    }

    fn read_bit(&mut self, name: &'static str) -> Result<bool, BitReaderError> {
        match (self.depth, name) {
            (Depth::NoVui, "vui_parameters_present_flag")
            | (Depth::NoRestrictions, "bitstream_restriction_flag") => Ok(false),
            _ => self.inner.read_bit(name),
        }
    }

    fn read<const BITS: u32, I: Integer>(
        &mut self,
        name: &'static str,
    ) -> Result<I, BitReaderError> {
        self.inner.read::<BITS, I>(name)
    }

    fn read_var<I: Integer>(
        &mut self,
        bit_count: u32,
        name: &'static str,
    ) -> Result<I, BitReaderError> {
        self.inner.read_var(bit_count, name)
    }

    fn read_to<V: Primitive>(&mut self, name: &'static str) -> Result<V, BitReaderError> {
        self.inner.read_to(name)
    }

    fn skip(&mut self, bit_count: u32, name: &'static str) -> Result<(), BitReaderError> {
        self.inner.skip(bit_count, name)
    }

    fn byte_aligned(&self) -> bool {
        self.inner.byte_aligned()
    }

    fn has_more_rbsp_data(&mut self, name: &'static str) -> Result<bool, BitReaderError> {
        self.inner.has_more_rbsp_data(name)
    }

    fn finish_rbsp(self) -> Result<(), BitReaderError> {
        Ok(())
    }

    fn finish_sei_payload(self) -> Result<(), BitReaderError> {
        Ok(())
    }
}

/// The fields of a sequence parameter set that slice headers need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SpsSyntax {
    /// `separate_colour_plane_flag`.
    pub(crate) separate_colour_planes: bool,
    /// Bits of `frame_num`.
    pub(crate) frame_num_bits: u32,
    /// `frame_mbs_only_flag`.
    pub(crate) frames_only: bool,
    /// `pic_order_cnt_type`.
    pub(crate) pic_order_type: u8,
    /// Bits of `pic_order_cnt_lsb` (type 0).
    pub(crate) pic_order_bits: u32,
    /// `delta_pic_order_always_zero_flag` (type 1).
    pub(crate) delta_pic_order_always_zero: bool,
}

impl SpsSyntax {
    fn of(sps: &SeqParameterSet) -> Self {
        let (pic_order_type, pic_order_bits, delta_pic_order_always_zero) = match &sps.pic_order_cnt
        {
            PicOrderCntType::TypeZero {
                log2_max_pic_order_cnt_lsb_minus4,
            } => (0, u32::from(*log2_max_pic_order_cnt_lsb_minus4) + 4, false),
            PicOrderCntType::TypeOne {
                delta_pic_order_always_zero_flag,
                ..
            } => (1, 0, *delta_pic_order_always_zero_flag),
            PicOrderCntType::TypeTwo => (2, 0, false),
        };
        Self {
            separate_colour_planes: sps.chroma_info.separate_colour_plane_flag,
            frame_num_bits: u32::from(sps.log2_max_frame_num()),
            frames_only: sps.frame_mbs_flags == FrameMbsFlags::Frames,
            pic_order_type,
            pic_order_bits,
            delta_pic_order_always_zero,
        }
    }
}

/// The fields of a picture parameter set that slice headers need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PpsSyntax {
    /// Its own id and that of its sequence parameter set.
    pub(crate) ids: PpsIds,
    /// `bottom_field_pic_order_in_frame_present_flag`.
    pub(crate) bottom_field_pic_order: bool,
}

impl PpsSyntax {
    fn parse(nal: &[u8]) -> Option<Self> {
        if nal_type(nal) != Some(nal::PPS) {
            return None;
        }
        let raw = rbsp(nal.get(..nal.len().min(32))?);
        let mut bits = Bits::new(&raw);
        let pps = bits.ue().filter(|id| *id < 256)?;
        let sps = bits.ue().filter(|id| *id < 32)?;
        bits.skip(1)?;
        Some(Self {
            ids: PpsIds { pps, sps },
            bottom_field_pic_order: bits.bit()?,
        })
    }
}

#[derive(Clone, Debug)]
struct Sps {
    nal: Vec<u8>,
    syntax: SpsSyntax,
    facts: SequenceFacts,
}

#[derive(Clone, Debug)]
struct Pps {
    nal: Vec<u8>,
    syntax: PpsSyntax,
}

/// The parameter sets in force at one point of a stream, by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct ParameterSets {
    sps: BTreeMap<u32, Sps>,
    pps: BTreeMap<u32, Pps>,
}

impl ParameterSets {
    /// Those of a configuration.
    ///
    /// # Errors
    /// [`Malformed`] when one can't be read.
    pub(crate) fn of(config: &VideoConfig) -> Result<Self, Malformed> {
        let mut sets = Self::default();
        for nal in config.sps.iter().chain(&config.pps) {
            sets.insert(nal)?;
        }
        Ok(sets)
    }

    /// Takes a NAL unit as it comes along; anything but a parameter set changes nothing. `true`
    /// when something changed.
    ///
    /// # Errors
    /// [`Malformed`] when the parameter set can't be read.
    pub(crate) fn insert(&mut self, nal: &[u8]) -> Result<bool, Malformed> {
        match nal_type(nal) {
            Some(nal::SPS) => self.insert_sps(nal),
            Some(nal::PPS) => self.insert_pps(nal),
            _ => Ok(false),
        }
    }

    fn insert_sps(&mut self, nal: &[u8]) -> Result<bool, Malformed> {
        let id = sps_id(nal).ok_or_else(|| Malformed::new("a sequence parameter set's id"))?;
        if self.sps.get(&id).is_some_and(|known| known.nal == nal) {
            return Ok(false);
        }
        let (parsed, level_idc) = parse_sps(nal)?;
        let entry = Sps {
            nal: nal.to_vec(),
            syntax: SpsSyntax::of(&parsed),
            facts: facts(&parsed, level_idc)?,
        };
        // Picture parameter sets are read against their sequence parameter set and don't survive it.
        if self.sps.insert(id, entry).is_some() {
            self.pps.retain(|_, pps| pps.syntax.ids.sps != id);
        }
        Ok(true)
    }

    fn insert_pps(&mut self, nal: &[u8]) -> Result<bool, Malformed> {
        let syntax =
            PpsSyntax::parse(nal).ok_or_else(|| Malformed::new("a picture parameter set"))?;
        let entry = Pps {
            nal: nal.to_vec(),
            syntax,
        };
        let before = self.pps.insert(syntax.ids.pps, entry);
        Ok(before.is_none_or(|known| known.nal != nal))
    }

    /// The sets a slice that names picture parameter set `pps_id` is read with.
    #[must_use]
    pub(crate) fn syntax(&self, pps_id: u32) -> Option<(&SpsSyntax, &PpsSyntax)> {
        let pps = &self.pps.get(&pps_id)?.syntax;
        Some((&self.sps.get(&pps.ids.sps)?.syntax, pps))
    }

    /// The configuration of a picture that names `pps_id`: its sequence parameter set and every
    /// picture parameter set built on that.
    #[must_use]
    pub(crate) fn active(&self, pps_id: u32, nal_length_size: Option<u8>) -> Option<VideoConfig> {
        let id = self.pps.get(&pps_id)?.syntax.ids.sps;
        let sps = self.sps.get(&id)?;
        Some(VideoConfig {
            vps: Vec::new(),
            record: Vec::new(),
            sps: vec![sps.nal.clone()],
            pps: self
                .pps
                .values()
                .filter(|pps| pps.syntax.ids.sps == id)
                .map(|pps| pps.nal.clone())
                .collect(),
            nal_length_size,
            facts: sps.facts.clone(),
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// 1920×1080 High, level 4, 4 reference frames, reorder 2, 30 frames a second (x264).
    pub(in crate::h264) const SPS: &[u8] = &[
        0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0xc0, 0x44, 0x00, 0x00,
        0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc6, 0x58,
    ];
    pub(in crate::h264) const PPS: &[u8] = &[0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0];

    pub(in crate::h264) fn config(nal_length_size: Option<u8>) -> VideoConfig {
        VideoConfig {
            vps: Vec::new(),
            record: Vec::new(),
            sps: vec![SPS.to_vec()],
            pps: vec![PPS.to_vec()],
            nal_length_size,
            facts: sequence_facts(SPS).unwrap(),
        }
    }

    #[test]
    fn facts_come_through_emulation_prevention() {
        let facts = sequence_facts(SPS).unwrap();
        assert_eq!((facts.width, facts.height), (1920, 1080));
        assert_eq!((facts.profile_idc, facts.level_idc), (100, 40));
        assert_eq!((facts.chroma_format_idc, facts.bit_depth), (1, 8));
        assert_eq!(facts.timing, Some((1, 60)));
        assert_eq!(facts.num_reorder_frames, Some(2));
        assert_eq!(facts.pixel_aspect, (1, 1));
        assert_eq!(facts.colour, (2, 2, 2));
        assert!(!facts.interlaced);
    }

    #[test]
    fn a_level_too_low_and_a_cut_end_are_tolerated() {
        let mut low = SPS.to_vec();
        low[3] = 10;
        let facts = sequence_facts(&low).unwrap();
        assert_eq!((facts.level_idc, facts.height), (10, 1080));
        let facts = sequence_facts(&SPS[..14]).unwrap();
        assert_eq!((facts.width, facts.height), (1920, 1080));
        assert_eq!(facts.num_reorder_frames, None);
        assert!(sequence_facts(&SPS[..6]).is_err());
        assert!(sequence_facts(&[]).is_err());
        assert!(sequence_facts(PPS).is_err());
    }

    #[test]
    fn ids_are_read() {
        assert_eq!(sps_id(SPS), Some(0));
        assert_eq!(pps_ids(PPS), Some(PpsIds { pps: 0, sps: 0 }));
        // pps 1 of sps 2: 010 011
        let ids = pps_ids(&[0x68, 0b0100_1111]);
        assert_eq!(ids, Some(PpsIds { pps: 1, sps: 2 }));
        assert_eq!(sps_ids_of(&config(None)), [0]);
        assert_eq!(pps_ids_of(&config(None)), [PpsIds { pps: 0, sps: 0 }]);
        assert_eq!(pps_ids(SPS), None);
        assert_eq!(sps_id(&[0x67]), None);
    }

    #[test]
    fn a_new_sequence_parameter_set_takes_the_place_of_the_old_one() {
        let mut sets = ParameterSets::of(&config(Some(4))).unwrap();
        assert!(!sets.insert(SPS).unwrap());
        assert!(!sets.insert(PPS).unwrap());
        assert_eq!(sets.active(0, Some(4)), Some(config(Some(4))));
        let mut other = SPS.to_vec();
        other[3] = 41;
        assert!(sets.insert(&other).unwrap());
        assert_eq!(
            sets.active(0, None),
            None,
            "its picture parameter sets went with it"
        );
        assert!(sets.insert(PPS).unwrap());
        assert_eq!(sets.active(0, None).unwrap().sps, [other]);
        assert!(sets.insert(&[0x68]).is_err());
        assert!(!sets.insert(&[0x65, 0x88]).unwrap());
    }
}
