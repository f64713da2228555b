//! What sources and flows have in common: single properties with paths of their own, tags, filters
//! and order.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::Rules;
use crate::tams_server::message::{Reply, Request};
use crate::tams_server::store::{Properties, Store, text};

/// Answers `/…/{id}/{name}` and `/…/{id}/tags/{name}` of `item`; nothing when that is no property.
pub(super) fn answer(
    rules: &dyn Rules,
    request: &Request,
    rest: &[&str],
    item: &mut Properties,
    store: &Store,
) -> Option<Reply> {
    let method = request.method.as_str();
    let refuse = |status, summary| Some(rules.error(store, status, summary));
    match rest {
        ["tags"] if method == "GET" => {
            let tags = item.get("tags").cloned().unwrap_or_else(|| json!({}));
            Some(Reply::json(200, &tags))
        }
        ["tags", name] => {
            let is_right = |value: &Value| {
                value.is_string()
                    || value
                        .as_array()
                        .is_some_and(|list| list.iter().all(Value::is_string))
            };
            let tags = item.entry("tags").or_insert_with(|| json!({}));
            match method {
                "GET" => match tags.get(name) {
                    Some(value) => Some(Reply::json(200, value)),
                    None => refuse(404, "no such tag"),
                },
                "PUT" => match request.json().filter(is_right) {
                    Some(value) => {
                        tags[*name] = value;
                        Some(Reply::empty(204))
                    }
                    None => refuse(400, "a tag is a string or an array of strings"),
                },
                "DELETE" => {
                    if let Some(tags) = tags.as_object_mut() {
                        tags.shift_remove(*name);
                    }
                    Some(Reply::empty(204))
                }
                _ => refuse(405, "not allowed"),
            }
        }
        [
            name @ ("label" | "description" | "read_only" | "flow_collection" | "max_bit_rate"
            | "avg_bit_rate"),
        ] => {
            let is_right = |value: &Value| match *name {
                "label" | "description" => value.is_string(),
                "read_only" => value.is_boolean(),
                "flow_collection" => value.is_array(),
                _ => value.is_u64(),
            };
            match method {
                "GET" => match item.get(*name) {
                    Some(value) => Some(Reply::json(200, value)),
                    None if *name == "read_only" => Some(Reply::json(200, &json!(false))),
                    None => refuse(404, "it isn't set"),
                },
                "PUT" => match request.json().filter(is_right) {
                    Some(value) => {
                        item.insert((*name).to_owned(), value);
                        Some(Reply::empty(204))
                    }
                    None => refuse(400, "that is no such property's value"),
                },
                "DELETE" if *name != "read_only" => {
                    item.shift_remove(*name);
                    Some(Reply::empty(204))
                }
                _ => refuse(405, "not allowed"),
            }
        }
        _ => None,
    }
}

/// Whether a thing is asked for, by the properties that the query names, by tags, and, when the
/// server is of 8.2, by what collects it.
pub(in crate::tams_server) fn matches_filters(
    request: &Request,
    item: &Properties,
    names: &[&str],
    knows_collections: bool,
) -> bool {
    request.query.iter().all(|(name, wanted)| {
        if names.contains(&name.as_str()) {
            return text(item, name) == wanted;
        }
        if let Some(tag) = name.strip_prefix("tag.") {
            return tag_matches(item, tag, wanted);
        }
        if let Some(tag) = name.strip_prefix("tag_exists.") {
            let there = item.get("tags").is_some_and(|tags| tags.get(tag).is_some());
            return there == wanted.eq_ignore_ascii_case("true");
        }
        if name == "collected_by_ids" && knows_collections {
            let by = item.get("collected_by").and_then(Value::as_array);
            let by: Vec<&str> = by.into_iter().flatten().filter_map(Value::as_str).collect();
            return match wanted.as_str() {
                "" => by.is_empty(),
                wanted => wanted.split(',').any(|id| by.contains(&id)),
            };
        }
        true
    })
}

/// Whether a tag has one of the values in a list with commas.
fn tag_matches(item: &Properties, tag: &str, wanted: &str) -> bool {
    let value = item.get("tags").and_then(|tags| tags.get(tag));
    let is_wanted = |value: &Value| wanted.split(',').any(|wanted| value == wanted);
    match value {
        Some(Value::Array(values)) => values.iter().any(is_wanted),
        Some(value) => is_wanted(value),
        None => false,
    }
}

/// Puts a list in the order asked for: times with the latest first, labels by the alphabet, and what
/// lacks the property behind, by its id.
pub(super) fn sort(items: &mut [Properties], by: &str, reversed: bool) {
    items.sort_by(|a, b| {
        let order = match (text(a, by), text(b, by)) {
            ("", "") => text(a, "id").cmp(text(b, "id")),
            ("", _) => Ordering::Greater,
            (_, "") => Ordering::Less,
            (a, b) if by == "label" => a.cmp(b),
            (a, b) => b.cmp(a),
        };
        if reversed { order.reverse() } else { order }
    });
}

/// The ids of the things that collect `id`, given what each collects.
pub(in crate::tams_server) fn collected_by(all: &[Properties], id: &str) -> Vec<String> {
    let collects = |item: &&Properties| {
        let members = item.get("flow_collection").and_then(Value::as_array);
        members
            .into_iter()
            .flatten()
            .any(|member| member["id"] == *id || *member == *id)
    };
    let found = all.iter().filter(collects);
    found.map(|item| text(item, "id").to_owned()).collect()
}
