//! A day's writing on every server that takes media: a flow, its objects, their segments in bulk with
//! some that fail and answers that get lost, words and status, read back; and deletion, which is by
//! flow or timerange and always confirmed.

use std::collections::HashSet;

use tams::{
    Auth, Capability, ConfirmedDeletion, Connection, Covering, Deletion, Entity, Rewrite, Secret,
    SegmentQuery, SourceQuery, TamsError,
};
use tams_model::{FlowStatus, MediaObject, SegmentPost, StorageRequest, TagValue};
use tests::tams_server::{Auth as Door, Dialect as Kind, Fault, Options, Requests};

use crate::{FLOW, SOURCE, Site, fetch, flow, flow_id, id, location, post, quiet};

/// Segments that are registered at once.
const MANY: usize = 250;

/// Those of them whose objects nobody knows.
const UNKNOWN: [usize; 3] = [7, 130, 249];

fn guarded(kind: Kind) -> Site {
    let options = Options {
        auth: vec![Door::Bearer("t0ken".to_owned())],
        tls: false,
    };
    Site::with(kind, options)
}

async fn connect(site: &Site) -> Connection {
    site.connect_as(Auth::Bearer(Secret::new("t0ken"))).await
}

async fn journey(kind: Kind) {
    let site = guarded(kind);
    let connection = connect(&site).await;
    let mut made = flow(FLOW);
    made.status = Some(FlowStatus::Ingesting);
    let kept = connection.put_flow(&made).await.unwrap();
    assert_eq!((kept.id, kept.source_id), (flow_id(), id(SOURCE)));
    let source = Entity::Source(id(SOURCE));
    connection.set_label(source, Some("evening")).await.unwrap();

    let count = u32::try_from(MANY).unwrap();
    let given = connection
        .allocate(flow_id(), &StorageRequest::limit(count))
        .await
        .unwrap();
    upload(&connection, &given.media_objects[..3]).await;
    let posts: Vec<SegmentPost> = given
        .media_objects
        .iter()
        .enumerate()
        .map(|(n, object)| second(&object.object_id, n))
        .collect();
    register(&site, &connection, kind, posts).await;
    words_and_status(&site, &connection, kind).await;
    read_back(&connection).await;
    delete_some(&site, &connection).await;
    site.server.assert_no_credential_at_media();
}

/// A second of the flow.
fn second(object: &str, n: usize) -> SegmentPost {
    post(object, &format!("[{n}:0_{}:0)", n + 1))
}

fn bytes(n: usize) -> Vec<u8> {
    format!("object number {n}").into_bytes()
}

async fn upload(connection: &Connection, targets: &[MediaObject]) {
    let folder = tempfile::tempdir().unwrap();
    for (n, target) in targets.iter().enumerate() {
        let file = folder.path().join(n.to_string());
        std::fs::write(&file, bytes(n)).unwrap();
        let sent = connection.upload(target, &file, &quiet).await.unwrap();
        assert_eq!(sent, bytes(n).len() as u64);
    }
}

/// In bulk, with some that fail where the server looks, and the second call's answer lost. The same
/// again changes nothing.
async fn register(site: &Site, connection: &Connection, kind: Kind, mut posts: Vec<SegmentPost>) {
    // vasttams 8.0 ends at the first that fails, which has a test of its own; tams-gateway looks at
    // nothing.
    let fails = !matches!(kind, Kind::Vasttams8 | Kind::Eyevinn);
    let mut wrong = posts.clone();
    if fails {
        for n in UNKNOWN {
            wrong[n].object_id = format!("unknown-{n}");
        }
    }
    let sent = Requests::to_api().of("POST").holding("/segments");
    site.server.inject(sent, 2..=2, Fault::LoseAnswer);
    let registered = connection.add_segments(flow_id(), &wrong).await.unwrap();
    let lost = if fails { UNKNOWN.len() } else { 0 };
    assert_eq!(registered.done, MANY - lost);
    assert_eq!(registered.already, 0);
    let failed: Vec<&str> = registered
        .failed
        .iter()
        .map(|failed| failed.object_id.as_str())
        .collect();
    let unknown = ["unknown-7", "unknown-130", "unknown-249"];
    assert_eq!(failed, unknown[..lost]);
    assert!(
        registered
            .failed
            .iter()
            .all(|failed| failed.error.is_some())
    );
    site.server.heal();
    assert_each_once(site, MANY - lost);
    let there = connection.registered(flow_id(), &wrong).await.unwrap();
    assert_eq!(there.iter().filter(|there| **there).count(), MANY - lost);
    if fails {
        posts = UNKNOWN.map(|n| posts[n].clone()).to_vec();
        let mended = connection.add_segments(flow_id(), &posts).await.unwrap();
        assert_eq!((mended.done, mended.failed.len()), (3, 0));
    }
    assert_each_once(site, MANY);
}

#[track_caller]
fn assert_each_once(site: &Site, count: usize) {
    let segments = site.server.segments(FLOW);
    let ranges: HashSet<&str> = segments
        .iter()
        .map(|segment| segment.timerange.as_str())
        .collect();
    assert_eq!((segments.len(), ranges.len()), (count, count));
}

async fn words_and_status(site: &Site, connection: &Connection, kind: Kind) {
    let entity = Entity::Flow(flow_id());
    let tag = TagValue::from("vivid & bright/2");
    connection
        .set_tag(entity, "_stringout_mood", &tag)
        .await
        .unwrap();
    if connection.capabilities().has(Capability::TagArrays) {
        let many = TagValue::Many(vec!["a".to_owned()]);
        connection.set_tag(entity, "many", &many).await.unwrap();
        connection.delete_tag(entity, "many").await.unwrap();
        // Gone already is gone.
        connection.delete_tag(entity, "many").await.unwrap();
    }
    let words = Some("what it is");
    connection.set_description(entity, words).await.unwrap();
    connection
        .set_status(flow_id(), FlowStatus::ClosedComplete)
        .await
        .unwrap();
    let kept = site.server.flows().pop().unwrap();
    if kind == Kind::Tamoss82 {
        assert_eq!(kept["status"], "closed_complete");
    } else {
        assert_eq!(kept["tags"]["flow_status"], "closed_complete");
    }
    assert_eq!(kept["tags"]["_stringout_mood"], "vivid & bright/2");
}

async fn read_back(connection: &Connection) {
    let sources = connection.sources(&SourceQuery::default()).await.unwrap();
    assert_eq!(sources.items[0].label.as_deref(), Some("evening"));
    let flow = connection.flow(flow_id(), &Covering::Whole).await.unwrap();
    assert_eq!(flow.label.as_deref(), Some("made"));
    assert_eq!(flow.description.as_deref(), Some("what it is"));
    if connection.capabilities().has(Capability::FlowTimerange) {
        assert_eq!(flow.timerange, "[0:0_250:0)".parse().ok());
    }
    let query = SegmentQuery {
        limit: Some(40),
        ..SegmentQuery::default()
    };
    let listed = connection.segments(flow_id(), &query).await.unwrap();
    assert_eq!((listed.items.len(), listed.issues), (MANY, vec![]));
    for (n, segment) in listed.items.iter().enumerate() {
        assert_eq!(segment.timerange, second("", n).timerange);
    }
    for n in 0..3 {
        let start = i64::try_from(n).unwrap();
        let place = location(connection, flow_id(), start).await;
        assert_eq!(fetch(connection, &place).await.unwrap(), bytes(n));
    }
}

/// What the timerange covers wholly goes; what only reaches into it stays.
async fn delete_some(site: &Site, connection: &Connection) {
    let range = "[10:500000000_20:500000000)".parse().unwrap();
    let told = connection
        .delete(&ConfirmedDeletion::of_segments(flow_id(), range))
        .await
        .unwrap();
    if let Deletion::Running { request } = told {
        let request = connection.deletion(request.unwrap()).await.unwrap();
        assert_eq!(request.flow_id, flow_id());
        assert!(!request.delete_flow);
    }
    assert_eq!(site.server.segments(FLOW).len(), MANY - 9);
    let all = ConfirmedDeletion::of_flow(flow_id());
    connection.delete(&all).await.unwrap();
    let gone = connection.flow(flow_id(), &Covering::Untold).await;
    assert!(matches!(gone, Err(TamsError::NotFound { .. })), "{gone:?}");
    // Twice is as good as once.
    assert_eq!(connection.delete(&all).await.unwrap(), Deletion::Done);
    let deletions = site.server.requests().into_iter();
    for seen in deletions.filter(|seen| seen.method == "DELETE") {
        assert_eq!(seen.query("object_id"), None);
        let segments = seen.path.ends_with("/segments");
        assert_eq!(segments, seen.query("timerange").is_some(), "{seen:?}");
    }
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

/// vasttams 6.0 gives no places to upload to, but takes segments of what is there; a lost answer is recovered there too.
#[tokio::test]
async fn vasttams6_segments_are_registered_once() {
    let site = Site::loaded(Kind::Vasttams6);
    let connection = site.connect().await;
    let posts = [20, 22, 24].map(|n| post("x", &format!("[{n}:0_{}:0)", n + 2)));
    let sent = Requests::to_api().of("POST").holding("/segments");
    site.server.inject(sent, 2..=2, Fault::LoseAnswer);
    let registered = connection.add_segments(flow_id(), &posts).await.unwrap();
    assert_eq!(registered.done, 3);
    assert_eq!(site.asked("POST", "/segments"), 3);
    assert_each_once(&site, 6);
}

/// A call that got lost on its way there never took effect: it is sent again after a look.
#[tokio::test]
async fn a_call_that_never_arrived_is_sent_again() {
    for kind in Kind::ALL {
        let site = Site::loaded(kind);
        let mut settings = site.settings();
        settings.timeouts.answer = std::time::Duration::from_millis(300);
        let connection = site.open(settings).await.unwrap();
        let object = site.server.segments(FLOW)[0].object_id.clone();
        let sent = Requests::to_api().of("POST").holding("/segments");
        site.server.inject(sent.clone(), 1..=1, Fault::Hang);
        let body = r#"{"message":"bad gateway"}"#;
        site.server
            .inject(sent, 2..=2, Fault::Answer { status: 502, body });
        // Within the object's own time, so that servers that look agree.
        connection
            .delete(&ConfirmedDeletion::of_segments(
                flow_id(),
                "[2:0_4:0)".parse().unwrap(),
            ))
            .await
            .unwrap();
        let mut again = post(&object, "[2:0_4:0)");
        again.last_duration = "0:40000000".parse().ok();
        let known = site.server.objects().iter().any(|known| known.id == object);
        if !known {
            // Its object went with its last segment.
            let given = connection
                .allocate(flow_id(), &StorageRequest::limit(1))
                .await
                .unwrap();
            given.media_objects[0]
                .object_id
                .clone_into(&mut again.object_id);
        }
        let registered = connection.add_segments(flow_id(), &[again]).await.unwrap();
        assert_eq!(
            (registered.done, registered.failed.len()),
            (1, 0),
            "{kind:?}"
        );
        assert_eq!(site.asked("POST", "/segments"), 3, "{kind:?}");
        assert_each_once(&site, 3);
    }
}

/// vasttams 8.0 says 500 for an object that it doesn't know: what came before is there, and once it is
/// mended the same call goes on.
#[tokio::test]
async fn vasttams8_goes_on_where_it_stopped() {
    let site = Site::loaded(Kind::Vasttams8);
    let connection = site.connect().await;
    let object = site.server.segments(FLOW)[0].object_id.clone();
    let mut posts: Vec<_> = (20..24).map(|n| second(&object, n)).collect();
    posts[2].object_id = "unknown".to_owned();
    let refused = connection
        .add_segments(flow_id(), &posts)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, TamsError::Rejected { status: 500, .. }),
        "{refused:?}"
    );
    let there = connection.registered(flow_id(), &posts).await.unwrap();
    assert_eq!(there, [true, true, false, false]);
    posts[2].object_id = object;
    let missing: Vec<_> = posts
        .iter()
        .zip(&there)
        .filter(|(_, there)| !**there)
        .map(|(post, _)| post.clone())
        .collect();
    let registered = connection.add_segments(flow_id(), &missing).await.unwrap();
    assert_eq!(registered.done, 2);
    assert_each_once(&site, 7);
}

/// The same segments again are there already, which the server's refusal of overlaps says.
#[tokio::test]
async fn the_same_segments_again_are_there_already() {
    for kind in [Kind::Aws81, Kind::OpenTams, Kind::Tamoss82] {
        let site = Site::loaded(kind);
        let connection = site.connect().await;
        let posts: Vec<_> = site
            .server
            .segments(FLOW)
            .iter()
            .map(|there| post(&there.object_id, &there.timerange))
            .collect();
        let again = connection.add_segments(flow_id(), &posts).await.unwrap();
        assert_eq!(
            (again.done, again.already, again.failed.len()),
            (0, 3, 0),
            "{kind:?}"
        );
        assert_each_once(&site, 3);
    }
}

/// Uploads go to the store's other address too.
#[tokio::test]
async fn uploads_are_rewritten() {
    for kind in [
        Kind::Vasttams8,
        Kind::Aws81,
        Kind::Eyevinn,
        Kind::OpenTams,
        Kind::Tamoss82,
    ] {
        let site = Site::loaded(kind);
        site.server.name_media_host("storage.internal:9000");
        let mut settings = site.settings();
        settings.rewrites = vec![Rewrite {
            from_host: "storage.internal".to_owned(),
            to_base: site.server.media_origin(),
        }];
        let connection = site.open(settings).await.unwrap();
        let given = connection
            .allocate(flow_id(), &StorageRequest::limit(1))
            .await
            .unwrap();
        upload(&connection, &given.media_objects).await;
        let seen = site.server.requests().pop().unwrap();
        assert_eq!(seen.field("host"), Some("storage.internal:9000"));
        assert_eq!(seen.status, Some(200));
    }
}

/// An upload that is cut or refused for the moment is sent again, whole.
#[tokio::test]
async fn an_upload_is_sent_again() {
    let site = Site::loaded(Kind::Tamoss82);
    let connection = site.connect().await;
    let given = connection
        .allocate(flow_id(), &StorageRequest::limit(1))
        .await
        .unwrap();
    let uploads = Requests::to_media().of("PUT");
    site.server
        .inject(uploads.clone(), 1..=1, Fault::LoseAnswer);
    let body = "{}";
    site.server
        .inject(uploads.clone(), 2..=2, Fault::Answer { status: 503, body });
    upload(&connection, &given.media_objects).await;
    assert_eq!(site.server.count(&uploads), 3);
    let kept = site.server.objects().pop().unwrap();
    assert_eq!(kept.bytes, Some(bytes(0)));
}

/// A place whose time is over is refused, and told as what can be asked for anew.
#[tokio::test]
async fn an_upload_to_an_expired_place_is_refused() {
    let site = Site::loaded(Kind::Tamoss82);
    let connection = site.connect().await;
    let given = connection
        .allocate(flow_id(), &StorageRequest::limit(1))
        .await
        .unwrap();
    site.server
        .advance_clock(std::time::Duration::from_secs(7200));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("object");
    std::fs::write(&file, b"mine").unwrap();
    let refused = connection
        .upload(&given.media_objects[0], &file, &quiet)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, TamsError::TransferRefused { status: 403, .. }),
        "{refused:?}"
    );
    assert!(refused.is_retryable());
    let uploads = Requests::to_media().of("PUT");
    assert_eq!(site.server.count(&uploads), 1);
}
