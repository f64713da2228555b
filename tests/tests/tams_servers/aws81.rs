//! The AWS implementation.

use serde_json::{Value, json};
use tests::tams::Schema;
use tests::tams_server::{AddMedia, Dialect};

use crate::{Api, FLOW, OBJECT, OTHER, SOURCE, flow};

fn api() -> Api {
    Api::loaded(Dialect::Aws81)
}

fn segment(object: &str, timerange: &str) -> Value {
    json!({ "object_id": object, "timerange": timerange })
}

#[test]
fn it_answers_as_the_schemas_say() {
    let api = api();
    let service = api.get("/service").json(200);
    Schema::named("service").assert_valid(&service);
    assert_eq!(service["api_version"], "8.1");
    Schema::named("source").assert_all_valid(&api.get("/sources").json(200));
    Schema::named("flow-get").assert_all_valid(&api.get("/flows").json(200));
    Schema::named("flow-segment").assert_all_valid(&api.segments());
    let error = api.get("/flows/none").json(404);
    Schema::named("error").assert_valid(&error);
}

#[test]
fn a_page_has_30_and_at_most_300() {
    let api = api();
    let media = AddMedia::video(SOURCE, OTHER, "many");
    let media = (0..310).fold(media, |media, n| {
        media.segment("x", &format!("[{n}:0_{}:0)", n + 1), None)
    });
    api.server.add_media(media);
    let path = format!("/flows/{OTHER}/segments");
    let usual = api.get(&path);
    assert_eq!(usual.field("x-paging-limit"), Some("30"));
    assert_eq!(usual.json(200).as_array().unwrap().len(), 30);
    assert_eq!(usual.field("x-paging-timerange"), Some("[0:0_30:0)"));
    let most = api.get(&format!("{path}?limit=1000"));
    assert_eq!(most.field("x-paging-limit"), Some("300"));
    // The last page lacks its timerange.
    let key = most.field("x-paging-nextkey").unwrap();
    let last = api.get(&format!("{path}?limit=1000&page={key}"));
    assert_eq!(last.json(200).as_array().unwrap().len(), 10);
    assert_eq!(last.field("x-paging-timerange"), None);
    assert_eq!(last.field("link"), None);
}

#[test]
fn storage_gives_100_when_nothing_is_asked_for() {
    let api = api();
    let path = format!("/flows/{FLOW}/storage");
    let located = api.post(&path, &json!({})).json(201);
    Schema::named("flow-storage").assert_valid(&located);
    assert_eq!(located["media_objects"].as_array().unwrap().len(), 100);
}

#[test]
fn partial_failure_is_a_bare_list() {
    let api = api();
    api.upload(FLOW, OBJECT, b"x");
    let path = format!("/flows/{FLOW}/segments");
    let both = json!([segment(OBJECT, "[20:0_22:0)"), segment(OBJECT, "[0:0_1:0)")]);
    let failed = api.post(&path, &both).json(200);
    assert_eq!(failed.as_array().unwrap().len(), 1);
    assert_eq!(failed[0]["timerange"], "[0:0_1:0)");
    assert_eq!(api.server.segments(FLOW).len(), 4);
}

#[test]
fn what_segments_it_refuses() {
    let api = api();
    let path = format!("/flows/{FLOW}/segments");
    let refused = |body: Value| api.post(&path, &body).status;
    let known = api.server.objects()[0].id.clone();
    assert_eq!(refused(segment(&known, "[1:0_3:0)")), 400, "an overlap");
    assert_eq!(
        refused(segment(OBJECT, "[20:0_22:0)")),
        400,
        "an unknown object"
    );
    let urls = json!([{ "label": "l", "url": "http://elsewhere.invalid/a" }]);
    let mut again = segment(&known, "[20:0_22:0)");
    again["get_urls"] = urls.clone();
    assert_eq!(refused(again), 400, "URLs for an object that is used again");
    assert_eq!(
        api.put(&format!("/flows/{OTHER}"), &flow(OTHER)).status,
        201
    );
    api.upload(OTHER, OBJECT, b"x");
    assert_eq!(
        refused(segment(OBJECT, "[20:0_22:0)")),
        400,
        "another flow's object"
    );
    let mut outside = segment("elsewhere", "[20:0_22:0)");
    outside["get_urls"] = urls;
    assert_eq!(refused(outside), 201);
}

#[test]
fn an_object_that_was_never_uploaded_is_forbidden() {
    let api = api();
    let path = format!("/flows/{FLOW}/storage");
    api.post(&path, &json!({ "object_ids": [OBJECT] }))
        .json(201);
    let posted = segment(OBJECT, "[20:0_22:0)");
    assert_eq!(
        api.post(&format!("/flows/{FLOW}/segments"), &posted).status,
        201
    );
    let segments = api.segments();
    let url = segments[3]["get_urls"][0]["url"].as_str().unwrap();
    let answer = api.client.get(url, &[]);
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("Access Denied"));
}

#[test]
fn its_gateway_takes_10_mb() {
    let api = api();
    let large = json!([{ "object_id": "x".repeat(10 << 20), "timerange": "_" }]);
    let path = format!("/flows/{FLOW}/segments");
    assert_eq!(api.post(&path, &large).status, 413);
}

#[test]
fn it_has_nothing_of_8_2() {
    let api = api();
    assert_eq!(api.get("/service/profiles").status, 404);
    let mut collecting = flow(OTHER);
    collecting["flow_collection"] = json!([{ "id": FLOW }]);
    let path = format!("/flows/{OTHER}");
    assert_eq!(api.put(&path, &collecting).status, 400);
    collecting["flow_collection"] = json!([{ "id": FLOW, "role": "video" }]);
    assert_eq!(api.put(&path, &collecting).status, 201);
    let flows = api.get("/flows?collected_by_ids=").json(200);
    assert_eq!(
        flows.as_array().unwrap().len(),
        2,
        "the filter is not known"
    );
}
