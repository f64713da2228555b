//! A running pipeline that stops when it is dropped.

use crate::MediaError;
use gst::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const POLL: gst::ClockTime = gst::ClockTime::from_mseconds(100);
/// A wait this long is told in the log: media may be on its way over the network, or a pipeline
/// stands still.
const SILENCE: Duration = Duration::from_secs(30);

/// A running pipeline. Dropping it stops it, which also wakes whoever waits in a push.
#[derive(Debug)]
pub(crate) struct Running {
    pipeline: gst::Pipeline,
    what: &'static str,
}

impl Running {
    /// Starts a pipeline; `what` says in errors what it was doing.
    pub(crate) fn start(description: &str, what: &'static str) -> Result<Self, MediaError> {
        super::init()?;
        let broken = |why: String| MediaError::Pipeline {
            what: what.to_owned(),
            why,
        };
        let element = gst::parse::launch(description).map_err(|error| broken(error.to_string()))?;
        let pipeline = element
            .downcast::<gst::Pipeline>()
            .map_err(|_| broken("its description makes no pipeline".to_owned()))?;
        Ok(Self { pipeline, what })
    }

    /// Sets the pipeline going, once its sources and sinks are configured.
    pub(crate) fn play(&self) -> Result<(), MediaError> {
        self.pipeline
            .set_state(gst::State::Playing)
            .map(|_| ())
            .map_err(|error| {
                self.failure()
                    .unwrap_or_else(|| self.error(error.to_string()))
            })
    }

    /// Stops it: pushes and pulls return at once.
    pub(crate) fn stop(&self) {
        // Stopping can only fail for elements that are already broken; there is nothing to undo.
        let _ = self.pipeline.set_state(gst::State::Null);
    }

    /// Gets everything ready without letting time run.
    pub(crate) fn pause(&self) -> Result<(), MediaError> {
        self.pipeline
            .set_state(gst::State::Paused)
            .map(|_| ())
            .map_err(|error| {
                self.failure()
                    .unwrap_or_else(|| self.error(error.to_string()))
            })
    }

    /// Lets nobody wait for ever in a push into `source`: when an element fails, its stream ends.
    pub(crate) fn end_on_error(&self, source: &gst_app::AppSrc) {
        let Some(bus) = self.pipeline.bus() else {
            return;
        };
        let source = source.downgrade();
        bus.set_sync_handler(move |_, message| {
            if let (gst::MessageView::Error(_), Some(source)) = (message.view(), source.upgrade()) {
                // Refused only by one that has ended already.
                let _ = source.end_of_stream();
            }
            gst::BusSyncReply::Pass
        });
    }

    /// How far its sink has come.
    pub(crate) fn position(&self) -> Option<gst::ClockTime> {
        self.pipeline.query_position::<gst::ClockTime>()
    }

    /// Waits until it is ready, ended, failed or somebody calls `wake`.
    pub(crate) fn next_event(&self) -> Result<RunningEvent, MediaError> {
        let bus = self
            .pipeline
            .bus()
            .ok_or_else(|| self.error("it has no bus".to_owned()))?;
        let wanted = [
            gst::MessageType::AsyncDone,
            gst::MessageType::Eos,
            gst::MessageType::Error,
            gst::MessageType::Application,
        ];
        let message = bus
            .timed_pop_filtered(gst::ClockTime::NONE, &wanted)
            .ok_or_else(|| self.error("its bus was closed".to_owned()))?;
        match message.view() {
            gst::MessageView::AsyncDone(_) => Ok(RunningEvent::Ready),
            gst::MessageView::Eos(_) => Ok(RunningEvent::Ended),
            gst::MessageView::Application(_) => Ok(RunningEvent::Woken),
            _ => Err(failure(self.what, &message)),
        }
    }

    /// Wakes whoever waits in `next_event`.
    pub(crate) fn wake(&self, why: &str) {
        let structure = gst::Structure::new_empty(why);
        let message = gst::message::Application::new(structure);
        // Refused only by a pipeline that was stopped, in which nobody waits any more.
        let _ = self.pipeline.post_message(message);
    }

    /// An element by its name in the description.
    pub(crate) fn element<T: IsA<gst::Element>>(&self, name: &str) -> Result<T, MediaError> {
        self.pipeline
            .by_name(name)
            .and_then(|element| element.downcast::<T>().ok())
            .ok_or_else(|| self.error(format!("it has no element `{name}` of the kind needed")))
    }

    /// Whether an element has a pad of this name. A demuxer has one for each track before any data
    /// comes.
    pub(crate) fn has_pad(&self, element: &str, pad: &str) -> bool {
        let found = self.pipeline.by_name(element);
        found.is_some_and(|element| element.static_pad(pad).is_some())
    }

    /// The error the pipeline posted, if any.
    pub(crate) fn failure(&self) -> Option<MediaError> {
        let bus = self.pipeline.bus()?;
        let message = bus.pop_filtered(&[gst::MessageType::Error])?;
        Some(failure(self.what, &message))
    }

    /// A sink of it that holds so many buffers, for data that is taken as fast as it comes.
    pub(crate) fn sink(&self, name: &str, buffers: u32) -> Result<gst_app::AppSink, MediaError> {
        let sink: gst_app::AppSink = self.element(name)?;
        sink.set_property("sync", false);
        sink.set_max_buffers(buffers);
        Ok(sink)
    }

    /// The next sample of a sink; `None` at the end of its stream.
    pub(crate) fn pull(
        &self,
        sink: &gst_app::AppSink,
        cancel: &CancellationToken,
    ) -> Result<Option<gst::Sample>, MediaError> {
        self.pull_unless(sink, &|| false, cancel)
    }

    /// As [`pull`](Self::pull); `None`, too, as soon as `nothing` says that no stream comes.
    pub(crate) fn pull_unless(
        &self,
        sink: &gst_app::AppSink,
        nothing: &dyn Fn() -> bool,
        cancel: &CancellationToken,
    ) -> Result<Option<gst::Sample>, MediaError> {
        let mut waiting = Waiting::default();
        loop {
            if cancel.is_cancelled() {
                return Err(MediaError::Cancelled);
            }
            if let Some(sample) = sink.try_pull_sample(POLL) {
                return Ok(Some(sample));
            }
            if let Some(error) = self.failure() {
                return Err(error);
            }
            if sink.is_eos() || nothing() {
                return Ok(None);
            }
            waiting.tell(self);
        }
    }

    /// Waits for the end of the stream, an error, or the user.
    pub(crate) fn wait(&self, cancel: &CancellationToken) -> Result<(), MediaError> {
        let bus = self
            .pipeline
            .bus()
            .ok_or_else(|| self.error("it has no bus".to_owned()))?;
        let mut waiting = Waiting::default();
        loop {
            waiting.tell(self);
            if cancel.is_cancelled() {
                return Err(MediaError::Cancelled);
            }
            let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
            let Some(message) = bus.timed_pop_filtered(POLL, &wanted) else {
                continue;
            };
            return match message.view() {
                gst::MessageView::Eos(_) => Ok(()),
                _ => Err(failure(self.what, &message)),
            };
        }
    }

    pub(crate) fn error(&self, why: String) -> MediaError {
        MediaError::Pipeline {
            what: self.what.to_owned(),
            why,
        }
    }
}

/// How long somebody has waited for a pipeline.
struct Waiting {
    begun: Instant,
    told: u32,
}

impl Default for Waiting {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            told: 0,
        }
    }
}

impl Waiting {
    /// Tells it in the log when it has become long, with what every element is doing.
    fn tell(&mut self, running: &Running) {
        let waited = self.begun.elapsed();
        if waited < SILENCE * (self.told + 1) {
            return;
        }
        self.told += 1;
        let elements = running.pipeline.iterate_elements();
        let states: Vec<String> = elements
            .into_iter()
            .flatten()
            .map(|element| format!("{} {:?}", element.name(), element.current_state()))
            .collect();
        tracing::info!(
            "{}: nothing for {} s ({:?}; {})",
            running.what,
            waited.as_secs(),
            running.pipeline.current_state(),
            states.join(", ")
        );
    }
}

/// What a pipeline tells its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunningEvent {
    /// It has enough to begin.
    Ready,
    /// Everything has come out of its sinks.
    Ended,
    /// Somebody called `wake`.
    Woken,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Stops pipelines from outside: whoever waits in a push into one of them returns.
///
/// A pipeline whose sink refuses data only pauses its task; a thread that pushes into its full source
/// waits until the pipeline is stopped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stopper {
    state: Arc<Mutex<StopperState>>,
}

#[derive(Debug, Default)]
struct StopperState {
    stopped: bool,
    /// Those that still run.
    pipelines: Vec<gst::glib::WeakRef<gst::Pipeline>>,
}

impl Stopper {
    /// From now on `stop` stops this pipeline; at once when it was called already.
    pub(crate) fn watch(&self, running: &Running) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.stopped {
            running.stop();
        }
        state
            .pipelines
            .retain(|pipeline| pipeline.upgrade().is_some());
        state.pipelines.push(running.pipeline.downgrade());
    }

    /// Stops the pipelines that are watched, and every one that will be.
    pub(crate) fn stop(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.stopped = true;
        for pipeline in state.pipelines.drain(..) {
            if let Some(pipeline) = pipeline.upgrade() {
                // As in `Running::stop`.
                let _ = pipeline.set_state(gst::State::Null);
            }
        }
    }
}

/// An error message in words.
fn failure(what: &str, message: &gst::Message) -> MediaError {
    let why = match message.view() {
        gst::MessageView::Error(error) => {
            let name = error
                .src()
                .map(|source| source.name().to_string())
                .unwrap_or_default();
            format!("{name}: {}", error.error())
        }
        _ => "it stopped".to_owned(),
    };
    MediaError::Pipeline {
        what: what.to_owned(),
        why,
    }
}
