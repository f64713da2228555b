//! What is asked for: clips in order, each with its marks.

use crate::{ConformError, Source};
use mediatime::{RationalTime, Timecode, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Clips in the order in which they play.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// In output order.
    pub clips: Vec<Clip>,
    /// Black and silence in front of a clip, in seconds, by the clip's place. Brought to whole frames of
    /// the sequence.
    pub gaps: BTreeMap<usize, RationalTime>,
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

/// A point on a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The N-th presented frame, from 0 (`30f`).
    Frame(i64),
    /// Counted from the source's start (`1.5s`).
    Offset(RationalTime),
    /// `HH:MM:SS:FF`, counted from the source's start; `;` before the frames for drop-frame.
    Timecode(String),
    /// On the flow's timeline, or from a plain file's first presented frame (`S:NS`).
    Absolute(Timestamp),
}

impl Mark {
    /// Reads `30f`, `1.5s`, `HH:MM:SS:FF` (`;FF` drop-frame) or a TAMS timestamp `S:NS`.
    ///
    /// # Errors
    /// A sentence that says what forms there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some(frames) = text.strip_suffix('f') {
            return frames
                .parse()
                .map(Mark::Frame)
                .map_err(|_| format!("`{frames}` is no number of frames"));
        }
        if let Some(seconds) = text.strip_suffix('s') {
            return decimal_seconds(seconds)
                .map(Mark::Offset)
                .ok_or_else(|| format!("`{seconds}` is no number of seconds"));
        }
        match text.matches([':', ';']).count() {
            1 => text
                .parse()
                .map(Mark::Absolute)
                .map_err(|error| format!("{error}")),
            3 => Ok(Mark::Timecode(text.to_owned())),
            _ => Err(
                "write frames `30f`, seconds `1.5s`, timecode `HH:MM:SS:FF` or a timestamp `S:NS`"
                    .to_owned(),
            ),
        }
    }
}

/// Decimal seconds exactly: `1.5` is three halves. At most 18 decimals.
fn decimal_seconds(text: &str) -> Option<RationalTime> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.len() > 18 || whole.len() > 12 {
        return None;
    }
    if !whole
        .bytes()
        .chain(fraction.bytes())
        .all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let den = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let whole: i128 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let part: i128 = if fraction.is_empty() {
        0
    } else {
        fraction.parse().ok()?
    };
    let num = whole * i128::from(den) + part;
    RationalTime::new(if negative { -num } else { num }, den)
}

/// Splits `REF[@IN..OUT]`. The `@` counts only when marks follow it, as file names may hold one.
///
/// # Errors
/// [`ConformError::BadMark`] when something with `..` follows the last `@` and is no pair of marks.
pub fn split_clip(text: &str) -> Result<(&str, Option<Mark>, Option<Mark>), ConformError> {
    let Some((reference, marks)) = text.rsplit_once('@') else {
        return Ok((text, None, None));
    };
    let Some((mark_in, mark_out)) = marks.split_once("..") else {
        return Ok((text, None, None));
    };
    let parse = |mark: &str| match mark {
        "" => Ok(None),
        mark => Mark::parse(mark)
            .map(Some)
            .map_err(|why| ConformError::BadMark {
                clip: text.to_owned(),
                text: mark.to_owned(),
                why,
            }),
    };
    Ok((reference, parse(mark_in)?, parse(mark_out)?))
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

    fn resolve(&self, mark: &Mark, name: &'static str) -> Result<usize, ConformError> {
        let outside = || ConformError::OutOfRange {
            clip: self.label.clone(),
            mark: name,
            frames: self.source.frames().len(),
            end: (self.source.end() - self.source.origin()).to_timestamp(),
        };
        let time = match mark {
            Mark::Frame(frame) => return self.frame_index(*frame).ok_or_else(outside),
            Mark::Timecode(text) => {
                let frame = self.timecode_frame(text)?;
                return self.frame_index(frame).ok_or_else(outside);
            }
            Mark::Offset(offset) => self.source.origin() + *offset,
            Mark::Absolute(timestamp) => self.source.zero() + RationalTime::from(*timestamp),
        };
        // The source's end is floored to nanoseconds wherever it is shown, so the end as shown and
        // everything up to one nanosecond past the exact end is still inside.
        let nanosecond = RationalTime::new(1, 1_000_000_000).unwrap_or(RationalTime::ZERO);
        let start = self.source.origin();
        if time + nanosecond < start || self.source.end() + nanosecond < time {
            return Err(outside());
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_exact() {
        assert_eq!(Mark::parse("30f"), Ok(Mark::Frame(30)));
        assert_eq!(
            Mark::parse("1.5s"),
            Ok(Mark::Offset(RationalTime::new(3, 2).unwrap()))
        );
        assert_eq!(
            Mark::parse(".1s"),
            Ok(Mark::Offset(RationalTime::new(1, 10).unwrap()))
        );
        assert_eq!(
            Mark::parse("-0:800000000"),
            Ok(Mark::Absolute(Timestamp::from_nanos(-800_000_000).unwrap()))
        );
        assert_eq!(
            Mark::parse("00:00:01;02"),
            Ok(Mark::Timecode("00:00:01;02".to_owned()))
        );
        for bad in ["", "f", "s", "1", "1.2.3s", "1e3s", "x", "1:2:3", "--1s"] {
            assert!(Mark::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_marks_make_an_at_sign_special() {
        assert_eq!(split_clip("a@b.mp4"), Ok(("a@b.mp4", None, None)));
        assert_eq!(
            split_clip("a@b.mp4@1f..2f"),
            Ok(("a@b.mp4", Some(Mark::Frame(1)), Some(Mark::Frame(2))))
        );
        assert_eq!(
            split_clip("a.mp4@..2f"),
            Ok(("a.mp4", None, Some(Mark::Frame(2))))
        );
        assert!(matches!(
            split_clip("a.mp4@x..2f"),
            Err(ConformError::BadMark { .. })
        ));
    }
}
