//! Pins: what is wanted offline is told with its size, comes, stays, and is cut without the server.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tests::fault_proxy::FaultProxy;
use tests::folders;
use tests::tams_server::{Dialect, TamsServer};
use tests::tool::run;

use crate::material::{Material, list, text};
use crate::studio::{Place, Studio, assert_failure, clip, connection};

fn flow() -> String {
    format!("studio/{}", Material::shared().flow)
}

fn media(place: &Place) -> usize {
    let folder = place.workspace().join("media/objects");
    fs::read_dir(folder).map_or(0, |files| files.count())
}

#[test]
fn a_pinned_range_is_cut_without_the_server() {
    for dialect in [Dialect::Aws81, Dialect::Vasttams8] {
        let studio = Studio::loaded(dialect);
        let place = &studio.place;
        assert_eq!(place.stringout.json(["pin"]), json!([]));
        let pinned = place
            .stringout
            .run(["pin", &flow(), "--timerange", "[2:0_4:0)", "--json"]);
        pinned.expect_code(0);
        let line = pinned.document();
        let objects = line["objects"].as_u64().unwrap();
        assert_eq!(line["here"], objects, "{pinned}");
        assert_eq!(line["missing_bytes"], 0, "{pinned}");
        assert!(line["bytes"].as_u64().is_some_and(|bytes| bytes > 10_000));
        // What would come was told before it came.
        let told = pinned.stderr.lines().next().unwrap_or_default();
        assert!(
            told.contains(&flow()) && told.contains("objects"),
            "{pinned}"
        );
        drop(studio.server);
        place.compile_exactly(&clip("2s..4s"), "whole.mp4", (60, 120));
        place.compile_exactly(&clip("2.5s..3.9s"), "part.mp4", (75, 117));
        let listed = place.stringout.json(["pin"]);
        assert_eq!(listed[0]["timerange"], "[2:0_4:0)");
        assert_eq!(listed[0]["here"], objects);
    }
}

#[test]
fn what_is_pinned_while_the_server_is_away_comes_when_it_is_back() {
    let server = TamsServer::start(Dialect::Tamoss82);
    Material::shared().load(Dialect::Tamoss82, &server);
    let api = FaultProxy::start(&server.origin());
    let place = Place::with_config(&connection(&api.endpoint, ""));
    api.go_offline();
    let refused = place
        .stringout
        .run(["pin", &flow(), "--timerange", "[0:0_3:0)", "--json"]);
    let error = assert_failure(&refused, 4, "unreachable", &[]);
    assert!(
        error["hint"].as_str().unwrap().contains("sync"),
        "{refused}"
    );
    let listed = place.stringout.json(["pin"]);
    assert_eq!(
        (&listed[0]["objects"], &listed[0]["here"]),
        (&Value::Null, &json!(0))
    );
    let waits = place.stringout.run(["sync", "--json"]);
    waits.expect_code(4);
    assert_eq!(waits.document()["pins_missing"], 1, "{waits}");

    api.go_online();
    let synced = place.stringout.json(["sync"]);
    assert_eq!(
        (&synced["pins"], &synced["pins_missing"]),
        (&json!(1), &json!(0))
    );
    api.go_offline();
    place.compile_exactly(&clip("1s..3s"), "after.mp4", (30, 90));
}

#[test]
fn a_flow_that_is_nowhere_or_here_anyway_is_not_pinned() {
    let studio = Studio::loaded(Dialect::Aws81);
    let place = &studio.place;
    let unknown = "studio/0c5c9a5e-6a51-4a0f-9f27-1a8a0d4a7c11";
    let refused = place.stringout.run(["pin", unknown, "--json"]);
    assert_failure(&refused, 3, "not_found", &[]);
    let empty = place
        .stringout
        .run(["pin", &flow(), "--timerange", "()", "--json"]);
    empty.expect_code(3);
    assert_eq!(place.stringout.json(["pin"]), json!([]));
    let nothing = place.stringout.run(["unpin", &flow(), "--json"]);
    assert_failure(&nothing, 3, "not_found", &[]);
}

/// Two at once: what each takes back stays taken back.
#[test]
fn ranges_are_unpinned_side_by_side() {
    let studio = Studio::loaded(Dialect::Aws81);
    let place = &studio.place;
    for _ in 0..4 {
        place.stringout.json(["pin", &flow()]);
        let running: Vec<_> = ["[2:0_4:0)", "[6:0_8:0)"]
            .map(|range| {
                place
                    .stringout
                    .start(["unpin", &flow(), "--timerange", range])
            })
            .into();
        for running in running {
            running.finish().expect_code(0);
        }
        let left = place.stringout.json(["pin"]);
        let mut ranges: Vec<&str> = list(&left)
            .iter()
            .map(|pin| text(&pin["timerange"]))
            .collect();
        ranges.sort_unstable();
        assert_eq!(ranges, ["[4:0_6:0)", "[8:0_", "_2:0)"]);
        place.stringout.json(["unpin", &flow()]);
    }
}

/// A range that nothing is in yet, and a server that is not configured any more, are no failures of a sync.
#[test]
fn odd_pins_stand_in_no_way() {
    let studio = Studio::loaded(Dialect::Aws81);
    let place = &studio.place;
    let ahead = place
        .stringout
        .json(["pin", &flow(), "--timerange", "[100:0_200:0)"]);
    assert_eq!((&ahead["objects"], &ahead["here"]), (&json!(0), &json!(0)));
    let synced = place.stringout.json(["sync"]);
    assert_eq!(
        (&synced["pins"], &synced["pins_missing"]),
        (&json!(1), &json!(0))
    );
    fs::write(place.workspace().join("config.toml"), "").unwrap();
    let synced = place.stringout.json(["sync"]);
    assert_eq!(
        (&synced["pins"], &synced["pins_missing"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(place.stringout.json(["unpin", &flow()]), json!([]));
}

/// What the cache remembers of uses becomes older.
fn two_hours_pass(library: &Path) {
    let script = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); \
                  db.execute('UPDATE objects SET used_s = used_s - 7200'); db.commit()";
    let mut python = Command::new(folders::venv_program("python"));
    run(python.args(["-c", script]).arg(library));
}

/// A cache that is full gives up what nobody pinned, longest unused first, but not what is in use.
#[test]
fn room_is_made_of_what_is_not_pinned() {
    let studio = Studio::loaded(Dialect::Aws81);
    let place = &studio.place;
    place
        .stringout
        .json(["pin", &flow(), "--timerange", "[0:0_2:0)"]);
    let pinned = media(place);
    place.compile_exactly(&clip("6s..8s"), "far.mp4", (180, 240));
    let all = media(place);
    assert!(all > pinned, "{pinned} of {all}");
    place.stringout.json(["config", "set", "media.budget", "1"]);
    // It was used just now.
    place.stringout.json(["sync"]);
    assert_eq!(media(place), all);
    two_hours_pass(&place.workspace().join("library.db"));
    place.stringout.json(["sync"]);
    assert_eq!(media(place), pinned);

    let left = place
        .stringout
        .json(["unpin", &flow(), "--timerange", "[1:0_2:0)"]);
    assert_eq!(left[0]["timerange"], "[0:0_1:0)");
    assert_eq!(place.stringout.json(["unpin", &flow()]), json!([]));
    assert_eq!(place.stringout.json(["pin"]), json!([]));
    // What went comes again when it is needed.
    place.compile_exactly(&clip("6s..8s"), "again.mp4", (180, 240));
}
