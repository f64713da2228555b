//! vasttams 8.0, by the numbers of its list.

use serde_json::{Value, json};
use tests::tams_server::{AddMedia, Dialect};

use crate::{Api, FLOW, OBJECT, OTHER, SOURCE, flow, texts};

fn api() -> Api {
    Api::loaded(Dialect::Vasttams8)
}

fn segment(object: &str, timerange: &str) -> Value {
    json!({ "object_id": object, "timerange": { "value": timerange } })
}

#[test]
fn n1_it_lies_under_two_prefixes() {
    let api = api();
    let origin = api.server.origin();
    assert_eq!(
        api.client.get(&format!("{origin}/service"), &[]).status,
        404
    );
    for prefix in ["latest", "v8.0"] {
        let url = format!("{origin}/api/tams/{prefix}/service");
        assert_eq!(api.client.get(&url, &[]).status, 200);
    }
    assert_eq!(api.server.url(), format!("{origin}/api/tams/latest"));
}

#[test]
fn n2_times_are_objects_both_ways() {
    let api = api();
    let segments = api.segments();
    assert_eq!(segments[0]["timerange"], json!({ "value": "[0:0_2:0)" }));
    assert_eq!(segments[1]["ts_offset"], json!({ "value": "8:0" }));
    let object = api.server.objects()[0].id.clone();
    let path = format!("/flows/{FLOW}/segments");
    let plain = json!({ "object_id": object, "timerange": "[20:0_22:0)" });
    assert_eq!(api.post(&path, &plain).status, 422);
    let mut half = segment(&object, "[20:0_22:0)");
    half["ts_offset"] = json!("1:0");
    assert_eq!(api.post(&path, &half).status, 422);
    let made = api.post(&path, &segment(&object, "[20:0_22:0)")).json(201);
    assert_eq!(made["timerange"]["value"], "[20:0_22:0)");
    let record = api.get(&format!("/objects/{object}")).json(200);
    assert!(record["timerange"]["value"].is_string());
    let flow = api
        .get(&format!("/flows/{FLOW}?include_timerange=true"))
        .json(200);
    assert_eq!(flow["timerange"], json!({ "value": "[0:0_22:0)" }));
}

#[test]
fn n3_order_and_filter_go_by_text_and_floats() {
    let api = api();
    let listed = api.segments();
    let timeranges = texts(&listed, "/timerange/value");
    assert_eq!(timeranges, ["[0:0_2:0)", "[10:0_12:0)", "[2:0_4:0)"]);
    let path = format!("/flows/{FLOW}/segments");
    let found = |timerange: &str| {
        let found = api.get(&format!("{path}?timerange={timerange}")).json(200);
        found.as_array().unwrap().len()
    };
    assert_eq!(found("[2:0_4:0)"), 1);
    assert_eq!(found("[5:0_"), 3, "an open range narrows nothing");
    let late = "[1700000000:0_1700000002:0)";
    api.server
        .add_media(AddMedia::video(SOURCE, FLOW, "three").segment("d", late, None));
    // One nanosecond before the end of what is asked for, which no f64 tells from the end.
    assert_eq!(found("[1700000001:999999999_1700000005:0)"), 0);
}

#[test]
fn n4_pages_are_by_offset_and_say_nothing() {
    let api = api();
    let path = format!("/flows/{FLOW}/segments");
    let second = api.get(&format!("{path}?limit=2&offset=2"));
    assert_eq!(texts(&second.json(200), "/timerange/value"), ["[2:0_4:0)"]);
    assert_eq!(second.field("link"), None);
    assert!(
        !second
            .fields
            .iter()
            .any(|(name, _)| name.starts_with("x-paging"))
    );
    assert_eq!(api.get(&format!("{path}?limit=1001")).status, 422);
    assert!(api.get("/sources").json(200)["data"].is_array());
    let many = (0..130).map(|n| (n, n + 1));
    let media = AddMedia::video(SOURCE, OTHER, "many");
    let media = many.fold(media, |media, (a, b)| {
        media.segment("x", &format!("[{a}:0_{b}:0)"), None)
    });
    api.server.add_media(media);
    let listed = api.get(&format!("/flows/{OTHER}/segments")).json(200);
    assert_eq!(listed.as_array().unwrap().len(), 100);
}

#[test]
fn n5_one_segment_at_a_time_of_objects_that_are_allocated() {
    let api = api();
    let path = format!("/flows/{FLOW}/segments");
    let one = segment(OBJECT, "[20:0_22:0)");
    assert_eq!(api.post(&path, &json!([one])).status, 422);
    let caught = api.post(&path, &one).json(500);
    assert_eq!(caught["detail"], "Internal server error");
    api.upload(FLOW, OBJECT, b"bytes");
    let mut with_urls = one.clone();
    with_urls["get_urls"] = json!([{ "label": "a", "url": "http://b.invalid" }]);
    assert_eq!(api.post(&path, &with_urls).status, 422);
    // An overlap passes; the object's own times are dropped and stay a placeholder.
    let mut overlapping = segment(OBJECT, "[0:0_2:0)");
    overlapping["object_timerange"] = json!({ "value": "[5:0_7:0)" });
    let made = api.post(&path, &overlapping).json(201);
    assert_eq!(made.get("object_timerange"), None);
    let record = api.get(&format!("/objects/{OBJECT}")).json(200);
    assert_eq!(record["timerange"]["value"], "0:0");
}

#[test]
fn n6_storage_is_real_and_serves_other_flows() {
    let api = api();
    let path = format!("/flows/{FLOW}/storage");
    let located = api
        .post(&path, &json!({ "object_ids": [OBJECT] }))
        .json(201);
    let place = &located["media_objects"][0];
    assert_eq!(place["put_url"]["content-type"], "video/mp2t");
    assert!(place["put_url"]["headers"].is_object());
    let stored = place["metadata"]["storage_path"].as_str().unwrap();
    assert!(
        stored.starts_with("tams/20") && stored.ends_with(OBJECT),
        "{stored}"
    );
    assert_eq!(
        api.post(&path, &json!({ "object_ids": [OBJECT] })).status,
        400
    );
    // By reference, from another flow.
    let object = api.server.objects()[0].id.clone();
    assert_eq!(api.post("/flows", &flow(OTHER)).status, 201);
    let there = format!("/flows/{OTHER}/segments");
    assert_eq!(api.post(&there, &segment(&object, "[0:0_2:0)")).status, 201);
    let listed = api.get(&there).json(200);
    let url = listed[0]["get_urls"][0]["url"].as_str().unwrap();
    assert_eq!(api.client.get(url, &[]).text(), "second");
}

#[test]
fn n7_urls_come_unless_none_are_wanted_and_types_are_octets() {
    let api = api();
    let segments = api.segments();
    let url = segments[0]["get_urls"][0]["url"].as_str().unwrap();
    let answer = api.client.get(url, &[]);
    assert_eq!(
        answer.field("content-type"),
        Some("application/octet-stream")
    );
    let bare = api.get(&format!("/flows/{FLOW}/segments?accept_get_urls="));
    assert_eq!(bare.json(200)[0]["get_urls"], json!([]));
}

#[test]
fn n8_flows_are_made_by_post_and_collections_have_roles() {
    let api = Api::start(Dialect::Vasttams8);
    assert_eq!(api.put(&format!("/flows/{FLOW}"), &flow(FLOW)).status, 404);
    let made = api.post("/flows", &flow(FLOW)).json(201);
    assert_eq!(made["essence_parameters"]["frame_rate"]["numerator"], 25);
    assert_eq!(api.get(&format!("/sources/{SOURCE}")).status, 200);
    let mut collecting = flow(OTHER);
    collecting["flow_collection"] = json!([{ "id": FLOW }]);
    assert_eq!(api.post("/flows", &collecting).status, 422);
    collecting["flow_collection"] = json!([{ "id": FLOW, "role": "video" }]);
    assert_eq!(api.post("/flows/batch", &json!([collecting])).status, 201);
    let rate = format!("/flows/{FLOW}/avg_bit_rate");
    assert_eq!(api.put(&rate, &json!(5000)).status, 201);
    assert_eq!(api.delete(&rate).status, 204);
    assert_eq!(api.server.flows()[0].get("avg_bit_rate"), None);
    let tag = format!("/flows/{FLOW}/tags/mood");
    let plain = [("content-type", "text/plain")];
    assert_eq!(api.ask("PUT", &tag, &plain, b"bright").status, 204);
    assert_eq!(api.get(&tag).json(200), "bright");
    let mut upper = flow("5D1C0E5A-8F0C-4A57-9B0E-0D6A1F0C1A09");
    assert_eq!(api.post("/flows", &upper).status, 422);
    upper["id"] = json!("5d1c0e5a-8f0c-7a57-9b0e-0d6a1f0c1a09");
    assert_eq!(api.post("/flows", &upper).status, 422);
}

#[test]
fn n9_deleting_by_object_wipes_the_flow() {
    let api = api();
    let object = api.server.objects()[0].id.clone();
    let path = format!("/flows/{FLOW}/segments?object_id={object}");
    assert_eq!(api.delete(&path).status, 200);
    assert!(api.server.segments(FLOW).is_empty());
    let media = AddMedia::video(SOURCE, OTHER, "many");
    let media = (0..51).fold(media, |media, n| {
        media.segment("x", &format!("[{n}:0_{}:0)", n + 1), None)
    });
    api.server.add_media(media);
    let later = api.delete(&format!("/flows/{OTHER}/segments"));
    let location = later.field("location").unwrap();
    assert_eq!(later.status, 202);
    assert!(location.starts_with("/flow-delete-requests/"), "{location}");
    let url = format!("{}{location}", api.server.origin());
    assert_eq!(api.client.get(&url, &[]).status, 404);
    assert_eq!(api.get(location).status, 200);
}

#[test]
fn n10_events_have_other_names() {
    let api = api();
    let hook = |event: &str| json!({ "url": "http://hook.invalid", "events": [event] });
    let path = "/service/webhooks";
    assert_eq!(api.post(path, &hook("flows/segments_added")).status, 422);
    assert_eq!(api.post(path, &hook("flow-segments/created")).status, 201);
}

#[test]
fn n11_playlists_and_all_objects() {
    let api = api();
    let list = api.get(&format!("/hls/flows/{FLOW}/playlist.m3u8")).text();
    assert_eq!(list.matches("#EXTINF:2.000,").count(), 3, "{list}");
    let url = list.lines().find(|line| line.starts_with("http")).unwrap();
    assert_eq!(api.client.get(url, &[]).text(), "first");
    let status = api.get(&format!("/hls/flows/{FLOW}/status")).json(200);
    assert_eq!(status["segments"], 3);
    let objects = api.get("/objects").json(200);
    assert_eq!(objects["data"].as_array().unwrap().len(), 3);
}

#[test]
fn n12_deleting_takes_objects_from_others() {
    let api = api();
    let object = api.server.objects()[0].id.clone();
    api.post("/flows", &flow(OTHER));
    let there = format!("/flows/{OTHER}/segments");
    api.post(&there, &segment(&object, "[0:0_2:0)"));
    let listed = api.get(&there).json(200);
    let url = listed[0]["get_urls"][0]["url"].as_str().unwrap();
    assert_eq!(api.delete(&format!("/flows/{FLOW}")).status, 200);
    assert_eq!(api.client.get(url, &[]).status, 404);
}
