//! Files dropped on the window are ingested. Their paths come from the system, never from the page.

use crate::shell::Shell;
use std::path::PathBuf;
use tauri::async_runtime::spawn;
use tauri::{DragDropEvent, Manager, Runtime, Window};

/// Takes what hangs over the window or fell on it.
pub(crate) fn on_drag<R: Runtime>(window: &Window<R>, event: &DragDropEvent) {
    let shell = window.state::<Shell>();
    let Ok(desk) = shell.desk() else {
        return;
    };
    match event {
        DragDropEvent::Enter { paths, .. } => {
            desk.hover(u32::try_from(paths.len()).unwrap_or(u32::MAX));
        }
        DragDropEvent::Drop { paths, .. } => {
            desk.hover(0);
            let paths: Vec<PathBuf> = paths.clone();
            if paths.is_empty() {
                return;
            }
            // The jobs tell the page about themselves.
            spawn(async move { desk.ingest(paths) });
        }
        DragDropEvent::Leave => desk.hover(0),
        _ => {}
    }
}
