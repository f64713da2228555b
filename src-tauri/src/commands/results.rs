//! What was made, opened with other programs.

use super::arguments::Args;
use crate::opener::Opener;
use crate::refusal::Answer;
use crate::shell::Shell;
use ipc::{IdArgs, JobArgs};
use std::sync::Arc;
use tauri::State;
use workstation::Failure;

/// Opens what a finished job made with the system's program for it.
#[tauri::command]
pub(crate) async fn result_open(shell: State<'_, Shell>, args: Args<JobArgs>) -> Answer<()> {
    let path = shell.desk()?.result_path(&args.0.job_id)?;
    Ok(hand_over(&shell, move |opener| opener.open(&path)).await?)
}

/// Shows what a finished job made in the system's file browser.
#[tauri::command]
pub(crate) async fn result_reveal(shell: State<'_, Shell>, args: Args<JobArgs>) -> Answer<()> {
    let path = shell.desk()?.result_path(&args.0.job_id)?;
    Ok(hand_over(&shell, move |opener| opener.reveal(&path)).await?)
}

/// Opens the play page of a compilation in the system's browser.
#[tauri::command]
pub(crate) async fn play_open(shell: State<'_, Shell>, args: Args<IdArgs>) -> Answer<()> {
    let url = shell.desk()?.play_url(&args.0.id)?;
    Ok(hand_over(&shell, move |opener| opener.browse(&url)).await?)
}

/// The system may take its time to answer.
async fn hand_over(
    shell: &Shell,
    act: impl FnOnce(&dyn Opener) -> Result<(), Failure> + Send + 'static,
) -> Result<(), Failure> {
    let opener = Arc::clone(&shell.opener);
    tokio::task::spawn_blocking(move || act(opener.as_ref()))
        .await
        .map_err(Failure::internal)?
}
