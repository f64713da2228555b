//! A project in a file of its own, `.stringout`: to carry it to another workspace, or to cut it on the
//! command line. It holds the project, its history and its versions; the media stay where they are, and
//! are found again by the ids of their flows.

use super::library::KeptVersion;
use super::{damaged, new_name, opened};
use crate::compile::write_file;
use crate::{Code, Failure};
use mediatime::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;
use timeline::{Document, History, Project};

/// Bytes of a file at most: ten thousand clips with two hundred steps take a few million.
const MAX_BYTES: u64 = 64 << 20;
/// What the first field of a file says.
const KIND: &str = "stringout.project";
/// Versions of a file at most.
const MOST_VERSIONS: usize = 10_000;

/// A project that was read from a file.
#[derive(Debug)]
pub(crate) struct ReadProject {
    /// With everything that can be undone.
    pub(crate) history: History<Project>,
    /// The oldest first.
    pub(crate) versions: Vec<ReadVersion>,
}

/// A version that was read from a file.
#[derive(Debug)]
pub(crate) struct ReadVersion {
    pub(crate) name: String,
    pub(crate) kept: Timestamp,
    pub(crate) project: Project,
    /// The same as it is kept.
    pub(crate) document: Value,
}

#[derive(Serialize, Deserialize)]
struct Written {
    kind: String,
    document: Value,
    #[serde(default)]
    versions: Vec<WrittenVersion>,
}

#[derive(Serialize, Deserialize)]
struct WrittenVersion {
    name: String,
    kept: Timestamp,
    document: Value,
}

/// Writes a project, its history and its versions.
pub(super) fn write_project(
    file: &Path,
    history: &History<Project>,
    versions: Vec<KeptVersion>,
) -> Result<(), Failure> {
    let too_much = |what: String| {
        Failure::bad_input(
            format!("{}: {what}", file.display()),
            "Remove versions that are not needed any more.",
        )
    };
    if versions.len() > MOST_VERSIONS {
        let count = versions.len();
        return Err(too_much(format!(
            "a file holds {MOST_VERSIONS} versions at most, not {count}"
        )));
    }
    let document = serde_json::to_value(Document::new(history)).map_err(Failure::internal)?;
    let written = Written {
        kind: KIND.to_owned(),
        document,
        versions: versions
            .into_iter()
            .map(|version| WrittenVersion {
                name: version.name,
                kept: version.kept,
                document: version.document,
            })
            .collect(),
    };
    let bytes = serde_json::to_vec(&written).map_err(Failure::internal)?;
    if bytes.len() as u64 > MAX_BYTES {
        let size = bytes.len();
        return Err(too_much(format!(
            "a file holds {MAX_BYTES} bytes at most, not {size}"
        )));
    }
    write_file(file, &bytes)
}

/// Reads a project.
///
/// # Errors
/// It can't be read, is no project, is damaged, or was written by a newer program.
pub(crate) fn read_project(file: &Path) -> Result<ReadProject, Failure> {
    let shown = file.display().to_string();
    let no_file = |error: &std::io::Error| Failure::io(&shown, error);
    let length = std::fs::metadata(file)
        .map_err(|error| no_file(&error))?
        .len();
    if length > MAX_BYTES {
        let why = format!("{shown} is too large for a project: {length} bytes");
        return Err(Failure::bad_input(
            why,
            "Name a project that Stringout exported.",
        ));
    }
    let bytes = std::fs::read(file).map_err(|error| no_file(&error))?;
    read_bytes(&shown, &bytes)
}

fn read_bytes(shown: &str, bytes: &[u8]) -> Result<ReadProject, Failure> {
    let other = |why: &dyn std::fmt::Display| {
        Failure::bad_input(
            format!("{shown} is no project: {why}"),
            "Name a project that Stringout exported.",
        )
    };
    let written: Written = serde_json::from_slice(bytes).map_err(|error| other(&error))?;
    if written.kind != KIND {
        return Err(other(&"it does not say that it is one"));
    }
    let of_the_file = |failure: Failure| match failure.code {
        Code::Damaged => Failure {
            hint: "Export the project again where it was made.".to_owned(),
            ..failure
        },
        _ => failure,
    };
    let history = opened(shown, written.document).map_err(of_the_file)?;
    let named = |text: &str, place: &str, what: &str| {
        let name = new_name(text, what);
        name.map_err(|failure| of_the_file(damaged(format!("{place}: {}", failure.detail))))
    };
    named(&history.present().name, shown, "a project")?;
    if written.versions.len() > MOST_VERSIONS {
        return Err(other(&"it has too many versions"));
    }
    let mut versions = Vec::with_capacity(written.versions.len());
    for version in written.versions {
        let place = format!("{shown}, version {}", versions.len() + 1);
        let kept = opened(&place, version.document.clone()).map_err(of_the_file)?;
        let name = named(&version.name, &place, "a version")?;
        versions.push(ReadVersion {
            name,
            kept: version.kept,
            project: kept.present().clone(),
            document: version.document,
        });
    }
    Ok(ReadProject { history, versions })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::Arc;
    use timeline::Sequence;
    use uuid::Uuid;

    fn written() -> Value {
        let history = History::new(Project {
            id: Uuid::from_u128(1),
            name: "Spring".to_owned(),
            sequences: vec![Arc::new(Sequence::new(Uuid::from_u128(2), "Promo", 10))],
        });
        let document = serde_json::to_value(Document::new(&history)).unwrap();
        json!({
            "kind": KIND,
            "document": document,
            "versions": [{"name": "First", "kept": "1700000000:5", "document": document}],
        })
    }

    fn read(value: &Value) -> Result<ReadProject, Failure> {
        read_bytes("a.stringout", &serde_json::to_vec(value).unwrap())
    }

    #[test]
    fn what_was_written_is_read() {
        let read = read(&written()).unwrap();
        assert_eq!(read.history.present().name, "Spring");
        let [version] = read.versions.as_slice() else {
            panic!("one version");
        };
        assert_eq!(version.name, "First");
        assert_eq!(version.kept.nanos(), 1_700_000_000_000_000_005);
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        let with = |change: &dyn Fn(&mut Value)| {
            let mut value = written();
            change(&mut value);
            let failure = read(&value).unwrap_err();
            assert!(failure.detail.starts_with("a.stringout"), "{failure:?}");
            failure.code
        };
        assert_eq!(with(&|value| value["kind"] = json!("x")), Code::BadInput);
        assert_eq!(with(&|value| *value = json!([])), Code::BadInput);
        assert_eq!(
            with(&|value| value["document"]["format"] = json!(99)),
            Code::NewerWorkspace
        );
        assert_eq!(
            with(&|value| value["versions"][0]["document"]["format"] = json!(99)),
            Code::NewerWorkspace
        );
        assert_eq!(
            with(&|value| value["document"]["project"]["sequences"] = json!([])),
            Code::Damaged
        );
        assert_eq!(
            with(&|value| value["versions"][0]["name"] = json!("\u{7}")),
            Code::Damaged
        );
        assert_eq!(
            with(&|value| value["document"]["project"]["name"] = json!(" ")),
            Code::Damaged
        );
        // A state that undo would bring back.
        let step = json!({"title": "t", "name": "n", "sequences": []});
        let before = with(&|value| {
            value["document"]["history"]["steps"] = json!([step]);
            value["document"]["history"]["done"] = json!(1);
        });
        assert_eq!(before, Code::Damaged);
        assert!(read_bytes("a.stringout", b"\x00").is_err());
    }
}
