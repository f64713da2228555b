//! What a compile did, in enough detail to check the output against it later.

use crate::execute::Signature;
use crate::verify::Verification;
use conform::{Container, CutPlan, Seconds, SpanKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a compile did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The plan that was executed.
    pub plan: CutPlan,
    /// The file it went to.
    pub out: PathBuf,
    /// What it is wrapped in.
    #[serde(default = "mp4")]
    pub container: Container,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Bytes of the file.
    pub size: u64,
    /// Frames of the file.
    pub frames: u64,
    /// Picture bytes taken as they were.
    pub copied_bytes: u64,
    /// Frames taken as they were.
    pub copied_frames: u64,
    /// Frames encoded.
    pub encoded_frames: u64,
    /// GStreamer's name of the encoder, when one ran.
    pub encoder: Option<String>,
    /// Ticks per second of `presentation`.
    pub time_scale: u32,
    /// When frames are shown.
    pub presentation: Presentation,
    /// One for each video span of the plan.
    pub spans: Vec<SpanReport>,
    /// The sound, if any.
    pub audio: Option<AudioReport>,
    /// Tool name → version.
    pub tool_versions: BTreeMap<String, String>,
    /// What checking the output found; `None` when it was not checked.
    pub verification: Option<Verification>,
}

/// Reports that say nothing are of a time when there was nothing else.
fn mp4() -> Container {
    Container::Mp4
}

/// When frames are shown, in ticks of the report's time scale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presentation {
    /// Frame k is shown at k times this many ticks.
    Even(i64),
    /// Each frame's start, and the end of the last.
    Listed(Vec<i64>),
}

impl Presentation {
    /// When a frame is shown, in ticks; for the frame behind the last, when the last one ends.
    #[must_use]
    pub fn start(&self, frame: u64) -> Option<i64> {
        match self {
            Self::Even(ticks) => i64::try_from(frame).ok()?.checked_mul(*ticks),
            Self::Listed(times) => times.get(usize::try_from(frame).ok()?).copied(),
        }
    }
}

/// What became of a video span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanReport {
    /// What happened to it.
    pub kind: SpanKind,
    /// First output frame.
    pub first_frame: u64,
    /// Output frames.
    pub frames: u64,
    /// Bytes of its access units.
    pub bytes: u64,
    /// How long it took, which the plan estimates; 0 in reports of before.
    #[serde(default)]
    pub seconds: Seconds,
    /// Copies: BLAKE3 over the access units in decode order, each with four-byte NAL lengths, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
    /// The same by SHA-256, in reports of a time when that was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Encoded parts: prints of some source frames.
    pub signatures: Vec<Signature>,
    /// Encoded parts between copies: the quantiser, which follows that of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantiser: Option<u8>,
}

/// The sound of an output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioReport {
    /// Samples per second.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u16,
    /// Samples that play.
    pub samples: u64,
    /// Samples in front of the first that plays.
    pub skip: u64,
}
