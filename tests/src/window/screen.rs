//! A screen that nobody sees: Xvfb.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::drag::Drag;
use crate::server_process::ServerProcess;
use crate::tool;

/// The size that the window has when it is opened for the first time.
const SIZE: &str = "1600x1000x24";

/// One screen at a time: the pictures are drawn without a graphics card, which needs every core.
static TURN: Mutex<()> = Mutex::new(());

/// A screen of its own, with nothing on it. It goes when dropped.
#[derive(Debug)]
pub struct Screen {
    process: ServerProcess,
    display: String,
    _turn: MutexGuard<'static, ()>,
}

impl Screen {
    /// Starts one, when no other test of this process has one any more.
    ///
    /// # Panics
    /// When Xvfb is missing, with the command that installs it, or doesn't start.
    pub fn start() -> Self {
        // A test that failed with its turn has ended all the same.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        need("Xvfb");
        // It writes the number of its display once it can be used.
        let arguments = [
            "-displayfd",
            "1",
            "-screen",
            "0",
            SIZE,
            "-nolisten",
            "tcp",
            "-noreset",
        ];
        let mut process = ServerProcess::spawn(
            Command::new("Xvfb")
                .args(arguments)
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
            &[],
        );
        let (stdout, _) = process.take_output();
        let mut number = String::new();
        BufReader::new(stdout.expect("its output is a pipe"))
            .read_line(&mut number)
            .expect("the pipe can be read");
        assert!(
            !number.trim().is_empty(),
            "Xvfb ended ({:?}) before it had a display",
            process.ended()
        );
        Self {
            process,
            display: format!(":{}", number.trim()),
            _turn: turn,
        }
    }

    /// Has `command` show its windows here, and find no other screen.
    pub fn show_on<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("DISPLAY", &self.display)
            .env("GDK_BACKEND", "x11")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XAUTHORITY")
    }

    /// Asks `xdotool`, which moves windows and presses keys as a user of the screen would, and answers
    /// with what it printed. It stops after 30 seconds.
    ///
    /// # Panics
    /// When it is missing or fails.
    pub fn xdotool(&self, arguments: &[&str]) -> String {
        need("xdotool");
        let mut command = tool::tool("timeout", ["30", "xdotool"]);
        let answer = tool::run(self.show_on(command.args(arguments)));
        String::from_utf8_lossy(&answer).trim().to_owned()
    }

    /// Drags a file over the window that takes files.
    ///
    /// # Panics
    /// When there is none, or it does not take this one.
    pub fn drag(&self, file: &Path) -> Drag {
        Drag::over(&self.display, file)
    }

    /// Writes a picture of the whole screen as PNG, and tells whether that went well.
    pub fn photograph(&self, path: &Path) -> bool {
        let mut command = tool::tool("timeout", ["30", "scrot", "--overwrite"]);
        tool::output(self.show_on(command.arg(path)))
            .status
            .success()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Asked to go, it takes its lock file and its socket with it.
        if self.process.ended().is_none() {
            self.process.terminate();
        }
    }
}

/// Stops with the command that installs `program` when it isn't there.
pub(super) fn need(program: &str) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    assert!(
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file()),
        "{program} is missing: run `cargo xtask setup --test`"
    );
}
