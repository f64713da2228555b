//! LiveWyer's TAMOSS: the specification's 8.2 as it is written.
//!
//! From its documentation: cursors are opaque and lead from key to key; `collected_by_ids=` with
//! nothing behind means what is collected by nothing, its absence means everything; URLs expire and
//! are read anew. Webhooks are delivered at least once there; here nobody is told.

use serde_json::{Value, json};

use super::specified::Rules;

#[derive(Debug)]
pub(super) struct Tamoss82;

impl Rules for Tamoss82 {
    fn service(&self) -> Value {
        json!({
            "name": "TAMOSS",
            "type": "urn:x-tams:service.tamoss",
            "api_version": "8.2",
            "min_object_timeout": "3600:0",
            "min_presigned_url_timeout": "3600:0",
            "event_stream_mechanisms": [{ "name": "webhooks" }],
        })
    }

    fn has_8_2(&self) -> bool {
        true
    }
}
