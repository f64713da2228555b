//! schemathesis asks the node.

use std::path::PathBuf;

use serde_json::json;
use tests::folders;
use tests::schemathesis::Schemathesis;

use crate::material::{FLOW, PROFILE, SOURCE, Tams, flow, serve, wrong_server};

fn hooks() -> PathBuf {
    folders::repository().join("tests/tests/node_conformance/schemathesis_hooks.py")
}

#[test]
fn every_answer_is_as_the_document_says() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, base) = serve(folder.path());
    let node = Tams::at(&base);
    assert_eq!(node.put(&format!("/flows/{FLOW}"), &flow()).status, 201);
    let metadata = json!({
        "format": "urn:x-nmos:format:audio", "codec": "audio/aac",
        "essence_parameters": {"sample_rate": 48000, "channels": 2}
    });
    let profile = json!({"id": PROFILE, "label": "sound", "flow_metadata": metadata});
    let made = node.post(&format!("/service/profiles/{PROFILE}"), &profile);
    assert_eq!(made.status, 201);
    let objects = node.upload(3);
    let segments: Vec<_> = (0..)
        .zip(&objects)
        .map(
            |(n, object)| json!({"object_id": object, "timerange": format!("[{n}:0_{}:0)", n + 1)}),
        )
        .collect();
    let added = node.post(&format!("/flows/{FLOW}/segments"), &json!(segments));
    assert_eq!(added.status, 201);

    let verdict = Schemathesis::of(&base, hooks())
        .knowing("flowId", FLOW)
        .knowing("sourceId", SOURCE)
        .knowing("profileId", PROFILE)
        .knowing("objectId", &objects[1])
        .run();
    assert!(verdict.passed, "{}", verdict.report);
    assert!(
        verdict.report.contains("85 selected / 85 total"),
        "not every operation was asked:\n{}",
        verdict.report
    );
}

#[test]
fn wrong_answers_are_found() {
    for (status, body) in [
        ("500 Internal Server Error", "{}"),
        ("200 OK", "{\"type\": 5}"),
        ("418 I'm a teapot", "{}"),
    ] {
        let base = wrong_server(status, body);
        let verdict = Schemathesis::of(&base, hooks()).only("GET_service").run();
        assert!(!verdict.passed, "{status} passed:\n{}", verdict.report);
        assert!(
            verdict.report.contains("GET /service"),
            "{}",
            verdict.report
        );
    }
}
