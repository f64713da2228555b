//! The sequence and its cut plan.

use super::arguments::Args;
use crate::refusal::Answer;
use crate::shell::Shell;
use ipc::{NoArgs, RelinkArgs};
use tauri::State;

/// The plan was looked at.
#[tauri::command]
pub(crate) async fn plan_seen(shell: State<'_, Shell>, args: Args<NoArgs>) -> Answer<()> {
    Ok(shell.desk()?.plan_seen(args.0).await?)
}

/// Links clips to other flows of their sources.
#[tauri::command]
pub(crate) async fn sequence_relink(
    shell: State<'_, Shell>,
    args: Args<RelinkArgs>,
) -> Answer<String> {
    Ok(shell.desk()?.sequence_relink(args.0).await?)
}
