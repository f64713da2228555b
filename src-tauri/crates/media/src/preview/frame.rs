//! What a monitor is given: pictures and the state of playing.

use crate::MediaError;
use bytes::Bytes;
use mediatime::{RationalTime, Timestamp};
use std::sync::Arc;

/// How the pixels of a picture are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// Four bytes a pixel, opaque.
    Rgba,
    /// Three planes, 4:2:0, 8 bit.
    I420,
    /// A JPEG file (JFIF: BT.601, full range).
    Jpeg,
}

impl PixelFormat {
    /// As it is named in the status.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rgba => "RGBA",
            Self::I420 => "I420",
            Self::Jpeg => "JPEG",
        }
    }
}

/// The largest picture a monitor wants. Pictures keep their aspect inside it (pixel aspect and
/// rotation are applied) and are never enlarged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PictureBox {
    /// Layout of the pixels.
    pub format: PixelFormat,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// A picture for a monitor.
#[derive(Clone, Debug)]
pub struct PreviewFrame {
    /// Output frame of the plan that the picture shows, from 0.
    pub frame: u64,
    /// Counts the pictures of this monitor.
    pub seq: u32,
    /// The generation of the plan it comes from.
    pub generation: u32,
    /// `false` for a stand-in, the key frame nearest to the frame asked for. When that key frame is
    /// not part of the plan, `frame` is the frame asked for.
    pub exact: bool,
    /// It was given out while playing.
    pub playing: bool,
    /// When the frame begins on the output's timeline.
    pub at: Timestamp,
    /// The object whose picture it is, and its time on that object's own timeline. Of two that are mixed the
    /// one that is seen more; `None` where there is no picture.
    pub of: Option<(Arc<str>, RationalTime)>,
    /// Layout of `data`.
    pub format: PixelFormat,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Bytes a row: of the first plane, and of the other two (I420). Both 0 for JPEG.
    pub strides: [u32; 2],
    /// `MatrixCoefficients` of ISO/IEC 23091-2 §8.3: 0 for RGB, 1 BT.709, 6 BT.601.
    pub matrix: u8,
    /// Luma uses 0 to 255.
    pub full_range: bool,
    /// Peak of the sound of the first two channels while the frame is shown, in tenths of dBFS;
    /// `None` when no sound is played.
    pub levels: Option<[i16; 2]>,
    /// The planes one after the other without gaps, or the JPEG file.
    pub data: Bytes,
}

/// Loudness of sound by EBU R 128: in tenths of LUFS, the peak in tenths of dBTP. `None` for silence, and
/// while there was less than a value takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loudness {
    /// Of the last 400 ms.
    pub momentary: Option<i16>,
    /// Of the last 3 s.
    pub short_term: Option<i16>,
    /// Of everything since play began, gated.
    pub integrated: Option<i16>,
    /// The highest peak between samples since play began.
    pub true_peak: Option<i16>,
}

/// How a monitor stands.
#[derive(Clone, Debug, Default)]
pub struct PreviewStatus {
    /// The frame under the playhead.
    pub frame: u64,
    /// Frames in all.
    pub frames: u64,
    /// The generation of the plan that is loaded.
    pub generation: u32,
    /// A stretch is played again and again.
    pub repeats: bool,
    /// Times normal speed; 0 is paused.
    pub rate: i32,
    /// Pictures given out in the last second of playing, in tenths; `None` when paused.
    pub shown_fps_tenths: Option<u32>,
    /// Frames left out because they came late, since play began.
    pub dropped: u32,
    /// How pictures are decoded, for example `libav → RGBA 640×360`; empty before the first one.
    pub decode: String,
    /// Frames decoded around the playhead that can be shown at once.
    pub buffered: u32,
    /// Play came to the end and stopped on the last frame.
    pub ended: bool,
    /// Of the sound that was played last; `None` before any was.
    pub loudness: Option<Loudness>,
    /// Why the frame under the playhead can't be shown: names the object and the time.
    pub problem: Option<Arc<MediaError>>,
    /// Why sound is missing since play began; pictures play on.
    pub sound_problem: Option<Arc<MediaError>>,
}
