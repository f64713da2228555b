//! What the threads of a monitor share: the request, the cache, and what was given out.

use super::PreviewOptions;
use super::cache::{Cache, Look, PictureKey};
use super::frame::{Loudness, PictureBox, PixelFormat, PreviewFrame, PreviewStatus};
use super::layout::{Content, Layout, Shot};
use super::pixels::Pixels;
use super::playing::{Playing, Stretch};
use crate::{MediaError, ObjectSource};
use conform::CutPlan;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How a resting playhead came where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Motion {
    /// In one go: what follows is wanted next.
    Seek,
    /// Backwards: what is in front is wanted next.
    Back,
    /// While a pointer moves: a stand-in is better than waiting.
    Scrub,
}

/// What the playhead does.
#[derive(Debug)]
pub(super) enum Mode {
    Rest(Motion),
    Play(Box<Playing>),
}

/// The last picture that was given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) generation: u32,
    pub(super) frame: u64,
    pub(super) exact: bool,
    pub(super) look: Look,
}

/// What a frame can be shown with now.
#[derive(Clone, Debug)]
pub(super) enum Shown {
    Black,
    Picture(PictureKey),
    /// A share of the second, the rest of the first; black where one is absent.
    Mix(Option<PictureKey>, Option<PictureKey>, (u64, u64)),
    NotYet,
    Problem(Arc<MediaError>),
}

pub(super) struct State {
    pub(super) options: PreviewOptions,
    pub(super) layout: Option<Arc<Layout>>,
    pub(super) generation: u32,
    pub(super) wanted: Option<PictureBox>,
    /// The playhead: the frame asked for, or the last one played.
    pub(super) frame: u64,
    pub(super) mode: Mode,
    pub(super) ended: bool,
    /// Frames left out in the last stretch of playing.
    pub(super) dropped: u32,
    pub(super) cache: Cache,
    /// Pictures that can't be decoded.
    pub(super) failures: HashMap<(Arc<str>, usize), Arc<MediaError>>,
    /// The newest key frame that was decoded while scrubbing, and the frame it stands in for.
    pub(super) stand_in: Option<(PictureKey, u64)>,
    pub(super) given: Option<Given>,
    /// What is shown where a plan has no pictures.
    pub(super) black: Option<(Look, Pixels)>,
    pub(super) seq: u32,
    pub(super) sound_problem: Option<Arc<MediaError>>,
    pub(super) loudness: Option<Loudness>,
    /// The plan may go on.
    pub(super) open: bool,
    pub(super) decode: String,
    /// Sound threads that still have to end.
    pub(super) retired: Vec<std::thread::JoinHandle<()>>,
    pub(super) closed: bool,
}

impl State {
    /// Size and layout of the pictures, once a plan is loaded and a box is wanted.
    pub(super) fn look(&self) -> Option<Look> {
        let layout = self.layout.as_ref()?;
        Some(Look::fit(&layout.plan.format, self.wanted?))
    }

    /// What a frame can be shown with now.
    pub(super) fn shown(&self, layout: &Layout, look: Look, frame: u64) -> Shown {
        let content = layout.content(frame);
        for (shot, _) in content.shots() {
            let key = key_of(shot, look);
            if !self.cache.has(&key) {
                return match self.failures.get(&(key.object_id, key.unit)) {
                    Some(problem) => Shown::Problem(Arc::clone(problem)),
                    None => Shown::NotYet,
                };
            }
        }
        match content {
            Content::Unknown(_) => Shown::NotYet,
            Content::Black => Shown::Black,
            Content::Problem(problem) => Shown::Problem(problem),
            Content::Shot(shot) => Shown::Picture(key_of(&shot, look)),
            Content::Mix(mix) => {
                let key = |shot: Option<Shot>| shot.map(|shot| key_of(&shot, look));
                Shown::Mix(key(mix.out), key(mix.into), mix.share)
            }
        }
    }

    /// Frames that are wanted, the most urgent first.
    pub(super) fn upcoming(&self, layout: &Layout, look: Look) -> Vec<u64> {
        let room = self.cache.room(look) as u64;
        let rate = layout.nominal_rate();
        let run = |first: u64, step: i64, count: u64| {
            (0..i64::try_from(count.max(1)).unwrap_or(1))
                .map_while(move |k| first.checked_add_signed(k * step))
                .take_while(|frame| *frame <= layout.last())
        };
        let around = (rate / 2).min(room / 4);
        match &self.mode {
            Mode::Rest(Motion::Scrub) => vec![self.frame],
            Mode::Rest(Motion::Back) => run(self.frame, -1, around).collect(),
            Mode::Rest(Motion::Seek) => {
                let ahead = run(self.frame, 1, around);
                // With time to spare, a step back is prepared as well.
                ahead.chain(run(self.frame, -1, around)).collect()
            }
            Mode::Play(playing) => {
                let next = playing.next_due(layout, self.frame);
                let ahead = rate.min(room / 3);
                let run = |from, count| run(from, i64::from(playing.rate), count);
                let Some(stretch) = playing.stretch else {
                    return run(next, ahead).collect();
                };
                let mut frames: Vec<u64> = run(next, ahead)
                    .take_while(|frame| *frame < stretch.end)
                    .collect();
                if stretch.repeat {
                    let more = ahead.saturating_sub(frames.len() as u64);
                    frames.extend(run(stretch.first, more.min(stretch.end - stretch.first)));
                }
                frames
            }
        }
    }

    /// Times normal speed, and whether a stretch is played again and again.
    pub(super) fn motion(&self) -> (i32, bool) {
        match &self.mode {
            Mode::Rest(_) => (0, false),
            Mode::Play(playing) => {
                let repeats = playing.stretch.is_some_and(|stretch| stretch.repeat);
                (playing.rate, repeats)
            }
        }
    }

    /// Stops playing: what the playhead rests on is the frame given.
    pub(super) fn rest(&mut self, frame: u64, motion: Motion) {
        self.frame = frame;
        if let Mode::Play(playing) = std::mem::replace(&mut self.mode, Mode::Rest(motion)) {
            self.retired.extend(playing.stop());
        }
        self.retired.retain(|thread| !thread.is_finished());
        self.ended = false;
    }

    /// Lets what failed at a frame be tried again.
    fn retry(&mut self, frame: u64) {
        let Some(layout) = &self.layout else {
            return;
        };
        let content = layout.content(frame);
        if let Content::Problem(_) = content {
            layout.forget(frame);
        }
        for (shot, _) in content.shots() {
            let failed = (Arc::clone(&shot.media.object_id), shot.unit);
            self.failures.remove(&failed);
        }
    }
}

pub(super) fn key_of(shot: &Shot, look: Look) -> PictureKey {
    PictureKey {
        object_id: Arc::clone(&shot.media.object_id),
        unit: shot.unit,
        bordered: shot.bordered,
        look: look_of(shot, look),
    }
}

/// How a picture is decoded to be shown in a look: what is mixed can't be a file yet.
pub(super) fn look_of(shot: &Shot, look: Look) -> Look {
    match look.format {
        PixelFormat::Jpeg if shot.mixed => Look {
            format: PixelFormat::I420,
            ..look
        },
        _ => look,
    }
}

/// What the threads of a monitor share.
pub(super) struct Board {
    state: Mutex<State>,
    /// Something in the state has changed.
    changed: Condvar,
    frames: watch::Sender<Option<Arc<PreviewFrame>>>,
    status: watch::Sender<PreviewStatus>,
}

impl std::fmt::Debug for Board {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Board").finish_non_exhaustive()
    }
}

impl Board {
    pub(super) fn new(options: PreviewOptions) -> Self {
        let cache = Cache::new(options.cache_bytes);
        Self {
            state: Mutex::new(State {
                options,
                layout: None,
                generation: 0,
                wanted: None,
                frame: 0,
                mode: Mode::Rest(Motion::Seek),
                ended: false,
                dropped: 0,
                cache,
                failures: HashMap::new(),
                stand_in: None,
                given: None,
                black: None,
                seq: 0,
                sound_problem: None,
                loudness: None,
                open: false,
                decode: String::new(),
                retired: Vec::new(),
                closed: false,
            }),
            changed: Condvar::new(),
            frames: watch::Sender::new(None),
            status: watch::Sender::new(PreviewStatus::default()),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes whoever waits for that.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = change(&mut state);
        self.announce(&state);
        drop(state);
        self.changed.notify_all();
        result
    }

    /// Where the playhead is and how it moves is told at once: whoever asked for it may look before
    /// the presenting thread has woken up.
    fn announce(&self, state: &State) {
        let (rate, repeats) = state.motion();
        self.status.send_if_modified(|told| {
            let now = (state.frame, state.generation, rate, repeats);
            let news = (told.frame, told.generation, told.rate, told.repeats) != now;
            (told.frame, told.generation, told.rate, told.repeats) = now;
            news
        });
    }

    /// Wakes whoever waits for a change.
    pub(super) fn wake(&self) {
        self.changed.notify_all();
    }

    /// Waits until the state changes, at most so long.
    pub(super) fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        at_most: Option<Duration>,
    ) -> MutexGuard<'a, State> {
        match at_most {
            None => self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                let waited = self.changed.wait_timeout(state, limit);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    pub(super) fn frames(&self) -> watch::Receiver<Option<Arc<PreviewFrame>>> {
        self.frames.subscribe()
    }

    pub(super) fn status(&self) -> watch::Receiver<PreviewStatus> {
        self.status.subscribe()
    }

    pub(super) fn give(&self, frame: PreviewFrame) {
        self.frames.send_replace(Some(Arc::new(frame)));
    }

    /// Tells how the monitor stands, when that is news.
    pub(super) fn tell(&self, status: PreviewStatus) {
        self.status.send_if_modified(|told| {
            let news = !same(told, &status);
            *told = status;
            news
        });
    }

    pub(super) fn load(
        &self,
        plan: Arc<CutPlan>,
        objects: Arc<dyn ObjectSource + Send + Sync>,
        generation: u32,
        frame: u64,
    ) {
        let layout = Arc::new(Layout::new(plan, objects));
        self.change(|state| {
            state.rest(frame.min(layout.last()), Motion::Seek);
            state.layout = Some(layout);
            state.generation = generation;
            state.failures.clear();
            state.stand_in = None;
            state.sound_problem = None;
            state.loudness = None;
            state.open = false;
        });
    }

    pub(super) fn extend(&self, plan: Arc<CutPlan>, generation: u32, open: bool) {
        let loaded = |state: &State| {
            state
                .layout
                .clone()
                .filter(|_| state.generation == generation)
        };
        let (before, frame) = {
            let state = self.lock();
            let Some(before) = loaded(&state) else { return };
            (before, state.frame)
        };
        // Looked up here, so that a monitor that plays has no hole.
        let layout = Arc::new(Layout::longer(&before, plan, frame));
        self.change(|state| {
            if loaded(state).is_none_or(|now| !Arc::ptr_eq(&now, &before)) {
                return;
            }
            state.layout = Some(Arc::clone(&layout));
            state.open = open;
            state.ended = false;
            let (frame, sound) = match &state.mode {
                Mode::Play(playing) => (state.frame, playing.sound_goes_on(&layout.plan, open)),
                Mode::Rest(_) => return,
            };
            if let (Mode::Play(playing), false) = (&state.mode, sound) {
                let (rate, stretch) = (playing.rate, playing.stretch);
                state.rest(frame, Motion::Seek);
                state.mode = Mode::Play(Box::new(Playing::new(rate, frame, stretch)));
            }
        });
    }

    pub(super) fn clear(&self, generation: u32) {
        self.change(|state| {
            state.rest(0, Motion::Seek);
            state.layout = None;
            state.generation = generation;
            state.failures.clear();
            state.stand_in = None;
            state.sound_problem = None;
            state.loudness = None;
            state.open = false;
            state.given = None;
            self.frames.send_replace(None);
        });
    }

    pub(super) fn go(&self, frame: u64, motion: Motion) {
        self.change(|state| {
            let last = state.layout.as_ref().map_or(0, |layout| layout.last());
            state.rest(frame.min(last), motion);
            state.retry(state.frame);
            state.stand_in = None;
            state.sound_problem = None;
        });
    }

    pub(super) fn step(&self, frames: i64) {
        self.change(|state| {
            let last = state.layout.as_ref().map_or(0, |layout| layout.last());
            let frame = state.frame.saturating_add_signed(frames).min(last);
            let motion = if frames < 0 {
                Motion::Back
            } else {
                Motion::Seek
            };
            state.rest(frame, motion);
            state.retry(frame);
        });
    }

    pub(super) fn play_between(&self, asked: Stretch) {
        self.change(|state| {
            let Some(layout) = &state.layout else {
                return;
            };
            let stretch = Stretch {
                end: asked.end.min(layout.frames()),
                rest: asked.rest.map(|frame| frame.min(layout.last())),
                ..asked
            };
            if stretch.first >= stretch.end {
                return;
            }
            state.rest(stretch.first, Motion::Seek);
            state.retry(stretch.first);
            state.sound_problem = None;
            state.mode = Mode::Play(Box::new(Playing::new(1, stretch.first, Some(stretch))));
        });
    }

    pub(super) fn play(&self, rate: i32) {
        self.change(|state| {
            let same = match &state.mode {
                // Out of a stretch normal speed goes on behind its end.
                Mode::Play(playing) => playing.stretch.is_none() && playing.rate == rate,
                Mode::Rest(_) => rate == 0,
            };
            let Some(last) = state.layout.as_ref().map(|layout| layout.last()) else {
                return;
            };
            if same {
                return;
            }
            if rate == 0 {
                let frame = state.frame;
                state.rest(frame, Motion::Seek);
                return;
            }
            let from = match state.frame {
                frame if rate > 0 && frame >= last => 0,
                frame if rate < 0 && frame == 0 => last,
                frame => frame,
            };
            state.rest(from, Motion::Seek);
            state.retry(from);
            state.sound_problem = None;
            state.mode = Mode::Play(Box::new(Playing::new(rate, from, None)));
        });
    }

    pub(super) fn show(&self, wanted: PictureBox) {
        self.change(|state| state.wanted = Some(wanted));
    }

    /// Ends all threads.
    pub(super) fn close(&self) {
        self.change(|state| {
            let frame = state.frame;
            state.rest(frame, Motion::Seek);
            state.closed = true;
        });
    }
}

fn same(a: &PreviewStatus, b: &PreviewStatus) -> bool {
    let problem = |status: &PreviewStatus| {
        let sound = status.sound_problem.as_ref().map(Arc::as_ptr);
        (status.problem.as_ref().map(Arc::as_ptr), sound)
    };
    (a.frame, a.frames, a.generation, a.rate, a.ended)
        == (b.frame, b.frames, b.generation, b.rate, b.ended)
        && a.repeats == b.repeats
        && (a.shown_fps_tenths, a.dropped, a.buffered)
            == (b.shown_fps_tenths, b.dropped, b.buffered)
        && a.decode == b.decode
        && a.loudness == b.loudness
        && problem(a) == problem(b)
}
