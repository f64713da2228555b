//! schemathesis, which asks a TAMS server everything that the OpenAPI document of TAMS 8.2 allows, and
//! much that it does not, and holds the answers against it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::folders;
use crate::server_process::ServerProcess;

/// How long a run may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(400);
/// How often it is looked whether the run has ended.
const POLL: Duration = Duration::from_millis(100);

/// Checks that are left out, and why.
const LEFT_OUT: [(&str, &str); 2] = [
    (
        "ignored_auth",
        "the node on loopback wants no token; that it refuses wrong ones where it wants one is a \
         test of the node",
    ),
    (
        "positive_data_acceptance",
        "much that follows the schemas is refused by the specification's text: page keys that are \
         none, limits below 1, flows that collect unknown flows, segments of unknown objects, \
         profiles that are there already",
    ),
];

/// A run against one server. The same run always asks the same.
#[derive(Clone, Debug)]
pub struct Schemathesis {
    base_url: String,
    hooks: PathBuf,
    examples: u32,
    operation: Option<String>,
    things: Map<String, Value>,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Whether every answer was as the document says.
    pub passed: bool,
    /// What schemathesis printed: a request to repeat for each failure.
    pub report: String,
}

impl Schemathesis {
    /// Of the server at `base_url`, told by the Python file `hooks` what the document leaves unsaid.
    pub fn of(base_url: &str, hooks: PathBuf) -> Self {
        Self {
            base_url: base_url.to_owned(),
            hooks,
            examples: 3,
            operation: None,
            things: Map::new(),
        }
    }

    /// With this many generated requests per operation instead of 3, beside those that cover the
    /// borders of every parameter.
    #[must_use]
    pub fn with_examples(mut self, examples: u32) -> Self {
        self.examples = examples;
        self
    }

    /// Only the operation of this `operationId`.
    #[must_use]
    pub fn only(mut self, operation: &str) -> Self {
        self.operation = Some(operation.to_owned());
        self
    }

    /// Knowing that the path parameter `name` has `id` for something that is there.
    #[must_use]
    pub fn knowing(mut self, name: &str, id: &str) -> Self {
        self.things.insert(name.to_owned(), Value::from(id));
        self
    }

    /// Runs it.
    ///
    /// # Panics
    /// When schemathesis isn't installed, with the command that installs it; or when it doesn't end in
    /// time, with what it printed so far.
    pub fn run(&self) -> Verdict {
        // It leaves a cache of its own where it runs.
        let folder = tempfile::tempdir().expect("a temporary folder");
        let log = folder.path().join("log");
        let output = fs::File::create(&log).expect("our own folder");
        let errors = output.try_clone().expect("a file can be shared");
        let mut command = self.command();
        command
            .current_dir(folder.path())
            .stdout(Stdio::from(output))
            .stderr(Stdio::from(errors));
        let report = || fs::read_to_string(&log).unwrap_or_default();
        let mut process = ServerProcess::spawn(&mut command, &[]);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = process.ended() {
                return Verdict {
                    passed: status.success(),
                    report: report(),
                };
            }
            assert!(
                Instant::now() < deadline,
                "schemathesis takes too long:\n{}",
                report()
            );
            thread::sleep(POLL);
        }
    }

    fn command(&self) -> Command {
        let document = "assets/tams-8.2/TimeAddressableMediaStore.yaml";
        let left_out: Vec<&str> = LEFT_OUT.iter().map(|(check, _)| *check).collect();
        let mut command = Command::new(folders::venv_program("st"));
        command
            .arg("run")
            .arg(folders::repository().join(document))
            .args(["--url", &self.base_url])
            .args(["--max-examples", &self.examples.to_string()])
            .args(["--checks", "all", "--exclude-checks", &left_out.join(",")])
            .args(["--phases", "examples,coverage,fuzzing,stateful"])
            .args(["--generation-deterministic", "--continue-on-failure"])
            .args(["--request-timeout", "30"])
            .args(["--no-color", "--warnings", "off"]);
        if let Some(operation) = &self.operation {
            command.args(["--include-operation-id", operation]);
        }
        let modules = self.hooks.parent().unwrap_or(&self.hooks);
        let module = self.hooks.file_stem().unwrap_or_default();
        command
            .env("PYTHONPATH", modules)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("SCHEMATHESIS_HOOKS", module)
            .env("SEED", Value::Object(self.things.clone()).to_string());
        command
    }
}
