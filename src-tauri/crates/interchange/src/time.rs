//! OTIO's times: counts at a rate, exact.

use mediatime::{FrameRate, RationalTime, TimeRange, Timestamp};

/// Nanoseconds, as TAMS counts.
const NANOS: u32 = 1_000_000_000;

/// A time with the rate it is counted at: OTIO's RationalTime, exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    seconds: RationalTime,
    rate: FrameRate,
}

impl Time {
    /// `seconds`, to be counted at `rate`.
    pub const fn new(seconds: RationalTime, rate: FrameRate) -> Self {
        Self { seconds, rate }
    }

    /// `count` frames at `rate`.
    pub fn frames(count: i64, rate: FrameRate) -> Self {
        Self::new(rate.frame_start(count), rate)
    }

    /// A timestamp, counted in nanoseconds.
    pub fn nanos(timestamp: Timestamp) -> Self {
        Self::new(timestamp.to_rational(), nanos_rate())
    }

    /// The time in seconds.
    pub const fn seconds(self) -> RationalTime {
        self.seconds
    }

    /// The rate it is counted at.
    pub const fn rate(self) -> FrameRate {
        self.rate
    }

    /// How many frames of the rate; `None` when it is no whole number, or beyond 64 bits.
    pub fn whole_frames(self) -> Option<i64> {
        let frame = self.nearest_frame()?;
        (self.rate.frame_start(frame) == self.seconds).then_some(frame)
    }

    /// The count as a fraction in lowest terms; `None` beyond 128 bits.
    pub(crate) fn count(self) -> Option<(i128, u128)> {
        let (num, den) = (self.seconds.num(), u128::from(self.seconds.den()));
        let (up, down) = (
            u128::from(self.rate.numerator()),
            u128::from(self.rate.denominator()),
        );
        let across = gcd(up, den);
        let (up, den) = (up / across, den / across);
        let across = gcd(num.unsigned_abs(), down);
        let (num, down) = (num / i128::try_from(across).ok()?, down / across);
        let num = num.checked_mul(i128::try_from(up).ok()?)?;
        Some((num, den.checked_mul(down)?))
    }

    /// The nearest whole frame of the rate, when that is within a millionth of one: what a count is
    /// meant to be that floating-point arithmetic has moved.
    pub(crate) fn meant_frame(self) -> Option<i64> {
        let (num, den) = self.count()?;
        let frame = self.nearest_frame()?;
        let away = num.checked_sub(i128::from(frame).checked_mul(i128::try_from(den).ok()?)?)?;
        (away.unsigned_abs().checked_mul(1_000_000)? <= den).then_some(frame)
    }

    fn nearest_frame(self) -> Option<i64> {
        let frame = self.rate.nearest_frame(self.seconds);
        (frame != i64::MAX && frame != i64::MIN).then_some(frame)
    }
}

/// A start and a duration: OTIO's TimeRange. What is read from a file never has a negative duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Where it starts.
    pub start: Time,
    /// How long it is.
    pub duration: Time,
}

impl Range {
    /// `count` frames at `rate` from frame `first` on.
    pub fn frames(first: i64, count: i64, rate: FrameRate) -> Self {
        Self {
            start: Time::frames(first, rate),
            duration: Time::frames(count, rate),
        }
    }

    /// A stretch of a flow, in nanoseconds; `None` when it has no start or no end.
    pub fn of_flow(timerange: &TimeRange) -> Option<Self> {
        let (start, length) = (timerange.start()?, timerange.length()?);
        Some(Self {
            start: Time::nanos(start),
            duration: Time::nanos(length),
        })
    }

    /// Where it ends, exclusive.
    pub fn end(&self) -> RationalTime {
        self.start.seconds() + self.duration.seconds()
    }

    /// True when `timerange` is this range to within what its counts can tell: half a frame at a frame
    /// rate, a microsecond where it counts finer than that, as a float of nanoseconds since 1970 is off
    /// by a quarter of one.
    pub(crate) fn agrees_with(&self, timerange: &TimeRange) -> bool {
        let (Some(start), Some(end)) = (timerange.start(), timerange.end()) else {
            return false;
        };
        let slack = |rate: FrameRate| {
            let nanos = i128::from(NANOS) * i128::from(rate.denominator())
                / (2 * i128::from(rate.numerator()));
            // Just under half a frame, so that a trim by one frame is never taken for noise.
            RationalTime::new((nanos - 1).max(1_000), u64::from(NANOS)).unwrap_or_default()
        };
        let at_start = slack(self.start.rate());
        let at_end = at_start.max(slack(self.duration.rate()));
        within(self.start.seconds(), start.to_rational(), at_start)
            && within(self.end(), end.to_rational(), at_end)
    }
}

fn within(a: RationalTime, b: RationalTime, slack: RationalTime) -> bool {
    a - b <= slack && b - a <= slack
}

/// The rate of nanoseconds.
pub(crate) fn nanos_rate() -> FrameRate {
    FrameRate::new(NANOS, 1).unwrap_or(FrameRate::FPS_25)
}

/// The greatest common divisor, at least 1.
pub(crate) fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(num: i128, den: u64, rate: FrameRate) -> Time {
        Time::new(RationalTime::new(num, den).unwrap(), rate)
    }

    #[test]
    fn counts_are_exact() {
        assert_eq!(Time::frames(7, FrameRate::FPS_29_97).count(), Some((7, 1)));
        assert_eq!(
            Time::frames(-7, FrameRate::FPS_29_97).whole_frames(),
            Some(-7)
        );
        assert_eq!(time(1, 10, FrameRate::FPS_24).count(), Some((12, 5)));
        assert_eq!(time(1, 10, FrameRate::FPS_24).whole_frames(), None);
        let long = Time::nanos(Timestamp::MAX);
        assert_eq!(long.count(), Some((Timestamp::MAX.nanos(), 1)));
        assert_eq!(long.whole_frames(), None, "beyond 64 bits");
    }

    #[test]
    fn noise_is_told_from_fractions() {
        let noisy = time(1_000_000_000_000_001, 24_000_000_000_000, FrameRate::FPS_24);
        assert_eq!(
            (noisy.whole_frames(), noisy.meant_frame()),
            (None, Some(1_000))
        );
        assert_eq!(time(2_001, 48, FrameRate::FPS_24).meant_frame(), None);
    }

    #[test]
    fn a_trim_by_one_frame_is_no_noise() {
        let range = |first| Range::frames(first, 50, FrameRate::FPS_29_97);
        let exact: TimeRange = "[3:336666666_5:5000000)".parse().unwrap();
        assert!(range(100).agrees_with(&exact));
        assert!(!range(101).agrees_with(&exact));
        assert!(!range(100).agrees_with(&TimeRange::ETERNITY));
        let nanos = Range::of_flow(&exact).unwrap();
        let off: TimeRange = "[3:336666410_5:5000000)".parse().unwrap();
        assert!(nanos.agrees_with(&off));
    }
}
