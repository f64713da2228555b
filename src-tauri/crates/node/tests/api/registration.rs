//! The write path and its rules.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, audio, flow_id, source_id, video, with};

/// Everything of a rendered result, from the flow to the bytes read back.
#[tokio::test]
async fn the_whole_write_path() {
    let server = Server::start().await;
    let flow = with(video(1), json!({"status": "ingesting", "label": "result"}));
    server.put_flow(&flow).await;
    server
        .put(
            &format!("/sources/{}/label", source_id(1)),
            &json!("result"),
        )
        .await
        .empty(204);

    let storage = server
        .post(
            &format!("/flows/{}/storage", flow_id(1)),
            &json!({"limit": 2}),
        )
        .await
        .body(201, "flow-storage");
    let objects = storage["media_objects"].as_array().unwrap();
    assert_eq!(objects.len(), 2);
    for (n, object) in objects.iter().enumerate() {
        assert_eq!(object["presigned"], true);
        let headers = [(
            "content-type",
            object["put_url"]["content-type"].as_str().unwrap(),
        )];
        let url = object["put_url"]["url"].as_str().unwrap();
        let body = format!("media {n}").into_bytes();
        server
            .send(Method::PUT, url, &headers, Some(body))
            .await
            .empty(200);
    }
    let id = |n: usize| objects[n]["object_id"].as_str().unwrap();
    server.get(&format!("/objects/{}", id(0))).await.error(404);
    server.wait(7);
    let segments = json!([
        {"object_id": id(0), "timerange": "[0:0_2:0)", "key_frame_count": 1, "last_duration": "0:40000000"},
        {"object_id": id(1), "timerange": "[2:0_4:0)", "ts_offset": "2:0", "sample_offset": 0, "sample_count": 50}
    ]);
    server.register(&flow_id(1), &segments).await.empty(201);
    server
        .put(
            &format!("/flows/{}", flow_id(1)),
            &with(flow, json!({"status": "closed_complete"})),
        )
        .await
        .empty(204);

    let listed = server
        .get(&format!(
            "/flows/{}/segments?include_object_timerange=true",
            flow_id(1)
        ))
        .await
        .items("flow-segment");
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["object_timerange"], "[0:0_2:0)");
    assert_eq!(listed[0]["key_frame_count"], 1);
    assert_eq!(listed[0]["last_duration"], "0:40000000");
    assert_eq!(listed[1]["object_timerange"], "[0:0_2:0)");
    assert_eq!(listed[1]["ts_offset"], "2:0");
    assert_eq!(
        (&listed[1]["sample_offset"], &listed[1]["sample_count"]),
        (&json!(0), &json!(50))
    );
    for (n, segment) in listed.iter().enumerate() {
        let url = segment["get_urls"][0]["url"].as_str().unwrap();
        let media = server.get(url).await;
        assert_eq!(
            (media.status, media.bytes),
            (200, format!("media {n}").into_bytes())
        );
    }
    let flow = server
        .get(&format!("/flows/{}?include_timerange=true", flow_id(1)))
        .await
        .body(200, "flow-get");
    assert_eq!(flow["timerange"], "[0:0_4:0)");
    assert_eq!(flow["segments_updated"], "2026-05-28T20:26:47Z");
    assert_eq!(flow["status"], "closed_complete");
}

async fn ready(objects: &[&str]) -> Server {
    let server = Server::start().await;
    server.put_flow(&video(1)).await;
    for object in objects {
        server.upload(&flow_id(1), object, object.as_bytes()).await;
    }
    server
}

/// The failed segments of an answer: object and where it failed.
fn failures(answer: &crate::support::Answer) -> Vec<(String, Option<String>)> {
    let body = answer.body(200, "flow-segment-bulk-failure");
    let read = |failed: &Value| {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        (
            text(&failed["object_id"]).unwrap(),
            text(&failed["error"]["pointer"]),
        )
    };
    body["failed_segments"]
        .as_array()
        .unwrap()
        .iter()
        .map(read)
        .collect()
}

#[tokio::test]
async fn some_fail_and_the_others_are_there() {
    let server = ready(&["a", "b", "c", "d"]).await;
    let answer = server
        .register(
            &flow_id(1),
            &json!([
                {"object_id": "a", "timerange": "[0:0_2:0)"},
                {"object_id": "b", "timerange": "[1:0_3:0)"},
                {"object_id": "nobody", "timerange": "[10:0_12:0)"},
                {"object_id": "c", "timerange": "()"},
                {"object_id": "d", "timerange": "[2:0_4:0)"}
            ]),
        )
        .await;
    assert_eq!(
        failures(&answer),
        [
            ("b".to_owned(), None),
            ("nobody".to_owned(), Some("/object_id".to_owned())),
            ("c".to_owned(), Some("/timerange".to_owned()))
        ]
    );
    assert_eq!(
        server.timeranges(&flow_id(1), "").await,
        ["[0:0_2:0)", "[2:0_4:0)"]
    );
    // What failed left no trace: it can still be registered rightly.
    server
        .register(
            &flow_id(1),
            &json!({"object_id": "b", "timerange": "[4:0_6:0)"}),
        )
        .await
        .empty(201);
}

#[tokio::test]
async fn a_single_one_that_fails_fails_the_request() {
    let server = ready(&["a", "b"]).await;
    server
        .register(
            &flow_id(1),
            &json!({"object_id": "a", "timerange": "[0:0_2:0)"}),
        )
        .await
        .empty(201);
    let (summary, _) = server
        .register(
            &flow_id(1),
            &json!({"object_id": "b", "timerange": "[1:0_3:0)"}),
        )
        .await
        .error(400);
    assert!(
        summary.contains("overlaps") && summary.contains("“a”"),
        "{summary}"
    );
    let one = json!([{"object_id": "b", "timerange": "[1:0_3:0)"}]);
    assert_eq!(failures(&server.register(&flow_id(1), &one).await).len(), 1);
    server.register(&flow_id(1), &json!([])).await.empty(201);
    server.register(&flow_id(9), &json!([])).await.error(404);
}

#[tokio::test]
async fn overlaps_mind_the_bounds() {
    let server = ready(&["a", "b", "c", "d", "e"]).await;
    let register = async |object: &str, timerange: &str| {
        let segment = json!({"object_id": object, "timerange": timerange});
        server.register(&flow_id(1), &segment).await.status
    };
    assert_eq!(register("a", "[10:0_20:0)").await, 201);
    assert_eq!(register("b", "[20:0]").await, 201);
    assert_eq!(register("c", "[20:0_30:0)").await, 400);
    assert_eq!(register("c", "[20:1_30:0]").await, 201);
    assert_eq!(register("d", "[30:0_31:0)").await, 400);
    assert_eq!(register("d", "[5:0_10:0]").await, 400);
    assert_eq!(register("d", "[-5:0_10:0)").await, 201);
    assert_eq!(register("e", "[-6:0_-5:0]").await, 400);
    assert_eq!(register("e", "[0:0_40:0)").await, 400);
    assert_eq!(
        server.timeranges(&flow_id(1), "").await,
        ["[-5:0_10:0)", "[10:0_20:0)", "[20:0]", "[20:1_30:0]"]
    );
}

#[tokio::test]
async fn segments_are_bounded_and_start_inclusively() {
    let server = ready(&["a"]).await;
    for timerange in [
        "_",
        "[0:0_",
        "_5:0)",
        "(0:0_5:0)",
        "()",
        "[5:0_5:0)",
        "[5:0_1:0)",
    ] {
        let segment = json!({"object_id": "a", "timerange": timerange});
        let (_, field) = server.register(&flow_id(1), &segment).await.error(400);
        assert_eq!(field.as_deref(), Some("/timerange"), "{timerange}");
    }
    for (extra, field) in [
        (json!({"last_duration": "-0:1"}), "/last_duration"),
        (
            json!({"object_timerange": "[0:0_1:0)"}),
            "/object_timerange",
        ),
        (
            json!({"ts_offset": "1:0", "object_timerange": "[0:0_2:0)"}),
            "/object_timerange",
        ),
        (json!({"timerange": "soon"}), "/timerange"),
        (json!({"ts_offset": 5}), "/ts_offset"),
        (json!({"timerange": null}), "/"),
    ] {
        let segment = with(
            json!({"object_id": "a", "timerange": "[0:0_2:0)"}),
            extra.clone(),
        );
        let (_, found) = server.register(&flow_id(1), &segment).await.error(400);
        assert_eq!(found.as_deref(), Some(field), "{extra}");
    }
    let second_of_list = json!([
        {"object_id": "a", "timerange": "[0:0_2:0)"}, {"object_id": 5, "timerange": "[2:0_4:0)"}
    ]);
    assert_eq!(
        server
            .register(&flow_id(1), &second_of_list)
            .await
            .error(400)
            .1
            .unwrap(),
        "/1/object_id"
    );
    assert!(server.timeranges(&flow_id(1), "").await.is_empty());
}

#[tokio::test]
async fn a_flow_without_container_takes_no_media() {
    let server = Server::start().await;
    server.put_flow(&audio(1)).await;
    server
        .post(
            &format!("/flows/{}/storage", flow_id(1)),
            &json!({"limit": 1}),
        )
        .await
        .error(400);
    let segment = json!([{"object_id": "a", "timerange": "[0:0_2:0)"}]);
    server.register(&flow_id(1), &segment).await.error(400);
}

#[tokio::test]
async fn allocation() {
    let server = Server::start().await;
    server.put_flow(&video(1)).await;
    let path = format!("/flows/{}/storage", flow_id(1));
    let storage = server
        .post(&path, &json!({"object_ids": ["x/y", "z"]}))
        .await
        .body(201, "flow-storage");
    assert_eq!(storage["media_objects"][0]["object_id"], "x/y");
    server
        .post(&path, &json!({"object_ids": ["new", "z"]}))
        .await
        .error(400);
    server
        .post(&path, &json!({"object_ids": ["new"]}))
        .await
        .body(201, "flow-storage");
    server
        .post(&path, &json!({"object_ids": ["twice", "twice"]}))
        .await
        .error(400);
    let everything = server
        .send(Method::POST, &path, &[], None)
        .await
        .body(201, "flow-storage");
    assert_eq!(everything["media_objects"].as_array().unwrap().len(), 100);
    for (wrong, field) in [
        (json!({"limit": 1, "object_ids": ["q"]}), Some("/limit")),
        (json!({"limit": 0}), Some("/limit")),
        (json!({"object_ids": ["ok", ""]}), Some("/object_ids/1")),
        (json!({"object_ids": ["a\nb"]}), Some("/object_ids/0")),
        (json!({"storage_id": flow_id(1)}), Some("/storage_id")),
        (json!({"content_type": "video/mp4"}), Some("/content_type")),
        (json!({"presigned": false}), Some("/presigned")),
    ] {
        assert_eq!(
            server.post(&path, &wrong).await.error(400).1.as_deref(),
            field,
            "{wrong}"
        );
    }
    let backend = server.get("/service/storage-backends").await.json()[0]["id"].clone();
    let named = json!({"limit": 1, "storage_id": backend, "presigned": true});
    server.post(&path, &named).await.body(201, "flow-storage");
    server
        .post(&format!("/flows/{}/storage", flow_id(9)), &json!({}))
        .await
        .error(404);
}

#[tokio::test]
async fn an_object_belongs_to_its_first_flow_first() {
    let server = ready(&["a"]).await;
    server.put_flow(&video(2)).await;
    server
        .put_flow(&with(video(3), json!({"container": "video/mp2t"})))
        .await;
    let segment = json!({"object_id": "a", "timerange": "[0:0_2:0)"});
    let (summary, _) = server.register(&flow_id(2), &segment).await.error(400);
    assert!(summary.contains("another flow"), "{summary}");
    server.register(&flow_id(1), &segment).await.empty(201);
    server.register(&flow_id(2), &segment).await.empty(201);
    let (summary, _) = server.register(&flow_id(3), &segment).await.error(400);
    assert!(summary.contains("video/mp2t"), "{summary}");

    let path = format!("/flows/{}/storage", flow_id(1));
    server
        .post(&path, &json!({"object_ids": ["unsent"]}))
        .await
        .body(201, "flow-storage");
    let unsent = json!({"object_id": "unsent", "timerange": "[2:0_4:0)"});
    let (summary, _) = server.register(&flow_id(1), &unsent).await.error(400);
    assert!(summary.contains("no bytes"), "{summary}");
}

/// Edit by reference: parts of objects of one flow put together in another.
#[tokio::test]
async fn parts_of_objects_make_another_flow() {
    let server = ready(&["a", "b"]).await;
    server.put_flow(&video(2)).await;
    let first = json!([
        {"object_id": "a", "timerange": "[10:0_20:0)", "key_frame_count": 5},
        {"object_id": "b", "timerange": "[20:0_30:0)", "ts_offset": "20:0", "object_timerange": "[0:0_12:0)"}
    ]);
    server.register(&flow_id(1), &first).await.empty(201);
    let edit = json!([
        {"object_id": "b", "timerange": "[0:0_2:0)", "ts_offset": "-1:0"},
        {"object_id": "a", "timerange": "[2:0_5:0)", "ts_offset": "-10:0"},
        {"object_id": "a", "timerange": "[5:0_8:0)", "ts_offset": "-7:0"}
    ]);
    server.register(&flow_id(2), &edit).await.empty(201);
    let listed = server
        .get(&format!(
            "/flows/{}/segments?include_object_timerange=true",
            flow_id(2)
        ))
        .await
        .items("flow-segment");
    assert_eq!(listed[0]["object_timerange"], "[0:0_12:0)");
    assert_eq!(listed[1]["object_timerange"], "[10:0_20:0)");
    assert_eq!(listed[1]["key_frame_count"], 5);

    for (extra, field) in [
        (json!({"ts_offset": "0:0"}), "/timerange"),
        (json!({"key_frame_count": 6}), "/key_frame_count"),
        (
            json!({"object_timerange": "[0:0_90:0)"}),
            "/object_timerange",
        ),
        (json!({"init_object_id": "b"}), "/init_object_id"),
        (
            json!({"get_urls": [{"url": "https://s.example/a", "label": "s"}]}),
            "/get_urls",
        ),
    ] {
        let base = json!({"object_id": "a", "timerange": "[50:0_51:0)", "ts_offset": "35:0"});
        let answer = server
            .register(&flow_id(2), &with(base, extra.clone()))
            .await;
        assert_eq!(answer.error(400).1.as_deref(), Some(field), "{extra}");
    }
    let same = json!({
        "object_id": "a", "timerange": "[50:0_51:0)", "ts_offset": "35:0", "key_frame_count": 5,
        "object_timerange": "[10:0_20:0)"
    });
    server.register(&flow_id(2), &same).await.empty(201);
}

#[tokio::test]
async fn objects_elsewhere() {
    let server = ready(&["a"]).await;
    let url = |label: &str, url: &str| json!({"label": label, "url": url});
    let segment = |object: &str, urls: Value| json!({"object_id": object, "timerange": "[0:0_2:0)", "get_urls": urls});
    for (urls, field) in [
        (json!([]), "/object_id"),
        (json!([url("s", "ftp://x/y")]), "/get_urls/0/url"),
        (json!([url("s", "not a url")]), "/get_urls/0/url"),
        (
            json!([url("local", "https://s.example/x")]),
            "/get_urls/0/label",
        ),
        (
            json!([
                url("s", "https://s.example/x"),
                url("s", "https://t.example/x")
            ]),
            "/get_urls/1/label",
        ),
        (json!([{"url": "https://s.example/x"}]), "/get_urls/0"),
    ] {
        let answer = server
            .register(&flow_id(1), &segment("far", urls.clone()))
            .await;
        assert_eq!(answer.error(400).1.as_deref(), Some(field), "{urls}");
    }
    let copies = json!([
        url("s", "https://s.example/x"),
        url("t", "https://t.example/x")
    ]);
    server
        .register(&flow_id(1), &segment("far", copies.clone()))
        .await
        .empty(201);
    let listed = server
        .get(&format!("/flows/{}/segments", flow_id(1)))
        .await
        .items("flow-segment");
    assert_eq!(listed[0]["get_urls"], copies);
    // Known copies may be named again, as a client that repeats itself would.
    let again = with(
        segment("far", copies),
        json!({"timerange": "[5:0_7:0)", "ts_offset": "5:0"}),
    );
    server.register(&flow_id(1), &again).await.empty(201);
}
