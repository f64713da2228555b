//! The projects of a workspace: opening another one, versions, and files to carry them in.

use super::file::{ReadVersion, write_project};
use super::{OPENED, OpenProject, new_name, no_project, opened, read_project};
use crate::records::date;
use crate::{Failure, Workspace};
use ipc::{ProjectView, ProjectsView, VersionView};
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;
use store::{NewVersion, StoreError, WorkDb};
use timeline::{Document, History, Project};
use uuid::Uuid;

/// A version as it is written into a file.
pub(super) struct KeptVersion {
    pub(super) name: String,
    pub(super) kept: mediatime::Timestamp,
    pub(super) document: serde_json::Value,
}

/// A project as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct ProjectLine {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Rises with every edit.
    pub revision: u32,
    /// When it was saved, RFC 3339, UTC.
    pub saved: String,
}

impl OpenProject {
    /// Opens another project of the workspace, and remembers that it is the one that is open.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`crate::Code::NotFound`].
    pub fn open_another(&self, id: Uuid) -> Result<Self, Failure> {
        Self::load(Arc::clone(&self.work), id)?.in_place_of(self)
    }

    /// Makes an empty project and opens it.
    ///
    /// # Errors
    /// It is no name; the workspace can't be written.
    pub fn open_new(&self, name: &str) -> Result<Self, Failure> {
        Self::create(Arc::clone(&self.work), name)?.in_place_of(self)
    }

    /// Makes another project of this one, with its history, and opens that.
    ///
    /// # Errors
    /// It is no name; the workspace can't be written.
    pub fn duplicate(&self, name: &str) -> Result<Self, Failure> {
        let history = copied(&self.history, Uuid::new_v4(), new_name(name, "a project")?)?;
        Self::with(Arc::clone(&self.work), history)?.in_place_of(self)
    }

    /// Is the one that is open from now on.
    fn in_place_of(mut self, other: &Self) -> Result<Self, Failure> {
        let next = other.revision().saturating_add(1);
        self.before = next.saturating_sub(self.revision);
        self.work.set_setting(OPENED, &self.id().to_string())?;
        Ok(self)
    }

    /// Calls a project of the workspace otherwise, as a step of its history.
    ///
    /// # Errors
    /// There is no such project; it is no name; the workspace can't be written.
    pub fn rename(&mut self, id: Uuid, name: &str) -> Result<(), Failure> {
        if id != self.id() {
            let mut other = Self::load(Arc::clone(&self.work), id)?;
            return other.rename(id, name);
        }
        let mut project = self.history.present().clone();
        project.name = new_name(name, "a project")?;
        if project != *self.history.present() {
            let mut history = self.history.clone();
            history.push(format!("Rename the project to {}", project.name), project);
            self.keep(history)?;
        }
        Ok(())
    }

    /// Takes another project away, with its versions.
    ///
    /// # Errors
    /// It is the one that is open, or there is none; the workspace can't be written.
    pub fn remove(&self, id: Uuid) -> Result<(), Failure> {
        if id == self.id() {
            return Err(Failure::bad_input(
                "the project is open",
                "Open another one first.",
            ));
        }
        match self.work.remove_project(id)? {
            true => Ok(()),
            false => Err(no_project(&id.to_string())),
        }
    }

    /// Keeps this project as it is now. Answers the number of the version.
    ///
    /// # Errors
    /// It is no name; the workspace can't be written.
    pub fn keep_version(&self, name: &str) -> Result<u32, Failure> {
        let name = new_name(name, "a version")?;
        let project = self.history.present();
        let document = Document::new(&History::new(project.clone()));
        let document = serde_json::to_value(document).map_err(Failure::internal)?;
        let version = NewVersion {
            name: &name,
            clips: clips_of(project),
            document: &document,
            kept: None,
        };
        Ok(self.work.keep_version(project.id, &version)?)
    }

    /// Keeps versions of a file that are not here.
    fn add_versions(&self, read: &[ReadVersion]) -> Result<(), Failure> {
        let id = self.id();
        self.work.transaction(|tx| {
            let known = tx.versions(id)?;
            for version in read {
                let same = |known: &store::VersionSummary| {
                    known.name == version.name && known.kept == version.kept
                };
                if !known.iter().any(same) {
                    tx.keep_version(id, &version.to_keep())?;
                }
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(())
    }

    /// Brings a version back, as a step of the history: what was there can be brought back by undo.
    ///
    /// # Errors
    /// There is no such version, or it can't be read; the workspace can't be written.
    pub fn restore_version(&mut self, number: u32) -> Result<(), Failure> {
        let id = self.id();
        let versions = self.work.versions(id)?;
        let version = versions.into_iter().find(|known| known.number == number);
        let found = version.zip(self.work.version(id, number)?);
        let (version, document) = found.ok_or_else(|| no_version(number))?;
        let kept = opened(&format!("version {number}"), document)?;
        let project = Project {
            sequences: kept.present().sequences.clone(),
            ..self.history.present().clone()
        };
        let mut history = self.history.clone();
        history.push(
            format!("Back to version {number}, {}", version.name),
            project,
        );
        self.keep(history)
    }

    /// Takes a version away.
    ///
    /// # Errors
    /// There is no such version; the workspace can't be written.
    pub fn remove_version(&self, number: u32) -> Result<(), Failure> {
        match self.work.remove_version(self.id(), number)? {
            true => Ok(()),
            false => Err(no_version(number)),
        }
    }

    /// Writes this project with its history and versions into a file, `.stringout`.
    ///
    /// # Errors
    /// It can't be written.
    pub fn export(&self, file: &Path) -> Result<(), Failure> {
        let mut versions = Vec::new();
        // The oldest first: they are numbered in this order when they are read.
        for version in self.work.versions(self.id())?.into_iter().rev() {
            if let Some(document) = self.work.version(self.id(), version.number)? {
                versions.push(KeptVersion {
                    name: version.name,
                    kept: version.kept,
                    document,
                });
            }
        }
        write_project(file, &self.history, versions)
    }

    /// Reads a project from a file and opens it. One that is here already, but not the same, is left as it
    /// is: what is read becomes another one.
    ///
    /// # Errors
    /// It is no such file, or damaged, or of a newer program; the workspace can't be written.
    pub fn import(&self, file: &Path) -> Result<Self, Failure> {
        import(&self.work, file)?.in_place_of(self)
    }

    /// The projects of the workspace, and the versions of this one.
    ///
    /// # Errors
    /// The workspace can't be read.
    pub fn projects(&self) -> Result<ProjectsView, Failure> {
        let mut projects: Vec<ProjectView> = self
            .work
            .projects()?
            .into_iter()
            .map(|project| ProjectView {
                id: project.id.to_string(),
                name: project.name,
                saved: date(project.saved),
                open: project.id == self.id(),
            })
            .collect();
        projects.sort_by_key(|project| !project.open);
        let versions = self.work.versions(self.id())?.into_iter();
        Ok(ProjectsView {
            projects,
            versions: versions
                .map(|version| VersionView {
                    number: version.number,
                    name: version.name,
                    kept: date(version.kept),
                    clips: version.clips,
                })
                .collect(),
            file: None,
        })
    }
}

impl Workspace {
    /// The projects of this workspace, the one that was saved last first.
    ///
    /// # Errors
    /// The workspace can't be read.
    pub fn projects(&self) -> Result<Vec<ProjectLine>, Failure> {
        let projects = self.work.projects()?.into_iter();
        let line = |project: store::ProjectSummary| ProjectLine {
            id: project.id,
            name: project.name,
            revision: project.revision,
            saved: date(project.saved),
        };
        Ok(projects.map(line).collect())
    }

    /// Writes a project into a file: that of this id or name, or the one that is open.
    ///
    /// # Errors
    /// There is none, or several have this name; the file can't be written.
    pub fn export_project(&self, named: Option<&str>, file: &Path) -> Result<String, Failure> {
        let project = match named {
            None => OpenProject::open(self)?,
            Some(named) => {
                let known = self.work.projects()?;
                let matching = |project: &&store::ProjectSummary| {
                    project.name == named || project.id.to_string() == named.to_lowercase()
                };
                let mut found = known.iter().filter(matching);
                let one = found.next().ok_or_else(|| no_project(named))?;
                if found.next().is_some() {
                    return Err(Failure::bad_input(
                        format!("several projects are called {named}"),
                        "Name it by its id: `stringout project list` has them.",
                    ));
                }
                OpenProject::load(Arc::clone(&self.work), one.id)?
            }
        };
        project.export(file)?;
        Ok(project.history.present().name.clone())
    }

    /// Reads a project from a file. A window that is open keeps what it has on its timeline.
    ///
    /// # Errors
    /// As [`OpenProject::import`].
    pub fn import_project(&self, file: &Path) -> Result<(Uuid, String), Failure> {
        let project = import(&self.work, file)?;
        Ok((project.id(), project.history.present().name.clone()))
    }
}

fn import(work: &Arc<WorkDb>, file: &Path) -> Result<OpenProject, Failure> {
    let read = read_project(file)?;
    let here = read.history.present().id;
    // What is here may be damaged: then what is read becomes another one as well.
    if let Ok(known) = OpenProject::load(Arc::clone(work), here)
        && known.history.present() == read.history.present()
    {
        known.add_versions(&read.versions)?;
        return Ok(known);
    }
    let taken = work.projects()?.iter().any(|known| known.id == here);
    let history = match taken {
        false => read.history,
        true => {
            let name = format!("{} (imported)", read.history.present().name);
            copied(&read.history, Uuid::new_v4(), name)?
        }
    };
    let project = history.present().clone();
    let document = serde_json::to_value(Document::new(&history)).map_err(Failure::internal)?;
    // All of it or nothing: half of what is in a file would look like the whole.
    work.transaction(|tx| {
        tx.save_project(project.id, &project.name, &document, 0)?;
        for version in &read.versions {
            tx.keep_version(project.id, &version.to_keep())?;
        }
        Ok::<_, StoreError>(())
    })?;
    OpenProject::load(Arc::clone(work), project.id)
}

/// The same history, of a project with another id and, now, another name.
fn copied(history: &History<Project>, id: Uuid, name: String) -> Result<History<Project>, Failure> {
    let mut document = serde_json::to_value(Document::new(history)).map_err(Failure::internal)?;
    if let Some(project) = document.get_mut("project") {
        // `Document::open` gives the states of the history this id, too.
        project["id"] = serde_json::to_value(id).map_err(Failure::internal)?;
        project["name"] = name.into();
    }
    opened("the copy", document)
}

impl ReadVersion {
    fn to_keep(&self) -> NewVersion<'_> {
        NewVersion {
            name: &self.name,
            clips: clips_of(&self.project),
            document: &self.document,
            kept: Some(self.kept),
        }
    }
}

fn clips_of(project: &Project) -> u32 {
    let tracks = project
        .sequences
        .iter()
        .flat_map(|sequence| &sequence.tracks);
    let clips: usize = tracks.map(|track| track.clips().count()).sum();
    u32::try_from(clips).unwrap_or(u32::MAX)
}

fn no_version(number: u32) -> Failure {
    Failure::new(
        crate::Code::NotFound,
        format!("there is no version {number} of this project"),
        "Choose one of the list.",
    )
}
