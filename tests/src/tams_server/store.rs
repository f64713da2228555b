//! What a server holds, in memory, whatever its dialect: sources, flows, segments, objects.
//!
//! Nothing here checks anything; what a server refuses is its dialect's business.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::auth::Doors;
use super::media::Bucket;
use super::time::{self, Span};

/// A JSON object.
pub(super) type Properties = Map<String, Value>;

/// A segment as the server holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// The object whose content it is.
    pub object_id: String,
    /// On the flow's timeline, the text as it came.
    pub timerange: String,
    /// What is added to the object's times to give the flow's, if anything was said.
    pub ts_offset: Option<String>,
    /// Everything else that was kept: `last_duration`, `key_frame_count` and the like.
    pub other: Map<String, Value>,
}

impl Segment {
    /// What the timerange means; nothing when the text is none.
    pub(super) fn span(&self) -> Option<Span> {
        Span::parse(&self.timerange)
    }

    /// The offset in nanoseconds.
    pub(super) fn offset(&self) -> i128 {
        let text = self.ts_offset.as_deref();
        text.and_then(time::nanoseconds).unwrap_or(0)
    }

    /// The same as the specification's JSON, without URLs.
    pub(super) fn json(&self) -> Properties {
        let mut json = Map::new();
        json.insert("object_id".to_owned(), json!(self.object_id));
        json.insert("timerange".to_owned(), json!(self.timerange));
        if let Some(offset) = &self.ts_offset {
            json.insert("ts_offset".to_owned(), json!(offset));
        }
        json.extend(self.other.clone());
        json
    }
}

/// An object as the server holds it.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its id.
    pub id: String,
    /// Its bytes; none while nothing was uploaded.
    pub bytes: Option<Vec<u8>>,
    /// The content type it was allocated with.
    pub content_type: String,
    /// The flow that it was allocated for.
    pub flow_id: String,
    /// Whether a segment was ever made of it.
    pub registered: bool,
    /// On its own timeline, once known.
    pub timerange: Option<String>,
    /// How many random access points it has, once known.
    pub key_frame_count: Option<Value>,
    /// Its path in the store.
    pub key: String,
    /// URLs elsewhere, each with a label.
    pub elsewhere: Vec<(String, String)>,
    /// Seconds since 1970 at which it was allocated.
    pub(super) allocated: i64,
}

/// Everything a server knows.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) sources: Vec<Properties>,
    pub(super) flows: Vec<Properties>,
    /// By flow, in the order in which they came.
    pub(super) segments: BTreeMap<String, Vec<Segment>>,
    pub(super) objects: Vec<Object>,
    pub(super) deletions: Vec<Properties>,
    pub(super) webhooks: Vec<Properties>,
    pub(super) profiles: Vec<Properties>,
    /// Keys of idempotent requests that were carried out, with the status they were answered.
    pub(super) idempotent: Vec<(String, u16)>,
    pub(super) bucket: Bucket,
    pub(super) doors: Doors,
    /// The number of items on a page, whatever is asked for.
    pub(super) page_size: Option<usize>,
    /// How far the server's clock is ahead of the system's.
    pub(super) ahead: SignedDuration,
    made: u64,
}

impl Store {
    pub(super) fn new(bucket: Bucket, doors: Doors) -> Self {
        Self {
            sources: Vec::new(),
            flows: Vec::new(),
            segments: BTreeMap::new(),
            objects: Vec::new(),
            deletions: Vec::new(),
            webhooks: Vec::new(),
            profiles: Vec::new(),
            idempotent: Vec::new(),
            bucket,
            doors,
            page_size: None,
            ahead: SignedDuration::ZERO,
            made: 0,
        }
    }

    /// What the server's clock shows.
    pub(super) fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        now.checked_add(self.ahead)
            .expect("a test sets clocks within this era")
    }

    /// The same in RFC 3339.
    pub(super) fn now_text(&self) -> String {
        self.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// A UUID of version 4 that this server hasn't given out.
    pub(super) fn new_id(&mut self) -> String {
        self.made += 1;
        let seed = format!("{} {}", self.bucket.secret, self.made);
        let hash = Sha256::digest(seed.as_bytes());
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        format!(
            "{}-{}-4{}-a{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..32]
        )
    }

    pub(super) fn source(&mut self, id: &str) -> Option<&mut Properties> {
        find(&mut self.sources, id)
    }

    pub(super) fn flow(&mut self, id: &str) -> Option<&mut Properties> {
        find(&mut self.flows, id)
    }

    pub(super) fn object(&mut self, id: &str) -> Option<&mut Object> {
        self.objects.iter_mut().find(|object| object.id == id)
    }

    /// A flow's segments, in order of arrival.
    pub(super) fn of_flow(&self, flow: &str) -> &[Segment] {
        self.segments.get(flow).map_or(&[], Vec::as_slice)
    }

    /// The flows that have segments of an object.
    pub(super) fn flows_of_object(&self, object: &str) -> Vec<String> {
        let of_it = |segments: &Vec<Segment>| segments.iter().any(|s| s.object_id == object);
        let found = self.segments.iter().filter(|(_, list)| of_it(list));
        found.map(|(flow, _)| flow.clone()).collect()
    }

    /// The least timerange that holds a flow's segments, of those that overlap `within`.
    pub(super) fn extent(&self, flow: &str, within: Span) -> Span {
        self.of_flow(flow)
            .iter()
            .filter_map(Segment::span)
            .filter(|span| span.overlaps(within))
            .fold(Span::NEVER, |all, span| all.hull(span.and(within)))
    }

    /// Allocates an object; its key in the store is `key`.
    pub(super) fn allocate(&mut self, id: &str, flow: &str, content_type: &str, key: &str) {
        let allocated = self.now().as_second();
        self.objects.push(Object {
            id: id.to_owned(),
            bytes: None,
            content_type: content_type.to_owned(),
            flow_id: flow.to_owned(),
            registered: false,
            timerange: None,
            key_frame_count: None,
            key: key.to_owned(),
            elsewhere: Vec::new(),
            allocated,
        });
    }

    /// Takes segments out of a flow; which were taken.
    pub(super) fn take_segments(
        &mut self,
        flow: &str,
        mut which: impl FnMut(&Segment) -> bool,
    ) -> Vec<Segment> {
        let list = self.segments.entry(flow.to_owned()).or_default();
        let (taken, kept) = std::mem::take(list).into_iter().partition(|s| which(s));
        *list = kept;
        taken
    }

    /// Removes the objects of `taken` that no segment refers to any more.
    pub(super) fn collect(&mut self, taken: &[Segment]) {
        for segment in taken {
            if self.flows_of_object(&segment.object_id).is_empty() {
                self.objects.retain(|object| object.id != segment.object_id);
            }
        }
    }

    /// Makes the source of a flow, when it isn't there (sources are implicit, specification README).
    pub(super) fn imply_source(&mut self, flow: &Properties) {
        let id = text(flow, "source_id").to_owned();
        if self.source(&id).is_none() {
            let now = self.now_text();
            let source = json!({
                "id": id, "format": flow.get("format"), "created": now, "updated": now,
            });
            self.sources.push(object(source));
        }
    }
}

/// A property that is text, or nothing.
pub(super) fn text<'a>(properties: &'a Properties, name: &str) -> &'a str {
    let value = properties.get(name).and_then(Value::as_str);
    value.unwrap_or_default()
}

/// The properties of a JSON object.
pub(super) fn object(value: Value) -> Properties {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn find<'a>(list: &'a mut [Properties], id: &str) -> Option<&'a mut Properties> {
    list.iter_mut().find(|item| text(item, "id") == id)
}
