//! How long the window takes to be there: `cargo bench -p tests --bench start_up`.
//!
//! `STRINGOUT_WINDOW` names the program to measure; without it the release build is made. Timed is
//! from the start of the program, under WebKitWebDriver on a screen of its own, to the first panel of
//! its page, and on to the first picture of a flow in the source monitor. The limit beside it is an
//! empty page in a window of the same web engine, opened by the same driver.

#![allow(
    clippy::expect_used,
    reason = "a bench stops where something is missing"
)]

use std::time::{Duration, Instant};

use tests::media::{MediaSpec, generate};
use tests::window::{Home, Screen, Window, bare_browser};

const ROUNDS: usize = 5;

fn main() {
    let spec = MediaSpec::hd(7);
    let file = generate(&spec).display().to_string();
    let screen = Screen::start();
    let home = Home::new();
    let stringout = home.stringout();
    stringout.json(["ingest", &file, "--label", "Take"]);
    let (mut panel, mut picture, mut empty) = (Vec::new(), Vec::new(), Vec::new());
    let browser = bare_browser();
    // The first round fills caches and is not counted.
    for round in 0..=ROUNDS {
        let begun = Instant::now();
        let window = Window::open(&home, &screen);
        let to_panel = window.started_in();
        let others = begun.elapsed().saturating_sub(to_panel);
        window.click("source-row");
        window.wait_for_text("frame-source", "0");
        let to_picture = begun.elapsed().saturating_sub(others);
        drop(window);
        if round > 0 {
            panel.push(to_panel);
            picture.push(to_picture);
        }
        if let Some(browser) = &browser {
            let taken = Window::time_empty(browser, &Home::new(), &screen);
            if round > 0 {
                empty.push(taken);
            }
        }
    }
    println!("to the first panel                {}", summary(&mut panel));
    println!(
        "to the first picture of a flow    {}",
        summary(&mut picture)
    );
    if empty.is_empty() {
        println!("no bare window of the web engine is here to compare with");
    } else {
        println!("an empty page, the same way       {}", summary(&mut empty));
    }
}

/// Median, and the range.
fn summary(times: &mut [Duration]) -> String {
    times.sort();
    let at = |index: usize| times.get(index).map_or(0, Duration::as_millis);
    format!(
        "{} ms (from {} to {})",
        at(times.len() / 2),
        at(0),
        at(times.len().saturating_sub(1))
    )
}
