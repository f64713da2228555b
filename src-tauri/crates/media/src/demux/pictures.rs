//! Looks into length-prefixed pictures (ISO base media, Matroska): what decoding may start from,
//! and parameter sets that travel in the stream.

use conform::{UnitKind, VideoConfig};

use super::input::Input;
use crate::error::{Malformed, MediaError};
use crate::h264::{self, ParameterSets, PictureStart, nal};

/// A parameter set or SEI message longer than this is no such thing.
const LONGEST_SET: u64 = 64 << 10;
/// Bytes of a slice that hold all of its header that matters.
const SLICE_HEAD: usize = 64;
/// NAL units in front of a picture's first slice; more of them is no picture.
const MOST_NALS: usize = 1024;
/// More configurations than this in one track is not media.
const MOST_CONFIGS: usize = 1024;

/// The parameter sets of one track, as far as its pictures have been walked.
pub(crate) struct Pictures {
    pub(crate) configs: Vec<VideoConfig>,
    nal_length_size: u8,
    current: usize,
    sets: ParameterSets,
}

impl Pictures {
    /// Starts with the container's own configurations. There may be none, when all parameter sets
    /// travel in the stream (`avc3`). `h264` tells whether they are read at all.
    pub(crate) fn new(
        configs: Vec<VideoConfig>,
        nal_length_size: u8,
        h264: bool,
    ) -> Result<Self, Malformed> {
        let first = configs.first().filter(|_| h264);
        let sets = first
            .map(ParameterSets::of)
            .transpose()?
            .unwrap_or_default();
        Ok(Self {
            configs,
            nal_length_size,
            current: 0,
            sets,
        })
    }

    /// The configuration of the pictures from here on, as an index into `configs`.
    pub(crate) fn current(&self) -> u16 {
        u16::try_from(self.current).unwrap_or(u16::MAX)
    }

    /// The container says that another of its configurations is in force from here on.
    pub(crate) fn switch_to(&mut self, config: usize) -> Result<(), Malformed> {
        let Some(chosen) = self.configs.get(config) else {
            return Err(Malformed::new("a sample names an unknown description"));
        };
        self.sets = ParameterSets::of(chosen)?;
        self.current = config;
        Ok(())
    }

    /// Walks the NAL units of a picture up to its first slice. `marked` says that the container
    /// calls it a random access point.
    pub(crate) fn examine(
        &mut self,
        input: &mut Input<'_>,
        offset: u64,
        len: u32,
        marked: bool,
    ) -> Result<UnitKind, MediaError> {
        let mut start = PictureStart::default();
        let mut in_band: Vec<Vec<u8>> = Vec::new();
        let end = offset + u64::from(len);
        let mut at = offset;
        for _ in 0..MOST_NALS {
            let Some((nal_at, nal_end)) = next_nal(input, at, end, self.nal_length_size)? else {
                break;
            };
            let head = input.peek(nal_at, SLICE_HEAD)?;
            let wanted = match h264::nal_type(head) {
                Some(nal::SPS | nal::PPS | nal::SEI) => (nal_end - nal_at).min(LONGEST_SET),
                _ => (nal_end - nal_at).min(SLICE_HEAD as u64),
            };
            let nal = input.peek(nal_at, wanted as usize)?;
            if matches!(h264::nal_type(nal), Some(nal::SPS | nal::PPS)) {
                in_band.push(h264::trim_trailing_zeros(nal).to_vec());
            }
            if start.add(nal) {
                break;
            }
            at = nal_end;
        }
        self.take_in_band(&in_band, start.pps_id)
            .map_err(|error| input.malformed(&error))?;
        Ok(start.kind(marked))
    }

    fn take_in_band(&mut self, in_band: &[Vec<u8>], pps_id: Option<u32>) -> Result<(), Malformed> {
        let known = self.configs.get(self.current).is_some_and(|config| {
            in_band
                .iter()
                .all(|nal| config.sps.contains(nal) || config.pps.contains(nal))
        });
        if in_band.is_empty() || known {
            return Ok(());
        }
        for nal in in_band {
            self.sets.insert(nal)?;
        }
        let active = pps_id.and_then(|id| self.sets.active(id, Some(self.nal_length_size)));
        let Some(active) = active else {
            return Err(Malformed::new(
                "a picture names parameter sets that are missing",
            ));
        };
        self.current = add_config(&mut self.configs, active)?;
        Ok(())
    }
}

/// What decoding may start from at an HEVC picture that its container calls a random access point
/// (ITU-T H.265 table 7-1).
pub(crate) fn hevc_kind(
    input: &mut Input<'_>,
    offset: u64,
    len: u32,
    nal_length_size: u8,
) -> Result<UnitKind, MediaError> {
    let end = offset + u64::from(len);
    let mut at = offset;
    for _ in 0..MOST_NALS {
        let Some((nal_at, nal_end)) = next_nal(input, at, end, nal_length_size)? else {
            break;
        };
        let kind = input
            .peek(nal_at, 1)?
            .first()
            .map(|header| header >> 1 & 0x3f);
        match kind {
            Some(19 | 20) => return Ok(UnitKind::Idr),
            Some(0..=31) => return Ok(UnitKind::Recovery),
            _ => at = nal_end,
        }
    }
    Ok(UnitKind::Recovery)
}

/// Where the next NAL unit begins and ends; `None` at the end of the picture, or when what is
/// there is no NAL unit (its reader will complain when it is really needed).
fn next_nal(
    input: &mut Input<'_>,
    at: u64,
    end: u64,
    nal_length_size: u8,
) -> Result<Option<(u64, u64)>, MediaError> {
    let size = usize::from(nal_length_size);
    let start = at + size as u64;
    if start >= end {
        return Ok(None);
    }
    let length = input.peek(at, size)?;
    let length = length
        .iter()
        .fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    let nal_end = start + length;
    Ok((nal_end <= end).then_some((start, nal_end)))
}

/// The index of `config` in `configs`, to which it is added when it is new.
pub(crate) fn add_config(
    configs: &mut Vec<VideoConfig>,
    config: VideoConfig,
) -> Result<usize, Malformed> {
    if let Some(known) = configs.iter().position(|known| *known == config) {
        return Ok(known);
    }
    if configs.len() >= MOST_CONFIGS {
        return Err(Malformed::new(format!(
            "its parameter sets change more than {MOST_CONFIGS} times"
        )));
    }
    configs.push(config);
    Ok(configs.len() - 1)
}
