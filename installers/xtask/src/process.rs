//! Child processes: run, read, bound in time.

use std::io::{self, BufRead, BufReader, PipeReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;

/// How long output may keep coming after the process itself has ended. A server that a test left
/// behind holds the pipe open for ever; its output is of no interest.
const DRAIN: Duration = Duration::from_secs(2);

/// What the command looks like on a command line.
pub(crate) fn words(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        line.push(' ');
        line.push_str(&arg.to_string_lossy());
    }
    line
}

/// Runs `command`, its output on our standard error, and fails unless it succeeds.
///
/// Our own standard output stays clean: with `cargo xtask run -- --json` it holds one JSON document.
pub(crate) fn run(command: &mut Command) -> Outcome<()> {
    let line = words(command);
    let status = command
        .stdout(Stdio::from(io::stderr()))
        .status()
        .map_err(|e| format!("cannot run `{line}`: {e}"))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("`{line}` failed ({status})"))
}

/// What `command` prints, if it can be run and succeeds.
pub(crate) fn read(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    if !output.status.success() {
        return None;
    }
    String::from_utf8(output.stdout).ok()
}

/// Runs `command` for at most `limit`, handing each line of its output, standard and error alike, to
/// `on_line` in the order it was written. After `limit`, it and all its descendants are killed.
pub(crate) fn run_within(
    command: &mut Command,
    limit: Duration,
    on_line: &mut dyn FnMut(&str),
) -> Outcome<ExitStatus> {
    let line = words(command);
    let failed = |e: io::Error| format!("cannot run `{line}`: {e}");
    let (reader, writer) = io::pipe().map_err(failed)?;
    let second = writer.try_clone().map_err(failed)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(second)
        .spawn()
        .map_err(failed)?;
    // The command keeps copies of the pipe's writing end; as long as it does, the pipe never ends.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let lines = read_lines(reader);
    let deadline = Instant::now() + limit;
    let mut ended: Option<(ExitStatus, Instant)> = None;
    loop {
        match lines.recv_timeout(Duration::from_millis(100)) {
            Ok(text) => on_line(&text),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return child.wait().map_err(failed),
        }
        if ended.is_none() {
            ended = child
                .try_wait()
                .map_err(failed)?
                .map(|s| (s, Instant::now()));
        }
        if let Some((status, at)) = ended {
            if at.elapsed() > DRAIN {
                return Ok(status);
            }
        } else if Instant::now() > deadline {
            kill_tree(&mut child);
            let seconds = limit.as_secs();
            return Err(format!(
                "`{line}` took longer than {seconds} s and was ended"
            ));
        }
    }
}

fn read_lines(reader: PipeReader) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).is_ok_and(|n| n > 0) {
            let text = String::from_utf8_lossy(&bytes);
            if sender
                .send(text.trim_end_matches(['\r', '\n']).to_owned())
                .is_err()
            {
                return;
            }
            bytes.clear();
        }
    });
    receiver
}

/// Kills `child` and everything it started.
pub(crate) fn kill_tree(child: &mut Child) {
    let id = child.id();
    let mut killer = if cfg!(windows) {
        let mut command = Command::new("taskkill");
        command.args(["/T", "/F", "/PID", &id.to_string()]);
        command
    } else {
        let mut ids = descendants(id, &parents());
        ids.push(id);
        let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("kill -9 {}", ids.join(" "))]);
        command
    };
    // Some may have ended by themselves meanwhile: whatever this answers, the child is reaped next.
    let _ = killer.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let _ = child.kill();
    let _ = child.wait();
}

/// Every process of the system with its parent.
fn parents() -> Vec<(u32, u32)> {
    let Some(table) = read(Command::new("ps").args(["-A", "-o", "pid=,ppid="])) else {
        return Vec::new();
    };
    table
        .lines()
        .filter_map(|line| {
            let mut ids = line.split_whitespace().map(str::parse);
            Some((ids.next()?.ok()?, ids.next()?.ok()?))
        })
        .collect()
}

/// The children of `id`, their children, and so on.
fn descendants(id: u32, parents: &[(u32, u32)]) -> Vec<u32> {
    let mut found: Vec<u32> = Vec::new();
    let mut next = vec![id];
    while let Some(parent) = next.pop() {
        for &(pid, ppid) in parents {
            if ppid == parent && pid != id && !found.contains(&pid) {
                found.push(pid);
                next.push(pid);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descendants_are_found_however_deep() {
        let table = [(1, 0), (10, 1), (11, 10), (12, 11), (13, 1), (14, 12)];
        let mut found = descendants(10, &table);
        found.sort_unstable();
        assert_eq!(found, [11, 12, 14]);
    }

    #[test]
    #[cfg(unix)]
    fn both_streams_are_read_in_order() {
        let mut seen = Vec::new();
        let status = run_within(
            Command::new("sh").args(["-c", "echo a; echo b >&2; echo c; exit 3"]),
            Duration::from_secs(20),
            &mut |line| seen.push(line.to_owned()),
        )
        .unwrap();
        assert_eq!(seen, ["a", "b", "c"]);
        assert_eq!(status.code(), Some(3));
    }

    #[test]
    #[cfg(unix)]
    fn a_command_that_never_ends_is_killed_with_its_children() {
        let mut child = String::new();
        let error = run_within(
            Command::new("sh").args(["-c", "sleep 1000 & echo $!; wait"]),
            Duration::from_millis(500),
            &mut |line| child = line.to_owned(),
        )
        .unwrap_err();
        assert!(error.contains("took longer"), "{error}");
        let id: u32 = child.parse().unwrap();
        // The killed child may stay as a zombie until its new parent reaps it, but it must not run.
        let state = read(Command::new("ps").args(["-o", "stat=", "-p", &id.to_string()]));
        assert!(
            state.as_deref().is_none_or(|s| s.starts_with('Z')),
            "process {id} still runs: {state:?}"
        );
    }

    #[test]
    #[cfg(unix)]
    fn a_process_left_behind_does_not_hold_us_up() {
        let start = Instant::now();
        let status = run_within(
            Command::new("sh").args(["-c", "sleep 12 & exit 0"]),
            Duration::from_secs(20),
            &mut |_| {},
        )
        .unwrap();
        assert!(status.success());
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}
