//! Hosts that are reached at another address from here.

use http::HeaderValue;
use url::Url;

use crate::error::TamsError;

/// Sends transfers for one host to another address, with the `Host` header of the first.
///
/// A presigned URL is signed for its host. Kept in `Host`, the signature still holds when whatever
/// listens at the other address passes the header on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// Host in the URLs of objects, `internal.vast` or `internal.vast:8080`; without a port it means
    /// any.
    pub from_host: String,
    /// Where it is reached, `https://s3.example` or `http://10.0.0.5:8080/path`.
    pub to_base: String,
}

impl Rewrite {
    /// What the user should know about it.
    pub const WARNING: &'static str = "URLs of objects are sent to another host than they are signed for; this works only when a proxy there keeps the Host header";

    pub(crate) fn checked(&self) -> Result<Checked, TamsError> {
        let refuse = |reason: String| TamsError::InvalidSettings {
            field: "rewrites",
            reason,
        };
        let to = Url::parse(&self.to_base).map_err(|wrong| refuse(wrong.to_string()))?;
        let plain = to.username().is_empty()
            && to.password().is_none()
            && to.query().is_none()
            && to.fragment().is_none();
        if !matches!(to.scheme(), "http" | "https") || !to.has_host() || !plain {
            return Err(refuse(
                "to_base must be http:// or https://, a host and at most a path".to_owned(),
            ));
        }
        let from = Url::parse(&format!("http://{}/", self.from_host))
            .map_err(|wrong| refuse(format!("from_host: {wrong}")))?;
        let (Some(host), "/", None) = (from.host_str(), from.path(), from.query()) else {
            return Err(refuse("from_host must be a host, or host:port".to_owned()));
        };
        // The URL standard drops port 80 of http, which is a port like any other here.
        let port = self
            .from_host
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok());
        Ok(Checked {
            host: host.to_owned(),
            port,
            to,
        })
    }
}

/// A rewrite that can be used.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    host: String,
    port: Option<u16>,
    to: Url,
}

impl Checked {
    /// Where `url` is reached and what `Host` must say; nothing when this rewrite is not for it.
    pub(crate) fn apply(&self, url: &Url) -> Option<(Url, HeaderValue)> {
        let host = url.host_str()?;
        let same_port = self
            .port
            .is_none_or(|port| url.port_or_known_default() == Some(port));
        if !host.eq_ignore_ascii_case(&self.host) || !same_port {
            return None;
        }
        let named = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let mut target = self.to.clone();
        // The path as it is written: it is part of what was signed.
        let path = format!("{}{}", self.to.path().trim_end_matches('/'), url.path());
        target.set_path(&path);
        target.set_query(url.query());
        Some((target, HeaderValue::from_str(&named).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(from: &str, to: &str, url: &str) -> Option<(String, String)> {
        let rewrite = Rewrite {
            from_host: from.to_owned(),
            to_base: to.to_owned(),
        };
        let (url, host) = rewrite
            .checked()
            .unwrap()
            .apply(&Url::parse(url).unwrap())?;
        Some((url.to_string(), host.to_str().unwrap().to_owned()))
    }

    #[test]
    fn only_the_address_changes() {
        let found = |url: &str, host: &str| Some((url.to_owned(), host.to_owned()));
        assert_eq!(
            applied(
                "internal.vast",
                "http://10.0.0.5:9000",
                "https://Internal.VAST/b/a%2Fb%20c?X-Amz-Signature=%2F&x"
            ),
            found(
                "http://10.0.0.5:9000/b/a%2Fb%20c?X-Amz-Signature=%2F&x",
                "internal.vast"
            )
        );
        assert_eq!(
            applied("s3:8080", "https://proxy/s3/", "http://s3:8080/k"),
            found("https://proxy/s3/k", "s3:8080")
        );
        assert_eq!(
            applied("s3:80", "https://p", "http://s3/k"),
            found("https://p/k", "s3")
        );
        assert_eq!(applied("s3:8080", "https://p", "http://s3/k"), None);
        assert_eq!(applied("s3", "https://p", "http://s3.evil/k"), None);
    }

    #[test]
    fn refuses_what_is_no_host_or_address() {
        for (from, to) in [
            ("", "https://p"),
            ("a/b", "https://p"),
            ("a?b", "https://p"),
            ("a", "p"),
            ("a", "ftp://p"),
            ("a", "https://u@p"),
            ("a", "https://p/?x"),
        ] {
            let rewrite = Rewrite {
                from_host: from.to_owned(),
                to_base: to.to_owned(),
            };
            assert!(rewrite.checked().is_err(), "{from} {to}");
        }
    }
}
