//! Stopped half way: by the user, and by a power cut.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;
use tests::check::check;
use tests::fault_proxy::{FaultProxy, Requests};
use tests::seaweed::SeaweedFs;
use tests::stringout::{Running, Stringout};

use crate::place::{Place, assert_failure, take_file};

const LIMIT: Duration = Duration::from_secs(60);

/// Starts a compile of minutes over a file that is there, and waits until it is at work.
fn long_compile(place: &Place) -> Running {
    place.write("out.mp4", "not to be lost");
    let (out, file) = (place.arg("out.mp4"), take_file().display().to_string());
    let report = place.arg("out.json");
    let mut args = vec![
        "compile",
        "--mode",
        "render",
        "--overwrite",
        "--json",
        "--out",
        &out,
    ];
    args.extend(["--report", &report]);
    for _ in 0..200 {
        args.extend(["--clip", &file]);
    }
    let partial = place.path(".out.mp4.partial");
    let mut running = place.stringout.start(args);
    running.wait_until("it writes", || partial.exists());
    running
}

#[test]
fn a_compile_that_was_killed_leaves_the_old_file() {
    let place = Place::new();
    let mut running = long_compile(&place);
    running.process().crash();
    assert_eq!(fs::read(place.path("out.mp4")).unwrap(), b"not to be lost");

    let clip = format!("{}@10f..70f", take_file().display());
    place
        .compile(&clip, "out.mp4", &["--overwrite"])
        .expect_code(0);
    check(&place.path("out.mp4")).assert_frames(&[(8, 10..=69)]);
    assert_eq!(place.names(), ["out.mp4"]);
}

#[test]
fn ctrl_c_ends_a_compile_and_leaves_nothing() {
    let place = Place::new();
    let mut running = long_compile(&place);
    let asked = Instant::now();
    running.process().signal("INT");
    let answer = running.finish();
    assert!(
        asked.elapsed() < Duration::from_secs(20),
        "it took {:?}",
        asked.elapsed()
    );
    let error = answer.error(1);
    assert_eq!(error["code"], "cancelled", "{answer}");
    assert_eq!(fs::read(place.path("out.mp4")).unwrap(), b"not to be lost");
    assert_eq!(place.names(), ["out.mp4"]);
}

#[test]
fn a_server_ends_politely() {
    let place = Place::new();
    for serve in ["node", "play"] {
        let mut server = place
            .stringout
            .serve([serve, "serve", "--listen", "127.0.0.1:0"]);
        server.url();
        let ended = server.process().terminate();
        assert_eq!(ended.code(), Some(0), "{serve}: {ended:?}");
    }
}

/// A power cut while the object is on its way; then the same again.
#[test]
fn a_publish_that_was_killed_is_finished_by_doing_it_again() {
    let server = SeaweedFs::shared();
    let proxy = FaultProxy::start(&server.endpoint);
    let place = Place::new();
    let prefix = format!("crashes/{}", uuid::Uuid::new_v4());
    let workspace = place.path("workspace");
    fs::create_dir(&workspace).unwrap();
    let config = format!(
        "[s3.studio]\nendpoint = \"{}\"\nbucket = \"{}\"\nprefix = \"{prefix}\"\naccess_key = \"{}\"\n",
        proxy.endpoint, server.bucket, server.access_key
    );
    fs::write(workspace.join("config.toml"), config).unwrap();
    let stringout = Stringout::in_workspace(&workspace)
        .with("STRINGOUT_S3_STUDIO_SECRET_KEY", &server.secret_key);
    let file = take_file().display().to_string();
    let args = ["publish", file.as_str(), "--wait", "--json"];

    let held = proxy.hold(Requests::of("PUT"), ..);
    let mut running = stringout.start(args);
    held.wait_until_reached(LIMIT);
    running.process().crash();
    held.release();

    let published = stringout.run(args);
    published.expect_code(0);
    let published = published.document();
    let records = stringout.json(["compilations"]);
    assert_eq!(records.as_array().unwrap().len(), 1);
    assert_eq!(records[0]["id"], published["compilation_id"]);
    let flow = published["flow_id"].as_str().unwrap();
    let segments = stringout.json(["segments", flow]);
    assert_eq!(segments.as_array().unwrap().len(), 1);
    let sources = stringout.json(["sources"]);
    let tagged = sources
        .as_array()
        .unwrap()
        .iter()
        .filter(|source| source["id"] == published["source_id"]);
    assert_eq!(tagged.count(), 1);
    let mut keys = server.bucket().list(&prefix);
    keys.retain(|key| key.ends_with(".mp4"));
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert!(server.bucket().get(&keys[0]).unwrap() == fs::read(&file).unwrap());
    assert_eq!(stringout.json(["outbox"]), json!([]));
}

/// Ctrl-C while the object is on its way keeps the work.
#[test]
fn ctrl_c_keeps_an_upload_queued() {
    let server = SeaweedFs::shared();
    let proxy = FaultProxy::start(&server.endpoint);
    let place = Place::new();
    let workspace = place.path("workspace");
    let prefix = format!("crashes/{}", uuid::Uuid::new_v4());
    fs::create_dir(&workspace).unwrap();
    let config = format!(
        "[s3.studio]\nendpoint = \"{}\"\nbucket = \"{}\"\nprefix = \"{prefix}\"\naccess_key = \"{}\"\n",
        proxy.endpoint, server.bucket, server.access_key
    );
    fs::write(workspace.join("config.toml"), config).unwrap();
    let stringout = Stringout::in_workspace(&workspace)
        .with("STRINGOUT_S3_STUDIO_SECRET_KEY", &server.secret_key);
    let file = take_file().display().to_string();
    let held = proxy.hold(Requests::of("PUT"), ..);
    let mut running = stringout.start(["publish", &file, "--wait", "--json"]);
    held.wait_until_reached(LIMIT);
    running.process().signal("INT");
    let answer = running.finish();
    assert_failure(&answer, 1, "cancelled", &[]);
    let outbox = stringout.json(["outbox"]);
    assert_eq!(outbox.as_array().unwrap().len(), 1, "{outbox}");
    assert_ne!(outbox[0]["state"], "running", "{outbox}");
    held.release();
    assert_eq!(stringout.json(["sync"])["done"], 1);
    // The video, its poster and its record.
    assert_eq!(server.bucket().list(&prefix).len(), 3);
}
