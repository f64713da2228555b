//! Footage that was ingested here appears at the server: the same ids, byte for byte, once; also when the
//! network, or the program, was gone meanwhile.

use std::collections::BTreeSet;
use std::thread;

use serde_json::{Value, json};
use tests::fault_proxy::FaultProxy;
use tests::media::{MediaSpec, generate};
use tests::tams_server::{Dialect, Fault, Requests, TamsServer};

use crate::material::{list, text};
use crate::publish::DEFAULT;
use crate::studio::{LIMIT, Place, Studio, connection};

/// What is ingested: 6 s in three segments.
fn take() -> String {
    generate(&MediaSpec::small(34)).display().to_string()
}

/// The bytes of the objects in the local node.
fn local_objects(place: &Place) -> BTreeSet<Vec<u8>> {
    let files = walk(&place.workspace().join("node/objects"));
    files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect()
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(walk(&path)),
            false => files.push(path),
        }
    }
    files
}

/// Expects the take to be at the server as it is here, exactly once.
#[track_caller]
fn assert_there_once(place: &Place, server: &TamsServer, ingested: &Value) {
    let flows: Vec<&str> = list(&ingested["flows"])
        .iter()
        .map(|flow| text(&flow["id"]))
        .collect();
    let there = server.flows();
    let mut ids: Vec<&str> = there.iter().map(|flow| text(&flow["id"])).collect();
    ids.sort_unstable();
    let mut wanted = flows.clone();
    wanted.sort_unstable();
    assert_eq!(ids, wanted);
    let sources = server.sources();
    assert_eq!(sources.len(), wanted.len(), "{sources:#?}");
    let ours = sources
        .iter()
        .find(|source| source["id"] == ingested["source_id"]);
    assert_eq!(ours.unwrap()["label"], "Take", "{sources:#?}");
    let segments = server.segments(flows[0]);
    let objects = server.objects();
    let whole: Vec<_> = objects.iter().filter(|object| object.registered).collect();
    assert_eq!((segments.len(), whole.len()), (3, 3), "{segments:#?}");
    let bytes = whole.iter().filter_map(|object| object.bytes.clone());
    assert!(
        bytes.collect::<BTreeSet<_>>() == local_objects(place),
        "other bytes are there"
    );
    let local = place.stringout.json(["segments", flows[0]]);
    for (segment, local) in segments.iter().zip(list(&local)) {
        assert_eq!(segment.timerange, text(&local["timerange"]));
        assert!(whole.iter().any(|object| object.id == segment.object_id));
    }
    assert_eq!(place.stringout.json(["outbox"]), json!([]));
}

fn ingest(place: &Place) -> Value {
    place.stringout.json(["ingest", &take(), "--label", "Take"])
}

#[test]
fn what_was_ingested_without_a_network_appears_when_it_is_back() {
    for dialect in [Dialect::Tamoss82, Dialect::Aws81, Dialect::Vasttams8] {
        let server = TamsServer::start(dialect);
        let api = FaultProxy::start(&server.origin());
        let settings = format!("{DEFAULT}\n");
        let place = Place::with_config(&connection(&api.endpoint, &settings));
        api.go_offline();
        let ingested = ingest(&place);
        assert_eq!(list(&ingested["queued"]).len(), 1);
        let waits = place.stringout.run(["sync", "--json"]);
        waits.expect_code(4);
        assert_eq!(
            place.stringout.json(["outbox"])[0]["waiting_for"],
            "network"
        );
        assert_eq!(server.flows(), Vec::<Value>::new());
        api.go_online();
        place.stringout.json(["sync"]);
        assert_there_once(&place, &server, &ingested);
        // Once more, as after a doubt: nothing is sent again.
        let writes = || server.count(&Requests::to_media().of("PUT"));
        let before = writes();
        assert_eq!(list(&ingest(&place)["queued"]).len(), 0);
        place.stringout.json(["sync"]);
        assert_eq!(writes(), before);
        assert_there_once(&place, &server, &ingested);
    }
}

/// Killed while it is brought, in front of each kind of write and behind it.
#[test]
fn a_killed_sync_is_finished_by_the_next() {
    let post = || Requests::to_api().of("POST");
    let points = [
        Requests::to_api().of("PUT").holding("/flows/"),
        Requests::to_media().of("PUT"),
        post().holding("/segments"),
    ];
    thread::scope(|scope| {
        for requests in points {
            for fault in [Fault::Hang, Fault::LoseAnswer] {
                let requests = requests.clone();
                scope.spawn(move || {
                    let studio = Studio::empty(Dialect::Tamoss82, DEFAULT);
                    let (place, server) = (&studio.place, &studio.server);
                    let ingested = ingest(place);
                    server.inject(requests.clone(), .., fault.clone());
                    let mut running = place.stringout.start(["sync"]);
                    server.wait_for(&requests, 1, LIMIT);
                    running.process().crash();
                    server.heal();
                    let synced = place.stringout.run(["sync", "--json"]);
                    if synced.code == Some(4) {
                        // The lease of the one that was killed has to run out.
                        let limit = std::time::Instant::now() + LIMIT;
                        while place.stringout.run(["sync"]).code != Some(0) {
                            assert!(std::time::Instant::now() < limit, "{synced}");
                            thread::sleep(std::time::Duration::from_secs(1));
                        }
                    }
                    assert_there_once(place, server, &ingested);
                });
            }
        }
    });
}

/// Killed while it is ingested: what is queued waits until the ingest is whole, and then comes.
#[test]
fn an_ingest_that_was_killed_is_brought_when_it_is_whole() {
    let studio = Studio::empty(Dialect::Tamoss82, DEFAULT);
    let (place, server) = (&studio.place, &studio.server);
    let objects = place.workspace().join("node/objects");
    let mut running = place
        .stringout
        .start(["ingest", &take(), "--label", "Take"]);
    let limit = std::time::Instant::now() + LIMIT;
    // Some objects are there, hardly all.
    while std::fs::read_dir(&objects).map_or(0, |files| files.count()) < 1 {
        assert!(std::time::Instant::now() < limit);
        thread::sleep(std::time::Duration::from_millis(1));
    }
    running.process().crash();
    let half = place.stringout.run(["sync", "--json"]);
    if half.code == Some(4) {
        let waits = place.stringout.json(["outbox"]);
        let error = text(&waits[0]["last_error"]);
        assert!(error.contains("not ingested to its end"), "{waits}");
        assert_eq!(server.flows(), Vec::<Value>::new());
    }
    let ingested = ingest(place);
    place.stringout.json(["sync"]);
    assert_there_once(place, server, &ingested);
}

/// An edit by reference moves no byte to the server, either: its flow names the objects that came with the
/// take.
#[test]
fn what_is_published_by_reference_reuses_objects_at_the_server() {
    for dialect in [Dialect::Tamoss82, Dialect::Aws81] {
        let server = TamsServer::start(dialect);
        let place = Place::with_config(&connection(&server.url(), DEFAULT));
        let ingested = ingest(&place);
        let flow = text(&ingested["flows"][0]["id"]);
        let clips = ["4s..6s", "0s..2s"].map(|marks| format!("flow:{flow}@{marks}"));
        let [second, first] = &clips;
        let args = ["publish", "--by-reference", "--label", "Turned", "--wait"];
        let clips = ["--clip", second, "--clip", first];
        let published = place.stringout.json(args.into_iter().chain(clips));
        let uploads = server.count(&Requests::to_media().of("PUT"));
        assert_eq!(uploads, 3, "more than the take was sent");
        let take = server.segments(flow);
        let turned = server.segments(text(&published["flow_id"]));
        let ids: Vec<&str> = turned
            .iter()
            .map(|segment| segment.object_id.as_str())
            .collect();
        assert_eq!(
            ids,
            [take[2].object_id.as_str(), take[0].object_id.as_str()]
        );
        let ranges: Vec<&str> = turned
            .iter()
            .map(|segment| segment.timerange.as_str())
            .collect();
        assert_eq!(ranges, ["[0:0_2:0)", "[2:0_4:0)"]);
        assert_eq!(place.stringout.json(["outbox"]), json!([]));
        place.stringout.json(["sync"]);
        assert_eq!(server.count(&Requests::to_media().of("PUT")), uploads);
    }
}
