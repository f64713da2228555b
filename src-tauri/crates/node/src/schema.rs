//! The JSON schemas of TAMS 8.2, built in, and checks of bodies against them.

use std::collections::HashMap;
use std::sync::LazyLock;

use jsonschema::{Draft, Registry, ValidationError, Validator};
use serde_json::Value;

use crate::NodeError;

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        /// File name without `.json`, and text, of every schema the node's own rest on.
        const SCHEMAS: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../../assets/tams-8.2/schemas/", $name, ".json")))),*
        ];
    };
}

embedded![
    "collection-item",
    "container-mapping",
    "content-format",
    "flow-audio",
    "flow-collection",
    "flow-common",
    "flow-data",
    "flow-get",
    "flow-image",
    "flow-multi",
    "flow-put",
    "flow-segment-post",
    "flow-status",
    "flow-storage-post",
    "flow-technical",
    "flow-video",
    "mime-type",
    "objects-instances-post",
    "profile",
    "service-post",
    "tags",
    "timerange",
    "timestamp",
    "url-label-list",
    "url-tag-list",
    "uuid",
    "uuid-list-empty",
];

/// Relative `$ref`s between the files resolve against this; nothing is ever fetched.
const BASE: &str = "https://tams.invalid/8.2/schemas/";

/// What the node checks: bodies, and values in queries and paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Schema {
    FlowPut,
    FlowGet,
    FlowCollection,
    SegmentPost,
    StoragePost,
    InstancePost,
    Profile,
    ServicePost,
    FlowCommon,
    Video,
    Audio,
    Image,
    Data,
    Multi,
    MimeType,
    Timerange,
    LabelList,
    TagList,
    Uuid,
    UuidList,
}

const CHECKED: &[(Schema, &str)] = &[
    (Schema::FlowPut, "flow-put"),
    (Schema::FlowGet, "flow-get"),
    (Schema::FlowCollection, "flow-collection"),
    (Schema::SegmentPost, "flow-segment-post"),
    (Schema::StoragePost, "flow-storage-post"),
    (Schema::InstancePost, "objects-instances-post"),
    (Schema::Profile, "profile"),
    (Schema::ServicePost, "service-post"),
    (Schema::FlowCommon, "flow-common"),
    (Schema::Video, "flow-video"),
    (Schema::Audio, "flow-audio"),
    (Schema::Image, "flow-image"),
    (Schema::Data, "flow-data"),
    (Schema::Multi, "flow-multi"),
    (Schema::MimeType, "mime-type"),
    (Schema::Timerange, "timerange"),
    (Schema::LabelList, "url-label-list"),
    (Schema::TagList, "url-tag-list"),
    (Schema::Uuid, "uuid"),
    (Schema::UuidList, "uuid-list-empty"),
];

static VALIDATORS: LazyLock<Result<HashMap<Schema, Validator>, String>> =
    LazyLock::new(|| compile().map_err(|wrong| wrong.to_string()));

fn compile() -> Result<HashMap<Schema, Validator>, Box<dyn std::error::Error>> {
    let mut resources = Vec::with_capacity(SCHEMAS.len());
    for (name, text) in SCHEMAS {
        resources.push((
            format!("{BASE}{name}.json"),
            serde_json::from_str::<Value>(text)?,
        ));
    }
    let registry = Registry::new()
        .draft(Draft::Draft202012)
        .extend(resources)?
        .prepare()?;
    let mut validators = HashMap::with_capacity(CHECKED.len());
    for (schema, name) in CHECKED {
        let root = serde_json::json!({ "$ref": format!("{BASE}{name}.json") });
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&registry)
            .should_validate_formats(true)
            .offline()
            .build(&root)?;
        validators.insert(*schema, validator);
    }
    Ok(validators)
}

fn validator(schema: Schema) -> Result<&'static Validator, NodeError> {
    let validators = VALIDATORS
        .as_ref()
        .map_err(|why| NodeError::damaged("the built-in schemas", why))?;
    validators
        .get(&schema)
        .ok_or_else(|| NodeError::damaged("the built-in schemas", "one is missing"))
}

/// Checks `value` and names the place of the first thing that is wrong, as a JSON pointer.
pub(crate) fn check(schema: Schema, value: &Value) -> Result<(), NodeError> {
    let validator = validator(schema)?;
    if validator.is_valid(value) {
        return Ok(());
    }
    match schema {
        Schema::FlowPut | Schema::FlowGet => {
            first_error(Schema::FlowCommon, value)?;
            if value.get("format").is_some() || value.get("profile_id").is_none() {
                of_format(value)?;
            }
            if value.get("profile_id").is_some() {
                return Err(NodeError::invalid(
                    "/profile_id",
                    "must be the UUID of a profile, and then no technical metadata may be given",
                ));
            }
        }
        Schema::Profile => {
            if let Some(metadata) = value.get("flow_metadata") {
                of_format(metadata).map_err(|wrong| under("/flow_metadata", wrong))?;
            }
        }
        Schema::StoragePost
            if value.get("limit").is_some() && value.get("object_ids").is_some() =>
        {
            return Err(NodeError::invalid(
                "/limit",
                "give limit or object_ids, not both",
            ));
        }
        _ => {}
    }
    first_error(schema, value)
}

/// Checks the technical metadata of a flow against the schema of its own format only, so that the
/// error is about that and not about the formats it is not.
fn of_format(value: &Value) -> Result<(), NodeError> {
    let schema = match value.get("format").and_then(Value::as_str) {
        Some("urn:x-nmos:format:video") => Schema::Video,
        Some("urn:x-nmos:format:audio") => Schema::Audio,
        Some("urn:x-tam:format:image") => Schema::Image,
        Some("urn:x-nmos:format:data") => Schema::Data,
        Some("urn:x-nmos:format:multi") => Schema::Multi,
        _ => {
            return Err(NodeError::invalid(
                "/format",
                "must be urn:x-nmos:format:video, …:audio, …:data, …:multi or urn:x-tam:format:image",
            ));
        }
    };
    first_error(schema, value)
}

/// Puts an error found in a part of a body where that part is.
pub(crate) fn under(prefix: &str, wrong: NodeError) -> NodeError {
    match wrong {
        NodeError::Invalid { field, why } => {
            let field = if field == "/" {
                prefix.to_owned()
            } else {
                format!("{prefix}{field}")
            };
            NodeError::Invalid { field, why }
        }
        other => other,
    }
}

fn first_error(schema: Schema, value: &Value) -> Result<(), NodeError> {
    let wrong = validator(schema)?.iter_errors(value).max_by_key(depth);
    match wrong {
        None => Ok(()),
        Some(wrong) => {
            let path = wrong.instance_path().to_string();
            let field = if path.is_empty() {
                "/".to_owned()
            } else {
                path
            };
            Err(NodeError::invalid(
                field,
                shortened(&wrong.masked().to_string()),
            ))
        }
    }
}

fn depth(wrong: &ValidationError<'_>) -> usize {
    wrong.instance_path().to_string().matches('/').count()
}

fn shortened(message: &str) -> String {
    const LONGEST: usize = 300;
    match message.char_indices().nth(LONGEST) {
        None => message.to_owned(),
        Some((at, _)) => format!("{}…", message.get(..at).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn field(schema: Schema, value: &Value) -> String {
        match check(schema, value) {
            Err(NodeError::Invalid { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    }

    fn video() -> Value {
        json!({
            "id": "4f79cfd1-c057-47f4-8e4d-1b126ca7bf34",
            "source_id": "2aa143ac-0ab7-4d75-bc32-5c00c13d186f",
            "format": "urn:x-nmos:format:video", "codec": "video/h264",
            "created": "2026-05-28T20:26:40Z",
            "essence_parameters": {
                "frame_width": 1280, "frame_height": 720, "frame_rate": {"numerator": 25}
            }
        })
    }

    #[test]
    fn names_the_place_of_the_mistake() {
        assert!(check(Schema::FlowPut, &video()).is_ok());
        let with = |pointer: &str, value: Value| {
            let mut flow = video();
            *flow.pointer_mut(pointer).unwrap() = value;
            flow
        };
        for (pointer, value) in [
            ("/id", json!("018f0000-0000-7000-8000-000000000000")),
            ("/format", json!("urn:x-nmos:format:film")),
            ("/codec", json!("h264")),
            ("/essence_parameters/frame_width", json!(0)),
            ("/essence_parameters/frame_rate/numerator", json!("25")),
            ("/created", json!("yesterday")),
        ] {
            assert_eq!(field(Schema::FlowPut, &with(pointer, value)), pointer);
        }
        let mut both = video();
        both["profile_id"] = json!("329b98d6-adeb-418c-8eaf-eca14edc1706");
        assert_eq!(field(Schema::FlowPut, &both), "/profile_id");
        assert!(check(Schema::FlowGet, &both).is_ok());
    }

    #[test]
    fn the_frame_rate_rule() {
        let mut varying = video();
        varying["essence_parameters"]["vfr"] = json!(true);
        assert!(check(Schema::FlowPut, &varying).is_err());
        varying["essence_parameters"]
            .as_object_mut()
            .unwrap()
            .remove("frame_rate");
        assert!(check(Schema::FlowPut, &varying).is_ok());
        varying["essence_parameters"]["vfr"] = json!(false);
        assert!(check(Schema::FlowPut, &varying).is_err());
    }

    #[test]
    fn storage_is_asked_by_number_or_by_name() {
        assert!(check(Schema::StoragePost, &json!({"limit": 5})).is_ok());
        assert!(check(Schema::StoragePost, &json!({"object_ids": ["a"]})).is_ok());
        let both = json!({"limit": 5, "object_ids": ["a"]});
        assert_eq!(field(Schema::StoragePost, &both), "/limit");
    }

    #[test]
    fn messages_are_short_and_do_not_repeat_the_body() {
        let body = json!({"object_id": "x".repeat(10_000), "timerange": 5});
        let wrong = check(Schema::SegmentPost, &body).unwrap_err().to_string();
        assert!(
            wrong.starts_with("/timerange: ") && wrong.len() < 400,
            "{wrong}"
        );
    }
}
