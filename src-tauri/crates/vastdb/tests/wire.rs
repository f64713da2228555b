//! Peers that answer anything: untrusted certificates, redirects, silence, floods.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mediatime::{FixedClock, Timestamp};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use vastdb::{Endpoint, HttpSettings, Secret, VastDb, VastError};

const VERSION: &str = "HTTP/1.1 200 OK\r\nserver: vast 5.4.0.1\r\ncontent-length: 0\r\n\r\n";

fn connect(endpoint: Endpoint) -> VastDb {
    let settings = HttpSettings {
        answer: Duration::from_secs(2),
        first_wait: Duration::from_millis(1),
        tries: 2,
        answer_bytes: 10_000,
        ..HttpSettings::default()
    };
    let clock = FixedClock::new(Timestamp::from_secs(1_800_000_000).unwrap());
    VastDb::new(endpoint, settings, Arc::new(clock)).unwrap()
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint::new(url, "AKIA", Secret::new("hush"))
}

/// Reads a request's head and sends `answer`; says whether a request came.
async fn serve(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), answer: &[u8]) -> bool {
    let mut head = Vec::new();
    let mut some = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut some).await {
            Ok(0) | Err(_) => return false,
            Ok(count) => head.extend_from_slice(&some[..count]),
        }
    }
    // Whoever has enough closes the connection.
    stream.write_all(answer).await.ok();
    stream.flush().await.ok();
    true
}

/// A server that answers its first request with its version, and every other one with `answer`; with
/// silence when that is empty. Its address, and how many requests it got.
async fn peer(answer: impl Into<Vec<u8>>) -> (String, Arc<AtomicUsize>) {
    let answer: Arc<Vec<u8>> = Arc::new(answer.into());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (answer, counted) = (Arc::clone(&answer), Arc::clone(&counted));
            tokio::spawn(async move {
                loop {
                    let first = counted.load(Ordering::SeqCst) == 0;
                    let answer = if first { VERSION.as_bytes() } else { &answer };
                    if !serve(&mut stream, answer).await {
                        return;
                    }
                    counted.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    (url, count)
}

#[tokio::test]
async fn only_named_authorities_are_trusted() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that trusts nobody ends the handshake.
            if let Ok(mut stream) = acceptor.accept(stream).await {
                serve(&mut stream, VERSION.as_bytes()).await;
            }
        }
    });
    let mut endpoint = endpoint(&format!("https://localhost:{port}"));
    let error = connect(endpoint.clone()).version().await.unwrap_err();
    assert!(matches!(error, VastError::Tls { .. }), "{error}");
    assert!(!error.is_retryable());
    endpoint.ca_pem = Some(own.cert.pem());
    let version = connect(endpoint).version().await.unwrap();
    assert_eq!(version.to_string(), "5.4.0.1");
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let (elsewhere, asked) = peer("").await;
    let answer = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {elsewhere}/\r\ncontent-length: 0\r\n\r\n"
    );
    let (url, _) = peer(answer).await;
    let error = connect(endpoint(&url)).begin().await.unwrap_err();
    assert!(
        matches!(&error, VastError::BadRequest { code, .. } if code == "307"),
        "{error}"
    );
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_flood_is_not_read() {
    let flood = |status: &str| {
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: 100000000\r\n\r\n");
        head + &"x".repeat(1 << 20)
    };
    let (url, _) = peer(flood("200 OK")).await;
    let error = connect(endpoint(&url)).begin().await.unwrap_err();
    assert!(
        matches!(error, VastError::AnswerTooLong { limit: 10_000, .. }),
        "{error}"
    );
    // An error whose words never end is an error all the same.
    let (url, _) = peer(flood("403 Forbidden")).await;
    let error = connect(endpoint(&url)).begin().await.unwrap_err();
    assert!(matches!(error, VastError::Denied { .. }), "{error}");
}

#[tokio::test]
async fn silence_is_not_waited_out() {
    let (url, asked) = peer("").await;
    let error = connect(endpoint(&url)).begin().await.unwrap_err();
    assert!(matches!(error, VastError::Timeout { .. }), "{error}");
    assert!(error.is_retryable() && error.may_have_happened());
    // The version, and two tries of what may be repeated.
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_named() {
    let (url, _) = peer(VERSION).await;
    let error = connect(endpoint(&url)).begin().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "a new transaction: the answer can't be read: it has no id"
    );
    let answer = "HTTP/1.1 200 OK\r\ntabular-txid: 7\r\ncontent-length: 5\r\n\r\nnoise";
    let (url, _) = peer(answer).await;
    let db = connect(endpoint(&url));
    let tx = db.begin().await.unwrap();
    assert_eq!(tx.id(), 7);
    for error in [
        tx.schemas("b").await.unwrap_err(),
        tx.tables("b", "s").await.unwrap_err(),
        tx.table("b", "s", "t").await.unwrap_err(),
    ] {
        assert!(matches!(error, VastError::Protocol { .. }), "{error}");
    }
    assert!(!format!("{db:?}").contains("hush"));
    tx.rollback().await.unwrap();
}
