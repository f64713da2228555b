//! Minutes of what hostile servers might send and damaged files hold, from a seed that is another one
//! every time. The seed is printed; `STRINGOUT_FUZZ_SEED` sets it, to see the same inputs again.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tests::fuzz::{
    BUNDLE, CONFIG, FRAGMENTED, ISO, LINK, LIST, MATROSKA, MODELS, OTIO, PAGING, PROJECT, REPORT,
    TABLE, TIMERANGE, TIMESTAMP, TRANSPORT, Target, WORDS, XML, seed,
};

fn fuzz(target: Target, minutes: u64) {
    let seed = seed();
    println!("{}: seed {seed}", target.name);
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let tally = target.run(seed, |_| {
        if Instant::now() < end {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    println!("{}: {tally:?}", target.name);
    tally.assert_telling();
}

#[test]
fn timestamps() {
    fuzz(TIMESTAMP, 1);
}

#[test]
fn timeranges() {
    fuzz(TIMERANGE, 2);
}

#[test]
fn links() {
    fuzz(LINK, 1);
}

#[test]
fn models() {
    fuzz(MODELS, 4);
}

#[test]
fn pages() {
    fuzz(PAGING, 3);
}

#[test]
fn iso_files() {
    fuzz(ISO, 6);
}

#[test]
fn fragmented_files() {
    fuzz(FRAGMENTED, 5);
}

#[test]
fn matroska_files() {
    fuzz(MATROSKA, 5);
}

#[test]
fn transport_streams() {
    fuzz(TRANSPORT, 6);
}

#[test]
fn otio_files() {
    fuzz(OTIO, 3);
}

#[test]
fn lists() {
    fuzz(LIST, 2);
}

#[test]
fn xml_files() {
    fuzz(XML, 3);
}

#[test]
fn bundles() {
    fuzz(BUNDLE, 2);
}

#[test]
fn projects() {
    fuzz(PROJECT, 2);
}

#[test]
fn reports() {
    fuzz(REPORT, 1);
}

#[test]
fn words() {
    fuzz(WORDS, 1);
}

#[test]
fn configurations() {
    fuzz(CONFIG, 1);
}

#[test]
fn tables() {
    fuzz(TABLE, 1);
}
