//! Flows: create, replace, read, list, delete.

use serde_json::{Value, json};

use crate::support::{Server, audio, flow_id, multi, source_id, video, with};

#[tokio::test]
async fn created_read_and_replaced() {
    let server = Server::start().await;
    let flow = with(
        video(1),
        json!({
            "label": "A", "tags": {"one": "x", "many": ["x", "y"]}, "generation": 0,
            "status": "ingesting", "segment_duration": {"numerator": 2},
            "created": "1999-01-01T00:00:00Z", "timerange": "[0:0_9:0)", "collected_by": [flow_id(9)],
            "_own": {"kept": true}
        }),
    );
    let path = format!("/flows/{}", flow_id(1));
    let created = server.put(&path, &flow).await.body(201, "flow-get");
    assert_eq!(created["created"], "2026-05-28T20:26:40Z");
    assert_eq!(created["metadata_updated"], created["created"]);
    assert_eq!(created["created_by"], "local");
    assert_eq!(created["tags"], flow["tags"]);
    assert_eq!(created["_own"], flow["_own"]);
    assert_eq!(created["segment_duration"], json!({"numerator": 2}));
    for absent in [
        "timerange",
        "collected_by",
        "segments_updated",
        "updated_by",
    ] {
        assert!(created.get(absent).is_none(), "{absent}");
    }
    assert_eq!(server.get(&path).await.body(200, "flow-get"), created);

    server.wait(10);
    server
        .put(&path, &with(video(1), json!({"label": "B"})))
        .await
        .empty(204);
    let replaced = server.get(&path).await.body(200, "flow-get");
    assert_eq!(replaced["label"], "B");
    assert!(replaced.get("tags").is_none() && replaced.get("_own").is_none());
    assert_eq!(replaced["created"], created["created"]);
    assert_eq!(replaced["metadata_updated"], "2026-05-28T20:26:50Z");
    assert_eq!(replaced["updated_by"], "local");
    assert_ne!(replaced["metadata_version"], created["metadata_version"]);
}

#[tokio::test]
async fn equal_metadata_has_equal_versions() {
    let server = Server::start().await;
    let path = format!("/flows/{}", flow_id(1));
    let version = async || server.get(&path).await.json()["metadata_version"].clone();
    server.put_flow(&video(1)).await;
    let first = version().await;
    server.put(&path, &video(1)).await.empty(204);
    assert_eq!(version().await, first);
    let own = with(video(1), json!({"metadata_version": "mine"}));
    server.put(&path, &own).await.empty(204);
    assert_eq!(version().await, "mine");
    server.put(&path, &own).await.empty(204);
    assert_eq!(version().await, "mine");
    server
        .put(&path, &with(own, json!({"label": "changed"})))
        .await
        .empty(204);
    assert_ne!(version().await, "mine");
}

#[tokio::test]
async fn what_breaks_the_schema_is_named() {
    let server = Server::start().await;
    let path = format!("/flows/{}", flow_id(1));
    for (changes, field) in [
        (json!({"id": flow_id(2)}), "/id"),
        (json!({"source_id": null}), "/"),
        (json!({"format": "urn:x-nmos:format:film"}), "/format"),
        (json!({"codec": null}), "/"),
        (json!({"container": "mp4"}), "/container"),
        (json!({"label": 5}), "/label"),
        (json!({"tags": {"a": 5}}), "/tags/a"),
        (
            json!({"essence_parameters": {"frame_width": 2, "frame_height": 2}}),
            "/essence_parameters",
        ),
        (
            json!({"essence_parameters": {"frame_width": "2", "frame_height": 2, "vfr": true}}),
            "/essence_parameters/frame_width",
        ),
        (
            json!({"flow_collection": [{"id": flow_id(7)}]}),
            "/flow_collection/0/id",
        ),
    ] {
        let answer = server.put(&path, &with(video(1), changes.clone())).await;
        assert_eq!(answer.error(400).1.as_deref(), Some(field), "{changes}");
    }
    server.get(&path).await.error(404);
    assert_eq!(server.get("/sources").await.json(), json!([]));
}

#[tokio::test]
async fn all_flows_of_a_source_have_its_format() {
    let server = Server::start().await;
    server.put_flow(&video(1)).await;
    let sound = with(audio(2), json!({"source_id": source_id(1)}));
    let path = format!("/flows/{}", flow_id(2));
    assert_eq!(
        server.put(&path, &sound).await.error(400).1.unwrap(),
        "/format"
    );
    // The only flow of a source can take its source along.
    let only = with(audio(1), json!({}));
    server
        .put(&format!("/flows/{}", flow_id(1)), &only)
        .await
        .empty(204);
    let source = server
        .get(&format!("/sources/{}", source_id(1)))
        .await
        .body(200, "source");
    assert_eq!(source["format"], "urn:x-nmos:format:audio");
}

#[tokio::test]
async fn a_flow_that_moves_leaves_no_empty_source() {
    let server = Server::start().await;
    server.put_flow(&video(1)).await;
    let moved = with(video(1), json!({"source_id": source_id(2)}));
    server
        .put(&format!("/flows/{}", flow_id(1)), &moved)
        .await
        .empty(204);
    server
        .get(&format!("/sources/{}", source_id(1)))
        .await
        .error(404);
    server
        .get(&format!("/sources/{}", source_id(2)))
        .await
        .body(200, "source");
}

async fn listed(server: &Server, query: &str) -> Vec<usize> {
    let flows = server
        .get(&format!("/flows?{query}"))
        .await
        .items("flow-get");
    let number = |flow: &Value| (1..=9).find(|n| flow["id"] == flow_id(*n)).unwrap().into();
    flows.iter().map(number).collect()
}

/// Flows 1 to 5, one second apart.
async fn some_flows() -> Server {
    let server = Server::start().await;
    let flows = [
        with(
            video(1),
            json!({"label": "b", "tags": {"k": "x"}, "status": "ingesting"}),
        ),
        with(
            video(2),
            json!({"label": "a", "tags": {"k": ["y", "z"]}, "codec": "video/hevc"}),
        ),
        with(audio(3), json!({"tags": {"k": "a b", "empty": []}})),
        with(
            video(4),
            json!({
                "essence_parameters": {
                    "frame_width": 640, "frame_height": 360, "vfr": true, "init_segments": true
                },
                "source_id": source_id(1)
            }),
        ),
        with(
            multi(5),
            json!({"flow_collection": [{"id": flow_id(1)}, {"id": flow_id(3), "role": "sound"}]}),
        ),
    ];
    for flow in &flows {
        server.put_flow(flow).await;
        server.wait(1);
    }
    server
}

#[tokio::test]
async fn filters() {
    let server = some_flows().await;
    for (query, expected) in [
        ("", vec![5, 4, 3, 2, 1]),
        ("label=a", vec![2]),
        ("label=", vec![]),
        ("format=urn:x-nmos:format:audio", vec![3]),
        ("codec=video/hevc", vec![2]),
        ("status=ingesting", vec![1]),
        ("frame_width=640", vec![4]),
        ("frame_height=720&frame_width=1280", vec![2, 1]),
        ("init_segments=true", vec![4]),
        ("init_segments=false", vec![5, 3, 2, 1]),
        ("tag.k=x", vec![1]),
        ("tag.k=x,z", vec![2, 1]),
        ("tag.k=x%2Cz", vec![2, 1]),
        ("tag.k=a%20b", vec![3]),
        ("tag.k=yz", vec![]),
        ("tag.empty=x", vec![]),
        ("tag_exists.k=true", vec![3, 2, 1]),
        ("tag_exists.k=false", vec![5, 4]),
        ("tag_exists.empty=true", vec![3]),
        ("tag.k=x&tag_exists.other=true", vec![]),
        ("collected_by_ids=", vec![5, 4, 2]),
        ("sort_by=label", vec![2, 1, 3, 4, 5]),
        ("sort_by=label&reverse_order=true", vec![5, 4, 3, 1, 2]),
        ("reverse_order=true", vec![1, 2, 3, 4, 5]),
    ] {
        assert_eq!(listed(&server, query).await, expected, "{query}");
    }
    let of_source = format!("source_id={}", source_id(1));
    assert_eq!(listed(&server, &of_source).await, [4, 1]);
    let collected = format!("collected_by_ids={},{}", flow_id(9), flow_id(5));
    assert_eq!(listed(&server, &collected).await, [3, 1]);
    server
        .put(&format!("/flows/{}/label", flow_id(1)), &json!("c"))
        .await
        .empty(204);
    assert_eq!(
        listed(&server, "sort_by=metadata_updated&limit=1").await,
        [1]
    );
    for query in [
        "sort_by=size",
        "format=video",
        "status=done",
        "collected_by_ids=x",
        "init_segments=1",
    ] {
        server.get(&format!("/flows?{query}")).await.error(400);
    }
}

#[tokio::test]
async fn lists_filter_by_what_segments_cover() {
    let server = Server::start().await;
    for n in 1..=3 {
        server.put_flow(&video(n)).await;
    }
    server.add(&flow_id(1), "a", "[0:0_10:0)").await;
    server.add(&flow_id(1), "b", "[20:0_30:0)").await;
    server.add(&flow_id(2), "c", "[10:0_20:0)").await;
    for (timerange, expected) in [
        ("_", vec![3, 2, 1]),
        ("[0:0_1:0)", vec![1]),
        ("[9:999999999_10:0]", vec![2, 1]),
        ("[10:0_20:0)", vec![2]),
        ("[10:0_20:0]", vec![2, 1]),
        ("[30:0_", vec![]),
        ("_0:0)", vec![]),
        ("_0:0]", vec![1]),
        ("()", vec![3]),
    ] {
        let mut found = listed(&server, &format!("timerange={timerange}")).await;
        found.sort_by(|a, b| b.cmp(a));
        assert_eq!(found, expected, "{timerange}");
    }
}

#[tokio::test]
async fn the_timerange_is_computed_when_asked_for() {
    let server = Server::start().await;
    server.put_flow(&video(1)).await;
    let timerange = async |query: &str| {
        let flow = server
            .get(&format!("/flows/{}?{query}", flow_id(1)))
            .await
            .body(200, "flow-get");
        flow.get("timerange")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    assert_eq!(
        timerange("include_timerange=true").await.as_deref(),
        Some("()")
    );
    server.add(&flow_id(1), "a", "[0:0_10:0)").await;
    server.add(&flow_id(1), "b", "[20:0_30:0]").await;
    assert_eq!(timerange("").await, None);
    assert_eq!(timerange("include_timerange=false&timerange=_").await, None);
    for (within, expected) in [
        ("_", "[0:0_30:0]"),
        ("[5:0_25:0)", "[5:0_25:0)"),
        ("[12:0_25:0)", "[20:0_25:0)"),
        ("[12:0_15:0)", "()"),
        ("[5:0_", "[5:0_30:0]"),
    ] {
        let query = format!("include_timerange=true&timerange={within}");
        assert_eq!(
            timerange(&query).await.as_deref(),
            Some(expected),
            "{within}"
        );
    }
    server
        .get(&format!("/flows/{}?timerange=soon", flow_id(1)))
        .await
        .error(400);
}

#[tokio::test]
async fn collections_have_order_and_two_ends() {
    let server = some_flows().await;
    let collector = server
        .get(&format!("/flows/{}", flow_id(5)))
        .await
        .body(200, "flow-get");
    assert_eq!(
        collector["flow_collection"],
        json!([{"id": flow_id(1)}, {"id": flow_id(3), "role": "sound"}])
    );
    let member = server
        .get(&format!("/flows/{}", flow_id(3)))
        .await
        .body(200, "flow-get");
    assert_eq!(member["collected_by"], json!([flow_id(5)]));

    let path = format!("/flows/{}/flow_collection", flow_id(5));
    let mapped = json!([
        {"id": flow_id(3), "container_mapping": {"isobmff_container": {"track_id": 2}}},
        {"id": flow_id(1), "_note": "kept"}
    ]);
    server.put(&path, &mapped).await.empty(204);
    assert_eq!(server.get(&path).await.body(200, "flow-collection"), mapped);
    for (wrong, field) in [
        (
            json!([{"id": flow_id(1)}, {"id": flow_id(1)}]),
            "/flow_collection/1/id",
        ),
        (json!([{"id": flow_id(8)}]), "/flow_collection/0/id"),
        (json!([{"id": flow_id(5)}]), "/flow_collection"),
        (json!([{"id": "x"}]), "/0/id"),
        (json!({"id": flow_id(1)}), "/"),
    ] {
        assert_eq!(
            server.put(&path, &wrong).await.error(400).1.as_deref(),
            Some(field),
            "{wrong}"
        );
    }
    let round = format!("/flows/{}/flow_collection", flow_id(1));
    assert_eq!(
        server
            .put(&round, &json!([{"id": flow_id(5)}]))
            .await
            .error(400)
            .1
            .unwrap(),
        "/flow_collection"
    );
    assert_eq!(server.get(&path).await.body(200, "flow-collection"), mapped);

    server
        .delete(&format!("/flows/{}", flow_id(3)))
        .await
        .empty(204);
    assert_eq!(
        server.get(&path).await.json(),
        json!([{"id": flow_id(1), "_note": "kept"}])
    );
    server.delete(&path).await.empty(204);
    assert_eq!(
        server.get(&path).await.body(200, "flow-collection"),
        json!([])
    );
    let collector = server.get(&format!("/flows/{}", flow_id(5))).await.json();
    assert!(collector.get("flow_collection").is_none());
}

#[tokio::test]
async fn flows_of_one_source_collect_alike() {
    let server = some_flows().await;
    let other = |collection: Value| {
        with(
            multi(6),
            json!({"source_id": source_id(5), "flow_collection": collection}),
        )
    };
    let path = format!("/flows/{}", flow_id(6));
    let role = other(json!([{"id": flow_id(3), "role": "commentary"}]));
    assert_eq!(
        server.put(&path, &role).await.error(400).1.unwrap(),
        "/flow_collection/0/role"
    );
    let order = other(json!([{"id": flow_id(3), "role": "sound"}, {"id": flow_id(4)}]));
    assert_eq!(
        server.put(&path, &order).await.error(400).1.unwrap(),
        "/flow_collection/0"
    );
    let alike = other(json!([{"id": flow_id(4)}, {"id": flow_id(2)}, {"id": flow_id(3)}]));
    server.put(&path, &alike).await.body(201, "flow-get");
}

#[tokio::test]
async fn read_only_flows_refuse_everything_but_that() {
    let server = Server::start().await;
    server.put_flow(&video(1)).await;
    server.add(&flow_id(1), "a", "[0:0_1:0)").await;
    let path = |rest: &str| format!("/flows/{}{rest}", flow_id(1));
    assert_eq!(server.get(&path("/read_only")).await.json(), json!(false));
    server
        .put(&path("/read_only"), &json!("yes"))
        .await
        .error(400);
    server
        .put(&path("/read_only"), &json!(true))
        .await
        .empty(204);
    assert_eq!(server.get(&path("/read_only")).await.json(), json!(true));
    assert_eq!(
        server.get(&path("")).await.body(200, "flow-get")["read_only"],
        true
    );

    server.put(&path(""), &video(1)).await.error(403);
    server.put(&path("/label"), &json!("x")).await.error(403);
    server.put(&path("/tags/x"), &json!("y")).await.error(403);
    server.delete(&path("/label")).await.error(403);
    server
        .post(&path("/storage"), &json!({"limit": 1}))
        .await
        .error(403);
    let segment = json!({"object_id": "a", "timerange": "[5:0_6:0)", "ts_offset": "5:0"});
    server.register(&flow_id(1), &segment).await.error(403);
    server.delete(&path("/segments")).await.error(403);
    server.delete(&path("")).await.error(403);
    assert_eq!(server.timeranges(&flow_id(1), "").await, ["[0:0_1:0)"]);

    server
        .put(&path("/read_only"), &json!(false))
        .await
        .empty(204);
    server.put(&path("/label"), &json!("x")).await.empty(204);
}

#[tokio::test]
async fn deleted_with_its_source() {
    let server = Server::start().await;
    server.put_flow(&video(1)).await;
    server
        .put_flow(&with(video(2), json!({"source_id": source_id(1)})))
        .await;
    server.add(&flow_id(1), "a", "[0:0_1:0)").await;
    server
        .delete(&format!("/flows/{}?force=true", flow_id(1)))
        .await
        .error(400);
    server
        .delete(&format!("/flows/{}", flow_id(1)))
        .await
        .empty(204);
    server
        .get(&format!("/flows/{}", flow_id(1)))
        .await
        .error(404);
    assert!(server.timeranges(&flow_id(1), "").await.is_empty());
    server
        .get(&format!("/sources/{}", source_id(1)))
        .await
        .body(200, "source");
    server
        .delete(&format!("/flows/{}", flow_id(2)))
        .await
        .empty(204);
    server
        .get(&format!("/sources/{}", source_id(1)))
        .await
        .error(404);
    server
        .delete(&format!("/flows/{}", flow_id(2)))
        .await
        .error(404);
}
