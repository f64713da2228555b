//! Where objects go: one bucket and prefix of one S3 store, and how to talk to it.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_s3::types::ServerSideEncryption;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use crate::{DeliveryError, Secret};

/// S3 keeps object keys up to this many bytes.
const MAX_KEY_BYTES: usize = 1024;

/// What SigV4 leaves as it is in a path: unreserved characters and the slash.
const KEY_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// One S3 store, bucket and prefix, with static credentials.
///
/// Keys given to [`Delivery`](crate::Delivery) are relative to `prefix`.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The name in the configuration, `NAME` of `[s3.NAME]`.
    pub name: String,
    /// `http://` or `https://` address of the store, without the bucket.
    pub url: String,
    /// Region to sign for. Stores other than AWS mostly ignore it.
    pub region: String,
    /// Bucket.
    pub bucket: String,
    /// Put before every key; empty, or a folder with or without a trailing slash.
    pub prefix: String,
    /// Access key id.
    pub access_key: String,
    /// Secret access key.
    pub secret: Secret,
    /// Session token of temporary credentials.
    pub session_token: Option<Secret>,
    /// How the store encrypts what it keeps; as the bucket says when `None`.
    pub encryption: Option<Encryption>,
    /// `URL/BUCKET/KEY` instead of `BUCKET.HOST/KEY`.
    pub force_path_style: bool,
    /// PEM file with the only certificate authorities to trust for this endpoint; without it, those
    /// of the system.
    pub ca_pem: Option<PathBuf>,
    /// Upload cap in bytes per second, over all parts in flight.
    pub bandwidth: Option<NonZeroU64>,
    /// Parts in flight.
    pub concurrency: NonZeroUsize,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// How a store encrypts objects at rest (`x-amz-server-side-encryption`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// With keys of the store's own: SSE-S3, `AES256`.
    Managed,
    /// With a key of its key service: SSE-KMS, `aws:kms`; that service's usual one when no key is named.
    Kms(Option<String>),
}

impl Encryption {
    pub(crate) fn header(&self) -> ServerSideEncryption {
        match self {
            Self::Managed => ServerSideEncryption::Aes256,
            Self::Kms(_) => ServerSideEncryption::AwsKms,
        }
    }

    pub(crate) fn key_id(&self) -> Option<String> {
        match self {
            Self::Managed => None,
            Self::Kms(key) => key.clone(),
        }
    }
}

/// How long a [`Delivery`](crate::Delivery) waits before it calls an endpoint unreachable.
///
/// There is no limit on the length of a transfer as a whole, only on silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To open a connection: 10 s.
    pub connect: Duration,
    /// For the answer to a request without a large body: 60 s.
    pub answer: Duration,
    /// For the answer to CompleteMultipartUpload, which large stores take minutes for: 10 min.
    pub complete: Duration,
    /// Without one byte leaving or the answer coming, while a body is sent: 120 s.
    pub stall: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            complete: Duration::from_secs(600),
            stall: Duration::from_secs(120),
        }
    }
}

/// Parts in flight when nothing else is configured.
const DEFAULT_CONCURRENCY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(3);

impl Endpoint {
    /// An endpoint with the usual settings: region `us-east-1`, no prefix, path style, the system's
    /// certificate authorities, no cap, four parts in flight.
    pub fn new(
        name: impl Into<String>,
        url: impl Into<String>,
        bucket: impl Into<String>,
        access_key: impl Into<String>,
        secret: Secret,
    ) -> Self {
        Self {
            name: name.into(),
            url: url.into(),
            region: "us-east-1".into(),
            bucket: bucket.into(),
            prefix: String::new(),
            access_key: access_key.into(),
            secret,
            session_token: None,
            encryption: None,
            force_path_style: true,
            ca_pem: None,
            bandwidth: None,
            concurrency: DEFAULT_CONCURRENCY,
            timeouts: Timeouts::default(),
        }
    }

    /// Checks every field and brings `url` and `prefix` to one form.
    pub(crate) fn checked(mut self) -> Result<(Self, Url), DeliveryError> {
        let url = self.checked_url()?;
        self.url = url.as_str().trim_end_matches('/').to_owned();
        let prefix = self.prefix.trim_matches('/');
        self.prefix = if prefix.is_empty() {
            String::new()
        } else {
            format!("{prefix}/")
        };
        self.check_text("region", &self.region)?;
        self.check_text("bucket", &self.bucket)?;
        self.check_text("access_key", &self.access_key)?;
        self.check_text("secret", self.secret.expose())?;
        if let Some(token) = &self.session_token {
            self.check_text("session_token", token.expose())?;
        }
        if let Some(key) = self.encryption.as_ref().and_then(Encryption::key_id) {
            self.check_text("kms_key", &key)?;
        }
        if self.bucket.contains('/') {
            return Err(self.invalid(
                "bucket",
                "a bucket name has no slash; put folders into prefix",
            ));
        }
        if !self.prefix.is_empty() {
            check_key(&self.prefix[..self.prefix.len() - 1])
                .map_err(|reason| self.invalid("prefix", reason))?;
        }
        Ok((self, url))
    }

    fn checked_url(&self) -> Result<Url, DeliveryError> {
        let url = Url::parse(&self.url).map_err(|e| self.invalid("url", e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(self.invalid("url", "write it as https://HOST or http://HOST:PORT"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(self.invalid(
                "url",
                "credentials don't belong into the address; set access_key and the secret",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(self.invalid("url", "an endpoint has no query and no fragment"));
        }
        Ok(url)
    }

    /// Refuses what would break a header or a signature, without repeating the value.
    fn check_text(&self, field: &'static str, value: &str) -> Result<(), DeliveryError> {
        if value.is_empty() {
            return Err(self.invalid(field, "it is empty"));
        }
        if !value.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(self.invalid(
                field,
                "it holds white space, control or non-ASCII characters",
            ));
        }
        Ok(())
    }

    pub(crate) fn invalid(&self, field: &'static str, reason: impl Into<String>) -> DeliveryError {
        DeliveryError::InvalidEndpoint {
            endpoint: self.name.clone(),
            field,
            reason: reason.into(),
        }
    }

    /// The key in the bucket of a key relative to the prefix.
    pub(crate) fn full_key(&self, key: &str) -> Result<String, DeliveryError> {
        let full = format!("{}{key}", self.prefix);
        match check_key(key) {
            Err(reason) => Err(DeliveryError::InvalidKey {
                key: key.into(),
                reason,
            }),
            Ok(()) if full.len() > MAX_KEY_BYTES => Err(DeliveryError::InvalidKey {
                key: key.into(),
                reason: "a key holds at most 1024 bytes",
            }),
            Ok(()) => Ok(full),
        }
    }

    /// The plain address of a full key, for records. It carries no credentials and no signature.
    pub(crate) fn address(&self, full_key: &str) -> String {
        let key = utf8_percent_encode(full_key, KEY_PATH);
        match self.url.split_once("://") {
            Some((scheme, host)) if !self.force_path_style => {
                format!("{scheme}://{}.{host}/{key}", self.bucket)
            }
            _ => format!("{}/{}/{key}", self.url, self.bucket),
        }
    }

    /// The full key of an address in this bucket, however it is written; `None` for any other.
    pub(crate) fn key_at(&self, address: &Url) -> Option<String> {
        let is_plain = address.query().is_none() && address.username().is_empty();
        let styles = [true, false].map(|force_path_style| Self {
            force_path_style,
            ..self.clone()
        });
        let bases = styles.map(|style| Url::parse(&style.address("")));
        let rest = bases.into_iter().flatten().find_map(|base| {
            let same = is_plain && address.origin() == base.origin();
            address.path().strip_prefix(base.path()).filter(|_| same)
        })?;
        let key = percent_decode_str(rest).decode_utf8().ok()?;
        check_key(&key).ok().map(|()| key.into_owned())
    }
}

/// Refuses keys that proxies, gateways and file-backed stores rewrite or can't hold.
fn check_key(key: &str) -> Result<(), &'static str> {
    if key.is_empty() {
        return Err("it is empty");
    }
    if key.chars().any(char::is_control) {
        return Err("it holds control characters");
    }
    if key.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err("it has an empty, \".\" or \"..\" part");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Endpoint {
        Endpoint::new("vast", url, "media", "AKIA", Secret::new("s3cr3t"))
    }

    fn refused_field(endpoint: Endpoint) -> &'static str {
        match endpoint.checked() {
            Err(DeliveryError::InvalidEndpoint { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_addresses_in_the_bucket_have_a_key() {
        let mut store = Endpoint::new(
            "films",
            "https://s3.example:8443",
            "films",
            "id",
            Secret::new("secret"),
        );
        store.prefix = "mine/".to_owned();
        let key = |address: &str| store.key_at(&Url::parse(address).unwrap());
        let known = Some("a/b c.mp4".to_owned());
        assert_eq!(key("https://s3.example:8443/films/a/b%20c.mp4"), known);
        assert_eq!(key("https://films.s3.example:8443/a/b%20c.mp4"), known);
        let own = store.address("mine/x.mp4");
        assert_eq!(key(&own), Some("mine/x.mp4".to_owned()));
        for other in [
            "https://s3.example/films/a.mp4",
            "http://s3.example:8443/films/a.mp4",
            "https://s3.example.org:8443/films/a.mp4",
            "https://s3.example:8443/films2/a.mp4",
            "https://s3.example:8443/a.mp4",
            "https://s3.example:8443/films/",
            "https://s3.example:8443/films/a.mp4?X-Amz-Signature=1",
            "https://eva@s3.example:8443/films/a.mp4",
            "https://s3.example:8443/films/%2e%2e%2fother/a.mp4",
            "https://s3.example:8443/films/../other/a.mp4",
        ] {
            assert_eq!(key(other), None, "{other}");
        }
    }

    #[test]
    fn url_and_prefix_get_one_form() {
        let mut given = endpoint("https://S3.Example.com/");
        given.prefix = "/studio/a//".into();
        let (checked, _) = given.checked().unwrap();
        assert_eq!(checked.url, "https://s3.example.com");
        assert_eq!(checked.full_key("k.mp4").unwrap(), "studio/a/k.mp4");
        assert_eq!(
            checked.address("studio/a/k é.mp4"),
            "https://s3.example.com/media/studio/a/k%20%C3%A9.mp4"
        );
    }

    #[test]
    fn virtual_host_addresses_put_the_bucket_first() {
        let mut given = endpoint("https://s3.example.com:9000");
        given.force_path_style = false;
        let (checked, _) = given.checked().unwrap();
        assert_eq!(checked.address("k"), "https://media.s3.example.com:9000/k");
    }

    #[test]
    fn bad_fields_are_named() {
        for url in [
            "s3.example.com",
            "ftp://h",
            "https://",
            "https://u:p@h",
            "https://h/?a=1",
            "https://h/#x",
        ] {
            assert_eq!(refused_field(endpoint(url)), "url", "{url}");
        }
        let good = || endpoint("http://h");
        assert_eq!(
            refused_field(Endpoint {
                bucket: String::new(),
                ..good()
            }),
            "bucket"
        );
        assert_eq!(
            refused_field(Endpoint {
                bucket: "a/b".into(),
                ..good()
            }),
            "bucket"
        );
        assert_eq!(
            refused_field(Endpoint {
                access_key: "a b".into(),
                ..good()
            }),
            "access_key"
        );
        assert_eq!(
            refused_field(Endpoint {
                secret: Secret::new("x\n"),
                ..good()
            }),
            "secret"
        );
        assert_eq!(
            refused_field(Endpoint {
                session_token: Some(Secret::new("")),
                ..good()
            }),
            "session_token"
        );
        assert_eq!(
            refused_field(Endpoint {
                prefix: "a/../b".into(),
                ..good()
            }),
            "prefix"
        );
    }

    #[test]
    fn a_refused_secret_is_not_repeated() {
        let error = Endpoint {
            secret: Secret::new("hush hush"),
            ..endpoint("http://h")
        }
        .checked()
        .unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hush"));
    }

    #[test]
    fn keys_that_get_rewritten_are_refused() {
        let (endpoint, _) = endpoint("http://h").checked().unwrap();
        for key in ["", "/a", "a/", "a//b", "a/./b", "../a", "a\nb"] {
            assert!(
                matches!(
                    endpoint.full_key(key),
                    Err(DeliveryError::InvalidKey { .. })
                ),
                "{key:?}"
            );
        }
        assert!(endpoint.full_key(&"k".repeat(1024)).is_ok());
        assert!(endpoint.full_key(&"k".repeat(1025)).is_err());
    }
}
