//! vasttams 6.0: flat flows, soft deletes, media only together with its segment.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tams_model::{EssenceParameters, Flow, SegmentPost};

use super::standard::several_values;
use super::{Adapter, FlowWriting};
use crate::capability::{Capabilities, Capability};
use crate::error::TamsError;
use crate::transport::Call;

/// Ends the parts of a form. It appears in no JSON text, because that has no line breaks here.
const BOUNDARY: &str = "stringout-segment-data-7MA4YWxkTrZu0gW";

/// vasttams 6.0p4.
#[derive(Debug)]
pub(super) struct Vasttams6;

impl Adapter for Vasttams6 {
    fn title(&self) -> &'static str {
        "vasttams 6.0"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::of_version(Some((6, 0))).without(&[
            Capability::ServiceUpdate,
            Capability::StorageBackends,
            Capability::SourceFilters,
            Capability::FlowFilters,
            Capability::BitRates,
            // vasttams 6.0, quirk 2: the answer is made up, its URL leads to example.com.
            Capability::StorageAllocation,
            Capability::ChosenObjectIds,
            Capability::UncontrolledObjects,
            // vasttams 6.0, quirk 4
            Capability::DerivedIds,
            // vasttams 6.0, quirk 3: an object's key is made from the flow that lists it.
            Capability::EditByReference,
            // vasttams 6.0, quirk 5: `limit` cuts off, and nothing leads to the rest.
            Capability::Paging,
        ])
        // vasttams 6.0, quirk 1: the form of a segment has a field for its bytes.
        .with(&[Capability::MediaWithSegment])
    }

    /// vasttams 6.0, quirk 5: without `limit` it sends the most it has.
    fn page_limit(&self) -> Option<u32> {
        None
    }

    /// vasttams 6.0, quirk 1: lists of segments always fail.
    fn segments_per_call(&self) -> usize {
        1
    }

    /// vasttams 6.0, quirk 4: `PUT` of a new flow is 404, and the source doesn't come by itself.
    fn flow_writing(&self) -> FlowWriting {
        FlowWriting::PostThenPut { source_first: true }
    }

    /// vasttams 6.0, quirk 4: the essence lies flat in the flow, and a collection is bare ids.
    fn flow_body(&self, flow: &Flow) -> Result<Value, TamsError> {
        if let Some(name) = flow.tags.as_ref().and_then(several_values) {
            return Err(TamsError::InvalidInput {
                what: "a flow",
                reason: format!("its tag {name} has several values, and the server keeps one"),
            });
        }
        if flow.id.uuid().get_version_num() != 4 || flow.source_id.uuid().get_version_num() != 4 {
            return Err(TamsError::InvalidInput {
                what: "a flow",
                reason: "vasttams 6.0 takes version 4 UUIDs only".to_owned(),
            });
        }
        let mut body = Map::new();
        let technical = &flow.technical;
        body.insert("id".into(), json!(flow.id));
        body.insert("source_id".into(), json!(flow.source_id));
        let mut set = |name: &str, value: Value| {
            if !value.is_null() {
                body.insert(name.to_owned(), value);
            }
        };
        set("format", json!(technical.format));
        // It wants one of every flow; what a muxed one holds is said by those it collects.
        let codec = technical.codec.as_ref().or(technical.container.as_ref());
        set("codec", json!(codec));
        set("container", json!(technical.container));
        set("label", json!(flow.label));
        set("description", json!(flow.description));
        set("created_by", json!(flow.created_by));
        set("updated_by", json!(flow.updated_by));
        set("read_only", json!(flow.read_only));
        let mut tags = flow.tags.clone();
        if let Some(status) = flow.status {
            tags.get_or_insert_default()
                .insert("flow_status", status.as_str());
        }
        set("tags", json!(tags));
        if let Some(collection) = &flow.flow_collection {
            set(
                "flow_collection",
                collection.iter().map(|item| json!(item.id)).collect(),
            );
        }
        match &technical.essence_parameters {
            Some(EssenceParameters::Video(video)) => {
                set("frame_width", json!(video.frame_width));
                set("frame_height", json!(video.frame_height));
                let rate = video
                    .frame_rate
                    .map(|rate| format!("{}/{}", rate.numerator(), rate.denominator()));
                set("frame_rate", json!(rate));
                set("interlace_mode", json!(video.interlace_mode));
            }
            Some(EssenceParameters::Image(image)) => {
                set("frame_width", json!(image.frame_width));
                set("frame_height", json!(image.frame_height));
            }
            Some(EssenceParameters::Audio(audio)) => {
                set("sample_rate", json!(audio.sample_rate));
                set("channels", json!(audio.channels));
                set("bits_per_sample", json!(audio.bit_depth));
            }
            Some(EssenceParameters::Data(_) | EssenceParameters::Multi(_)) | None => {}
        }
        Ok(Value::Object(body))
    }

    /// vasttams 6.0, quirk 1: a segment is a field of a form.
    fn segments_call(&self, call: Call, posts: &[SegmentPost]) -> Result<Call, TamsError> {
        let [post] = posts else {
            return Err(TamsError::InvalidInput {
                what: "segments",
                reason: "vasttams 6.0 takes them one by one".to_owned(),
            });
        };
        let text = serde_json::to_string(post).map_err(|wrong| TamsError::InvalidInput {
            what: "a segment",
            reason: wrong.to_string(),
        })?;
        let form = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"segment_data\"\r\n\r\n{text}\r\n--{BOUNDARY}--\r\n"
        );
        Ok(call.bytes(FORM, Bytes::from(form)))
    }

    /// vasttams 6.0, quirk 9: label and description are query parameters; quirk 4: a collection is
    /// bare ids.
    fn property_call(&self, call: Call, name: &str, value: &Value) -> Result<Call, TamsError> {
        match value {
            Value::String(text) if matches!(name, "label" | "description") => {
                Ok(call.query(name, text))
            }
            Value::Array(members) if name == "flow_collection" => {
                let ids: Vec<&Value> = members.iter().map(|member| &member["id"]).collect();
                call.json(&ids)
            }
            value => call.json(value),
        }
    }
}

/// The type of the form above.
const FORM: &str = "multipart/form-data; boundary=stringout-segment-data-7MA4YWxkTrZu0gW";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_essence_lies_flat() {
        let flow: Flow = serde_json::from_value(json!({
            "id": "4f79cfd1-c057-47f4-8e4d-1b126ca7bf34",
            "source_id": "2aa143ac-0ab7-4d75-bc32-5c00c13d186f",
            "format": "urn:x-nmos:format:video", "codec": "video/h264",
            "essence_parameters": {"frame_width": 1280, "frame_height": 720,
                "frame_rate": {"numerator": 30000, "denominator": 1001}},
            "flow_collection": [{"id": "2aa143ac-0ab7-4d75-bc32-5c00c13d186f", "role": "x"}],
        }))
        .unwrap();
        assert_eq!(
            Vasttams6.flow_body(&flow).unwrap(),
            json!({
                "id": "4f79cfd1-c057-47f4-8e4d-1b126ca7bf34",
                "source_id": "2aa143ac-0ab7-4d75-bc32-5c00c13d186f",
                "format": "urn:x-nmos:format:video", "codec": "video/h264",
                "flow_collection": ["2aa143ac-0ab7-4d75-bc32-5c00c13d186f"],
                "frame_width": 1280, "frame_height": 720, "frame_rate": "30000/1001",
            })
        );
    }

    #[test]
    fn the_boundary_is_that_of_the_form() {
        assert!(FORM.ends_with(BOUNDARY));
    }
}
