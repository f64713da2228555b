//! A server that ends with the test, however the test ends.
//!
//! Beside each server runs a shell that waits for a pipe from us to close. It closes when the test
//! drops the server, and also when the test process is killed or aborts; the shell then kills the
//! server's process group and removes its files.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

/// Waits for the end of the test, or for the word that the files are still needed.
const WATCH: &str = r#"
group=$1; shift
read -r word
kill -9 "-$group" 2>/dev/null
[ "$word" = keep ] || rm -rf -- "$@"
"#;

/// A running server and its watch.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    watch: Child,
    pipe: Option<ChildStdin>,
}

impl ServerProcess {
    /// Starts `command` in a process group of its own; `files` are removed when it ends for good.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn spawn(command: &mut Command, files: &[PathBuf]) -> Self {
        let child = in_own_group(command)
            .stdin(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("cannot start {command:?}: {e}"));
        let mut watch = in_own_group(Command::new("sh").args(["-c", WATCH, "watch"]))
            .arg(child.id().to_string())
            .args(files)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let pipe = watch.stdin.take();
        Self { child, watch, pipe }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The server's piped output, once.
    pub fn take_output(
        &mut self,
    ) -> (
        Option<std::process::ChildStdout>,
        Option<std::process::ChildStderr>,
    ) {
        (self.child.stdout.take(), self.child.stderr.take())
    }

    /// How it ended, if it has.
    ///
    /// # Panics
    /// When the system can't tell.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child
            .try_wait()
            .expect("our own child can be asked for")
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// When the system can't tell.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("our own child can be waited for")
    }

    /// Kills it as a power cut would, and keeps its files.
    pub fn crash(&mut self) {
        self.end("keep\n");
    }

    /// Asks it to end (SIGTERM) and waits until it has. Its files stay until this is dropped.
    ///
    /// # Panics
    /// When it can't be signalled.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    /// Sends it a signal by its name, `INT` for what Ctrl-C does.
    ///
    /// # Panics
    /// When it can't be signalled.
    pub fn signal(&mut self, name: &str) {
        let kill = format!("kill -{name} {}", self.id());
        let asked = Command::new("sh")
            .args(["-c", &kill])
            .status()
            .expect("a shell");
        assert!(asked.success(), "process {} is gone already", self.id());
    }

    /// Where each of its threads stands, for whoever asks why it does not end: by gdb where there is
    /// one, else what the kernel says of each.
    pub fn threads(&self) -> String {
        let id = self.id().to_string();
        let traced = Command::new("timeout")
            .args(["-k", "5", "60", "gdb", "-p", &id, "-batch"])
            .args(["-ex", "thread apply all bt 24"])
            .stdin(Stdio::null())
            .output();
        if let Ok(traced) = traced
            && traced.status.success()
        {
            return String::from_utf8_lossy(&traced.stdout).into_owned();
        }
        let tasks = std::fs::read_dir(format!("/proc/{id}/task"));
        let lines = tasks.into_iter().flatten().flatten().map(|task| {
            let read = |name| std::fs::read_to_string(task.path().join(name)).unwrap_or_default();
            format!("{} waits in {}", read("comm").trim(), read("wchan").trim())
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn end(&mut self, word: &str) {
        if let Some(mut pipe) = self.pipe.take() {
            // If the watch is gone, what it watched for is done.
            let _ = pipe.write_all(word.as_bytes());
        }
        let _ = self.watch.wait();
        let _ = self.child.wait();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.end("\n");
    }
}

/// Ctrl-C on the terminal is for the test; the watch and the server end after it.
fn in_own_group(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
    }
    command
}
