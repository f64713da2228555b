//! How to reach a server, as the user configures it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tams_model::Id;
use url::Url;

use crate::auth::Auth;
use crate::dialect::Dialect;
use crate::media::Rewrite;

/// Everything a connection needs to know beforehand. Its `Debug` output shows no secret.
#[derive(Clone, Debug)]
pub struct ConnectionSettings {
    /// Name in the configuration, for messages.
    pub name: String,
    /// Address of the API, such as `https://tams.example/api`. Credentials go nowhere but to this
    /// origin, and to paths below this one.
    pub base_url: String,
    /// How to sign in.
    pub auth: Auth,
    /// Which server it is, when the guess is wrong; `None` guesses.
    pub dialect: Option<Dialect>,
    /// Lets credentials travel over plain HTTP to other computers. Off, and better left off.
    pub allow_plain_http: bool,
    /// File of certificate authorities (PEM) to trust beside the system's.
    pub ca_pem: Option<PathBuf>,
    /// Hosts in the URLs of objects that are reached at another address from here.
    pub rewrites: Vec<Rewrite>,
    /// Which copies of objects are wanted first: labels or storage ids, best first.
    pub prefer_storage: Vec<StoragePreference>,
    /// Signs addresses of objects in stores of the user's own.
    pub signer: Option<Arc<dyn ObjectSigner>>,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// How much of what is enough.
    pub limits: Limits,
}

impl ConnectionSettings {
    /// Settings for `base_url` with everything else at its default.
    pub fn new(name: impl Into<String>, base_url: impl Into<String>, auth: Auth) -> Self {
        Self {
            name: name.into(),
            base_url: base_url.into(),
            auth,
            dialect: None,
            allow_plain_http: false,
            ca_pem: None,
            rewrites: Vec::new(),
            prefer_storage: Vec::new(),
            signer: None,
            timeouts: Timeouts::default(),
            limits: Limits::default(),
        }
    }
}

/// The user's own keys to stores in which objects lie that a server only knows the addresses of
/// ("uncontrolled" in TAMS).
#[async_trait]
pub trait ObjectSigner: fmt::Debug + Send + Sync {
    /// An address that reads the object at `url` for a while; `None` when it is in none of the
    /// stores. It must not sign for any other host: what a server names is not to be trusted.
    async fn sign(&self, url: &Url) -> Option<Url>;
}

/// A copy of an object that is wanted before others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoragePreference {
    /// The copy with this label.
    Label(String),
    /// The copy on this storage backend.
    Storage(Id),
    /// Copies in this region.
    Region(String),
}

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection; 10 s by default.
    pub connect: Duration,
    /// For a whole answer of the API; 60 s by default.
    pub answer: Duration,
    /// For the next bytes of an object; 30 s by default.
    pub stall: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            stall: Duration::from_secs(30),
        }
    }
}

/// How much is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tries of one request before its error is reported; 4 by default.
    pub tries: u32,
    /// The longest wait a server may ask for between two tries; 30 s by default.
    pub longest_wait: Duration,
    /// The longest answer of the API, in bytes, after unpacking; 64 MiB by default.
    pub answer_bytes: usize,
    /// Pages of one list; 20,000 by default.
    pub pages: usize,
    /// Items of one list that are kept in memory; 2,000,000 by default.
    pub items: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tries: 4,
            longest_wait: Duration::from_secs(30),
            answer_bytes: 64 << 20,
            pages: 20_000,
            items: 2_000_000,
        }
    }
}

/// Whether `url` is of this computer.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
