//! How much memory other processes have. Only Linux tells of it.

use std::fs;
use std::process::Child;
use std::thread;
use std::time::Duration;

/// Waits until a process ends: the most memory that it had at once, in MiB.
///
/// # Panics
/// When the system does not tell.
pub fn peak(child: &mut Child) -> f64 {
    // The kernel keeps the highest resident size; the last reading before the end is as good as it.
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0;
    while child.try_wait().expect("a process of ours").is_none() {
        let told = fs::read_to_string(&status).unwrap_or_default();
        let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
        peak = f64::max(peak, kib.unwrap_or(0.0) / 1024.0);
        thread::sleep(Duration::from_millis(10));
    }
    assert!(peak > 0.0, "{status} told nothing");
    peak
}
