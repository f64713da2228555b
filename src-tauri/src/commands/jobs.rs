//! Jobs and the outbox.

use super::arguments::Args;
use crate::refusal::Answer;
use crate::shell::Shell;
use ipc::{IdArgs, JobArgs, NoArgs, OutboxArgs, PinArgs, PinView};
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

/// Tries an entry of the outbox again.
#[tauri::command]
pub(crate) async fn outbox_retry(shell: State<'_, Shell>, args: Args<OutboxArgs>) -> Answer<()> {
    Ok(shell.desk()?.outbox_retry(args.0).await?)
}

/// Takes an entry out of the outbox.
#[tauri::command]
pub(crate) async fn outbox_cancel(shell: State<'_, Shell>, args: Args<IdArgs>) -> Answer<()> {
    Ok(shell.desk()?.outbox_cancel(args.0).await?)
}

/// Starts to bring a range to this machine, to stay.
#[tauri::command]
pub(crate) async fn pin_start(shell: State<'_, Shell>, args: Args<PinArgs>) -> Answer<String> {
    Ok(shell.desk()?.pin_start(args.0).await?)
}

/// No longer keeps a range.
#[tauri::command]
pub(crate) async fn unpin(shell: State<'_, Shell>, args: Args<PinArgs>) -> Answer<Vec<PinView>> {
    Ok(shell.desk()?.unpin(args.0).await?)
}
