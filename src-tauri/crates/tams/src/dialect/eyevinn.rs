//! Eyevinn's tams-gateway: lenient, and forgetful about times.

use super::Adapter;
use crate::capability::{Capabilities, Capability};

/// tams-gateway.
#[derive(Debug)]
pub(super) struct Eyevinn {
    version: Option<(u32, u32)>,
}

impl Eyevinn {
    pub(super) const fn new(version: Option<(u32, u32)>) -> Self {
        Self { version }
    }
}

impl Adapter for Eyevinn {
    fn title(&self) -> &'static str {
        "tams-gateway"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::of_version(self.version).without(&[
            Capability::ServiceUpdate,
            Capability::SourceFilters,
            Capability::FlowFilters,
            // Arrays are refused: `body/tags/l must be string`.
            Capability::TagArrays,
            Capability::FlowTimerange,
            Capability::Objects,
            Capability::Instances,
            // `ts_offset`, `last_duration` and `key_frame_count` are accepted and dropped.
            Capability::TimestampOffset,
            Capability::EditByReference,
            Capability::ObjectTimerange,
            Capability::InitSegments,
        ])
    }
}
