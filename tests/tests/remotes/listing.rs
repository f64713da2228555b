//! `sources`, `flows` and `segments` of the local node and of servers, side by side.

use serde_json::Value;
use tests::media::{MediaSpec, generate};
use tests::tams::Schema;
use tests::tams_server::{Dialect, Fault, Requests, TamsServer};

use crate::material::{Material, SEGMENTS, list, start_at, text};
use crate::studio::{Place, assert_discreet};

/// The name of a server's connection.
fn name_of(dialect: Dialect) -> String {
    format!("{dialect:?}").to_lowercase()
}

/// Those that are at a connection, or local.
fn at<'a>(found: &'a Value, connection: Option<&str>) -> Vec<&'a Value> {
    let items = list(found).iter();
    items
        .filter(|item| item["_connection"].as_str() == connection)
        .collect()
}

/// The start of each timerange.
fn ranges(segments: &Value) -> Vec<&str> {
    let segments = list(segments).iter();
    segments
        .map(|segment| text(&segment["timerange"]))
        .collect()
}

#[test]
fn every_server_stands_beside_the_local_node() {
    let material = Material::shared();
    let place = Place::with_config("");
    let stringout = &place.stringout;
    let local = generate(&MediaSpec::small(32)).display().to_string();
    let ingested = stringout.json(["ingest", &local]);
    let servers = Dialect::ALL.map(|dialect| (dialect, TamsServer::start(dialect)));
    for (dialect, server) in &servers {
        material.load(*dialect, server);
        let key = format!("tams.{}.url", name_of(*dialect));
        stringout.json(["config", "set", &key, &server.url()]);
    }

    let sources = stringout.json(["sources"]);
    Schema::named("source").assert_all_valid(&sources);
    let here = at(&sources, None);
    assert!(
        here.iter().any(|one| one["id"] == ingested["source_id"]),
        "{sources:#}"
    );
    let flows = stringout.json(["flows"]);
    Schema::named("flow-get").assert_all_valid(&flows);
    assert!(
        at(&flows, None)
            .iter()
            .any(|flow| flow["id"] == ingested["flows"][0]["id"]),
        "{flows:#}"
    );
    for (dialect, _) in &servers {
        let name = name_of(*dialect);
        let there = at(&sources, Some(&name));
        let source = there.iter().find(|one| one["id"] == *material.source);
        assert_eq!(source.unwrap()["label"], "The take", "{name}: {sources:#}");
        let there = at(&flows, Some(&name));
        assert!(
            there.iter().any(|flow| flow["id"] == *material.flow),
            "{name}: {flows:#}"
        );

        let of_source =
            stringout.json(["flows", "--source", &format!("{name}/{}", material.source)]);
        Schema::named("flow-get").assert_all_valid(&of_source);
        let ids: Vec<&Value> = list(&of_source).iter().map(|flow| &flow["id"]).collect();
        assert_eq!(ids, [&*material.flow], "{name}");
        assert_eq!(of_source[0]["_connection"], *name);

        let flow = format!("{name}/{}", material.flow);
        let segments = stringout.json(["segments", &flow, "--timerange", "[0:0_60:0)"]);
        Schema::named("flow-segment").assert_all_valid(&segments);
        assert_eq!(at(&segments, Some(&name)).len(), SEGMENTS, "{segments:#}");
        let wanted: Vec<String> = (0..SEGMENTS)
            .map(|second| second + start_at(*dialect))
            .map(|second| format!("[{second}:0_{}:0)", second + 1))
            .collect();
        assert_eq!(ranges(&segments), wanted, "{name}");
        let some = stringout.json(["segments", &flow, "--timerange", "[2:500000000_4:0)"]);
        assert_eq!(ranges(&some), ["[2:0_3:0)", "[3:0_4:0)"], "{name}");
        assert_discreet(&segments.to_string());
    }
}

#[test]
fn one_place_alone_can_be_asked() {
    let material = Material::shared();
    let server = TamsServer::start(Dialect::Tamoss82);
    material.load(Dialect::Tamoss82, &server);
    let place = Place::with_config(&format!("[tams.studio]\nurl = \"{}\"\n", server.url()));
    let stringout = &place.stringout;
    stringout.json(["ingest", material.file.to_str().unwrap()]);
    let before = server.requests().len();
    let local = stringout.json(["sources", "--from", "local"]);
    assert!(at(&local, Some("studio")).is_empty() && !at(&local, None).is_empty());
    assert_eq!(server.requests().len(), before, "the server was asked");
    let remote = stringout.json(["sources", "--from", "studio"]);
    assert!(!at(&remote, Some("studio")).is_empty() && at(&remote, None).is_empty());
    let unknown = stringout.run(["sources", "--from", "nowhere", "--json"]);
    assert!(text(&unknown.error(3)["detail"]).contains("nowhere"));
}

#[test]
fn pages_are_read_to_their_end() {
    let material = Material::shared();
    // vasttams 8.0 gives as many as it is asked for, and does not say that there are more.
    let paged = Dialect::ALL
        .into_iter()
        .filter(|d| *d != Dialect::Vasttams8);
    for dialect in paged {
        let server = TamsServer::start(dialect);
        server.set_page_size(3);
        material.load(dialect, &server);
        let place = Place::with_config(&format!("[tams.studio]\nurl = \"{}\"\n", server.url()));
        let flow = format!("studio/{}", material.flow);
        let segments = place.stringout.json(["segments", &flow]);
        assert_eq!(list(&segments).len(), SEGMENTS, "{dialect:?}");
    }
}

/// What another workspace's node serves is a server like any other.
#[test]
fn another_workspace_is_a_server() {
    let material = Material::shared();
    let theirs = Place::with_config("");
    let file = material.file.to_str().unwrap();
    let ingested = theirs.stringout.json(["ingest", file, "--label", "Theirs"]);
    let flow = text(&ingested["flows"][0]["id"]);
    let serve = ["node", "serve", "--listen", "127.0.0.1:0"];
    let mut node = theirs.stringout.serve(serve);
    let url = node.url();
    let ours = Place::with_config("");
    ours.stringout
        .json(["config", "set", "tams.studio.url", &url]);

    let sources = ours.stringout.json(["sources"]);
    Schema::named("source").assert_all_valid(&sources);
    let there = at(&sources, Some("studio"));
    assert!(
        there
            .iter()
            .any(|source| source["id"] == ingested["source_id"]),
        "{sources:#}"
    );
    let flows = ours.stringout.json(["flows"]);
    Schema::named("flow-get").assert_all_valid(&flows);
    let segments = ours.stringout.json(["segments", &format!("studio/{flow}")]);
    Schema::named("flow-segment").assert_all_valid(&segments);
    assert_eq!(list(&segments).len(), 5, "two seconds each: {segments:#}");
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    for (number, reference) in [
        format!("flow:studio/{flow}"),
        format!("tams://{host}/flows/{flow}"),
        format!("source:studio/{}", text(&ingested["source_id"])),
    ]
    .iter()
    .enumerate()
    {
        let name = format!("{number}.mp4");
        ours.compile_exactly(&format!("{reference}@2s..5s"), &name, (60, 150));
    }
}

#[test]
fn a_server_that_is_silent_holds_up_no_other() {
    let silent = TamsServer::start(Dialect::Aws81);
    silent.inject(Requests::to_api(), .., Fault::Hang);
    let good = TamsServer::start(Dialect::Tamoss82);
    Material::shared().load(Dialect::Tamoss82, &good);
    let place = Place::with_config(&format!(
        "[tams.silent]\nurl = \"{}\"\n[tams.good]\nurl = \"{}\"\n",
        silent.url(),
        good.url()
    ));
    let answer = place.stringout.run(["sources", "--json"]);
    answer.expect_code(0);
    let found = list(answer.document());
    assert!(found.iter().all(|source| source["_connection"] == "good"));
    assert!(!found.is_empty());
    let said = answer.to_string();
    assert!(
        said.contains("silent") && said.contains("said nothing"),
        "{said}"
    );
}
