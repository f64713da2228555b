//! The specification's schemas, for the servers that refuse what breaks them.

use std::collections::HashMap;
use std::fs;
use std::sync::LazyLock;

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

use crate::folders;

/// Relative `$ref`s between the schemas resolve against this; nothing is fetched.
const BASE: &str = "https://tams.invalid/request/";

/// What the servers check bodies against.
const CHECKED: [&str; 5] = [
    "flow-put",
    "flow-segment-post",
    "flow-storage-post",
    "objects-instances-post",
    "profile",
];

static VALIDATORS: LazyLock<HashMap<&'static str, Validator>> = LazyLock::new(|| {
    let folder = folders::repository().join("assets/tams-8.2/schemas");
    let files = fs::read_dir(&folder).expect("the schemas are in the repository");
    let resources = files.map(|file| {
        let path = file.expect("the folder can be read").path();
        let text = fs::read_to_string(&path).expect("a schema");
        let schema: Value = serde_json::from_str(&text).expect("a schema is JSON");
        let name = path.file_name().expect("it has a name").to_string_lossy();
        (format!("{BASE}{name}"), schema)
    });
    let registry = Registry::new()
        .draft(Draft::Draft202012)
        .extend(resources)
        .and_then(jsonschema::RegistryBuilder::prepare)
        .expect("the schemas refer to one another only");
    let validator = |name: &'static str| {
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&registry)
            .offline()
            .build(&json!({ "$ref": format!("{BASE}{name}.json") }))
            .expect("the schemas are whole");
        (name, validator)
    };
    CHECKED.into_iter().map(validator).collect()
});

/// What is wrong with `value` as the schema of this name, in one sentence; nothing if it is right.
pub(super) fn wrong(name: &str, value: &Value) -> Option<String> {
    let error = VALIDATORS[name].iter_errors(value).next()?;
    Some(format!("{name}{}: {error}", error.instance_path()))
}
