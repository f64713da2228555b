//! MD5 sums and the ETags most stores derive from them.

use std::fmt;

use aws_smithy_types::base64;
use md5::{Digest, Md5};

/// The MD5 of an object's or a part's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Md5Sum([u8; 16]);

impl Md5Sum {
    pub(crate) fn of(hasher: Md5) -> Self {
        Self(hasher.finalize().into())
    }

    /// For the `Content-MD5` header (RFC 1864).
    pub(crate) fn to_base64(self) -> String {
        base64::encode(self.0)
    }

    /// Reads 32 hex digits.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let mut sum = [0; 16];
        for (byte, pair) in sum.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(sum))
    }

    /// Whether an ETag, quoted or not, is this sum.
    pub(crate) fn is_etag(self, etag: &str) -> bool {
        Self::from_hex(bare_etag(etag)) == Some(self)
    }
}

impl fmt::Display for Md5Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// An ETag without its quotes.
pub(crate) fn bare_etag(etag: &str) -> &str {
    etag.trim().trim_matches('"')
}

/// The ETag AWS and VAST give a multipart object: the MD5 of the parts' MD5s and their number.
pub(crate) fn multipart_etag(parts: impl IntoIterator<Item = Md5Sum>) -> String {
    let mut hasher = Md5::new();
    let mut count = 0_u32;
    for part in parts {
        hasher.update(part.0);
        count += 1;
    }
    format!("{}-{count}", Md5Sum::of(hasher))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn md5(bytes: &[u8]) -> Md5Sum {
        Md5Sum::of(Md5::new_with_prefix(bytes))
    }

    #[test]
    fn sums_have_the_forms_headers_and_etags_want() {
        let sum = md5(b"hello");
        assert_eq!(sum.to_string(), "5d41402abc4b2a76b9719d911017c592");
        assert_eq!(sum.to_base64(), "XUFAKrxLKna5cZ2REBfFkg==");
        assert_eq!(
            Md5Sum::from_hex("5D41402ABC4B2A76B9719D911017C592"),
            Some(sum)
        );
        assert!(sum.is_etag("\"5d41402abc4b2a76b9719d911017c592\""));
        assert!(!sum.is_etag("\"5d41402abc4b2a76b9719d911017c592-1\""));
    }

    #[test]
    fn text_that_is_no_sum_is_refused() {
        for text in [
            "",
            "5d41",
            "+d41402abc4b2a76b9719d911017c59",
            "zz41402abc4b2a76b9719d911017c592",
            "é".repeat(16).as_str(),
        ] {
            assert_eq!(Md5Sum::from_hex(text), None, "{text}");
        }
    }

    #[test]
    fn multipart_etags_follow_the_md5_of_md5s_rule() {
        assert_eq!(
            multipart_etag([md5(b"a"), md5(b"b")]),
            "96e024ba2074fe77e8e965ba43a704be-2"
        );
    }
}
