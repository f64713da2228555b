//! LiveWyer's TAMOSS, 8.2, by the sentences of its section (3f), and what only 8.2 has.

use std::time::Duration;

use serde_json::json;
use tams::{Capability, Dialect, FlowQuery, SegmentQuery, SortBy, SourceQuery};
use tams_model::{FlowCollectionItem, FlowStatus};
use tests::tams_server::{AddMedia, Dialect as Kind, Requests, URL_LIFE};

use crate::{FLOW, OTHER, SOURCE, Site, fetch, flow, flow_id, id, location, timeranges};

/// TAMOSS: "Opaque keyset cursors": followed as they are, and a list that grows meanwhile neither
/// repeats nor skips.
#[tokio::test]
async fn opaque_cursors_are_followed() {
    let site = Site::loaded(Kind::Tamoss82);
    let connection = site.connect().await;
    assert_eq!(connection.dialect(), Dialect::Tamoss);
    let query = SegmentQuery {
        limit: Some(1),
        ..SegmentQuery::default()
    };
    let mut pages = connection.segment_pages(flow_id(), &query).unwrap();
    let mut listed = pages.next().await.unwrap().unwrap().items;
    site.server
        .add_media(AddMedia::video(SOURCE, FLOW, "three").segment("earlier", "[-4:0_-2:0)", None));
    while let Some(page) = pages.next().await.unwrap() {
        listed.extend(page.items);
    }
    assert_eq!(
        timeranges(&listed),
        ["[0:0_2:0)", "[2:0_4:0)", "[10:0_12:0)"]
    );
}

/// TAMOSS: "`flow_collected_by_ids: []` means only top-level while absent means all".
#[tokio::test]
async fn nothing_collected_and_everything_are_two_questions() {
    let site = Site::start(Kind::Tamoss82);
    let connection = site.connect().await;
    connection.put_flow(&flow(OTHER)).await.unwrap();
    let mut owner = flow(FLOW);
    owner.flow_collection = Some(vec![FlowCollectionItem::new(id(OTHER))]);
    connection.put_flow(&owner).await.unwrap();
    let found = async |collected_by: Option<Vec<_>>| {
        let query = FlowQuery {
            collected_by,
            ..FlowQuery::default()
        };
        let flows = connection.flows(&query).await.unwrap().items;
        flows.iter().map(|flow| flow.id).collect::<Vec<_>>()
    };
    assert_eq!(found(None).await.len(), 2);
    assert_eq!(found(Some(Vec::new())).await, [flow_id()]);
    assert_eq!(found(Some(vec![flow_id()])).await, [id(OTHER)]);
    let asked = site.server.requests().into_iter();
    let asked: Vec<_> = asked
        .filter(|seen| seen.path == "/flows")
        .map(|seen| seen.query("collected_by_ids").map(str::to_owned))
        .collect();
    assert_eq!(asked, [None, Some(String::new()), Some(FLOW.to_owned())]);
}

/// TAMOSS: "expired get_urls must be re-read".
#[tokio::test]
async fn expired_urls_are_read_anew() {
    let site = Site::loaded(Kind::Tamoss82);
    let connection = site.connect().await;
    let place = location(&connection, flow_id(), 0).await;
    let mut reader = connection.open_object(&place).await.unwrap();
    for _ in 0..2 {
        let life = Duration::from_secs(URL_LIFE.unsigned_abs() + 1);
        site.server.advance_clock(life);
        assert_eq!(&reader.read(0, 5).await.unwrap().bytes[..], b"first");
    }
    let media = site.server.count(&Requests::to_media().of("GET"));
    assert_eq!(media, 4);
    assert_eq!(fetch(&connection, &place).await.unwrap(), b"first");
}

/// 8.2: the status is a property, lists are sorted by the server, segments tell what their objects
/// cover.
#[tokio::test]
async fn what_8_2_brought_is_used() {
    let site = Site::loaded(Kind::Tamoss82);
    let connection = site.connect().await;
    connection
        .set_status(flow_id(), FlowStatus::ClosedComplete)
        .await
        .unwrap();
    let kept = &site.server.flows()[0];
    assert_eq!(kept["status"], "closed_complete");
    assert_eq!(kept.get("tags"), None);
    // Replacing the flow for its status took nothing else away.
    assert_eq!(kept["label"], "three");
    assert_eq!(kept["container"], "video/mp2t");
    let query = SourceQuery {
        sort_by: Some(SortBy::Label),
        ..SourceQuery::default()
    };
    connection.sources(&query).await.unwrap();
    assert_eq!(site.asked("GET", "sort_by=label"), 1);
    let query = SegmentQuery {
        object_timerange: true,
        ..SegmentQuery::default()
    };
    let segments = connection.segments(flow_id(), &query).await.unwrap().items;
    assert_eq!(segments[0].object_timerange, "[0:0_2:0)".parse().ok());
    for capability in connection.capabilities().iter() {
        connection.require(capability).unwrap();
    }
    assert!(connection.capabilities().has(Capability::Profiles));
}

/// 8.2: profiles are made once, and the same one again is no failure.
#[tokio::test]
async fn a_profile_is_made_once() {
    let site = Site::start(Kind::Tamoss82);
    let connection = site.connect().await;
    let mut metadata = AddMedia::video(SOURCE, FLOW, "").flow;
    for name in ["id", "source_id"] {
        metadata.as_object_mut().unwrap().shift_remove(name);
    }
    let profile = serde_json::from_value(json!({
        "id": OTHER, "label": "house", "flow_metadata": metadata,
    }));
    let profile = profile.unwrap();
    connection.create_profile(&profile).await.unwrap();
    connection.create_profile(&profile).await.unwrap();
    let listed = connection.profiles().await.unwrap().items;
    assert_eq!(listed.len(), 1);
    let kept = connection.profile(id(OTHER)).await.unwrap();
    assert_eq!(kept.flow_metadata, profile.flow_metadata);
}
