//! The thread that gives pictures out: at once while the playhead rests, when due while it plays.

use super::Sound;
use super::board::{Board, Given, Mode, Motion, Shown, State};
use super::cache::{Look, PictureKey};
use super::frame::{PreviewFrame, PreviewStatus};
use super::layout::Layout;
use super::pixels::{self, Pixels};
use super::playing::Playing;
use super::sound::SoundPlayer;
use crate::MediaError;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

/// Pictures that have to be there before play begins.
const AHEAD: usize = 6;
/// Play begins all the same after so long, once there is a first picture.
const PATIENCE: Duration = Duration::from_millis(700);
/// Rates at which sound is heard.
const SPEEDS: RangeInclusive<i32> = 1..=2;
/// Late frames are looked back for no farther.
const LOOK_BACK: u64 = 300;

/// Runs until the board is closed.
pub(super) fn run(board: &Arc<Board>) {
    let mut state = board.lock();
    while !state.closed {
        let before = state.frame;
        let pause = present(board, &mut state);
        if state.frame != before {
            // The playhead moved on, and with it what is to be decoded.
            board.wake();
        }
        state = board.wait(state, pause);
    }
    let retired = std::mem::take(&mut state.retired);
    drop(state);
    for thread in retired {
        // A thread that broke off has nothing left to stop.
        let _ = thread.join();
    }
}

/// Gives out what is to be given out now; the result is when to look again, unless something
/// changes before.
fn present(board: &Arc<Board>, state: &mut State) -> Option<Duration> {
    let (Some(layout), Some(look)) = (state.layout.clone(), state.look()) else {
        tell(board, state, None);
        return None;
    };
    if layout.frames() == 0 {
        tell(board, state, None);
        return None;
    }
    match &state.mode {
        Mode::Rest(motion) => {
            let motion = *motion;
            rest(board, state, &layout, look, motion);
            None
        }
        Mode::Play(_) => play(board, state, &layout, look),
    }
}

fn rest(board: &Board, state: &mut State, layout: &Layout, look: Look, motion: Motion) {
    let frame = state.frame;
    let problem = match state.shown(layout, look, frame) {
        Shown::Problem(problem) => Some(problem),
        Shown::NotYet => {
            if motion == Motion::Scrub {
                give_stand_in(board, state, layout, look);
            }
            None
        }
        shown => {
            give(board, state, layout, look, frame, &shown);
            None
        }
    };
    tell(board, state, problem);
}

/// While scrubbing the newest key frame stands in.
fn give_stand_in(board: &Board, state: &mut State, layout: &Layout, look: Look) {
    let Some((key, frame)) = state.stand_in.clone() else {
        return;
    };
    if key.look != look || !state.cache.touch(&key) {
        return;
    }
    let given = Given {
        generation: state.generation,
        frame,
        exact: false,
        look,
    };
    let Some(pixels) = state.cache.get(&key).cloned() else {
        return;
    };
    give_pixels(board, state, layout, given, &pixels);
}

fn give(board: &Board, state: &mut State, layout: &Layout, look: Look, frame: u64, shown: &Shown) {
    let given = Given {
        generation: state.generation,
        frame,
        exact: true,
        look,
    };
    let pixels = match shown {
        Shown::Picture(key) => state.cache.get(key).cloned(),
        Shown::Black => made(black(state, look)),
        Shown::Mix(out, into, share) => {
            let of = |key: &Option<PictureKey>| key.as_ref().and_then(|key| state.cache.get(key));
            made(pixels::mixed(of(out), of(into), *share, look))
        }
        Shown::NotYet | Shown::Problem(_) => None,
    };
    if let Some(pixels) = pixels {
        give_pixels(board, state, layout, given, &pixels);
    }
}

fn made(pixels: Result<Pixels, MediaError>) -> Option<Pixels> {
    pixels
        .inspect_err(|error| tracing::warn!(%error, "a picture can't be made"))
        .ok()
}

fn black(state: &mut State, look: Look) -> Result<Pixels, MediaError> {
    if let Some((made, pixels)) = &state.black
        && *made == look
    {
        return Ok(pixels.clone());
    }
    let pixels = pixels::black(look)?;
    state.black = Some((look, pixels.clone()));
    Ok(pixels)
}

fn give_pixels(board: &Board, state: &mut State, layout: &Layout, given: Given, pixels: &Pixels) {
    if state.given == Some(given) {
        return;
    }
    state.given = Some(given);
    state.seq = state.seq.wrapping_add(1);
    state.decode = describe(given.look);
    let at = layout.time(given.frame);
    let (playing, levels) = match &state.mode {
        Mode::Play(playing) => {
            let sound = playing.sound.as_ref();
            let until = layout.time(given.frame + 1);
            (true, sound.and_then(|sound| sound.levels(at, until)))
        }
        Mode::Rest(_) => (false, None),
    };
    board.give(PreviewFrame {
        frame: given.frame,
        seq: state.seq,
        generation: given.generation,
        exact: given.exact,
        playing,
        at,
        of: layout.origin(given.frame),
        format: given.look.format,
        width: given.look.width,
        height: given.look.height,
        strides: pixels.strides,
        matrix: pixels.matrix,
        full_range: pixels.full_range,
        levels,
        data: pixels.data.clone(),
    });
}

fn describe(look: Look) -> String {
    format!(
        "libav → {} {}×{}",
        look.format.name(),
        look.width,
        look.height
    )
}

/// Plays on. Frames that come late are left out; the newest one that is there is given out.
fn play(
    board: &Arc<Board>,
    state: &mut State,
    layout: &Arc<Layout>,
    look: Look,
) -> Option<Duration> {
    let shown = state.frame;
    let is_new = state.given.is_none_or(|given| {
        (given.generation, given.look) != (state.generation, look) || !given.exact
    });
    let Mode::Play(playing) = &mut state.mode else {
        return None;
    };
    if !playing.is_running() {
        return begin(board, state, layout, look);
    }
    let rate = playing.rate;
    let position = playing.position()?;
    let stretch = playing.stretch;
    let end = stretch.map_or(layout.plan.duration, |stretch| layout.time(stretch.end));
    let over = if rate > 0 {
        position >= end.nanos()
    } else {
        position < 0
    };
    if over {
        if let Some(stretch) = stretch.filter(|stretch| stretch.repeat) {
            state.rest(stretch.first, Motion::Seek);
            state.mode = Mode::Play(Box::new(Playing::new(1, stretch.first, Some(stretch))));
            return begin(board, state, layout, look);
        }
        let last = match stretch {
            Some(stretch) => stretch.rest.unwrap_or(stretch.end - 1),
            None if rate > 0 => layout.last(),
            None => 0,
        };
        state.rest(last, Motion::Seek);
        state.ended = rate > 0 && stretch.is_none();
        rest(board, state, layout, look, Motion::Seek);
        return None;
    }
    let due = playing.due(layout, position);
    let pause = playing.until_next(layout, due, position);
    if let Shown::Problem(problem) = state.shown(layout, look, due) {
        state.rest(due, Motion::Seek);
        tell(board, state, Some(problem));
        return None;
    }
    if let Some((frame, what)) = newest(state, layout, look, shown, due, is_new) {
        if let Mode::Play(playing) = &mut state.mode {
            playing.note(shown, frame);
        }
        state.frame = frame;
        give(board, state, layout, look, frame, &what);
    }
    tell(board, state, None);
    Some(pause)
}

/// The frame nearest to the one that is due, behind the one that was shown.
fn newest(
    state: &State,
    layout: &Layout,
    look: Look,
    shown: u64,
    due: u64,
    again: bool,
) -> Option<(u64, Shown)> {
    let Mode::Play(playing) = &state.mode else {
        return None;
    };
    let forwards = playing.rate > 0;
    let distance = if forwards {
        due.checked_sub(shown)?
    } else {
        shown.checked_sub(due)?
    };
    // The frame shown counts only when its picture is wanted again.
    let count = distance + u64::from(again);
    (0..count.min(LOOK_BACK)).find_map(|k| {
        let frame = if forwards { due - k } else { due + k };
        match state.shown(layout, look, frame) {
            Shown::NotYet | Shown::Problem(_) => None,
            found => Some((frame, found)),
        }
    })
}

/// Waits for the first pictures and for the sound, then sets the clock going.
fn begin(
    board: &Arc<Board>,
    state: &mut State,
    layout: &Arc<Layout>,
    look: Look,
) -> Option<Duration> {
    prepare_sound(board, state, layout);
    let first = state.frame;
    let shown = state.shown(layout, look, first);
    if let Shown::Problem(problem) = shown {
        state.rest(first, Motion::Seek);
        tell(board, state, Some(problem));
        return None;
    }
    let upcoming = state.upcoming(layout, look);
    let ahead = upcoming
        .iter()
        .take(AHEAD)
        .all(|frame| !matches!(state.shown(layout, look, *frame), Shown::NotYet));
    let Mode::Play(playing) = &mut state.mode else {
        return None;
    };
    let sound = playing.sound.as_ref().is_none_or(SoundPlayer::is_ready);
    let there = !matches!(shown, Shown::NotYet);
    if there && ((ahead && sound) || playing.age() > PATIENCE) {
        playing.start(layout);
        give(board, state, layout, look, first, &shown);
        tell(board, state, None);
        return Some(Duration::from_millis(1));
    }
    tell(board, state, None);
    there.then_some(Duration::from_millis(50))
}

fn prepare_sound(board: &Arc<Board>, state: &mut State, layout: &Layout) {
    let Mode::Play(playing) = &mut state.mode else {
        return;
    };
    let audible = SPEEDS.contains(&playing.rate);
    if state.options.sound == Sound::Clock || !audible || playing.sound_is_settled() {
        return;
    }
    let speed = playing.rate.unsigned_abs();
    let before = std::mem::take(&mut state.retired);
    let waker = Arc::downgrade(board);
    let notify = Box::new(move || {
        if let Some(board) = waker.upgrade() {
            board.change(|_| ());
        }
    });
    let start = layout.time(state.frame);
    let objects = Arc::clone(&layout.objects);
    let sink = state.options.sound.clone();
    let plan = (&*layout.plan, state.open);
    match SoundPlayer::prepare(plan, objects, (start, speed, sink), before, notify) {
        Ok(sound) => playing.settle_sound(Some(sound)),
        Err(before) => {
            state.retired = before;
            playing.settle_sound(None);
        }
    }
}

/// Tells how the monitor stands.
fn tell(board: &Board, state: &mut State, problem: Option<Arc<MediaError>>) {
    let repeats = state.motion().1;
    let (rate, fps, dropped) = match &state.mode {
        Mode::Play(playing) => {
            if let Some(problem) = playing.sound.as_ref().and_then(SoundPlayer::problem) {
                state.sound_problem = Some(problem);
            }
            if let (Some(sound), Some(layout)) = (&playing.sound, &state.layout) {
                let heard = sound.loudness(layout.time(state.frame + 1));
                state.loudness = heard.or(state.loudness);
            }
            (playing.rate, playing.shown_fps_tenths(), playing.dropped)
        }
        Mode::Rest(_) => (0, None, state.dropped),
    };
    state.dropped = dropped;
    board.tell(PreviewStatus {
        frame: state.frame,
        frames: state.layout.as_ref().map_or(0, |layout| layout.frames()),
        generation: state.generation,
        rate,
        repeats,
        shown_fps_tenths: fps,
        dropped,
        decode: state.decode.clone(),
        buffered: buffered(state),
        ended: state.ended,
        loudness: state.loudness,
        problem,
        sound_problem: state.sound_problem.clone(),
    });
}

/// Frames from the playhead on that can be shown at once.
fn buffered(state: &State) -> u32 {
    let (Some(layout), Some(look)) = (&state.layout, state.look()) else {
        return 0;
    };
    let there = state
        .upcoming(layout, look)
        .into_iter()
        .take_while(|frame| {
            matches!(
                state.shown(layout, look, *frame),
                Shown::Picture(_) | Shown::Mix(..) | Shown::Black
            )
        })
        .count();
    u32::try_from(there).unwrap_or(u32::MAX)
}
