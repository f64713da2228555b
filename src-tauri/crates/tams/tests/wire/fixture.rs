//! A server that answers as its script says and remembers what it was asked.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, Method};
use mediatime::{FixedClock, Timestamp};
use serde_json::{Value, json};
use tams::{Auth, Chance, Connection, ConnectionSettings, Pause, Surroundings, TamsError};
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const FLOW: &str = "4f79cfd1-c057-47f4-8e4d-1b126ca7bf34";
pub(crate) const SOURCE: &str = "2aa143ac-0ab7-4d75-bc32-5c00c13d186f";

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// How often the same method and path were asked before.
    pub(crate) before: usize,
}

impl Seen {
    pub(crate) fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path == path
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn param(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.into_owned())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// An answer.
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Ends the connection after the body, as if more were to come.
    cut: bool,
    hang: bool,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            cut: false,
            hang: false,
        }
    }

    pub(crate) fn json(body: &Value) -> Self {
        Self::new(200, body.to_string()).with("content-type", "application/json")
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::new(status, "")
    }

    pub(crate) fn hang() -> Self {
        Self {
            hang: true,
            ..Self::status(200)
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Announces `length` bytes and cuts the connection after those there are.
    pub(crate) fn cut_of(mut self, length: usize) -> Self {
        self.cut = true;
        self.with("content-length", &length.to_string())
    }
}

type Script = dyn Fn(&Seen) -> Reply + Send + Sync;

pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    serving: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Server {
    /// Answers every request by `script`.
    pub(crate) async fn start(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_knowing(move |_| Box::new(script)).await
    }

    /// Like `start`, with a script that knows the server's own address.
    pub(crate) async fn start_knowing(script: impl FnOnce(&str) -> Box<Script>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script: Arc<Script> = Arc::from(script(&url));
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let log = Arc::clone(&seen);
        let app = Router::new().fallback(move |request: Request| {
            let (script, log) = (Arc::clone(&script), Arc::clone(&log));
            async move { answer(&*script, &log, request).await }
        });
        let serving = tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            url,
            seen,
            serving: serving.abort_handle(),
        }
    }

    /// A TAMS server of version 8.2 that answers everything but `/service` by `script`.
    pub(crate) async fn tams(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::of(
            json!({"type": "urn:x-tams:service.example", "api_version": "8.2"}),
            script,
        )
        .await
    }

    /// A TAMS server that says `service` of itself.
    pub(crate) async fn of(
        service: Value,
        script: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start(move |seen| {
            if seen.is("GET", "/service") {
                Reply::json(&service)
            } else {
                script(seen)
            }
        })
        .await
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, method: &str, path: &str) -> usize {
        self.seen()
            .iter()
            .filter(|seen| seen.is(method, path))
            .count()
    }

    pub(crate) fn last(&self) -> Seen {
        self.seen().pop().expect("no request came")
    }

    /// `127.0.0.1:port`.
    pub(crate) fn authority(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    pub(crate) fn settings(&self, auth: Auth) -> ConnectionSettings {
        ConnectionSettings::new("test", &self.url, auth)
    }

    pub(crate) async fn open(&self, auth: Auth) -> Result<Connection, TamsError> {
        open(self.settings(auth)).await
    }

    pub(crate) async fn connect(&self) -> Connection {
        self.open(Auth::None).await.unwrap()
    }
}

async fn answer(
    script: &Script,
    log: &Mutex<Vec<Seen>>,
    request: Request,
) -> Result<Response, Infallible> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 << 20)
        .await
        .unwrap_or_default();
    let reply = {
        let mut log = log.lock().unwrap();
        let path = parts.uri.path().to_owned();
        let before = log
            .iter()
            .filter(|seen| seen.method == parts.method && seen.path == path)
            .count();
        let seen = Seen {
            method: parts.method,
            path,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
            before,
        };
        log.push(seen.clone());
        drop(log);
        script(&seen)
    };
    if reply.hang {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let body = if reply.cut {
        let sent = reply.body;
        let bytes = stream::once(async move { Ok::<_, std::io::Error>(sent) });
        let cut = stream::once(async {
            // What was sent before leaves when the server waits for more.
            tokio::task::yield_now().await;
            Err(std::io::Error::other("cut by the script"))
        });
        Body::from_stream(bytes.chain(cut))
    } else {
        Body::from(reply.body)
    };
    Ok(response.body(body).unwrap())
}

/// Opens a connection whose pauses take no time.
pub(crate) async fn open(settings: ConnectionSettings) -> Result<Connection, TamsError> {
    Connection::open(
        settings,
        World::new().surroundings(),
        &CancellationToken::new(),
    )
    .await
}

/// Time and chance that the test holds in its hands.
pub(crate) struct World {
    pub(crate) clock: Arc<FixedClock>,
    pauses: Arc<Pauses>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            clock: Arc::new(FixedClock::new(
                Timestamp::from_secs(1_800_000_000).unwrap(),
            )),
            pauses: Arc::default(),
        }
    }

    pub(crate) fn surroundings(&self) -> Surroundings {
        Surroundings {
            clock: self.clock.clone(),
            pause: self.pauses.clone(),
            chance: Arc::new(Counting(Mutex::new(0))),
        }
    }

    pub(crate) async fn open(&self, settings: ConnectionSettings) -> Result<Connection, TamsError> {
        Connection::open(settings, self.surroundings(), &CancellationToken::new()).await
    }

    /// The pauses that were made.
    pub(crate) fn pauses(&self) -> Vec<Duration> {
        self.pauses.0.lock().unwrap().clone()
    }
}

#[derive(Default)]
struct Pauses(Mutex<Vec<Duration>>);

#[async_trait]
impl Pause for Pauses {
    async fn pause(&self, time: Duration) {
        self.0.lock().unwrap().push(time);
    }
}

/// Not random, but never the same twice.
struct Counting(Mutex<u8>);

impl Chance for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let mut next = self.0.lock().unwrap();
        for byte in bytes {
            *byte = *next;
            *next = next.wrapping_add(1);
        }
    }
}

pub(crate) fn source() -> Value {
    json!({"id": SOURCE, "format": "urn:x-nmos:format:video", "label": "a"})
}

pub(crate) fn flow() -> Value {
    json!({
        "id": FLOW, "source_id": SOURCE, "format": "urn:x-nmos:format:multi",
        "container": "video/mp4",
    })
}

pub(crate) fn flow_id() -> tams_model::Id {
    FLOW.parse().unwrap()
}

pub(crate) fn source_id() -> tams_model::Id {
    SOURCE.parse().unwrap()
}
