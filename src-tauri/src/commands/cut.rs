//! The monitors and the sequence.

use super::arguments::Args;
use crate::refusal::Answer;
use crate::shell::Shell;
use ipc::{EditArgs, MonitorView, NoArgs, OpenArgs, SequenceView, TransportArgs};
use tauri::State;

/// Loads a flow into the source monitor.
#[tauri::command]
pub(crate) async fn source_open(
    shell: State<'_, Shell>,
    args: Args<OpenArgs>,
) -> Answer<MonitorView> {
    Ok(shell.desk()?.source_open(args.0).await?)
}

/// Moves a monitor.
#[tauri::command]
pub(crate) async fn monitor_transport(
    shell: State<'_, Shell>,
    args: Args<TransportArgs>,
) -> Answer<MonitorView> {
    Ok(shell.desk()?.monitor_transport(args.0).await?)
}

/// Changes the sequence.
#[tauri::command]
pub(crate) async fn sequence_edit(
    shell: State<'_, Shell>,
    args: Args<EditArgs>,
) -> Answer<SequenceView> {
    Ok(shell.desk()?.sequence_edit(args.0).await?)
}

/// The plan was looked at.
#[tauri::command]
pub(crate) async fn plan_seen(shell: State<'_, Shell>, args: Args<NoArgs>) -> Answer<()> {
    Ok(shell.desk()?.plan_seen(args.0).await?)
}
