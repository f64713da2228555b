//! The start: arguments, the desk, the window, the loop.

use crate::arguments::Arguments;
use crate::closing::{self, Closing};
use crate::shell::{Opening, Shell};
use crate::{commands, dialogs, drops, events, footage, monitor_window, opener, rendering, window};
use clap::Parser;
use std::process::ExitCode;
use tauri::async_runtime::block_on;
use tauri::{
    App, AppHandle, Builder, Context, Manager, RunEvent, Runtime, Window, WindowEvent, Wry,
};
use tracing_subscriber::EnvFilter;
use workstation::{Desk, DeskOptions, Failure, OpenedDesk};

/// Opens the window on a workspace, or raises the one that has it open. Returns when it is closed.
#[must_use]
pub fn run() -> ExitCode {
    heap::share_one_arena();
    rendering::apply();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed pipe is the reader's choice.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let filter =
        EnvFilter::try_from_env("STRINGOUT_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let context = context::<Wry>();
    let opening = Opening {
        workspace: arguments.workspace(),
        options: DeskOptions {
            footage: footage::folder(context.package_info()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            development: false,
            silent: arguments.silent,
        },
    };
    let desk = match block_on(opening.open()) {
        Ok(OpenedDesk::Desk(desk)) => Ok(desk),
        Ok(OpenedDesk::Raised) => return ExitCode::SUCCESS,
        // The window opens all the same and says why it is empty.
        Err(failure) => {
            eprintln!("error: {failure}");
            Err(failure)
        }
    };
    let app = builder(Builder::default())
        .setup(move |app| Ok(set_up(app, opening, desk)?))
        .build(context);
    match app {
        Ok(app) => {
            let code = app.run_return(on_event);
            u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
        }
        Err(error) => {
            eprintln!("error: the window can't be opened: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The page, the configuration and the capabilities, as they were built in.
pub(crate) fn context<R: Runtime>() -> Context<R> {
    tauri::generate_context!()
}

/// What every application of ours has, on any runtime.
pub(crate) fn builder<R: Runtime>(builder: Builder<R>) -> Builder<R> {
    builder
        .manage(Closing::default())
        .invoke_handler(commands::handler())
        .on_window_event(on_window_event)
}

fn set_up<R: Runtime>(
    app: &App<R>,
    opening: Opening,
    desk: Result<Desk, Failure>,
) -> tauri::Result<()> {
    let handle = app.handle();
    let workspace = opening.workspace.clone().ok();
    if let Ok(desk) = &desk {
        events::forward(handle, desk);
    }
    let (dialogs, opener) = (dialogs::dialogs(handle), opener::opener());
    app.manage(Shell::new(opening, desk, dialogs, opener));
    window::make(handle, workspace.as_deref())?;
    closing::on_signal(handle);
    Ok(())
}

fn on_window_event<R: Runtime>(window: &Window<R>, event: &WindowEvent) {
    if let Some(monitor) = monitor_window::monitor_of(window.label()) {
        // However it went, the monitor is in the main window again.
        if matches!(event, WindowEvent::Destroyed) {
            monitor_window::tell(window.app_handle(), monitor, false);
        }
        return;
    }
    match event {
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            closing::begin(window.app_handle());
        }
        WindowEvent::DragDrop(drag) => drops::on_drag(window, drag),
        _ => {}
    }
}

/// The system may end the program without closing its window first.
fn on_event<R: Runtime>(app: &AppHandle<R>, event: RunEvent) {
    if let RunEvent::ExitRequested {
        code: None, api, ..
    } = event
    {
        api.prevent_exit();
        closing::begin(app);
    }
}
