//! Elements that work in the thread of whoever pushes into them.

use crate::MediaError;
use gst::prelude::*;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Elements between a pad of ours in front and one behind. Data passes through in the thread that
/// pushes it.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) pipeline: gst::Pipeline,
    entry: gst::Pad,
    exit: gst::Pad,
    out: Arc<Mutex<Vec<gst::Buffer>>>,
    what: &'static str,
}

impl Chain {
    pub(super) fn start(description: &str, what: &'static str) -> Result<Self, MediaError> {
        super::init()?;
        let broken = |why: String| MediaError::Pipeline {
            what: what.to_owned(),
            why,
        };
        let elements = gst::parse::bin_from_description(description, true)
            .map_err(|error| broken(error.to_string()))?;
        let pipeline = gst::Pipeline::new();
        pipeline
            .add(&elements)
            .map_err(|error| broken(error.to_string()))?;
        let out: Arc<Mutex<Vec<gst::Buffer>>> = Arc::default();
        let arrived = Arc::clone(&out);
        let exit = gst::Pad::builder(gst::PadDirection::Sink)
            .name("exit")
            .chain_function(move |_, _, buffer| {
                lock(&arrived).push(buffer);
                Ok(gst::FlowSuccess::Ok)
            })
            .event_function(|_, _, _| true)
            .build();
        let entry = gst::Pad::builder(gst::PadDirection::Src)
            .name("entry")
            .build();
        let pad = |name: &str| {
            elements
                .static_pad(name)
                .ok_or_else(|| broken(format!("it has no free {name} pad")))
        };
        let (first, last) = (pad("sink")?, pad("src")?);
        let linked = entry.link(&first).and_then(|_| last.link(&exit));
        linked.map_err(|error| broken(error.to_string()))?;
        let chain = Self {
            pipeline,
            entry,
            exit,
            out,
            what,
        };
        chain.activate()?;
        Ok(chain)
    }

    fn activate(&self) -> Result<(), MediaError> {
        let active = self
            .exit
            .set_active(true)
            .and_then(|()| self.entry.set_active(true));
        active.map_err(|error| self.error(error.to_string()))?;
        self.pipeline
            .set_state(gst::State::Playing)
            .map_err(|error| self.failure(&error.to_string()))?;
        self.entry
            .push_event(gst::event::StreamStart::new("monitor"));
        Ok(())
    }

    /// Says what follows. The first time, and after a flush, the segment has to follow the caps.
    pub(super) fn set_caps(&self, caps: &gst::Caps) {
        self.entry.push_event(gst::event::Caps::new(caps));
    }

    pub(super) fn begin_segment(&self) {
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        self.entry.push_event(gst::event::Segment::new(&segment));
    }

    pub(super) fn push(&self, buffer: gst::Buffer) -> Result<Vec<gst::Buffer>, MediaError> {
        match self.entry.push(buffer) {
            Ok(_) => Ok(std::mem::take(&mut lock(&self.out))),
            Err(error) => Err(self.failure(&error.to_string())),
        }
    }

    /// Ends the stream; what is still inside comes out.
    pub(super) fn drain(&self) -> Vec<gst::Buffer> {
        self.entry.push_event(gst::event::Eos::new());
        std::mem::take(&mut lock(&self.out))
    }

    /// Throws away what is inside.
    pub(super) fn flush(&self) {
        self.entry.push_event(gst::event::FlushStart::new());
        self.entry.push_event(gst::event::FlushStop::new(true));
        lock(&self.out).clear();
    }

    pub(super) fn caps(&self) -> Option<gst::Caps> {
        self.exit.current_caps()
    }

    pub(super) fn error(&self, why: String) -> MediaError {
        MediaError::Pipeline {
            what: self.what.to_owned(),
            why,
        }
    }

    /// What an element said, else `why`.
    fn failure(&self, why: &str) -> MediaError {
        let message = self
            .pipeline
            .bus()
            .and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
        let said = message.as_ref().and_then(|message| match message.view() {
            gst::MessageView::Error(error) => Some(error.error().to_string()),
            _ => None,
        });
        self.error(said.unwrap_or_else(|| why.to_owned()))
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        // Stopping can only fail for elements that are already broken.
        let _ = self.pipeline.set_state(gst::State::Null);
        let _ = self.entry.set_active(false);
        let _ = self.exit.set_active(false);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
