//! Decoding pictures that we choose: access units in, frames with their rank out.

use super::coded_video::{caps, decoder};
use super::{Running, Stopper};
use crate::MediaError;
use conform::VideoConfig;
use tokio_util::sync::CancellationToken;

/// Distance between the stamps we give to neighbouring ranks. The material's own times don't reach
/// the decoder, so equal, missing or jumping times can't confuse it.
const STEP: gst::ClockTime = gst::ClockTime::from_mseconds(40);
/// Decode times lie before presentation times by up to 16 frames of reordering.
const START: gst::ClockTime = gst::ClockTime::from_seconds(10);

/// Access units that wait in front of a decoder.
const AHEAD: u64 = 64;

/// A decoded frame.
#[derive(Clone, Debug)]
pub(crate) struct DecodedFrame {
    /// The rank its access unit was pushed with.
    pub(crate) rank: u64,
    /// Pixels and their caps.
    pub(crate) sample: gst::Sample,
}

/// A decoder fed by us.
#[derive(Debug)]
pub(crate) struct VideoDecoder {
    running: Running,
    source: gst_app::AppSrc,
    codec: String,
    count: u64,
}

impl VideoDecoder {
    /// Starts a decoder. `on_frame` is called in presentation order from the pipeline's thread; `Err` stops it.
    pub(crate) fn start(
        codec: &str,
        config: &VideoConfig,
        mut on_frame: impl FnMut(DecodedFrame) -> Result<(), gst::FlowError> + Send + 'static,
    ) -> Result<Self, MediaError> {
        let decoder = decoder(codec)?;
        let running = Running::start(
            &format!("appsrc name=in ! {decoder} name=decoder ! appsink name=out"),
            "decoding pictures",
        )?;
        super::use_all_cores(&running.element("decoder")?);
        let source: gst_app::AppSrc = running.element("in")?;
        source.set_caps(Some(&caps(codec, config)?));
        source.set_format(gst::Format::Time);
        source.set_block(true);
        source.set_max_bytes(4 << 20);
        source.set_max_buffers(AHEAD);
        let sink = running.sink("out", 4)?;
        sink.set_callbacks(
            gst_app::AppSinkCallbacks::builder()
                .new_sample(move |sink| {
                    let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                    let pts = sample.buffer().and_then(|buffer| buffer.pts());
                    let rank = pts.map_or(u64::MAX, |pts| {
                        pts.saturating_sub(START).nseconds() / STEP.nseconds()
                    });
                    // Only an error, unlike flushing, is told on the bus, where `finish` waits.
                    on_frame(DecodedFrame { rank, sample }).map_err(|_| gst::FlowError::Error)?;
                    Ok(gst::FlowSuccess::Ok)
                })
                .build(),
        );
        running.end_on_error(&source);
        running.play()?;
        Ok(Self {
            running,
            source,
            codec: codec.to_owned(),
            count: 0,
        })
    }

    /// Lets `stopper` stop the decoder from another thread.
    pub(crate) fn watched_by(self, stopper: &Stopper) -> Self {
        stopper.watch(&self.running);
        self
    }

    /// The codec that it decodes.
    pub(crate) fn codec(&self) -> &str {
        &self.codec
    }

    /// Tells the decoder that other parameter sets follow.
    pub(crate) fn set_config(&self, config: &VideoConfig) -> Result<(), MediaError> {
        self.source.set_caps(Some(&caps(&self.codec, config)?));
        Ok(())
    }

    /// Pushes an access unit as `coded_video::unit` makes it, in decode order. `false` when the decoder has
    /// stopped taking any, which is either its end or an error that `finish` reports.
    pub(crate) fn push(&mut self, unit: Vec<u8>, rank: u64, key: bool) -> bool {
        let mut buffer = gst::Buffer::from_mut_slice(unit);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(START + STEP * rank);
            buffer.set_dts(START + STEP * self.count.saturating_sub(16));
            buffer.set_duration(STEP);
            if !key {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        self.count += 1;
        self.source.push_buffer(buffer).is_ok()
    }

    /// Ends the stream and waits until every frame came out.
    pub(crate) fn finish(self, cancel: &CancellationToken) -> Result<(), MediaError> {
        // Refused only when the pipeline already stopped; `wait` tells why.
        let _ = self.source.end_of_stream();
        self.running.wait(cancel)
    }
}
