//! Connections: plain and secure HTTP/1.1, without redirects, cookies, proxies or credentials.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

/// Idle connections are closed after this; many servers close theirs after 60 s.
const IDLE: Duration = Duration::from_secs(30);

type Plain = Client<HttpConnector, Full<Bytes>>;
type Secure = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Why no response came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestFailure {
    /// Below HTTP.
    #[error(transparent)]
    Connection(#[from] Error),
    /// No secure connection can even be tried.
    #[error("{0}")]
    NoTls(String),
}

/// A pool of connections.
pub(crate) struct Http {
    plain: Plain,
    secure: OnceLock<Result<Secure, String>>,
    authorities: Vec<CertificateDer<'static>>,
    connect: Duration,
}

impl Http {
    /// `authorities` are trusted beside the system's, which are read when the first secure connection
    /// is made; `connect` bounds the time for one connection.
    pub(crate) fn new(authorities: Vec<CertificateDer<'static>>, connect: Duration) -> Self {
        Self {
            plain: builder().build(connector(connect, true)),
            secure: OnceLock::new(),
            authorities,
            connect,
        }
    }

    /// Sends one request and returns when the head of its response is there.
    pub(crate) async fn request(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, RequestFailure> {
        if request.uri().scheme_str() != Some("https") {
            return Ok(self.plain.request(request).await?);
        }
        let secure = self.secure.get_or_init(|| {
            let connector = HttpsConnectorBuilder::new()
                .with_tls_config(self.tls()?)
                .https_only()
                .enable_http1()
                .wrap_connector(connector(self.connect, false));
            Ok(builder().build(connector))
        });
        match secure {
            Ok(client) => Ok(client.request(request).await?),
            Err(reason) => Err(RequestFailure::NoTls(reason.clone())),
        }
    }

    fn tls(&self) -> Result<ClientConfig, String> {
        let mut roots = RootCertStore::empty();
        let system = rustls_native_certs::load_native_certs();
        // One of the system's that can't be used is no reason to trust none.
        roots.add_parsable_certificates(system.certs);
        roots.add_parsable_certificates(self.authorities.iter().cloned());
        if roots.is_empty() {
            return Err("this computer has no certificate authorities".to_owned());
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(config)
    }
}

fn builder() -> hyper_util::client::legacy::Builder {
    let mut builder = Client::builder(TokioExecutor::new());
    builder
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE);
    builder
}

fn connector(connect: Duration, plain_only: bool) -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(plain_only);
    connector.set_connect_timeout(Some(connect));
    connector.set_nodelay(true);
    connector
}
