//! What holds for every path: methods, parameters, encodings and bodies that make no sense.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::{Server, flow_id, source_id, video, with};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// A server with a flow that has an object on its timeline.
async fn served() -> Server {
    let server = Server::start().await;
    server.put_flow(&video(1)).await;
    server.add(&flow_id(1), "a", "[0:0_2:0)").await;
    server
}

/// Every path of the specification with what it allows (`HEAD` follows from `GET`).
fn paths() -> Vec<(String, &'static str)> {
    let flow = |rest: &str| format!("/flows/{}{rest}", flow_id(1));
    let source = |rest: &str| format!("/sources/{}{rest}", source_id(1));
    vec![
        ("/".to_owned(), "GET"),
        ("/service".to_owned(), "GET POST"),
        ("/service/storage-backends".to_owned(), "GET"),
        ("/service/profiles".to_owned(), "GET"),
        (format!("/service/profiles/{NOBODY}"), "GET POST"),
        ("/service/webhooks".to_owned(), "GET POST"),
        (format!("/service/webhooks/{NOBODY}"), "GET PUT DELETE"),
        ("/sources".to_owned(), "GET"),
        (source(""), "GET"),
        (source("/tags"), "GET"),
        (source("/tags/x"), "GET PUT DELETE"),
        (source("/description"), "GET PUT DELETE"),
        (source("/label"), "GET PUT DELETE"),
        ("/flows".to_owned(), "GET"),
        (flow(""), "GET PUT DELETE"),
        (flow("/tags"), "GET"),
        (flow("/tags/x"), "GET PUT DELETE"),
        (flow("/description"), "GET PUT DELETE"),
        (flow("/label"), "GET PUT DELETE"),
        (flow("/read_only"), "GET PUT"),
        (flow("/flow_collection"), "GET PUT DELETE"),
        (flow("/max_bit_rate"), "GET PUT DELETE"),
        (flow("/avg_bit_rate"), "GET PUT DELETE"),
        (flow("/segments"), "GET POST DELETE"),
        (flow("/storage"), "POST"),
        ("/objects/a".to_owned(), "GET"),
        ("/objects/a/instances".to_owned(), "POST DELETE"),
        ("/flow-delete-requests".to_owned(), "GET"),
        (format!("/flow-delete-requests/{NOBODY}"), "GET"),
    ]
}

fn method(name: &str) -> Method {
    name.parse().unwrap()
}

#[tokio::test]
async fn every_path_tells_its_methods() {
    let server = served().await;
    for (path, allowed) in paths() {
        let mut expected: Vec<&str> = allowed.split(' ').collect();
        if allowed.contains("GET") {
            expected.push("HEAD");
        }
        expected.sort_unstable();
        let told = |answer: &crate::support::Answer| {
            let allow = answer.header("allow").unwrap_or_default().to_owned();
            let mut methods: Vec<String> = allow.split(',').map(str::to_owned).collect();
            methods.sort_unstable();
            methods
        };
        let asked = server.send(Method::OPTIONS, &path, &[], None).await;
        asked.empty(204);
        assert_eq!(told(&asked), expected, "{path}");
        for name in ["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "QUERY"] {
            if allowed.split(' ').any(|known| known == name) {
                continue;
            }
            let refused = server.send(method(name), &path, &[], None).await;
            refused.error(405);
            assert_eq!(told(&refused), expected, "{name} {path}");
        }
    }
}

#[tokio::test]
async fn every_operation_refuses_parameters_it_does_not_have() {
    let server = served().await;
    for (path, allowed) in paths() {
        if path.contains("webhooks") {
            continue;
        }
        for name in allowed.split(' ') {
            let answer = server
                .send(method(name), &format!("{path}?limitt=1"), &[], None)
                .await;
            let (summary, field) = answer.error(400);
            assert_eq!(field.as_deref(), Some("limitt"), "{name} {path}: {summary}");
        }
        if allowed.contains("GET") {
            server.get(&format!("{path}?limitt=1")).await.error(400);
            server.get(&format!("{path}?access_token=x")).await;
        }
    }
    let flow = server.get(&format!("/flows/{}", flow_id(1))).await;
    flow.body(200, "flow-get");
}

#[tokio::test]
async fn what_can_not_be_decoded_names_nothing() {
    let server = served().await;
    for path in [
        "/flows/%ff".to_owned(),
        format!("/flows/{}%00", flow_id(1)),
        format!("/flows/{}/tags/%c3", flow_id(1)),
        format!("/flows/{}/tags/", flow_id(1)),
        format!("/flows/{}/", flow_id(1)),
        format!("//flows/{}", flow_id(1)),
        format!("/flows/{}", flow_id(1).to_uppercase()),
        "/flows/4f79cfd1c05747f48e4d1b126ca7bf01".to_owned(),
        "/flows/018f0000-0000-7000-8000-000000000000".to_owned(),
        "/sources/%E2%82".to_owned(),
        "/objects/%ff".to_owned(),
        "/objects/".to_owned(),
        "/service/profiles/x".to_owned(),
        "/flow-delete-requests/x".to_owned(),
        "/media/%ff".to_owned(),
    ] {
        server.get(&path).await.error(404);
    }
    for query in ["label=%ff", "%ff=x", "tag.%c3=x", "tag.a=%e2%82"] {
        server.get(&format!("/flows?{query}")).await.error(400);
        server.get(&format!("/sources?{query}")).await.error(400);
    }
}

#[tokio::test]
async fn values_in_queries_follow_their_schemas() {
    let server = served().await;
    let segments = format!("/flows/{}/segments", flow_id(1));
    for (path, query) in [
        ("/flows", format!("source_id={}", flow_id(1).to_uppercase())),
        ("/flows", "profile_id=x".to_owned()),
        ("/flows", "codec=h264".to_owned()),
        ("/flows", "codec=video/h264;profile=high".to_owned()),
        ("/flows", "codec=%20video/h264".to_owned()),
        ("/flows", "format=urn:x-nmos:format:VIDEO".to_owned()),
        ("/flows", "timerange=0:0-1:0".to_owned()),
        ("/flows", "timerange=[00:0_1:0)".to_owned()),
        ("/flows", "timerange=[0:1000000000_".to_owned()),
        ("/flows", "frame_width=12.5".to_owned()),
        ("/flows", "frame_width=%2B5".to_owned()),
        ("/flows", "frame_height=tall".to_owned()),
        ("/flows", "init_segments=TRUE".to_owned()),
        ("/flows", "reverse_order=1".to_owned()),
        ("/flows", "reverse_order=".to_owned()),
        ("/flows", "tag.a=x,,y".to_owned()),
        ("/flows", "tag.a=,x".to_owned()),
        ("/flows", "tag_exists.a=yes".to_owned()),
        ("/flows", "collected_by_ids=,".to_owned()),
        ("/flows", format!("collected_by_ids={},", flow_id(1))),
        ("/flows", "limit=1&limit=1".to_owned()),
        ("/flows", "limit=-1".to_owned()),
        ("/flows", "limit=one".to_owned()),
        ("/flows", "page=".to_owned()),
        ("/sources", "sort_by=".to_owned()),
        ("/service/profiles", "codec=video".to_owned()),
        (&segments, "accept_get_urls=a,,b".to_owned()),
        (&segments, "accept_storage_ids=local".to_owned()),
        (&segments, "presigned=maybe".to_owned()),
        (&segments, "verbose_storage=2".to_owned()),
        (&segments, "include_object_timerange=x".to_owned()),
        (&segments, "storage_backend_tag_exists.x=x".to_owned()),
        ("/objects/a", "flow_tag.x=,".to_owned()),
        ("/flow-delete-requests", "sort_by=label".to_owned()),
    ] {
        let (_, field) = server.get(&format!("{path}?{query}")).await.error(400);
        let name = query.split('=').next().unwrap();
        assert_eq!(field.as_deref(), Some(name), "{path}?{query}");
    }
}

#[tokio::test]
async fn huge_numbers_are_numbers() {
    let server = served().await;
    for query in [
        "frame_width=99999999999999999999999",
        "frame_width=-99999999999999999999999",
        "frame_height=4294967296",
        "frame_height=-1",
        "frame_width=0",
    ] {
        let found = server.get(&format!("/flows?{query}")).await;
        assert!(found.items("flow-get").is_empty(), "{query}");
    }
    for limit in ["1001", "4294967296", "99999999999999999999999"] {
        let found = server.get(&format!("/flows?limit={limit}")).await;
        assert_eq!(found.items("flow-get").len(), 1);
        assert_eq!(found.header("x-paging-limit"), Some("1000"));
    }
    // Beyond the 48 bits of PTP time ends, as it does in the TAMS authors' own library.
    let segments = format!("/flows/{}/segments", flow_id(1));
    for (bound, found) in [
        (format!("[-{}:0_1:0)", (1_i64 << 48) - 1), 1),
        (format!("[{}:999999999_", (1_i64 << 48) - 1), 0),
        (format!("[0:0_{}:0)", "9".repeat(40)), 1),
        (format!("_-{}:0)", "9".repeat(40)), 0),
    ] {
        let timeranges = server.get(&format!("{segments}?timerange={bound}")).await;
        assert_eq!(timeranges.items("flow-segment").len(), found, "{bound}");
    }
    let flow = with(
        video(2),
        json!({
            "generation": 1.0, "max_bit_rate": 5e3,
            "essence_parameters": {
                "frame_width": 1.28e3, "frame_height": 720.0, "frame_rate": {"numerator": 25.0}
            }
        }),
    );
    let path = format!("/flows/{}", flow_id(2));
    let created = server.put(&path, &flow).await.body(201, "flow-get");
    assert_eq!(created["essence_parameters"]["frame_width"], json!(1280));
    assert_eq!(created["max_bit_rate"], json!(5000));
    server
        .put(&format!("{path}/avg_bit_rate"), &json!(2.5e3))
        .await
        .empty(204);
    for wrong in [json!(1e300), json!(-1e300), json!(-1), json!(0.5)] {
        server
            .put(&format!("{path}/avg_bit_rate"), &wrong)
            .await
            .error(400);
        let width = json!({"essence_parameters": {
            "frame_width": wrong, "frame_height": 1, "frame_rate": {"numerator": 25}
        }});
        server.put(&path, &with(video(2), width)).await.error(400);
        server
            .post(&format!("{path}/storage"), &json!({"limit": wrong}))
            .await
            .error(400);
    }
}

#[tokio::test]
async fn many_filters_are_refused_before_the_database_does() {
    let server = served().await;
    let filters = |count: usize| {
        let filters: Vec<String> = (0..count)
            .map(|n| format!("tag_exists.t{n}=false"))
            .collect();
        filters.join("&")
    };
    let all = server.get(&format!("/flows?{}", filters(64))).await;
    assert_eq!(all.items("flow-get").len(), 1);
    server
        .get(&format!("/flows?{}", filters(65)))
        .await
        .error(400);
    server
        .get(&format!("/flows?{}", filters(1200)))
        .await
        .error(400);
    let long = vec!["x"; 12_000].join(",");
    let none = server.get(&format!("/flows?tag.t={long}")).await;
    assert!(none.items("flow-get").is_empty());
    let ids = vec![NOBODY; 700].join(",");
    let none = server
        .get(&format!("/sources?collected_by_ids={ids}"))
        .await;
    assert!(none.items("source").is_empty());
}

#[tokio::test]
async fn tag_names_may_be_anything() {
    let server = served().await;
    for (name, encoded) in [
        ("a.b", "a.b"),
        ("say \"x\"", "say%20%22x%22"),
        ("back\\slash", "back%5Cslash"),
        ("$[0]", "%24%5B0%5D"),
        ("100%", "100%25"),
        ("plus+and&=", "plus%2Band%26%3D"),
        ("ünï", "%C3%BCn%C3%AF"),
        ("line\nend", "line%0Aend"),
    ] {
        let path = format!("/flows/{}/tags/{encoded}", flow_id(1));
        server.put(&path, &json!([name])).await.empty(204);
        assert_eq!(server.get(&path).await.json(), json!([name]));
        for query in [
            format!("tag.{encoded}={encoded}"),
            format!("tag_exists.{encoded}=true"),
        ] {
            let found = server.get(&format!("/flows?{query}")).await;
            assert_eq!(found.items("flow-get").len(), 1, "{query}");
        }
        server.delete(&path).await.empty(204);
    }
}

/// What no operation takes.
fn nonsense() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = [
        "",
        "{",
        "nul",
        "NaN",
        "{\"id\":}",
        "[1,]",
        "\"\\ud800\"",
        "1 2",
        "{'a':1}",
    ]
    .into_iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    bodies.push(vec![b'"', 0xff, b'"']);
    bodies.push(vec![b'['; 100_000]);
    bodies.push(vec![0; 16]);
    bodies
}

#[tokio::test]
async fn bodies_of_nonsense_are_refused_everywhere() {
    let server = served().await;
    let sent = [("content-type", "application/json")];
    let shapes = [
        json!(null),
        json!(5),
        json!(-1.5),
        json!([[]]),
        json!([null]),
        json!({"id": 5, "object_id": [], "limit": "x", "flow_metadata": 1, "name": {}, "url": 1}),
    ];
    for (path, allowed) in paths() {
        if path.contains("webhooks") {
            continue;
        }
        for name in allowed
            .split(' ')
            .filter(|name| matches!(*name, "PUT" | "POST"))
        {
            for body in nonsense() {
                // Storage may be asked for without a body.
                if body.is_empty() && path.ends_with("/storage") {
                    continue;
                }
                let shown = String::from_utf8_lossy(&body[..body.len().min(20)]).into_owned();
                let answer = server.send(method(name), &path, &sent, Some(body)).await;
                assert_eq!(answer.status, 400, "{name} {path} {shown}");
                answer.error(400);
            }
            for shape in &shapes {
                let taken = (path.ends_with("rate") && *shape == json!(5))
                    || (path.ends_with("/storage") && shape.is_null());
                let body = shape.to_string().into_bytes();
                let answer = server.send(method(name), &path, &sent, Some(body)).await;
                let expected = if taken { 200..300 } else { 400..401 };
                assert!(
                    expected.contains(&answer.status),
                    "{name} {path} {shape}: {}",
                    answer.status
                );
            }
            for kind in ["text/plain", "application/json-patch+json", "x", ""] {
                let body = Some(b"{}".to_vec());
                let answer = server
                    .send(method(name), &path, &[("content-type", kind)], body)
                    .await;
                answer.error(415);
            }
        }
    }
}

/// Values that go near every limit and into every parser.
fn value() -> impl Strategy<Value = String> {
    let telling = [
        "",
        "0",
        "1",
        "-1",
        "true",
        "false",
        "_",
        "()",
        "[0:0_2:0)",
        "(0:0_",
        "video/h264",
        "label",
        "created",
        "expiry",
        "a",
        "local",
        "5b5d",
        "5b315d",
        "5b2261222c312c315d",
        "5b5b223030225d5d",
        "urn:x-nmos:format:video",
        "99999999999999999999",
        "4f79cfd1-c057-47f4-8e4d-1b126ca7bf01",
    ]
    .map(str::to_owned);
    prop_oneof![
        proptest::sample::select(telling.to_vec()),
        "[0-9a-f]{0,40}",
        ".{0,30}",
    ]
}

fn name() -> impl Strategy<Value = String> {
    let names = [
        "limit",
        "page",
        "label",
        "format",
        "codec",
        "timerange",
        "source_id",
        "profile_id",
        "status",
        "sort_by",
        "reverse_order",
        "tag.a",
        "tag_exists.a",
        "frame_width",
        "frame_height",
        "init_segments",
        "collected_by_ids",
        "object_id",
        "verbose_storage",
        "accept_get_urls",
        "accept_storage_ids",
        "presigned",
        "include_object_timerange",
        "storage_backend_tag.a",
        "storage_backend_tag_exists.a",
        "flow_tag.a",
        "include_timerange",
    ];
    proptest::sample::select(names.to_vec()).prop_map(str::to_owned)
}

#[test]
fn no_query_breaks_the_server() {
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(served());
    let paths = [
        "/flows".to_owned(),
        "/sources".to_owned(),
        format!("/flows/{}", flow_id(1)),
        format!("/flows/{}/segments", flow_id(1)),
        "/objects/a".to_owned(),
        "/service/profiles".to_owned(),
        "/service/storage-backends".to_owned(),
        "/flow-delete-requests".to_owned(),
    ];
    let pairs = proptest::collection::vec((name(), value()), 0..4);
    let mut runner = TestRunner::new(Config {
        cases: 600,
        failure_persistence: None,
        ..Config::default()
    });
    let asked = (proptest::sample::select(paths.to_vec()), pairs);
    runner
        .run(&asked, |(path, pairs)| {
            let query: String = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs)
                .finish();
            let answer = runtime.block_on(server.get(&format!("{path}?{query}")));
            prop_assert!(
                matches!(answer.status, 200 | 400),
                "{} {path}?{query}",
                answer.status
            );
            if answer.status == 400 {
                answer.error(400);
            }
            let _document: Value = answer.json();
            Ok(())
        })
        .unwrap();
}
