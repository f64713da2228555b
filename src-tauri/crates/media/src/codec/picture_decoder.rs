//! Decoding single pictures on request, in the caller's thread.
//!
//! A monitor jumps about, so nothing here runs on its own: an access unit goes in, and whatever
//! pictures that makes come back from the same call. A flush costs next to nothing, so one decoder
//! serves jump after jump.

use super::chain::Chain;
use crate::MediaError;
use conform::VideoConfig;
use gst::prelude::*;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Distance between the stamps of neighbouring ranks; see `video_decoder`.
const STEP: gst::ClockTime = gst::ClockTime::from_mseconds(40);
/// Decode times lie before presentation times by up to 16 frames of reordering.
const START: gst::ClockTime = gst::ClockTime::from_seconds(10);
const REORDERING: u64 = 16;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A picture as it came out behind the tail.
#[derive(Debug)]
pub(crate) struct PictureOut {
    /// The rank its access unit was pushed with.
    pub(crate) rank: u64,
    pub(crate) buffer: gst::Buffer,
    /// What is in the buffer.
    pub(crate) caps: gst::Caps,
}

/// Which pictures are converted; all others are thrown away as soon as they are decoded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keep {
    /// Every one.
    pub(crate) all: bool,
    /// Those of these ranks.
    pub(crate) ranks: BTreeSet<u64>,
}

impl Keep {
    /// This picture is converted.
    pub(crate) fn keeps(&self, rank: u64) -> bool {
        self.all || self.ranks.contains(&rank)
    }
}

/// A decoder that runs in its caller's thread.
#[derive(Debug)]
pub(crate) struct PictureDecoder {
    chain: Chain,
    keep: Arc<Mutex<Keep>>,
    /// Rank of the newest picture that was decoded since the last flush.
    newest: Arc<Mutex<Option<u64>>>,
    codec: String,
    config: Option<VideoConfig>,
    /// A segment has been announced since the last flush.
    open: bool,
}

impl PictureDecoder {
    /// Starts a decoder. `tail` is put behind it: elements separated by `!`.
    pub(crate) fn start(codec: &str, tail: &str) -> Result<Self, MediaError> {
        let decoder = super::coded_video::decoder(codec)?;
        let chain = Chain::start(
            &format!("{decoder} name=decoder ! {tail}"),
            "decoding pictures",
        )?;
        if let Some(decoder) = chain.pipeline.by_name("decoder") {
            super::use_all_cores(&decoder);
        }
        let decoder = Self {
            keep: Arc::default(),
            newest: Arc::default(),
            codec: codec.to_owned(),
            config: None,
            open: false,
            chain,
        };
        decoder.watch()?;
        Ok(decoder)
    }

    /// Lets only the pictures that are kept reach the tail.
    fn watch(&self) -> Result<(), MediaError> {
        let pad = self
            .chain
            .pipeline
            .by_name("decoder")
            .and_then(|element| element.static_pad("src"))
            .ok_or_else(|| self.chain.error("the decoder has no output".to_owned()))?;
        let (keep, newest) = (Arc::clone(&self.keep), Arc::clone(&self.newest));
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let Some(rank) = info.buffer().and_then(rank_of) else {
                return gst::PadProbeReturn::Drop;
            };
            let mut newest = lock(&newest);
            *newest = Some(newest.map_or(rank, |before| before.max(rank)));
            if lock(&keep).keeps(rank) {
                gst::PadProbeReturn::Ok
            } else {
                gst::PadProbeReturn::Drop
            }
        });
        Ok(())
    }

    /// Says which pictures are wanted from now on.
    pub(crate) fn keep(&self, keep: Keep) {
        *lock(&self.keep) = keep;
    }

    /// Rank of the newest picture that was decoded since the last flush, kept or not.
    pub(crate) fn newest(&self) -> Option<u64> {
        *lock(&self.newest)
    }

    /// Forgets everything; the next unit has to be a key frame.
    pub(crate) fn flush(&mut self) {
        self.chain.flush();
        *lock(&self.newest) = None;
        self.open = false;
    }

    /// Decodes an access unit as `decoder_unit` makes it. `order` is its place in decode order.
    ///
    /// # Errors
    /// The pipeline broke; this decoder is of no more use.
    pub(crate) fn push(
        &mut self,
        config: &VideoConfig,
        unit: Vec<u8>,
        rank: u64,
        order: u64,
        key: bool,
    ) -> Result<Vec<PictureOut>, MediaError> {
        if self.config.as_ref() != Some(config) {
            self.chain
                .set_caps(&super::coded_video::caps(&self.codec, config)?);
            self.config = Some(config.clone());
        }
        if !self.open {
            self.chain.begin_segment();
            self.open = true;
        }
        let mut buffer = gst::Buffer::from_mut_slice(unit);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(START + STEP * rank);
            buffer.set_dts(START + STEP * order.saturating_sub(REORDERING));
            buffer.set_duration(STEP);
            if !key {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        let buffers = self.chain.push(buffer)?;
        Ok(self.pictures(buffers))
    }

    /// Ends the stream; what is still inside comes out. A flush has to follow.
    pub(crate) fn drain(&self) -> Vec<PictureOut> {
        let buffers = self.chain.drain();
        self.pictures(buffers)
    }

    fn pictures(&self, buffers: Vec<gst::Buffer>) -> Vec<PictureOut> {
        let Some(caps) = self.chain.caps() else {
            return Vec::new();
        };
        let pictures = buffers.into_iter().filter_map(|buffer| {
            Some(PictureOut {
                rank: rank_of(&buffer)?,
                buffer,
                caps: caps.clone(),
            })
        });
        pictures.collect()
    }
}

fn rank_of(buffer: &gst::Buffer) -> Option<u64> {
    let pts = buffer.pts()?;
    Some(pts.saturating_sub(START).nseconds() / STEP.nseconds())
}

/// A JPEG file of raw 4:2:0 pixels without gaps, of these colours (GStreamer's text).
pub(crate) fn encode_jpeg(
    size: (u32, u32),
    i420: Vec<u8>,
    colours: &str,
) -> Result<Vec<u8>, MediaError> {
    super::require("jpegenc")?;
    let elements = format!("{TO_JPEG_INPUT} ! jpegenc quality=80");
    through(&elements, size, i420, colours)
}

/// Raw 4:2:0 pixels without gaps in other colours.
pub(crate) fn recolour(
    size: (u32, u32),
    i420: Vec<u8>,
    from: &str,
    to: &str,
) -> Result<Vec<u8>, MediaError> {
    let elements = format!(
        "videoconvert ! video/x-raw,format=BGRx ! videoconvert ! video/x-raw,format=I420,colorimetry={to}"
    );
    through(&elements, size, i420, from)
}

/// What elements make of one picture.
fn through(
    elements: &str,
    (width, height): (u32, u32),
    i420: Vec<u8>,
    colours: &str,
) -> Result<Vec<u8>, MediaError> {
    let chain = Chain::start(elements, "making a picture")?;
    let size = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", size(width))
        .field("height", size(height))
        .field("colorimetry", colours)
        .field("framerate", gst::Fraction::new(25, 1))
        .build();
    // Rows lie as GStreamer expects them, which pads some widths.
    let info = gst_video::VideoInfo::from_caps(&caps)
        .map_err(|_| chain.error("a picture has no size".to_owned()))?;
    let padded = info.size() != i420.len();
    if padded {
        return Err(chain.error("a picture's rows don't fit".to_owned()));
    }
    chain.set_caps(&caps);
    chain.begin_segment();
    let mut buffer = gst::Buffer::from_mut_slice(i420);
    if let Some(buffer) = buffer.get_mut() {
        buffer.set_pts(gst::ClockTime::ZERO);
    }
    let mut made = chain.push(buffer)?;
    made.extend(chain.drain());
    let file = made
        .first()
        .and_then(|buffer| buffer.map_readable().ok().map(|map| map.to_vec()));
    file.ok_or_else(|| chain.error("it gave no data".to_owned()))
}

/// Elements that make of any picture what JFIF files hold: full range, the matrix of BT.601. By way of
/// RGB, as GStreamer's converter leaves the range as it is where the matrix is the same (1.22).
pub(crate) const TO_JPEG_INPUT: &str = "videoconvert ! video/x-raw,format=BGRx ! videoconvert \
     ! video/x-raw,format=I420,colorimetry=1:4:7:1";
