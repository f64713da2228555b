//! Gives each command of the page a permission of its own, so that `capabilities/main.json` names
//! every one that the window may call.

use std::path::Path;
use tauri_build::{AppManifest, Attributes};

/// The page that is built into the program.
const PAGE: &str = "../ui/dist";

fn main() {
    println!("cargo::rerun-if-changed={PAGE}");
    if !Path::new(PAGE).join("index.html").is_file() {
        println!(
            "cargo::error=the window's page ui/dist/index.html is not built; run `cargo xtask setup`, or \
             `npm ci && npm run build` in ui/"
        );
        return;
    }
    let mut names = ipc::command_names();
    // Answers with bytes, so it has no shape in `ipc`.
    names.push("frame_pull");
    let commands: &'static [&'static str] = names.leak();
    let attributes = Attributes::new().app_manifest(AppManifest::new().commands(commands));
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error={error:#}");
    }
}
