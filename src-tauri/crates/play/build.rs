//! Puts the built player page where the crate can include it.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// What the server fills in; a page without them would be served without its state.
const SLOTS: [&str; 2] = [
    "<!--head-->",
    r#"<script type="application/json" id="card">{}</script>"#,
];

fn main() {
    if let Err(problem) = copy_page() {
        println!("cargo::error={problem}");
    }
}

fn copy_page() -> Result<(), String> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(|error| error.to_string())?;
    let out = env::var("OUT_DIR").map_err(|error| error.to_string())?;
    let page = Path::new(&root).join("../../../ui/player/dist/index.html");
    println!("cargo::rerun-if-changed={}", page.display());
    let html = fs::read_to_string(&page).map_err(|error| {
        format!(
            "the player page ui/player/dist/index.html is not built ({error}); run `cargo xtask setup`, \
             or `npm ci && npm run build:player` in ui/"
        )
    })?;
    for slot in SLOTS {
        if html.matches(slot).count() != 1 {
            return Err(format!(
                "ui/player/dist/index.html must hold `{slot}` once; build it again with `npm run build:player`"
            ));
        }
    }
    let copy: PathBuf = Path::new(&out).join("player.html");
    fs::write(&copy, html).map_err(|error| format!("can't write {}: {error}", copy.display()))
}
