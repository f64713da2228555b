//! Segments, storage and objects of vasttams 8.

use serde_json::{Map, Value, json};

use super::page;
use crate::tams_server::fastapi::{done, refuse, unfit};
use crate::tams_server::message::{Reply, Request};
use crate::tams_server::store::{Object, Segment, Store, object, text};
use crate::tams_server::time::Span;

/// The one storage backend.
const STORAGE: &str = "2b7c9a34-6d51-4f0e-8a1b-5c9e0d3f4a02";

/// A deletion of more segments than this goes on after it was answered (9).
const DELETED_AT_ONCE: usize = 50;

pub(super) fn backend() -> Value {
    json!({
        "id": STORAGE,
        "label": "vast",
        "store_type": "http_object_store",
        "provider": "vast",
        "store_product": "vast-s3",
        "default_storage": true,
    })
}

/// (6): by day, and not by flow, so that other flows find the same bytes.
pub(in crate::tams_server) fn key(store: &Store, object: &str) -> String {
    let day = store.now().strftime("%Y/%m/%d");
    format!("tams/{day}/{object}")
}

pub(super) fn segments(method: &str, request: &Request, flow: &str, store: &mut Store) -> Reply {
    match method {
        "GET" => list(request, flow, store),
        "POST" => post(request, flow, store),
        "DELETE" => delete_segments(request, flow, store),
        _ => refuse(405, "Method Not Allowed"),
    }
}

fn list(request: &Request, flow: &str, store: &Store) -> Reply {
    let mut segments: Vec<Segment> = store.of_flow(flow).to_vec();
    // (3): open-ended ranges narrow nothing, others to the accuracy of seconds as floating point
    let within = request.query("timerange").and_then(Span::parse);
    let bounded = within.filter(|span| span.first > i128::MIN && span.last < i128::MAX);
    if let Some(within) = bounded {
        segments.retain(|segment| {
            segment.span().is_none_or(|span| {
                seconds(span.first) < seconds(within.last + 1)
                    && seconds(within.first) < seconds(span.last.saturating_add(1))
            })
        });
    }
    if let Some(wanted) = request.query("object_id") {
        segments.retain(|segment| segment.object_id == wanted);
    }
    // (3): by the text of the start
    let start = |segment: &Segment| segment.timerange.split('_').next().map(str::to_owned);
    segments.sort_by_key(start);
    if request.flag("reverse_order") {
        segments.reverse();
    }
    let segments = match page(segments, request, store.page_size) {
        Ok(segments) => segments,
        Err(refusal) => return refusal,
    };
    // (7): URLs are made for every segment unless none are wanted
    let with_urls = request.query("accept_get_urls") != Some("");
    let list: Vec<Value> = segments
        .iter()
        .map(|segment| read(segment, flow, with_urls, store))
        .collect();
    // (4): no Link, no X-Paging fields
    Reply::json(200, &Value::Array(list))
}

/// Media time as this server has it (3).
fn seconds(nanoseconds: i128) -> f64 {
    let whole = nanoseconds.div_euclid(1_000_000_000);
    let rest = nanoseconds.rem_euclid(1_000_000_000);
    whole as f64 + rest as f64 / 1e9
}

/// (2): times are objects. (5): what belongs to objects is absent.
fn read(segment: &Segment, flow: &str, with_urls: bool, store: &Store) -> Value {
    let value = |text: &str| json!({ "value": text });
    let mut json = object(json!({
        "flow_id": flow,
        "object_id": segment.object_id,
        "timerange": value(&segment.timerange),
    }));
    if let Some(offset) = &segment.ts_offset {
        json.insert("ts_offset".to_owned(), value(offset));
    }
    if let Some(Value::String(last)) = segment.other.get("last_duration") {
        json.insert("last_duration".to_owned(), value(last));
    }
    for name in ["sample_offset", "sample_count", "key_frame_count"] {
        let kept = segment.other.get(name);
        json.extend(kept.map(|value| (name.to_owned(), value.clone())));
    }
    let mut objects = store.objects.iter();
    let found = objects.find(|object| object.id == segment.object_id);
    let urls = match found.filter(|_| with_urls) {
        Some(object) => get_urls(object, store),
        None => json!([]),
    };
    json.insert("get_urls".to_owned(), urls);
    Value::Object(json)
}

fn get_urls(object: &Object, store: &Store) -> Value {
    json!([{
        "label": "vast-s3",
        "url": store.presign("GET", &object.key, &object.content_type),
        "presigned": true,
        "controlled": true,
        "storage_id": STORAGE,
        "store_type": "http_object_store",
        "provider": "vast",
        "store_product": "vast-s3",
    }])
}

fn post(request: &Request, flow: &str, store: &mut Store) -> Reply {
    // (5): one at a time
    let Some(Value::Object(body)) = request.json() else {
        return unfit(&["body"], "Input should be a valid dictionary");
    };
    // (2): required on write too
    let timed = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value["value"].as_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(unfit(&["body", name], "Input should be a valid dictionary")),
        },
    };
    let times = timed("timerange")
        .and_then(|timerange| Ok((timerange, timed("ts_offset")?, timed("last_duration")?)));
    let (timerange, ts_offset, last_duration) = match times {
        Ok((Some(timerange), offset, last)) => (timerange, offset, last),
        Ok((None, ..)) => return unfit(&["body", "timerange"], "Field required"),
        Err(refusal) => return refusal,
    };
    // (5): more is required of URLs than the specification says
    let urls = body.get("get_urls").and_then(Value::as_array);
    for url in urls.into_iter().flatten() {
        for name in ["provider", "store_product", "storage_id"] {
            if url[name].is_null() {
                return unfit(&["body", "get_urls", name], "Field required");
            }
        }
    }
    if store.flow(flow).is_none() {
        return refuse(404, "Flow not found");
    }
    let object_id = body.get("object_id").and_then(Value::as_str);
    let object_id = object_id.unwrap_or_default().to_owned();
    let Some(object) = store.object(&object_id) else {
        // (5): a 404 that is thrown within, and caught on its way out
        return refuse(500, "Internal server error");
    };
    object.registered = true;
    // (5): a placeholder, for good
    object.timerange = Some("0:0".to_owned());
    let mut other = Map::new();
    other.extend(last_duration.map(|last| ("last_duration".to_owned(), json!(last))));
    for name in ["sample_offset", "sample_count", "key_frame_count"] {
        other.extend(body.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    // (5): no check of overlaps
    let segment = Segment {
        object_id,
        timerange,
        ts_offset,
        other,
    };
    let told = read(&segment, flow, true, store);
    store
        .segments
        .entry(flow.to_owned())
        .or_default()
        .push(segment);
    Reply::json(201, &told)
}

/// (9): an object that is named only says how often the timerange is deleted; without a timerange,
/// that is everything.
fn delete_segments(request: &Request, flow: &str, store: &mut Store) -> Reply {
    if store.flow(flow).is_none() {
        return refuse(404, "Flow not found");
    }
    let within = request.query("timerange").and_then(Span::parse);
    let within = within.unwrap_or(Span::ETERNITY);
    let deleted = delete(flow, within, store);
    if deleted <= DELETED_AT_ONCE {
        return done(200, "Segments deleted");
    }
    let id = store.new_id();
    let now = store.now_text();
    let deletion = json!({
        "id": id,
        "flow_id": flow,
        "timerange_to_delete": { "value": within.text() },
        "delete_flow": false,
        "status": "done",
        "created": now,
        "updated": now,
    });
    store.deletions.push(object(deletion.clone()));
    // (9): from the root, without the prefix
    Reply::json(202, &deletion).with("location", format!("/flow-delete-requests/{id}"))
}

/// Deletes what a timerange covers; how much that was. (12): objects go with it, whoever else uses them.
pub(super) fn delete(flow: &str, within: Span, store: &mut Store) -> usize {
    let taken = store.take_segments(flow, |segment| {
        segment.span().is_none_or(|span| within.covers(span))
    });
    for segment in &taken {
        store
            .objects
            .retain(|object| object.id != segment.object_id);
    }
    taken.len()
}

/// (6): real. What it says of the content type is signed.
pub(super) fn storage(request: &Request, flow: &str, store: &mut Store) -> Reply {
    let Some(container) = store
        .flow(flow)
        .map(|flow| text(flow, "container").to_owned())
    else {
        return refuse(404, "Flow not found");
    };
    let content_type = match container.as_str() {
        "" => "video/mp2t".to_owned(),
        _ => container,
    };
    let body = request.json().unwrap_or_default();
    let ids: Vec<String> = match body["object_ids"].as_array() {
        Some(ids) => ids
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        None => {
            let limit = body["limit"].as_u64().unwrap_or(1);
            (0..limit).map(|_| store.new_id()).collect()
        }
    };
    if ids.iter().any(|id| store.object(id).is_some()) {
        return refuse(400, "Object already exists");
    }
    let located: Vec<Value> = ids
        .iter()
        .map(|id| {
            let key = key(store, id);
            store.allocate(id, flow, &content_type, &key);
            let url = store.presign("PUT", &key, &content_type);
            json!({
                "object_id": id,
                "put_url": { "url": url, "content-type": content_type, "headers": {} },
                "metadata": { "storage_path": key },
            })
        })
        .collect();
    Reply::json(201, &json!({ "media_objects": located }))
}

pub(super) fn objects(method: &str, request: &Request, rest: &[&str], store: &mut Store) -> Reply {
    match (method, rest) {
        // (11): all of them at once
        ("GET", []) => {
            let objects: Vec<Value> = store
                .objects
                .iter()
                .map(|object| read_object(object, store))
                .collect();
            Reply::json(200, &json!({ "data": objects }))
        }
        ("GET", [id]) => match store.object(id).cloned() {
            Some(object) => Reply::json(200, &read_object(&object, store)),
            None => refuse(404, "Object not found"),
        },
        ("DELETE", [id]) => {
            store.objects.retain(|object| object.id != *id);
            done(200, "Object deleted")
        }
        ("POST", [id, "instances"]) => {
            let body = request.json().unwrap_or_default();
            let word = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
            let instance = (word("label"), word("url"));
            match store.object(id) {
                Some(object) => {
                    object.elsewhere.push(instance);
                    Reply::empty(201)
                }
                None => refuse(404, "Object not found"),
            }
        }
        _ => refuse(404, "Not Found"),
    }
}

/// (2): the timerange is an object here too.
fn read_object(object: &Object, store: &Store) -> Value {
    json!({
        "id": object.id,
        "first_referenced_by_flow": object.flow_id,
        "referenced_by_flows": store.flows_of_object(&object.id),
        "timerange": { "value": object.timerange.as_deref().unwrap_or("0:0") },
        "size": object.bytes.as_ref().map(Vec::len),
        "get_urls": get_urls(object, store),
    })
}

/// (11): a playlist of presigned URLs (RFC 8216), and whether there is one.
pub(super) fn hls(what: &str, flow: &str, store: &Store) -> Reply {
    let mut segments: Vec<(Span, &Segment)> = store
        .of_flow(flow)
        .iter()
        .filter_map(|segment| Some((segment.span()?, segment)))
        .collect();
    segments.sort_by_key(|(span, _)| span.first);
    match what {
        "status" => Reply::json(200, &json!({ "flow_id": flow, "segments": segments.len() })),
        "playlist.m3u8" => {
            let mut list = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n".to_owned();
            for (span, segment) in segments {
                let mut objects = store.objects.iter();
                let Some(object) = objects.find(|object| object.id == segment.object_id) else {
                    continue;
                };
                let url = store.presign("GET", &object.key, &object.content_type);
                let length = seconds(span.last.saturating_sub(span.first).saturating_add(1));
                list += &format!("#EXTINF:{length:.3},\n{url}\n");
            }
            list += "#EXT-X-ENDLIST\n";
            Reply::text(200, "application/vnd.apple.mpegurl", list)
        }
        _ => refuse(404, "Not Found"),
    }
}
