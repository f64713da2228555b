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
use crate::webdriver::Window;

/// The size of the window when it is opened for the first time.
const SCREEN: &str = "-screen 0 1600x1000x24 -nolisten tcp";

/// Links in the pictures lead nowhere, so that they show no address of this machine.
const CONFIG: &str = "[play]\nbase_url = \"https://go.example\"\n";

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
    let config = workspace.join("config.toml");
    fs::create_dir_all(&workspace)
        .and_then(|()| fs::write(&config, CONFIG))
        .map_err(|e| format!("cannot write {}: {e}", config.display()))?;
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
    jobs_done(window, 3)?;
    window.wait(
        "const shown = [...document.querySelectorAll('[data-testid=source-row] img')]; \
         return shown.length === 3 && shown.every((image) => image.naturalWidth > 0);",
    )?;
    picture("first-run.png")?;
    open(window, "Forecourt")?;
    // The first part begins inside a GOP, which is encoded; everything else is copied.
    append(window, 76, 180)?;
    append(window, 240, 312)?;
    planned(window, 176)?;
    go(window, "source", 85)?;
    go(window, "record", 16)?;
    picture("edit.png")?;
    window.press("p")?;
    window.wait("return document.querySelector('[data-testid=span-row]') !== null;")?;
    picture("plan.png")?;
    window.click(&test_id("compile"))?;
    jobs_done(window, 4)?;
    window.wait("return document.querySelector('[data-testid=verified]') !== null;")?;
    picture("verified.png")?;
    window.click(&test_id("publish"))?;
    jobs_done(window, 5)?;
    window.press("Control+2")?;
    window.fill(&test_id("placements"), "Gate 1\nGate 2\nTicket office")?;
    window.click(&test_id("sheet-start"))?;
    jobs_done(window, 6)?;
    window
        .wait("return document.querySelector('img[data-testid=sheet-page]')?.naturalWidth > 0;")?;
    picture("sheets.png")?;
    window.click("//header//*[normalize-space(.)='Metrics']")?;
    window.wait("return document.querySelector('[data-testid=numbers]') !== null;")?;
    picture("metrics.png")
}

/// Opens the source whose name holds `name`.
fn open(window: &Window, name: &str) -> Outcome<()> {
    window.click(&format!("{}[contains(., '{name}')]", test_id("source-row")))?;
    drawn(window, "source", 0)
}

/// Marks frames of the open flow, up to and without `end`, and appends them.
fn append(window: &Window, first: u32, end: u32) -> Outcome<()> {
    go(window, "source", first)?;
    window.press("i")?;
    window.wait(&desk(&format!("view.source.markIn === {first}")))?;
    go(window, "source", end - 1)?;
    window.press("o")?;
    window.wait(&desk(&format!("view.source.markOut === {end}")))?;
    window.press("a")
}

/// Has a monitor show a frame.
fn go(window: &Window, monitor: &str, frame: u32) -> Outcome<()> {
    window.wait(&format!(
        "return window.__TAURI_INTERNALS__.invoke('monitor_transport', {{ args: {{ monitor: \
         '{monitor}', transport: {{ kind: 'seek', frame: {frame} }} }} }}).then(() => true);"
    ))?;
    drawn(window, monitor, frame)
}

/// Waits until a monitor has drawn a frame.
fn drawn(window: &Window, monitor: &str, frame: u32) -> Outcome<()> {
    window.wait(&format!(
        "return document.querySelector('[data-testid=frame-{monitor}]')?.textContent === '{frame}';"
    ))
}

/// Waits until the plan of a sequence of so many frames is there.
fn planned(window: &Window, frames: u32) -> Outcome<()> {
    window.wait(&desk(&format!(
        "view.plan.kind === 'ready' && view.plan.plan.frames === {frames}"
    )))
}

/// Waits until so many jobs are known and done.
fn jobs_done(window: &Window, jobs: u32) -> Outcome<()> {
    window.wait(&desk(&format!(
        "view.jobs.length === {jobs} && view.jobs.every((job) => job.state.kind === 'done')"
    )))
}

/// A script that answers what `condition` says of the whole desk, `view`.
fn desk(condition: &str) -> String {
    format!(
        "return window.__TAURI_INTERNALS__.invoke('desk_view', {{ args: {{}} }}).then((view) => \
         {condition});"
    )
}

/// The XPath of an element with a name for tests.
fn test_id(name: &str) -> String {
    format!("//*[@data-testid='{name}']")
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
