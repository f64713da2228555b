//! External tools, run to their end.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::thread;

/// A command of `program` with `args`, its standard input closed.
pub fn tool<S: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null());
    command
}

/// `ffmpeg` with `args`: quiet but for errors, overwriting, never asking.
pub fn ffmpeg<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let quiet = ["-hide_banner", "-loglevel", "error", "-nostdin", "-y"];
    let mut command = tool("ffmpeg", quiet);
    command.args(args);
    command
}

/// Runs `command` and answers with its standard output.
///
/// # Panics
/// When the program is missing or fails, with what it said.
pub fn run(command: &mut Command) -> Vec<u8> {
    let output = output(command);
    assert!(
        output.status.success(),
        "{command:?} failed ({}):\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Runs `command` and answers with all that came of it, success or not.
///
/// # Panics
/// When the program is missing.
pub fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|e| missing(command, &e))
}

/// Runs `command` while `feed` writes its standard input. `feed` may stop early on an error: the
/// command's own failure then tells more.
///
/// # Panics
/// When the program is missing or fails, with what it said.
pub fn run_fed(
    command: &mut Command,
    feed: impl FnOnce(&mut dyn Write) -> std::io::Result<()> + Send,
) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| missing(command, &e));
    let mut input = child.stdin.take().expect("standard input is a pipe");
    let (fed, output) = thread::scope(|scope| {
        let feeder = scope.spawn(move || feed(&mut input));
        let output = child
            .wait_with_output()
            .expect("the child can be waited for");
        (feeder.join().expect("the feeder does not panic"), output)
    });
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?} failed ({}):\n{said}",
        output.status
    );
    fed.unwrap_or_else(|e| panic!("{command:?} stopped reading: {e}\n{said}"));
}

fn missing(command: &Command, error: &std::io::Error) -> ! {
    let program = command.get_program().to_string_lossy();
    panic!("cannot run {program}: {error}. Run `cargo xtask setup --test`")
}
