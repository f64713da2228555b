//! vasttams 6.0p4. It was run and seen; numbers in comments are those of the list of its oddities.
//!
//! It has no authentication (10) and no pages (5), and every path lies at the root.

mod media;
mod shape;

use serde_json::{Value, json};

use super::fastapi::{done, is_uuid, refuse, unfit};
use super::message::{Reply, Request};
use super::specified::matches_filters;
use super::store::{Properties, Store, object, text};

pub(super) use media::key;
pub(super) use shape::flat;
use shape::{FLOW, SOURCE, created, read};

/// Answers a request to the API.
pub(super) fn answer(request: &Request, store: &mut Store) -> Reply {
    let method = match request.method.as_str() {
        "HEAD" => "GET",
        method => method,
    };
    match (method, &request.route()[..]) {
        ("GET", []) => Reply::json(
            200,
            &json!(["service", "flows", "sources", "flow-delete-requests"]),
        ),
        ("GET", ["service"]) => Reply::json(
            200,
            &json!({
                "name": "VAST TAMS", "description": null, "type": "urn:x-tams:service.vast",
                "api_version": "6.0", "service_version": "6.0p4",
                "event_stream_mechanisms": null,
            }),
        ),
        // nothing is kept
        ("POST", ["service"]) => done(200, "Service updated"),
        ("GET", ["service", "webhooks"]) => listed(store.webhooks.clone(), request),
        ("POST", ["service", "webhooks"]) => {
            let mut hook = object(request.json().unwrap_or_default());
            hook.insert("id".to_owned(), json!(store.new_id()));
            store.webhooks.push(hook.clone());
            Reply::json(201, &Value::Object(hook))
        }
        ("GET", ["sources"]) => {
            let mut sources = living(&store.sources);
            sources.retain(|item| matches_filters(request, item, &["label", "format"], false));
            listed(
                sources.iter().map(|item| read(item, SOURCE)).collect(),
                request,
            )
        }
        ("POST", ["sources"]) => create_source(request, store),
        ("GET", ["flows"]) => {
            let names = ["source_id", "format", "codec", "label"];
            let mut flows = living(&store.flows);
            flows.retain(|item| matches_filters(request, item, &names, false));
            listed(flows.iter().map(|item| read(item, FLOW)).collect(), request)
        }
        ("POST", ["flows"]) => create_flow(request, store),
        (_, ["sources", id, rest @ ..]) => one(method, request, id, rest, SOURCE, store),
        (_, ["flows", id, "segments"]) => media::segments(method, request, id, store),
        ("POST", ["flows", id, "storage"]) => media::storage(request, id, store),
        (_, ["flows", id, rest @ ..]) => one(method, request, id, rest, FLOW, store),
        (_, ["objects", rest @ ..]) => media::objects(method, request, rest, store),
        // (5)
        ("GET", ["flow-delete-requests"]) => {
            Reply::json(200, &json!({ "data": { "requests": [] } }))
        }
        // (11): so many bytes for every flow, whatever is stored
        ("GET", ["analytics", "flow-usage"]) => {
            let flows = living(&store.flows).len();
            let body = json!({
                "total_flows": flows, "estimated_storage_bytes": flows * 921_600,
            });
            Reply::json(200, &body)
        }
        ("GET", ["analytics", "storage-usage"]) => {
            Reply::json(200, &json!({ "total_objects": store.objects.len() }))
        }
        ("GET", ["analytics", "time-range-analysis"]) => {
            let segments: usize = store.segments.values().map(Vec::len).sum();
            Reply::json(200, &json!({ "total_segments": segments }))
        }
        _ => refuse(404, "Not Found"),
    }
}

/// What isn't deleted (9).
fn living(items: &[Properties]) -> Vec<Properties> {
    let is_there = |item: &&Properties| item.get("deleted") != Some(&json!(true));
    items.iter().filter(is_there).cloned().collect()
}

/// (5): an envelope, never filled `paging`, and `limit` cuts in silence.
fn listed(mut items: Vec<Properties>, request: &Request) -> Reply {
    let limit = request.query("limit").and_then(|text| text.parse().ok());
    items.truncate(limit.unwrap_or(usize::MAX));
    Reply::json(200, &json!({ "data": items, "paging": null }))
}

fn create_source(request: &Request, store: &mut Store) -> Reply {
    let body = request.json().unwrap_or_default();
    if let Some(refusal) = wrong(&body, &["id"], &["format"]) {
        return refusal;
    }
    if store
        .source(body["id"].as_str().unwrap_or_default())
        .is_some()
    {
        return refuse(409, "Source exists");
    }
    let source = shape::known(&object(body), SOURCE, &store.now_text());
    store.sources.push(source.clone());
    Reply::json(201, &Value::Object(created(&source, SOURCE)))
}

/// (4): the only way to make a flow; its fields are flat and no source comes with it.
fn create_flow(request: &Request, store: &mut Store) -> Reply {
    let body = request.json().unwrap_or_default();
    if let Some(refusal) = wrong_flow(&body) {
        return refusal;
    }
    if store
        .flow(body["id"].as_str().unwrap_or_default())
        .is_some()
    {
        return refuse(409, "Flow exists");
    }
    let flow = shape::known(&object(body), FLOW, &store.now_text());
    store.flows.push(flow.clone());
    Reply::json(201, &Value::Object(created(&flow, FLOW)))
}

fn wrong_flow(body: &Value) -> Option<Reply> {
    // (4): bare ids
    let collection = body["flow_collection"].as_array();
    let bare = collection.is_none_or(|items| items.iter().all(|item| is_uuid(item, "4")));
    // (4): text
    let rate = &body["frame_rate"];
    wrong(body, &["id", "source_id"], &["format", "codec"])
        .or_else(|| (!bare).then(|| unfit(&["body", "flow_collection"], "Input should be a UUID")))
        .or_else(|| {
            let right = rate.is_null() || rate.is_string();
            (!right).then(|| unfit(&["body", "frame_rate"], "Input should be a valid string"))
        })
}

fn wrong(body: &Value, ids: &[&str], words: &[&str]) -> Option<Reply> {
    // (4): version 4 only
    if let Some(name) = ids.iter().find(|name| !is_uuid(&body[**name], "4")) {
        return Some(unfit(&["body", name], "UUID version 4 expected"));
    }
    if let Some(name) = words.iter().find(|name| !body[**name].is_string()) {
        return Some(unfit(&["body", name], "Field required"));
    }
    let tags = body["tags"].as_object();
    let (name, _) = tags?.iter().find(|(_, value)| !value.is_string())?;
    Some(unfit(
        &["body", "tags", name],
        "Input should be a valid string",
    ))
}

/// A source or a flow, by which fields it has.
fn one(
    method: &str,
    request: &Request,
    id: &str,
    rest: &[&str],
    fields: &[&str],
    store: &mut Store,
) -> Reply {
    let now = store.now_text();
    let is_flow = fields == FLOW;
    let item = if is_flow {
        store.flow(id)
    } else {
        store.source(id)
    };
    let Some(item) = item.filter(|item| item.get("deleted") != Some(&json!(true))) else {
        // (4): also for PUT of a new flow
        let kind = if is_flow { "Flow" } else { "Source" };
        return refuse(404, &format!("{kind} not found"));
    };
    let locked = item.get("read_only") == Some(&json!(true));
    if locked && method != "GET" && rest != ["read_only"] {
        return refuse(403, "Flow is read-only");
    }
    match (method, rest) {
        ("GET", []) => Reply::json(200, &Value::Object(read(item, fields))),
        ("PUT", []) if is_flow => {
            let body = request.json().unwrap_or_default();
            if let Some(refusal) = wrong_flow(&body) {
                return refusal;
            }
            let made = text(item, "created").to_owned();
            *item = shape::known(&object(body), fields, &made);
            item.insert("updated".to_owned(), json!(now));
            Reply::json(200, &Value::Object(read(item, fields)))
        }
        // (9): soft unless it is said otherwise
        ("DELETE", []) => {
            if request.query("soft_delete") == Some("false") {
                delete_hard(id, is_flow, store);
            } else {
                item.insert("deleted".to_owned(), json!(true));
                item.insert("deleted_at".to_owned(), json!(now));
                let by = request.query("deleted_by").unwrap_or("system");
                item.insert("deleted_by".to_owned(), json!(by));
            }
            done(200, "Deleted")
        }
        ("GET", ["tags"]) => {
            let tags = item.get("tags").filter(|tags| !tags.is_null());
            Reply::json(200, tags.unwrap_or(&json!({})))
        }
        (_, ["tags", name]) => tag(method, request, name, item),
        // (9): the value is in the query
        ("PUT", [name @ ("label" | "description")]) => match request.query(name) {
            Some(value) => {
                item.insert((*name).to_owned(), json!(value));
                done(200, "Updated")
            }
            None => unfit(&["query", name], "Field required"),
        },
        ("PUT", [name @ ("read_only" | "flow_collection")]) if is_flow => {
            item.insert((*name).to_owned(), request.json().unwrap_or_default());
            done(200, "Updated")
        }
        ("GET", [name]) if fields.contains(name) => {
            Reply::json(200, item.get(*name).unwrap_or(&Value::Null))
        }
        ("DELETE", [name @ ("label" | "description" | "flow_collection")]) => {
            item.shift_remove(*name);
            done(200, "Deleted")
        }
        _ => refuse(404, "Not Found"),
    }
}

fn tag(method: &str, request: &Request, name: &str, item: &mut Properties) -> Reply {
    let mut tags = object(item.get("tags").cloned().unwrap_or_default());
    let reply = match (method, request.json()) {
        ("GET", _) => match tags.get(name) {
            Some(value) => Reply::json(200, value),
            None => refuse(404, "Tag not found"),
        },
        ("PUT", Some(value)) if value.is_string() => {
            tags.insert(name.to_owned(), value);
            done(200, "Tag updated")
        }
        ("PUT", _) => unfit(&["body"], "Input should be a valid string"),
        ("DELETE", _) => {
            tags.shift_remove(name);
            done(200, "Tag deleted")
        }
        _ => refuse(405, "Method Not Allowed"),
    };
    item.insert("tags".to_owned(), Value::Object(tags));
    reply
}

fn delete_hard(id: &str, is_flow: bool, store: &mut Store) {
    if is_flow {
        let taken = store.take_segments(id, |_| true);
        store.collect(&taken);
        store.flows.retain(|flow| text(flow, "id") != id);
    } else {
        store.sources.retain(|source| text(source, "id") != id);
    }
}
