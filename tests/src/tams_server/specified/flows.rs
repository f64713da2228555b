//! `/flows`: made and replaced by PUT, listed, described, deleted.

use serde_json::{Value, json};

use super::{Rules, collected_by, deletion, properties, segments, writing};
use crate::tams_server::message::{Reply, Request};
use crate::tams_server::paging;
use crate::tams_server::schema;
use crate::tams_server::store::{Properties, Store, object, text};
use crate::tams_server::time::Span;

pub(super) fn answer(
    rules: &dyn Rules,
    request: &Request,
    rest: &[&str],
    store: &mut Store,
) -> Reply {
    match (request.method.as_str(), rest) {
        ("GET", []) => list(rules, request, store),
        ("GET", [id]) => one(rules, request, id, store),
        ("PUT", [id]) => put(rules, request, id, store),
        ("DELETE", [id]) => deletion::delete_flow(rules, request, id, store),
        ("GET", [id, "segments"]) => segments::list(rules, request, id, store),
        ("POST", [id, "segments"]) => writing::post_segments(rules, request, id, store),
        ("DELETE", [id, "segments"]) => deletion::delete_segments(rules, request, id, store),
        ("POST", [id, "storage"]) => writing::allocate(rules, request, id, store),
        (method, [id, rest @ ..]) => {
            let Some(mut flow) = store.flow(id).cloned() else {
                return rules.error(store, 404, "no such flow");
            };
            if method != "GET" && is_read_only(&flow) && rest != ["read_only"] {
                return rules.error(store, 403, "the flow is read-only");
            }
            let Some(reply) = properties::answer(rules, request, rest, &mut flow, store) else {
                return rules.error(store, 404, "no such path");
            };
            if method != "GET" && reply.is_success() {
                flow.insert("metadata_updated".to_owned(), json!(store.now_text()));
                if let Some(kept) = store.flow(id) {
                    *kept = flow;
                }
            }
            reply
        }
        _ => rules.error(store, 405, "not allowed"),
    }
}

pub(super) fn is_read_only(flow: &Properties) -> bool {
    flow.get("read_only") == Some(&Value::Bool(true))
}

fn list(rules: &dyn Rules, request: &Request, store: &Store) -> Reply {
    let mut flows: Vec<Properties> = store.flows.clone();
    flows = flows.into_iter().map(|flow| whole(flow, store)).collect();
    if !rules.filters_lists() {
        return Reply::json(200, &json!(flows));
    }
    let Some(within) = request
        .query("timerange")
        .map_or(Some(None), |text| Span::parse(text).map(Some))
    else {
        return rules.error(store, 400, "timerange is wrong");
    };
    let names = [
        "source_id",
        "format",
        "codec",
        "label",
        "status",
        "profile_id",
    ];
    flows.retain(|flow| {
        let overlaps = within.is_none_or(|within| {
            let extent = store.extent(text(flow, "id"), Span::ETERNITY);
            if within.is_empty() {
                extent.is_empty()
            } else {
                extent.overlaps(within)
            }
        });
        let sized = ["frame_width", "frame_height"].iter().all(|name| {
            let wanted = request
                .query(name)
                .and_then(|text| text.parse::<u64>().ok());
            wanted.is_none_or(|wanted| {
                let essence = flow.get("essence_parameters");
                essence.is_some_and(|essence| essence[name] == wanted)
            })
        });
        overlaps && sized && properties::matches_filters(request, flow, &names, rules.has_8_2())
    });
    if rules.has_8_2() {
        let by = request.query("sort_by").unwrap_or("created");
        if !["created", "metadata_updated", "label"].contains(&by) {
            return rules.error(store, 400, "sort_by is wrong");
        }
        properties::sort(&mut flows, by, request.flag("reverse_order"));
    }
    let flows = flows.into_iter().map(Value::Object).collect();
    paging::list(rules, request, store, flows)
}

fn one(rules: &dyn Rules, request: &Request, id: &str, store: &mut Store) -> Reply {
    let Some(flow) = store.flow(id).cloned() else {
        return rules.error(store, 404, "no such flow");
    };
    let Some(within) = Span::parse(request.query("timerange").unwrap_or("_")) else {
        return rules.error(store, 400, "timerange is wrong");
    };
    let mut flow = whole(flow, store);
    if request.flag("include_timerange") {
        let extent = store.extent(id, within).text();
        flow.insert("timerange".to_owned(), json!(extent));
    }
    Reply::json(200, &Value::Object(flow))
}

/// Makes a flow (201 with the flow) or replaces it (204); what is left out is gone.
fn put(rules: &dyn Rules, request: &Request, id: &str, store: &mut Store) -> Reply {
    let body = request.json().unwrap_or_default();
    let wrong = schema::wrong("flow-put", &body)
        .or_else(|| (body["id"] != *id).then(|| "the ids differ".to_owned()))
        .or_else(|| rules.wrong_flow(&body));
    if let Some(wrong) = wrong {
        return rules.error(store, 400, &wrong);
    }
    let mut flow = object(body);
    let profile = text(&flow, "profile_id").to_owned();
    if !profile.is_empty() {
        let found = store
            .profiles
            .iter()
            .find(|known| text(known, "id") == profile);
        let Some(known) = found else {
            return rules.error(store, 400, "no such profile");
        };
        flow.extend(object(known["flow_metadata"].clone()));
    }
    let now = store.now_text();
    let old = store.flow(id).cloned();
    if old.as_ref().is_some_and(is_read_only) {
        return rules.error(store, 403, "the flow is read-only");
    }
    let created = old.as_ref().and_then(|old| old.get("created").cloned());
    flow.insert("created".to_owned(), created.unwrap_or(json!(now)));
    flow.insert("metadata_updated".to_owned(), json!(now));
    for computed in ["collected_by", "timerange"] {
        flow.shift_remove(computed);
    }
    store.imply_source(&flow);
    if old.is_some() {
        if let Some(kept) = store.flow(id) {
            *kept = flow;
        }
        return Reply::empty(204);
    }
    store.flows.push(flow.clone());
    Reply::json(201, &Value::Object(whole(flow, store)))
}

/// A flow with what other flows say about it.
fn whole(mut flow: Properties, store: &Store) -> Properties {
    let owners = collected_by(&store.flows, text(&flow, "id"));
    if !owners.is_empty() {
        flow.insert("collected_by".to_owned(), json!(owners));
    }
    flow
}
