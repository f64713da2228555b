//! The browser that page tests run in.

use std::env;
use std::path::PathBuf;

/// Chromium or Chrome on this machine.
///
/// # Panics
/// When there is none, with the command that installs it.
pub fn find() -> PathBuf {
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
    ];
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = names.iter().flat_map(|name| {
        let file = format!("{name}{}", env::consts::EXE_SUFFIX);
        env::split_paths(&path)
            .map(move |folder| folder.join(&file))
            .collect::<Vec<_>>()
    });
    let installed = [
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    ];
    on_path
        .chain(installed.iter().map(PathBuf::from))
        .find(|program| program.is_file())
        .expect("no Chromium: run `cargo xtask setup --test`")
}
