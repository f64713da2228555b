//! Every example body of the specification that has a type here survives reading and writing.
#![allow(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::fs;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tams_model::{
    DeletionRequest, FailedSegments, Flow, FlowCollectionItem, FlowSegment, InstancePost,
    ObjectInfo, Profile, SegmentPost, Service, ServiceUpdate, Source, StorageBackend,
    StorageRequest, StorageResponse, Tags,
};

fn examples() -> Vec<(String, Value)> {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../assets/tams-8.2/examples");
    let mut found: Vec<(String, Value)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (
                name,
                serde_json::from_slice(&fs::read(path).unwrap()).unwrap(),
            )
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn again<T: Serialize + DeserializeOwned>(value: &Value) -> Value {
    let read: T = serde_json::from_value(value.clone()).unwrap();
    serde_json::to_value(read).unwrap()
}

/// The body read as its type and written again; `None` for webhooks, which no part of the product
/// speaks.
fn round_trip(name: &str, value: &Value) -> Option<Value> {
    Some(match name.trim_end_matches(".json") {
        "deletion-request-get-200" => again::<DeletionRequest>(value),
        "deletion-requests-get-200" => again::<Vec<DeletionRequest>>(value),
        "flow-collection-get-200" | "flow-collection-put" => {
            again::<Vec<FlowCollectionItem>>(value)
        }
        "flow-segment-partial-failure" => again::<FailedSegments>(value),
        "flow-segment-post" => again::<SegmentPost>(value),
        "flow-storage-post" | "flow-storage-post-object_ids" => again::<StorageRequest>(value),
        "flow-tags-get-200" => again::<Tags>(value),
        "flows-get-200" => again::<Vec<Flow>>(value),
        "objects-instances-controlled-post" | "objects-instances-uncontrolled-post" => {
            again::<InstancePost>(value)
        }
        "profiles-get-200" => again::<Vec<Profile>>(value),
        "service-get-200" => again::<Service>(value),
        "service-post" => again::<ServiceUpdate>(value),
        "sources-get-200" => again::<Vec<Source>>(value),
        "storage-backends-get-200" => again::<Vec<StorageBackend>>(value),
        name if name.starts_with("flow-get-200") || name.starts_with("flow-put") => {
            again::<Flow>(value)
        }
        name if name.starts_with("flow-segments-get-200") => again::<Vec<FlowSegment>>(value),
        name if name.starts_with("flow-storage-post-201") => again::<StorageResponse>(value),
        name if name.starts_with("objects-get-200") => again::<ObjectInfo>(value),
        name if name.starts_with("profile-") => again::<Profile>(value),
        name if name.starts_with("source-get-200") => again::<Source>(value),
        name if name.starts_with("webhook-") => return None,
        other => panic!("no type for {other}"),
    })
}

/// Dates of the examples without a zone, which we write as UTC.
fn with_zones(value: Value) -> Value {
    match value {
        Value::String(text) if text == "2023-12-14T16:34:58.131620" => Value::String(text + "Z"),
        Value::Array(items) => items.into_iter().map(with_zones).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, with_zones(value)))
            .collect(),
        other => other,
    }
}

#[test]
fn examples_round_trip() {
    let examples = examples();
    assert_eq!(examples.len(), 56);
    let mut read = 0;
    for (name, value) in examples {
        if let Some(written) = round_trip(&name, &value) {
            assert_eq!(written, with_zones(value), "{name}");
            read += 1;
        }
    }
    assert_eq!(read, 52);
}
