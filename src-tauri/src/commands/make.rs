//! What starts a job. Places and files come from the system's dialogs, never from the page.

use super::arguments::Args;
use crate::dialogs::FileForm;
use crate::refusal::Answer;
use crate::shell::Shell;
use ipc::{CompileArgs, NoArgs, PublishArgs, SheetArgs};
use std::path::PathBuf;
use tauri::State;
use workstation::{Desk, Failure};

/// Ingests files that the user chooses; their jobs.
#[tauri::command]
pub(crate) async fn ingest_choose(
    shell: State<'_, Shell>,
    _args: Args<NoArgs>,
) -> Answer<Vec<String>> {
    let desk = shell.desk()?;
    Ok(desk.ingest(shell.dialogs.files(FileForm::Video).await))
}

/// Starts a compile; nothing when the user chose no place.
#[tauri::command]
pub(crate) async fn compile_start(
    shell: State<'_, Shell>,
    args: Args<CompileArgs>,
) -> Answer<Option<String>> {
    let desk = shell.desk()?;
    let Args(args) = args;
    let place = if args.choose_place {
        let Some(place) = choose_place(&shell, &desk).await? else {
            return Ok(None);
        };
        Some(place)
    } else {
        None
    };
    Ok(Some(desk.compile_start(args, place).await?))
}

async fn choose_place(shell: &Shell, desk: &Desk) -> Result<Option<PathBuf>, Failure> {
    let title = desk.desk_view().await?.sequence.title;
    Ok(shell.dialogs.place(&title, FileForm::Video).await)
}

/// Starts a publish.
#[tauri::command]
pub(crate) async fn publish_start(
    shell: State<'_, Shell>,
    args: Args<PublishArgs>,
) -> Answer<String> {
    Ok(shell.desk()?.publish_start(args.0).await?)
}

/// Starts a sheet.
#[tauri::command]
pub(crate) async fn sheet_start(shell: State<'_, Shell>, args: Args<SheetArgs>) -> Answer<String> {
    Ok(shell.desk()?.sheet_start(args.0).await?)
}
