//! `project`.

use super::Place;
use crate::arguments::ProjectCommand;
use crate::output::Output;
use serde_json::json;
use std::path::Path;
use workstation::Failure;

pub(crate) fn project(
    command: ProjectCommand,
    place: &Place,
    output: &Output,
) -> Result<(), Failure> {
    match command {
        ProjectCommand::List => list(place, output),
        ProjectCommand::Export {
            project,
            out,
            overwrite,
        } => export(project.as_deref(), &out, overwrite, place, output),
        ProjectCommand::Import { file } => import(&file, place, output),
    }
}

fn list(place: &Place, output: &Output) -> Result<(), Failure> {
    let projects = place.open()?.projects()?;
    output.answer(&projects, || {
        let line = |project: &workstation::ProjectLine| {
            format!("{}  {}  {}", project.id, project.saved, project.name)
        };
        projects.iter().map(line).collect::<Vec<_>>().join("\n")
    })
}

fn export(
    named: Option<&str>,
    out: &Path,
    overwrite: bool,
    place: &Place,
    output: &Output,
) -> Result<(), Failure> {
    if !overwrite && out.exists() {
        let error = std::io::ErrorKind::AlreadyExists.into();
        return Err(Failure::io(out.display(), &error));
    }
    let name = place.open()?.export_project(named, out)?;
    let document = json!({ "name": name, "out": out });
    output.answer(&document, || format!("{}: {name}", out.display()))
}

fn import(file: &Path, place: &Place, output: &Output) -> Result<(), Failure> {
    let (id, name) = place.open()?.import_project(file)?;
    output.answer(&json!({ "id": id, "name": name }), || {
        format!("{id}  {name}")
    })
}
