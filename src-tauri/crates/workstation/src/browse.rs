//! Browsing: sources, flows and segments of the local node and of servers, side by side.

use crate::config::LOCAL;
use crate::reference::At;
use crate::{Failure, Listing, Workspace, records};
use futures_util::future::join_all;
use mediatime::TimeRange;
use node::{FlowFilter, Page, Paged, SegmentFilter, SourceFilter};
use serde::Serialize;
use tams_model::{Flow, FlowSegment, Id, Source};
use tokio_util::sync::CancellationToken;

/// Something that was found, and where.
#[derive(Clone, Debug, Serialize)]
pub struct Found<T> {
    /// What.
    #[serde(flatten)]
    pub item: T,
    /// The connection it is at; absent for the local node.
    #[serde(rename = "_connection", skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
}

/// What was found, and what the user should know about it.
#[derive(Clone, Debug)]
pub struct Browsed<T> {
    /// The local node's first, then those of each connection.
    pub found: Vec<Found<T>>,
    /// Servers that could not be asked, odd answers.
    pub notes: Vec<String>,
}

impl<T> Browsed<T> {
    fn local(items: Vec<T>) -> Self {
        let found = items.into_iter().map(|item| Found {
            item,
            connection: None,
        });
        Self {
            found: found.collect(),
            notes: Vec::new(),
        }
    }

    fn add(&mut self, name: &str, items: Vec<T>) {
        self.found.extend(items.into_iter().map(|item| Found {
            item,
            connection: Some(name.to_owned()),
        }));
    }
}

impl Workspace {
    /// Sources here and at servers; `from` one connection or `local` alone.
    ///
    /// # Errors
    /// There is no such connection; the one that was named never answered; the workspace can't be
    /// read.
    pub async fn browse_sources(
        &self,
        from: Option<&str>,
        cancel: &CancellationToken,
    ) -> Result<Browsed<Source>, Failure> {
        let mut browsed = Browsed::local(if from.is_none_or(|from| from == LOCAL) {
            self.sources()?
        } else {
            Vec::new()
        });
        for (name, listing) in self.listings(from, false, cancel).await? {
            let listing = note(listing, &name, from.is_some(), &mut browsed.notes)?;
            browsed.add(&name, listing.sources);
        }
        Ok(browsed)
    }

    /// Flows here and at servers, or those of one source; `from` one connection or `local` alone.
    ///
    /// # Errors
    /// As [`Workspace::browse_sources`].
    pub async fn browse_flows(
        &self,
        source: Option<(At, Id)>,
        from: Option<&str>,
        cancel: &CancellationToken,
    ) -> Result<Browsed<Flow>, Failure> {
        // A source that is named with its connection is looked for there alone.
        let from = match &source {
            Some((at @ (At::Named(_) | At::Host(_)), _)) => {
                Some(self.remotes.name_of(at)?.to_owned())
            }
            _ => from.map(str::to_owned),
        };
        let from = from.as_deref();
        let source = source.map(|(_, id)| id);
        let mut browsed = Browsed::local(if from.is_none_or(|from| from == LOCAL) {
            self.flows(source)?
        } else {
            Vec::new()
        });
        for (name, listing) in self.listings(from, from.is_some(), cancel).await? {
            let listing = note(listing, &name, from.is_some(), &mut browsed.notes)?;
            let of_source = |flow: &Flow| source.is_none_or(|id| flow.source_id == id);
            let flows = listing.flows.into_iter().filter(of_source);
            browsed.add(&name, flows.collect());
        }
        Ok(browsed)
    }

    /// The segments of a flow that overlap a timerange, in time order.
    ///
    /// # Errors
    /// There is no such flow; its server can't be reached and never listed them; the workspace can't
    /// be read.
    pub async fn browse_segments(
        &self,
        at: &At,
        flow: Id,
        timerange: TimeRange,
        cancel: &CancellationToken,
    ) -> Result<Browsed<FlowSegment>, Failure> {
        if *at == At::Local {
            return self.segments(flow, timerange).map(Browsed::local);
        }
        let name = self.remotes.name_of(at)?;
        let (segments, notes) = self.remotes.segments(name, flow, timerange, cancel).await?;
        let mut browsed = Browsed::local(Vec::new());
        browsed.add(name, segments);
        browsed.notes = notes;
        Ok(browsed)
    }

    /// What the connections have that are asked, all at once: one that hangs holds up no other.
    async fn listings(
        &self,
        from: Option<&str>,
        covering: bool,
        cancel: &CancellationToken,
    ) -> Result<Vec<(String, Listing)>, Failure> {
        let asked = self.asked(from)?.into_iter().map(|name| async move {
            let listing = self.remotes.listing(&name, covering, cancel).await?;
            Ok((name, listing))
        });
        join_all(asked).await.into_iter().collect()
    }

    /// The connections that are asked.
    fn asked(&self, from: Option<&str>) -> Result<Vec<String>, Failure> {
        match from {
            Some(LOCAL) => Ok(Vec::new()),
            Some(name) => {
                self.remotes.config(name)?;
                Ok(vec![name.to_owned()])
            }
            None => Ok(self.remotes.names().map(str::to_owned).collect()),
        }
    }
}

/// Notes what is odd about a listing. One that was asked for by name and never was read has failed.
fn note(
    listing: Listing,
    name: &str,
    named: bool,
    notes: &mut Vec<String>,
) -> Result<Listing, Failure> {
    notes.extend(
        listing
            .issues
            .iter()
            .map(|issue| format!("{name}: {issue}")),
    );
    if let Some(failure) = &listing.problem {
        match listing.as_of {
            None if named => return Err(failure.clone()),
            None => notes.push(format!("{name}: {}", failure.detail)),
            Some(as_of) => notes.push(format!(
                "{name}: {}; this is as of {}",
                failure.detail,
                records::date_words(as_of)
            )),
        }
    }
    Ok(listing)
}

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
