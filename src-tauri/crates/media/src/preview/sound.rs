//! The sound of a monitor: decoded from the plan and played on the system's device.
//!
//! One thread owns the pipeline and waits for what is to be done with it, another decodes into it.
//! The position of the pipeline is the clock of the pictures.

use super::Sound;
use super::frame::Loudness;
use super::levels::Levels;
use crate::codec::{PcmFormat, PcmInput, Running, RunningEvent, Stopper};
use crate::execute::produce;
use crate::{MediaError, ObjectSource};
use conform::{AudioSpan, CutPlan};
use gst::prelude::*;
use mediatime::{RationalTime, Timestamp};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Of a plan that may go on, so many milliseconds at the end wait for what comes: sound of the next object
/// may reach into them.
const HELD_BACK: u64 = 250;
/// So near to its end, in nanoseconds, sound is taken for heard.
const NEARLY: i128 = 20_000_000;

/// The sound of a stretch of playing.
#[derive(Debug)]
pub(super) struct SoundPlayer {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

struct Shared {
    /// Where on the output's timeline the first sample lies.
    start: Timestamp,
    /// Times normal speed.
    speed: u32,
    sample_rate: u32,
    cancel: CancellationToken,
    running: Mutex<Option<Arc<Running>>>,
    ready: AtomicBool,
    over: AtomicBool,
    play: AtomicBool,
    problem: Mutex<Option<Arc<MediaError>>>,
    levels: Mutex<Levels>,
    queue: Mutex<Queue>,
    /// Something was put into the queue, or nothing will be.
    queued: Condvar,
    /// Called when `ready` or `problem` change.
    notify: Box<dyn Fn() + Send + Sync>,
}

/// What is still to be decoded.
#[derive(Debug, Default)]
struct Queue {
    spans: VecDeque<AudioSpan>,
    /// Samples of the plan up to the end of the last of them.
    until: u64,
    /// More may come.
    open: bool,
    /// All of it was taken, and nothing comes any more.
    ended: bool,
    /// All of it was taken, and more is waited for.
    waits: bool,
}

impl Queue {
    /// Puts in what `plan` has behind what was put in before. While it may go on, a little of its end waits.
    fn fill(&mut self, plan: &CutPlan, sample_rate: u32, open: bool) {
        let all = plan.audio.iter().map(|span| span.samples).sum::<u64>();
        let held_back = if open {
            u64::from(sample_rate) * HELD_BACK / 1000
        } else {
            0
        };
        let until = all.saturating_sub(held_back);
        if until > self.until {
            let spans = spans_between(&plan.audio, sample_rate, (self.until, until));
            self.spans.extend(spans);
            self.until = until;
        }
        self.open = open;
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SoundPlayer {
    /// Prepares the sound from `start` on, at so many times normal speed; `None` when the plan has none
    /// there. An `open` plan may go on: see [`extend`](Self::extend). `before` are threads of earlier sound,
    /// which have to let go of the device first.
    pub(super) fn prepare(
        (plan, open): (&CutPlan, bool),
        objects: Arc<dyn ObjectSource + Send + Sync>,
        (start, speed, sink): (Timestamp, u32, Sound),
        before: Vec<JoinHandle<()>>,
        notify: Box<dyn Fn() + Send + Sync>,
    ) -> Result<Self, Vec<JoinHandle<()>>> {
        let Some(format) = plan.format.audio else {
            return Err(before);
        };
        let format = PcmFormat {
            sample_rate: format.sample_rate.max(1),
            channels: format.channels.max(1),
        };
        let ticks = start.to_rational().round_ticks(format.sample_rate);
        let mut queue = Queue {
            until: u64::try_from(ticks).unwrap_or(0),
            ..Queue::default()
        };
        queue.fill(plan, format.sample_rate, open);
        // Nor is there any where only what is held back is left: play would wait for it.
        if queue.spans.is_empty() {
            return Err(before);
        }
        let shared = Arc::new(Shared {
            start,
            speed,
            sample_rate: format.sample_rate,
            cancel: CancellationToken::new(),
            running: Mutex::default(),
            ready: AtomicBool::new(false),
            over: AtomicBool::new(false),
            play: AtomicBool::new(false),
            problem: Mutex::default(),
            levels: Mutex::new(Levels::new(format)),
            queue: Mutex::new(queue),
            queued: Condvar::new(),
            notify,
        });
        let own = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for thread in before {
                // A thread that broke off has let go of everything.
                let _ = thread.join();
            }
            if let Err(error) = own.run(&sink, &*objects, format) {
                own.fail(error);
            }
            own.ready.store(true, Ordering::Release);
            own.over.store(true, Ordering::Release);
            (own.notify)();
        });
        Ok(Self { shared, thread })
    }

    /// Enough is decoded to begin, or there will be none.
    pub(super) fn is_ready(&self) -> bool {
        self.shared.ready.load(Ordering::Acquire)
    }

    /// No more sound comes.
    pub(super) fn is_over(&self) -> bool {
        self.shared.over.load(Ordering::Acquire)
    }

    /// Lets it be heard.
    pub(super) fn play(&self) {
        self.shared.play.store(true, Ordering::Release);
        self.shared.wake("play");
    }

    /// Where on the output's timeline it is, in nanoseconds; `None` when it can't tell.
    pub(super) fn position(&self) -> Option<i128> {
        let running = lock(&self.shared.running).clone()?;
        let position = running.position()?;
        let position = i128::from(position.nseconds()) * i128::from(self.shared.speed);
        Some(self.shared.start.nanos() + position)
    }

    /// Peaks of the first two channels between two times of the output, in tenths of dBFS.
    pub(super) fn levels(&self, from: Timestamp, to: Timestamp) -> Option<[i16; 2]> {
        let start = self.shared.start;
        lock(&self.shared.levels).between(from.saturating_sub(start), to.saturating_sub(start))
    }

    /// Loudness of what was played up to a time of the output.
    pub(super) fn loudness(&self, at: Timestamp) -> Option<Loudness> {
        let at = at.saturating_sub(self.shared.start);
        lock(&self.shared.levels).loudness(at)
    }

    /// All of it was heard, and more may come: its position stands still.
    pub(super) fn starves(&self) -> bool {
        let until = {
            let queue = lock(&self.shared.queue);
            if !queue.waits {
                return false;
            }
            i64::try_from(queue.until).unwrap_or(i64::MAX)
        };
        let end = RationalTime::from_ticks(until, self.shared.sample_rate);
        let end = end.map_or(i128::MAX, |end| end.to_timestamp().nanos());
        self.position()
            .is_some_and(|position| position + NEARLY >= end)
    }

    /// Goes on with what a longer plan has behind the one that is played. `false` when it is too late.
    pub(super) fn extend(&self, plan: &CutPlan, open: bool) -> bool {
        let Some(format) = plan.format.audio else {
            return false;
        };
        let mut queue = lock(&self.shared.queue);
        if queue.ended {
            return false;
        }
        queue.fill(plan, format.sample_rate.max(1), open);
        drop(queue);
        self.shared.queued.notify_all();
        true
    }

    /// Why there is no sound, or not all of it.
    pub(super) fn problem(&self) -> Option<Arc<MediaError>> {
        lock(&self.shared.problem).clone()
    }

    /// Silences it. The thread ends by itself.
    pub(super) fn stop(self) -> JoinHandle<()> {
        self.shared.give_up();
        self.shared.wake("stop");
        self.thread
    }
}

impl Shared {
    /// Nothing more is decoded.
    fn give_up(&self) {
        // Under the lock, so that who is about to wait for more sees it.
        let queue = lock(&self.queue);
        self.cancel.cancel();
        drop(queue);
        self.queued.notify_all();
    }

    /// Takes the next span; waits where one may still come. `None` at the end, and when it was given up.
    fn next_span(&self) -> Option<AudioSpan> {
        let mut queue = lock(&self.queue);
        loop {
            if self.cancel.is_cancelled() {
                return None;
            }
            if let Some(span) = queue.spans.pop_front() {
                return Some(span);
            }
            if !queue.open {
                queue.ended = true;
                return None;
            }
            queue.waits = true;
            queue = self
                .queued
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
            queue.waits = false;
        }
    }

    /// Wakes the thread that owns the pipeline.
    fn wake(&self, why: &str) {
        if let Some(running) = lock(&self.running).as_ref() {
            running.wake(why);
        }
    }

    fn fail(&self, error: MediaError) {
        if !matches!(error, MediaError::Cancelled) {
            lock(&self.problem).get_or_insert_with(|| Arc::new(error));
            (self.notify)();
        }
    }

    fn run(
        self: &Arc<Self>,
        sink: &Sound,
        objects: &dyn ObjectSource,
        format: PcmFormat,
    ) -> Result<(), MediaError> {
        if self.cancel.is_cancelled() {
            return Ok(());
        }
        let out = match sink {
            Sound::Sink(description) => description,
            Sound::Device | Sound::Clock => {
                crate::codec::require("autoaudiosink")?;
                "autoaudiosink"
            }
        };
        let running = Arc::new(Running::start(
            &format!("appsrc name=in ! audioconvert ! audioresample ! {out}"),
            "playing sound",
        )?);
        let source: gst_app::AppSrc = running.element("in")?;
        self.measure(&source);
        // Played as if there were so many more samples a second: as fast, and as much higher.
        let fast = PcmFormat {
            sample_rate: format.sample_rate.saturating_mul(self.speed),
            ..format
        };
        let input = PcmInput::new(source, fast);
        running.pause()?;
        *lock(&self.running) = Some(Arc::clone(&running));
        let stopper = Stopper::default();
        let result = std::thread::scope(|scope| {
            let producer = scope.spawn(|| {
                let result = self.decode(objects, format, input.clone(), &stopper);
                input.end();
                result
            });
            let attended = self.attend(&running);
            // The producer may wait for more, in a push into this pipeline, or into its decoder.
            self.give_up();
            running.stop();
            stopper.stop();
            let produced = producer.join().unwrap_or_else(|_| {
                Err(MediaError::Mismatch(
                    "the sound thread broke off".to_owned(),
                ))
            });
            attended.and(produced)
        });
        lock(&self.running).take();
        result
    }

    /// Plays when asked to, until it ends or is stopped.
    fn attend(&self, running: &Running) -> Result<(), MediaError> {
        let mut playing = false;
        loop {
            if self.cancel.is_cancelled() {
                return Ok(());
            }
            if !playing && self.play.load(Ordering::Acquire) {
                running.play()?;
                playing = true;
            }
            match running.next_event()? {
                RunningEvent::Ready => {
                    self.ready.store(true, Ordering::Release);
                    (self.notify)();
                }
                RunningEvent::Ended => return Ok(()),
                RunningEvent::Woken => {}
            }
        }
    }

    /// Decodes span by span; one that can't be had is silence.
    fn decode(
        &self,
        objects: &dyn ObjectSource,
        format: PcmFormat,
        mut input: PcmInput,
        stopper: &Stopper,
    ) -> Result<(), MediaError> {
        let mut end = 0;
        while let Some(span) = self.next_span() {
            end += span.samples;
            let one = std::slice::from_ref(&span);
            let Err(error) = produce(one, objects, format, &mut input, stopper, &self.cancel)
            else {
                continue;
            };
            if self.cancel.is_cancelled() {
                return Ok(());
            }
            self.fail(error);
            let silence = AudioSpan {
                sources: Vec::new(),
                samples: end.saturating_sub(input.pushed()),
                ..span
            };
            produce(
                &[silence],
                objects,
                format,
                &mut input,
                stopper,
                &self.cancel,
            )?;
        }
        Ok(())
    }

    /// Measures the levels of what goes into the pipeline.
    fn measure(self: &Arc<Self>, source: &gst_app::AppSrc) {
        let Some(pad) = source.static_pad("src") else {
            return;
        };
        let shared = Arc::downgrade(self);
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let Some(shared) = shared.upgrade()
                && let Some(data) = info.buffer().and_then(|buffer| buffer.map_readable().ok())
            {
                lock(&shared.levels).take(&data);
            }
            gst::PadProbeReturn::Ok
        });
    }
}

/// What spans have between two samples of the output.
fn spans_between(spans: &[AudioSpan], sample_rate: u32, (from, to): (u64, u64)) -> Vec<AudioSpan> {
    let mut first = 0;
    let mut between = Vec::new();
    for span in spans {
        let end = first + span.samples;
        if from < end && first < to {
            let (from, to) = (from.saturating_sub(first), to.min(end) - first);
            between.push(span.part(from, to, sample_rate));
        }
        first = end;
    }
    between
}

#[cfg(test)]
mod tests {
    use super::*;
    use conform::{Seconds, SourcePiece, SpanKind};

    fn millis(value: i128) -> Timestamp {
        Timestamp::from_nanos(value * 1_000_000).unwrap()
    }

    fn piece(object_id: &str, mark_in: i128, mark_out: i128) -> SourcePiece {
        SourcePiece {
            object_id: object_id.to_owned(),
            flow_id: None,
            mark_in: millis(mark_in),
            mark_out: millis(mark_out),
            gain: 0,
            preroll: false,
            layer: 0,
            fade: None,
        }
    }

    fn span(samples: u64, sources: Vec<SourcePiece>) -> AudioSpan {
        AudioSpan {
            kind: SpanKind::Encode,
            at: Timestamp::ZERO,
            samples,
            sources,
            reason: String::new(),
            bytes: 0,
            seconds: Seconds::default(),
        }
    }

    #[test]
    fn what_is_left_of_a_plan_begins_at_the_sample_asked_for() {
        let spans = [
            span(1000, vec![piece("a", 0, 1000)]),
            span(2000, vec![piece("b", 500, 1500), piece("c", 0, 1000)]),
        ];
        let from = |sample| spans_between(&spans, 1000, (sample, 3000));
        assert_eq!(from(0), spans);
        let left = from(1200);
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].samples, 1800);
        let marks: Vec<_> = left[0]
            .sources
            .iter()
            .map(|piece| (piece.object_id.as_str(), piece.mark_in, piece.preroll))
            .collect();
        assert_eq!(
            marks,
            [
                ("b", millis(600), true),
                ("b", millis(700), false),
                ("c", millis(0), false),
            ]
        );
        let left = from(2500);
        assert_eq!(left[0].sources.len(), 2);
        assert_eq!(left[0].sources[1].mark_in, millis(500));
        assert!(from(3000).is_empty());
        let cut = spans_between(&spans, 1000, (500, 1100));
        let samples: Vec<_> = cut.iter().map(|span| span.samples).collect();
        assert_eq!(samples, [500, 100]);
    }
}
