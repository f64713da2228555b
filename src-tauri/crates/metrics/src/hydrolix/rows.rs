//! Reads answers in the form JSONCompact, as tolerant as servers of all versions need.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::fault::{Fault, classify};

/// A streamed answer may have a line of statistics in it, which begins so.
const STATISTICS: &[u8] = b"X-HDX-Query-Stats:";

/// The rows of an answer.
#[derive(Debug)]
pub(crate) struct Rows {
    columns: HashMap<String, usize>,
    rows: Vec<Vec<Value>>,
}

#[derive(Deserialize)]
struct Document {
    meta: Option<Vec<Meta>>,
    data: Option<Vec<Vec<Value>>>,
    /// Newer servers end an answer so that went wrong half-way.
    exception: Option<String>,
}

#[derive(Deserialize)]
struct Meta {
    name: String,
}

/// Reads a body with status 200. `table` is for words.
pub(crate) fn read(body: &[u8], table: &str) -> Result<Rows, Fault> {
    let plain = without_statistics(body);
    let document: Document = match serde_json::from_slice(&plain) {
        Ok(document) => document,
        Err(wrong) => match serde_json::from_slice(&without_bare_words(&plain)) {
            Ok(document) => document,
            Err(_) => return Err(unreadable(&plain, table, &wrong)),
        },
    };
    if let Some(said) = document.exception {
        return Err(classify(500, said.as_bytes(), table, None));
    }
    let (Some(meta), Some(rows)) = (document.meta, document.data) else {
        return Err(bad("it has no columns or no rows"));
    };
    if rows.iter().any(|row| row.len() != meta.len()) {
        return Err(bad("a row has not as many values as there are columns"));
    }
    let names = meta.into_iter().map(|meta| meta.name);
    Ok(Rows {
        columns: names.zip(0..).collect(),
        rows,
    })
}

impl Rows {
    pub(crate) fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|values| Row {
            columns: &self.columns,
            values,
        })
    }
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'r> {
    columns: &'r HashMap<String, usize>,
    values: &'r [Value],
}

impl<'r> Row<'r> {
    fn value(self, name: &str) -> Result<&'r Value, Fault> {
        let index = self.columns.get(name);
        let value = index.and_then(|index| self.values.get(*index));
        value.ok_or_else(|| bad(&format!("the column {name} is missing")))
    }

    /// A whole number; `None` for null, NaN and infinity.
    pub(crate) fn number(self, name: &str) -> Result<Option<u64>, Fault> {
        let value = self.value(name)?;
        match number(value) {
            Ok(number) => Ok(number),
            Err(()) => Err(bad(&format!("the column {name} holds no whole number"))),
        }
    }

    /// A count: one that is null is of nothing.
    pub(crate) fn count(self, name: &str) -> Result<u64, Fault> {
        Ok(self.number(name)?.unwrap_or(0))
    }

    pub(crate) fn text(self, name: &str) -> Result<String, Fault> {
        match self.value(name)? {
            Value::String(text) => Ok(text.clone()),
            Value::Null => Ok(String::new()),
            _ => Err(bad(&format!("the column {name} holds no text"))),
        }
    }
}

fn number(value: &Value) -> Result<Option<u64>, ()> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(yes) => Ok(Some(u64::from(*yes))),
        Value::Number(number) => match number.as_u64() {
            Some(number) => Ok(Some(number)),
            None => whole(number.as_f64().ok_or(())?),
        },
        // Old servers quote what is longer than 32 bits, and what is no number.
        Value::String(text) => match text.parse::<u64>() {
            Ok(number) => Ok(Some(number)),
            Err(_) => whole(text.parse().map_err(|_| ())?),
        },
        Value::Array(_) | Value::Object(_) => Err(()),
    }
}

fn whole(number: f64) -> Result<Option<u64>, ()> {
    if !number.is_finite() {
        return Ok(None);
    }
    // Beyond this a float is not exact any more.
    if number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number) {
        Ok(Some(number as u64))
    } else {
        Err(())
    }
}

fn bad(detail: &str) -> Fault {
    Fault::BadAnswer {
        detail: detail.to_owned(),
    }
}

fn unreadable(body: &[u8], table: &str, wrong: &serde_json::Error) -> Fault {
    // An answer that went wrong half-way ends in the words of the error.
    let text = String::from_utf8_lossy(body);
    if let Some(at) = text.rfind("Code:")
        && text
            .get(at..)
            .is_some_and(|said| said.contains("DB::Exception"))
    {
        return classify(
            500,
            text.get(at..).unwrap_or_default().as_bytes(),
            table,
            None,
        );
    }
    if text.trim_start().starts_with('<') {
        return bad("it is a page of HTML");
    }
    bad(&format!(
        "it is no JSON, or only a part of it, at line {}",
        wrong.line()
    ))
}

/// A JSON text holds line breaks only between its parts, so a line that begins so is none of it.
fn without_statistics(body: &[u8]) -> Vec<u8> {
    let lines = body.split(|byte| *byte == b'\n');
    let kept: Vec<&[u8]> = lines.filter(|line| !line.starts_with(STATISTICS)).collect();
    kept.join(&b'\n')
}

/// `nan`, `-nan`, `inf` and `-inf` outside of strings, which are no JSON, as null.
fn without_bare_words(body: &[u8]) -> Vec<u8> {
    const WORDS: [&[u8]; 4] = [b"nan", b"-nan", b"inf", b"-inf"];
    let mut plain = Vec::with_capacity(body.len());
    let (mut in_string, mut escaped) = (false, false);
    let mut rest = body;
    while let Some((&byte, behind)) = rest.split_first() {
        if !in_string {
            let length = rest
                .iter()
                .take_while(|b| b.is_ascii_alphabetic() || **b == b'-')
                .count();
            let word = rest.get(..length).unwrap_or_default().to_ascii_lowercase();
            if WORDS.contains(&word.as_slice()) {
                plain.extend_from_slice(b"null");
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
        }
        in_string ^= byte == b'"' && !escaped;
        escaped = in_string && byte == b'\\' && !escaped;
        plain.push(byte);
        rest = behind;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn first(body: &str) -> Result<Option<u64>, Fault> {
        let rows = read(body.as_bytes(), "p.t")?;
        rows.iter().next().expect("a row").number("n")
    }

    fn of(value: &str) -> Result<Option<u64>, Fault> {
        first(&format!(
            r#"{{"meta":[{{"name":"n","type":"UInt64"}}],"data":[[{value}]],"rows":1}}"#
        ))
    }

    #[test]
    fn numbers_in_every_shape() {
        for (value, number) in [
            ("7", Some(7)),
            ("\"7\"", Some(7)),
            ("18446744073709551615", Some(u64::MAX)),
            ("\"18446744073709551615\"", Some(u64::MAX)),
            ("7.0", Some(7)),
            ("1e3", Some(1000)),
            ("true", Some(1)),
            ("null", None),
            ("\"nan\"", None),
            ("\"inf\"", None),
            ("nan", None),
            ("-inf", None),
            ("NaN", None),
        ] {
            assert_eq!(of(value), Ok(number), "{value}");
        }
        for value in ["\"x\"", "-1", "1.5", "[]", "{}", "1e300", "\"\"", "\"-7\""] {
            let fault = of(value).unwrap_err();
            assert!(matches!(fault, Fault::BadAnswer { .. }), "{value}: {fault}");
        }
    }

    #[test]
    fn statistics_are_no_part_of_the_answer() {
        let line = "\nX-HDX-Query-Stats: exec_time=12 rows_read=9\n";
        for body in [
            format!(r#"{{"meta":[{{"name":"n"}}],"data":[[1]]}}{line}"#),
            format!(r#"{{"meta":[{{"name":"n"}}],{line}"data":[[1]]}}"#),
        ] {
            assert_eq!(first(&body), Ok(Some(1)));
        }
    }

    #[test]
    fn what_is_no_answer() {
        let slow = "Code: 159. DB::Exception: Timeout exceeded";
        for (body, fault) in [
            (
                format!(r#"{{"meta":[{{"name":"n"}}],"data":[[1],{slow}"#),
                Fault::Slow,
            ),
            (
                format!(r#"{{"meta":[{{"name":"n"}}],"data":[[1]],"exception":"{slow}"}}"#),
                Fault::Slow,
            ),
        ] {
            assert_eq!(first(&body), Err(fault));
        }
        for body in [
            "",
            "{",
            "[]",
            "<html>",
            "null",
            r#"{"meta":[{"name":"n"}],"data":[[1]"#,
            r#"{"meta":[{"name":"n"}],"data":[[1,2]]}"#,
            r#"{"meta":[{"name":"n"}]}"#,
            r#"{"meta":[{"name":"m"}],"data":[[1]]}"#,
            r#"{"meta":[{"name":"n"}],"data":{"a":1}}"#,
        ] {
            let fault = first(body).unwrap_err();
            assert!(matches!(fault, Fault::BadAnswer { .. }), "{body}: {fault}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&body, "p.t");
        }

        #[test]
        fn a_part_of_an_answer_is_none(cut in 0_usize..60) {
            let whole = r#"{"meta":[{"name":"n","type":"UInt64"}],"data":[["12"]],"rows":1}"#;
            prop_assume!(cut < whole.len());
            prop_assert!(read(&whole.as_bytes()[..cut], "p.t").is_err());
        }

        #[test]
        fn what_is_written_is_read(numbers in proptest::collection::vec(any::<Option<u64>>(), 0..20), quoted: bool) {
            let value = |number: &Option<u64>| match number {
                Some(number) if quoted => format!("[\"{number}\",\"nan \\\" nan\"]"),
                Some(number) => format!("[{number},\"-inf\"]"),
                None => "[nan,null]".to_owned(),
            };
            let data: Vec<String> = numbers.iter().map(value).collect();
            let body = format!(r#"{{"meta":[{{"name":"n"}},{{"name":"s"}}],"data":[{}]}}"#, data.join(","));
            let rows = read(body.as_bytes(), "p.t").unwrap();
            let back: Vec<_> = rows.iter().map(|row| row.number("n").unwrap()).collect();
            let texts = rows.iter().filter(|row| row.text("s").unwrap() == "nan \" nan").count();
            prop_assert_eq!(&back, &numbers);
            prop_assert_eq!(texts, if quoted { numbers.iter().flatten().count() } else { 0 });
        }
    }
}
