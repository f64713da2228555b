//! One request and its whole answer: bounded in time and size, without redirects, cookies or proxies.

use std::error::Error;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::fault::Fault;
use super::settings::Patience;
use crate::MetricsError;

/// An answer is no larger, packed or not.
const ANSWER_BYTES: usize = 32 << 20;
/// A bundle of certificate authorities is no larger.
const PEM_BYTES: u64 = 4 << 20;
/// Idle connections are closed after this; many servers close theirs after 60 s.
const IDLE: Duration = Duration::from_secs(30);
/// No pause that a server asks for is longer.
const LONGEST_AFTER: Duration = Duration::from_secs(30);

type Plain = Client<HttpConnector, Full<Bytes>>;
type Secure = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// An answer of a server.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    /// When it wants to be asked again.
    pub(crate) after: Option<Duration>,
}

/// A pool of connections.
pub(crate) struct Transport {
    plain: Plain,
    secure: OnceLock<Result<Secure, String>>,
    own: Vec<CertificateDer<'static>>,
    patience: Patience,
    host: String,
}

impl Transport {
    /// Trusts the system's authorities and those in `ca_pem`. `host` is for words.
    pub(crate) fn new(
        patience: Patience,
        ca_pem: Option<&Path>,
        host: String,
    ) -> Result<Self, MetricsError> {
        let own = ca_pem.map(authorities).transpose()?.unwrap_or_default();
        Ok(Self {
            plain: builder().build(connector(patience.connect, true)),
            secure: OnceLock::new(),
            own,
            patience,
            host,
        })
    }

    /// Sends one request and reads its answer, whatever the status.
    pub(crate) async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Answer, Fault> {
        let agent = concat!("stringout/", env!("CARGO_PKG_VERSION"));
        let headers = request.headers_mut();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        let whole = async {
            let response = self.request(request).await?;
            let status = response.status().as_u16();
            let after = after(response.headers());
            let body = self.body(response).await?;
            Ok(Answer {
                status,
                body,
                after,
            })
        };
        match tokio::time::timeout(self.patience.answer, whole).await {
            Ok(answered) => answered,
            Err(_) => Err(Fault::Slow),
        }
    }

    async fn request(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Fault> {
        let answered = if request.uri().scheme_str() == Some("https") {
            let secure = self.secure.get_or_init(|| self.secure());
            let secure = secure.as_ref().map_err(|why| self.offline(why))?;
            secure.request(request).await
        } else {
            self.plain.request(request).await
        };
        answered.map_err(|error| self.fault(&error, error.is_connect()))
    }

    async fn body(&self, response: Response<Incoming>) -> Result<Bytes, Fault> {
        let packed = is_packed(response.headers());
        let mut body = response.into_body();
        let mut read = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| self.fault(&error, false))?;
            if let Ok(data) = frame.into_data() {
                if read.len() + data.len() > ANSWER_BYTES {
                    return Err(too_large());
                }
                read.extend_from_slice(&data);
            }
        }
        if packed && !read.is_empty() {
            unpack(&read)
        } else {
            Ok(read.freeze())
        }
    }

    fn secure(&self) -> Result<Secure, String> {
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
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_only()
            .enable_http1()
            .wrap_connector(connector(self.patience.connect, false));
        Ok(builder().build(connector))
    }

    fn offline(&self, why: &str) -> Fault {
        Fault::Offline {
            host: self.host.clone(),
            why: why.to_owned(),
        }
    }

    fn fault(&self, error: &(dyn Error + 'static), connecting: bool) -> Fault {
        let host = || self.host.clone();
        for error in chain(error) {
            if let Some(tls) = error.downcast_ref::<rustls::Error>() {
                return self.offline(&format!("no secure connection ({tls})"));
            }
            if let Some(io) = error.downcast_ref::<io::Error>() {
                match io.kind() {
                    io::ErrorKind::ConnectionRefused => {
                        return self.offline("nothing listens there");
                    }
                    io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkUnreachable
                    | io::ErrorKind::NetworkDown => return self.offline("there is no way to it"),
                    io::ErrorKind::TimedOut if connecting => {
                        return Fault::Blocked { host: host() };
                    }
                    _ => {}
                }
            } else if error.to_string().contains("dns error") {
                return self.offline("nobody knows its name");
            }
        }
        if connecting {
            self.offline("no connection comes about")
        } else {
            Fault::Cut { host: host() }
        }
    }
}

fn too_large() -> Fault {
    Fault::Limit {
        detail: format!("the answer is larger than {} MiB", ANSWER_BYTES >> 20),
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

fn is_packed(headers: &HeaderMap) -> bool {
    let encoding = headers.get(CONTENT_ENCODING).map(HeaderValue::to_str);
    matches!(encoding, Some(Ok(name)) if name.trim().eq_ignore_ascii_case("gzip"))
}

fn unpack(packed: &[u8]) -> Result<Bytes, Fault> {
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(packed)
        .take(ANSWER_BYTES as u64 + 1)
        .read_to_end(&mut unpacked)
        .map_err(|wrong| Fault::BadAnswer {
            detail: format!("its packing is damaged ({wrong})"),
        })?;
    if unpacked.len() > ANSWER_BYTES {
        return Err(too_large());
    }
    Ok(unpacked.into())
}

fn after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_AFTER))
}

/// Every error from this one down, outermost first.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>() {
            // Its `source` is that of what it holds, which would be passed over.
            Some(io) => io
                .get_ref()
                .map(|inner| inner as &(dyn Error + 'static))
                .or_else(|| error.source()),
            None => error.source(),
        }
    })
}

fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, MetricsError> {
    let refuse = |why: String| MetricsError::Authorities {
        path: path.display().to_string(),
        why,
    };
    let file = std::fs::File::open(path).map_err(|error| refuse(error.to_string()))?;
    let mut pem = Vec::new();
    file.take(PEM_BYTES)
        .read_to_end(&mut pem)
        .map_err(|error| refuse(error.to_string()))?;
    let mut proof = RootCertStore::empty();
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| refuse(error.to_string()))?;
        proof
            .add(certificate.clone())
            .map_err(|error| refuse(error.to_string()))?;
        found.push(certificate);
    }
    if found.is_empty() {
        return Err(refuse("it holds no certificate in PEM form".to_owned()));
    }
    Ok(found)
}
