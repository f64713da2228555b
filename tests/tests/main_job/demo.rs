//! `stringout demo`: the whole way on real footage, with a browser as the viewers.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tests::stringout::Stringout;
use tests::{chromium, qr};

use crate::journey::{assert_keys, text};

#[test]
fn the_demo_goes_the_whole_way() {
    let chromium = chromium::find();
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    // Tests serve on this machine only.
    fs::create_dir(&dir).unwrap();
    fs::write(
        dir.join("config.toml"),
        "[play]\nlisten = \"127.0.0.1:0\"\n",
    )
    .unwrap();
    let stringout = Stringout::new().with("STRINGOUT_CHROMIUM", &chromium);
    let demo = stringout.json([Path::new("demo"), Path::new("--dir"), &dir]);

    assert_keys(
        &demo,
        &["steps", "compiled", "sheet", "play_url", "metrics"],
    );
    let steps = demo["steps"].as_array().unwrap();
    for step in steps {
        assert_keys(step, &["name", "ok", "detail"]);
        assert_eq!(step["ok"], true, "{step}");
    }
    let detail = |name: &str| {
        let step = steps.iter().find(|step| step["name"] == name);
        text(&step.unwrap_or_else(|| panic!("no step {name}: {steps:#?}"))["detail"]).to_owned()
    };
    for name in [
        "ingest", "browse", "cut", "compile", "verify", "publish", "sheet", "play", "metrics",
    ] {
        assert!(!detail(name).is_empty(), "{name}");
    }
    assert!(detail("play").contains("Chromium"), "{}", detail("play"));

    let (compiled, sheet) = (
        Path::new(text(&demo["compiled"])),
        Path::new(text(&demo["sheet"])),
    );
    for path in [compiled, sheet] {
        assert!(
            path.is_absolute() && path.starts_with(&dir) && path.is_file(),
            "{}",
            path.display()
        );
    }
    assert_plan_of_both_kinds(&dir);
    tests::check::check(compiled).assert_decodes_cleanly();

    let codes = qr::in_pdf(sheet, 150).concat();
    assert_eq!(codes.len(), 1);
    assert!(detail("sheet").contains(&codes[0]), "{}", detail("sheet"));
    let metrics = &demo["metrics"];
    assert!(metrics["session_views"].as_u64().unwrap() >= 3, "{metrics}");
    assert!(metrics["qr_scans"].as_u64().unwrap() >= 2, "{metrics}");
    assert!(
        metrics["watch_seconds"].as_f64().unwrap() > 3.0,
        "{metrics}"
    );
    let mobile = metrics["mobile_percent"].as_f64().unwrap();
    assert!(mobile > 50.0 && mobile < 100.0, "{metrics}");

    // It is a workspace like any other.
    let stringout = Stringout::in_workspace(&dir);
    let records = stringout.json(["compilations"]);
    let id = text(&records[0]["id"]);
    assert_eq!(records[0]["play_url"], demo["play_url"]);
    assert!(text(&demo["play_url"]).ends_with(&format!("/play/{id}")));
    assert_eq!(
        stringout.json(["metrics", id])["session_views"],
        metrics["session_views"]
    );
}

/// At least one span is copied and at least one is not.
#[track_caller]
fn assert_plan_of_both_kinds(dir: &Path) {
    let reports = fs::read_dir(dir.join("compiled")).unwrap();
    let report = reports
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .expect("the demo keeps its report");
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    let kinds: Vec<&str> = report["plan"]["video"]
        .as_array()
        .unwrap()
        .iter()
        .map(|span| text(&span["kind"]))
        .collect();
    assert!(
        kinds.contains(&"copy") && kinds.iter().any(|kind| *kind != "copy"),
        "{kinds:?}"
    );
}
