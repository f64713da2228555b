//! What servers in the field send, read as 8.2 and written as 8.2.
#![allow(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use serde_json::{Value, json};
use tams_model::{
    FailedSegments, Flow, FlowSegment, ObjectInfo, SegmentPost, Service, Source, Technical,
};

const FLOW: &str = "4f79cfd1-c057-47f4-8e4d-1b126ca7bf34";
const SOURCE: &str = "2aa143ac-0ab7-4d75-bc32-5c00c13d186f";

fn video(rate: Value) -> Value {
    json!({
        "id": FLOW.to_uppercase(), "source_id": SOURCE, "format": "urn:x-nmos:format:video",
        "codec": "video/h264; profile=high", "container": "",
        "essence_parameters": {
            "frame_width": 1280, "frame_height": 720, "frame_rate": rate,
            "colorspace": "BT470BG", "made_up": 1
        },
    })
}

#[test]
fn frame_rates_in_every_shape() {
    for (sent, numerator, denominator) in [
        (json!({"numerator": 25, "denominator": 1}), 25, 1),
        (json!({"numerator": 25}), 25, 1),
        (json!("25/1"), 25, 1),
        (json!("30000/1001"), 30000, 1001),
        (json!("25"), 25, 1),
        (json!(25), 25, 1),
        (json!(29.97), 30000, 1001),
    ] {
        let flow: Flow = serde_json::from_value(video(sent.clone())).unwrap();
        let written = serde_json::to_value(&flow).unwrap();
        assert_eq!(
            written["essence_parameters"]["frame_rate"],
            json!({"numerator": numerator, "denominator": denominator}),
            "{sent}"
        );
    }
    assert!(serde_json::from_value::<Flow>(video(json!("fast"))).is_err());
}

#[test]
fn a_sloppy_flow_comes_out_as_8_2() {
    let flow: Flow = serde_json::from_value(video(json!(25))).unwrap();
    assert_eq!(
        serde_json::to_value(&flow).unwrap(),
        json!({
            "id": FLOW, "source_id": SOURCE, "format": "urn:x-nmos:format:video",
            "codec": "video/h264",
            "essence_parameters": {
                "frame_width": 1280, "frame_height": 720,
                "frame_rate": {"numerator": 25, "denominator": 1},
            },
        })
    );
}

#[test]
fn nulls_and_empty_strings_are_absent() {
    let segment: FlowSegment = serde_json::from_value(json!({
        "object_id": "a", "timerange": {"value": "[0:0_2:0)"}, "ts_offset": "", "last_duration": null,
        "object_timerange": {"value": ""}, "sample_count": null, "get_urls": null, "storage_path": "x/y",
        "init_object": null, "key_frame_count": "",
    }))
    .unwrap();
    assert_eq!(
        serde_json::to_value(&segment).unwrap(),
        json!({"object_id": "a", "timerange": "[0:0_2:0)", "storage_path": "x/y"})
    );
    let source: Source = serde_json::from_value(json!({
        "id": SOURCE, "format": "urn:x-tam:format:image", "tags": null, "created": "",
        "updated": "2025-09-05T10:00:00", "collected_by": null, "deleted": false,
    }))
    .unwrap();
    assert_eq!(
        serde_json::to_value(&source).unwrap(),
        json!({
            "id": SOURCE, "format": "urn:x-tam:format:image", "updated": "2025-09-05T10:00:00Z",
            "deleted": false,
        })
    );
}

#[test]
fn timeranges_in_every_shape() {
    for (sent, written) in [
        (json!("[0:0_2:0)"), "[0:0_2:0)"),
        (json!("0:0_2:0"), "[0:0_2:0]"),
        (json!({"value": "[5:0_"}), "[5:0_"),
        (
            json!("2024-01-01T00:00:00Z/2024-01-01T00:00:10Z"),
            "[1704067200:0_1704067210:0)",
        ),
        (json!("()"), "()"),
    ] {
        let post: SegmentPost =
            serde_json::from_value(json!({"object_id": "a", "timerange": sent})).unwrap();
        assert_eq!(
            serde_json::to_value(&post).unwrap()["timerange"],
            json!(written),
            "{sent}"
        );
    }
    for nonsense in [
        json!("soon"),
        json!(5),
        json!({"start": 1}),
        json!("2024-01-01/later"),
    ] {
        let body = json!({"object_id": "a", "timerange": nonsense});
        assert!(
            serde_json::from_value::<SegmentPost>(body).is_err(),
            "{nonsense}"
        );
    }
}

#[test]
fn failures_as_object_or_list() {
    let one = json!({"object_id": "a", "timerange": "[0:0_1:0)", "error": {"detail": "overlap"}});
    for body in [json!({"failed_segments": [one]}), json!([one])] {
        let failed: FailedSegments = serde_json::from_value(body).unwrap();
        let error = failed.failed_segments[0].error.as_ref().unwrap();
        assert_eq!(error.summary, "overlap");
    }
    assert!(serde_json::from_value::<FailedSegments>(json!({"message": "no"})).is_err());
}

#[test]
fn flat_flows_of_vasttams_6() {
    let flow: Flow = serde_json::from_value(json!({
        "id": FLOW, "source_id": SOURCE, "format": "urn:x-nmos:format:video", "codec": "video/h264",
        "frame_width": 1280, "frame_height": 720, "frame_rate": "30000/1001", "sample_rate": null,
        "flow_collection": [SOURCE], "deleted": false, "tags": null,
    }))
    .unwrap();
    assert_eq!(
        serde_json::to_value(&flow).unwrap(),
        json!({
            "id": FLOW, "source_id": SOURCE, "format": "urn:x-nmos:format:video",
            "codec": "video/h264", "flow_collection": [{"id": SOURCE}], "deleted": false,
            "essence_parameters": {
                "frame_width": 1280, "frame_height": 720,
                "frame_rate": {"numerator": 30000, "denominator": 1001},
            },
        })
    );
    let audio: Technical = serde_json::from_value(json!({
        "format": "urn:x-nmos:format:audio", "codec": "audio/aac", "sample_rate": 48000,
        "channels": 2, "bits_per_sample": 16,
    }))
    .unwrap();
    assert_eq!(audio.audio_parameters().unwrap().bit_depth, Some(16));
    let odd: Technical = serde_json::from_value(json!({
        "format": "urn:x-nmos:format:audio", "codec": "audio/aac", "sample_rate": "fast",
        "channels": 2,
    }))
    .unwrap();
    assert!(odd.essence_parameters.is_none());
}

#[test]
fn objects_in_every_shape() {
    for references in [
        json!([FLOW]),
        json!([{"flow_id": FLOW, "timerange": "[0:0_1:0)"}]),
        json!([FLOW, null, 5, "x"]),
    ] {
        let info: ObjectInfo =
            serde_json::from_value(json!({"object_id": "a", "flow_references": references}))
                .unwrap();
        assert_eq!((info.id.as_str(), info.referenced_by_flows.len()), ("a", 1));
    }
    for nothing in [
        json!({"id": "a"}),
        json!({"id": "a", "referenced_by_flows": null}),
    ] {
        let info: ObjectInfo = serde_json::from_value(nothing).unwrap();
        assert!(info.referenced_by_flows.is_empty());
    }
}

#[test]
fn segments_keep_what_is_beyond_the_schema() {
    let sent = json!({
        "object_id": "a", "timerange": "[0:0_2:0)", "ts_offset": "-0:500000000",
        "last_duration": "0:40000000", "object_timerange": "[1:0_3:0)", "sample_offset": 1,
        "sample_count": 2, "get_urls": [{"url": "http://127.0.0.1/x", "presigned": true}],
        "key_frame_count": 3, "init_object": {"object_id": "i"}, "mine": {"deep": [1, null]},
    });
    let segment: FlowSegment = serde_json::from_value(sent.clone()).unwrap();
    assert_eq!(serde_json::to_value(&segment).unwrap(), sent);
    let from_text: FlowSegment = serde_json::from_str(&sent.to_string()).unwrap();
    assert_eq!(from_text, segment);
    for missing in ["object_id", "timerange"] {
        let mut short = sent.clone();
        short.as_object_mut().unwrap().remove(missing);
        assert!(serde_json::from_value::<FlowSegment>(short).is_err());
        let mut null = sent.clone();
        null[missing] = Value::Null;
        assert!(serde_json::from_value::<FlowSegment>(null).is_err());
    }
    assert!(serde_json::from_value::<FlowSegment>(json!([])).is_err());
}

#[test]
fn version_numbers_compare() {
    for (text, version) in [
        ("8.2", Some((8, 2))),
        ("8.0.0", Some((8, 0))),
        ("7", Some((7, 0))),
        ("x", None),
    ] {
        let service: Service = serde_json::from_value(json!({"api_version": text})).unwrap();
        assert_eq!(service.version(), version, "{text}");
    }
}

#[test]
fn closed_objects_drop_what_the_schema_forbids() {
    let info: ObjectInfo = serde_json::from_value(json!({
        "id": "a/b", "referenced_by_flows": [FLOW], "timerange": {"value": "[0:0_2:0)"}, "size": 5,
        "get_urls": [{"url": "http://127.0.0.1/x", "label": "s", "metadata": {}}],
    }))
    .unwrap();
    assert_eq!(
        serde_json::to_value(&info).unwrap(),
        json!({
            "id": "a/b", "referenced_by_flows": [FLOW], "timerange": "[0:0_2:0)",
            "get_urls": [{"url": "http://127.0.0.1/x", "label": "s"}],
        })
    );
}

#[test]
fn essence_must_fit_its_format() {
    let audio =
        json!({"format": "urn:x-nmos:format:audio", "essence_parameters": {"frame_width": 2}});
    let wrong = serde_json::from_value::<Technical>(audio)
        .unwrap_err()
        .to_string();
    assert!(
        wrong.contains("urn:x-nmos:format:audio") && wrong.contains("sample_rate"),
        "{wrong}"
    );
    let unsaid = json!({"essence_parameters": {"frame_width": 2}});
    assert!(serde_json::from_value::<Technical>(unsaid).is_err());
}
