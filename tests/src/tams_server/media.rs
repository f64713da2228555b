//! The media port: an object store that knows presigned URLs, ranges and entity tags, and nothing
//! about TAMS. It is what S3 is to the servers in the field.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::fault::s3_error;
use super::message::{Reply, Request};
use super::store::Store;

/// How long a presigned URL is good, in seconds.
pub const URL_LIFE: i64 = 3600;

/// What stays as it is in a query value (RFC 3986 §2.3).
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The same in a path.
const PATH: &AsciiSet = &VALUE.remove(b'/');

/// How URLs are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signing {
    /// `AWSAccessKeyId`, `Signature`, `Expires`, the last in seconds since 1970.
    V2,
    /// `X-Amz-…`, with a time of signing and a life in seconds.
    V4,
}

/// The store and the manners of its dialect.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) name: &'static str,
    pub(super) signing: Signing,
    /// Whether a missing object is told as forbidden, as S3 does to who may not list.
    pub(super) hides_missing: bool,
    /// Whether every object is served as `application/octet-stream`.
    pub(super) octet_stream: bool,
    /// What signs; other servers have others.
    pub(super) secret: String,
    pub(super) scheme: &'static str,
    /// `host:port` in URLs.
    pub(super) host: String,
}

impl Store {
    /// A URL that lets anybody do `method` to the object with this key until it expires. For PUT, the
    /// content type is part of what is signed.
    pub(super) fn presign(&self, method: &str, key: &str, content_type: &str) -> String {
        let bucket = &self.bucket;
        let path = format!("/{}/{}", bucket.name, utf8_percent_encode(key, PATH));
        let now = self.now();
        let typed = method == "PUT";
        let query = match bucket.signing {
            Signing::V2 => {
                let expires = (now.as_second() + URL_LIFE).to_string();
                let kind = if typed { content_type } else { "" };
                let signature = bucket.sign(&[method, &path, &expires, kind]);
                let signature = STANDARD.encode(&signature[..20]);
                vec![
                    ("AWSAccessKeyId", "ACCESS".to_owned()),
                    ("Signature", signature),
                    ("Expires", expires),
                ]
            }
            Signing::V4 => {
                let date = now.strftime("%Y%m%dT%H%M%SZ").to_string();
                let day = date[..8].to_owned();
                let life = URL_LIFE.to_string();
                let headers = if typed { "content-type;host" } else { "host" };
                let kind = if typed { content_type } else { "" };
                let signature =
                    bucket.sign(&[method, &bucket.host, &path, &date, &life, headers, kind]);
                vec![
                    ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
                    (
                        "X-Amz-Credential",
                        format!("ACCESS/{day}/us-east-1/s3/aws4_request"),
                    ),
                    ("X-Amz-Date", date),
                    ("X-Amz-Expires", life),
                    ("X-Amz-SignedHeaders", headers.to_owned()),
                    ("X-Amz-Signature", hex(&signature)),
                ]
            }
        };
        let query: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, VALUE)))
            .collect();
        format!(
            "{}://{}{path}?{}",
            bucket.scheme,
            bucket.host,
            query.join("&")
        )
    }

    /// Answers a request to the media port.
    pub(super) fn serve_media(&mut self, request: &Request) -> Reply {
        if let Err(refusal) = self.admit(request) {
            return refusal;
        }
        let prefix = format!("/{}/", self.bucket.name);
        let path = format!("/{}", request.parts.join("/"));
        let key = path.strip_prefix(&prefix).unwrap_or_default().to_owned();
        let found = self.objects.iter_mut().find(|object| object.key == key);
        if request.method == "PUT" {
            let Some(object) = found else {
                // Nobody gave the URL out but this server, for an object that was deleted since.
                return Reply::empty(200);
            };
            let tag = entity_tag(&request.body);
            object.bytes = Some(request.body.clone());
            return Reply::empty(200).with("etag", tag);
        }
        match found.and_then(|object| Some((object.bytes.as_ref()?, &object.content_type))) {
            Some((bytes, kind)) => {
                let octets = self.bucket.octet_stream;
                let kind = if octets {
                    "application/octet-stream"
                } else {
                    kind
                };
                get(request, bytes, kind)
            }
            None if self.bucket.hides_missing => s3_error(403, "AccessDenied", "Access Denied"),
            None => s3_error(404, "NoSuchKey", "The specified key does not exist."),
        }
    }

    /// Checks what S3 checks of a presigned request.
    fn admit(&self, request: &Request) -> Result<(), Reply> {
        let bucket = &self.bucket;
        let method = request.method.as_str();
        if request.field("authorization").is_some() {
            return Err(s3_error(
                400,
                "InvalidArgument",
                "Only one auth mechanism allowed",
            ));
        }
        if method == "PUT" && request.field("transfer-encoding").is_some() {
            let message = "You must provide the Content-Length HTTP header.";
            return Err(s3_error(411, "MissingContentLength", message));
        }
        let value = |name: &str| request.query(name).unwrap_or_default();
        let kind = match method {
            "PUT" => request.field("content-type").unwrap_or_default(),
            _ => "",
        };
        let (expected, given, until) = match bucket.signing {
            Signing::V2 => {
                let expires = value("Expires");
                let signature = bucket.sign(&[method, request.path(), expires, kind]);
                let until = expires.parse::<i64>().unwrap_or(0);
                (STANDARD.encode(&signature[..20]), value("Signature"), until)
            }
            Signing::V4 => {
                let (date, life) = (value("X-Amz-Date"), value("X-Amz-Expires"));
                let signature = bucket.sign(&[
                    method,
                    request.host(),
                    request.path(),
                    date,
                    life,
                    value("X-Amz-SignedHeaders"),
                    kind,
                ]);
                let from = DateTime::strptime("%Y%m%dT%H%M%SZ", date)
                    .and_then(|date| date.to_zoned(TimeZone::UTC))
                    .map_or(0, |date| date.timestamp().as_second());
                let until = from + life.parse::<i64>().unwrap_or(0);
                (hex(&signature), value("X-Amz-Signature"), until)
            }
        };
        if given.is_empty() {
            return Err(s3_error(403, "AccessDenied", "Access Denied"));
        }
        if self.now().as_second() > until {
            return Err(s3_error(403, "AccessDenied", "Request has expired"));
        }
        let unsigned = request
            .fields
            .iter()
            .find(|(name, _)| name.starts_with("x-amz-"));
        if expected != given || unsigned.is_some() {
            let message = "The request signature we calculated does not match the signature you \
                provided. Check your key and signing method.";
            return Err(s3_error(403, "SignatureDoesNotMatch", message));
        }
        Ok(())
    }
}

impl Bucket {
    fn sign(&self, parts: &[&str]) -> Vec<u8> {
        let text = format!("{}\n{}", self.secret, parts.join("\n"));
        Sha256::digest(text.as_bytes()).to_vec()
    }
}

/// Answers GET and HEAD of bytes that are there (RFC 9110 §13, §14).
pub(super) fn get(request: &Request, bytes: &[u8], kind: &str) -> Reply {
    let tag = entity_tag(bytes);
    let headed = |reply: Reply| {
        reply
            .with("etag", tag.clone())
            .with("accept-ranges", "bytes")
    };
    if request.method != "GET" && request.method != "HEAD" {
        return s3_error(405, "MethodNotAllowed", "Not allowed");
    }
    let differs = |name: &str| request.field(name).is_some_and(|value| value != tag);
    if differs("if-match") {
        return s3_error(412, "PreconditionFailed", "The object is another");
    }
    if request.field("if-none-match") == Some(&*tag) {
        return headed(Reply::empty(304));
    }
    let whole = headed(Reply::text(200, kind, bytes));
    if differs("if-range") {
        return whole;
    }
    match request.field("range").and_then(Range::parse) {
        None => whole,
        Some(range) => match range.of(bytes.len()) {
            Some((from, to)) => {
                let told = format!("bytes {from}-{to}/{}", bytes.len());
                headed(Reply::text(206, kind, &bytes[from..=to])).with("content-range", told)
            }
            None => {
                let told = format!("bytes */{}", bytes.len());
                s3_error(416, "InvalidRange", "Not satisfiable").with("content-range", told)
            }
        },
    }
}

/// One range of bytes, as asked.
enum Range {
    From(usize, Option<usize>),
    Last(usize),
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
        Some(match (from, to) {
            ("", last) => Self::Last(last.parse().ok()?),
            (from, "") => Self::From(from.parse().ok()?, None),
            (from, to) => Self::From(from.parse().ok()?, Some(to.parse().ok()?)),
        })
    }

    /// The first and last byte, of so many; nothing if there are none.
    fn of(&self, length: usize) -> Option<(usize, usize)> {
        let (from, to) = match *self {
            Self::From(from, to) => (from, to.unwrap_or(usize::MAX)),
            Self::Last(0) => return None,
            Self::Last(last) => (length.saturating_sub(last), usize::MAX),
        };
        (from < length && from <= to).then(|| (from, to.min(length - 1)))
    }
}

fn entity_tag(bytes: &[u8]) -> String {
    format!("\"{}\"", &hex(&Sha256::digest(bytes))[..32])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
