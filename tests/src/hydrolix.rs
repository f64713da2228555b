//! A small Hydrolix over real ClickHouse, on this machine's loopback: queries with typed parameters,
//! ingest, configuration, and the faults of the field on request. `tests/tools/hydrolix_fake.py` says
//! what it can be told.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::{Value, json};

use crate::folders;
use crate::http::Client;

/// The token of its service account.
pub const TOKEN: &str = "service-account-token";
/// Its one user.
pub const USER: &str = "user@example.com";
/// That user's password.
pub const PASSWORD: &str = "correct horse";

/// A running fake. It ends when dropped, and with the test process.
#[derive(Debug)]
pub struct FakeHydrolix {
    /// `http://127.0.0.1:PORT/`.
    pub base: String,
    client: Client,
    child: Child,
    /// It ends when this closes.
    input: Option<ChildStdin>,
}

impl FakeHydrolix {
    /// Starts one, with nothing in it.
    ///
    /// # Panics
    /// When its tools aren't installed, with the command that installs them; or when it doesn't start.
    #[must_use]
    pub fn start() -> Self {
        let script = folders::repository().join("tests/tools/hydrolix_fake.py");
        let mut command = Command::new(folders::venv_program("python"));
        command
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|e| panic!("cannot start {command:?}: {e}"));
        let input = child.stdin.take();
        let output = child.stdout.take().expect("standard output is a pipe");
        let mut line = String::new();
        let read = BufReader::new(output).read_line(&mut line);
        let port = serde_json::from_str::<Value>(&line)
            .ok()
            .and_then(|said| said["port"].as_u64());
        let Some(port) = port else {
            let _ = child.kill();
            panic!(
                "the fake of Hydrolix did not start ({read:?}, {line:?}): run `cargo xtask setup --test`"
            );
        };
        Self {
            base: format!("http://127.0.0.1:{port}/"),
            client: Client::new(),
            child,
            input,
        }
    }

    /// Tells it something; its answer.
    ///
    /// # Panics
    /// When it does not understand. Not to be called within a runtime.
    #[track_caller]
    pub fn tell(&self, what: &Value) -> Vec<u8> {
        let url = format!("{}control", self.base);
        let answer = self.client.post(&url, &[], what.to_string());
        assert_eq!(answer.status, 200, "{what}: {}", answer.text());
        answer.body
    }

    /// The next request to a path that begins with `path` ends in this fault.
    #[track_caller]
    pub fn fault(&self, path: &str, mut fault: Value) {
        fault["path"] = path.into();
        self.tell(&json!({"fault": fault}));
    }

    /// Runs a statement of the test's own in the database below; the rows.
    ///
    /// # Panics
    /// When it is wrong.
    #[track_caller]
    pub fn rows(&self, sql: &str) -> Vec<Vec<Value>> {
        let body = self.tell(&json!({"sql": sql}));
        let mut answer: Value = serde_json::from_slice(&body)
            .unwrap_or_else(|e| panic!("{sql}: {e}: {}", String::from_utf8_lossy(&body)));
        serde_json::from_value(answer["data"].take()).expect("rows")
    }

    /// The requests since it was asked last: `{"path", "arguments", "body"}` each.
    ///
    /// # Panics
    /// When it does not tell.
    #[track_caller]
    pub fn asked(&self) -> Vec<Value> {
        let body = self.tell(&json!({"take": true}));
        serde_json::from_slice(&body).expect("a list")
    }
}

impl Drop for FakeHydrolix {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
