//! Secure connections: an authority of one's own is trusted when it is named, and only then.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tams::{Auth, ConnectionSettings, TamsError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::fixture::open;

/// Answers `/service` over TLS with a certificate for `localhost` that signed itself. Returns the
/// address and the certificate as PEM.
async fn start() -> (String, String) {
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
    let url = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that trusts nobody ends the handshake.
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = [0; 4096];
            if stream.read(&mut request).await.is_err() {
                continue;
            }
            let body = r#"{"api_version":"8.2"}"#;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            let sent = stream.write_all(answer.as_bytes()).await;
            if sent.is_ok() {
                stream.shutdown().await.ok();
            }
        }
    });
    (url, own.cert.pem())
}

#[tokio::test]
async fn only_named_authorities_are_trusted() {
    let (url, pem) = start().await;
    let mut settings = ConnectionSettings::new("t", url, Auth::None);
    let error = open(settings.clone()).await.unwrap_err();
    assert!(matches!(error, TamsError::Tls { .. }), "{error}");
    assert!(!error.is_retryable());

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    std::fs::write(&path, pem).unwrap();
    settings.ca_pem = Some(path.clone());
    open(settings.clone()).await.unwrap();

    std::fs::write(&path, "no certificate").unwrap();
    let error = open(settings).await.unwrap_err();
    assert!(
        matches!(
            error,
            TamsError::InvalidSettings {
                field: "ca_pem",
                ..
            }
        ),
        "{error}"
    );
}
