//! Sources: they come with their flows.

use serde_json::{Value, json};

use crate::support::{Server, audio, flow_id, multi, source_id, video, with};

async fn listed(server: &Server, query: &str) -> Vec<usize> {
    let sources = server
        .get(&format!("/sources?{query}"))
        .await
        .items("source");
    let number = |source: &Value| {
        (1..=9)
            .find(|n| source["id"] == source_id(*n))
            .unwrap()
            .into()
    };
    sources.iter().map(number).collect()
}

async fn some_sources() -> Server {
    let server = Server::start().await;
    for flow in [
        video(1),
        audio(2),
        with(
            multi(3),
            json!({"flow_collection": [{"id": flow_id(2), "role": "sound"}, {"id": flow_id(1)}]}),
        ),
    ] {
        server.put_flow(&flow).await;
        server.wait(1);
    }
    server
}

#[tokio::test]
async fn made_by_flows_with_their_collections() {
    let server = some_sources().await;
    let source = server
        .get(&format!("/sources/{}", source_id(3)))
        .await
        .body(200, "source");
    assert_eq!(source["format"], "urn:x-nmos:format:multi");
    assert_eq!(source["created"], source["updated"]);
    assert_eq!(
        source["source_collection"],
        json!([{"id": source_id(2), "role": "sound"}, {"id": source_id(1)}])
    );
    assert!(source.get("collected_by").is_none());
    let member = server
        .get(&format!("/sources/{}", source_id(1)))
        .await
        .body(200, "source");
    assert_eq!(member["collected_by"], json!([source_id(3)]));
    server
        .get(&format!("/sources/{}", source_id(7)))
        .await
        .error(404);
}

#[tokio::test]
async fn filters_and_orders() {
    let server = some_sources().await;
    server.wait(5);
    server
        .put(&format!("/sources/{}/label", source_id(1)), &json!("b"))
        .await
        .empty(204);
    server
        .put(&format!("/sources/{}/label", source_id(2)), &json!("a"))
        .await
        .empty(204);
    server
        .put(
            &format!("/sources/{}/tags/k", source_id(2)),
            &json!(["x", "y"]),
        )
        .await
        .empty(204);
    for (query, expected) in [
        ("", vec![3, 2, 1]),
        ("reverse_order=true", vec![1, 2, 3]),
        ("sort_by=label", vec![2, 1, 3]),
        ("sort_by=label&reverse_order=true", vec![3, 1, 2]),
        ("label=b", vec![1]),
        ("format=urn:x-nmos:format:multi", vec![3]),
        ("tag.k=y", vec![2]),
        ("tag_exists.k=false", vec![3, 1]),
        ("collected_by_ids=", vec![3]),
    ] {
        assert_eq!(listed(&server, query).await, expected, "{query}");
    }
    let collected = format!("collected_by_ids={}", source_id(3));
    assert_eq!(listed(&server, &collected).await, [2, 1]);
    assert_eq!(listed(&server, "sort_by=updated").await.last(), Some(&3));
    let source = server
        .get(&format!("/sources/{}", source_id(1)))
        .await
        .body(200, "source");
    assert_eq!(source["updated_by"], "local");
    assert_ne!(source["created"], source["updated"]);
    server
        .get("/sources?sort_by=metadata_updated")
        .await
        .error(400);
}
