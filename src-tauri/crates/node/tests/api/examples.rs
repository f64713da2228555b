//! The examples of the specification against its own schemas, read and written by our types.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tams_model::{
    DeletionRequest, FailedSegments, Flow, FlowCollectionItem, FlowSegment, InstancePost,
    ObjectInfo, Profile, SegmentPost, Service, ServiceUpdate, Source, StorageBackend,
    StorageRequest, StorageResponse, Tags,
};

use crate::support::{assert_valid, specification};

fn example(name: &str) -> Value {
    let path = specification()
        .join("examples")
        .join(format!("{name}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn names(prefix: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(specification().join("examples"))
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.starts_with(prefix))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "{prefix}");
    names
}

/// What we write of it is valid too.
fn valid<T: Serialize + DeserializeOwned>(schema: &str, value: &Value) {
    assert_valid(schema, value);
    let read: T = serde_json::from_value(value.clone()).unwrap();
    assert_valid(schema, &serde_json::to_value(read).unwrap());
}

fn each<T: Serialize + DeserializeOwned>(schema: &str, list: &Value) {
    for value in list.as_array().unwrap() {
        valid::<T>(schema, value);
    }
}

#[test]
fn examples_are_valid_and_stay_so() {
    for name in names("flow-get-200") {
        valid::<Flow>("flow-get", &example(&name));
    }
    each::<Flow>("flow-get", &example("flows-get-200"));
    for name in [
        "flow-put",
        "flow-put-multi",
        "flow-put-profile",
        "flow-put-201",
    ] {
        valid::<Flow>("flow-put", &example(name));
    }
    for name in ["flow-collection-get-200", "flow-collection-put"] {
        valid::<Vec<FlowCollectionItem>>("flow-collection", &example(name));
    }
    for name in names("flow-segments-get-200") {
        each::<FlowSegment>("flow-segment", &example(&name));
    }
    valid::<SegmentPost>("flow-segment-post", &example("flow-segment-post"));
    valid::<FailedSegments>(
        "flow-segment-bulk-failure",
        &example("flow-segment-partial-failure"),
    );
    for name in ["flow-storage-post", "flow-storage-post-object_ids"] {
        valid::<StorageRequest>("flow-storage-post", &example(name));
    }
    for name in names("flow-storage-post-201") {
        valid::<StorageResponse>("flow-storage", &example(&name));
    }
    valid::<Tags>("tags", &example("flow-tags-get-200"));
    for name in names("objects-get-200") {
        valid::<ObjectInfo>("object", &example(&name));
    }
    for name in names("objects-instances") {
        valid::<InstancePost>("objects-instances-post", &example(&name));
    }
    for name in names("profile-") {
        valid::<Profile>("profile", &example(&name));
    }
    each::<Profile>("profile", &example("profiles-get-200"));
    valid::<Service>("service", &example("service-get-200"));
    valid::<ServiceUpdate>("service-post", &example("service-post"));
    for name in names("source-get-200") {
        valid::<Source>("source", &example(&name));
    }
    each::<Source>("source", &example("sources-get-200"));
    valid::<Vec<StorageBackend>>(
        "storage-backends-list",
        &example("storage-backends-get-200"),
    );
    valid::<DeletionRequest>("deletion-request", &example("deletion-request-get-200"));
    each::<DeletionRequest>("deletion-request", &example("deletion-requests-get-200"));
}

#[test]
fn the_judge_does_complain() {
    let mut flow = example("flow-put");
    flow["essence_parameters"]["channels"] = json!("two");
    assert_eq!(crate::support::complaints("flow-put", &flow).len(), 1);
}
