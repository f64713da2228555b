//! Windows of monitors.

use super::arguments::Args;
use crate::monitor_window;
use crate::refusal::Answer;
use crate::shell::Shell;
use ipc::{MonitorWindowArgs, WindowDeed};
use tauri::{AppHandle, Runtime, State};
use workstation::{Code, Failure};

/// Gives a monitor a window of its own, or takes it back.
#[tauri::command]
pub(crate) async fn monitor_window<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    args: Args<MonitorWindowArgs>,
) -> Answer<()> {
    // Without a desk there is nothing to show.
    shell.desk()?;
    let Args(MonitorWindowArgs { monitor, deed }) = args;
    let done = match deed {
        WindowDeed::Detach => monitor_window::detach(&app, monitor),
        WindowDeed::Attach => monitor_window::attach(&app, monitor),
        WindowDeed::FullScreen => monitor_window::full_screen(&app, monitor),
    };
    done.map_err(|error| {
        let hint = "Close other windows, then try again.";
        Failure::new(
            Code::Internal,
            format!("the monitor's window: {error}"),
            hint,
        )
        .into()
    })
}
