//! From a programme to OTIO's JSON.

use super::{Object, number, read, reference, text_of};
use crate::kept::{set_tams_text, tams_text};
use crate::{Clip, Gap, Item, Kept, Programme, Range, Time, Track, TrackKind, Transition};
use serde_json::{Value, json};

/// Writes an `.otio` file that holds the one timeline.
///
/// What was read from a file and not changed is written as it stood there. New clips are `Clip.2`; a
/// clip of media in TAMS has its exact timerange in its metadata.
pub fn write_otio(programme: &Programme) -> String {
    let mut timeline = base(
        &programme.kept,
        json!({
            "OTIO_SCHEMA": "Timeline.1",
            "metadata": {},
            "name": "",
            "global_start_time": null,
            "tracks": null,
        }),
    );
    put_text(&mut timeline, "name", &programme.title);
    put_time(&mut timeline, "global_start_time", programme.start);
    let rendered = programme.rendered_source.as_deref();
    if tams_text(&timeline, "rendered_source_id") != rendered {
        let rendered = rendered.map(str::to_owned);
        set_tams_text(&mut timeline, "rendered_source_id", rendered);
    }
    timeline.insert("tracks".to_owned(), stack(programme));
    format!("{:#}\n", Value::Object(timeline))
}

fn stack(programme: &Programme) -> Value {
    let mut children: Vec<Value> = programme.tracks.iter().map(track).collect();
    for (index, layer) in &programme.layers {
        children.insert((*index).min(children.len()), layer.value.clone());
    }
    let mut stack = base(&programme.kept_stack, composition("Stack.1", "tracks"));
    stack.insert("children".to_owned(), Value::Array(children));
    Value::Object(stack)
}

/// What an object said when it was read, else what a new one says.
fn base(kept: &Kept, new: Value) -> Object {
    match new {
        Value::Object(new) if kept.0.is_empty() => new,
        // Metadata may have been set on an object that is new.
        Value::Object(mut new) if !kept.0.contains_key("OTIO_SCHEMA") => {
            new.extend(kept.0.clone());
            new
        }
        _ => kept.0.clone(),
    }
}

fn composition(schema: &str, name: &str) -> Value {
    json!({
        "OTIO_SCHEMA": schema,
        "metadata": {},
        "name": name,
        "source_range": null,
        "effects": [],
        "markers": [],
        "enabled": true,
        "children": [],
    })
}

fn track(track: &Track) -> Value {
    let mut object = base(&track.kept, composition("Track.1", ""));
    put_text(&mut object, "name", &track.name);
    put_enabled(&mut object, track.enabled);
    if TrackKind::from(text_of(&object, "kind")) != track.kind || !object.contains_key("kind") {
        object.insert("kind".to_owned(), Value::from(track.kind.name()));
    }
    let children = track.items.iter().map(|item| match item {
        Item::Clip(clip) => Value::Object(self::clip(clip)),
        Item::Gap(gap) => Value::Object(self::gap(gap)),
        Item::Transition(transition) => Value::Object(self::transition(transition)),
        Item::Other(other) => other.value.clone(),
    });
    object.insert("children".to_owned(), children.collect());
    Value::Object(object)
}

fn clip(clip: &Clip) -> Object {
    let mut object = base(
        &clip.kept,
        json!({
            "OTIO_SCHEMA": "Clip.2",
            "metadata": {},
            "name": "",
            "source_range": null,
            "effects": [],
            "markers": [],
            "enabled": true,
            "media_references": {
                "DEFAULT_MEDIA": {
                    "OTIO_SCHEMA": "MissingReference.1",
                    "metadata": {},
                    "name": "",
                    "available_range": null,
                    "available_image_bounds": null,
                },
            },
            "active_media_reference_key": "DEFAULT_MEDIA",
        }),
    );
    put_text(&mut object, "name", &clip.name);
    put_enabled(&mut object, clip.enabled);
    put_range(&mut object, clip.range);
    reference::put(&mut object, &clip.media, clip.available);
    let exact = clip.exact_timerange();
    if read::exact_timerange(&object, &clip.media, clip.range) != exact {
        let text = exact.map(|timerange| timerange.to_string());
        set_tams_text(&mut object, "timerange", text);
    }
    object
}

fn gap(gap: &Gap) -> Object {
    let mut object = base(
        &gap.kept,
        json!({
            "OTIO_SCHEMA": "Gap.1",
            "metadata": {},
            "name": "",
            "source_range": null,
            "effects": [],
            "markers": [],
            "enabled": true,
        }),
    );
    put_text(&mut object, "name", &gap.name);
    put_range(&mut object, gap.range);
    object
}

fn transition(transition: &Transition) -> Object {
    let mut object = base(
        &transition.kept,
        json!({
            "OTIO_SCHEMA": "Transition.1",
            "metadata": {},
            "name": "",
            "in_offset": null,
            "out_offset": null,
            "transition_type": "",
        }),
    );
    put_text(&mut object, "name", &transition.name);
    put_text(&mut object, "transition_type", &transition.kind);
    put_time(&mut object, "in_offset", transition.in_offset);
    put_time(&mut object, "out_offset", transition.out_offset);
    object
}

fn put_text(object: &mut Object, key: &str, text: &str) {
    if text_of(object, key) != text {
        object.insert(key.to_owned(), Value::from(text));
    }
}

fn put_enabled(object: &mut Object, enabled: bool) {
    if (object.get("enabled") == Some(&Value::Bool(false))) == enabled {
        object.insert("enabled".to_owned(), Value::Bool(enabled));
    }
}

fn put_time(object: &mut Object, key: &str, time: Option<Time>) {
    if number::time_at(object, key) != time {
        let value = time.map_or(Value::Null, number::time_json);
        object.insert(key.to_owned(), value);
    }
}

fn put_range(object: &mut Object, range: Option<Range>) {
    if number::range_at(object, "source_range") != range {
        let value = range.map_or(Value::Null, number::range_json);
        object.insert("source_range".to_owned(), value);
    }
}
