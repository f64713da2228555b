//! Without the network: what was seen is listed, what was fetched is cut, and the rest says what is
//! missing.

use std::fs;

use serde_json::Value;
use tests::fault_proxy::FaultProxy;
use tests::tams_server::{Dialect, TamsServer};

use crate::material::{Material, text};
use crate::studio::{Place, Studio, assert_failure, assert_take, clip, connection};

#[test]
fn a_listing_is_as_of_before() {
    let studio = Studio::loaded(Dialect::Aws81);
    let flow = format!("studio/{}", Material::shared().flow);
    let runs: [&[&str]; 4] = [
        &["sources", "--json"],
        &["flows", "--json"],
        &["segments", &flow, "--json"],
        &["segments", &flow, "--timerange", "[2:0_4:0)", "--json"],
    ];
    let before = runs.map(|run| studio.place.stringout.run(run));
    for answer in &before {
        answer.expect_code(0);
        assert!(!answer.stderr.contains("as of"), "{answer}");
    }
    let address = studio.server.origin();
    drop(studio.server);
    for (run, before) in runs.iter().zip(&before) {
        let after = studio.place.stringout.run(*run);
        after.expect_code(0);
        assert_eq!(after.document(), before.document(), "{run:?}");
        assert!(
            ["studio", "as of", &*address]
                .iter()
                .all(|words| after.stderr.contains(words)),
            "{after}"
        );
    }
}

#[test]
fn what_never_was_asked_for_is_unreachable() {
    let server = TamsServer::start(Dialect::Aws81);
    let place = Place::with_config(&connection(&server.url(), ""));
    let address = server.origin();
    drop(server);
    // The local node's are listed all the same.
    let sources = place.stringout.run(["sources", "--json"]);
    sources.expect_code(0);
    assert_eq!(*sources.document(), Value::Array(Vec::new()));
    assert!(sources.stderr.contains("studio"), "{sources}");
    let named = place
        .stringout
        .run(["sources", "--from", "studio", "--json"]);
    assert_failure(&named, 4, "unreachable", &[&address]);
    let flow = place.compile(&clip("2s..3s"), "none.mp4");
    assert_failure(&flow, 4, "unreachable", &[&address]);
    assert!(!place.path("none.mp4").exists());
}

#[test]
fn what_was_fetched_is_cut_and_the_rest_names_the_server() {
    for dialect in [Dialect::Vasttams8, Dialect::Eyevinn, Dialect::Vasttams6] {
        let studio = Studio::loaded(dialect);
        let place = &studio.place;
        place.compile_exactly(&clip("2s..3s"), "before.mp4", (60, 90));
        let api = studio.server.origin();
        let media = studio.server.media_origin();
        drop(studio.server);
        place.compile_exactly(&clip("2s..3s"), "after.mp4", (60, 90));
        place.compile_exactly(&clip("2.5s..2.9s"), "within.mp4", (75, 87));
        let answer = place.compile(&clip("8s..9s"), "none.mp4");
        let error = assert_failure(&answer, 4, "unreachable", &[]);
        let detail = text(&error["detail"]);
        assert!(
            [api, media].iter().any(|server| detail.contains(&**server)),
            "{answer}"
        );
        assert_eq!(error["retryable"], true, "{answer}");
        assert!(!place.path("none.mp4").exists());
    }
}

/// The cache is only a cache.
#[test]
fn without_the_cache_it_works_again_when_the_server_is_back() {
    let server = TamsServer::start(Dialect::Tamoss82);
    Material::shared().load(Dialect::Tamoss82, &server);
    let api = FaultProxy::start(&server.origin());
    let place = Place::with_config(&connection(&api.endpoint, ""));
    let sources = place.stringout.json(["sources"]);
    place.compile_exactly(&clip("2s..3s"), "before.mp4", (60, 90));

    api.go_offline();
    for name in ["library.db", "library.db-wal", "library.db-shm"] {
        // The last two are there while somebody has the first one open.
        let _ = fs::remove_file(place.workspace().join(name));
    }
    let answer = place.compile(&clip("2s..3s"), "none.mp4");
    assert_failure(&answer, 4, "unreachable", &[&api.address]);

    api.go_online();
    place.compile_exactly(&clip("2s..3s"), "after.mp4", (60, 90));
    assert_eq!(place.stringout.json(["sources"]), sources);
    api.go_offline();
    place.compile_exactly(&clip("2s..3s"), "again.mp4", (60, 90));
    assert_take(&place.path("before.mp4"), (60, 90));
}
