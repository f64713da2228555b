//! What is printed: read by other readers, held against other checks of PDF, worn, and asked for by
//! people who mean no good.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod file;
mod hostile;
mod jobs;
mod reading;
mod worn;

use sheets::{PrintOptions, template};

/// One page of each kind of sheet; all templates, two pages of each, are among the long tests.
#[test]
fn pages_of_each_kind_are_read_by_another_reader() {
    for name in [
        "poster-letter",
        "poster-a4-landscape",
        "avery-5160",
        "contact-a4",
    ] {
        let template = template(name).unwrap();
        let options = if name == "poster-a4-landscape" {
            PrintOptions::press(template)
        } else {
            PrintOptions::default()
        };
        reading::assert_read(&jobs::print(template, 1, &options));
    }
}
