//! What the desk tells, told to the page.

use crate::window::{self, MAIN};
use ipc::{DeskEvent, DeskView};
use tauri::async_runtime::spawn;
use tauri::{AppHandle, Emitter, Runtime};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use workstation::Desk;

/// Name of the event that carries a [`DeskEvent`].
const NAME: &str = "desk";

/// Tells the page everything the desk tells, and raises the window when the desk asks for it, as
/// long as the program runs.
pub(crate) fn forward<R: Runtime>(app: &AppHandle<R>, desk: &Desk) {
    // From here on nothing is missed, however late the page asks for everything.
    let events = desk.events();
    spawn(tell(app.clone(), desk.clone(), events));
    spawn(raise(app.clone(), desk.clone()));
}

async fn tell<R: Runtime>(app: AppHandle<R>, desk: Desk, mut events: Receiver<DeskEvent>) {
    loop {
        match events.recv().await {
            Ok(event) => emit(&app, &event),
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "the page fell behind; it gets everything again");
                match desk.desk_view().await {
                    Ok(view) => everything(view).iter().for_each(|event| emit(&app, event)),
                    Err(failure) => tracing::warn!("the desk can't be shown: {failure}"),
                }
            }
            Err(RecvError::Closed) => return,
        }
    }
}

fn emit<R: Runtime>(app: &AppHandle<R>, event: &DeskEvent) {
    if let Err(error) = app.emit_to(MAIN, NAME, event) {
        tracing::warn!("the page was not told: {error}");
    }
}

async fn raise<R: Runtime>(app: AppHandle<R>, desk: Desk) {
    loop {
        desk.raised().await;
        window::raise(&app);
    }
}

/// The events after which a page that missed some knows everything again.
fn everything(view: DeskView) -> Vec<DeskEvent> {
    let DeskView {
        workspace,
        sources,
        sequence,
        plan,
        source,
        record,
        mut jobs,
        outbox,
        frames: _,
        layout: _,
        lesson,
    } = view;
    // The newest is first in the list and last to be told.
    jobs.reverse();
    let before = [
        DeskEvent::Workspace { workspace },
        DeskEvent::Sources { sources },
        DeskEvent::Sequence { sequence },
        DeskEvent::Plan { plan },
        DeskEvent::Monitor { monitor: source },
        DeskEvent::Monitor { monitor: record },
    ];
    let jobs = jobs.into_iter().map(|job| DeskEvent::Job { job });
    let after = [DeskEvent::Outbox { outbox }, DeskEvent::Lesson { lesson }];
    before.into_iter().chain(jobs).chain(after).collect()
}
