//! Exact seconds as reduced fractions.

use std::cmp::Ordering;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::{deserialize, digits, excerpt};
use crate::{TimeError, Timestamp};

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// An exact number of seconds, as a fraction in lowest terms with a positive denominator.
///
/// Frame boundaries at 30000/1001 and samples at 48 kHz fall between nanoseconds; this type holds
/// them without rounding. Its values lie between [`Timestamp::MIN`] and [`Timestamp::MAX`].
///
/// Equality, order and hashing are by exact value. The text form, also in JSON, is `num/den`.
///
/// ```
/// use mediatime::{FrameRate, RationalTime};
///
/// let frame = FrameRate::FPS_29_97.frame_start(1);
/// assert_eq!(frame.to_string(), "1001/30000");
/// assert_eq!(frame.to_timestamp().to_string(), "0:33366666");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RationalTime {
    num: i128,
    den: u64,
}

impl RationalTime {
    /// No time at all, `0/1`.
    pub const ZERO: Self = Self { num: 0, den: 1 };

    /// `num / den` seconds, reduced; `None` when `den` is 0 or the value lies outside the limits of
    /// [`Timestamp`].
    pub fn new(num: i128, den: u64) -> Option<Self> {
        if den == 0 {
            return None;
        }
        let reduced = Self::reduce(num, den);
        reduced.within_limits().then_some(reduced)
    }

    /// `ticks` of a clock that runs at `scale` ticks per second, as containers and PTS count time;
    /// `None` when `scale` is 0 or the value lies outside the limits of [`Timestamp`].
    pub fn from_ticks(ticks: i64, scale: u32) -> Option<Self> {
        Self::new(i128::from(ticks), u64::from(scale))
    }

    /// The numerator, in lowest terms; it carries the sign.
    pub const fn num(self) -> i128 {
        self.num
    }

    /// The denominator, in lowest terms; never 0.
    pub const fn den(self) -> u64 {
        self.den
    }

    /// `self × factor`; `None` when the result lies outside the limits of [`Timestamp`].
    pub fn checked_mul(self, factor: i64) -> Option<Self> {
        // A product within the limits is below 2¹¹², so overflow means it lies outside.
        Self::new(self.num.checked_mul(i128::from(factor))?, self.den)
    }

    /// The last tick at or before this time, at `scale` ticks per second; stops at the limits of
    /// `i64`.
    pub fn floor_ticks(self, scale: u32) -> i64 {
        saturate(self.times(u64::from(scale), 1).floor)
    }

    /// The tick nearest to this time, at `scale` ticks per second, halves away from zero; stops at the
    /// limits of `i64`.
    pub fn round_ticks(self, scale: u32) -> i64 {
        let halves = self.abs().times(2 * u64::from(scale), 1).floor;
        saturate((halves + 1) / 2 * self.num.signum())
    }

    /// The first tick at or after this time, at `scale` ticks per second; stops at the limits of
    /// `i64`.
    pub fn ceil_ticks(self, scale: u32) -> i64 {
        saturate(self.times(u64::from(scale), 1).ceil())
    }

    /// The last whole nanosecond at or before this time.
    ///
    /// Before the origin this differs by one nanosecond from
    /// [`FrameRate::timestamp_of`](crate::FrameRate::timestamp_of), which rounds towards zero.
    pub fn to_timestamp(self) -> Timestamp {
        Timestamp::saturating_from_nanos(self.times(NANOS_PER_SEC, 1).floor)
    }

    /// The nearest `f64` number of seconds, for printing and drawing only: it can't tell neighbouring
    /// frames apart far from the origin.
    pub fn as_seconds_f64_for_display(self) -> f64 {
        self.num as f64 / self.den as f64
    }

    /// The distance from the origin.
    pub(crate) fn abs(self) -> Self {
        Self {
            num: self.num.abs(),
            den: self.den,
        }
    }

    /// −1 before the origin, 0 on it, 1 after it.
    pub(crate) fn signum(self) -> i128 {
        self.num.signum()
    }

    /// `num / den` seconds, reduced, or the limit of [`Timestamp`] it lies past. `den` must not be 0.
    pub(crate) fn saturating(num: i128, den: u64) -> Self {
        let reduced = Self::reduce(num, den);
        if reduced.within_limits() {
            return reduced;
        }
        let limit = if num < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        };
        Self::from(limit)
    }

    /// `self × mul / div`, split into whole units and the rest. `mul` is at most 2³³, `div` is a `u32`
    /// other than 0; every product then fits 128 bits.
    pub(crate) fn times(self, mul: u64, div: u32) -> Scaled {
        let (secs, rest) = self.split();
        let whole = secs * i128::from(mul);
        let div = i128::from(div);
        let carried = whole.rem_euclid(div).unsigned_abs();
        let num = carried * u128::from(self.den) + u128::from(rest) * u128::from(mul);
        let den = u128::from(self.den) * div.unsigned_abs();
        Scaled {
            floor: whole.div_euclid(div) + (num / den) as i128,
            rest: num % den,
        }
    }

    fn reduce(num: i128, den: u64) -> Self {
        // Media times fit 64 bits nearly always, and dividing those is many times as fast.
        if let (Ok(num), Ok(signed)) = (i64::try_from(num), i64::try_from(den)) {
            let common = gcd(num.rem_euclid(signed).unsigned_abs(), den);
            // `common` divides `den`, which fits.
            let divisor = i64::try_from(common).unwrap_or(signed);
            return Self {
                num: i128::from(num / divisor),
                den: den / common,
            };
        }
        let rest = num.rem_euclid(i128::from(den)) as u64;
        let common = gcd(rest, den);
        Self {
            num: num / i128::from(common),
            den: den / common,
        }
    }

    fn within_limits(self) -> bool {
        let limit = Timestamp::MAX.nanos().unsigned_abs();
        let (limit_secs, limit_nanos) = (
            limit / u128::from(NANOS_PER_SEC),
            limit % u128::from(NANOS_PER_SEC),
        );
        let den = u128::from(self.den);
        let magnitude = self.num.unsigned_abs();
        if magnitude < limit_secs {
            return true;
        }
        match (magnitude / den).cmp(&limit_secs) {
            Ordering::Less => true,
            Ordering::Equal => (magnitude % den) * u128::from(NANOS_PER_SEC) <= limit_nanos * den,
            Ordering::Greater => false,
        }
    }

    /// Whole seconds below, and the rest over the denominator.
    fn split(self) -> (i128, u64) {
        let den = i128::from(self.den);
        (self.num.div_euclid(den), self.num.rem_euclid(den) as u64)
    }

    /// The same where everything fits without reducing, which is nearly always and many times as fast.
    fn small_sum(self, other: Self) -> Option<(i128, u64)> {
        let (a, b) = (
            i64::try_from(self.num).ok()?,
            i64::try_from(other.num).ok()?,
        );
        let (a, b) = (i128::from(a), i128::from(b));
        if self.den == other.den {
            return Some((a + b, self.den));
        }
        let common = gcd(self.den, other.den);
        let (a_scale, b_scale) = (other.den / common, self.den / common);
        let num = (a * i128::from(a_scale)).checked_add(b * i128::from(b_scale))?;
        Some((num, b_scale.checked_mul(other.den)?))
    }

    /// `self + other` when its denominator fits, before looking at the limits.
    fn exact_sum(self, other: Self) -> Option<(i128, u64)> {
        if let Some(sum) = self.small_sum(other) {
            return Some(sum);
        }
        let (a_secs, a_rest) = self.split();
        let (b_secs, b_rest) = other.split();
        let common = gcd(self.den, other.den);
        let (a_scale, b_scale) = (other.den / common, self.den / common);
        // If this overflows, no common factor is left that could bring the denominator into 64 bits.
        let rest = (u128::from(a_rest) * u128::from(a_scale))
            .checked_add(u128::from(b_rest) * u128::from(b_scale))?;
        let common = gcd((rest % u128::from(common)) as u64, common);
        let den = u64::try_from(u128::from(b_scale) * u128::from(other.den / common)).ok()?;
        let num = (rest / u128::from(common)) as i128;
        Some(((a_secs + b_secs) * i128::from(den) + num, den))
    }

    /// `self + other` to the nearest nanosecond, halves up.
    fn rounded_sum(self, other: Self) -> i128 {
        let half_nanos = 2 * NANOS_PER_SEC;
        let (a, b) = (self.times(half_nanos, 1), other.times(half_nanos, 1));
        let missing = u128::from(self.den) - a.rest;
        let carry = b.rest * u128::from(self.den) >= missing * u128::from(other.den);
        (a.floor + b.floor + i128::from(carry) + 1).div_euclid(2)
    }
}

/// A scaled time: whole units, and what is left over a known denominator.
pub(crate) struct Scaled {
    /// Whole units at or below the value.
    pub(crate) floor: i128,
    /// The rest, over the time's denominator times the divisor.
    pub(crate) rest: u128,
}

impl Scaled {
    /// Whole units at or above the value.
    pub(crate) fn ceil(&self) -> i128 {
        self.floor + i128::from(self.rest > 0)
    }
}

/// The nearest `i64`.
pub(crate) fn saturate(value: i128) -> i64 {
    value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

/// The greatest common divisor; 0 only if both are 0.
pub(crate) const fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl From<Timestamp> for RationalTime {
    fn from(timestamp: Timestamp) -> Self {
        Self::reduce(timestamp.nanos(), NANOS_PER_SEC)
    }
}

impl Default for RationalTime {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Ord for RationalTime {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Ok(a), Ok(b)) = (i64::try_from(self.num), i64::try_from(other.num)) {
            let (a, b) = (i128::from(a), i128::from(b));
            return (a * i128::from(other.den)).cmp(&(b * i128::from(self.den)));
        }
        let (a_secs, a_rest) = self.split();
        let (b_secs, b_rest) = other.split();
        a_secs.cmp(&b_secs).then_with(|| {
            let a = u128::from(a_rest) * u128::from(other.den);
            let b = u128::from(b_rest) * u128::from(self.den);
            a.cmp(&b)
        })
    }
}

impl PartialOrd for RationalTime {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Exact whenever the sum's reduced denominator fits 64 bits, which holds for any mix of nanoseconds,
/// frame rates and sample rates in use. Otherwise the nearest nanosecond. Stops at the limits of
/// [`Timestamp`].
impl Add for RationalTime {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        match self.exact_sum(other) {
            Some((num, den)) => Self::saturating(num, den),
            None => Self::from(Timestamp::saturating_from_nanos(self.rounded_sum(other))),
        }
    }
}

/// As for addition.
impl Sub for RationalTime {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for RationalTime {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            num: -self.num,
            den: self.den,
        }
    }
}

impl AddAssign for RationalTime {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for RationalTime {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for RationalTime {
    fn sum<I: Iterator<Item = Self>>(times: I) -> Self {
        times.fold(Self::ZERO, Add::add)
    }
}

impl<'a> Sum<&'a RationalTime> for RationalTime {
    fn sum<I: Iterator<Item = &'a RationalTime>>(times: I) -> Self {
        times.copied().sum()
    }
}

impl fmt::Display for RationalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.num, self.den))
    }
}

impl fmt::Debug for RationalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RationalTime {
    type Err = TimeError;

    /// Reads `num/den`, not necessarily reduced, or a whole number of seconds.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let fail = |reason| TimeError::RationalTime {
            text: excerpt(text),
            reason,
        };
        let (num_text, den_text) = text.split_once('/').unwrap_or((text, "1"));
        let (negative, magnitude) = match num_text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, num_text),
        };
        let (Some(num), Some(den)) = (digits(magnitude), digits(den_text)) else {
            return Err(fail("numerator and denominator must be digits"));
        };
        let (Ok(num), Ok(den)) = (i128::try_from(num), u64::try_from(den)) else {
            return Err(fail("its numbers are too large"));
        };
        if den == 0 {
            return Err(fail("the denominator is 0"));
        }
        Self::new(if negative { -num } else { num }, den)
            .ok_or_else(|| fail("it is beyond the limits of a timestamp"))
    }
}

impl Serialize for RationalTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RationalTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer, "seconds as a fraction such as \"1001/30000\"")
    }
}

#[cfg(test)]
mod tests;
