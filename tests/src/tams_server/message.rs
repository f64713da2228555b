//! What a server is asked and what it answers, apart from connections.

use std::io::{self, Write};

use percent_encoding::percent_decode_str;
use serde_json::Value;
use url::form_urlencoded;

use crate::http1::Head;

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Path and query, as on the wire.
    pub(super) target: String,
    /// The path's segments, decoded one by one, so that an encoded slash separates nothing.
    pub(super) parts: Vec<String>,
    /// The query, decoded, in order.
    pub(super) query: Vec<(String, String)>,
    /// The header fields, names in lower case.
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// `http` or `https`.
    pub(super) scheme: &'static str,
}

impl Request {
    pub(super) fn new(head: &Head, body: Vec<u8>, scheme: &'static str) -> Self {
        let mut words = head.start.split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let target = words.next().unwrap_or_default().to_owned();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let parts = path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect();
        let query = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        Self {
            method,
            parts,
            query,
            fields: head.fields().to_vec(),
            body,
            scheme,
            target,
        }
    }

    /// The path, as on the wire.
    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A query value.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A query value that is a truth.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.query(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A header field by its lower-case name.
    pub(super) fn forget(&mut self, name: &str) {
        self.fields
            .retain(|(given, _)| !given.eq_ignore_ascii_case(name));
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The host that the client thinks it speaks to.
    pub(super) fn host(&self) -> &str {
        self.field("host").unwrap_or_default()
    }

    /// `scheme://host`, as the client knows this server.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.host())
    }

    /// The path's segments, for matching.
    pub(super) fn route(&self) -> Vec<&str> {
        self.parts.iter().map(String::as_str).collect()
    }

    /// The body as JSON, if it is.
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The same path with this query instead, encoded.
    pub(super) fn with_query(&self, query: &[(String, String)]) -> String {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(query);
        format!("{}?{}", self.path(), text.finish())
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// An answer without a body.
    pub(super) fn empty(status: u16) -> Self {
        Self {
            status,
            fields: Vec::new(),
            body: Vec::new(),
        }
    }

    /// An answer in JSON.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    /// An answer of this content type.
    pub(super) fn text(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut reply = Self::empty(status).with("content-type", kind);
        reply.body = body.into();
        reply
    }

    /// The same with one more header field.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    /// The same with this header field replaced.
    pub(super) fn replacing(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.retain(|(key, _)| key != name);
        self.with(name, value)
    }

    /// Whether all went well.
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Writes the answer to `method`, of the body at most `most` bytes while announcing all of it.
    pub(super) fn write(&self, to: &mut dyn Write, method: &str, most: usize) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.fields {
            head += &format!("{name}: {value}\r\n");
        }
        if self.status != 204 {
            head += &format!("content-length: {}\r\n", self.body.len());
        }
        head += "\r\n";
        to.write_all(head.as_bytes())?;
        if method != "HEAD" && self.status != 204 {
            to.write_all(&self.body[..self.body.len().min(most)])?;
        }
        to.flush()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        _ => "Other",
    }
}
