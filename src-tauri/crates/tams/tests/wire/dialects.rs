//! What goes out to servers that differ from 8.2.

use http::Method;
use mediatime::Timestamp;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tams::{Capability, Dialect, Entity, TamsError};
use tams_model::{Flow, FlowCollectionItem, FlowStatus, SegmentPost, StorageRequest, TagValue};

use crate::fixture::{FLOW, Reply, SOURCE, Server, flow_id, source_id};

fn vast(version: &str) -> Value {
    json!({"type": "urn:x-tams:service:api", "name": "TAMS API", "api_version": version})
}

fn video() -> Flow {
    serde_json::from_value(json!({
        "id": FLOW, "source_id": SOURCE, "format": "urn:x-nmos:format:video",
        "codec": "video/h264", "container": "video/mp4", "status": "ingesting", "label": "x",
        "essence_parameters": {
            "frame_width": 1280, "frame_height": 720,
            "frame_rate": {"numerator": 25, "denominator": 1},
        },
    }))
    .unwrap()
}

#[tokio::test]
async fn vasttams_6_takes_a_source_a_flat_flow_and_a_form() {
    let made = Arc::new(Mutex::new(None::<Value>));
    let store = Arc::clone(&made);
    let server = Server::of(vast("6.0"), move |seen| {
        let mut made = store.lock().unwrap();
        match (&seen.method, &*seen.path) {
            (&Method::POST, "/flows") => {
                *made = Some(seen.json());
                Reply::new(201, seen.body.to_vec())
            }
            (&Method::POST, path) if path.ends_with("/segments") => Reply::status(201),
            (&Method::POST, _) => Reply::status(201),
            (&Method::GET, path) if path == format!("/flows/{FLOW}") => match &*made {
                Some(flow) => Reply::json(flow),
                None => Reply::status(404),
            },
            (&Method::PUT, _) => Reply::json(&json!({"message": "ok"})),
            _ => Reply::status(404),
        }
    })
    .await;
    let connection = server.connect().await;
    assert_eq!(connection.dialect(), Dialect::Vasttams6);
    assert!(!connection.issues().is_empty());
    let kept = connection.put_flow(&video()).await.unwrap();
    assert_eq!(kept.technical.video_parameters().unwrap().frame_width, 1280);
    let calls: Vec<_> = server.seen()[1..]
        .iter()
        .map(|seen| format!("{} {}", seen.method, seen.path))
        .collect();
    assert_eq!(
        calls,
        [
            format!("GET /flows/{FLOW}"),
            format!("GET /sources/{SOURCE}"),
            "POST /sources".to_owned(),
            "POST /flows".to_owned(),
            format!("GET /flows/{FLOW}"),
        ]
    );
    let sent = made.lock().unwrap().clone().unwrap();
    assert_eq!(sent["frame_rate"], "25/1");
    assert_eq!(sent["tags"], json!({"flow_status": "ingesting"}));
    assert!(sent.get("essence_parameters").is_none());

    let segments = [
        SegmentPost::new("a", "[0:0_1:0)".parse().unwrap()),
        SegmentPost::new("b", "[1:0_2:0)".parse().unwrap()),
    ];
    let registered = connection.add_segments(flow_id(), &segments).await.unwrap();
    assert_eq!(registered.done, 2);
    let seen = server.last();
    let mime = seen.header("content-type").unwrap();
    let boundary = mime.strip_prefix("multipart/form-data; boundary=").unwrap();
    let body = String::from_utf8(seen.body.to_vec()).unwrap();
    assert_eq!(
        body,
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"segment_data\"\r\n\r\n{{\"object_id\":\"b\",\"timerange\":\"[1:0_2:0)\"}}\r\n--{boundary}--\r\n"
        )
    );
    connection
        .set_label(Entity::Flow(flow_id()), Some("a b"))
        .await
        .unwrap();
    assert_eq!(server.last().query, "label=a+b");
    assert!(server.last().body.is_empty());

    let asked = server.seen().len();
    let mock = connection
        .allocate(flow_id(), &StorageRequest::limit(1))
        .await;
    assert!(matches!(mock, Err(TamsError::Unsupported { .. })));
    let many = TagValue::Many(vec!["1".to_owned()]);
    let tags = connection
        .set_tag(Entity::Source(source_id()), "x", &many)
        .await;
    assert!(matches!(tags, Err(TamsError::Unsupported { .. })));
    assert_eq!(server.seen().len(), asked);
}

#[tokio::test]
async fn vasttams_8_takes_wrapped_times_one_segment_a_call() {
    let made = Arc::new(Mutex::new(None::<Value>));
    let store = Arc::clone(&made);
    let server = Server::start(move |seen| {
        let mut made = store.lock().unwrap();
        let Some(path) = seen.path.strip_prefix("/api/tams/latest") else {
            return Reply::status(404);
        };
        match (&seen.method, path) {
            (_, "/service") => Reply::json(&vast("8.0.0")),
            (&Method::POST, "/flows") => {
                *made = Some(seen.json());
                Reply::new(201, seen.body.to_vec())
            }
            (&Method::POST, _) => Reply::new(201, seen.body.to_vec()),
            (&Method::GET, path) if path.ends_with("/segments") => Reply::json(&json!([{
                "object_id": "a", "timerange": {"value": "[0:0_1:0)"},
                "ts_offset": {"value": "-3:0"}, "last_duration": {"value": ""},
            }])),
            (&Method::GET, _) => match &*made {
                Some(flow) => Reply::json(flow),
                None => Reply::new(404, r#"{"detail":"Flow not found"}"#),
            },
            _ => Reply::status(201),
        }
    })
    .await;
    let connection = server.connect().await;
    assert_eq!(connection.dialect(), Dialect::Vasttams8);
    assert!(connection.address().ends_with("/api/tams/latest"));
    let mut flow = video();
    flow.flow_collection = Some(vec![FlowCollectionItem::new(source_id())]);
    connection.put_flow(&flow).await.unwrap();
    let sent = made.lock().unwrap().clone().unwrap();
    assert_eq!(sent["flow_collection"][0]["role"], "member");
    assert_eq!(sent["tags"]["flow_status"], "ingesting");
    assert_eq!(sent["essence_parameters"]["frame_width"], 1280);
    // The second time it is there, and replaced.
    connection.put_flow(&flow).await.unwrap();
    assert_eq!(server.count("POST", "/api/tams/latest/flows"), 1);
    assert_eq!(
        server.count("PUT", &format!("/api/tams/latest/flows/{FLOW}")),
        1
    );

    let mut first = SegmentPost::new("a", "[0:0_1:0)".parse().unwrap());
    first.ts_offset = Timestamp::from_secs(-3);
    first.object_timerange = Some("[3:0_9:0)".parse().unwrap());
    let second = SegmentPost::new("b", "[1:0_2:0)".parse().unwrap());
    let registered = connection
        .add_segments(flow_id(), &[first, second])
        .await
        .unwrap();
    assert_eq!(registered.done, 2);
    let path = format!("/api/tams/latest/flows/{FLOW}/segments");
    let bodies: Vec<_> = server
        .seen()
        .iter()
        .filter(|seen| seen.is("POST", &path))
        .map(|seen| seen.json())
        .collect();
    assert_eq!(
        bodies,
        [
            json!({"object_id": "a", "ts_offset": {"value": "-3:0"}, "timerange": {"value": "[0:0_1:0)"}}),
            json!({"object_id": "b", "timerange": {"value": "[1:0_2:0)"}}),
        ]
    );
    let stub = connection.set_avg_bit_rate(flow_id(), Some(1)).await;
    assert!(matches!(stub, Err(TamsError::Unsupported { .. })));
}

#[tokio::test]
async fn opentams_gets_a_key_and_eyevinn_no_empty_type() {
    let service = json!({"type": "urn:x-tams:service.opentams", "api_version": "8.0"});
    let server = Server::of(service, |_| Reply::status(201)).await;
    let connection = server.connect().await;
    let post = [SegmentPost::new("a", "[0:0_1:0)".parse().unwrap())];
    for _ in 0..2 {
        connection.add_segments(flow_id(), &post).await.unwrap();
    }
    let keys: Vec<_> = server.seen()[1..]
        .iter()
        .map(|seen| seen.header("x-idempotency-key").unwrap().to_owned())
        .collect();
    assert_eq!(keys[0], keys[1]);
    let gone = connection.object("a", &tams::Urls::None).await;
    assert!(matches!(gone, Err(TamsError::Unsupported { .. })));
}

#[tokio::test]
async fn aws_is_asked_for_its_largest_page_and_older_ones_have_the_status_as_a_tag() {
    let server = Server::start(|seen| match &*seen.path {
        "/service" => {
            Reply::json(&json!({"type": "urn:x-tams:service.example", "api_version": "8.1"}))
                .with("x-amzn-requestid", "1")
        }
        "/sources" => Reply::json(&json!([])),
        _ => Reply::status(204),
    })
    .await;
    let connection = server.connect().await;
    assert_eq!(connection.dialect(), Dialect::Aws);
    connection
        .sources(&tams::SourceQuery::default())
        .await
        .unwrap();
    assert_eq!(server.last().param("limit").as_deref(), Some("300"));
    connection
        .set_status(flow_id(), FlowStatus::ClosedComplete)
        .await
        .unwrap();
    let seen = server.last();
    assert_eq!(seen.path, format!("/flows/{FLOW}/tags/flow_status"));
    assert_eq!(seen.json(), json!("closed_complete"));
    let profiles = connection.profiles().await.unwrap_err();
    assert!(profiles.to_string().contains("profiles"), "{profiles}");
    assert!(connection.capabilities().has(Capability::TagArrays));
}
