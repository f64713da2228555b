//! A clip's active media reference, in both shapes clips have had.

use super::{Object, number, text_of};
use crate::kept::{set_tams_text, tams_text};
use crate::media::{host_in, uuid};
use crate::{Media, Range};
use serde_json::{Value, json};

const REFERENCES: &str = "media_references";
const ACTIVE: &str = "active_media_reference_key";
const DEFAULT: &str = "DEFAULT_MEDIA";
/// The one reference of `Clip.1`.
const REFERENCE: &str = "media_reference";

/// What a clip is cut from, and why a reference was not found when none was.
pub(super) fn active(clip: &Object) -> (Option<&Object>, Option<String>) {
    if !clip.contains_key(REFERENCES) {
        return (clip.get(REFERENCE).and_then(Value::as_object), None);
    }
    let key = active_key(clip);
    let found = clip
        .get(REFERENCES)
        .and_then(|references| references.get(key));
    match found {
        Some(reference) => (reference.as_object(), None),
        None => (
            None,
            Some(format!(
                "its active media reference `{}` does not exist",
                crate::issue::short(key)
            )),
        ),
    }
}

fn active_key(clip: &Object) -> &str {
    match text_of(clip, ACTIVE) {
        "" => DEFAULT,
        key => key,
    }
}

/// What a reference names.
pub(super) fn media(reference: Option<&Object>) -> Media {
    let Some(reference) = reference else {
        return Media::Missing {
            name: String::new(),
        };
    };
    let missing = || Media::Missing {
        name: text_of(reference, "name").to_owned(),
    };
    let schema = reference
        .get("OTIO_SCHEMA")
        .and_then(Value::as_str)
        .and_then(super::split_schema);
    match schema {
        Some(("ExternalReference", 1)) => match Media::from_url(text_of(reference, "target_url")) {
            Media::Missing { .. } => missing(),
            media => media,
        },
        Some(("MissingReference", 1)) => in_tams(reference).unwrap_or_else(missing),
        _ => Media::Other {
            schema: text_of(reference, "OTIO_SCHEMA").to_owned(),
            url: ["target_url", "target_url_base", "generator_kind"]
                .iter()
                .map(|key| text_of(reference, key))
                .find(|text| !text.is_empty())
                .unwrap_or_default()
                .to_owned(),
        },
    }
}

/// A flow or source named by metadata alone (AppNotes 0014, 0015).
fn in_tams(reference: &Object) -> Option<Media> {
    let host = tams_text(reference, "hint_url").and_then(host_in);
    let id = |key| tams_text(reference, key).and_then(uuid);
    if let Some(flow) = id("flow_id") {
        return Some(Media::Tams { host, flow });
    }
    let source = id("source_id")?;
    Some(Media::Source { host, source })
}

/// Makes the active reference say `media` and `available`; what it says already stays as it is.
pub(super) fn put(clip: &mut Object, wanted: &Media, available: Option<Range>) {
    let (current, _) = active(clip);
    let known = current.and_then(|reference| number::range_at(reference, "available_range"));
    let same_media = media(current) == *wanted;
    if same_media && known == available {
        return;
    }
    let mut reference = match (current, same_media) {
        (Some(current), true) => current.clone(),
        (current, _) => renewed(current, wanted),
    };
    if known != available || !reference.contains_key("available_range") {
        reference.insert(
            "available_range".to_owned(),
            available.map_or(Value::Null, number::range_json),
        );
    }
    if clip.contains_key(REFERENCE) && !clip.contains_key(REFERENCES) {
        clip.insert(REFERENCE.to_owned(), Value::Object(reference));
        return;
    }
    let key = active_key(clip).to_owned();
    let references = clip.entry(REFERENCES).or_insert_with(|| json!({}));
    if !references.is_object() {
        *references = json!({});
    }
    if let Value::Object(references) = references {
        references.insert(key.clone(), Value::Object(reference));
    }
    clip.insert(ACTIVE.to_owned(), Value::from(key));
}

/// A reference to other media that keeps what the old one said beside.
fn renewed(old: Option<&Object>, media: &Media) -> Object {
    let mut new = Object::new();
    let kept = |key: &str| old.and_then(|old| old.get(key)).cloned();
    let url = media.to_url();
    let schema = match &url {
        Some(_) => "ExternalReference.1",
        None => "MissingReference.1",
    };
    new.insert("OTIO_SCHEMA".to_owned(), Value::from(schema));
    new.insert(
        "metadata".to_owned(),
        kept("metadata").unwrap_or_else(|| json!({})),
    );
    let name = match media {
        Media::Missing { name } => Value::from(name.clone()),
        _ => kept("name").unwrap_or_else(|| Value::from("")),
    };
    new.insert("name".to_owned(), name);
    new.insert(
        "available_range".to_owned(),
        kept("available_range").unwrap_or_default(),
    );
    new.insert("available_image_bounds".to_owned(), Value::Null);
    // The ids of the old media would win where there is no address.
    for key in ["flow_id", "source_id", "hint_url"] {
        set_tams_text(&mut new, key, None);
    }
    if let Media::Source { host, source } = media {
        set_tams_text(&mut new, "source_id", Some(source.clone()));
        let hint = host.as_ref().map(|host| format!("tams://{host}"));
        set_tams_text(&mut new, "hint_url", hint);
    }
    if let Some(url) = url {
        new.insert("target_url".to_owned(), Value::from(url));
    }
    new
}

/// How the clip's clock maps onto its flow's (AppNote 0015): the text, when the reference says one.
pub(crate) fn flow_offset(clip: &Object) -> Option<&str> {
    tams_text(active(clip).0?, "available_range_offset")
}

/// The available range of the active reference.
pub(super) fn available(
    reference: Option<&Object>,
) -> Result<Option<number::Reading<Range>>, String> {
    match reference.and_then(|reference| reference.get("available_range")) {
        None | Some(Value::Null) => Ok(None),
        Some(range) => number::range(range).map(Some),
    }
}
