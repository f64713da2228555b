//! The projects of a workspace, and the versions of the one that is open.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The projects of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProjectsView {
    /// The one that is open first, then by when they were saved last, the newest first.
    pub projects: Vec<ProjectView>,
    /// Versions that were kept of the open one, the newest first.
    pub versions: Vec<VersionView>,
    /// What was written or read by the last deed that asked for a file: its name.
    pub file: Option<String>,
}

/// A project in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProjectView {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// When it was saved last, RFC 3339.
    pub saved: String,
    /// It is on the timeline.
    pub open: bool,
}

/// A version that was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct VersionView {
    /// Counts the versions of a project from 1.
    pub number: u32,
    /// What people call it.
    pub name: String,
    /// When it was kept, RFC 3339.
    pub kept: String,
    /// Clips of its sequence.
    pub clips: u32,
}

/// What is done with projects.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "kind"
)]
#[ts(tag = "kind")]
pub enum ProjectDeed {
    /// Nothing: only the list is wanted.
    List,
    /// Makes an empty one and opens it.
    New {
        /// What it is called.
        name: String,
    },
    /// Opens another one. The one that was open is saved as it is.
    Open {
        /// Its id.
        id: String,
    },
    /// Makes another one of the open one, with its history, and opens that.
    Duplicate {
        /// What it is called.
        name: String,
    },
    /// Calls a project otherwise. Of the open one it is a step that can be undone.
    Rename {
        /// Its id.
        id: String,
        /// What it is called from now on.
        name: String,
    },
    /// Takes a project that is not open away, with its versions.
    Remove {
        /// Its id.
        id: String,
    },
    /// Keeps the open one as it is now.
    KeepVersion {
        /// What it is called.
        name: String,
    },
    /// Brings a version back, as a step that can be undone.
    RestoreVersion {
        /// Its number.
        number: u32,
    },
    /// Takes a version away.
    RemoveVersion {
        /// Its number.
        number: u32,
    },
    /// Writes the open one into a file that the user chooses.
    Export,
    /// Reads projects from files that the user chooses, and opens the last.
    Import,
}
