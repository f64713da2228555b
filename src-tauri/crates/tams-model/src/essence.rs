//! What is known of the essence in a flow, per format.

use mediatime::FrameRate;
use serde::{Deserialize, Serialize};

use crate::tolerant::{frame_rate_or_absent, known_or_absent, or_absent};

/// The essence parameters of a flow; the variant is the flow's format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum EssenceParameters {
    /// Of a video flow.
    Video(VideoParameters),
    /// Of an image flow.
    Image(ImageParameters),
    /// Of an audio flow.
    Audio(AudioParameters),
    /// Of a data flow.
    Data(DataParameters),
    /// Of a multi flow.
    Multi(MultiParameters),
}

/// A ratio of two numbers above zero, such as 16:9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AspectRatio {
    /// Width.
    pub numerator: u32,
    /// Height.
    pub denominator: u32,
}

/// Essence parameters of video (`flow-video.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoParameters {
    /// Picture width in pixels.
    pub frame_width: u32,
    /// Picture height in pixels.
    pub frame_height: u32,
    /// Frames per second; set unless `vfr` is true.
    #[serde(
        default,
        deserialize_with = "frame_rate_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub frame_rate: Option<FrameRate>,
    /// Whether the frame rate varies; absent means fixed.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub vfr: Option<bool>,
    /// Significant bits of a component sample.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub bit_depth: Option<u32>,
    /// Progressive, or the order of fields.
    #[serde(
        default,
        deserialize_with = "known_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub interlace_mode: Option<InterlaceMode>,
    /// Colour primaries and matrix.
    #[serde(
        default,
        deserialize_with = "known_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub colorspace: Option<Colorspace>,
    /// Transfer characteristic.
    #[serde(
        default,
        deserialize_with = "known_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub transfer_characteristic: Option<TransferCharacteristic>,
    /// Display aspect ratio.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub aspect_ratio: Option<AspectRatio>,
    /// Pixel aspect ratio.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub pixel_aspect_ratio: Option<AspectRatio>,
    /// YCbCr or RGB.
    #[serde(
        default,
        deserialize_with = "known_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub component_type: Option<ComponentType>,
    /// Horizontal chroma subsampling, 2 for 4:2:0.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub horiz_chroma_subs: Option<u32>,
    /// Vertical chroma subsampling, 2 for 4:2:0.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub vert_chroma_subs: Option<u32>,
    /// Packing of uncompressed pictures.
    #[serde(
        default,
        deserialize_with = "known_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub unc_parameters: Option<UncompressedVideo>,
    /// Profile and level of H.264.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub avc_parameters: Option<AvcParameters>,
    /// Whether objects need an initialisation segment; absent means no.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub init_segments: Option<bool>,
}

impl VideoParameters {
    /// Pictures of `width` × `height` at `rate`, or at a varying rate. Everything else is absent.
    pub const fn new(width: u32, height: u32, rate: Option<FrameRate>) -> Self {
        Self {
            frame_width: width,
            frame_height: height,
            frame_rate: rate,
            vfr: if rate.is_none() { Some(true) } else { None },
            bit_depth: None,
            interlace_mode: None,
            colorspace: None,
            transfer_characteristic: None,
            aspect_ratio: None,
            pixel_aspect_ratio: None,
            component_type: None,
            horiz_chroma_subs: None,
            vert_chroma_subs: None,
            unc_parameters: None,
            avc_parameters: None,
            init_segments: None,
        }
    }
}

/// Interlacing of video frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InterlaceMode {
    /// Whole frames.
    Progressive,
    /// Top field first.
    InterlacedTff,
    /// Bottom field first.
    InterlacedBff,
    /// Progressive frames carried as two fields.
    InterlacedPsf,
}

/// Colour space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Colorspace {
    /// ITU-R BT.601.
    Bt601,
    /// ITU-R BT.709.
    Bt709,
    /// ITU-R BT.2020.
    Bt2020,
    /// ITU-R BT.2100.
    Bt2100,
}

/// Transfer characteristic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TransferCharacteristic {
    /// Standard dynamic range.
    Sdr,
    /// Hybrid log-gamma.
    Hlg,
    /// Perceptual quantiser.
    Pq,
}

/// Representation of picture components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ComponentType {
    /// Luma and colour difference.
    YCbCr,
    /// Red, green, blue.
    #[serde(rename = "RGB")]
    Rgb,
}

/// How uncompressed pictures are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UncompressedVideo {
    /// The packing.
    pub unc_type: VideoPacking,
}

/// Packing of an uncompressed picture, named as the schema does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the definition")]
pub enum VideoPacking {
    #[serde(rename = "planar")]
    Planar,
    #[serde(rename = "YUYV")]
    Yuyv,
    #[serde(rename = "UYVY")]
    Uyvy,
    #[serde(rename = "AYUV")]
    Ayuv,
    #[serde(rename = "v210")]
    V210,
    #[serde(rename = "v216")]
    V216,
    #[serde(rename = "RGB")]
    Rgb,
    #[serde(rename = "RGBx")]
    RgbX,
    #[serde(rename = "xRGB")]
    XRgb,
    #[serde(rename = "BGRx")]
    BgrX,
    #[serde(rename = "xBGR")]
    XBgr,
    #[serde(rename = "RGBA")]
    Rgba,
    #[serde(rename = "ARGB")]
    Argb,
    #[serde(rename = "BGRA")]
    Bgra,
    #[serde(rename = "ABGR")]
    Abgr,
    #[serde(rename = "alpha")]
    Alpha,
}

/// The three bytes an H.264 codec string is made of (`avc1.64001f`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvcParameters {
    /// `profile_idc`.
    pub profile: u8,
    /// `level_idc`.
    pub level: u8,
    /// Constraint flags.
    pub flags: u8,
}

/// Essence parameters of still pictures (`flow-image.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageParameters {
    /// Picture width in pixels.
    pub frame_width: u32,
    /// Picture height in pixels.
    pub frame_height: u32,
    /// Display aspect ratio.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub aspect_ratio: Option<AspectRatio>,
}

/// Essence parameters of sound (`flow-audio.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioParameters {
    /// Samples per second.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u32,
    /// Significant bits of a sample.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub bit_depth: Option<u32>,
    /// Of a coded stream.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub codec_parameters: Option<AudioCodecParameters>,
    /// Of uncompressed sound.
    #[serde(
        default,
        deserialize_with = "known_or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub unc_parameters: Option<UncompressedAudio>,
    /// Whether objects need an initialisation segment; absent means no.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub init_segments: Option<bool>,
}

impl AudioParameters {
    /// Sound of `channels` channels at `sample_rate`. Everything else is absent.
    pub const fn new(sample_rate: u32, channels: u32) -> Self {
        Self {
            sample_rate,
            channels,
            bit_depth: None,
            codec_parameters: None,
            unc_parameters: None,
            init_segments: None,
        }
    }
}

/// Parameters of coded sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioCodecParameters {
    /// Samples in a coded frame, 1024 for AAC-LC.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub coded_frame_size: Option<u32>,
    /// MPEG-4 audio object type, 2 for AAC-LC.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub mp4_oti: Option<u32>,
}

/// How the channels of uncompressed sound are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UncompressedAudio {
    /// The layout.
    pub unc_type: AudioPacking,
}

/// Layout of uncompressed channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AudioPacking {
    /// A sample of each channel in turn.
    Interleaved,
    /// All of one channel, then the next.
    Planar,
    /// Channels in interleaved pairs.
    Pairs,
}

/// Essence parameters of data (`flow-data.json`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataParameters {
    /// URN of the kind of data.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub data_type: Option<String>,
    /// Whether objects need an initialisation segment; absent means no.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub init_segments: Option<bool>,
}

/// Essence parameters of a muxed flow (`flow-multi.json`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MultiParameters {
    /// Whether objects need an initialisation segment; absent means no.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub init_segments: Option<bool>,
}
