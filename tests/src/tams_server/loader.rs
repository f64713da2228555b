//! Fills a server with media, as if somebody had worked with it.

use serde_json::{Map, Value, json};

use super::Dialect;
use super::store::{Properties, Segment, Store, object, text};
use super::time::{self, Span};
use super::{vasttams6, vasttams8};

/// A source, a flow of it and the flow's segments.
#[derive(Clone, Debug)]
pub struct AddMedia {
    /// The source in the shape of TAMS 8.2, with `id` and `format`. One that is there stays as it is.
    pub source: Value,
    /// The flow in the shape of TAMS 8.2; a dialect that has another shape gets its own.
    pub flow: Value,
    /// What source and flow are called.
    pub label: String,
    /// The segments, in the order in which they come to be there.
    pub segments: Vec<AddSegment>,
}

/// A segment with the object that it is made of.
#[derive(Clone, Debug, Default)]
pub struct AddSegment {
    /// The object's id, when it matters: one that is there already is used again, and `bytes` are
    /// not looked at. Else the server chooses one.
    pub object_id: Option<String>,
    /// The object's bytes.
    pub bytes: Vec<u8>,
    /// The segment's timerange, unchecked.
    pub timerange: String,
    /// The segment's offset, unchecked.
    pub ts_offset: Option<String>,
    /// The object's timerange; without it, the segment's less the offset.
    pub object_timerange: Option<String>,
    /// Further properties of the segment, as in TAMS 8.2.
    pub other: Map<String, Value>,
}

impl AddMedia {
    /// A flow of H.264 pictures in MPEG-TS, 1280×720 at 25 a second, with no segments yet.
    pub fn video(source_id: &str, flow_id: &str, label: &str) -> Self {
        let format = "urn:x-nmos:format:video";
        Self {
            source: json!({ "id": source_id, "format": format }),
            flow: json!({
                "id": flow_id,
                "source_id": source_id,
                "format": format,
                "codec": "video/h264",
                "container": "video/mp2t",
                "essence_parameters": {
                    "frame_width": 1280,
                    "frame_height": 720,
                    "frame_rate": { "numerator": 25, "denominator": 1 },
                },
            }),
            label: label.to_owned(),
            segments: Vec::new(),
        }
    }

    /// The same with one more segment.
    #[must_use]
    pub fn segment(
        mut self,
        bytes: impl Into<Vec<u8>>,
        timerange: &str,
        ts_offset: Option<&str>,
    ) -> Self {
        self.segments.push(AddSegment {
            bytes: bytes.into(),
            timerange: timerange.to_owned(),
            ts_offset: ts_offset.map(str::to_owned),
            ..AddSegment::default()
        });
        self
    }
}

/// Adds it; the objects' ids, segment by segment.
pub(super) fn add(dialect: Dialect, store: &mut Store, media: AddMedia) -> Vec<String> {
    let now = store.now_text();
    let labelled = |value: Value, times: [&str; 2]| {
        let mut properties = object(value);
        properties.insert("label".to_owned(), json!(media.label));
        for time in times {
            properties.insert(time.to_owned(), json!(now));
        }
        properties
    };
    let source = labelled(media.source, ["created", "updated"]);
    let flow = labelled(media.flow, ["created", "metadata_updated"]);
    let flow_id = text(&flow, "id").to_owned();
    if store.source(text(&source, "id")).is_none() {
        store.sources.push(source);
    }
    if store.flow(&flow_id).is_none() {
        store.flows.push(match dialect {
            Dialect::Vasttams6 => vasttams6::flat(&flow),
            _ => flow.clone(),
        });
    }
    let content_type = content_type(&flow);
    let segments = media.segments.into_iter();
    segments
        .map(|segment| add_segment(dialect, store, &flow_id, &content_type, segment))
        .collect()
}

fn add_segment(
    dialect: Dialect,
    store: &mut Store,
    flow_id: &str,
    content_type: &str,
    segment: AddSegment,
) -> String {
    let id = match segment.object_id {
        Some(id) => id,
        None if dialect == Dialect::Eyevinn => format!("tams-media/{}", store.new_id()),
        None => store.new_id(),
    };
    let kept = Segment {
        object_id: id.clone(),
        timerange: segment.timerange,
        ts_offset: segment.ts_offset,
        other: segment.other,
    };
    if store.object(&id).is_none() {
        let key = key(dialect, store, flow_id, &id, &kept.timerange);
        store.allocate(&id, flow_id, content_type, &key);
        let timerange = segment.object_timerange.or_else(|| own_timerange(&kept));
        if let Some(object) = store.object(&id) {
            object.bytes = Some(segment.bytes);
            object.registered = true;
            object.timerange = timerange;
            object.key_frame_count = kept.other.get("key_frame_count").cloned();
        }
    }
    let segments = store.segments.entry(flow_id.to_owned()).or_default();
    segments.push(kept);
    id
}

/// The timerange of a segment's object, when the segment uses all of it.
pub(super) fn own_timerange(segment: &Segment) -> Option<String> {
    let span = Span::parse(&segment.timerange)?;
    let offset = segment.ts_offset.as_deref();
    let offset = offset.map_or(Some(0), time::nanoseconds)?;
    Some(match offset {
        0 => segment.timerange.clone(),
        offset => span.earlier(offset).text(),
    })
}

/// An object's key in the store of this dialect.
fn key(dialect: Dialect, store: &Store, flow_id: &str, object_id: &str, timerange: &str) -> String {
    match dialect {
        Dialect::Vasttams6 => vasttams6::key(flow_id, timerange, object_id),
        Dialect::Vasttams8 => vasttams8::key(store, object_id),
        _ => object_id.to_owned(),
    }
}

/// What a flow's objects are, by its container.
fn content_type(flow: &Properties) -> String {
    match text(flow, "container") {
        "" => "application/octet-stream".to_owned(),
        container => container.to_owned(),
    }
}
