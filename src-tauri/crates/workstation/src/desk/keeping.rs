//! What waits to be sent, and what is kept on this machine.

use super::flows::small;
use super::{Desk, blocking};
use crate::vast::Keep;
use crate::{Failure, PinLine};
use ipc::{JobKind, JobResult, PinView};
use mediatime::TimeRange;
use tokio::runtime::Handle;
use uuid::Uuid;

impl Desk {
    /// Tries an entry again; of a conflict, the version that stays is named.
    ///
    /// # Errors
    /// There is no such entry, or the remote can't be asked.
    pub async fn outbox_retry(&self, args: ipc::OutboxArgs) -> Result<(), Failure> {
        let id = entry_id(&args.id)?;
        let workspace = &self.inner.workspace;
        match args.keep.as_deref() {
            None => drop(workspace.retry(id)?),
            Some("ours") => drop(workspace.settle(id, Keep::Ours).await?),
            Some("theirs") => drop(workspace.settle(id, Keep::Theirs).await?),
            Some(other) => {
                return Err(Failure::bad_input(
                    format!("`{other}` is no version"),
                    "Keep `ours` or `theirs`.",
                ));
            }
        }
        self.tell_outbox();
        Ok(())
    }

    /// Takes an entry out, with those that build on it.
    ///
    /// # Errors
    /// There is no such entry.
    pub async fn outbox_cancel(&self, args: ipc::IdArgs) -> Result<(), Failure> {
        self.inner.workspace.cancel(entry_id(&args.id)?)?;
        self.tell_outbox();
        Ok(())
    }

    /// What is kept on this machine.
    ///
    /// # Errors
    /// The workspace can't be read.
    pub async fn pins(&self, _: ipc::NoArgs) -> Result<Vec<PinView>, Failure> {
        let desk = self.clone();
        blocking(move || Ok(desk.inner.workspace.pins()?.iter().map(view).collect())).await
    }

    /// Starts to bring a range of a server's flow to this machine, to stay.
    ///
    /// # Errors
    /// The range is none.
    pub async fn pin_start(&self, args: ipc::PinArgs) -> Result<String, Failure> {
        let range = range_of(args.timerange.as_deref())?;
        let desk = self.clone();
        let flow = args.flow;
        Ok(self.inner.jobs.start(
            JobKind::Pin,
            format!("Keep {flow}"),
            Some(format!("pin {flow} {range}")),
            move |job| {
                let told = |_: &PinLine| {};
                let progress = |done: usize, total: usize, _: u64| {
                    job.progress("Fetching", done as u64, total as u64, "objects", 0);
                };
                let workspace = &desk.inner.workspace;
                let pinned = workspace.pin(&flow, range, &told, &progress, job.token());
                let pinned = Handle::current().block_on(pinned)?;
                Ok(JobResult::Pinned { pin: view(&pinned) })
            },
        ))
    }

    /// No longer keeps a range; answers what is still kept.
    ///
    /// # Errors
    /// Nothing of it is kept.
    pub async fn unpin(&self, args: ipc::PinArgs) -> Result<Vec<PinView>, Failure> {
        let range = range_of(args.timerange.as_deref())?;
        let desk = self.clone();
        blocking(move || {
            desk.inner.workspace.unpin(&args.flow, range)?;
            Ok(desk.inner.workspace.pins()?.iter().map(view).collect())
        })
        .await
    }
}

fn view(line: &PinLine) -> PinView {
    PinView {
        flow: line.flow.clone(),
        timerange: line.timerange.to_string(),
        bytes: line.bytes,
        here: small(line.here as u64),
        objects: line.objects.map(|count| small(count as u64)),
    }
}

fn range_of(text: Option<&str>) -> Result<TimeRange, Failure> {
    let Some(text) = text else {
        return Ok(TimeRange::ETERNITY);
    };
    text.parse().map_err(|error| {
        Failure::bad_input(
            format!("`{text}` is no timerange: {error}"),
            "Write it like `[0:0_10:0)`.",
        )
    })
}

fn entry_id(text: &str) -> Result<Uuid, Failure> {
    text.parse().map_err(|_| {
        Failure::bad_input(
            format!("`{text}` is no outbox entry"),
            "Choose one from the list.",
        )
    })
}
