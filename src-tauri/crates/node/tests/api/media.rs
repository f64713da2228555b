//! Upload and download of objects.

use std::time::Duration;

use node::{CatalogueOptions, NodeOptions};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Answer, Server, flow_id, video};

const MP4: (&str, &str) = ("content-type", "video/mp4");

async fn allocated(server: &Server, object: &str) -> String {
    server
        .put(&format!("/flows/{}", flow_id(1)), &video(1))
        .await;
    let request = json!({"object_ids": [object]});
    let storage = server
        .post(&format!("/flows/{}/storage", flow_id(1)), &request)
        .await
        .body(201, "flow-storage");
    storage["media_objects"][0]["put_url"]["url"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn put(server: &Server, url: &str, bytes: &[u8]) -> Answer {
    server
        .send(Method::PUT, url, &[MP4], Some(bytes.to_vec()))
        .await
}

/// A server with one registered object, and where to read it.
async fn stored(bytes: &[u8]) -> (Server, String) {
    let server = Server::start().await;
    let url = allocated(&server, "a").await;
    put(&server, &url, bytes).await.empty(200);
    server
        .register(
            &flow_id(1),
            &json!({"object_id": "a", "timerange": "[0:0_2:0)"}),
        )
        .await
        .empty(201);
    let object = server.get("/objects/a").await.body(200, "object");
    let url = object["get_urls"][0]["url"].as_str().unwrap().to_owned();
    (server, url)
}

#[tokio::test]
async fn whole_and_in_parts() {
    let (server, url) = stored(b"0123456789").await;
    let whole = server.get(&url).await;
    assert_eq!((whole.status, &whole.bytes[..]), (200, &b"0123456789"[..]));
    assert_eq!(whole.header("content-type"), Some("video/mp4"));
    assert_eq!(whole.header("content-length"), Some("10"));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let etag = whole.header("etag").unwrap();
    assert_eq!(
        etag,
        "\"84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882\""
    );
    let head = server.send(Method::HEAD, &url, &[], None).await;
    assert_eq!(head.header("content-length"), Some("10"));

    let range = async |range: &str| {
        server
            .send(Method::GET, &url, &[("range", range)], None)
            .await
    };
    for (asked, bytes, told) in [
        ("bytes=0-3", "0123", "bytes 0-3/10"),
        ("bytes=4-", "456789", "bytes 4-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=8-100", "89", "bytes 8-9/10"),
    ] {
        let part = range(asked).await;
        assert_eq!(
            (part.status, &part.bytes[..]),
            (206, bytes.as_bytes()),
            "{asked}"
        );
        assert_eq!(part.header("content-range"), Some(told));
        assert_eq!(
            part.header("content-length"),
            Some(&*bytes.len().to_string())
        );
    }
    let outside = range("bytes=10-").await;
    assert_eq!(
        (outside.status, outside.header("content-range")),
        (416, Some("bytes */10"))
    );
    assert_eq!(range("bytes=0-1,3-4").await.status, 200);

    let conditional = async |name: &str, value: &str| {
        let headers = [("range", "bytes=0-1"), (name, value)];
        server.send(Method::GET, &url, &headers, None).await.status
    };
    assert_eq!(conditional("if-range", etag).await, 206);
    assert_eq!(conditional("if-range", "\"other\"").await, 200);
    assert_eq!(conditional("if-none-match", etag).await, 304);
    assert_eq!(conditional("if-none-match", "\"other\"").await, 206);
}

#[tokio::test]
async fn empty_and_large_objects() {
    let (server, url) = stored(b"").await;
    assert_eq!(server.get(&url).await.header("content-length"), Some("0"));
    assert_eq!(
        server
            .send(Method::GET, &url, &[("range", "bytes=0-")], None)
            .await
            .status,
        416
    );
    let large: Vec<u8> = (0..5_000_000_u32).map(|n| (n % 251) as u8).collect();
    let (server, url) = stored(&large).await;
    assert!(server.get(&url).await.bytes == large);
    let part = server
        .send(
            Method::GET,
            &url,
            &[("range", "bytes=2500000-3999999")],
            None,
        )
        .await;
    assert!(part.bytes == large[2_500_000..4_000_000]);
    let held = server.catalogue.object_path("a").unwrap().unwrap();
    assert!(std::fs::read(held).unwrap() == large);
}

#[tokio::test]
async fn objects_never_change() {
    let server = Server::start().await;
    let url = allocated(&server, "a").await;
    put(&server, &url, b"first").await.empty(200);
    let (summary, _) = put(&server, &url, b"other").await.error(409);
    assert!(summary.contains("never change"), "{summary}");
    let again = put(&server, &url, b"first").await;
    again.empty(200);
    assert!(again.header("etag").is_some());
    server
        .register(
            &flow_id(1),
            &json!({"object_id": "a", "timerange": "[0:0_2:0)"}),
        )
        .await
        .empty(201);
    put(&server, &url, b"other").await.error(409);
    let held = server.catalogue.object_path("a").unwrap().unwrap();
    assert_eq!(std::fs::read(held).unwrap(), b"first");
    let incoming = server.folder.path().join("objects/incoming");
    assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 0);
}

#[tokio::test]
async fn urls_expire_and_can_not_be_changed() {
    let options = NodeOptions {
        url_life: Duration::from_secs(60),
        ..NodeOptions::default()
    };
    let server = Server::start_with(CatalogueOptions::default(), options).await;
    let put_url = allocated(&server, "a").await;
    allocated(&server, "b").await;
    for tampered in [
        put_url.replace("/media/a", "/media/b"),
        put_url.replace("expires=17", "expires=18"),
        put_url.split('?').next().unwrap().to_owned(),
        put_url.replace("signature=", "signature=00"),
    ] {
        assert_ne!(tampered, put_url);
        put(&server, &tampered, b"x").await.error(403);
    }
    server.get(&put_url).await.error(403);
    server.wait(61);
    let (summary, _) = put(&server, &put_url, b"x").await.error(403);
    assert!(summary.contains("expired"), "{summary}");
    server.wait(-61);
    put(&server, &put_url, b"x").await.empty(200);
    server
        .register(
            &flow_id(1),
            &json!({"object_id": "a", "timerange": "[0:0_2:0)"}),
        )
        .await
        .empty(201);
    let listed = server
        .get(&format!("/flows/{}/segments", flow_id(1)))
        .await
        .items("flow-segment");
    let get_url = listed[0]["get_urls"][0]["url"].as_str().unwrap();
    put(&server, get_url, b"x").await.error(403);
    assert_eq!(server.get(get_url).await.status, 200);
    server.wait(61);
    server.get(get_url).await.error(403);
    let fresh = server.get("/objects/a").await.body(200, "object");
    assert_eq!(
        server
            .get(fresh["get_urls"][0]["url"].as_str().unwrap())
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn uploads_are_what_they_say() {
    let options = NodeOptions {
        max_object_bytes: 10,
        ..NodeOptions::default()
    };
    let server = Server::start_with(CatalogueOptions::default(), options).await;
    let url = allocated(&server, "a").await;
    put(&server, &url, b"eleven bytes").await.error(413);
    for headers in [&[][..], &[("content-type", "video/mp2t")]] {
        let answer = server
            .send(Method::PUT, &url, headers, Some(b"x".to_vec()))
            .await;
        assert_eq!(answer.error(400).1.unwrap(), "Content-Type");
    }
    let unknown = server.catalogue.object_path("nobody");
    assert!(unknown.is_err());

    let target = url.strip_prefix(&server.base).unwrap();
    let host = server.base.strip_prefix("http://").unwrap();
    let head = |length: &str| {
        format!(
            "PUT {target} HTTP/1.1\r\nhost: {host}\r\ncontent-type: video/mp4\r\n{length}\r\n\r\n"
        )
    };
    let chunked = format!(
        "{}1\r\nx\r\n0\r\n\r\n",
        head("transfer-encoding: chunked\r\nconnection: close")
    );
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(chunked.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 411 "), "{answer}");

    // A client that goes away in the middle leaves nothing.
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream
        .write_all(format!("{}half", head("content-length: 8")).as_bytes())
        .await
        .unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(server.catalogue.object_path("a").unwrap(), None);
    put(&server, &url, b"whole").await.empty(200);
    assert!(server.catalogue.object_path("a").unwrap().is_some());
}
