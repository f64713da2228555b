//! A VAST Database on this machine's loopback, and VAST's own client to judge it and ours.
//!
//! The server is `tools/vast_fake.py`: real signatures, real transactions, its own evaluation of
//! predicates. The judge is the SDK that VAST publishes, driven by `tools/vast_sdk.py`.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::folders;
use crate::server_process::ServerProcess;

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server with one bucket. It ends when dropped.
#[derive(Debug)]
pub struct VastServer {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// The access key of its one user, who may do everything.
    pub access_key: String,
    /// That user's secret key.
    pub secret_key: String,
    /// A bucket that exists.
    pub bucket: String,
    /// What goes wrong.
    pub faults: Faults,
    folder: PathBuf,
    process: ServerProcess,
}

/// What goes wrong at a [`VastServer`], and what came to it.
#[derive(Clone, Debug)]
pub struct Faults {
    /// `127.0.0.1:PORT`.
    address: String,
}

impl VastServer {
    /// Starts a server.
    ///
    /// # Panics
    /// When its tools aren't installed, with the command that installs them; or when it doesn't
    /// start, with its log.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts a server with these arguments besides.
    ///
    /// # Panics
    /// As [`Self::start`] does.
    pub fn with(arguments: &[&str]) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("stringout-vast-")
            .tempdir()
            .expect("a temporary folder")
            .keep();
        let (process, url) = spawn(&folder, arguments);
        Self {
            faults: Faults {
                address: url.trim_start_matches("http://").to_owned(),
            },
            url,
            access_key: ACCESS_KEY.to_owned(),
            secret_key: SECRET_KEY.to_owned(),
            bucket: BUCKET.to_owned(),
            folder,
            process,
        }
    }

    /// Kills the server as a power cut would, and starts it again with what it had committed, at
    /// another address. Open transactions are gone.
    ///
    /// # Panics
    /// When it doesn't start, with its log.
    pub fn crash_and_restart(&mut self) {
        self.process.crash();
        let (process, url) = spawn(&self.folder, &[]);
        self.process = process;
        self.faults.address = url.trim_start_matches("http://").to_owned();
        self.url = url;
    }

    /// VAST's own client of this server.
    ///
    /// # Panics
    /// When it isn't installed, or refuses the server.
    pub fn sdk(&self) -> VastSdk {
        VastSdk::start(&self.url, &self.access_key, &self.secret_key)
    }
}

const ACCESS_KEY: &str = "stringout-test";
const SECRET_KEY: &str = "not-a-secret";
const BUCKET: &str = "stringout";

fn tool(name: &str) -> PathBuf {
    folders::repository().join("tests").join("tools").join(name)
}

fn spawn(folder: &std::path::Path, arguments: &[&str]) -> (ServerProcess, String) {
    let log = folder.join("log");
    let stderr = fs::File::options()
        .create(true)
        .append(true)
        .open(&log)
        .expect("our own folder");
    let mut command = Command::new(folders::venv_program("python"));
    command
        .arg(tool("vast_fake.py"))
        .args(["--bucket", BUCKET])
        .args(["--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY])
        .arg("--folder")
        .arg(folder)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(stderr);
    let mut process = ServerProcess::spawn(&mut command, &[folder.to_path_buf()]);
    let (stdout, _) = process.take_output();
    let mut lines = Lines::of(stdout.expect("its output is a pipe"));
    let url = lines.next().unwrap_or_else(|| {
        let said = fs::read_to_string(&log).unwrap_or_default();
        panic!("the VAST server did not start:\n{said}")
    });
    (process, url)
}

impl Faults {
    /// Sets what goes wrong from now on, and forgets what was set and seen before. Numbers count down:
    ///
    /// - `slow_down`: requests answered with 503 SlowDown
    /// - `lose_commit`: commits that are done and not answered
    /// - `drop_commit`: commits that are neither
    /// - `conflict`, `conflict_commit`: writes, or commits, that clash
    /// - `cut_query`: query answers cut in their middle, or where `cut_at` (0 to 1) says
    /// - `short_query`: query answers that end without saying that they are whole
    /// - `fail_query`: queries that the server gives up
    /// - `part_rows`: the most rows that a part of a table has in one answer
    /// - `expire`: all open transactions, at once
    /// - `server`: what it says it is
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn set(&self, faults: &Value) {
        self.ask("POST", &faults.to_string());
    }

    /// Nothing goes wrong any more.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn heal(&self) {
        self.set(&json!({}));
    }

    /// Method and command of every request since [`Self::set`], `PUT rows` for an update.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn seen(&self) -> Vec<String> {
        let told = self.ask("GET", "");
        serde_json::from_value(told["seen"].clone()).expect("a list of texts")
    }

    /// How many transactions are open.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn open_transactions(&self) -> u64 {
        self.ask("GET", "")["open"].as_u64().expect("a number")
    }

    /// Asks the server's side door, which wants no signature.
    fn ask(&self, method: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).expect("the VAST server is there");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a time limit");
        let request = format!(
            "{method} /_faults HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).expect("JSON")
    }
}

/// VAST's own client, in a process of its own.
#[derive(Debug)]
pub struct VastSdk {
    child: Child,
    input: ChildStdin,
    lines: Lines,
}

impl VastSdk {
    /// Connects to the server at `url`.
    ///
    /// # Panics
    /// When the SDK isn't installed, or refuses the server.
    pub fn start(url: &str, access_key: &str, secret_key: &str) -> Self {
        let mut child = Command::new(folders::venv_program("python"))
            .arg(tool("vast_sdk.py"))
            .args([url, access_key, secret_key])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let input = child.stdin.take().expect("its input is a pipe");
        let mut lines = Lines::of(child.stdout.take().expect("its output is a pipe"));
        lines.next().expect("the SDK takes the server for VAST's");
        Self {
            child,
            input,
            lines,
        }
    }

    /// Does one thing, in a transaction of its own, and answers with what came of it, or with what
    /// the SDK complains about. The file says what there is to do.
    ///
    /// # Panics
    /// When the SDK ends, or does not answer in time.
    pub fn try_ask(&mut self, what: &Value) -> Result<Value, String> {
        writeln!(self.input, "{what}").expect("the SDK listens");
        let line = self.lines.next().expect("the SDK answers");
        let mut answer: Value = serde_json::from_str(&line).expect("JSON");
        match answer.get("error") {
            Some(error) => Err(error.to_string()),
            None => Ok(answer["ok"].take()),
        }
    }

    /// Does one thing that must succeed.
    ///
    /// # Panics
    /// When it fails, with what the SDK complains about.
    #[track_caller]
    pub fn ask(&mut self, what: &Value) -> Value {
        match self.try_ask(what) {
            Ok(answer) => answer,
            Err(error) => panic!("the SDK failed at {what}: {error}"),
        }
    }
}

impl Drop for VastSdk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lines of a process, each within a time.
#[derive(Debug)]
struct Lines {
    lines: mpsc::Receiver<String>,
}

impl Lines {
    fn of(output: ChildStdout) -> Self {
        let (send, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                let Ok(line) = line else { return };
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self { lines }
    }

    /// The next line; `None` when the process has ended or takes too long.
    fn next(&mut self) -> Option<String> {
        self.lines.recv_timeout(PATIENCE).ok()
    }
}
