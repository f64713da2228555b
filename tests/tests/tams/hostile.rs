//! Answers that no server should give: the client says what is wrong, keeps what makes sense, and ends.

use std::time::Duration;

use tams::{
    ConnectFailure, Connection, Covering, Entity, FlowQuery, SegmentQuery, SourceQuery, TamsError,
    Urls,
};
use tams_model::StorageRequest;
use tests::tams_server::{AddMedia, Dialect as Kind, Fault, Requests};
use tokio_util::sync::CancellationToken;

use crate::{
    FLOW, LIMIT, OTHER, SOURCE, Site, fetch, flow, flow_id, id, location, post, timeranges,
};

fn site() -> Site {
    Site::loaded(Kind::Tamoss82)
}

fn segments() -> Requests {
    Requests::to_api().of("GET").holding("/segments")
}

async fn listed(connection: &Connection) -> Result<Vec<String>, TamsError> {
    let listed = connection
        .segments(flow_id(), &SegmentQuery::default())
        .await?;
    Ok(timeranges(&listed.items))
}

const THREE: [&str; 3] = ["[0:0_2:0)", "[2:0_4:0)", "[10:0_12:0)"];

#[tokio::test]
async fn json_that_stops_in_the_middle() {
    for kind in Kind::ALL {
        let site = Site::loaded(kind);
        let connection = site.connect().await;
        let gets = Requests::to_api().of("GET");
        site.server.inject(gets, .., Fault::TruncatedJson);
        let refused = [
            listed(&connection).await.map(drop),
            connection.flows(&FlowQuery::default()).await.map(drop),
            connection.sources(&SourceQuery::default()).await.map(drop),
            connection.flow(flow_id(), &Covering::Whole).await.map(drop),
        ];
        for outcome in refused {
            let error = outcome.unwrap_err();
            assert!(
                matches!(error, TamsError::BadAnswer { .. }),
                "{kind:?}: {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_sign_in_page_for_json() {
    let site = site();
    let connection = site.connect().await;
    site.server.inject(Requests::to_api(), .., Fault::Html);
    let refused = listed(&connection).await.unwrap_err();
    assert!(matches!(refused, TamsError::NotTams { .. }), "{refused:?}");
    assert!(refused.to_string().contains("HTML"), "{refused}");
    // A page is no confirmation either.
    let entity = Entity::Flow(flow_id());
    let refused = connection.set_label(entity, Some("x")).await.unwrap_err();
    assert!(matches!(refused, TamsError::NotTams { .. }), "{refused:?}");
    // And no server to connect to.
    let refused = site.open(site.settings()).await.unwrap_err();
    assert!(matches!(refused, TamsError::NotTams { .. }), "{refused:?}");
}

#[tokio::test]
async fn nulls_everywhere() {
    for kind in Kind::ALL {
        let site = Site::loaded(kind);
        site.server.inject(Requests::to_api(), .., Fault::Nulls);
        let connection = site.connect().await;
        let sources = connection.sources(&SourceQuery::default()).await.unwrap();
        let flows = connection.flows(&FlowQuery::default()).await.unwrap();
        let query = SegmentQuery {
            urls: Urls::All,
            ..SegmentQuery::default()
        };
        let segments = connection.segments(flow_id(), &query).await.unwrap();
        assert_eq!(
            (sources.items.len(), flows.items.len(), segments.items.len()),
            (1, 1, 3),
            "{kind:?}"
        );
        assert_eq!(
            (sources.issues, flows.issues, segments.issues),
            (vec![], vec![], vec![]),
            "{kind:?}"
        );
        connection.flow(flow_id(), &Covering::Whole).await.unwrap();
        let place = location(&connection, flow_id(), 0).await;
        assert_eq!(fetch(&connection, &place).await.unwrap(), b"first");
    }
}

#[tokio::test]
async fn open_negative_and_overlapping_segments() {
    for kind in Kind::ALL {
        let site = Site::start(kind);
        site.server.add_media(
            AddMedia::video(SOURCE, FLOW, "odd")
                .segment("open", "[10:0_", None)
                .segment("over", "[-1:500000000_3:0)", None)
                .segment("early", "[-4:0_-0:800000000)", None)
                .segment("endless", "_", None),
        );
        let connection = site.connect().await;
        let listed = connection
            .segments(flow_id(), &SegmentQuery::default())
            .await
            .unwrap();
        assert_eq!(
            timeranges(&listed.items),
            ["_", "[-4:0_-0:800000000)", "[-1:500000000_3:0)", "[10:0_"],
            "{kind:?}"
        );
        let [issue] = &listed.issues[..] else {
            panic!("{kind:?}: one issue: {:?}", listed.issues);
        };
        assert!(issue.what.starts_with("3 segments overlap"), "{issue}");
        let late = SegmentQuery {
            timerange: "[99:0_100:0)".parse().ok(),
            ..SegmentQuery::default()
        };
        let late = connection.segments(flow_id(), &late).await.unwrap();
        assert_eq!(timeranges(&late.items), ["_", "[10:0_"], "{kind:?}");
    }
}

#[tokio::test]
async fn pages_that_lead_in_a_circle() {
    for kind in [Kind::Aws81, Kind::Eyevinn, Kind::Tamoss82] {
        let site = Site::loaded(kind);
        site.server.set_page_size(1);
        let connection = site.connect().await;
        site.server.inject(segments(), 2.., Fault::PageLoop);
        let refused = listed(&connection).await.unwrap_err();
        assert!(
            matches!(refused, TamsError::PagingLoop { .. }),
            "{kind:?}: {refused:?}"
        );
        assert_eq!(site.asked("GET", "/segments"), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn more_pages_than_anybody_reads() {
    let site = site();
    site.server.set_page_size(1);
    let mut settings = site.settings();
    settings.limits.pages = 2;
    let connection = site.open(settings).await.unwrap();
    let refused = listed(&connection).await.unwrap_err();
    assert!(
        matches!(refused, TamsError::TooManyPages { limit: 2, .. }),
        "{refused:?}"
    );
}

/// A link that can't be read leads nowhere; that the list may be cut short is told.
#[tokio::test]
async fn a_link_that_is_none() {
    let site = site();
    site.server.set_page_size(1);
    let connection = site.connect().await;
    site.server.inject(segments(), .., Fault::GarbageLink);
    let listed = connection
        .segments(flow_id(), &SegmentQuery::default())
        .await
        .unwrap();
    assert_eq!(listed.items.len(), 1);
    let [issue] = &listed.issues[..] else {
        panic!("one issue: {:?}", listed.issues);
    };
    assert!(issue.what.contains("next page"), "{issue}");
}

/// A page that fails can be asked for again, without the ones before it.
#[tokio::test]
async fn a_page_that_fails_can_be_had_again() {
    let site = site();
    let connection = site.connect().await;
    let query = SegmentQuery {
        limit: Some(2),
        ..SegmentQuery::default()
    };
    let mut pages = connection.segment_pages(flow_id(), &query).unwrap();
    let first = pages.next().await.unwrap().unwrap();
    let second = Requests::to_api().holding("page=");
    site.server.inject(second, 1..=1, Fault::TruncatedJson);
    pages.next().await.unwrap_err();
    let last = pages.next().await.unwrap().unwrap();
    assert_eq!((first.items.len(), last.items.len()), (2, 1));
    assert_eq!(site.asked("GET", "/segments"), 3);
}

/// The `Date` field is off by a day, before and after: nothing here goes by it but what the server says
/// of its own time.
#[tokio::test]
async fn a_clock_that_lies() {
    let honest = site();
    let right = honest.connect().await.server_time().unwrap();
    for lie in [-86_400, 86_400] {
        let site = site();
        site.server.lie_about_date(lie);
        let connection = site.connect().await;
        let told = connection.server_time().unwrap();
        let off = (told.nanos() - right.nanos()) / 1_000_000_000;
        assert!((off - i128::from(lie)).abs() < 60, "{off}");
        assert_eq!(listed(&connection).await.unwrap(), THREE);
        let place = location(&connection, flow_id(), 0).await;
        assert_eq!(fetch(&connection, &place).await.unwrap(), b"first");
        let busy = Fault::TooMany { retry_after: 3 };
        site.server.inject(segments(), 1..=1, busy);
        assert_eq!(listed(&connection).await.unwrap(), THREE);
        assert_eq!(site.pauses.made(), [Duration::from_secs(3)]);
    }
}

/// 200 with an error inside is an error, for what is read and for what is written.
#[tokio::test]
async fn success_with_an_error_inside() {
    let site = site();
    let connection = site.connect().await;
    site.server.inject(segments(), 1..=1, Fault::ErrorInside);
    let refused = listed(&connection).await.unwrap_err();
    assert!(
        matches!(refused, TamsError::Rejected { status: 200, .. }),
        "{refused:?}"
    );
    let one = Requests::to_api().of("GET").holding("/flows/");
    site.server.inject(one, 1..=1, Fault::ErrorInside);
    let refused = connection.flow(flow_id(), &Covering::Untold).await;
    assert!(
        matches!(refused, Err(TamsError::Rejected { status: 200, .. })),
        "{refused:?}"
    );
    let puts = Requests::to_api().of("PUT");
    site.server.inject(puts, 1..=1, Fault::ErrorInside);
    let refused = connection.put_flow(&flow(OTHER)).await;
    assert!(
        matches!(refused, Err(TamsError::Rejected { status: 201, .. })),
        "{refused:?}"
    );
    let storage = Requests::to_api().holding("/storage");
    site.server.inject(storage, 1..=1, Fault::ErrorInside);
    let refused = connection
        .allocate(flow_id(), &StorageRequest::limit(1))
        .await;
    assert!(
        matches!(refused, Err(TamsError::Rejected { status: 201, .. })),
        "{refused:?}"
    );
    // Of segments nobody knows then whether they are there: they are looked for.
    let used = site.server.segments(FLOW)[0].object_id.clone();
    let posts = [post(&used, "[2:0_4:0)")];
    let mut media = AddMedia::video(SOURCE, OTHER, "made");
    media.segments.clear();
    site.server.add_media(media);
    let sent = Requests::to_api().of("POST").holding("/segments");
    site.server.inject(sent, 1..=1, Fault::ErrorInside);
    let registered = connection.add_segments(id(OTHER), &posts).await.unwrap();
    assert_eq!(registered.done, 1);
    assert_eq!(site.server.segments(OTHER).len(), 1);
    assert_eq!(site.asked("POST", "/segments"), 1);
}

/// 429 is waited for as it says, up to the limit, and any call may be repeated after it.
#[tokio::test]
async fn too_many_requests() {
    let site = site();
    let connection = site.connect().await;
    let busy = |retry_after| Fault::TooMany { retry_after };
    site.server.inject(segments(), 1..=1, busy(7));
    site.server.inject(segments(), 2..=2, busy(3600));
    assert_eq!(listed(&connection).await.unwrap(), THREE);
    let waits = [7, 30].map(Duration::from_secs);
    assert_eq!(site.pauses.made(), waits);

    let used = site.server.segments(FLOW)[0].object_id.clone();
    let posts = Requests::to_api().of("POST");
    site.server.inject(posts, 1..=2, busy(1));
    let sent = [post(&used, "[22:0_24:0)")];
    site.server
        .add_media(AddMedia::video(SOURCE, OTHER, "made"));
    let registered = connection.add_segments(id(OTHER), &sent).await;
    // The object ends before this: the last answer says so, after the waits.
    assert_eq!(registered.unwrap().failed.len(), 1);
    assert_eq!(site.asked("POST", "/segments"), 3);

    site.server.inject(segments(), .., busy(1));
    let refused = listed(&connection).await.unwrap_err();
    let told = Some(Duration::from_secs(1));
    assert!(
        matches!(refused, TamsError::RateLimited { retry_after, .. } if retry_after == told),
        "{refused:?}"
    );
    assert!(refused.is_retryable());
}

/// No answer: the wait ends, for lists and for objects, and a call that hangs is left when cancelled.
#[tokio::test]
async fn silence() {
    let site = site();
    let mut settings = site.settings();
    settings.timeouts.answer = Duration::from_millis(200);
    settings.timeouts.stall = Duration::from_millis(200);
    settings.limits.tries = 2;
    let connection = site.open(settings).await.unwrap();
    let place = location(&connection, flow_id(), 0).await;
    let before = site.asked("GET", "/segments");
    site.server.inject(segments(), .., Fault::Hang);
    let refused = listed(&connection).await.unwrap_err();
    assert!(matches!(refused, TamsError::Timeout { .. }), "{refused:?}");
    assert!(refused.is_unreachable());
    assert_eq!(site.asked("GET", "/segments") - before, 2);
    site.server.heal();
    let media = Requests::to_media();
    site.server.inject(media, .., Fault::Hang);
    let refused = fetch(&connection, &place).await.unwrap_err();
    assert!(refused.is_unreachable(), "{refused:?}");
}

/// A call under a token ends with it, whatever the server does.
#[tokio::test(flavor = "multi_thread")]
async fn silence_that_is_cancelled() {
    let site = site();
    let connection = site.connect().await;
    site.server.inject(segments(), .., Fault::Hang);
    let cancel = CancellationToken::new();
    let asking = connection.under(&cancel);
    let call = tokio::spawn(async move { listed(&asking).await });
    tokio::task::block_in_place(|| site.server.wait_for(&segments(), 1, LIMIT));
    assert!(!call.is_finished());
    cancel.cancel();
    let ended = tokio::time::timeout(LIMIT, call).await.unwrap().unwrap();
    assert!(matches!(ended, Err(TamsError::Cancelled)), "{ended:?}");
}

/// An answer that is cut before it is whole is asked for again; one that always is, is told as such.
#[tokio::test]
async fn answers_that_are_cut() {
    let site = site();
    let connection = site.connect().await;
    site.server
        .inject(segments(), 1..=1, Fault::Cut { after: 20 });
    site.server.inject(segments(), 2..=2, Fault::LoseAnswer);
    assert_eq!(listed(&connection).await.unwrap(), THREE);
    assert_eq!(site.asked("GET", "/segments"), 3);
    site.server.inject(segments(), .., Fault::LoseAnswer);
    let refused = listed(&connection).await.unwrap_err();
    assert!(
        matches!(
            refused,
            TamsError::Unreachable {
                cause: ConnectFailure::Cut,
                ..
            }
        ),
        "{refused:?}"
    );
}

/// More than is read at once.
#[tokio::test]
async fn an_answer_without_bounds() {
    let site = site();
    let mut settings = site.settings();
    settings.limits.answer_bytes = 600;
    let connection = site.open(settings).await.unwrap();
    let query = SegmentQuery {
        urls: Urls::All,
        ..SegmentQuery::default()
    };
    let refused = connection.segments(flow_id(), &query).await.unwrap_err();
    assert!(
        matches!(refused, TamsError::TooLarge { limit: 600, .. }),
        "{refused:?}"
    );
}
