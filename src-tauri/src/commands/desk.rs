//! The desk as a whole.

use super::arguments::Args;
use crate::events;
use crate::refusal::Answer;
use crate::shell::Shell;
use ipc::{DeskView, LayoutArgs, NoArgs};
use tauri::{AppHandle, Runtime, State};
use workstation::Desk;

/// Everything, when the page begins. A page that begins again because the desk could not be opened
/// has it opened again.
#[tauri::command]
pub(crate) async fn desk_view<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    _args: Args<NoArgs>,
) -> Answer<DeskView> {
    let desk = match shell.desk() {
        Ok(desk) => desk,
        Err(before) => {
            let told = |desk: &Desk| events::forward(&app, desk);
            let Some(desk) = shell.open_again(told).await? else {
                // Another window has it now, and was raised.
                app.exit(0);
                return Err(before);
            };
            desk
        }
    };
    Ok(desk.desk_view().await?)
}

/// Keeps the page's layout.
#[tauri::command]
pub(crate) async fn layout_save(shell: State<'_, Shell>, args: Args<LayoutArgs>) -> Answer<()> {
    Ok(shell.desk()?.layout_save(args.0).await?)
}

/// Puts the first cut away.
#[tauri::command]
pub(crate) async fn lesson_dismiss(shell: State<'_, Shell>, args: Args<NoArgs>) -> Answer<()> {
    Ok(shell.desk()?.lesson_dismiss(args.0).await?)
}
