//! What containers say about video whose parameter sets are not read: enough to show it and to choose a
//! decoder.

use conform::{SequenceFacts, VideoConfig};

use super::bits::Bits;
use crate::hevc;

/// The one configuration of a track whose parameter sets are not read: size from the container,
/// depth and chroma from its configuration record where that tells. That of ProRes is the four
/// characters of its kind.
pub(crate) fn container_config(
    codec: &str,
    size: (u32, u32),
    record: Option<&[u8]>,
    colour: Option<Colour>,
) -> VideoConfig {
    let mut facts = SequenceFacts {
        profile_idc: 0,
        constraint_flags: 0,
        level_idc: 0,
        width: size.0,
        height: size.1,
        chroma_format_idc: 1,
        bit_depth: 8,
        interlaced: false,
        num_ref_frames: 0,
        num_reorder_frames: None,
        max_dec_frame_buffering: None,
        pixel_aspect: (1, 1),
        colour: (2, 2, 2),
        full_range: false,
        timing: None,
    };
    if codec == "prores" {
        facts.chroma_format_idc = 2;
        facts.bit_depth = 10;
    }
    if let Some(record) = record {
        // A record cut short just leaves the rest as it is.
        let _ = match codec {
            "hevc" => read_hevc(record, &mut facts),
            "av1" => read_av1(record, &mut facts),
            "vp9" => read_vp9(record, &mut facts),
            _ => None,
        };
    }
    if let Some(colour) = colour {
        facts.colour = (colour.primaries, colour.transfer, colour.matrix);
        facts.full_range = colour.full_range;
    }
    // What VP9 keeps there its decoder reads from the stream.
    let kept = record.filter(|_| matches!(codec, "hevc" | "av1" | "prores"));
    VideoConfig {
        vps: Vec::new(),
        record: kept.unwrap_or_default().to_vec(),
        sps: Vec::new(),
        pps: Vec::new(),
        nal_length_size: None,
        facts,
    }
}

/// The configuration of a track of HEVC: as its record says, with what the container says of colours where
/// the record says nothing. One that can't be read is kept as it is.
pub(crate) fn hevc_config(
    size: (u32, u32),
    record: Option<&[u8]>,
    colour: Option<Colour>,
) -> (Option<VideoConfig>, Option<u8>) {
    let Some(record) = record else {
        return (Some(container_config("hevc", size, None, colour)), None);
    };
    match hevc::parse_hvcc(record) {
        Ok((length, None)) => (None, Some(length)),
        Ok((length, Some(mut config))) => {
            if let (Some(colour), (2, 2, 2)) = (colour, config.facts.colour) {
                config.facts.colour = (colour.primaries, colour.transfer, colour.matrix);
                config.facts.full_range |= colour.full_range;
            }
            (Some(config), Some(length))
        }
        Err(_) => {
            let mut config = container_config("hevc", size, Some(record), colour);
            config.nal_length_size = record.get(21).map(|byte| (byte & 3) + 1);
            let length = config.nal_length_size;
            (Some(config), length)
        }
    }
}

/// Colour as a container describes it (ISO/IEC 23091-2 code points).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour {
    pub(crate) primaries: u8,
    pub(crate) transfer: u8,
    pub(crate) matrix: u8,
    pub(crate) full_range: bool,
}

/// `HEVCDecoderConfigurationRecord`, ISO/IEC 14496-15 §8.3.3.1.
fn read_hevc(record: &[u8], facts: &mut SequenceFacts) -> Option<()> {
    facts.profile_idc = record.get(1)? & 0x1f;
    facts.level_idc = *record.get(12)?;
    facts.chroma_format_idc = record.get(16)? & 3;
    facts.bit_depth = (record.get(17)? & 7) + 8;
    Some(())
}

/// `AV1CodecConfigurationRecord`, AV1 in ISOBMFF §2.3.3.
fn read_av1(record: &[u8], facts: &mut SequenceFacts) -> Option<()> {
    let mut bits = Bits::new(record);
    bits.skip(8)?;
    facts.profile_idc = bits.bits(3)? as u8;
    facts.level_idc = bits.bits(5)? as u8;
    bits.skip(1)?;
    let (high, twelve) = (bits.bit()?, bits.bit()?);
    facts.bit_depth = match (high, twelve) {
        (false, _) => 8,
        (true, false) => 10,
        (true, true) => 12,
    };
    facts.chroma_format_idc = match (bits.bit()?, bits.bit()?, bits.bit()?) {
        (true, ..) => 0,
        (_, true, true) => 1,
        (_, true, false) => 2,
        _ => 3,
    };
    Some(())
}

/// `VPCodecConfigurationRecord` behind its version, VP Codec ISO Media File Format Binding.
fn read_vp9(record: &[u8], facts: &mut SequenceFacts) -> Option<()> {
    facts.profile_idc = *record.first()?;
    facts.level_idc = *record.get(1)?;
    let packed = record.get(2)?;
    facts.bit_depth = packed >> 4;
    facts.chroma_format_idc = match packed >> 1 & 7 {
        0 | 1 => 1,
        2 => 2,
        _ => 3,
    };
    facts.full_range = packed & 1 == 1;
    facts.colour = (*record.get(3)?, *record.get(4)?, *record.get(5)?);
    Some(())
}

/// Whether each picture of a codec stands alone, so that decoding may start anywhere.
pub(crate) fn is_intra_only(codec: &str) -> bool {
    matches!(codec, "prores" | "dnxhd" | "jpeg" | "png" | "dv" | "raw")
}

/// Whether a random access point of a codec is always a clean start, with nothing behind it that
/// looks past it.
pub(crate) fn starts_clean(codec: &str) -> bool {
    is_intra_only(codec) || matches!(codec, "av1" | "vp8" | "vp9")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_tell_depth_and_chroma() {
        let mut hevc = [0u8; 23];
        (hevc[1], hevc[12], hevc[16], hevc[17]) = (2, 93, 0xfd, 0xfa);
        let facts = container_config("hevc", (1920, 1080), Some(&hevc), None).facts;
        assert_eq!((facts.bit_depth, facts.chroma_format_idc), (10, 1));
        assert_eq!((facts.profile_idc, facts.level_idc), (2, 93));
        let facts = container_config("av1", (8, 8), Some(&[0x81, 4, 0x4c, 0]), None).facts;
        assert_eq!((facts.bit_depth, facts.chroma_format_idc), (10, 1));
        let facts = container_config("vp9", (8, 8), Some(&[1, 10, 0x84, 9, 16, 9]), None).facts;
        assert_eq!((facts.bit_depth, facts.chroma_format_idc), (8, 2));
        assert_eq!(facts.colour, (9, 16, 9));
        let cut = container_config("hevc", (8, 8), Some(&[1]), None).facts;
        assert_eq!(cut.bit_depth, 8);
    }
}
