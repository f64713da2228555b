//! Which decoder a codec needs, and how its pictures are put to it.

use crate::MediaError;
use crate::coding;
use crate::error::Malformed;
use conform::{VideoCodec, VideoConfig};

/// Decoders of each codec, the one we take first in front. Never `openh264dec`: it gives wrong
/// pictures where there are B pictures.
const DECODERS: [(&str, &[&str]); 10] = [
    ("h264", &["avdec_h264"]),
    ("hevc", &["avdec_h265", "libde265dec"]),
    ("av1", &["dav1ddec", "av1dec"]),
    ("vp9", &["avdec_vp9", "vp9dec"]),
    ("vp8", &["avdec_vp8", "vp8dec"]),
    ("mpeg2", &["avdec_mpeg2video", "mpeg2dec"]),
    ("mpeg1", &["avdec_mpeg2video", "mpeg2dec"]),
    ("prores", &["avdec_prores"]),
    ("dnxhd", &["avdec_dnxhd"]),
    ("jpeg", &["avdec_mjpeg", "jpegdec"]),
];

/// Whether we know how to decode a codec; the decoder itself may have to be installed.
pub(crate) fn is_decodable(codec: &str) -> bool {
    DECODERS.iter().any(|(known, _)| *known == codec)
}

/// GStreamer's name of the decoder of a codec.
pub(super) fn decoder(codec: &str) -> Result<&'static str, MediaError> {
    super::init()?;
    let names = DECODERS.iter().find(|(known, _)| *known == codec);
    let names = names.map_or(&[][..], |(_, names)| *names);
    let found = names
        .iter()
        .find(|name| gst::ElementFactory::find(name).is_some());
    found.copied().ok_or_else(|| MediaError::MissingElement {
        element: names.join(" or "),
        hint: format!(
            "install the GStreamer plugin that decodes {codec} (Debian: gstreamer1.0-libav)"
        ),
    })
}

/// What is pushed into the decoder: access units as [`unit`] makes them, with this configuration.
pub(super) fn caps(codec: &str, config: &VideoConfig) -> Result<gst::Caps, MediaError> {
    super::init()?;
    let size = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
    let caps = |name: &str| {
        gst::Caps::builder(name)
            .field("width", size(config.facts.width))
            .field("height", size(config.facts.height))
            .field("framerate", gst::Fraction::new(25, 1))
    };
    let record = || gst::Buffer::from_slice(config.record.clone());
    if let Some(known) = read_codec(codec, config) {
        let record = coding::build_record(known, config);
        let record = record.map_err(|error| MediaError::Pipeline {
            what: "decoding pictures".to_owned(),
            why: error.to_string(),
        })?;
        let (name, format) = match known {
            VideoCodec::H264 => ("video/x-h264", "avc"),
            VideoCodec::Hevc => ("video/x-h265", "hvc1"),
        };
        return Ok(caps(name)
            .field("stream-format", format)
            .field("alignment", "au")
            .field("codec_data", gst::Buffer::from_slice(record))
            .build());
    }
    Ok(match codec {
        "hevc" if config.record.is_empty() => caps("video/x-h265")
            .field("stream-format", "byte-stream")
            .field("alignment", "au")
            .build(),
        "hevc" => caps("video/x-h265")
            .field("stream-format", "hvc1")
            .field("alignment", "au")
            .field("codec_data", record())
            .build(),
        "av1" if config.record.is_empty() => caps("video/x-av1")
            .field("stream-format", "obu-stream")
            .field("alignment", "tu")
            .build(),
        "av1" => caps("video/x-av1")
            .field("stream-format", "obu-stream")
            .field("alignment", "tu")
            .field("codec_data", record())
            .build(),
        "mpeg1" | "mpeg2" => caps("video/mpeg")
            .field("mpegversion", if codec == "mpeg1" { 1 } else { 2 })
            .field("systemstream", false)
            .field("parsed", true)
            .build(),
        "prores" => caps("video/x-prores")
            .field("variant", prores_variant(&config.record))
            .build(),
        "dnxhd" => caps("video/x-dnxhd").build(),
        "jpeg" => caps("image/jpeg").field("parsed", true).build(),
        other => caps(&format!("video/x-{other}")).build(),
    })
}

/// The codec, when its parameter sets were read.
fn read_codec(codec: &str, config: &VideoConfig) -> Option<VideoCodec> {
    VideoCodec::of(codec).filter(|_| !config.sps.is_empty())
}

/// GStreamer's word for the four characters by which QuickTime calls a kind of ProRes.
fn prores_variant(four_characters: &[u8]) -> &'static str {
    match four_characters {
        b"apco" => "proxy",
        b"apcs" => "lt",
        b"apch" => "hq",
        b"ap4h" => "4444",
        b"ap4x" => "4444xq",
        _ => "standard",
    }
}

/// An access unit as the decoder takes it: H.264 and HEVC with 4-byte lengths, frames of ProRes with their
/// header, everything else as it is stored.
pub(crate) fn unit(
    codec: &str,
    stored: &[u8],
    config: &VideoConfig,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    if let Some(known) = read_codec(codec, config) {
        return coding::to_length_prefixed(known, stored, config, out);
    }
    out.clear();
    if codec == "prores" && stored.get(4..8) != Some(b"icpf") {
        // Matroska leaves out what is in front of a frame: its size with this, and its name.
        let size = u32::try_from(stored.len().saturating_add(8));
        let size = size.map_err(|_| Malformed::new("a frame is longer than 4 GiB"))?;
        out.extend_from_slice(&size.to_be_bytes());
        out.extend_from_slice(b"icpf");
    }
    out.extend_from_slice(stored);
    Ok(())
}
