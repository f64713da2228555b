//! Which GStreamer elements we use: lists of ours, never whatever ranks highest.

use crate::MediaError;
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
const ELEMENTS: [(&str, &str, bool, &str); 20] = [
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
}

impl EncoderChoice {
    /// GStreamer's name of it.
    pub(crate) fn element(self) -> &'static str {
        match self {
            Self::X264 => "x264enc",
            Self::OpenH264 => "openh264enc",
        }
    }
}

/// The encoder asked for, else the first of our list that is there.
pub(crate) fn choose_encoder(asked: Option<&str>) -> Result<EncoderChoice, MediaError> {
    init()?;
    let list = [EncoderChoice::X264, EncoderChoice::OpenH264];
    if let Some(name) = asked {
        let choice = list
            .into_iter()
            .find(|choice| {
                choice.element() == name || choice.element().trim_end_matches("enc") == name
            })
            .ok_or_else(|| MediaError::MissingElement {
                element: name.to_owned(),
                hint: "use x264enc or openh264enc".to_owned(),
            })?;
        require(choice.element())?;
        return Ok(choice);
    }
    list.into_iter()
        .find(|choice| gst::ElementFactory::find(choice.element()).is_some())
        .ok_or_else(|| MediaError::MissingElement {
            element: "x264enc or openh264enc".to_owned(),
            hint: UGLY.to_owned(),
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
