//! The cut plan.

use super::arguments::Args;
use crate::refusal::Answer;
use crate::shell::Shell;
use ipc::NoArgs;
use tauri::State;

/// The plan was looked at.
#[tauri::command]
pub(crate) async fn plan_seen(shell: State<'_, Shell>, args: Args<NoArgs>) -> Answer<()> {
    Ok(shell.desk()?.plan_seen(args.0).await?)
}
