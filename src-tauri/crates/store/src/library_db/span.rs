//! Timeranges as database keys: exact, and sorted by SQLite as time is.

use mediatime::{TimeRange, Timestamp};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// Half of the 80 bits a key has, which is what cuts at all of [`Timestamp`] need.
const ORIGIN: i128 = 1 << 79;

/// A place where the timeline can be cut in two: right before a nanosecond (an even number, twice the
/// nanosecond) or right after it (the odd number that follows).
///
/// With both, `[0:0_5:0]` ends where `(5:0_9:0)` starts, and no instant is lost or counted twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cut(i128);

impl Cut {
    /// Before all of the timeline.
    const FIRST: Self = Self(-ORIGIN);
    /// After all of the timeline.
    const LAST: Self = Self(ORIGIN - 1);

    fn before(at: Timestamp) -> Self {
        Self(at.nanos() * 2)
    }

    fn after(at: Timestamp) -> Self {
        Self(at.nanos() * 2 + 1)
    }
}

/// What a timerange covers, from one cut of the timeline to a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) starts: Cut,
    pub(super) ends: Cut,
}

impl Span {
    /// The span of a timerange; `None` when it covers nothing.
    pub(super) fn of(range: TimeRange) -> Option<Self> {
        let (with_start, with_end) = range.bounds_inclusive();
        let starts = match range.start() {
            None => Cut::FIRST,
            Some(start) if with_start => Cut::before(start),
            Some(start) => Cut::after(start),
        };
        let ends = match range.end() {
            None => Cut::LAST,
            Some(end) if with_end => Cut::after(end),
            Some(end) => Cut::before(end),
        };
        Self::between(starts, ends)
    }

    /// The span between two cuts; `None` unless `ends` is the later one.
    pub(super) fn between(starts: Cut, ends: Cut) -> Option<Self> {
        (starts < ends).then_some(Self { starts, ends })
    }

    pub(super) fn overlaps(self, other: Self) -> bool {
        self.starts < other.ends && other.starts < self.ends
    }

    /// True when the two overlap, or meet without anything between them.
    pub(super) fn touches(self, other: Self) -> bool {
        self.starts <= other.ends && other.starts <= self.ends
    }

    /// The span from the earlier start to the later end.
    pub(super) fn encompass(self, other: Self) -> Self {
        Self {
            starts: self.starts.min(other.starts),
            ends: self.ends.max(other.ends),
        }
    }

    /// The order of magnitude of its length: spans of one magnitude differ by less than a factor of
    /// two. From 0 to 79.
    pub(super) fn magnitude(self) -> u32 {
        // Between two cuts lies at least one step.
        (self.ends.0 - self.starts.0).checked_ilog2().unwrap_or(0)
    }

    /// Where spans of this magnitude start at the earliest when they overlap this one.
    pub(super) fn reached_from(self, magnitude: u32) -> Cut {
        let longest = 2_i128.checked_shl(magnitude).unwrap_or(i128::MAX);
        Cut(self.starts.0.saturating_sub(longest)).max(Cut::FIRST)
    }
}

/// Ten big-endian bytes, so that comparing bytes compares cuts.
impl ToSql for Cut {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let [_, _, _, _, _, _, key @ ..] = (self.0 + ORIGIN).to_be_bytes();
        Ok(key.to_vec().into())
    }
}

impl FromSql for Cut {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let key = value.as_blob()?;
        let mut bytes = [0; 16];
        let low = &mut bytes[6..];
        if key.len() != low.len() {
            return Err(FromSqlError::InvalidBlobSize {
                expected_size: low.len(),
                blob_size: key.len(),
            });
        }
        low.copy_from_slice(key);
        Ok(Self(i128::from_be_bytes(bytes) - ORIGIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mediatime::Inclusivity;
    use proptest::prelude::*;
    use rusqlite::types::Value;

    fn span(text: &str) -> Option<Span> {
        Span::of(text.parse().unwrap())
    }

    fn key(cut: Cut) -> Vec<u8> {
        match cut.to_sql().unwrap() {
            ToSqlOutput::Owned(Value::Blob(bytes)) => bytes,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn keys_sort_as_cuts_do_and_come_back() {
        let times = [
            Timestamp::MIN,
            Timestamp::from_secs(-1).unwrap(),
            Timestamp::ZERO,
            Timestamp::from_nanos(1).unwrap(),
            Timestamp::from_secs(10).unwrap(),
            Timestamp::MAX,
        ];
        let inner = times
            .iter()
            .flat_map(|at| [Cut::before(*at), Cut::after(*at)]);
        let cuts: Vec<Cut> = [Cut::FIRST]
            .into_iter()
            .chain(inner)
            .chain([Cut::LAST])
            .collect();
        assert!(cuts.is_sorted_by(|a, b| a < b), "{cuts:?}");
        assert!(cuts.is_sorted_by(|a, b| key(*a) < key(*b)));
        for cut in cuts {
            let bytes = key(cut);
            assert_eq!(bytes.len(), 10);
            assert_eq!(Cut::column_result(ValueRef::Blob(&bytes)).unwrap(), cut);
        }
        assert!(Cut::column_result(ValueRef::Blob(&[1; 9])).is_err());
    }

    #[test]
    fn bounds_are_kept_apart() {
        let span = |text| span(text).unwrap();
        assert_eq!(span("[0:0_2:0)").ends, span("[2:0_4:0)").starts);
        assert_eq!(span("[0:0_2:0]").ends, span("(2:0_4:0)").starts);
        assert!(span("[0:0_2:0)").ends < span("(2:0_4:0)").starts);
        assert!(span("[0:0_2:0]").ends > span("[2:0_4:0)").starts);
        assert!(span("[0:0_2:0]").ends < span("[2:1_4:0)").starts);
        assert_eq!(
            span("_"),
            Span {
                starts: Cut::FIRST,
                ends: Cut::LAST
            }
        );
        assert_eq!(Span::of(TimeRange::NEVER), None);
    }

    #[test]
    fn magnitudes_tell_how_far_back_to_look() {
        assert_eq!(span("[0:0]").unwrap().magnitude(), 0);
        assert_eq!(span("_").unwrap().magnitude(), 79);
        let asked = span("[10:0_11:0)").unwrap();
        for magnitude in 0..80 {
            let from = asked.reached_from(magnitude);
            assert!(Cut::FIRST <= from && from < asked.starts);
        }
    }

    /// Ranges with bounds at −3 to 3 ns, so that bounds often coincide.
    fn any_range() -> impl Strategy<Value = TimeRange> {
        let bound = || {
            prop::option::weighted(
                0.85,
                (-3_i128..=3).prop_map(|at| Timestamp::from_nanos(at).unwrap()),
            )
        };
        let inclusivity = prop::sample::select(vec![
            Inclusivity::Exclusive,
            Inclusivity::IncludeStart,
            Inclusivity::IncludeEnd,
            Inclusivity::Inclusive,
        ]);
        (bound(), bound(), inclusivity).prop_map(|(start, end, inclusivity)| {
            TimeRange::with_inclusivity(start, end, inclusivity)
        })
    }

    proptest! {
        #[test]
        fn spans_agree_with_timeranges(a in any_range(), b in any_range()) {
            let (Some(x), Some(y)) = (Span::of(a), Span::of(b)) else {
                prop_assert!(a.is_empty() || b.is_empty());
                return Ok(());
            };
            prop_assert_eq!(x.overlaps(y), a.overlaps(&b));
            prop_assert_eq!(x.touches(y), a.is_contiguous_with(&b));
            prop_assert_eq!(Some(x.encompass(y)), Span::of(a.extend_to_encompass(&b)));
            prop_assert_eq!(x == y, a == b);
            if x.overlaps(y) {
                prop_assert!(x.starts > y.reached_from(x.magnitude()) || x.starts == Cut::FIRST);
            }
        }
    }
}
