//! Eyevinn's tams-gateway.

use serde_json::{Value, json};
use tests::tams_server::{AddMedia, Auth, Dialect};

use crate::{Api, FLOW, OTHER, SOURCE, flow, texts};

fn api() -> Api {
    Api::loaded(Dialect::Eyevinn)
}

#[test]
fn a_put_flow_is_echoed_and_tags_are_strings() {
    let api = api();
    let path = format!("/flows/{OTHER}");
    let made = api.put(&path, &flow(OTHER)).json(201);
    assert_eq!(made["label"], "made");
    let mut tagged = flow(OTHER);
    tagged["tags"] = json!({ "l": ["a"] });
    let refused = api.put(&path, &tagged).json(400);
    assert_eq!(refused["message"], "body/tags/l must be string");
    let tag = format!("{path}/tags/l");
    assert_eq!(api.put(&tag, &json!(["a"])).status, 400);
    assert_eq!(api.put(&tag, &json!("a")).status, 204);
}

#[test]
fn segments_are_never_refused_and_lose_their_offset() {
    let api = api();
    let body = json!([
        { "object_id": "unknown", "timerange": "[0:0_2:0)", "ts_offset": "1:0", "last_duration": "0:1",
          "key_frame_count": 1 },
        { "object_id": "unknown", "timerange": "[1:0_3:0)" },
    ]);
    for flow in [FLOW, OTHER] {
        let answer = api.post(&format!("/flows/{flow}/segments"), &body);
        assert_eq!((answer.status, answer.body.len()), (201, 0), "{flow}");
    }
    let listed = api.get(&format!("/flows/{OTHER}/segments")).json(200);
    for name in ["ts_offset", "last_duration", "key_frame_count"] {
        assert_eq!(listed[0].get(name), None, "{name}");
    }
    // What was loaded with an offset doesn't tell it either.
    assert!(
        api.segments()
            .as_array()
            .unwrap()
            .iter()
            .all(|s| s["ts_offset"].is_null())
    );
}

#[test]
fn queries_are_mostly_not_looked_at() {
    let api = api();
    api.server
        .add_media(AddMedia::video(SOURCE, OTHER, "other"));
    let flows = api.get("/flows?limit=1&label=other&format=urn:x-nmos:format:audio");
    assert_eq!(flows.json(200).as_array().unwrap().len(), 2);
    assert_eq!(flows.field("link"), None);
    let flow = api
        .get(&format!("/flows/{FLOW}?include_timerange=true"))
        .json(200);
    assert_eq!(flow.get("timerange"), None);
    let path = format!("/flows/{FLOW}/segments");
    let query = "accept_get_urls=&include_object_timerange=true&verbose_storage=true";
    let segments = api.get(&format!("{path}?{query}")).json(200);
    assert_eq!(segments[0].get("object_timerange"), None);
    let url = segments[0]["get_urls"][0].as_object().unwrap();
    assert_eq!(url.keys().collect::<Vec<_>>(), ["url"]);
    assert_eq!(api.get(&format!("{path}?timerange=()")).status, 400);
    let one = api.get(&format!("{path}?timerange=[2:0_4:0)")).json(200);
    assert_eq!(texts(&one, "/timerange"), ["[2:0_4:0)"]);
}

#[test]
fn ids_of_objects_have_a_slash() {
    let api = api();
    let path = format!("/flows/{FLOW}/storage");
    let located = api.post(&path, &json!({ "limit": 1 })).json(201);
    let id = located["media_objects"][0]["object_id"].as_str().unwrap();
    assert!(id.starts_with("tams-media/"), "{id}");
    let segments = api.segments();
    let url = segments[0]["get_urls"][0]["url"].as_str().unwrap();
    assert_eq!(api.client.get(url, &[]).text(), "first");
    assert_eq!(api.get("/objects/tams-media%2Fx").status, 404);
}

#[test]
fn the_next_page_is_relative_to_the_host() {
    let api = api();
    let path = format!("/flows/{FLOW}/segments?limit=2");
    let first = api.get(&path);
    let link = first.field("link").unwrap();
    let start = format!("<{path}&page=");
    assert!(
        link.starts_with(&start) && link.ends_with(">; rel=\"next\""),
        "{link}"
    );
    let next = link[1..].split('>').next().unwrap();
    let rest = api.get(next).json(200);
    assert_eq!(texts(&rest, "/timerange"), ["[10:0_12:0)"]);
}

#[test]
fn a_deletion_must_not_announce_json() {
    let api = api();
    let path = format!("/flows/{FLOW}");
    let typed = [("content-type", "application/json")];
    assert_eq!(api.ask("DELETE", &path, &typed, b"").status, 400);
    assert_eq!(api.delete(&path).status, 202);
}

#[test]
fn read_only_keeps_off_metadata_alone() {
    let api = api();
    let path = format!("/flows/{FLOW}");
    assert_eq!(
        api.put(&format!("{path}/read_only"), &json!(true)).status,
        204
    );
    assert_eq!(api.put(&format!("{path}/label"), &json!("x")).status, 403);
    let segment = json!({ "object_id": "o", "timerange": "[20:0_22:0)" });
    assert_eq!(api.post(&format!("{path}/segments"), &segment).status, 201);
    assert_eq!(api.delete(&path).status, 202);
    assert!(api.server.flows().is_empty());
}

#[test]
fn requests_to_delete_have_a_stranger_among_them() {
    let api = api();
    api.delete(&format!("/flows/{FLOW}"));
    let listed = api.get("/flow-delete-requests").json(200);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let stranger: Vec<&Value> = listed
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item.get("id").is_none())
        .collect();
    assert_eq!(stranger, [&json!({ "language": "query", "views": {} })]);
}

#[test]
fn a_token_that_never_changes_lets_in() {
    let api = Api::with(Dialect::Eyevinn, vec![Auth::Bearer("API_TOKEN".to_owned())]);
    assert_eq!(api.get("/flows").status, 401);
    let fields = [("authorization", "Bearer API_TOKEN")];
    assert_eq!(api.client.get(&api.url("/flows"), &fields).status, 200);
}
