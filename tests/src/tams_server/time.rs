//! Time ranges as the servers compare them: whole nanoseconds, both ends included, so that overlap
//! and cover are exact. Bounds that exclude move by one nanosecond; missing bounds are infinite.

const SECOND: i128 = 1_000_000_000;

/// A range of nanoseconds, both ends included. It is empty when `last < first`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: i128,
    pub(super) last: i128,
}

impl Span {
    /// All of time.
    pub(super) const ETERNITY: Self = Self {
        first: i128::MIN,
        last: i128::MAX,
    };

    /// Nothing.
    pub(super) const NEVER: Self = Self { first: 0, last: -1 };

    /// Reads the text form of TAMS (`schemas/timerange.json`); nothing when it is no such text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let opened = text.strip_prefix(['[', '(']);
        let body = opened.unwrap_or(text);
        let excludes_first = text.starts_with('(');
        let excludes_last = body.ends_with(')');
        let body = body.strip_suffix([']', ')']).unwrap_or(body);
        let Some((first, last)) = body.split_once('_') else {
            if body.is_empty() {
                return (!text.is_empty()).then_some(Self::NEVER);
            }
            let at = nanoseconds(body)?;
            let marked = excludes_first || excludes_last;
            return Some(if marked {
                Self::NEVER
            } else {
                Self {
                    first: at,
                    last: at,
                }
            });
        };
        let first = match first {
            "" => i128::MIN,
            text => nanoseconds(text)? + i128::from(excludes_first),
        };
        let last = match last {
            "" => i128::MAX,
            text => nanoseconds(text)? - i128::from(excludes_last),
        };
        Some(Self { first, last })
    }

    pub(super) fn is_empty(self) -> bool {
        self.last < self.first
    }

    /// Whether any time is in both.
    pub(super) fn overlaps(self, other: Self) -> bool {
        !self.and(other).is_empty()
    }

    /// Whether all of `other` is in this.
    pub(super) fn covers(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }

    /// What is in both.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            first: self.first.max(other.first),
            last: self.last.min(other.last),
        }
    }

    /// The least that holds both.
    pub(super) fn hull(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }

    /// This, earlier by so many nanoseconds.
    pub(super) fn earlier(self, by: i128) -> Self {
        Self {
            first: self.first.saturating_sub(by),
            last: self.last.saturating_sub(by),
        }
    }

    /// The text form, as a half-open range where that is possible.
    pub(super) fn text(self) -> String {
        if self.is_empty() {
            return "()".to_owned();
        }
        if self == Self::ETERNITY {
            return "_".to_owned();
        }
        let first = match self.first {
            i128::MIN => String::new(),
            at => format!("[{}", timestamp(at)),
        };
        let last = match self.last {
            i128::MAX => String::new(),
            at => format!("{})", timestamp(at + 1)),
        };
        format!("{first}_{last}")
    }
}

/// Reads `S:N` with its sign over all of it (`schemas/timestamp.json`).
pub(super) fn nanoseconds(text: &str) -> Option<i128> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (seconds, rest) = text.split_once(':')?;
    let digits = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let leading = text.len() > 1 && text.starts_with('0');
        (plain && !leading).then(|| text.parse::<i128>().ok())?
    };
    let (seconds, rest) = (digits(seconds)?, digits(rest)?);
    (rest < SECOND).then_some(sign * (seconds * SECOND + rest))
}

/// Writes `S:N`.
pub(super) fn timestamp(at: i128) -> String {
    let sign = if at < 0 { "-" } else { "" };
    let size = at.unsigned_abs();
    let second = SECOND.unsigned_abs();
    format!("{sign}{}:{}", size / second, size % second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> Span {
        Span::parse(text).unwrap_or_else(|| panic!("no timerange: {text}"))
    }

    #[test]
    fn every_form_is_read() {
        for eternity in ["_", "(_)", "[_]"] {
            assert_eq!(span(eternity), Span::ETERNITY);
        }
        for never in ["()", "[10:0_10:0)", "(10:0)", "[2:0_1:0]"] {
            assert!(span(never).is_empty(), "{never}");
        }
        assert_eq!(span("10:0"), span("[10:0_10:0]"));
        assert_eq!(span("0:0_10:0"), span("[0:0_10:0]"));
        assert_eq!(span("-0:800000000").first, -800_000_000);
        assert_eq!(span("(5:0_").first, 5 * SECOND + 1);
        for wrong in [
            "",
            "x",
            "01:0",
            "1:1000000000",
            "1",
            "+1:0",
            "[1:0_2:0_3:0)",
        ] {
            assert_eq!(Span::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ranges_compare_to_the_nanosecond() {
        assert!(!span("[0:0_2:0)").overlaps(span("[2:0_3:0)")));
        assert!(span("[0:0_2:0]").overlaps(span("[2:0_3:0)")));
        assert!(span("_2:0)").overlaps(span("[-5:0_1:0)")));
        assert!(span("[0:0_2:0)").covers(span("[0:0_1:999999999]")));
        assert!(!span("[0:0_2:0)").covers(span("[0:0_2:0]")));
    }

    #[test]
    fn what_is_written_reads_the_same() {
        for text in [
            "[0:0_2:0)",
            "[-1:500000000_0:1)",
            "_",
            "[5:0_",
            "_5:0)",
            "()",
        ] {
            assert_eq!(span(text).text(), text);
        }
        let both = span("[0:0_2:0)").hull(span("[4:0_6:0)"));
        assert_eq!(both.text(), "[0:0_6:0)");
        assert_eq!(both.earlier(SECOND).text(), "[-1:0_5:0)");
    }
}
