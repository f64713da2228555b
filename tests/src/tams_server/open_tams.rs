//! Amagi's OpenTAMS, API 8.0, as its `conformance.md` tells of it.

use serde_json::{Value, json};

use super::aws81::role_is_missing;
use super::message::{Reply, Request};
use super::specified::{Part, Rules, overlaps, segment};
use super::store::{Properties, Store, text};

#[derive(Debug)]
pub(super) struct OpenTams;

impl Rules for OpenTams {
    // OpenTAMS: its own base path
    fn base(&self) -> &'static str {
        "/tams/v1"
    }

    fn service(&self) -> Value {
        json!({
            "name": "OpenTAMS",
            "type": "urn:x-tams:service.opentams",
            "api_version": "8.0",
        })
    }

    // OpenTAMS: neither objects nor webhooks
    fn has(&self, part: Part) -> bool {
        let _ = part;
        false
    }

    // OpenTAMS: a target that is empty, and the cursor in a parameter
    fn link(&self, _: &str, _: &str, key: &str) -> String {
        format!("<>; rel=\"next\"; key=\"{key}\"")
    }

    // OpenTAMS: RFC 9457 problems
    fn error(&self, _: &Store, status: u16, summary: &str) -> Reply {
        let problem = json!({
            "type": "about:blank", "title": summary, "status": status, "detail": summary,
        });
        Reply::text(status, "application/problem+json", problem.to_string())
    }

    // OpenTAMS: 404 for a flow that isn't there
    fn unknown_flow(&self) -> Option<u16> {
        Some(404)
    }

    // OpenTAMS: the content type follows the codec, not the container
    fn content_type(&self, flow: &Properties) -> Option<String> {
        flow.get("container")?;
        Some(text(flow, "codec").to_owned())
    }

    fn wrong_flow(&self, flow: &Value) -> Option<String> {
        role_is_missing(flow)
    }

    fn first(&self, request: &Request, store: &mut Store) -> Option<Reply> {
        match (request.method.as_str(), &request.route()[..]) {
            ("POST", ["flows", id, "segments"]) => self.before_posting(request, id, store),
            // OpenTAMS: requests to delete are never listed
            ("GET", ["flow-delete-requests"]) => Some(Reply::json(200, &json!([]))),
            _ => None,
        }
    }

    // deletions are over when they are answered, as none is ever listed
    fn deletes_later(&self, _: usize) -> bool {
        false
    }
}

impl OpenTams {
    fn before_posting(&self, request: &Request, flow: &str, store: &mut Store) -> Option<Reply> {
        // OpenTAMS: the key is required, and a request that comes again is not carried out again
        let Some(key) = request.field("x-idempotency-key").map(str::to_owned) else {
            return Some(self.error(store, 400, "X-Idempotency-Key is required"));
        };
        let before = store.idempotent.iter().find(|(known, _)| *known == key);
        if let Some((_, status)) = before {
            return Some(Reply::empty(*status));
        }
        store.flow(flow)?;
        // OpenTAMS: one segment that overlaps refuses the whole batch
        let body = request.json().unwrap_or_default();
        let list = match body {
            Value::Array(list) => list,
            one => vec![one],
        };
        let mut new = Vec::new();
        for span in list.iter().filter_map(|json| segment(json).span()) {
            if overlaps(flow, span, store) || new.iter().any(|other| span.overlaps(*other)) {
                return Some(self.error(store, 422, "the segments overlap"));
            }
            new.push(span);
        }
        store.idempotent.push((key, 201));
        None
    }
}
