//! What the checks need from a `Cargo.toml`: name, dependencies, lints. Not a TOML reader: it knows
//! the forms that Cargo manifests are written in, one key a line.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;

/// One crate of the workspace.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// The folder of the crate, absolute.
    pub(crate) folder: PathBuf,
    /// The package's name.
    pub(crate) name: String,
    /// Every dependency, of every kind and platform, under its package's own name.
    pub(crate) dependencies: Vec<String>,
    /// Whether it takes the workspace's lints.
    pub(crate) inherits_lints: bool,
}

/// Reads every member of the workspace at `root`.
pub(crate) fn members(root: &Path) -> Outcome<Vec<Manifest>> {
    let read = |path: &Path| {
        fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
    };
    let workspace = read(&root.join("Cargo.toml"))?;
    let aliases = aliases(&workspace);
    let mut manifests = Vec::new();
    for folder in member_folders(root, &workspace)? {
        let mut manifest = parse(&read(&folder.join("Cargo.toml"))?, &aliases);
        manifest.folder = folder;
        manifests.push(manifest);
    }
    manifests.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(manifests)
}

/// The folders that `members = [...]` names, with `/*` at the end resolved.
fn member_folders(root: &Path, workspace: &str) -> Outcome<Vec<PathBuf>> {
    let list = workspace
        .split_once("members")
        .and_then(|(_, rest)| rest.split_once('['))
        .and_then(|(_, rest)| rest.split_once(']'))
        .map(|(list, _)| list)
        .ok_or("the root Cargo.toml names no members")?;
    let mut folders = Vec::new();
    for name in list.split(',').map(|name| name.trim().trim_matches('"')) {
        if name.is_empty() {
            continue;
        }
        let Some(parent) = name.strip_suffix("/*") else {
            folders.push(root.join(name));
            continue;
        };
        let parent = root.join(parent);
        let entries =
            fs::read_dir(&parent).map_err(|e| format!("cannot read {}: {e}", parent.display()))?;
        folders.extend(
            entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.join("Cargo.toml").is_file()),
        );
    }
    Ok(folders)
}

/// Names in `[workspace.dependencies]` that stand for a package of another name.
fn aliases(workspace: &str) -> HashMap<String, String> {
    entries(workspace)
        .filter(|(section, _, _)| *section == "workspace.dependencies")
        .filter_map(|(_, key, value)| Some((key.to_owned(), package(value)?)))
        .collect()
}

/// The `package = "…"` in an inline table.
fn package(value: &str) -> Option<String> {
    let (_, rest) = value.split_once("package")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let name = rest.strip_prefix('"')?.split('"').next()?;
    Some(name.to_owned())
}

fn parse(text: &str, aliases: &HashMap<String, String>) -> Manifest {
    let mut manifest = Manifest::default();
    for (section, key, value) in entries(text) {
        if section == "package" && key == "name" {
            manifest.name = value.trim_matches('"').to_owned();
        }
        if (section == "lints" && key == "workspace"
            || section.is_empty() && key == "lints.workspace")
            && value == "true"
        {
            manifest.inherits_lints = true;
        }
        let dependency = if is_dependencies(section) {
            key.split('.').next()
        } else {
            // [dependencies.NAME], one table for each
            section
                .rsplit_once('.')
                .filter(|(parent, _)| is_dependencies(parent))
                .map(|(_, name)| name)
        };
        let Some(name) = dependency.map(|name| name.trim_matches('"')) else {
            continue;
        };
        let name = package(value)
            .or_else(|| aliases.get(name).cloned())
            .unwrap_or_else(|| name.to_owned());
        if !manifest.dependencies.contains(&name) {
            manifest.dependencies.push(name);
        }
    }
    manifest
}

fn is_dependencies(section: &str) -> bool {
    let last = section.rsplit('.').next().unwrap_or(section);
    matches!(
        last,
        "dependencies" | "dev-dependencies" | "build-dependencies"
    ) && !section.starts_with("workspace")
}

/// `(section, key, value)` of every `key = value` line.
fn entries(text: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let mut section = "";
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[')
            && let Some((name, _)) = header.split_once(']')
        {
            section = name.trim();
            return None;
        }
        if line.starts_with('#') {
            return None;
        }
        let (key, value) = line.split_once('=')?;
        Some((section, key.trim(), value.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: &str = r#"
[workspace]
members = ["src-tauri/crates/*", "tests"]

[workspace.dependencies]
store = { path = "src-tauri/crates/store" }
gst = { package = "gstreamer", version = "0.25" }
"#;

    #[test]
    fn dependencies_of_every_form_are_found_under_their_own_names() {
        let text = r#"
[package]
name = "media"
version.workspace = true
[lints]
workspace = true
[dependencies]
# not = "this"
gst.workspace = true
serde = { version = "1", features = ["derive"] }
sql = { package = "rusqlite", version = "1" }
[dependencies.uuid]
version = "1"
features = ["v4"]
[target.'cfg(unix)'.dependencies]
nix = "1"
[dev-dependencies]
tempfile = "3"
"#;
        let manifest = parse(text, &aliases(WORKSPACE));
        assert_eq!(manifest.name, "media");
        assert!(manifest.inherits_lints);
        assert_eq!(
            manifest.dependencies,
            ["gstreamer", "serde", "rusqlite", "uuid", "nix", "tempfile"]
        );
    }

    #[test]
    fn lints_that_are_not_inherited_are_seen() {
        let manifest = parse("[package]\nname = \"x\"\n[lints]\n", &HashMap::new());
        assert!(!manifest.inherits_lints);
    }
}
