//! Deleting flows and segments, and the requests that tell how far it is.

use serde_json::{Value, json};

use super::{Rules, writing};
use crate::tams_server::message::{Reply, Request};
use crate::tams_server::paging;
use crate::tams_server::store::{Store, object, text};
use crate::tams_server::time::Span;

pub(super) fn answer(
    rules: &dyn Rules,
    request: &Request,
    rest: &[&str],
    store: &mut Store,
) -> Reply {
    match (request.method.as_str(), rest) {
        ("GET", []) => {
            let all = store.deletions.iter().cloned().map(Value::Object).collect();
            paging::list(rules, request, store, all)
        }
        ("GET", [id]) => {
            let mut deletions = store.deletions.iter_mut();
            match deletions.find(|deletion| text(deletion, "id") == *id) {
                Some(deletion) => {
                    let told = Value::Object(deletion.clone());
                    // Whoever looks again finds it done.
                    deletion.insert("status".to_owned(), json!("done"));
                    deletion.insert("timerange_remaining".to_owned(), json!("()"));
                    Reply::json(200, &told)
                }
                None => rules.error(store, 404, "no such request"),
            }
        }
        _ => rules.error(store, 404, "no such path"),
    }
}

pub(super) fn delete_flow(
    rules: &dyn Rules,
    request: &Request,
    id: &str,
    store: &mut Store,
) -> Reply {
    if let Err(refusal) = writing::writable(rules, id, store) {
        return refusal;
    }
    let extent = store.extent(id, Span::ETERNITY);
    let taken = store.take_segments(id, |_| true);
    store.segments.remove(id);
    store.flows.retain(|flow| text(flow, "id") != id);
    store.collect(&taken);
    told(rules, request, id, extent, true, taken.len(), store)
}

/// Deletes what is completely covered by the timerange and, when an object is named, made of it.
pub(super) fn delete_segments(
    rules: &dyn Rules,
    request: &Request,
    id: &str,
    store: &mut Store,
) -> Reply {
    if let Err(refusal) = writing::writable(rules, id, store) {
        return refusal;
    }
    let Some(within) = Span::parse(request.query("timerange").unwrap_or("_")) else {
        return rules.error(store, 400, "timerange is wrong");
    };
    let wanted = request.query("object_id");
    let taken = store.take_segments(id, |segment| {
        let covered = segment.span().is_some_and(|span| within.covers(span));
        covered && wanted.is_none_or(|wanted| wanted == segment.object_id)
    });
    store.collect(&taken);
    told(rules, request, id, within, false, taken.len(), store)
}

/// 204, or 202 with a request to look at.
fn told(
    rules: &dyn Rules,
    request: &Request,
    flow: &str,
    span: Span,
    whole: bool,
    segments: usize,
    store: &mut Store,
) -> Reply {
    if !rules.deletes_later(segments) {
        return Reply::empty(204);
    }
    let id = store.new_id();
    let now = store.now_text();
    let deletion = json!({
        "id": id,
        "flow_id": flow,
        "timerange_to_delete": span.text(),
        "timerange_remaining": span.text(),
        "delete_flow": whole,
        "created": now,
        "updated": now,
        "status": "started",
    });
    store.deletions.push(object(deletion.clone()));
    let location = format!(
        "{}{}/flow-delete-requests/{id}",
        request.origin(),
        rules.base()
    );
    Reply::json(202, &deletion).with("location", location)
}
