//! What there is.

use super::arguments::Args;
use crate::refusal::Answer;
use crate::shell::Shell;
use ipc::{
    CompilationView, ConnectionArgs, FlowArgs, FlowSegments, MetricsArgs, MetricsView, NoArgs,
    PinView, TemplateView,
};
use tauri::State;

/// The segments of a flow.
#[tauri::command]
pub(crate) async fn flow_segments(
    shell: State<'_, Shell>,
    args: Args<FlowArgs>,
) -> Answer<FlowSegments> {
    Ok(shell.desk()?.flow_segments(args.0).await?)
}

/// Asks a TAMS server, or all of them, again; events follow.
#[tauri::command]
pub(crate) async fn connection_refresh(
    shell: State<'_, Shell>,
    args: Args<ConnectionArgs>,
) -> Answer<()> {
    Ok(shell.desk()?.connection_refresh(args.0).await?)
}

/// The compilations, newest first.
#[tauri::command]
pub(crate) async fn compilations(
    shell: State<'_, Shell>,
    args: Args<NoArgs>,
) -> Answer<Vec<CompilationView>> {
    Ok(shell.desk()?.compilations(args.0).await?)
}

/// The sheet templates.
#[tauri::command]
pub(crate) async fn sheet_templates(
    shell: State<'_, Shell>,
    args: Args<NoArgs>,
) -> Answer<Vec<TemplateView>> {
    Ok(shell.desk()?.sheet_templates(args.0).await?)
}

/// The numbers of a compilation.
#[tauri::command]
pub(crate) async fn metrics(
    shell: State<'_, Shell>,
    args: Args<MetricsArgs>,
) -> Answer<MetricsView> {
    Ok(shell.desk()?.metrics(args.0).await?)
}

/// What is kept on this machine.
#[tauri::command]
pub(crate) async fn pins(shell: State<'_, Shell>, args: Args<NoArgs>) -> Answer<Vec<PinView>> {
    Ok(shell.desk()?.pins(args.0).await?)
}
