//! What handling one input may cost: seconds, and memory in proportion to the input.
//!
//! Where there is Linux, time is that of the thread on a processor, so that a busy machine makes no
//! input slow, and memory is that of the process above what it was when the run began, so that what
//! other tests take at the same time is part of it. Elsewhere time is what the clock says, and memory
//! is not measured.

use std::fs;
use std::process::abort;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// An input that takes longer fails.
const LONGEST: Duration = Duration::from_secs(2);

/// An input that is not done by then takes for ever, and the tests with it.
const FOR_EVER: Duration = Duration::from_secs(60);

/// Memory above that of the start: so much, and [`PER_BYTE`] for each byte of the input.
const MEMORY: u64 = 64 << 20;
const PER_BYTE: u64 = 16;

/// Watches the inputs of one run.
pub(super) struct Bounds {
    watched: Sender<String>,
    start: Option<u64>,
}

/// One input that is being handled.
pub(super) struct Spent {
    since: Instant,
    worked: Option<Duration>,
    memory: Option<u64>,
}

impl Bounds {
    pub(super) fn start() -> Self {
        let (watched, inputs) = channel();
        thread::spawn(move || watch(&inputs));
        Self {
            watched,
            start: memory("VmRSS:"),
        }
    }

    /// Begins with an input of `len` bytes; `name` tells which it is.
    pub(super) fn begin(&self, name: String, len: usize) -> Spent {
        // Without a watcher nothing is lost but its message.
        let _ = self.watched.send(name);
        // The highest there was begins anew (proc(5), `clear_refs`).
        let anew = fs::write("/proc/self/clear_refs", "5").is_ok();
        let allowed = MEMORY + PER_BYTE * u64::try_from(len).unwrap_or(u64::MAX / PER_BYTE);
        Spent {
            since: Instant::now(),
            worked: worked(),
            memory: self.start.filter(|_| anew).map(|start| start + allowed),
        }
    }
}

impl Spent {
    /// Ends with the input.
    ///
    /// # Panics
    /// When it took too long or too much.
    pub(super) fn assert_bounded(self) {
        let took = match (self.worked, worked()) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => self.since.elapsed(),
        };
        assert!(took < LONGEST, "it took {took:?}");
        if let (Some(allowed), Some(highest)) = (self.memory, memory("VmHWM:")) {
            assert!(
                highest <= allowed,
                "the process took {highest} bytes, {allowed} are allowed"
            );
        }
    }
}

/// How long this thread was on a processor so far (Linux, `sched-stats.rst`).
fn worked() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds)).filter(|time| !time.is_zero())
}

/// Bytes of this process, by their name in `status` (proc(5)).
fn memory(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes << 10)
}

fn watch(inputs: &Receiver<String>) {
    let mut now = String::new();
    loop {
        match inputs.recv_timeout(FOR_EVER) {
            Ok(name) => now = name,
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                eprintln!("{now} is not done after {FOR_EVER:?}");
                abort();
            }
        }
    }
}
