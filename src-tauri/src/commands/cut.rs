//! The sequence and its cut plan.

use super::arguments::Args;
use crate::dialogs::FileForm;
use crate::refusal::Answer;
use crate::shell::Shell;
use ipc::{NoArgs, ProjectArgs, ProjectDeed, ProjectsView, RelinkArgs};
use tauri::State;

/// The plan was looked at.
#[tauri::command]
pub(crate) async fn plan_seen(shell: State<'_, Shell>, args: Args<NoArgs>) -> Answer<()> {
    Ok(shell.desk()?.plan_seen(args.0).await?)
}

/// Does something with the projects of the workspace.
#[tauri::command]
pub(crate) async fn project_do(
    shell: State<'_, Shell>,
    args: Args<ProjectArgs>,
) -> Answer<ProjectsView> {
    let desk = shell.desk()?;
    let deed = args.0.deed;
    let files = match deed {
        ProjectDeed::Export => {
            let name = desk.desk_view().await?.sequence.project;
            let place = shell.dialogs.place(&name, FileForm::Project).await;
            place.into_iter().collect()
        }
        ProjectDeed::Import => shell.dialogs.files(FileForm::Project).await,
        _ => Vec::new(),
    };
    Ok(desk.project_do(deed, files).await?)
}

/// Links clips to other flows of their sources.
#[tauri::command]
pub(crate) async fn sequence_relink(
    shell: State<'_, Shell>,
    args: Args<RelinkArgs>,
) -> Answer<String> {
    Ok(shell.desk()?.sequence_relink(args.0).await?)
}
