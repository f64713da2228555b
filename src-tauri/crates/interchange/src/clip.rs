//! What lies on a track: clips, gaps and transitions.

use crate::{Kept, Media, Range, Time};
use mediatime::TimeRange;

/// A part of a medium.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    /// What people call it.
    pub name: String,
    /// What it is cut from: the active media reference.
    pub media: Media,
    /// What there is of the medium, on the medium's own clock.
    pub available: Option<Range>,
    /// What the clip shows, on the same clock; everything there is when absent.
    pub range: Option<Range>,
    /// The same as `range`, exactly, for media in TAMS: OTIO's numbers are too coarse for timestamps
    /// of the present. Only a half-open range that agrees with `range` is read or written.
    pub timerange: Option<TimeRange>,
    /// False when it is switched off and shows nothing.
    pub enabled: bool,
    /// Markers, effects, other media references and whatever else the file said.
    pub kept: Kept,
}

impl Clip {
    /// A clip of `media`.
    pub fn new(name: impl Into<String>, media: Media, range: Option<Range>) -> Self {
        Self {
            name: name.into(),
            media,
            available: None,
            range,
            timerange: None,
            enabled: true,
            kept: Kept::default(),
        }
    }

    /// A clip of a flow: `timerange` of it, in absolute flow time.
    pub fn of_flow(
        name: impl Into<String>,
        host: Option<String>,
        flow: impl Into<String>,
        timerange: TimeRange,
    ) -> Self {
        let media = Media::Tams {
            host,
            flow: flow.into(),
        };
        Self {
            timerange: Some(timerange),
            ..Self::new(name, media, Range::of_flow(&timerange))
        }
    }

    /// The exact timerange, when it may stand for the range: the medium is in TAMS, it is half-open, and
    /// it agrees with `range` to within what OTIO's numbers can tell.
    pub fn exact_timerange(&self) -> Option<TimeRange> {
        let (timerange, range) = (self.timerange?, self.range?);
        let agrees = self.media.is_tams()
            && timerange.bounds_inclusive() == (true, false)
            && range.agrees_with(&timerange);
        agrees.then_some(timerange)
    }
}

/// A stretch of a track with nothing on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// Mostly empty.
    pub name: String,
    /// How long it is; of no length when absent.
    pub range: Option<Range>,
    /// Whatever else the file said.
    pub kept: Kept,
}

impl Gap {
    /// A gap of this length.
    pub fn new(duration: Time) -> Self {
        let start = Time::frames(0, duration.rate());
        Self {
            name: String::new(),
            range: Some(Range { start, duration }),
            kept: Kept::default(),
        }
    }

    /// True when it takes no time.
    pub fn is_empty(&self) -> bool {
        self.range
            .is_none_or(|range| range.duration.seconds() == mediatime::RationalTime::ZERO)
    }
}

/// How one clip becomes the next. It takes no time of its own: it lies over the cut between its
/// neighbours, from `in_offset` before the cut to `out_offset` behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// What people call it.
    pub name: String,
    /// OTIO's `transition_type`, such as `SMPTE_Dissolve`.
    pub kind: String,
    /// How long before the cut it starts.
    pub in_offset: Option<Time>,
    /// How long behind the cut it ends.
    pub out_offset: Option<Time>,
    /// Whatever else the file said.
    pub kept: Kept,
}

#[cfg(test)]
mod tests {
    use super::*;
    use mediatime::FrameRate;

    const ID: &str = "4f2c1a9e-1111-4222-8333-444455556666";

    #[test]
    fn only_a_timerange_that_fits_counts() {
        let timerange: TimeRange = "[1723124225:433333333_1723124227:0)".parse().unwrap();
        let clip = Clip::of_flow("a", None, ID, timerange);
        assert_eq!(clip.exact_timerange(), Some(timerange));
        let mut other = clip.clone();
        other.media = Media::File("a.mp4".to_owned());
        assert_eq!(other.exact_timerange(), None);
        let mut moved = clip.clone();
        moved.range = Some(Range::frames(0, 10, FrameRate::FPS_25));
        assert_eq!(moved.exact_timerange(), None);
        let mut closed = clip;
        closed.timerange = Some("[1723124225:433333333_1723124227:0]".parse().unwrap());
        assert_eq!(closed.exact_timerange(), None);
    }

    #[test]
    fn gaps_may_be_empty() {
        assert!(Gap::new(Time::frames(0, FrameRate::FPS_25)).is_empty());
        assert!(!Gap::new(Time::frames(1, FrameRate::FPS_25)).is_empty());
    }
}
