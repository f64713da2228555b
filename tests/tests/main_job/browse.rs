//! Ingest, and what can be browsed then.

use serde_json::{Value, json};
use tests::stringout::Stringout;
use tests::tams::Schema;

use crate::journey::{Journey, assert_keys, assert_tams_id, text};

#[test]
fn an_ingest_answers_with_its_source_and_flows() {
    let journey = Journey::start(1);
    assert_keys(&journey.ingested, &["source_id", "flows"]);
    assert_tams_id(&journey.ingested["source_id"]);
    let flows = journey.ingested["flows"].as_array().unwrap();
    for flow in flows {
        assert_keys(flow, &["id", "format", "codec", "timerange", "segments"]);
        assert_tams_id(&flow["id"]);
        assert_eq!(flow["timerange"], "[0:0_6:0)");
    }
    let of = |flow: &Value| {
        (
            flow["format"].clone(),
            flow["codec"].clone(),
            flow["segments"].clone(),
        )
    };
    assert_eq!(
        flows.iter().map(of).collect::<Vec<_>>(),
        [
            (json!("urn:x-nmos:format:multi"), json!(null), json!(3)),
            (
                json!("urn:x-nmos:format:video"),
                json!("video/h264"),
                json!(0)
            ),
            (
                json!("urn:x-nmos:format:audio"),
                json!("audio/aac"),
                json!(0)
            ),
        ]
    );
}

#[test]
fn what_was_ingested_has_the_shape_of_tams() {
    let journey = Journey::start(1);
    let stringout = &journey.stringout;

    let sources = stringout.json(["sources"]);
    Schema::named("source").assert_all_valid(&sources);
    let ids = |list: &Value| -> Vec<String> {
        let ids = list
            .as_array()
            .unwrap()
            .iter()
            .map(|item| text(&item["id"]).to_owned());
        ids.collect()
    };
    assert!(ids(&sources).contains(&text(&journey.ingested["source_id"]).to_owned()));
    assert!(
        sources
            .as_array()
            .unwrap()
            .iter()
            .all(|source| source["label"] == "The take")
    );

    let flows = stringout.json(["flows"]);
    Schema::named("flow-get").assert_all_valid(&flows);
    assert_eq!(ids(&flows).len(), 3);
    let main = flows
        .as_array()
        .unwrap()
        .iter()
        .find(|flow| flow["id"] == journey.flow())
        .unwrap();
    assert_eq!(main["container"], "video/mp4");
    let members: Vec<&Value> = main["flow_collection"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["id"])
        .collect();
    let video = flows
        .as_array()
        .unwrap()
        .iter()
        .find(|flow| flow["codec"] == "video/h264")
        .unwrap();
    assert!(members.contains(&&video["id"]), "{main:#}");
    assert!(video.get("container").is_none(), "{video:#}");
    let pictures = &video["essence_parameters"];
    assert_eq!(
        (&pictures["frame_width"], &pictures["frame_height"]),
        (&json!(640), &json!(360))
    );
    assert_eq!(pictures["frame_rate"]["numerator"], 30);

    let of_source = stringout.json(["flows", "--source", text(&journey.ingested["source_id"])]);
    assert_eq!(ids(&of_source), [journey.flow()]);
}

#[test]
fn segments_cover_the_flow_and_are_found_by_time() {
    let journey = Journey::start(1);
    let stringout = &journey.stringout;
    let segments = stringout.json(["segments", journey.flow()]);
    Schema::named("flow-segment").assert_all_valid(&segments);
    let ranges = |segments: &Value| -> Vec<String> {
        let list = segments.as_array().unwrap().iter();
        list.map(|segment| text(&segment["timerange"]).to_owned())
            .collect()
    };
    assert_eq!(ranges(&segments), ["[0:0_2:0)", "[2:0_4:0)", "[4:0_6:0)"]);
    for segment in segments.as_array().unwrap() {
        assert!(
            segment["key_frame_count"].as_i64().unwrap() >= 2,
            "{segment}"
        );
    }
    let within = |timerange: &str| {
        let segments = stringout.json(["segments", journey.flow(), "--timerange", timerange]);
        ranges(&segments)
    };
    assert_eq!(within("[2:0_4:0)"), ["[2:0_4:0)"]);
    assert_eq!(within("[1:999999999_2:1)"), ["[0:0_2:0)", "[2:0_4:0)"]);
    assert_eq!(within("[6:0_9:0)"), [""; 0]);
    assert_eq!(within("()"), [""; 0]);
}

#[test]
fn ingesting_again_makes_nothing_new() {
    let journey = Journey::start(1);
    let file = journey.source.display().to_string();
    let again = journey
        .stringout
        .json(["ingest", &file, "--label", "The take"]);
    assert_eq!(again, journey.ingested);
    assert_eq!(
        journey.stringout.json(["flows"]).as_array().unwrap().len(),
        3
    );
    assert_eq!(
        journey
            .stringout
            .json(["segments", journey.flow()])
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn an_empty_workspace_is_browsed() {
    let folder = tempfile::tempdir().unwrap();
    let stringout = Stringout::in_workspace(&folder.path().join("new"));
    for list in ["sources", "flows", "compilations", "outbox"] {
        assert_eq!(stringout.json([list]), json!([]), "{list}");
    }
    let people = stringout.run(["sources"]);
    people.expect_code(0);
    assert!(people.stdout.contains("stringout ingest"), "{people}");
}
