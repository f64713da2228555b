//! The configured address, and what lies under it.

use url::Url;

use crate::error::{Place, TamsError};
use crate::settings::{ConnectionSettings, is_loopback};

/// The address credentials are pinned to: an origin and a path on it.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    /// Ends with a slash.
    url: Url,
}

impl Base {
    /// Reads the configured address.
    pub(crate) fn new(settings: &ConnectionSettings) -> Result<Self, TamsError> {
        let refuse = |reason: String| TamsError::InvalidSettings {
            field: "base_url",
            reason,
        };
        let mut url =
            Url::parse(settings.base_url.trim()).map_err(|wrong| refuse(wrong.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(refuse("it must begin with http:// or https://".into()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("user and password belong into `auth`".into()));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("it must end before any `?` or `#`".into()));
        }
        if !settings.auth.is_none() {
            check_secrecy(&url, settings.allow_plain_http, "base_url")?;
        }
        let path = format!("{}/", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(Self { url })
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Whether `url` is where credentials may go.
    pub(crate) fn contains(&self, url: &Url) -> bool {
        url.scheme() == self.url.scheme()
            && url.host() == self.url.host()
            && url.port_or_known_default() == self.url.port_or_known_default()
            && url.username().is_empty()
            && url.password().is_none()
            && (url.path().starts_with(self.url.path())
                || url.path() == self.url.path().trim_end_matches('/'))
    }

    /// The same address with `segments` behind it, each of them escaped.
    pub(crate) fn join(url: &Url, segments: &[&str]) -> Result<Url, TamsError> {
        let mut joined = url.clone();
        for segment in segments {
            // The URL standard takes these for steps in the tree, however they are escaped.
            if matches!(*segment, "" | "." | "..") {
                return Err(TamsError::InvalidInput {
                    what: "an identifier",
                    reason: format!("{segment:?} can't be part of a path"),
                });
            }
        }
        joined
            .path_segments_mut()
            .map_err(|()| TamsError::InvalidSettings {
                field: "base_url",
                reason: format!("{} takes no path", Place::of(url)),
            })?
            .pop_if_empty()
            .extend(segments);
        Ok(joined)
    }
}

/// Refuses to send a secret to `url` in the open.
pub(crate) fn check_secrecy(
    url: &Url,
    allow_plain_http: bool,
    field: &'static str,
) -> Result<(), TamsError> {
    if url.scheme() == "https" || is_loopback(url) || allow_plain_http {
        return Ok(());
    }
    Err(TamsError::InvalidSettings {
        field,
        reason:
            "credentials over plain http can be read on the way; use https, or set allow_plain_http"
                .into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Auth, Secret};

    fn base(url: &str, auth: Auth) -> Result<Base, TamsError> {
        Base::new(&ConnectionSettings::new("t", url, auth))
    }

    #[test]
    fn credentials_stay_under_the_base() {
        let base = base("https://tams.example/api/v1", Auth::None).unwrap();
        for (url, inside) in [
            ("https://tams.example/api/v1/flows?x=1", true),
            ("https://tams.example:443/api/v1", true),
            ("https://tams.example/api/v10/flows", false),
            ("https://tams.example/api/v1/../admin", false),
            ("https://tams.example/api/v1/%2e%2e/admin", false),
            ("https://tams.example/", false),
            ("http://tams.example/api/v1/flows", false),
            ("https://tams.example:8443/api/v1/flows", false),
            ("https://tams.example.evil/api/v1/flows", false),
            ("https://tams.example@evil.example/api/v1/flows", false),
            ("https://user@tams.example/api/v1/flows", false),
        ] {
            assert_eq!(base.contains(&Url::parse(url).unwrap()), inside, "{url}");
        }
    }

    #[test]
    fn object_ids_with_slashes_stay_one_segment() {
        let base = base("http://h/tams", Auth::None).unwrap();
        let url = Base::join(base.url(), &["objects", "tams-media/ä?b%2F", "instances"]).unwrap();
        assert_eq!(
            url.as_str(),
            "http://h/tams/objects/tams-media%2F%C3%A4%3Fb%252F/instances"
        );
        for id in ["", ".", ".."] {
            assert!(Base::join(base.url(), &["objects", id]).is_err(), "{id}");
        }
    }

    #[test]
    fn plain_http_needs_loopback_or_consent() {
        let auth = || Auth::Bearer(Secret::new("t"));
        assert!(base("http://tams.example", auth()).is_err());
        assert!(base("http://localhost.example", auth()).is_err());
        assert!(base("http://tams.example", Auth::None).is_ok());
        assert!(base("http://127.0.0.1:80/x", auth()).is_ok());
        assert!(base("http://[::1]:80/x", auth()).is_ok());
        assert!(base("http://localhost", auth()).is_ok());
        assert!(base("https://tams.example", auth()).is_ok());
        let mut settings = ConnectionSettings::new("t", "http://tams.example", auth());
        settings.allow_plain_http = true;
        assert!(Base::new(&settings).is_ok());
    }

    #[test]
    fn refuses_addresses_that_are_none() {
        for url in [
            "",
            "tams.example",
            "ftp://h/",
            "https://u:p@h/",
            "https://h/?a=b",
            "file:///etc",
        ] {
            assert!(base(url, Auth::None).is_err(), "{url}");
        }
    }
}
