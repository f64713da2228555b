//! `/objects`: who uses an object, and where else it lies.

use serde_json::{Map, Value, json};

use super::Rules;
use super::segments::get_urls;
use crate::tams_server::message::{Reply, Request};
use crate::tams_server::paging::Page;
use crate::tams_server::schema;
use crate::tams_server::store::Store;

pub(super) fn answer(
    rules: &dyn Rules,
    request: &Request,
    rest: &[&str],
    store: &mut Store,
) -> Reply {
    let Some(id) = rest.first() else {
        return rules.error(store, 404, "no such path");
    };
    // One that is allocated and not registered is not there (GET_objects).
    let registered = store.object(id).is_some_and(|object| object.registered);
    if !registered {
        return rules.error(store, 404, "no such object");
    }
    match (request.method.as_str(), &rest[1..]) {
        ("GET", []) => get(rules, request, id, store),
        ("POST", ["instances"]) => add_instance(rules, request, id, store),
        ("DELETE", ["instances"]) => {
            let Some(label) = request.query("label").map(str::to_owned) else {
                return rules.error(store, 400, "the last controlled instance stays");
            };
            if let Some(object) = store.object(id) {
                object.elsewhere.retain(|(known, _)| *known != label);
            }
            Reply::empty(204)
        }
        _ => rules.error(store, 404, "no such path"),
    }
}

fn get(rules: &dyn Rules, request: &Request, id: &str, store: &mut Store) -> Reply {
    let flows = store.flows_of_object(id);
    let Some(object) = store.object(id).cloned() else {
        return rules.error(store, 404, "no such object");
    };
    let page = match Page::of(rules, request, store, flows, String::clone) {
        Ok(page) => page,
        Err(refusal) => return refusal,
    };
    let mut json = Map::new();
    json.insert("id".to_owned(), json!(id));
    json.insert("referenced_by_flows".to_owned(), json!(page.items));
    json.insert("first_referenced_by_flow".to_owned(), json!(object.flow_id));
    if let Some(timerange) = &object.timerange {
        json.insert("timerange".to_owned(), json!(timerange));
    }
    if let Some(count) = &object.key_frame_count {
        json.insert("key_frame_count".to_owned(), count.clone());
    }
    json.insert("get_urls".to_owned(), get_urls(request, &object, store));
    let reply = Reply::json(200, &Value::Object(json));
    page.told(rules, request, reply)
}

fn add_instance(rules: &dyn Rules, request: &Request, id: &str, store: &mut Store) -> Reply {
    let body = request.json().unwrap_or_default();
    if let Some(wrong) = schema::wrong("objects-instances-post", &body) {
        return rules.error(store, 400, &wrong);
    }
    let (Some(url), Some(label)) = (body["url"].as_str(), body["label"].as_str()) else {
        return rules.error(store, 400, "there is no other storage");
    };
    let instance = (label.to_owned(), url.to_owned());
    if let Some(object) = store.object(id) {
        object.elsewhere.push(instance);
    }
    Reply::empty(201)
}
