//! The command line of Stringout: the same use cases as the window, for operators and scripts.
//!
//! With `--json` one JSON document goes to stdout; everything else goes to stderr. Exit codes: 0 done,
//! 1 failed, 2 usage, 3 bad input, 4 remote unreachable with the work queued.

mod arguments;
mod commands;
mod output;

use arguments::Arguments;
use clap::Parser;
use output::Output;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use workstation::Failure;

fn main() -> ExitCode {
    heap::share_one_arena();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let filter =
        EnvFilter::try_from_env("STRINGOUT_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let output = Output::new(arguments.json);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return output.fail(&Failure::internal(error)),
    };
    let cancel = CancellationToken::new();
    let result = runtime.block_on(async {
        tokio::spawn(stop_on_signal(cancel.clone()));
        commands::run(arguments, &output, &cancel).await
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => output.fail(&failure),
    }
}

/// clap's own messages go where they belong: help and version to stdout, usage errors to stderr,
/// and with `--json` to stdout as JSON.
fn usage(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind;
    let asked = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if !asked && std::env::args().any(|argument| argument == "--json") {
        let detail = error.to_string();
        let failure = Failure::new(
            workstation::Code::Usage,
            detail.trim(),
            "`stringout help` lists the commands.",
        );
        return Output::new(true).fail(&failure);
    }
    // A closed pipe is the reader's choice.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

/// The first signal asks everything to stop and clean up; the second one ends at once.
async fn stop_on_signal(cancel: CancellationToken) {
    asked_to_stop().await;
    cancel.cancel();
    asked_to_stop().await;
    std::process::exit(130);
}

/// Ctrl-C, or on Unix also what service managers send. Never returns where signals can't be had.
async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                Ok(()) = tokio::signal::ctrl_c() => return,
            }
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
