//! What a server has: read from it, or from what it said last.

use super::Remotes;
use crate::{Code, Failure};
use futures_util::StreamExt as _;
use futures_util::stream;
use mediatime::Timestamp;
use tams::{Covering, FlowQuery, SourceQuery};
use tams_model::{Flow, Id, Source};
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
        let sources = self.inner.library.sources(name)?;
        let flows = self.inner.library.flows(name)?;
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
        if covering {
            let asked: Vec<Id> = flows
                .iter()
                .filter(|flow| flow.timerange.is_none() && !is_collected(flow))
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
        } else {
            self.add_known_ranges(name, &mut flows)?;
        }
        let listing = Listing {
            sources: sources.items,
            flows,
            as_of: Some(self.inner.clock.now()),
            problem: None,
            issues,
        };
        let (library, name) = (std::sync::Arc::clone(&self.inner.library), name.to_owned());
        let kept = tokio::task::spawn_blocking(move || {
            library.put_sources(&name, &listing.sources)?;
            library.put_flows(&name, &listing.flows)?;
            Ok::<_, Failure>(listing)
        });
        kept.await.map_err(Failure::internal)?
    }

    /// A list need not tell what its flows cover; what is known of that is kept.
    fn add_known_ranges(&self, name: &str, flows: &mut [Flow]) -> Result<(), Failure> {
        let Some(known) = self.inner.library.flows(name)? else {
            return Ok(());
        };
        let ranges: std::collections::HashMap<Id, _> = known
            .value
            .into_iter()
            .filter_map(|flow| Some((flow.id, flow.timerange?)))
            .collect();
        for flow in flows.iter_mut().filter(|flow| flow.timerange.is_none()) {
            flow.timerange = ranges.get(&flow.id).copied();
        }
        Ok(())
    }
}

/// Whether another flow carries its media.
pub(crate) fn is_collected(flow: &Flow) -> bool {
    flow.technical.container.is_none()
        && flow.collected_by.as_ref().is_some_and(|by| !by.is_empty())
}
