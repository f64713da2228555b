//! Nanosecond timestamps with the TAMS text form.

use std::fmt;
use std::ops::Neg;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::{deserialize, digits, excerpt, has_leading_zero, leading_number};
use crate::{RationalTime, TimeError};

const NANOS_PER_SEC: i128 = 1_000_000_000;
/// PTP counts seconds in 48 bits; `mediatimestamp` takes its limit from there.
const MAX_SECS: i128 = (1 << 48) - 1;
const MAX_NANOS: i128 = MAX_SECS * NANOS_PER_SEC + (NANOS_PER_SEC - 1);

/// A signed instant or distance in whole nanoseconds, between [`Timestamp::MIN`] and
/// [`Timestamp::MAX`].
///
/// What zero means is up to the timeline it lies on: a TAMS flow, an object's own media timeline, or
/// UTC for a [`Clock`](crate::Clock).
///
/// The text form is that of TAMS `timestamp.json`: `S:N`, seconds and nanoseconds, with one sign in
/// front that covers both. `-0:800000000` is −0.8 s. Values past the limits are read as the limit, as
/// `mediatimestamp` does.
///
/// ```
/// use mediatime::Timestamp;
///
/// let half_before: Timestamp = "-0:500000000".parse()?;
/// assert_eq!(half_before.nanos(), -500_000_000);
/// assert_eq!((-half_before).to_string(), "0:500000000");
/// # Ok::<(), mediatime::TimeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i128);

impl Timestamp {
    /// The origin of the timeline, `0:0`.
    pub const ZERO: Self = Self(0);
    /// The latest timestamp, 2⁴⁸ s − 1 ns.
    pub const MAX: Self = Self(MAX_NANOS);
    /// The earliest timestamp, −(2⁴⁸ s − 1 ns).
    pub const MIN: Self = Self(-MAX_NANOS);

    /// The timestamp `nanos` nanoseconds from the origin; `None` outside the limits.
    pub const fn from_nanos(nanos: i128) -> Option<Self> {
        if nanos < -MAX_NANOS || nanos > MAX_NANOS {
            None
        } else {
            Some(Self(nanos))
        }
    }

    /// The timestamp `secs` whole seconds from the origin; `None` outside the limits.
    pub const fn from_secs(secs: i64) -> Option<Self> {
        Self::from_nanos((secs as i128) * NANOS_PER_SEC)
    }

    /// The nearest timestamp to `nanos`: itself, or the limit it lies past.
    pub(crate) fn saturating_from_nanos(nanos: i128) -> Self {
        Self(nanos.clamp(-MAX_NANOS, MAX_NANOS))
    }

    /// Nanoseconds from the origin.
    pub const fn nanos(self) -> i128 {
        self.0
    }

    /// `self + other`; `None` outside the limits.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        Self::from_nanos(self.0 + other.0)
    }

    /// `self - other`; `None` outside the limits.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        Self::from_nanos(self.0 - other.0)
    }

    /// `self + other`, stopping at the limits.
    pub fn saturating_add(self, other: Self) -> Self {
        Self::saturating_from_nanos(self.0 + other.0)
    }

    /// `self - other`, stopping at the limits.
    pub fn saturating_sub(self, other: Self) -> Self {
        Self::saturating_from_nanos(self.0 - other.0)
    }

    /// The same time as an exact number of seconds.
    pub fn to_rational(self) -> RationalTime {
        RationalTime::from(self)
    }

    /// Reads what people type and careless programs write, beyond the strict form of [`FromStr`]:
    /// blanks around the text, a `+`, leading zeros, nanoseconds of a second or more (carried over),
    /// whole seconds `12`, and decimal seconds `1.5` (digits past the ninth are cut off).
    ///
    /// # Errors
    ///
    /// [`TimeError::Timestamp`] when it is none of those.
    pub fn parse_tolerant(text: &str) -> Result<Self, TimeError> {
        let trimmed = text.trim();
        let (negative, magnitude) = match trimmed.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
        };
        let nanos = if let Some((secs, nanos)) = magnitude.split_once(':') {
            whole(secs)
                .zip(digits(nanos))
                .map(|(secs, nanos)| secs.saturating_add(nanos))
        } else if let Some((secs, decimals)) = magnitude.split_once('.') {
            whole(secs)
                .zip(fraction(decimals))
                .map(|(secs, nanos)| secs.saturating_add(nanos))
        } else {
            whole(magnitude)
        };
        match nanos {
            Some(nanos) => Ok(Self::signed(negative, nanos)),
            None => Err(syntax(
                text,
                "it is neither seconds:nanoseconds nor seconds",
            )),
        }
    }

    fn signed(negative: bool, nanos: u128) -> Self {
        let magnitude = i128::try_from(nanos).unwrap_or(i128::MAX);
        Self::saturating_from_nanos(if negative { -magnitude } else { magnitude })
    }
}

/// Digits of seconds, as nanoseconds.
fn whole(secs: &str) -> Option<u128> {
    digits(secs).map(|secs| secs.saturating_mul(NANOS_PER_SEC.unsigned_abs()))
}

/// Digits after a decimal point, as nanoseconds.
fn fraction(decimals: &str) -> Option<u128> {
    digits(decimals)?;
    let kept = decimals.get(..9).unwrap_or(decimals);
    let scale = 10_u128.pow(9_u32.saturating_sub(kept.len() as u32));
    digits(kept).map(|value| value * scale)
}

fn syntax(text: &str, reason: &'static str) -> TimeError {
    TimeError::Timestamp {
        text: excerpt(text),
        reason,
    }
}

impl Neg for Timestamp {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        let second = NANOS_PER_SEC.unsigned_abs();
        f.pad(&format!(
            "{sign}{}:{}",
            magnitude / second,
            magnitude % second
        ))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Timestamp {
    /// Reads the timestamp without sign that `bytes` begin with, and answers with what is behind it.
    /// `None` for everything else.
    pub(crate) fn leading(bytes: &[u8]) -> Option<(Self, &[u8])> {
        /// Digits of the latest second, 2⁴⁸ − 1.
        const SECONDS: usize = 15;
        let (secs, rest) = leading_number(bytes, SECONDS)?;
        let (nanos, rest) = leading_number(rest.strip_prefix(b":")?, 9)?;
        let nanos = u128::from(secs) * 1_000_000_000 + u128::from(nanos);
        Some((Self::signed(false, nanos), rest))
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    /// Reads the strict TAMS form, `-?(0|[1-9][0-9]*):(0|[1-9][0-9]{0,8})`.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let (negative, magnitude) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let Some((secs, nanos)) = magnitude.split_once(':') else {
            return Err(syntax(
                text,
                "there is no “:” between seconds and nanoseconds",
            ));
        };
        let (Some(secs_nanos), Some(nanos_value)) = (whole(secs), digits(nanos)) else {
            return Err(syntax(text, "seconds and nanoseconds must be digits"));
        };
        if has_leading_zero(secs) || has_leading_zero(nanos) {
            return Err(syntax(text, "leading zeros are not allowed"));
        }
        if nanos.len() > 9 {
            return Err(syntax(text, "nanoseconds go up to 999999999"));
        }
        Ok(Self::signed(
            negative,
            secs_nanos.saturating_add(nanos_value),
        ))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer, "a timestamp such as \"1:40000000\"")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(nanos: i128) -> Timestamp {
        Timestamp::from_nanos(nanos).unwrap()
    }

    #[test]
    fn limits_are_those_of_ptp() {
        assert_eq!(Timestamp::MAX.to_string(), "281474976710655:999999999");
        assert_eq!(Timestamp::MIN, -Timestamp::MAX);
        assert_eq!(Timestamp::from_nanos(MAX_NANOS + 1), None);
        assert_eq!(Timestamp::from_nanos(-MAX_NANOS - 1), None);
        assert_eq!(Timestamp::from_nanos(i128::MIN), None);
        assert_eq!(Timestamp::from_secs(1 << 48), None);
        assert_eq!(Timestamp::from_secs(-(1 << 48)), None);
        assert_eq!(Timestamp::from_secs(i64::MIN), None);
        assert_eq!(Timestamp::from_secs(-3).unwrap().nanos(), -3_000_000_000);
        assert_eq!(Timestamp::default(), Timestamp::ZERO);
    }

    #[test]
    fn arithmetic_checks_or_stops_at_the_limits() {
        assert_eq!(at(5).checked_add(at(-7)), Some(at(-2)));
        assert_eq!(at(5).checked_sub(at(7)), Some(at(-2)));
        assert_eq!(Timestamp::MAX.checked_add(at(1)), None);
        assert_eq!(Timestamp::MIN.checked_sub(at(1)), None);
        assert_eq!(Timestamp::MAX.saturating_add(at(1)), Timestamp::MAX);
        assert_eq!(
            Timestamp::MIN.saturating_sub(Timestamp::MAX),
            Timestamp::MIN
        );
        assert_eq!(Timestamp::MAX.saturating_sub(at(1)).nanos(), MAX_NANOS - 1);
    }

    #[test]
    fn errors_say_what_is_wrong_and_stay_short() {
        let table = [
            ("5", "between seconds and nanoseconds"),
            ("1:1000000000", "up to 999999999"),
            ("1:05", "leading zeros"),
            ("01:5", "leading zeros"),
            ("+1:5", "must be digits"),
            ("1:5:6", "must be digits"),
        ];
        for (text, part) in table {
            let message = text.parse::<Timestamp>().unwrap_err().to_string();
            assert!(
                message.contains(part) && message.contains(text),
                "{text}: {message}"
            );
        }
        let message = "é"
            .repeat(100_000)
            .parse::<Timestamp>()
            .unwrap_err()
            .to_string();
        assert!(message.len() < 400, "{} bytes", message.len());
        assert!("9".repeat(100_000).parse::<Timestamp>().is_err());
        assert_eq!(
            format!("{}:0", "9".repeat(100_000)).parse(),
            Ok(Timestamp::MAX)
        );
        let ten_times_two_to_the_128 = "3402823669209384634633746074317682114560:0";
        assert_eq!(ten_times_two_to_the_128.parse(), Ok(Timestamp::MAX));
    }

    #[test]
    fn json_is_the_text() {
        assert_eq!(
            serde_json::to_string(&at(-800_000_000)).unwrap(),
            "\"-0:800000000\""
        );
        assert_eq!(
            serde_json::from_str::<Timestamp>("\"1:1\"").unwrap(),
            at(1_000_000_001)
        );
        assert_eq!(
            serde_json::from_value::<Timestamp>("1:1".into()).unwrap(),
            at(1_000_000_001)
        );
        assert!(serde_json::from_str::<Timestamp>("1").is_err());
        assert!(serde_json::from_str::<Timestamp>("\"1.5\"").is_err());
    }

    proptest! {
        #[test]
        fn text_round_trips(nanos in -MAX_NANOS..=MAX_NANOS) {
            let text = at(nanos).to_string();
            prop_assert_eq!(text.parse(), Ok(at(nanos)));
            prop_assert_eq!(Timestamp::parse_tolerant(&text), Ok(at(nanos)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-+0-9:. x]{0,24}") {
            let tolerant = Timestamp::parse_tolerant(&text);
            if let Ok(strict) = text.parse::<Timestamp>() {
                prop_assert_eq!(tolerant, Ok(strict));
            }
        }

        #[test]
        fn order_is_that_of_nanoseconds(a in -MAX_NANOS..=MAX_NANOS, b in -MAX_NANOS..=MAX_NANOS) {
            prop_assert_eq!(at(a).cmp(&at(b)), a.cmp(&b));
            prop_assert_eq!(at(a).to_rational().cmp(&at(b).to_rational()), a.cmp(&b));
            prop_assert_eq!(at(a).to_rational().to_timestamp(), at(a));
        }
    }
}
