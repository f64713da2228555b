//! Runs the program under test, `stringout`.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::server_process::ServerProcess;

/// The built program: `STRINGOUT_BIN` if that is set (as `cargo xtask test` does), else the one that
/// cargo builds now, once per test process, in the profile of the test.
///
/// # Panics
/// When it can't be built.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| match env::var_os("STRINGOUT_BIN") {
        Some(path) => PathBuf::from(path),
        None => build("cli", "stringout"),
    })
}

/// Has cargo build `program` of `package` in the profile of the test, and answers where it is.
pub(crate) fn build(package: &str, program: &str) -> PathBuf {
    // A test executable lies in TARGET/PROFILE/deps.
    let test = env::current_exe().expect("this process has a program");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("a test runs from cargo's target folder");
    let target = profile
        .parent()
        .expect("a test runs from cargo's target folder");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    cargo.current_dir(crate::folders::repository());
    cargo
        .args(["build", "--quiet", "--package", package, "--target-dir"])
        .arg(target);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    crate::tool::run(&mut cargo);
    profile.join(format!("{program}{}", env::consts::EXE_SUFFIX))
}

/// A way to call the program: its workspace, its environment, its patience.
///
/// It sees none of the user's own data or settings.
#[derive(Debug)]
pub struct Stringout {
    program: Option<PathBuf>,
    workspace: Option<PathBuf>,
    variables: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
    limit: Duration,
    home: tempfile::TempDir,
}

impl Stringout {
    /// Calls without `-w`: the workspace is the default one of an empty home.
    pub fn new() -> Self {
        Self {
            program: None,
            workspace: None,
            variables: Vec::new(),
            folder: None,
            limit: Duration::from_secs(300),
            home: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// Calls in the workspace `folder`.
    pub fn in_workspace(folder: &Path) -> Self {
        Self {
            workspace: Some(folder.to_path_buf()),
            ..Self::new()
        }
    }

    /// Calls another program in the same way, an older build for example.
    #[must_use]
    pub fn with_program(mut self, program: &Path) -> Self {
        self.program = Some(program.to_path_buf());
        self
    }

    /// With an environment variable.
    #[must_use]
    pub fn with(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.variables
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// From another current folder.
    #[must_use]
    pub fn from_folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_path_buf());
        self
    }

    /// Given up after `limit` instead of 5 minutes.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The command line, for tests that run it in a way of their own.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(self.program.as_deref().unwrap_or_else(|| program()));
        for name in [
            "XDG_DATA_HOME",
            "XDG_CONFIG_HOME",
            "XDG_STATE_HOME",
            "APPDATA",
        ] {
            command.env(name, self.home.path());
        }
        for name in [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
        ] {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        if let Some(workspace) = &self.workspace {
            command.arg("-w").arg(workspace);
        }
        command.args(args).stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    ///
    /// # Panics
    /// When it doesn't end in time; it is killed then.
    #[track_caller]
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Answer {
        self.start(args).finish()
    }

    /// Starts the program and lets it run beside the test.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Running {
        self.start_command(self.command(args))
    }

    /// The same with a command line that was changed, to run it under another program for example.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start_command(&self, mut command: Command) -> Running {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let line = line(&command);
        let mut process = ServerProcess::spawn(&mut command, &[]);
        let (stdout, stderr) = process.take_output();
        Running {
            process,
            stdout: collect(stdout),
            stderr: collect(stderr),
            line,
            limit: self.limit,
        }
    }

    /// Runs the program with `--json`, expects success, and answers with its document.
    ///
    /// # Panics
    /// When it fails or prints no JSON, with what it printed.
    #[track_caller]
    pub fn json<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Value {
        let mut all: Vec<OsString> = args
            .into_iter()
            .map(|arg| arg.as_ref().to_owned())
            .collect();
        all.push(OsString::from("--json"));
        let answer = self.run(all);
        answer.expect_code(0);
        answer.document().clone()
    }

    /// Starts the program as a server.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn serve<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Server {
        let mut command = self.command(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let line = line(&command);
        let mut process = ServerProcess::spawn(&mut command, &[]);
        let (stdout, stderr) = process.take_output();
        let (sender, lines) = mpsc::channel();
        for output in [
            stdout.map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
            stderr.map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        ]
        .into_iter()
        .flatten()
        {
            let sender = sender.clone();
            thread::spawn(move || {
                for text in BufReader::new(output).lines().map_while(Result::ok) {
                    // Nobody may be listening any more; the pipe must be emptied all the same.
                    let _ = sender.send(text);
                }
            });
        }
        Server {
            process,
            lines,
            heard: Vec::new(),
            line,
        }
    }
}

impl Default for Stringout {
    fn default() -> Self {
        Self::new()
    }
}

/// The program at work. It is killed when dropped.
#[derive(Debug)]
pub struct Running {
    process: ServerProcess,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
    line: String,
    limit: Duration,
}

impl Running {
    /// Waits for its end.
    ///
    /// # Panics
    /// When it doesn't end in time; it is killed then.
    #[track_caller]
    pub fn finish(mut self) -> Answer {
        let deadline = Instant::now() + self.limit;
        // The pipes close when the program ends, so waiting for them is waiting for it.
        let mut texts = [&self.stdout, &self.stderr].map(|text| {
            let left = deadline.saturating_duration_since(Instant::now());
            text.recv_timeout(left).ok()
        });
        let line = self.line.clone();
        let [Some(stdout), Some(stderr)] = texts.each_mut().map(Option::take) else {
            let threads = self.process.threads();
            self.process.crash();
            let ended = Duration::from_secs(5);
            let said = [&self.stdout, &self.stderr].map(|text| text.recv_timeout(ended).ok());
            panic!(
                "`{line}` did not end within {:?}; it had said {texts:?} {said:?}; its threads:\n{threads}",
                self.limit
            );
        };
        Answer {
            json: serde_json::from_str(&stdout).ok(),
            code: self.process.wait().code(),
            line,
            stdout,
            stderr,
        }
    }

    /// Waits until something is so, which its work brings about: a file that it writes, for example.
    ///
    /// # Panics
    /// When it ends before, or it takes longer than a minute.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, mut so: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !so() {
            let ended = self.process.ended();
            assert!(
                ended.is_none(),
                "`{}` ended ({ended:?}) before {what}",
                self.line
            );
            assert!(
                Instant::now() < deadline,
                "`{}` did not come to this in a minute: {what}",
                self.line
            );
            thread::yield_now();
        }
    }

    /// Its process, to crash it or to signal it.
    pub fn process(&mut self) -> &mut ServerProcess {
        &mut self.process
    }
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The exit code; nothing if a signal ended it.
    pub code: Option<i32>,
    /// Standard output, if all of it is one JSON document.
    pub json: Option<Value>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    line: String,
}

impl Answer {
    /// Expects this exit code.
    ///
    /// # Panics
    /// When it is another, with everything printed.
    #[track_caller]
    pub fn expect_code(&self, code: i32) -> &Self {
        assert!(
            self.code == Some(code),
            "exit code {code} expected from {self}"
        );
        self
    }

    /// The JSON document on standard output.
    ///
    /// # Panics
    /// When there is none, with everything printed.
    #[track_caller]
    pub fn document(&self) -> &Value {
        self.json
            .as_ref()
            .unwrap_or_else(|| panic!("no JSON document from {self}"))
    }

    /// Expects a failure with this exit code and answers with its `error` object.
    ///
    /// # Panics
    /// When it is another, with everything printed.
    #[track_caller]
    pub fn error(&self, code: i32) -> &Value {
        self.expect_code(code);
        let error = &self.document()["error"];
        assert!(error.is_object(), "no error object from {self}");
        error
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            line,
            code,
            stdout,
            stderr,
            ..
        } = self;
        write!(
            f,
            "`{line}`, exit code {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}"
        )
    }
}

/// The program, running as a server. It is killed when dropped.
#[derive(Debug)]
pub struct Server {
    process: ServerProcess,
    lines: Receiver<String>,
    heard: Vec<String>,
    line: String,
}

impl Server {
    /// Waits for a line of output, standard or error, in which `find` finds something.
    ///
    /// # Panics
    /// When none comes within a minute, or the program ends instead, with all it printed.
    #[track_caller]
    pub fn wait_for<T>(&mut self, mut find: impl FnMut(&str) -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(text) => {
                    let found = find(&text);
                    self.heard.push(text);
                    if let Some(found) = found {
                        return found;
                    }
                }
                Err(why) => {
                    let heard = self.heard.join("\n");
                    let why = match why {
                        RecvTimeoutError::Timeout => "printed no such line in a minute",
                        RecvTimeoutError::Disconnected => "ended",
                    };
                    panic!("`{}` {why}; it printed:\n{heard}", self.line);
                }
            }
        }
    }

    /// Waits for the first `http://…` address that it prints.
    ///
    /// # Panics
    /// As [`Self::wait_for`] does.
    #[track_caller]
    pub fn url(&mut self) -> String {
        self.wait_for(|text| {
            let url = &text[text.find("http://")?..];
            let end = url.find(|c: char| c.is_whitespace() || "\"',)".contains(c));
            Some(url[..end.unwrap_or(url.len())].to_owned())
        })
    }

    /// Its process, to crash it or to end it politely.
    pub fn process(&mut self) -> &mut ServerProcess {
        &mut self.process
    }
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Reads a pipe to its end on a thread of its own.
fn collect(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What could be read until then is all there is.
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}
