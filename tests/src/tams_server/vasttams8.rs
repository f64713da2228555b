//! vasttams 8.0, as its files read. Numbers in comments are those of the list of its oddities.

mod media;

use serde_json::{Value, json};

use super::fastapi::{done, is_uuid, refuse, unfit};
use super::message::{Reply, Request};
use super::specified::{collected_by, matches_filters};
use super::store::{Properties, Store, object, text};
use super::time::Span;

pub(super) use media::key;

/// (8): the versions of UUIDs that it takes.
const UUIDS: &str = "12345";

/// Answers a request to the API.
pub(super) fn answer(request: &Request, store: &mut Store) -> Reply {
    let mut below = request.clone();
    if below.method == "HEAD" {
        "GET".clone_into(&mut below.method);
    }
    // (1)
    match &request.route()[..] {
        [] => return Reply::json(200, &json!(["api/tams/v8.0", "api/tams/latest"])),
        ["api", "tams", "v8.0" | "latest", ..] => {
            below.parts.drain(..3);
        }
        _ => return refuse(404, "Not Found"),
    }
    route(&below, store)
}

fn route(request: &Request, store: &mut Store) -> Reply {
    let method = request.method.as_str();
    match (method, &request.route()[..]) {
        ("GET", []) => Reply::json(
            200,
            &json!([
                "service",
                "flows",
                "sources",
                "objects",
                "flow-delete-requests"
            ]),
        ),
        ("GET", ["service"]) => Reply::json(
            200,
            &json!({
                "name": "VAST TAMS", "type": "urn:x-tams:service.vast", "api_version": "8.0.0",
                "service_version": "8.0",
            }),
        ),
        ("POST", ["service"]) => Reply::empty(200),
        (_, ["service", rest @ ..]) => service(method, request, rest, store),
        ("GET", ["sources"]) => {
            let mut sources = store.sources.clone();
            sources.retain(|item| matches_filters(request, item, &["label", "format"], false));
            listed(sources, request)
        }
        ("POST", ["sources"]) => match create_source(request.json(), store) {
            Ok(source) => Reply::json(201, &source),
            Err(refusal) => refusal,
        },
        ("POST", ["sources", "batch"]) => batch(request, store, create_source),
        ("GET", ["flows"]) => {
            let names = ["source_id", "format", "codec", "label"];
            let mut flows = store.flows.clone();
            flows.retain(|item| matches_filters(request, item, &names, false));
            let flows = flows.into_iter().map(|flow| whole(flow, store)).collect();
            listed(flows, request)
        }
        // (8)
        ("POST", ["flows"]) => match create_flow(request.json(), store) {
            Ok(flow) => Reply::json(201, &flow),
            Err(refusal) => refusal,
        },
        ("POST", ["flows", "batch"]) => batch(request, store, create_flow),
        (_, ["flows", id, "segments"]) => media::segments(method, request, id, store),
        ("POST", ["flows", id, "storage"]) => media::storage(request, id, store),
        (_, ["flows", id, rest @ ..]) => flow(method, request, id, rest, store),
        (_, ["sources", id, rest @ ..]) => source(method, request, id, rest, store),
        (_, ["objects", rest @ ..]) => media::objects(method, request, rest, store),
        ("GET", ["hls", "flows", id, what]) => media::hls(what, id, store),
        ("GET", ["flow-delete-requests", rest @ ..]) => match rest {
            [] => listed(store.deletions.clone(), request),
            [id, ..] => {
                let found = store.deletions.iter().find(|item| text(item, "id") == *id);
                match found {
                    Some(item) => Reply::json(200, &Value::Object(item.clone())),
                    None => refuse(404, "Not Found"),
                }
            }
        },
        ("GET", ["analytics", what]) => match *what {
            "summary" => {
                let body = json!({ "flows": store.flows.len(), "sources": store.sources.len() });
                Reply::json(200, &body)
            }
            "sources" => Reply::json(200, &json!({ "total": store.sources.len() })),
            "flows" => Reply::json(200, &json!({ "total": store.flows.len() })),
            _ => refuse(404, "Not Found"),
        },
        _ => refuse(404, "Not Found"),
    }
}

fn service(method: &str, request: &Request, rest: &[&str], store: &mut Store) -> Reply {
    match (method, rest) {
        ("GET", ["storage-backends"]) => Reply::json(200, &json!([media::backend()])),
        ("GET", ["webhooks"]) => listed(store.webhooks.clone(), request),
        ("POST", ["webhooks"]) => {
            let mut hook = object(request.json().unwrap_or_default());
            // (10): its events have names of their own
            let events = hook.get("events").and_then(Value::as_array).cloned();
            let known = |event: &Value| {
                let own = ["sources/", "flows/", "flow-segments/"];
                let event = event.as_str().unwrap_or_default();
                let specified = event.starts_with("flows/segments_");
                !specified && own.iter().any(|start| event.starts_with(start))
            };
            if !events.is_some_and(|events| events.iter().all(known)) {
                return unfit(&["body", "events"], "unknown event");
            }
            hook.insert("id".to_owned(), json!(store.new_id()));
            store.webhooks.push(hook.clone());
            Reply::json(201, &Value::Object(hook))
        }
        ("DELETE", ["webhooks", id]) => {
            store.webhooks.retain(|hook| text(hook, "id") != *id);
            Reply::empty(204)
        }
        _ => refuse(404, "Not Found"),
    }
}

/// (4): an envelope, and no word about further pages.
fn listed(items: Vec<Properties>, request: &Request) -> Reply {
    match page(items, request, None) {
        Ok(items) => Reply::json(200, &json!({ "data": items })),
        Err(refusal) => refusal,
    }
}

/// (4): `limit`, 100 by default and at most 1000, from `offset` on.
///
/// # Errors
/// The refusal, when one of them is wrong.
fn page<T>(items: Vec<T>, request: &Request, most: Option<usize>) -> Result<Vec<T>, Reply> {
    let number = |name: &str, usual: usize| match request.query(name) {
        None => Ok(usual),
        Some(text) => text
            .parse()
            .map_err(|_| unfit(&["query", name], "Input should be a valid integer")),
    };
    let (limit, offset) = (number("limit", 100)?, number("offset", 0)?);
    if !(1..=1000).contains(&limit) {
        return Err(unfit(
            &["query", "limit"],
            "Input should be between 1 and 1000",
        ));
    }
    let limit = most.unwrap_or(limit);
    Ok(items.into_iter().skip(offset).take(limit).collect())
}

fn batch(
    request: &Request,
    store: &mut Store,
    create: fn(Option<Value>, &mut Store) -> Result<Value, Reply>,
) -> Reply {
    let Some(Value::Array(items)) = request.json() else {
        return unfit(&["body"], "Input should be a valid list");
    };
    let made: Result<Vec<Value>, Reply> = items
        .into_iter()
        .map(|item| create(Some(item), store))
        .collect();
    match made {
        Ok(made) => Reply::json(201, &Value::Array(made)),
        Err(refusal) => refusal,
    }
}

fn create_source(body: Option<Value>, store: &mut Store) -> Result<Value, Reply> {
    let mut source = object(body.unwrap_or_default());
    if !source.get("id").is_some_and(|id| is_uuid(id, UUIDS)) {
        return Err(unfit(&["body", "id"], "String should match pattern"));
    }
    if store.source(text(&source, "id")).is_some() {
        return Err(refuse(409, "Source exists"));
    }
    for name in ["created", "updated"] {
        source.insert(name.to_owned(), json!(store.now_text()));
    }
    store.sources.push(source.clone());
    Ok(Value::Object(source))
}

fn create_flow(body: Option<Value>, store: &mut Store) -> Result<Value, Reply> {
    let body = body.unwrap_or_default();
    wrong_flow(&body)?;
    let mut flow = object(body);
    if store.flow(text(&flow, "id")).is_some() {
        return Err(refuse(409, "Flow exists"));
    }
    for name in ["created", "metadata_updated"] {
        flow.insert(name.to_owned(), json!(store.now_text()));
    }
    store.imply_source(&flow);
    store.flows.push(flow.clone());
    Ok(Value::Object(whole(flow, store)))
}

/// (8)
fn wrong_flow(body: &Value) -> Result<(), Reply> {
    for name in ["id", "source_id"] {
        if !is_uuid(&body[name], UUIDS) {
            return Err(unfit(&["body", name], "String should match pattern"));
        }
    }
    if !body["format"].is_string() {
        return Err(unfit(&["body", "format"], "Field required"));
    }
    let collection = body["flow_collection"].as_array();
    if collection.is_some_and(|items| items.iter().any(|item| item["role"].is_null())) {
        return Err(unfit(
            &["body", "flow_collection", "role"],
            "Field required",
        ));
    }
    Ok(())
}

/// A flow with what others say about it.
fn whole(mut flow: Properties, store: &Store) -> Properties {
    let owners = collected_by(&store.flows, text(&flow, "id"));
    if !owners.is_empty() {
        flow.insert("collected_by".to_owned(), json!(owners));
    }
    flow
}

fn flow(method: &str, request: &Request, id: &str, rest: &[&str], store: &mut Store) -> Reply {
    // (8): also for PUT of a new flow
    let Some(mut item) = store.flow(id).cloned() else {
        return refuse(404, "Flow not found");
    };
    let locked = item.get("read_only") == Some(&json!(true));
    if locked && method != "GET" && rest != ["read_only"] {
        return refuse(403, "Flow is read-only");
    }
    match (method, rest) {
        ("GET", []) => {
            let mut flow = whole(item, store);
            if request.flag("include_timerange") {
                // (2)
                let extent = store.extent(id, Span::ETERNITY).text();
                flow.insert("timerange".to_owned(), json!({ "value": extent }));
            }
            return Reply::json(200, &Value::Object(flow));
        }
        ("DELETE", []) => {
            media::delete(id, Span::ETERNITY, store);
            store.flows.retain(|flow| text(flow, "id") != id);
            return done(200, "Flow deleted");
        }
        // (8): they do nothing
        ("PUT", ["max_bit_rate" | "avg_bit_rate"]) => return Reply::empty(201),
        ("DELETE", ["max_bit_rate" | "avg_bit_rate"]) => return Reply::empty(204),
        _ => {}
    }
    let reply = if let ("PUT", []) = (method, rest) {
        let body = request.json().unwrap_or_default();
        if let Err(refusal) = wrong_flow(&body) {
            return refusal;
        }
        let created = item.shift_remove("created").unwrap_or_default();
        item = object(body);
        item.insert("created".to_owned(), created);
        item.insert("metadata_updated".to_owned(), json!(store.now_text()));
        Reply::json(200, &Value::Object(whole(item.clone(), store)))
    } else {
        property(method, request, rest, &mut item)
    };
    if let Some(kept) = store.flow(id) {
        *kept = item;
    }
    reply
}

fn source(method: &str, request: &Request, id: &str, rest: &[&str], store: &mut Store) -> Reply {
    let Some(item) = store.source(id) else {
        return refuse(404, "Source not found");
    };
    match (method, rest) {
        ("GET", []) => Reply::json(200, &Value::Object(item.clone())),
        ("DELETE", []) => {
            store.sources.retain(|source| text(source, "id") != id);
            done(200, "Source deleted")
        }
        _ => property(method, request, rest, item),
    }
}

fn property(method: &str, request: &Request, rest: &[&str], item: &mut Properties) -> Reply {
    // (8): tags come as JSON or as plain text
    let plain = request
        .field("content-type")
        .is_some_and(|kind| kind.starts_with("text/plain"));
    let value = match plain {
        true => Some(json!(String::from_utf8_lossy(&request.body))),
        false => request.json(),
    };
    match (method, rest) {
        ("GET", ["tags"]) => Reply::json(200, item.get("tags").unwrap_or(&json!({}))),
        ("GET", ["tags", name]) => match item.get("tags").and_then(|tags| tags.get(name)) {
            Some(value) => Reply::json(200, value),
            None => refuse(404, "Tag not found"),
        },
        ("PUT", ["tags", name]) => match value {
            Some(value) => {
                item.entry("tags").or_insert_with(|| json!({}))[*name] = value;
                Reply::empty(204)
            }
            None => unfit(&["body"], "Invalid JSON"),
        },
        ("DELETE", ["tags", name]) => {
            if let Some(Value::Object(tags)) = item.get_mut("tags") {
                tags.shift_remove(*name);
            }
            Reply::empty(204)
        }
        (method, [name @ ("label" | "description" | "read_only" | "flow_collection")]) => {
            match (method, request.json()) {
                ("GET", _) => Reply::json(200, item.get(*name).unwrap_or(&Value::Null)),
                ("PUT", Some(value)) => {
                    item.insert((*name).to_owned(), value);
                    Reply::empty(204)
                }
                ("DELETE", _) => {
                    item.shift_remove(*name);
                    Reply::empty(204)
                }
                _ => unfit(&["body"], "Invalid JSON"),
            }
        }
        _ => refuse(404, "Not Found"),
    }
}
