//! A thousand codes on labels, and a table of 100,000 rows: `cargo bench -p tests --bench sheets`.
//!
//! Every code has its own address, title and placement. The time to write the PDF and the time to
//! read all codes back from it are measured apart, in an office's colours and in the press's.

#![allow(
    clippy::expect_used,
    reason = "a bench stops where something is missing"
)]

use std::fmt::Write;
use std::time::{Duration, Instant};

use record::ShortId;
use sheets::{BundledFonts, PrintOptions, SheetItem, SheetJob, render_with, template, verify};

const CODES: usize = 1_000;
const ROUNDS: usize = 3;
/// What is wanted, in seconds.
const WRITTEN: f64 = 4.0;
const VERIFIED: f64 = 20.0;
const ROWS: usize = 100_000;

fn main() {
    for name in ["avery-l7160", "avery-5160", "avery-l7651"] {
        let template = template(name).expect("it is built in").clone();
        let press = PrintOptions::press(&template);
        for (profile, options) in [("office", PrintOptions::default()), ("press", press)] {
            let job = SheetJob {
                template: template.clone(),
                items: (0..CODES).map(item).collect(),
                local_note: false,
            };
            measure(&format!("{name}, {profile}"), &job, &options);
        }
    }
    table();
}

fn measure(name: &str, job: &SheetJob, options: &PrintOptions) {
    let (mut written, mut verified) = (Duration::MAX, Duration::MAX);
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let mut sheet = render_with(job, options, &BundledFonts).expect("it can be printed");
        written = written.min(started.elapsed());
        bytes = sheet.pdf.len();
        let started = Instant::now();
        let all = verify(&mut sheet).expect("it can be opened");
        verified = verified.min(started.elapsed());
        assert!(all, "{:?}", sheet.failed());
    }
    let told = |time: Duration, wanted: f64| {
        let verdict = if time.as_secs_f64() <= wanted {
            "ok"
        } else {
            "TOO SLOW"
        };
        format!("{:.2} s (wanted {wanted} s, {verdict})", time.as_secs_f64())
    };
    println!(
        "{name}: {CODES} codes, {bytes} bytes: written in {}, verified in {} more",
        told(written, WRITTEN),
        told(verified, VERIFIED)
    );
}

fn item(number: usize) -> SheetItem {
    let mut random = [7; 22];
    for (byte, digit) in random.iter_mut().zip(format!("{number:06}").bytes()) {
        *byte = digit;
    }
    let id = ShortId::from_random(random);
    SheetItem {
        url: format!("HTTPS://GO.MERIDIAN.EXAMPLE/P/{id}"),
        id,
        title: format!("Open-air weekend {number}"),
        description: String::new(),
        picture: None,
        duration_text: "1 min 48 s, with sound".to_owned(),
        expires_text: "31 January 2027".to_owned(),
        placement: format!("Tram stop {number}, left side"),
        copies: 1,
        viewing_distance_m: None,
    }
}

fn table() {
    let mut csv = "compilation_id,placement,title,copies\n".to_owned();
    for number in 0..ROWS {
        writeln!(csv, "c{number},\"Stop {number}, left\",Open-air,1").expect("to memory");
    }
    let started = Instant::now();
    let rows = sheets::read_table(csv.as_bytes()).expect("every row is sound");
    println!(
        "a table of {} rows: read in {:?}",
        rows.len(),
        started.elapsed()
    );
}
