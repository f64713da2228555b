//! Our own client's whole journey, with Prism between it and the node: neither says anything that is
//! not in the document.

use std::sync::Arc;
use std::time::Duration;

use mediatime::{FixedClock, TimeRange, Timestamp};
use tams::{
    Auth, ConfirmedDeletion, Connection, ConnectionSettings, Covering, Deletion, Entity, FileSink,
    FlowQuery, ObjectLocation, SegmentQuery, SourceQuery, Surroundings, TagFilter, Urls,
};
use tams_model::{Flow, FlowStatus, Id, SegmentPost, StorageRequest, TagValue};
use tests::prism::Prism;
use tokio_util::sync::CancellationToken;

use crate::material::{FLOW, SOURCE, flow, serve};

fn seconds(start: i64, end: i64) -> TimeRange {
    let at = |second| Timestamp::from_secs(second).unwrap();
    TimeRange::new(at(start), at(end))
}

async fn connect(base: &str) -> Connection {
    let settings = ConnectionSettings::new("node", base, Auth::None);
    let cancel = CancellationToken::new();
    Connection::open(
        settings,
        Surroundings::new(Arc::new(FixedClock::new(Timestamp::ZERO))),
        &cancel,
    )
    .await
    .unwrap()
}

#[test]
fn our_client_says_nothing_that_is_not_in_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, base) = serve(&folder.path().join("workspace"));
    let prism = Prism::in_front_of(&base);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let files = folder.path().to_owned();
    runtime.block_on(async {
        let journey = travel(prism.url(), &files);
        tokio::time::timeout(Duration::from_secs(120), journey)
            .await
            .expect("the journey ends");
    });
    let violations = prism.violations();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

async fn travel(base: &str, files: &std::path::Path) {
    let node = connect(base).await;
    assert_eq!(node.service().api_version, "8.2");
    node.read_service().await.unwrap();
    node.storage_backends().await.unwrap();
    node.profiles().await.unwrap();
    let (flow_id, source_id): (Id, Id) = (FLOW.parse().unwrap(), SOURCE.parse().unwrap());

    let made: Flow = serde_json::from_value(flow()).unwrap();
    let kept = node.put_flow(&made).await.unwrap();
    assert_eq!(kept.label, made.label);
    for of in [Entity::Flow(flow_id), Entity::Source(source_id)] {
        node.set_label(of, Some("Reel one")).await.unwrap();
        node.set_description(of, Some("renamed")).await.unwrap();
        let places = TagValue::Many(vec!["Graz".to_owned(), "Linz".to_owned()]);
        node.set_tag(of, "a b/c", &places).await.unwrap();
        assert_eq!(node.label(of).await.unwrap().as_deref(), Some("Reel one"));
        assert_eq!(node.tags(of).await.unwrap().get("a b/c"), Some(&places));
        node.delete_tag(of, "a b/c").await.unwrap();
    }
    node.set_avg_bit_rate(flow_id, Some(6000)).await.unwrap();
    node.set_max_bit_rate(flow_id, Some(9000)).await.unwrap();

    let objects = upload(&node, flow_id, files, 5).await;
    let at = |n: i64| seconds(n * 2, n * 2 + 2);
    let mut posts: Vec<SegmentPost> = (0..)
        .zip(&objects)
        .map(|(n, id)| SegmentPost::new(id.clone(), at(n)))
        .collect();
    // The last one lies where another one is.
    posts[4].timerange = seconds(1, 3);
    let registered = node.add_segments(flow_id, &posts).await.unwrap();
    assert_eq!((registered.done, registered.failed.len()), (4, 1));
    posts[4].timerange = at(4);
    let again = node.add_segments(flow_id, &posts).await.unwrap();
    assert_eq!((again.done, again.already), (1, 4));
    node.set_status(flow_id, FlowStatus::ClosedComplete)
        .await
        .unwrap();

    let query = SegmentQuery {
        timerange: Some(seconds(0, 9)),
        urls: Urls::All,
        object_timerange: true,
        limit: Some(2),
        ..SegmentQuery::default()
    };
    let listed = node.segments(flow_id, &query).await.unwrap();
    assert_eq!((listed.items.len(), listed.issues.len()), (5, 0));
    let tagged = SourceQuery {
        tags: vec![TagFilter::Exists {
            name: "nothing".to_owned(),
            exists: false,
        }],
        sort_by: Some(tams::SortBy::Label),
        limit: Some(1),
        ..SourceQuery::default()
    };
    assert_eq!(node.sources(&tagged).await.unwrap().items.len(), 1);
    let closed = FlowQuery {
        source_id: Some(source_id),
        status: Some(FlowStatus::ClosedComplete),
        timerange: Some(seconds(0, 1)),
        ..FlowQuery::default()
    };
    assert_eq!(node.flows(&closed).await.unwrap().items.len(), 1);
    let whole = node.flow(flow_id, &Covering::Whole).await.unwrap();
    assert_eq!(whole.timerange, Some(seconds(0, 10)));
    let used = node.object(&objects[0], &Urls::All).await.unwrap();
    assert_eq!(used.referenced_by_flows, [flow_id]);

    let location = ObjectLocation {
        object_id: objects[0].clone(),
        flow: Some(flow_id),
        timerange: Some(at(0)),
    };
    let target = files.join("fetched");
    let mut sink = FileSink::create(&target).await.unwrap();
    node.fetch_object(&location, &mut sink, &|_| {})
        .await
        .unwrap();
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "media 0");

    let deleted = node
        .delete(&ConfirmedDeletion::of_segments(flow_id, seconds(0, 4)))
        .await
        .unwrap();
    if let Deletion::Running { request: Some(id) } = deleted {
        node.deletion(id).await.unwrap();
    }
    node.deletions().await.unwrap();
    node.delete(&ConfirmedDeletion::of_flow(flow_id))
        .await
        .unwrap();
}

/// Uploads so many objects, each of which says its number.
async fn upload(node: &Connection, flow: Id, files: &std::path::Path, count: usize) -> Vec<String> {
    let ids: Vec<String> = (0..count).map(|n| format!("reel/{n} of {count}")).collect();
    let request = StorageRequest::object_ids(ids.clone());
    let places = node.allocate(flow, &request).await.unwrap();
    for (number, place) in places.media_objects.iter().enumerate() {
        let file = files.join("media");
        std::fs::write(&file, format!("media {number}")).unwrap();
        node.upload(place, &file, &|_| {}).await.unwrap();
    }
    ids
}
