//! The reference implementation on AWS: nearly the specification, behind an API Gateway.

use super::Adapter;
use crate::capability::Capabilities;

/// AWS.
#[derive(Debug)]
pub(super) struct Aws {
    version: Option<(u32, u32)>,
}

impl Aws {
    pub(super) const fn new(version: Option<(u32, u32)>) -> Self {
        Self { version }
    }
}

impl Adapter for Aws {
    fn title(&self) -> &'static str {
        "TAMS on AWS"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::of_version(self.version)
    }

    /// Its largest page. A larger one would be refused, its own 30 makes ten times the calls.
    fn page_limit(&self) -> Option<u32> {
        Some(300)
    }
}
