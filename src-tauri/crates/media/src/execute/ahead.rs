//! Spans of one source, encoded in threads of their own a little ahead of whoever writes them.
//!
//! An encoder fills all cores only once it runs: the pictures from the key frame to the in point are decoded
//! first, and the last frames of a span leave it idle. With cuts every second that is most of the time, so
//! several spans are encoded at once. What is written does not depend on who was faster: units wait in a queue
//! for their turn, and whatever one span decides for others is decided in the order of the plan.

use super::encode::{encode_pictures, lock};
use super::preparation::Preparation;
use super::selection::is_mixed;
use super::signature::Signature;
use crate::MediaError;
use crate::codec::EncoderTask;
use conform::{CutPlan, SequenceFormat, SpanKind, VideoSpan};
use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{Scope, ScopedJoinHandle};
use tokio_util::sync::CancellationToken;

/// Access units of a span that wait to be written. Each span has room for them from the start, and its
/// encoder keeps more.
const AHEAD: usize = 16;

/// Encoders at once at most, of pictures of this many pixels: each holds some 200 MB of them.
const MOST: (usize, usize) = (4, 1920 * 1088);

/// What comes of a span, in this order: its task, access units, the end.
pub(super) enum Coming {
    Task(Box<EncoderTask>),
    Unit(Vec<u8>),
    /// Everything was encoded; the prints of source pictures.
    End(Vec<Signature>),
    Failed(Box<MediaError>),
}

/// The spans of a plan that are encoded ahead.
pub(super) struct Ahead<'scope> {
    /// By the number of the span: its place among them, and what comes.
    queues: HashMap<usize, (usize, Receiver<Coming>)>,
    gate: Arc<Gate>,
    stop: CancellationToken,
    threads: Vec<ScopedJoinHandle<'scope, ()>>,
}

impl<'scope> Ahead<'scope> {
    /// Starts the threads. They end when everything is encoded, when `stop` is cancelled, or when this is
    /// dropped.
    pub(super) fn start(
        scope: &'scope Scope<'scope, '_>,
        preparation: &'scope Preparation<'_>,
        stop: &CancellationToken,
    ) -> Self {
        let mut queues = HashMap::new();
        let mut work = VecDeque::new();
        for (place, (number, _)) in spans(preparation.plan).enumerate() {
            let (sender, receiver) = sync_channel(AHEAD);
            queues.insert(number, (place, receiver));
            work.push_back((place, number, sender));
        }
        let workers = workers(&preparation.plan.format).min(work.len());
        let stop = stop.child_token();
        let gate = Arc::new(Gate::new(workers));
        let work = Arc::new(Mutex::new(work));
        let threads = (0..workers).map(|_| {
            let (work, gate, stop) = (Arc::clone(&work), Arc::clone(&gate), stop.clone());
            scope.spawn(move || {
                loop {
                    let taken = lock(&work).pop_front();
                    let Some((place, number, sender)) = taken else {
                        return;
                    };
                    if !gate.pass(place) {
                        return;
                    }
                    let made = make(preparation, number, (&sender, &gate), &stop);
                    // Refused only when nobody waits any more.
                    let _ = sender.send(match made {
                        Ok(prints) => Coming::End(prints),
                        Err(error) => Coming::Failed(Box::new(error)),
                    });
                }
            })
        });
        Self {
            threads: threads.collect(),
            queues,
            gate,
            stop,
        }
    }

    /// What comes of a span; `None` when it is not encoded ahead. Spans have to be asked for in their order.
    pub(super) fn take(&mut self, number: usize) -> Option<Receiver<Coming>> {
        let (place, queue) = self.queues.remove(&number)?;
        self.gate.reach(place);
        Some(queue)
    }

    /// A picture was encoded elsewhere: what the first one decides for all is decided.
    pub(super) fn begun(&self) {
        self.gate.begun();
    }
}

impl Drop for Ahead<'_> {
    fn drop(&mut self) {
        self.stop.cancel();
        self.gate.close();
        // Whoever waits for room in a queue ends when nobody reads it.
        self.queues.clear();
        for thread in self.threads.drain(..) {
            // Of one that broke off its span has told.
            let _ = thread.join();
        }
    }
}

/// Spans that an encoder makes of one source.
fn spans(plan: &CutPlan) -> impl Iterator<Item = (usize, &VideoSpan)> {
    plan.video.iter().enumerate().filter(|(_, span)| {
        span.kind != SpanKind::Copy && !span.sources.is_empty() && !is_mixed(span)
    })
}

/// How many encode at once: one keeps two cores busy.
fn workers(format: &SequenceFormat) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let pixels = format.width as usize * format.height as usize;
    let most = MOST.0 * MOST.1 / pixels.max(MOST.1);
    (cores / 2).min(most).max(1)
}

fn make(
    preparation: &Preparation<'_>,
    number: usize,
    (sender, gate): (&SyncSender<Coming>, &Gate),
    stop: &CancellationToken,
) -> Result<Vec<Signature>, MediaError> {
    let (span, first_frame, prepared) = preparation.span(number, stop)?;
    let send = |coming| sender.send(coming).map_err(|_| MediaError::Cancelled);
    send(Coming::Task(Box::new(prepared.task.clone())))?;
    encode_pictures(
        (span, first_frame),
        &prepared.pieces,
        &prepared.task,
        stop,
        |encoder| {
            let mut is_first = true;
            while let Some((unit, _)) = encoder.next(stop)? {
                if std::mem::take(&mut is_first) {
                    gate.begun();
                }
                send(Coming::Unit(unit))?;
            }
            Ok(())
        },
    )
}

/// Lets threads begin with a span when its turn comes near.
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
    /// Spans that may be begun, from the one that is written on.
    width: usize,
}

#[derive(Default)]
struct State {
    /// The place of the span that is written.
    reached: Option<usize>,
    begun: bool,
    closed: bool,
}

impl Gate {
    fn new(width: usize) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            width,
        }
    }

    /// Waits until the span of this place may be begun; `false` when that will not be.
    ///
    /// Until the first picture of all was encoded nothing else is begun: its colours are those of the output.
    fn pass(&self, place: usize) -> bool {
        let waits = |state: &mut State| {
            let near = state.reached.is_some_and(|reached| {
                place <= reached || state.begun && place < reached + self.width
            });
            !state.closed && !near
        };
        let state = lock(&self.state);
        let state = self.changed.wait_while(state, waits);
        !state.unwrap_or_else(PoisonError::into_inner).closed
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut lock(&self.state));
        self.changed.notify_all();
    }

    fn reach(&self, place: usize) {
        self.change(|state| state.reached = Some(place));
    }

    fn begun(&self) {
        self.change(|state| state.begun = true);
    }

    fn close(&self) {
        self.change(|state| state.closed = true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn the_gate_opens_in_order_and_no_wider_than_it_may() {
        let gate = Gate::new(2);
        let passed = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let (gate, passed) = (&gate, &passed);
            let wait = |place| {
                scope.spawn(move || {
                    let through = gate.pass(place);
                    passed.fetch_add(1, Ordering::SeqCst);
                    through
                })
            };
            let (first, second, third) = (wait(0), wait(1), wait(2));
            gate.reach(0);
            assert!(first.join().unwrap());
            assert!(!second.is_finished(), "no picture was encoded yet");
            gate.begun();
            assert!(second.join().unwrap());
            assert_eq!(passed.load(Ordering::SeqCst), 2);
            gate.close();
            assert!(!third.join().unwrap());
        });
    }
}
