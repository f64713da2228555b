//! Reading and deleting segments.

use serde_json::{Value, json};

use crate::support::{Server, flow_id, video, with};

/// `[0,10)`, `[10,20)`, a gap, the instant 25, `[30,40]`.
async fn some_segments() -> Server {
    let server = Server::start().await;
    server.put_flow(&video(1)).await;
    for (object, timerange) in [
        ("d", "[30:0_40:0]"),
        ("a", "[0:0_10:0)"),
        ("c", "[25:0]"),
        ("b", "[10:0_20:0)"),
    ] {
        server.add(&flow_id(1), object, timerange).await;
    }
    server
}

const ALL: [&str; 4] = ["[0:0_10:0)", "[10:0_20:0)", "[25:0]", "[30:0_40:0]"];

#[tokio::test]
async fn timerange_queries() {
    let server = some_segments().await;
    for (timerange, expected) in [
        ("_", &ALL[..]),
        ("()", &[]),
        ("[5:0_6:0)", &ALL[..1]),
        ("[5:0_10:0)", &ALL[..1]),
        ("[5:0_10:0]", &ALL[..2]),
        ("[10:0]", &ALL[1..2]),
        ("10:0", &ALL[1..2]),
        ("[9:999999999]", &ALL[..1]),
        ("(9:999999999_11:0)", &ALL[1..2]),
        ("[20:0_25:0)", &[]),
        ("[20:0_25:0]", &ALL[2..3]),
        ("(25:0_30:0)", &[]),
        ("[25:0]", &ALL[2..3]),
        ("[40:0]", &ALL[3..]),
        ("(40:0_", &[]),
        ("[15:0_", &ALL[1..]),
        ("_15:0)", &ALL[..2]),
        ("_0:0)", &[]),
        ("_0:0]", &ALL[..1]),
        ("[-5:0_100:0)", &ALL),
        ("[41:0_", &[]),
    ] {
        let found = server
            .timeranges(&flow_id(1), &format!("timerange={timerange}"))
            .await;
        assert_eq!(found, expected, "{timerange}");
        let mut backwards = server
            .timeranges(
                &flow_id(1),
                &format!("timerange={timerange}&reverse_order=true"),
            )
            .await;
        backwards.reverse();
        assert_eq!(backwards, expected, "{timerange} backwards");
    }
    server
        .get(&format!("/flows/{}/segments?timerange=[0:0_5)", flow_id(1)))
        .await
        .error(400);
}

#[tokio::test]
async fn other_filters_and_unknown_flows() {
    let server = some_segments().await;
    server
        .register(
            &flow_id(1),
            &json!({"object_id": "a", "timerange": "[50:0_55:0)", "ts_offset": "50:0"}),
        )
        .await
        .empty(201);
    let of_object = server.timeranges(&flow_id(1), "object_id=a").await;
    assert_eq!(of_object, ["[0:0_10:0)", "[50:0_55:0)"]);
    assert_eq!(
        server
            .timeranges(&flow_id(1), "object_id=a&timerange=[20:0_")
            .await,
        ["[50:0_55:0)"]
    );
    assert!(
        server
            .timeranges(&flow_id(1), "object_id=nobody")
            .await
            .is_empty()
    );
    let unknown = server.get(&format!("/flows/{}/segments", flow_id(9))).await;
    assert_eq!(unknown.items("flow-segment"), Vec::<Value>::new());
    assert_eq!(unknown.header("x-paging-timerange"), Some("()"));
    server.get("/flows/nonsense/segments").await.error(404);
}

#[tokio::test]
async fn urls_as_asked_for() {
    let server = some_segments().await;
    let copy = json!({"url": "https://s.example/a", "label": "far"});
    server.post("/objects/a/instances", &copy).await.empty(201);
    let backend = server.get("/service/storage-backends").await.json()[0].clone();
    let labels = async |query: &str| {
        let path = format!("/flows/{}/segments?timerange=[0:0]&{query}", flow_id(1));
        let segments = server.get(&path).await.items("flow-segment");
        let label = |url: &Value| url["label"].as_str().unwrap().to_owned();
        segments[0]["get_urls"]
            .as_array()
            .unwrap()
            .iter()
            .map(label)
            .collect::<Vec<_>>()
    };
    assert_eq!(labels("").await, ["local", "far"]);
    assert!(labels("accept_get_urls=").await.is_empty());
    assert_eq!(labels("accept_get_urls=far,other").await, ["far"]);
    assert_eq!(labels("presigned=true").await, ["local"]);
    assert_eq!(labels("presigned=false").await, ["far"]);
    assert_eq!(
        labels("presigned=true&accept_get_urls=far").await,
        Vec::<String>::new()
    );
    let id = backend["id"].as_str().unwrap();
    assert_eq!(labels(&format!("accept_storage_ids={id}")).await, ["local"]);
    assert!(
        labels(&format!("accept_storage_ids={}", flow_id(1)))
            .await
            .is_empty()
    );
    assert_eq!(labels("accept_storage_ids=").await, ["local", "far"]);
    assert!(labels("storage_backend_tag.x=y").await.is_empty());
    assert_eq!(
        labels("storage_backend_tag_exists.x=false").await,
        ["local", "far"]
    );

    let path = format!("/flows/{}/segments?timerange=[0:0]", flow_id(1));
    let brief = server.get(&path).await.items("flow-segment");
    let names = |url: &Value| url.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(&brief[0]["get_urls"][0]),
        ["url", "label", "presigned"]
    );
    let verbose = server
        .get(&format!("{path}&verbose_storage=true"))
        .await
        .items("flow-segment");
    let (held, far) = (&verbose[0]["get_urls"][0], &verbose[0]["get_urls"][1]);
    assert_eq!(held["storage_id"], backend["id"]);
    assert_eq!(held["store_type"], "http_object_store");
    assert_eq!(
        (&held["controlled"], &far["controlled"]),
        (&json!(true), &json!(false))
    );
    assert!(brief[0].get("object_timerange").is_none());
}

#[tokio::test]
async fn deletes_what_is_covered_completely() {
    let server = some_segments().await;
    let delete = async |query: &str| {
        server
            .delete(&format!("/flows/{}/segments?{query}", flow_id(1)))
            .await
            .empty(204);
        server.timeranges(&flow_id(1), "").await
    };
    assert_eq!(delete("timerange=[0:0_9:0)").await, ALL);
    assert_eq!(delete("timerange=[0:1_10:0)").await, ALL);
    assert_eq!(delete("timerange=(0:0_10:0)").await, ALL);
    assert_eq!(delete("timerange=[30:0_40:0)").await, ALL);
    assert_eq!(delete("timerange=()").await, ALL);
    assert_eq!(delete("timerange=_&object_id=nobody").await, ALL);
    assert_eq!(delete("timerange=[0:0_10:0)&object_id=b").await, ALL);
    assert_eq!(delete("timerange=[5:0_25:0]").await, [ALL[0], ALL[3]]);
    assert_eq!(delete("timerange=[30:0_40:0]").await, [ALL[0]]);
    server
        .delete(&format!("/flows/{}/segments?timerang=[0:0]", flow_id(1)))
        .await
        .error(400);
    assert_eq!(server.timeranges(&flow_id(1), "").await, [ALL[0]]);
    assert!(delete("object_id=a").await.is_empty());
    server
        .delete(&format!("/flows/{}/segments", flow_id(9)))
        .await
        .error(404);
}

#[tokio::test]
async fn a_deleted_place_can_be_taken_again() {
    let server = some_segments().await;
    server.put_flow(&with(video(2), json!({}))).await;
    server
        .register(
            &flow_id(2),
            &json!({"object_id": "a", "timerange": "[0:0_10:0)"}),
        )
        .await
        .empty(201);
    server
        .delete(&format!("/flows/{}/segments?object_id=a", flow_id(1)))
        .await
        .empty(204);
    let object = server.get("/objects/a").await.body(200, "object");
    assert_eq!(object["referenced_by_flows"], json!([flow_id(2)]));
    assert_eq!(object["first_referenced_by_flow"], flow_id(1));
    server.add(&flow_id(1), "e", "[0:0_10:0)").await;
    server
        .delete(&format!("/flows/{}", flow_id(2)))
        .await
        .empty(204);
    server.get("/objects/a").await.error(404);
    // Within its time an object without segments can be used again.
    server
        .register(
            &flow_id(1),
            &json!({"object_id": "a", "timerange": "[60:0_70:0)", "ts_offset": "60:0"}),
        )
        .await
        .empty(201);
    server.get("/objects/a").await.body(200, "object");
}
