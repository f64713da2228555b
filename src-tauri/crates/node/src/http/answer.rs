//! Answers: JSON bodies, and failures as TAMS error bodies.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;
use tams_model::{DateTime, TamsErrorBody};

use super::Node;
use crate::NodeError;

/// A request that failed. It becomes a response without body; [`render_failure`] adds the body, as
/// only that knows the time.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    status: StatusCode,
    kind: &'static str,
    summary: String,
    pointer: Option<String>,
}

impl Failure {
    pub(super) fn new(status: StatusCode, kind: &'static str, summary: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            summary: summary.into(),
            pointer: None,
        }
    }

    pub(super) fn no_such_path() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "there is no such path in TAMS 8.2",
        )
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(super) fn summary(&self) -> &str {
        &self.summary
    }
}

impl From<NodeError> for Failure {
    fn from(wrong: NodeError) -> Self {
        let status = match &wrong {
            NodeError::NotFound { .. } => StatusCode::NOT_FOUND,
            NodeError::Invalid { .. } | NodeError::Conflict { .. } => StatusCode::BAD_REQUEST,
            NodeError::ReadOnly { .. } | NodeError::OpenedReadOnly => StatusCode::FORBIDDEN,
            NodeError::NewerVersion { .. }
            | NodeError::Storage { .. }
            | NodeError::Database(_)
            | NodeError::Damaged { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let failure = Self::new(status, wrong.kind(), wrong.to_string());
        match wrong {
            NodeError::Invalid { field, .. } => Self {
                pointer: Some(field),
                ..failure
            },
            _ => failure,
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives a response that stands for a [`Failure`] its body.
pub(super) async fn render_failure(State(node): State<Node>, mut response: Response) -> Response {
    let Some(failure) = response.extensions_mut().remove::<Failure>() else {
        return response;
    };
    if failure.status.is_server_error() {
        tracing::error!(summary = failure.summary, "request failed");
    }
    let time = DateTime::from(node.catalogue.now().unwrap_or_default());
    let mut body = TamsErrorBody::new(failure.kind, failure.summary, time);
    body.pointer = failure.pointer;
    let (mut parts, _) = response.into_parts();
    parts
        .headers
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let text = serde_json::to_vec(&body).unwrap_or_default();
    Response::from_parts(parts, text.into())
}

/// A method that a path does not have; the router adds `Allow`. `OPTIONS` asks for just that.
pub(super) async fn other_method(method: Method) -> Result<StatusCode, Failure> {
    if method == Method::OPTIONS {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Failure::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "the path has no such method",
    ))
}

/// `value` as a JSON answer.
pub(super) fn json<T: Serialize>(status: StatusCode, value: &T) -> Result<Response, Failure> {
    let text = serde_json::to_vec(value).map_err(|wrong| NodeError::damaged("an answer", wrong))?;
    Ok((status, [(CONTENT_TYPE, "application/json")], text).into_response())
}

/// 200 with `value`.
pub(super) fn ok<T: Serialize>(value: &T) -> Result<Response, Failure> {
    json(StatusCode::OK, value)
}

/// A header value from text we made; text that can't be one is left out.
pub(super) fn header(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()
}
