//! Pages of lists: a limit and an opaque key of where to go on.

use rusqlite::types::Value as Sql;
use serde_json::Value;

use crate::NodeError;
use crate::media_url::{hex, unhex};

/// Which part of a list to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// At most this many items.
    pub limit: u32,
    /// Where the page before ended; `None` for the first page.
    pub key: Option<PageKey>,
}

impl Page {
    /// Items of a page when nothing else was asked for.
    pub const DEFAULT_LIMIT: u32 = 100;
    /// The most items of a page over HTTP.
    pub const MAX_LIMIT: u32 = 1000;

    /// The first `limit` items.
    pub const fn first(limit: u32) -> Self {
        Self { limit, key: None }
    }

    /// The page that begins where `key` says.
    #[must_use]
    pub fn after(self, key: PageKey) -> Self {
        Self {
            key: Some(key),
            ..self
        }
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::first(Self::DEFAULT_LIMIT)
    }
}

/// Where a page ended. Opaque: only good for the same list with the same filter and order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageKey(String);

impl PageKey {
    /// The text of a key that went through a URL.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, safe in a URL as it is.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn of(position: &[Sql]) -> Self {
        let parts = position.iter().map(|part| match part {
            Sql::Integer(number) => Value::from(*number),
            Sql::Text(text) => Value::from(text.as_str()),
            Sql::Blob(bytes) => Value::Array(vec![Value::from(hex(bytes))]),
            Sql::Real(_) | Sql::Null => Value::Null,
        });
        Self(hex(Value::Array(parts.collect()).to_string().as_bytes()))
    }

    /// The position of `len` parts this key stands for.
    pub(crate) fn position(&self, len: usize) -> Result<Vec<Sql>, NodeError> {
        let foreign = || {
            NodeError::invalid(
                "page",
                "is no page key of this list; follow the Link header",
            )
        };
        let bytes = unhex(&self.0).ok_or_else(foreign)?;
        let parts: Vec<Value> = serde_json::from_slice(&bytes).map_err(|_| foreign())?;
        let position: Option<Vec<Sql>> = parts.into_iter().map(part).collect();
        position
            .filter(|position| position.len() == len)
            .ok_or_else(foreign)
    }
}

fn part(value: Value) -> Option<Sql> {
    match value {
        Value::Number(number) => number.as_i64().map(Sql::Integer),
        Value::String(text) => Some(Sql::Text(text)),
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(bytes)] => unhex(bytes).map(Sql::Blob),
            _ => None,
        },
        _ => None,
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged<T> {
    /// Its items, in order.
    pub items: Vec<T>,
    /// Where the next page begins; `None` when this is the last one.
    pub next: Option<PageKey>,
}

impl<T> Paged<T> {
    /// The page of `limit` items, made from one more item than that, each with its position.
    pub(crate) fn cut(mut rows: Vec<(T, Vec<Sql>)>, limit: usize) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more {
            rows.last().map(|(_, position)| PageKey::of(position))
        } else {
            None
        };
        Self {
            items: rows.into_iter().map(|(item, _)| item).collect(),
            next,
        }
    }

    /// The same page of other things.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Paged<U> {
        Paged {
            items: self.items.into_iter().map(change).collect(),
            next: self.next,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_come_back_and_foreign_ones_are_refused() {
        let position = vec![
            Sql::Integer(-5),
            Sql::Text("a\"b".to_owned()),
            Sql::Blob(vec![0, 255]),
        ];
        let key = PageKey::of(&position);
        assert!(key.as_str().bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(PageKey::new(key.as_str()).position(3).unwrap(), position);
        assert!(key.position(2).is_err());
        for text in ["", "zz", "00", "5b6e756c6c5d", "é"] {
            assert!(PageKey::new(text).position(1).is_err(), "{text}");
        }
    }

    #[test]
    fn the_last_page_has_no_next() {
        let rows = |count: i64| {
            (0..count)
                .map(|n| (n, vec![Sql::Integer(n)]))
                .collect::<Vec<_>>()
        };
        assert_eq!(Paged::cut(rows(3), 3).next, None);
        let cut = Paged::cut(rows(4), 3);
        assert_eq!(cut.items, [0, 1, 2]);
        assert_eq!(cut.next.unwrap().position(1).unwrap(), [Sql::Integer(2)]);
        assert_eq!(
            Paged::cut(rows(0), 3),
            Paged {
                items: vec![],
                next: None
            }
        );
    }

    fn sql() -> impl Strategy<Value = Sql> {
        prop_oneof![
            any::<i64>().prop_map(Sql::Integer),
            ".{0,20}".prop_map(Sql::Text),
            proptest::collection::vec(any::<u8>(), 0..20).prop_map(Sql::Blob),
        ]
    }

    proptest! {
        #[test]
        fn any_position_comes_back(position in proptest::collection::vec(sql(), 1..4)) {
            let key = PageKey::new(PageKey::of(&position).as_str());
            prop_assert_eq!(key.position(position.len()).unwrap(), position);
        }

        /// A key from anywhere is understood or refused; nothing panics.
        #[test]
        fn any_text_is_a_key_or_refused(text in ".{0,60}", json in r#"[\[\]0-9a-f",.]{0,40}"#) {
            for text in [text, hex(json.as_bytes())] {
                for len in 1..4 {
                    let _understood = PageKey::new(text.as_str()).position(len);
                }
            }
        }
    }
}
