//! LiveWyer's TAMOSS, which is the specification's 8.2.

use serde_json::{Value, json};
use tests::tams::Schema;
use tests::tams_server::{AddMedia, Dialect};

use crate::{Api, FLOW, OBJECT, OTHER, SOURCE, flow, texts};

fn api() -> Api {
    Api::loaded(Dialect::Tamoss82)
}

#[test]
fn it_answers_as_the_schemas_say() {
    let api = api();
    Schema::named("service").assert_valid(&api.get("/service").json(200));
    let backends = api.get("/service/storage-backends").json(200);
    Schema::named("storage-backends-list").assert_valid(&backends);
    Schema::named("source").assert_all_valid(&api.get("/sources").json(200));
    let flow = api.get(&format!("/flows/{FLOW}?include_timerange=true"));
    let flow = flow.json(200);
    assert_eq!(flow["timerange"], "[0:0_12:0)");
    Schema::named("flow-get").assert_valid(&flow);
    Schema::named("flow-get").assert_all_valid(&api.get("/flows").json(200));
    let query = "include_object_timerange=true&verbose_storage=true";
    let segments = api
        .get(&format!("/flows/{FLOW}/segments?{query}"))
        .json(200);
    Schema::named("flow-segment").assert_all_valid(&segments);
    assert_eq!(segments[2]["object_timerange"], "[2:0_4:0)");
    let object = segments[0]["object_id"].as_str().unwrap();
    let object = api.get(&format!("/objects/{object}")).json(200);
    Schema::named("object").assert_valid(&object);
    Schema::named("error").assert_valid(&api.get("/flows/none").json(404));
    let located = api.post(&format!("/flows/{FLOW}/storage"), &json!({ "limit": 2 }));
    Schema::named("flow-storage").assert_valid(&located.json(201));
}

#[test]
fn a_flow_is_made_replaced_described_and_deleted() {
    let api = Api::start(Dialect::Tamoss82);
    let path = format!("/flows/{FLOW}");
    let made = api.put(&path, &flow(FLOW)).json(201);
    Schema::named("flow-get").assert_valid(&made);
    assert_eq!(api.get(&format!("/sources/{SOURCE}")).status, 200);
    let mut tagged = flow(FLOW);
    tagged["tags"] = json!({ "a": ["b", "c"] });
    assert_eq!(api.put(&path, &tagged).status, 204);
    assert_eq!(api.put(&path, &flow(FLOW)).status, 204);
    assert_eq!(
        api.get(&path).json(200).get("tags"),
        None,
        "what is left out is gone"
    );
    assert_eq!(api.put(&path, &json!({ "id": FLOW })).status, 400);
    let label = format!("{path}/label");
    assert_eq!(api.put(&label, &json!("new")).status, 204);
    assert_eq!(api.get(&label).json(200), "new");
    assert_eq!(api.delete(&label).status, 204);
    assert_eq!(api.get(&label).status, 404);
    assert_eq!(
        api.put(&format!("{path}/read_only"), &json!(true)).status,
        204
    );
    for refused in [
        api.put(&path, &flow(FLOW)),
        api.put(&label, &json!("x")),
        api.post(&format!("{path}/storage"), &json!({})),
        api.delete(&path),
    ] {
        assert_eq!(refused.status, 403);
    }
    assert_eq!(
        api.put(&format!("{path}/read_only"), &json!(false)).status,
        204
    );
    assert_eq!(api.delete(&path).status, 204);
    assert_eq!(api.get(&path).status, 404);
}

#[test]
fn every_get_has_a_head() {
    let api = api();
    let path = format!("/flows/{FLOW}/segments?limit=1");
    let head = api.ask("HEAD", &path, &[], b"");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.field("x-paging-count"), Some("1"));
}

#[test]
fn pages_lead_through_all_in_both_directions() {
    let api = api();
    for (query, expected) in [
        ("limit=1", ["[0:0_2:0)", "[2:0_4:0)", "[10:0_12:0)"]),
        (
            "limit=1&reverse_order=true",
            ["[10:0_12:0)", "[2:0_4:0)", "[0:0_2:0)"],
        ),
    ] {
        let mut url = api.url(&format!("/flows/{FLOW}/segments?{query}"));
        let mut walked = Vec::new();
        loop {
            let page = api.client.get(&url, &[]);
            let list = page.json(200);
            assert_eq!(
                page.field("x-paging-timerange"),
                list[0]["timerange"].as_str()
            );
            walked.push(list[0]["timerange"].as_str().unwrap().to_owned());
            let Some(link) = page.field("link") else {
                break;
            };
            assert!(walked.len() < 3, "{link}");
            url = link[1..].split('>').next().unwrap().to_owned();
        }
        assert_eq!(walked, expected);
    }
    let wrong = api.get(&format!("/flows/{FLOW}/segments?page=none"));
    assert_eq!(wrong.status, 400);
    assert_eq!(
        api.get(&format!("/flows/{FLOW}/segments?limit=0")).status,
        400
    );
}

#[test]
fn segments_are_found_by_time_and_object() {
    let api = api();
    let found = |query: &str| {
        let found = api
            .get(&format!("/flows/{FLOW}/segments?{query}"))
            .json(200);
        texts(&found, "/timerange")
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(found("timerange=[2:0_4:0)"), ["[2:0_4:0)"]);
    assert_eq!(
        found("timerange=[1:999999999_2:0]"),
        ["[0:0_2:0)", "[2:0_4:0)"]
    );
    assert_eq!(found("timerange=[5:0_"), ["[10:0_12:0)"]);
    assert_eq!(found("timerange=()"), [""; 0]);
    let object = &api.server.objects()[1].id;
    assert_eq!(found(&format!("object_id={object}")), ["[0:0_2:0)"]);
    // Of a flow that isn't there: an empty list.
    assert_eq!(
        api.get(&format!("/flows/{OTHER}/segments")).json(200),
        json!([])
    );
    assert_eq!(
        api.get(&format!("/flows/{FLOW}/segments?timerange=x"))
            .status,
        400
    );
}

#[test]
fn urls_are_chosen_by_the_query() {
    let api = api();
    let urls = |query: &str| {
        let segments = api
            .get(&format!("/flows/{FLOW}/segments?{query}"))
            .json(200);
        segments[0]["get_urls"].clone()
    };
    let plain = urls("");
    let names: Vec<_> = plain[0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["url", "presigned", "label"]);
    assert!(urls("verbose_storage=true")[0]["storage_id"].is_string());
    for none in [
        "accept_get_urls=",
        "accept_get_urls=other",
        "presigned=false",
    ] {
        assert_eq!(urls(none), json!([]), "{none}");
    }
    assert_eq!(
        urls("accept_get_urls=other,main").as_array().unwrap().len(),
        1
    );
}

#[test]
fn new_objects_are_allocated_uploaded_and_registered() {
    let api = Api::start(Dialect::Tamoss82);
    api.put(&format!("/flows/{FLOW}"), &flow(FLOW));
    api.upload(FLOW, OBJECT, b"bytes");
    let storage = format!("/flows/{FLOW}/storage");
    let again = api.post(&storage, &json!({ "object_ids": [OBJECT] }));
    assert_eq!(again.status, 400);
    let both = json!({ "object_ids": [OTHER], "limit": 1 });
    assert_eq!(api.post(&storage, &both).status, 400);
    // Allocated is not there yet.
    assert_eq!(api.get(&format!("/objects/{OBJECT}")).status, 404);
    let path = format!("/flows/{FLOW}/segments");
    let body = json!([
        { "object_id": OBJECT, "timerange": "[0:0_2:0)", "ts_offset": "-10:0", "key_frame_count": 1 },
        { "object_id": "unknown", "timerange": "[2:0_4:0)" },
    ]);
    let failed = api.post(&path, &body).json(200);
    Schema::named("flow-segment-bulk-failure").assert_valid(&failed);
    assert_eq!(failed["failed_segments"][0]["object_id"], "unknown");
    let object = api.get(&format!("/objects/{OBJECT}")).json(200);
    assert_eq!(object["timerange"], "[10:0_12:0)");
    assert_eq!(object["referenced_by_flows"], json!([FLOW]));
    assert_eq!(api.segments()[0]["key_frame_count"], 1);
}

#[test]
fn objects_are_used_again_within_their_bounds() {
    let api = api();
    let object = api.server.objects()[0].id.clone();
    api.put(&format!("/flows/{OTHER}"), &flow(OTHER));
    let path = format!("/flows/{OTHER}/segments");
    let post = |timerange: &str, more: Value| {
        let mut body = json!({ "object_id": object, "timerange": timerange, "ts_offset": "-2:0" });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        api.post(&path, &body).status
    };
    assert_eq!(post("[0:0_3:0)", json!({})), 400, "beyond the object");
    assert_eq!(post("[0:0_1:0)", json!({ "key_frame_count": 1 })), 400);
    assert_eq!(post("[0:0_1:0)", json!({})), 201);
    assert_eq!(
        post("[0:500000000_1:500000000)", json!({})),
        400,
        "an overlap"
    );
    // What others use stays when the flow goes.
    assert_eq!(api.delete(&format!("/flows/{FLOW}")).status, 204);
    let ids: Vec<_> = api
        .server
        .objects()
        .into_iter()
        .map(|object| object.id)
        .collect();
    assert_eq!(ids, [object]);
}

#[test]
fn an_allocation_ends() {
    let api = Api::start(Dialect::Tamoss82);
    api.put(&format!("/flows/{FLOW}"), &flow(FLOW));
    api.upload(FLOW, OBJECT, b"bytes");
    api.server
        .advance_clock(std::time::Duration::from_secs(3601));
    let segment = json!({ "object_id": OBJECT, "timerange": "[0:0_2:0)" });
    assert_eq!(
        api.post(&format!("/flows/{FLOW}/segments"), &segment)
            .status,
        400
    );
}

#[test]
fn deletion_goes_by_what_is_covered_and_may_take_long() {
    let api = api();
    let path = format!("/flows/{FLOW}/segments");
    assert_eq!(
        api.delete(&format!("{path}?timerange=[0:0_3:0)")).status,
        204
    );
    let left: Vec<_> = api
        .server
        .segments(FLOW)
        .into_iter()
        .map(|s| s.timerange)
        .collect();
    assert_eq!(left, ["[2:0_4:0)", "[10:0_12:0)"]);
    let media = AddMedia::video(SOURCE, OTHER, "many");
    let media = (0..11).fold(media, |media, n| {
        media.segment("x", &format!("[{n}:0_{}:0)", n + 1), None)
    });
    api.server.add_media(media);
    let later = api.delete(&format!("/flows/{OTHER}"));
    Schema::named("deletion-request").assert_valid(&later.json(202));
    let location = later.field("location").unwrap();
    assert_eq!(api.client.get(location, &[]).json(200)["status"], "started");
    assert_eq!(api.client.get(location, &[]).json(200)["status"], "done");
}

#[test]
fn lists_are_narrowed_and_sorted() {
    let api = Api::start(Dialect::Tamoss82);
    let sources = ["5d1c0e5a-8f0c-4a57-9b0e-0d6a1f0c1b01", SOURCE];
    let mut outer = AddMedia::video(sources[0], OTHER, "b");
    outer.flow["format"] = json!("urn:x-nmos:format:multi");
    outer.flow["flow_collection"] = json!([{ "id": FLOW }]);
    outer.flow["tags"] = json!({ "mood": ["bright", "loud"] });
    outer.source["format"] = json!("urn:x-nmos:format:multi");
    outer
        .flow
        .as_object_mut()
        .unwrap()
        .remove("essence_parameters");
    api.server.add_media(outer);
    api.server.add_media(AddMedia::video(SOURCE, FLOW, "a"));
    let ids = |path: &str| {
        let list = api.get(path).json(200);
        texts(&list, "/id")
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids("/flows?sort_by=label"), [FLOW, OTHER]);
    assert_eq!(
        ids("/flows?sort_by=label&reverse_order=true"),
        [OTHER, FLOW]
    );
    assert_eq!(ids("/flows?collected_by_ids="), [OTHER]);
    assert_eq!(ids(&format!("/flows?collected_by_ids={OTHER}")), [FLOW]);
    assert_eq!(ids("/sources?collected_by_ids="), [sources[0]]);
    assert_eq!(ids("/flows?tag.mood=quiet,loud"), [OTHER]);
    assert_eq!(ids("/flows?tag_exists.mood=false"), [FLOW]);
    assert_eq!(ids("/flows?frame_width=1280"), [FLOW]);
    assert_eq!(ids("/flows?timerange=()").len(), 2, "nothing has content");
    assert_eq!(api.get("/flows?sort_by=size").status, 400);
    let source = api.get(&format!("/sources/{}", sources[0])).json(200);
    Schema::named("source").assert_valid(&source);
    assert_eq!(texts(&source["source_collection"], "/id"), [SOURCE]);
}

#[test]
fn profiles_are_made_once_and_fill_flows() {
    let api = Api::start(Dialect::Tamoss82);
    let mut metadata = flow(FLOW);
    for name in ["id", "source_id", "label"] {
        metadata.as_object_mut().unwrap().remove(name);
    }
    let profile = json!({ "id": OTHER, "flow_metadata": metadata });
    let path = format!("/service/profiles/{OTHER}");
    Schema::named("profile").assert_valid(&api.post(&path, &profile).json(201));
    assert_eq!(api.post(&path, &profile).status, 400);
    let by_profile = json!({ "id": FLOW, "source_id": SOURCE, "profile_id": OTHER });
    let made = api.put(&format!("/flows/{FLOW}"), &by_profile).json(201);
    assert_eq!(made["codec"], "video/h264");
    Schema::named("flow-get").assert_valid(&made);
    let found = api.get(&format!("/flows?profile_id={OTHER}")).json(200);
    assert_eq!(texts(&found, "/id"), [FLOW]);
}

#[test]
fn instances_elsewhere_come_and_go() {
    let api = api();
    let object = api.server.objects()[1].id.clone();
    let path = format!("/objects/{object}/instances");
    let instance = json!({ "url": "http://elsewhere.invalid/a", "label": "else" });
    assert_eq!(api.post(&path, &instance).status, 201);
    let urls = api.segments()[0]["get_urls"].clone();
    assert_eq!(texts(&urls, "/label"), ["main", "else"]);
    assert_eq!(api.delete(&format!("{path}?label=else")).status, 204);
    assert_eq!(api.segments()[0]["get_urls"].as_array().unwrap().len(), 1);
}
