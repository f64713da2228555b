//! Bringing decoded pictures to the form of the output, in the thread that has them.

use super::chain::Chain;
use super::video_encoder::{coloured, shape};
use super::{EncoderTask, init};
use crate::MediaError;
use gst::prelude::*;
use std::sync::{Arc, OnceLock};

/// Turns, scales and converts pictures as the encoder of a task would.
#[derive(Debug)]
pub(crate) struct PictureShaper {
    chain: Chain,
    colours: Arc<OnceLock<String>>,
    full_range: bool,
    caps: Option<gst::Caps>,
}

impl PictureShaper {
    pub(crate) fn start(task: &EncoderTask) -> Result<Self, MediaError> {
        init()?;
        Ok(Self {
            chain: Chain::start(&shape(task, "I420"), "shaping pictures")?,
            colours: Arc::clone(&task.colours),
            full_range: task.full_range,
            caps: None,
        })
    }

    /// The picture in the form of the output: 8 bit 4:2:0.
    ///
    /// # Errors
    /// An element refuses it.
    pub(crate) fn shape(&mut self, sample: &gst::Sample) -> Result<gst::Sample, MediaError> {
        let missing = || self.chain.error("a picture got lost".to_owned());
        let own = sample.caps_owned();
        if self.caps != own {
            let coloured = coloured(sample, self.full_range, &self.colours);
            let coloured = coloured.ok_or_else(missing)?;
            let found = coloured.set(|name| self.chain.pipeline.by_name(name));
            found.ok_or_else(missing)?;
            self.chain.set_caps(&coloured.caps);
            if self.caps.is_none() {
                self.chain.begin_segment();
            }
            self.caps = own;
        }
        let buffer = sample.buffer_owned().ok_or_else(missing)?;
        let made = self.chain.push(buffer)?.pop().ok_or_else(missing)?;
        let caps = self.chain.caps().ok_or_else(missing)?;
        Ok(gst::Sample::builder().buffer(&made).caps(&caps).build())
    }
}
