//! `GET /flows/{id}/segments`, and the URLs of objects.

use serde_json::{Value, json};

use super::Rules;
use super::service::{LABEL, STORAGE, storage};
use crate::tams_server::message::{Reply, Request};
use crate::tams_server::paging::Page;
use crate::tams_server::store::{Object, Properties, Segment, Store, object};
use crate::tams_server::time::Span;

pub(super) fn list(rules: &dyn Rules, request: &Request, flow: &str, store: &mut Store) -> Reply {
    if store.flow(flow).is_none()
        && let Some(status) = rules.unknown_flow()
    {
        return rules.error(store, status, "no such flow");
    }
    let Some(within) = Span::parse(request.query("timerange").unwrap_or("_")) else {
        return rules.error(store, 400, "timerange is wrong");
    };
    let mut segments: Vec<&Segment> = store
        .of_flow(flow)
        .iter()
        .filter(|segment| segment.span().is_none_or(|span| span.overlaps(within)))
        .filter(|segment| {
            let wanted = request.query("object_id");
            wanted.is_none_or(|wanted| wanted == segment.object_id)
        })
        .collect();
    segments.sort_by_cached_key(|segment| segment.span().map(|span| (span.first, span.last)));
    let reversed = request.flag("reverse_order");
    if reversed {
        segments.reverse();
    }
    let key = |segment: &&Segment| format!("{} {}", segment.timerange, segment.object_id);
    let page = match Page::of(rules, request, store, segments, key) {
        Ok(page) => page,
        Err(refusal) => return refusal,
    };
    let body: Vec<Value> = page
        .items
        .iter()
        .map(|segment| Value::Object(listed(rules, request, segment, store)))
        .collect();
    let extent = page
        .items
        .iter()
        .filter_map(|segment| segment.span())
        .fold(Span::NEVER, Span::hull);
    let reply = Reply::json(200, &Value::Array(body));
    let mut reply = page
        .told(rules, request, reply)
        .with("x-paging-count", page.items.len().to_string())
        .with("x-paging-reverse-order", reversed.to_string());
    if page.goes_on() || rules.tells_last_timerange() {
        reply = reply.with("x-paging-timerange", extent.text());
    }
    reply
}

fn listed(rules: &dyn Rules, request: &Request, segment: &Segment, store: &Store) -> Properties {
    let mut json = rules.listed(segment);
    let object = store
        .objects
        .iter()
        .find(|object| object.id == segment.object_id);
    let Some(object) = object else {
        return json;
    };
    if request.flag("include_object_timerange") {
        let timerange = object.timerange.as_ref();
        json.extend(timerange.map(|text| ("object_timerange".to_owned(), json!(text))));
    }
    if let Some(count) = &object.key_frame_count {
        json.insert("key_frame_count".to_owned(), count.clone());
    }
    json.insert("get_urls".to_owned(), get_urls(request, object, store));
    json
}

/// The URLs that a query wants of an object: all of `accept_get_urls`, `accept_storage_ids`,
/// `presigned` and the storage's tags must fit.
pub(super) fn get_urls(request: &Request, wanted: &Object, store: &Store) -> Value {
    let mut urls: Vec<Properties> = Vec::new();
    let mut main = object(storage());
    main.extend(object(json!({
        "storage_id": STORAGE,
        "url": store.presign("GET", &wanted.key, &wanted.content_type),
        "presigned": true,
        "label": LABEL,
        "controlled": true,
    })));
    if !wanted.key.is_empty() {
        urls.push(main);
    }
    for (label, url) in &wanted.elsewhere {
        let json = json!({ "url": url, "presigned": false, "label": label, "controlled": false });
        urls.push(object(json));
    }
    let among = |name: &str, property: &str, url: &Properties| {
        request.query(name).is_none_or(|list| {
            let value = url.get(property).and_then(Value::as_str);
            value.is_some_and(|value| list.split(',').any(|wanted| wanted == value))
        })
    };
    urls.retain(|url| {
        let by_storage = request.query("accept_storage_ids") == Some("")
            || among("accept_storage_ids", "storage_id", url);
        let presigned = request.query("presigned").map(|text| json!(text == "true"));
        let by_tag = !request.query.iter().any(|(name, wanted)| {
            let exists = name.starts_with("storage_backend_tag_exists.") && wanted == "true";
            // The one backend has no tags.
            exists || name.starts_with("storage_backend_tag.")
        });
        among("accept_get_urls", "label", url)
            && by_storage
            && presigned.is_none_or(|wanted| url.get("presigned") == Some(&wanted))
            && by_tag
    });
    if !request.flag("verbose_storage") {
        for url in &mut urls {
            url.retain(|name, _| ["url", "presigned", "label"].contains(&name.as_str()));
        }
    }
    json!(urls)
}
