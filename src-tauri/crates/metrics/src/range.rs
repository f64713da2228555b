//! How far back the numbers look.

use std::fmt;
use std::str::FromStr;

use crate::MetricsError;

const MINUTE_MS: i64 = 60_000;
const UNITS: [(char, i64); 4] = [
    ('w', 7 * 24 * 60 * MINUTE_MS),
    ('d', 24 * 60 * MINUTE_MS),
    ('h', 60 * MINUTE_MS),
    ('m', MINUTE_MS),
];
const LONGEST_MS: i64 = 366 * 24 * 60 * MINUTE_MS;
const LONGEST: &str = "366d";

/// A stretch of time that ends now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    ms: i64,
}

impl Range {
    /// The last 24 hours.
    pub const DAY: Self = Self {
        ms: 24 * 60 * MINUTE_MS,
    };

    /// Milliseconds, more than 0.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.ms
    }

    /// Milliseconds of one point of a series over this range: a minute below three hours, an hour
    /// below two days, else a day.
    #[must_use]
    pub const fn step_ms(self) -> i64 {
        if self.ms < 3 * 60 * MINUTE_MS {
            MINUTE_MS
        } else if self.ms < 48 * 60 * MINUTE_MS {
            60 * MINUTE_MS
        } else {
            24 * 60 * MINUTE_MS
        }
    }
}

/// Reads `30m`, `24h`, `7d`, `2w`.
///
/// # Errors
///
/// [`MetricsError::Range`] for anything else, 0 and more than 366 days.
pub fn parse_range(text: &str) -> Result<Range, MetricsError> {
    let refused = || MetricsError::Range {
        text: text.to_owned(),
        most: LONGEST,
    };
    let trimmed = text.trim();
    let unit = trimmed
        .chars()
        .next_back()
        .map(|unit| unit.to_ascii_lowercase());
    let unit_ms = UNITS
        .iter()
        .find(|(name, _)| Some(*name) == unit)
        .map(|(_, ms)| *ms)
        .ok_or_else(refused)?;
    let count = trimmed
        .get(..trimmed.len() - 1)
        .filter(|count| count.bytes().all(|b| b.is_ascii_digit()));
    let count: i64 = count
        .and_then(|count| count.parse().ok())
        .ok_or_else(refused)?;
    match count.checked_mul(unit_ms) {
        Some(ms) if (1..=LONGEST_MS).contains(&ms) => Ok(Range { ms }),
        _ => Err(refused()),
    }
}

impl FromStr for Range {
    type Err = MetricsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_range(text)
    }
}

impl fmt::Display for Range {
    /// In the largest unit that holds it exactly, but a day is `24h`, as people ask for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = UNITS
            .iter()
            .filter(|(name, ms)| self.ms % ms == 0 && (self.ms > *ms || *name != 'd'));
        match units.into_iter().next() {
            Some((name, ms)) => write!(f, "{}{name}", self.ms / ms),
            None => write!(f, "{}m", self.ms / MINUTE_MS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (text, ms, shown) in [
            ("24h", 86_400_000, "24h"),
            ("1d", 86_400_000, "24h"),
            ("7d", 604_800_000, "1w"),
            ("30D", 2_592_000_000, "30d"),
            ("1h", 3_600_000, "1h"),
            (" 90m ", 5_400_000, "90m"),
            ("2w", 1_209_600_000, "2w"),
            ("366d", 31_622_400_000, "366d"),
        ] {
            let range = parse_range(text).unwrap();
            assert_eq!(
                (range.ms(), range.to_string().as_str()),
                (ms, shown),
                "{text}"
            );
            assert_eq!(parse_range(&range.to_string()), Ok(range));
        }
        for wrong in [
            "",
            "h",
            "24",
            "0h",
            "-1h",
            "1.5h",
            "+1h",
            "1y",
            "367d",
            "99999999999999999999w",
            "é",
            "1é",
            "ｄ",
        ] {
            let error = parse_range(wrong).unwrap_err();
            assert!(error.to_string().contains(&format!("`{wrong}`")), "{error}");
        }
    }

    #[test]
    fn steps_keep_a_series_readable() {
        for (text, step, points) in [
            ("1h", 60_000, 60),
            ("24h", 3_600_000, 24),
            ("30d", 86_400_000, 30),
        ] {
            let range = parse_range(text).unwrap();
            assert_eq!(
                (range.step_ms(), range.ms() / range.step_ms()),
                (step, points)
            );
        }
    }
}
