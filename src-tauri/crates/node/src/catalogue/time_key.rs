//! Timestamps as database keys: exact, and sorted by SQLite as time is.

use super::PageKey;
use crate::NodeError;
use mediatime::{Inclusivity, TimeRange, Timestamp};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Value, ValueRef};

/// The middle of the 80 bits a key has, which is more than `Timestamp` needs.
const ORIGIN: i128 = 1 << 79;

/// A number of nanoseconds as ten big-endian bytes, so that comparing bytes compares times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimeKey([u8; 10]);

impl TimeKey {
    /// Before every timestamp.
    pub(crate) const FIRST: Self = Self([0; 10]);
    /// After every timestamp.
    pub(crate) const LAST: Self = Self([0xff; 10]);

    fn new(nanos: i128) -> Self {
        let [_, _, _, _, _, _, key @ ..] = (nanos + ORIGIN).to_be_bytes();
        Self(key)
    }

    fn nanos(self) -> i128 {
        let mut bytes = [0; 16];
        bytes[6..].copy_from_slice(&self.0);
        i128::from_be_bytes(bytes) - ORIGIN
    }

    pub(crate) fn timestamp(self) -> Timestamp {
        Timestamp::from_nanos(self.nanos()).unwrap_or_default()
    }

    /// The nanosecond before this one.
    pub(crate) fn before(self) -> Self {
        Self::new(self.nanos() - 1)
    }

    /// The nanosecond after this one.
    pub(crate) fn next(self) -> Self {
        if self == Self::LAST {
            self
        } else {
            Self::new(self.nanos() + 1)
        }
    }

    /// The key a page of segments ended at.
    pub(crate) fn from_page(key: &PageKey) -> Result<Self, NodeError> {
        let foreign =
            || NodeError::invalid("page", "is no page key of segments; follow the Link header");
        match key.position(1)?.into_iter().next() {
            Some(Value::Blob(bytes)) => bytes.try_into().map(Self).map_err(|_| foreign()),
            _ => Err(foreign()),
        }
    }
}

/// The half-open stretch of nanoseconds a timerange covers: `[10:0]` is one nanosecond long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeSpan {
    /// The first nanosecond in it.
    pub(crate) start: TimeKey,
    /// The first nanosecond after it.
    pub(crate) end: TimeKey,
}

impl From<TimeRange> for TimeSpan {
    fn from(range: TimeRange) -> Self {
        if range.is_empty() {
            return Self {
                start: TimeKey::FIRST,
                end: TimeKey::FIRST,
            };
        }
        let (with_start, with_end) = range.bounds_inclusive();
        Self {
            start: range.start().map_or(TimeKey::FIRST, |start| {
                TimeKey::new(start.nanos() + i128::from(!with_start))
            }),
            end: range.end().map_or(TimeKey::LAST, |end| {
                TimeKey::new(end.nanos() + i128::from(with_end))
            }),
        }
    }
}

impl TimeSpan {
    /// Whether all of `other` lies in it.
    pub(crate) fn covers(self, other: Self) -> bool {
        self.start <= other.start && other.start < self.end && other.end <= self.end
    }

    /// The timerange from `start` to `end`, whose end was stored as `end_inclusive` says.
    pub(crate) fn timerange(self, end_inclusive: bool) -> TimeRange {
        let (end, inclusivity) = if end_inclusive {
            (self.end.before(), Inclusivity::Inclusive)
        } else {
            (self.end, Inclusivity::IncludeStart)
        };
        TimeRange::with_inclusivity(
            Some(self.start.timestamp()),
            Some(end.timestamp()),
            inclusivity,
        )
    }
}

impl ToSql for TimeKey {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(&self.0)))
    }
}

impl FromSql for TimeKey {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let bytes = value.as_blob()?;
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| FromSqlError::InvalidBlobSize {
                expected_size: 10,
                blob_size: bytes.len(),
            })
    }
}

impl From<TimeKey> for Value {
    fn from(key: TimeKey) -> Self {
        Self::Blob(key.0.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> TimeSpan {
        TimeSpan::from(text.parse::<TimeRange>().unwrap())
    }

    #[test]
    fn keys_sort_as_time_does_and_come_back() {
        let times: Vec<Timestamp> = [
            i128::MIN,
            -1_000_000_000,
            -1,
            0,
            1,
            999_999_999,
            1_000_000_000,
            10_000_000_000,
            i128::MAX,
        ]
        .into_iter()
        .map(|nanos| match nanos {
            i128::MIN => Timestamp::MIN,
            i128::MAX => Timestamp::MAX,
            nanos => Timestamp::from_nanos(nanos).unwrap(),
        })
        .collect();
        let keys: Vec<TimeKey> = times.iter().map(|at| TimeKey::new(at.nanos())).collect();
        assert!(keys.is_sorted());
        assert!(TimeKey::FIRST < keys[0] && keys[keys.len() - 1] < TimeKey::LAST);
        let back: Vec<Timestamp> = keys.into_iter().map(TimeKey::timestamp).collect();
        assert_eq!(back, times);
    }

    #[test]
    fn spans_keep_the_bounds_apart() {
        assert_eq!(span("[0:0_10:0)").end, span("[10:0_20:0)").start);
        assert!(span("[10:0]").start < span("[10:0]").end);
        assert!(span("[0:0_10:0]").end > span("[10:0_20:0)").start);
        assert_eq!(span("(5:0_").start, span("[5:1_").start);
        assert_eq!(
            span("_"),
            TimeSpan {
                start: TimeKey::FIRST,
                end: TimeKey::LAST
            }
        );
        assert_eq!(span("()").start, span("()").end);
        for text in ["[0:0_10:0)", "[10:0]", "[-5:1_3:2]"] {
            let range: TimeRange = text.parse().unwrap();
            assert_eq!(
                TimeSpan::from(range).timerange(range.bounds_inclusive().1),
                range
            );
        }
    }
}
