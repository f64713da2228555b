//! Which decoder a kind of sound needs, and how its frames are put to it.

use crate::MediaError;

/// What coded frames are to be decoded.
#[derive(Clone, Debug)]
pub(crate) struct CodedFormat {
    /// MIME name without `audio/`, as the index has it: `aac`, `mpeg`, `ac3`, `pcm-s24le`, …
    pub(crate) codec: String,
    /// Decoded samples per second.
    pub(crate) sample_rate: u32,
    /// Channels.
    pub(crate) channels: u16,
    /// AAC: AudioSpecificConfig.
    pub(crate) config: Vec<u8>,
    /// Decoded samples a frame holds.
    pub(crate) samples_per_frame: u32,
}

/// Decoders of each codec, the one we take first in front. Uncompressed sound needs none.
const DECODERS: [(&str, &[&str]); 6] = [
    ("aac", &["avdec_aac"]),
    ("mpeg", &["mpg123audiodec", "avdec_mp3"]),
    ("ac3", &["avdec_ac3"]),
    ("eac3", &["avdec_eac3"]),
    ("dts", &["avdec_dca"]),
    ("opus", &["opusdec", "avdec_opus"]),
];

/// Whether we know how to decode this sound; the decoder itself may have to be installed.
pub(crate) fn is_decodable(codec: &str, channels: u16) -> bool {
    match codec {
        // More channels need a table of streams, which the index does not keep.
        "opus" => channels <= 2,
        _ => pcm_format(codec).is_some() || DECODERS.iter().any(|(known, _)| *known == codec),
    }
}

/// GStreamer's word for uncompressed samples, and the bytes of one.
pub(super) fn pcm_format(codec: &str) -> Option<(&'static str, u32)> {
    Some(match codec {
        "pcm-u8" => ("U8", 1),
        "pcm-s8" => ("S8", 1),
        "pcm-s16le" => ("S16LE", 2),
        "pcm-s16be" => ("S16BE", 2),
        "pcm-s24le" => ("S24LE", 3),
        "pcm-s24be" => ("S24BE", 3),
        "pcm-s32le" => ("S32LE", 4),
        "pcm-s32be" => ("S32BE", 4),
        "pcm-f32le" => ("F32LE", 4),
        "pcm-f32be" => ("F32BE", 4),
        "pcm-f64le" => ("F64LE", 8),
        "pcm-f64be" => ("F64BE", 8),
        _ => return None,
    })
}

impl CodedFormat {
    /// The decoder with a `!` behind it; nothing for uncompressed sound.
    pub(super) fn decoder(&self) -> Result<String, MediaError> {
        super::init()?;
        if pcm_format(&self.codec).is_some() {
            return Ok(String::new());
        }
        let names = DECODERS.iter().find(|(known, _)| *known == self.codec);
        let names = names.map_or(&[][..], |(_, names)| *names);
        let found = names
            .iter()
            .find(|name| gst::ElementFactory::find(name).is_some());
        let found = found.ok_or_else(|| MediaError::MissingElement {
            element: names.join(" or "),
            hint: format!(
                "install the GStreamer plugin that decodes {} (Debian: gstreamer1.0-libav)",
                self.codec
            ),
        })?;
        Ok(format!("{found} ! "))
    }

    /// Samples per channel in a coded frame.
    pub(super) fn samples_in(&self, frame: &[u8]) -> u64 {
        match pcm_format(&self.codec) {
            Some((_, bytes)) => {
                let all = u64::from(bytes) * u64::from(self.channels.max(1));
                frame.len() as u64 / all
            }
            None => u64::from(self.samples_per_frame),
        }
    }

    /// What is pushed, told by the first frame of it.
    pub(super) fn caps(&self, first: &[u8]) -> gst::Caps {
        let caps = |name: &str| {
            gst::Caps::builder(name)
                .field("rate", i32::try_from(self.sample_rate).unwrap_or(i32::MAX))
                .field("channels", i32::from(self.channels))
        };
        if let Some((format, _)) = pcm_format(&self.codec) {
            let mut caps = caps("audio/x-raw")
                .field("format", format)
                .field("layout", "interleaved");
            if let Some(mask) = super::audio::channel_mask(self.channels) {
                caps = caps.field("channel-mask", mask);
            }
            return caps.build();
        }
        match self.codec.as_str() {
            "aac" => caps("audio/mpeg")
                .field("mpegversion", 4_i32)
                .field("stream-format", "raw")
                .field("framed", true)
                .field("codec_data", gst::Buffer::from_slice(self.config.clone()))
                .build(),
            "mpeg" => caps("audio/mpeg")
                .field("mpegversion", 1_i32)
                .field("layer", mpeg_layer(first))
                .field("parsed", true)
                .build(),
            "opus" => caps("audio/x-opus")
                .field("channel-mapping-family", 0_i32)
                .build(),
            other => caps(&format!("audio/x-{other}"))
                .field("framed", true)
                .field("alignment", "frame")
                .build(),
        }
    }
}

/// The layer of an MPEG audio frame (ISO/IEC 11172-3 §2.4.1.3); 3 where its header tells none.
fn mpeg_layer(frame: &[u8]) -> i32 {
    match frame.get(1).map(|byte| byte >> 1 & 3) {
        Some(3) => 1,
        Some(2) => 2,
        _ => 3,
    }
}
