//! From OTIO's JSON to a programme.

use super::{Object, number, reference, scan, schema_of, schema_text, text_of};
use crate::issue::{Issues, item_place, short, track_place};
use crate::kept::{TAMS, tams_text};
use crate::{
    Clip, Gap, Issue, Item, Kept, Media, Other, Programme, Range, ReadError, Time, Track,
    TrackKind, Transition,
};
use mediatime::TimeRange;
use serde_json::Value;

/// Reads an `.otio` file. The issues tell what in it is not understood; it is kept all the same.
///
/// Of a collection the first timeline is read.
///
/// # Errors
/// The text is no OTIO, holds no timeline, or is past the limits.
pub fn read_otio(text: &str) -> Result<(Programme, Vec<Issue>), ReadError> {
    let text = scan::scan(text)?;
    let root: Value = serde_json::from_str(&text).map_err(|error| ReadError::Json {
        why: error.to_string(),
    })?;
    let mut issues = Issues::default();
    if schema_of(&root).is_none() {
        return Err(ReadError::NotOtio);
    }
    let root_schema = schema_text(&root);
    let mut timelines = 0;
    let timeline = first_timeline(root, &mut timelines).ok_or(ReadError::NoTimeline {
        schema: root_schema,
    })?;
    if timelines > 1 {
        issues.add(
            "the file",
            format!("it holds {timelines} timelines; only the first is read"),
        );
    }
    let programme = programme(timeline, &mut issues)?;
    Ok((programme, issues.into_vec()))
}

/// The first timeline of a value; counts them all. Its recursion ends as JSON's nesting does.
fn first_timeline(value: Value, count: &mut usize) -> Option<Object> {
    let is_collection = matches!(schema_of(&value), Some(("SerializableCollection", _)));
    let is_timeline = matches!(schema_of(&value), Some(("Timeline", _)));
    let Value::Object(mut object) = value else {
        return None;
    };
    if is_timeline {
        *count += 1;
        return Some(object);
    }
    if !is_collection {
        return None;
    }
    let mut first = None;
    for child in taken_list(&mut object, "children") {
        let found = first_timeline(child, count);
        first = first.or(found);
    }
    first
}

/// Takes a list out of an object and leaves null in its place.
fn taken_list(object: &mut Object, key: &str) -> Vec<Value> {
    match object.get_mut(key).map(Value::take) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

fn programme(mut timeline: Object, issues: &mut Issues) -> Result<Programme, ReadError> {
    known(&timeline, "Timeline", "the file")?;
    let start = match timeline.get("global_start_time") {
        None | Some(Value::Null) => None,
        Some(start) => noted(number::time(start), "the timeline", issues)
            .map_err(|why| issues.add("the timeline", format!("its start is {why}: left out")))
            .ok(),
    };
    let mut programme = Programme {
        title: text_of(&timeline, "name").to_owned(),
        start,
        rendered_source: tams_text(&timeline, "rendered_source_id").map(str::to_owned),
        ..Programme::default()
    };
    let stack = timeline.get_mut("tracks").map(Value::take);
    programme.kept = Kept(timeline);
    let mut stack = match stack {
        None | Some(Value::Null) => return Ok(programme),
        Some(Value::Object(stack)) => stack,
        Some(other) => {
            return Err(ReadError::UnknownSchema {
                place: "the timeline's stack of tracks".to_owned(),
                schema: schema_text(&other),
            });
        }
    };
    known(&stack, "Stack", "the timeline's stack of tracks")?;
    for (index, child) in taken_list(&mut stack, "children").into_iter().enumerate() {
        match child {
            Value::Object(object) if is(&object, "Track", 1) => {
                programme.tracks.push(track(object, index + 1, issues));
            }
            other => {
                let layer = unknown(other, "it lies among the tracks and is none");
                let place = format!("track {}, {}", index + 1, layer.schema);
                issues.add(place, layer.why.clone());
                programme.layers.push((index, layer));
            }
        }
    }
    programme.kept_stack = Kept(stack);
    Ok(programme)
}

fn known(object: &Object, name: &str, place: &str) -> Result<(), ReadError> {
    match is(object, name, 1) {
        true => Ok(()),
        false => Err(ReadError::UnknownSchema {
            place: place.to_owned(),
            schema: short(text_of(object, "OTIO_SCHEMA")),
        }),
    }
}

fn is(object: &Object, name: &str, version: u32) -> bool {
    super::split_schema(text_of(object, "OTIO_SCHEMA")) == Some((name, version))
}

fn track(mut object: Object, number: usize, issues: &mut Issues) -> Track {
    let name = text_of(&object, "name").to_owned();
    let place = track_place(&name, number);
    if object.get("children").is_some_and(|list| !list.is_array()) {
        issues.add(&place, "its children are no list: left out");
    }
    let children = taken_list(&mut object, "children");
    Track {
        items: items(children, &place, issues),
        name,
        kind: TrackKind::from(text_of(&object, "kind")),
        enabled: enabled(&object),
        kept: Kept(object),
    }
}

fn items(children: Vec<Value>, place: &str, issues: &mut Issues) -> Vec<Item> {
    children
        .into_iter()
        .enumerate()
        .map(|(index, child)| item(child, place, index, issues))
        .collect()
}

/// True unless the object says that it is switched off.
fn enabled(object: &Object) -> bool {
    object.get("enabled") != Some(&Value::Bool(false))
}

fn item(value: Value, track: &str, index: usize, issues: &mut Issues) -> Item {
    let schema = schema_of(&value).map(|(name, version)| (name.to_owned(), version));
    let place = |kind: &str| {
        let name = value.get("name").and_then(Value::as_str);
        item_place(track, index, kind, name.unwrap_or_default())
    };
    let kind = match &schema {
        Some((name, 1 | 2)) if name == "Clip" => "clip",
        Some((name, 1)) if name == "Gap" => "gap",
        Some((name, 1)) if name == "Transition" => "transition",
        _ => {
            let place = place(&schema_text(&value));
            let why = match &schema {
                Some((name, _)) if ["Stack", "Track", "Timeline"].contains(&name.as_str()) => {
                    "it is a composition within the track, which is not flattened yet"
                }
                _ => "its schema is not known here",
            };
            if nested_children(&value).is_none() {
                issues.add(place, format!("{why}: kept as it is"));
            }
            return Item::Other(unknown(value, why));
        }
    };
    let place = place(kind);
    let Value::Object(object) = value else {
        return Item::Other(unknown(value, "it is no object"));
    };
    let mut found = Issues::default();
    let read = match kind {
        "clip" => clip(&object, &place, &mut found).map(Item::from),
        "gap" => gap(&object, &place, &mut found).map(Item::Gap),
        _ => transition(&object, &place, &mut found).map(Item::Transition),
    };
    match read {
        Ok(item) => {
            issues.append(found);
            with_kept(item, object)
        }
        Err(why) => {
            issues.add(&place, format!("{why}: kept as it is"));
            Item::Other(unknown(Value::Object(object), &why))
        }
    }
}

fn with_kept(mut item: Item, object: Object) -> Item {
    let kept = match &mut item {
        Item::Clip(clip) => &mut clip.kept,
        Item::Gap(gap) => &mut gap.kept,
        Item::Transition(transition) => &mut transition.kept,
        Item::Other(_) => return item,
    };
    *kept = Kept(object);
    item
}

fn unknown(value: Value, why: &str) -> Other {
    let name = value.get("name").and_then(Value::as_str);
    Other {
        schema: schema_text(&value),
        name: name.unwrap_or_default().to_owned(),
        why: why.to_owned(),
        value,
    }
}

/// A value that was read, with what had to be done to it as an issue.
fn noted<T>(
    reading: Result<number::Reading<T>, String>,
    place: &str,
    issues: &mut Issues,
) -> Result<T, String> {
    let reading = reading?;
    if let Some(note) = reading.note {
        issues.add(place, note);
    }
    Ok(reading.value)
}

fn range(object: &Object, place: &str, issues: &mut Issues) -> Result<Option<Range>, String> {
    match object.get("source_range") {
        None | Some(Value::Null) => Ok(None),
        Some(range) => noted(number::range(range), place, issues)
            .map(Some)
            .map_err(|why| format!("its source_range is {why}")),
    }
}

fn clip(object: &Object, place: &str, issues: &mut Issues) -> Result<Clip, String> {
    let (active, missing) = reference::active(object);
    if let Some(missing) = missing {
        issues.add(place, missing);
    }
    let media = reference::media(active);
    let available = reference::available(active)
        .map_err(|why| format!("its available_range is {why}"))?
        .map(|reading| noted(Ok(reading), place, issues))
        .transpose()?;
    let range = range(object, place, issues)?;
    let timerange = exact_timerange(object, &media, range);
    if let (None, Some(text), true) = (timerange, tams_text(object, "timerange"), media.is_tams()) {
        let text = short(text);
        issues.add(
            place,
            format!("the timerange `{text}` in its {TAMS} metadata is not that of its source_range, which is taken"),
        );
    }
    Ok(Clip {
        name: text_of(object, "name").to_owned(),
        media,
        available,
        range,
        timerange,
        enabled: enabled(object),
        kept: Kept::default(),
    })
}

/// The timerange in a clip's metadata, when it may stand for `range`.
pub(super) fn exact_timerange(
    object: &Object,
    media: &Media,
    range: Option<Range>,
) -> Option<TimeRange> {
    let clip = Clip {
        timerange: Some(tams_text(object, "timerange")?.parse().ok()?),
        ..Clip::new("", media.clone(), range)
    };
    clip.exact_timerange()
}

fn gap(object: &Object, place: &str, issues: &mut Issues) -> Result<Gap, String> {
    Ok(Gap {
        name: text_of(object, "name").to_owned(),
        range: range(object, place, issues)?,
        kept: Kept::default(),
    })
}

fn transition(object: &Object, place: &str, issues: &mut Issues) -> Result<Transition, String> {
    let mut offset = |key: &str| -> Result<Option<Time>, String> {
        match object.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(time) => noted(number::time(time), place, issues)
                .map(Some)
                .map_err(|why| format!("its {key} is {why}")),
        }
    };
    Ok(Transition {
        name: text_of(object, "name").to_owned(),
        kind: text_of(object, "transition_type").to_owned(),
        in_offset: offset("in_offset")?,
        out_offset: offset("out_offset")?,
        kept: Kept::default(),
    })
}

/// The items of a composition within a track, when they can stand in its place: it is a track, or a
/// stack of one, of kind `kind`, switched on, without a range or effects of its own.
pub(crate) fn simple_nested(
    other: &Other,
    kind: &TrackKind,
    place: &str,
    issues: &mut Issues,
) -> Option<Vec<Item>> {
    let (found, children) = nested_children(&other.value)?;
    (found == *kind).then(|| items(children.clone(), place, issues))
}

fn nested_children(value: &Value) -> Option<(TrackKind, &Vec<Value>)> {
    let object = value.as_object()?;
    let plain = enabled(object)
        && object.get("source_range").is_none_or(Value::is_null)
        && object
            .get("effects")
            .is_none_or(|effects| effects.as_array().is_some_and(Vec::is_empty));
    let children = object.get("children")?.as_array()?;
    if !plain {
        return None;
    }
    if is(object, "Track", 1) {
        return Some((TrackKind::from(text_of(object, "kind")), children));
    }
    match (is(object, "Stack", 1), children.as_slice()) {
        (true, [child]) => nested_children(child),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
