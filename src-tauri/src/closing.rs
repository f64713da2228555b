//! The end: what runs is stopped and what is open is closed before the program goes.

use crate::monitor_window;
use crate::shell::Shell;
use crate::window::{self, MAIN};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tauri::async_runtime::spawn;
use tauri::{AppHandle, Manager, Runtime};

/// So long the desk may take. Everything it keeps is safe at any time, so nothing is lost when it
/// is cut short; what it would have tidied up goes at the next start.
const LIMIT: Duration = Duration::from_secs(12);

/// Whether the end has begun.
#[derive(Debug, Default)]
pub(crate) struct Closing(AtomicBool);

/// Begins the end, once: the window goes at once, the program when the desk is shut down.
pub(crate) fn begin<R: Runtime>(app: &AppHandle<R>) {
    if app.state::<Closing>().0.swap(true, Ordering::SeqCst) {
        return;
    }
    let desk = app.state::<Shell>().desk().ok();
    if let Some(desk) = &desk {
        window::keep_place(app, desk.workspace().dir());
    }
    if let Some(window) = app.get_webview_window(MAIN) {
        // It goes with the program when it can't be hidden.
        let _ = window.hide();
    }
    monitor_window::close_all(app);
    let app = app.clone();
    spawn(async move {
        if let Some(desk) = desk
            && tokio::time::timeout(LIMIT, desk.shut_down()).await.is_err()
        {
            tracing::warn!("some work did not stop in time");
        }
        app.exit(0);
    });
}

/// Begins the end when the system asks the program to go.
pub(crate) fn on_signal<R: Runtime>(app: &AppHandle<R>) {
    let app = app.clone();
    spawn(async move {
        asked_to_stop().await;
        // Windows are for the main thread.
        let closing = app.clone();
        if let Err(error) = app.run_on_main_thread(move || begin(&closing)) {
            tracing::warn!("the end can't begin: {error}");
        }
    });
}

/// Ctrl-C, or on Unix also what session managers send. Never returns where signals can't be had.
async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                Ok(()) = tokio::signal::ctrl_c() => return,
            }
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
