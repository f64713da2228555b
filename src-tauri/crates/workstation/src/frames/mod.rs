//! The frames server: pictures, peaks and sheet pages for the window's page, on this machine only.
//!
//! A page asks with the token in the path, so that an address is all it needs for an image or a
//! socket. Monitors come over a WebSocket as whole pictures behind a header of fixed size: always the
//! newest one, never a queue, and only when the page has said that it can draw one.

mod header;
mod pictures;
mod socket;
#[cfg(test)]
mod tests;

use crate::{Code, Failure};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, ORIGIN, REFERRER_POLICY, VARY};
use http::{HeaderValue, StatusCode};
use ipc::{FramesEndpoint, MonitorName};
use loopback::{Listener, Policy, Token};
use media::{PictureBox, PixelFormat, PreviewFrame};
use mediatime::Timestamp;
use serde::Deserialize;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Origins of the window's page, as the systems name them.
const ORIGINS: [&str; 2] = ["tauri://localhost", "http://tauri.localhost"];
/// Origin of the page while it is developed.
const DEVELOPMENT_ORIGIN: &str = "http://localhost:1420";

/// Pictures are no smaller and no larger than this.
const NARROWEST: u32 = 2;
const WIDEST: u32 = 4096;
const HIGHEST: u32 = 2160;
/// Two monitors, a window that reloads, and some to spare.
const SOCKETS: usize = 8;
/// Decoding a picture keeps a core busy.
const PICTURES_AT_ONCE: usize = 2;
/// How long [`pull`] waits for a newer picture.
const PULL: Duration = Duration::from_millis(500);
/// How long requests under way may take when the window closes.
const GRACE: Duration = Duration::from_secs(2);

/// Where the server gets what it serves.
pub(crate) trait Pictures: Send + Sync + 'static {
    /// The pictures of a monitor; `None` when there is no such monitor.
    fn monitor(&self, name: MonitorName) -> Option<MonitorFeed>;

    /// A JPEG of a flow's frame, at most `height` pixels high. May take its time.
    ///
    /// # Errors
    /// There is no such flow or frame, or its media is not here.
    fn picture(&self, flow: &str, frame: u64, height: u32) -> Result<Vec<u8>, Failure>;

    /// Peaks of the sound under `frames` frames of a flow: `bins` bytes for the first channel, then
    /// as many for the second. May take its time.
    ///
    /// # Errors
    /// There is no such flow or no sound, or its media is not here.
    fn peaks(&self, flow: &str, first: u64, frames: u64, bins: u32) -> Result<Vec<u8>, Failure>;

    /// A PNG of a page of what a job printed, counted from 1. May take its time.
    ///
    /// # Errors
    /// There is no such job or page.
    fn sheet_page(&self, job: &str, page: u32) -> Result<Vec<u8>, Failure>;

    /// Shows the window.
    fn raise(&self);
}

/// Tells when a flow has a picture.
pub(crate) type FlowTime = Arc<dyn Fn(&PreviewFrame) -> Option<Timestamp> + Send + Sync>;

/// The pictures of a monitor, and how to say what they should be like.
#[derive(Clone)]
pub(crate) struct MonitorFeed {
    /// The newest picture.
    pub(crate) frames: watch::Receiver<Option<Arc<PreviewFrame>>>,
    /// Says which size and format is wanted from now on. All who look at a monitor get the same
    /// pictures, as the last one asked for them.
    pub(crate) show: Arc<dyn Fn(PictureBox) + Send + Sync>,
    /// When the flow that a picture is of has it, on the flow's own timeline.
    pub(crate) time: FlowTime,
}

impl std::fmt::Debug for MonitorFeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MonitorFeed").finish_non_exhaustive()
    }
}

/// What a page says a picture should be like.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Wanted {
    format: Format,
    width: u32,
    height: u32,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Rgba,
    I420,
    Jpeg,
}

impl From<Wanted> for PictureBox {
    fn from(wanted: Wanted) -> Self {
        let format = match wanted.format {
            Format::Rgba => PixelFormat::Rgba,
            Format::I420 => PixelFormat::I420,
            Format::Jpeg => PixelFormat::Jpeg,
        };
        bounded(Self {
            format,
            width: wanted.width,
            height: wanted.height,
        })
    }
}

/// A box that pictures fit into, whatever was asked for.
fn bounded(wanted: PictureBox) -> PictureBox {
    PictureBox {
        width: wanted.width.clamp(NARROWEST, WIDEST),
        height: wanted.height.clamp(NARROWEST, HIGHEST),
        ..wanted
    }
}

/// The newest picture of a monitor as a socket would send it, header first. Waits up to 500 ms for
/// one with another `seq` than `after` (0: any will do); `None` when there is none.
pub(crate) async fn pull(feed: MonitorFeed, after: u32, wanted: PictureBox) -> Option<Vec<u8>> {
    (feed.show)(bounded(wanted));
    let mut frames = feed.frames;
    let waiting = frames.wait_for(|frame| frame.as_ref().is_some_and(|frame| frame.seq != after));
    let newest = tokio::time::timeout(PULL, waiting)
        .await
        .ok()?
        .ok()?
        .clone()?;
    Some(header::message(&newest, (feed.time)(&newest)))
}

/// A bound address for the window's page, not yet served.
#[derive(Debug)]
pub(crate) struct FramesServer {
    listener: Listener,
    token: Token,
}

/// What the routes share.
#[derive(Clone)]
struct Shared {
    pictures: Arc<dyn Pictures>,
    token: Token,
    decoding: Arc<Semaphore>,
    measuring: Arc<Semaphore>,
    sockets: Arc<Semaphore>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

impl FramesServer {
    /// Binds a free port of 127.0.0.1 and makes a token. With `development`, pages of the
    /// development server may ask too.
    ///
    /// # Errors
    /// No port can be had.
    pub(crate) async fn bind(development: bool) -> Result<Self, Failure> {
        let mut policy = Policy::default().grace(GRACE);
        for origin in ORIGINS {
            policy = policy.allow_origin(origin);
        }
        if development {
            policy = policy.allow_origin(DEVELOPMENT_ORIGIN);
        }
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = Listener::bind(free, policy).await.map_err(|error| {
            Failure::new(
                Code::NotWritable,
                error.to_string(),
                "Free a port of this machine, then start again.",
            )
        })?;
        Ok(Self {
            listener,
            token: Token::random(),
        })
    }

    /// The bound address.
    #[must_use]
    pub(crate) const fn local_addr(&self) -> SocketAddr {
        self.listener.local_addr()
    }

    /// What whoever asks must know.
    #[must_use]
    pub(crate) const fn token(&self) -> &Token {
        &self.token
    }

    /// The addresses for the page.
    #[must_use]
    pub(crate) fn endpoint(&self) -> FramesEndpoint {
        let place = format!("{}/{}", self.local_addr(), self.token.expose());
        FramesEndpoint {
            socket: format!("ws://{place}/frames"),
            http: format!("http://{place}"),
        }
    }

    /// Serves until `shutdown`; then sockets are closed, and requests under way may take 2 s more.
    pub(crate) async fn serve(self, pictures: Arc<dyn Pictures>, shutdown: CancellationToken) {
        let shared = Shared {
            pictures,
            token: self.token,
            decoding: Arc::new(Semaphore::new(PICTURES_AT_ONCE)),
            measuring: Arc::new(Semaphore::new(1)),
            sockets: Arc::new(Semaphore::new(SOCKETS)),
            tasks: TaskTracker::new(),
            shutdown: shutdown.clone(),
        };
        let tasks = shared.tasks.clone();
        self.listener.serve(router(shared), shutdown).await;
        tasks.close();
        tasks.wait().await;
    }
}

fn router(shared: Shared) -> Router {
    Router::new()
        .route("/{token}/frames/{monitor}", get(socket::open))
        .route("/{token}/picture/{flow}/{frame}", get(pictures::picture))
        .route("/{token}/peaks/{flow}", get(pictures::peaks))
        .route("/{token}/sheet/{job}/{page}", get(pictures::sheet_page))
        .route("/{token}/raise", post(raise))
        .layer(middleware::from_fn_with_state(shared.clone(), admit))
        .with_state(shared)
}

async fn raise(State(shared): State<Shared>) -> StatusCode {
    shared.pictures.raise();
    StatusCode::NO_CONTENT
}

/// Lets through who knows the token. Origins were looked at before, so the one that asks may read
/// the answer.
async fn admit(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let offered = request.uri().path().split('/').nth(1).unwrap_or_default();
    if !shared.token.matches(offered) {
        return (StatusCode::NOT_FOUND, "there is nothing here\n").into_response();
    }
    let origin = request.headers().get(ORIGIN).cloned();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}
