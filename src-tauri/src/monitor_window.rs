//! Windows of monitors: one monitor each, for a second screen. The main window stays what the program is.

use crate::shell::Shell;
use crate::window::{area, build};
use ipc::MonitorName;
use tauri::WebviewWindow;
use tauri::{AppHandle, LogicalSize, Manager, PhysicalPosition, Runtime, WebviewUrl};

/// Labels of these windows in `capabilities/monitor.json`.
const LABELS: [(MonitorName, &str); 2] = [
    (MonitorName::Source, "monitor-source"),
    (MonitorName::Record, "monitor-record"),
];
/// In logical pixels.
const FIRST: LogicalSize<f64> = LogicalSize::new(1120.0, 760.0);
/// In logical pixels.
const LEAST: LogicalSize<f64> = LogicalSize::new(520.0, 400.0);

fn label(monitor: MonitorName) -> &'static str {
    let found = LABELS.iter().find(|(name, _)| *name == monitor);
    found.map_or("", |(_, label)| label)
}

/// The monitor whose window has this label.
pub(crate) fn monitor_of(label: &str) -> Option<MonitorName> {
    let found = LABELS.iter().find(|(_, known)| *known == label);
    found.map(|(name, _)| *name)
}

/// Gives a monitor a window of its own, or raises the one that it has.
///
/// # Errors
/// The system has no window for us.
pub(crate) fn detach<R: Runtime>(app: &AppHandle<R>, monitor: MonitorName) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(label(monitor)) {
        return raise(&window);
    }
    let (title, hash) = match monitor {
        MonitorName::Source => ("Source — Stringout", "source"),
        MonitorName::Record => ("Record — Stringout", "record"),
    };
    let page = WebviewUrl::App(format!("index.html#monitor={hash}").into());
    let window = build(app, (label(monitor), title), page, (FIRST, LEAST));
    let window = match (window, app.get_webview_window(label(monitor))) {
        (Ok(window), _) => window,
        // Asked for twice at once: the other call was faster.
        (Err(_), Some(window)) => return raise(&window),
        (Err(error), None) => return Err(error),
    };
    // A window in a wrong place is still a window.
    if let Err(error) = put_on_another_screen(app, &window) {
        tracing::warn!("the window can't be placed: {error}");
    }
    window.show()?;
    tell(app, monitor, true);
    if app.get_webview_window(label(monitor)).is_none() {
        // Closed before it was told of.
        tell(app, monitor, false);
    }
    Ok(())
}

fn raise<R: Runtime>(window: &WebviewWindow<R>) -> tauri::Result<()> {
    window.unminimize()?;
    window.show()?;
    window.set_focus()
}

/// Where there is a second screen, that is what such a window is for.
fn put_on_another_screen<R: Runtime>(
    app: &AppHandle<R>,
    window: &WebviewWindow<R>,
) -> tauri::Result<()> {
    let main = app.get_webview_window(crate::window::MAIN);
    let taken = main
        .map(|main| main.current_monitor())
        .transpose()?
        .flatten();
    let screens = window.available_monitors()?;
    let other = screens.iter().find(|screen| {
        taken
            .as_ref()
            .is_none_or(|taken| screen.position() != taken.position())
    });
    if let Some(screen) = other.filter(|_| screens.len() > 1) {
        let place = area(screen).middle(FIRST.to_physical(screen.scale_factor()));
        window.set_position(PhysicalPosition::new(place.x, place.y))?;
    }
    Ok(())
}

/// Takes a monitor back into the main window.
///
/// # Errors
/// Its window can't be closed.
pub(crate) fn attach<R: Runtime>(app: &AppHandle<R>, monitor: MonitorName) -> tauri::Result<()> {
    match app.get_webview_window(label(monitor)) {
        // The desk is told when it is gone.
        Some(window) => window.destroy(),
        None => {
            tell(app, monitor, false);
            Ok(())
        }
    }
}

/// Lets a monitor's window fill its screen, or no longer.
///
/// # Errors
/// The system refuses.
pub(crate) fn full_screen<R: Runtime>(
    app: &AppHandle<R>,
    monitor: MonitorName,
) -> tauri::Result<()> {
    let Some(window) = app.get_webview_window(label(monitor)) else {
        return Ok(());
    };
    window.set_fullscreen(!window.is_fullscreen()?)
}

/// Closes all of them.
pub(crate) fn close_all<R: Runtime>(app: &AppHandle<R>) {
    for (_, label) in LABELS {
        if let Some(window) = app.get_webview_window(label) {
            // It goes with the program when it can't be closed.
            let _ = window.destroy();
        }
    }
}

/// Tells the desk whether a monitor has a window.
pub(crate) fn tell<R: Runtime>(app: &AppHandle<R>, monitor: MonitorName, has_window: bool) {
    if let Ok(desk) = app.state::<Shell>().desk() {
        desk.detached(monitor, has_window);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_those_of_the_capability() {
        let text = include_str!("../capabilities/monitor.json");
        let capability: serde_json::Value = serde_json::from_str(text).unwrap();
        let labels: Vec<&str> = LABELS.iter().map(|(_, label)| *label).collect();
        assert_eq!(capability["windows"], serde_json::json!(labels));
        assert_eq!(monitor_of("monitor-record"), Some(MonitorName::Record));
        assert_eq!(monitor_of("main"), None);
    }
}
