//! The projects of the workspace: another one on the timeline, versions, files.

use super::{Desk, blocking, lock};
use crate::project::OpenProject;
use crate::{Code, Failure};
use ipc::{DeskEvent, ProjectDeed, ProjectsView};
use std::path::PathBuf;
use uuid::Uuid;

impl Desk {
    /// Does something with the projects of the workspace. `files` are what the user chose, for deeds that
    /// need it; nothing when they changed their mind.
    ///
    /// # Errors
    /// The deed names something that is not there, a file can't be read or written, or the workspace can't
    /// be.
    pub async fn project_do(
        &self,
        deed: ProjectDeed,
        files: Vec<PathBuf>,
    ) -> Result<ProjectsView, Failure> {
        let desk = self.clone();
        blocking(move || desk.do_with_projects(deed, &files)).await
    }

    fn do_with_projects(
        &self,
        deed: ProjectDeed,
        files: &[PathBuf],
    ) -> Result<ProjectsView, Failure> {
        let mut done = None;
        let (outcome, view, before, after) = {
            let mut project = lock(&self.inner.project);
            let before = (project.id(), project.revision());
            let outcome = deed_done(&mut project, deed, files, &mut done);
            let after = (project.id(), project.revision());
            (outcome, project.projects(), before, after)
        };
        // Also after a failure: of several files the first may have been read.
        if before.0 != after.0 {
            // Nothing of the other project is left in the monitor.
            self.no_program("", None);
        }
        if before != after {
            self.tell(DeskEvent::Sequence {
                sequence: self.sequence_view(),
            });
            self.inner.replan.notify_one();
        }
        outcome?;
        let view = view?;
        let name = done.and_then(|file| file.file_name());
        Ok(ProjectsView {
            file: name.map(|name| name.to_string_lossy().into_owned()),
            ..view
        })
    }
}

fn deed_done<'f>(
    project: &mut OpenProject,
    deed: ProjectDeed,
    files: &'f [PathBuf],
    done: &mut Option<&'f PathBuf>,
) -> Result<(), Failure> {
    match deed {
        ProjectDeed::List => {}
        ProjectDeed::New { name } => *project = project.open_new(&name)?,
        ProjectDeed::Open { id } => *project = project.open_another(parsed(&id)?)?,
        ProjectDeed::Duplicate { name } => *project = project.duplicate(&name)?,
        ProjectDeed::Rename { id, name } => project.rename(parsed(&id)?, &name)?,
        ProjectDeed::Remove { id } => project.remove(parsed(&id)?)?,
        ProjectDeed::KeepVersion { name } => {
            project.keep_version(&name)?;
        }
        ProjectDeed::RestoreVersion { number } => project.restore_version(number)?,
        ProjectDeed::RemoveVersion { number } => project.remove_version(number)?,
        ProjectDeed::Export => {
            if let Some(file) = files.first() {
                project.export(file)?;
                *done = Some(file);
            }
        }
        ProjectDeed::Import => {
            for file in files {
                *project = project.import(file)?;
                *done = Some(file);
            }
        }
    }
    Ok(())
}

fn parsed(id: &str) -> Result<Uuid, Failure> {
    id.parse().map_err(|_| {
        Failure::new(
            Code::NotFound,
            format!("there is no project {id}"),
            "Choose one of the list.",
        )
    })
}
