//! Deletions that take longer than one request.

use mediatime::TimeRange;
use node::{CatalogueOptions, Deletion, NodeOptions, Page, SegmentFilter};
use reqwest::Method;
use serde_json::{Value, json};
use tams_model::{DeletionStatus, Id};

use crate::support::{Server, flow_id, source_id, video};

/// A flow with seven segments on a server that deletes three at a time.
async fn long_flow() -> Server {
    let options = CatalogueOptions {
        deletion_batch: 3,
        ..CatalogueOptions::default()
    };
    let server = Server::start_with(options, NodeOptions::default()).await;
    server.put_flow(&video(1)).await;
    for n in 0..7 {
        server
            .add(
                &flow_id(1),
                &format!("{n}"),
                &format!("[{n}:0_{}:0)", n + 1),
            )
            .await;
    }
    server
}

/// Asks until the deletion is over.
async fn watch(server: &Server, location: &str) -> Value {
    loop {
        // It moves on between two requests, so that HEAD may differ.
        let answer = server.send(Method::GET, location, &[], None).await;
        let request = answer.body(200, "deletion-request");
        if request["status"] == "done" {
            return request;
        }
        assert_ne!(request["status"], "error");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_long_deletion_is_watched() {
    let server = long_flow().await;
    let path = format!("/flows/{}/segments?timerange=[0:0_5:0)", flow_id(1));
    let answer = server.delete(&path).await;
    let request = answer.body(202, "deletion-request");
    assert_eq!(request["flow_id"], flow_id(1));
    assert_eq!(request["timerange_to_delete"], "[0:0_5:0)");
    assert_eq!(request["delete_flow"], false);
    let location = answer.header("location").unwrap();
    assert_eq!(
        location,
        format!(
            "{}/flow-delete-requests/{}",
            server.base,
            request["id"].as_str().unwrap()
        )
    );
    let done = watch(&server, location).await;
    assert_eq!(done["timerange_remaining"], "()");
    assert_eq!(done["expiry"], "2026-05-29T20:26:40Z");
    assert_eq!(
        server.timeranges(&flow_id(1), "").await,
        ["[5:0_6:0)", "[6:0_7:0)"]
    );
    let listed = server
        .get("/flow-delete-requests?sort_by=expiry")
        .await
        .items("deletion-request");
    assert_eq!(listed, [done]);
    server
        .get(&format!("/flow-delete-requests/{}", flow_id(1)))
        .await
        .error(404);
    server
        .get("/flow-delete-requests?sort_by=size")
        .await
        .error(400);
    // Short ones are done at once.
    server
        .delete(&format!("/flows/{}/segments", flow_id(1)))
        .await
        .empty(204);
}

#[tokio::test]
async fn a_long_flow_goes_with_its_source() {
    let server = long_flow().await;
    let answer = server.delete(&format!("/flows/{}", flow_id(1))).await;
    let request = answer.body(202, "deletion-request");
    assert_eq!(
        (&request["delete_flow"], &request["timerange_to_delete"]),
        (&json!(true), &json!("_"))
    );
    watch(&server, answer.header("location").unwrap()).await;
    server
        .get(&format!("/flows/{}", flow_id(1)))
        .await
        .error(404);
    server
        .get(&format!("/sources/{}", source_id(1)))
        .await
        .error(404);
}

#[tokio::test]
async fn step_by_step_and_over_a_crash() {
    let server = long_flow().await;
    let id: Id = flow_id(1).parse().unwrap();
    let Deletion::Pending(request) = server.catalogue.delete_flow(id).unwrap() else {
        panic!()
    };
    assert_eq!(request.status, DeletionStatus::Created);
    assert_eq!(
        request.timerange_remaining.unwrap().to_string(),
        "[0:0_7:0)"
    );
    // A flow that is going takes nothing new.
    server
        .put(&format!("/flows/{}/label", flow_id(1)), &json!("x"))
        .await
        .error(403);
    let request = server.catalogue.advance_deletion(request.id).unwrap();
    assert_eq!(request.status, DeletionStatus::Started);
    assert_eq!(
        request.timerange_remaining.unwrap().to_string(),
        "[3:0_7:0)"
    );
    let left = server
        .catalogue
        .segments(id, &SegmentFilter::default(), &Page::default())
        .unwrap();
    assert_eq!(left.items.len(), 4);
    // Whoever comes after a crash finishes it.
    server.catalogue.finish_deletions().unwrap();
    let done = server.catalogue.advance_deletion(request.id).unwrap();
    assert_eq!(
        (done.status, done.timerange_remaining),
        (DeletionStatus::Done, Some(TimeRange::NEVER))
    );
    server
        .get(&format!("/flows/{}", flow_id(1)))
        .await
        .error(404);

    server.wait(24 * 3600 + 1);
    let garbage = server.catalogue.collect_garbage().unwrap();
    assert_eq!(garbage.deletions, 1);
    assert!(
        server
            .get("/flow-delete-requests")
            .await
            .items("deletion-request")
            .is_empty()
    );
}

#[tokio::test]
async fn of_one_object() {
    let server = long_flow().await;
    for n in 10..15 {
        let segment = json!({
            "object_id": "0", "timerange": format!("[{n}:0_{}:0)", n + 1), "ts_offset": format!("{n}:0")
        });
        server.register(&flow_id(1), &segment).await.empty(201);
    }
    let answer = server
        .delete(&format!("/flows/{}/segments?object_id=0", flow_id(1)))
        .await;
    let request = answer.body(202, "deletion-request");
    assert_eq!(request["timerange_remaining"], "[0:0_15:0)");
    watch(&server, answer.header("location").unwrap()).await;
    let left = server.timeranges(&flow_id(1), "").await;
    assert_eq!(
        (left.len(), left.last().unwrap().as_str()),
        (6, "[6:0_7:0)")
    );
}

#[tokio::test]
async fn nothing_new_is_lost_to_an_older_deletion() {
    let server = long_flow().await;
    let id: Id = flow_id(1).parse().unwrap();
    let (range, object) = ("[0:0_5:0)".parse().unwrap(), None);
    let Deletion::Pending(request) = server.catalogue.delete_segments(id, range, object).unwrap()
    else {
        panic!()
    };
    server.catalogue.advance_deletion(request.id).unwrap();
    server.upload(&flow_id(1), "new", b"new").await;
    // Where the deletion has been already there is room, but it has not ended.
    let segment = json!({"object_id": "new", "timerange": "[0:0_1:0)"});
    let (summary, _) = server.register(&flow_id(1), &segment).await.error(400);
    assert!(summary.contains(&request.id.to_string()), "{summary}");
    let partly = json!({"object_id": "new", "timerange": "[-1:0_1:0)"});
    server.register(&flow_id(1), &partly).await.empty(201);
    server.catalogue.finish_deletions().unwrap();
    assert_eq!(
        server.timeranges(&flow_id(1), "").await,
        ["[-1:0_1:0)", "[5:0_6:0)", "[6:0_7:0)"]
    );
    let segment = json!({"object_id": "new", "timerange": "[1:0_3:0)", "ts_offset": "2:0"});
    server.register(&flow_id(1), &segment).await.empty(201);
}
