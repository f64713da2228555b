//! The SDK clients of one endpoint, set up so that the SDK does nothing on its own that stores
//! other than AWS stumble over.

use std::io::Read;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    AppName, BehaviorVersion, Config, Credentials, IdentityCache, Region,
    RequestChecksumCalculation, ResponseChecksumValidation, SharedHttpClient,
    StalledStreamProtectionConfig,
};
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use url::Url;

use crate::answer_limit::AnswerLimit;
use crate::endpoint::Endpoint;
use crate::error::DeliveryError;

/// Tries of one request before its error is reported.
const TRIES: u32 = 3;

/// A bundle of certificate authorities is not larger than this.
const MAX_PEM_BYTES: u64 = 4 << 20;

/// Clients that share their credentials and differ in patience.
pub(crate) struct Clients {
    /// Small requests.
    pub(crate) control: Client,
    /// Requests with a large body: no limit on their length, a watchdog looks for silence instead.
    pub(crate) transfer: Client,
    /// CompleteMultipartUpload.
    pub(crate) complete: Client,
    /// Requests that must not be repeated before the store was asked whether they took effect.
    pub(crate) once: Client,
}

impl Clients {
    /// `endpoint` has been checked, and `url` is its address.
    pub(crate) fn new(endpoint: &Endpoint, url: &Url) -> Result<Self, DeliveryError> {
        let http = http_client(endpoint, url)?;
        let client =
            |patience, tries| Client::from_conf(config(endpoint, http.clone(), patience, tries));
        let timeouts = endpoint.timeouts;
        Ok(Self {
            control: client(Some(timeouts.answer), TRIES),
            transfer: client(None, TRIES),
            complete: client(Some(timeouts.complete), TRIES),
            once: client(Some(timeouts.answer), 1),
        })
    }
}

/// `patience` bounds one try from its start to the end of its answer.
fn config(
    endpoint: &Endpoint,
    http: SharedHttpClient,
    patience: Option<Duration>,
    tries: u32,
) -> Config {
    let mut timeouts = TimeoutConfig::builder().connect_timeout(endpoint.timeouts.connect);
    timeouts.set_operation_attempt_timeout(patience);
    let token = endpoint
        .session_token
        .as_ref()
        .map(|token| token.expose().to_owned());
    let credentials = Credentials::new(
        &endpoint.access_key,
        endpoint.secret.expose(),
        token,
        None,
        "stringout",
    );
    let mut config = Config::builder();
    config.set_app_name(AppName::new("stringout").ok());
    config
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(&endpoint.url)
        .region(Region::new(endpoint.region.clone()))
        .credentials_provider(credentials)
        .identity_cache(IdentityCache::no_cache())
        .force_path_style(endpoint.force_path_style)
        .disable_s3_express_session_auth(true)
        // VAST verifies Content-MD5; trailing checksums make it and older stores refuse the request.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        // It counts how often a body is polled and so ends slow but healthy uploads.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(RetryConfig::standard().with_max_attempts(tries))
        .timeout_config(timeouts.build())
        .interceptor(AnswerLimit)
        .http_client(http)
        .build()
}

fn http_client(endpoint: &Endpoint, url: &Url) -> Result<SharedHttpClient, DeliveryError> {
    let builder = aws_smithy_http_client::Builder::new();
    if url.scheme() == "http" {
        return Ok(builder.build_http());
    }
    let mut context = TlsContext::builder();
    if let Some(pem) = authorities(endpoint)? {
        context = context.with_trust_store(TrustStore::empty().with_pem_certificate(pem));
    }
    let context = context
        .build()
        .map_err(|e| endpoint.invalid("ca_pem", e.to_string()))?;
    let provider = tls::Provider::rustls(tls::rustls_provider::CryptoMode::Ring);
    Ok(builder
        .tls_provider(provider)
        .tls_context(context)
        .build_https())
}

/// Reads and proves the endpoint's own authorities: the HTTP client panics on ones it can't use.
fn authorities(endpoint: &Endpoint) -> Result<Option<Vec<u8>>, DeliveryError> {
    let Some(path) = &endpoint.ca_pem else {
        return Ok(None);
    };
    let refuse =
        |reason: String| endpoint.invalid("ca_pem", format!("{}: {reason}", path.display()));
    let file = std::fs::File::open(path).map_err(|e| refuse(e.to_string()))?;
    let mut pem = Vec::new();
    file.take(MAX_PEM_BYTES)
        .read_to_end(&mut pem)
        .map_err(|e| refuse(e.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|e| refuse(e.to_string()))?;
        roots.add(certificate).map_err(|e| refuse(e.to_string()))?;
    }
    if roots.is_empty() {
        return Err(refuse("it holds no certificate in PEM form".into()));
    }
    Ok(Some(pem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    fn with_pem(pem: &[u8]) -> Result<(), DeliveryError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        std::fs::write(&path, pem).unwrap();
        let mut endpoint = Endpoint::new("vast", "https://h", "media", "AKIA", Secret::new("s"));
        endpoint.ca_pem = Some(path);
        let (endpoint, url) = endpoint.checked()?;
        Clients::new(&endpoint, &url).map(drop)
    }

    #[test]
    fn unusable_authorities_are_an_error_and_no_panic() {
        let empty_certificate = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let cut = b"-----BEGIN CERTIFICATE-----\nAAAA\n";
        for pem in [&b""[..], b"not PEM", empty_certificate, cut] {
            let error = with_pem(pem).unwrap_err();
            assert!(
                matches!(
                    error,
                    DeliveryError::InvalidEndpoint {
                        field: "ca_pem",
                        ..
                    }
                ),
                "{error}"
            );
        }
    }

    #[test]
    fn a_certificate_of_ones_own_is_accepted() {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        with_pem(own.cert.pem().as_bytes()).unwrap();
    }
}
