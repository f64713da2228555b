//! Media that needs an initialisation segment.

use reqwest::Method;
use serde_json::json;

use crate::support::{Server, flow_id, video, with};

#[tokio::test]
async fn initialisation_segments() {
    let server = Server::start().await;
    let mut flow = with(video(1), json!({"container": "video/iso.segment"}));
    flow["essence_parameters"]["init_segments"] = json!(true);
    server.put_flow(&flow).await;
    server
        .put_flow(&with(video(2), json!({"container": "video/iso.segment"})))
        .await;
    for object in ["a", "b", "c"] {
        server.upload(&flow_id(1), object, object.as_bytes()).await;
    }
    let request = json!({"object_ids": ["init"], "content_type": "video/mp4"});
    let storage = server
        .post(&format!("/flows/{}/storage", flow_id(1)), &request)
        .await
        .body(201, "flow-storage");
    let put_url = &storage["media_objects"][0]["put_url"];
    assert_eq!(put_url["content-type"], "video/mp4");
    let segment = |object: &str, timerange: &str| json!({"object_id": object, "timerange": timerange, "init_object_id": "init"});
    let first = segment("a", "[0:0_2:0)");
    let (summary, field) = server.register(&flow_id(1), &first).await.error(400);
    assert!(summary.contains("no bytes"), "{summary}");
    assert_eq!(field.unwrap(), "/init_object_id");
    let headers = [("content-type", "video/mp4")];
    let url = put_url["url"].as_str().unwrap();
    server
        .send(Method::PUT, url, &headers, Some(b"ftyp moov".to_vec()))
        .await
        .empty(200);

    server
        .register(&flow_id(1), &json!([first, segment("b", "[2:0_4:0)")]))
        .await
        .empty(201);
    let listed = server
        .get(&format!("/flows/{}/segments", flow_id(1)))
        .await
        .items("flow-segment");
    assert_eq!(listed[1]["init_object"]["object_id"], "init");
    let init_url = listed[1]["init_object"]["get_urls"][0]["url"]
        .as_str()
        .unwrap();
    let init = server.get(init_url).await;
    assert_eq!(
        (init.header("content-type"), &init.bytes[..]),
        (Some("video/mp4"), &b"ftyp moov"[..])
    );

    for (wrong, field) in [
        (json!({"init_object_id": null}), "/init_object_id"),
        (json!({"init_object_id": "a"}), "/init_object_id"),
        (json!({"init_object_id": "c"}), "/init_object_id"),
        (json!({"init_object_id": "nobody"}), "/init_object_id"),
        (json!({"object_id": "init"}), "/object_id"),
    ] {
        let answer = server
            .register(&flow_id(1), &with(segment("c", "[4:0_6:0)"), wrong.clone()))
            .await;
        assert_eq!(answer.error(400).1.as_deref(), Some(field), "{wrong}");
    }
    let reused = json!({"object_id": "a", "timerange": "[0:0_2:0)"});
    assert_eq!(
        server
            .register(&flow_id(2), &reused)
            .await
            .error(400)
            .1
            .unwrap(),
        "/object_id"
    );
    let object = server.get("/objects/init").await.body(200, "object");
    assert_eq!(object["referenced_by_flows"], json!([flow_id(1)]));
    assert!(object.get("timerange").is_none());
    let media = server.get("/objects/b").await.body(200, "object");
    assert_eq!(media["init_object"]["id"], "init");
}
