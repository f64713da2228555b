//! Where a cluster is, who asks, and how much may be asked of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mediatime::Clock;
use rand::RngCore;
use url::{Host, Url};

use super::columns::{Columns, TableName};
use super::secret::Secret;
use super::summaries::SummaryTable;
use crate::MetricsError;

/// Everything about one cluster and the table in it.
#[derive(Clone, Debug)]
pub struct HydrolixConfig {
    /// Where it is.
    pub base: Base,
    /// The table of events.
    pub table: TableName,
    /// Which column holds what.
    pub columns: Columns,
    /// Summary tables over it, if there are any.
    pub summaries: Vec<SummaryTable>,
    /// Who asks.
    pub auth: Auth,
    /// How events are sent.
    pub ingest: IngestConfig,
    /// The pool of query servers, where not the default one.
    pub pool: Option<String>,
    /// What one query may use.
    pub limits: Limits,
    /// How long to wait, and how often to try.
    pub patience: Patience,
    /// More certificate authorities than the system's, a file in PEM form.
    pub ca_pem: Option<PathBuf>,
}

/// The address of a cluster: `https`, or plain `http` on this computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base(Url);

impl Base {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Address`] for what is no address, holds credentials or a query, or is plain
    /// `http` to another computer: tokens would travel in the clear.
    pub fn parse(text: &str) -> Result<Self, MetricsError> {
        let refuse = |why| MetricsError::Address {
            text: without_secrets(text),
            why,
        };
        let mut url = Url::parse(text.trim()).map_err(|_| refuse("write https://host"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("credentials don't belong into it"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("it has no query"));
        }
        let here = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err(refuse("it names no host")),
        };
        match url.scheme() {
            "https" => {}
            "http" if here => {}
            "http" => {
                return Err(refuse(
                    "http would send the token in the clear; write https",
                ));
            }
            _ => return Err(refuse("write https://host")),
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Self(url))
    }

    /// `path` under it.
    pub(crate) fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path()));
        url
    }

    /// The host, for words.
    pub(crate) fn host(&self) -> String {
        self.0.host_str().unwrap_or_default().to_owned()
    }
}

fn without_secrets(text: &str) -> String {
    let text: String = text.chars().take(200).collect();
    let text = text.split(['?', '#']).next().unwrap_or_default();
    match (text.find("://"), text.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            let (scheme, host) = (text.get(..scheme + 3), text.get(at + 1..));
            format!("{}{}", scheme.unwrap_or_default(), host.unwrap_or_default())
        }
        (None, Some(at)) => text.get(at + 1..).unwrap_or_default().to_owned(),
        _ => text.to_owned(),
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// A service account, by its token.
    Bearer(Secret),
    /// A user, who is signed in for a token that is renewed in time.
    Login {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A user, whose password goes with every request.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
}

/// How events are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngestConfig {
    /// The transform; `None` takes the table's default one.
    pub transform: Option<String>,
    /// The table's own token, where it wants one beside the credentials.
    pub table_token: Option<Secret>,
}

/// What one query may use: sent with every query, so that the cluster ends it in time whatever its own
/// settings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Seconds of work.
    pub execution_s: u32,
    /// Rows of the answer.
    pub result_rows: u32,
    /// Bytes of the answer.
    pub result_bytes: u32,
    /// Bytes of memory on a server.
    pub memory_bytes: u64,
    /// Seconds of the range.
    pub range_s: u32,
    /// How often the cluster may try by itself.
    pub attempts: u32,
    /// Seconds for which an answer may be repeated from the cluster's memory; 0 is never.
    pub cache_s: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            execution_s: 20,
            result_rows: 20_000,
            result_bytes: 8 << 20,
            memory_bytes: 4 << 30,
            range_s: 367 * 86_400,
            attempts: 2,
            cache_s: 60,
        }
    }
}

/// How long to wait, and how often to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For a whole answer, the connection included.
    pub answer: Duration,
    /// How often a request is tried that may succeed the next time.
    pub tries: u32,
    /// The pause before the second try; it doubles.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(30),
            tries: 3,
            pause: Duration::from_millis(500),
        }
    }
}

/// Waits. Passed in so that tests of back-off take no time.
#[async_trait]
pub trait Pause: Send + Sync {
    /// Returns after `time`.
    async fn pause(&self, time: Duration);
}

/// Clock, timer and chance.
#[derive(Clone)]
pub struct Surroundings {
    /// The time of day, for the life of tokens and for answers.
    pub clock: Arc<dyn Clock>,
    /// The timer between tries.
    pub pause: Arc<dyn Pause>,
    /// A number from 0 to 255, for jitter.
    pub chance: fn() -> u8,
}

impl Surroundings {
    /// The runtime's timer and the system's randomness, beside `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            pause: Arc::new(Timer),
            chance: || {
                let mut byte = [0];
                rand::rng().fill_bytes(&mut byte);
                byte[0]
            },
        }
    }
}

struct Timer;

#[async_trait]
impl Pause for Timer {
    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, at) in [
            ("https://h.example", "https://h.example/query/"),
            ("https://h.example/", "https://h.example/query/"),
            (
                "https://h.example:8443/hdx",
                "https://h.example:8443/hdx/query/",
            ),
            ("http://127.0.0.1:9/", "http://127.0.0.1:9/query/"),
            ("http://[::1]:9/", "http://[::1]:9/query/"),
            ("http://localhost:9", "http://localhost:9/query/"),
        ] {
            assert_eq!(Base::parse(text).unwrap().at("query/").as_str(), at);
        }
        for text in [
            "",
            "h.example",
            "http://h.example",
            "ftp://h.example",
            "https://u:hunter2@h.example/",
            "https://h.example/?token=hunter2",
            "http://10.0.0.1/?t=hunter2",
            "hunter2@h",
        ] {
            let error = Base::parse(text).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let auth = Auth::Login {
            user: "u".to_owned(),
            password: Secret::new("hunter2"),
        };
        assert!(!format!("{auth:?}").contains("hunter2"));
    }
}
