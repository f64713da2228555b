//! What can go wrong with an answer on request, and for which requests.

use std::ops::{Bound, RangeBounds};

use serde_json::{Value, json};

use super::message::{Reply, Request};
use super::record::Port;

/// Which requests: by port, by method, by what their target (path and query) holds and lacks, and
/// whether they are for a range.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    port: Option<Port>,
    method: Option<String>,
    holds: Vec<String>,
    lacks: Vec<String>,
    whole: bool,
}

impl Requests {
    /// Every request to the API.
    pub fn to_api() -> Self {
        Self {
            port: Some(Port::Api),
            ..Self::default()
        }
    }

    /// Every request to the media port.
    pub fn to_media() -> Self {
        Self {
            port: Some(Port::Media),
            ..Self::default()
        }
    }

    /// Of these, the ones with this method.
    #[must_use]
    pub fn of(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Of these, the ones whose target holds `text`.
    #[must_use]
    pub fn holding(mut self, text: &str) -> Self {
        self.holds.push(text.to_owned());
        self
    }

    /// Of these, the ones whose target doesn't hold `text`.
    #[must_use]
    pub fn lacking(mut self, text: &str) -> Self {
        self.lacks.push(text.to_owned());
        self
    }

    /// Of these, the ones that ask for no range.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    pub(super) fn include(&self, port: Port, method: &str, target: &str, ranged: bool) -> bool {
        !(self.whole && ranged)
            && self.port.is_none_or(|wanted| wanted == port)
            && self.method.as_deref().is_none_or(|wanted| wanted == method)
            && self.holds.iter().all(|text| target.contains(text))
            && !self.lacks.iter().any(|text| target.contains(text))
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request isn't carried out; this status and JSON are the answer. It is 401 for a listing
    /// that loses its session between two pages, 502 for a gateway's bad day.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body, JSON as text.
        body: &'static str,
    },
    /// The request isn't carried out; 429 with `Retry-After` in seconds.
    TooMany {
        /// Whole seconds.
        retry_after: u32,
    },
    /// The store refuses the presigned URL as expired: 403 in S3's words.
    ExpiredUrl,
    /// Carried out; the JSON stops in the middle, with a `Content-Length` that fits what is there.
    TruncatedJson,
    /// Carried out; a login page of some proxy comes instead, with 200.
    Html,
    /// Carried out; the status stays, and the body is an error's.
    ErrorInside,
    /// Carried out; every optional property that is absent is there as `null`.
    Nulls,
    /// Carried out; the next page of any page is that page again.
    PageLoop,
    /// Carried out; `Link` is not what RFC 8288 says, and there is no `X-Paging-NextKey`.
    GarbageLink,
    /// Carried out; the next page is said to be at this address.
    LinkTo(String),
    /// The request isn't carried out; this redirect is the answer.
    Redirect {
        /// The HTTP status.
        status: u16,
        /// Where it leads.
        to: String,
    },
    /// No answer until the server ends.
    Hang,
    /// Carried out when the faults are healed, and not before.
    Hold,
    /// Carried out as if no range was asked for: the whole object comes.
    NoRanges,
    /// Carried out; the connection is cut after so many bytes of the answer's body.
    Cut {
        /// Bytes of the body that arrive.
        after: usize,
    },
    /// Carried out; the connection is cut before the first byte of the answer.
    LoseAnswer,
}

impl Fault {
    /// Whether the server does what it is asked.
    pub(super) fn is_carried_out(&self) -> bool {
        !matches!(
            self,
            Self::Answer { .. }
                | Self::TooMany { .. }
                | Self::ExpiredUrl
                | Self::Redirect { .. }
                | Self::Hang
        )
    }

    /// What the client is told, given what the server would say.
    pub(super) fn spoil(&self, request: &Request, reply: Reply) -> Reply {
        match self {
            Self::Answer { status, body } => Reply::text(*status, "application/json", *body),
            Self::TooMany { retry_after } => {
                Reply::json(429, &json!({ "message": "Too Many Requests" }))
                    .with("retry-after", retry_after.to_string())
            }
            Self::ExpiredUrl => s3_error(403, "AccessDenied", "Request has expired"),
            Self::TruncatedJson => {
                let mut reply = reply;
                reply.body.truncate(reply.body.len() / 2);
                reply
            }
            Self::Html => Reply::text(
                200,
                "text/html; charset=utf-8",
                "<!DOCTYPE html><html><body><h1>Please sign in</h1></body></html>",
            ),
            Self::ErrorInside => Reply::json(
                reply.status,
                &json!({ "error": "Internal error", "message": "the database is not reachable" }),
            ),
            Self::Nulls => with_nulls(request, reply),
            Self::PageLoop => {
                let this = format!("<{}{}>; rel=\"next\"", request.origin(), request.target);
                let key = request.query("page").unwrap_or("again").to_owned();
                reply
                    .replacing("link", this)
                    .replacing("x-paging-nextkey", key)
            }
            Self::GarbageLink => {
                let mut reply = reply.replacing("link", "<<;;rel=next \", <http://[>, ; re");
                reply.fields.retain(|(name, _)| name != "x-paging-nextkey");
                reply
            }
            Self::LinkTo(target) => reply.replacing("link", format!("<{target}>; rel=\"next\"")),
            Self::Redirect { status, to } => Reply::empty(*status).with("location", to),
            Self::Hang | Self::Hold | Self::NoRanges | Self::Cut { .. } | Self::LoseAnswer => reply,
        }
    }
}

/// One fault for some turns of some requests.
#[derive(Debug)]
pub(super) struct Rule {
    requests: Requests,
    first: u64,
    last: u64,
    matched: u64,
    fault: Fault,
}

impl Rule {
    pub(super) fn new(requests: Requests, turns: impl RangeBounds<u64>, fault: Fault) -> Self {
        let first = match turns.start_bound() {
            Bound::Included(&turn) => turn,
            Bound::Excluded(&turn) => turn + 1,
            Bound::Unbounded => 1,
        };
        let last = match turns.end_bound() {
            Bound::Included(&turn) => turn,
            Bound::Excluded(&turn) => turn - 1,
            Bound::Unbounded => u64::MAX,
        };
        assert!(first >= 1 && last >= first, "turns are counted from 1");
        Self {
            requests,
            first,
            last,
            matched: 0,
            fault,
        }
    }

    /// Whether requests wait for this to be healed.
    pub(super) fn holds(&self) -> bool {
        self.fault == Fault::Hold
    }

    /// Counts a request; the fault, if it is this one's turn.
    pub(super) fn meet(&mut self, port: Port, request: &Request) -> Option<Fault> {
        let ranged = request.field("range").is_some();
        let (method, target) = (&request.method, &request.target);
        if !self.requests.include(port, method, target, ranged) {
            return None;
        }
        self.matched += 1;
        let turn = (self.first..=self.last).contains(&self.matched);
        turn.then(|| self.fault.clone())
    }
}

/// An error in S3's words.
pub(super) fn s3_error(status: u16, code: &str, message: &str) -> Reply {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
         <Message>{message}</Message></Error>"
    );
    Reply::text(status, "application/xml", body)
}

/// The optional properties of what the API lists, by the last word of the path that tells what it is.
const OPTIONAL: &[(&str, &[&str])] = &[
    (
        "segments",
        &[
            "ts_offset",
            "last_duration",
            "object_timerange",
            "sample_offset",
            "sample_count",
            "init_object",
            "get_urls",
            "key_frame_count",
        ],
    ),
    (
        "flows",
        &[
            "label",
            "description",
            "created_by",
            "updated_by",
            "tags",
            "metadata_version",
            "generation",
            "created",
            "metadata_updated",
            "segments_updated",
            "status",
            "read_only",
            "max_bit_rate",
            "avg_bit_rate",
            "timerange",
            "flow_collection",
            "collected_by",
            "codec",
            "container",
            "segment_duration",
            "container_mapping",
            "profile_id",
        ],
    ),
    (
        "sources",
        &[
            "label",
            "description",
            "created_by",
            "updated_by",
            "created",
            "updated",
            "tags",
            "source_collection",
            "collected_by",
        ],
    ),
    (
        "objects",
        &[
            "first_referenced_by_flow",
            "timerange",
            "init_object",
            "get_urls",
            "key_frame_count",
        ],
    ),
    (
        "service",
        &[
            "name",
            "description",
            "service_version",
            "event_stream_mechanisms",
            "min_presigned_url_timeout",
        ],
    ),
];

fn with_nulls(request: &Request, mut reply: Reply) -> Reply {
    let kind = request.parts.iter().rev().find_map(|part| {
        let found = OPTIONAL.iter().find(|(name, _)| name == part);
        found.map(|(_, properties)| *properties)
    });
    let body = serde_json::from_slice(&reply.body);
    let (Some(properties), Ok(mut body)) = (kind, body) else {
        return reply;
    };
    fill(&mut body, properties);
    reply.body = body.to_string().into_bytes();
    reply
}

fn fill(value: &mut Value, properties: &[&str]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, properties)),
        Value::Object(map) => {
            if let Some(urls) = map.get_mut("get_urls") {
                fill(urls, &["storage_id", "label", "presigned", "controlled"]);
            }
            for property in properties {
                map.entry(*property).or_insert(Value::Null);
            }
        }
        _ => {}
    }
}
