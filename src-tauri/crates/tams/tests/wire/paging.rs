//! Lists in pages: every way servers have, and every way they lead astray.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tams::{Auth, FlowQuery, Secret, SegmentQuery, SourceQuery, TamsError, Urls};

use crate::fixture::{FLOW, Reply, SOURCE, Server, flow, flow_id, open, source, source_id};

fn page() -> Reply {
    Reply::json(&json!([source()]))
}

#[tokio::test]
async fn links_are_followed_as_written() {
    let server = Server::tams(|seen| match seen.param("page").as_deref() {
        None => page().with("link", r#"<?page=a%2Cb&limit=1>; rel="next""#),
        Some("a,b") => page().with("link", r#"<x>; rel=prev, </sources?page=c;d>; rel="next""#),
        Some("c;d") => Reply::json(&json!([])).with("link", r#"<sources?page=last>; REL=next"#),
        _ => page(),
    })
    .await;
    let connection = server.connect().await;
    let listed = connection.sources(&SourceQuery::default()).await.unwrap();
    assert_eq!(listed.items.len(), 3);
    assert_eq!(server.count("GET", "/sources"), 4);
    assert_eq!(server.seen()[1].param("limit").as_deref(), Some("1000"));
}

#[tokio::test]
async fn links_elsewhere_are_refused_with_credentials_at_home() {
    let thief = Server::start(|_| page()).await;
    for target in [
        format!("{}/sources?page=2", thief.url),
        format!("//{}/sources?page=2", thief.authority()),
        "/other/sources?page=2".to_owned(),
        "../../sources?page=2".to_owned(),
        "https://127.0.0.1/tams/sources".to_owned(),
    ] {
        let link = format!(r#"<{target}>; rel="next""#);
        let server = Server::start(move |seen| match &*seen.path {
            "/tams/service" => Reply::json(&json!({"api_version": "8.2"})),
            _ => page().with("link", &link),
        })
        .await;
        let mut settings = server.settings(Auth::Bearer(Secret::new("t")));
        settings.base_url = format!("{}/tams", server.url);
        let connection = open(settings).await.unwrap();
        let error = connection
            .sources(&SourceQuery::default())
            .await
            .unwrap_err();
        assert!(
            matches!(error, TamsError::LinkRefused { .. }),
            "{target}: {error}"
        );
        assert!(!error.to_string().contains("page=2"), "{error}");
        assert_eq!(server.seen().len(), 2, "{target}");
    }
    assert!(thief.seen().is_empty());
}

#[tokio::test]
async fn circles_and_endless_lists_end() {
    let circle = Server::tams(|seen| {
        let next = match seen.param("page").as_deref() {
            None => "1",
            Some("1") => "2",
            _ => "1",
        };
        page().with("link", &format!(r#"</sources?page={next}>; rel="next""#))
    })
    .await;
    let connection = circle.connect().await;
    let error = connection.sources(&SourceQuery::default()).await;
    assert!(matches!(error, Err(TamsError::PagingLoop { .. })));
    assert_eq!(circle.count("GET", "/sources"), 3);

    let endless = Server::tams(|seen| {
        page().with("link", &format!(r#"<?page={}>; rel="next""#, seen.before))
    })
    .await;
    let mut settings = endless.settings(Auth::None);
    settings.limits.pages = 5;
    let connection = open(settings).await.unwrap();
    let error = connection.sources(&SourceQuery::default()).await;
    assert!(matches!(
        error,
        Err(TamsError::TooManyPages { limit: 5, .. })
    ));
    assert_eq!(endless.count("GET", "/sources"), 5);
}

#[tokio::test]
async fn keys_and_empty_links_lead_on_and_garbage_does_not() {
    let server = Server::tams(|seen| match seen.param("page").as_deref() {
        None => page().with("x-paging-nextkey", "k 1"),
        Some("k 1") => page().with("link", r#"<>; rel="next"; key="c=2""#),
        Some("c=2") => page().with("link", r#"<<<; rel=next,,, "garbage"#),
        _ => Reply::status(500),
    })
    .await;
    let connection = server.connect().await;
    let query = SourceQuery {
        label: Some("a".to_owned()),
        ..SourceQuery::default()
    };
    let listed = connection.sources(&query).await.unwrap();
    assert_eq!(listed.items.len(), 3);
    for seen in &server.seen()[1..] {
        assert_eq!(seen.param("label").as_deref(), Some("a"));
    }
}

fn segment(number: usize) -> Value {
    json!({"object_id": format!("o{number}"), "timerange": {"value": format!("[{number}:0_{}:0)", number + 1)}})
}

#[tokio::test]
async fn vasttams_8_is_paged_by_offset_and_sorted_here() {
    let service = json!({"type": "urn:x-tams:service:api", "api_version": "8.0.0"});
    // Sorted as texts, as that server does.
    let mut all: Vec<usize> = (0..25).collect();
    all.sort_by_key(ToString::to_string);
    let server = Server::of(service, move |seen| {
        assert_eq!(seen.param("accept_get_urls").as_deref(), Some(""));
        let number = |name| seen.param(name).map_or(0, |text| text.parse().unwrap());
        let (offset, limit): (usize, usize) = (number("offset"), number("limit"));
        let page: Vec<Value> = all
            .iter()
            .skip(offset)
            .take(limit)
            .map(|n| segment(*n))
            .collect();
        Reply::json(&Value::Array(page))
    })
    .await;
    let connection = server.connect().await;
    let query = SegmentQuery {
        limit: Some(10),
        ..SegmentQuery::default()
    };
    let listed = connection.segments(flow_id(), &query).await.unwrap();
    let ids: Vec<_> = listed.items.iter().map(|s| s.object_id.clone()).collect();
    let wanted: Vec<_> = (0..25).map(|n| format!("o{n}")).collect();
    assert_eq!(ids, wanted);
    assert!(listed.issues.is_empty());
    assert_eq!(server.seen().len(), 1 + 3);
}

#[tokio::test]
async fn a_list_that_takes_no_offset_ends() {
    let service = json!({"type": "urn:x-tams:service:api", "api_version": "8.0.0"});
    let server = Server::of(service, |_| {
        Reply::json(&json!({"data": [source(), source()]}))
    })
    .await;
    let connection = server.connect().await;
    let query = SourceQuery {
        limit: Some(2),
        ..SourceQuery::default()
    };
    connection.sources(&query).await.unwrap();
    assert_eq!(server.count("GET", "/sources"), 2);
}

#[tokio::test]
async fn a_failed_page_can_be_asked_for_again() {
    let broken = Arc::new(Mutex::new(true));
    let flag = Arc::clone(&broken);
    let server = Server::tams(move |seen| match seen.param("page") {
        None => page().with("link", r#"<?page=2>; rel="next""#),
        Some(_) if *flag.lock().unwrap() => Reply::new(200, r#"[{"id":"2aa1"#),
        Some(_) => page(),
    })
    .await;
    let connection = server.connect().await;
    let mut pages = connection.source_pages(&SourceQuery::default()).unwrap();
    assert_eq!(pages.next().await.unwrap().unwrap().items.len(), 1);
    let error = pages.next().await.unwrap_err();
    assert!(matches!(error, TamsError::BadAnswer { .. }), "{error}");
    *broken.lock().unwrap() = false;
    assert_eq!(pages.next().await.unwrap().unwrap().items.len(), 1);
    assert!(pages.next().await.unwrap().is_none());
    assert!(pages.next().await.unwrap().is_none());
}

#[tokio::test]
async fn filters_the_server_ignores_are_applied_here() {
    let service = json!({"type": "urn:x-tams:service.tams-gateway", "api_version": "8.1"});
    let other = "11111111-0ab7-4d75-bc32-5c00c13d186f";
    let mut foreign = flow();
    foreign["source_id"] = json!(other);
    let server = Server::of(service, move |seen| match &*seen.path {
        "/flows" => Reply::json(&json!([flow(), foreign, {"views": {}}])),
        _ => Reply::json(&json!([
            {"object_id": "a", "timerange": "[0:0_2:0)"},
            {"object_id": "b", "timerange": "[2:0_4:0)"},
            {"object_id": "b", "timerange": "[2:0_4:0)"},
            {"object_id": "x", "timerange": null},
        ])),
    })
    .await;
    let connection = server.connect().await;
    let query = FlowQuery {
        source_id: Some(source_id()),
        ..FlowQuery::default()
    };
    let flows = connection.flows(&query).await.unwrap();
    assert_eq!(flows.items.len(), 1);
    assert_eq!(flows.items[0].source_id.to_string(), SOURCE);
    assert_eq!(flows.issues.len(), 1);
    let query = SegmentQuery {
        timerange: Some("[2:0_3:0)".parse().unwrap()),
        urls: Urls::Labelled(vec!["s3".to_owned()]),
        ..SegmentQuery::default()
    };
    let listed = connection.segments(flow_id(), &query).await.unwrap();
    assert_eq!(listed.items.len(), 1);
    assert_eq!(listed.items[0].object_id, "b");
    assert_eq!(listed.issues.len(), 1);
    assert_eq!(listed.issues[0].place, format!("/flows/{FLOW}/segments"));
    assert_eq!(
        server.last().param("accept_get_urls").as_deref(),
        Some("s3")
    );
    // An empty range is nothing; that server answers 400 to it.
    let asked = server.seen().len();
    let query = SegmentQuery {
        timerange: Some("()".parse().unwrap()),
        ..SegmentQuery::default()
    };
    let nothing = connection.segments(flow_id(), &query).await.unwrap();
    assert!(nothing.items.is_empty());
    assert_eq!(server.seen().len(), asked);
}
