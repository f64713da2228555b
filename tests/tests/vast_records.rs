//! Records in a VAST Database: what `publish` leaves there, by VAST's own client, whatever happens between.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tests::media::{MediaSpec, generate};
use tests::stringout::Stringout;
use tests::vast::VastServer;

/// A workspace whose records go to a VAST Database.
struct Studio {
    stringout: Stringout,
    folder: tempfile::TempDir,
    film: String,
}

impl Studio {
    fn new(server: &VastServer) -> Self {
        Self::with(&settings(&server.url, server), server)
    }

    fn with(config: &str, server: &VastServer) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("workspace");
        fs::create_dir(&workspace).unwrap();
        fs::write(workspace.join("config.toml"), config).unwrap();
        Self {
            stringout: Stringout::in_workspace(&workspace)
                .with("STRINGOUT_VASTDB_SECRET_KEY", &server.secret_key),
            folder,
            film: generate(&MediaSpec::small(44)).display().to_string(),
        }
    }

    fn configure(&self, config: &str) {
        fs::write(self.path("workspace/config.toml"), config).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn clip(&self) -> String {
        format!("{}@0.5s..3s", self.film)
    }

    fn publish(&self, label: &str) -> Value {
        let clip = self.clip();
        self.stringout
            .json(["publish", "--clip", &clip, "--label", label, "--wait"])
    }
}

fn settings(url: &str, server: &VastServer) -> String {
    format!(
        "[vastdb]\nendpoint = \"{url}\"\nbucket = \"{}\"\naccess_key = \"{}\"\n",
        server.bucket, server.access_key
    )
}

/// The rows of a table, by VAST's own client.
fn rows(server: &VastServer, table: &str) -> Vec<Value> {
    let asked = json!({
        "do": "read", "bucket": server.bucket, "schema": "stringout", "table": table,
    });
    server.sdk().ask(&asked).as_array().unwrap().clone()
}

#[test]
fn a_record_is_there_as_it_is_here() {
    let server = VastServer::start();
    let studio = Studio::new(&server);
    let published = studio.publish("Film");
    let here = studio.stringout.json([
        "compilations",
        published["compilation_id"].as_str().unwrap(),
    ]);
    let there = rows(&server, "compilations");
    assert_eq!(there.len(), 1, "{there:#?}");
    for key in [
        "id",
        "title",
        "plan_hash",
        "sha256",
        "object_url",
        "play_url",
    ] {
        assert_eq!(there[0][key], here[key], "{key}");
    }
    for key in [
        "frames",
        "width",
        "height",
        "size",
        "video_codec",
        "sample_rate",
    ] {
        assert_eq!(there[0][key], here["media"][key], "{key}");
    }
    let plan: Value = serde_json::from_str(there[0]["plan"].as_str().unwrap()).unwrap();
    assert_eq!(plan, here["plan"]);
    let inputs = rows(&server, "compilation_inputs");
    assert_eq!(inputs.len(), here["inputs"].as_array().unwrap().len());
    assert_eq!(inputs[0]["timerange"], here["inputs"][0]["timerange"]);
    assert_eq!(server.faults.open_transactions(), 0);
    // And whoever else writes there sees it.
    let shared = studio.stringout.json(["compilations", "--shared"]);
    assert_eq!(shared[0]["id"], here["id"]);
    assert_eq!(shared[0]["title"], "Film");
    // Once more sends nothing; another title is a new version.
    studio.publish("Film");
    assert_eq!(rows(&server, "compilations")[0]["version"], 1);
    studio.publish("Feature");
    let there = rows(&server, "compilations");
    assert_eq!(
        (there.len(), &there[0]["version"]),
        (1, &json!(2)),
        "{there:#?}"
    );
    assert_eq!(there[0]["title"], "Feature");
    assert_eq!(studio.stringout.json(["outbox"]), json!([]));
}

#[test]
fn without_the_cluster_it_is_queued_and_sent_once() {
    let server = VastServer::start();
    let studio = Studio::with(&settings("http://127.0.0.1:9", &server), &server);
    let clip = studio.clip();
    let args = [
        "publish", "--clip", &clip, "--label", "Film", "--wait", "--json",
    ];
    studio.stringout.run(args).expect_code(4);
    let outbox = studio.stringout.json(["outbox"]);
    assert_eq!(
        (&outbox[0]["kind"], &outbox[0]["waiting_for"]),
        (&json!("vastdb.record"), &json!("network"))
    );
    // The address is corrected: what was published before goes there as well.
    studio.configure(&settings(&server.url, &server));
    server.faults.set(&json!({"lose_commit": 1}));
    studio.stringout.json(["sync"]);
    server.faults.heal();
    assert_eq!(rows(&server, "compilations").len(), 1);
    studio.stringout.json(["sync"]);
    assert_eq!(rows(&server, "compilations").len(), 1);
    assert_eq!(studio.stringout.json(["outbox"]), json!([]));
}

/// Killed in the middle, and in front of each answer: one row in the end.
#[test]
fn a_killed_publish_leaves_one_row() {
    let server = VastServer::start();
    for (number, place) in ["vastdb.tables-there", "vastdb.written", "outbox.confirmed"]
        .into_iter()
        .enumerate()
    {
        let studio = Studio::new(&server);
        let reached = studio.path("reached");
        let doomed = Stringout::in_workspace(&studio.path("workspace"))
            .with("STRINGOUT_VASTDB_SECRET_KEY", &server.secret_key)
            .with("STRINGOUT_FAILPOINT", place)
            .with("STRINGOUT_FAILPOINT_FILE", &reached);
        // Another film each time, as its record has its id from its content.
        let clip = format!("{}@{number}s..3s", studio.film);
        let args = ["publish", "--clip", &clip, "--label", place, "--wait"];
        let mut running = doomed.start(args);
        running.wait_until(place, || reached.exists());
        running.process().crash();
        studio.stringout.json(args);
        let there = rows(&server, "compilations");
        let ours: Vec<_> = there.iter().filter(|row| row["title"] == place).collect();
        assert_eq!(ours.len(), 1, "{place}: {there:#?}");
        assert_eq!(ours[0]["version"], 1, "{place}: written again");
        assert_eq!(studio.stringout.json(["outbox"]), json!([]), "{place}");
    }
}

/// Two workstations call one film by different names: nobody's word is lost in silence.
#[test]
fn a_record_that_was_changed_elsewhere_is_a_question() {
    for (keep, title) in [("theirs", "Theirs"), ("ours", "Ours")] {
        let server = VastServer::start();
        let (here, elsewhere) = (Studio::new(&server), Studio::new(&server));
        elsewhere.publish("Theirs");
        let clip = here.clip();
        let args = [
            "publish", "--clip", &clip, "--label", "Ours", "--wait", "--json",
        ];
        let refused = here.stringout.run(args);
        refused.expect_code(1);
        let outbox = here.stringout.json(["outbox"]);
        assert_eq!(outbox[0]["state"], "dead", "{outbox:#}");
        let said = outbox[0]["last_error"].as_str().unwrap();
        assert!(said.contains("Theirs") && said.contains("--keep"), "{said}");
        let id = outbox[0]["id"].as_str().unwrap();
        here.stringout.json(["outbox", "retry", id, "--keep", keep]);
        here.stringout.json(["sync"]);
        let there = rows(&server, "compilations");
        assert_eq!(
            (there.len(), &there[0]["title"]),
            (1, &json!(title)),
            "{there:#?}"
        );
        let known = here.stringout.json(["compilations"]);
        assert_eq!(known[0]["title"], title);
        assert_eq!(here.stringout.json(["outbox"]), json!([]));
    }
}

#[test]
fn the_doctor_tries_it_and_secrets_stay_inside() {
    let server = VastServer::start();
    let studio = Studio::new(&server);
    let state = |studio: &Studio, name: &str| {
        let lines = studio.stringout.run(["doctor", "--json"]);
        let lines = lines.document().as_array().unwrap().clone();
        let line = lines.iter().find(|line| line["name"] == name);
        line.unwrap_or_else(|| panic!("no {name} in {lines:#?}"))["state"].clone()
    };
    assert_eq!(state(&studio, "VAST DB: server"), "ok");
    assert_eq!(state(&studio, "VAST DB: credentials"), "ok");
    let wrong = Stringout::in_workspace(&studio.path("workspace"))
        .with("STRINGOUT_VASTDB_SECRET_KEY", "wrong");
    let lines = wrong.run(["doctor", "--json"]).document().clone();
    assert!(
        lines
            .as_array()
            .unwrap()
            .iter()
            .any(|line| { line["name"] == "VAST DB: credentials" && line["state"] == "broken" }),
        "{lines:#}"
    );
    let clip = studio.clip();
    let args = ["publish", "--clip", &clip, "--wait", "--json"];
    let refused = wrong.run(args);
    refused.expect_code(1);
    assert_eq!(
        studio.stringout.json(["outbox"])[0]["waiting_for"],
        "credentials"
    );
    assert!(!refused.to_string().contains(&server.secret_key));
    studio.stringout.json(["sync"]);
    assert_eq!(rows(&server, "compilations").len(), 1);
}
