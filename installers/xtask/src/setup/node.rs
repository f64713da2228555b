//! The npm package: its dependencies, and the player page that crate `play` embeds.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use super::say;
use crate::Outcome;
use crate::cache::{Project, Stamp};
use crate::process;

/// Installs what `ui/package-lock.json` names, when it has changed since the last time.
pub(super) fn install(project: &Project) -> Outcome<()> {
    let ui = project.ui();
    let modules = ui.join("node_modules");
    let stamp = Stamp::of(
        &ui.join("package-lock.json"),
        modules.join(".stringout-lock"),
    )?;
    if stamp.is_current() {
        return Ok(());
    }
    say("installing the user interface's npm packages");
    let quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
    process::run(project.npm().arg("ci").args(quiet))?;
    fs::create_dir_all(&modules).map_err(|e| format!("cannot make {}: {e}", modules.display()))?;
    stamp.write()
}

/// Builds the player page when a source of it is newer than the page.
pub(super) fn build_player(project: &Project) -> Outcome<()> {
    let page = project.ui().join("player").join("dist").join("index.html");
    let built = modified(&page);
    let newest = newest_source(&project.ui())?;
    if built.is_some_and(|built| newest.is_none_or(|source| source <= built)) {
        return Ok(());
    }
    say("building the player page");
    process::run(project.npm().args(["run", "--silent", "build:player"]))?;
    if page.is_file() {
        return Ok(());
    }
    Err(format!("`npm run build:player` left no {}", page.display()))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

/// When the last of the sources below `folder` changed; built and installed files are none.
fn newest_source(folder: &Path) -> Outcome<Option<SystemTime>> {
    let failed = |e: std::io::Error| format!("cannot read {}: {e}", folder.display());
    let mut newest = None;
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if name == "node_modules" || name == "dist" || name.to_string_lossy().starts_with('.') {
            continue;
        }
        let found = if entry.file_type().map_err(failed)?.is_dir() {
            newest_source(&entry.path())?
        } else {
            modified(&entry.path())
        };
        newest = newest.max(found);
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn built_and_installed_files_are_no_sources() {
        let folder = std::env::temp_dir().join(format!("xtask-node-{}", std::process::id()));
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let write = |name: &str, time: SystemTime| {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "x").unwrap();
            fs::File::options()
                .write(true)
                .open(&path)
                .unwrap()
                .set_modified(time)
                .unwrap();
        };
        write("player/src/main.ts", old);
        write("player/dist/index.html", old + Duration::from_secs(10));
        write("node_modules/vite/index.js", old + Duration::from_secs(20));
        assert_eq!(newest_source(&folder).unwrap(), Some(old));
        write("vite.config.ts", old + Duration::from_secs(30));
        let newest = newest_source(&folder).unwrap();
        assert_eq!(newest, Some(old + Duration::from_secs(30)));
        fs::remove_dir_all(&folder).unwrap();
    }
}
