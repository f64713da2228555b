//! The specification's text, 8.2, as a server. Dialects that follow it say by [`Rules`] where they
//! don't.

mod deletion;
mod flows;
mod objects;
mod properties;
mod segments;
mod service;
mod sources;
mod writing;

use serde_json::{Value, json};

use super::message::{Reply, Request};
use super::store::{Object, Properties, Segment, Store};

pub(super) use properties::{collected_by, matches_filters};
pub(super) use writing::{overlaps, segment};

/// Where a dialect may differ. What is written here is what the specification says.
pub(super) trait Rules {
    /// The path before every other, without a slash at the end.
    fn base(&self) -> &'static str {
        ""
    }

    /// What `/service` says of itself, `min_object_timeout` and the like included.
    fn service(&self) -> Value;

    /// Whether it has what version 8.2 added: profiles, `sort_by`, `collected_by_ids`.
    fn has_8_2(&self) -> bool {
        false
    }

    /// The paths below the root that it has beside sources and flows.
    fn has(&self, part: Part) -> bool {
        let _ = part;
        true
    }

    /// How many items a page has when nothing is asked for, and at most.
    fn page_sizes(&self) -> (usize, usize) {
        (100, 1000)
    }

    /// The header field `Link` to the next page, whose path and query `target` is and whose key `key`.
    fn link(&self, origin: &str, target: &str, key: &str) -> String {
        let _ = key;
        format!("<{origin}{target}>; rel=\"next\"")
    }

    /// Whether `X-Paging-Timerange` is told on the last page too.
    fn tells_last_timerange(&self) -> bool {
        true
    }

    /// An error's answer.
    fn error(&self, store: &Store, status: u16, summary: &str) -> Reply {
        let body = json!({ "type": "TAMSError", "summary": summary, "time": store.now_text() });
        Reply::json(status, &body)
    }

    /// An answer before everything else, for what this dialect alone does.
    fn first(&self, request: &Request, store: &mut Store) -> Option<Reply> {
        let _ = (request, store);
        None
    }

    /// What is wrong with a flow that is put, beside what the schema says.
    fn wrong_flow(&self, flow: &Value) -> Option<String> {
        let _ = flow;
        None
    }

    /// Whether a query narrows the list of sources or flows, and pages it.
    fn filters_lists(&self) -> bool {
        true
    }

    /// The status for segments of a flow that isn't there, when it isn't an empty list.
    fn unknown_flow(&self) -> Option<u16> {
        None
    }

    /// The answer when some segments of a list failed.
    fn partial_failure(&self, failed: Vec<Value>) -> Reply {
        Reply::json(200, &json!({ "failed_segments": failed }))
    }

    /// What is wrong with using this object, registered before, for this segment.
    fn wrong_reuse(&self, segment: &Value, object: &Object) -> Option<String> {
        writing::wrong_reuse(segment, object)
    }

    /// The content type of objects that are allocated for this flow; nothing when it has none.
    fn content_type(&self, flow: &Properties) -> Option<String> {
        flow.get("container")?.as_str().map(str::to_owned)
    }

    /// How many objects are allocated when nothing is asked for.
    fn objects_allocated(&self) -> usize {
        10
    }

    /// The id of a new object.
    fn object_id(&self, store: &mut Store) -> String {
        store.new_id()
    }

    /// A segment as it is listed, `get_urls` aside.
    fn listed(&self, segment: &Segment) -> Properties {
        segment.json()
    }

    /// Whether a deletion of so many segments goes on after it was answered (202).
    fn deletes_later(&self, segments: usize) -> bool {
        segments > 10
    }
}

/// A part of the API that a dialect may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    SetService,
    Webhooks,
    Objects,
}

/// Answers a request to the API.
pub(super) fn answer(rules: &dyn Rules, request: &Request, store: &mut Store) -> Reply {
    let depth = rules
        .base()
        .split('/')
        .filter(|part| !part.is_empty())
        .count();
    if !format!("{}/", request.path()).starts_with(&format!("{}/", rules.base())) {
        return rules.error(store, 404, "no such path");
    }
    let mut below = request.clone();
    below.parts.drain(..depth);
    // Every GET has a HEAD.
    if below.method == "HEAD" {
        "GET".clone_into(&mut below.method);
    }
    if let Some(reply) = rules.first(&below, store) {
        return reply;
    }
    route(rules, &below, store)
}

/// Answers a request whose segments begin below the base, as the specification says.
pub(super) fn route(rules: &dyn Rules, request: &Request, store: &mut Store) -> Reply {
    match request.route().split_first() {
        None => Reply::json(
            200,
            &json!(["service", "flows", "sources", "flow-delete-requests"]),
        ),
        Some((&"service", rest)) => service::answer(rules, request, rest, store),
        Some((&"sources", rest)) => sources::answer(rules, request, rest, store),
        Some((&"flows", rest)) => flows::answer(rules, request, rest, store),
        Some((&"objects", rest)) if rules.has(Part::Objects) => {
            objects::answer(rules, request, rest, store)
        }
        Some((&"flow-delete-requests", rest)) => deletion::answer(rules, request, rest, store),
        Some(_) => rules.error(store, 404, "no such path"),
    }
}
