//! TAMS servers as they stand in the field, each with its dialect and its bugs, for the client to be
//! tried against.
//!
//! A server has two ports: one for the API, one for what its object store is in the field. Objects'
//! URLs are presigned and lead to the second. Everything lies in memory; every request is recorded;
//! faults happen on request. A server's clock is the system's until a test sets it ahead.
//!
//! The specification's text (8.2) is written down once, in `specified`; the dialects that follow it
//! say in files of their own where they don't. The two vasttams versions are written apart. A comment
//! before each oddity says where it was seen: `6.0 (3)` is the third of vasttams 6.0 and so on.

mod auth;
mod aws81;
mod eyevinn;
mod fastapi;
mod fault;
mod listen;
mod loader;
mod media;
mod message;
mod open_tams;
mod paging;
mod record;
mod schema;
mod specified;
mod store;
mod tamoss82;
mod time;
mod tls;
mod vasttams6;
mod vasttams8;

use std::ops::RangeBounds;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;

pub use auth::{Auth, TOKEN_LIFE};
pub use fault::{Fault, Requests};
pub use listen::ask;
pub use loader::{AddMedia, AddSegment};
pub use media::URL_LIFE;
pub use record::{Port, Seen};
pub use store::{Object, Segment};

use auth::Doors;
use fault::Rule;
use listen::{Ports, Shared};
use media::{Bucket, Signing};
use message::{Reply, Request};
use store::Store;

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// vasttams 6.0p4.
    Vasttams6,
    /// vasttams 8.0, under `/api/tams/v8.0` and `/api/tams/latest`.
    Vasttams8,
    /// The AWS implementation, API 8.1.
    Aws81,
    /// Eyevinn's tams-gateway, API 8.1.
    Eyevinn,
    /// Amagi's OpenTAMS, API 8.0, under `/tams/v1`.
    OpenTams,
    /// LiveWyer's TAMOSS, API 8.2.
    Tamoss82,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Vasttams6,
        Self::Vasttams8,
        Self::Aws81,
        Self::Eyevinn,
        Self::OpenTams,
        Self::Tamoss82,
    ];

    /// What a user would give as the server's address, behind the host.
    fn base(self) -> &'static str {
        match self {
            Self::Vasttams8 => "/api/tams/latest",
            Self::OpenTams => "/tams/v1",
            Self::Vasttams6 | Self::Aws81 | Self::Eyevinn | Self::Tamoss82 => "",
        }
    }

    /// Answers a request to the API.
    fn answer(self, request: &Request, store: &mut Store) -> Reply {
        match self {
            Self::Vasttams6 => vasttams6::answer(request, store),
            Self::Vasttams8 => vasttams8::answer(request, store),
            Self::Aws81 => specified::answer(&aws81::Aws81, request, store),
            Self::Eyevinn => specified::answer(&eyevinn::Eyevinn, request, store),
            Self::OpenTams => specified::answer(&open_tams::OpenTams, request, store),
            Self::Tamoss82 => specified::answer(&tamoss82::Tamoss82, request, store),
        }
    }

    /// The manners of its store.
    fn bucket(self) -> Bucket {
        let secret = format!("secret of {self:?}");
        Bucket {
            name: "tams",
            // 6.0 (6)
            signing: match self {
                Self::Vasttams6 => Signing::V2,
                _ => Signing::V4,
            },
            // AWS: "Access Denied" for what was never uploaded
            hides_missing: self == Self::Aws81,
            // 8.0 (7)
            octet_stream: self == Self::Vasttams8,
            secret,
            scheme: "http",
            host: String::new(),
        }
    }
}

/// How a server is started, when not plainly.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The ways of signing in; anybody may ask when there are none.
    pub auth: Vec<Auth>,
    /// Whether both ports speak TLS, with a self-signed certificate for `127.0.0.1` and `localhost`.
    pub tls: bool,
}

/// A running server. It ends, and cuts what is open, when dropped.
#[derive(Debug)]
pub struct TamsServer {
    dialect: Dialect,
    ports: Ports,
    shared: Arc<Shared>,
}

impl TamsServer {
    /// A server that anybody may ask.
    ///
    /// # Panics
    /// When no port is free.
    pub fn start(dialect: Dialect) -> Self {
        Self::start_with(dialect, Options::default())
    }

    /// A server with these options.
    ///
    /// # Panics
    /// When no port is free.
    pub fn start_with(dialect: Dialect, options: Options) -> Self {
        let store = Store::new(dialect.bucket(), Doors::new(options.auth));
        let shared = Arc::new(Shared::new(dialect, store));
        let ports = Ports::open(&shared, options.tls);
        Self {
            dialect,
            ports,
            shared,
        }
    }

    /// What a user gives as the server's address, without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}{}", self.ports.origin(Port::Api), self.dialect.base())
    }

    /// The API's origin, `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        self.ports.origin(Port::Api)
    }

    /// The media port's origin.
    pub fn media_origin(&self) -> String {
        self.ports.origin(Port::Media)
    }

    /// `127.0.0.1:PORT` of the media port.
    pub fn media_address(&self) -> String {
        self.ports.address(Port::Media).to_owned()
    }

    /// Where OAuth2 clients get tokens.
    pub fn token_url(&self) -> String {
        format!("{}/oauth2/token", self.media_origin())
    }

    /// The certificate in PEM, when the server speaks TLS.
    pub fn certificate(&self) -> Option<&str> {
        self.ports.certificate()
    }

    /// Puts a flow and its segments there, as if they had been uploaded and registered; nothing is
    /// checked, so that overlaps, open ranges and negative times are possible. Answers with the ids of
    /// the objects.
    pub fn add_media(&self, media: AddMedia) -> Vec<String> {
        loader::add(self.dialect, &mut self.shared.store(), media)
    }

    /// The sources, as the server holds them.
    pub fn sources(&self) -> Vec<Value> {
        let store = self.shared.store();
        store.sources.iter().cloned().map(Value::Object).collect()
    }

    /// The flows, as the server holds them.
    pub fn flows(&self) -> Vec<Value> {
        let store = self.shared.store();
        store.flows.iter().cloned().map(Value::Object).collect()
    }

    /// A flow's segments, in the order in which they came.
    pub fn segments(&self, flow: &str) -> Vec<Segment> {
        self.shared.store().of_flow(flow).to_vec()
    }

    /// The objects, in the order in which they were allocated.
    pub fn objects(&self) -> Vec<Object> {
        self.shared.store().objects.clone()
    }

    /// Takes the end of an object's bytes away; objects are counted as [`objects`](Self::objects) lists
    /// them.
    pub fn shorten_object(&self, number: usize) {
        if let Some(bytes) = &mut self.shared.store().objects[number].bytes {
            bytes.truncate(bytes.len() / 2);
        }
    }

    /// Everything that was asked so far, in order of arrival.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.seen()
    }

    /// How many of `requests` came so far.
    pub fn count(&self, requests: &Requests) -> usize {
        self.shared.count(requests)
    }

    /// Waits until `least` of `requests` have come.
    ///
    /// # Panics
    /// When they haven't within `limit`, with what has come instead.
    pub fn wait_for(&self, requests: &Requests, least: usize, limit: Duration) {
        self.shared.wait_for(requests, least, limit);
    }

    /// Expects that nobody showed a credential to the object store.
    ///
    /// # Panics
    /// When somebody did, with the request.
    #[track_caller]
    pub fn assert_no_credential_at_media(&self) {
        let leaked: Vec<Seen> = self
            .requests()
            .into_iter()
            .filter(|seen| seen.port == Port::Media && seen.path != "/oauth2/token")
            .filter(Seen::has_credential)
            .collect();
        assert!(
            leaked.is_empty(),
            "credentials went to the media port: {leaked:#?}"
        );
    }

    /// Lets `fault` happen to some of `requests`: `turns` counts those that come from now on, from 1.
    /// Of several faults for one request, the one injected last happens.
    pub fn inject(&self, requests: Requests, turns: impl RangeBounds<u64>, fault: Fault) {
        self.shared.add_rule(Rule::new(requests, turns, fault));
    }

    /// Forgets all faults injected so far. What hangs goes on hanging.
    pub fn heal(&self) {
        self.shared.clear_rules();
    }

    /// Gives at most so many items on a page, whatever is asked for; vasttams 6, which has no pages,
    /// is not changed by this.
    pub fn set_page_size(&self, items: usize) {
        self.shared.store().page_size = Some(items);
    }

    /// Writes this `host:port` in objects' URLs from now on. They work only for a client that comes to
    /// the media port's address and says this in its `Host` field.
    pub fn name_media_host(&self, host: &str) {
        host.clone_into(&mut self.shared.store().bucket.host);
    }

    /// Sets the server's clock ahead, so that URLs, tokens and allocations expire.
    pub fn advance_clock(&self, by: Duration) {
        let mut store = self.shared.store();
        let by = SignedDuration::try_from(by).expect("a test's time is short");
        store.ahead += by;
    }

    /// Lets the `Date` header field be off by so many seconds, while everything else goes by the
    /// server's clock.
    pub fn lie_about_date(&self, seconds: i64) {
        self.shared.lie_about_date(seconds);
    }

    /// Forgets every token that was given out.
    pub fn revoke_tokens(&self) {
        self.shared.store().doors.revoke();
    }
}

impl Drop for TamsServer {
    fn drop(&mut self) {
        self.shared.end();
        self.ports.close();
    }
}
