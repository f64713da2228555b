//! 48 pages of all sizes, every code read by zxing and by our own reader, at 150 and at 300 dpi.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../tests/print/jobs.rs"]
mod jobs;
#[path = "../tests/print/reading.rs"]
mod reading;

use sheets::{Layout, PrintOptions, templates};

/// Pages of the whole matrix, at least.
const PAGES: usize = 48;

#[test]
fn every_code_of_48_pages_is_read_by_both_readers() {
    let mut pages = 0;
    for template in templates() {
        let is_labels = matches!(template.layout, Layout::Labels(_));
        for options in [PrintOptions::default(), PrintOptions::press(template)] {
            let count = if is_labels { 2 } else { 1 };
            let printed = jobs::print(template, count, &options);
            reading::assert_read(&printed);
            pages += count;
        }
    }
    assert!(pages >= PAGES, "{pages} pages");
}
