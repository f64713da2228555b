//! Eyevinn's tams-gateway, API 8.1. It was run and seen; what it does is written beside each method.

use serde_json::{Value, json};

use super::message::{Reply, Request};
use super::specified::{Part, Rules, route, segment};
use super::store::{Object, Properties, Segment, Store, object};

#[derive(Debug)]
pub(super) struct Eyevinn;

impl Rules for Eyevinn {
    fn service(&self) -> Value {
        json!({
            "name": "tams-gateway",
            "type": "urn:x-tams:service.gateway",
            "api_version": "8.1",
            "service_version": "0.3.0",
            "min_object_timeout": "3600:0",
            "min_presigned_url_timeout": "3600:0",
        })
    }

    // Eyevinn: no objects, and the service's name can't be set
    fn has(&self, part: Part) -> bool {
        part == Part::Webhooks
    }

    // Eyevinn: a target relative to the host
    fn link(&self, _: &str, target: &str, _: &str) -> String {
        format!("<{target}>; rel=\"next\"")
    }

    // Eyevinn: filters and `limit` of sources and flows are not looked at
    fn filters_lists(&self) -> bool {
        false
    }

    // as Fastify tells of errors
    fn error(&self, _: &Store, status: u16, summary: &str) -> Reply {
        let error = match status {
            400 => "Bad Request",
            403 => "Forbidden",
            404 => "Not Found",
            _ => "Error",
        };
        let body = json!({ "statusCode": status, "error": error, "message": summary });
        Reply::json(status, &body)
    }

    // Eyevinn: tags are strings only
    fn wrong_flow(&self, flow: &Value) -> Option<String> {
        let tags = flow["tags"].as_object()?;
        let (name, _) = tags.iter().find(|(_, value)| !value.is_string())?;
        Some(format!("body/tags/{name} must be string"))
    }

    // Eyevinn: ids of objects have a slash
    fn object_id(&self, store: &mut Store) -> String {
        format!("tams-media/{}", store.new_id())
    }

    // Eyevinn: these are not kept
    fn listed(&self, segment: &Segment) -> Properties {
        let mut json = segment.json();
        json.retain(|name, _| !["ts_offset", "last_duration"].contains(&name.as_str()));
        json
    }

    // Eyevinn: 202 for every deletion
    fn deletes_later(&self, _: usize) -> bool {
        true
    }

    fn first(&self, request: &Request, store: &mut Store) -> Option<Reply> {
        let typed = request.field("content-type");
        let refuse = |summary: &str, store: &Store| Some(self.error(store, 400, summary));
        // Eyevinn: a deletion that announces JSON and brings none
        if request.method == "DELETE"
            && request.body.is_empty()
            && typed.is_some_and(|kind| kind.starts_with("application/json"))
        {
            let summary = "Body cannot be empty when content-type is set to 'application/json'";
            return refuse(summary, store);
        }
        match (request.method.as_str(), &request.route()[..]) {
            ("GET", ["flows", _, "segments"]) => {
                // Eyevinn: the empty timerange is none
                if request.query("timerange") == Some("()") {
                    return refuse("querystring/timerange must match pattern", store);
                }
                Some(self.segments(request, store))
            }
            // Eyevinn: a flow never tells its timerange
            ("GET", ["flows", _]) if !request.query.is_empty() => {
                let mut plain = request.clone();
                plain.query.clear();
                Some(route(self, &plain, store))
            }
            ("POST", ["flows", id, "segments"]) => Some(register(request, id, store)),
            // Eyevinn: read_only keeps nobody from deleting
            ("DELETE", ["flows", id] | ["flows", id, "segments"]) => {
                let locked = store.flow(id)?.shift_remove("read_only");
                let reply = route(self, request, store);
                if let (Some(locked), Some(flow)) = (locked, store.flow(id)) {
                    flow.insert("read_only".to_owned(), locked);
                }
                Some(reply)
            }
            ("PUT", [.., "tags", _]) if !request.json()?.is_string() => {
                refuse("body must be string", store)
            }
            // Eyevinn: the list of requests has a document of the database's among them
            ("GET", ["flow-delete-requests"]) => {
                let mut all: Vec<Value> =
                    store.deletions.iter().cloned().map(Value::Object).collect();
                all.push(json!({ "language": "query", "views": {} }));
                Some(Reply::json(200, &Value::Array(all)))
            }
            _ => None,
        }
    }
}

impl Eyevinn {
    /// Eyevinn: `accept_get_urls`, `verbose_storage` and the like are not looked at, and URLs carry
    /// nothing but themselves.
    fn segments(&self, request: &Request, store: &mut Store) -> Reply {
        let mut plain = request.clone();
        let known = ["timerange", "object_id", "limit", "page", "reverse_order"];
        plain
            .query
            .retain(|(name, _)| known.contains(&name.as_str()));
        let mut reply = route(self, &plain, store);
        let Ok(mut body) = serde_json::from_slice::<Value>(&reply.body) else {
            return reply;
        };
        for segment in body.as_array_mut().into_iter().flatten() {
            if let Some(segment) = segment.as_object_mut() {
                segment.shift_remove("key_frame_count");
            }
            for url in segment
                .get_mut("get_urls")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                *url = json!({ "url": url["url"] });
            }
        }
        reply.body = body.to_string().into_bytes();
        reply
    }
}

/// Eyevinn: 201 for whatever comes, overlapping, of unknown objects, of unknown flows, of flows that
/// are read-only; offsets and durations are taken and dropped.
fn register(request: &Request, flow: &str, store: &mut Store) -> Reply {
    let list = match request.json() {
        Some(Value::Array(list)) => list,
        Some(one) => vec![one],
        None => return Reply::json(400, &json!({ "message": "body must be object" })),
    };
    for json in &list {
        let mut segment = segment(json);
        segment.ts_offset = None;
        segment.other = object(json!({}));
        if let Some(Object { registered, .. }) = store.object(&segment.object_id) {
            *registered = true;
        }
        store
            .segments
            .entry(flow.to_owned())
            .or_default()
            .push(segment);
    }
    let now = store.now_text();
    if let Some(flow) = store.flow(flow) {
        flow.insert("segments_updated".to_owned(), json!(now));
    }
    Reply::empty(201)
}
