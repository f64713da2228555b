//! What the two codecs of outputs do differently, H.264 and HEVC: everything outside of their own modules
//! asks here.

use crate::error::Malformed;
use crate::nal_units::NalUnits;
use crate::{h264, hevc};
use conform::{SequenceFacts, UnitKind, VideoCodec, VideoConfig};

/// Frames an access unit with lengths of 4 bytes, as `avc1` and `hvc1` want it, into `out` (cleared first).
///
/// Access unit delimiters and parameter sets equal to those of `config` are left out; every other NAL unit
/// stays byte for byte. An access unit that has such lengths already and carries neither is copied
/// unchanged.
///
/// # Errors
/// [`Malformed`] when a length leads outside the access unit or nothing is left of it.
pub(crate) fn to_length_prefixed(
    codec: VideoCodec,
    unit: &[u8],
    config: &VideoConfig,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    out.clear();
    if config.nal_length_size == Some(4) && !carries_framing(codec, unit)? {
        out.extend_from_slice(unit);
        return Ok(());
    }
    for nal in NalUnits::new(unit, config.nal_length_size) {
        let nal = nal?;
        if nal.is_empty() || is_redundant(codec, nal, config) {
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

/// Delimiters or parameter sets.
fn carries_framing(codec: VideoCodec, unit: &[u8]) -> Result<bool, Malformed> {
    let mut found = false;
    for nal in NalUnits::new(unit, Some(4)) {
        let kind = part(codec, nal?);
        found |= matches!(kind, Part::Vps | Part::Sps | Part::Pps | Part::Delimiter);
    }
    Ok(found)
}

fn is_redundant(codec: VideoCodec, nal: &[u8], config: &VideoConfig) -> bool {
    let sets = match part(codec, nal) {
        Part::Delimiter => return true,
        Part::Vps => &config.vps,
        Part::Sps => &config.sps,
        Part::Pps => &config.pps,
        Part::Slice(_) | Part::Other => return false,
    };
    sets.iter().any(|set| set == nal)
}

/// The decoder configuration record for samples with lengths of 4 bytes.
///
/// # Errors
/// [`Malformed`] when the parameter sets can't be read, or don't fit into it.
pub(crate) fn build_record(codec: VideoCodec, config: &VideoConfig) -> Result<Vec<u8>, Malformed> {
    match codec {
        VideoCodec::H264 => h264::build_avcc(config),
        VideoCodec::Hevc => hevc::build_hvcc(config),
    }
}

/// Reads a decoder configuration record: bytes of each NAL unit's length, and the parameter sets unless
/// they all travel in the stream.
///
/// # Errors
/// [`Malformed`] when it ends too early or a parameter set can't be read.
pub(crate) fn parse_record(
    codec: VideoCodec,
    record: &[u8],
) -> Result<(u8, Option<VideoConfig>), Malformed> {
    match codec {
        VideoCodec::H264 => h264::parse_avcc(record),
        VideoCodec::Hevc => hevc::parse_hvcc(record),
    }
}

/// What a sequence parameter set says.
///
/// # Errors
/// [`Malformed`] when it can't be read.
pub(crate) fn sequence_facts(codec: VideoCodec, set: &[u8]) -> Result<SequenceFacts, Malformed> {
    match codec {
        VideoCodec::H264 => h264::sequence_facts(set),
        VideoCodec::Hevc => hevc::sequence_facts(set),
    }
}

/// The ids of all sequence parameter sets of a configuration.
#[must_use]
pub(crate) fn sps_ids(codec: VideoCodec, config: &VideoConfig) -> Vec<u32> {
    match codec {
        VideoCodec::H264 => h264::sps_ids_of(config),
        VideoCodec::Hevc => hevc::sps_ids_of(config),
    }
}

/// The ids that no parameter set of a configuration has, from the highest on: sets that it carries without
/// using them have low ones.
#[must_use]
pub(crate) fn free_ids(codec: VideoCodec, config: &VideoConfig) -> Vec<u8> {
    let (end, taken) = match codec {
        VideoCodec::H264 => (
            32,
            h264::pps_ids_of(config).iter().map(|ids| ids.pps).collect(),
        ),
        VideoCodec::Hevc => (16, hevc::pps_ids_of(config)),
    };
    let taken: Vec<u32> = taken.into_iter().chain(sps_ids(codec, config)).collect();
    let ids = (0..end).rev();
    ids.filter(|id| !taken.contains(&u32::from(*id))).collect()
}

/// What a NAL unit is, as far as whoever frames pictures has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Part of a picture, with what decoding may start from there.
    Slice(UnitKind),
    /// Video parameter set.
    Vps,
    /// Sequence parameter set.
    Sps,
    /// Picture parameter set.
    Pps,
    /// Access unit delimiter.
    Delimiter,
    /// Anything else.
    Other,
}

/// What a NAL unit is.
#[must_use]
pub(crate) fn part(codec: VideoCodec, unit: &[u8]) -> Part {
    match codec {
        VideoCodec::H264 => match h264::nal_type(unit) {
            Some(h264::nal::IDR) => Part::Slice(UnitKind::Idr),
            Some(h264::nal::SLICE..h264::nal::IDR) => Part::Slice(UnitKind::Delta),
            Some(h264::nal::SPS) => Part::Sps,
            Some(h264::nal::PPS) => Part::Pps,
            Some(h264::nal::AUD) => Part::Delimiter,
            _ => Part::Other,
        },
        VideoCodec::Hevc => match hevc::nal_type(unit) {
            Some(0..=hevc::nal::LAST_SLICE) => Part::Slice(hevc::kind_of(unit)),
            Some(hevc::nal::VPS) => Part::Vps,
            Some(hevc::nal::SPS) => Part::Sps,
            Some(hevc::nal::PPS) => Part::Pps,
            Some(hevc::nal::AUD) => Part::Delimiter,
            _ => Part::Other,
        },
    }
}

/// An access unit delimiter in front of slices of all types.
#[must_use]
pub(crate) fn delimiter(codec: VideoCodec) -> &'static [u8] {
    match codec {
        VideoCodec::H264 => &h264::DELIMITER,
        VideoCodec::Hevc => &hevc::DELIMITER,
    }
}

/// Puts messages that the container of a key picture keeps for all pictures in front of it, where the output
/// has no such place. Both have 4-byte lengths.
pub(crate) fn add_messages(codec: VideoCodec, config: &VideoConfig, picture: &mut Vec<u8>) {
    if codec == VideoCodec::Hevc {
        let mut front = Vec::new();
        for message in hevc::messages_of(config) {
            // One that came out of a field of 16 bits.
            let length = u32::try_from(message.len()).unwrap_or(0);
            front.extend_from_slice(&length.to_be_bytes());
            front.extend_from_slice(&message);
        }
        picture.splice(0..0, front);
    }
}

/// The header of a NAL unit with supplemental information that stands in front of a picture.
#[must_use]
pub(crate) fn message_header(codec: VideoCodec) -> &'static [u8] {
    match codec {
        VideoCodec::H264 => &[h264::nal::SEI],
        VideoCodec::Hevc => &[hevc::nal::PREFIX_SEI << 1, 1],
    }
}

/// Tells decoders that a random access picture with 4-byte lengths begins anew, and has nothing to do with
/// what was decoded before: of HEVC a CRA picture becomes a BLA picture, `leading` when pictures that look
/// past it follow. Only that bit of its NAL units' headers changes (ITU-T H.265 §8.1.3, §C.5.2.2: an end of
/// sequence in front of a CRA picture would drop pictures that were not shown yet).
pub(crate) fn begin_anew(codec: VideoCodec, picture: &mut [u8], leading: bool) {
    if codec == VideoCodec::Hevc {
        let kind = match leading {
            true => hevc::nal::BLA_W_LP,
            false => hevc::nal::BLA_N_LP,
        };
        hevc::rename_slices(picture, &[hevc::nal::CRA], kind);
    }
}

/// A picture with 4-byte lengths as its source has it, to be compared: what [`begin_anew`] changed is
/// changed back. Every BLA picture counts as a CRA picture, as a source may have either.
pub(crate) fn as_in_source(codec: VideoCodec, picture: &mut [u8]) {
    if codec == VideoCodec::Hevc {
        let broken = [
            hevc::nal::BLA_W_LP,
            hevc::nal::BLA_W_RADL,
            hevc::nal::BLA_N_LP,
        ];
        hevc::rename_slices(picture, &broken, hevc::nal::CRA);
    }
}

/// Makes what an encoder writes stand between copies.
#[derive(Debug)]
pub(crate) enum Graft {
    H264(Box<h264::Graft>),
    Hevc(Box<hevc::Graft>),
}

impl Graft {
    /// Between copies with this sequence parameter set; `id` is one that they do not use.
    ///
    /// # Errors
    /// [`Malformed`] when the set can't be read.
    pub(crate) fn new(codec: VideoCodec, base: &[u8], id: u8) -> Result<Self, Malformed> {
        Ok(match codec {
            VideoCodec::H264 => Self::H264(Box::new(h264::Graft::new(base, id)?)),
            VideoCodec::Hevc => Self::Hevc(Box::new(hevc::Graft::new(base, id)?)),
        })
    }

    /// A NAL unit of the encoder as it goes into the output; `None` for one that is left out. Parameter
    /// sets have to come before the slices that need them.
    ///
    /// # Errors
    /// [`Malformed`] when it can't be read, or asks more of a decoder than the copies do.
    pub(crate) fn take(&mut self, unit: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
        match self {
            Self::H264(graft) => graft.take(unit).map(Some),
            Self::Hevc(graft) => graft.take(unit),
        }
    }
}
