//! `cargo xtask screenshots`: the pictures in `assets/screenshots`, taken of the real window while a
//! script makes the first cut in it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::Outcome;
use crate::cache::{Project, find_program};
use crate::process;
use crate::setup::{self, Purpose};
use crate::webdriver::{END, HOME, Window};

/// The size of the window when it is opened for the first time.
const SCREEN: &str = "-screen 0 1600x1000x24 -nolisten tcp";

/// Ends when no job is queued or at work and at least `jobs` are known, none of them failed.
fn all_done(jobs: u32) -> String {
    format!(
        "return window.__TAURI_INTERNALS__.invoke('desk_view', {{ args: {{}} }}).then((view) => \
         view.jobs.length >= {jobs} && view.jobs.every((job) => job.state.kind === 'done'));"
    )
}

/// Takes the pictures.
pub(crate) fn take(project: &Project) -> Outcome<ExitCode> {
    setup::set_up(project, Purpose::Test)?;
    for tool in ["dbus-run-session", "xvfb-run", "WebKitWebDriver"] {
        if find_program(tool).is_none() {
            return Err(format!(
                "`{tool}` is missing: the pictures are taken on Linux"
            ));
        }
    }
    process::run(
        project
            .cargo()
            .args(["build", "--package", "stringout-desktop"]),
    )?;
    let home = Home::make()?;
    let workspace = home.0.join("Open-air weekend");
    let mut driver = project.command("dbus-run-session");
    driver.args(["--", "xvfb-run", "-a", "-s", SCREEN, "WebKitWebDriver"]);
    home.live_in(&mut driver);
    let workspace = workspace.to_string_lossy();
    let window = Window::open(
        driver,
        &project.window("debug"),
        &["--silent", "--workspace", &workspace],
    )?;
    let pictures = project.root.join("assets").join("screenshots");
    fs::create_dir_all(&pictures)
        .map_err(|e| format!("cannot make {}: {e}", pictures.display()))?;
    first_cut(&window, &|name| {
        let path = pictures.join(name);
        fs::write(&path, window.picture()?)
            .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        println!("{}", path.display());
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The job by hand, with a picture where there is something to see.
fn first_cut(window: &Window, picture: &dyn Fn(&str) -> Outcome<()>) -> Outcome<()> {
    window.wait(&all_done(3))?;
    picture("first-run.png")?;
    append(window, 1, "s".repeat(40).as_str())?;
    append(window, 2, "")?;
    append(window, 3, "")?;
    picture("edit.png")?;
    window.click("[data-testid=\"compile\"]")?;
    picture("plan.png")?;
    window.click("[data-testid=\"compile\"]")?;
    window.wait(&all_done(4))?;
    picture("plan-verified.png")
}

/// Opens the `number`th source, marks a part of it and appends that.
fn append(window: &Window, number: u32, _keys: &str) -> Outcome<()> {
    window.click(&format!(
        "[data-testid=\"source-row\"]:nth-of-type({number})"
    ))?;
    window.press(END)?;
    window.press('o')?;
    window.press(HOME)?;
    window.press('i')?;
    window.press('a')
}

/// A home folder of its own, so that nothing of the user's is seen or touched.
struct Home(PathBuf);

impl Home {
    fn make() -> Outcome<Self> {
        let folder = env::temp_dir().join(format!("stringout-screenshots-{}", std::process::id()));
        fs::create_dir_all(&folder)
            .map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
        Ok(Self(folder))
    }

    fn live_in(&self, command: &mut Command) {
        let folder = |name: &str| -> PathBuf { Path::new(&self.0).join(name) };
        command
            .env("HOME", &self.0)
            .env("XDG_DATA_HOME", folder("data"))
            .env("XDG_CONFIG_HOME", folder("config"))
            .env("XDG_CACHE_HOME", folder("cache"))
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1");
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // The system empties its folder for temporary files by itself.
        let _ = fs::remove_dir_all(&self.0);
    }
}
