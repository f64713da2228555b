//! Jobs and the outbox.

use super::arguments::Args;
use crate::refusal::Answer;
use crate::shell::Shell;
use ipc::{JobArgs, NoArgs};
use tauri::State;

/// Stops a job.
#[tauri::command]
pub(crate) async fn job_cancel(shell: State<'_, Shell>, args: Args<JobArgs>) -> Answer<()> {
    Ok(shell.desk()?.job_cancel(args.0).await?)
}

/// Puts a finished job away.
#[tauri::command]
pub(crate) async fn job_dismiss(shell: State<'_, Shell>, args: Args<JobArgs>) -> Answer<()> {
    Ok(shell.desk()?.job_dismiss(args.0).await?)
}

/// Starts working off the outbox.
#[tauri::command]
pub(crate) async fn sync_start(shell: State<'_, Shell>, args: Args<NoArgs>) -> Answer<String> {
    Ok(shell.desk()?.sync_start(args.0).await?)
}
