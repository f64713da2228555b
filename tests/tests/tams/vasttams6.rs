//! vasttams 6.0p4, by the numbers of its list (3a).

use serde_json::json;
use tams::{
    Capability, ConfirmedDeletion, Covering, Deletion, Entity, FlowQuery, ObjectLocation,
    SegmentQuery, SourceQuery, TagFilter, TamsError, Urls,
};
use tams_model::{FlowCollectionItem, StorageRequest, TagValue};
use tests::tams_server::{AddMedia, Dialect as Kind, Fault, Requests};

use crate::{
    FLOW, OTHER, SOURCE, Site, assert_unsupported, fetch, flow, flow_id, id, location, post,
    timeranges,
};

fn site() -> Site {
    Site::loaded(Kind::Vasttams6)
}

/// vasttams 6.0, 1: JSON is refused, lists too; a form with one segment works.
#[tokio::test]
async fn quirk_1_segments_go_one_by_one_in_forms() {
    let site = site();
    let connection = site.connect().await;
    let posts = [post("x", "[20:0_22:0)"), post("y", "[22:0_24:0)")];
    let registered = connection.add_segments(flow_id(), &posts).await.unwrap();
    assert_eq!((registered.done, registered.failed.len()), (2, 0));
    assert_eq!(site.server.segments(FLOW).len(), 5);
    assert_eq!(site.asked("POST", "/segments"), 2);
}

/// vasttams 6.0, 1: an object comes in the form of its segment; a lost answer sends it once.
#[tokio::test]
async fn quirk_1_an_object_comes_with_its_segment() {
    let site = site();
    let connection = site.connect().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("object");
    // Longer than a block, and with what ends the parts of other forms.
    let bytes = b"\r\n--stringout-0000--\r\n".repeat(40_000);
    std::fs::write(&file, &bytes).unwrap();
    let sent = Requests::to_api().of("POST").holding("/segments");
    site.server.inject(sent, 2..=2, Fault::LoseAnswer);
    let told = std::sync::Mutex::new(0);
    for (name, range) in [("x", "[20:0_22:0)"), ("y", "[22:0_24:0)")] {
        let progress = |now: tams::Progress| *told.lock().unwrap() = now.done;
        let registered = connection
            .add_segment_with_object(flow_id(), &post(name, range), &file, "video/mp4", &progress)
            .await
            .unwrap();
        assert_eq!((registered.done, registered.already), (1, 0));
        assert!(*told.lock().unwrap() >= bytes.len() as u64);
        let object = site.server.objects().into_iter().find(|one| one.id == name);
        assert!(object.unwrap().bytes.unwrap() == bytes);
    }
    assert_eq!(site.asked("POST", "/segments"), 2);
    let again = connection
        .add_segment_with_object(
            flow_id(),
            &post("x", "[20:0_22:0)"),
            &file,
            "video/mp4",
            &|_| {},
        )
        .await
        .unwrap();
    assert_eq!((again.done, again.already), (0, 1));
    assert_eq!(site.asked("POST", "/segments"), 2);
    // Others take objects by themselves.
    let other = Site::loaded(Kind::Tamoss82);
    let connection = other.connect().await;
    let refused = connection
        .add_segment_with_object(
            flow_id(),
            &post("x", "[20:0_22:0)"),
            &file,
            "video/mp4",
            &|_| {},
        )
        .await;
    assert_unsupported(refused);
}

/// vasttams 6.0, 1: an answer that does not come while the server puts the object away is waited for
/// by looking, not by sending it again: the server would register it twice.
#[tokio::test]
async fn quirk_1_a_slow_answer_is_waited_for() {
    let site = site();
    let mut settings = site.settings();
    settings.timeouts.answer = std::time::Duration::from_millis(200);
    settings.timeouts.stall = std::time::Duration::from_millis(200);
    let connection = site.open(settings).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("object");
    std::fs::write(&file, b"bytes").unwrap();
    let sent = Requests::to_api().of("POST").holding("/segments");
    site.server.inject(sent.clone(), 1..=1, Fault::Hang);
    let post = post("x", "[20:0_22:0)");
    let lost = connection
        .add_segment_with_object(flow_id(), &post, &file, "video/mp4", &|_| {})
        .await;
    // It never came to be there; that is for the next round to send.
    assert!(lost.is_err(), "{lost:?}");
    assert_eq!(site.asked("POST", "/segments"), 1);
    let again = connection
        .add_segment_with_object(flow_id(), &post, &file, "video/mp4", &|_| {})
        .await
        .unwrap();
    assert_eq!((again.done, again.already), (1, 0));
    assert_eq!(site.asked("POST", "/segments"), 2);

    // What the server says of a refusal is told.
    let body = r#"{"detail":"segment_data is too odd"}"#;
    site.server
        .inject(sent, 1..=1, Fault::Answer { status: 422, body });
    let other = crate::post("y", "[22:0_24:0)");
    let refused = connection
        .add_segment_with_object(flow_id(), &other, &file, "video/mp4", &|_| {})
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("too odd"), "{refused}");
}

/// vasttams 6.0, 2: what it says of storage is made up, so that it isn't asked.
#[tokio::test]
async fn quirk_2_storage_is_never_asked_for() {
    let site = site();
    let connection = site.connect().await;
    for request in [
        StorageRequest::limit(2),
        StorageRequest::object_ids(["mine"]),
    ] {
        assert_unsupported(connection.allocate(flow_id(), &request).await);
    }
    assert_eq!(site.asked("POST", "/storage"), 0);
}

/// vasttams 6.0, 3: a segment of another flow has no URLs; the flow that brought the object has.
#[tokio::test]
async fn quirk_3_an_object_is_found_by_the_flow_that_brought_it() {
    let site = site();
    let object = site.server.segments(FLOW)[0].object_id.clone();
    let mut media = AddMedia::video(SOURCE, OTHER, "reference").segment("", "[0:0_2:0)", None);
    media.segments[0].object_id = Some(object);
    site.server.add_media(media);
    let connection = site.connect().await;
    let query = SegmentQuery {
        urls: Urls::All,
        ..SegmentQuery::default()
    };
    let listed = connection.segments(id(OTHER), &query).await.unwrap();
    assert_eq!(listed.items[0].get_urls.as_deref(), Some(&[][..]));
    let place = location(&connection, id(OTHER), 0).await;
    assert_eq!(fetch(&connection, &place).await.unwrap(), b"second");
    // What can't be played by others is not offered.
    assert!(!connection.capabilities().has(Capability::EditByReference));
}

/// vasttams 6.0, 4: flows are made by POST with flat properties, behind a source that is made first;
/// what comes back flat is read; other versions of UUIDs are refused before they are sent.
#[tokio::test]
async fn quirk_4_flows_are_created_by_post() {
    let site = Site::start(Kind::Vasttams6);
    let connection = site.connect().await;
    let mut sent = flow(FLOW);
    sent.flow_collection = Some(vec![FlowCollectionItem::new(id(OTHER))]);
    let kept = connection.put_flow(&sent).await.unwrap();
    assert_eq!(kept.label.as_deref(), Some("made"));
    let video = kept.technical.video_parameters().unwrap();
    assert_eq!((video.frame_width, video.frame_height), (1280, 720));
    let rate = video.frame_rate.unwrap();
    assert_eq!((rate.numerator(), rate.denominator()), (25, 1));
    let members = kept.flow_collection.unwrap();
    assert_eq!(members[0].id, id(OTHER));
    assert_eq!(site.server.sources()[0]["id"], SOURCE);
    assert_eq!(site.asked("PUT", "/flows"), 0);
    // A second time it is there, and replaced.
    sent.label = Some("again".to_owned());
    let kept = connection.put_flow(&sent).await.unwrap();
    assert_eq!(kept.label.as_deref(), Some("again"));
    assert_eq!(site.server.flows().len(), 1);
    let members = [FlowCollectionItem::new(id(SOURCE))];
    connection
        .set_flow_collection(flow_id(), Some(&members))
        .await
        .unwrap();
    assert_eq!(site.server.flows()[0]["flow_collection"], json!([SOURCE]));

    let fifth = "5d1c0e5a-8f0c-5a57-9b0e-0d6a1f0c1a02";
    let asked = site.server.requests().len();
    let refused = connection.put_flow(&flow(fifth)).await.unwrap_err();
    let input = matches!(refused, TamsError::InvalidInput { .. });
    assert!(
        input && refused.to_string().contains("version 4"),
        "{refused}"
    );
    let wrote = site.server.requests()[asked..]
        .iter()
        .any(|seen| seen.method != "GET");
    assert!(!wrote);
}

/// vasttams 6.0, 5: lists come in an envelope, and `limit` cuts them in silence; segments come as they
/// were made.
#[tokio::test]
async fn quirk_5_lists_are_unwrapped_and_never_limited() {
    let site = site();
    site.server
        .add_media(AddMedia::video(SOURCE, OTHER, "other"));
    let connection = site.connect().await;
    assert_eq!(
        connection
            .sources(&SourceQuery::default())
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    let flows = connection.flows(&FlowQuery::default()).await.unwrap();
    assert_eq!((flows.items.len(), flows.issues.len()), (2, 0));
    let segments = connection
        .segments(flow_id(), &SegmentQuery::default())
        .await
        .unwrap();
    assert_eq!(
        timeranges(&segments.items),
        ["[0:0_2:0)", "[2:0_4:0)", "[10:0_12:0)"]
    );
    assert_eq!(connection.deletions().await.unwrap().items, []);
    assert_eq!(site.asked("GET", "limit="), 0);
    // That long lists can't be trusted is told.
    assert!(!connection.capabilities().has(Capability::Paging));
    let told = connection.issues().iter();
    assert!(
        told.clone()
            .any(|issue| issue.what.contains("cuts long lists"))
    );
}

/// vasttams 6.0, 6: of an object's two URLs the second is signed for HEAD.
#[tokio::test]
async fn quirk_6_the_url_for_head_is_never_read() {
    let site = site();
    let connection = site.connect().await;
    let place = location(&connection, flow_id(), 0).await;
    // The first one fails, so that a client which takes any would try the second.
    let media = Requests::to_media().of("GET");
    site.server.inject(media.clone(), 1..=1, Fault::ExpiredUrl);
    assert_eq!(fetch(&connection, &place).await.unwrap(), b"first");
    assert_eq!(site.server.count(&media), 2);
    // Version 2 of signatures is seen as one: no credential is added, and none is needed.
    site.server.assert_no_credential_at_media();
}

/// vasttams 6.0, 7: what is unset is empty text, 0 or null.
#[tokio::test]
async fn quirk_7_empty_is_absent() {
    let site = site();
    let connection = site.connect().await;
    let segments = connection
        .segments(flow_id(), &SegmentQuery::default())
        .await
        .unwrap();
    assert_eq!(segments.issues, []);
    let first = &segments.items[0];
    assert_eq!(first.ts_offset, None);
    assert_eq!(first.last_duration, None);
    assert_eq!((first.sample_offset, first.sample_count), (None, None));
    assert_eq!(first.key_frame_count, None);
    let flow = connection.flow(flow_id(), &Covering::Untold).await.unwrap();
    assert_eq!(
        (flow.description, flow.tags, flow.read_only),
        (None, None, None)
    );
}

/// vasttams 6.0, 8: timeranges are whatever came, dates of ISO 8601 too, and text that is none.
#[tokio::test]
async fn quirk_8_timeranges_may_be_dates_or_nonsense() {
    let site = site();
    let dates = "2025-01-01T00:00:00Z/2025-01-01T00:00:02Z";
    let media = AddMedia::video(SOURCE, OTHER, "dates")
        .segment("a", dates, None)
        .segment("b", "tomorrow", None)
        .segment("c", "[0:0_2:0)", None);
    site.server.add_media(media);
    let connection = site.connect().await;
    let listed = connection
        .segments(id(OTHER), &SegmentQuery::default())
        .await
        .unwrap();
    let [first, dated] = &listed.items[..] else {
        panic!("two segments make sense: {:?}", listed.items);
    };
    assert_eq!(first.timerange.to_string(), "[0:0_2:0)");
    assert_eq!(dated.timerange.length(), Some(crate::seconds(2)));
    let [issue] = &listed.issues[..] else {
        panic!("one segment makes none: {:?}", listed.issues);
    };
    assert!(issue.what.contains("left out"), "{issue}");
}

/// vasttams 6.0, 9: label and description are in the query; deletion says 200, and is soft.
#[tokio::test]
async fn quirk_9_labels_are_in_the_query_and_deletion_says_200() {
    let site = site();
    let connection = site.connect().await;
    let entity = Entity::Flow(flow_id());
    connection.set_label(entity, Some("a & b")).await.unwrap();
    assert_eq!(
        connection.label(entity).await.unwrap().as_deref(),
        Some("a & b")
    );
    let words = Some("what it is");
    connection.set_description(entity, words).await.unwrap();
    assert_eq!(
        connection.description(entity).await.unwrap().as_deref(),
        words
    );
    connection.set_label(entity, None).await.unwrap();
    assert_eq!(connection.label(entity).await.unwrap(), None);
    let tag = TagValue::from("bright");
    connection.set_tag(entity, "mood", &tag).await.unwrap();
    assert_eq!(
        connection.tags(entity).await.unwrap().get("mood"),
        Some(&tag)
    );

    let part = ConfirmedDeletion::of_segments(flow_id(), "[0:0_4:0)".parse().unwrap());
    assert_eq!(connection.delete(&part).await.unwrap(), Deletion::Done);
    assert_eq!(site.server.segments(FLOW).len(), 1);
    let all = ConfirmedDeletion::of_flow(flow_id());
    assert_eq!(connection.delete(&all).await.unwrap(), Deletion::Done);
    let gone = connection.flow(flow_id(), &Covering::Untold).await;
    assert!(matches!(gone, Err(TamsError::NotFound { .. })));
    // Nobody asked for more than that.
    assert_eq!(site.server.flows()[0]["deleted"], true);
    assert_eq!(site.asked("DELETE", "soft_delete"), 0);
}

/// vasttams 6.0, 10: dates have no zone, and errors are FastAPI's, text or list.
#[tokio::test]
async fn quirk_10_dates_have_no_zone_and_errors_are_details() {
    let site = site();
    let connection = site.connect().await;
    let flow = connection.flow(flow_id(), &Covering::Untold).await.unwrap();
    assert!(flow.created.is_some());
    let missing = connection.flow(id(OTHER), &Covering::Untold).await;
    let missing = missing.unwrap_err().to_string();
    assert!(missing.contains("Flow not found"), "{missing}");
    // A filter it doesn't know is applied here.
    let query = FlowQuery {
        tags: vec![TagFilter::Exists {
            name: "mood".to_owned(),
            exists: true,
        }],
        ..FlowQuery::default()
    };
    assert_eq!(connection.flows(&query).await.unwrap().items, []);
    // A list of complaints becomes a sentence.
    let body = r#"{"detail":[{"type":"value_error","loc":["body","id"],"msg":"UUID version 4 expected"}]}"#;
    let puts = Requests::to_api().of("PUT");
    site.server
        .inject(puts, 1..=1, Fault::Answer { status: 422, body });
    let refused = connection
        .set_read_only(flow_id(), true)
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("UUID version 4 expected"), "{refused}");
}

/// vasttams 6.0, 11: the sizes it tells are invented; nobody asks for them.
#[tokio::test]
async fn quirk_11_invented_sizes_are_not_asked_for() {
    let site = site();
    let connection = site.connect().await;
    connection.read_service().await.unwrap();
    connection.flows(&FlowQuery::default()).await.unwrap();
    let place = location(&connection, flow_id(), 0).await;
    fetch(&connection, &place).await.unwrap();
    connection
        .object(&place.object_id, &Urls::All)
        .await
        .unwrap();
    assert_eq!(site.asked("GET", "analytics"), 0);
}

/// What an object record says of its flows is read in its own shape.
#[tokio::test]
async fn objects_tell_their_flows_as_references() {
    let site = site();
    let connection = site.connect().await;
    let object = site.server.segments(FLOW)[0].object_id.clone();
    let info = connection.object(&object, &Urls::All).await.unwrap();
    assert_eq!(info.referenced_by_flows, [flow_id()]);
    // Found without a word about its flow, too.
    let place = ObjectLocation {
        object_id: object,
        flow: None,
        timerange: None,
    };
    assert_eq!(fetch(&connection, &place).await.unwrap(), b"second");
    let missing = ObjectLocation {
        object_id: json!("nothing").to_string(),
        ..place
    };
    let refused = fetch(&connection, &missing).await.unwrap_err();
    assert!(matches!(refused, TamsError::NoCopy { .. }), "{refused:?}");
}
