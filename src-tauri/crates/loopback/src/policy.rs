//! Who may ask what of a local server.

use std::net::SocketAddr;
use std::time::Duration;

use http::uri::Authority;

use crate::Token;

/// What a server accepts. The default accepts requests that name the bound address, from no other
/// origin, without a token.
#[derive(Clone, Debug)]
pub struct Policy {
    token: Option<Token>,
    open_paths: Vec<String>,
    hosts: Vec<String>,
    origins: Vec<String>,
    body_limit: usize,
    grace: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            token: None,
            open_paths: Vec::new(),
            hosts: Vec::new(),
            origins: Vec::new(),
            body_limit: 8 << 20,
            grace: Duration::from_secs(5),
        }
    }
}

impl Policy {
    /// Requires `token`, as `Authorization: Bearer` or as the `access_token` query parameter.
    #[must_use]
    pub fn with_token(mut self, token: Token) -> Self {
        self.token = Some(token);
        self
    }

    /// Lets requests for paths that begin with `prefix` through without the token. The route must
    /// check them in another way.
    #[must_use]
    pub fn open_path(mut self, prefix: impl Into<String>) -> Self {
        self.open_paths.push(prefix.into());
        self
    }

    /// Also answers to this name in `Host`: `name` with any port, or `name:port`.
    #[must_use]
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into().to_ascii_lowercase());
        self
    }

    /// Also answers pages of this origin, such as `tauri://localhost`.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// The longest body a route reads that sets no limit of its own, in bytes; 8 MiB by default.
    #[must_use]
    pub const fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How long requests under way may take to finish after shutdown was asked for; 5 s by default.
    #[must_use]
    pub const fn grace(mut self, time: Duration) -> Self {
        self.grace = time;
        self
    }

    pub(crate) const fn body_bytes(&self) -> usize {
        self.body_limit
    }

    pub(crate) const fn grace_time(&self) -> Duration {
        self.grace
    }

    /// Whether `host` names the server bound to `bound`.
    pub(crate) fn answers_to(&self, host: &Authority, bound: SocketAddr) -> bool {
        let name = host.host().to_ascii_lowercase();
        let port = host.port_u16();
        if self.hosts.iter().any(|allowed| {
            *allowed == name || port.is_some_and(|port| *allowed == format!("{name}:{port}"))
        }) {
            return true;
        }
        if port.unwrap_or(80) != bound.port() {
            return false;
        }
        let ip = bound.ip();
        let nearby = ip.is_loopback() || ip.is_unspecified();
        if name == "localhost" {
            return nearby;
        }
        match name.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
            // A literal address can't have been re-bound by DNS, so behind an unspecified bind any
            // of this machine's addresses will do.
            Ok(named) => {
                ip.is_unspecified() || named == ip || (ip.is_loopback() && named.is_loopback())
            }
            Err(_) => false,
        }
    }

    /// Whether a page of `origin` may ask, when the request names `host`.
    pub(crate) fn welcomes(&self, origin: &str, host: &Authority) -> bool {
        let same = ["http://", "https://"]
            .iter()
            .filter_map(|scheme| origin.strip_prefix(scheme))
            .any(|authority| authority.eq_ignore_ascii_case(host.as_str()));
        same || self.origins.iter().any(|allowed| allowed == origin)
    }

    /// Whether a request for `path` with these credentials may pass.
    pub(crate) fn admits(&self, path: &str, bearer: Option<&str>, query: Option<&str>) -> bool {
        let Some(token) = &self.token else {
            return true;
        };
        if self
            .open_paths
            .iter()
            .any(|prefix| path.starts_with(prefix))
        {
            return true;
        }
        if bearer.is_some_and(|offered| token.matches(offered)) {
            return true;
        }
        url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .any(|(name, value)| name == "access_token" && token.matches(&value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(policy: &Policy, bound: &str, host: &str) -> bool {
        policy.answers_to(&host.parse().unwrap(), bound.parse().unwrap())
    }

    #[test]
    fn only_names_of_the_bound_address() {
        let plain = Policy::default();
        for (bound, host, answer) in [
            ("127.0.0.1:4000", "127.0.0.1:4000", true),
            ("127.0.0.1:4000", "localhost:4000", true),
            ("127.0.0.1:4000", "LocalHost:4000", true),
            ("127.0.0.1:4000", "[::1]:4000", true),
            ("127.0.0.1:4000", "127.0.0.1:4001", false),
            ("127.0.0.1:4000", "127.0.0.1", false),
            ("127.0.0.1:80", "127.0.0.1", true),
            ("127.0.0.1:4000", "evil.example:4000", false),
            ("127.0.0.1:4000", "192.168.1.7:4000", false),
            ("127.0.0.1:4000", "localhost.evil.example:4000", false),
            ("192.168.1.7:4000", "192.168.1.7:4000", true),
            ("192.168.1.7:4000", "localhost:4000", false),
            ("0.0.0.0:4000", "192.168.1.7:4000", true),
            ("0.0.0.0:4000", "localhost:4000", true),
            ("0.0.0.0:4000", "evil.example:4000", false),
        ] {
            assert_eq!(answers(&plain, bound, host), answer, "{bound} {host}");
        }
    }

    #[test]
    fn further_hosts_with_and_without_port() {
        let policy = Policy::default()
            .allow_host("Play.example")
            .allow_host("node.local:9000");
        assert!(answers(&policy, "127.0.0.1:4000", "play.example"));
        assert!(answers(&policy, "127.0.0.1:4000", "PLAY.example:8443"));
        assert!(answers(&policy, "127.0.0.1:4000", "node.local:9000"));
        assert!(!answers(&policy, "127.0.0.1:4000", "node.local:4000"));
    }

    #[test]
    fn origins() {
        let policy = Policy::default().allow_origin("tauri://localhost");
        let host: Authority = "127.0.0.1:4000".parse().unwrap();
        assert!(policy.welcomes("http://127.0.0.1:4000", &host));
        assert!(policy.welcomes("tauri://localhost", &host));
        for origin in [
            "null",
            "http://evil.example",
            "http://127.0.0.1:4001",
            "tauri://localhost.evil",
            "",
        ] {
            assert!(!policy.welcomes(origin, &host), "{origin}");
        }
    }
}
