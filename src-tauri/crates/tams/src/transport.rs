//! One request to the API, with everything that makes it safe and patient.
//!
//! A [`Call`] goes out with the credentials of its connection, at most once when it is not safe to
//! repeat, and comes back as an [`Answer`] of status 2xx or as a [`TamsError`] that says what to do.

mod body;
mod failure;
mod http;
mod patience;

use std::sync::Arc;
use std::time::Duration;

use ::http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION,
    RETRY_AFTER, USER_AGENT,
};
use ::http::{Method, Request, Response, StatusCode};
use bytes::Bytes;
use hyper::body::Incoming;
use tokio_util::sync::CancellationToken;
use url::Url;

pub(crate) use body::read_bounded;
pub(crate) use failure::{body_failure, classify, shown, summary_of};
pub(crate) use http::{Body, Http, Tls, empty, full};
pub(crate) use patience::{Patience, server_time};

use crate::auth::{Authenticator, Exchange};
use crate::base::Base;
use crate::error::{Place, TamsError};
use crate::settings::ConnectionSettings;
use crate::surroundings::Surroundings;

/// Redirects inside the base that are followed for one request.
const REDIRECTS: usize = 5;
/// Some gateways refuse callers without a name.
const AGENT: &str = concat!("stringout/", env!("CARGO_PKG_VERSION"));
/// An error's body is read no further.
const ERROR_BYTES: usize = 64 << 10;

/// A request to the API.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Its type and bytes. A call without a body carries no type: some servers take an empty body of
    /// type JSON for a broken one.
    pub(crate) body: Option<(HeaderValue, Bytes)>,
    /// Whether doing it twice is the same as doing it once.
    pub(crate) repeatable: bool,
}

impl Call {
    pub(crate) fn new(method: Method, url: Url) -> Self {
        let repeatable = method != Method::POST;
        Self {
            method,
            url,
            headers: Vec::new(),
            body: None,
            repeatable,
        }
    }

    pub(crate) fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn json<T: serde::Serialize>(self, body: &T) -> Result<Self, TamsError> {
        let bytes = serde_json::to_vec(body).map_err(|wrong| TamsError::InvalidInput {
            what: "a request's body",
            reason: wrong.to_string(),
        })?;
        Ok(self.bytes("application/json", bytes.into()))
    }

    pub(crate) fn bytes(mut self, mime: &'static str, bytes: Bytes) -> Self {
        self.body = Some((HeaderValue::from_static(mime), bytes));
        self
    }

    pub(crate) fn place(&self) -> Place {
        Place::of(&self.url)
    }
}

/// An answer of status 2xx.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Where it came from in the end.
    pub(crate) url: Url,
}

impl Answer {
    pub(crate) fn place(&self) -> Place {
        Place::of(&self.url)
    }

    /// A header as text; absent when it is none.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The way to one server's API.
pub(crate) struct Transport {
    pub(crate) base: Base,
    pub(crate) auth: Authenticator,
    pub(crate) http: Http,
    pub(crate) surroundings: Surroundings,
    answer_time: Duration,
    answer_bytes: usize,
    pub(crate) patience: Patience,
}

impl Transport {
    pub(crate) fn new(
        settings: &ConnectionSettings,
        surroundings: Surroundings,
        tls: Arc<Tls>,
    ) -> Result<Self, TamsError> {
        let base = Base::new(settings)?;
        let auth = Authenticator::new(settings)?;
        Ok(Self {
            base,
            auth,
            http: Http::new(tls, settings.timeouts.connect),
            answer_time: settings.timeouts.answer,
            answer_bytes: settings.limits.answer_bytes,
            patience: Patience::new(settings.limits.tries, settings.limits.longest_wait),
            surroundings,
        })
    }

    /// Sends `call` until it is answered for good.
    ///
    /// Repeated, with growing pauses, is what is safe to repeat: calls that change nothing or the
    /// same thing again, and any call of which it is certain that it never took effect.
    pub(crate) async fn send(
        &self,
        call: &Call,
        cancel: &CancellationToken,
    ) -> Result<Answer, TamsError> {
        let mut renewed = false;
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.once(call, cancel).await {
                Ok(answer) => return Ok(answer),
                Err((TamsError::Unauthorized { at, summary }, generation)) => {
                    // Refused credentials never take effect, so this may repeat any call, once.
                    if !renewed && self.auth.forget(generation) {
                        renewed = true;
                        continue;
                    }
                    return Err(TamsError::Unauthorized { at, summary });
                }
                Err((error, _)) => error,
            };
            let may = error.never_happened() || (call.repeatable && error.is_retryable());
            if !may || !self.patience.allows(tries) {
                return Err(error);
            }
            let wait = self
                .patience
                .wait(tries, &error, &*self.surroundings.chance);
            tracing::debug!(at = %call.place(), %error, ?wait, "trying again");
            tokio::select! {
                () = cancel.cancelled() => return Err(TamsError::Cancelled),
                () = self.surroundings.pause.pause(wait) => {}
            }
        }
    }

    /// One try. The number beside an error tells which credentials were used.
    async fn once(
        &self,
        call: &Call,
        cancel: &CancellationToken,
    ) -> Result<Answer, (TamsError, u64)> {
        if cancel.is_cancelled() {
            return Err((TamsError::Cancelled, 0));
        }
        let exchange = Exchange {
            http: &self.http,
            base: &self.base,
            surroundings: &self.surroundings,
            answer_time: self.answer_time,
            cancel,
        };
        let (credential, generation) = self
            .auth
            .credential(&exchange)
            .await
            .map_err(|error| (error, u64::MAX))?;
        let exchanged = self.exchange(call, &credential);
        let timed = tokio::time::timeout(self.answer_time, exchanged);
        let outcome = tokio::select! {
            () = cancel.cancelled() => Err(TamsError::Cancelled),
            outcome = timed => outcome.unwrap_or_else(|_| {
                Err(TamsError::Timeout { at: call.place(), after: self.answer_time })
            }),
        };
        outcome.map_err(|error| (error, generation))
    }

    async fn exchange(
        &self,
        call: &Call,
        credential: &crate::auth::Credential,
    ) -> Result<Answer, TamsError> {
        let mut url = call.url.clone();
        for _ in 0..=REDIRECTS {
            if !self.base.contains(&url) {
                return Err(TamsError::RedirectRefused {
                    at: call.place(),
                    target: Place::of(&url).to_string(),
                });
            }
            let mut sent = url.clone();
            let mut request = Request::builder().method(call.method.clone());
            if let Some(headers) = request.headers_mut() {
                headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
                headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
                headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
                for (name, value) in &call.headers {
                    headers.insert(name.clone(), value.clone());
                }
                if let Some((mime, _)) = &call.body {
                    headers.insert(CONTENT_TYPE, mime.clone());
                }
                credential.apply(&mut sent, headers);
            }
            sent.set_fragment(None);
            let body = call
                .body
                .as_ref()
                .map_or_else(empty, |(_, bytes)| full(bytes.clone()));
            let place = Place::of(&url);
            let request =
                request
                    .uri(sent.as_str())
                    .body(body)
                    .map_err(|wrong| TamsError::InvalidInput {
                        what: "a request",
                        reason: wrong.to_string(),
                    })?;
            tracing::debug!(method = %call.method, at = %place, "request");
            let response = self
                .http
                .request(request)
                .await
                .map_err(|error| classify(&error, place.clone()))?;
            let status = response.status();
            if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
                url = self.follow(call, &url, status, response.headers())?;
                continue;
            }
            if status.is_success() {
                let (parts, body) = response.into_parts();
                let body = read_bounded(body, &parts.headers, self.answer_bytes, &place).await?;
                return Ok(Answer {
                    status,
                    headers: parts.headers,
                    body,
                    url,
                });
            }
            return Err(self.refusal_of(response, place).await);
        }
        Err(TamsError::RedirectRefused {
            at: call.place(),
            target: format!("{} after {REDIRECTS} redirects", Place::of(&url)),
        })
    }

    /// Where a redirect leads: followed only inside the base, and only when the method survives.
    fn follow(
        &self,
        call: &Call,
        from: &Url,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<Url, TamsError> {
        let target = headers
            .get(LOCATION)
            .and_then(|target| target.to_str().ok())
            .and_then(|target| from.join(target).ok());
        let refuse = |target: String| TamsError::RedirectRefused {
            at: Place::of(from),
            target,
        };
        let Some(target) = target else {
            return Err(refuse("an address that can't be read".into()));
        };
        let keeps_method = matches!(
            status,
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
        ) || matches!(call.method, Method::GET | Method::HEAD);
        if !keeps_method || !self.base.contains(&target) {
            return Err(refuse(Place::of(&target).to_string()));
        }
        Ok(target)
    }

    /// What an answer that is no success says.
    pub(crate) async fn refusal_of(&self, response: Response<Incoming>, at: Place) -> TamsError {
        let (parts, body) = response.into_parts();
        // What an error says is worth having, not worth failing for.
        let body = read_bounded(body, &parts.headers, ERROR_BYTES, &at)
            .await
            .unwrap_or_default();
        self.refusal(at, parts.status, &parts.headers, &body)
    }

    fn refusal(
        &self,
        at: Place,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> TamsError {
        let summary = self.auth.redact(&summary_of(body));
        let wait = || {
            let after = headers.get(RETRY_AFTER)?.to_str().ok()?;
            patience::retry_after(after, headers, self.surroundings.clock.now())
        };
        match status {
            StatusCode::UNAUTHORIZED => TamsError::Unauthorized { at, summary },
            StatusCode::FORBIDDEN => TamsError::Forbidden { at, summary },
            StatusCode::NOT_FOUND | StatusCode::GONE => TamsError::NotFound { at, summary },
            StatusCode::TOO_MANY_REQUESTS => TamsError::RateLimited {
                at,
                retry_after: wait(),
            },
            // With Retry-After it is the same request in other words (RFC 9110 §15.6.4).
            StatusCode::SERVICE_UNAVAILABLE if headers.contains_key(RETRY_AFTER) => {
                TamsError::RateLimited {
                    at,
                    retry_after: wait(),
                }
            }
            _ => TamsError::Rejected {
                at,
                status: status.as_u16(),
                summary,
            },
        }
    }
}
