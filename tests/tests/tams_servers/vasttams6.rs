//! vasttams 6.0p4, by the numbers of its list.

use serde_json::{Value, json};
use tests::http::Answer;
use tests::tams_server::{AddMedia, Dialect, ask};

use crate::{Api, FLOW, OBJECT, OTHER, SOURCE, parts, texts};

fn api() -> Api {
    Api::loaded(Dialect::Vasttams6)
}

fn flat(id: &str) -> Value {
    json!({
        "id": id, "source_id": SOURCE, "format": "urn:x-nmos:format:video", "codec": "video/h264",
        "frame_width": 1280, "frame_height": 720, "frame_rate": "25/1",
        "essence_parameters": { "frame_width": 1 },
    })
}

/// Posts a form with `segment_data` and, if there are bytes, `file`.
fn post_form(api: &Api, flow: &str, data: &Value, file: Option<&str>) -> Answer {
    let mut body =
        format!("--xyz\r\nContent-Disposition: form-data; name=\"segment_data\"\r\n\r\n{data}\r\n");
    if let Some(bytes) = file {
        body += &format!(
            "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.ts\"\r\n\
             Content-Type: video/mp2t\r\n\r\n{bytes}\r\n"
        );
    }
    body += "--xyz--\r\n";
    let typed = [("content-type", "multipart/form-data; boundary=xyz")];
    let url = api.url(&format!("/flows/{flow}/segments"));
    api.client.post(&url, &typed, body)
}

#[test]
fn n1_segments_come_by_form_only() {
    let api = api();
    let data = json!({ "object_id": OBJECT, "timerange": "[20:0_22:0)", "ts_offset": "20:0" });
    let path = format!("/flows/{FLOW}/segments");
    let refused = api.post(&path, &data).json(400);
    let told = "Either segment JSON or file upload with segment data is required";
    assert_eq!(refused["detail"], told);
    assert_eq!(post_form(&api, FLOW, &json!([data]), None).status, 400);
    let made = post_form(&api, FLOW, &data, Some("line\r\n\r\nline")).json(201);
    assert_eq!(made["ts_offset"], "20:0");
    assert_eq!(api.server.segments(FLOW).len(), 4);
    let objects = api.server.objects();
    assert_eq!(objects[3].bytes.as_deref(), Some(&b"line\r\n\r\nline"[..]));
    let url = made["get_urls"][0]["url"].as_str().unwrap();
    assert_eq!(api.client.get(url, &[]).text(), "line\r\n\r\nline");
}

#[test]
fn n2_storage_is_a_mock() {
    let api = api();
    let path = format!("/flows/{FLOW}/storage");
    let none = api.post(&path, &json!({ "limit": 2 })).json(200);
    assert_eq!(none, json!({ "storage_locations": [] }));
    let mock = api
        .post(&path, &json!({ "object_ids": [OBJECT] }))
        .json(200);
    let url = &mock["storage_locations"][0]["put_url"];
    assert_eq!(*url, format!("http://example.com/upload/{OBJECT}"));
}

#[test]
fn n3_an_object_used_by_another_flow_has_no_urls_there() {
    let api = api();
    let object = api.server.objects()[0].id.clone();
    assert_eq!(api.post("/flows", &flat(OTHER)).status, 201);
    let data = json!({ "object_id": object, "timerange": "[0:0_2:0)", "ts_offset": "-2:0" });
    assert_eq!(post_form(&api, OTHER, &data, None).status, 201);
    let there = api.get(&format!("/flows/{OTHER}/segments")).json(200);
    assert_eq!(there[0]["get_urls"], json!([]));
    let record = api.get(&format!("/objects/{object}")).json(200);
    let flows = texts(&record["flow_references"], "/flow_id");
    assert_eq!(flows, [FLOW, OTHER]);
}

#[test]
fn n4_flows_are_flat_and_made_by_post() {
    let api = Api::start(Dialect::Vasttams6);
    assert_eq!(api.put(&format!("/flows/{FLOW}"), &flat(FLOW)).status, 404);
    let made = api.post("/flows", &flat(FLOW)).json(201);
    assert_eq!(made["frame_rate"], "25/1");
    assert_eq!(made.get("essence_parameters"), None);
    // No source comes with it.
    assert_eq!(api.get(&format!("/sources/{SOURCE}")).status, 404);
    let source = json!({ "id": SOURCE, "format": "urn:x-nmos:format:video" });
    assert_eq!(api.post("/sources", &source).status, 201);
    assert_eq!(api.get(&format!("/sources/{SOURCE}")).status, 200);
    assert_eq!(api.put(&format!("/flows/{FLOW}"), &flat(FLOW)).status, 200);
    // Version 5 is refused, a rate that isn't text too, and collections are bare ids.
    let fifth = "5d1c0e5a-8f0c-5a57-9b0e-0d6a1f0c1a02";
    assert_eq!(api.post("/flows", &flat(fifth)).status, 422);
    let mut flow = flat(OTHER);
    flow["frame_rate"] = json!({ "numerator": 25 });
    assert_eq!(api.post("/flows", &flow).status, 422);
    let mut flow = flat(OTHER);
    flow["flow_collection"] = json!([{ "id": FLOW }]);
    assert_eq!(api.post("/flows", &flow).status, 422);
    flow["flow_collection"] = json!([FLOW]);
    let made = api.post("/flows", &flow).json(201);
    assert_eq!(made["flow_collection"], json!([FLOW]));
}

#[test]
fn n5_lists_are_enveloped_and_cut_in_silence() {
    let api = api();
    api.server
        .add_media(AddMedia::video(SOURCE, OTHER, "other"));
    let all = api.get("/flows").json(200);
    assert_eq!(all["data"].as_array().unwrap().len(), 2);
    assert_eq!(all.get("paging"), Some(&Value::Null));
    let cut = api.get("/flows?limit=1");
    assert_eq!(cut.json(200)["data"].as_array().unwrap().len(), 1);
    assert_eq!(cut.field("link"), None);
    let requests = api.get("/flow-delete-requests").json(200);
    assert_eq!(requests, json!({ "data": { "requests": [] } }));
    let segments = api
        .get(&format!("/flows/{FLOW}/segments?limit=1"))
        .json(200);
    let timeranges = texts(&segments, "/timerange");
    assert_eq!(timeranges, ["[2:0_4:0)", "[0:0_2:0)", "[10:0_12:0)"]);
}

#[test]
fn n6_the_second_url_is_for_head_only() {
    let api = api();
    let segments = api.segments();
    let urls = &segments[0]["get_urls"];
    let labels = texts(urls, "/label");
    assert!(labels[0].starts_with("GET access for segment "));
    assert!(labels[1].starts_with("HEAD access for segment "));
    let [first, second] = [0, 1].map(|n| urls[n]["url"].as_str().unwrap());
    for name in ["AWSAccessKeyId=", "Signature=", "Expires="] {
        assert!(first.contains(name), "{first}");
    }
    assert_eq!(api.client.get(first, &[]).text(), "second");
    assert_eq!(api.client.get(second, &[]).status, 403);
    let (address, target) = parts(second);
    let head = ask(address, "HEAD", target, &[], b"").unwrap();
    assert_eq!(
        (head.status, head.field("content-length")),
        (200, Some("6"))
    );
}

#[test]
fn n7_what_is_unset_is_there() {
    let api = api();
    let segment = &api.segments()[0];
    assert_eq!(segment["ts_offset"], "");
    assert_eq!(segment["last_duration"], "");
    assert_eq!(segment["sample_count"], 0);
    assert_eq!(segment["deleted"], false);
    let flow = api.get(&format!("/flows/{FLOW}")).json(200);
    for name in ["description", "tags", "channels", "deleted_at"] {
        assert_eq!(flow.get(name), Some(&Value::Null), "{name}");
    }
}

#[test]
fn n8_timeranges_are_not_looked_at() {
    let api = api();
    let iso = "2025-01-01T00:00:00Z/2025-01-01T00:00:02Z";
    let data = json!({ "object_id": OBJECT, "timerange": iso });
    let made = post_form(&api, FLOW, &data, Some("x")).json(201);
    assert_eq!(made["timerange"], iso);
    assert_eq!(api.segments()[3]["timerange"], iso);
}

#[test]
fn n9_labels_are_in_the_query_and_deletion_is_soft() {
    let api = api();
    let label = format!("/flows/{FLOW}/label");
    assert_eq!(api.put(&label, &json!("new")).status, 422);
    assert_eq!(
        api.ask("PUT", &format!("{label}?label=new%20one"), &[], b"")
            .status,
        200
    );
    assert_eq!(api.get(&label).json(200), "new one");
    let deleted = api.delete(&format!("/flows/{FLOW}")).json(200);
    assert!(deleted["message"].is_string());
    assert_eq!(api.get(&format!("/flows/{FLOW}")).status, 404);
    assert_eq!(api.server.flows()[0]["deleted"], true);
    assert!(
        api.server
            .objects()
            .iter()
            .all(|object| object.bytes.is_some())
    );
}

#[test]
fn n10_times_have_no_zone_when_read() {
    let api = Api::start(Dialect::Vasttams6);
    let made = api.post("/flows", &flat(FLOW)).json(201);
    assert!(made["created"].as_str().unwrap().ends_with("+00:00"));
    let read = api.get(&format!("/flows/{FLOW}")).json(200);
    let created = read["created"].as_str().unwrap();
    assert_eq!(created.len(), "2026-01-01T00:00:00".len(), "{created}");
    assert_eq!(api.get("/flows/none").json(404)["detail"], "Flow not found");
    let unfit = api.post("/flows", &json!({})).json(422);
    assert!(unfit["detail"][0]["msg"].is_string());
}

#[test]
fn n11_the_size_of_everything_is_invented() {
    let api = api();
    let usage = api.get("/analytics/flow-usage").json(200);
    assert_eq!(usage["estimated_storage_bytes"], 921_600);
}

#[test]
fn what_later_versions_have_is_missing() {
    let api = api();
    assert_eq!(api.get("/service").json(200)["api_version"], "6.0");
    assert_eq!(api.get("/service/storage-backends").status, 404);
    let flow = json!({ "id": OTHER, "source_id": SOURCE, "format": "f", "codec": "c",
        "tags": { "l": ["a"] } });
    assert_eq!(api.post("/flows", &flow).status, 422);
}
