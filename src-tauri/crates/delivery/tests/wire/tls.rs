//! Certificates.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::serve::Listener;
use delivery::{ConnectFailure, Delivery, DeliveryError};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::fixture::Bench;

struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (tcp, peer) = self.tcp.accept().await.unwrap();
            if let Ok(tls) = self.acceptor.accept(tcp).await {
                return (tls, peer);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// Puts the bench's stand-in behind TLS; returns the address and the certificate.
async fn behind_tls(bench: &Bench) -> (String, String) {
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", tcp.local_addr().unwrap());
    let listener = TlsListener {
        tcp,
        acceptor: TlsAcceptor::from(Arc::new(config)),
    };
    let app = bench.standin.app();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, own.cert.pem())
}

fn delivery(bench: &Bench, url: &str, pem: &str) -> Delivery {
    let path = bench.job.path.with_extension("pem");
    std::fs::write(&path, pem).unwrap();
    let mut endpoint = bench.endpoint();
    endpoint.url = url.into();
    endpoint.ca_pem = Some(path);
    Delivery::new(endpoint).unwrap()
}

fn assert_tls_failure(error: &DeliveryError) {
    assert!(
        matches!(
            error,
            DeliveryError::Unreachable {
                cause: ConnectFailure::Tls,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.hint().contains("PEM"));
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted() {
    let bench = Bench::three_parts().await;
    let (url, pem) = behind_tls(&bench).await;
    bench
        .upload_with(&delivery(&bench, &url, &pem))
        .await
        .unwrap();
    bench.assert_delivered();
}

#[tokio::test]
async fn an_unknown_certificate_is_a_tls_failure() {
    let bench = Bench::new(10).await;
    let (url, _) = behind_tls(&bench).await;
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let error = bench
        .upload_with(&delivery(&bench, &url, &other.cert.pem()))
        .await
        .unwrap_err();
    assert_tls_failure(&error);
    assert!(bench.standin.ops().is_empty());
}

#[tokio::test]
async fn https_to_a_plain_port_is_a_tls_failure() {
    let bench = Bench::new(10).await;
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let url = bench.standin.url.replace("http://", "https://");
    assert_tls_failure(
        &bench
            .upload_with(&delivery(&bench, &url, &own.cert.pem()))
            .await
            .unwrap_err(),
    );
}
