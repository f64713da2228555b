//! A first look at what hostile servers might send: a fixed number of inputs from a fixed seed, so
//! that it takes seconds and says the same every day. `long/fuzz.rs` goes on for minutes.

use tests::fuzz::{LINK, MODELS, PAGING, TIMERANGE, TIMESTAMP};

const SEED: u64 = 82;

#[test]
fn timestamps() {
    TIMESTAMP.run_some(SEED, 10_000).assert_telling();
}

#[test]
fn timeranges() {
    TIMERANGE.run_some(SEED, 5_000).assert_telling();
}

#[test]
fn links() {
    LINK.run_some(SEED, 5_000).assert_telling();
}

#[test]
fn models() {
    MODELS.run_some(SEED, 500).assert_telling();
}

#[test]
fn pages() {
    PAGING.run_some(SEED, 500).assert_telling();
}
