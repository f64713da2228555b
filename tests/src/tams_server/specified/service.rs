//! `/service` and what lies below it.

use serde_json::{Value, json};

use super::{Part, Rules};
use crate::tams_server::message::{Reply, Request};
use crate::tams_server::paging;
use crate::tams_server::schema;
use crate::tams_server::store::{Store, object, text};

/// The one storage backend.
pub(super) const STORAGE: &str = "4f6b1a52-3c0e-4d4a-9a8a-2f1f1d6f7a01";

/// How the URLs of it are labelled.
pub(super) const LABEL: &str = "main";

/// The storage backend's properties, its id and name aside.
pub(super) fn storage() -> Value {
    json!({
        "store_type": "http_object_store",
        "provider": "test",
        "region": "here",
        "store_product": "memory",
    })
}

pub(super) fn answer(
    rules: &dyn Rules,
    request: &Request,
    rest: &[&str],
    store: &mut Store,
) -> Reply {
    match (request.method.as_str(), rest) {
        ("GET", []) => Reply::json(200, &rules.service()),
        ("POST", []) if rules.has(Part::SetService) => Reply::empty(200),
        ("GET", ["storage-backends"]) => {
            let mut backend = object(storage());
            backend.insert("id".to_owned(), json!(STORAGE));
            backend.insert("label".to_owned(), json!(LABEL));
            backend.insert("default_storage".to_owned(), json!(true));
            paging::list(rules, request, store, vec![Value::Object(backend)])
        }
        (_, ["webhooks", rest @ ..]) if rules.has(Part::Webhooks) => {
            webhooks(rules, request, rest, store)
        }
        (_, ["profiles", rest @ ..]) if rules.has_8_2() => profiles(rules, request, rest, store),
        _ => rules.error(store, 404, "no such path"),
    }
}

/// Keeps them and tells nobody: a program on a desk has no address to be told at.
fn webhooks(rules: &dyn Rules, request: &Request, rest: &[&str], store: &mut Store) -> Reply {
    let body = object(request.json().unwrap_or_default());
    match (request.method.as_str(), rest) {
        ("GET", []) => {
            let all = store.webhooks.iter().cloned().map(Value::Object).collect();
            paging::list(rules, request, store, all)
        }
        ("POST", []) => {
            if text(&body, "url").is_empty() || !body.contains_key("events") {
                return rules.error(store, 400, "url and events are required");
            }
            let mut hook = body;
            hook.remove("api_key_value");
            hook.insert("id".to_owned(), json!(store.new_id()));
            hook.insert("status".to_owned(), json!("created"));
            store.webhooks.push(hook.clone());
            Reply::json(201, &Value::Object(hook))
        }
        (method, [id]) => {
            let found = store
                .webhooks
                .iter()
                .position(|hook| text(hook, "id") == *id);
            match (method, found) {
                ("GET", Some(index)) => {
                    Reply::json(200, &Value::Object(store.webhooks[index].clone()))
                }
                ("DELETE", Some(index)) => {
                    store.webhooks.remove(index);
                    Reply::empty(204)
                }
                _ => rules.error(store, 404, "no such webhook"),
            }
        }
        _ => rules.error(store, 404, "no such path"),
    }
}

/// Made once by POST with an id of the client's, and never changed (8.2).
fn profiles(rules: &dyn Rules, request: &Request, rest: &[&str], store: &mut Store) -> Reply {
    let found = |store: &Store, id: &str| {
        let found = store
            .profiles
            .iter()
            .find(|profile| text(profile, "id") == id);
        found.cloned().map(Value::Object)
    };
    match (request.method.as_str(), rest) {
        ("GET", []) => {
            let all = store.profiles.iter().cloned().map(Value::Object).collect();
            paging::list(rules, request, store, all)
        }
        ("GET", [id]) => match found(store, id) {
            Some(profile) => Reply::json(200, &profile),
            None => rules.error(store, 404, "no such profile"),
        },
        ("POST", [id]) => {
            let body = request.json().unwrap_or_default();
            let wrong = schema::wrong("profile", &body)
                .or_else(|| (body["id"] != **id).then(|| "the ids differ".to_owned()))
                .or_else(|| found(store, id).map(|_| "the profile exists".to_owned()));
            if let Some(wrong) = wrong {
                return rules.error(store, 400, &wrong);
            }
            let mut profile = object(body);
            profile.insert("created".to_owned(), json!(store.now_text()));
            store.profiles.push(profile.clone());
            Reply::json(201, &Value::Object(profile))
        }
        _ => rules.error(store, 404, "no such path"),
    }
}
