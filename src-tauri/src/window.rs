//! The main window: made, placed, locked to our own page, brought to the front.

use crate::place::{Area, Place};
use std::path::Path;
use tauri::webview::NewWindowResponse;
use tauri::window::Color;
use tauri::{
    AppHandle, LogicalSize, Manager, Monitor, PhysicalPosition, PhysicalSize, Runtime, Url,
    WebviewUrl, WebviewWindow, WebviewWindowBuilder,
};

/// Label of the window in `capabilities/main.json`.
pub(crate) const MAIN: &str = "main";

const TITLE: &str = "Stringout";
/// In logical pixels.
const FIRST: LogicalSize<f64> = LogicalSize::new(1600.0, 1000.0);
/// In logical pixels.
const LEAST: LogicalSize<f64> = LogicalSize::new(1280.0, 800.0);
/// Shown until the page is painted: the page's own window colour, `bg-0`.
const BACKGROUND: Color = Color(0x0b, 0x0c, 0x0e, 0xff);

/// Makes the window of `workspace`, where it stood the last time.
///
/// # Errors
/// The system has no window for us.
pub(crate) fn make<R: Runtime>(
    app: &AppHandle<R>,
    workspace: Option<&Path>,
) -> tauri::Result<WebviewWindow<R>> {
    let window = build(app, (MAIN, TITLE), WebviewUrl::default(), (FIRST, LEAST))?;
    // A window in a wrong place is still a window.
    if let Err(error) = put(&window, workspace.and_then(Place::load)) {
        tracing::warn!("the window can't be placed: {error}");
    }
    window.show()?;
    Ok(window)
}

/// A window that stays on our own page, not shown yet: its label and title, its page, its first size and
/// its least.
///
/// # Errors
/// The system has no window for us, or there is one of this label.
pub(crate) fn build<R: Runtime>(
    app: &AppHandle<R>,
    (label, title): (&str, &str),
    page: WebviewUrl,
    (first, least): (LogicalSize<f64>, LogicalSize<f64>),
) -> tauri::Result<WebviewWindow<R>> {
    WebviewWindowBuilder::new(app, label, page)
        .title(title)
        .inner_size(first.width, first.height)
        .min_inner_size(least.width, least.height)
        .background_color(BACKGROUND)
        .visible(false)
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .devtools(cfg!(debug_assertions))
        .build()
}

/// Puts a window where it stood, or where a first one stands.
fn put<R: Runtime>(window: &WebviewWindow<R>, place: Option<Place>) -> tauri::Result<()> {
    let screens: Vec<Area> = window.available_monitors()?.iter().map(area).collect();
    let known = place.filter(|place| place.area.is_reachable(&screens));
    let place = match (known, window.primary_monitor()?) {
        (Some(place), _) => place,
        (None, Some(screen)) => Place {
            area: area(&screen).middle(FIRST.to_physical(screen.scale_factor())),
            maximized: false,
        },
        (None, None) => return Ok(()),
    };
    let Area {
        x,
        y,
        width,
        height,
    } = place.area;
    window.set_size(PhysicalSize::new(width, height))?;
    window.set_position(PhysicalPosition::new(x, y))?;
    if place.maximized {
        window.maximize()?;
    }
    Ok(())
}

/// Keeps where the window stands now for the next start.
pub(crate) fn keep_place<R: Runtime>(app: &AppHandle<R>, workspace: &Path) {
    let Some(window) = app.get_webview_window(MAIN) else {
        return;
    };
    let maximized = window.is_maximized().unwrap_or(false);
    let before = Place::load(workspace);
    let area = match before {
        // A maximised window goes back to where it stood before.
        Some(before) if maximized => before.area,
        _ => {
            let (Ok(at), Ok(size)) = (window.outer_position(), window.inner_size()) else {
                return;
            };
            Area {
                x: at.x,
                y: at.y,
                width: size.width,
                height: size.height,
            }
        }
    };
    Place { area, maximized }.save(workspace);
}

/// Brings the window to the front: somebody started the program again.
pub(crate) fn raise<R: Runtime>(app: &AppHandle<R>) {
    let Some(window) = app.get_webview_window(MAIN) else {
        return;
    };
    let raised = window
        .unminimize()
        .and_then(|()| window.show())
        .and_then(|()| window.set_focus());
    if let Err(error) = raised {
        tracing::warn!("the window can't be raised: {error}");
    }
}

pub(crate) fn area(monitor: &Monitor) -> Area {
    Area {
        x: monitor.position().x,
        y: monitor.position().y,
        width: monitor.size().width,
        height: monitor.size().height,
    }
}

/// Whether a page is our own: the window goes nowhere else.
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // What Windows makes of it.
        "http" => url.host_str() == Some("tauri.localhost") && url.port().is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_stays_on_our_page() {
        let ours = |url: &str| is_ours(&Url::parse(url).unwrap());
        assert!(ours("tauri://localhost"));
        assert!(ours("tauri://localhost/index.html#a"));
        assert!(ours("http://tauri.localhost/"));
        for url in [
            "https://example.com/",
            "http://localhost:1420/",
            "http://tauri.localhost:81/",
            "http://tauri.localhost.example.com/",
            "http://127.0.0.1:8080/",
            "tauri://other/",
            "file:///etc/passwd",
            "data:text/html,x",
            "blob:tauri://localhost/1",
            "about:blank",
        ] {
            assert!(!ours(url), "{url}");
        }
    }
}
