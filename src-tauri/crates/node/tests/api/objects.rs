//! Objects and their copies.

use serde_json::json;

use crate::support::{Server, flow_id, video};

async fn with_object(id: &str) -> Server {
    let server = Server::start().await;
    server.put_flow(&video(1)).await;
    server.add(&flow_id(1), id, "[0:0_2:0)").await;
    server
}

#[tokio::test]
async fn what_an_object_is_and_who_uses_it() {
    let server = with_object("reel 1/ä").await;
    let path = "/objects/reel%201%2F%C3%A4";
    let object = server.get(path).await.body(200, "object");
    assert_eq!(object["id"], "reel 1/ä");
    assert_eq!(object["timerange"], "[0:0_2:0)");
    assert_eq!(object["referenced_by_flows"], json!([flow_id(1)]));
    assert_eq!(object["first_referenced_by_flow"], flow_id(1));
    let media = server
        .get(object["get_urls"][0]["url"].as_str().unwrap())
        .await;
    assert_eq!(media.bytes, "reel 1/ä".as_bytes());
    let silent = server
        .get(&format!("{path}?accept_get_urls="))
        .await
        .body(200, "object");
    assert_eq!(silent["get_urls"], json!([]));
    let verbose = server
        .get(&format!("{path}?verbose_storage=true"))
        .await
        .body(200, "object");
    assert_eq!(verbose["get_urls"][0]["controlled"], true);
    server.get("/objects/nobody").await.error(404);
    server.get(&format!("{path}?unknown=1")).await.error(400);
}

#[tokio::test]
async fn copies_come_and_go() {
    let server = with_object("a").await;
    let path = "/objects/a/instances";
    let copy = json!({"url": "https://s.example/a?signature=x", "label": "far"});
    server.post(path, &copy).await.empty(201);
    server.post(path, &copy).await.error(400);
    for wrong in [
        json!({"url": "https://s.example/a", "label": "local"}),
        json!({"url": "file:///etc/passwd", "label": "x"}),
        json!({"label": "x"}),
        json!({"storage_id": flow_id(1)}),
        json!({"storage_id": server.get("/service/storage-backends").await.json()[0]["id"]}),
    ] {
        server.post(path, &wrong).await.error(400);
    }
    let object = server
        .get("/objects/a?accept_get_urls=far")
        .await
        .body(200, "object");
    assert_eq!(
        object["get_urls"],
        json!([{"url": "https://s.example/a?signature=x", "label": "far"}])
    );

    for wrong in ["", "?label=x", "?label=far&storage_id=x", "?label=local"] {
        server.delete(&format!("{path}{wrong}")).await.error(400);
    }
    let own = server.get("/service/storage-backends").await.json()[0]["id"].clone();
    server
        .delete(&format!("{path}?storage_id={}", own.as_str().unwrap()))
        .await
        .error(400);
    server.delete(&format!("{path}?label=far")).await.empty(204);
    let object = server.get("/objects/a").await.body(200, "object");
    assert_eq!(object["get_urls"].as_array().unwrap().len(), 1);
    server
        .post("/objects/nobody/instances", &copy)
        .await
        .error(404);
    server
        .delete("/objects/nobody/instances?label=far")
        .await
        .error(404);
}

#[tokio::test]
async fn the_last_copy_of_an_object_elsewhere_stays() {
    let server = Server::start().await;
    server.put_flow(&video(1)).await;
    let segment = json!({
        "object_id": "far", "timerange": "[0:0_2:0)",
        "get_urls": [{"url": "https://s.example/x", "label": "s"}]
    });
    server.register(&flow_id(1), &segment).await.empty(201);
    let path = "/objects/far/instances";
    server.delete(&format!("{path}?label=s")).await.error(400);
    server
        .post(path, &json!({"url": "https://t.example/x", "label": "t"}))
        .await
        .empty(201);
    server.delete(&format!("{path}?label=s")).await.empty(204);
    let own = server.get("/service/storage-backends").await.json()[0]["id"].clone();
    let (summary, _) = server
        .post(path, &json!({"storage_id": own}))
        .await
        .error(400);
    assert!(summary.contains("does not fetch"), "{summary}");
}
