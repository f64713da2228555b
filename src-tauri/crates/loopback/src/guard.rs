//! The checks every request passes before a route sees it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, HOST, ORIGIN, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::Policy;

/// A policy and the address it is applied at.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) policy: Arc<Policy>,
    pub(crate) bound: SocketAddr,
}

/// Why a request goes no further.
enum Refusal {
    NoHost,
    OtherHost,
    OtherOrigin,
    NoToken,
}

impl Guard {
    fn check(&self, request: &Request) -> Result<(), Refusal> {
        let headers = request.headers();
        let host: Authority = match only(headers, &HOST) {
            Some(host) => host.parse().map_err(|_| Refusal::NoHost)?,
            None => return Err(Refusal::NoHost),
        };
        let target_agrees = request
            .uri()
            .authority()
            .is_none_or(|target| *target == host);
        if !target_agrees || !self.policy.answers_to(&host, self.bound) {
            return Err(Refusal::OtherHost);
        }
        if headers.contains_key(ORIGIN)
            && !only(headers, &ORIGIN).is_some_and(|origin| self.policy.welcomes(origin, &host))
        {
            return Err(Refusal::OtherOrigin);
        }
        let bearer = only(headers, &AUTHORIZATION).and_then(bearer_token);
        if !self
            .policy
            .admits(request.uri().path(), bearer, request.uri().query())
        {
            return Err(Refusal::NoToken);
        }
        Ok(())
    }
}

/// The value of a header that is there exactly once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    if values.next().is_some() {
        return None;
    }
    first.to_str().ok()
}

fn bearer_token(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

pub(crate) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let mut response = match guard.check(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    response
        .headers_mut()
        .insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::NoHost => (
                StatusCode::BAD_REQUEST,
                "the request must name its host once",
            )
                .into_response(),
            Self::OtherHost => (
                StatusCode::MISDIRECTED_REQUEST,
                "this server does not answer to that host name; use the address it is bound to",
            )
                .into_response(),
            Self::OtherOrigin => (
                StatusCode::FORBIDDEN,
                "pages of that origin may not ask this server",
            )
                .into_response(),
            Self::NoToken => (
                StatusCode::UNAUTHORIZED,
                [(WWW_AUTHENTICATE, "Bearer")],
                "send this server's token as “Authorization: Bearer” or as access_token",
            )
                .into_response(),
        }
    }
}
