//! Eyevinn's tams-gateway, by the sentences of its section (3d).

use tams::{
    Auth, Capability, ConfirmedDeletion, Covering, Deletion, Entity, FlowQuery, Secret,
    SegmentQuery, SourceQuery, TagFilter, TamsError, Urls,
};
use tams_model::{Flow, StorageRequest, TagValue, Tags};
use tests::tams_server::{AddMedia, Auth as Door, Dialect as Kind, Options};

use crate::{
    FLOW, OTHER, SOURCE, Site, assert_unsupported, fetch, flow, flow_id, id, location, post, quiet,
    seconds, timeranges,
};

fn site() -> Site {
    Site::loaded(Kind::Eyevinn)
}

fn several() -> TagValue {
    TagValue::Many(vec!["a".to_owned(), "b".to_owned()])
}

/// Eyevinn: "201 on PUT flow echoes the Flow; POST segments 201 empty".
#[tokio::test]
async fn answers_may_be_echoes_or_empty() {
    let site = Site::start(Kind::Eyevinn);
    let connection = site.connect().await;
    let kept = connection.put_flow(&flow(FLOW)).await.unwrap();
    assert_eq!(kept.label.as_deref(), Some("made"));
    let posts = [post("tams-media/x", "[0:0_2:0)")];
    let registered = connection.add_segments(flow_id(), &posts).await.unwrap();
    assert_eq!((registered.done, registered.failed.len()), (1, 0));
}

/// Eyevinn: "no checks: overlapping, unknown object and even unknown Flow id all gave 201": overlaps
/// are found when reading, and the user is told of the server.
#[tokio::test]
async fn what_it_does_not_check_is_told() {
    let site = site();
    let connection = site.connect().await;
    let told = connection.issues().iter();
    assert!(
        told.clone()
            .any(|issue| issue.what.contains("checks neither"))
    );
    let posts = [post("unknown", "[1:0_3:0)")];
    connection.add_segments(flow_id(), &posts).await.unwrap();
    let listed = connection
        .segments(flow_id(), &SegmentQuery::default())
        .await
        .unwrap();
    assert_eq!(listed.items.len(), 4);
    let [issue] = &listed.issues[..] else {
        panic!("one issue: {:?}", listed.issues);
    };
    assert!(issue.what.contains("overlap"), "{issue}");
}

/// Eyevinn: "Tag arrays rejected": refused before they are sent, alone and in a flow.
#[tokio::test]
async fn tag_arrays_are_not_sent() {
    let site = site();
    let connection = site.connect().await;
    let entity = Entity::Flow(flow_id());
    let asked = site.server.requests().len();
    assert_unsupported(connection.set_tag(entity, "l", &several()).await);
    let mut tagged: Flow = flow(OTHER);
    tagged.tags = Some(Tags::from_iter([("l", several())]));
    let refused = connection.put_flow(&tagged).await;
    assert!(
        matches!(refused, Err(TamsError::InvalidInput { .. })),
        "{refused:?}"
    );
    assert_eq!(site.server.requests().len(), asked);
    let one = TagValue::from("a");
    connection.set_tag(entity, "l", &one).await.unwrap();
    assert_eq!(connection.tags(entity).await.unwrap().get("l"), Some(&one));
}

/// Eyevinn: "`accept_get_urls=`, `include_object_timerange`, `verbose_storage` ignored": URLs come
/// unasked and do no harm; what a whole object covers is not asked for.
#[tokio::test]
async fn ignored_parameters_do_no_harm() {
    let site = site();
    let connection = site.connect().await;
    let query = SegmentQuery {
        object_timerange: true,
        verbose_storage: true,
        ..SegmentQuery::default()
    };
    let listed = connection.segments(flow_id(), &query).await.unwrap();
    assert_eq!(listed.items.len(), 3);
    let urls = listed.items[0].get_urls.as_ref().unwrap();
    assert_eq!(urls.len(), 1);
    assert_eq!(listed.items[0].object_timerange, None);
    assert!(!connection.capabilities().has(Capability::ObjectTimerange));
    assert_eq!(site.asked("GET", "include_object_timerange"), 0);
}

/// Eyevinn: "`ts_offset`, `last_duration`, `key_frame_count` accepted and dropped (edit-by-reference
/// loses its offset!)": a segment that needs an offset is not sent.
#[tokio::test]
async fn segments_that_would_lose_their_offset_are_not_sent() {
    let site = site();
    let connection = site.connect().await;
    let mut shifted = post("tams-media/x", "[20:0_22:0)");
    shifted.ts_offset = Some(seconds(18));
    assert_unsupported(connection.add_segments(flow_id(), &[shifted.clone()]).await);
    assert_eq!(site.asked("POST", "/segments"), 0);
    assert!(!connection.capabilities().has(Capability::EditByReference));
    // An offset of nothing is none.
    shifted.ts_offset = Some(seconds(0));
    connection
        .add_segments(flow_id(), &[shifted])
        .await
        .unwrap();
    let sent = site.sent_json("POST", "/segments").pop().unwrap();
    assert_eq!(sent[0].get("ts_offset"), None);
}

/// Eyevinn: "`timerange=()` → 400": nothing is what nothing holds, without asking.
#[tokio::test]
async fn a_range_of_nothing_is_not_asked_for() {
    let site = site();
    let connection = site.connect().await;
    let query = SegmentQuery {
        timerange: "()".parse().ok(),
        ..SegmentQuery::default()
    };
    let listed = connection.segments(flow_id(), &query).await.unwrap();
    assert_eq!(listed.items, []);
    assert_eq!(site.asked("GET", "/segments"), 0);
}

/// Eyevinn: "`limit` on /flows ignored, filters ignored": they are applied here.
#[tokio::test]
async fn filters_are_applied_here() {
    let site = site();
    site.server
        .add_media(AddMedia::video(SOURCE, OTHER, "other"));
    let connection = site.connect().await;
    let tag = TagValue::from("bright");
    connection
        .set_tag(Entity::Flow(id(OTHER)), "mood", &tag)
        .await
        .unwrap();
    let label = FlowQuery {
        label: Some("three".to_owned()),
        limit: Some(1),
        ..FlowQuery::default()
    };
    let mood = FlowQuery {
        tags: vec![TagFilter::Is {
            name: "mood".to_owned(),
            values: vec!["bright".to_owned()],
        }],
        ..FlowQuery::default()
    };
    for (query, flow) in [(label, FLOW), (mood, OTHER)] {
        let found = connection.flows(&query).await.unwrap().items;
        let ids: Vec<_> = found.iter().map(|flow| flow.id).collect();
        assert_eq!(ids, [id(flow)], "{query:?}");
    }
    let none = SourceQuery {
        label: Some("no such".to_owned()),
        ..SourceQuery::default()
    };
    assert_eq!(connection.sources(&none).await.unwrap().items, []);
}

/// Eyevinn: "Object ids contain a slash → percent-encode ids in paths". It has no objects to ask for by
/// path, so that the slash is in the query.
#[tokio::test]
async fn ids_with_a_slash_find_their_object() {
    let site = site();
    let connection = site.connect().await;
    let place = location(&connection, flow_id(), 10).await;
    assert!(place.object_id.starts_with("tams-media/"));
    assert_eq!(fetch(&connection, &place).await.unwrap(), b"third");
    assert_unsupported(connection.object(&place.object_id, &Urls::All).await);
    assert_eq!(site.asked("GET", "/objects"), 0);
    let given = connection
        .allocate(flow_id(), &StorageRequest::limit(1))
        .await
        .unwrap();
    let target = &given.media_objects[0];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("object");
    std::fs::write(&file, b"mine").unwrap();
    connection.upload(target, &file, &quiet).await.unwrap();
    let posts = [post(&target.object_id, "[20:0_22:0)")];
    connection.add_segments(flow_id(), &posts).await.unwrap();
    let place = location(&connection, flow_id(), 20).await;
    assert_eq!(fetch(&connection, &place).await.unwrap(), b"mine");
}

/// Eyevinn: "`Link` is host-relative".
#[tokio::test]
async fn relative_links_are_followed() {
    let site = site();
    site.server.set_page_size(1);
    let connection = site.connect().await;
    let listed = connection
        .segments(flow_id(), &SegmentQuery::default())
        .await
        .unwrap();
    assert_eq!(
        timeranges(&listed.items),
        ["[0:0_2:0)", "[2:0_4:0)", "[10:0_12:0)"]
    );
    assert_eq!(site.asked("GET", "page="), 2);
}

/// Eyevinn: "DELETE with `Content-Type: application/json` and no body → 400".
#[tokio::test]
async fn calls_without_body_have_no_type() {
    let site = site();
    let connection = site.connect().await;
    let entity = Entity::Flow(flow_id());
    connection
        .set_tag(entity, "a", &TagValue::from("b"))
        .await
        .unwrap();
    connection.delete_tag(entity, "a").await.unwrap();
    connection.set_label(entity, None).await.unwrap();
    let part = ConfirmedDeletion::of_segments(flow_id(), "[0:0_2:0)".parse().unwrap());
    connection.delete(&part).await.unwrap();
    for seen in site.server.requests() {
        if seen.body.is_empty() {
            assert_eq!(seen.field("content-type"), None, "{seen:?}");
        }
    }
    assert_eq!(site.asked("DELETE", ""), 3);
}

/// Eyevinn: "get_urls carry only `url`": that it is presigned is seen by its query.
#[tokio::test]
async fn bare_urls_are_seen_to_be_presigned() {
    let options = Options {
        auth: vec![Door::Bearer("t0ken".to_owned())],
        tls: false,
    };
    let site = Site::with(Kind::Eyevinn, options);
    site.server.add_media(crate::three_segments());
    let connection = site.connect_as(Auth::Bearer(Secret::new("t0ken"))).await;
    let place = location(&connection, flow_id(), 0).await;
    assert_eq!(fetch(&connection, &place).await.unwrap(), b"first");
    site.server.assert_no_credential_at_media();
}

/// Eyevinn: "static bearer `API_TOKEN`".
#[tokio::test]
async fn a_wrong_token_is_told_once() {
    let options = Options {
        auth: vec![Door::Bearer("t0ken".to_owned())],
        tls: false,
    };
    let site = Site::with(Kind::Eyevinn, options);
    let mut settings = site.settings();
    settings.auth = Auth::Bearer(Secret::new("wr0ng"));
    let refused = site.open(settings).await.unwrap_err();
    assert!(
        matches!(refused, TamsError::Unauthorized { .. }),
        "{refused:?}"
    );
    assert_eq!(site.server.requests().len(), 1);
    assert!(!format!("{refused} {refused:?}").contains("wr0ng"));
}

/// Eyevinn: "read_only blocks metadata PUTs (403) but POST segments still answered 201 and DELETE flow
/// 202".
#[tokio::test]
async fn a_flow_that_is_read_only_refuses_words() {
    let site = site();
    let connection = site.connect().await;
    connection.set_read_only(flow_id(), true).await.unwrap();
    assert!(connection.read_only(flow_id()).await.unwrap());
    let label = connection
        .set_label(Entity::Flow(flow_id()), Some("x"))
        .await;
    assert!(
        matches!(label, Err(TamsError::Forbidden { .. })),
        "{label:?}"
    );
    let flow = connection.flow(flow_id(), &Covering::Whole).await.unwrap();
    assert_eq!(
        (flow.label.as_deref(), flow.timerange),
        (Some("three"), None)
    );
    let all = ConfirmedDeletion::of_flow(flow_id());
    let told = connection.delete(&all).await.unwrap();
    assert!(
        matches!(told, Deletion::Running { request: Some(_) }),
        "{told:?}"
    );
}

/// Eyevinn: "`GET /flow-delete-requests` leaks a CouchDB index document into the list → skip list items
/// without `id`".
#[tokio::test]
async fn what_is_no_request_is_left_out_of_the_list() {
    let site = site();
    let connection = site.connect().await;
    let part = ConfirmedDeletion::of_segments(flow_id(), "[0:0_2:0)".parse().unwrap());
    let told = connection.delete(&part).await.unwrap();
    let listed = connection.deletions().await.unwrap();
    let [request] = &listed.items[..] else {
        panic!("one request: {listed:?}");
    };
    assert_eq!(
        told,
        Deletion::Running {
            request: Some(request.id)
        }
    );
    assert_eq!(listed.issues.len(), 1);
}
