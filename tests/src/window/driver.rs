//! The hands and eyes of a test in the window: the W3C WebDriver protocol, with WebKitWebDriver.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::keys::{ENTER, keys};
use super::picture::{Picture, Rect};
use crate::http::Client;
use crate::server_process::ServerProcess;

/// Nothing that a page is waited for takes longer unless it hangs.
const PATIENCE: Duration = Duration::from_secs(120);
/// One stretch of waiting inside the page, shorter than the answer's own deadline.
const STRETCH_MS: u32 = 10_000;
/// How often the start of the driver is asked for.
const POLL: Duration = Duration::from_millis(20);

/// The key of an element's name in the protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Calls `done(true)` when `look()` is so, and `done(false)` after a stretch.
const WATCH: &str = "const end = Date.now() + arguments[0]; \
    return new Promise((done) => { \
      const again = () => { \
        let seen = false; \
        try { seen = look() === true; } catch (error) { return done(String(error)); } \
        if (seen || Date.now() > end) return done(seen); \
        setTimeout(again, 20); \
      }; \
      again(); \
    });";

/// A driver with a window.
#[derive(Debug)]
pub(super) struct Driver {
    process: ServerProcess,
    client: Client,
    root: String,
    session: String,
}

impl Driver {
    /// Starts a driver by `command`, which lacks only the port.
    pub(super) fn start(command: &mut Command) -> Self {
        let port = free_port();
        let mut process = ServerProcess::spawn(
            command.arg(format!("--port={port}")).stdout(Stdio::null()),
            &[],
        );
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let ended = process.ended();
            assert!(ended.is_none(), "{command:?} ended ({ended:?})");
            assert!(begun.elapsed() < PATIENCE, "{command:?} does not answer");
            thread::sleep(POLL);
        }
        Self {
            process,
            client: Client::new(),
            root: format!("http://127.0.0.1:{port}/session"),
            session: String::new(),
        }
    }

    /// Has it start `program` and take its window.
    pub(super) fn open(&mut self, program: &Path, arguments: &[&str]) {
        let program = program.display().to_string();
        let options = json!({ "binary": program, "args": arguments });
        let wanted =
            json!({ "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": options } } });
        let answer = self.post(&self.root, &wanted);
        let id = answer["sessionId"].as_str();
        let id = id.unwrap_or_else(|| panic!("no session: {answer}"));
        self.session = format!("{}/{id}", self.root);
        self.command("timeouts", &json!({ "script": 3 * STRETCH_MS }));
    }

    /// Kills the driver and everything it started, as a power cut would.
    pub(super) fn crash(&mut self) {
        self.process.crash();
    }

    /// What a script answers; it may answer with a promise.
    pub(super) fn run(&self, script: &str, arguments: Value) -> Value {
        self.command(
            "execute/sync",
            &json!({ "script": script, "args": arguments }),
        )
    }

    /// Waits until the body of a function, `look`, answers `true`.
    #[track_caller]
    pub(super) fn wait(&self, what: &str, look: &str) {
        let begun = Instant::now();
        while !self.watch(look) {
            assert!(
                begun.elapsed() < PATIENCE,
                "waited in vain until {what}; the page says:\n{}",
                self.page()
            );
        }
    }

    /// Watches for a stretch of time whether `look` answers `true`.
    #[track_caller]
    pub(super) fn watch(&self, look: &str) -> bool {
        let script = format!("const look = () => {{ {look} }}; {WATCH}");
        let seen = self.run(&script, json!([STRETCH_MS]));
        let answer = seen.as_bool();
        answer.unwrap_or_else(|| panic!("`{look}` fails: {seen}"))
    }

    /// Clicks the middle of the first element of an XPath.
    #[track_caller]
    pub(super) fn click(&self, path: &str) {
        let element = self.element(path);
        self.command(&format!("element/{element}/click"), &json!({}));
    }

    /// Presses the keys of a stroke and lets them go.
    pub(super) fn press(&self, stroke: &str) {
        let keys = keys(stroke);
        let step = |kind: &'static str| move |key: &char| json!({ "type": kind, "value": key.to_string() });
        let down = keys.iter().map(step("keyDown"));
        let up = keys.iter().rev().map(step("keyUp"));
        self.act(down.chain(up).collect());
    }

    /// Types a text, key by key, wherever the keys go.
    pub(super) fn type_text(&self, text: &str) {
        let steps = text.chars().flat_map(|key| {
            let key = if key == '\n' { ENTER } else { key }.to_string();
            ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key }))
        });
        self.act(steps.collect());
    }

    /// Where the first element of a CSS selector is.
    #[track_caller]
    pub(super) fn rect(&self, selector: &str) -> Rect {
        let script = "const at = document.querySelector(arguments[0]).getBoundingClientRect(); \
            return [at.x, at.y, at.width, at.height];";
        let answer = self.run(script, json!([selector]));
        let [x, y, width, height] = [0, 1, 2, 3].map(|at| {
            let side = answer[at].as_f64();
            side.unwrap_or_else(|| panic!("`{selector}` is nowhere: {answer}"))
        });
        Rect {
            x,
            y,
            width,
            height,
        }
    }

    /// A picture of the page once what has changed is painted.
    pub(super) fn picture(&self) -> Picture {
        self.run(
            "return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => \
             setTimeout(() => done(true), 0))));",
            json!([]),
        );
        let answer = self
            .client
            .get(&format!("{}/screenshot", self.session), &[]);
        let value = &answer.json(200)["value"];
        let text = value.as_str().expect("a screenshot is a text");
        Picture::of_png(&STANDARD.decode(text).expect("a screenshot is in base64"))
    }

    #[track_caller]
    fn element(&self, path: &str) -> String {
        let wanted = json!({ "using": "xpath", "value": path });
        let answer = self.command("element", &wanted);
        let element = answer[ELEMENT].as_str();
        element
            .unwrap_or_else(|| panic!("`{path}` finds nothing: {answer}"))
            .to_owned()
    }

    fn act(&self, steps: Vec<Value>) {
        let keys = json!({ "type": "key", "id": "keys", "actions": steps });
        self.command("actions", &json!({ "actions": [keys] }));
    }

    /// What can be read on the page, for whoever reads why a test failed.
    fn page(&self) -> String {
        let text = self.run("return document.body.innerText;", json!([]));
        let mut page = String::new();
        for line in text.as_str().unwrap_or_default().lines() {
            // Writing to a string cannot fail.
            let _ = write!(page, "{} | ", line.trim());
        }
        page
    }

    #[track_caller]
    fn command(&self, name: &str, body: &Value) -> Value {
        self.post(&format!("{}/{name}", self.session), body)
    }

    #[track_caller]
    fn post(&self, url: &str, body: &Value) -> Value {
        let fields = [("content-type", "application/json")];
        let answer = self.client.post(url, &fields, body.to_string());
        let answered = answer.text();
        assert_eq!(answer.status, 200, "{body} was refused: {answered}");
        answer.json(200)["value"].take()
    }
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}
