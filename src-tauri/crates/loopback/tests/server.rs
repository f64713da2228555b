//! Real requests to a real server on a free loopback port.
#![allow(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::{get, post};
use loopback::{Listener, LoopbackError, Policy, Token};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

struct Server {
    addr: SocketAddr,
    shutdown: CancellationToken,
    task: JoinHandle<SocketAddr>,
}

impl Server {
    async fn start(policy: Policy, router: Router) -> Self {
        let listener = Listener::bind(ANY, policy).await.unwrap();
        let (addr, shutdown) = (listener.local_addr(), CancellationToken::new());
        assert_eq!(listener.base_url(), format!("http://{addr}"));
        let task = tokio::spawn(listener.serve(router, shutdown.clone()));
        Self {
            addr,
            shutdown,
            task,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// Sends `head` as it is and returns the status line's code.
    async fn raw(&self, head: &str) -> u16 {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let text = String::from_utf8_lossy(&answer);
        text.split(' ').nth(1).unwrap().parse().unwrap()
    }

    async fn host(&self, host: &str) -> u16 {
        let host = host.replace("PORT", &self.addr.port().to_string());
        self.raw(&format!(
            "GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
        ))
        .await
    }
}

fn routes() -> Router {
    Router::new()
        .route("/", get(async || "ok"))
        .route("/media/a", get(async || "bytes"))
        .route(
            "/who",
            get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string()),
        )
        .route("/echo", post(async |body: String| body))
}

#[tokio::test]
async fn only_requests_that_name_this_server() {
    let server = Server::start(Policy::default().allow_host("node.test"), routes()).await;
    assert_eq!(server.host("127.0.0.1:PORT").await, 200);
    assert_eq!(server.host("localhost:PORT").await, 200);
    assert_eq!(server.host("node.test").await, 200);
    assert_eq!(server.host("evil.example:PORT").await, 421);
    assert_eq!(server.host("127.0.0.1:1").await, 421);
    assert_eq!(
        server
            .raw("GET / HTTP/1.1\r\nconnection: close\r\n\r\n")
            .await,
        400
    );
    let twice = format!(
        "GET / HTTP/1.1\r\nhost: {0}\r\nhost: evil.example\r\nconnection: close\r\n\r\n",
        server.addr
    );
    assert_eq!(server.raw(&twice).await, 400);
    let absolute = format!(
        "GET http://evil.example/ HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        server.addr
    );
    assert_eq!(server.raw(&absolute).await, 421);
}

#[tokio::test]
async fn only_pages_of_welcome_origins() {
    let server = Server::start(
        Policy::default().allow_origin("tauri://localhost"),
        routes(),
    )
    .await;
    let client = reqwest::Client::new();
    for (origin, status) in [
        (server.url(""), 200),
        ("tauri://localhost".to_owned(), 200),
        ("null".to_owned(), 403),
        ("https://evil.example".to_owned(), 403),
    ] {
        let answer = client
            .get(server.url("/"))
            .header("origin", &origin)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), status, "{origin}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    }
    let missing = client
        .get(server.url("/nowhere"))
        .header("origin", "https://evil.example");
    assert_eq!(missing.send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn the_token_in_header_or_query() {
    let token = Token::random();
    let policy = Policy::default()
        .with_token(token.clone())
        .open_path("/media/");
    let server = Server::start(policy, routes()).await;
    let client = reqwest::Client::new();
    let status = async |path: &str, bearer: Option<&str>| {
        let mut request = client.get(server.url(path));
        if let Some(bearer) = bearer {
            request = request.header("authorization", bearer);
        }
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status("/", None).await, 401);
    assert_eq!(status("/nowhere", None).await, 401);
    assert_eq!(
        status("/", Some(&format!("Bearer {}", token.expose()))).await,
        200
    );
    assert_eq!(
        status("/", Some(&format!("bearer {}", token.expose()))).await,
        200
    );
    assert_eq!(
        status("/", Some(&format!("Basic {}", token.expose()))).await,
        401
    );
    assert_eq!(
        status("/", Some(&format!("Bearer {}x", token.expose()))).await,
        401
    );
    assert_eq!(
        status(&format!("/?a=b&access_token={}", token.expose()), None).await,
        200
    );
    assert_eq!(status("/?access_token=", None).await, 401);
    assert_eq!(status("/media/a", None).await, 200);
    assert_eq!(status("/mediax", None).await, 401);
    let refused = client.get(server.url("/")).send().await.unwrap();
    assert_eq!(refused.headers()["www-authenticate"], "Bearer");
}

#[tokio::test]
async fn bodies_and_headers_are_bounded() {
    let server = Server::start(Policy::default().body_limit(10), routes()).await;
    let client = reqwest::Client::new();
    let post = |body: &str| {
        client
            .post(server.url("/echo"))
            .body(body.to_owned())
            .send()
    };
    assert_eq!(post("0123456789").await.unwrap().status(), 200);
    assert_eq!(post("0123456789a").await.unwrap().status(), 413);
    let many: String = (0..100).map(|n| format!("x-{n}: y\r\n")).collect();
    let head = format!("GET / HTTP/1.1\r\nhost: {}\r\n{many}\r\n", server.addr);
    assert_eq!(server.raw(&head).await, 431);
}

#[tokio::test]
async fn routes_know_the_peer() {
    let server = Server::start(Policy::default(), routes()).await;
    let peer = reqwest::get(server.url("/who"))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert_eq!(peer, "127.0.0.1");
}

#[tokio::test]
async fn shutdown_lets_a_request_finish() {
    let (begun, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, may_finish) = (Arc::clone(&begun), Arc::clone(&finish));
    let slow = Router::new().route(
        "/slow",
        get(async move || {
            begins.notify_one();
            may_finish.notified().await;
            "done"
        }),
    );
    let server = Server::start(Policy::default().grace(Duration::from_secs(60)), slow).await;
    let request = tokio::spawn(reqwest::get(server.url("/slow")));
    begun.notified().await;
    server.shutdown.cancel();
    while TcpStream::connect(server.addr).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!server.task.is_finished());
    finish.notify_one();
    assert_eq!(
        request.await.unwrap().unwrap().text().await.unwrap(),
        "done"
    );
    assert_eq!(server.task.await.unwrap(), server.addr);
}

#[tokio::test]
async fn shutdown_does_not_wait_for_ever() {
    let begun = Arc::new(Notify::new());
    let begins = Arc::clone(&begun);
    let stuck = Router::new().route(
        "/stuck",
        get(async move || {
            begins.notify_one();
            std::future::pending::<&str>().await
        }),
    );
    let server = Server::start(Policy::default().grace(Duration::from_millis(1)), stuck).await;
    let request = tokio::spawn(reqwest::get(server.url("/stuck")));
    begun.notified().await;
    server.shutdown.cancel();
    server.task.await.unwrap();
    assert!(request.await.unwrap().is_err());
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_says_so() {
    let first = Listener::bind(ANY, Policy::default()).await.unwrap();
    let taken = Listener::bind(first.local_addr(), Policy::default()).await;
    let LoopbackError::Bind { addr, .. } = taken.unwrap_err() else {
        panic!()
    };
    assert_eq!(addr, first.local_addr());
}
