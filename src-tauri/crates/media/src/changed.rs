//! Bytes that parsers are tested with: good ones, changed a little, the same every time.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed};

/// So many cases, from one seed.
pub(crate) fn cases(cases: u32) -> Config {
    Config {
        cases,
        rng_seed: RngSeed::Fixed(82),
        failure_persistence: None,
        ..Config::default()
    }
}

/// One of `seeds` with up to six bytes changed, a stretch taken out and the end cut off; now and then
/// bytes of no meaning at all.
pub(crate) fn changed(seeds: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    let edits = proptest::collection::vec((any::<Index>(), any::<u8>()), 0..6);
    let cuts = proptest::option::weighted(0.2, any::<(Index, Index)>());
    let near = (select(seeds), edits, cuts).prop_map(|(seed, edits, cut)| {
        let mut bytes = seed.to_vec();
        for (at, value) in edits {
            let at = at.index(bytes.len());
            // Half of the edits change one bit.
            bytes[at] = if value < 128 {
                bytes[at] ^ 1 << (value % 8)
            } else {
                value.wrapping_mul(3)
            };
        }
        if let Some((from, to)) = cut {
            let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
            if from < to {
                bytes.drain(from..to);
            } else {
                bytes.truncate(from);
            }
        }
        bytes
    });
    prop_oneof![9 => near, 1 => proptest::collection::vec(any::<u8>(), 0..64)]
}
