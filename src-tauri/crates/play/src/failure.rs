//! Why a request has no proper answer, and what the viewer is told.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use uuid::Uuid;

use crate::{PortError, collector};

/// Runs a port's call off the event loop.
pub(crate) async fn blocking<T, F>(call: F) -> Result<T, Failure>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, PortError> + Send + 'static,
{
    tokio::task::spawn_blocking(call)
        .await?
        .map_err(Failure::Records)
}

/// Why a request has no proper answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the records can't be read: {0}")]
    Records(PortError),
    #[error("the media of compilation {id} can't be read: {error}")]
    Media { id: Uuid, error: std::io::Error },
    #[error("the body can't be read: {0}")]
    Opening(String),
    #[error(transparent)]
    Report(#[from] collector::Refused),
    #[error("the request was given up: {0}")]
    Stopped(#[from] tokio::task::JoinError),
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Opening(error.to_string())
    }
}

impl IntoResponse for Failure {
    /// The viewer learns what to do; paths and errors of this machine stay in its log.
    fn into_response(self) -> Response {
        let (status, words) = match &self {
            Self::Records(_) | Self::Media { .. } | Self::Stopped(_) => {
                tracing::warn!(error = %self, "a viewer was sent away");
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "this does not work at the moment; try again soon".to_owned(),
                )
            }
            Self::Opening(_) => (StatusCode::BAD_REQUEST, self.to_string()),
            Self::Report(refused) => {
                let status = refused.status();
                if status.is_server_error() {
                    tracing::warn!(error = %self, "reports were not taken");
                    (
                        status,
                        "reports can't be taken at the moment; send them again".to_owned(),
                    )
                } else {
                    (status, self.to_string())
                }
            }
        };
        (status, format!("{words}\n")).into_response()
    }
}
