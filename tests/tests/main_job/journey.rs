//! A workspace, and the way through it as far as a test needs.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tests::media::{MediaSpec, generate};
use tests::stringout::Stringout;

/// A workspace with one ingested medium of 6 s in three segments.
#[derive(Debug)]
pub(crate) struct Journey {
    pub(crate) stringout: Stringout,
    pub(crate) spec: MediaSpec,
    pub(crate) source: PathBuf,
    /// What `ingest` answered.
    pub(crate) ingested: Value,
    folder: tempfile::TempDir,
}

/// A compiled edit.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) out: PathBuf,
    pub(crate) report: PathBuf,
    pub(crate) answer: Value,
}

/// Marks of the two clips that every journey compiles: frames 15 to 89 and 120 to 164.
pub(crate) const CLIPS: [&str; 2] = ["0.5s..3s", "4s..5.5s"];

impl Journey {
    /// Ingests a clip with this number.
    pub(crate) fn start(clip: u8) -> Self {
        let spec = MediaSpec {
            bframes: 2,
            ..MediaSpec::small(clip)
        };
        let source = generate(&spec);
        let folder = tempfile::tempdir().unwrap();
        let stringout = Stringout::in_workspace(&folder.path().join("workspace"));
        let file = source.display().to_string();
        let ingested = stringout.json(["ingest", &file, "--label", "The take"]);
        Self {
            stringout,
            spec,
            source,
            ingested,
            folder,
        }
    }

    /// A path beside the workspace.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The flow to cut.
    pub(crate) fn flow(&self) -> &str {
        text(&self.ingested["flows"][0]["id"])
    }

    /// The arguments that name the two clips.
    pub(crate) fn clips(&self) -> Vec<String> {
        let clip = |marks| ["--clip".to_owned(), format!("flow:{}@{marks}", self.flow())];
        CLIPS.into_iter().flat_map(clip).collect()
    }

    /// Compiles the two clips.
    pub(crate) fn compile(&self) -> Compiled {
        let (out, report) = (self.path("a.mp4"), self.path("a.json"));
        let mut args = vec!["compile".to_owned()];
        args.extend(self.clips());
        for (name, path) in [("--out", &out), ("--report", &report)] {
            args.extend([name.to_owned(), path.display().to_string()]);
        }
        let answer = self.stringout.json(args);
        Compiled {
            out,
            report,
            answer,
        }
    }

    /// Compiles and publishes, and answers with what `publish` said.
    pub(crate) fn publish(&self) -> (Compiled, Value) {
        let compiled = self.compile();
        let file = compiled.out.display().to_string();
        let args = ["publish", &file, "--label", "First cut", "--wait"];
        let published = self.stringout.json(args);
        (compiled, published)
    }
}

/// A JSON text.
#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// Expects at least these keys.
#[track_caller]
pub(crate) fn assert_keys(value: &Value, keys: &[&str]) {
    let object = value
        .as_object()
        .unwrap_or_else(|| panic!("no object: {value}"));
    for key in keys {
        assert!(object.contains_key(*key), "no `{key}` in {value:#}");
    }
}

/// Expects an id that TAMS takes: a UUID of version 4 or 5.
#[track_caller]
pub(crate) fn assert_tams_id(value: &Value) {
    let id: uuid::Uuid = text(value).parse().unwrap();
    assert!(matches!(id.get_version_num(), 4 | 5), "{value}");
}

/// SHA-256 of a file, in hexadecimal.
pub(crate) fn sha256(path: &Path) -> String {
    let hash = Sha256::digest(fs::read(path).unwrap());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
