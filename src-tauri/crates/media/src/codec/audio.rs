//! Decoding and encoding sound, counted in samples.

use super::coded_sound::CodedFormat;
use super::{Running, Stopper};
use crate::MediaError;
use gst::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio_util::sync::CancellationToken;

/// Interleaved 32-bit float samples of one rate and channel count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PcmFormat {
    pub(crate) sample_rate: u32,
    pub(crate) channels: u16,
}

const BYTES_PER_SAMPLE: usize = 4;

impl PcmFormat {
    pub(crate) fn frame_bytes(self) -> usize {
        usize::from(self.channels) * BYTES_PER_SAMPLE
    }

    fn caps(self) -> gst::Caps {
        let mut caps = gst::Caps::builder("audio/x-raw")
            .field("format", "F32LE")
            .field("layout", "interleaved")
            .field("rate", i32::try_from(self.sample_rate).unwrap_or(i32::MAX))
            .field("channels", i32::from(self.channels));
        if let Some(mask) = channel_mask(self.channels) {
            caps = caps.field("channel-mask", mask);
        }
        caps.build()
    }
}

/// More than two channels need a named layout, the same at both ends of every pipeline.
pub(super) fn channel_mask(channels: u16) -> Option<gst::Bitmask> {
    let mask = match channels {
        3 => 0x7_u64,
        4 => 0x107,
        5 => 0x37,
        6 => 0x3f,
        7 => 0x13f,
        8 => 0xc3f,
        _ => return None,
    };
    Some(gst::Bitmask::new(mask))
}

/// Decodes frames and passes the samples on as interleaved floats of `format`.
///
/// `next` yields coded frames in order, without any transport header; `emit` gets sample data with the position of its first
/// sample, counted in samples of `format` from the first coded frame.
pub(crate) fn decode_audio(
    coded: &CodedFormat,
    format: PcmFormat,
    stopper: &Stopper,
    cancel: &CancellationToken,
    mut next: impl FnMut() -> Result<Option<Vec<u8>>, MediaError>,
    mut emit: impl FnMut(u64, &[u8]) -> Result<(), gst::FlowError> + Send + 'static,
) -> Result<(), MediaError> {
    let decoder = coded.decoder()?;
    let Some(first) = next()? else {
        return Ok(());
    };
    let running = Running::start(
        &format!(
            "appsrc name=in ! {decoder}audioconvert name=convert ! audioresample quality=10 ! appsink name=out"
        ),
        "decoding sound",
    )?;
    if coded.channels == 1 && format.channels > 2 {
        // Left and right together are as loud as it is; GStreamer would put it into every speaker.
        let half = std::f32::consts::FRAC_1_SQRT_2;
        let rows = (0..format.channels).map(|channel| {
            let share = if channel < 2 { half } else { 0.0 };
            gst::Array::new([share]).to_send_value()
        });
        let convert: gst::Element = running.element("convert")?;
        convert.set_property("mix-matrix", gst::Array::from_values(rows));
    }
    let source: gst_app::AppSrc = running.element("in")?;
    source.set_format(gst::Format::Time);
    source.set_block(true);
    source.set_max_bytes(1 << 20);
    source.set_caps(Some(&coded.caps(&first)));
    let sink = running.sink("out", 16)?;
    sink.set_caps(Some(&format.caps()));
    let mut position: Option<u64> = None;
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let buffer = sample.buffer().ok_or(gst::FlowError::Error)?;
                let data = buffer.map_readable().map_err(|_| gst::FlowError::Error)?;
                // The first buffer's stamp tells whether the decoder swallowed frames; from there
                // on samples are counted.
                let at = position.unwrap_or_else(|| {
                    let pts = buffer.pts().unwrap_or(START).saturating_sub(START);
                    let rounding = gst::ClockTime::SECOND.nseconds() / 2;
                    (pts.nseconds() * u64::from(format.sample_rate) + rounding)
                        / gst::ClockTime::SECOND.nseconds()
                });
                // Only an error, unlike flushing, is told on the bus.
                emit(at, &data).map_err(|_| gst::FlowError::Error)?;
                position = Some(at + (data.len() / format.frame_bytes().max(1)) as u64);
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
    stopper.watch(&running);
    running.play()?;
    let stamp = |position: u64| {
        let rate = u64::from(coded.sample_rate.max(1));
        START
            + gst::ClockTime::SECOND
                .mul_div_floor(position, rate)
                .unwrap_or(gst::ClockTime::ZERO)
    };
    let (mut frame, mut pushed) = (Some(first), 0);
    while let Some(data) = frame {
        if cancel.is_cancelled() {
            return Err(MediaError::Cancelled);
        }
        let (pts, samples) = (stamp(pushed), coded.samples_in(&data));
        pushed += samples;
        let mut buffer = gst::Buffer::from_mut_slice(data);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(pts);
            buffer.set_duration(stamp(pushed) - pts);
        }
        if source.push_buffer(buffer).is_err() {
            break;
        }
        frame = next()?;
    }
    // Refused only when the pipeline already stopped; `wait` tells why.
    let _ = source.end_of_stream();
    running.wait(cancel)
}

const START: gst::ClockTime = gst::ClockTime::from_seconds(10);

/// A coded frame as the encoder gives it.
#[derive(Debug)]
pub(crate) struct EncodedAudio {
    pub(crate) data: Vec<u8>,
    /// AudioSpecificConfig.
    pub(crate) config: Vec<u8>,
}

/// An AAC encoder.
#[derive(Debug)]
pub(crate) struct AudioEncoder {
    running: Running,
    source: gst_app::AppSrc,
    sink: gst_app::AppSink,
    format: PcmFormat,
}

impl AudioEncoder {
    /// Samples libav's AAC encoder puts in front of the first one it was given
    /// (`initial_padding` of libavcodec/aacenc.c: one frame).
    pub(crate) const PRIMING: u64 = 1024;
    /// Samples of a coded frame.
    pub(crate) const FRAME: u32 = 1024;

    pub(crate) fn start(format: PcmFormat) -> Result<Self, MediaError> {
        super::require("avenc_aac")?;
        let bit_rate = 96_000 * u32::from(format.channels.max(1));
        let running = Running::start(
            &format!(
                "appsrc name=in ! audioconvert ! avenc_aac bitrate={bit_rate} \
                 ! audio/mpeg,mpegversion=4,stream-format=raw ! appsink name=out"
            ),
            "encoding sound",
        )?;
        let source: gst_app::AppSrc = running.element("in")?;
        source.set_format(gst::Format::Time);
        source.set_block(true);
        source.set_max_bytes(1 << 20);
        source.set_caps(Some(&format.caps()));
        let sink = running.sink("out", 256)?;
        running.play()?;
        Ok(Self {
            running,
            source,
            sink,
            format,
        })
    }

    /// Where samples go in; usable from another thread.
    pub(crate) fn input(&self) -> PcmInput {
        PcmInput {
            source: self.source.clone(),
            format: self.format,
            pushed: Arc::default(),
        }
    }

    /// The next coded frame; `None` at the end.
    pub(crate) fn next(
        &self,
        cancel: &CancellationToken,
    ) -> Result<Option<EncodedAudio>, MediaError> {
        let Some(sample) = self.running.pull(&self.sink, cancel)? else {
            return Ok(None);
        };
        let missing = || self.running.error("a sample without data".to_owned());
        let data = sample
            .buffer()
            .ok_or_else(missing)?
            .map_readable()
            .map_err(|_| missing())?;
        let config = sample
            .caps()
            .and_then(|caps| caps.structure(0))
            .and_then(|structure| structure.get::<gst::Buffer>("codec_data").ok())
            .and_then(|buffer| buffer.map_readable().ok().map(|map| map.to_vec()))
            .ok_or_else(|| {
                self.running
                    .error("it gave no decoder configuration".to_owned())
            })?;
        Ok(Some(EncodedAudio {
            data: data.to_vec(),
            config,
        }))
    }

    /// Stops at once: whoever waits in `PcmInput::push` returns.
    pub(crate) fn stop(&self) {
        self.running.stop();
    }
}

/// Where a pipeline takes samples. Clones go on counting where the others stopped.
#[derive(Clone, Debug)]
pub(crate) struct PcmInput {
    source: gst_app::AppSrc,
    format: PcmFormat,
    pushed: Arc<AtomicU64>,
}

impl PcmInput {
    /// Configures a pipeline's source for samples of `format`, of which it holds half a second.
    pub(crate) fn new(source: gst_app::AppSrc, format: PcmFormat) -> Self {
        source.set_format(gst::Format::Time);
        source.set_block(true);
        let half_second = u64::from(format.sample_rate / 2) * format.frame_bytes() as u64;
        source.set_max_bytes(half_second);
        source.set_caps(Some(&format.caps()));
        Self {
            source,
            format,
            pushed: Arc::default(),
        }
    }

    /// Samples pushed so far.
    pub(crate) fn pushed(&self) -> u64 {
        self.pushed.load(Ordering::Relaxed)
    }

    /// Pushes whole sample frames.
    pub(crate) fn push(&mut self, data: Vec<u8>) -> Result<(), gst::FlowError> {
        let frames = (data.len() / self.format.frame_bytes().max(1)) as u64;
        if frames == 0 {
            return Ok(());
        }
        let at = |count: u64| {
            gst::ClockTime::SECOND
                .mul_div_floor(count, u64::from(self.format.sample_rate.max(1)))
                .unwrap_or(gst::ClockTime::ZERO)
        };
        // Only one thread pushes at a time: this orders nothing.
        let first = self.pushed.fetch_add(frames, Ordering::Relaxed);
        let mut buffer = gst::Buffer::from_mut_slice(data);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(at(first));
            buffer.set_duration(at(first + frames) - at(first));
        }
        self.source.push_buffer(buffer).map(|_| ())
    }

    /// No sample follows.
    pub(crate) fn end(&self) {
        // Refused only when the pipeline already stopped; the puller reports why.
        let _ = self.source.end_of_stream();
    }
}
