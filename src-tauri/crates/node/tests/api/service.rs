//! `/`, `/service…` and what is not there.

use std::time::Duration;

use loopback::{Policy, Token};
use mediatime::Timestamp;
use node::{CatalogueOptions, NodeOptions};
use reqwest::Method;
use serde_json::json;

use crate::support::{NOW, Server, flow_id, video};

#[tokio::test]
async fn the_root_lists_paths() {
    let server = Server::start().await;
    assert_eq!(
        server.get("/").await.json(),
        json!(["service", "flows", "sources", "flow-delete-requests"])
    );
}

#[tokio::test]
async fn the_service_tells_its_limits_and_takes_a_name() {
    let server = Server::start().await;
    let service = server.get("/service").await.body(200, "service");
    assert_eq!(service["api_version"], "8.2");
    assert_eq!(service["type"], "urn:x-tams:service.stringout");
    assert_eq!(service["min_object_timeout"], "3600:0");
    assert_eq!(service["min_presigned_url_timeout"], "3600:0");
    assert!(service.get("name").is_none() && service.get("event_stream_mechanisms").is_none());

    server
        .post("/service", &json!({"name": "Suite 3"}))
        .await
        .empty(200);
    server
        .post("/service", &json!({"description": "cutting room"}))
        .await
        .empty(200);
    let service = server.get("/service").await.body(200, "service");
    assert_eq!(
        (&service["name"], &service["description"]),
        (&json!("Suite 3"), &json!("cutting room"))
    );
    assert_eq!(
        server
            .post("/service", &json!({"name": 5}))
            .await
            .error(400)
            .1
            .unwrap(),
        "/name"
    );
}

#[tokio::test]
async fn presigned_urls_never_outlive_their_objects() {
    let options = NodeOptions {
        url_life: Duration::from_secs(7200),
        ..NodeOptions::default()
    };
    let server = Server::start_with(CatalogueOptions::default(), options).await;
    let service = server.get("/service").await.body(200, "service");
    assert_eq!(service["min_presigned_url_timeout"], "3600:0");
    server.put_flow(&video(1)).await;
    let storage = server
        .post(&format!("/flows/{}/storage", flow_id(1)), &json!({}))
        .await
        .body(201, "flow-storage");
    let put_url = storage["media_objects"][0]["put_url"]["url"].to_string();
    let expires = format!("expires={}", NOW + 3600);
    assert!(put_url.contains(&expires), "{put_url}");
}

#[tokio::test]
async fn objects_are_kept_for_five_minutes_at_least() {
    let options = CatalogueOptions {
        min_object_timeout: Timestamp::ZERO,
        ..CatalogueOptions::default()
    };
    let server = Server::start_with(options, NodeOptions::default()).await;
    let service = server.get("/service").await.body(200, "service");
    assert_eq!(service["min_object_timeout"], "300:0");
    assert_eq!(service["min_presigned_url_timeout"], "300:0");
}

#[tokio::test]
async fn one_storage_backend() {
    let server = Server::start().await;
    let answer = server.get("/service/storage-backends").await;
    let backends = answer.body(200, "storage-backends-list");
    assert_eq!(backends.as_array().unwrap().len(), 1);
    assert_eq!(backends[0]["default_storage"], true);
    assert_eq!(answer.header("x-paging-count"), Some("1"));
    let again = server
        .get("/service/storage-backends?tag_exists.x=false&limit=1")
        .await;
    assert_eq!(again.json()[0]["id"], backends[0]["id"]);
    assert_eq!(
        server.get("/service/storage-backends?tag.x=y").await.json(),
        json!([])
    );
    server
        .get("/service/storage-backends?page=5b5d")
        .await
        .error(400);
}

#[tokio::test]
async fn webhooks_are_not_there() {
    let server = Server::start().await;
    server.get("/service/webhooks").await.error(404);
    let hook = json!({"url": "https://hook.example.com", "events": ["flows/created"]});
    server.post("/service/webhooks", &hook).await.error(404);
    server
        .delete("/service/webhooks/e85efab4-993b-4ad6-9af3-4cd8d0d38860")
        .await
        .error(404);
}

#[tokio::test]
async fn unknown_paths_methods_and_parameters() {
    let server = Server::start().await;
    server.get("/nowhere").await.error(404);
    server.get("/flows/not-a-uuid").await.error(404);
    server.delete("/service").await.error(405);
    let (summary, field) = server.get("/flows?tagg.x=y").await.error(400);
    assert!(summary.contains("no query parameter"), "{summary}");
    assert_eq!(field.unwrap(), "tagg.x");
    server.get("/flows?limit=0").await.error(400);
    server.get("/flows?page=zz").await.error(400);
    assert_eq!(server.get("/flows?access_token=unused").await.status, 200);
}

#[tokio::test]
async fn bodies_must_be_json_and_say_so() {
    let server = Server::start().await;
    let path = format!("/flows/{}", video(1)["id"].as_str().unwrap());
    let body = || Some(video(1).to_string().into_bytes());
    let json = ("content-type", "application/json; charset=utf-8");
    server
        .send(
            Method::PUT,
            &path,
            &[("content-type", "text/plain")],
            body(),
        )
        .await
        .error(415);
    server
        .send(Method::PUT, &path, &[], body())
        .await
        .error(415);
    server
        .send(Method::PUT, &path, &[json], Some(b"{".to_vec()))
        .await
        .error(400);
    server
        .send(Method::PUT, &path, &[json], None)
        .await
        .error(400);
    server
        .send(Method::PUT, &path, &[json], Some(vec![b' '; 9 << 20]))
        .await
        .error(413);
    server
        .send(Method::PUT, &path, &[json], body())
        .await
        .body(201, "flow-get");
}

#[tokio::test]
async fn behind_a_token() {
    let token = Token::random();
    let policy = Policy::default()
        .with_token(token.clone())
        .open_path("/media/");
    let server =
        Server::start_guarded(CatalogueOptions::default(), NodeOptions::default(), policy).await;
    assert_eq!(server.get("/flows").await.status, 401);
    let secret = format!("access_token={}", token.expose());
    for n in 1..=2 {
        server
            .put(&format!("/flows/{}?{secret}", flow_id(n)), &video(n))
            .await
            .body(201, "flow-get");
    }
    let first = server.get(&format!("/flows?limit=1&{secret}")).await;
    let link = first.header("link").unwrap();
    assert!(link.contains(&secret), "the next page needs the token too");
    let storage = server
        .post(
            &format!("/flows/{}/storage?{secret}", flow_id(1)),
            &json!({"limit": 1}),
        )
        .await
        .body(201, "flow-storage");
    let put_url = storage["media_objects"][0]["put_url"]["url"]
        .as_str()
        .unwrap();
    assert!(!put_url.contains(token.expose()));
    let mp4 = [("content-type", "video/mp4")];
    server
        .send(Method::PUT, put_url, &mp4, Some(b"x".to_vec()))
        .await
        .empty(200);
    let unsigned = put_url.split('?').next().unwrap();
    server
        .send(Method::PUT, unsigned, &mp4, Some(b"x".to_vec()))
        .await
        .error(403);
}
