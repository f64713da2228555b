//! Looks into length-prefixed pictures (ISO base media, Matroska): what decoding may start from,
//! and parameter sets that travel in the stream.

use conform::{UnitKind, VideoConfig};

use super::input::Input;
use crate::error::{Malformed, MediaError};
use crate::h264::{self, PictureStart, nal};
use crate::hevc;
use crate::nal_units::trim_trailing_zeros;

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
    sets: Sets,
}

/// Parameter sets by id, of a codec whose sets are read.
enum Sets {
    H264(h264::ParameterSets),
    Hevc(hevc::ParameterSets),
    Unread,
}

impl Sets {
    fn of(codec: &str, config: Option<&VideoConfig>) -> Result<Self, Malformed> {
        Ok(match (codec, config) {
            ("h264", None) => Self::H264(h264::ParameterSets::default()),
            ("h264", Some(config)) => Self::H264(h264::ParameterSets::of(config)?),
            ("hevc", None) => Self::Hevc(hevc::ParameterSets::default()),
            ("hevc", Some(config)) => Self::Hevc(hevc::ParameterSets::of(config)?),
            _ => Self::Unread,
        })
    }

    fn switch_to(&mut self, config: &VideoConfig) -> Result<(), Malformed> {
        let codec = match self {
            Self::H264(_) => "h264",
            Self::Hevc(_) => "hevc",
            Self::Unread => "",
        };
        *self = Self::of(codec, Some(config))?;
        Ok(())
    }

    fn insert(&mut self, unit: &[u8]) -> Result<bool, Malformed> {
        match self {
            Self::H264(sets) => sets.insert(unit),
            Self::Hevc(sets) => sets.insert(unit),
            Self::Unread => Ok(false),
        }
    }

    fn active(&self, pps_id: u32, nal_length_size: u8) -> Option<VideoConfig> {
        match self {
            Self::H264(sets) => sets.active(pps_id, Some(nal_length_size)),
            Self::Hevc(sets) => sets.active(pps_id, Some(nal_length_size)),
            Self::Unread => None,
        }
    }
}

impl Pictures {
    /// Starts with the container's own configurations. There may be none, when all parameter sets
    /// travel in the stream (`avc3`, `hev1`).
    pub(crate) fn new(
        configs: Vec<VideoConfig>,
        nal_length_size: u8,
        codec: &str,
    ) -> Result<Self, Malformed> {
        Ok(Self {
            sets: Sets::of(codec, configs.first())?,
            configs,
            nal_length_size,
            current: 0,
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
        self.sets.switch_to(chosen)?;
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
        let found = match self.sets {
            Sets::H264(_) => self.walk::<PictureStart>(input, offset, len)?,
            Sets::Hevc(_) => self.walk::<HevcStart>(input, offset, len)?,
            Sets::Unread => return Ok(UnitKind::Recovery),
        };
        self.take_in_band(&found.sets, found.pps_id)
            .map_err(|error| input.malformed(&error))?;
        Ok(if marked { found.marked } else { found.unmarked })
    }

    fn walk<S: Start>(
        &self,
        input: &mut Input<'_>,
        offset: u64,
        len: u32,
    ) -> Result<Found, MediaError> {
        let mut start = S::default();
        let mut sets: Vec<Vec<u8>> = Vec::new();
        let end = offset + u64::from(len);
        let mut at = offset;
        for _ in 0..MOST_NALS {
            let Some((unit_at, unit_end)) = next_nal(input, at, end, self.nal_length_size)? else {
                break;
            };
            let head = input.peek(unit_at, SLICE_HEAD)?;
            let wanted = match S::is_long(head) {
                true => (unit_end - unit_at).min(LONGEST_SET),
                false => (unit_end - unit_at).min(SLICE_HEAD as u64),
            };
            let unit = input.peek(unit_at, wanted as usize)?;
            if S::is_set(unit) {
                sets.push(trim_trailing_zeros(unit).to_vec());
            }
            if start.take(unit) {
                break;
            }
            at = unit_end;
        }
        Ok(Found {
            sets,
            pps_id: start.pps_id(),
            marked: start.kind_of(true),
            unmarked: start.kind_of(false),
        })
    }

    fn take_in_band(&mut self, in_band: &[Vec<u8>], pps_id: Option<u32>) -> Result<(), Malformed> {
        let known = self.configs.get(self.current).is_some_and(|config| {
            in_band.iter().all(|unit| {
                let mut sets = config.vps.iter().chain(&config.sps).chain(&config.pps);
                sets.any(|set| set == unit)
            })
        });
        if in_band.is_empty() || known {
            return Ok(());
        }
        for unit in in_band {
            self.sets.insert(unit)?;
        }
        let active = pps_id.and_then(|id| self.sets.active(id, self.nal_length_size));
        let Some(active) = active else {
            return Err(Malformed::new(
                "a picture names parameter sets that are missing",
            ));
        };
        self.current = add_config(&mut self.configs, active)?;
        Ok(())
    }
}

/// What a picture tells up to its first slice.
struct Found {
    sets: Vec<Vec<u8>>,
    pps_id: Option<u32>,
    /// What decoding may start from when the container calls it a random access point, and when not.
    marked: UnitKind,
    unmarked: UnitKind,
}

/// The NAL units up to a first slice.
trait Start: Default {
    /// It may be longer than the head of a slice, and all of it matters.
    fn is_long(unit: &[u8]) -> bool;
    fn is_set(unit: &[u8]) -> bool;
    /// Takes the next NAL unit; `true` once the first slice was seen.
    fn take(&mut self, unit: &[u8]) -> bool;
    fn pps_id(&self) -> Option<u32>;
    fn kind_of(&self, marked: bool) -> UnitKind;
}

impl Start for PictureStart {
    fn is_long(unit: &[u8]) -> bool {
        matches!(h264::nal_type(unit), Some(nal::SPS | nal::PPS | nal::SEI))
    }

    fn is_set(unit: &[u8]) -> bool {
        matches!(h264::nal_type(unit), Some(nal::SPS | nal::PPS))
    }

    fn take(&mut self, unit: &[u8]) -> bool {
        self.add(unit)
    }

    fn pps_id(&self) -> Option<u32> {
        self.pps_id
    }

    fn kind_of(&self, marked: bool) -> UnitKind {
        self.kind(marked)
    }
}

/// The first slice of a picture of HEVC.
#[derive(Debug, Default)]
struct HevcStart(Option<(UnitKind, Option<u32>)>);

impl Start for HevcStart {
    fn is_long(unit: &[u8]) -> bool {
        hevc::is_set(unit)
    }

    fn is_set(unit: &[u8]) -> bool {
        hevc::is_set(unit)
    }

    fn take(&mut self, unit: &[u8]) -> bool {
        if hevc::is_slice(unit) {
            self.0 = Some((hevc::kind_of(unit), hevc::pps_id_of(unit)));
        }
        self.0.is_some()
    }

    fn pps_id(&self) -> Option<u32> {
        self.0.and_then(|(_, pps_id)| pps_id)
    }

    /// What the container calls a random access point is one, when its slices don't tell.
    fn kind_of(&self, marked: bool) -> UnitKind {
        match self.0 {
            Some((UnitKind::Delta, _)) | None if marked => UnitKind::Recovery,
            Some((kind, _)) => kind,
            None => UnitKind::Delta,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::h264::parse_avcc;
    use std::io::Cursor;
    use tokio_util::sync::CancellationToken;

    /// 1920×1080 High, sequence parameter set 0.
    const SPS: &[u8] = &[
        0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0xc0, 0x44, 0x00, 0x00,
        0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc6, 0x58,
    ];
    const PPS: &[u8] = &[0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0];
    const IDR: &[u8] = &[0x65, 0x88, 0x84, 0x00, 0x33];

    /// The same at another level.
    fn other_sps() -> Vec<u8> {
        let mut sps = SPS.to_vec();
        sps[3] = 41;
        sps
    }

    fn config(sps: &[u8]) -> VideoConfig {
        let mut record = vec![1, 100, 0, 40, 0xff, 0xe1, 0, sps.len() as u8];
        record.extend_from_slice(sps);
        record.extend_from_slice(&[1, 0, PPS.len() as u8]);
        record.extend_from_slice(PPS);
        parse_avcc(&record).unwrap().1.unwrap()
    }

    fn sample(nals: &[&[u8]]) -> Vec<u8> {
        nals.iter().fold(Vec::new(), |mut bytes, nal| {
            bytes.extend_from_slice(&(nal.len() as u32).to_be_bytes());
            bytes.extend_from_slice(nal);
            bytes
        })
    }

    /// Kind and configuration of each sample in turn.
    fn walk(
        pictures: &mut Pictures,
        samples: &[Vec<u8>],
    ) -> Result<Vec<(UnitKind, u16)>, MediaError> {
        let mut source = Cursor::new(samples.concat());
        let cancel = CancellationToken::new();
        let mut progress = |_, _| {};
        let mut input = Input::new(&mut source, "x", &cancel, &mut progress)?;
        let mut at = 0;
        let mut found = Vec::new();
        for sample in samples {
            let kind = pictures.examine(&mut input, at, sample.len() as u32, true)?;
            found.push((kind, pictures.current()));
            at += sample.len() as u64;
        }
        Ok(found)
    }

    #[test]
    fn sets_in_the_stream_count_when_they_differ() {
        let mut pictures = Pictures::new(vec![config(SPS)], 4, "h264").unwrap();
        let samples = [
            sample(&[SPS, PPS, IDR]),
            sample(&[&other_sps(), PPS, IDR]),
            sample(&[IDR]),
            sample(&[SPS, PPS, IDR]),
        ];
        let found = walk(&mut pictures, &samples).unwrap();
        let configs: Vec<u16> = found.iter().map(|(_, config)| *config).collect();
        assert_eq!(configs, [0, 1, 1, 0]);
        assert!(found.iter().all(|(kind, _)| *kind == UnitKind::Idr));
        assert_eq!(pictures.configs[1].facts.level_idc, 41);
        assert_eq!(pictures.configs[1].nal_length_size, Some(4));
    }

    #[test]
    fn all_sets_may_be_in_the_stream() {
        let mut pictures = Pictures::new(Vec::new(), 4, "h264").unwrap();
        assert_eq!(
            walk(&mut pictures, &[sample(&[SPS, PPS, IDR])]).unwrap(),
            [(UnitKind::Idr, 0)]
        );
        assert_eq!(pictures.configs, [config(SPS)]);
        let mut pictures = Pictures::new(Vec::new(), 4, "h264").unwrap();
        assert!(
            walk(&mut pictures, &[sample(&[SPS, IDR])]).is_err(),
            "the other set is missing"
        );
    }

    #[test]
    fn descriptions_switch_configurations() {
        let configs = vec![config(SPS), config(&other_sps())];
        let mut pictures = Pictures::new(configs, 4, "h264").unwrap();
        pictures.switch_to(1).unwrap();
        assert_eq!(
            walk(&mut pictures, &[sample(&[IDR])]).unwrap(),
            [(UnitKind::Idr, 1)]
        );
        let repeated = sample(&[&other_sps(), PPS, IDR]);
        assert_eq!(
            walk(&mut pictures, &[repeated]).unwrap(),
            [(UnitKind::Idr, 1)]
        );
        assert!(pictures.switch_to(2).is_err());
    }

    #[test]
    fn pictures_that_are_none_are_survived() {
        let mut pictures = Pictures::new(vec![config(SPS)], 4, "h264").unwrap();
        let samples = [
            vec![],
            vec![0, 0],
            vec![0xff; 40],
            vec![0; 40_000],
            sample(&[&[9, 0xf0]]),
        ];
        for (kind, config) in walk(&mut pictures, &samples).unwrap() {
            assert_eq!(
                (kind, config),
                (UnitKind::Recovery, 0),
                "the container says so"
            );
        }
    }

    #[test]
    fn kinds_of_hevc() {
        let kinds = [
            (19, UnitKind::Idr),
            (21, UnitKind::Recovery),
            (16, UnitKind::Recovery),
            (1, UnitKind::Recovery),
        ];
        for (nal_type, wanted) in kinds {
            let mut pictures = Pictures::new(Vec::new(), 4, "hevc").unwrap();
            // Behind a delimiter.
            let samples = [sample(&[&[35 << 1, 1, 0x50], &[nal_type << 1, 1, 0x80]])];
            assert_eq!(walk(&mut pictures, &samples).unwrap(), [(wanted, 0)]);
        }
    }
}
