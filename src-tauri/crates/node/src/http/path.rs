//! Parameters in paths, percent-decoded. What can't be decoded names nothing.

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tams_model::Id;

use super::answer::Failure;
use crate::NodeError;
use crate::schema::{Schema, check};

/// The parameters of a path.
pub(super) struct Path<T>(pub(super) T);

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(parameters)) => Ok(Self(parameters)),
            Err(_) => Err(Failure::new(
                StatusCode::NOT_FOUND,
                "not_found",
                "the path is not percent-encoded UTF-8",
            )),
        }
    }
}

/// The identifier in a path; one that is none, as `uuid.json` has it, names nothing.
pub(super) fn path_id(what: &'static str, text: &str) -> Result<Id, NodeError> {
    let missing = || NodeError::not_found(what, text);
    check(Schema::Uuid, &Value::from(text)).map_err(|_| missing())?;
    text.parse().map_err(|_| missing())
}
