//! What the desk tells, told to the page.

use crate::window;
use ipc::DeskEvent;
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
                // What is still under way is in the view, too.
                events = events.resubscribe();
                match desk.desk_view().await {
                    Ok(view) => emit(
                        &app,
                        &DeskEvent::Everything {
                            view: Box::new(view),
                        },
                    ),
                    Err(failure) => emit(
                        &app,
                        &DeskEvent::Failed {
                            failure: (&failure).into(),
                        },
                    ),
                }
            }
            Err(RecvError::Closed) => return,
        }
    }
}

fn emit<R: Runtime>(app: &AppHandle<R>, event: &DeskEvent) {
    // All windows are ours: the main one and those of monitors.
    if let Err(error) = app.emit(NAME, event) {
        tracing::warn!("the page was not told: {error}");
    }
}

async fn raise<R: Runtime>(app: AppHandle<R>, desk: Desk) {
    loop {
        desk.raised().await;
        window::raise(&app);
    }
}
