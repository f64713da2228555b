//! Checks of the sources that no lint makes.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::graph;
use crate::manifest::{self, Manifest};

/// Names that say nothing about what a file holds.
const EMPTY_NAMES: &[&str] = &["common", "helper", "helpers", "misc", "util", "utils"];

/// Words that put work off.
const NOTES: &[&str] = &["TODO", "FIXME", "XXX"];

/// What crates without I/O must not reach for, in code (tests may).
const IMPURE: &[&str] = &[
    "Instant::now",
    "SystemTime::now",
    "std::env::",
    "std::fs::",
    "std::net::",
    "std::process::",
];

/// The one crate that may call what the compiler can't check, with lints of its own (ADR 0030).
const UNCHECKED: &str = "heap";

/// Checks every member's sources and the user interface's imports. The error lists every breach.
pub(crate) fn check(root: &Path) -> Outcome<()> {
    let members = manifest::members(root)?;
    let mut breaches = Vec::new();
    for member in &members {
        if !member.inherits_lints && member.name != UNCHECKED {
            let name = &member.name;
            breaches.push(format!(
                "crate `{name}` does not take the workspace's lints"
            ));
        }
        for path in files(&member.folder, &["rs"])? {
            check_source(root, &path, &read(&path)?, &mut breaches);
        }
    }
    for member in graph::pure(&members) {
        check_purity(root, member, &mut breaches)?;
    }
    check_imports(root, &mut breaches)?;
    if breaches.is_empty() {
        return Ok(());
    }
    Err(breaches.join("\n"))
}

fn check_source(root: &Path, path: &Path, text: &str, breaches: &mut Vec<String>) {
    let shown = shown(root, path);
    if !text.starts_with("//!") && !text.starts_with("#![") {
        breaches.push(format!(
            "{shown}: starts without a `//!` that says what it is for"
        ));
    }
    let stem = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    if EMPTY_NAMES.contains(&stem) {
        breaches.push(format!("{shown}: `{stem}` does not say what is in it"));
    }
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let at = number + 1;
        if line.starts_with("#[ignore") {
            breaches.push(format!(
                "{shown}:{at}: an ignored test; move it to the long ones"
            ));
        }
        if NOTES.iter().any(|note| is_note(line, note)) {
            breaches.push(format!("{shown}:{at}: work left for later"));
        }
    }
}

/// Whether `line` ends in a comment that starts with `note`.
fn is_note(line: &str, note: &str) -> bool {
    line.split_once("//").is_some_and(|(_, comment)| {
        comment
            .trim_start_matches(['/', '!', ' '])
            .starts_with(note)
    })
}

fn check_purity(root: &Path, member: &Manifest, breaches: &mut Vec<String>) -> Outcome<()> {
    for path in files(&member.folder.join("src"), &["rs"])? {
        let text = read(&path)?;
        for word in impure(&text) {
            let shown = shown(root, &path);
            breaches.push(format!(
                "{shown}: `{word}` in a crate that does no I/O and reads no clock"
            ));
        }
    }
    Ok(())
}

/// The forbidden words in the code of `text`, before its tests.
fn impure(text: &str) -> Vec<&'static str> {
    let code: String = text
        .lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    IMPURE
        .iter()
        .copied()
        .filter(|word| code.contains(word))
        .collect()
}

/// Only the user interface's backend folder may know the shell around it.
fn check_imports(root: &Path, breaches: &mut Vec<String>) -> Outcome<()> {
    let ui = root.join("ui");
    if !ui.is_dir() {
        return Ok(());
    }
    let backend = ui.join("src").join("backend");
    for path in files(&ui, &["ts", "tsx", "js", "jsx"])? {
        if !path.starts_with(&backend) && read(&path)?.contains("@tauri-apps/") {
            let shown = shown(root, &path);
            breaches.push(format!(
                "{shown}: imports @tauri-apps outside ui/src/backend"
            ));
        }
    }
    Ok(())
}

fn shown<'a>(root: &Path, path: &'a Path) -> std::path::Display<'a> {
    path.strip_prefix(root).unwrap_or(path).display()
}

fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

/// The files below `folder` with one of `extensions`, without what is built or installed.
fn files(folder: &Path, extensions: &[&str]) -> Outcome<Vec<PathBuf>> {
    let failed = |e: std::io::Error| format!("cannot read {}: {e}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let name = entry.file_name();
        if name == "target" || name == "node_modules" || name == "dist" {
            continue;
        }
        if entry.file_type().map_err(failed)?.is_dir() {
            found.extend(files(&path, extensions)?);
        } else if path
            .extension()
            .and_then(|extension| extension.to_str())
            .is_some_and(|extension| extensions.contains(&extension))
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches_of(path: &str, text: &str) -> Vec<String> {
        let mut breaches = Vec::new();
        check_source(
            Path::new("/p"),
            &Path::new("/p").join(path),
            text,
            &mut breaches,
        );
        breaches
    }

    #[test]
    fn a_clean_source_passes() {
        let text = "//! Cuts.\n\n/// Has nothing to do with later.\nfn cut() {}\n";
        assert_eq!(breaches_of("src/cut.rs", text), Vec::<String>::new());
    }

    #[test]
    fn each_rule_is_applied() {
        let ignored = format!("//! Cuts.\n#[{}]\nfn a() {{}}\n", "ignore");
        let note = format!("//! Cuts.\nlet a = 1; // {}: later\n", "TODO");
        for (path, text, part) in [
            ("src/cut.rs", "fn cut() {}\n", "`//!`"),
            ("src/utils.rs", "//! Cuts.\n", "`utils`"),
            ("src/cut.rs", ignored.as_str(), "cut.rs:2: an ignored test"),
            ("src/cut.rs", note.as_str(), "cut.rs:2: work left"),
        ] {
            let found = breaches_of(path, text);
            assert_eq!(found.len(), 1, "{path}: {found:?}");
            assert!(found[0].contains(part), "{found:?}");
        }
    }

    #[test]
    fn clocks_are_impure_in_code_but_not_in_tests_or_comments() {
        let text =
            "//! Time.\n// no SystemTime::now here\n#[cfg(test)]\nmod tests { Instant::now }";
        assert!(impure(text).is_empty());
        assert_eq!(impure("fn f() { SystemTime::now() }"), ["SystemTime::now"]);
    }
}
