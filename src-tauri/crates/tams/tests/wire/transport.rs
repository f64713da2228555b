//! Patience, limits, and answers that are none.

use std::io::Write;
use std::time::Duration;

use serde_json::json;
use tams::{Auth, Connection, ConnectionSettings, Dialect, Entity, Secret, SourceQuery, TamsError};
use tams_model::StorageRequest;
use tokio_util::sync::CancellationToken;

use crate::fixture::{FLOW, Reply, Server, World, flow_id, open, source, source_id};

#[tokio::test]
async fn retry_after_is_kept_and_capped() {
    let server = Server::tams(|seen| match seen.before {
        0 => Reply::status(429).with("retry-after", "7"),
        1 => Reply::status(503).with("retry-after", "3600"),
        2 => Reply::status(429)
            .with("date", "Sun, 06 Nov 1994 08:49:30 GMT")
            .with("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"),
        _ => Reply::json(&json!([source()])),
    })
    .await;
    let world = World::new();
    let connection = world.open(server.settings(Auth::None)).await.unwrap();
    connection.sources(&SourceQuery::default()).await.unwrap();
    assert_eq!(world.pauses(), [7, 30, 7].map(Duration::from_secs));
}

#[tokio::test]
async fn what_is_safe_is_repeated_a_few_times() {
    let server = Server::tams(|_| Reply::status(500)).await;
    let world = World::new();
    let connection = world.open(server.settings(Auth::None)).await.unwrap();
    let error = connection.source(source_id()).await.unwrap_err();
    assert!(matches!(error, TamsError::Rejected { status: 500, .. }));
    assert_eq!(server.seen().len(), 1 + 4);
    assert_eq!(world.pauses().len(), 3);
    assert!(world.pauses().is_sorted());
    // A property set twice is set once.
    connection
        .set_label(Entity::Flow(flow_id()), Some("x"))
        .await
        .unwrap_err();
    assert_eq!(server.count("PUT", &format!("/flows/{FLOW}/label")), 4);
    // Names of one's own are given out once.
    connection
        .allocate(flow_id(), &StorageRequest::object_ids(["a"]))
        .await
        .unwrap_err();
    assert_eq!(server.count("POST", &format!("/flows/{FLOW}/storage")), 1);
}

#[tokio::test]
async fn a_post_that_was_refused_a_connection_may_be_repeated() {
    let server = Server::tams(|seen| match seen.before {
        0 => Reply::status(429).with("retry-after", "1"),
        _ => Reply::json(
            &json!({"media_objects": [{"object_id": "a", "put_url": {"url": "http://h/a"}}]}),
        ),
    })
    .await;
    let connection = server.connect().await;
    connection
        .allocate(flow_id(), &StorageRequest::object_ids(["a"]))
        .await
        .unwrap();
    assert_eq!(server.count("POST", &format!("/flows/{FLOW}/storage")), 2);
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_and_cancel_ends_at_once() {
    let server = Server::tams(|_| Reply::hang()).await;
    let mut settings = server.settings(Auth::None);
    settings.timeouts.answer = Duration::from_millis(50);
    settings.limits.tries = 2;
    let connection = open(settings).await.unwrap();
    let error = connection.source(source_id()).await.unwrap_err();
    assert!(matches!(error, TamsError::Timeout { .. }), "{error}");
    assert!(error.is_retryable() && error.is_unreachable());
    assert_eq!(server.seen().len(), 3);

    let patient = server.connect().await;
    let cancel = CancellationToken::new();
    let asking = patient.under(&cancel);
    let asked = tokio::spawn(async move { asking.source(source_id()).await });
    let arrived = async {
        while server.seen().len() < 5 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrived)
        .await
        .unwrap();
    cancel.cancel();
    let outcome = tokio::time::timeout(Duration::from_secs(20), asked).await;
    assert!(matches!(outcome, Ok(Ok(Err(TamsError::Cancelled)))));
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let gone = Server::start(|_| Reply::status(200)).await;
    let url = gone.url.clone();
    drop(gone);
    // The port is free again only when the listener is gone; ask one that never listened.
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = unused.local_addr().unwrap().port();
    drop(unused);
    let settings = ConnectionSettings::new("t", format!("http://127.0.0.1:{port}"), Auth::None);
    let error = open(settings).await.unwrap_err();
    assert!(matches!(error, TamsError::Unreachable { .. }), "{error}");
    assert_eq!(error.code(), "tams_unreachable");
    assert!(!url.is_empty());
}

#[tokio::test]
async fn packed_answers_are_unpacked_and_bounded() {
    let pack = |text: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    };
    let good = pack(json!([source()]).to_string().as_bytes());
    // 40 MiB of blanks, packed to some KiB.
    let bomb = pack(&vec![b' '; 40 << 20]);
    let server = Server::tams(move |seen| {
        assert_eq!(seen.header("accept-encoding"), Some("gzip"));
        let body = match &*seen.path {
            "/sources" => good.clone(),
            "/flows" => bomb.clone(),
            _ => b"no gzip".to_vec(),
        };
        Reply::new(200, body).with("content-encoding", "gzip")
    })
    .await;
    let mut settings = server.settings(Auth::None);
    settings.limits.answer_bytes = 1 << 20;
    let connection = open(settings).await.unwrap();
    let listed = connection.sources(&SourceQuery::default()).await.unwrap();
    assert_eq!(listed.items.len(), 1);
    let bomb = connection.flows(&tams::FlowQuery::default()).await;
    assert!(matches!(bomb, Err(TamsError::TooLarge { .. })));
    let broken = connection.source(source_id()).await;
    assert!(matches!(broken, Err(TamsError::BadAnswer { .. })));
}

#[tokio::test]
async fn errors_tell_what_the_server_says_and_no_secret() {
    let server = Server::tams(|seen| match &*seen.path {
        "/sources" => Reply::new(
            400,
            r#"{"type":"x","summary":"bad limit; see http://h/a?sig=1"}"#,
        ),
        "/flows" => Reply::new(403, "<html>forbidden</html>"),
        _ => Reply::status(404),
    })
    .await;
    let connection = server
        .open(Auth::QueryToken(Secret::new("tok3n")))
        .await
        .unwrap();
    let error = connection
        .sources(&SourceQuery::default())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{}/sources answered 400: bad limit; see http://h/a?…",
            server.url
        )
    );
    let forbidden = connection.flows(&tams::FlowQuery::default()).await;
    assert!(matches!(forbidden, Err(TamsError::Forbidden { .. })));
    let missing = connection.source(source_id()).await;
    assert!(matches!(missing, Err(TamsError::NotFound { .. })));
    let shown = format!("{error:?} {forbidden:?} {missing:?} {connection:?}");
    assert!(
        !shown.contains("tok3n") && !shown.contains("sig="),
        "{shown}"
    );
}

#[tokio::test]
async fn what_is_no_tams_server_is_told_so() {
    for (reply, what) in [
        ((200, "<!doctype html><title>Sign in</title>"), "HTML"),
        ((404, ""), "no /service"),
        ((200, "hello"), "no JSON"),
    ] {
        let server = Server::start(move |_| Reply::new(reply.0, reply.1)).await;
        let error = server.open(Auth::None).await.unwrap_err();
        assert!(matches!(error, TamsError::NotTams { .. }), "{error}");
        assert!(error.to_string().contains(what), "{error}");
    }
    let server = Server::start(|_| Reply::new(200, r#"{"error":"down"}"#)).await;
    let error = server.open(Auth::None).await.unwrap_err();
    assert!(
        matches!(error, TamsError::Rejected { status: 200, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn the_dialect_of_the_settings_wins() {
    let server = Server::tams(|_| Reply::status(404)).await;
    let mut settings = server.settings(Auth::None);
    settings.dialect = Some(Dialect::Eyevinn);
    let connection = open(settings).await.unwrap();
    assert_eq!(connection.dialect(), Dialect::Eyevinn);
    let error = connection
        .require(tams::Capability::TimestampOffset)
        .unwrap_err();
    assert!(error.to_string().contains("tams-gateway"), "{error}");
    let connection: Connection = server.connect().await;
    assert_eq!(connection.dialect(), Dialect::Standard);
    connection
        .require(tams::Capability::TimestampOffset)
        .unwrap();
}

/// What callers spawn must be able to move between threads.
#[tokio::test]
async fn calls_can_be_spawned() {
    fn spawnable<F: Future + Send>(_: F) {}
    let server = Server::tams(|_| Reply::json(&json!([]))).await;
    let connection = server.connect().await;
    let world = World::new();
    let cancel = CancellationToken::new();
    let location = tams::ObjectLocation {
        object_id: "o".to_owned(),
        flow: Some(flow_id()),
        timerange: None,
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("o");
    let mut sink = tams::FileSink::create(&path).await.unwrap();
    let target = serde_json::from_value::<tams_model::MediaObject>(
        json!({"object_id": "o", "put_url": {"url": "http://127.0.0.1:1/"}}),
    )
    .unwrap();
    let wanted = tams::SignIn {
        authorize_url: server.url.clone(),
        token_url: server.url.clone(),
        client_id: "c".to_owned(),
        client_secret: None,
        scopes: Vec::new(),
        port: 0,
        patience: Duration::ZERO,
        allow_plain_http: false,
        ca_pem: None,
    };
    spawnable(connection.fetch_object(&location, &mut sink, &|_| {}));
    spawnable(connection.upload(&target, &path, &|_| {}));
    spawnable(connection.add_segments(flow_id(), &[]));
    spawnable(connection.segments(flow_id(), &tams::SegmentQuery::default()));
    spawnable(connection.put_flow(&serde_json::from_value(crate::fixture::flow()).unwrap()));
    spawnable(world.open(server.settings(Auth::None)));
    let surroundings = world.surroundings();
    spawnable(tams::sign_in(&wanted, &surroundings, &cancel, |_| {}));
}
