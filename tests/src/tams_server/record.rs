//! What came to a server, for tests to look at.

use super::message::Request;

/// One of a server's two ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// Where the API is.
    Api,
    /// Where objects and, for OAuth2, tokens are: another origin.
    Media,
}

/// A request that came to the server.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Where it came.
    pub port: Port,
    /// Its method.
    pub method: String,
    /// Its path, as on the wire.
    pub path: String,
    /// Its query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// Its header fields, names in lower case.
    pub fields: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
    /// The status of the answer; none if the client never got one.
    pub status: Option<u16>,
}

impl Seen {
    pub(super) fn new(port: Port, request: &Request) -> Self {
        Self {
            port,
            method: request.method.clone(),
            path: request.path().to_owned(),
            query: request.query.clone(),
            fields: request.fields.clone(),
            body: request.body.clone(),
            status: None,
        }
    }

    /// A header field by its lower-case name.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A query value.
    pub fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether it carries what lets somebody in: an `Authorization` or `Cookie` field, or a token in
    /// the query. The signature of a presigned URL is none of these.
    pub fn has_credential(&self) -> bool {
        let named = [
            "authorization",
            "cookie",
            "proxy-authorization",
            "x-api-key",
        ];
        named.iter().any(|name| self.field(name).is_some()) || self.query("access_token").is_some()
    }
}
