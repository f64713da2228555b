//! Uploading: what the server gave is sent, and nothing else.

use std::path::PathBuf;
use std::sync::Mutex;

use serde_json::{Value, json};
use tams::{Auth, Progress, Secret, TamsError};
use tams_model::{MediaObject, StorageRequest};

use crate::fixture::{FLOW, Reply, Server, flow_id};

fn quiet(_: Progress) {}

fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("segment.ts");
    std::fs::write(&path, bytes).unwrap();
    (dir, path)
}

fn target(value: Value) -> MediaObject {
    serde_json::from_value(value).unwrap()
}

#[tokio::test]
async fn exactly_the_given_headers_and_no_credentials() {
    let store = Server::start(|_| Reply::status(200)).await;
    let at = format!("{}/b/o1?X-Amz-Signature=s", store.url);
    let server = Server::tams(move |seen| {
        assert_eq!(seen.json(), json!({"object_ids": ["o1"]}));
        Reply::new(
            201,
            json!({"media_objects": [{
                "object_id": "o1",
                "put_url": {
                    "url": at, "content-type": "video/mp2t; x=\"y\"",
                    "headers": {"x-amz-acl": "private", "Host": "evil", "Content-Length": "3"},
                },
                "metadata": {"storage_path": "x"},
            }]})
            .to_string(),
        )
    })
    .await;
    let connection = server.open(Auth::Bearer(Secret::new("t"))).await.unwrap();
    let response = connection
        .allocate(flow_id(), &StorageRequest::object_ids(["o1"]))
        .await
        .unwrap();
    assert_eq!(server.last().path, format!("/flows/{FLOW}/storage"));
    let bytes = vec![7; 700_000];
    let (_dir, path) = file(&bytes);
    let told = Mutex::new(Vec::new());
    let sent = connection
        .upload(&response.media_objects[0], &path, &|progress| {
            told.lock().unwrap().push(progress);
        })
        .await
        .unwrap();
    assert_eq!(sent, 700_000);
    let seen = store.last();
    assert_eq!(seen.method, "PUT");
    assert_eq!(seen.body, bytes);
    assert_eq!(seen.header("content-type"), Some("video/mp2t; x=\"y\""));
    assert_eq!(seen.header("content-length"), Some("700000"));
    assert_eq!(seen.header("x-amz-acl"), Some("private"));
    assert_eq!(seen.header("host"), Some(store.authority()));
    assert_eq!(seen.header("transfer-encoding"), None);
    assert_eq!(seen.header("authorization"), None);
    assert_eq!(
        told.lock().unwrap().last(),
        Some(&Progress {
            done: 700_000,
            total: Some(700_000)
        })
    );
}

#[tokio::test]
async fn no_type_where_none_was_given_and_an_empty_file() {
    let store = Server::start(|_| Reply::status(200)).await;
    let server = Server::tams(|_| Reply::status(404)).await;
    let connection = server.connect().await;
    let url = format!("{}/o?sig=1", store.url);
    let target = target(json!({"object_id": "o", "put_url": {"url": url}}));
    let (_dir, path) = file(b"");
    assert_eq!(connection.upload(&target, &path, &quiet).await.unwrap(), 0);
    assert_eq!(store.last().header("content-type"), None);
    assert_eq!(store.last().header("content-length"), Some("0"));
}

#[tokio::test]
async fn a_place_under_the_base_takes_credentials_unless_presigned() {
    let server = Server::tams(|_| Reply::status(204)).await;
    let connection = server.open(Auth::Bearer(Secret::new("t"))).await.unwrap();
    let (_dir, path) = file(b"x");
    for (said, sent) in [
        (Value::Null, true),
        (json!(false), true),
        (json!(true), false),
    ] {
        let url = format!("{}/upload/o", server.url);
        let target = target(json!({"object_id": "o", "put_url": {"url": url}, "presigned": said}));
        connection.upload(&target, &path, &quiet).await.unwrap();
        assert_eq!(server.last().header("authorization").is_some(), sent);
    }
}

#[tokio::test]
async fn passing_failures_are_tried_again_and_an_expired_url_is_not() {
    let store = Server::start(|seen| match (&*seen.path, seen.before) {
        ("/slow", 0) => Reply::status(503),
        ("/slow", 1) => Reply::status(429).with("retry-after", "1"),
        ("/slow", _) => Reply::status(200),
        _ => Reply::new(403, "<Error><Code>AccessDenied</Code></Error>"),
    })
    .await;
    let server = Server::tams(|_| Reply::status(404)).await;
    let connection = server.connect().await;
    let (_dir, path) = file(b"bytes");
    let to = |path: &str| {
        let url = format!("{}{path}?X-Amz-Signature=s1gned", store.url);
        target(json!({"object_id": "o", "put_url": {"url": url, "content-type": "video/mp4"}}))
    };
    connection
        .upload(&to("/slow"), &path, &quiet)
        .await
        .unwrap();
    assert_eq!(store.count("PUT", "/slow"), 3);
    assert!(store.seen().iter().all(|seen| seen.body == "bytes"));
    let error = connection
        .upload(&to("/expired"), &path, &quiet)
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        TamsError::TransferRefused { status: 403, .. }
    ));
    assert!(!format!("{error:?}").contains("s1gned"), "{error:?}");
    assert_eq!(store.count("PUT", "/expired"), 1);
    let missing = connection
        .upload(&to("/slow"), &path.with_file_name("none"), &quiet)
        .await;
    assert!(matches!(missing, Err(TamsError::File { .. })));
}
