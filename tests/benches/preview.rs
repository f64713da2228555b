//! Whether a monitor keeps up: `cargo bench -p tests --bench preview`.
//!
//! A minute of 1080p at 30 frames a second is played at 960×540. Told is how many frames were given out, how
//! late each was, how far apart pictures and sound were, and how much of the processors it took.

#![allow(
    clippy::expect_used,
    reason = "a bench stops where something is missing"
)]

mod monitor;

use media::Sound;
use monitor::{FRAMES, RATE, SHOWN, file, preview};
use std::time::{Duration, Instant};

fn main() {
    let file = file();
    for (name, sound) in [
        ("without sound", Sound::Clock),
        ("with sound", Sound::Device),
    ] {
        let preview = preview(&file, sound);
        let (mut frames, status) = (preview.frames(), preview.status());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        let runtime = runtime.expect("a runtime");
        let first = frames.wait_for(|frame| frame.as_deref().is_some_and(|frame| frame.exact));
        runtime.block_on(first).expect("a first picture");
        let busy = processor_time();
        preview.play(1);
        let (mut given, mut begun) = (Vec::new(), None);
        let last = u64::from(FRAMES) - 1;
        while given.last().is_none_or(|(frame, _)| *frame < last) {
            runtime
                .block_on(frames.changed())
                .expect("the monitor is there");
            let frame = frames.borrow_and_update().clone().expect("a picture");
            if frame.playing || !given.is_empty() {
                let now = Instant::now();
                begun.get_or_insert(now);
                given.push((frame.frame, now));
            }
        }
        let begun = begun.expect("it was played");
        let took = begun.elapsed();
        let busy = processor_time() - busy;
        // From the first picture on each is due by its number.
        let first = given.first().map_or(0, |(frame, _)| *frame);
        let mut late: Vec<Duration> = given
            .iter()
            .map(|(frame, at)| {
                let due = Duration::from_secs(frame - first) / RATE;
                at.duration_since(begun).abs_diff(due)
            })
            .collect();
        late.sort();
        let at = |share: usize| late[(late.len() - 1) * share / 100].as_secs_f64() * 1000.0;
        println!(
            "{FRAMES} frames of 1080p at {}×{}, {name}: {} given, {} dropped; away from their time {:.1} ms in \
             the median, {:.1} ms in 99 of 100, at most {:.1} ms; {:.2} of a core",
            SHOWN.0,
            SHOWN.1,
            given.len(),
            status.borrow().dropped,
            at(50),
            at(99),
            at(100),
            busy.as_secs_f64() / took.as_secs_f64(),
        );
    }
}

/// What this process took of all processors so far; nothing where the system does not say.
fn processor_time() -> Duration {
    let told = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which may hold anything: utime and stime are the 12th and 13th, in hundredths.
    let fields = told.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}
