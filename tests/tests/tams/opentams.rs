//! Amagi's OpenTAMS, by the sentences of its section (3e).

use tams::{
    Auth, Capability, ConfirmedDeletion, Covering, Deletion, Dialect, FlowQuery, Secret,
    SegmentQuery, TamsError, Urls,
};
use tams_model::{SegmentPost, StorageRequest};
use tests::tams_server::{Auth as Door, Dialect as Kind, Fault, Options, Requests};

use crate::{
    FLOW, OTHER, Site, assert_unsupported, fetch, flow_id, id, location, post, quiet, seconds,
    timeranges,
};

fn site() -> Site {
    Site::loaded(Kind::OpenTams)
}

/// Two seconds from `start`, of the object that covers `[2:0_4:0)` of its own time.
fn again(site: &Site, start: i64) -> SegmentPost {
    let used = &site.server.segments(FLOW)[0].object_id;
    let mut again = post(used, &format!("[{start}:0_{}:0)", start + 2));
    again.ts_offset = Some(seconds(start - 2));
    again
}

/// OpenTAMS: "`X-Idempotency-Key` required on POST segments": always there, the same for the same
/// segments, another for others.
#[tokio::test]
async fn segments_carry_a_key_of_their_content() {
    let site = site();
    let connection = site.connect().await;
    for start in [20, 20, 30] {
        let posts = [again(&site, start)];
        connection.add_segments(flow_id(), &posts).await.unwrap();
    }
    assert_eq!(site.server.segments(FLOW).len(), 5);
    let keys: Vec<String> = site
        .server
        .requests()
        .iter()
        .filter(|seen| seen.method == "POST")
        .map(|seen| seen.field("x-idempotency-key").unwrap().to_owned())
        .collect();
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[0], keys[2]);
}

/// OpenTAMS: "overlap → 422 for the whole batch": nothing of it is there, which is what is told; and
/// what was there already is not sent for ever.
#[tokio::test]
async fn an_overlap_refuses_the_batch() {
    let site = site();
    let connection = site.connect().await;
    let fine = again(&site, 20);
    let batch = [fine.clone(), again(&site, 1)];
    let refused = connection
        .add_segments(flow_id(), &batch)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, TamsError::Rejected { status: 422, .. }),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("overlap"), "{refused}");
    assert_eq!(site.server.segments(FLOW).len(), 3);
    connection
        .add_segments(flow_id(), std::slice::from_ref(&fine))
        .await
        .unwrap();
    // The same again beside a new one: only the new one is missing.
    let batch = [fine, again(&site, 22)];
    let registered = connection.add_segments(flow_id(), &batch).await.unwrap();
    assert_eq!((registered.done, registered.already), (1, 1));
    assert_eq!(site.server.segments(FLOW).len(), 5);
}

/// OpenTAMS: "unknown Flow → 404": told for a list, and for segments that are sent.
#[tokio::test]
async fn an_unknown_flow_is_told() {
    let site = site();
    let connection = site.connect().await;
    let listed = connection
        .segments(id(OTHER), &SegmentQuery::default())
        .await;
    assert!(
        matches!(listed, Err(TamsError::NotFound { .. })),
        "{listed:?}"
    );
    let posts = [post("x", "[0:0_2:0)")];
    let sent = connection.add_segments(id(OTHER), &posts).await;
    assert!(matches!(sent, Err(TamsError::NotFound { .. })), "{sent:?}");
    assert_eq!(
        connection.registered(id(OTHER), &posts).await.unwrap(),
        [false]
    );
}

/// OpenTAMS: "RFC 9457 problem bodies".
#[tokio::test]
async fn problems_are_read() {
    let site = site();
    let connection = site.connect().await;
    let missing = connection.flow(id(OTHER), &Covering::Untold).await;
    let missing = missing.unwrap_err();
    assert!(missing.to_string().contains("no such flow"), "{missing}");
    let body = r#"{"type":"about:blank","title":"Conflict","detail":"the flow is locked"}"#;
    let posts = Requests::to_api().of("POST");
    site.server
        .inject(posts, .., Fault::Answer { status: 409, body });
    let refused = connection
        .allocate(flow_id(), &StorageRequest::limit(1))
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("the flow is locked"), "{refused}");
}

/// OpenTAMS: "`Link: <>; rel=\"next\"; key=\"<cursor>\"` (empty target!) plus X-Paging-NextKey".
#[tokio::test]
async fn links_without_a_target_are_followed_by_their_key() {
    let site = site();
    site.server.set_page_size(1);
    let connection = site.connect().await;
    let query = SegmentQuery {
        timerange: "[0:0_12:0)".parse().ok(),
        ..SegmentQuery::default()
    };
    let listed = connection.segments(flow_id(), &query).await.unwrap();
    assert_eq!(
        timeranges(&listed.items),
        ["[0:0_2:0)", "[2:0_4:0)", "[10:0_12:0)"]
    );
    // Everything else of the query stays.
    let pages: Vec<_> = site
        .server
        .requests()
        .into_iter()
        .filter(|seen| seen.query("page").is_some())
        .collect();
    assert_eq!(pages.len(), 2);
    for page in pages {
        assert_eq!(page.query("timerange"), Some("[0:0_12:0)"));
        assert_eq!(page.query("accept_get_urls"), Some(""));
    }
}

/// OpenTAMS: "storage content-type follows the codec": what it says is what is sent.
#[tokio::test]
async fn uploads_say_the_type_of_the_codec() {
    let site = site();
    let connection = site.connect().await;
    let given = connection
        .allocate(flow_id(), &StorageRequest::limit(1))
        .await
        .unwrap();
    let target = &given.media_objects[0];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("object");
    std::fs::write(&file, b"mine").unwrap();
    connection.upload(target, &file, &quiet).await.unwrap();
    let upload = site.server.requests().pop().unwrap();
    assert_eq!(upload.status, Some(200));
    assert_eq!(upload.field("content-type"), Some("video/h264"));
    let posts = [post(&target.object_id, "[20:0_22:0)")];
    connection.add_segments(flow_id(), &posts).await.unwrap();
    let place = location(&connection, flow_id(), 20).await;
    assert_eq!(fetch(&connection, &place).await.unwrap(), b"mine");
}

/// OpenTAMS: "no objects API, no webhooks": objects are found by their flows alone.
#[tokio::test]
async fn objects_are_found_without_asking_for_them() {
    let site = site();
    let connection = site.connect().await;
    let place = location(&connection, flow_id(), 0).await;
    assert_unsupported(connection.object(&place.object_id, &Urls::All).await);
    assert_eq!(fetch(&connection, &place).await.unwrap(), b"first");
    let homeless = tams::ObjectLocation {
        flow: None,
        ..place
    };
    let refused = fetch(&connection, &homeless).await.unwrap_err();
    assert!(matches!(refused, TamsError::NoCopy { .. }), "{refused:?}");
    assert_eq!(site.asked("GET", "/objects"), 0);
}

/// OpenTAMS: "bearer OIDC only; base path `/tams/v1`".
#[tokio::test]
async fn the_base_path_is_kept_and_bearers_are_sent() {
    let options = Options {
        auth: vec![Door::Bearer("t0ken".to_owned())],
        tls: false,
    };
    let site = Site::with(Kind::OpenTams, options);
    site.server.add_media(crate::three_segments());
    let connection = site.connect_as(Auth::Bearer(Secret::new("t0ken"))).await;
    assert_eq!(connection.dialect(), Dialect::OpenTams);
    connection.flows(&FlowQuery::default()).await.unwrap();
    for seen in site.server.requests() {
        assert!(seen.path.starts_with("/tams/v1/"), "{}", seen.path);
        assert_eq!(seen.field("authorization"), Some("Bearer t0ken"));
    }
}

/// OpenTAMS lists no deletions: one is over when it is answered, and none is looked for.
#[tokio::test]
async fn deletions_are_over_at_once() {
    let site = site();
    let connection = site.connect().await;
    let part = ConfirmedDeletion::of_segments(flow_id(), "[0:0_4:0)".parse().unwrap());
    assert_eq!(connection.delete(&part).await.unwrap(), Deletion::Done);
    assert_eq!(site.server.segments(FLOW).len(), 1);
    assert_unsupported(connection.deletions().await);
    assert!(!connection.capabilities().has(Capability::DeletionRequests));
}
