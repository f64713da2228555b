//! Points on a source as users write them.

use crate::ConformError;
use mediatime::{RationalTime, Timestamp};

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
