//! Amagi's OpenTAMS: an idempotency key for segments, cursors beside empty links.

use http::{HeaderName, HeaderValue};
use tams_model::SegmentPost;
use uuid::Uuid;

use super::Adapter;
use crate::capability::{Capabilities, Capability};
use crate::error::TamsError;
use crate::transport::Call;

/// Without it `POST /flows/{id}/segments` is refused.
const IDEMPOTENCY: HeaderName = HeaderName::from_static("x-idempotency-key");

/// OpenTAMS.
#[derive(Debug)]
pub(super) struct OpenTams {
    version: Option<(u32, u32)>,
}

impl OpenTams {
    pub(super) const fn new(version: Option<(u32, u32)>) -> Self {
        Self { version }
    }
}

impl Adapter for OpenTams {
    fn title(&self) -> &'static str {
        "OpenTAMS"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::of_version(self.version).without(&[
            Capability::ServiceUpdate,
            Capability::Objects,
            Capability::Instances,
            Capability::DeletionRequests,
        ])
    }

    /// The key is made from address and body, so that the same segments always have the same key.
    fn segments_call(&self, call: Call, posts: &[SegmentPost]) -> Result<Call, TamsError> {
        let call = call.json(&posts)?;
        let mut named = call.url.path().as_bytes().to_vec();
        named.extend(
            call.body
                .iter()
                .flat_map(|(_, bytes)| bytes.iter().copied()),
        );
        let key = Uuid::new_v5(&Uuid::NAMESPACE_URL, &named).to_string();
        let key = HeaderValue::from_str(&key).map_err(|wrong| TamsError::InvalidInput {
            what: "an idempotency key",
            reason: wrong.to_string(),
        })?;
        Ok(call.header(IDEMPOTENCY, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    #[test]
    fn the_same_segments_have_the_same_key() {
        let key = |id: &str| {
            let call = Call::get(Url::parse("http://h/flows/a/segments").unwrap());
            let post = SegmentPost::new(id, "[0:0_2:0)".parse().unwrap());
            let sent = OpenTams::new(None).segments_call(call, &[post]).unwrap();
            sent.headers[0].1.clone()
        };
        assert_eq!(key("a"), key("a"));
        assert_ne!(key("a"), key("b"));
    }
}
