//! Amagi's OpenTAMS.

use serde_json::{Value, json};
use tests::http::Answer;
use tests::tams_server::Dialect;

use crate::{Api, FLOW, OBJECT, OTHER, flow, texts};

fn api() -> Api {
    Api::loaded(Dialect::OpenTams)
}

fn post(api: &Api, flow: &str, body: &Value, key: &str) -> Answer {
    let fields = [
        ("content-type", "application/json"),
        ("x-idempotency-key", key),
    ];
    let url = api.url(&format!("/flows/{flow}/segments"));
    api.client.post(&url, &fields, body.to_string())
}

#[test]
fn it_has_a_base_path_and_problems() {
    let api = api();
    assert!(api.server.url().ends_with("/tams/v1"));
    let bare = format!("{}/service", api.server.origin());
    assert_eq!(api.client.get(&bare, &[]).status, 404);
    assert_eq!(api.get("/service").json(200)["api_version"], "8.0");
    let problem = api.get(&format!("/flows/{OTHER}"));
    assert_eq!(
        problem.field("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(problem.json(404)["status"], 404);
}

#[test]
fn segments_need_a_key_and_come_once_with_it() {
    let api = api();
    api.upload(FLOW, OBJECT, b"x");
    let segment = json!({ "object_id": OBJECT, "timerange": "[20:0_22:0)" });
    assert_eq!(
        api.post(&format!("/flows/{FLOW}/segments"), &segment)
            .status,
        400
    );
    assert_eq!(post(&api, FLOW, &segment, "a").status, 201);
    assert_eq!(post(&api, FLOW, &segment, "a").status, 201);
    assert_eq!(api.server.segments(FLOW).len(), 4);
    assert_eq!(post(&api, FLOW, &segment, "b").status, 422);
}

#[test]
fn an_overlap_refuses_the_whole_batch() {
    let api = api();
    api.upload(FLOW, OBJECT, b"x");
    let fine = json!({ "object_id": OBJECT, "timerange": "[20:0_22:0)" });
    let over = json!({ "object_id": OBJECT, "timerange": "[3:0_5:0)" });
    assert_eq!(post(&api, FLOW, &json!([fine, over]), "a").status, 422);
    assert_eq!(api.server.segments(FLOW).len(), 3);
}

#[test]
fn an_unknown_flow_is_not_found() {
    let api = api();
    assert_eq!(api.get(&format!("/flows/{OTHER}/segments")).status, 404);
    let segment = json!({ "object_id": OBJECT, "timerange": "[20:0_22:0)" });
    assert_eq!(post(&api, OTHER, &segment, "a").status, 404);
}

#[test]
fn the_next_page_is_in_a_parameter() {
    let api = api();
    let path = format!("/flows/{FLOW}/segments?limit=2");
    let first = api.get(&path);
    let key = first.field("x-paging-nextkey").unwrap();
    let link = format!("<>; rel=\"next\"; key=\"{key}\"");
    assert_eq!(first.field("link"), Some(&*link));
    let rest = api.get(&format!("{path}&page={key}")).json(200);
    assert_eq!(texts(&rest, "/timerange"), ["[10:0_12:0)"]);
}

#[test]
fn storage_goes_by_the_codec() {
    let api = api();
    let path = format!("/flows/{FLOW}/storage");
    let located = api.post(&path, &json!({ "limit": 1 })).json(201);
    let put = &located["media_objects"][0]["put_url"];
    assert_eq!(put["content-type"], "video/h264");
}

#[test]
fn parts_are_missing() {
    let api = api();
    let object = &api.server.objects()[0].id;
    assert_eq!(api.get(&format!("/objects/{object}")).status, 404);
    assert_eq!(api.get("/service/webhooks").status, 404);
    assert_eq!(api.get("/service/profiles").status, 404);
    assert_eq!(api.post("/service", &json!({})).status, 404);
    assert_eq!(
        api.put(&format!("/flows/{OTHER}"), &flow(OTHER)).status,
        201
    );
    assert_eq!(api.delete(&format!("/flows/{OTHER}")).status, 204);
    assert_eq!(api.get("/flow-delete-requests").json(200), json!([]));
}
