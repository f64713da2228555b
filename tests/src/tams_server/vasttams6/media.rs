//! Segments, storage and objects of vasttams 6.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::tams_server::fastapi::{done, refuse};
use crate::tams_server::message::{Reply, Request};
use crate::tams_server::store::{Object, Properties, Segment, Store};
use crate::tams_server::time::Span;

/// (3): where a segment's bytes lie comes from its flow, the day of its timerange, and its object, so
/// that a segment of another flow looks for the same object elsewhere.
pub(in crate::tams_server) fn key(flow: &str, timerange: &str, object: &str) -> String {
    let day = match Span::parse(timerange) {
        Some(span) => {
            let second = i64::try_from(span.first / 1_000_000_000).unwrap_or(0);
            let start = Timestamp::from_second(second).unwrap_or_default();
            start.strftime("%Y/%m/%d").to_string()
        }
        // (8): not validated, so it may be a date of ISO 8601
        None => timerange
            .chars()
            .take(10)
            .collect::<String>()
            .replace('-', "/"),
    };
    format!("{flow}/{day}/{object}")
}

pub(super) fn segments(method: &str, request: &Request, flow: &str, store: &mut Store) -> Reply {
    let within = request.query("timerange").and_then(Span::parse);
    match method {
        // (5): as they came, all of them
        "GET" => {
            let asked = |segment: &&Segment| {
                let overlaps = match (within, segment.span()) {
                    (Some(within), Some(span)) => within.overlaps(span),
                    _ => true,
                };
                let object = request.query("object_id");
                overlaps && object.is_none_or(|wanted| wanted == segment.object_id)
            };
            let segments = store.of_flow(flow).iter().filter(asked);
            let list: Vec<Properties> =
                segments.map(|segment| read(segment, flow, store)).collect();
            Reply::json(200, &json!(list))
        }
        "POST" => post(request, flow, store),
        // (9): 200, and the bytes stay
        "DELETE" => {
            let within = within.unwrap_or(Span::ETERNITY);
            store.take_segments(flow, |segment| {
                segment.span().is_some_and(|span| within.covers(span))
            });
            done(200, "Segments deleted")
        }
        _ => refuse(405, "Method Not Allowed"),
    }
}

/// (7): what is unset is empty text, 0 or null.
fn read(segment: &Segment, flow: &str, store: &Store) -> Properties {
    let other = |name: &str, unset: Value| segment.other.get(name).cloned().unwrap_or(unset);
    let json = json!({
        "id": segment.object_id,
        "flow_id": flow,
        "object_id": segment.object_id,
        "timerange": segment.timerange,
        "ts_offset": segment.ts_offset.as_deref().unwrap_or_default(),
        "last_duration": other("last_duration", json!("")),
        "sample_offset": other("sample_offset", json!(0)),
        "sample_count": other("sample_count", json!(0)),
        "get_urls": get_urls(segment, flow, store),
        "key_frame_count": other("key_frame_count", Value::Null),
        "created": store.now_text().trim_end_matches('Z'),
        "tags": null,
        "deleted": false,
        "deleted_at": null,
        "deleted_by": null,
    });
    crate::tams_server::store::object(json)
}

/// (3) and (6): nothing for an object that was uploaded for another flow; else two, of which the second
/// is signed for HEAD only.
fn get_urls(segment: &Segment, flow: &str, store: &Store) -> Value {
    let key = key(flow, &segment.timerange, &segment.object_id);
    let mut objects = store.objects.iter();
    let Some(object) = objects.find(|object| object.key == key) else {
        return json!([]);
    };
    let url = |method: &str| {
        let url = store.presign(method, &object.key, &object.content_type);
        let label = format!("{method} access for segment {}", segment.object_id);
        json!({ "label": label, "url": url })
    };
    json!([url("GET"), url("HEAD")])
}

/// (1): JSON always fails; a form with `segment_data` and perhaps `file` works.
fn post(request: &Request, flow: &str, store: &mut Store) -> Reply {
    let wanted = "Either segment JSON or file upload with segment data is required";
    let fields = form(request).unwrap_or_default();
    let field = |name: &str| fields.iter().find(|(known, _)| known == name);
    let data = field("segment_data");
    let data = data.and_then(|(_, data)| serde_json::from_slice::<Value>(data).ok());
    // (1): arrays fail too
    let Some(Value::Object(data)) = data else {
        return refuse(400, wanted);
    };
    let word = |name: &str| data.get(name).and_then(Value::as_str).map(str::to_owned);
    let (Some(object_id), Some(timerange)) = (word("object_id"), word("timerange")) else {
        return refuse(400, "object_id and timerange are required");
    };
    let mut other = Map::new();
    for name in [
        "last_duration",
        "sample_offset",
        "sample_count",
        "key_frame_count",
    ] {
        other.extend(data.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    let segment = Segment {
        object_id: object_id.clone(),
        timerange,
        ts_offset: word("ts_offset"),
        other,
    };
    let file = field("file").map(|(_, bytes)| bytes.clone());
    if store.object(&object_id).is_none() {
        let key = key(flow, &segment.timerange, &object_id);
        store.allocate(&object_id, flow, "video/mp2t", &key);
    }
    if let Some(object) = store.object(&object_id) {
        object.registered = true;
        object.bytes = file.or(object.bytes.take());
    }
    let told = Value::Object(read(&segment, flow, store));
    store
        .segments
        .entry(flow.to_owned())
        .or_default()
        .push(segment);
    Reply::json(201, &told)
}

/// The fields of a form (RFC 7578), by name.
fn form(request: &Request) -> Option<Vec<(String, Vec<u8>)>> {
    let kind = request.field("content-type")?;
    let boundary = kind
        .strip_prefix("multipart/form-data")?
        .split_once("boundary=")?
        .1
        .trim_matches('"');
    let mark = format!("--{boundary}");
    let mut fields = Vec::new();
    for part in split(&request.body, mark.as_bytes()).into_iter().skip(1) {
        // Before the mark stands a line's end; behind the last mark stand two hyphens.
        let part = part
            .strip_prefix(b"\r\n")
            .and_then(|part| part.strip_suffix(b"\r\n"));
        let Some(part) = part else { continue };
        let pieces = split(part, b"\r\n\r\n");
        let head = String::from_utf8_lossy(pieces[0]).into_owned();
        let content = part.get(pieces[0].len() + 4..)?.to_vec();
        let name = head.split("name=\"").nth(1)?.split('"').next()?;
        fields.push((name.to_owned(), content));
    }
    Some(fields)
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let Some(found) = rest.windows(at.len()).position(|window| window == at) {
        parts.push(&rest[..found]);
        rest = &rest[found + at.len()..];
    }
    parts.push(rest);
    parts
}

/// (2): a mock. Its addresses lead nowhere.
pub(super) fn storage(request: &Request, flow: &str, store: &mut Store) -> Reply {
    if store.flow(flow).is_none() {
        return refuse(404, "Flow not found");
    }
    let body = request.json().unwrap_or_default();
    let ids = body["object_ids"].as_array();
    let locations: Vec<Value> = ids
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|id| json!({ "object_id": id, "put_url": format!("http://example.com/upload/{id}") }))
        .collect();
    Reply::json(200, &json!({ "storage_locations": locations }))
}

pub(super) fn objects(method: &str, request: &Request, rest: &[&str], store: &mut Store) -> Reply {
    match (method, rest) {
        ("GET", [id]) => match store.object(id).cloned() {
            Some(object) => Reply::json(200, &read_object(&object, store)),
            None => refuse(404, "Object not found"),
        },
        ("POST", []) => {
            let body = request.json().unwrap_or_default();
            let Some(id) = body["object_id"].as_str() else {
                return refuse(400, "object_id is required");
            };
            store.allocate(id, "", "application/octet-stream", "");
            Reply::json(201, &json!({ "object_id": id, "flow_references": [] }))
        }
        ("DELETE", [id]) => {
            store.objects.retain(|object| object.id != *id);
            done(200, "Object deleted")
        }
        _ => refuse(404, "Not Found"),
    }
}

/// (3): it knows every flow that uses it.
fn read_object(object: &Object, store: &Store) -> Value {
    let mut references = Vec::new();
    for flow in store.flows_of_object(&object.id) {
        let segments = store.of_flow(&flow).iter();
        let of_it = segments.filter(|segment| segment.object_id == object.id);
        references.extend(
            of_it.map(|segment| json!({ "flow_id": flow, "timerange": segment.timerange })),
        );
    }
    json!({
        "object_id": object.id,
        "flow_references": references,
        "size": object.bytes.as_ref().map(Vec::len),
        "created": store.now_text().trim_end_matches('Z'),
        "last_accessed": null,
        "access_count": 0,
        "deleted": false,
        "deleted_at": null,
        "deleted_by": null,
    })
}
