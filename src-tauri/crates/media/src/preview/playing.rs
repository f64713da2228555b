//! Playing: which frame is due, and what has been shown of it.

use super::layout::Layout;
use super::sound::SoundPlayer;
use conform::CutPlan;
use mediatime::Timestamp;
use std::collections::VecDeque;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Pictures of how long are counted as the speed shown.
const SECOND: Duration = Duration::from_secs(1);
/// Sound that does not move for so long does not time the pictures any more.
const STALLED: Duration = Duration::from_millis(1500);

/// Without a picture for so long, a late one is better than none.
const STARVING: Duration = Duration::from_millis(120);

/// The one clock of a monitor that plays: the position of the sound, else the system's monotonic
/// clock.
#[derive(Debug)]
struct PlayClock {
    /// Where on the output's timeline it stood…
    from: i128,
    /// …when it was started or last moved by sound.
    since: Instant,
    /// Sound still moves it.
    by_sound: bool,
}

/// A part that is played at normal speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its first frame.
    pub first: u64,
    /// The first frame behind it.
    pub end: u64,
    /// Begins anew at its end.
    pub repeat: bool,
    /// The frame to rest on at its end; its last when `None`.
    pub rest: Option<u64>,
}

/// A stretch of playing at one rate.
#[derive(Debug)]
pub(super) struct Playing {
    /// Not 0.
    pub(super) rate: i32,
    /// Where it ends, when not with the plan.
    pub(super) stretch: Option<Stretch>,
    /// Where it began.
    from: u64,
    begun: Instant,
    clock: Option<PlayClock>,
    pub(super) sound: Option<SoundPlayer>,
    /// The thread of sound that was given up.
    silenced: Option<JoinHandle<()>>,
    /// It is known whether there is sound.
    sound_is_settled: bool,
    /// Frames left out.
    pub(super) dropped: u32,
    /// When the latest pictures were given out.
    given: VecDeque<Instant>,
}

impl Playing {
    pub(super) fn new(rate: i32, from: u64, stretch: Option<Stretch>) -> Self {
        Self {
            rate,
            stretch,
            from,
            begun: Instant::now(),
            clock: None,
            sound: None,
            silenced: None,
            sound_is_settled: false,
            dropped: 0,
            given: VecDeque::new(),
        }
    }

    /// Stops the sound; its threads end by themselves.
    pub(super) fn stop(self) -> Vec<JoinHandle<()>> {
        let sounding = self.sound.map(SoundPlayer::stop);
        sounding.into_iter().chain(self.silenced).collect()
    }

    pub(super) fn sound_is_settled(&self) -> bool {
        self.sound_is_settled
    }

    pub(super) fn settle_sound(&mut self, sound: Option<SoundPlayer>) {
        self.sound = sound;
        self.sound_is_settled = true;
    }

    /// Lets the sound go on into a longer plan. `false` when it ended, and has to begin anew.
    pub(super) fn sound_goes_on(&self, plan: &CutPlan, open: bool) -> bool {
        match &self.sound {
            Some(sound) => sound.extend(plan, open),
            // It was given up; or there is none, or it is not prepared yet.
            None => self.silenced.is_none(),
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.clock.is_some()
    }

    /// How long it has been asked for.
    pub(super) fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Sets the clock going.
    pub(super) fn start(&mut self, layout: &Layout) {
        if let Some(sound) = &self.sound {
            sound.play();
        }
        // Backwards the first frame is left at its beginning, so it is entered at its end.
        let from = if self.rate < 0 {
            self.from + 1
        } else {
            self.from
        };
        self.clock = Some(PlayClock {
            from: layout.time(from).nanos(),
            since: Instant::now(),
            by_sound: self.sound.is_some(),
        });
    }

    /// Where on the output's timeline playing is now, in nanoseconds; `None` before it starts.
    pub(super) fn position(&mut self) -> Option<i128> {
        self.follow_sound();
        self.now()
    }

    /// Moves the clock to where the sound is, as long as that can time the pictures.
    fn follow_sound(&mut self) {
        let (Some(clock), Some(sound)) = (&mut self.clock, &self.sound) else {
            return;
        };
        if !clock.by_sound {
            return;
        }
        if sound.starves() {
            // The end of a recording, or its next part is late: pictures go on, and sound begins anew with it.
            clock.from = sound
                .position()
                .map_or(clock.from, |position| position.max(clock.from));
            clock.since = Instant::now();
            clock.by_sound = false;
            self.silenced = self.sound.take().map(SoundPlayer::stop);
            return;
        }
        if let Some(position) = sound.position().filter(|position| *position > clock.from) {
            clock.from = position;
            clock.since = Instant::now();
        } else if sound.is_over() {
            clock.by_sound = false;
        } else if clock.since.elapsed() > STALLED {
            // Should it come after all, it would be late.
            clock.by_sound = false;
            self.silenced = self.sound.take().map(SoundPlayer::stop);
        }
    }

    fn now(&self) -> Option<i128> {
        let clock = self.clock.as_ref()?;
        if clock.by_sound {
            let position = self.sound.as_ref().and_then(SoundPlayer::position);
            return Some(position.map_or(clock.from, |position| position.max(clock.from)));
        }
        let elapsed = i128::try_from(clock.since.elapsed().as_nanos()).unwrap_or(i128::MAX);
        Some(clock.from + elapsed * i128::from(self.rate))
    }

    /// The frame due at a position. At several times normal speed only every so manieth is.
    pub(super) fn due(&self, layout: &Layout, position: i128) -> u64 {
        let position = if self.rate < 0 {
            position - 1
        } else {
            position
        };
        let at = Timestamp::from_nanos(position.max(0)).unwrap_or(Timestamp::MAX);
        let frame = layout.frame_at(at);
        let stride = u64::from(self.rate.unsigned_abs());
        if self.rate > 0 {
            self.from + frame.saturating_sub(self.from) / stride * stride
        } else {
            self.from - self.from.saturating_sub(frame) / stride * stride
        }
    }

    /// The frame that the clock has reached, or is about to; `shown` is the last one given out.
    pub(super) fn next_due(&self, layout: &Layout, shown: u64) -> u64 {
        let Some(now) = self.now() else {
            return self.from;
        };
        let due = self.due(layout, now);
        if self.rate > 0 {
            due.max(shown)
        } else {
            due.min(shown)
        }
    }

    /// The frame that is due after `frame`.
    pub(super) fn after(&self, frame: u64) -> Option<u64> {
        frame.checked_add_signed(i64::from(self.rate))
    }

    /// How long until the frame behind `due` is due.
    pub(super) fn until_next(&self, layout: &Layout, due: u64, position: i128) -> Duration {
        let end = match self.after(due) {
            Some(next) if self.rate < 0 => layout.time(next + 1).nanos(),
            Some(next) => layout.time(next).nanos(),
            None => 0,
        };
        let away = (end - position) / i128::from(self.rate);
        let nanos = u64::try_from(away.max(0)).unwrap_or(u64::MAX);
        Duration::from_nanos(nanos).clamp(Duration::from_millis(1), Duration::from_millis(100))
    }

    /// Notes that a picture is given out behind `before`.
    pub(super) fn note(&mut self, before: u64, frame: u64) {
        let gap = frame.abs_diff(before) / u64::from(self.rate.unsigned_abs());
        let left_out = u32::try_from(gap.saturating_sub(1)).unwrap_or(u32::MAX);
        self.dropped = self.dropped.saturating_add(left_out);
        let now = Instant::now();
        self.given.push_back(now);
        while self
            .given
            .front()
            .is_some_and(|first| now.duration_since(*first) > SECOND)
        {
            self.given.pop_front();
        }
    }

    /// It runs, but no picture came for a while.
    pub(super) fn is_starving(&self) -> bool {
        let last = self.given.back().copied().unwrap_or(self.begun);
        self.is_running() && last.elapsed() > STARVING
    }

    /// Pictures given out in the last second, in tenths.
    pub(super) fn shown_fps_tenths(&self) -> Option<u32> {
        let (first, last) = (self.given.front()?, self.given.back()?);
        let intervals = u32::try_from(self.given.len()).unwrap_or(u32::MAX) - 1;
        let millis = u32::try_from(last.duration_since(*first).as_millis()).unwrap_or(u32::MAX);
        (intervals * 10_000).checked_div(millis)
    }
}
