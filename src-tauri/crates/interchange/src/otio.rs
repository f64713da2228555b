//! OpenTimelineIO's JSON.

mod number;
mod read;
mod reference;
mod scan;
mod write;

pub(crate) use number::{range_at, range_json};
pub use read::read_otio;
pub(crate) use read::simple_nested;
pub use scan::{MAX_BYTES, MAX_DEPTH, MAX_VALUES};
pub use write::write_otio;

use serde_json::{Map, Value};

/// A JSON object.
type Object = Map<String, Value>;

/// The schema of an object without its version, and the version; `None` for what is none of OTIO's.
fn schema_of(value: &Value) -> Option<(&str, u32)> {
    split_schema(value.get("OTIO_SCHEMA")?.as_str()?)
}

fn split_schema(schema: &str) -> Option<(&str, u32)> {
    let (name, version) = schema.rsplit_once('.')?;
    Some((name, version.parse().ok()?))
}

/// The schema as it stands, to be named to people.
fn schema_text(value: &Value) -> String {
    match value.get("OTIO_SCHEMA").and_then(Value::as_str) {
        Some(schema) => crate::issue::short(schema),
        None => match value {
            Value::Null => "null",
            Value::Bool(_) | Value::Number(_) | Value::String(_) => "bare value",
            Value::Array(_) => "list",
            Value::Object(_) => "object without OTIO_SCHEMA",
        }
        .to_owned(),
    }
}

/// The text under `key`; empty when there is none.
fn text_of<'a>(object: &'a Object, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) use reference::flow_offset;
