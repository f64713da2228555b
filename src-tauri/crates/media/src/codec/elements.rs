//! Which GStreamer elements we use: lists of ours, never whatever ranks highest.

use crate::MediaError;
use conform::{Encoders, PictureKind, VideoCodec};
use gst::prelude::*;
use std::sync::OnceLock;

/// Starts GStreamer once.
pub(crate) fn init() -> Result<(), MediaError> {
    static STARTED: OnceLock<Result<(), String>> = OnceLock::new();
    STARTED
        .get_or_init(|| gst::init().map_err(|error| error.to_string()))
        .clone()
        .map_err(|why| MediaError::Pipeline {
            what: "GStreamer did not start".to_owned(),
            why,
        })
}

/// Starts GStreamer, which takes some hundredths of a second: call it in a thread while something else is done.
/// What goes wrong is told when it is needed.
pub fn warm_up() {
    let _ = init();
}

/// An element we may need, for `doctor`.
#[derive(Clone, Debug)]
pub struct Element {
    /// GStreamer's name of it.
    pub name: &'static str,
    /// What we use it for.
    pub purpose: &'static str,
    /// Nothing works without it.
    pub required: bool,
    /// It is there.
    pub found: bool,
    /// How to get it.
    pub hint: &'static str,
}

const LIBAV: &str = "install GStreamer's libav plugin (Debian: gstreamer1.0-libav)";
const BASE: &str = "install GStreamer's base plugins (Debian: gstreamer1.0-plugins-base)";
const GOOD: &str = "install GStreamer's good plugins (Debian: gstreamer1.0-plugins-good)";
const BAD: &str = "install GStreamer's bad plugins (Debian: gstreamer1.0-plugins-bad)";
const UGLY: &str = "install GStreamer's ugly plugins (Debian: gstreamer1.0-plugins-ugly)";

/// `(name, purpose, required, hint)`.
const ELEMENTS: [(&str, &str, bool, &str); 21] = [
    ("appsrc", "feeding pipelines", true, BASE),
    ("videoconvert", "pixel formats", true, BASE),
    ("videoscale", "picture sizes", true, BASE),
    ("audioconvert", "sample formats", true, BASE),
    ("audioresample", "sample rates", true, BASE),
    ("qtdemux", "verifying MP4", true, GOOD),
    ("matroskademux", "verifying Matroska", false, GOOD),
    ("tsdemux", "verifying transport streams", false, BAD),
    ("videoflip", "turned pictures", false, GOOD),
    ("jpegenc", "small pictures", true, GOOD),
    (
        "autoaudiosink",
        "hearing the sound in a window",
        false,
        GOOD,
    ),
    ("avdec_h264", "decoding H.264", true, LIBAV),
    ("avdec_h265", "decoding HEVC", false, LIBAV),
    ("avdec_vp9", "decoding VP9", false, LIBAV),
    ("avdec_prores", "decoding ProRes", false, LIBAV),
    ("avdec_mpeg2video", "decoding MPEG-2", false, LIBAV),
    ("avdec_aac", "decoding AAC", true, LIBAV),
    ("avenc_aac", "encoding AAC", true, LIBAV),
    ("x264enc", "encoding H.264", false, UGLY),
    (
        "openh264enc",
        "encoding H.264 where there is no x264",
        false,
        BAD,
    ),
    ("x265enc", "encoding HEVC", false, BAD),
];

/// Everything we may need, and whether it is there.
///
/// # Errors
/// GStreamer does not start.
pub fn doctor_elements() -> Result<Vec<Element>, MediaError> {
    init()?;
    Ok(ELEMENTS
        .into_iter()
        .map(|(name, purpose, required, hint)| Element {
            name,
            purpose,
            required,
            found: gst::ElementFactory::find(name).is_some(),
            hint,
        })
        .collect())
}

/// Fails with the way to get it when an element is not there.
pub(crate) fn require(name: &str) -> Result<(), MediaError> {
    init()?;
    if gst::ElementFactory::find(name).is_some() {
        return Ok(());
    }
    let hint = ELEMENTS
        .iter()
        .find(|(element, ..)| *element == name)
        .map_or("install the GStreamer plugin that has it", |(.., hint)| {
            hint
        });
    Err(MediaError::MissingElement {
        element: name.to_owned(),
        hint: hint.to_owned(),
    })
}

/// Loads the plugin of an element, so that the first one is there at once: libav alone brings a hundred
/// libraries. What can't be loaded is told when it is needed.
pub(crate) fn preload(name: &str) {
    if let Some(factory) = gst::ElementFactory::find(name) {
        let _ = factory.load();
    }
}

/// Lets a decoder of libav use every core; others decide that for themselves.
pub(crate) fn use_all_cores(decoder: &gst::Element) {
    if decoder.has_property("max-threads") {
        decoder.set_property("max-threads", 0_i32);
    }
}

/// The video encoder of a compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EncoderChoice {
    /// x264, when the user's system has it.
    X264,
    /// Cisco's openh264: the only encoder we may ship; no B pictures.
    OpenH264,
    /// x265, when the user's system has it.
    X265,
}

impl EncoderChoice {
    /// GStreamer's name of it.
    pub(crate) fn element(self) -> &'static str {
        match self {
            Self::X264 => "x264enc",
            Self::OpenH264 => "openh264enc",
            Self::X265 => "x265enc",
        }
    }

    /// What it encodes to.
    pub(crate) fn codec(self) -> VideoCodec {
        match self {
            Self::X264 | Self::OpenH264 => VideoCodec::H264,
            Self::X265 => VideoCodec::Hevc,
        }
    }
}

/// The encoders we know, of each codec the one we take first in front.
const ENCODERS: [EncoderChoice; 3] = [
    EncoderChoice::X264,
    EncoderChoice::OpenH264,
    EncoderChoice::X265,
];

/// What pictures can be encoded to: with the encoder asked for, else with any that is there. Having none at
/// all is no error: copies still work.
///
/// # Errors
/// The encoder asked for is not there.
pub fn encoders(asked: Option<&str>) -> Result<Encoders, MediaError> {
    init()?;
    let found = match asked {
        Some(name) => vec![named(name)?],
        None => ENCODERS
            .into_iter()
            .filter(|choice| gst::ElementFactory::find(choice.element()).is_some())
            .collect(),
    };
    // The first is the one that `choose_encoder` takes.
    let finest = |codec| {
        let mut of_codec = found.iter().filter(|choice| choice.codec() == codec);
        of_codec.next().map(|choice| finest_of(*choice))
    };
    Ok(Encoders {
        h264: finest(VideoCodec::H264),
        hevc: finest(VideoCodec::Hevc),
    })
}

/// The finest pictures that an encoder takes: builds differ in it.
fn finest_of(choice: EncoderChoice) -> PictureKind {
    let factory = gst::ElementFactory::find(choice.element());
    let takes = |bit_depth: u8, chroma_format_idc: u8| {
        let pixels = super::video_encoder::pixels((bit_depth, chroma_format_idc)).ok();
        let caps = pixels.map(|pixels| {
            gst::Caps::builder("video/x-raw")
                .field("format", pixels)
                .build()
        });
        let both = factory.as_ref().zip(caps);
        both.is_some_and(|(factory, caps)| factory.can_sink_any_caps(&caps))
    };
    let bit_depth = [12, 10].into_iter().find(|bits| takes(*bits, 1));
    let bit_depth = bit_depth.unwrap_or(8);
    // Profile 244 may code without loss, so 4:4:4 of H.264 is never spliced.
    let chroma = match choice.codec() {
        VideoCodec::H264 => 2,
        VideoCodec::Hevc => 3,
    };
    let chroma = (2..=chroma).rev().find(|chroma| takes(bit_depth, *chroma));
    PictureKind {
        bit_depth,
        chroma_format_idc: chroma.unwrap_or(1),
    }
}

fn named(name: &str) -> Result<EncoderChoice, MediaError> {
    let choice = ENCODERS.into_iter().find(|choice| {
        choice.element() == name || choice.element().trim_end_matches("enc") == name
    });
    let choice = choice.ok_or_else(|| MediaError::MissingElement {
        element: name.to_owned(),
        hint: "use x264enc, openh264enc or x265enc".to_owned(),
    })?;
    require(choice.element())?;
    Ok(choice)
}

/// The encoder asked for, else the first of our list for this codec that is there.
pub(crate) fn choose_encoder(
    asked: Option<&str>,
    codec: VideoCodec,
) -> Result<EncoderChoice, MediaError> {
    init()?;
    if let Some(name) = asked {
        let choice = named(name)?;
        if choice.codec() != codec {
            return Err(MediaError::Mismatch(format!(
                "the plan encodes to {}, which {name} can't",
                codec.word()
            )));
        }
        return Ok(choice);
    }
    let mut known = ENCODERS
        .into_iter()
        .filter(|choice| choice.codec() == codec);
    let found = known.find(|choice| gst::ElementFactory::find(choice.element()).is_some());
    found.ok_or_else(|| match codec {
        VideoCodec::H264 => MediaError::MissingElement {
            element: "x264enc or openh264enc".to_owned(),
            hint: UGLY.to_owned(),
        },
        VideoCodec::Hevc => MediaError::MissingElement {
            element: "x265enc".to_owned(),
            hint: BAD.to_owned(),
        },
    })
}

/// Versions of GStreamer and of the elements that shape an output, for the record.
pub(crate) fn versions(names: &[&str]) -> Vec<(String, String)> {
    let mut found = vec![("gstreamer".to_owned(), gst::version_string().to_string())];
    for name in names {
        if let Some(plugin) = gst::ElementFactory::find(name).and_then(|factory| factory.plugin()) {
            found.push(((*name).to_owned(), plugin.version().to_string()));
        }
    }
    found
}
