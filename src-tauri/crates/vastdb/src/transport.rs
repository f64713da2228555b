//! One signed request, with everything that makes it safe and patient.
//!
//! A [`Call`] goes out at most once when it is not safe to repeat, and comes back as an [`Answer`] of
//! status 200 or as a [`VastError`] that says what to do. No redirect is followed.

mod failure;
mod http;

use std::sync::Arc;
use std::time::Duration;

use ::http::header::{CONTENT_LENGTH, HOST, USER_AGENT};
use ::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use mediatime::Clock;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use self::failure::{body_failure, classify, refusal};
use self::http::Http;
use crate::endpoint::{Endpoint, HttpSettings};
use crate::error::VastError;
use crate::sign::signed_headers;

pub(crate) use self::failure::shown;

/// The server keeps statistics by this name.
const AGENT: &str = concat!("stringout/", env!("CARGO_PKG_VERSION"));
/// An error's body is read no further.
const ERROR_BYTES: usize = 64 << 10;
/// No pause is longer than this many times the first.
const LONGEST_WAIT: u32 = 30;
/// What a path of a signed request holds as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    method: Method,
    /// Path and query, percent-encoded.
    target: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    /// Whether doing it twice is the same as doing it once.
    repeatable: bool,
    /// A status that is as good as 200.
    also: Option<StatusCode>,
    /// What is asked, in words, for errors.
    pub(crate) what: String,
}

impl Call {
    /// `path` are the names below the endpoint, `command` is the query's key.
    pub(crate) fn new(
        method: Method,
        path: &[&str],
        command: &str,
        what: impl Into<String>,
    ) -> Self {
        let mut target = String::new();
        for name in path {
            target.push('/');
            target.extend(utf8_percent_encode(name, PATH));
        }
        if target.is_empty() {
            target.push('/');
        }
        if !command.is_empty() {
            target.push('?');
            target.push_str(command);
        }
        Self {
            repeatable: matches!(method, Method::GET | Method::HEAD),
            method,
            target,
            headers: Vec::new(),
            body: Bytes::new(),
            also: None,
            what: what.into(),
        }
    }

    /// Adds a header whose value may come from outside.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Result<Self, VastError> {
        let refuse = || {
            VastError::input(
                self.what.clone(),
                format!("{name} holds what no header can"),
            )
        };
        let parsed_name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse())?;
        let parsed = HeaderValue::from_str(value).map_err(|_| refuse())?;
        self.headers.push((parsed_name, parsed));
        Ok(self)
    }

    /// The headers every request of the protocol has.
    pub(crate) fn in_transaction(self, txid: u64) -> Result<Self, VastError> {
        self.header("tabular-txid", &txid.to_string())?
            .header("tabular-api-version-id", "1")?
            .header("tabular-client-name", AGENT)
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Takes an answer of this status too.
    pub(crate) fn or_status(mut self, status: StatusCode) -> Self {
        self.also = Some(status);
        self
    }

    /// Says of a call that is no read that doing it twice does no harm.
    pub(crate) fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }
}

/// An answer of status 200, or of the other one that a call takes.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// A header as text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The way to one server.
pub(crate) struct Transport {
    endpoint: Endpoint,
    /// `scheme://host[:port]`, without a slash at its end.
    pub(crate) server: String,
    /// What the header `host` says.
    host: String,
    http: Http,
    pub(crate) settings: HttpSettings,
    clock: Arc<dyn Clock>,
}

impl Transport {
    pub(crate) fn new(
        endpoint: Endpoint,
        settings: HttpSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, VastError> {
        endpoint.check()?;
        let url = endpoint.address()?;
        let server = url.origin().ascii_serialization();
        // `Url` leaves a default port out, and so does a signature.
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let http = Http::new(endpoint.authorities()?, settings.connect);
        Ok(Self {
            endpoint,
            server,
            host,
            http,
            settings,
            clock,
        })
    }

    /// Sends `call` until it is answered for good, and reads the whole answer.
    ///
    /// Repeated, with growing pauses, are calls that may be, and any call of which the server says, or the
    /// connection shows, that it never took effect.
    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, VastError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let timed = tokio::time::timeout(self.settings.answer, self.once(call));
            let error = match timed.await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => error,
                Err(_) => self.timed_out(call, self.settings.answer),
            };
            if !self.may_repeat(call, &error, tries) {
                return Err(error);
            }
            self.wait(tries, call, &error).await;
        }
    }

    /// Sends `call`, a read, until an answer of status 200 begins; the body is the caller's to read.
    pub(crate) async fn open(&self, call: &Call) -> Result<Body, VastError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let timed = tokio::time::timeout(self.settings.answer, self.exchange(call));
            let error = match timed.await {
                Ok(Ok(response)) => {
                    return Ok(Body {
                        incoming: response.into_body(),
                        server: self.server.clone(),
                        what: call.what.clone(),
                        stall: self.settings.stall,
                    });
                }
                Ok(Err(error)) => error,
                Err(_) => self.timed_out(call, self.settings.answer),
            };
            if !self.may_repeat(call, &error, tries) {
                return Err(error);
            }
            self.wait(tries, call, &error).await;
        }
    }

    fn may_repeat(&self, call: &Call, error: &VastError, tries: u32) -> bool {
        let never_happened = match error {
            VastError::SlowDown { .. } => true,
            VastError::Unreachable { .. } => !error.may_have_happened(),
            _ => false,
        };
        let harmless = call.repeatable && error.is_retryable() && error.may_have_happened();
        (never_happened || harmless) && tries < self.settings.tries
    }

    /// Waits after try number `made`, from 1: exponential, with jitter over the upper half.
    pub(crate) async fn wait(&self, made: u32, call: &Call, error: &VastError) {
        let pause = self.pause_after(made);
        tracing::debug!(what = %call.what, %error, ?pause, "trying again");
        tokio::time::sleep(pause).await;
    }

    pub(crate) fn pause_after(&self, made: u32) -> Duration {
        let doubled = 1_u32
            .checked_shl(made.saturating_sub(1))
            .unwrap_or(LONGEST_WAIT)
            .min(LONGEST_WAIT);
        let whole = self.settings.first_wait.saturating_mul(doubled);
        // Two computers that clashed don't read the same nanosecond.
        let jitter = u32::try_from(self.clock.now().nanos().rem_euclid(256)).unwrap_or(0);
        whole / 2 + whole / 2 * jitter / 255
    }

    pub(crate) fn timed_out(&self, call: &Call, after: Duration) -> VastError {
        VastError::Timeout {
            server: self.server.clone(),
            what: call.what.clone(),
            after,
        }
    }

    async fn once(&self, call: &Call) -> Result<Answer, VastError> {
        let (parts, body) = self.exchange(call).await?.into_parts();
        let (body, whole) = self.read(body, self.settings.answer_bytes).await?;
        if !whole {
            return Err(VastError::AnswerTooLong {
                what: call.what.clone(),
                limit: self.settings.answer_bytes,
                unit: "bytes",
            });
        }
        Ok(Answer {
            headers: parts.headers,
            body,
        })
    }

    async fn exchange(&self, call: &Call) -> Result<Response<Incoming>, VastError> {
        let url = format!("{}{}", self.server, call.target);
        let signed = signed_headers(
            &self.endpoint,
            self.clock.now(),
            call.method.as_str(),
            &url,
            &[("host", &self.host)],
            &call.body,
        )?;
        let mut request = Request::builder().method(call.method.clone()).uri(&url);
        if let Some(headers) = request.headers_mut() {
            headers.extend(call.headers.iter().cloned());
            headers.extend(signed);
            headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
            let host = HeaderValue::from_str(&self.host)
                .map_err(|wrong| VastError::input("the address", wrong.to_string()))?;
            headers.insert(HOST, host);
            // A GET with a body must say so.
            headers.insert(CONTENT_LENGTH, HeaderValue::from(call.body.len()));
        }
        let request = request
            .body(Full::new(call.body.clone()))
            .map_err(|wrong| VastError::input(call.what.clone(), wrong.to_string()))?;
        tracing::debug!(method = %call.method, target = %call.target, "request");
        let response = self
            .http
            .request(request)
            .await
            .map_err(|failure| classify(&failure, &self.server))?;
        let status = response.status();
        if status == StatusCode::OK || call.also == Some(status) {
            return Ok(response);
        }
        // What an error says is worth having, not worth failing for.
        let (body, _) = self
            .read(response.into_body(), ERROR_BYTES)
            .await
            .unwrap_or_default();
        Err(refusal(&self.server, &call.what, status, &body))
    }

    /// The first `limit` bytes of a body, and whether that is all of it.
    async fn read(&self, mut body: Incoming, limit: usize) -> Result<(Bytes, bool), VastError> {
        let mut read = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| body_failure(&error, &self.server))?;
            if let Ok(data) = frame.into_data() {
                if data.len() > limit - read.len() {
                    return Ok((read.freeze(), false));
                }
                read.extend_from_slice(&data);
            }
        }
        Ok((read.freeze(), true))
    }
}

/// An answer's body that comes piece by piece.
pub(crate) struct Body {
    incoming: Incoming,
    server: String,
    what: String,
    stall: Duration,
}

impl Body {
    /// The next bytes; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, VastError> {
        loop {
            let timed = tokio::time::timeout(self.stall, self.incoming.frame());
            let frame = timed.await.map_err(|_| VastError::Timeout {
                server: self.server.clone(),
                what: self.what.clone(),
                after: self.stall,
            })?;
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|error| body_failure(&error, &self.server))?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
    }
}
