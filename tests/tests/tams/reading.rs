//! A day's reading on every server: what is there, in order, through tiny pages; objects by range,
//! through cuts and expired URLs; and an object store that is reached at another address.

use std::time::Duration;

use tams::{
    Auth, Connection, Covering, Dialect, FlowQuery, Rewrite, SegmentQuery, SourceQuery, TamsError,
};
use tams_model::Id;
use tests::tams_server::{Dialect as Kind, Fault, Requests, URL_LIFE};

use crate::{FLOW, Kept, OTHER, SOURCE, Site, fetch, flow_id, id, location, quiet, timeranges};

/// An object that is read in pieces.
const BYTES: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

fn site(kind: Kind) -> Site {
    let site = Site::loaded(kind);
    let media = tests::tams_server::AddMedia::video(SOURCE, OTHER, "pieces");
    site.server
        .add_media(media.segment(BYTES, "[0:0_2:0)", None));
    site
}

async fn journey(kind: Kind) {
    let site = site(kind);
    let connection = site.connect().await;
    assert_eq!(connection.dialect(), dialect(kind));
    what_is_there(&connection).await;
    segments_through_tiny_pages(&site, &connection, kind).await;
    pieces_and_cuts(&site, &connection).await;
    expired_urls(&site, &connection).await;
    store_elsewhere(&site).await;
    site.server.assert_no_credential_at_media();
}

/// The client's name of a server.
fn dialect(kind: Kind) -> Dialect {
    match kind {
        Kind::Vasttams6 => Dialect::Vasttams6,
        Kind::Vasttams8 => Dialect::Vasttams8,
        Kind::Aws81 => Dialect::Aws,
        Kind::Eyevinn => Dialect::Eyevinn,
        Kind::OpenTams => Dialect::OpenTams,
        Kind::Tamoss82 => Dialect::Tamoss,
    }
}

async fn what_is_there(connection: &Connection) {
    let sources = connection.sources(&SourceQuery::default()).await.unwrap();
    assert_eq!(sources.issues, []);
    let [source] = &sources.items[..] else {
        panic!("one source: {sources:?}");
    };
    assert_eq!(
        (source.id, source.label.as_deref()),
        (id(SOURCE), Some("three"))
    );
    assert!(source.created.is_some());
    let query = FlowQuery {
        source_id: Some(id(SOURCE)),
        label: Some("pieces".to_owned()),
        ..FlowQuery::default()
    };
    let flows = connection.flows(&query).await.unwrap().items;
    let ids: Vec<Id> = flows.iter().map(|flow| flow.id).collect();
    assert_eq!(ids, [id(OTHER)]);
    let flow = connection.flow(flow_id(), &Covering::Untold).await.unwrap();
    assert_eq!(flow.label.as_deref(), Some("three"));
    assert_eq!(flow.technical.codec.unwrap().as_str(), "video/h264");
    let unknown = "5d1c0e5a-8f0c-4a57-9b0e-0d6a1f0c1aff";
    let missing = connection.flow(id(unknown), &Covering::Untold).await;
    assert!(
        matches!(missing, Err(TamsError::NotFound { .. })),
        "{missing:?}"
    );
}

/// Pages of one, a page that comes twice because a segment arrived meanwhile, and the order of time.
async fn segments_through_tiny_pages(site: &Site, connection: &Connection, kind: Kind) {
    let before = site.asked("GET", "/segments");
    let query = SegmentQuery {
        limit: Some(1),
        ..SegmentQuery::default()
    };
    let listed = connection.segments(flow_id(), &query).await.unwrap();
    let expected = ["[0:0_2:0)", "[2:0_4:0)", "[10:0_12:0)"];
    assert_eq!(timeranges(&listed.items), expected);
    assert_eq!(listed.issues, []);
    let pages = site.asked("GET", "/segments") - before;
    match kind {
        Kind::Vasttams6 => assert_eq!(pages, 1),
        // It says nothing about further pages, so that one more is asked for.
        Kind::Vasttams8 => assert_eq!(pages, 4),
        _ => assert_eq!(pages, 3),
    }
    // Backwards, as they are.
    let query = SegmentQuery {
        limit: Some(2),
        reverse: true,
        timerange: Some("[0:0_4:0)".parse().unwrap()),
        ..SegmentQuery::default()
    };
    let mut pages = connection.segment_pages(flow_id(), &query).unwrap();
    let first = pages.next().await.unwrap().unwrap();
    let starts = timeranges(&first.items);
    if kind == Kind::Vasttams6 {
        assert_eq!(starts, ["[2:0_4:0)", "[0:0_2:0)"]);
    } else {
        assert_eq!(starts[0], "[2:0_4:0)");
    }
}

/// Any piece by its range; and a whole object that is cut twice and goes on where it was cut.
async fn pieces_and_cuts(site: &Site, connection: &Connection) {
    let place = location(connection, id(OTHER), 0).await;
    let mut reader = connection.open_object(&place).await.unwrap();
    let piece = reader.read(10, 6).await.unwrap();
    assert_eq!((&piece.bytes[..], piece.total), (&BYTES[10..16], Some(36)));
    let last = reader.read(30, 100).await.unwrap();
    assert_eq!(&last.bytes[..], &BYTES[30..]);
    assert!(reader.read(36, 1).await.unwrap().bytes.is_empty());

    let media = Requests::to_media().of("GET");
    site.server.inject(media, 1..=2, Fault::Cut { after: 7 });
    let before = site.ranges().len();
    let mut kept = Kept::default();
    let fetched = connection.fetch_object(&place, &mut kept, &quiet).await;
    let fetched = fetched.unwrap();
    site.server.heal();
    assert!(kept.whole && kept.bytes == BYTES);
    assert_eq!((fetched.bytes, fetched.transferred), (36, 36));
    let asked: Vec<Option<String>> = site.ranges()[before..].to_vec();
    let from = |byte: u64| Some(format!("bytes={byte}-"));
    assert_eq!(asked, [None, from(7), from(14)]);
}

/// One refusal is answered by one look for a fresh URL; a second one stands.
async fn expired_urls(site: &Site, connection: &Connection) {
    let place = location(connection, id(OTHER), 0).await;
    let mut reader = connection.open_object(&place).await.unwrap();
    let listed = || site.asked("GET", "/segments") + site.asked("GET", "/objects/");
    let before = listed();
    site.server
        .advance_clock(Duration::from_secs(URL_LIFE.unsigned_abs() + 60));
    let piece = reader.read(0, 4).await.unwrap();
    assert_eq!(&piece.bytes[..], &BYTES[..4]);
    assert_eq!(listed() - before, 1);

    let media = Requests::to_media().of("GET");
    site.server.inject(media, .., Fault::ExpiredUrl);
    let before = listed();
    let refused = fetch(connection, &place).await.unwrap_err();
    site.server.heal();
    assert!(
        matches!(refused, TamsError::TransferRefused { status: 403, .. }),
        "{refused:?}"
    );
    assert!(refused.is_retryable());
    assert_eq!(listed() - before, 2);
    let shown = format!("{refused} {refused:?}").to_ascii_lowercase();
    assert!(!shown.contains("signature"), "{shown}");
}

/// URLs name a host that only servers can reach; the transfer goes elsewhere and still says it.
async fn store_elsewhere(site: &Site) {
    let internal = "storage.internal:9000";
    site.server.name_media_host(internal);
    let mut settings = site.settings();
    settings.rewrites = vec![Rewrite {
        from_host: internal.to_owned(),
        to_base: site.server.media_origin(),
    }];
    let connection = site.open(settings).await.unwrap();
    let warned = connection.issues().iter();
    assert!(warned.clone().any(|issue| issue.what == Rewrite::WARNING));
    let place = location(&connection, flow_id(), 2).await;
    assert_eq!(fetch(&connection, &place).await.unwrap(), b"second");
    let seen = site.server.requests().pop().unwrap();
    assert_eq!(seen.field("host"), Some(internal));
    site.server.name_media_host(&site.server.media_address());
}

#[tokio::test]
async fn vasttams6() {
    journey(Kind::Vasttams6).await;
}

#[tokio::test]
async fn vasttams8() {
    journey(Kind::Vasttams8).await;
}

#[tokio::test]
async fn aws() {
    journey(Kind::Aws81).await;
}

#[tokio::test]
async fn eyevinn() {
    journey(Kind::Eyevinn).await;
}

#[tokio::test]
async fn opentams() {
    journey(Kind::OpenTams).await;
}

#[tokio::test]
async fn tamoss() {
    journey(Kind::Tamoss82).await;
}

/// A page that comes again, as when a list grows while it is read, adds nothing.
#[tokio::test]
async fn a_segment_that_is_told_twice_counts_once() {
    let site = Site::start(Kind::Tamoss82);
    let mut media = crate::three_segments();
    let twice = media.segments[0].clone();
    media.segments.push(twice);
    for segment in &mut media.segments {
        segment.object_id = Some("one".to_owned());
    }
    site.server.add_media(media);
    assert_eq!(site.server.segments(FLOW).len(), 4);
    let connection = site.connect_as(Auth::None).await;
    let listed = connection
        .segments(flow_id(), &SegmentQuery::default())
        .await
        .unwrap();
    assert_eq!(
        timeranges(&listed.items),
        ["[0:0_2:0)", "[2:0_4:0)", "[10:0_12:0)"]
    );
    assert_eq!(listed.issues, []);
}
