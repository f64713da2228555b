//! The window of the program, on a screen of its own, with a test for its user.
//!
//! [`Home`] is where somebody lives who has never used the program: a home folder with an empty
//! workspace in it. [`Window::open`] starts `stringout-desktop` there, on a [`Screen`], under
//! WebKitWebDriver. What is done in it is done by the mouse and by keys; what is seen is read from the
//! page or from pictures of it.
//!
//! Screen, session bus, driver, program and web processes end with the [`Window`] and the [`Screen`],
//! however the test ends.

mod drag;
mod driver;
mod keys;
mod picture;
mod screen;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::folders;
use crate::stringout::{Stringout, build};
use driver::Driver;

pub use drag::Drag;
pub use picture::{Picture, Rect};
pub use screen::Screen;

/// The built program: `STRINGOUT_WINDOW` if that is set (as `cargo xtask test` does), else the one
/// that cargo builds now, once per test process, in the profile of the test.
///
/// # Panics
/// When it can't be built.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| match env::var_os("STRINGOUT_WINDOW") {
        Some(path) => PathBuf::from(path),
        None => {
            let page = folders::repository().join("ui").join("dist");
            assert!(
                page.join("index.html").is_file(),
                "the window's page is not built: run `cargo xtask setup`"
            );
            build("stringout-desktop", "stringout-desktop")
        }
    })
}

/// The home folder of somebody who has never used the program.
#[derive(Debug)]
pub struct Home {
    folder: tempfile::TempDir,
    answer: PathBuf,
    variables: Vec<(String, String)>,
}

impl Home {
    /// With an empty workspace, whose play service takes any free port of the loopback.
    ///
    /// # Panics
    /// When there is no place for it.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let home = Self {
            folder,
            answer: PathBuf::new(),
            variables: Vec::new(),
        };
        fs::create_dir_all(home.workspace()).expect("the folder was just made");
        fs::create_dir_all(home.path("run")).expect("the folder was just made");
        home.configured("")
    }

    /// With these tables in the configuration of the workspace, too.
    ///
    /// # Panics
    /// When the workspace can't be written.
    #[must_use]
    pub fn configured(self, tables: &str) -> Self {
        let config = self.workspace().join("config.toml");
        let text = format!("[play]\nlisten = \"127.0.0.1:0\"\n\n{tables}");
        fs::write(config, text).expect("the folder can be written");
        self
    }

    /// With this variable in the environment, a secret for instance.
    #[must_use]
    pub fn knowing(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Where the user chooses `file` in every dialog.
    #[must_use]
    pub fn choosing(mut self, file: &Path) -> Self {
        self.answer = file.to_path_buf();
        self
    }

    /// The folder of the workspace.
    pub fn workspace(&self) -> PathBuf {
        self.path("workspace")
    }

    /// The command-line program in the workspace, which must not be open then.
    pub fn stringout(&self) -> Stringout {
        Stringout::in_workspace(&self.workspace())
    }

    /// What the window had other programs open, a line each: `open PATH`, `reveal PATH` or
    /// `browse URL`.
    pub fn opened(&self) -> Vec<String> {
        let log = fs::read_to_string(self.path("opened")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// Has `command` live here: it sees none of the user's own data or settings.
    pub fn live_in<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("HOME", self.folder.path())
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("STRINGOUT_DIALOG_ANSWER", &self.answer)
            .env("STRINGOUT_OPENER_LOG", self.path("opened"))
            // Without it every start waits for the services of screen readers.
            .env("NO_AT_BRIDGE", "1")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env_remove("WEBKIT_DISABLE_DMABUF_RENDERER")
            .env_remove("WEBKIT_DISABLE_COMPOSITING_MODE")
            .env_remove("STRINGOUT_SOFTWARE_RENDERING")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

/// WebKitGTK's own browser, where it is installed: a window of the same web engine with nothing in it.
pub fn bare_browser() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten();
    let mut places = folders.map(|folder| folder.path().join("webkit2gtk-4.1/MiniBrowser"));
    places.find(|browser| browser.is_file())
}

/// A driver without a window yet.
fn driver(home: &Home, screen: &Screen, log: &Path) -> Driver {
    for tool in ["dbus-run-session", "WebKitWebDriver"] {
        screen::need(tool);
    }
    let mut command = Command::new("dbus-run-session");
    command
        .args(["--", "WebKitWebDriver"])
        .env("TAURI_WEBVIEW_AUTOMATION", "true");
    home.live_in(screen.show_on(&mut command));
    command.stderr(fs::File::create(log).expect("the folder was just made"));
    Driver::start(&mut command)
}

/// The window, open. Everything of it is killed when dropped.
#[derive(Debug)]
pub struct Window<'a> {
    driver: Driver,
    screen: &'a Screen,
    log: PathBuf,
    started: Duration,
}

impl<'a> Window<'a> {
    /// Opens it on the workspace of `home`, without sound, and waits until it can be used.
    ///
    /// # Panics
    /// When something it needs is missing, with the command that installs it, or it doesn't open.
    pub fn open(home: &Home, screen: &'a Screen) -> Self {
        Self::open_program(program(), home, screen)
    }

    /// As [`Window::open`], another program than the one that was built: one that is installed.
    ///
    /// # Panics
    /// As there.
    pub fn open_program(program: &Path, home: &Home, screen: &'a Screen) -> Self {
        let log = home.path("log");
        let mut driver = driver(home, screen, &log);
        let workspace = home.workspace().display().to_string();
        let begun = Instant::now();
        driver.open(program, &["--silent", "--workspace", &workspace]);
        let mut window = Self {
            driver,
            screen,
            log,
            started: Duration::ZERO,
        };
        window.wait_for("panel-browser");
        window.started = begun.elapsed();
        window
    }

    /// How long `browser` takes to show an empty page, from its start: what no window of its web
    /// engine can be faster than.
    ///
    /// # Panics
    /// As [`Window::open`].
    pub fn time_empty(browser: &Path, home: &Home, screen: &Screen) -> Duration {
        let mut driver = driver(home, screen, &home.path("log"));
        let begun = Instant::now();
        driver.open(browser, &["--automation"]);
        driver.wait(
            "the empty page is there",
            "return document.readyState === 'complete';",
        );
        begun.elapsed()
    }

    /// From the start of the program to its first panel.
    pub fn started_in(&self) -> Duration {
        self.started
    }

    /// Kills the window and all its processes, as a power cut would.
    pub fn crash(mut self) {
        self.driver.crash();
    }

    /// Waits until the element with this name for tests is there and can be used.
    ///
    /// # Panics
    /// When it takes too long, with what can be read instead.
    #[track_caller]
    pub fn wait_for(&self, test_id: &str) {
        self.wait_until(
            &format!("`{test_id}` can be used"),
            &format!(
                "const found = {}; return found !== null && !found.disabled && \
                 found.getClientRects().length > 0;",
                element(test_id)
            ),
        );
    }

    /// Waits until the element has exactly this text.
    ///
    /// # Panics
    /// When it takes too long, with what can be read instead.
    #[track_caller]
    pub fn wait_for_text(&self, test_id: &str, text: &str) {
        self.wait_until(
            &format!("`{test_id}` says `{text}`"),
            &format!(
                "return {}?.textContent === {};",
                element(test_id),
                Value::from(text)
            ),
        );
    }

    /// Waits until so many elements have this name.
    ///
    /// # Panics
    /// When it takes too long, with what can be read instead.
    #[track_caller]
    pub fn wait_for_count(&self, test_id: &str, count: usize) {
        self.wait_until(
            &format!("there are {count} of `{test_id}`"),
            &format!(
                "return document.querySelectorAll('[data-testid=\"{test_id}\"]').length === {count};"
            ),
        );
    }

    /// Waits until the body of a function in the page answers `true`.
    ///
    /// # Panics
    /// When it takes too long, with what can be read instead.
    #[track_caller]
    pub fn wait_until(&self, what: &str, look: &str) {
        self.driver.wait(what, look);
    }

    /// Watches for ten seconds whether the body of a function in the page answers `true`.
    ///
    /// # Panics
    /// When the function fails.
    #[track_caller]
    pub fn is_soon(&self, look: &str) -> bool {
        self.driver.watch(look)
    }

    /// Runs the body of a function in the page: what a browser in another state would do by itself.
    pub fn run(&self, script: &str) {
        self.driver.run(script, json!([]));
    }

    /// Clicks the element, as soon as it can be used.
    ///
    /// # Panics
    /// When it can't be.
    #[track_caller]
    pub fn click(&self, test_id: &str) {
        self.wait_for(test_id);
        self.driver.click(&format!("//*[@data-testid='{test_id}']"));
    }

    /// Clicks the first of the elements with this name that has `text` in it.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn click_on(&self, test_id: &str, text: &str) {
        let path = format!("//*[@data-testid='{test_id}'][contains(., '{text}')]");
        self.driver.click(&path);
    }

    /// Presses keys together, named as the window names them: `i`, `Ctrl+Enter`.
    pub fn press(&self, stroke: &str) {
        self.driver.press(stroke);
    }

    /// Types a text wherever the keys go, its line ends with Enter.
    pub fn type_text(&self, text: &str) {
        self.driver.type_text(text);
    }

    /// The text of the element.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn text(&self, test_id: &str) -> String {
        self.attribute(test_id, "textContent")
    }

    /// A property of the element, such as `value` or `dataset.full`.
    ///
    /// # Panics
    /// When there is no such element, or it has no such text.
    #[track_caller]
    pub fn attribute(&self, test_id: &str, name: &str) -> String {
        let answer = self
            .driver
            .run(&format!("return {}?.{name};", element(test_id)), json!([]));
        let text = answer.as_str();
        text.unwrap_or_else(|| panic!("`{test_id}` has no `{name}`: {answer}"))
            .to_owned()
    }

    /// The texts of all elements with this name, in the page's order.
    pub fn texts(&self, test_id: &str) -> Vec<String> {
        let answer = self.driver.run(
            "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText);",
            json!([format!("[data-testid=\"{test_id}\"]")]),
        );
        let texts = answer.as_array().into_iter().flatten();
        texts
            .map(|text| text.as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Where the first element of a CSS selector is on the page.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn rect(&self, selector: &str) -> Rect {
        self.driver.rect(selector)
    }

    /// A picture of the page, once what has changed is painted.
    ///
    /// # Panics
    /// When none can be taken.
    pub fn picture(&self) -> Picture {
        self.driver.picture()
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        if !thread::panicking() {
            return;
        }
        let test = thread::current()
            .name()
            .unwrap_or("test")
            .replace("::", "-");
        let path = env::temp_dir().join(format!("stringout-window-{test}.png"));
        if self.screen.photograph(&path) {
            eprintln!("the window as it was: {}", path.display());
        }
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let of_bus = |line: &&str| line.starts_with("dbus-daemon");
        for line in log.lines().filter(|line| !of_bus(line)) {
            eprintln!("the window's log: {line}");
        }
    }
}

/// An expression for the element with a name for tests.
fn element(test_id: &str) -> String {
    format!("document.querySelector('[data-testid=\"{test_id}\"]')")
}
