//! Tags: freeform names with one or several freeform values.

use std::collections::BTreeMap;
use std::collections::btree_map;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Tags by name (`tags.json`). Own names carry a `_service_` prefix by convention.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Tags(BTreeMap<String, TagValue>);

/// The value of a tag: one string, or an array of them. The two are different values to a server,
/// even with one element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum TagValue {
    /// A string.
    One(String),
    /// An array of strings, possibly empty.
    Many(Vec<String>),
}

impl Tags {
    /// No tags.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The value of the tag `name`.
    pub fn get(&self, name: &str) -> Option<&TagValue> {
        self.0.get(name)
    }

    /// The value of the tag `name` when it is a single string.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(TagValue::One(text)) => Some(text),
            _ => None,
        }
    }

    /// Sets a tag and returns its former value.
    pub fn insert(
        &mut self,
        name: impl Into<String>,
        value: impl Into<TagValue>,
    ) -> Option<TagValue> {
        self.0.insert(name.into(), value.into())
    }

    /// Removes a tag and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<TagValue> {
        self.0.remove(name)
    }

    /// All tags, ordered by name.
    pub fn iter(&self) -> btree_map::Iter<'_, String, TagValue> {
        self.0.iter()
    }
}

impl<N: Into<String>, V: Into<TagValue>> FromIterator<(N, V)> for Tags {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(tags: I) -> Self {
        Self(
            tags.into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl<'a> IntoIterator for &'a Tags {
    type Item = (&'a String, &'a TagValue);
    type IntoIter = btree_map::Iter<'a, String, TagValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl TagValue {
    /// The values, one or many.
    pub fn values(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }

    /// Whether one of the values equals one of `wanted`: what the `tag.{name}` filter asks.
    pub fn matches_any<W: AsRef<str>>(&self, wanted: &[W]) -> bool {
        self.values()
            .iter()
            .any(|value| wanted.iter().any(|wanted| wanted.as_ref() == value))
    }
}

impl From<&str> for TagValue {
    fn from(text: &str) -> Self {
        Self::One(text.to_owned())
    }
}

impl From<String> for TagValue {
    fn from(text: String) -> Self {
        Self::One(text)
    }
}

impl From<Vec<String>> for TagValue {
    fn from(texts: Vec<String>) -> Self {
        Self::Many(texts)
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tags = BTreeMap::<String, Value>::deserialize(deserializer)?;
        let read = |(name, value)| Some((name, tag_value(value)?));
        Ok(Self(tags.into_iter().filter_map(read).collect()))
    }
}

impl<'de> Deserialize<'de> for TagValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        tag_value(Value::deserialize(deserializer)?)
            .ok_or_else(|| D::Error::custom("a tag value is a string or an array of strings"))
    }
}

fn tag_value(value: Value) -> Option<TagValue> {
    match value {
        Value::Array(items) => Some(TagValue::Many(items.into_iter().filter_map(text).collect())),
        value => text(value).map(TagValue::One),
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn strings_and_arrays_stay_apart() {
        let tags: Tags = serde_json::from_value(json!({"a": "x", "b": ["x"], "c": []})).unwrap();
        assert_eq!(tags.text("a"), Some("x"));
        assert_eq!(tags.text("b"), None);
        assert!(tags.get("b").unwrap().matches_any(&["y", "x"]));
        assert!(!tags.get("c").unwrap().matches_any(&["x"]));
        assert_eq!(
            serde_json::to_value(&tags).unwrap(),
            json!({"a": "x", "b": ["x"], "c": []})
        );
    }

    #[test]
    fn numbers_become_text_and_null_is_no_tag() {
        let tags: Tags =
            serde_json::from_value(json!({"n": 5, "t": true, "z": null, "m": [1, null]})).unwrap();
        assert_eq!(
            serde_json::to_value(&tags).unwrap(),
            json!({"m": ["1"], "n": "5", "t": "true"})
        );
    }
}
