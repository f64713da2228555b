//! Runs: clips of separate files that continue one another are cut from one source.
//!
//! Segments as packagers write them are such files: their sound leads and trails the picture, so
//! what belongs to one file's pictures may lie in the file beside it. Joined into one source, sound
//! is taken by time from whichever file holds it.

use crate::conform::Issue;
use crate::{Clip, ConformError, Container, Source, Track};
use mediatime::RationalTime;
use std::ops::Range;
use std::sync::Arc;

/// Ticks after which MPEG-TS time stamps start again (33 bits at 90 kHz).
const TS_WRAP: i64 = 1 << 33;
const TS_SCALE: u32 = 90_000;

/// A clip with its marks resolved, on the source it is cut from.
#[derive(Clone, Debug)]
pub(crate) struct Resolved<'a> {
    pub(crate) clip: &'a Clip,
    pub(crate) source: Arc<Source>,
    /// Half-open range of indexes into the source's frames.
    pub(crate) frames: Range<usize>,
}

/// Resolves the marks of every clip, each on its own source, and joins sources into runs. `alone`: no other
/// track covers any of it.
pub(crate) fn resolve<'a>(
    track: &'a Track,
    alone: bool,
    issues: &mut Vec<Issue>,
) -> Result<Vec<Resolved<'a>>, ConformError> {
    let mut resolved = Vec::with_capacity(track.clips.len());
    for clip in &track.clips {
        resolved.push(Resolved {
            clip,
            source: Arc::clone(&clip.source),
            frames: clip.frame_range()?,
        });
    }
    let mut first = 0;
    while first < resolved.len() {
        let mut chain = Chain::new(&resolved[first].source);
        let mut end = first + 1;
        while let Some(next) = resolved.get(end)
            && chain.take(&next.source)
        {
            end += 1;
        }
        let clips = &mut resolved[first..end];
        let is_whole = |clip: &Resolved<'_>| clip.frames == (0..clip.source.frames().len());
        let plain = track.heads.is_empty() && track.tails.is_empty() && track.gaps.is_empty();
        let whole =
            alone && plain && clips.len() == chain.sources.len() && clips.iter().all(is_whole);
        match chain.join(whole) {
            Ok(joined) => joined.iter().for_each(|joined| joined.place(clips)),
            Err(apart) => issues.extend(clips.iter().filter_map(|clip| left_out(clip, &apart))),
        }
        first = end;
    }
    Ok(resolved)
}

/// A clip of a track of sound, on the source it is cut from.
pub(crate) struct ResolvedSound<'a> {
    pub(crate) clip: &'a Clip,
    pub(crate) source: Arc<Source>,
    /// What it takes of the source's timeline.
    pub(crate) start: RationalTime,
    pub(crate) end: RationalTime,
}

/// The same for a track of sound, by time.
pub(crate) fn resolve_sound(track: &Track) -> Result<Vec<ResolvedSound<'_>>, ConformError> {
    let mut resolved = Vec::with_capacity(track.clips.len());
    for clip in &track.clips {
        let (start, end) = clip.time_range()?;
        resolved.push(ResolvedSound {
            clip,
            source: Arc::clone(&clip.source),
            start,
            end,
        });
    }
    let mut first = 0;
    while first < resolved.len() {
        let mut chain = Chain::new(&resolved[first].source);
        let mut end = first + 1;
        while let Some(next) = resolved.get(end)
            && chain.take(&next.source)
        {
            end += 1;
        }
        let shifts: Vec<(*const Source, RationalTime)> = chain
            .sources
            .iter()
            .map(|(source, shift)| (Arc::as_ptr(source), *shift))
            .collect();
        if let Ok(Some(joined)) = chain.join(false) {
            for clip in &mut resolved[first..end] {
                let own = Arc::as_ptr(&clip.source);
                if let Some((_, shift)) = shifts.iter().find(|(source, _)| *source == own) {
                    clip.start += *shift;
                    clip.end += *shift;
                    clip.source = Arc::clone(&joined.source);
                }
            }
        }
        first = end;
    }
    Ok(resolved)
}

/// Sources that continue one another, in order, each with what brings it onto the clock of the
/// first.
struct Chain {
    sources: Vec<(Arc<Source>, RationalTime)>,
}

impl Chain {
    fn new(source: &Arc<Source>) -> Self {
        Self {
            sources: vec![(Arc::clone(source), RationalTime::ZERO)],
        }
    }

    /// Takes the source of the next clip when it is the last one of the chain or continues it.
    fn take(&mut self, next: &Arc<Source>) -> bool {
        let Some((last, shift)) = self.sources.last() else {
            return false;
        };
        if Arc::ptr_eq(last, next) {
            return true;
        }
        if self
            .sources
            .iter()
            .any(|(known, _)| Arc::ptr_eq(known, next))
        {
            return false;
        }
        match continues(last, *shift, next) {
            Some(shift) => {
                self.sources.push((Arc::clone(next), shift));
                true
            }
            None => false,
        }
    }

    /// The sources as one, where they can be. `whole`: each is shown once, with all of its frames.
    ///
    /// # Errors
    /// They have to stand alone, and then the leading frames of these places can't be shown.
    fn join(self, whole: bool) -> Result<Option<Joined>, Vec<Place>> {
        let [(first, _), _, ..] = self.sources.as_slice() else {
            return Ok(None);
        };
        let joined = Source::joined(&self.sources);
        if joined.frame_rate() != first.frame_rate() {
            return Ok(None);
        }
        let mut places: Vec<Place> = Vec::with_capacity(self.sources.len());
        let mut at = 0;
        for (number, (source, _)) in self.sources.iter().enumerate() {
            let own = source.frames();
            // Each file's frames lie behind those of the file before, leading ones first.
            let is_own = |at: usize| joined.frames().get(at).is_some_and(|f| f.object == number);
            let leading = (at..)
                .take_while(|at| is_own(*at))
                .take_while(|at| {
                    joined.frames().get(*at).map(|f| f.unit) != own.first().map(|f| f.unit)
                })
                .count();
            let start = at + leading;
            let end = start + own.len();
            if !(start..end).all(is_own) {
                return Ok(None);
            }
            places.push(Place {
                source: Arc::as_ptr(source),
                start,
                leading,
            });
            at = end;
        }
        // Of H.264 nothing behind such pictures can be decoded without the file in front: all is copied, or
        // decoded from the first picture on, or each file stands alone.
        let begins = joined.gops().first().is_some_and(|gop| !gop.open);
        let hidden = places.iter().any(|place| place.leading > 0);
        let Some((_, object, track)) = joined.pictures().next() else {
            return Ok(None);
        };
        let opens = object.flow_id.is_none() && (track.codec == "hevc" || whole && begins);
        if hidden && !opens {
            return Err(places);
        }
        Ok((at == joined.frames().len()).then(|| Joined {
            source: Arc::new(joined),
            places,
        }))
    }
}

/// What of a clip can't be shown because its source stands alone.
fn left_out(clip: &Resolved<'_>, places: &[Place]) -> Option<Issue> {
    let own = Arc::as_ptr(&clip.source);
    let place = places.iter().find(|place| place.source == own)?;
    let begins = clip.frames.start == 0 && place.leading > 0;
    begins.then(|| Issue {
        clip: clip.clip.label.clone(),
        what: format!(
            "{} pictures in front of its first key frame need the file before it and are left out: they are shown where all files are taken whole, one behind the other",
            place.leading
        ),
    })
}

/// Where the frames of a file begin in a run.
struct Place {
    source: *const Source,
    start: usize,
    /// Frames in front of them that the file alone can't show: leading pictures, which look into the file
    /// before.
    leading: usize,
}

/// A run as one source.
struct Joined {
    source: Arc<Source>,
    places: Vec<Place>,
}

impl Joined {
    fn place(&self, clips: &mut [Resolved<'_>]) {
        let mut shown_until = None;
        for clip in clips {
            let own = Arc::as_ptr(&clip.source);
            let Some(place) = self.places.iter().find(|place| place.source == own) else {
                continue;
            };
            let (mut start, end) = (
                clip.frames.start + place.start,
                clip.frames.end + place.start,
            );
            // Behind all of the file before, a file begins with what only both of them can show.
            let before = place.start - place.leading;
            if clip.frames.start == 0 && shown_until == Some(before) {
                start = before;
            }
            shown_until = Some(end);
            clip.frames = start..end;
            clip.source = Arc::clone(&self.source);
        }
    }
}

/// What brings `next` onto the clock of `last` when it continues it: the same parameter sets, and
/// raw time stamps that go on within half a frame.
fn continues(last: &Source, shift: RationalTime, next: &Source) -> Option<RationalTime> {
    let ([a], [b]) = (last.objects(), next.objects()) else {
        return None;
    };
    if a.flow_id.is_some() || b.flow_id.is_some() {
        return None;
    }
    let (one, other) = (a.index.video.as_ref()?, b.index.video.as_ref()?);
    let sets = |track: &crate::VideoTrack| {
        track
            .configs
            .iter()
            .map(|config| (config.sps.clone(), config.pps.clone()))
            .collect::<Vec<_>>()
    };
    let same = one.track_id == other.track_id
        && last.frame_rate() == next.frame_rate()
        && sets(one) == sets(other)
        && a.index.audio.is_some() == b.index.audio.is_some();
    if !same {
        return None;
    }
    let gap = last.end() + shift - next.first_picture()?;
    let wraps = if a.index.container == Container::MpegTs {
        let ticks = gap.round_ticks(TS_SCALE);
        (ticks + TS_WRAP / 2).div_euclid(TS_WRAP)
    } else {
        0
    };
    let wrapped = RationalTime::from_ticks(wraps.checked_mul(TS_WRAP)?, TS_SCALE)?;
    let off = gap - wrapped;
    let half = last.frame_duration(last.frames().len().checked_sub(1)?);
    let within = |time: RationalTime| time + time <= half;
    (within(off) && within(-off)).then_some(wrapped)
}
