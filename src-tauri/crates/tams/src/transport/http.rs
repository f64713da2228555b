//! Connections: plain and secure HTTP/1.1, without redirects, cookies, proxies or credentials.

use std::io;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::TamsError;

/// A request's body.
pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A bundle of certificate authorities is not larger than this.
const MAX_PEM_BYTES: u64 = 4 << 20;
/// Idle connections are closed after this; many servers close theirs after 60 s.
const IDLE: Duration = Duration::from_secs(30);

pub(crate) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

pub(crate) fn full(bytes: Bytes) -> Body {
    Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// Whom to trust: the system's authorities and those of the settings. The system's are read when the
/// first secure connection is made.
#[derive(Debug)]
pub(crate) struct Tls {
    own: Vec<CertificateDer<'static>>,
    config: OnceLock<Result<ClientConfig, String>>,
}

impl Tls {
    /// Reads and proves the authorities in `ca_pem`.
    pub(crate) fn new(ca_pem: Option<&Path>) -> Result<Self, TamsError> {
        let own = match ca_pem {
            Some(path) => authorities(path)?,
            None => Vec::new(),
        };
        Ok(Self {
            own,
            config: OnceLock::new(),
        })
    }

    fn config(&self) -> Result<ClientConfig, String> {
        self.config.get_or_init(|| self.build()).clone()
    }

    fn build(&self) -> Result<ClientConfig, String> {
        let mut roots = RootCertStore::empty();
        let system = rustls_native_certs::load_native_certs();
        // One of the system's that can't be used is no reason to trust none.
        roots.add_parsable_certificates(system.certs);
        roots.add_parsable_certificates(self.own.iter().cloned());
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
    plain: Client<HttpConnector, Body>,
    secure: OnceLock<Result<Client<HttpsConnector<HttpConnector>, Body>, String>>,
    tls: Arc<Tls>,
    connect: Duration,
}

impl Http {
    /// `connect` bounds the time for one connection.
    pub(crate) fn new(tls: Arc<Tls>, connect: Duration) -> Self {
        Self {
            plain: builder().build(connector(connect, true)),
            secure: OnceLock::new(),
            tls,
            connect,
        }
    }

    /// Sends one request and returns when the head of its response is there.
    pub(crate) async fn request(
        &self,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, RequestFailure> {
        if request.uri().scheme_str() != Some("https") {
            return Ok(self.plain.request(request).await?);
        }
        let secure = self.secure.get_or_init(|| {
            let config = self.tls.config()?;
            let connector = HttpsConnectorBuilder::new()
                .with_tls_config(config)
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

fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, TamsError> {
    let refuse = |reason: String| TamsError::InvalidSettings {
        field: "ca_pem",
        reason: format!("{}: {reason}", path.display()),
    };
    let file = std::fs::File::open(path).map_err(|e| refuse(e.to_string()))?;
    let mut pem = Vec::new();
    file.take(MAX_PEM_BYTES)
        .read_to_end(&mut pem)
        .map_err(|e| refuse(e.to_string()))?;
    let mut proof = RootCertStore::empty();
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|e| refuse(e.to_string()))?;
        proof
            .add(certificate.clone())
            .map_err(|e| refuse(e.to_string()))?;
        found.push(certificate);
    }
    if found.is_empty() {
        return Err(refuse("it holds no certificate in PEM form".into()));
    }
    Ok(found)
}
