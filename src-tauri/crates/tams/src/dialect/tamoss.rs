//! LiveWyer's TAMOSS: 8.2 as specified, with opaque cursors that are followed as links.

use super::Adapter;
use crate::capability::Capabilities;

/// TAMOSS.
#[derive(Debug)]
pub(super) struct Tamoss {
    version: Option<(u32, u32)>,
}

impl Tamoss {
    pub(super) const fn new(version: Option<(u32, u32)>) -> Self {
        Self { version }
    }
}

impl Adapter for Tamoss {
    fn title(&self) -> &'static str {
        "TAMOSS"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::of_version(self.version)
    }
}
