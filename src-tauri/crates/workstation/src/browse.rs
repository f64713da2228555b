//! Browsing the local node: sources, flows, segments.

use crate::{Failure, Workspace};
use mediatime::TimeRange;
use node::{FlowFilter, Page, Paged, SegmentFilter, SourceFilter};
use tams_model::{Flow, FlowSegment, Id, Source};

impl Workspace {
    /// All sources.
    ///
    /// # Errors
    /// The node's store can't be read.
    pub fn sources(&self) -> Result<Vec<Source>, Failure> {
        all(|page| Ok(self.catalogue.sources(&SourceFilter::default(), page)?))
    }

    /// All flows, or those of one source, each with its timerange.
    ///
    /// # Errors
    /// The node's store can't be read.
    pub fn flows(&self, source_id: Option<Id>) -> Result<Vec<Flow>, Failure> {
        let filter = FlowFilter {
            source_id,
            ..FlowFilter::default()
        };
        let mut flows = all(|page| Ok(self.catalogue.flows(&filter, page)?))?;
        for flow in &mut flows {
            flow.timerange = Some(
                self.catalogue
                    .flow_timerange(flow.id, TimeRange::ETERNITY)?,
            );
        }
        Ok(flows)
    }

    /// The segments of a flow that overlap a timerange, in time order.
    ///
    /// # Errors
    /// There is no such flow, or the node's store can't be read.
    pub fn segments(&self, flow: Id, timerange: TimeRange) -> Result<Vec<FlowSegment>, Failure> {
        // An unknown flow has no segments in TAMS; a person who names one wants to know.
        self.catalogue.flow(flow)?;
        let filter = SegmentFilter {
            timerange,
            ..SegmentFilter::default()
        };
        all(|page| Ok(self.catalogue.segments(flow, &filter, page)?))
    }
}

/// Follows the pages to the end.
fn all<T>(list: impl Fn(&Page) -> Result<Paged<T>, Failure>) -> Result<Vec<T>, Failure> {
    let mut items = Vec::new();
    let mut page = Page::first(Page::MAX_LIMIT);
    loop {
        let answer = list(&page)?;
        items.extend(answer.items);
        let Some(next) = answer.next else {
            return Ok(items);
        };
        page = Page::first(Page::MAX_LIMIT).after(next);
    }
}
