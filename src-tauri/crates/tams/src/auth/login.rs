//! A login of user and password (vasttams 8.0, quirk 10).

use http::header::HeaderValue;
use serde_json::json;

use super::Exchange;
use super::token::{Grant, post};
use crate::base::Base;
use crate::error::TamsError;
use crate::secret::Secret;

/// Where vasttams 8.0 keeps its API below the address people give.
pub(crate) const LATEST: [&str; 3] = ["api", "tams", "latest"];

/// Asks for a token, at the base or below it where vasttams 8.0 has its API.
pub(super) async fn log_in(
    exchange: &Exchange<'_>,
    user: &str,
    password: &Secret,
) -> Result<Grant, TamsError> {
    let body = json!({"username": user, "password": password.expose()}).to_string();
    let mime = HeaderValue::from_static("application/json");
    let base = exchange.base.url();
    let here = Base::join(base, &["auth", "login"])?;
    let first = post(exchange, &here, mime.clone(), body.clone(), None).await;
    match first {
        Err(TamsError::NotFound { .. }) => {
            let [api, tams, latest] = LATEST;
            let below = Base::join(base, &[api, tams, latest, "auth", "login"])?;
            post(exchange, &below, mime, body, None).await
        }
        outcome => outcome,
    }
}
