//! A folder to go wrong in, and what a failure must look like.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::media::{MediaSpec, generate};
use tests::stringout::{Answer, Stringout};

/// A folder of the test's own with a workspace in it.
pub(crate) struct Place {
    pub(crate) stringout: Stringout,
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            stringout: Stringout::in_workspace(&folder.path().join("workspace")),
            folder,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// As an argument.
    pub(crate) fn arg(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// A file with this content.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Runs with `--json`.
    pub(crate) fn run(&self, args: &[&str]) -> Answer {
        self.stringout.run(args.iter().copied().chain(["--json"]))
    }

    /// Compiles one clip to a file here.
    pub(crate) fn compile(&self, clip: &str, out: &str, more: &[&str]) -> Answer {
        let out = self.arg(out);
        let args = ["compile", "--clip", clip, "--out", &out];
        self.run(&[&args[..], more].concat())
    }

    /// Ingests a file, and answers with the flow to cut.
    pub(crate) fn ingest(&self, file: &Path) -> String {
        let args = ["ingest", file.to_str().unwrap(), "--segment-duration", "1s"];
        let ingested = self.stringout.json(args);
        ingested["flows"][0]["id"].as_str().unwrap().to_owned()
    }

    /// What lies in a folder here besides the workspace, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        names_in(self.folder.path())
    }
}

/// What lies in a folder besides a workspace, sorted.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "workspace")
        .collect();
    names.sort();
    names
}

/// 4 s at 320×180 and 30 frames a second with three B-frames, in four GOPs.
pub(crate) fn take() -> MediaSpec {
    MediaSpec {
        width: 320,
        height: 180,
        frames: 120,
        bframes: 3,
        ..MediaSpec::small(8)
    }
}

pub(crate) fn take_file() -> PathBuf {
    generate(&take())
}

/// Expects a failure with this exit code and `error.code`; its detail must hold all `words`, and
/// people must read the same on standard error, with a hint.
#[track_caller]
pub(crate) fn assert_failure(answer: &Answer, exit: i32, code: &str, words: &[&str]) -> Value {
    let error = answer.error(exit);
    for key in ["code", "title", "detail", "hint", "retryable"] {
        assert!(error.get(key).is_some(), "no `{key}` in {error}");
    }
    assert_eq!(error["code"], code, "{answer}");
    let text = |key: &str| error[key].as_str().unwrap();
    for word in words {
        assert!(
            text("detail").contains(word),
            "the detail does not name {word}: {error:#}"
        );
    }
    for key in ["title", "detail", "hint"] {
        assert!(!text(key).is_empty(), "no {key}: {error:#}");
        assert!(
            answer.stderr.contains(text(key)),
            "{key} is not told people: {answer}"
        );
    }
    error.clone()
}
