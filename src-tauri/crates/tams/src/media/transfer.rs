//! Requests to where objects lie: other connections than the API's, and no credentials unless the
//! object lies under the configured base and its URL carries no permission of its own.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, HeaderMap, HeaderValue, LOCATION};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::copies::is_signed;
use super::rewrite::Checked;
use crate::auth::Exchange;
use crate::connection::Connection;
use crate::error::{ConnectFailure, Place, TamsError};
use crate::settings::{ConnectionSettings, ObjectSigner, StoragePreference};
use crate::surroundings::Surroundings;
use crate::transport::{Body, Http, Patience, Tls, body_failure, classify};

/// Redirects that are followed for one transfer.
const REDIRECTS: usize = 5;

/// The way to where objects lie.
pub(crate) struct Transfer {
    http: Http,
    rewrites: Vec<Checked>,
    pub(crate) prefer: Vec<StoragePreference>,
    pub(crate) stall: Duration,
    /// For an answer, once everything was sent.
    pub(crate) answer: Duration,
    pub(crate) patience: Patience,
    pub(crate) surroundings: Surroundings,
    pub(crate) signer: Option<Arc<dyn ObjectSigner>>,
}

/// Whether a failure may pass by itself, so that the same transfer is worth another try.
pub(super) fn passes(error: &TamsError) -> bool {
    error.is_unreachable()
        || matches!(error, TamsError::RateLimited { .. })
        || matches!(error, TamsError::TransferRefused { status, .. } if *status >= 500 || *status == 408)
}

/// A request to a store.
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    /// Whether the URL carries its own permission.
    pub(crate) presigned: bool,
}

impl Transfer {
    pub(crate) fn new(
        settings: &ConnectionSettings,
        surroundings: &Surroundings,
        tls: Arc<Tls>,
    ) -> Result<Self, TamsError> {
        Ok(Self {
            http: Http::new(tls, settings.timeouts.connect),
            rewrites: settings
                .rewrites
                .iter()
                .map(super::Rewrite::checked)
                .collect::<Result<_, _>>()?,
            prefer: settings.prefer_storage.clone(),
            stall: settings.timeouts.stall,
            answer: settings.timeouts.answer.max(settings.timeouts.stall),
            patience: Patience::new(settings.limits.tries, settings.limits.longest_wait),
            surroundings: surroundings.clone(),
            signer: settings.signer.clone(),
        })
    }

    /// Sends `ask` and returns when the head of the answer is there, whatever its status.
    ///
    /// Redirects of reads are followed without credentials, and never from a secure address to a
    /// plain one; those of uploads are refused. Refused credentials are renewed once for a read.
    pub(crate) async fn ask(
        &self,
        connection: &Connection,
        ask: &Ask,
        mut body: impl FnMut() -> Body,
    ) -> Result<(Response<Incoming>, Place), TamsError> {
        let mut url = ask.url.clone();
        let mut with_credentials =
            !ask.presigned && !is_signed(&url) && connection.base().contains(&url);
        let mut renewed = false;
        for _ in 0..=REDIRECTS {
            let place = Place::of(&url);
            let mut headers = ask.headers.clone();
            let mut sent = url.clone();
            let mut used = None;
            if with_credentials {
                let transport = connection.transport();
                let exchange = Exchange {
                    http: &transport.http,
                    base: &transport.base,
                    surroundings: &transport.surroundings,
                    answer_time: self.stall,
                    cancel: connection.cancel(),
                };
                let (credential, generation) = transport.auth.credential(&exchange).await?;
                credential.apply(&mut sent, &mut headers);
                used = Some(generation);
            } else if let Some((target, host)) =
                self.rewrites.iter().find_map(|rewrite| rewrite.apply(&url))
            {
                headers.insert(HOST, host);
                sent = target;
            }
            // A user and password in the URL would be credentials of somebody.
            if sent.set_username("").is_err() || sent.set_password(None).is_err() {
                tracing::debug!(at = %place, "the URL has no host");
            }
            sent.set_fragment(None);
            let mut request = Request::builder().method(ask.method.clone());
            if let Some(all) = request.headers_mut() {
                *all = headers;
            }
            let request = request.uri(sent.as_str()).body(body()).map_err(|wrong| {
                TamsError::InvalidInput {
                    what: "a transfer",
                    reason: wrong.to_string(),
                }
            })?;
            tracing::debug!(method = %ask.method, at = %place, "transfer");
            let response = self
                .http
                .request(request)
                .await
                .map_err(|error| classify(&error, place.clone()))?;
            let status = response.status();
            if status == StatusCode::UNAUTHORIZED
                && ask.method == Method::GET
                && !renewed
                && used.is_some_and(|generation| connection.transport().auth.forget(generation))
            {
                renewed = true;
                continue;
            }
            let moved = matches!(
                status,
                StatusCode::MOVED_PERMANENTLY
                    | StatusCode::FOUND
                    | StatusCode::TEMPORARY_REDIRECT
                    | StatusCode::PERMANENT_REDIRECT
            );
            if !moved {
                return Ok((response, place));
            }
            url = follow(ask, &url, response.headers())?;
            with_credentials = false;
        }
        Err(TamsError::RedirectRefused {
            at: Place::of(&ask.url),
            target: format!("{} after {REDIRECTS} redirects", Place::of(&url)),
        })
    }

    /// The next bytes of an answer; nothing at its end.
    pub(crate) async fn next(
        &self,
        body: &mut Incoming,
        at: &Place,
        cancel: &CancellationToken,
    ) -> Result<Option<Bytes>, TamsError> {
        loop {
            let timed = tokio::time::timeout(self.stall, body.frame());
            let frame = tokio::select! {
                () = cancel.cancelled() => return Err(TamsError::Cancelled),
                frame = timed => frame.map_err(|_| TamsError::Unreachable {
                    at: at.clone(),
                    cause: ConnectFailure::Stalled,
                })?,
            };
            let Some(frame) = frame else {
                return Ok(None);
            };
            let frame = frame.map_err(|error| body_failure(&error, at.clone()))?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
    }

    /// Waits before try number `made` + 1.
    pub(crate) async fn pause(
        &self,
        made: u32,
        error: &TamsError,
        cancel: &CancellationToken,
    ) -> Result<(), TamsError> {
        let wait = self.patience.wait(made, error, &*self.surroundings.chance);
        tokio::select! {
            () = cancel.cancelled() => Err(TamsError::Cancelled),
            () = self.surroundings.pause.pause(wait) => Ok(()),
        }
    }
}

fn follow(ask: &Ask, from: &Url, headers: &HeaderMap) -> Result<Url, TamsError> {
    let target = headers
        .get(LOCATION)
        .and_then(|target: &HeaderValue| target.to_str().ok())
        .and_then(|target| from.join(target).ok());
    let refuse = |target: String| TamsError::RedirectRefused {
        at: Place::of(from),
        target,
    };
    let Some(target) = target else {
        return Err(refuse("an address that can't be read".to_owned()));
    };
    let no_weaker =
        target.scheme() == "https" || (target.scheme() == "http" && from.scheme() == "http");
    if ask.method == Method::GET && no_weaker {
        return Ok(target);
    }
    Err(refuse(Place::of(&target).to_string()))
}
