//! The clips of a track in their places, with what lies between them.

use crate::conform::Issue;
use crate::run::{Resolved, ResolvedSound, resolve, resolve_sound};
use crate::{Clip, ConformError, Source, Track, Transition};
use mediatime::{FrameRate, RationalTime, Retime, TimeRange};
use std::ops::Range;
use std::sync::Arc;

/// Seconds of a gap or of one side of a transition at most: a day. A longer one is a mistake of whoever
/// wrote the edit.
const LONGEST: i128 = 24 * 60 * 60;

/// A rate above this counts samples.
const FASTEST_PICTURES: u32 = 1_000;

/// Containers round times up as well as down: a frame that begins up to so many milliseconds late is the
/// one that is meant.
const ROUNDING_MS: i128 = 1;

/// Where something lies on the output's timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its first output frame.
    pub(crate) first: i64,
    /// Output frames.
    pub(crate) count: u64,
    /// When it begins.
    pub(crate) at: RationalTime,
    /// Exact duration.
    pub(crate) duration: RationalTime,
}

impl Place {
    /// Frames of a constant rate.
    pub(crate) fn frames(first: i64, count: u64, rate: FrameRate) -> Self {
        let at = rate.frame_start(first);
        let end = first.saturating_add(signed(count));
        Self {
            first,
            count,
            at,
            duration: rate.frame_start(end) - at,
        }
    }

    pub(crate) fn end(&self) -> i64 {
        self.first.saturating_add(signed(self.count))
    }
}

/// A clip with its marks resolved.
#[derive(Clone, Debug)]
pub(crate) struct ClipFrames<'a> {
    pub(crate) clip: &'a Clip,
    /// What it is cut from: its own source, or a run that its source is part of.
    pub(crate) source: Arc<Source>,
    /// Half-open range of indexes into the source's frames; empty on a track of sound alone, which is cut
    /// by time.
    pub(crate) frames: Range<usize>,
    /// The source's time at its beginning.
    pub(crate) start: RationalTime,
    /// The sequence has another frame rate than the source.
    pub(crate) retimed: bool,
    pub(crate) place: Place,
}

/// A part of a clip, which may reach beyond its marks, and beyond its source.
#[derive(Clone, Debug)]
pub(crate) struct Section<'a> {
    /// What the source has of it, in its place.
    pub(crate) clip: ClipFrames<'a>,
    /// Output frames in front of that for which the source has nothing.
    pub(crate) before: u64,
    /// The same behind it.
    pub(crate) behind: u64,
}

impl<'a> ClipFrames<'a> {
    /// Output frames `from..to`, counted from the clip's beginning; of a sequence of constant rate. At
    /// least one frame of the source is in it.
    pub(crate) fn section(&self, from: i64, to: i64, rate: FrameRate) -> Section<'a> {
        let (frames, start, before, behind) = if self.frames.is_empty() {
            self.sound_section(from, rate)
        } else if self.retimed {
            self.retimed_section(from, to, rate)
        } else {
            self.plain_section(from, to, rate)
        };
        let first = self.place.first + from + signed(before);
        let count = unsigned(to - from)
            .saturating_sub(before)
            .saturating_sub(behind);
        Section {
            clip: Self {
                clip: self.clip,
                source: Arc::clone(&self.source),
                frames,
                start,
                retimed: self.retimed,
                place: Place::frames(first, count, rate),
            },
            before,
            behind,
        }
    }

    /// By time: `rate` is that of samples. Where the source has no sound it is silent.
    fn sound_section(&self, from: i64, rate: FrameRate) -> SectionFrames {
        (0..0, self.start + rate.frame_start(from), 0, 0)
    }

    /// Frame for frame.
    fn plain_section(&self, from: i64, to: i64, rate: FrameRate) -> SectionFrames {
        let known = index(self.source.frames().len());
        let begin = index(self.frames.start);
        // One frame at least: the nearest there is.
        let first = (begin + from).clamp(0, (known - 1).max(0));
        let end = (begin + to).clamp((first + 1).min(known), known);
        let others = unsigned(to - from - 1);
        let (before, behind) = if begin + from >= known {
            (0, others)
        } else {
            let before = unsigned(first - (begin + from)).min(others);
            (before, unsigned(begin + to - end))
        };
        let start = self.time(first, rate);
        (to_index(first)..to_index(end), start, before, behind)
    }

    /// Chosen by time, from the frame that is shown when the section begins.
    fn retimed_section(&self, from: i64, to: i64, rate: FrameRate) -> SectionFrames {
        let frames = self.source.frames();
        let rounding = RationalTime::new(ROUNDING_MS, 1000).unwrap_or(RationalTime::ZERO);
        let at = |k: i64| self.start + rate.frame_start(k);
        let begun = |k: i64| frames.partition_point(|frame| frame.time <= at(k) + rounding);
        let earliest = frames
            .first()
            .map_or(RationalTime::ZERO, |frame| frame.time);
        let missing = (earliest - rounding - self.start).max(rate.frame_start(from));
        let first = rate.first_frame_from(missing).clamp(from, to - 1);
        let shown = begun(first).saturating_sub(1);
        let end = begun(to - 1).max(shown + 1).min(frames.len().max(1));
        // Where nothing of the source is shown any more its last frame stands.
        let over = rate.first_frame_from(self.source.end() - rounding - self.start);
        (
            shown..end,
            at(first).max(earliest),
            unsigned(first - from),
            unsigned(to - over.clamp(first + 1, to)),
        )
    }

    fn time(&self, frame: i64, rate: FrameRate) -> RationalTime {
        let known = self.source.frames().get(to_index(frame));
        known.map_or(self.start + rate.frame_start(frame), |known| known.time)
    }
}

/// Frames, their source time, output frames that are missing in front of them and behind.
type SectionFrames = (Range<usize>, RationalTime, u64, u64);

/// One side of a transition: output frames `from..to` of a clip, counted from its beginning.
#[derive(Clone, Debug)]
pub(crate) struct Side<'a> {
    pub(crate) clip: ClipFrames<'a>,
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl<'a> Side<'a> {
    pub(crate) fn section(&self, rate: FrameRate) -> Section<'a> {
        self.clip.section(self.from, self.to, rate)
    }
}

/// A stretch in which one thing turns into another.
#[derive(Clone, Debug)]
pub(crate) struct Mix<'a> {
    /// The clip that begins or ends with it.
    pub(crate) clip: &'a Clip,
    pub(crate) place: Place,
    /// What goes; nothing in a fade in.
    pub(crate) out: Option<Side<'a>>,
    /// What comes; nothing in a fade out.
    pub(crate) into: Option<Side<'a>>,
    /// How much of the transition lies in front of this stretch, and how long the whole is.
    pub(crate) part: (u64, u64),
}

/// A stretch of a track.
#[derive(Clone, Debug)]
pub(crate) enum Part<'a> {
    Clip(ClipFrames<'a>),
    /// Nothing, in front of a clip.
    Gap(&'a Clip, Place),
    Mix(Box<Mix<'a>>),
}

impl<'a> Part<'a> {
    pub(crate) fn place(&self) -> Place {
        match self {
            Self::Clip(clip) => clip.place,
            Self::Gap(_, place) => *place,
            Self::Mix(mix) => mix.place,
        }
    }

    pub(crate) fn clip(&self) -> &'a Clip {
        match self {
            Self::Clip(clip) => clip.clip,
            Self::Gap(clip, _) => clip,
            Self::Mix(mix) => mix.clip,
        }
    }

    pub(crate) fn mix(mix: Mix<'a>) -> Self {
        Self::Mix(Box::new(mix))
    }

    /// The clips it shows or plays, both sides of a transition.
    pub(crate) fn shown(&self, rate: Option<FrameRate>) -> Vec<ClipFrames<'a>> {
        match (self, rate) {
            (Self::Clip(clip), _) => vec![clip.clone()],
            (Self::Mix(mix), Some(rate)) => {
                let sides = mix.out.iter().chain(&mix.into);
                sides.map(|side| side.section(rate).clip).collect()
            }
            (Self::Gap(..) | Self::Mix(_), _) => Vec::new(),
        }
    }
}

/// One part goes on where the other ends, in the same source, and there is no hole between.
pub(crate) fn continues(one: &Part<'_>, next: &Part<'_>) -> bool {
    match (one, next) {
        (Part::Clip(one), Part::Clip(next)) => {
            let joint = one.frames.end;
            Arc::ptr_eq(&one.source, &next.source)
                && joint == next.frames.start
                && one.source.gap(joint.saturating_sub(1)..joint + 1).is_none()
        }
        _ => false,
    }
}

/// Clips that continue one another are one: a cut between them breaks nothing.
fn joined(parts: Vec<Part<'_>>) -> Vec<Part<'_>> {
    let mut joined: Vec<Part<'_>> = Vec::with_capacity(parts.len());
    for part in parts {
        let goes_on = joined.last().is_some_and(|last| continues(last, &part));
        match (joined.last_mut(), &part) {
            // Frames that are chosen by time are chosen clip by clip.
            (Some(Part::Clip(last)), Part::Clip(next)) if goes_on && !last.retimed => {
                last.frames.end = next.frames.end;
                last.place.count += next.place.count;
                last.place.duration += next.place.duration;
            }
            _ => joined.push(part),
        }
    }
    joined
}

/// The clips of a track, each in its place. `alone`: no other track covers any of it.
pub(crate) fn place<'a>(
    track: &'a Track,
    rate: Option<FrameRate>,
    alone: bool,
    issues: &mut Vec<Issue>,
) -> Result<Vec<Part<'a>>, ConformError> {
    let mut placed: Vec<Placed<'a>> = Vec::with_capacity(track.clips.len());
    let (mut at, mut next) = (RationalTime::ZERO, 0_i64);
    // Where the edit has come to: frames are rounded from here, so that nothing adds up.
    let mut exact = RationalTime::ZERO;
    for (number, resolved) in resolve(track, alone, issues)?.into_iter().enumerate() {
        let clip = resolved.clip;
        let mut gap = 0;
        if let Some(length) = track.gaps.get(&number) {
            // Checks that it can be measured.
            whole_frames(clip, *length, rate, "a gap is in front of it")?;
            exact += *length;
            let first = rate.map_or(next, |rate| rate.nearest_frame(exact).max(next));
            gap = unsigned(first - next);
            next = first;
            at = rate.map_or(at, |rate| rate.frame_start(next));
        }
        let length = track.lengths.get(&number).copied();
        let ends = length
            .zip(rate)
            .map(|(length, rate)| rate.nearest_frame(exact + length));
        let clip = clip_frames(resolved, rate, (next, at), ends)?;
        exact += length
            .filter(|_| clip.retimed)
            .unwrap_or(clip.place.duration);
        next = clip.place.end();
        at = rate.map_or(at + clip.place.duration, |rate| rate.frame_start(next));
        placed.push(Placed {
            clip,
            gap,
            head: Frames::default(),
            tail: Frames::default(),
        });
    }
    transitions(track, rate, &mut placed)?;
    Ok(joined(parts(&placed, rate)))
}

fn clip_frames<'a>(
    resolved: Resolved<'a>,
    rate: Option<FrameRate>,
    (first, at): (i64, RationalTime),
    ends: Option<i64>,
) -> Result<ClipFrames<'a>, ConformError> {
    let Resolved {
        clip,
        source,
        frames,
    } = resolved;
    check_whole(clip, &source, &frames)?;
    let retime = Retime::new(source.frame_rate(), rate);
    let shown = source.timerange(frames.clone()).unwrap_or(TimeRange::NEVER);
    let count = match ends.filter(|_| !retime.is_identity()) {
        Some(ends) => unsigned(ends - first).max(1),
        None => retime.frames(frames.len() as u64, shown),
    };
    let place = match rate {
        // From frame indexes, never by adding rounded durations.
        Some(rate) => Place::frames(first, count, rate),
        None => Place {
            first,
            count,
            at,
            duration: frames.clone().map(|i| source.frame_duration(i)).sum(),
        },
    };
    let begins = source.frames().get(frames.start);
    Ok(ClipFrames {
        clip,
        start: begins.map_or(RationalTime::ZERO, |frame| frame.time),
        retimed: !retime.is_identity(),
        frames,
        source,
        place,
    })
}

/// There is no hole in what is taken of a source.
pub(crate) fn check_whole(
    clip: &Clip,
    source: &Source,
    frames: &Range<usize>,
) -> Result<(), ConformError> {
    match source.gap(frames.clone()) {
        Some((from, to)) => Err(ConformError::Gap {
            clip: clip.label.clone(),
            from: from.to_timestamp(),
            to: to.to_timestamp(),
        }),
        None => Ok(()),
    }
}

/// The clips of a track of sound alone, each in its place, in samples of `rate`.
pub(crate) fn place_sound<'a>(
    track: &'a Track,
    rate: FrameRate,
) -> Result<Vec<Part<'a>>, ConformError> {
    let mut placed = Vec::with_capacity(track.clips.len());
    let (mut next, mut exact) = (0_i64, RationalTime::ZERO);
    for (number, resolved) in resolve_sound(track)?.into_iter().enumerate() {
        let ResolvedSound {
            clip,
            source,
            start,
            end,
        } = resolved;
        if let Some(length) = track.gaps.get(&number) {
            whole_frames(clip, *length, Some(rate), "a gap is in front of it")?;
            exact += *length;
        }
        let first = rate.nearest_frame(exact).max(next);
        let gap = unsigned(first - next);
        exact += end - start;
        let count = unsigned(rate.nearest_frame(exact) - first).max(1);
        let place = Place::frames(first, count, rate);
        next = place.end();
        let clip = ClipFrames {
            clip,
            source,
            frames: 0..0,
            start,
            retimed: false,
            place,
        };
        placed.push(Placed {
            clip,
            gap,
            head: Frames::default(),
            tail: Frames::default(),
        });
    }
    transitions(track, Some(rate), &mut placed)?;
    Ok(parts(&placed, Some(rate)))
}

/// A length as frames of the sequence.
fn whole_frames(
    clip: &Clip,
    length: RationalTime,
    rate: Option<FrameRate>,
    what: &str,
) -> Result<u64, ConformError> {
    let rate = rate.ok_or_else(|| ConformError::CannotPlace {
        clip: clip.label.clone(),
        what: format!(
            "{what}, and the sequence has no constant frame rate to measure it by; put a clip with one first"
        ),
    })?;
    if RationalTime::new(LONGEST, 1).is_some_and(|longest| longest < length) {
        return Err(ConformError::CannotPlace {
            clip: clip.label.clone(),
            what: format!("{what}, and it is longer than a day"),
        });
    }
    Ok(unsigned(rate.nearest_frame(length)))
}

/// A transition in frames.
#[derive(Clone, Copy, Debug, Default)]
struct Frames {
    before: u64,
    behind: u64,
}

impl Frames {
    fn whole(self) -> u64 {
        self.before + self.behind
    }
}

/// A clip with what is in front of it, and how it begins and ends.
struct Placed<'a> {
    clip: ClipFrames<'a>,
    gap: u64,
    head: Frames,
    /// Where nothing follows.
    tail: Frames,
}

/// Brings the transitions of a track to frames, and sees that they fit.
fn transitions(
    track: &Track,
    rate: Option<FrameRate>,
    placed: &mut [Placed<'_>],
) -> Result<(), ConformError> {
    let frames = |clip: &Clip, transition: &Transition| {
        let what = "a transition is at it";
        let before = whole_frames(clip, transition.before, rate, what)?;
        // Two halves of a frame are one frame.
        let whole = transition.before + transition.behind;
        let whole = whole_frames(clip, whole, rate, what)?;
        Ok::<_, ConformError>(Frames {
            before,
            behind: whole.saturating_sub(before),
        })
    };
    let bad = |clip: &Clip, what: String| ConformError::CannotPlace {
        clip: clip.label.clone(),
        what,
    };
    for (number, transition) in &track.heads {
        if let Some(placed) = placed.get_mut(*number) {
            placed.head = frames(placed.clip.clip, transition)?;
            // Nothing is in front of the first frame.
            if *number == 0 && placed.gap == 0 {
                placed.head.before = 0;
            }
        }
    }
    for (number, transition) in &track.tails {
        let follows = placed.get(number + 1).map(|next| next.gap);
        let Some(own) = placed.get_mut(*number) else {
            continue;
        };
        let tail = frames(own.clip.clip, transition)?;
        match follows {
            Some(0) => {
                let next = placed.get_mut(number + 1);
                let Some(next) = next.filter(|next| next.head.whole() == 0) else {
                    let clip = track.clips.get(*number + 1);
                    let clip = clip.unwrap_or(&track.clips[*number]);
                    return Err(bad(
                        clip,
                        "two transitions are at its beginning; take one out".to_owned(),
                    ));
                };
                next.head = tail;
            }
            Some(_) | None => own.tail = tail,
        }
    }
    let mut free = 0;
    for number in 0..placed.len() {
        let next = placed.get(number + 1).filter(|next| next.gap == 0);
        let ends = next.map_or(placed[number].tail.before, |next| next.head.before);
        let Placed {
            clip, gap, head, ..
        } = &placed[number];
        let said = |frames: u64| match (frames, rate) {
            (_, Some(rate)) if rate.nominal() > FASTEST_PICTURES => {
                let seconds = rate.frame_start(signed(frames));
                format!("{:.3} s", seconds.as_seconds_f64_for_display())
            }
            (1, _) => "1 frame".to_owned(),
            (frames, _) => format!("{frames} frames"),
        };
        if *gap > 0 && gap.saturating_sub(free) < head.before {
            let room = said(gap.saturating_sub(free));
            let what = format!(
                "its fade begins {} before it, and the gap has room for {room}; make the fade shorter",
                said(head.before)
            );
            return Err(bad(clip.clip, what));
        }
        if clip.place.count < head.behind + ends {
            let what = format!(
                "it has {}, and its transitions take {} at its beginning and {} at its end; make them shorter",
                said(clip.place.count),
                said(head.behind),
                said(ends)
            );
            return Err(bad(clip.clip, what));
        }
        free = placed[number].tail.behind;
        // Behind the last clip there is room for any.
        let room = placed.get(number + 1).map_or(free, |next| next.gap);
        if room < free {
            let what = format!(
                "its fade ends {} behind it, and the gap has {}; make the fade shorter",
                said(free),
                said(room)
            );
            return Err(bad(placed[number].clip.clip, what));
        }
    }
    Ok(())
}

/// The parts of a track in order.
fn parts<'a>(placed: &[Placed<'a>], rate: Option<FrameRate>) -> Vec<Part<'a>> {
    let mut parts = Vec::with_capacity(placed.len());
    let mut before: Option<&Placed<'a>> = None;
    for (number, own) in placed.iter().enumerate() {
        let Some(rate) = rate else {
            // Neither gaps nor transitions without a constant rate.
            parts.push(Part::Clip(own.clip.clone()));
            continue;
        };
        let first = own.clip.place.first;
        let mut begins = first - signed(own.head.before);
        if own.gap > 0 {
            let behind = before.map_or(0, |before| before.tail.behind);
            let from = first - signed(own.gap) + signed(behind);
            if from < begins {
                let place = Place::frames(from, unsigned(begins - from), rate);
                parts.push(Part::Gap(own.clip.clip, place));
            }
        }
        if own.head.whole() > 0 {
            let out = before.filter(|_| own.gap == 0);
            let out = out.map(|out| side(&out.clip, own.head, signed(out.clip.place.count)));
            parts.push(Part::mix(Mix {
                clip: own.clip.clip,
                place: Place::frames(begins, own.head.whole(), rate),
                out,
                into: Some(side(&own.clip, own.head, 0)),
                part: (0, own.head.whole()),
            }));
            begins += signed(own.head.whole());
        }
        let next = placed.get(number + 1).filter(|next| next.gap == 0);
        let tail = next.map_or(own.tail, |next| next.head);
        let ends = own.clip.place.end() - signed(tail.before);
        if begins == first && ends == own.clip.place.end() {
            parts.push(Part::Clip(own.clip.clone()));
        } else if begins < ends {
            let section = own.clip.section(begins - first, ends - first, rate);
            parts.push(Part::Clip(section.clip));
        }
        if next.is_none() && own.tail.whole() > 0 {
            parts.push(Part::mix(Mix {
                clip: own.clip.clip,
                place: Place::frames(ends, own.tail.whole(), rate),
                out: Some(side(&own.clip, own.tail, signed(own.clip.place.count))),
                into: None,
                part: (0, own.tail.whole()),
            }));
        }
        before = Some(own);
    }
    parts
}

/// What a transition shows of a clip whose cut lies at its frame `cut`.
fn side<'a>(clip: &ClipFrames<'a>, transition: Frames, cut: i64) -> Side<'a> {
    Side {
        clip: clip.clone(),
        from: cut - signed(transition.before),
        to: cut + signed(transition.behind),
    }
}

pub(crate) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(crate) fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

fn index(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn to_index(count: i64) -> usize {
    usize::try_from(count).unwrap_or(0)
}
