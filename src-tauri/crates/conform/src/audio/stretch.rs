//! Where a source sounds.

use super::tolerance;
use crate::Source;
use crate::index::{AudioFrame, AudioTrack};
use crate::source::SourceObject;
use mediatime::RationalTime;

/// How far in front of a clip its sound is looked at.
const MARGIN_MS: i128 = 300;

/// Objects whose own timelines are further apart than this, half of a long frame, are not one recording
/// that goes on: what sounds beyond the range of one is not the sound of the next.
const APART_MS: i128 = 20;

/// Sound of one object that sounds without a hole, on the source's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) object: usize,
    pub(super) start: RationalTime,
    pub(super) end: RationalTime,
    /// Where the frame in front of `start` begins, in this object or the one before: decoding
    /// begins there, as an AAC frame overlaps the one before it.
    pub(super) preroll: Option<(usize, RationalTime)>,
    pub(super) bytes: u64,
}

/// Where the source sounds between `start` and `end`, object by object, holes left out.
pub(super) fn stretches(source: &Source, start: RationalTime, end: RationalTime) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let mut before: Option<(usize, RationalTime, RationalTime)> = None;
    // A little in front: what is stored twice, and the frame that decoding begins with.
    let margin = RationalTime::new(MARGIN_MS, 1000).unwrap_or(RationalTime::ZERO);
    for (number, object, track, frames) in source.sound_between(start - margin, end) {
        let frames = track.frames.get(frames).unwrap_or_default();
        let clock = Clock { object, track };
        let (begins, ends) = own_range(source.objects(), number);
        if begins.is_some() {
            before = None;
        }
        let start = begins.map_or(start, |begins| begins.max(start));
        let end = ends.map_or(end, |ends| ends.min(end));
        let known = found.len();
        clock.collect(number, frames, (start, end), &mut before, &mut found);
        for stretch in found.iter_mut().skip(known) {
            stretch.start = begins.map_or(stretch.start, |begins| begins.max(stretch.start));
            stretch.end = ends.map_or(stretch.end, |ends| ends.min(stretch.end));
        }
    }
    found
}

/// Where an object's sound begins and ends to be that of the source, if its neighbours have other
/// timelines. Within one recording sound may trail the pictures into the next object's range.
fn own_range(
    objects: &[SourceObject],
    number: usize,
) -> (Option<RationalTime>, Option<RationalTime>) {
    let apart = RationalTime::new(APART_MS, 1000).unwrap_or(RationalTime::ZERO);
    let Some(object) = objects.get(number) else {
        return (None, None);
    };
    let Some((begins, ends)) = object.range else {
        return (None, None);
    };
    let stranger = |other: Option<&SourceObject>| {
        other.is_some_and(|other| {
            let off = other.offset - object.offset;
            off.max(-off) > apart
        })
    };
    let in_front = number.checked_sub(1).and_then(|before| objects.get(before));
    (
        stranger(in_front).then_some(begins),
        stranger(objects.get(number + 1)).then_some(ends),
    )
}

/// An object's own clock. There are hundreds of thousands of frames in an hour: each is compared in
/// ticks, and only the ends of stretches become times of the source.
struct Clock<'a> {
    object: &'a SourceObject,
    track: &'a AudioTrack,
}

impl Clock<'_> {
    /// Adds what of an object's frames lies between two times. `before` is the last frame that was seen.
    fn collect(
        &self,
        number: usize,
        frames: &[AudioFrame],
        (start, end): (RationalTime, RationalTime),
        before: &mut Option<(usize, RationalTime, RationalTime)>,
        found: &mut Vec<Stretch>,
    ) {
        let tolerated = tolerance().floor_ticks(self.track.time_scale);
        let presented = &self.track.presented;
        // Whole ticks that end behind the start and begin in front of the end.
        let (start, end) = (self.floor(start), self.ceil(end));
        // The same frame may be stored at the end of one object and the start of the next.
        let mut stored_to = before.map(|(_, _, end)| self.ceil(end - tolerance()));
        let mut joins_to = before.map(|(_, _, end)| self.floor(end + tolerance()));
        let mut own: Option<(i64, i64)> = None;
        let mut open: Option<(i64, i64, Stretch)> = None;
        for frame in frames {
            let from = frame.pts;
            let to = from.saturating_add(i64::from(frame.duration));
            if stored_to.is_some_and(|stored| from < stored) {
                continue;
            }
            let goes_on = joins_to.is_some_and(|joins| from <= joins);
            let in_front = own.replace((from, to));
            stored_to = Some(to.saturating_sub(tolerated));
            joins_to = Some(to.saturating_add(tolerated));
            let (from, to) = (from.max(presented.start), to.min(presented.end));
            if to <= start || end <= from || to <= from {
                continue;
            }
            match &mut open {
                Some((_, last, stretch)) if from <= last.saturating_add(tolerated) => {
                    *last = to;
                    stretch.bytes += u64::from(frame.location.len);
                }
                _ => {
                    self.close(open.take(), found);
                    let preroll = match in_front {
                        Some((begin, _)) => Some((number, self.time(begin))),
                        None => before.map(|(object, begin, _)| (object, begin)),
                    };
                    let stretch = Stretch {
                        object: number,
                        start: RationalTime::ZERO,
                        end: RationalTime::ZERO,
                        preroll: preroll.filter(|_| goes_on),
                        bytes: u64::from(frame.location.len),
                    };
                    open = Some((from, to, stretch));
                }
            }
        }
        self.close(open, found);
        if let Some((from, to)) = own {
            *before = Some((number, self.time(from), self.time(to)));
        }
    }

    fn close(&self, open: Option<(i64, i64, Stretch)>, found: &mut Vec<Stretch>) {
        found.extend(open.map(|(from, to, stretch)| Stretch {
            start: self.time(from),
            end: self.time(to),
            ..stretch
        }));
    }

    fn time(&self, ticks: i64) -> RationalTime {
        self.track.time(ticks) + self.object.offset
    }

    fn floor(&self, time: RationalTime) -> i64 {
        (time - self.object.offset).floor_ticks(self.track.time_scale)
    }

    fn ceil(&self, time: RationalTime) -> i64 {
        (time - self.object.offset).ceil_ticks(self.track.time_scale)
    }
}
