//! The cut plan: the one place where it is decided which frames and samples an output holds.

mod hash;

use crate::StartTimecode;
use mediatime::{FrameRate, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Two ordered lists of spans that tile the output without hole or overlap.
///
/// Frames are chosen by time: an object's access unit belongs to a source piece when
/// `in ≤ presentation time < out` on the object's own timeline. The times are floored to
/// nanoseconds, which chooses exactly the same frames as the rational times they come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutPlan {
    /// SHA-256 of the canonical JSON of everything else but the costs, hex.
    pub hash: String,
    /// `None` when the frame durations are those of the source and vary.
    pub frame_rate: Option<FrameRate>,
    /// Frames of the output.
    pub frames: u64,
    /// Duration of the output's pictures.
    pub duration: Timestamp,
    /// What the output looks and sounds like.
    pub format: SequenceFormat,
    /// In output order.
    pub video: Vec<VideoSpan>,
    /// In output order; empty when no clip has sound.
    pub audio: Vec<AudioSpan>,
}

/// What the pictures of an output are coded in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VideoCodec {
    /// ITU-T H.264.
    #[default]
    H264,
    /// ITU-T H.265.
    Hevc,
}

impl VideoCodec {
    /// The codec that a track names; `None` for one that no output has.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "h264" => Some(Self::H264),
            "hevc" => Some(Self::Hevc),
            _ => None,
        }
    }

    /// What a track names it: MIME name without `video/`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::Hevc => "hevc",
        }
    }

    /// What people call it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::Hevc => "HEVC",
        }
    }
}

/// What the output looks and sounds like: that of the first clip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceFormat {
    /// What the pictures are coded in: that of most pictures that can be copied.
    #[serde(default)]
    pub codec: VideoCodec,
    /// Bits per sample of pictures that are encoded.
    #[serde(default = "eight_bits")]
    pub bit_depth: u8,
    /// Their `chroma_format_idc`: 1 is 4:2:0, 2 is 4:2:2, 3 is 4:4:4.
    #[serde(default = "four_two_zero")]
    pub chroma_format_idc: u8,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Width : height of a pixel.
    pub pixel_aspect: (u32, u32),
    /// Clockwise degrees a player turns the picture.
    pub rotation: u16,
    /// Ticks per second in which frame times are exact.
    pub time_scale: u32,
    /// `None` when no clip has sound.
    pub audio: Option<AudioFormat>,
    /// The timecode of the first frame, where the edit says one or all of it is one run of a recording
    /// that says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timecode: Option<StartTimecode>,
    /// The language of the sound, where all of it is in the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

fn eight_bits() -> u8 {
    8
}

fn four_two_zero() -> u8 {
    1
}

/// What the output sounds like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioFormat {
    /// Samples per second.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u16,
}

/// What happens to a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpanKind {
    /// Access units are taken as they are.
    Copy,
    /// Part of one source is decoded and encoded again.
    Encode,
    /// Several sources, or one through a filter (scale, rate change, resampling).
    Compose,
    /// Black, silence or a slate.
    Fill,
    /// A whole object is reused in place, when publishing.
    Reference,
}

/// A stretch of the output's pictures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoSpan {
    /// What happens to it.
    pub kind: SpanKind,
    /// Where it begins on the output's timeline.
    pub at: Timestamp,
    /// Output frames.
    pub frames: u64,
    /// Pieces of objects, layer by layer, in time order; consecutive pieces of one layer continue one
    /// another.
    pub sources: Vec<SourcePiece>,
    /// Why it is of this kind.
    pub reason: String,
    /// Estimated output bytes: not part of the hash.
    pub bytes: u64,
    /// Estimated seconds of work on this machine: not part of the hash.
    pub seconds: Seconds,
}

/// A stretch of the output's sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioSpan {
    /// What happens to it.
    pub kind: SpanKind,
    /// Where it begins on the output's timeline.
    pub at: Timestamp,
    /// Output samples per channel.
    pub samples: u64,
    /// Pieces of objects, layer by layer, in time order; consecutive pieces of one layer continue one
    /// another.
    pub sources: Vec<SourcePiece>,
    /// Why it is of this kind.
    pub reason: String,
    /// Estimated output bytes: not part of the hash.
    pub bytes: u64,
    /// Estimated seconds of work on this machine: not part of the hash.
    pub seconds: Seconds,
}

/// Seconds of work, written as a JSON number; kept in whole milliseconds so that plans compare exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seconds {
    /// Milliseconds.
    pub millis: u64,
}

impl Serialize for Seconds {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.millis as f64 / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Ok(Self {
            millis: (seconds * 1000.0).round().clamp(0.0, 1e15) as u64,
        })
    }
}

/// A part of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcePiece {
    /// TAMS object id, or the path of a plain file.
    pub object_id: String,
    /// TAMS flow; `None` for a plain file.
    pub flow_id: Option<String>,
    /// First time taken, on the object's own timeline.
    #[serde(rename = "in")]
    pub mark_in: Timestamp,
    /// First time not taken, on the object's own timeline.
    #[serde(rename = "out")]
    pub mark_out: Timestamp,
    /// Loudness change in thousandths of a decibel; 0 leaves the sound as it is.
    pub gain: i32,
    /// Decoded only so that the piece behind it begins clean; not part of the output.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preroll: bool,
    /// Pieces of one layer follow one another; those of different layers play at the same time.
    #[serde(default, skip_serializing_if = "is_lowest")]
    pub layer: u8,
    /// How its layer comes or goes over the span; as it is when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fade: Option<Fade>,
}

fn is_lowest(layer: &u8) -> bool {
    *layer == 0
}

/// A layer that comes or goes. Counted in frames of pictures, in samples of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fade {
    /// Which of both.
    pub way: FadeWay,
    /// How much of the fade lies in front of this span.
    pub from: u64,
    /// How long the whole fade is.
    pub of: u64,
    /// So many frames are missing at the far end of the layer, as its medium has no more: the nearest one
    /// stands instead.
    #[serde(default, skip_serializing_if = "is_none")]
    pub hold: u64,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

/// Whether a layer comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FadeWay {
    /// From nothing to all of it.
    In,
    /// From all of it to nothing.
    Out,
}

impl Fade {
    /// How far the change has come at a frame of the span, as a fraction of [`Fade::steps`]: neither side
    /// is ever shown alone.
    #[must_use]
    pub fn step(&self, frame: u64) -> u64 {
        self.from.saturating_add(frame).saturating_add(1)
    }

    /// What [`Fade::step`] counts towards.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.of.saturating_add(1)
    }
}

impl CutPlan {
    /// The objects it needs, each once, in the order in which the pictures need them, then the sound.
    #[must_use]
    pub fn objects(&self) -> Vec<&str> {
        let pictures = self.video.iter().flat_map(|span| &span.sources);
        let sound = self.audio.iter().flat_map(|span| &span.sources);
        let mut seen = HashSet::new();
        pictures
            .chain(sound)
            .map(|piece| piece.object_id.as_str())
            .filter(|id| seen.insert(*id))
            .collect()
    }

    /// Sequence parameter sets of the output at least: that of the copies, and that of all that is encoded.
    #[must_use]
    pub fn parameter_sets(&self) -> u32 {
        let has = |copies: bool| {
            let mut kinds = self.video.iter().map(|span| span.kind == SpanKind::Copy);
            u32::from(kinds.any(|copied| copied == copies))
        };
        has(true) + has(false)
    }

    /// Output frames that are taken as they are.
    #[must_use]
    pub fn copied_frames(&self) -> u64 {
        self.video
            .iter()
            .filter(|span| span.kind == SpanKind::Copy)
            .map(|span| span.frames)
            .sum()
    }
}
