//! `/sources`: implicit, listed, described.

use serde_json::{Value, json};

use super::{Rules, collected_by, properties};
use crate::tams_server::message::{Reply, Request};
use crate::tams_server::paging;
use crate::tams_server::store::{Properties, Store, text};

pub(super) fn answer(
    rules: &dyn Rules,
    request: &Request,
    rest: &[&str],
    store: &mut Store,
) -> Reply {
    match (request.method.as_str(), rest) {
        ("GET", []) => list(rules, request, store),
        ("GET", [id]) => match store.source(id).cloned() {
            Some(source) => Reply::json(200, &Value::Object(whole(source, store))),
            None => rules.error(store, 404, "no such source"),
        },
        (method, [id, rest @ ..]) => {
            let Some(mut source) = store.source(id).cloned() else {
                return rules.error(store, 404, "no such source");
            };
            let reply = match rest {
                ["tags" | "label" | "description", ..] => {
                    properties::answer(rules, request, rest, &mut source, store)
                }
                _ => None,
            };
            let Some(reply) = reply else {
                return rules.error(store, 404, "no such path");
            };
            if method != "GET" && reply.is_success() {
                source.insert("updated".to_owned(), json!(store.now_text()));
                if let Some(kept) = store.source(id) {
                    *kept = source;
                }
            }
            reply
        }
        _ => rules.error(store, 405, "sources are made by flows"),
    }
}

fn list(rules: &dyn Rules, request: &Request, store: &Store) -> Reply {
    let mut sources: Vec<Properties> = store.sources.clone();
    sources = sources
        .into_iter()
        .map(|source| whole(source, store))
        .collect();
    if !rules.filters_lists() {
        return Reply::json(200, &json!(sources));
    }
    sources.retain(|source| {
        properties::matches_filters(request, source, &["label", "format"], rules.has_8_2())
    });
    if rules.has_8_2() {
        let by = request.query("sort_by").unwrap_or("created");
        if !["created", "updated", "label"].contains(&by) {
            return rules.error(store, 400, "sort_by is wrong");
        }
        properties::sort(&mut sources, by, request.flag("reverse_order"));
    }
    let sources = sources.into_iter().map(Value::Object).collect();
    paging::list(rules, request, store, sources)
}

/// A source with what its flows' collections say about it.
fn whole(mut source: Properties, store: &Store) -> Properties {
    let id = text(&source, "id").to_owned();
    let source_of = |flow_id: &str| {
        let flow = store.flows.iter().find(|flow| text(flow, "id") == flow_id);
        flow.map(|flow| text(flow, "source_id").to_owned())
    };
    let mut members: Vec<Value> = Vec::new();
    let mut owners: Vec<String> = Vec::new();
    for flow in store
        .flows
        .iter()
        .filter(|flow| text(flow, "source_id") == id)
    {
        let collection = flow.get("flow_collection").and_then(Value::as_array);
        for member in collection.into_iter().flatten() {
            let member_source = member["id"].as_str().and_then(source_of);
            let item = member_source.map(|id| match &member["role"] {
                Value::Null => json!({ "id": id }),
                role => json!({ "id": id, "role": role }),
            });
            members.extend(item.filter(|item| !members.contains(item)));
        }
        for owner in collected_by(&store.flows, text(flow, "id")) {
            let owner = source_of(&owner);
            owners.extend(owner.filter(|owner| !owners.contains(owner)));
        }
    }
    if !members.is_empty() {
        source.insert("source_collection".to_owned(), json!(members));
    }
    if !owners.is_empty() {
        source.insert("collected_by".to_owned(), json!(owners));
    }
    source
}
