//! Ranges between timestamps with the TAMS text form.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::{deserialize, excerpt};
use crate::{FrameRate, TimeError, Timestamp};

/// Which of a range's bounds belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Inclusivity {
    /// `(start_end)`: neither bound.
    Exclusive,
    /// `[start_end)`: the start only, as segments of media with a duration have it.
    IncludeStart,
    /// `(start_end]`: the end only.
    IncludeEnd,
    /// `[start_end]`: both bounds.
    Inclusive,
}

impl Inclusivity {
    const fn start(self) -> bool {
        matches!(self, Self::IncludeStart | Self::Inclusive)
    }

    const fn end(self) -> bool {
        matches!(self, Self::IncludeEnd | Self::Inclusive)
    }
}

/// A stretch of a timeline: each bound inclusive, exclusive or missing.
///
/// Every value is in its one normal form, so `==` and hashing compare the times covered: ranges that
/// cover nothing are all [`TimeRange::NEVER`], and a missing bound counts as inclusive.
///
/// | text | meaning | written as |
/// |---|---|---|
/// | `_`, `(_)`, `[_]` | eternity | `_` |
/// | `()`, and any range that ends before it starts, or where it starts unless both bounds are inclusive | never | `()` |
/// | `[10:0]`, `10:0`, `[10:0_10:0]` | the instant | `[10:0]` |
/// | `(5:0_`, `(5:0_]` | after 5 s, a mark on a missing bound means nothing | `(5:0_` |
/// | `0:0_10:0`, `[0:0_10:0` | a missing mark is inclusive | `[0:0_10:0]` |
///
/// The grammar is that of TAMS `timerange.json`; the readings are those of `mediatimestamp`.
///
/// ```
/// use mediatime::TimeRange;
///
/// let first: TimeRange = "[0:0_2:0)".parse()?;
/// let second: TimeRange = "[2:0_3:0)".parse()?;
/// assert!(first.is_contiguous_with(&second) && !first.overlaps(&second));
/// assert_eq!(first.extend_to_encompass(&second).to_string(), "[0:0_3:0)");
/// # Ok::<(), mediatime::TimeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeRange {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    include_start: bool,
    include_end: bool,
}

impl TimeRange {
    /// The range that covers nothing, `()`.
    pub const NEVER: Self = Self {
        start: Some(Timestamp::ZERO),
        end: Some(Timestamp::ZERO),
        include_start: false,
        include_end: false,
    };
    /// The range that covers the whole timeline, `_`.
    pub const ETERNITY: Self = Self {
        start: None,
        end: None,
        include_start: true,
        include_end: true,
    };

    /// The half-open range `[start_end)`; [`TimeRange::NEVER`] unless `start` lies before `end`.
    pub fn new(start: Timestamp, end: Timestamp) -> Self {
        Self::with_inclusivity(Some(start), Some(end), Inclusivity::IncludeStart)
    }

    /// The range between two bounds, either of which may be missing. It is [`TimeRange::NEVER`] when
    /// `end` lies before `start`, or on it unless both are inclusive.
    pub fn with_inclusivity(
        start: Option<Timestamp>,
        end: Option<Timestamp>,
        inclusivity: Inclusivity,
    ) -> Self {
        Self::normal(start, end, inclusivity.start(), inclusivity.end())
    }

    /// The range of one timestamp, `[at]`.
    pub fn instant(at: Timestamp) -> Self {
        Self::normal(Some(at), Some(at), true, true)
    }

    /// Everything from `start` on, `[start_`.
    pub fn from_start(start: Timestamp) -> Self {
        Self::normal(Some(start), None, true, true)
    }

    /// Everything before `end`, `_end)`.
    pub fn from_end(end: Timestamp) -> Self {
        Self::normal(None, Some(end), true, false)
    }

    /// The lower bound; `None` when there is none. [`TimeRange::NEVER`] has both bounds at zero.
    pub const fn start(&self) -> Option<Timestamp> {
        self.start
    }

    /// The upper bound; `None` when there is none. [`TimeRange::NEVER`] has both bounds at zero.
    pub const fn end(&self) -> Option<Timestamp> {
        self.end
    }

    /// Whether the start and the end belong to the range; a missing bound counts as inclusive.
    pub const fn bounds_inclusive(&self) -> (bool, bool) {
        (self.include_start, self.include_end)
    }

    /// True when no timestamp lies in the range.
    pub fn is_empty(&self) -> bool {
        *self == Self::NEVER
    }

    /// True when every timestamp lies in the range.
    pub const fn is_eternity(&self) -> bool {
        self.start.is_none() && self.end.is_none()
    }

    /// True when `at` lies in the range.
    pub fn contains(&self, at: Timestamp) -> bool {
        let after_start = self
            .start
            .is_none_or(|start| start < at || (self.include_start && start == at));
        let before_end = self
            .end
            .is_none_or(|end| at < end || (self.include_end && end == at));
        after_start && before_end
    }

    /// True when some timestamp lies in both ranges. A TAMS `timerange` query selects by this.
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.intersect(other).is_empty()
    }

    /// The range both ranges cover.
    pub fn intersect(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return Self::NEVER;
        }
        let later = if self.starts_before(other) {
            other
        } else {
            self
        };
        let earlier = if self.ends_after(other) { other } else { self };
        Self::normal(
            later.start,
            earlier.end,
            later.include_start,
            earlier.include_end,
        )
    }

    /// True when every timestamp of `other` lies in this range; a TAMS delete by `timerange` removes
    /// the segments it covers. Nothing covers less than [`TimeRange::NEVER`]: every other range covers
    /// it, and it covers no range at all.
    pub fn covers(&self, other: &Self) -> bool {
        !self.is_empty()
            && (other.is_empty() || !(other.starts_before(self) || other.ends_after(self)))
    }

    /// True when the two ranges overlap or meet without a timestamp between them, so that together
    /// they are one range. [`TimeRange::NEVER`] meets nothing.
    pub fn is_contiguous_with(&self, other: &Self) -> bool {
        if self.is_empty() || other.is_empty() {
            return false;
        }
        self.overlaps(other) || self.meets(other) || other.meets(self)
    }

    /// The time from start to end, stopping at [`Timestamp::MAX`]; `None` when a bound is missing.
    /// Inclusive bounds add nothing, so an instant has length 0, as [`TimeRange::NEVER`] has.
    pub fn length(&self) -> Option<Timestamp> {
        Some(self.end?.saturating_sub(self.start?))
    }

    /// The range moved by `by`, later when positive. Bounds stop at the limits of [`Timestamp`].
    pub fn shift(&self, by: Timestamp) -> Self {
        if self.is_empty() {
            return Self::NEVER;
        }
        let moved = |bound: Option<Timestamp>| bound.map(|at| at.saturating_add(by));
        Self::normal(
            moved(self.start),
            moved(self.end),
            self.include_start,
            self.include_end,
        )
    }

    /// The smallest range that covers both, and with them any hole between them.
    pub fn extend_to_encompass(&self, other: &Self) -> Self {
        if self.is_empty() {
            return *other;
        }
        if other.is_empty() {
            return *self;
        }
        let first = if self.starts_before(other) {
            self
        } else {
            other
        };
        let last = if self.ends_after(other) { self } else { other };
        Self::normal(first.start, last.end, first.include_start, last.include_end)
    }

    /// The half-open range `[start_end)` whose bounds lie on frames of `rate`, each the frame nearest to
    /// the bound it replaces; an exclusive start and an inclusive end move on by one frame. This closes
    /// the holes of a nanosecond that rounded frame times leave between segments.
    pub fn normalise(&self, rate: FrameRate) -> Self {
        if self.is_empty() {
            return Self::NEVER;
        }
        let on_frame = |at: Timestamp, next: bool| {
            rate.timestamp_of_count(rate.nearest_count(at.into()) + i128::from(next))
        };
        Self::normal(
            self.start.map(|start| on_frame(start, !self.include_start)),
            self.end.map(|end| on_frame(end, self.include_end)),
            true,
            false,
        )
    }

    /// Reads the grammar of [`FromStr`] with timestamps as [`Timestamp::parse_tolerant`] takes them.
    ///
    /// # Errors
    ///
    /// [`TimeError::TimeRange`] for a shape that is no range, [`TimeError::Timestamp`] for a bound.
    pub fn parse_tolerant(text: &str) -> Result<Self, TimeError> {
        Self::parse_with(text.trim(), Timestamp::parse_tolerant)
    }

    /// Reads a range of two bounds without signs, which nearly all are, in one pass. `None` for
    /// everything else, which is read with more care.
    fn usual(text: &[u8]) -> Option<Self> {
        let (mark, rest) = text.split_first()?;
        let include_start = match mark {
            b'[' => true,
            b'(' => false,
            _ => return None,
        };
        let (start, rest) = Timestamp::leading(rest)?;
        let (end, rest) = Timestamp::leading(rest.strip_prefix(b"_")?)?;
        let include_end = match rest {
            b"]" => true,
            b")" => false,
            _ => return None,
        };
        Some(Self::normal(
            Some(start),
            Some(end),
            include_start,
            include_end,
        ))
    }

    fn parse_with(
        text: &str,
        timestamp: impl Fn(&str) -> Result<Timestamp, TimeError>,
    ) -> Result<Self, TimeError> {
        let exclude_start = text.starts_with('(');
        let body = text.strip_prefix(['[', '(']).unwrap_or(text);
        let exclude_end = body.ends_with(')');
        let body = body.strip_suffix([']', ')']).unwrap_or(body);
        let bound = |part: &str| {
            if part.is_empty() {
                return Ok(None);
            }
            timestamp(part).map(Some).map_err(|error| {
                if part.contains(['[', '(', ']', ')', '_']) {
                    let reason = "it has too many marks or bounds";
                    return TimeError::TimeRange {
                        text: excerpt(text),
                        reason,
                    };
                }
                error
            })
        };
        let Some((start, end)) = body.split_once('_') else {
            return Ok(bound(body)?.map_or(Self::NEVER, Self::instant));
        };
        Ok(Self::normal(
            bound(start)?,
            bound(end)?,
            !exclude_start,
            !exclude_end,
        ))
    }

    fn normal(
        start: Option<Timestamp>,
        end: Option<Timestamp>,
        include_start: bool,
        include_end: bool,
    ) -> Self {
        if let (Some(start), Some(end)) = (start, end) {
            let covers_an_instant = include_start && include_end;
            if end < start || (end == start && !covers_an_instant) {
                return Self::NEVER;
            }
        }
        Self {
            start,
            end,
            include_start: include_start || start.is_none(),
            include_end: include_end || end.is_none(),
        }
    }

    /// True when this range reaches further back than `other`; neither may be empty.
    fn starts_before(&self, other: &Self) -> bool {
        match (self.start, other.start) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(a), Some(b)) => a < b || (a == b && self.include_start && !other.include_start),
        }
    }

    /// True when this range reaches further ahead than `other`; neither may be empty.
    fn ends_after(&self, other: &Self) -> bool {
        match (self.end, other.end) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(a), Some(b)) => a > b || (a == b && self.include_end && !other.include_end),
        }
    }

    /// True when this range ends where `other` starts and one of the two takes the instant between.
    fn meets(&self, other: &Self) -> bool {
        self.end.is_some() && self.end == other.start && (self.include_end || other.include_start)
    }
}

impl fmt::Display for TimeRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let opening = if self.include_start { '[' } else { '(' };
        let closing = if self.include_end { ']' } else { ')' };
        let text = match (self.start, self.end) {
            _ if self.is_empty() => "()".to_owned(),
            (None, None) => "_".to_owned(),
            (Some(start), None) => format!("{opening}{start}_"),
            (None, Some(end)) => format!("_{end}{closing}"),
            (Some(start), Some(end)) if start == end => format!("[{start}]"),
            (Some(start), Some(end)) => format!("{opening}{start}_{end}{closing}"),
        };
        f.pad(&text)
    }
}

impl fmt::Debug for TimeRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TimeRange {
    type Err = TimeError;

    /// Reads the TAMS grammar; see the table at [`TimeRange`]. The empty text covers nothing, as in
    /// `mediatimestamp`.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        match Self::usual(text.as_bytes()) {
            Some(range) => Ok(range),
            None => Self::parse_with(text, str::parse),
        }
    }
}

impl Serialize for TimeRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer, "a timerange such as \"[0:0_10:0)\"")
    }
}

#[cfg(test)]
mod tests;
