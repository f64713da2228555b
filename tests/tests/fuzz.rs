//! A first look at what hostile servers might send and damaged files hold: a fixed number of inputs
//! from a fixed seed, so that it takes seconds and says the same every day. `long/fuzz.rs` goes on for
//! minutes.

use tests::fuzz::{
    BUNDLE, CONFIG, FRAGMENTED, ISO, LINK, LIST, MATROSKA, MODELS, OTIO, PAGING, PROJECT, REPORT,
    TABLE, TIMERANGE, TIMESTAMP, TRANSPORT, WORDS, XML,
};

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

#[test]
fn iso_files() {
    ISO.run_some(SEED, 500).assert_telling();
}

#[test]
fn fragmented_files() {
    FRAGMENTED.run_some(SEED, 500).assert_telling();
}

#[test]
fn matroska_files() {
    MATROSKA.run_some(SEED, 500).assert_telling();
}

#[test]
fn transport_streams() {
    TRANSPORT.run_some(SEED, 500).assert_telling();
}

#[test]
fn otio_files() {
    OTIO.run_some(SEED, 500).assert_telling();
}

#[test]
fn lists() {
    LIST.run_some(SEED, 3_000).assert_telling();
}

#[test]
fn xml_files() {
    XML.run_some(SEED, 3_000).assert_telling();
}

#[test]
fn bundles() {
    BUNDLE.run_some(SEED, 3_000).assert_telling();
}

#[test]
fn projects() {
    PROJECT.run_some(SEED, 1_500).assert_telling();
}

#[test]
fn reports() {
    REPORT.run_some(SEED, 1_500).assert_telling();
}

#[test]
fn words() {
    WORDS.run_some(SEED, 10_000).assert_telling();
}

#[test]
fn configurations() {
    CONFIG.run_some(SEED, 1_500).assert_telling();
}

#[test]
fn tables() {
    TABLE.run_some(SEED, 3_000).assert_telling();
}
