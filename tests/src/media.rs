//! Media made for testing, cached by what it is.
//!
//! [`generate`] makes a clip from a [`MediaSpec`]: H.264 (or another codec) whose every frame carries
//! its number and clip in a code strip, and sound whose every sample tells the clip's time. The file
//! lies in the cache folder under the SHA-256 of its specification, so it is made once per machine;
//! tests that want the same clip at once wait for the one that makes it.

pub(crate) mod code;
mod encode;
mod paint;
pub mod remux;
mod store;
pub(crate) mod tone;

use std::path::PathBuf;

use serde::Serialize;

pub use code::{Code, read_rgba};

/// An exact number of frames per second.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Rate {
    /// Frames…
    pub num: u32,
    /// …in so many seconds.
    pub den: u32,
}

impl Rate {
    /// `num / den` frames per second.
    pub const fn new(num: u32, den: u32) -> Self {
        Self { num, den }
    }

    /// Frames per second, for measurements.
    pub fn hertz(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }
}

/// How pictures are coded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum VideoCodec {
    /// H.264 by x264.
    H264,
    /// HEVC by x265.
    Hevc,
    /// AV1 by SVT-AV1.
    Av1,
    /// VP9 by libvpx.
    Vp9,
    /// MPEG-2 video.
    Mpeg2,
    /// Apple ProRes 422, intra only, always 10 bit.
    ProRes,
    /// Avid DNxHR SQ, intra only.
    Dnxhd,
}

/// How sound is coded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum AudioCodec {
    /// AAC-LC, 96 kbit/s a channel.
    Aac,
    /// 16-bit PCM (MOV, MKV and MXF only).
    Pcm,
}

/// The sound of a clip.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct AudioSpec {
    /// Samples a second.
    pub rate: u32,
    /// 1, 2 or 6 channels, all with the same sound.
    pub channels: u16,
    /// How it is coded.
    pub codec: AudioCodec,
    /// Where the track begins against the first picture, in milliseconds. Later (positive) leaves a
    /// hole at the head, earlier (negative) sound before the first picture. It stays in sync: what is
    /// heard at a time is the sound of that time.
    pub starts_ms: i32,
}

impl Default for AudioSpec {
    fn default() -> Self {
        Self {
            rate: 48_000,
            channels: 2,
            codec: AudioCodec::Aac,
            starts_ms: 0,
        }
    }
}

/// What a clip is wrapped in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Container {
    /// MP4 with its index at the end, as cameras write it.
    Mp4,
    /// MP4 with its index in front.
    Mp4FastStart,
    /// Fragmented MP4, a fragment per GOP, one file with its initialisation in front.
    Mp4Fragmented,
    /// QuickTime.
    Mov,
    /// Matroska, times in milliseconds.
    Mkv,
    /// MPEG transport stream.
    Ts,
    /// MXF OP1a.
    Mxf,
}

impl Container {
    /// The usual extension of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Mp4 | Self::Mp4FastStart | Self::Mp4Fragmented => "mp4",
            Self::Mov => "mov",
            Self::Mkv => "mkv",
            Self::Ts => "ts",
            Self::Mxf => "mxf",
        }
    }
}

/// A clip to be made. Equal specifications give the same file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MediaSpec {
    /// Width in pixels, even; a multiple of 32 keeps the code cells sharp.
    pub width: u32,
    /// Height in pixels, even; a multiple of 45 keeps the code cells sharp.
    pub height: u32,
    /// Frames per second.
    pub rate: Rate,
    /// Length in frames.
    pub frames: u32,
    /// The clip's id in the code strip, 0 to 63; it chooses texture and noise too.
    pub clip: u8,
    /// How pictures are coded.
    pub codec: VideoCodec,
    /// FFmpeg's word for bits and chroma of pictures, unless the codec has but one.
    pub pixels: &'static str,
    /// Frames from one key frame to the next, fixed.
    pub gop: u32,
    /// B-frames between two others.
    pub bframes: u32,
    /// GOPs whose first B-frames need the GOP before.
    pub open_gop: bool,
    /// The H.264 profile, `baseline`, `main` or `high`; empty leaves it to the encoder.
    pub profile: &'static str,
    /// Constant rate factor of x264 and x265: lower is bigger and better.
    pub quality: u8,
    /// Further `key=value:…` parameters for x264.
    pub x264: &'static str,
    /// The sound, if any.
    pub audio: Option<AudioSpec>,
    /// The wrapping.
    pub container: Container,
    /// Frame durations in 1/90000 s, repeated; empty is the constant rate.
    pub durations: Vec<u32>,
    /// Width to height of one pixel.
    pub pixel_aspect: (u32, u32),
    /// Clockwise turn that a player must show the pictures with: 0, 90, 180 or 270 (MP4 and MOV).
    pub rotation: u16,
}

impl MediaSpec {
    /// 6 s of 640×360 H.264 at 30 frames a second, GOPs of 30 without B-frames, AAC stereo, in MP4.
    pub fn small(clip: u8) -> Self {
        Self {
            width: 640,
            height: 360,
            rate: Rate::new(30, 1),
            frames: 180,
            clip,
            codec: VideoCodec::H264,
            pixels: "yuv420p",
            gop: 30,
            bframes: 0,
            open_gop: false,
            profile: "high",
            quality: 23,
            x264: "",
            audio: Some(AudioSpec::default()),
            container: Container::Mp4,
            durations: Vec::new(),
            pixel_aspect: (1, 1),
            rotation: 0,
        }
    }

    /// 5 s of 1280×720 H.264 at 25 frames a second, GOPs of 50 with three B-frames, in MP4.
    pub fn hd(clip: u8) -> Self {
        Self {
            width: 1280,
            height: 720,
            rate: Rate::new(25, 1),
            frames: 125,
            gop: 50,
            bframes: 3,
            ..Self::small(clip)
        }
    }

    /// When frame `number` is shown, in seconds from the first.
    pub fn time_of(&self, number: u32) -> f64 {
        if self.durations.is_empty() {
            return f64::from(number) / self.rate.hertz();
        }
        f64::from(u32::try_from(self.ticks_before(number)).expect("a short clip")) / 90_000.0
    }

    /// The length in seconds.
    pub fn seconds(&self) -> f64 {
        self.time_of(self.frames)
    }

    /// Sum of the durations of the frames before `number`, in 1/90000 s.
    fn ticks_before(&self, number: u32) -> u64 {
        self.durations
            .iter()
            .cycle()
            .take(number as usize)
            .map(|&d| u64::from(d))
            .sum()
    }
}

/// The sets that most tests need, small enough to be made in a few seconds each: every pairing of
/// GOP structure and frame rate that behaves differently somewhere.
pub fn default_sets() -> Vec<(&'static str, MediaSpec)> {
    let small = MediaSpec::small;
    vec![
        ("30 fps, no B-frames", small(1)),
        (
            "25 fps, three B-frames",
            MediaSpec {
                rate: Rate::new(25, 1),
                frames: 150,
                gop: 50,
                bframes: 3,
                ..small(2)
            },
        ),
        (
            "29.97 fps, two B-frames, 44.1 kHz",
            MediaSpec {
                rate: Rate::new(30_000, 1001),
                gop: 48,
                bframes: 2,
                audio: Some(AudioSpec {
                    rate: 44_100,
                    ..AudioSpec::default()
                }),
                ..small(3)
            },
        ),
        (
            "50 fps, three B-frames, long GOP",
            MediaSpec {
                rate: Rate::new(50, 1),
                frames: 250,
                gop: 100,
                bframes: 3,
                ..small(4)
            },
        ),
        (
            "open GOP",
            MediaSpec {
                bframes: 3,
                open_gop: true,
                ..small(5)
            },
        ),
        ("720p", MediaSpec::hd(6)),
    ]
}

/// The file of `spec`, made now or earlier.
///
/// # Panics
/// When the specification makes no sense, or when ffmpeg is missing or fails.
pub fn generate(spec: &MediaSpec) -> PathBuf {
    assert!(
        spec.clip <= code::MAX_CLIP,
        "clip ids go up to {}",
        code::MAX_CLIP
    );
    assert!(
        spec.frames >= 1 && spec.frames <= code::MAX_NUMBER,
        "1 to 2^20 - 1 frames"
    );
    assert!(
        spec.width.is_multiple_of(2) && spec.height.is_multiple_of(2),
        "4:2:0 pictures have even sides"
    );
    let text = serde_json::to_string(spec).expect("a specification is plain data");
    store::made(&text, spec.container.extension(), |out| {
        encode::encode(spec, out)
    })
}
