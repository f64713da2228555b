//! What a server has: read from it, or from what it said last.

use super::Remotes;
use crate::{Code, Failure};
use futures_util::StreamExt as _;
use futures_util::stream;
use mediatime::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use tams::{Covering, FlowQuery, SourceQuery};
use tams_model::{Flow, FlowStatus, Id, Source};
use tokio_util::sync::CancellationToken;

/// Flows are asked for what they cover so many at a time.
const ASKED_AT_ONCE: usize = 8;
/// So many flows are asked for what they cover; others tell when they are opened.
const ASKED_AT_MOST: usize = 500;

/// Sources and flows of a server.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// In the server's order.
    pub sources: Vec<Source>,
    /// In the server's order.
    pub flows: Vec<Flow>,
    /// When it was read; `None` when it never was.
    pub as_of: Option<Timestamp>,
    /// Why it could not be read now; what is here was read before.
    pub problem: Option<Failure>,
    /// What made no sense in the answers.
    pub issues: Vec<String>,
}

impl Remotes {
    /// Reads sources and flows of a server. When it can't be reached, what it said last is given,
    /// with the reason.
    ///
    /// With `covering` each flow that is not collected by another tells what it covers; this costs a
    /// request a flow.
    ///
    /// # Errors
    /// There is no such connection, or the cache can't be written. What the server fails with is in
    /// the listing.
    pub async fn listing(
        &self,
        name: &str,
        covering: bool,
        cancel: &CancellationToken,
    ) -> Result<Listing, Failure> {
        self.config(name)?;
        match self.read_listing(name, covering, cancel).await {
            Ok(listing) => Ok(listing),
            Err(failure) if failure.code == Code::Cancelled => Err(failure),
            Err(failure) => {
                // A server that comes back may be another one.
                self.close(name);
                let mut listing = self.known_listing(name)?;
                listing.problem = Some(self.advise(name, failure));
                Ok(listing)
            }
        }
    }

    /// What a server said last, without asking it. Blocks on the disk only.
    ///
    /// # Errors
    /// The cache can't be read.
    pub fn known_listing(&self, name: &str) -> Result<Listing, Failure> {
        let shelf = self.shelf(name);
        let sources = self.inner.library.sources(&shelf)?;
        let flows = self.inner.library.flows(&shelf)?;
        let seen = [
            sources.as_ref().map(|dated| dated.seen),
            flows.as_ref().map(|dated| dated.seen),
        ];
        Ok(Listing {
            as_of: seen.into_iter().flatten().min(),
            sources: sources.map(|dated| dated.value).unwrap_or_default(),
            flows: flows.map(|dated| dated.value).unwrap_or_default(),
            ..Listing::default()
        })
    }

    async fn read_listing(
        &self,
        name: &str,
        covering: bool,
        cancel: &CancellationToken,
    ) -> Result<Listing, Failure> {
        let connection = self.connection(name, cancel).await?;
        let sources = connection.sources(&SourceQuery::default()).await?;
        let flows = connection.flows(&FlowQuery::default()).await?;
        let mut issues: Vec<String> = connection
            .issues()
            .iter()
            .chain(&sources.issues)
            .chain(&flows.issues)
            .map(ToString::to_string)
            .collect();
        let mut flows = flows.items;
        add_collectors(&mut flows);
        self.add_known_ranges(name, &mut flows)?;
        if covering {
            // What is complete covers what it did before.
            let may_tell = |flow: &&Flow| {
                !is_collected(flow)
                    && (flow.timerange.is_none() || flow.status == Some(FlowStatus::Ingesting))
            };
            let asked: Vec<Id> = flows
                .iter()
                .filter(may_tell)
                .map(|flow| flow.id)
                .take(ASKED_AT_MOST)
                .collect();
            let answers: Vec<_> = stream::iter(asked)
                .map(|id| {
                    let connection = &connection;
                    async move { (id, connection.flow(id, &Covering::Whole).await) }
                })
                .buffer_unordered(ASKED_AT_ONCE)
                .collect()
                .await;
            for (id, answer) in answers {
                match answer {
                    Ok(told) => {
                        if let Some(flow) = flows.iter_mut().find(|flow| flow.id == id) {
                            flow.timerange = told.timerange;
                        }
                    }
                    Err(tams::TamsError::Cancelled) => {
                        return Err(tams::TamsError::Cancelled.into());
                    }
                    Err(error) => issues.push(format!("flow {id}: {error}")),
                }
            }
        }
        self.keep_grant(name, &connection).await;
        let listing = Listing {
            sources: sources.items,
            flows,
            as_of: Some(self.inner.clock.now()),
            problem: None,
            issues,
        };
        let (library, shelf) = (Arc::clone(&self.inner.library), self.shelf(name));
        let kept = tokio::task::spawn_blocking(move || {
            library.put_sources(&shelf, &listing.sources)?;
            library.put_flows(&shelf, &listing.flows)?;
            Ok::<_, Failure>(listing)
        });
        kept.await.map_err(Failure::internal)?
    }

    /// A list need not tell what its flows cover; what is known of that is kept, be it from a list or
    /// from a flow that was opened by itself.
    fn add_known_ranges(&self, name: &str, flows: &mut [Flow]) -> Result<(), Failure> {
        let (library, shelf) = (&self.inner.library, self.shelf(name));
        let listed = library.flows(&shelf)?.map(|dated| dated.value);
        let listed: std::collections::HashMap<Id, _> = listed
            .unwrap_or_default()
            .into_iter()
            .map(|flow| (flow.id, flow.timerange))
            .collect();
        for flow in flows.iter_mut().filter(|flow| flow.timerange.is_none()) {
            flow.timerange = match listed.get(&flow.id) {
                Some(range) => *range,
                None => {
                    let opened = library.flow(&shelf, flow.id)?;
                    opened.and_then(|dated| dated.value.timerange)
                }
            };
        }
        Ok(())
    }
}

/// Not every server tells which flows collect a flow; those tell what they collect.
fn add_collectors(flows: &mut [Flow]) {
    let mut collectors: HashMap<Id, Vec<Id>> = HashMap::new();
    for flow in flows.iter() {
        for item in flow.flow_collection.iter().flatten() {
            collectors.entry(item.id).or_default().push(flow.id);
        }
    }
    for flow in flows {
        if flow.collected_by.as_ref().is_none_or(Vec::is_empty) {
            flow.collected_by = collectors.remove(&flow.id);
        }
    }
}

/// Whether another flow carries its media.
pub(crate) fn is_collected(flow: &Flow) -> bool {
    flow.technical.container.is_none()
        && flow.collected_by.as_ref().is_some_and(|by| !by.is_empty())
}
