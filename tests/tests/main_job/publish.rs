//! Publish: the object, the flow in TAMS, the record, and finding it both ways.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tests::tams::Schema;

use crate::journey::{Journey, assert_keys, assert_tams_id, sha256, text};

#[test]
fn a_published_file_is_an_object_a_flow_and_a_record() {
    let journey = Journey::start(3);
    let (compiled, published) = journey.publish();
    assert_keys(
        &published,
        &[
            "compilation_id",
            "object_url",
            "source_id",
            "flow_id",
            "play_url",
        ],
    );
    assert_tams_id(&published["source_id"]);
    assert_tams_id(&published["flow_id"]);
    let id = text(&published["compilation_id"]);
    assert!(
        text(&published["play_url"]).ends_with(&format!("/play/{id}")),
        "{published}"
    );

    // Without an S3 store the object lies in the local node.
    let object = PathBuf::from(
        text(&published["object_url"])
            .strip_prefix("file://")
            .unwrap(),
    );
    assert_eq!(sha256(&object), sha256(&compiled.out));

    let flows = journey.stringout.json(["flows"]);
    Schema::named("flow-get").assert_all_valid(&flows);
    let flow = flows
        .as_array()
        .unwrap()
        .iter()
        .find(|flow| flow["id"] == published["flow_id"]);
    assert_eq!(flow.unwrap()["source_id"], published["source_id"]);
    assert_eq!(flow.unwrap()["timerange"], "[0:0_4:0)");
    let segments = journey
        .stringout
        .json(["segments", text(&published["flow_id"])]);
    Schema::named("flow-segment").assert_all_valid(&segments);
    assert_eq!(segments.as_array().unwrap().len(), 1);

    let sources = journey.stringout.json(["sources"]);
    Schema::named("source").assert_all_valid(&sources);
    let source = sources
        .as_array()
        .unwrap()
        .iter()
        .find(|source| source["id"] == published["source_id"]);
    let source = source.unwrap();
    assert_eq!(source["label"], "First cut");
    let tags = source["tags"].as_object().unwrap();
    assert_eq!(tags["_stringout_compilation_id"], id);
    assert_eq!(tags["_stringout_plan_hash"], compiled.answer["plan_hash"]);
    assert!(
        tags.keys().all(|key| key.starts_with("_stringout_")),
        "{tags:?}"
    );
    let said = serde_json::to_string(&tags).unwrap();
    assert!(
        said.contains(journey.flow()),
        "its inputs are not said: {said}"
    );
}

#[test]
fn the_record_tells_what_went_in_and_how() {
    let journey = Journey::start(3);
    let (compiled, published) = journey.publish();
    let records = journey.stringout.json(["compilations"]);
    let records = records.as_array().unwrap();
    assert_eq!(records.len(), 1);
    let keys = [
        "id",
        "title",
        "object_url",
        "play_url",
        "plan_hash",
        "sha256",
        "created",
    ];
    assert_keys(&records[0], &keys);
    assert_eq!(records[0]["id"], published["compilation_id"]);
    assert_eq!(records[0]["title"], "First cut");
    assert_eq!(records[0]["object_url"], published["object_url"]);
    assert_eq!(records[0]["play_url"], published["play_url"]);
    assert_eq!(records[0]["plan_hash"], compiled.answer["plan_hash"]);
    assert_eq!(records[0]["sha256"], compiled.answer["sha256"]);
    let created: jiff::Timestamp = text(&records[0]["created"]).parse().unwrap();
    let age = jiff::Timestamp::now().duration_since(created);
    assert!(age.as_secs().abs() < 600, "created {created}");

    let record = journey
        .stringout
        .json(["compilations", text(&published["compilation_id"])]);
    let inputs = record["inputs"].as_array().unwrap();
    let used: Vec<(&Value, &Value)> = inputs
        .iter()
        .map(|input| (&input["flow_id"], &input["timerange"]))
        .collect();
    let flow = json!(journey.flow());
    // Object by object, on the flow's timeline: two segments for the first clip, one for the second.
    let ranges = ["[0:500000000_2:0)", "[2:0_3:0)", "[4:0_5:500000000)"].map(Value::from);
    assert_eq!(used, ranges.each_ref().map(|range| (&flow, range)));
    let segments = journey.stringout.json(["segments", journey.flow()]);
    for (input, segment) in inputs.iter().zip(segments.as_array().unwrap()) {
        assert_eq!(input["object_id"], segment["object_id"]);
    }
    assert_eq!(
        record["media"]["size"],
        fs::metadata(&compiled.out).unwrap().len()
    );
    assert_eq!(record["media"]["frames"], 120);
    let versions = record["tool_versions"].as_object().unwrap();
    assert!(
        versions.contains_key("stringout") && versions.len() > 1,
        "{versions:?}"
    );
}

#[test]
fn a_flow_is_found_where_it_was_used() {
    let journey = Journey::start(3);
    let (_, published) = journey.publish();
    let used = |timerange: &str| {
        let uses = journey
            .stringout
            .json(["where-used", journey.flow(), "--timerange", timerange]);
        let list = uses.as_array().unwrap().clone();
        assert!(
            list.iter()
                .all(|used| used["id"] == published["compilation_id"]),
            "{uses:#}"
        );
        list.iter()
            .map(|used| text(&used["timerange"]).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(used("[0:0_6:0)").len(), 3);
    assert_eq!(used("[0:500000000_0:600000000)"), ["[0:500000000_2:0)"]);
    assert_eq!(used("[3:0_4:0)"), [""; 0]);
    assert_eq!(used("[5:500000000_6:0)"), [""; 0]);
    let all = journey.stringout.json(["where-used", journey.flow()]);
    assert_eq!(all.as_array().unwrap().len(), 3);
    let output = journey
        .stringout
        .json(["where-used", text(&published["flow_id"])]);
    assert_eq!(output, json!([]));
}

#[test]
fn publishing_again_makes_nothing_new() {
    let journey = Journey::start(3);
    let (compiled, published) = journey.publish();
    let file = compiled.out.display().to_string();
    let again = journey.stringout.json(["publish", &file, "--wait"]);
    for key in [
        "compilation_id",
        "object_url",
        "source_id",
        "flow_id",
        "play_url",
    ] {
        assert_eq!(again[key], published[key], "{key}");
    }
    let records = journey.stringout.json(["compilations"]);
    assert_eq!(records.as_array().unwrap().len(), 1);
    assert_eq!(records[0]["title"], "First cut", "the label was lost");
    let segments = journey
        .stringout
        .json(["segments", text(&published["flow_id"])]);
    assert_eq!(segments.as_array().unwrap().len(), 1);
    assert_eq!(journey.stringout.json(["outbox"]), json!([]));
}

#[test]
fn clips_are_published_at_once() {
    let journey = Journey::start(3);
    let mut args = vec![
        "publish".to_owned(),
        "--label".to_owned(),
        "At once".to_owned(),
        "--wait".to_owned(),
    ];
    args.extend(journey.clips());
    let published = journey.stringout.json(args);
    let record = journey
        .stringout
        .json(["compilations", text(&published["compilation_id"])]);
    assert_eq!(record["title"], "At once");
    assert_eq!(record["inputs"].as_array().unwrap().len(), 3);
}

#[test]
fn a_file_of_unknown_origin_has_no_inputs_and_says_so() {
    let journey = Journey::start(3);
    let file = journey.source.display().to_string();
    let published = journey.stringout.json(["publish", &file, "--wait"]);
    let record = journey
        .stringout
        .json(["compilations", text(&published["compilation_id"])]);
    assert_eq!(
        (&record["inputs"], &record["plan_hash"]),
        (&json!([]), &Value::Null)
    );
    assert!(
        published["issues"].to_string().contains("no inputs"),
        "{published}"
    );
}
