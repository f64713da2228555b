//! The sound of a monitor: decoded from the plan and played on the system's device.
//!
//! One thread owns the pipeline and waits for what is to be done with it, another decodes into it.
//! The position of the pipeline is the clock of the pictures.

use crate::codec::{PcmFormat, PcmInput, Running, RunningEvent, Stopper};
use crate::execute::produce;
use crate::{MediaError, ObjectSource};
use conform::{AudioSpan, CutPlan};
use gst::prelude::*;
use mediatime::Timestamp;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Levels are measured over stretches of this many parts of a second.
const LEVELS_PER_SECOND: u32 = 100;
/// Levels that are kept: more than the pipeline and the device hold.
const LEVELS: usize = 4 * LEVELS_PER_SECOND as usize;
/// What is shown for silence, in tenths of dBFS.
const QUIETEST: i16 = -1000;

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
    cancel: CancellationToken,
    running: Mutex<Option<Arc<Running>>>,
    ready: AtomicBool,
    over: AtomicBool,
    play: AtomicBool,
    problem: Mutex<Option<Arc<MediaError>>>,
    levels: Mutex<Levels>,
    /// Called when `ready` or `problem` change.
    notify: Box<dyn Fn() + Send + Sync>,
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
    /// there. `before` are threads of earlier sound, which have to let go of the device first.
    pub(super) fn prepare(
        plan: &CutPlan,
        objects: Arc<dyn ObjectSource + Send + Sync>,
        (start, speed): (Timestamp, u32),
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
        let spans = spans_from(&plan.audio, format.sample_rate, start);
        if spans.is_empty() {
            return Err(before);
        }
        let shared = Arc::new(Shared {
            start,
            speed,
            cancel: CancellationToken::new(),
            running: Mutex::default(),
            ready: AtomicBool::new(false),
            over: AtomicBool::new(false),
            play: AtomicBool::new(false),
            problem: Mutex::default(),
            levels: Mutex::new(Levels::new(format)),
            notify,
        });
        let own = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for thread in before {
                // A thread that broke off has let go of everything.
                let _ = thread.join();
            }
            if let Err(error) = own.run(&spans, &*objects, format) {
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

    /// Why there is no sound, or not all of it.
    pub(super) fn problem(&self) -> Option<Arc<MediaError>> {
        lock(&self.shared.problem).clone()
    }

    /// Silences it. The thread ends by itself.
    pub(super) fn stop(self) -> JoinHandle<()> {
        self.shared.cancel.cancel();
        self.shared.wake("stop");
        self.thread
    }
}

impl Shared {
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
        spans: &[AudioSpan],
        objects: &dyn ObjectSource,
        format: PcmFormat,
    ) -> Result<(), MediaError> {
        if self.cancel.is_cancelled() {
            return Ok(());
        }
        crate::codec::require("autoaudiosink")?;
        let running = Arc::new(Running::start(
            "appsrc name=in ! audioconvert ! audioresample ! autoaudiosink name=out",
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
                let result = self.decode(spans, objects, format, input.clone(), &stopper);
                input.end();
                result
            });
            let attended = self.attend(&running);
            // The producer may wait in a push into this pipeline or into its decoder.
            self.cancel.cancel();
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
        spans: &[AudioSpan],
        objects: &dyn ObjectSource,
        format: PcmFormat,
        mut input: PcmInput,
        stopper: &Stopper,
    ) -> Result<(), MediaError> {
        let mut end = 0;
        for span in spans {
            end += span.samples;
            let one = std::slice::from_ref(span);
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
                ..span.clone()
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

/// What is left of spans behind a time of the output.
fn spans_from(spans: &[AudioSpan], sample_rate: u32, start: Timestamp) -> Vec<AudioSpan> {
    let ticks = start.to_rational().round_ticks(sample_rate);
    let mut skip = u64::try_from(ticks).unwrap_or(0);
    let mut left = Vec::new();
    for span in spans {
        if skip >= span.samples {
            skip -= span.samples;
            continue;
        }
        left.push(span.part(skip, span.samples, sample_rate));
        skip = 0;
    }
    left
}

/// Peaks of the first two channels, measured over short stretches.
#[derive(Debug)]
struct Levels {
    format: PcmFormat,
    samples_per_stretch: u64,
    /// Samples taken.
    taken: u64,
    /// Number of the first stretch that is kept.
    first: u64,
    peaks: VecDeque<[f32; 2]>,
}

impl Levels {
    fn new(format: PcmFormat) -> Self {
        Self {
            format,
            samples_per_stretch: u64::from((format.sample_rate / LEVELS_PER_SECOND).max(1)),
            taken: 0,
            first: 0,
            peaks: VecDeque::new(),
        }
    }

    fn take(&mut self, data: &[u8]) {
        let stereo = self.format.channels > 1;
        for frame in data.chunks_exact(self.format.frame_bytes().max(1)) {
            let number = self.taken / self.samples_per_stretch;
            self.taken += 1;
            if number >= self.first + self.peaks.len() as u64 {
                self.peaks.push_back([0.0; 2]);
                if self.peaks.len() > LEVELS {
                    self.peaks.pop_front();
                    self.first += 1;
                }
            }
            let sample = |channel: usize| {
                let bytes = frame.get(channel * 4..channel * 4 + 4);
                let bytes = bytes.and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
                bytes.map_or(0.0, |bytes| f32::from_ne_bytes(bytes).abs())
            };
            let (left, right) = (sample(0), sample(usize::from(stereo)));
            if let Some([peak_left, peak_right]) = self.peaks.back_mut() {
                *peak_left = peak_left.max(left);
                *peak_right = peak_right.max(right);
            }
        }
    }

    /// Between two times from the first sample.
    fn between(&self, from: Timestamp, to: Timestamp) -> Option<[i16; 2]> {
        let number = |time: Timestamp| {
            let samples = time.to_rational().floor_ticks(self.format.sample_rate);
            u64::try_from(samples).unwrap_or(0) / self.samples_per_stretch
        };
        let skip = usize::try_from(number(from).checked_sub(self.first)?).ok()?;
        let count = usize::try_from(number(to).saturating_sub(number(from))).ok()?;
        let mut peaks = self.peaks.iter().skip(skip).take(count.max(1)).peekable();
        peaks.peek()?;
        let loudest = peaks.fold([0.0_f32; 2], |[left, right], peak| {
            [left.max(peak[0]), right.max(peak[1])]
        });
        Some(loudest.map(tenths_of_decibels))
    }
}

fn tenths_of_decibels(amplitude: f32) -> i16 {
    // Saturates by definition of `as`; the logarithm of 0 is minus infinity.
    let tenths = (200.0 * amplitude.log10()).round() as i16;
    tenths.max(QUIETEST)
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
        assert_eq!(spans_from(&spans, 1000, millis(0)), spans);
        let left = spans_from(&spans, 1000, millis(1200));
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
        let left = spans_from(&spans, 1000, millis(2500));
        assert_eq!(left[0].sources.len(), 2);
        assert_eq!(left[0].sources[1].mark_in, millis(500));
        assert!(spans_from(&spans, 1000, millis(3000)).is_empty());
    }

    #[test]
    fn levels_are_the_peaks_of_the_time_asked_for() {
        let mut levels = Levels::new(PcmFormat {
            sample_rate: 1000,
            channels: 2,
        });
        let loud: Vec<u8> = [[0.5_f32, -1.0]; 100]
            .iter()
            .flatten()
            .flat_map(|sample| sample.to_ne_bytes())
            .collect();
        levels.take(&loud);
        levels.take(&vec![0; 100 * 8]);
        assert_eq!(levels.between(millis(0), millis(40)), Some([-60, 0]));
        assert_eq!(
            levels.between(millis(120), millis(160)),
            Some([QUIETEST, QUIETEST])
        );
        assert_eq!(levels.between(millis(900), millis(940)), None);
    }
}
