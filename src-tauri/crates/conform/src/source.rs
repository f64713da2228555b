//! What clips are cut from: objects in time order on one timeline.

use crate::{AccessUnit, AudioFrame, AudioTrack, MediaIndex, UnitKind, VideoConfig, VideoTrack};
use mediatime::{FrameRate, RationalTime, TimeRange, Timestamp};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// One object of a source.
#[derive(Clone, Debug)]
pub struct SourceObject {
    /// TAMS object id, or the path of a plain file.
    pub object_id: String,
    /// TAMS flow; `None` for a plain file.
    pub flow_id: Option<String>,
    /// What is in it.
    pub index: Arc<MediaIndex>,
    /// Source time = time on the object's own timeline + offset (TAMS `ts_offset`).
    pub offset: RationalTime,
    /// The part of the source's timeline this object serves, half-open; everything when `None`.
    pub range: Option<(RationalTime, RationalTime)>,
}

/// One presented frame of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Presentation time on the source's timeline.
    pub time: RationalTime,
    /// Which object.
    pub object: usize,
    /// Which of the object's access units.
    pub unit: usize,
}

/// A stretch of pictures that can be decoded from its first, but for leading ones, in decode order. Of H.264
/// only an IDR picture begins one, so it has no leading pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gop {
    /// `(object, unit)` in decode order.
    pub units: Vec<(usize, usize)>,
    /// Its presented frames, as a half-open range of indexes into the source's frames.
    pub frames: std::ops::Range<usize>,
    /// How many of them are leading: shown before its first picture.
    pub leading: usize,
    /// Leading pictures may look past its first picture, into the GOP before.
    pub open: bool,
    /// All of its pictures but leading ones are presented, and nothing else is shown between them: it can be
    /// copied from its first picture on.
    pub whole: bool,
    /// So are the leading ones.
    pub whole_with_leading: bool,
    /// Decoding may start at its first picture.
    pub decodable: bool,
}

/// What clips are cut from: objects in time order on one timeline.
#[derive(Clone, Debug)]
pub struct Source {
    objects: Vec<SourceObject>,
    origin: RationalTime,
    zero: RationalTime,
    end: RationalTime,
    frames: Vec<Frame>,
    gops: Vec<Gop>,
    /// Of each GOP, once it was asked for: see [`closed_ends`](Self::closed_ends).
    closed_ends: Vec<OnceLock<Vec<usize>>>,
    frame_rate: Option<FrameRate>,
    sound: Vec<SoundPlace>,
}

/// Where the sound of an object lies on the source's timeline, and what bounds a search for it: objects
/// may overlap, so neither starts nor ends need rise.
#[derive(Clone, Debug)]
struct SoundPlace {
    object: usize,
    /// The latest end of this object's sound and of all in front.
    latest_end: RationalTime,
    /// The earliest start of this object's sound and of all behind.
    earliest_start: RationalTime,
}

impl Source {
    /// A plain file: time 0 is its first presented frame.
    #[must_use]
    pub fn file(object_id: String, index: Arc<MediaIndex>) -> Self {
        Self::new(
            vec![SourceObject {
                object_id,
                flow_id: None,
                index,
                offset: RationalTime::ZERO,
                range: None,
            }],
            None,
        )
    }

    /// A flow: `objects` in any order; `start` is the start of the flow's timerange.
    #[must_use]
    pub fn flow(objects: Vec<SourceObject>, start: Timestamp) -> Self {
        Self::new(objects, Some(RationalTime::from(start)))
    }

    /// Plain files that continue one another, each with what brings it onto the clock of the first.
    #[must_use]
    pub(crate) fn joined(files: &[(Arc<Source>, RationalTime)]) -> Self {
        let objects = files
            .iter()
            .flat_map(|(file, shift)| file.objects.iter().map(move |object| (object, *shift)))
            .map(|(object, shift)| SourceObject {
                offset: object.offset + shift,
                ..object.clone()
            });
        Self::new(objects.collect(), None)
    }

    fn new(mut objects: Vec<SourceObject>, origin: Option<RationalTime>) -> Self {
        objects.sort_by_key(|object| object.range.map(|(start, _)| start));
        let mut source = Self {
            origin: RationalTime::ZERO,
            zero: RationalTime::ZERO,
            end: RationalTime::ZERO,
            frames: presented_frames(&objects),
            gops: Vec::new(),
            closed_ends: Vec::new(),
            frame_rate: None,
            sound: sound_places(&objects),
            objects,
        };
        source.origin = origin
            .or_else(|| source.frames.first().map(|frame| frame.time))
            .or_else(|| source.sounds_from())
            .unwrap_or(RationalTime::ZERO);
        if origin.is_none() {
            source.zero = source.origin;
        }
        let last = source.frames.last();
        source.end = last.map_or_else(
            || source.sounds_until().unwrap_or(source.origin),
            |last| last.time + source.unit_duration(*last),
        );
        source.gops = source.collect_gops();
        source.closed_ends = vec![OnceLock::new(); source.gops.len()];
        source.frame_rate = source.common_rate();
        source
    }

    /// When the first of its pictures would be shown, with the leading ones that need what is in front of it.
    pub(crate) fn first_picture(&self) -> Option<RationalTime> {
        let times = self.pictures().flat_map(|(_, object, track)| {
            let presented = track.units.iter().filter(|unit| unit.presented);
            presented.map(move |unit| track.time(unit.pts) + object.offset)
        });
        times.min()
    }

    /// When its sound begins.
    fn sounds_from(&self) -> Option<RationalTime> {
        let begins = self
            .audio()
            .map(|(_, object, track)| track.time(track.presented.start) + object.offset);
        begins.min()
    }

    /// When its sound ends.
    pub(crate) fn sounds_until(&self) -> Option<RationalTime> {
        let ends = self.audio().filter_map(|(_, object, track)| {
            let last = track.frames.last()?;
            let stored = last.pts.saturating_add(i64::from(last.duration));
            Some(track.time(stored.min(track.presented.end)) + object.offset)
        });
        ends.max()
    }

    /// The objects in time order.
    #[must_use]
    pub fn objects(&self) -> &[SourceObject] {
        &self.objects
    }

    /// Where counting starts.
    #[must_use]
    pub fn origin(&self) -> RationalTime {
        self.origin
    }

    /// Time zero of timestamps that a user gives: a plain file's first presented frame, and zero of
    /// a flow's timeline.
    #[must_use]
    pub fn zero(&self) -> RationalTime {
        self.zero
    }

    /// Behind the last frame.
    #[must_use]
    pub fn end(&self) -> RationalTime {
        self.end
    }

    /// Presented frames in presentation order.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// In time order; together they hold every picture.
    #[must_use]
    pub fn gops(&self) -> &[Gop] {
        &self.gops
    }

    /// Set when every frame lies on the grid of one rate.
    #[must_use]
    pub fn frame_rate(&self) -> Option<FrameRate> {
        self.frame_rate
    }

    /// The video track of an object.
    #[must_use]
    pub fn video(&self, object: usize) -> Option<&VideoTrack> {
        self.objects.get(object)?.index.video.as_ref()
    }

    /// The access unit of a frame.
    #[must_use]
    pub fn unit(&self, object: usize, unit: usize) -> Option<&AccessUnit> {
        self.video(object)?.units.get(unit)
    }

    /// The parameter sets a picture needs.
    #[must_use]
    pub fn config(&self, object: usize, unit: usize) -> Option<&VideoConfig> {
        let track = self.video(object)?;
        track
            .configs
            .get(usize::from(track.units.get(unit)?.config))
    }

    /// How long a frame is shown: until the next one of the source, and the last one for as long
    /// as its object says.
    #[must_use]
    pub fn frame_duration(&self, index: usize) -> RationalTime {
        match (self.frames.get(index), self.frames.get(index + 1)) {
            (Some(frame), Some(next)) => {
                let until_next = next.time - frame.time;
                let own = self.unit_duration(*frame);
                // Up to a hole in the source a frame is shown as long as its object says.
                let hole = frame.object != next.object
                    && RationalTime::ZERO < own
                    && own + own < until_next + until_next - own;
                if hole { own } else { until_next }
            }
            (Some(frame), None) => self.unit_duration(*frame),
            (None, _) => RationalTime::ZERO,
        }
    }

    /// Source time of a range of frames, floored to nanoseconds: from when the first is shown until
    /// the last one ends. `None` when the range is empty or reaches outside.
    #[must_use]
    pub fn timerange(&self, range: std::ops::Range<usize>) -> Option<TimeRange> {
        let frames = self.frames.get(range.clone())?;
        let (first, last) = (frames.first()?, frames.last()?);
        let end = last.time + self.frame_duration(range.end - 1);
        Some(TimeRange::new(
            first.time.to_timestamp(),
            end.to_timestamp(),
        ))
    }

    fn unit_duration(&self, frame: Frame) -> RationalTime {
        let duration = self
            .video(frame.object)
            .zip(self.unit(frame.object, frame.unit));
        duration.map_or(RationalTime::ZERO, |(track, unit)| {
            track.time(i64::from(unit.duration))
        })
    }

    /// The first hole between objects inside a range of frames: `(end of what is there, start of
    /// what follows)`. Inside one object uneven frame times are the material's own.
    #[must_use]
    pub fn gap(&self, range: std::ops::Range<usize>) -> Option<(RationalTime, RationalTime)> {
        let frames = self.frames.get(range)?;
        frames.windows(2).find_map(|pair| {
            let (before, after) = (pair[0], pair[1]);
            if before.object == after.object {
                return None;
            }
            let duration = self.unit_duration(before);
            let end = before.time + duration;
            (duration < (after.time - end) + (after.time - end)).then_some((end, after.time))
        })
    }

    /// The video tracks in time order with their objects.
    pub(crate) fn pictures(&self) -> impl Iterator<Item = (usize, &SourceObject, &VideoTrack)> {
        self.objects
            .iter()
            .enumerate()
            .filter_map(|(i, object)| Some((i, object, object.index.video.as_ref()?)))
    }

    /// The audio tracks in time order with their objects.
    pub fn audio(&self) -> impl Iterator<Item = (usize, &SourceObject, &AudioTrack)> {
        self.objects
            .iter()
            .enumerate()
            .filter_map(|(i, object)| Some((i, object, object.index.audio.as_ref()?)))
    }

    /// The audio tracks that have frames between two times, in time order, each with its object and the
    /// range of those frames. Frames that only touch an end may be among them.
    pub(crate) fn sound_between(
        &self,
        start: RationalTime,
        end: RationalTime,
    ) -> impl Iterator<Item = (usize, &SourceObject, &AudioTrack, Range<usize>)> {
        let first = self.sound.partition_point(|place| place.latest_end < start);
        let places = self.sound.get(first..).unwrap_or_default();
        let places = places
            .iter()
            .take_while(move |place| place.earliest_start < end);
        places.filter_map(move |place| {
            let object = self.objects.get(place.object)?;
            let track = object.index.audio.as_ref()?;
            let from = (start - object.offset).floor_ticks(track.time_scale);
            let to = (end - object.offset).ceil_ticks(track.time_scale);
            let ends = |frame: &AudioFrame| frame.pts.saturating_add(i64::from(frame.duration));
            let first = track.frames.partition_point(|frame| ends(frame) < from);
            let behind = track.frames.partition_point(|frame| frame.pts < to);
            (first < behind).then_some((place.object, object, track, first..behind))
        })
    }

    fn collect_gops(&self) -> Vec<Gop> {
        let mut gops: Vec<Gop> = Vec::new();
        for (object, entry) in self.objects.iter().enumerate() {
            let Some(track) = &entry.index.video else {
                continue;
            };
            for (unit, picture) in track.units.iter().enumerate() {
                if track.begins_gop(picture) || gops.is_empty() {
                    gops.push(Gop {
                        units: Vec::new(),
                        frames: 0..0,
                        leading: 0,
                        open: picture.kind != UnitKind::Idr,
                        whole: picture.kind == UnitKind::Idr
                            || picture.kind == UnitKind::Recovery && track.begins_gop(picture),
                        whole_with_leading: true,
                        decodable: picture.kind != UnitKind::Delta,
                    });
                }
                if let Some(gop) = gops.last_mut() {
                    gop.units.push((object, unit));
                }
            }
        }
        self.place_frames(&mut gops);
        gops
    }

    /// Gives each GOP its range of presented frames. An IDR picture is shown after everything
    /// decoded before it, so the ranges follow one another; where time stamps say otherwise, each
    /// frame counts for the GOP that reaches it first.
    fn place_frames(&self, gops: &mut [Gop]) {
        let mut owner: Vec<Vec<u32>> = self
            .objects
            .iter()
            .map(|object| vec![0; object.index.video.as_ref().map_or(0, |t| t.units.len())])
            .collect();
        for (number, gop) in gops.iter().enumerate() {
            for (object, unit) in &gop.units {
                owner[*object][*unit] = u32::try_from(number).unwrap_or(u32::MAX);
            }
        }
        let mut counted = vec![0_usize; gops.len()];
        for (i, frame) in self.frames.iter().enumerate() {
            let number = owner[frame.object][frame.unit] as usize;
            let Some(gop) = gops.get_mut(number) else {
                continue;
            };
            if gop.units.first() == Some(&(frame.object, frame.unit)) {
                gop.leading = counted[number];
            }
            if counted[number] == 0 {
                gop.frames = i..i + 1;
            }
            gop.frames.end = i + 1;
            counted[number] += 1;
        }
        let mut next = 0;
        for (gop, count) in gops.iter_mut().zip(counted) {
            if count == 0 {
                gop.frames = next..next;
            }
            // Hidden pictures, or frames of another GOP in between (overlapping objects), make a
            // GOP that must not be copied.
            let hidden = gop.units.len() - count;
            let hidden_leading = if hidden > 0 {
                self.hidden_leading(gop)
            } else {
                0
            };
            gop.whole &= hidden == hidden_leading && gop.frames.len() == count;
            gop.whole &= gop.frames.start == next;
            gop.whole &= gop.leading == 0 || self.has_leading_pictures(gop);
            gop.whole_with_leading = gop.whole && hidden == 0;
            gop.frames = next..gop.frames.end.max(next);
            gop.leading = gop.leading.min(gop.frames.len());
            next = gop.frames.end;
        }
    }

    /// Where a copy of a GOP may end, ascending: frames that everything decoded until then is shown in front
    /// of, so that nothing that is kept needs what is left out. Leading pictures, which are decoded behind the
    /// key frame and in front of all others, are taken for granted.
    pub(crate) fn closed_ends(&self, gop: &Gop) -> Cow<'_, [usize]> {
        let from = self
            .gops
            .partition_point(|other| other.frames.start < gop.frames.start);
        let kept = self.gops.iter().zip(&self.closed_ends).skip(from);
        let mut kept = kept.take_while(|(other, _)| other.frames.start == gop.frames.start);
        match kept.find(|(other, _)| std::ptr::eq(*other, gop)) {
            Some((_, ends)) => Cow::Borrowed(ends.get_or_init(|| self.find_closed_ends(gop))),
            // A GOP that is not of this source's list.
            None => Cow::Owned(self.find_closed_ends(gop)),
        }
    }

    fn find_closed_ends(&self, gop: &Gop) -> Vec<usize> {
        let first = gop.frames.start + gop.leading;
        let shown = gop.units.iter().filter_map(move |(object, unit)| {
            let entry = self.objects.get(*object)?;
            let time = self.video(*object)?.time(self.unit(*object, *unit)?.pts) + entry.offset;
            let place = (time, *object, *unit);
            let found = self
                .frames
                .binary_search_by_key(&place, |frame| (frame.time, frame.object, frame.unit));
            found.ok().filter(|frame| *frame >= first)
        });
        let mut reached = first;
        let reached = shown.map(move |frame| {
            reached = reached.max(frame + 1);
            reached
        });
        let decoded = (first + 1..).zip(reached);
        decoded
            .filter_map(|(decoded, reached)| (decoded == reached).then_some(reached))
            .collect()
    }

    /// Pictures in front of the first are leading ones, rather than out of place: nothing refers to them but
    /// others of them (ITU-T H.265 §8.3.2).
    fn has_leading_pictures(&self, gop: &Gop) -> bool {
        let track = gop
            .units
            .first()
            .and_then(|(object, _)| self.video(*object));
        track.is_some_and(|track| track.codec == "hevc")
    }

    /// Leading pictures that are not presented, where the first picture is.
    fn hidden_leading(&self, gop: &Gop) -> usize {
        let presented = |(object, unit): &(usize, usize)| {
            let object_and_unit = self.objects.get(*object).zip(self.unit(*object, *unit))?;
            let (entry, picture) = object_and_unit;
            let time = self.video(*object)?.time(picture.pts) + entry.offset;
            Some((time, *object, *unit))
        };
        let Some(first) = gop.units.first().and_then(presented) else {
            return 0;
        };
        let is_shown = |place: &(RationalTime, usize, usize)| {
            let found = self
                .frames
                .binary_search_by_key(place, |frame| (frame.time, frame.object, frame.unit));
            found.is_ok()
        };
        if !is_shown(&first) {
            return 0;
        }
        let leading = gop.units.iter().filter_map(presented);
        leading
            .filter(|place| place.0 < first.0 && !is_shown(place))
            .count()
    }

    fn common_rate(&self) -> Option<FrameRate> {
        let rate = self.video(self.frames.first()?.object)?.frame_rate;
        if let [_] = self.objects.as_slice() {
            return rate;
        }
        // A one-frame object has no rate of its own, so the whole list decides: every frame may be
        // off the grid by the rounding of its container.
        let rate = self
            .objects
            .iter()
            .find_map(|o| o.index.video.as_ref()?.frame_rate)?;
        let first = self.frames.first()?.time;
        let tolerance = RationalTime::new(12, 10_000)?;
        let even = self.frames.iter().zip(0_i64..).all(|(frame, k)| {
            let off = frame.time - first - rate.frame_start(k);
            -tolerance <= off && off <= tolerance
        });
        even.then_some(rate)
    }
}

fn sound_places(objects: &[SourceObject]) -> Vec<SoundPlace> {
    let mut places: Vec<SoundPlace> = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        let Some(track) = &object.index.audio else {
            continue;
        };
        let (Some(first), Some(last)) = (track.frames.first(), track.frames.last()) else {
            continue;
        };
        let end = object.audio_time(track, last) + track.time(i64::from(last.duration));
        let before = places.last().map(|place| place.latest_end);
        places.push(SoundPlace {
            object: number,
            latest_end: before.map_or(end, |before| before.max(end)),
            earliest_start: object.audio_time(track, first),
        });
    }
    let mut earliest = None;
    for place in places.iter_mut().rev() {
        let start = earliest.map_or(place.earliest_start, |behind: RationalTime| {
            behind.min(place.earliest_start)
        });
        place.earliest_start = start;
        earliest = Some(start);
    }
    places
}

fn presented_frames(objects: &[SourceObject]) -> Vec<Frame> {
    let tracks = objects.iter().filter_map(|o| o.index.video.as_ref());
    let mut frames = Vec::with_capacity(tracks.map(|track| track.units.len()).sum());
    for (number, object) in objects.iter().enumerate() {
        let Some(track) = &object.index.video else {
            continue;
        };
        // Leading pictures of an open GOP at the very start refer to pictures that are not there:
        // no decoder can show them (ITU-T H.264 §D.2.8, recovery point).
        let broken_before = track
            .units
            .first()
            .filter(|first| number == 0 && first.kind == UnitKind::Recovery)
            .map_or(i64::MIN, |first| first.pts);
        for (unit, picture) in track.units.iter().enumerate() {
            let time = track.time(picture.pts) + object.offset;
            let inside = object
                .range
                .is_none_or(|(start, end)| start <= time && time < end);
            if picture.presented && inside && picture.pts >= broken_before {
                frames.push(Frame {
                    time,
                    object: number,
                    unit,
                });
            }
        }
    }
    // In place: a sort that keeps the order of equals takes as much room again.
    frames.sort_unstable_by_key(|frame| (frame.time, frame.object, frame.unit));
    frames
}

impl SourceObject {
    /// When an audio frame's first sample sounds, on the source's timeline.
    #[must_use]
    pub fn audio_time(&self, track: &AudioTrack, frame: &AudioFrame) -> RationalTime {
        track.time(frame.pts) + self.offset
    }

    /// Source time → time on the object's own timeline, floored to a nanosecond.
    #[must_use]
    pub fn object_time(&self, time: RationalTime) -> Timestamp {
        (time - self.offset).to_timestamp()
    }
}
