//! `POST /flows/{id}/storage` and `POST /flows/{id}/segments`: where new media comes from.

use serde_json::{Map, Value, json};

use super::Rules;
use super::flows::is_read_only;
use crate::tams_server::loader::own_timerange;
use crate::tams_server::message::{Reply, Request};
use crate::tams_server::schema;
use crate::tams_server::store::{Object, Segment, Store, text};
use crate::tams_server::time::Span;

/// How long an allocated object waits to be registered, in seconds; what `/service` says too.
pub(in crate::tams_server) const OBJECT_LIFE: i64 = 3600;

pub(super) fn allocate(rules: &dyn Rules, request: &Request, id: &str, store: &mut Store) -> Reply {
    let body = match request.body.is_empty() {
        true => json!({}),
        false => request.json().unwrap_or_default(),
    };
    let Some(flow) = store.flow(id).cloned() else {
        return rules.error(store, 404, "no such flow");
    };
    if is_read_only(&flow) {
        return rules.error(store, 403, "the flow is read-only");
    }
    if let Some(wrong) = schema::wrong("flow-storage-post", &body) {
        return rules.error(store, 400, &wrong);
    }
    let asked = body["content_type"].as_str().map(str::to_owned);
    let Some(content_type) = asked.or_else(|| rules.content_type(&flow)) else {
        return rules.error(store, 400, "the flow's container is not set");
    };
    let ids: Vec<String> = match &body["object_ids"] {
        Value::Array(ids) => ids
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => {
            let usual = rules.objects_allocated() as u64;
            let limit = body["limit"].as_u64().unwrap_or(usual);
            (0..limit).map(|_| rules.object_id(store)).collect()
        }
    };
    if ids.iter().any(|id| store.object(id).is_some()) {
        return rules.error(store, 400, "some objects exist");
    }
    let located: Vec<Value> = ids
        .iter()
        .map(|object| {
            store.allocate(object, id, &content_type, object);
            let url = store.presign("PUT", object, &content_type);
            let put_url = json!({ "url": url, "content-type": content_type });
            json!({ "object_id": object, "put_url": put_url, "presigned": true })
        })
        .collect();
    Reply::json(201, &json!({ "media_objects": located }))
}

pub(super) fn post_segments(
    rules: &dyn Rules,
    request: &Request,
    id: &str,
    store: &mut Store,
) -> Reply {
    let Some(flow) = store.flow(id).cloned() else {
        return rules.error(store, 404, "no such flow");
    };
    if is_read_only(&flow) {
        return rules.error(store, 403, "the flow is read-only");
    }
    if text(&flow, "container").is_empty() {
        return rules.error(store, 400, "the flow's container is not set");
    }
    let body = request.json().unwrap_or_default();
    let (list, alone) = match body {
        Value::Array(list) => (list, false),
        one => (vec![one], true),
    };
    let mut failed = Vec::new();
    for segment in &list {
        if let Err(summary) = register(rules, id, segment, store) {
            if alone {
                return rules.error(store, 400, &summary);
            }
            let error =
                json!({ "type": "TAMSError", "summary": summary, "time": store.now_text() });
            failed.push(json!({
                "object_id": segment["object_id"].as_str().unwrap_or_default(),
                "timerange": segment["timerange"].as_str().unwrap_or("_"),
                "error": error,
            }));
        }
    }
    if failed.is_empty() {
        return Reply::empty(201);
    }
    rules.partial_failure(failed)
}

/// Registers one segment.
///
/// # Errors
/// Why it is refused.
fn register(rules: &dyn Rules, flow: &str, json: &Value, store: &mut Store) -> Result<(), String> {
    if let Some(wrong) = schema::wrong("flow-segment-post", json) {
        return Err(wrong);
    }
    let segment = segment(json);
    let span = segment.span().ok_or("the timerange is wrong")?;
    if overlaps(flow, span, store) {
        return Err("the segment overlaps another of the flow".to_owned());
    }
    let urls = json["get_urls"].as_array();
    let now = store.now().as_second();
    store
        .objects
        .retain(|object| object.registered || now - object.allocated <= OBJECT_LIFE);
    match store.object(&segment.object_id).cloned() {
        None => {
            let urls = urls.ok_or("the object is unknown and has no get_urls")?;
            let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let elsewhere = urls
                .iter()
                .map(|url| (word(&url["label"]), word(&url["url"])));
            let elsewhere: Vec<(String, String)> = elsewhere.collect();
            // No key: its bytes are not here.
            store.allocate(&segment.object_id, flow, "", "");
            if let Some(object) = store.object(&segment.object_id) {
                object.elsewhere = elsewhere;
            }
            first_use(&segment, json, store);
        }
        Some(object) if object.registered => {
            if let Some(wrong) = rules.wrong_reuse(json, &object) {
                return Err(wrong);
            }
        }
        Some(object) if object.flow_id != flow => {
            return Err("the object was allocated for another flow".to_owned());
        }
        Some(_) => first_use(&segment, json, store),
    }
    store
        .segments
        .entry(flow.to_owned())
        .or_default()
        .push(segment);
    let now = store.now_text();
    if let Some(flow) = store.flow(flow) {
        flow.insert("segments_updated".to_owned(), json!(now));
    }
    Ok(())
}

/// Whether a time is taken in a flow.
pub(in crate::tams_server) fn overlaps(flow: &str, span: Span, store: &Store) -> bool {
    let mut spans = store.of_flow(flow).iter().filter_map(Segment::span);
    spans.any(|other| other.overlaps(span))
}

/// A segment of a request. What belongs to the object is not kept with it.
pub(in crate::tams_server) fn segment(json: &Value) -> Segment {
    let mut other: Map<String, Value> = Map::new();
    for name in ["last_duration", "sample_offset", "sample_count"] {
        if let Some(value) = json.get(name) {
            other.insert(name.to_owned(), value.clone());
        }
    }
    Segment {
        object_id: json["object_id"].as_str().unwrap_or_default().to_owned(),
        timerange: json["timerange"].as_str().unwrap_or_default().to_owned(),
        ts_offset: json["ts_offset"].as_str().map(str::to_owned),
        other,
    }
}

/// Notes what the first segment of an object says about it.
fn first_use(segment: &Segment, json: &Value, store: &mut Store) {
    let timerange = json["object_timerange"].as_str().map(str::to_owned);
    if let Some(object) = store.object(&segment.object_id) {
        object.registered = true;
        object.timerange = timerange.or_else(|| own_timerange(segment));
        object.key_frame_count = json.get("key_frame_count").cloned();
    }
}

/// What the specification says of objects that are used again: their properties stay, and the segment
/// lies within them.
pub(super) fn wrong_reuse(json: &Value, object: &Object) -> Option<String> {
    for name in [
        "get_urls",
        "object_timerange",
        "key_frame_count",
        "init_object_id",
    ] {
        if json.get(name).is_some() {
            return Some(format!(
                "{name} can't be given for an object that is used again"
            ));
        }
    }
    let own = Span::parse(object.timerange.as_deref()?)?;
    let segment = segment(json);
    let used = segment.span()?.earlier(segment.offset());
    (!own.covers(used)).then(|| "the segment lies outside of the object".to_owned())
}

/// The flow that a deletion or another change is for.
pub(super) fn writable(rules: &dyn Rules, id: &str, store: &mut Store) -> Result<(), Reply> {
    match store.flow(id).cloned() {
        None => Err(rules.error(store, 404, "no such flow")),
        Some(flow) if is_read_only(&flow) => Err(rules.error(store, 403, "the flow is read-only")),
        Some(_) => Ok(()),
    }
}
