//! Prism, the validating proxy of the tests, in a folder of its own in the cache.

use std::fs;
use std::path::Path;

use super::say;
use crate::Outcome;
use crate::cache::{Project, Stamp};
use crate::process;

/// What npm needs to know, beside this file.
const FILES: [&str; 2] = ["package.json", "package-lock.json"];

/// Installs what the lock names, when it has changed since the last time.
pub(super) fn install(project: &Project) -> Outcome<()> {
    let sources = Path::new("installers/xtask/src/setup/prism");
    let sources = project.root.join(sources);
    let folder = project.cache.join("tools").join("prism");
    let stamp = Stamp::of(
        &sources.join("package-lock.json"),
        folder.join(".stringout-lock"),
    )?;
    if stamp.is_current() {
        return Ok(());
    }
    say(&format!(
        "installing the tests' validating proxy in {}",
        folder.display()
    ));
    fs::create_dir_all(&folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
    for name in FILES {
        let from = sources.join(name);
        fs::copy(&from, folder.join(name))
            .map_err(|e| format!("cannot copy {}: {e}", from.display()))?;
    }
    let mut npm = project.npm();
    npm.current_dir(&folder);
    let quiet = [
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ];
    process::run(npm.arg("ci").args(quiet))?;
    stamp.write()
}
