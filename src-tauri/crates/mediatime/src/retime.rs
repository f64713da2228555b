//! Frames of a source shown at the frame rate of a sequence.

use crate::{FrameRate, RationalTime, TimeRange};

/// How frames of a source become frames of a sequence.
///
/// A source of the sequence's rate is taken frame for frame, and so is every source of a sequence
/// whose own rate varies. Any other is shown by time: frame `k` of a clip shows the source frame that
/// is seen `k` sequence frames behind the clip's first, so frames are left out or shown again.
///
/// The planner and the timeline both count by this one rule.
///
/// ```
/// use mediatime::{FrameRate, Retime, TimeRange};
///
/// let half = Retime::new(Some(FrameRate::FPS_50), Some(FrameRate::FPS_25));
/// assert_eq!(half.frames(132, TimeRange::NEVER), 66);
/// assert_eq!(half.frames(131, TimeRange::NEVER), 66);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retime {
    source: Option<FrameRate>,
    sequence: Option<FrameRate>,
}

impl Retime {
    /// From the rate of a source to that of a sequence; `None` where frame times are uneven.
    #[must_use]
    pub const fn new(source: Option<FrameRate>, sequence: Option<FrameRate>) -> Self {
        Self { source, sequence }
    }

    /// Frames are taken as they are, each once.
    #[must_use]
    pub fn is_identity(self) -> bool {
        self.sequence.is_none() || self.source == self.sequence
    }

    /// Sequence frames of a clip of so many source frames, at least 1: as many as begin before the
    /// clip ends. `shown` is the clip's time on the source's clock, from its first frame until its
    /// last one ends, in whole nanoseconds; it counts only where the source's frame times are uneven.
    ///
    /// A sequence frame that would begin less than a millisecond before the clip ends is not made:
    /// containers round times by as much. As parts of frames don't add up, the two parts of a clip may
    /// together be one frame longer or shorter than it.
    #[must_use]
    pub fn frames(self, source_frames: u64, shown: TimeRange) -> u64 {
        let Some(sequence) = self.sequence.filter(|_| !self.is_identity()) else {
            return source_frames;
        };
        let even = self.source.map(|source| {
            let count = i64::try_from(source_frames).unwrap_or(i64::MAX);
            source.frame_start(count)
        });
        let Some(duration) = even.or_else(|| shown.length().map(RationalTime::from)) else {
            return source_frames;
        };
        let count = sequence.first_frame_from(duration - rounding()).max(1);
        u64::try_from(count).unwrap_or(1)
    }

    /// How far behind the begin of a clip's first source frame others have begun when frame `frame`
    /// of the clip is shown: it shows the last of them. `None` where frames are taken as they are.
    ///
    /// A source frame that begins up to a millisecond late is the one that is meant.
    #[must_use]
    pub fn reached(self, frame: u64) -> Option<RationalTime> {
        let sequence = self.sequence.filter(|_| !self.is_identity())?;
        let frame = i64::try_from(frame).unwrap_or(i64::MAX);
        Some(sequence.frame_start(frame) + rounding())
    }
}

/// What containers round frame times by, at most.
fn rounding() -> RationalTime {
    RationalTime::saturating(1, 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    fn rate(text: &str) -> Option<FrameRate> {
        (text != "varies").then(|| text.parse().unwrap())
    }

    fn shown(nanos: i128) -> TimeRange {
        let start = Timestamp::from_secs(5).unwrap();
        let end = RationalTime::from(start) + RationalTime::new(nanos, 1_000_000_000).unwrap();
        TimeRange::new(start, end.to_timestamp())
    }

    #[test]
    fn frames_of_another_rate_are_counted_by_time() {
        for (source, sequence, frames, expected) in [
            ("25", "25", 132, 132),
            ("25", "12.5", 132, 66),
            ("25", "12.5", 131, 66),
            ("25", "12.5", 1, 1),
            ("12.5", "25", 66, 132),
            ("50", "25", 5, 3),
            ("25", "30", 10, 12),
            ("25", "30", 9, 11),
            ("30", "25", 9, 8),
            ("29.97", "25", 1000, 835),
            ("25", "29.97", 1000, 1199),
            ("24", "60", 1, 3),
            // A thousandth longer than a frame for every frame: a new one once it is seen.
            ("23.976", "24", 10, 10),
            ("23.976", "24", 24, 24),
            ("23.976", "24", 25, 26),
            ("24", "23.976", 1000, 999),
            ("60", "1", 3, 1),
            // A sequence whose frame times are uneven takes frames as they are.
            ("25", "varies", 132, 132),
            ("varies", "varies", 132, 132),
        ] {
            let retime = Retime::new(rate(source), rate(sequence));
            let counted = retime.frames(frames, TimeRange::NEVER);
            assert_eq!(counted, expected, "{frames} of {source} at {sequence}");
        }
    }

    #[test]
    fn frames_of_uneven_times_are_counted_by_how_long_they_are_shown() {
        let retime = Retime::new(None, rate("25"));
        for (nanos, expected) in [
            (1, 1),
            (40_000_000, 1),
            (40_999_999, 1),
            (41_000_000, 1),
            (41_000_001, 2),
            (1_000_000_000, 25),
            // Times are cut to nanoseconds: what that takes or leaves does not count.
            (999_999_999, 25),
            (1_000_000_001, 25),
        ] {
            assert_eq!(retime.frames(7, shown(nanos)), expected, "{nanos} ns");
        }
        // Nothing says how long they are shown.
        assert_eq!(retime.frames(7, TimeRange::ETERNITY), 7);
    }

    #[test]
    fn no_number_is_too_large() {
        let retime = Retime::new(FrameRate::new(1, u32::MAX), FrameRate::new(u32::MAX, 1));
        assert!(retime.frames(u64::MAX, TimeRange::NEVER) > 1);
        assert!(retime.reached(u64::MAX).is_some());
    }

    #[test]
    fn a_frame_shows_what_has_begun_by_then() {
        let half = Retime::new(rate("50"), rate("25"));
        assert_eq!(half.reached(3), RationalTime::new(121, 1000));
        assert_eq!(Retime::new(rate("25"), rate("25")).reached(3), None);
        assert_eq!(Retime::new(rate("25"), None).reached(3), None);
    }
}
