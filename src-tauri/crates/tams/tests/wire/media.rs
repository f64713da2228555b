//! Reading objects: which copy, with which credentials, resumed how.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tams::{
    Auth, ConnectFailure, FileSink, ObjectLocation, ObjectSink, Progress, Rewrite, Secret,
    TamsError,
};

use crate::fixture::{FLOW, Reply, SOURCE, Seen, Server, flow_id, open};

const OBJECT: &[u8] = b"0123456789abcdefghij";

fn location() -> ObjectLocation {
    ObjectLocation {
        object_id: "o/1".to_owned(),
        flow: Some(flow_id()),
        timerange: Some("[0:0_2:0)".parse().unwrap()),
    }
}

fn segments(urls: &Value) -> Reply {
    Reply::json(&json!([{
        "object_id": "o/1", "timerange": "[0:0_2:0)", "get_urls": urls,
    }]))
}

/// A TAMS server whose one object is at these places.
async fn tams(urls: Value) -> Server {
    Server::tams(move |seen| {
        assert_eq!(seen.path, format!("/flows/{FLOW}/segments"));
        assert_eq!(seen.param("accept_get_urls"), None);
        segments(&urls)
    })
    .await
}

fn presigned(store: &Server) -> Value {
    json!([{"url": format!("{}/b/o1?X-Amz-Signature=s1gned", store.url), "presigned": true}])
}

/// Answers ranges of the object as S3 does.
fn ranged(seen: &Seen) -> Reply {
    let range = seen.header("range").map(|range| {
        let (first, last) = range
            .strip_prefix("bytes=")
            .unwrap()
            .split_once('-')
            .unwrap();
        let first: usize = first.parse().unwrap();
        (first, last.parse::<usize>().unwrap_or(OBJECT.len() - 1))
    });
    match range {
        None => Reply::new(200, OBJECT),
        Some((first, _)) if first >= OBJECT.len() => {
            Reply::status(416).with("content-range", &format!("bytes */{}", OBJECT.len()))
        }
        Some((first, last)) => {
            let last = last.min(OBJECT.len() - 1);
            let range = format!("bytes {first}-{last}/{}", OBJECT.len());
            Reply::new(206, &OBJECT[first..=last]).with("content-range", &range)
        }
    }
    .with("etag", "\"e1\"")
}

/// Keeps the object in memory.
#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    restarts: usize,
    whole: bool,
}

#[async_trait]
impl ObjectSink for Kept {
    fn have(&self) -> u64 {
        self.bytes.len() as u64
    }

    async fn restart(&mut self) -> Result<(), TamsError> {
        self.bytes.clear();
        self.restarts += 1;
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), TamsError> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), TamsError> {
        self.whole = true;
        Ok(())
    }
}

fn quiet(_: Progress) {}

#[tokio::test]
async fn no_credential_reaches_the_store() {
    let store = Server::start(ranged).await;
    for auth in [
        Auth::Bearer(Secret::new("t0ken")),
        Auth::QueryToken(Secret::new("t0ken")),
        Auth::Basic {
            user: "u".to_owned(),
            password: Secret::new("t0ken"),
        },
    ] {
        // Not even when the URL doesn't say that it is presigned.
        for said in [json!(true), json!(false), Value::Null] {
            let server = tams(json!([
                {"url": format!("{}/b/o1?X-Amz-Signature=s1gned", store.url), "presigned": said}
            ]))
            .await;
            let connection = server.open(auth.clone()).await.unwrap();
            let mut kept = Kept::default();
            let told = Mutex::new(Vec::new());
            let fetched = connection
                .fetch_object(&location(), &mut kept, &|progress| {
                    told.lock().unwrap().push(progress);
                })
                .await
                .unwrap();
            assert_eq!((fetched.bytes, fetched.transferred), (20, 20));
            assert!(kept.whole && kept.bytes == OBJECT);
            let last = told.lock().unwrap().last().copied();
            assert_eq!(
                last,
                Some(Progress {
                    done: 20,
                    total: Some(20)
                })
            );
            assert!(server.last().query.contains("object_id=o%2F1"));
        }
    }
    assert_eq!(store.seen().len(), 9);
    for seen in store.seen() {
        assert_eq!(seen.query, "X-Amz-Signature=s1gned");
        assert_eq!(seen.header("authorization"), None);
        assert_eq!(seen.header("cookie"), None);
    }
}

#[tokio::test]
async fn an_object_under_the_base_is_read_with_credentials_unless_presigned() {
    for (said, sent) in [
        (Value::Null, true),
        (json!(false), true),
        (json!(true), false),
    ] {
        let server = Server::start_knowing(move |url| {
            let urls = json!([{"url": format!("{url}/media/o1"), "presigned": said}]);
            Box::new(move |seen| match &*seen.path {
                "/service" => Reply::json(&json!({"api_version": "8.2"})),
                "/media/o1" => ranged(seen),
                _ => segments(&urls),
            })
        })
        .await;
        let connection = server.open(Auth::Bearer(Secret::new("t"))).await.unwrap();
        let mut kept = Kept::default();
        connection
            .fetch_object(&location(), &mut kept, &quiet)
            .await
            .unwrap();
        assert_eq!(server.last().path, "/media/o1");
        assert_eq!(server.last().header("authorization").is_some(), sent);
    }
}

#[tokio::test]
async fn refused_credentials_are_renewed_once_for_a_transfer() {
    let server = Server::start_knowing(move |url| {
        let urls = json!([{"url": format!("{url}/media/o1")}]);
        let logins = Mutex::new(0);
        Box::new(move |seen| match &*seen.path {
            "/auth/login" => {
                let mut logins = logins.lock().unwrap();
                *logins += 1;
                Reply::json(&json!({"access_token": format!("t{logins}")}))
            }
            "/service" => Reply::json(&json!({"api_version": "8.2"})),
            "/media/o1" if seen.header("authorization") == Some("Bearer t2") => ranged(seen),
            "/media/o1" => Reply::status(401),
            _ => segments(&urls),
        })
    })
    .await;
    let login = Auth::Login {
        user: "u".to_owned(),
        password: Secret::new("p"),
    };
    let connection = server.open(login).await.unwrap();
    let mut kept = Kept::default();
    connection
        .fetch_object(&location(), &mut kept, &quiet)
        .await
        .unwrap();
    assert_eq!(kept.bytes, OBJECT);
    assert_eq!(server.count("POST", "/auth/login"), 2);
    assert_eq!(server.count("GET", "/media/o1"), 2);
}

#[tokio::test]
async fn a_cut_transfer_goes_on_where_it_was_cut() {
    let store = Server::start(|seen| match seen.before {
        0 => Reply::new(200, &OBJECT[..7])
            .with("etag", "\"e1\"")
            .cut_of(20),
        1 => Reply::new(206, &OBJECT[7..9])
            .with("etag", "\"e1\"")
            .with("content-range", "bytes 7-19/20")
            .cut_of(13),
        _ => ranged(seen),
    })
    .await;
    let server = tams(presigned(&store)).await;
    let mut kept = Kept::default();
    let fetched = server
        .connect()
        .await
        .fetch_object(&location(), &mut kept, &quiet)
        .await
        .unwrap();
    assert_eq!(kept.bytes, OBJECT);
    assert_eq!((fetched.transferred, kept.restarts), (20, 0));
    let ranges: Vec<_> = store
        .seen()
        .iter()
        .map(|seen| {
            (
                seen.header("range").map(str::to_owned),
                seen.header("if-range").map(str::to_owned),
            )
        })
        .collect();
    let range = |from: &str| (Some(from.to_owned()), Some("\"e1\"".to_owned()));
    assert_eq!(ranges, [(None, None), range("bytes=7-"), range("bytes=9-")]);
    // The URLs were asked for once.
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn what_is_there_from_before_is_not_fetched_again() {
    let store = Server::start(ranged).await;
    let server = tams(presigned(&store)).await;
    let connection = server.connect().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("o1.mp4");
    for (left, transferred) in [(&OBJECT[..15], 5), (OBJECT, 0), (b"".as_slice(), 20)] {
        std::fs::write(dir.path().join(".o1.mp4.partial"), left).unwrap();
        let mut sink = FileSink::create(&path).await.unwrap();
        let fetched = connection
            .fetch_object(&location(), &mut sink, &quiet)
            .await
            .unwrap();
        assert_eq!((fetched.bytes, fetched.transferred), (20, transferred));
        assert_eq!(std::fs::read(&path).unwrap(), OBJECT);
    }
    // More than there is can't be of this object.
    std::fs::write(dir.path().join(".o1.mp4.partial"), [0; 99]).unwrap();
    let mut sink = FileSink::create(&path).await.unwrap();
    connection
        .fetch_object(&location(), &mut sink, &quiet)
        .await
        .unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), OBJECT);
}

#[tokio::test]
async fn a_whole_answer_to_a_range_begins_anew() {
    let store = Server::start(|_| Reply::new(200, OBJECT).with("etag", "\"e2\"")).await;
    let server = tams(presigned(&store)).await;
    let mut kept = Kept {
        bytes: b"01234".to_vec(),
        ..Kept::default()
    };
    server
        .connect()
        .await
        .fetch_object(&location(), &mut kept, &quiet)
        .await
        .unwrap();
    assert_eq!(kept.bytes, OBJECT);
    assert_eq!(kept.restarts, 1);
}

#[tokio::test]
async fn bytes_that_are_others_are_refused() {
    let wrong: Vec<fn(&Seen) -> Reply> = vec![
        // Another place than was asked for.
        |_| Reply::new(206, &OBJECT[..5]).with("content-range", "bytes 0-4/20"),
        // No place at all.
        |_| Reply::new(206, &OBJECT[5..]),
        // Another length after a cut.
        |seen| match seen.before {
            0 => Reply::new(206, &OBJECT[5..7])
                .with("content-range", "bytes 5-19/20")
                .cut_of(15),
            _ => Reply::new(206, &OBJECT[7..]).with("content-range", "bytes 7-19/21"),
        },
        // More bytes than the range says.
        |_| Reply::new(206, vec![b'x'; 99]).with("content-range", "bytes 5-19/20"),
    ];
    for script in wrong {
        let store = Server::start(script).await;
        let server = tams(presigned(&store)).await;
        let mut kept = Kept {
            bytes: OBJECT[..5].to_vec(),
            ..Kept::default()
        };
        let error = server
            .connect()
            .await
            .fetch_object(&location(), &mut kept, &quiet)
            .await
            .unwrap_err();
        assert!(matches!(error, TamsError::Integrity { .. }), "{error}");
        assert!(!kept.whole);
    }
}

#[tokio::test]
async fn an_expired_url_is_asked_for_again_once() {
    let store = Server::start(|seen| match seen.param("X-Amz-Signature").as_deref() {
        Some("fresh") => ranged(seen),
        _ => Reply::status(403),
    })
    .await;
    let at = format!("{}/b/o1?X-Amz-Signature=", store.url);
    let server = Server::tams(move |seen| {
        let signature = if seen.before == 0 { "stale" } else { "fresh" };
        segments(&json!([{"url": format!("{at}{signature}"), "presigned": true}]))
    })
    .await;
    let connection = server.connect().await;
    let mut kept = Kept::default();
    connection
        .fetch_object(&location(), &mut kept, &quiet)
        .await
        .unwrap();
    assert_eq!(kept.bytes, OBJECT);
    assert_eq!(server.seen().len(), 1 + 2);

    let closed = Server::start(|_| Reply::status(403)).await;
    let server = tams(presigned(&closed)).await;
    let connection = server.connect().await;
    let error = connection
        .fetch_object(&location(), &mut Kept::default(), &quiet)
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        TamsError::TransferRefused { status: 403, .. }
    ));
    assert!(
        !format!("{error} {error:?}").contains("s1gned"),
        "{error:?}"
    );
    assert_eq!(server.seen().len(), 1 + 2);
    assert_eq!(closed.seen().len(), 2);
    let reader = connection.open_object(&location()).await.unwrap();
    assert!(!format!("{reader:?}").contains("s1gned"), "{reader:?}");
}

#[tokio::test]
async fn a_copy_that_cannot_be_read_gives_way_to_the_next() {
    let store = Server::start(|seen| match &*seen.path {
        "/good" => ranged(seen),
        "/gone" => Reply::status(404),
        other => panic!("{other} must not be asked"),
    })
    .await;
    let url = |path: &str| format!("{}/{path}?Signature=x&Expires=1", store.url);
    let server = tams(json!([
        {"url": url("head"), "label": "HEAD access for segment x"},
        {"url": url("gone"), "label": "GET access for segment x"},
        {"url": "file:///etc/passwd", "presigned": true},
        {"url": url("good"), "controlled": false},
    ]))
    .await;
    let mut kept = Kept::default();
    server
        .connect()
        .await
        .fetch_object(&location(), &mut kept, &quiet)
        .await
        .unwrap();
    assert_eq!(kept.bytes, OBJECT);
    let paths: Vec<_> = store.seen().iter().map(|seen| seen.path.clone()).collect();
    assert_eq!(paths, ["/gone", "/good"]);
}

#[tokio::test]
async fn a_rewrite_keeps_the_host_that_was_signed() {
    let store = Server::start(ranged).await;
    let server = tams(json!([{
        "url": "https://internal.vast.invalid:8443/b%2Fc/o1?X-Amz-Signature=s1gned&x=%2F",
        "presigned": true,
    }]))
    .await;
    let mut settings = server.settings(Auth::Bearer(Secret::new("t")));
    settings.rewrites = vec![Rewrite {
        from_host: "internal.vast.invalid".to_owned(),
        to_base: store.url.clone(),
    }];
    let connection = open(settings).await.unwrap();
    let warned = |text: &str| connection.issues().iter().any(|issue| issue.what == text);
    assert!(warned(Rewrite::WARNING));
    let mut kept = Kept::default();
    connection
        .fetch_object(&location(), &mut kept, &quiet)
        .await
        .unwrap();
    let seen = store.last();
    assert_eq!(seen.header("host"), Some("internal.vast.invalid:8443"));
    assert_eq!(seen.path, "/b%2Fc/o1");
    assert_eq!(seen.query, "X-Amz-Signature=s1gned&x=%2F");
    assert_eq!(seen.header("authorization"), None);
}

#[tokio::test]
async fn redirects_of_transfers_lose_credentials_and_never_secrecy() {
    let other = Server::start(ranged).await;
    let to = format!("{}/elsewhere?X-Amz-Signature=2", other.url);
    let server = Server::start_knowing(move |url| {
        let urls = json!([{"url": format!("{url}/media/o1")}]);
        Box::new(move |seen| match &*seen.path {
            "/service" => Reply::json(&json!({"api_version": "8.2"})),
            "/media/o1" => Reply::status(302).with("location", &to),
            _ => segments(&urls),
        })
    })
    .await;
    let connection = server.open(Auth::Bearer(Secret::new("t"))).await.unwrap();
    let mut kept = Kept::default();
    connection
        .fetch_object(&location(), &mut kept, &quiet)
        .await
        .unwrap();
    assert_eq!(server.last().header("authorization"), Some("Bearer t"));
    assert_eq!(other.last().header("authorization"), None);
    assert_eq!(other.last().query, "X-Amz-Signature=2");
}

#[tokio::test]
async fn without_a_url_the_object_itself_and_other_flows_are_asked() {
    let store = Server::start(ranged).await;
    let urls = presigned(&store);
    let at_object = urls.clone();
    let server = Server::tams(move |seen| match &*seen.path {
        "/objects/o%2F1" => Reply::json(&json!({
            "id": "o/1", "referenced_by_flows": [FLOW], "get_urls": at_object,
        })),
        _ => segments(&json!([])),
    })
    .await;
    let mut kept = Kept::default();
    server
        .connect()
        .await
        .fetch_object(&location(), &mut kept, &quiet)
        .await
        .unwrap();
    assert_eq!(kept.bytes, OBJECT);

    // vasttams 6.0, quirk 3: the flow that brought the object has the URL.
    let service = json!({"type": "urn:x-tams:service:api", "api_version": "6.0"});
    let origin = format!("/flows/{SOURCE}/segments");
    let server = Server::of(service, move |seen| match &*seen.path {
        "/objects/o%2F1" => Reply::json(&json!({
            "object_id": "o/1", "flow_references": [{"flow_id": FLOW}, {"flow_id": SOURCE}],
        })),
        path if path == origin => segments(&urls),
        _ => segments(&json!([])),
    })
    .await;
    let mut kept = Kept::default();
    server
        .connect()
        .await
        .fetch_object(&location(), &mut kept, &quiet)
        .await
        .unwrap();
    assert_eq!(kept.bytes, OBJECT);

    let server = Server::tams(|seen| match &*seen.path {
        "/objects/o%2F1" => Reply::status(404),
        _ => segments(&Value::Null),
    })
    .await;
    let error = server
        .connect()
        .await
        .fetch_object(&location(), &mut Kept::default(), &quiet)
        .await
        .unwrap_err();
    assert!(matches!(error, TamsError::NoCopy { .. }), "{error}");
}

#[tokio::test]
async fn an_initialisation_segment_is_found_beside_its_segment() {
    let store = Server::start(ranged).await;
    let urls = presigned(&store);
    let server = Server::tams(move |seen| {
        assert_eq!(seen.path, format!("/flows/{FLOW}/segments"));
        Reply::json(&json!([{
            "object_id": "media", "timerange": "[0:0_2:0)",
            "init_object": {"object_id": "o/1", "get_urls": urls},
        }]))
    })
    .await;
    let mut kept = Kept::default();
    server
        .connect()
        .await
        .fetch_object(&location(), &mut kept, &quiet)
        .await
        .unwrap();
    assert_eq!(kept.bytes, OBJECT);
}

#[tokio::test]
async fn pieces_are_read_by_range() {
    let whole = Server::start(|_| Reply::new(200, OBJECT)).await;
    let good = Server::start(ranged).await;
    for store in [&good, &whole] {
        let server = tams(presigned(store)).await;
        let connection = server.connect().await;
        let mut reader = connection.open_object(&location()).await.unwrap();
        for (offset, length, bytes) in [
            (0, 4, &b"0123"[..]),
            (15, 3, b"fgh"),
            (18, 100, b"ij"),
            (20, 5, b""),
            (3, 0, b""),
        ] {
            let piece = reader.read(offset, length).await.unwrap();
            assert_eq!(piece.bytes, bytes, "{offset} {length}");
            assert_eq!(piece.total, Some(20));
        }
        assert_eq!(reader.total(), Some(20));
        assert_eq!(server.seen().len(), 2);
    }
    assert_eq!(good.seen()[1].header("range"), Some("bytes=15-17"));
}

#[tokio::test]
async fn a_store_that_stands_still_is_left() {
    let store = Server::start(|_| Reply::hang()).await;
    let server = tams(presigned(&store)).await;
    let mut settings = server.settings(Auth::None);
    settings.timeouts.stall = Duration::from_millis(50);
    settings.limits.tries = 2;
    let connection = open(settings).await.unwrap();
    let error = connection
        .fetch_object(&location(), &mut Kept::default(), &quiet)
        .await
        .unwrap_err();
    assert!(error.is_unreachable(), "{error}");
    assert_eq!(store.seen().len(), 2);

    let cancel = tokio_util::sync::CancellationToken::new();
    cancel.cancel();
    let outcome = connection
        .under(&cancel)
        .fetch_object(&location(), &mut Kept::default(), &quiet)
        .await;
    assert!(matches!(outcome, Err(TamsError::Cancelled)));
}

#[tokio::test]
async fn a_transfer_that_is_always_cut_ends() {
    let store = Server::start(|_| Reply::new(200, "").cut_of(20)).await;
    let server = tams(presigned(&store)).await;
    let error = server
        .connect()
        .await
        .fetch_object(&location(), &mut Kept::default(), &quiet)
        .await
        .unwrap_err();
    let cause = match &error {
        TamsError::Unreachable { cause, .. } => *cause,
        other => panic!("{other}"),
    };
    assert_eq!(cause, ConnectFailure::Cut);
    assert_eq!(store.seen().len(), 4);
}
