//! vasttams 8.0, by the numbers of its list (3b).

use serde_json::json;
use tams::{
    Auth, Capability, ConfirmedDeletion, Covering, Deletion, Entity, FlowQuery, Secret,
    SegmentQuery, SourceQuery, TamsError, Urls,
};
use tams_model::{DeletionStatus, FlowCollectionItem, StorageRequest, TagValue, UncontrolledUrl};
use tests::tams_server::{AddMedia, Auth as Door, Dialect as Kind, Options, Requests};

use crate::{
    FLOW, OTHER, SOURCE, Site, assert_unsupported, fetch, flow, flow_id, id, location, post, quiet,
    seconds, timeranges,
};

fn site() -> Site {
    Site::loaded(Kind::Vasttams8)
}

/// A flow of so many segments of a second each, of one object.
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

/// vasttams 8.0, 1: the API is below the address that people give.
#[tokio::test]
async fn quirk_1_the_api_is_found_below_the_address() {
    let site = site();
    let mut settings = site.settings();
    settings.base_url = site.server.origin();
    let connection = site.open(settings).await.unwrap();
    assert!(connection.address().ends_with("/api/tams/latest"));
    assert_eq!(connection.dialect(), tams::Dialect::Vasttams8);
    let flows = connection.flows(&FlowQuery::default()).await.unwrap();
    assert_eq!(flows.items.len(), 1);
    let mut settings = site.settings();
    settings.base_url = format!("{}/api/tams/v8.0", site.server.origin());
    let connection = site.open(settings).await.unwrap();
    assert_eq!(connection.dialect(), tams::Dialect::Vasttams8);
}

/// vasttams 8.0, 2: times are objects with a `value`, read and written.
#[tokio::test]
async fn quirk_2_times_are_wrapped_both_ways() {
    let site = site();
    let media = AddMedia::video(SOURCE, OTHER, "shifted");
    site.server
        .add_media(media.segment("x", "[10:0_12:0)", Some("8:0")));
    let connection = site.connect().await;
    let listed = connection
        .segments(id(OTHER), &SegmentQuery::default())
        .await
        .unwrap();
    let [read] = &listed.items[..] else {
        panic!("one segment: {listed:?}");
    };
    assert_eq!(read.timerange, "[10:0_12:0)".parse().unwrap());
    assert_eq!(read.ts_offset, Some(seconds(8)));

    let mut sent = post(&read.object_id, "[20:0_22:0)");
    sent.ts_offset = Some(seconds(18));
    sent.last_duration = Some("0:40000000".parse().unwrap());
    let registered = connection.add_segments(id(OTHER), &[sent]).await.unwrap();
    assert_eq!(registered.done, 1);
    let body = &site.sent_json("POST", "/segments")[0];
    assert_eq!(body["timerange"], json!({ "value": "[20:0_22:0)" }));
    let kept = &site.server.segments(OTHER)[1];
    assert_eq!(kept.ts_offset.as_deref(), Some("18:0"));
    let covered = connection.flow(id(OTHER), &Covering::Whole).await.unwrap();
    assert_eq!(covered.timerange, "[10:0_22:0)".parse().ok());
    let object = connection.object(&read.object_id, &Urls::None).await;
    assert_eq!(object.unwrap().timerange, "0:0".parse().ok());
}

/// vasttams 8.0, 3: its order is that of texts, its filter that of floating point, and a range without
/// end narrows nothing.
#[tokio::test]
async fn quirk_3_order_and_filter_are_made_exact_here() {
    let site = site();
    let connection = site.connect().await;
    let listed = connection
        .segments(flow_id(), &SegmentQuery::default())
        .await
        .unwrap();
    let expected = ["[0:0_2:0)", "[2:0_4:0)", "[10:0_12:0)"];
    assert_eq!(timeranges(&listed.items), expected);
    let within = async |flow: &str, range: &str| {
        let query = SegmentQuery {
            timerange: Some(range.parse().unwrap()),
            ..SegmentQuery::default()
        };
        timeranges(&connection.segments(id(flow), &query).await.unwrap().items)
    };
    assert_eq!(within(FLOW, "[5:0_").await, ["[10:0_12:0)"]);
    assert_eq!(within(FLOW, "_2:0)").await, ["[0:0_2:0)"]);
    // One nanosecond before the next segment; to a double of this size both are the same.
    let media = AddMedia::video(SOURCE, OTHER, "late")
        .segment("a", "[1700000000:0_1700000001:999999999)", None)
        .segment("b", "[1700000001:999999999_1700000005:0)", None);
    site.server.add_media(media);
    let first = within(OTHER, "[1700000000:0_1700000001:999999999)").await;
    assert_eq!(first, ["[1700000000:0_1700000001:999999999)"]);
    let second = within(OTHER, "[1700000001:999999999_1700000003:0)").await;
    assert_eq!(second, ["[1700000001:999999999_1700000005:0)"]);
}

/// vasttams 8.0, 4: pages go by `offset`, and nothing says that there are more.
#[tokio::test]
async fn quirk_4_pages_are_counted() {
    let site = Site::start(Kind::Vasttams8);
    site.server.add_media(many(130));
    let connection = site.connect().await;
    for limit in [None, Some(50), Some(65), Some(130)] {
        let query = SegmentQuery {
            limit,
            ..SegmentQuery::default()
        };
        let listed = connection.segments(id(OTHER), &query).await.unwrap();
        assert_eq!(listed.items.len(), 130, "{limit:?}");
        assert_eq!(listed.items[129].timerange.start(), Some(seconds(129)));
    }
    // Lists in envelopes too.
    for n in 0..7 {
        let flow = format!("5d1c0e5a-8f0c-4a57-9b0e-0d6a1f0c1b0{n}");
        site.server
            .add_media(AddMedia::video(SOURCE, &flow, "more"));
    }
    let query = FlowQuery {
        limit: Some(3),
        ..FlowQuery::default()
    };
    let flows = connection.flows(&query).await.unwrap();
    assert_eq!(flows.items.len(), 8);
    assert_eq!(site.asked("GET", "/flows?limit=3&offset=3"), 1);
}

/// vasttams 8.0, 5: one segment a call; of unknown objects 500, which is not repeated for ever; and no
/// URLs, of which it wants more than there is.
#[tokio::test]
async fn quirk_5_segments_go_one_by_one() {
    let site = site();
    let connection = site.connect().await;
    let object = site.server.segments(FLOW)[0].object_id.clone();
    let posts = [post(&object, "[20:0_22:0)"), post(&object, "[22:0_24:0)")];
    let registered = connection.add_segments(flow_id(), &posts).await.unwrap();
    assert_eq!(registered.done, 2);
    assert_eq!(site.asked("POST", "/segments"), 2);

    let unknown = [post("nowhere", "[30:0_32:0)")];
    let refused = connection.add_segments(flow_id(), &unknown).await;
    assert!(
        matches!(refused, Err(TamsError::Rejected { status: 500, .. })),
        "{refused:?}"
    );
    assert!(site.asked("POST", "/segments") <= 5);
    assert_eq!(site.server.segments(FLOW).len(), 5);

    let mut copied = post(&object, "[40:0_42:0)");
    copied.get_urls = Some(vec![UncontrolledUrl {
        url: "https://elsewhere.invalid/x".to_owned(),
        label: "elsewhere".to_owned(),
    }]);
    let refused = connection.add_segments(flow_id(), &[copied]).await;
    assert!(
        matches!(refused, Err(TamsError::InvalidInput { .. })),
        "{refused:?}"
    );
    // The whole object's times aren't sent, and not asked for.
    let mut part = post(&object, "[50:0_51:0)");
    part.object_timerange = "[0:0_9:0)".parse().ok();
    connection.add_segments(flow_id(), &[part]).await.unwrap();
    let last = site.sent_json("POST", "/segments").pop().unwrap();
    assert_eq!(last.get("object_timerange"), None);
}

/// vasttams 8.0, 6: the content type is signed; an upload with another, or with a header more, is
/// refused. Names that were given out are refused, and the object of one flow serves others.
#[tokio::test]
async fn quirk_6_uploads_say_the_signed_type() {
    let site = Site::start(Kind::Vasttams8);
    let connection = site.connect().await;
    let mut made = flow(FLOW);
    made.technical.container = "video/mp4".parse().ok();
    connection.put_flow(&made).await.unwrap();
    let request = StorageRequest::object_ids(["mine"]);
    let given = connection.allocate(flow_id(), &request).await.unwrap();
    let [target] = &given.media_objects[..] else {
        panic!("one place: {given:?}");
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("object");
    std::fs::write(&file, b"bytes of it").unwrap();
    let sent = connection.upload(target, &file, &quiet).await.unwrap();
    assert_eq!(sent, 11);
    let upload = site.server.requests().pop().unwrap();
    assert_eq!((upload.method.as_str(), upload.status), ("PUT", Some(200)));
    assert_eq!(upload.field("content-type"), Some("video/mp4"));
    assert_eq!(upload.field("content-length"), Some("11"));
    let again = connection.allocate(flow_id(), &request).await;
    assert!(
        matches!(again, Err(TamsError::Rejected { status: 400, .. })),
        "{again:?}"
    );
    connection.put_flow(&flow(OTHER)).await.unwrap();
    for flow in [FLOW, OTHER] {
        let posts = [post("mine", "[0:0_2:0)")];
        connection.add_segments(id(flow), &posts).await.unwrap();
        let place = location(&connection, id(flow), 0).await;
        assert_eq!(fetch(&connection, &place).await.unwrap(), b"bytes of it");
    }
    site.server.assert_no_credential_at_media();
}

/// vasttams 8.0, 7: URLs are made for every segment unless none are wanted, and browsing wants none.
/// What the store calls the bytes doesn't matter.
#[tokio::test]
async fn quirk_7_browsing_asks_for_no_urls() {
    let site = site();
    let connection = site.connect().await;
    let browsed = connection
        .segments(flow_id(), &SegmentQuery::default())
        .await
        .unwrap();
    let has_url = |urls: &Option<Vec<_>>| urls.as_ref().is_some_and(|urls| !urls.is_empty());
    assert!(
        !browsed
            .items
            .iter()
            .any(|segment| has_url(&segment.get_urls))
    );
    let browse = Requests::to_api().holding("/segments");
    assert_eq!(
        site.server.count(&browse),
        site.asked("GET", "accept_get_urls=")
    );
    let place = location(&connection, flow_id(), 10).await;
    assert_eq!(fetch(&connection, &place).await.unwrap(), b"third");
}

/// vasttams 8.0, 8: flows are made by POST, members of collections have roles, bit rates are set by
/// nobody, and tags are JSON.
#[tokio::test]
async fn quirk_8_flows_are_created_by_post() {
    let site = Site::start(Kind::Vasttams8);
    let connection = site.connect().await;
    let mut sent = flow(FLOW);
    sent.flow_collection = Some(vec![FlowCollectionItem::new(id(OTHER))]);
    let kept = connection.put_flow(&sent).await.unwrap();
    assert_eq!(kept.technical.video_parameters().unwrap().frame_width, 1280);
    assert_eq!(site.asked("PUT", "/flows"), 0);
    assert_eq!(site.server.sources().len(), 1);
    assert!(site.server.flows()[0]["flow_collection"][0]["role"].is_string());
    sent.label = Some("again".to_owned());
    connection.put_flow(&sent).await.unwrap();
    assert_eq!(site.server.flows()[0]["label"], "again");
    assert_eq!(site.asked("POST", "/flows"), 1);

    assert_unsupported(connection.set_avg_bit_rate(flow_id(), Some(5000)).await);
    assert_unsupported(connection.set_max_bit_rate(flow_id(), None).await);
    assert_eq!(
        site.asked("PUT", "bit_rate") + site.asked("DELETE", "bit_rate"),
        0
    );
    let entity = Entity::Flow(flow_id());
    for tag in [
        TagValue::from("bright"),
        TagValue::Many(vec!["a".to_owned(), "b".to_owned()]),
    ] {
        connection.set_tag(entity, "mood", &tag).await.unwrap();
        assert_eq!(
            connection.tags(entity).await.unwrap().get("mood"),
            Some(&tag)
        );
    }
    // By themselves, collections get their roles too.
    let members = [FlowCollectionItem::new(id(OTHER))];
    connection
        .set_flow_collection(flow_id(), Some(&members))
        .await
        .unwrap();
    assert!(site.server.flows()[0]["flow_collection"][0]["role"].is_string());
}

/// vasttams 8.0, 9: a deletion by object wipes the flow, so that none is sent; the address of a long
/// one lacks the prefix.
#[tokio::test]
async fn quirk_9_deletion_is_by_timerange_only() {
    let site = site();
    site.server.add_media(many(60));
    let connection = site.connect().await;
    let part = ConfirmedDeletion::of_segments(flow_id(), "[0:0_5:0)".parse().unwrap());
    assert_eq!(connection.delete(&part).await.unwrap(), Deletion::Done);
    let left = site.server.segments(FLOW);
    assert_eq!((left.len(), &*left[0].timerange), (1, "[10:0_12:0)"));
    // A range of nothing would be none to this server, and so everything.
    let nothing = ConfirmedDeletion::of_segments(flow_id(), "()".parse().unwrap());
    assert_eq!(connection.delete(&nothing).await.unwrap(), Deletion::Done);
    assert_eq!(site.server.segments(FLOW).len(), 1);

    let long = ConfirmedDeletion::of_segments(id(OTHER), "[0:0_55:0)".parse().unwrap());
    let Deletion::Running {
        request: Some(request),
    } = connection.delete(&long).await.unwrap()
    else {
        panic!("a long deletion tells its request");
    };
    let told = connection.deletion(request).await.unwrap();
    assert_eq!(told.status, DeletionStatus::Done);
    assert_eq!(told.timerange_to_delete, "[0:0_55:0)".parse().unwrap());
    assert_eq!(site.server.segments(OTHER).len(), 5);
    let deletions: Vec<_> = site
        .server
        .requests()
        .into_iter()
        .filter(|seen| seen.method == "DELETE")
        .collect();
    assert_eq!(deletions.len(), 2);
    for seen in deletions {
        assert!(seen.query("timerange").is_some() && seen.query("object_id").is_none());
    }
}

/// vasttams 8.0, 10: a login in no OAuth shape; whoever needs none is warned of its known passwords.
#[tokio::test]
async fn quirk_10_a_login_gives_a_token() {
    let door = Door::Login {
        username: "editor".to_owned(),
        password: "pass".to_owned(),
        role: "editor",
    };
    let options = Options {
        auth: vec![door],
        tls: false,
    };
    let site = Site::with(Kind::Vasttams8, options);
    site.server.add_media(crate::three_segments());
    let auth = Auth::Login {
        user: "editor".to_owned(),
        password: Secret::new("pass"),
    };
    // Both where the API is, and above it, where people think it is.
    for base in [site.server.url(), site.server.origin()] {
        let mut settings = site.settings();
        settings.base_url = base;
        settings.auth = auth.clone();
        let connection = site.open(settings).await.unwrap();
        let sources = connection.sources(&SourceQuery::default()).await.unwrap();
        assert_eq!(sources.items.len(), 1);
    }
    let open = Site::start(Kind::Vasttams8);
    let connection = open.connect().await;
    let told = connection.issues().iter();
    assert!(
        told.clone()
            .any(|issue| issue.what.contains("known passwords"))
    );
}

/// vasttams 8.0, 11: all its objects come at once, and its playlists hold presigned URLs; neither is
/// asked for.
#[tokio::test]
async fn quirk_11_objects_are_asked_for_by_name() {
    let site = site();
    let connection = site.connect().await;
    let place = location(&connection, flow_id(), 2).await;
    let alone = tams::ObjectLocation {
        flow: None,
        timerange: None,
        ..place
    };
    assert_eq!(fetch(&connection, &alone).await.unwrap(), b"second");
    assert_eq!(
        site.asked("GET", "/objects?") + site.asked("GET", "/hls/"),
        0
    );
    assert_eq!(site.asked("GET", "/objects/"), 1);
}

/// vasttams 8.0, 12: deletion takes objects from others, which the user is told beforehand.
#[tokio::test]
async fn quirk_12_the_danger_of_deletion_is_told() {
    let site = site();
    let connection = site.connect().await;
    let told = connection.issues().iter();
    assert!(
        told.clone()
            .any(|issue| issue.what.contains("other flows still use"))
    );
    assert!(connection.capabilities().has(Capability::EditByReference));
}
