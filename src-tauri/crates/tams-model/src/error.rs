//! What this crate refuses, and the error bodies of TAMS servers.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{DateTime, Other};

/// Why a text is not what it should be.
///
/// Quoted input is cut short, so an error stays small however long the input was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Not an identifier TAMS accepts.
    #[error(
        "“{text}” is not a UUID of version 1 to 5, such as 4f79cfd1-c057-47f4-8e4d-1b126ca7bf34"
    )]
    Id {
        /// The offending text, shortened.
        text: String,
    },
    /// Not a MIME type.
    #[error("“{text}” is not a MIME type, such as video/mp4")]
    Mime {
        /// The offending text, shortened.
        text: String,
    },
    /// Not a date and time.
    #[error("“{text}” is not a date and time, such as 2026-02-24T09:35:25Z")]
    Date {
        /// The offending text, shortened.
        text: String,
    },
    /// Not one of the words the schema lists.
    #[error("“{text}” is not one of {allowed}")]
    Word {
        /// The offending text, shortened.
        text: String,
        /// The words that are, separated by commas.
        allowed: String,
    },
    /// Essence parameters that don't fit the format of their flow.
    #[error("essence_parameters don't fit {format}: {why}")]
    Essence {
        /// The flow's format URN, or that it is missing.
        format: String,
        /// What does not fit.
        why: String,
    },
}

/// At most 80 characters of `text`, for error messages.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 80;
    if text.chars().nth(LONGEST).is_none() {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

/// The body of a failed request, and the `error` of failed segments and deletion requests
/// (`error.json`).
///
/// Reads the shapes of other servers too: `{"detail": text or list}`, `{"message": text}`, an
/// RFC 9457 problem, or a bare string.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TamsErrorBody {
    /// The kind of error, one word.
    #[serde(rename = "type")]
    pub error_type: String,
    /// What went wrong, for people.
    pub summary: String,
    /// Where in the code, when the server tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceback: Option<Vec<String>>,
    /// When, to find it in a log. Always there in what we write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<DateTime>,
    /// JSON pointer (RFC 6901) to the offending value of the request body; our own addition, the
    /// schema is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Everything else the body said.
    #[serde(flatten)]
    pub other: Other,
}

impl TamsErrorBody {
    /// An error of kind `error_type`, at `time`.
    pub fn new(error_type: &str, summary: impl Into<String>, time: DateTime) -> Self {
        Self {
            error_type: error_type.to_owned(),
            summary: summary.into(),
            traceback: None,
            time: Some(time),
            pointer: None,
            other: Other::new(),
        }
    }
}

impl<'de> Deserialize<'de> for TamsErrorBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut other = match Value::deserialize(deserializer)? {
            Value::Object(members) => members,
            Value::String(text) => Other::from_iter([("summary".to_owned(), Value::String(text))]),
            _ => return Err(D::Error::custom("an error body is an object or a string")),
        };
        let summary = ["summary", "detail", "message", "title", "error"]
            .into_iter()
            .find(|name| other.get(*name).is_some_and(is_telling))
            .and_then(|name| other.shift_remove(name))
            .map(|value| sentence(&value))
            .unwrap_or_default();
        let take_text = |other: &mut Other, name: &str| match other.get(name) {
            Some(Value::String(_)) => match other.shift_remove(name) {
                Some(Value::String(text)) => Some(text),
                _ => None,
            },
            _ => None,
        };
        let error_type = take_text(&mut other, "type").unwrap_or_else(|| "error".to_owned());
        let traceback = other
            .shift_remove("traceback")
            .and_then(|lines| serde_json::from_value(lines).ok());
        let time = take_text(&mut other, "time").and_then(|text| text.parse().ok());
        let pointer = take_text(&mut other, "pointer");
        // One of these names with a value of the wrong type would be written beside ours.
        for name in ["type", "summary", "time"] {
            other.shift_remove(name);
        }
        Ok(Self {
            error_type,
            summary,
            traceback,
            time,
            pointer,
            other,
        })
    }
}

/// Whether something is said; a list of empty texts says nothing.
fn is_telling(value: &Value) -> bool {
    !value.is_null() && !sentence(value).is_empty()
}

/// A `detail` as one line: texts as they are, lists joined, validation items by place and message.
fn sentence(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(sentence).collect::<Vec<_>>().join("; "),
        Value::Object(members) => match (members.get("loc"), members.get("msg")) {
            (Some(Value::Array(place)), Some(Value::String(message))) => {
                let place: Vec<String> = place.iter().map(sentence).collect();
                format!("{}: {message}", place.join("/"))
            }
            (_, Some(Value::String(message))) => message.clone(),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> TamsErrorBody {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn reads_the_shapes_servers_send() {
        assert_eq!(
            read(json!({"detail": "Flow not found"})).summary,
            "Flow not found"
        );
        assert_eq!(
            read(json!({"message": "Bad request"})).summary,
            "Bad request"
        );
        assert_eq!(read(json!("broken")).summary, "broken");
        let listed =
            read(json!({"detail": [{"loc": ["body", "timerange", 0], "msg": "field required"}]}));
        assert_eq!(listed.summary, "body/timerange/0: field required");
        let problem = read(json!({
            "type": "about:blank", "title": "Unprocessable", "status": 422, "detail": "overlap"
        }));
        assert_eq!(
            (problem.error_type.as_str(), problem.summary.as_str()),
            ("about:blank", "overlap")
        );
        assert_eq!(problem.other.get("status"), Some(&json!(422)));
        assert!(serde_json::from_value::<TamsErrorBody>(json!(5)).is_err());
    }

    #[test]
    fn nothing_is_written_twice() {
        for (body, summary) in [
            (json!({"summary": null, "detail": "overlap"}), "overlap"),
            (json!({"summary": "", "type": 5, "time": 5}), ""),
            (json!({"summary": [""], "detail": "overlap"}), "overlap"),
        ] {
            let error = read(body);
            assert_eq!(error.summary, summary);
            let written = serde_json::to_string(&error).unwrap();
            assert_eq!(written.matches("\"summary\"").count(), 1, "{written}");
            assert_eq!(written.matches("\"type\"").count(), 1, "{written}");
            assert_eq!(
                serde_json::from_str::<TamsErrorBody>(&written).unwrap(),
                error
            );
        }
    }

    #[test]
    fn excerpts_are_short() {
        assert_eq!(excerpt("short"), "short");
        assert_eq!(excerpt(&"ü".repeat(500)).chars().count(), 81);
    }
}
