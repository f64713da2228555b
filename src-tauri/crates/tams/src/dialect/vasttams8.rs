//! vasttams 7.0 and 8.0: wrapped times, one segment a call, pages by offset.

use serde_json::json;
use tams_model::SegmentPost;

use super::{Adapter, FlowWriting, Paging};
use crate::capability::{Capabilities, Capability};
use crate::error::TamsError;
use crate::transport::Call;

/// vasttams 7.0 and 8.0.
#[derive(Debug)]
pub(super) struct Vasttams8;

impl Adapter for Vasttams8 {
    fn title(&self) -> &'static str {
        "vasttams 8.0"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::of_version(Some((8, 0))).without(&[
            // vasttams 8.0, quirk 5
            Capability::ObjectTimerange,
            // vasttams 8.0, quirk 8: setting them answers 201 and does nothing.
            Capability::BitRates,
            // vasttams 8.0, quirk 5: an object has to come from its storage.
            Capability::UncontrolledObjects,
        ])
    }

    /// vasttams 8.0, quirk 4
    fn paging(&self) -> Paging {
        Paging::Offset
    }

    /// vasttams 8.0, quirk 4: more than 1000 is refused.
    fn page_limit(&self) -> Option<u32> {
        Some(1000)
    }

    /// vasttams 8.0, quirk 5
    fn segments_per_call(&self) -> usize {
        1
    }

    /// vasttams 8.0, quirk 8
    fn flow_writing(&self) -> FlowWriting {
        FlowWriting::PostThenPut {
            source_first: false,
        }
    }

    /// vasttams 8.0, quirks 2 and 5: one segment, times in objects; and no URL, because it wants
    /// more of one than 8.2 has.
    fn segments_call(&self, call: Call, posts: &[SegmentPost]) -> Result<Call, TamsError> {
        let [post] = posts else {
            return Err(TamsError::InvalidInput {
                what: "segments",
                reason: "vasttams 8.0 takes them one by one".to_owned(),
            });
        };
        if post.get_urls.is_some() || post.init_object_id.is_some() {
            return Err(TamsError::InvalidInput {
                what: "a segment",
                reason: "vasttams 8.0 takes neither URLs nor an initialisation segment with it"
                    .to_owned(),
            });
        }
        let mut sent = post.clone();
        // It does not know the property; `timerange` and `ts_offset` say what is needed.
        sent.object_timerange = None;
        let mut body = serde_json::to_value(&sent).map_err(|wrong| TamsError::InvalidInput {
            what: "a segment",
            reason: wrong.to_string(),
        })?;
        for name in ["timerange", "ts_offset", "last_duration"] {
            if let Some(time) = body.get_mut(name) {
                *time = json!({"value": time.take()});
            }
        }
        call.json(&body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mediatime::Timestamp;
    use serde_json::Value;
    use url::Url;

    #[test]
    fn times_are_wrapped() {
        let call = || Call::get(Url::parse("http://h/").unwrap());
        let mut post = SegmentPost::new("a", "[0:0_2:0)".parse().unwrap());
        post.ts_offset = Timestamp::from_secs(-1);
        let sent = Vasttams8.segments_call(call(), &[post.clone()]).unwrap();
        let (_, body) = sent.body.unwrap();
        assert_eq!(
            serde_json::from_slice::<Value>(&body).unwrap(),
            json!({"object_id": "a", "timerange": {"value": "[0:0_2:0)"}, "ts_offset": {"value": "-1:0"}})
        );
        assert!(
            Vasttams8
                .segments_call(call(), &[post.clone(), post])
                .is_err()
        );
    }
}
