//! What one pass over an object finds: every access unit and audio frame with its exact time.
//!
//! The index is owned here because planning reads nothing else; crate `media` fills it.
//!
//! **Clock.** All times of one track are integer ticks of the track's `time_scale` on the object's
//! own *presentation* timeline: edit lists are already applied (ISO/IEC 14496-12 §8.6.6), MPEG-TS
//! time stamps are unwrapped raw 90 kHz values. Times may be negative (decoder priming, pictures
//! an edit list hides).

use mediatime::{FrameRate, RationalTime};
use serde::{Deserialize, Serialize};

/// How the object's bytes are wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Container {
    /// ISO base media, plain or fragmented.
    Mp4,
    /// QuickTime.
    Mov,
    /// Matroska or WebM.
    Matroska,
    /// MPEG-2 transport stream.
    MpegTs,
}

/// The index of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaIndex {
    /// How the bytes are wrapped.
    pub container: Container,
    /// Bytes of the whole object.
    pub size: u64,
    /// The first video track.
    pub video: Option<VideoTrack>,
    /// The first audio track.
    pub audio: Option<AudioTrack>,
    /// Tracks that are there but not used, for example `subtitle tx3g` or `second audio aac`.
    pub unused_tracks: Vec<String>,
    /// The timecode that the recording says its first picture has.
    #[serde(default)]
    pub timecode: Option<StartTimecode>,
}

/// The timecode of a first frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StartTimecode {
    /// Frames since `00:00:00:00`, at the rate of the pictures.
    pub frame: u64,
    /// Its labels are those of drop-frame counting (SMPTE ST 12-1).
    pub drop_frame: bool,
}

/// A video track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoTrack {
    /// Track number (ISO, Matroska) or PID (MPEG-TS).
    pub track_id: u32,
    /// MIME name without `video/`: `h264`, `hevc`, …
    pub codec: String,
    /// Ticks per second of every time in this track.
    pub time_scale: u32,
    /// Parameter sets in the order of their first use; `AccessUnit::config` points here.
    pub configs: Vec<VideoConfig>,
    /// Clockwise rotation for display: 0, 90, 180 or 270.
    pub rotation: u16,
    /// Pixel aspect ratio from the container, when it says one; else that of the parameter sets.
    pub pixel_aspect: Option<(u32, u32)>,
    /// Set when every presented frame lies on the grid of one rate (within one tick).
    pub frame_rate: Option<FrameRate>,
    /// In decode order.
    pub units: Vec<AccessUnit>,
}

/// One set of parameter sets and what they say.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VideoConfig {
    /// Video parameter set NAL units of HEVC without start codes.
    pub vps: Vec<Vec<u8>>,
    /// Sequence parameter set NAL units without start codes.
    pub sps: Vec<Vec<u8>>,
    /// Picture parameter set NAL units without start codes.
    pub pps: Vec<Vec<u8>>,
    /// Bytes of the length in front of each NAL unit; `None` for start codes (Annex B).
    pub nal_length_size: Option<u8>,
    /// Of other codecs than H.264: what their decoder has to be told, as the container keeps it (`hvcC`,
    /// `av1C`; the four characters of ProRes). Empty where the stream tells.
    pub record: Vec<u8>,
    /// What the first sequence parameter set says.
    pub facts: SequenceFacts,
}

/// What a sequence parameter set says (ITU-T H.264 §7.3.2.1, H.265 §7.3.2.2), as far as planning needs it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SequenceFacts {
    /// `profile_idc`.
    pub profile_idc: u8,
    /// The byte of constraint flags behind it.
    pub constraint_flags: u8,
    /// `level_idc`.
    pub level_idc: u8,
    /// Pixels after cropping.
    pub width: u32,
    /// Pixels after cropping.
    pub height: u32,
    /// 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.
    pub chroma_format_idc: u8,
    /// Bits per luma sample.
    pub bit_depth: u8,
    /// `!frame_mbs_only_flag`, of HEVC `field_seq_flag`: pictures may be fields.
    pub interlaced: bool,
    /// `max_num_ref_frames`; of HEVC `sps_max_dec_pic_buffering_minus1`.
    pub num_ref_frames: u32,
    /// `max_num_reorder_frames` of the VUI, when it is there.
    pub num_reorder_frames: Option<u32>,
    /// `max_dec_frame_buffering` of the VUI, when it is there.
    pub max_dec_frame_buffering: Option<u32>,
    /// Sample aspect ratio of the VUI; 1:1 when absent or unspecified.
    pub pixel_aspect: (u32, u32),
    /// `(colour_primaries, transfer_characteristics, matrix_coefficients)`; 2 is unspecified.
    pub colour: (u8, u8, u8),
    /// `video_full_range_flag`.
    pub full_range: bool,
    /// `(num_units_in_tick, time_scale)` of the VUI.
    pub timing: Option<(u32, u32)>,
}

/// Where the bytes of an access unit or audio frame are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Byte offset in the object. MPEG-TS: of the packet in which the bytes begin.
    pub offset: u64,
    /// Elementary-stream bytes.
    pub len: u32,
    /// MPEG-TS only: elementary-stream bytes of that packet that come before; 0 elsewhere.
    pub skip: u32,
}

/// One coded picture (a frame, or a pair of fields).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessUnit {
    /// Presentation time.
    pub pts: i64,
    /// Decode time.
    pub dts: i64,
    /// Ticks until the next presented frame; for the last one what the container says, else the
    /// frame duration.
    pub duration: u32,
    /// Where its bytes are.
    pub location: Location,
    /// How many bytes it has as a sample with 4-byte NAL lengths, without parameter sets and delimiters:
    /// a guess, as only what tells is looked at. 0 where it can't be told.
    pub sample_size: u32,
    /// What decoding may start from.
    pub kind: UnitKind,
    /// Index into `VideoTrack::configs`.
    pub config: u16,
    /// `false` when an edit list hides the picture: it is needed to decode, never shown.
    pub presented: bool,
}

/// What decoding may start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnitKind {
    /// Instantaneous decoder refresh: nothing behind it refers to anything before it.
    Idr,
    /// An I picture or recovery point that pictures behind it may look past (open GOP).
    Recovery,
    /// Needs others.
    Delta,
}

/// An audio track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioTrack {
    /// Track number (ISO, Matroska) or PID (MPEG-TS).
    pub track_id: u32,
    /// MIME name without `audio/`: `aac`, `mpeg`, `ac3`, …
    pub codec: String,
    /// Ticks per second of every time in this track.
    pub time_scale: u32,
    /// Decoded samples per second.
    pub sample_rate: u32,
    /// Decoded channels.
    pub channels: u16,
    /// AAC: the AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1).
    pub config: Vec<u8>,
    /// Decoded samples a frame holds.
    pub samples_per_frame: u32,
    /// In time order.
    pub frames: Vec<AudioFrame>,
    /// What the edit list presents, in ticks; everything when there is none.
    pub presented: std::ops::Range<i64>,
    /// The language it is in, ISO 639-2 or BCP 47, when the container says one.
    #[serde(default)]
    pub language: Option<String>,
}

/// One coded audio frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioFrame {
    /// Presentation time of its first decoded sample.
    pub pts: i64,
    /// Ticks.
    pub duration: u32,
    /// Where its bytes are. MPEG-TS: of the whole ADTS frame with its header.
    pub location: Location,
}

impl VideoTrack {
    /// A tick value as exact seconds.
    #[must_use]
    pub fn time(&self, ticks: i64) -> RationalTime {
        RationalTime::from_ticks(ticks, self.time_scale).unwrap_or(RationalTime::ZERO)
    }

    /// Whether a group of pictures begins at this one: nothing shown behind it needs what is in front.
    /// Of H.264 only an IDR picture is taken for that, as recovery points may need several pictures
    /// to recover; of other codecs every random access point.
    #[must_use]
    pub fn begins_gop(&self, unit: &AccessUnit) -> bool {
        match unit.kind {
            UnitKind::Idr => true,
            UnitKind::Recovery => self.codec != "h264",
            UnitKind::Delta => false,
        }
    }

    /// Where decoding has to begin for `unit` and for whatever is shown from `pts` on: not at a random
    /// access point that is shown later, whose leading pictures look past it. `None` where nothing in
    /// front can be decoded.
    #[must_use]
    pub fn entry(&self, unit: usize, pts: i64) -> Option<usize> {
        let upto = self.units.get(..=unit)?;
        let begins = |unit: &AccessUnit| {
            self.begins_gop(unit) && (unit.kind == UnitKind::Idr || unit.pts <= pts)
        };
        // An object may begin at a recovery point; nothing else can be decoded from.
        let first = self.units.first()?.kind == UnitKind::Recovery;
        upto.iter().rposition(begins).or(first.then_some(0))
    }

    /// Behind the group of pictures that `unit` is in, in decode order.
    #[must_use]
    pub fn gop_end(&self, unit: usize) -> usize {
        let behind = self.units.iter().enumerate().skip(unit + 1);
        let mut starts = behind.filter(|(_, unit)| self.begins_gop(unit));
        starts.next().map_or(self.units.len(), |(start, _)| start)
    }

    /// The presented frames in presentation order, as indexes into `units`.
    #[must_use]
    pub fn presented(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.units.len())
            .filter(|i| self.units[*i].presented)
            .collect();
        order.sort_by_key(|i| self.units[*i].pts);
        order
    }
}

impl AudioTrack {
    /// A tick value as exact seconds.
    #[must_use]
    pub fn time(&self, ticks: i64) -> RationalTime {
        RationalTime::from_ticks(ticks, self.time_scale).unwrap_or(RationalTime::ZERO)
    }
}

/// Some files went through a container that rounds frame times to milliseconds before they got a
/// finer time scale: up to this far off the grid, in parts of a second, is rounding too.
const ROUNDING: i128 = 1000;

/// The one rate on whose grid all these presentation times lie, if there is one.
///
/// `pts` are ticks of `scale` in presentation order. Containers round frame times to their tick
/// (MP4 with time scale 600, Matroska to a millisecond), so each may be off the grid by a tick or a
/// millisecond. A standard rate is preferred, and of those that fit the one that fits best.
#[must_use]
pub fn constant_rate(pts: &[i64], scale: u32) -> Option<FrameRate> {
    let (first, last) = (*pts.first()?, *pts.last()?);
    let intervals = i64::try_from(pts.len()).ok()? - 1;
    let span = last.checked_sub(first)?;
    if intervals < 1 || span < intervals {
        return None;
    }
    candidates(intervals, span, scale).iter().find_map(|alike| {
        let fitting = alike
            .iter()
            .filter_map(|rate| Some((deviation(pts, scale, *rate)?, *rate)));
        fitting
            .min_by_key(|(deviation, _)| *deviation)
            .map(|(_, rate)| rate)
    })
}

/// The standard rates, then whole and half rates such as 12.5 and 15, then exactly what the ticks
/// say.
fn candidates(intervals: i64, span: i64, scale: u32) -> [Vec<FrameRate>; 3] {
    let standard: Vec<FrameRate> = [
        (24_000, 1001),
        (24, 1),
        (25, 1),
        (30_000, 1001),
        (30, 1),
        (48_000, 1001),
        (48, 1),
        (50, 1),
        (60_000, 1001),
        (60, 1),
        (100, 1),
        (120_000, 1001),
        (120, 1),
    ]
    .into_iter()
    .filter_map(|(num, den)| FrameRate::new(num, den))
    .collect();
    let (num, den) = (i128::from(intervals) * i128::from(scale), i128::from(span));
    let doubled = u32::try_from((2 * num + den / 2) / den).ok();
    let half = doubled.and_then(|doubled| FrameRate::new(doubled, 2));
    let divisor = gcd(num, den);
    let exact = u32::try_from(num / divisor)
        .ok()
        .zip(u32::try_from(den / divisor).ok())
        .and_then(|(num, den)| FrameRate::new(num, den));
    [
        standard,
        half.into_iter().collect(),
        exact.into_iter().collect(),
    ]
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

/// The sum of the distances from the grid of a rate; `None` when a frame is farther off than
/// rounding explains.
fn deviation(pts: &[i64], scale: u32, rate: FrameRate) -> Option<RationalTime> {
    // k / rate seconds are k * den * scale / num ticks; distances are kept in ticks * num.
    let num = i128::from(rate.numerator());
    let step = i128::from(rate.denominator()) * i128::from(scale);
    let first = i128::from(*pts.first()?);
    // The frame and the first one may both be off by half a millisecond, and by half a tick.
    let allowed = num * (i128::from(scale) / ROUNDING + 1);
    let mut sum = 0;
    for (k, t) in (0_i128..).zip(pts) {
        let off = ((i128::from(*t) - first) * num - k * step).abs();
        if allowed < off {
            return None;
        }
        sum += off;
    }
    RationalTime::new(sum, u64::from(rate.numerator()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(rate: (i64, i64), scale: i64, frames: i64) -> Vec<i64> {
        (0..frames)
            .map(|k| (k * rate.1 * scale * 2 + rate.0) / (2 * rate.0))
            .collect()
    }

    #[test]
    fn rates_survive_the_rounding_of_containers() {
        for (rate, scale) in [
            ((30_000, 1001), 30_000),
            ((30_000, 1001), 90_000),
            ((30_000, 1001), 1000),
            ((24_000, 1001), 1000),
            ((25, 1), 12_800),
            ((25, 1), 1000),
            ((50, 1), 600),
            ((60, 1), 1000),
            ((25, 2), 12_800),
            ((10, 1), 10_240),
            ((15, 1), 1000),
        ] {
            for frames in [20, 1000] {
                let pts = rounded(rate, scale, frames);
                let found = constant_rate(&pts, scale as u32);
                let wanted = FrameRate::new(rate.0 as u32, rate.1 as u32);
                assert_eq!(
                    found, wanted,
                    "{frames} frames of {rate:?} at scale {scale}"
                );
            }
        }
    }

    #[test]
    fn rates_survive_a_container_that_rounds_to_milliseconds() {
        for rate in [(30, 1), (30_000, 1001), (60, 1), (24_000, 1001)] {
            // As Matroska rounds, then remuxed into MP4 with a time scale of 16000.
            let pts: Vec<i64> = rounded(rate, 1000, 300).iter().map(|ms| ms * 16).collect();
            let wanted = FrameRate::new(rate.0 as u32, rate.1 as u32);
            assert_eq!(constant_rate(&pts, 16_000), wanted, "{rate:?}");
        }
    }

    #[test]
    fn a_hole_is_not_a_constant_rate() {
        let mut pts = rounded((30, 1), 90_000, 100);
        for t in &mut pts[50..] {
            *t += 3000;
        }
        assert_eq!(constant_rate(&pts, 90_000), None);
        assert_eq!(constant_rate(&[0], 90_000), None);
        assert_eq!(constant_rate(&[], 90_000), None);
        assert_eq!(constant_rate(&[0, 0, 0], 90_000), None);
    }
}
