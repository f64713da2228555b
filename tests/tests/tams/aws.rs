//! The AWS implementation, API 8.1, by the sentences of its section (3c).

use tams::{
    Auth, Capability, Covering, Dialect, Entity, FlowQuery, ObjectLocation, Secret, SegmentQuery,
    TamsError,
};
use tams_model::{FlowCollectionItem, FlowStatus, StorageRequest, UncontrolledUrl};
use tests::tams_server::{AddMedia, Auth as Door, Dialect as Kind, Fault, Options, Requests};

use crate::{
    FLOW, OTHER, SOURCE, Site, assert_unsupported, fetch, flow, flow_id, id, post, seconds,
};

fn site() -> Site {
    Site::loaded(Kind::Aws81)
}

/// So many segments of a second each, of one object.
fn many(count: usize) -> AddMedia {
    let media = AddMedia::video(SOURCE, OTHER, "many");
    let mut media = (0..count).fold(media, |media, n| {
        media.segment("x", &format!("[{n}:0_{}:0)", n + 1), None)
    });
    for segment in &mut media.segments {
        segment.object_id = Some("one".to_owned());
    }
    media
}

/// AWS: "Page default 30, max 300": the largest is asked for, and all pages are read.
#[tokio::test]
async fn pages_are_the_largest_there_are() {
    let site = Site::start(Kind::Aws81);
    site.server.add_media(many(650));
    let connection = site.connect().await;
    assert_eq!(connection.dialect(), Dialect::Aws);
    let listed = connection
        .segments(id(OTHER), &SegmentQuery::default())
        .await
        .unwrap();
    assert_eq!(listed.items.len(), 650);
    assert_eq!(site.asked("GET", "/segments"), 3);
}

/// AWS: "POST storage default 100 objects; timeouts 3600 s": a number is always named.
#[tokio::test]
async fn storage_is_asked_for_by_number() {
    let site = site();
    let connection = site.connect().await;
    let timeout = connection.service().min_object_timeout;
    assert_eq!(timeout, Some(seconds(3600)));
    let given = connection
        .allocate(flow_id(), &StorageRequest::limit(3))
        .await;
    assert_eq!(given.unwrap().media_objects.len(), 3);
    assert_eq!(site.server.objects().len(), 6);
}

/// AWS: "Bulk partial failure returns a bare list".
#[tokio::test]
async fn failed_segments_come_as_a_bare_list() {
    let site = site();
    let connection = site.connect().await;
    let given = connection
        .allocate(flow_id(), &StorageRequest::limit(2))
        .await
        .unwrap();
    let object = |n: usize| given.media_objects[n].object_id.as_str();
    let posts = [
        post(object(0), "[20:0_22:0)"),
        post("unknown", "[22:0_24:0)"),
        // It overlaps what is there.
        post(object(1), "[1:0_3:0)"),
        post(object(1), "[24:0_26:0)"),
    ];
    let registered = connection.add_segments(flow_id(), &posts).await.unwrap();
    assert_eq!((registered.done, registered.already), (2, 0));
    let failed: Vec<_> = registered
        .failed
        .iter()
        .map(|failed| (failed.object_id.as_str(), failed.timerange))
        .collect();
    assert_eq!(
        failed,
        [
            ("unknown", "[22:0_24:0)".parse().ok()),
            (object(1), "[1:0_3:0)".parse().ok()),
        ]
    );
    let why = registered.failed[1].error.as_ref().unwrap();
    assert!(why.summary.contains("overlaps"), "{why:?}");
    assert_eq!(site.server.segments(FLOW).len(), 5);
}

/// AWS: "Overlap → 400; unknown object without get_urls → 400; object reserved by another Flow → 400;
/// reused object with get_urls → 400": one alone is refused with its reason, and is not repeated.
#[tokio::test]
async fn a_refusal_of_one_segment_says_why() {
    let site = site();
    let connection = site.connect().await;
    connection.put_flow(&flow(OTHER)).await.unwrap();
    let given = connection
        .allocate(id(OTHER), &StorageRequest::limit(1))
        .await
        .unwrap();
    let reserved = given.media_objects[0].object_id.as_str();
    let used = site.server.segments(FLOW)[0].object_id.clone();
    let mut copied = post(&used, "[40:0_42:0)");
    copied.get_urls = Some(vec![UncontrolledUrl {
        url: "https://elsewhere.invalid/x".to_owned(),
        label: "elsewhere".to_owned(),
    }]);
    for (sent, reason) in [
        (post(&used, "[1:0_3:0)"), "overlaps"),
        (post("unknown", "[20:0_22:0)"), "unknown"),
        (post(reserved, "[30:0_32:0)"), "another flow"),
        (copied, "get_urls"),
    ] {
        let before = site.asked("POST", "/segments");
        let outcome = connection.add_segments(flow_id(), &[sent]).await;
        // Sent as a list, it comes back as one that failed.
        let failed = outcome.unwrap().failed;
        let why = &failed[0].error.as_ref().unwrap().summary;
        assert!(why.contains(reason), "{reason}: {why}");
        assert_eq!(site.asked("POST", "/segments") - before, 1);
    }
    assert_eq!(site.server.segments(FLOW).len(), 3);
}

/// AWS: "10 MB bodies and 29 s limit → keep bulk ≤ 100".
#[tokio::test]
async fn no_call_registers_more_than_a_hundred() {
    let site = site();
    let connection = site.connect().await;
    let used = site.server.segments(FLOW)[0].object_id.clone();
    let posts: Vec<_> = (100..350)
        .map(|n| post(&used, &format!("[{n}:0_{}:0)", n + 1)))
        .collect();
    let registered = connection.add_segments(flow_id(), &posts).await.unwrap();
    assert_eq!(registered.done, 250);
    let sizes: Vec<usize> = site
        .sent_json("POST", "/segments")
        .iter()
        .map(|body| body.as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [100, 100, 50]);
}

/// AWS: "`X-Paging-Timerange` missing on last page (issue 9)".
#[tokio::test]
async fn the_last_page_need_not_tell_what_it_covers() {
    let site = site();
    let connection = site.connect().await;
    let query = SegmentQuery {
        limit: Some(2),
        ..SegmentQuery::default()
    };
    let mut pages = connection.segment_pages(flow_id(), &query).unwrap();
    let first = pages.next().await.unwrap().unwrap();
    assert_eq!(first.timerange, "[0:0_4:0)".parse().ok());
    assert_eq!(first.limit, Some(2));
    let last = pages.next().await.unwrap().unwrap();
    assert_eq!((last.items.len(), last.timerange), (1, None));
    assert!(pages.next().await.unwrap().is_none());
}

/// AWS: "limit+page 502 (issue 23)": a page that fails is asked for again, and only that one.
#[tokio::test]
async fn a_page_that_answers_502_is_asked_for_again() {
    let site = site();
    let connection = site.connect().await;
    let second = Requests::to_api().holding("/segments").holding("page=");
    let body = r#"{"message":"Internal server error"}"#;
    let fault = Fault::Answer { status: 502, body };
    site.server.inject(second, 1..=2, fault);
    let query = SegmentQuery {
        limit: Some(2),
        ..SegmentQuery::default()
    };
    let listed = connection.segments(flow_id(), &query).await.unwrap();
    assert_eq!(listed.items.len(), 3);
    assert_eq!(site.asked("GET", "/segments"), 4);
    assert_eq!(site.pauses.made().len(), 2);
}

/// AWS: "presigned GET \"Access Denied\" for never-uploaded objects (issue 7)": a fresh URL is asked for
/// once, then the refusal stands.
#[tokio::test]
async fn an_object_that_was_never_uploaded_is_denied() {
    let site = site();
    let connection = site.connect().await;
    let given = connection
        .allocate(flow_id(), &StorageRequest::limit(1))
        .await
        .unwrap();
    let object_id = given.media_objects[0].object_id.clone();
    let posts = [post(&object_id, "[20:0_22:0)")];
    connection.add_segments(flow_id(), &posts).await.unwrap();
    let place = ObjectLocation {
        object_id,
        flow: Some(flow_id()),
        timerange: Some(posts[0].timerange),
    };
    let refused = fetch(&connection, &place).await.unwrap_err();
    assert!(
        matches!(refused, TamsError::TransferRefused { status: 403, .. }),
        "{refused:?}"
    );
    assert_eq!(site.server.count(&Requests::to_media().of("GET")), 2);
}

/// AWS: "Cognito client-credentials (scopes `tams-api/read|write|delete|admin`)".
#[tokio::test]
async fn scopes_decide_what_is_allowed() {
    let door = Door::ClientCredentials {
        id: "client".to_owned(),
        secret: "s3cret".to_owned(),
    };
    let options = Options {
        auth: vec![door],
        tls: false,
    };
    let site = Site::with(Kind::Aws81, options);
    site.server.add_media(crate::three_segments());
    let auth = Auth::ClientCredentials {
        token_url: site.server.token_url(),
        client_id: "client".to_owned(),
        client_secret: Secret::new("s3cret"),
        scopes: vec!["tams-api/read".to_owned()],
    };
    let connection = site.connect_as(auth).await;
    connection.flows(&FlowQuery::default()).await.unwrap();
    let refused = connection.put_flow(&flow(OTHER)).await.unwrap_err();
    assert!(
        matches!(refused, TamsError::Forbidden { .. }),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("tams-api/write"), "{refused}");
    site.server.assert_no_credential_at_media();
}

/// AWS is 8.1: the status is a tag, members of collections have roles, and what 8.2 brought is refused
/// here.
#[tokio::test]
async fn what_8_2_brought_is_not_sent() {
    let site = Site::start(Kind::Aws81);
    let connection = site.connect().await;
    let mut sent = flow(FLOW);
    sent.status = Some(FlowStatus::Ingesting);
    connection.put_flow(&sent).await.unwrap();
    assert_eq!(site.server.flows()[0]["tags"]["flow_status"], "ingesting");
    connection
        .set_status(flow_id(), FlowStatus::ClosedComplete)
        .await
        .unwrap();
    let tags = connection.tags(Entity::Flow(flow_id())).await.unwrap();
    assert_eq!(tags.text("flow_status"), Some("closed_complete"));
    assert_unsupported(connection.profiles().await);
    assert!(!connection.capabilities().has(Capability::FlowStatus));
    // A role became optional with 8.2.
    sent.flow_collection = Some(vec![FlowCollectionItem::new(id(OTHER))]);
    let kept = connection.put_flow(&sent).await.unwrap();
    assert_eq!(kept.flow_collection.unwrap()[0].id, id(OTHER));
    assert!(site.server.flows()[0]["flow_collection"][0]["role"].is_string());
    let covered = connection.flow(flow_id(), &Covering::Whole).await.unwrap();
    assert_eq!(covered.timerange, "()".parse().ok());
}
