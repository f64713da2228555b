//! Checks which crate depends on which.
//!
//! `workstation → adapters → loopback → pure crates → mediatime`: never upward, and never sideways
//! between adapters. A crate that isn't in the table below is refused, so that its place is decided.

use std::path::Path;

use crate::Outcome;
use crate::manifest::{self, Manifest};

/// Where a crate stands; see `src-tauri/ARCHITECTURE.md`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Layer {
    /// Exact media time, under everything.
    Time,
    /// Types and rules without I/O.
    Pure,
    /// The base of every local server.
    Loopback,
    /// One outside world each: GStreamer, SQLite, S3, HTTP.
    Adapter,
    /// Use cases and the programs over them.
    Top,
    /// Tools beside the product.
    Beside,
}

const LAYERS: &[(&str, Layer)] = &[
    ("failpoint", Layer::Loopback),
    ("heap", Layer::Time),
    ("mediatime", Layer::Time),
    ("timeline", Layer::Pure),
    ("tams-model", Layer::Pure),
    ("record", Layer::Pure),
    ("conform", Layer::Pure),
    ("interchange", Layer::Pure),
    ("ipc", Layer::Pure),
    ("loopback", Layer::Loopback),
    ("tams", Layer::Adapter),
    ("node", Layer::Adapter),
    ("vastdb", Layer::Adapter),
    ("media", Layer::Adapter),
    ("store", Layer::Adapter),
    ("delivery", Layer::Adapter),
    ("sheets", Layer::Adapter),
    ("play", Layer::Adapter),
    ("metrics", Layer::Adapter),
    ("workstation", Layer::Top),
    ("cli", Layer::Top),
    ("stringout-desktop", Layer::Top),
    ("tests", Layer::Beside),
    ("xtask", Layer::Beside),
];

/// Libraries that only some crates may link: a prefix of the package's name, and the crates.
const RESERVED: &[(&str, &[&str])] = &[
    // `tests` for the peer of a bench.
    ("gstreamer", &["media", "tests"]),
    ("gst-plugin", &["media"]),
    ("libc", &["heap"]),
    ("rusqlite", &["store", "node"]),
    ("tauri", &["stringout-desktop"]),
];

/// Libraries that do I/O, which no crate below `loopback` may use.
const IO: &[&str] = &[
    "aws-sdk-s3",
    "axum",
    "hyper",
    "reqwest",
    "tempfile",
    "tokio",
];

/// Checks the workspace at `root`. The error lists every breach.
pub(crate) fn check(root: &Path) -> Outcome<()> {
    let breaches = breaches(&manifest::members(root)?);
    if breaches.is_empty() {
        return Ok(());
    }
    Err(breaches.join("\n"))
}

/// The crates of `members` that do no I/O.
pub(crate) fn pure(members: &[Manifest]) -> impl Iterator<Item = &Manifest> {
    members
        .iter()
        .filter(|m| layer(&m.name).is_some_and(|layer| layer <= Layer::Pure))
}

fn layer(name: &str) -> Option<Layer> {
    LAYERS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, layer)| *layer)
}

fn breaches(members: &[Manifest]) -> Vec<String> {
    let mut found = Vec::new();
    for member in members {
        let name = &member.name;
        let Some(from) = layer(name) else {
            found.push(format!(
                "crate `{name}` has no place: add it to LAYERS in installers/xtask/src/graph.rs"
            ));
            continue;
        };
        for dependency in &member.dependencies {
            let to = members
                .iter()
                .find(|other| other.name == *dependency)
                .and_then(|other| layer(&other.name));
            if let Some(to) = to
                && !may_depend(from, to)
            {
                found.push(format!(
                    "`{name}` must not depend on `{dependency}`: {}",
                    rule(from, to)
                ));
            }
            for (prefix, owners) in RESERVED {
                if dependency.starts_with(prefix) && !owners.contains(&name.as_str()) {
                    let owners = owners.join("`, `");
                    found.push(format!(
                        "`{name}` links `{dependency}`: only `{owners}` may"
                    ));
                }
            }
            if from <= Layer::Pure && IO.contains(&dependency.as_str()) {
                found.push(format!("`{name}` uses `{dependency}`: it must do no I/O"));
            }
        }
    }
    found
}

fn may_depend(from: Layer, to: Layer) -> bool {
    match (from, to) {
        (_, Layer::Beside) => false,
        (Layer::Top | Layer::Beside, _) => true,
        (Layer::Pure, Layer::Pure) => true,
        (from, to) => to < from,
    }
}

fn rule(from: Layer, to: Layer) -> &'static str {
    match (from, to) {
        (_, Layer::Beside) => "tools and tests are not part of the product",
        (Layer::Adapter, Layer::Adapter) => {
            "adapters don't know each other; define a port trait here and implement it in `workstation`"
        }
        _ => "dependencies point downward: workstation → adapters → loopback → pure → mediatime",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, dependencies: &[&str]) -> Manifest {
        Manifest {
            name: name.to_owned(),
            dependencies: dependencies.iter().map(|&d| d.to_owned()).collect(),
            ..Manifest::default()
        }
    }

    fn breaches_of(name: &str, dependencies: &[&str]) -> Vec<String> {
        let mut members: Vec<Manifest> = LAYERS
            .iter()
            .filter(|(known, _)| *known != name)
            .map(|(known, _)| member(known, &[]))
            .collect();
        members.push(member(name, dependencies));
        breaches(&members)
    }

    #[test]
    fn the_intended_graph_passes() {
        for (name, dependencies) in [
            ("conform", &["mediatime", "serde", "sha2"][..]),
            ("node", &["loopback", "tams-model", "rusqlite", "tokio"]),
            (
                "media",
                &["conform", "mediatime", "gstreamer", "gstreamer-app"],
            ),
            ("workstation", &["media", "store", "delivery", "conform"]),
            ("cli", &["workstation", "media"]),
        ] {
            assert_eq!(breaches_of(name, dependencies), Vec::<String>::new());
        }
    }

    #[test]
    fn every_forbidden_edge_is_named() {
        for (name, dependency) in [
            ("mediatime", "record"),
            ("conform", "loopback"),
            ("conform", "media"),
            ("loopback", "store"),
            ("delivery", "store"),
            ("play", "workstation"),
            ("workstation", "tests"),
            ("workstation", "rusqlite"),
            ("play", "gstreamer-app"),
            ("cli", "tauri"),
            ("record", "tokio"),
        ] {
            let found = breaches_of(name, &[dependency]);
            assert_eq!(found.len(), 1, "{name} → {dependency}: {found:?}");
            assert!(found[0].contains(name) && found[0].contains(dependency));
        }
    }

    #[test]
    fn a_crate_without_a_place_is_refused() {
        let found = breaches(&[member("helpers", &[])]);
        assert!(found[0].contains("`helpers` has no place"), "{found:?}");
    }
}
