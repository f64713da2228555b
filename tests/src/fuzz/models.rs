//! Target: the tolerant models, fed with bodies like those of servers.

use std::fmt::Debug;
use std::fs;
use std::sync::LazyLock;

use jsonschema::Validator;
use mediatime::FrameRate;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tams_model::{
    DateTime, DeletionRequest, FailedSegments, Flow, FlowCollectionItem, FlowSegment, Id,
    InstancePost, MimeType, ObjectInfo, Profile, SegmentPost, Service, ServiceUpdate, Source,
    StorageBackend, StorageRequest, StorageResponse, Tags, TamsErrorBody, TolerantList,
};

use super::mutate::json::body;
use super::mutate::random::Random;
use crate::folders;
use crate::tams::Schema;

/// A body that changes begin with; text that `serde_json` takes to be JSON.
pub fn input(random: &mut Random) -> Vec<u8> {
    body(random, &SEEDS)
}

/// The examples of the specification, the items of those that are lists, and what servers that
/// differ from it send.
static SEEDS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let folder = folders::repository().join("assets/tams-8.2/examples");
    let files = fs::read_dir(folder).expect("the examples are in the repository");
    let mut examples: Vec<_> = files
        .map(|file| file.expect("the folder can be read").path())
        .collect();
    // The order of a folder is that of the file system; inputs must come again elsewhere.
    examples.sort();
    let read = |path| serde_json::from_slice(&fs::read(path).expect("an example")).expect("JSON");
    let mut seeds: Vec<Value> = examples.iter().map(read).collect();
    seeds.extend(dialects());
    let items: Vec<Value> = seeds
        .iter()
        .filter_map(Value::as_array)
        .flatten()
        .cloned()
        .collect();
    seeds.extend(items);
    seeds
});

fn dialects() -> [Value; 9] {
    const ID: &str = "4f79cfd1-c057-47f4-8e4d-1b126ca7bf34";
    [
        json!({
            "id": ID, "source_id": ID, "format": "urn:x-nmos:format:video", "codec": "video/h264",
            "frame_width": 1280, "frame_height": 720, "frame_rate": "30000/1001",
            "sample_rate": null, "flow_collection": [ID], "deleted": false, "tags": null,
        }),
        json!({
            "id": ID, "source_id": ID, "format": "urn:x-nmos:format:audio", "codec": "audio/aac",
            "sample_rate": 48000, "channels": 2, "bits_per_sample": 16, "description": null,
        }),
        json!({"data": [{"id": ID, "format": "urn:x-nmos:format:video", "created": "2025-09-05T10:00:00"}]}),
        json!({
            "object_id": "a", "timerange": {"value": "[0:0_2:0)"}, "ts_offset": {"value": "-0:1"},
            "last_duration": "", "sample_count": 0, "get_urls": [
                {"url": "http://h/a?X-Amz-Signature=b", "label": "HEAD access for segment X"}],
        }),
        json!({"object_id": "a", "flow_references": [ID, {"flow_id": ID}], "size": 5}),
        json!({"data": {"requests": []}}),
        json!({"detail": [{"loc": ["body", "timerange", 0], "msg": "field required"}]}),
        json!({"type": "about:blank", "title": "x", "status": 422, "detail": "overlap"}),
        json!({"api_version": "8.0.0", "type": "urn:x-tams:service", "name": null}),
    ]
}

/// What a model promises beside not to panic.
struct Promise {
    /// What it is written as.
    schema: Schema,
    /// Whether it keeps properties beyond the schema.
    open: bool,
}

impl Promise {
    fn of(name: &str, open: bool) -> Self {
        Self {
            schema: Schema::named(name),
            open,
        }
    }
}

struct Promises {
    deletion: Promise,
    error: Promise,
    failed: Promise,
    flow: Promise,
    instance: Promise,
    item: Promise,
    object: Promise,
    profile: Promise,
    segment: Promise,
    segment_post: Promise,
    service: Promise,
    service_post: Promise,
    source: Promise,
    storage: Promise,
    storage_backend: Promise,
    storage_post: Promise,
    tags: Promise,
}

static PROMISES: LazyLock<Promises> = LazyLock::new(|| Promises {
    deletion: Promise::of("deletion-request", true),
    error: Promise::of("error", true),
    failed: Promise::of("flow-segment-bulk-failure", false),
    // It takes the flat properties of vasttams 6.0 for what they stand for.
    flow: Promise::of("flow-get", false),
    instance: Promise::of("objects-instances-post", false),
    item: Promise::of("collection-item", true),
    object: Promise::of("object", false),
    profile: Promise::of("profile", true),
    segment: Promise::of("flow-segment", true),
    segment_post: Promise::of("flow-segment-post", false),
    service: Promise::of("service", true),
    service_post: Promise::of("service-post", false),
    source: Promise::of("source", true),
    storage: Promise::of("flow-storage", false),
    storage_backend: Promise::of("storage-backend", true),
    storage_post: Promise::of("flow-storage-post", false),
    tags: Promise::of("tags", true),
});

/// Reads `data` as every model there is; true when one that must have certain properties takes it.
///
/// # Panics
/// When a model reads a tree otherwise than the same text, does not survive writing, writes a
/// property twice, turns a body that follows its schema into one that doesn't, loses a property that
/// the schema leaves open, or a list loses count of its items.
pub fn run(data: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<Value>(data) else {
        read_broken(data);
        return false;
    };
    texts(&value);
    lists(&value);
    let taken = models(&value);
    match value {
        Value::Array(items) => items.iter().take(20).filter(|item| models(item)).count() > 0,
        _ => taken,
    }
}

/// Models need not refuse what is no JSON: they may pass over the part that isn't.
fn read_broken(data: &[u8]) {
    read::<DeletionRequest>(data);
    read::<FailedSegments>(data);
    read::<Flow>(data);
    read::<FlowSegment>(data);
    read::<Vec<FlowSegment>>(data);
    read::<ObjectInfo>(data);
    read::<Profile>(data);
    read::<Service>(data);
    read::<Source>(data);
    read::<StorageResponse>(data);
    read::<TamsErrorBody>(data);
    read::<Tags>(data);
    read::<TolerantList<Flow>>(data);
}

fn read<T: DeserializeOwned>(data: &[u8]) {
    // Either is well; a panic is not.
    let _ = serde_json::from_slice::<T>(data);
}

/// The schemas of single texts.
struct Words {
    id: Schema,
    mime: Schema,
    technical: Schema,
    /// RFC 3339, as JSON Schema has it.
    date: Validator,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| Words {
    id: Schema::named("uuid"),
    mime: Schema::named("mime-type"),
    technical: Schema::named("flow-technical"),
    date: jsonschema::options()
        .should_validate_formats(true)
        .build(&json!({"type": "string", "format": "date-time"}))
        .expect("a schema"),
});

/// Every text in `value`, read as each of the types that are a text.
fn texts(value: &Value) {
    let text = match value {
        Value::String(text) => text,
        Value::Array(items) => return items.iter().for_each(texts),
        Value::Object(members) => return members.values().for_each(texts),
        _ => return,
    };
    let id = text.parse::<Id>();
    if let Ok(id) = id {
        WORDS.id.assert_valid(&json!(id.to_string()));
        assert_eq!(id.to_string().parse().ok(), Some(id));
    } else {
        assert!(!WORDS.id.allows(value), "{text:?} is an identifier");
    }
    if let Ok(mime) = text.parse::<MimeType>() {
        WORDS.technical.assert_valid(&json!({"codec": mime}));
        assert_eq!(mime.as_str().parse().as_ref(), Ok(&mime), "{text:?}");
        assert!(!mime.top_level().is_empty() && !mime.subtype().is_empty());
        assert!(mime.same_type(&mime));
    } else {
        assert!(!WORDS.mime.allows(value), "{text:?} is a MIME type");
    }
    if let Ok(date) = text.parse::<DateTime>() {
        let written = json!(date);
        assert!(WORDS.date.is_valid(&written), "{text:?} became {written}");
        assert_eq!(date.as_str().parse().as_ref(), Ok(&date), "{text:?}");
        let again = DateTime::from(date.timestamp());
        assert_eq!(again.timestamp(), date.timestamp(), "{text:?}");
    }
    if let Ok(rate) = text.parse::<FrameRate>() {
        assert!(rate.numerator() > 0 && rate.denominator() > 0, "{text:?}");
        assert_eq!(rate.to_string().parse().as_ref(), Ok(&rate), "{text:?}");
    }
}

fn lists(value: &Value) {
    list::<DeletionRequest>(value);
    list::<Flow>(value);
    list::<FlowSegment>(value);
    list::<Source>(value);
    list::<StorageBackend>(value);
}

fn list<T: DeserializeOwned>(value: &Value) {
    let list = TolerantList::<T>::deserialize(value);
    if let (Ok(list), Value::Array(items)) = (&list, value) {
        assert_eq!(list.items.len() + list.skipped.len(), items.len());
    }
    assert!(list.is_ok() || !value.is_array(), "a list was refused");
}

fn models(value: &Value) -> bool {
    let promises = &*PROMISES;
    model::<ServiceUpdate>(value, &promises.service_post);
    model::<StorageRequest>(value, &promises.storage_post);
    model::<StorageResponse>(value, &promises.storage);
    model::<TamsErrorBody>(value, &promises.error);
    model::<Tags>(value, &promises.tags);
    // Not `any`: each of them is to be tried.
    [
        model::<DeletionRequest>(value, &promises.deletion),
        model::<FailedSegments>(value, &promises.failed),
        model::<Flow>(value, &promises.flow),
        model::<FlowCollectionItem>(value, &promises.item),
        model::<FlowSegment>(value, &promises.segment),
        model::<InstancePost>(value, &promises.instance),
        model::<ObjectInfo>(value, &promises.object),
        model::<Profile>(value, &promises.profile),
        model::<SegmentPost>(value, &promises.segment_post),
        model::<Service>(value, &promises.service),
        model::<Source>(value, &promises.source),
        model::<StorageBackend>(value, &promises.storage_backend),
    ]
    .contains(&true)
}

fn model<T>(value: &Value, promise: &Promise) -> bool
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let name = std::any::type_name::<T>();
    let read = T::deserialize(value);
    let text = value.to_string();
    // Reading a decimal number again may give its neighbour.
    let exact = serde_json::from_str::<Value>(&text).is_ok_and(|again| again == *value);
    if exact {
        let from_text = serde_json::from_str::<T>(&text).ok();
        assert_eq!(from_text.as_ref(), read.as_ref().ok(), "{name} of {text}");
    }
    let Ok(read) = read else {
        return false;
    };
    // It may print what it likes, but not panic.
    let _ = format!("{read:?}");
    let written = serde_json::to_value(&read).expect("a model can be written");
    let written_text = serde_json::to_string(&read).expect("a model can be written");
    assert_eq!(written_text, written.to_string(), "{name} of {text}");
    let again = T::deserialize(&written)
        .unwrap_or_else(|wrong| panic!("{name} of {text} became {written_text}: {wrong}"));
    assert_eq!(again, read, "{name} of {text} became {written_text}");
    if promise.schema.allows(value) && has_readable_times(value) {
        promise.schema.assert_valid(&written);
        if promise.open {
            assert_kept(value, &written, name);
        }
    }
    true
}

/// Whether the `time` of every error is one. The schemas say so by `format`, which they don't enforce;
/// without it, an error that is passed on has none.
fn has_readable_times(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(has_readable_times),
        Value::Object(members) => members.iter().all(|(name, value)| {
            let text = value.as_str().filter(|_| name == "time");
            text.is_none_or(|text| text.parse::<DateTime>().is_ok()) && has_readable_times(value)
        }),
        _ => true,
    }
}

/// Every property is still there, but for those that say nothing.
fn assert_kept(value: &Value, written: &Value, name: &str) {
    let members = value.as_object().into_iter().flatten();
    for (property, value) in members {
        let says_nothing = value.is_null() || value == "";
        let kept = written.get(property).is_some();
        assert!(says_nothing || kept, "{name} lost {property}: {value}");
    }
}
