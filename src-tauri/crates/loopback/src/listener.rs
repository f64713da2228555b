//! A bound server socket and the loop that serves a router on it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit};
use axum::middleware::from_fn_with_state;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::Policy;
use crate::guard::{Guard, guard};

const HEADER_BYTES: usize = 32 << 10;
const HEADER_COUNT: usize = 64;
const HEADER_TIME: Duration = Duration::from_secs(30);
const CONNECTIONS: usize = 512;

/// Why a server can't be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoopbackError {
    /// The address can't be had.
    #[error("can't listen on {addr}: {source}; choose another port, or 0 for any free one")]
    Bind {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

/// A bound address, not yet served. Clients that connect wait until [`Listener::serve`].
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    addr: SocketAddr,
    policy: Arc<Policy>,
}

impl Listener {
    /// Binds exactly `addr`; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// [`LoopbackError::Bind`] when the port is taken, the address is not this machine's or the user
    /// may not have it.
    pub async fn bind(addr: SocketAddr, policy: Policy) -> Result<Self, LoopbackError> {
        let refused = |source| LoopbackError::Bind { addr, source };
        let socket = TcpListener::bind(addr).await.map_err(refused)?;
        let addr = socket.local_addr().map_err(refused)?;
        Ok(Self {
            socket,
            addr,
            policy: Arc::new(policy),
        })
    }

    /// The bound address, with its real port.
    pub const fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://` and the bound address, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Serves `router` until `shutdown` is cancelled, then lets requests under way finish for the
    /// policy's grace time and returns the address it was bound to.
    ///
    /// Routes find the peer's address as `ConnectInfo<SocketAddr>`. WebSocket upgrades work.
    pub async fn serve(self, router: Router, shutdown: CancellationToken) -> SocketAddr {
        let app = guarded(
            router,
            Guard {
                policy: Arc::clone(&self.policy),
                bound: self.addr,
            },
        );
        let connections = TaskTracker::new();
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let abort = CancellationToken::new();
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => break,
                place = Arc::clone(&places).acquire_owned() => tokio::select! {
                    () = shutdown.cancelled() => break,
                    accepted = self.socket.accept() => accepted.map(|(stream, peer)| (stream, peer, place)),
                },
            };
            match accepted {
                Ok((stream, peer, place)) => {
                    let serving = connection(stream, peer, app.clone(), shutdown.clone());
                    let abort = abort.clone();
                    connections.spawn(async move {
                        tokio::select! {
                            () = abort.cancelled() => {}
                            () = serving => {}
                        }
                        drop(place);
                    });
                }
                Err(error) => {
                    // Out of file descriptors, most likely: a connection has to end first.
                    tracing::warn!(%error, "can't accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        drop(self.socket);
        connections.close();
        if tokio::time::timeout(self.policy.grace_time(), connections.wait())
            .await
            .is_err()
        {
            abort.cancel();
            connections.wait().await;
        }
        self.addr
    }
}

fn guarded(router: Router, checks: Guard) -> Router {
    let body_limit = DefaultBodyLimit::max(checks.policy.body_bytes());
    Router::new()
        .fallback_service(router)
        .layer(body_limit)
        .layer(from_fn_with_state(checks, guard))
}

async fn connection(stream: TcpStream, peer: SocketAddr, app: Router, shutdown: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "can't set TCP_NODELAY");
    }
    let service = app.map_request(move |mut request: http::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_headers(HEADER_COUNT)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    let mut serving = std::pin::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = shutdown.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended early");
    }
}
