//! `publish` to a server that gets results: what is there afterwards, and when it gets there.

use std::fs;

use serde_json::{Value, json};
use tests::fault_proxy::{FaultProxy, Requests as Proxied};
use tests::http::Client;
use tests::media::{MediaSpec, generate};
use tests::seaweed::SeaweedFs;
use tests::tams_server::{Dialect, Fault, Requests, TamsServer};

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
    assert_there_as(server, text(&published["flow_id"]));
}

/// The same, where the flow has this id.
#[track_caller]
fn assert_there_as(server: &TamsServer, flow: &str) {
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

/// The id at a server that takes random ones only: all digits are the same but that of the version.
fn in_random_form(id: &str) -> String {
    let mut there = id.to_owned();
    assert_eq!(&there[14..15], "5", "{id} is no derived id");
    there.replace_range(14..15, "4");
    there
}

#[test]
fn a_published_film_is_at_vasttams_6_which_takes_it_with_its_segment() {
    let studio = Studio::empty(Dialect::Vasttams6, DEFAULT);
    let stringout = &studio.place.stringout;
    for round in 0..2 {
        let answer = stringout.run(publish_args());
        answer.expect_code(0);
        assert_discreet(&answer.to_string());
        let published = answer.document();
        let flow = in_random_form(text(&published["flow_id"]));
        assert_there_as(&studio.server, &flow);
        assert_eq!(stringout.json(["outbox"]), json!([]));
        let forms = Requests::to_api().of("POST").holding("/segments");
        assert_eq!(studio.server.count(&forms), 1, "round {round}");
        let seen = stringout.json(["segments", &format!("studio/{flow}")]);
        assert_eq!(seen.as_array().unwrap().len(), 1);
        let source = in_random_form(text(&published["source_id"]));
        let sources = studio.server.sources();
        let ours = sources.iter().find(|known| known["id"] == *source).unwrap();
        assert_eq!(ours["label"], "Film", "{ours:#}");
        // What was sent can be cut from there.
        let clip = format!("flow:studio/{flow}@1s..2s");
        let out = format!("cut-{round}.mp4");
        let cut = studio.place.compile(&clip, &out);
        cut.expect_code(0);
        assert_eq!(cut.document()["frames"], 30);
    }
}

#[test]
fn a_lost_answer_of_vasttams_6_sends_the_film_once() {
    let studio = Studio::empty(Dialect::Vasttams6, DEFAULT);
    let forms = Requests::to_api().of("POST").holding("/segments");
    studio
        .server
        .inject(forms.clone(), 1..=1, Fault::LoseAnswer);
    let answer = studio.place.stringout.run(publish_args());
    answer.expect_code(0);
    let flow = in_random_form(text(&answer.document()["flow_id"]));
    assert_there_as(&studio.server, &flow);
    assert_eq!(studio.server.count(&forms), 1);
}

/// A workspace whose server knows objects in a store of its own.
fn with_store(dialect: Dialect, prefix: &str) -> (Studio, Place) {
    with_store_at(&SeaweedFs::shared().endpoint, dialect, prefix)
}

/// The same, where the store is reached at another address.
fn with_store_at(endpoint: &str, dialect: Dialect, prefix: &str) -> (Studio, Place) {
    let seaweed = SeaweedFs::shared();
    let studio = Studio::empty(dialect, "");
    let config = format!(
        "{}store = \"films\"\n{DEFAULT}\n\n[s3.films]\nendpoint = \"{}\"\nbucket = \"{}\"\n\
         region = \"{}\"\nprefix = \"{prefix}\"\naccess_key = \"{}\"\n",
        connection(&studio.server.url(), ""),
        endpoint,
        seaweed.bucket,
        seaweed.region,
        seaweed.access_key,
    );
    let place =
        Place::with_config(&config).knowing("STRINGOUT_S3_FILMS_SECRET_KEY", &seaweed.secret_key);
    (studio, place)
}

#[test]
fn a_film_goes_into_a_store_of_ones_own_and_the_server_is_told_where() {
    let bucket = SeaweedFs::shared().bucket();
    for dialect in [Dialect::Aws81, Dialect::Tamoss82, Dialect::OpenTams] {
        let prefix = format!("direct/{}", uuid::Uuid::new_v4());
        let (studio, place) = with_store(dialect, &prefix);
        let answer = place.stringout.run(publish_args());
        answer.expect_code(0);
        assert_discreet(&answer.to_string());
        let published = answer.document();
        // Once in the store, as the result that goes there anyway, and nothing in the server's own.
        let mut keys = bucket.list(&prefix);
        keys.retain(|key| key.ends_with(".mp4"));
        assert_eq!(keys.len(), 1, "{dialect:?}: {keys:?}");
        assert!(bucket.get(&keys[0]).unwrap() == fs::read(film()).unwrap());
        assert_eq!(studio.server.count(&Requests::to_media().of("PUT")), 0);
        let flow = text(&published["flow_id"]);
        let url = format!("{}/flows/{flow}/segments", studio.server.url());
        let segments = Client::new().get(&url, &[]).json(200);
        let there = &segments[0]["get_urls"][0];
        let address = text(&there["url"]);
        assert!(
            address.ends_with(&keys[0]) && !address.contains('?'),
            "{there:#}"
        );
        // Nobody reads it without a permission; we have our own keys.
        assert_eq!(Client::new().get(address, &[]).status, 403);
        let cut = place.compile(&format!("flow:studio/{flow}@1s..2s"), "cut.mp4");
        cut.expect_code(0);
        assert_eq!(cut.document()["frames"], 30);
        // Once more sends nothing.
        place.stringout.run(publish_args()).expect_code(0);
        assert_eq!(bucket.list(&prefix).len(), 3);
        assert_eq!(studio.server.segments(flow).len(), 1);
        let doctor = place.stringout.run(["doctor", "--json"]);
        assert_discreet(&doctor.to_string());
    }
}

#[test]
fn the_server_hears_of_nothing_before_its_objects_are_there() {
    let proxy = FaultProxy::start(&SeaweedFs::shared().endpoint);
    let prefix = format!("direct/{}", uuid::Uuid::new_v4());
    let (studio, place) = with_store_at(&proxy.endpoint, Dialect::Tamoss82, &prefix);
    proxy.go_offline();
    let answer = place.stringout.run(publish_args());
    assert_failure(&answer, 4, "unreachable", &[]);
    assert!(studio.server.flows().is_empty() && studio.server.sources().is_empty());
    proxy.go_online();
    assert_eq!(place.stringout.json(["sync"])["waiting"], 0);
    let flow = text(&answer.document()["flow_id"]);
    assert_eq!(studio.server.segments(flow).len(), 1);
    assert_eq!(studio.server.flows().len(), 3);
    // The film, its poster and its record.
    assert_eq!(SeaweedFs::shared().bucket().list(&prefix).len(), 3);
    assert_eq!(place.stringout.json(["outbox"]), json!([]));
}

#[test]
fn a_server_that_wants_objects_in_its_own_store_says_so_and_the_entry_is_dead() {
    let (studio, place) = with_store(Dialect::Vasttams8, "direct/refused");
    let stringout = &place.stringout;
    let answer = stringout.run(publish_args());
    let named = ["vasttams 8", &studio.server.origin()];
    let error = assert_failure(&answer, 1, "refused", &named);
    assert!(text(&error["hint"]).contains("outbox"), "{answer}");
    let outbox = stringout.json(["outbox"]);
    assert_eq!(outbox[0]["state"], "dead", "{outbox:#}");
    assert!(
        text(&outbox[0]["last_error"]).contains("store"),
        "{outbox:#}"
    );
    assert!(studio.server.objects().is_empty() && studio.server.flows().is_empty());
    // The local result is whole, and nothing is tried again by itself.
    let before = studio.server.requests().len();
    stringout.run(["sync", "--json"]).expect_code(1);
    assert_eq!(studio.server.requests().len(), before);
    stringout.json(["outbox", "cancel", text(&outbox[0]["id"])]);
    assert_eq!(stringout.json(["sync"])["dead"], 0);
}

#[test]
fn a_published_film_is_at_every_server_that_gives_places_to_upload_to() {
    let gives_places = Dialect::ALL
        .into_iter()
        .filter(|d| *d != Dialect::Vasttams6);
    for dialect in gives_places {
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
