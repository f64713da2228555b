//! A look at the text before it is parsed: its limits, and numbers a parser would round.

use crate::ReadError;
use std::borrow::Cow;

/// A longer text is not read: 64 MiB.
pub const MAX_BYTES: usize = 64 << 20;
/// A text with more JSON values is not read; a clip has about sixty.
pub const MAX_VALUES: usize = 4_000_000;
/// A text nested more deeply is not read; the parser's own limit is just above.
pub const MAX_DEPTH: usize = 120;

/// Up to here a float holds every whole number.
const EXACT: i64 = 1 << 53;

/// Checks a text's limits. Whole numbers under a `value` key that are written as floats with more
/// digits than a float holds, such as `1723124225433333333.0`, become the integers they are.
pub(super) fn scan(text: &str) -> Result<Cow<'_, str>, ReadError> {
    if text.len() > MAX_BYTES {
        return Err(ReadError::TooLarge {
            bytes: text.len(),
            limit: MAX_BYTES,
        });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut scan = Scan {
        text,
        at: 0,
        depth: 0,
        values: 0,
        cuts: Vec::new(),
    };
    scan.run()?;
    Ok(scan.without_cuts())
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    values: usize,
    /// Byte ranges to leave out.
    cuts: Vec<(usize, usize)>,
}

impl<'a> Scan<'a> {
    fn run(&mut self) -> Result<(), ReadError> {
        let mut after_value_key = false;
        while let Some(byte) = self.byte(self.at) {
            match byte {
                b'"' => {
                    after_value_key = self.string() == "\"value\"";
                    continue;
                }
                b'[' | b'{' => {
                    self.depth += 1;
                    self.count()?;
                    if self.depth > MAX_DEPTH {
                        return Err(ReadError::TooDeep {
                            line: self.line(),
                            limit: MAX_DEPTH,
                        });
                    }
                }
                b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                b',' => self.count()?,
                b'0'..=b'9' => {
                    self.number(after_value_key);
                    after_value_key = false;
                    continue;
                }
                b'N' | b'I' => return Err(self.no_number()),
                _ => {}
            }
            after_value_key &= matches!(byte, b':' | b'-') || byte.is_ascii_whitespace();
            self.at += 1;
        }
        Ok(())
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn count(&mut self) -> Result<(), ReadError> {
        self.values += 1;
        match self.values > MAX_VALUES {
            true => Err(ReadError::TooManyValues { limit: MAX_VALUES }),
            false => Ok(()),
        }
    }

    /// Passes over a string and returns it with its quotes.
    fn string(&mut self) -> &str {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.byte(self.at) {
            self.at += 1;
            match byte {
                b'"' => break,
                b'\\' => self.at += 1,
                _ => {}
            }
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Passes over a number without its sign.
    fn number(&mut self, is_value: bool) {
        let first = self.at;
        self.digits();
        if self.byte(self.at) != Some(b'.') {
            return;
        }
        let point = self.at;
        self.at += 1;
        let start = self.at;
        self.digits();
        let zeros = self
            .text
            .get(start..self.at)
            .is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b == b'0'));
        let ends = !matches!(self.byte(self.at), Some(b'e' | b'E' | b'.'));
        let whole = self.text.get(first..point).unwrap_or_default();
        let coarse = whole.parse::<i64>().is_ok_and(|whole| whole > EXACT);
        if is_value && zeros && ends && coarse {
            self.cuts.push((point, self.at));
        }
    }

    fn digits(&mut self) {
        while self.byte(self.at).is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
    }

    /// Neither letter starts anything in JSON.
    fn no_number(&self) -> ReadError {
        let rest = self.text.get(self.at..).unwrap_or_default();
        for text in ["NaN", "Infinity", "Inf"] {
            if rest.starts_with(text) {
                return ReadError::NotANumber {
                    line: self.line(),
                    text,
                };
            }
        }
        ReadError::Json {
            why: format!("a stray letter at line {}", self.line()),
        }
    }

    fn line(&self) -> usize {
        let before = self.text.as_bytes().get(..self.at).unwrap_or_default();
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }

    fn without_cuts(self) -> Cow<'a, str> {
        if self.cuts.is_empty() {
            return Cow::Borrowed(self.text);
        }
        let mut out = String::with_capacity(self.text.len());
        let mut from = 0;
        for (start, end) in self.cuts {
            out.push_str(self.text.get(from..start).unwrap_or_default());
            from = end;
        }
        out.push_str(self.text.get(from..).unwrap_or_default());
        Cow::Owned(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_whole_floats_become_integers() {
        for (text, wanted) in [
            (
                r#"{"value": 1723124225433333333.0}"#,
                r#"{"value": 1723124225433333333}"#,
            ),
            (
                r#"{"value" : -1723124225433333333.000}"#,
                r#"{"value" : -1723124225433333333}"#,
            ),
            (
                r#"{"value":1723124225433333333.0,"x":1}"#,
                r#"{"value":1723124225433333333,"x":1}"#,
            ),
        ] {
            assert_eq!(scan(text).unwrap(), wanted);
        }
        for same in [
            r#"{"other": 1723124225433333333.0}"#,
            r#"{"value": 9007199254740992.0}"#,
            r#"{"value": 1723124225433333333.5}"#,
            r#"{"value": 1723124225433333333.0e1}"#,
            r#"{"value": 9923124225433333333.0}"#,
            r#"{"x": "\"value\": 1723124225433333333.0"}"#,
            r#"{"value": "a", "b": 1723124225433333333.0}"#,
            r#"{"value": [1723124225433333333.0]}"#,
            "\"unclosed \\",
            "",
        ] {
            assert_eq!(scan(same).unwrap(), same);
        }
        assert_eq!(scan("\u{feff}{}").unwrap(), "{}");
    }

    #[test]
    fn limits_hold() {
        let deep = "[".repeat(MAX_DEPTH + 1);
        assert_eq!(
            scan(&format!("\n{deep}")),
            Err(ReadError::TooDeep {
                line: 2,
                limit: MAX_DEPTH
            })
        );
        assert!(scan(&"[]".repeat(1000)).is_ok());
        let many = "0,".repeat(MAX_VALUES + 1);
        assert_eq!(
            scan(&many),
            Err(ReadError::TooManyValues { limit: MAX_VALUES })
        );
        let long = " ".repeat(MAX_BYTES + 1);
        assert!(matches!(scan(&long), Err(ReadError::TooLarge { .. })));
        assert_eq!(
            scan("{\n\"a\": -Infinity}"),
            Err(ReadError::NotANumber {
                line: 2,
                text: "Infinity"
            })
        );
        assert!(matches!(scan("Nope"), Err(ReadError::Json { .. })));
    }
}
