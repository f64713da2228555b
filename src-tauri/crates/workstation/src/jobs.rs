//! Work that takes time: started from the window, followed, cancelled, put away.
//!
//! Each job has a thread of its own. Jobs with the same key (two compiles onto one file) run one
//! after the other, in the order they were started; the others run side by side.

mod registry;
#[cfg(test)]
mod tests;

use crate::Failure;
use ipc::{DeskEvent, JobKind, JobResult, JobView, ProgressView};
use mediatime::Clock;
use registry::Inner;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// How long jobs may take to stop when the window closes.
const STOP: Duration = Duration::from_secs(10);

/// All jobs of a window. Clones are the same jobs.
#[derive(Clone)]
pub(crate) struct Jobs(Arc<Inner>);

/// What a job's work has of its job.
#[derive(Clone)]
pub(crate) struct JobHandle {
    id: String,
    token: CancellationToken,
    jobs: Arc<Inner>,
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jobs").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for JobHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobHandle")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Jobs {
    /// No jobs yet; what becomes of them is told to `events`.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use]
    pub(crate) fn new(clock: Arc<dyn Clock>, events: broadcast::Sender<DeskEvent>) -> Self {
        Self(Arc::new(Inner::new(clock, events)))
    }

    /// Starts a job and answers its id. `work` runs on a thread of its own, inside the runtime; it
    /// may block, and it waits behind other jobs with the same `key`.
    pub(crate) fn start<W>(
        &self,
        kind: JobKind,
        title: impl Into<String>,
        key: Option<String>,
        work: W,
    ) -> String
    where
        W: FnOnce(&JobHandle) -> Result<JobResult, Failure> + Send + 'static,
    {
        self.0.start(kind, title.into(), key, Box::new(work))
    }

    /// All jobs, newest first.
    #[must_use]
    pub(crate) fn list(&self) -> Vec<JobView> {
        self.0.list()
    }

    /// What a job made, once it is done.
    #[must_use]
    pub(crate) fn result(&self, id: &str) -> Option<JobResult> {
        self.0.result(id)
    }

    /// Asks a job to stop; one that waits is gone at once, one that is finished stays as it is.
    ///
    /// # Errors
    /// There is no such job.
    pub(crate) fn cancel(&self, id: &str) -> Result<(), Failure> {
        self.0.cancel(id)
    }

    /// Puts a finished job away.
    ///
    /// # Errors
    /// There is no such job, or it is still at work.
    pub(crate) fn dismiss(&self, id: &str) -> Result<(), Failure> {
        self.0.dismiss(id)
    }

    /// Cancels all jobs, takes no new ones, and waits until their threads have ended: 10 s at most.
    /// Whether all have.
    pub(crate) async fn shut_down(&self) -> bool {
        self.0.stop_all();
        let ended = tokio::time::timeout(STOP, self.0.idle()).await.is_ok();
        if !ended {
            tracing::warn!("jobs are still at work after {} s", STOP.as_secs());
        }
        ended
    }
}

impl JobHandle {
    /// Says how far the work is: `done` of `total` `unit`s (0 when not known how many), and `bytes`
    /// written or sent so far. Cheap; the window is told about ten times a second, and the last
    /// always.
    pub(crate) fn progress(&self, stage: &str, done: u64, total: u64, unit: &str, bytes: u64) {
        let now = ProgressView {
            stage: stage.to_owned(),
            done,
            total,
            unit: unit.to_owned(),
            bytes,
        };
        self.jobs.progress(&self.id, now);
    }

    /// Cancelled when the work should stop: it then answers [`crate::Code::Cancelled`].
    #[must_use]
    pub(crate) fn token(&self) -> &CancellationToken {
        &self.token
    }
}
