//! JSON request bodies.

use axum::extract::{FromRequest, Request};
use axum::response::IntoResponse;
use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::Failure;
use crate::NodeError;
use crate::schema::{Schema, check};

/// A request body that must be JSON; `Null` when there is none.
pub(super) struct Json(pub(super) Value);

impl<S: Send + Sync> FromRequest<S> for Json {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let declared = request.headers().get(CONTENT_TYPE).cloned();
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejected| {
                let status = rejected.into_response().status();
                Failure::new(
                    status,
                    "body",
                    "the body can't be read or is too large; send it in smaller parts",
                )
            })?;
        if bytes.is_empty() {
            return Ok(Self(Value::Null));
        }
        let is_json = declared
            .as_ref()
            .and_then(|declared| declared.to_str().ok())
            .and_then(|declared| declared.split(';').next())
            .is_some_and(|declared| declared.trim().eq_ignore_ascii_case("application/json"));
        if !is_json {
            return Err(Failure::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "body",
                "send the body with Content-Type: application/json",
            ));
        }
        match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Self(with_whole_numbers(value))),
            Err(wrong) => Err(NodeError::invalid("/", format!("is not JSON: {wrong}")).into()),
        }
    }
}

impl Json {
    /// The body as a `T`, after it was checked against its schema.
    pub(super) fn checked<T: DeserializeOwned>(self, schema: Schema) -> Result<T, NodeError> {
        check(schema, &self.0)?;
        self.parsed()
    }

    /// The body as a `T`.
    pub(super) fn parsed<T: DeserializeOwned>(self) -> Result<T, NodeError> {
        parse(self.0)
    }
}

/// The value with `2` for `2.0` and `2e0`: all are the integer 2 to JSON Schema (core §4.2.3), but
/// not to serde.
fn with_whole_numbers(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let whole = number
                .as_f64()
                .filter(|float| float.fract() == 0.0)
                .and_then(|float| format!("{float:.0}").parse::<i64>().ok());
            whole.map_or(Value::Number(number), Value::from)
        }
        Value::Array(items) => items.into_iter().map(with_whole_numbers).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, with_whole_numbers(value)))
            .collect(),
        other => other,
    }
}

/// A JSON value as a `T`.
pub(super) fn parse<T: DeserializeOwned>(value: Value) -> Result<T, NodeError> {
    serde_json::from_value(value).map_err(|wrong| NodeError::invalid("/", wrong.to_string()))
}
