//! The shape of sources and flows in vasttams 6.

use serde_json::{Value, json};

use crate::tams_server::store::{Properties, object, text};

/// Everything a source has.
pub(super) const SOURCE: &[&str] = &[
    "id",
    "format",
    "label",
    "description",
    "created_by",
    "updated_by",
    "created",
    "updated",
    "tags",
    "source_collection",
    "collected_by",
    "deleted",
    "deleted_at",
    "deleted_by",
];

/// Everything a flow has (4): the essence's properties lie flat.
pub(super) const FLOW: &[&str] = &[
    "id",
    "source_id",
    "format",
    "codec",
    "label",
    "description",
    "created_by",
    "updated_by",
    "created",
    "updated",
    "tags",
    "container",
    "read_only",
    "frame_width",
    "frame_height",
    "frame_rate",
    "interlace_mode",
    "color_sampling",
    "color_space",
    "transfer_characteristics",
    "color_primaries",
    "sample_rate",
    "bits_per_sample",
    "channels",
    "flow_collection",
    "deleted",
    "deleted_at",
    "deleted_by",
];

/// (4): what isn't known is dropped.
pub(super) fn known(body: &Properties, fields: &[&str], now: &str) -> Properties {
    let mut kept = body.clone();
    kept.retain(|name, _| fields.contains(&name.as_str()));
    kept.insert("created".to_owned(), json!(now));
    kept.insert("updated".to_owned(), json!(now));
    kept.insert("deleted".to_owned(), json!(false));
    kept
}

/// (7): everything is there, as null when it is nothing. (10): times have no zone.
pub(super) fn read(item: &Properties, fields: &[&str]) -> Properties {
    zoned(item, fields, "")
}

/// The same in the answer to its making, (10): times have a zone.
pub(super) fn created(item: &Properties, fields: &[&str]) -> Properties {
    zoned(item, fields, "+00:00")
}

fn zoned(item: &Properties, fields: &[&str], zone: &str) -> Properties {
    let value = |name: &&str| {
        let value = item.get(*name).cloned().unwrap_or(Value::Null);
        let value = match value.as_str().and_then(|text| text.strip_suffix('Z')) {
            Some(time) if ["created", "updated", "deleted_at"].contains(name) => {
                json!(format!("{time}{zone}"))
            }
            _ => value,
        };
        ((*name).to_owned(), value)
    };
    fields.iter().map(value).collect()
}

/// A flow of the specification's shape in this one's (4).
pub(in crate::tams_server) fn flat(flow: &Properties) -> Properties {
    let mut flat = known(flow, FLOW, text(flow, "created"));
    let essence = object(flow.get("essence_parameters").cloned().unwrap_or_default());
    for (name, value) in &essence {
        let name = match name.as_str() {
            "bit_depth" => "bits_per_sample",
            "colorspace" => "color_space",
            name => name,
        };
        if FLOW.contains(&name) && name != "frame_rate" {
            flat.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(rate) = essence.get("frame_rate") {
        let denominator = rate["denominator"].as_u64().unwrap_or(1);
        let rate = format!("{}/{denominator}", rate["numerator"]);
        flat.insert("frame_rate".to_owned(), json!(rate));
    }
    if let Some(members) = flow.get("flow_collection").and_then(Value::as_array) {
        let ids: Vec<&Value> = members.iter().map(|member| &member["id"]).collect();
        flat.insert("flow_collection".to_owned(), json!(ids));
    }
    flat
}
