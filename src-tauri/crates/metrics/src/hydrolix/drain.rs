//! Empties a store of events into the table, and forgets none before it was taken.

use std::sync::Arc;

use record::ViewEvent;
use tokio_util::sync::CancellationToken;

use super::client::Hydrolix;
use super::fault::Fault;
use super::ingest::{BATCH_EVENTS, Refused, batches};
use crate::views::ViewsError;

/// Events that wait to be sent, in the order they were stored.
pub trait Waiting: Send + Sync {
    /// The first `most` events that were not acknowledged; fewer when there are no more, none when all
    /// were. Blocks as the disk does.
    ///
    /// # Errors
    ///
    /// They can't be read.
    fn next(&self, most: usize) -> Result<Vec<ViewEvent>, ViewsError>;

    /// The first `count` of them were taken, but for `refused`, which the cluster will never take: its
    /// indexes are among them. They need not be given again; what is forgotten here is so for good.
    /// Blocks as the disk does.
    ///
    /// # Errors
    ///
    /// It can't be noted: the events are sent once more, which changes no number.
    fn acknowledge(&self, count: usize, refused: &[Refused]) -> Result<(), ViewsError>;
}

/// What was sent before it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Events that were taken.
    pub taken: usize,
    /// Events that are refused for good.
    pub refused: usize,
}

/// Why events still wait.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DrainError {
    /// The cluster did not take them; [`Fault::passes`] tells whether trying again helps.
    #[error(transparent)]
    Hydrolix(#[from] Fault),
    /// They can't be read, or it can't be noted that they were sent.
    #[error("the events that wait can't be read or acknowledged: {0}")]
    Store(#[source] ViewsError),
}

impl Hydrolix {
    /// Sends what waits until nothing does. When to try again after an error is up to the caller.
    /// Cancelling, or dropping this, leaves nothing half done: what was not acknowledged waits.
    ///
    /// # Errors
    ///
    /// Some of it still waits; what was sent before is acknowledged.
    pub async fn drain(
        &self,
        waiting: Arc<dyn Waiting>,
        cancel: &CancellationToken,
    ) -> Result<Drained, DrainError> {
        let mut drained = Drained::default();
        loop {
            let store = waiting.clone();
            let events = blocking(move || store.next(BATCH_EVENTS)).await?;
            let Some(batch) = batches(&events).next() else {
                return Ok(drained);
            };
            let delivered = self.deliver(batch, cancel).await;
            drained.taken += delivered.taken;
            drained.refused += delivered.refused.len();
            let (store, settled) = (waiting.clone(), delivered.settled());
            if settled > 0 {
                blocking(move || store.acknowledge(settled, &delivered.refused)).await?;
            }
            if let Some(fault) = delivered.stopped {
                return Err(fault.into());
            }
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ViewsError> + Send + 'static,
) -> Result<T, DrainError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(DrainError::Store),
        Err(ended) => Err(DrainError::Store(ended.into())),
    }
}
