//! What is asked for: tracks of clips in order, each clip with its marks.

use crate::{ConformError, Mark, Source};
use mediatime::{RationalTime, Timecode};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Tracks that play together.
///
/// Of pictures the topmost track that has any is seen; the sound of all tracks is summed.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// From the bottom up. The first clip of the lowest track with pictures gives the sequence its rate
    /// and its format.
    pub tracks: Vec<Track>,
    /// The timecode of its first frame as the time that so many frames take; drop-frame where the
    /// sequence's rate has such a counting.
    pub start: Option<RationalTime>,
}

impl Edit {
    /// One track of clips, seen and heard.
    pub fn of(clips: impl IntoIterator<Item = Clip>) -> Self {
        Self {
            tracks: vec![Track {
                clips: clips.into_iter().collect(),
                ..Track::default()
            }],
            start: None,
        }
    }

    /// All clips, from the lowest track up.
    pub fn clips(&self) -> impl Iterator<Item = &Clip> {
        self.tracks.iter().flat_map(|track| &track.clips)
    }
}

/// Clips one behind the other.
#[derive(Clone, Debug)]
pub struct Track {
    /// In output order.
    pub clips: Vec<Clip>,
    /// Black and silence in front of a clip, in seconds, by the clip's place. Brought to whole frames of
    /// the sequence.
    pub gaps: BTreeMap<usize, RationalTime>,
    /// How long a clip lasts in the output, in seconds, by its place, where the edit says so: clips of
    /// another rate than the sequence's then end where it says, to the nearest frame.
    pub lengths: BTreeMap<usize, RationalTime>,
    /// How a clip begins, by its place: out of the clip in front of it, or out of the gap.
    pub heads: BTreeMap<usize, Transition>,
    /// How a clip ends, by its place: where a gap or nothing follows. Where a clip follows, it is the
    /// head of that one.
    pub tails: BTreeMap<usize, Transition>,
    /// Its pictures are seen.
    pub pictures: bool,
    /// Its sound is heard.
    pub sound: bool,
    /// Loudness change of its sound in thousandths of a decibel.
    pub gain: i32,
}

impl Default for Track {
    fn default() -> Self {
        Self {
            clips: Vec::new(),
            gaps: BTreeMap::new(),
            lengths: BTreeMap::new(),
            heads: BTreeMap::new(),
            tails: BTreeMap::new(),
            pictures: true,
            sound: true,
            gain: 0,
        }
    }
}

/// A dissolve, or a fade where there is nothing on one side. Both sides play on under it: the clips
/// lie where they would with a cut.
///
/// ```text
/// A  aaaaaaaaaaaa|            a: before the cut b
/// B              |bbbbbbbbb
/// →  aaaaaaaa xxxx xx bbbbbb  x: `before` frames of it before the cut, `behind` behind it
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Seconds from its beginning to the cut (OTIO's `in_offset`).
    pub before: RationalTime,
    /// Seconds from the cut to its end (OTIO's `out_offset`).
    pub behind: RationalTime,
}

/// A part of a source.
#[derive(Clone, Debug)]
pub struct Clip {
    /// The clip as the user wrote it: every error names it.
    pub label: String,
    /// What it is cut from.
    pub source: Arc<Source>,
    /// First frame; the source's first when absent.
    pub mark_in: Option<Mark>,
    /// First frame behind the clip; the source's end when absent.
    pub mark_out: Option<Mark>,
}

impl Clip {
    /// The frames of the source that are in the clip, as a half-open range of indexes into
    /// [`Source::frames`].
    ///
    /// A frame is in the clip iff `in ≤ presentation time < out`.
    ///
    /// # Errors
    /// Marks outside the source, an empty range, timecode without a constant rate.
    pub fn frame_range(&self) -> Result<std::ops::Range<usize>, ConformError> {
        let count = self.source.frames().len();
        if count == 0 {
            return Err(ConformError::NoVideo {
                clip: self.label.clone(),
            });
        }
        let first = match &self.mark_in {
            Some(mark) => self.resolve(mark, "in point")?,
            None => 0,
        };
        let end = match &self.mark_out {
            Some(mark) => self.resolve(mark, "out point")?,
            None => count,
        };
        if first >= end {
            return Err(ConformError::NoFrames {
                clip: self.label.clone(),
            });
        }
        Ok(first..end)
    }

    /// What the clip takes of the source's timeline, by time alone: of a track of sound. It may reach behind
    /// the end of the source: what is missing there is silence.
    pub(crate) fn time_range(&self) -> Result<(RationalTime, RationalTime), ConformError> {
        let start = match &self.mark_in {
            Some(mark) => self.mark_time(mark, "in point")?,
            None => self.source.origin(),
        };
        let end = match &self.mark_out {
            Some(mark) => self.mark_time(mark, "out point")?,
            None => self.source.end(),
        };
        if start >= end {
            return Err(ConformError::NoFrames {
                clip: self.label.clone(),
            });
        }
        let ends = self.source.sounds_until().unwrap_or(self.source.end());
        if ends.max(self.source.end()) <= start {
            return Err(ConformError::OutsideSound {
                clip: self.label.clone(),
                end: (ends - self.source.origin()).to_timestamp(),
            });
        }
        Ok((start, end))
    }

    fn mark_time(&self, mark: &Mark, name: &'static str) -> Result<RationalTime, ConformError> {
        match mark {
            Mark::Offset(offset) => Ok(self.source.origin() + *offset),
            Mark::Absolute(timestamp) => Ok(self.source.zero() + RationalTime::from(*timestamp)),
            Mark::Frame(_) | Mark::Timecode(_) => {
                let frame = self.resolve(mark, name)?;
                let known = self.source.frames().get(frame);
                Ok(known.map_or(self.source.end(), |frame| frame.time))
            }
        }
    }

    /// The time, when it lies on the source.
    fn inside(&self, time: RationalTime, name: &'static str) -> Result<RationalTime, ConformError> {
        // The source's end is floored to nanoseconds wherever it is shown, so the end as shown and
        // everything up to one nanosecond past the exact end is still inside.
        let nanosecond = RationalTime::new(1, 1_000_000_000).unwrap_or(RationalTime::ZERO);
        let start = self.source.origin();
        if time + nanosecond < start || self.source.end() + nanosecond < time {
            return Err(self.outside(name));
        }
        Ok(time)
    }

    fn outside(&self, mark: &'static str) -> ConformError {
        ConformError::OutOfRange {
            clip: self.label.clone(),
            mark,
            frames: self.source.frames().len(),
            end: (self.source.end() - self.source.origin()).to_timestamp(),
        }
    }

    fn resolve(&self, mark: &Mark, name: &'static str) -> Result<usize, ConformError> {
        let outside = || self.outside(name);
        let time = match mark {
            Mark::Frame(frame) => return self.frame_index(*frame).ok_or_else(outside),
            Mark::Timecode(text) => {
                let frame = self.timecode_frame(text)?;
                return self.frame_index(frame).ok_or_else(outside);
            }
            Mark::Offset(offset) => self.source.origin() + *offset,
            Mark::Absolute(timestamp) => self.source.zero() + RationalTime::from(*timestamp),
        };
        let time = self.inside(time, name)?;
        Ok(self
            .source
            .frames()
            .partition_point(|frame| frame.time < time))
    }

    fn frame_index(&self, frame: i64) -> Option<usize> {
        let index = usize::try_from(frame).ok()?;
        (index <= self.source.frames().len()).then_some(index)
    }

    fn timecode_frame(&self, text: &str) -> Result<i64, ConformError> {
        let rate = self
            .source
            .frame_rate()
            .ok_or_else(|| ConformError::NoRate {
                clip: self.label.clone(),
                text: text.to_owned(),
            })?;
        Timecode::parse(text, rate)
            .and_then(|timecode| timecode.to_frame(rate))
            .map_err(|error| ConformError::BadMark {
                clip: self.label.clone(),
                text: text.to_owned(),
                why: error.to_string(),
            })
    }
}
