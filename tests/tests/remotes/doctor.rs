//! `doctor` on connections: one that works, and each way in which one does not.

use serde_json::Value;
use tests::tams_server::{Auth, Dialect, Fault, Options, Requests, TamsServer};

use crate::material::{Material, list, text};
use crate::studio::{Place, assert_discreet};

/// The lines about a connection.
fn about<'a>(report: &'a Value, name: &str) -> Vec<&'a Value> {
    let prefix = format!("tams.{name}: ");
    let lines = list(report).iter();
    lines
        .filter(|line| text(&line["name"]).starts_with(&prefix))
        .collect()
}

/// Expects a line about a thing in this state that says these words.
#[track_caller]
fn assert_line(report: &Value, name: &str, what: &str, state: &str, words: &str) {
    let lines = about(report, name);
    let found = lines.iter().any(|line| {
        text(&line["name"]) == format!("tams.{name}: {what}")
            && line["state"] == state
            && text(&line["detail"]).contains(words)
            && (state == "ok" || !text(&line["detail"]).is_empty())
    });
    assert!(found, "no {state} `{what}` with {words}: {lines:#?}");
}

#[test]
fn each_connection_is_told_how_it_is() {
    let start = TamsServer::start;
    let good = start(Dialect::Tamoss82);
    Material::shared().load(Dialect::Tamoss82, &good);
    let dead = start(Dialect::Aws81);
    let dead_url = dead.url();
    drop(dead);
    let closed = TamsServer::start_with(
        Dialect::Vasttams8,
        Options {
            auth: vec![Auth::Basic {
                user: "eva".to_owned(),
                password: "right".to_owned(),
            }],
            tls: false,
        },
    );
    let lying = start(Dialect::Aws81);
    lying.lie_about_date(600);
    let page = start(Dialect::Aws81);
    page.inject(Requests::to_api(), .., Fault::Html);
    let place = Place::with_config(&format!(
        "[tams.good]\nurl = \"{}\"\n[tams.dead]\nurl = \"{dead_url}\"\n\
         [tams.closed]\nurl = \"{}\"\nauth = \"basic\"\nuser = \"eva\"\n\
         [tams.lying]\nurl = \"{}\"\n[tams.page]\nurl = \"{}\"\n",
        good.url(),
        closed.url(),
        lying.url(),
        page.url()
    ))
    .knowing("STRINGOUT_TAMS_CLOSED_PASSWORD", "hunter2");
    let answer = place.stringout.run(["doctor", "--json"]);
    // Something is broken, and the report is there all the same.
    answer.expect_code(1);
    let report = answer.document();

    for what in [
        "reachable",
        "credentials accepted",
        "lists",
        "clock",
        "gives media out",
        "takes uploads",
    ] {
        assert_line(report, "good", what, "ok", "");
    }
    assert_line(report, "good", "server", "ok", "TAMOSS 8.2");
    assert_line(report, "good", "reachable", "ok", &good.url());
    let whole = about(report, "good");
    assert!(whole.iter().all(|line| line["state"] == "ok"), "{whole:#?}");

    for (name, what, words) in [
        ("dead", "reachable", &*dead_url),
        ("closed", "credentials accepted", &*closed.url()),
        ("page", "answers as a TAMS server", &*page.url()),
    ] {
        assert_line(report, name, what, "broken", words);
        let broken = about(report, name);
        assert_eq!(broken.len(), 1, "{broken:#?}");
        assert!(!text(&broken[0]["hint"]).is_empty(), "{broken:#?}");
    }
    assert_line(report, "lying", "clock", "missing", "ahead");
    assert_line(report, "lying", "reachable", "ok", "");

    // Looking writes nothing.
    let seen = good.requests();
    assert!(
        seen.iter()
            .all(|seen| ["GET", "HEAD"].contains(&&*seen.method))
    );
    let said = answer.to_string();
    assert!(!said.contains("hunter2"), "{said}");
    assert_discreet(&said);
}

#[test]
fn writing_is_tried_where_results_go_and_changes_nothing() {
    let login = |role| Options {
        auth: vec![Auth::Login {
            username: "eva".to_owned(),
            password: "right".to_owned(),
            role,
        }],
        tls: false,
    };
    let editor = TamsServer::start_with(Dialect::Vasttams8, login("editor"));
    let viewer = TamsServer::start_with(Dialect::Vasttams8, login("viewer"));
    let table = |name: &str, server: &TamsServer| {
        format!(
            "[tams.{name}]\nurl = \"{}\"\nauth = \"login\"\nuser = \"eva\"\ndefault = true\n",
            server.url()
        )
    };
    let config = table("editor", &editor) + &table("viewer", &viewer);
    let place = Place::with_config(&config)
        .knowing("STRINGOUT_TAMS_EDITOR_PASSWORD", "right")
        .knowing("STRINGOUT_TAMS_VIEWER_PASSWORD", "right");
    let answer = place.stringout.run(["doctor", "--json"]);
    let report = answer.document();
    assert_line(report, "editor", "lets us write", "ok", "does not exist");
    assert_line(report, "viewer", "lets us write", "broken", "");
    for server in [&editor, &viewer] {
        assert_eq!((server.flows().len(), server.sources().len()), (0, 0));
    }
}
