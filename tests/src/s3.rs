//! A small S3 client for looking at a bucket independently of the product: plain HTTP to this machine,
//! AWS Signature Version 4, one request at a time.

use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::http1::{self, Head};

/// For a server that has just begun.
const PATIENCE: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_millis(100);

/// A bucket of a server on this machine.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// `127.0.0.1:PORT` of the server, or of a proxy before it.
    pub address: String,
    /// The bucket's name.
    pub name: String,
    /// Who asks.
    pub access_key: String,
    /// The key that signs.
    pub secret_key: String,
    /// The region that the signature names.
    pub region: String,
}

/// An answer of the server.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header fields, names in lower case.
    pub fields: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header field by its lower-case name.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The text of every element of that name in an XML body.
    pub fn elements(&self, name: &str) -> Vec<String> {
        let body = String::from_utf8_lossy(&self.body);
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        body.split(&open)
            .skip(1)
            .filter_map(|part| part.split_once(&close))
            .map(|(text, _)| unescape(text))
            .collect()
    }
}

impl Bucket {
    /// Makes the bucket; that it is there already is fine.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn create(&self) {
        let answer = self.ask("PUT", "", &[], &[], b"");
        assert!(
            answer.status == 200 || answer.status == 409,
            "cannot make bucket {}: {}",
            self.name,
            String::from_utf8_lossy(&answer.body)
        );
    }

    /// Stores an object.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn put(&self, key: &str, body: &[u8]) {
        let answer = self.ask("PUT", key, &[], &[], body);
        assert_eq!(
            answer.status,
            200,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
    }

    /// An object's bytes, if it is there. A server that was started just now may not know yet where they lie,
    /// and says that one should ask again.
    ///
    /// # Panics
    /// When the server answers neither with it nor that it isn't there.
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        let deadline = Instant::now() + PATIENCE;
        let mut answer = self.ask("GET", key, &[], &[], b"");
        while answer.status == 500 && Instant::now() < deadline {
            std::thread::sleep(AGAIN);
            answer = self.ask("GET", key, &[], &[], b"");
        }
        match answer.status {
            200 => Some(answer.body),
            404 => None,
            status => panic!(
                "GET {key}: {status} {}",
                String::from_utf8_lossy(&answer.body)
            ),
        }
    }

    /// An object's header fields, if it is there.
    ///
    /// # Panics
    /// When the server answers neither with them nor that it isn't there.
    pub fn head(&self, key: &str) -> Option<Answer> {
        let answer = self.ask("HEAD", key, &[], &[], b"");
        match answer.status {
            200 => Some(answer),
            404 => None,
            status => panic!("HEAD {key}: {status}"),
        }
    }

    /// The keys that begin with `prefix`, in order.
    ///
    /// # Panics
    /// When the server refuses, or there are more than it lists at once.
    pub fn list(&self, prefix: &str) -> Vec<String> {
        let answer = self.ask(
            "GET",
            "",
            &[("list-type", "2"), ("prefix", prefix)],
            &[],
            b"",
        );
        assert_eq!(
            answer.status,
            200,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
        assert_ne!(
            answer.elements("IsTruncated"),
            ["true"],
            "too many objects for one list"
        );
        answer.elements("Key")
    }

    /// The key and id of every multipart upload that is neither completed nor aborted.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn uploads(&self) -> Vec<(String, String)> {
        let answer = self.ask("GET", "", &[("uploads", "")], &[], b"");
        assert_eq!(
            answer.status,
            200,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
        answer
            .elements("Key")
            .into_iter()
            .zip(answer.elements("UploadId"))
            .collect()
    }

    /// Sends any signed request about `key` (empty for the bucket itself).
    ///
    /// # Panics
    /// When the server can't be reached or breaks off.
    pub fn ask(
        &self,
        method: &str,
        key: &str,
        query: &[(&str, &str)],
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.try_ask(method, key, query, fields, body)
            .unwrap_or_else(|e| panic!("{method} {} at {}: {e}", self.path(key), self.address))
    }

    /// As [`Self::ask`], answering with the failure.
    ///
    /// # Errors
    /// When the server can't be reached, or breaks off.
    pub fn try_ask(
        &self,
        method: &str,
        key: &str,
        query: &[(&str, &str)],
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let path = self.path(key);
        let mut query: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{}={}", escape(name, ""), escape(value, "")))
            .collect();
        query.sort();
        let query = query.join("&");
        let mut signed = vec![
            ("host".to_owned(), self.address.clone()),
            (
                "x-amz-content-sha256".to_owned(),
                hex(&Sha256::digest(body)),
            ),
            (
                "x-amz-date".to_owned(),
                Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string(),
            ),
        ];
        signed.extend(
            fields
                .iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), (*value).to_owned())),
        );
        signed.sort();
        let authorization = self.authorization(method, &path, &query, &signed);

        let target = if query.is_empty() {
            path
        } else {
            format!("{path}?{query}")
        };
        let mut head = format!("{method} {target} HTTP/1.1\r\n");
        for (name, value) in &signed {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!(
            "authorization: {authorization}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        ));
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        let mut from = BufReader::new(stream);
        loop {
            let head = Head::read(&mut from)?.ok_or(std::io::ErrorKind::UnexpectedEof)?;
            let status = head.status()?;
            if status >= 200 {
                let body = http1::read_content(&mut from, head.response_framing(method)?)?;
                let fields = head.fields().to_vec();
                return Ok(Answer {
                    status,
                    fields,
                    body,
                });
            }
        }
    }

    fn path(&self, key: &str) -> String {
        format!("/{}/{}", self.name, escape(key, "/"))
    }

    /// The Authorization field: "Signature Version 4 signing process", steps 1 to 4.
    fn authorization(
        &self,
        method: &str,
        path: &str,
        query: &str,
        fields: &[(String, String)],
    ) -> String {
        let value = |wanted: &str| {
            let found = fields.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        let (time, payload) = (value("x-amz-date"), value("x-amz-content-sha256"));
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(";");
        let lines: String = fields
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        let request = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{payload}");

        let day = &time[..8];
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let digest = hex(&Sha256::digest(request.as_bytes()));
        let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{digest}");
        let secret = format!("AWS4{}", self.secret_key);
        let key = [day, &self.region, "s3", "aws4_request"]
            .iter()
            .fold(secret.into_bytes(), |key, part| {
                hmac(&key, part.as_bytes()).to_vec()
            });
        let signature = hex(&hmac(&key, to_sign.as_bytes()));
        let access = &self.access_key;
        format!(
            "AWS4-HMAC-SHA256 Credential={access}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
    }
}

/// HMAC-SHA-256 (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0u8; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5C))
        .chain_update(inner)
        .finalize()
        .into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Percent-encodes all but unreserved characters and `kept`.
fn escape(text: &str, kept: &str) -> String {
    text.bytes()
        .map(|byte| {
            let character = char::from(byte);
            if character.is_ascii_alphanumeric()
                || "-._~".contains(character)
                || kept.contains(character)
            {
                character.to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn unescape(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hmac_is_that_of_rfc_4231() {
        assert_eq!(
            hex(&hmac(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(&hmac(
                &[0xAA; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First"
            )),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn the_signature_is_that_of_the_published_example() {
        // "Example: GET Object" of the Amazon S3 API reference.
        let bucket = Bucket {
            address: "examplebucket.s3.amazonaws.com".to_owned(),
            name: String::new(),
            access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            region: "us-east-1".to_owned(),
        };
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let fields = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", empty),
            ("x-amz-date", "20130524T000000Z"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let text = bucket.authorization("GET", "/test.txt", "", &fields);
        assert!(
            text.ends_with("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
            "{text}"
        );
    }
}
