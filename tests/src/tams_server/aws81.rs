//! The AWS implementation, API 8.1.
//!
//! That objects which were never uploaded answer "Access Denied" (its issue 7) is a manner of the
//! bucket. Listings with `limit` and `page` that answer 502 (its issue 23) are a fault to inject.

use serde_json::{Value, json};

use super::message::{Reply, Request};
use super::specified::Rules;
use super::store::{Object, Store};

/// What its gateway takes in one request, in bytes.
const LARGEST_BODY: usize = 10 << 20;

#[derive(Debug)]
pub(super) struct Aws81;

impl Rules for Aws81 {
    // AWS: both timeouts are 3600 seconds
    fn service(&self) -> Value {
        json!({
            "name": "TAMS on AWS",
            "type": "urn:x-tams:service.aws",
            "api_version": "8.1",
            "service_version": "6.2.0",
            "min_object_timeout": "3600:0",
            "min_presigned_url_timeout": "3600:0",
            "event_stream_mechanisms": [{ "name": "webhooks" }],
        })
    }

    // AWS: a page has 30, and at most 300
    fn page_sizes(&self) -> (usize, usize) {
        (30, 300)
    }

    // AWS: its issue 9
    fn tells_last_timerange(&self) -> bool {
        false
    }

    // AWS: the gateway's limit of 10 MB
    fn first(&self, request: &Request, _: &mut Store) -> Option<Reply> {
        let large = request.body.len() > LARGEST_BODY;
        large.then(|| Reply::json(413, &json!({ "message": "Request Too Long" })))
    }

    // AWS: a bare list, where the specification has an object
    fn partial_failure(&self, failed: Vec<Value>) -> Reply {
        Reply::json(200, &Value::Array(failed))
    }

    // AWS: only get_urls are refused for an object that is used again
    fn wrong_reuse(&self, segment: &Value, _: &Object) -> Option<String> {
        let given = segment.get("get_urls").is_some();
        given.then(|| "get_urls can't be given for an existing object".to_owned())
    }

    // AWS: 100 objects when nothing is asked for
    fn objects_allocated(&self) -> usize {
        100
    }

    // `role` became optional with 8.2
    fn wrong_flow(&self, flow: &Value) -> Option<String> {
        role_is_missing(flow)
    }
}

/// What servers before 8.2 say to a collection without roles (the specification's ADR 0056).
pub(super) fn role_is_missing(flow: &Value) -> Option<String> {
    let collection = flow["flow_collection"].as_array()?;
    let lacks = collection.iter().any(|item| item["role"].is_null());
    lacks.then(|| "flow_collection: role is required".to_owned())
}
