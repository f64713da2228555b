//! The sub-resources of flows and sources.

use serde_json::json;

use crate::support::{Server, assert_valid, flow_id, source_id, video, with};

#[tokio::test]
async fn texts_of_flows_and_sources() {
    let server = Server::start().await;
    server.put_flow(&video(1)).await;
    for owner in [
        format!("/flows/{}", flow_id(1)),
        format!("/sources/{}", source_id(1)),
    ] {
        for name in ["label", "description"] {
            let path = format!("{owner}/{name}");
            server.get(&path).await.error(404);
            server.put(&path, &json!("Ünïcode “text”")).await.empty(204);
            assert_eq!(server.get(&path).await.json(), json!("Ünïcode “text”"));
            assert_eq!(server.get(&owner).await.json()[name], "Ünïcode “text”");
            server.put(&path, &json!(5)).await.error(400);
            server.put(&path, &json!("")).await.empty(204);
            assert_eq!(server.get(&path).await.json(), json!(""));
            server.delete(&path).await.empty(204);
            server.delete(&path).await.empty(204);
            server.get(&path).await.error(404);
        }
    }
    for path in [
        format!("/flows/{}/label", flow_id(9)),
        format!("/sources/{}/label", source_id(9)),
    ] {
        server.get(&path).await.error(404);
        server.put(&path, &json!("x")).await.error(404);
        server.delete(&path).await.error(404);
    }
}

#[tokio::test]
async fn bit_rates() {
    let server = Server::start().await;
    server.put_flow(&video(1)).await;
    for name in ["max_bit_rate", "avg_bit_rate"] {
        let path = format!("/flows/{}/{name}", flow_id(1));
        server.get(&path).await.error(404);
        server.put(&path, &json!(5000)).await.empty(204);
        assert_eq!(server.get(&path).await.json(), json!(5000));
        let flow = server
            .get(&format!("/flows/{}", flow_id(1)))
            .await
            .body(200, "flow-get");
        assert_eq!(flow[name], 5000);
        for wrong in [json!(-1), json!(1.5), json!("5")] {
            server.put(&path, &wrong).await.error(400);
        }
        server.delete(&path).await.empty(204);
        server.get(&path).await.error(404);
    }
}

#[tokio::test]
async fn tags_are_strings_or_arrays() {
    let server = Server::start().await;
    server
        .put_flow(&with(video(1), json!({"tags": {"first": "1"}})))
        .await;
    server
        .put(
            &format!("/sources/{}/tags/first", source_id(1)),
            &json!("1"),
        )
        .await
        .empty(204);
    for owner in [
        format!("/flows/{}", flow_id(1)),
        format!("/sources/{}", source_id(1)),
    ] {
        for (name, encoded, value) in [
            ("plain", "plain", json!("x")),
            ("a b/ü", "a%20b%2F%C3%BC", json!(["x", "y"])),
            ("none", "none", json!([])),
        ] {
            let path = format!("{owner}/tags/{encoded}");
            server.get(&path).await.error(404);
            server.put(&path, &value).await.empty(204);
            assert_eq!(server.get(&path).await.json(), value);
            let tags = server.get(&format!("{owner}/tags")).await.body(200, "tags");
            assert_eq!(tags[name], value);
        }
        for wrong in [json!(5), json!(null), json!({"a": "b"}), json!(["x", 5])] {
            server
                .put(&format!("{owner}/tags/plain"), &wrong)
                .await
                .error(400);
        }
        server
            .delete(&format!("{owner}/tags/plain"))
            .await
            .empty(204);
        server
            .delete(&format!("{owner}/tags/plain"))
            .await
            .error(404);
        let tags = server.get(&format!("{owner}/tags")).await.body(200, "tags");
        assert_eq!(tags, json!({"first": "1", "a b/ü": ["x", "y"], "none": []}));
        assert_eq!(server.get(&owner).await.json()["tags"], tags);
    }
    let empty = with(video(2), json!({}));
    server.put_flow(&empty).await;
    let tags = server
        .get(&format!("/flows/{}/tags", flow_id(2)))
        .await
        .json();
    assert_valid("tags", &tags);
    assert_eq!(tags, json!({}));
}
