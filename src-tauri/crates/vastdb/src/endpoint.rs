//! Where a VAST Database is, who asks, and how much is enough.

use std::fmt;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use url::Url;

use crate::error::VastError;
use crate::secret::Secret;

/// The server ignores the region of a signature; S3 tools expect this one.
pub const DEFAULT_REGION: &str = "us-east-1";
/// A bundle of certificate authorities is not larger than this.
const MAX_PEM_BYTES: usize = 4 << 20;

/// A VAST Database and the credentials for it. Nothing is built in.
#[derive(Clone)]
pub struct Endpoint {
    /// `https://HOST[:PORT]`: the cluster's S3 address, without a path.
    pub url: String,
    /// Region of the signatures; [`DEFAULT_REGION`] unless the site says otherwise.
    pub region: String,
    /// Access key.
    pub access_key: String,
    /// Secret key.
    pub secret_key: Secret,
    /// Token of temporary credentials.
    pub session_token: Option<Secret>,
    /// Certificate authorities in PEM form that are trusted beside the system's.
    pub ca_pem: Option<String>,
}

impl Endpoint {
    /// An endpoint in the default region, with long-term credentials and the system's authorities.
    pub fn new(url: impl Into<String>, access_key: impl Into<String>, secret_key: Secret) -> Self {
        Self {
            url: url.into(),
            region: DEFAULT_REGION.to_owned(),
            access_key: access_key.into(),
            secret_key,
            session_token: None,
            ca_pem: None,
        }
    }

    /// The address: an origin and nothing else.
    pub(crate) fn address(&self) -> Result<Url, VastError> {
        let refuse = |reason: &str| VastError::InvalidSettings {
            field: "url",
            reason: reason.to_owned(),
        };
        let url = Url::parse(&self.url).map_err(|wrong| refuse(&wrong.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(refuse(
                "it must be https://HOST[:PORT] or http://HOST[:PORT]",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("it must not hold a user or password"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("it must have no path, query or fragment"));
        }
        Ok(url)
    }

    pub(crate) fn check(&self) -> Result<(), VastError> {
        for (field, value) in [
            ("region", self.region.as_str()),
            ("access_key", self.access_key.as_str()),
            ("secret_key", self.secret_key.expose()),
        ] {
            if value.is_empty() || value.chars().any(|c| c.is_control() || c.is_whitespace()) {
                return Err(VastError::InvalidSettings {
                    field,
                    reason: "it is empty or holds blanks".to_owned(),
                });
            }
        }
        Ok(())
    }

    /// The authorities of `ca_pem`, each of which can be used.
    pub(crate) fn authorities(&self) -> Result<Vec<CertificateDer<'static>>, VastError> {
        let Some(pem) = &self.ca_pem else {
            return Ok(Vec::new());
        };
        let refuse = |reason: String| VastError::InvalidSettings {
            field: "ca_pem",
            reason,
        };
        if pem.len() > MAX_PEM_BYTES {
            return Err(refuse(format!("it is longer than {MAX_PEM_BYTES} bytes")));
        }
        let mut proof = RootCertStore::empty();
        let mut found = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
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
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &self.url)
            .field("region", &self.region)
            .field("access_key", &self.access_key)
            .field("secret_key", &self.secret_key)
            .field("session_token", &self.session_token)
            .field("ca_pem", &self.ca_pem.as_ref().map(|pem| pem.len()))
            .finish()
    }
}

/// How long to wait, and how much to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// For a connection; 10 s by default.
    pub connect: Duration,
    /// For a whole answer that is not a query's; 60 s by default.
    pub answer: Duration,
    /// For the whole answer to one request of a query; 10 min by default.
    pub query: Duration,
    /// For the next bytes of a query's answer, keep-alives included; 60 s by default.
    pub stall: Duration,
    /// Tries of one request before its error is reported; 4 by default. Writes are only repeated
    /// when the server said that nothing took effect.
    pub tries: u32,
    /// The pause before the first repetition, doubled before each further one up to 30 times as
    /// much; 250 ms by default.
    pub first_wait: Duration,
    /// The longest answer that is not a query's, in bytes; 16 MiB by default.
    pub answer_bytes: usize,
    /// The longest answer of one query in bytes, over all its requests; 256 MiB by default.
    pub query_bytes: usize,
    /// Rows of one query; 1,000,000 by default.
    pub query_rows: usize,
    /// Requests of one listing or query; 10,000 by default.
    pub pages: usize,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            query: Duration::from_secs(600),
            stall: Duration::from_secs(60),
            tries: 4,
            first_wait: Duration::from_millis(250),
            answer_bytes: 16 << 20,
            query_bytes: 256 << 20,
            query_rows: 1_000_000,
            pages: 10_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Endpoint {
        Endpoint::new(url, "AKIA", Secret::new("hush"))
    }

    #[test]
    fn an_address_is_an_origin() {
        for good in ["https://vast.example", "http://127.0.0.1:9000/"] {
            assert!(endpoint(good).address().is_ok(), "{good}");
        }
        for bad in [
            "vast.example",
            "ftp://vast.example",
            "https://u:p@vast.example",
            "https://u@vast.example",
            "https://vast.example/s3",
            "https://vast.example/?x",
            "https://vast.example/#x",
        ] {
            let error = endpoint(bad).address().unwrap_err();
            assert!(
                matches!(error, VastError::InvalidSettings { field: "url", .. }),
                "{bad}: {error}"
            );
        }
    }

    #[test]
    fn no_secret_is_printed() {
        let mut endpoint = endpoint("https://vast.example");
        endpoint.session_token = Some(Secret::new("token"));
        let shown = format!("{endpoint:?}");
        assert!(
            !shown.contains("hush") && !shown.contains("\"token\""),
            "{shown}"
        );
    }

    #[test]
    fn empty_credentials_are_refused() {
        let mut endpoint = endpoint("https://vast.example");
        endpoint.secret_key = Secret::new("");
        let error = endpoint.check().unwrap_err();
        assert!(error.to_string().contains("secret_key"), "{error}");
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let mut endpoint = endpoint("https://vast.example");
        endpoint.ca_pem = Some("no certificate".into());
        let error = endpoint.authorities().unwrap_err();
        assert!(error.to_string().contains("ca_pem"), "{error}");
    }
}
