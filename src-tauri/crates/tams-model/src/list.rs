//! Lists as servers wrap them.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A list answered by a server: the specification's bare array, or one wrapped in `data`,
/// `requests` or both.
///
/// An item that can't be read does not spoil its neighbours: it is counted in `skipped` with the
/// reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TolerantList<T> {
    /// The items that could be read, in order.
    pub items: Vec<T>,
    /// Why the others could not.
    pub skipped: Vec<String>,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for TolerantList<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = unwrap(Value::deserialize(deserializer)?)
            .ok_or_else(|| D::Error::custom("neither a list nor a list in “data” or “requests”"))?;
        let mut list = Self {
            items: Vec::with_capacity(found.len()),
            skipped: Vec::new(),
        };
        for item in found {
            match T::deserialize(item) {
                Ok(item) => list.items.push(item),
                Err(wrong) => list.skipped.push(wrong.to_string()),
            }
        }
        Ok(list)
    }
}

fn unwrap(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(items) => Some(items),
        Value::Object(mut members) => {
            let inner = ["data", "requests"]
                .into_iter()
                .find_map(|name| members.remove(name))?;
            match inner {
                Value::Null => Some(Vec::new()),
                Value::Array(items) => Some(items),
                Value::Object(mut members) => match members.remove("requests") {
                    Some(Value::Array(items)) => Some(items),
                    Some(Value::Null) => Some(Vec::new()),
                    _ => None,
                },
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;
    use serde_json::json;

    #[test]
    fn finds_the_items_and_sets_nonsense_aside() {
        let source = json!({"id": "2aa143ac-0ab7-4d75-bc32-5c00c13d186f", "format": "urn:x-nmos:format:video"});
        let index = json!({"language": "query", "views": {}});
        for body in [
            json!([source, index]),
            json!({"data": [source, index], "paging": null}),
            json!({"requests": [source, index]}),
            json!({"data": {"requests": [source, index]}}),
        ] {
            let list: TolerantList<Source> = serde_json::from_value(body).unwrap();
            assert_eq!(list.items.len(), 1);
            assert_eq!(list.skipped.len(), 1);
        }
        for nothing in [json!({"data": null}), json!({"data": {"requests": null}})] {
            let list: TolerantList<Source> = serde_json::from_value(nothing).unwrap();
            assert!(list.items.is_empty() && list.skipped.is_empty());
        }
        assert!(serde_json::from_value::<TolerantList<Source>>(json!({"sources": 1})).is_err());
    }
}
