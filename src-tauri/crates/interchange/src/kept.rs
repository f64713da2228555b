//! What a file says beyond what is understood here.

use serde_json::{Map, Value};

/// The key of what TAMS keeps in metadata (AppNote 0015).
pub const TAMS: &str = "bbc.github.io/tams";

/// An object as it stood in the file, so that it can be written back. Empty for a new one.
///
/// What this crate understands is told by the fields beside it; they win when they say otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept(pub(crate) Map<String, Value>);

impl Kept {
    /// The object's metadata; `None` when it has none.
    pub fn metadata(&self) -> Option<&Map<String, Value>> {
        self.0.get("metadata")?.as_object()
    }

    /// Puts `value` under `key` into the object's metadata; `None` takes the key away.
    pub fn set_metadata(&mut self, key: &str, value: Option<Value>) {
        set_in(&mut self.0, &["metadata", key], value);
    }

    /// Markers on the object, as OTIO's JSON.
    pub fn markers(&self) -> &[Value] {
        self.list("markers")
    }

    /// Effects on the object, as OTIO's JSON.
    pub fn effects(&self) -> &[Value] {
        self.list("effects")
    }

    /// True when the object shows only a part of itself: its own `source_range`.
    pub(crate) fn is_trimmed(&self) -> bool {
        self.0
            .get("source_range")
            .is_some_and(|range| !range.is_null())
    }

    fn list(&self, key: &str) -> &[Value] {
        match self.0.get(key) {
            Some(Value::Array(list)) => list,
            _ => &[],
        }
    }
}

/// The text at `metadata / bbc.github.io/tams / key` of an object.
pub(crate) fn tams_text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get(TAMS)?.get(key)?.as_str()
}

/// Sets the text at `metadata / bbc.github.io/tams / key` of an object, or takes it away.
pub(crate) fn set_tams_text(object: &mut Map<String, Value>, key: &str, text: Option<String>) {
    set_in(object, &["metadata", TAMS, key], text.map(Value::from));
}

/// Sets the value at a path of keys, making objects on the way; `None` takes the last key away.
fn set_in(object: &mut Map<String, Value>, path: &[&str], value: Option<Value>) {
    let Some((key, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        match value {
            Some(value) => object.insert((*key).to_owned(), value),
            None => object.shift_remove(*key),
        };
        return;
    }
    if value.is_none() && !object.get(*key).is_some_and(Value::is_object) {
        return;
    }
    let inner = object.entry(*key).or_insert(Value::Null);
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    if let Value::Object(inner) = inner {
        set_in(inner, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn metadata_is_set_and_taken_away() {
        let mut kept = Kept::default();
        kept.set_metadata("a", None);
        assert_eq!(kept, Kept::default());
        kept.set_metadata("a", Some(json!(1)));
        assert_eq!(kept.metadata(), json!({"a": 1}).as_object());
        set_tams_text(&mut kept.0, "timerange", Some("_".to_owned()));
        assert_eq!(tams_text(&kept.0, "timerange"), Some("_"));
        set_tams_text(&mut kept.0, "timerange", None);
        kept.set_metadata("a", None);
        assert_eq!(
            kept.0,
            *json!({"metadata": {TAMS: {}}}).as_object().unwrap()
        );
    }

    #[test]
    fn lists_of_another_shape_are_empty() {
        let kept = Kept(
            json!({"effects": 3, "markers": [1]})
                .as_object()
                .unwrap()
                .clone(),
        );
        assert!(kept.effects().is_empty() && !kept.is_trimmed());
        assert_eq!(kept.markers(), [json!(1)]);
    }
}
