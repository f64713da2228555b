//! `publish` to a server that gets results: what is there afterwards, and when it gets there.

use std::fs;

use serde_json::{Value, json};
use tests::fault_proxy::{FaultProxy, Requests as Proxied};
use tests::http::Client;
use tests::media::{MediaSpec, generate};
use tests::tams_server::{Dialect, Requests, TamsServer};

use crate::material::text;
use crate::studio::{Place, Studio, assert_discreet, assert_failure, connection};

/// Results go there.
pub(crate) const DEFAULT: &str = "default = true";

/// What is published: 6 s.
pub(crate) fn film() -> String {
    generate(&MediaSpec::small(33)).display().to_string()
}

/// The command that publishes it.
pub(crate) fn publish_args() -> Vec<String> {
    let args = ["publish", &film(), "--label", "Film", "--wait", "--json"];
    args.map(str::to_owned).to_vec()
}

/// Expects the film to be at the server exactly once: its flow with one segment, whose object has the
/// film's bytes.
#[track_caller]
pub(crate) fn assert_there_once(server: &TamsServer, published: &Value) {
    let flow = text(&published["flow_id"]);
    let flows = server.flows();
    let ours = flows.iter().filter(|known| known["id"] == flow).count();
    assert_eq!(ours, 1, "{flows:#?}");
    // One for the file and one for each of its two streams.
    assert_eq!(flows.len(), 3, "{flows:#?}");
    assert_eq!(server.sources().len(), 3, "{:#?}", server.sources());
    let segments = server.segments(flow);
    assert_eq!(segments.len(), 1, "{segments:#?}");
    assert_eq!(segments[0].timerange, "[0:0_6:0)");
    let objects = server.objects();
    let whole = objects.iter().filter(|object| object.registered);
    let whole: Vec<_> = whole.map(|object| (&object.id, &object.bytes)).collect();
    assert_eq!(whole.len(), 1);
    assert_eq!(*whole[0].0, segments[0].object_id);
    assert!(
        whole[0].1.as_ref() == Some(&fs::read(film()).unwrap()),
        "other bytes are there"
    );
}

#[test]
fn a_published_film_is_at_every_server_that_takes_media() {
    let takes_media = Dialect::ALL
        .into_iter()
        .filter(|d| *d != Dialect::Vasttams6);
    for dialect in takes_media {
        let studio = Studio::empty(dialect, DEFAULT);
        let stringout = &studio.place.stringout;
        let answer = stringout.run(publish_args());
        answer.expect_code(0);
        assert_discreet(&answer.to_string());
        let published = answer.document();
        assert_there_once(&studio.server, published);
        assert_eq!(stringout.json(["outbox"]), json!([]), "{dialect:?}");

        // As anybody sees it.
        let client = Client::new();
        let get = |path: String| {
            let url = format!("{}{path}", studio.server.url());
            client.get(&url, &[]).json(200)
        };
        let source = get(format!("/sources/{}", text(&published["source_id"])));
        assert_eq!(source["label"], "Film", "{dialect:?}: {source:#}");
        let tag = &source["tags"]["_stringout_compilation_id"];
        assert_eq!(*tag, published["compilation_id"], "{dialect:?}: {source:#}");
        let flow = text(&published["flow_id"]);
        let there = get(format!("/flows/{flow}"));
        assert_eq!(there["source_id"], published["source_id"], "{dialect:?}");
        let segments = get(format!("/flows/{flow}/segments"));
        assert_eq!(segments.as_array().unwrap().len(), 1, "{dialect:?}");
        let url = text(&segments[0]["get_urls"][0]["url"]);
        assert!(client.get(url, &[]).body == fs::read(film()).unwrap());

        // And as the command line sees it; once more changes nothing.
        let seen = stringout.json(["segments", &format!("studio/{flow}")]);
        assert_eq!(seen.as_array().unwrap().len(), 1, "{dialect:?}");
        let again = stringout.run(publish_args());
        again.expect_code(0);
        assert_there_once(&studio.server, again.document());
        let uploads = studio.server.count(&Requests::to_media().of("PUT"));
        assert_eq!(uploads, 1, "{dialect:?}");
        studio.server.assert_no_credential_at_media();
    }
}

#[test]
fn offline_it_is_queued_and_sent_once_later() {
    let server = TamsServer::start(Dialect::Aws81);
    let api = FaultProxy::start(&server.origin());
    let place = Place::with_config(&connection(&api.endpoint, DEFAULT));
    api.go_offline();
    let answer = place.stringout.run(publish_args());
    let error = assert_failure(&answer, 4, "unreachable", &[&api.address]);
    assert_eq!(error["retryable"], true);
    let published = answer.document().clone();
    let outbox = place.stringout.json(["outbox"]);
    assert_eq!(outbox.as_array().unwrap().len(), 1, "{outbox:#}");
    assert_eq!(outbox[0]["kind"], "tams.mirror");
    assert_eq!(outbox[0]["waiting_for"], "network");
    // What was made here is here.
    let flows = place.stringout.json(["flows", "--from", "local"]);
    assert!(
        flows
            .as_array()
            .unwrap()
            .iter()
            .any(|flow| flow["id"] == published["flow_id"]),
        "{flows:#}"
    );
    let still = place.stringout.run(["sync", "--json"]);
    assert_failure(&still, 4, "unreachable", &[&api.address]);

    api.go_online();
    let synced = place.stringout.json(["sync"]);
    assert_eq!(
        (&synced["done"], &synced["waiting"]),
        (&json!(1), &json!(0))
    );
    assert_there_once(&server, &published);
    assert_eq!(server.count(&Requests::to_media().of("PUT")), 1);
    let before = api.count(&Proxied::any());
    assert_eq!(place.stringout.json(["sync"])["done"], 0);
    assert_eq!(api.count(&Proxied::any()), before, "it was asked again");
    assert_eq!(place.stringout.json(["outbox"]), json!([]));
}

#[test]
fn a_server_that_takes_no_media_says_so_and_the_entry_is_dead() {
    let studio = Studio::empty(Dialect::Vasttams6, DEFAULT);
    let stringout = &studio.place.stringout;
    let answer = stringout.run(publish_args());
    let error = assert_failure(
        &answer,
        1,
        "refused",
        &["vasttams 6", &studio.server.origin()],
    );
    assert!(text(&error["hint"]).contains("outbox"), "{answer}");
    let outbox = stringout.json(["outbox"]);
    assert_eq!(outbox[0]["state"], "dead", "{outbox:#}");
    let why = text(&outbox[0]["last_error"]);
    assert!(
        why.contains("upload") || why.contains("media"),
        "{outbox:#}"
    );
    assert!(studio.server.objects().is_empty() && studio.server.flows().is_empty());
    let flow = text(&answer.document()["flow_id"]);
    assert!(studio.server.segments(flow).is_empty());
    // The local result is whole, and nothing is tried again by itself.
    let before = studio.server.requests().len();
    stringout.run(["sync", "--json"]).expect_code(1);
    assert_eq!(studio.server.requests().len(), before);
    stringout.json(["outbox", "cancel", text(&outbox[0]["id"])]);
    assert_eq!(stringout.json(["sync"])["dead"], 0);
}
