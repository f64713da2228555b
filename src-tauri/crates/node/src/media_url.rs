//! Signed URLs of objects: short-lived, for one object and one purpose.

use hmac::{Hmac, KeyInit, Mac};
use mediatime::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;

/// Everything but the unreserved characters of RFC 3986, so that an object id with slashes stays one
/// path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a signed URL may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// `GET` and `HEAD`.
    Read,
    /// `PUT`.
    Write,
}

/// Why a URL is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The query is not one we made.
    Unsigned,
    /// It was made, but for another object, purpose or time.
    Tampered,
    /// It was good once.
    Expired,
}

/// The secret that signs, kept in the catalogue; filled up with zeros to one block of SHA-256.
#[derive(Clone)]
pub(crate) struct MediaKey([u8; 64]);

impl std::fmt::Debug for MediaKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MediaKey(…)")
    }
}

/// A percent-encoded path segment.
pub(crate) fn path_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

impl MediaKey {
    pub(crate) fn new(secret: [u8; 32]) -> Self {
        let mut block = [0; 64];
        block[..32].copy_from_slice(&secret);
        Self(block)
    }

    /// The URL of an object below `base`, good until `expires`, in whole seconds of UTC.
    pub(crate) fn url(
        &self,
        base: &str,
        purpose: Purpose,
        object_id: &str,
        expires: Timestamp,
    ) -> String {
        let expires = seconds(expires);
        let signature = hex(&self
            .mac(purpose, object_id, expires)
            .finalize()
            .into_bytes());
        let object = path_segment(object_id);
        format!("{base}/media/{object}?expires={expires}&signature={signature}")
    }

    /// Checks the query of a request for an object at `now`.
    pub(crate) fn check(
        &self,
        purpose: Purpose,
        object_id: &str,
        query: &str,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let (mut expires, mut signature) = (None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "expires" => expires = value.parse::<i128>().ok(),
                "signature" => signature = unhex(&value),
                _ => {}
            }
        }
        let (Some(expires), Some(signature)) = (expires, signature) else {
            return Err(Refused::Unsigned);
        };
        if self
            .mac(purpose, object_id, expires)
            .verify_slice(&signature)
            .is_err()
        {
            return Err(Refused::Tampered);
        }
        if seconds(now) > expires {
            return Err(Refused::Expired);
        }
        Ok(())
    }

    fn mac(&self, purpose: Purpose, object_id: &str, expires: i128) -> Hmac<Sha256> {
        let purpose = match purpose {
            Purpose::Read => "read",
            Purpose::Write => "write",
        };
        let mut mac = Hmac::<Sha256>::new(&self.0.into());
        mac.update(format!("{purpose}\n{expires}\n{object_id}").as_bytes());
        mac
    }
}

fn seconds(at: Timestamp) -> i128 {
    at.nanos().div_euclid(1_000_000_000)
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes of a hexadecimal text.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds).unwrap()
    }

    fn query(url: &str) -> &str {
        url.split_once('?').unwrap().1
    }

    #[test]
    fn good_for_one_object_one_purpose_and_a_while() {
        let key = MediaKey::new([3; 32]);
        let url = key.url("http://h", Purpose::Read, "a/b c", at(1000));
        assert!(
            url.starts_with("http://h/media/a%2Fb%20c?expires=1000&signature="),
            "{url}"
        );
        let query = query(&url);
        assert_eq!(key.check(Purpose::Read, "a/b c", query, at(1000)), Ok(()));
        assert_eq!(
            key.check(Purpose::Read, "a/b c", query, at(1001)),
            Err(Refused::Expired)
        );
        assert_eq!(
            key.check(Purpose::Write, "a/b c", query, at(0)),
            Err(Refused::Tampered)
        );
        assert_eq!(
            key.check(Purpose::Read, "a/b", query, at(0)),
            Err(Refused::Tampered)
        );
        let later = query.replace("1000", "2000");
        assert_eq!(
            key.check(Purpose::Read, "a/b c", &later, at(0)),
            Err(Refused::Tampered)
        );
        let other = MediaKey::new([4; 32]);
        assert_eq!(
            other.check(Purpose::Read, "a/b c", query, at(0)),
            Err(Refused::Tampered)
        );
    }

    #[test]
    fn nonsense_is_unsigned() {
        let key = MediaKey::new([3; 32]);
        for query in [
            "",
            "expires=1",
            "signature=00",
            "expires=x&signature=00",
            "expires=1&signature=0g",
        ] {
            assert_eq!(
                key.check(Purpose::Read, "a", query, at(0)),
                Err(Refused::Unsigned),
                "{query}"
            );
        }
    }
}
