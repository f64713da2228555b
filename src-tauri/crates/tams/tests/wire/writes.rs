//! Registering and deleting: nothing twice, nothing unasked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use http::Method;
use mediatime::Timestamp;
use serde_json::{Value, json};
use tams::{Auth, ConfirmedDeletion, Deletion, Entity, TamsError};
use tams_model::{FlowStatus, SegmentPost, TagValue};

use crate::fixture::{FLOW, Reply, SOURCE, Seen, Server, flow, flow_id, source_id};

fn post(number: i64) -> SegmentPost {
    let range = format!("[{number}:0_{}:0)", number + 1);
    SegmentPost::new(format!("o{number}"), range.parse().unwrap())
}

fn posts(count: i64) -> Vec<SegmentPost> {
    (0..count).map(post).collect()
}

/// Segments by timerange, as a server keeps them.
type Kept = Arc<Mutex<BTreeMap<String, Value>>>;

fn register(kept: &Kept, seen: &Seen) {
    for post in seen.json().as_array().unwrap() {
        let range = post["timerange"].as_str().unwrap().to_owned();
        let before = kept.lock().unwrap().insert(range, post.clone());
        assert!(before.is_none(), "registered twice: {post}");
    }
}

fn listed(kept: &Kept) -> Reply {
    Reply::json(&Value::Array(
        kept.lock().unwrap().values().cloned().collect(),
    ))
}

#[tokio::test]
async fn segments_go_in_batches_of_a_hundred() {
    let kept = Kept::default();
    let store = Arc::clone(&kept);
    let server = Server::tams(move |seen| {
        register(&store, seen);
        Reply::status(201)
    })
    .await;
    let connection = server.connect().await;
    let registered = connection
        .add_segments(flow_id(), &posts(250))
        .await
        .unwrap();
    assert_eq!((registered.done, registered.already), (250, 0));
    let sizes: Vec<_> = server.seen()[1..]
        .iter()
        .map(|seen| seen.json().as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [100, 100, 50]);
    assert_eq!(kept.lock().unwrap().len(), 250);
    assert!(connection.add_segments(flow_id(), &[]).await.is_ok());
}

#[tokio::test]
async fn failures_are_told_in_every_shape() {
    let one = json!({"object_id": "o1", "timerange": "[1:0_2:0)", "error": {"summary": "overlap"}});
    for body in [json!({"failed_segments": [one]}), json!([one])] {
        // Those that failed are looked for, and are not there.
        let server = Server::tams(move |seen| match seen.method {
            Method::GET => Reply::json(&json!([])),
            _ => Reply::json(&body),
        })
        .await;
        let registered = server
            .connect()
            .await
            .add_segments(flow_id(), &posts(3))
            .await
            .unwrap();
        assert_eq!((registered.done, registered.failed.len()), (2, 1));
        assert_eq!(registered.failed[0].object_id, "o1");
    }
    // An error inside an answer that says it is good.
    let server = Server::tams(|seen| match seen.method {
        Method::GET => Reply::json(&json!([])),
        _ => Reply::new(200, r#"{"error":"database is down"}"#),
    })
    .await;
    let error = server
        .connect()
        .await
        .add_segments(flow_id(), &posts(1))
        .await
        .unwrap_err();
    assert!(
        matches!(error, TamsError::Rejected { status: 200, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("database is down"), "{error}");
}

#[tokio::test]
async fn a_lost_answer_is_read_back_and_never_replayed() {
    // 0: everything took effect; 1: half of it; 2: nothing.
    for taken in [4, 2, 0] {
        let kept = Kept::default();
        let store = Arc::clone(&kept);
        let server = Server::tams(move |seen| {
            if seen.method == Method::GET {
                assert_eq!(seen.param("timerange").as_deref(), Some("[0:0_4:0)"));
                return listed(&store);
            }
            if seen.before > 0 {
                register(&store, seen);
                return Reply::status(201);
            }
            let mut half = seen.clone();
            let all = seen.json();
            let some: Vec<_> = all.as_array().unwrap().iter().take(taken).collect();
            half.body = json!(some).to_string().into();
            register(&store, &half);
            Reply::new(201, "").cut_of(50)
        })
        .await;
        let registered = server
            .connect()
            .await
            .add_segments(flow_id(), &posts(4))
            .await
            .unwrap();
        assert_eq!(registered.done, 4);
        assert!(registered.failed.is_empty());
        assert_eq!(kept.lock().unwrap().len(), 4);
        let sent = server.count("POST", &format!("/flows/{FLOW}/segments"));
        assert_eq!(sent, if taken == 4 { 1 } else { 2 });
    }
}

#[tokio::test]
async fn one_lost_segment_is_asked_for_by_its_object() {
    let server = Server::tams(|seen| match seen.method {
        Method::GET => {
            assert_eq!(seen.param("object_id").as_deref(), Some("o0"));
            Reply::json(&json!([{"object_id": "o0", "timerange": "[0:0_1:0)"}]))
        }
        _ => Reply::status(502),
    })
    .await;
    let registered = server
        .connect()
        .await
        .add_segments(flow_id(), &posts(1))
        .await
        .unwrap();
    assert_eq!(registered.done, 1);
    assert_eq!(server.count("POST", &format!("/flows/{FLOW}/segments")), 1);
}

#[tokio::test]
async fn what_is_there_from_before_is_found_when_it_is_refused() {
    let server = Server::tams(|seen| match seen.method {
        Method::GET => Reply::json(&json!([
            {"object_id": "o0", "timerange": "[0:0_1:0)"},
            {"object_id": "o1", "timerange": "[1:0_2:0)"},
        ])),
        _ => Reply::new(400, r#"{"summary":"segments overlap"}"#),
    })
    .await;
    let connection = server.connect().await;
    let registered = connection.add_segments(flow_id(), &posts(2)).await.unwrap();
    assert_eq!((registered.done, registered.already), (0, 2));
    let there = connection.registered(flow_id(), &posts(3)).await.unwrap();
    assert_eq!(there, [true, true, false]);
    // Another object at the same time is a refusal that stands.
    let other = SegmentPost::new("x", "[0:0_1:0)".parse().unwrap());
    let error = connection.add_segments(flow_id(), &[other]).await;
    assert!(matches!(
        error,
        Err(TamsError::Rejected { status: 400, .. })
    ));
}

#[tokio::test]
async fn a_lost_time_offset_is_noticed() {
    let mut shifted = post(0);
    shifted.ts_offset = Timestamp::from_secs(-5);
    for (kept, good) in [("-5:0", true), ("0:0", false)] {
        let server = Server::tams(move |seen| match seen.method {
            Method::GET => Reply::json(&json!([
                {"object_id": "o0", "timerange": "[0:0_1:0)", "ts_offset": kept},
            ])),
            _ => Reply::status(201),
        })
        .await;
        let outcome = server
            .connect()
            .await
            .add_segments(flow_id(), &[shifted.clone()])
            .await;
        match outcome {
            Ok(registered) => assert!(good && registered.done == 1),
            Err(error) => {
                assert!(!good, "{error}");
                assert!(matches!(error, TamsError::Integrity { .. }), "{error}");
            }
        }
    }
    // A server that is known to lose it is not even asked.
    let service = json!({"type": "urn:x-tams:service.tams-gateway", "api_version": "8.1"});
    let server = Server::of(service, |_| Reply::status(201)).await;
    let connection = server.connect().await;
    let error = connection.add_segments(flow_id(), &[shifted]).await;
    assert!(matches!(error, Err(TamsError::Unsupported { .. })));
    assert_eq!(server.seen().len(), 1);
    let mut zero = post(1);
    zero.ts_offset = Some(Timestamp::default());
    connection.add_segments(flow_id(), &[zero]).await.unwrap();
    assert_eq!(
        server.last().json(),
        json!([{"object_id": "o1", "timerange": "[1:0_2:0)"}])
    );
}

#[tokio::test]
async fn deleting_always_says_which_time() {
    let request = "11111111-0ab7-4d75-bc32-5c00c13d186f";
    let server = Server::tams(move |seen| {
        match &*seen.query {
        "timerange=%5B0%3A0_1%3A0%29" => Reply::new(200, r#"{"message":"deleted"}"#),
        "timerange=%5B1%3A0_2%3A0%29" => Reply::status(204),
        "timerange=%5B2%3A0_3%3A0%29" => {
            Reply::status(202).with("location", &format!("/flow-delete-requests/{request}"))
        }
        "timerange=_" => Reply::new(
            202,
            json!({"id": request, "flow_id": FLOW, "timerange_to_delete": "_", "status": "created"})
                .to_string(),
        ),
        "" => Reply::status(404),
        other => panic!("{other}"),
    }
    })
    .await;
    let connection = server.connect().await;
    let running = Deletion::Running {
        request: Some(request.parse().unwrap()),
    };
    for (range, outcome) in [
        ("[0:0_1:0)", Deletion::Done),
        ("[1:0_2:0)", Deletion::Done),
        ("[2:0_3:0)", running.clone()),
        ("_", running),
        ("()", Deletion::Done),
    ] {
        let confirmed = ConfirmedDeletion::of_segments(flow_id(), range.parse().unwrap());
        assert_eq!(
            connection.delete(&confirmed).await.unwrap(),
            outcome,
            "{range}"
        );
    }
    let whole = ConfirmedDeletion::of_flow(flow_id());
    assert_eq!(connection.delete(&whole).await.unwrap(), Deletion::Done);
    assert_eq!(server.seen().len(), 1 + 5);
    for seen in server.seen() {
        assert_eq!(seen.param("object_id"), None);
        assert_eq!(seen.header("content-type"), None);
    }
}

#[tokio::test]
async fn a_flow_is_put_and_read_back() {
    let kept = Arc::new(Mutex::new(flow()));
    let store = Arc::clone(&kept);
    let server = Server::tams(move |seen| match seen.method {
        Method::PUT => {
            *store.lock().unwrap() = seen.json();
            Reply::status(204)
        }
        _ => Reply::json(&store.lock().unwrap()),
    })
    .await;
    let connection = server.connect().await;
    let mut wanted: tams_model::Flow = serde_json::from_value(flow()).unwrap();
    wanted.label = Some("cut".to_owned());
    wanted.tags = Some([("a", "b")].into_iter().collect());
    let found = connection.put_flow(&wanted).await.unwrap();
    assert_eq!(found, wanted);
    connection
        .set_status(flow_id(), FlowStatus::ClosedComplete)
        .await
        .unwrap();
    let now = kept.lock().unwrap().clone();
    assert_eq!(now["status"], "closed_complete");
    assert_eq!(now["tags"], json!({"a": "b"}));
    // A server that keeps something else is found out.
    let server = Server::tams(|seen| match seen.method {
        Method::PUT => Reply::status(204),
        _ => {
            let mut other = flow();
            other["container"] = json!("video/mp2t");
            Reply::json(&other)
        }
    })
    .await;
    let error = server.connect().await.put_flow(&wanted).await.unwrap_err();
    assert!(matches!(error, TamsError::Integrity { .. }), "{error}");
}

#[tokio::test]
async fn properties_are_json_values() {
    let server = Server::tams(|seen| match (&seen.method, &*seen.path) {
        (&Method::GET, path) if path.ends_with("/label") => Reply::json(&json!("a \"b\"")),
        (&Method::GET, path) if path.ends_with("/description") => Reply::json(&Value::Null),
        (&Method::GET, _) => Reply::json(&json!({"x": ["1"], "y": null})),
        (&Method::DELETE, _) => Reply::status(404),
        _ => Reply::status(204),
    })
    .await;
    let connection = server.open(Auth::None).await.unwrap();
    let of = Entity::Source(source_id());
    let label = connection.label(of).await.unwrap();
    assert_eq!(label.as_deref(), Some("a \"b\""));
    assert_eq!(connection.description(of).await.unwrap(), None);
    assert_eq!(connection.tags(of).await.unwrap().len(), 1);
    connection.set_label(of, Some("new")).await.unwrap();
    let seen = server.last();
    assert_eq!(
        (seen.path.as_str(), seen.json()),
        (format!("/sources/{SOURCE}/label").as_str(), json!("new"))
    );
    assert_eq!(seen.header("content-type"), Some("application/json"));
    connection.set_label(of, None).await.unwrap();
    assert_eq!(server.last().method, Method::DELETE);
    let many = TagValue::Many(vec!["1".to_owned(), "2".to_owned()]);
    connection
        .set_tag(Entity::Flow(flow_id()), "_s/x y", &many)
        .await
        .unwrap();
    let seen = server.last();
    assert_eq!(seen.path, format!("/flows/{FLOW}/tags/_s%2Fx%20y"));
    assert_eq!(seen.json(), json!(["1", "2"]));
    connection.delete_tag(of, "gone").await.unwrap();
    connection.set_read_only(flow_id(), true).await.unwrap();
    assert_eq!(server.last().json(), json!(true));
    connection
        .set_max_bit_rate(flow_id(), Some(5000))
        .await
        .unwrap();
    assert_eq!(server.last().json(), json!(5000));
}
