//! The npm package: its dependencies, and the pages that our programs embed.

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

/// A page that is built from sources in `ui/` and built into a program.
struct Page {
    what: &'static str,
    /// The script in `ui/package.json` that builds it.
    script: &'static str,
    /// The built page.
    page: &'static str,
    /// What it is made of, beside the packages.
    sources: &'static [&'static str],
}

/// What crate `play` embeds.
const PLAYER: Page = Page {
    what: "player page",
    script: "build:player",
    page: "player/dist/index.html",
    sources: &["player"],
};

/// What `stringout-desktop` embeds.
const WINDOW: Page = Page {
    what: "window's page",
    script: "build",
    page: "dist/index.html",
    sources: &["src", "public", "index.html", "vite.config.ts"],
};

/// What both are built with.
const TOOLS: [&str; 2] = ["package-lock.json", "tsconfig.json"];

/// Builds the pages whose sources are newer than they are.
pub(super) fn build_pages(project: &Project) -> Outcome<()> {
    build(project, &PLAYER)?;
    build(project, &WINDOW)
}

fn build(project: &Project, page: &Page) -> Outcome<()> {
    let ui = project.ui();
    let built = ui.join(page.page);
    let mut newest = None;
    for source in page.sources.iter().chain(&TOOLS) {
        newest = newest.max(newest_source(&ui.join(source))?);
    }
    if modified(&built).is_some_and(|built| newest.is_none_or(|source| source <= built)) {
        return Ok(());
    }
    say(&format!("building the {}", page.what));
    process::run(project.npm().args(["run", "--silent", page.script]))?;
    if built.is_file() {
        return Ok(());
    }
    let (script, built) = (page.script, built.display());
    Err(format!("`npm run {script}` left no {built}"))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

/// When `path`, or the last of the sources below it, changed; built and installed files are none.
fn newest_source(path: &Path) -> Outcome<Option<SystemTime>> {
    if !path.is_dir() {
        return Ok(modified(path));
    }
    let failed = |e: std::io::Error| format!("cannot read {}: {e}", path.display());
    let mut newest = None;
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if name == "node_modules" || name == "dist" || name.to_string_lossy().starts_with('.') {
            continue;
        }
        newest = newest.max(newest_source(&entry.path())?);
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
        let changed = Some(old + Duration::from_secs(30));
        assert_eq!(newest_source(&folder).unwrap(), changed);
        assert_eq!(
            newest_source(&folder.join("vite.config.ts")).unwrap(),
            changed
        );
        assert_eq!(newest_source(&folder.join("none.ts")).unwrap(), None);
        fs::remove_dir_all(&folder).unwrap();
    }
}
