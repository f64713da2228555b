//! Target: timeranges, alone and in pairs.

use std::sync::LazyLock;

use mediatime::{FrameRate, TimeRange, Timestamp};
use serde_json::Value;

use super::mutate::{self, random::Random};
use crate::tams::Schema;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::named("timerange"));

/// Between two timeranges; no timerange holds it.
const BETWEEN: char = '\n';

const SEEDS: [&str; 16] = [
    "[0:0_2:0)",
    "(5:0_",
    "_5:0]",
    "_",
    "()",
    "",
    "[10:0]",
    "0:0_10:0",
    "[-1:500000000_-0:1)",
    "[281474976710655:999999999_281474976710656:0]",
    "[0:0_2:0)\n[2:0_4:0)",
    "(0:0_10:0]\n[10:0_10:0]",
    "_\n()",
    "[1:0_3:0]\n(2:0_",
    "[0:0_2:0)\n_1:0)",
    "2024-01-01T00:00:00Z/2024-01-01T00:00:10Z",
];

const WORDS: [&str; 13] = [
    "[", "(", "]", ")", "_", ":", "-", "0:0", "1:0", "-1:0", "0:1", "5:000", "\n",
];

const RATES: [FrameRate; 3] = [
    FrameRate::FPS_25,
    FrameRate::FPS_29_97,
    FrameRate::FPS_23_976,
];

/// A text that may be a timerange, or two.
pub fn input(random: &mut Random) -> Vec<u8> {
    mutate::text(random, &SEEDS, &WORDS)
}

/// Reads `data` as timeranges; true when the strict reader takes one of them.
///
/// # Panics
/// When the strict reader differs from `timerange.json`, the readers from one another, a range does
/// not survive writing, or two ranges break a rule of sets.
pub fn run(data: &[u8]) -> bool {
    let schema = &*SCHEMA;
    let text = String::from_utf8_lossy(data);
    let mut taken = false;
    let mut ranges = Vec::new();
    for part in text.splitn(3, BETWEEN) {
        let strict = part.parse::<TimeRange>();
        let tolerant = TimeRange::parse_tolerant(part);
        assert_eq!(
            strict.is_ok(),
            schema.allows(&Value::from(part)),
            "the schema disagrees about {part:?}"
        );
        if let Ok(range) = strict {
            assert_eq!(tolerant.as_ref(), Ok(&range), "{part:?}");
            taken = true;
        }
        match tolerant {
            Ok(range) => ranges.push(range),
            Err(wrong) => assert!(wrong.to_string().len() < 500, "{part:?}"),
        }
    }
    for range in &ranges {
        assert_survives(schema, range);
        for other in &ranges {
            assert_sets(range, other);
        }
    }
    taken
}

fn assert_survives(schema: &Schema, range: &TimeRange) {
    let written = range.to_string();
    schema.assert_valid(&Value::from(&*written));
    assert_eq!(written.parse().as_ref(), Ok(range));
    let (includes_start, includes_end) = range.bounds_inclusive();
    for (bound, included) in [(range.start(), includes_start), (range.end(), includes_end)] {
        let Some(at) = bound else { continue };
        let expected = included && !range.is_empty();
        assert_eq!(range.contains(at), expected, "{at} in {range}");
    }
    assert_eq!(range.shift(Timestamp::ZERO), *range);
    for rate in RATES {
        let normal = range.normalise(rate);
        let far = |bound: Option<Timestamp>| {
            bound.is_some_and(|at| at.nanos().abs() > Timestamp::MAX.nanos() / 2)
        };
        // At the limits there may be no next frame.
        if !far(range.start()) && !far(range.end()) {
            assert_eq!(normal.normalise(rate), normal, "{range} at {rate}");
        }
    }
}

fn assert_sets(a: &TimeRange, b: &TimeRange) {
    let both = a.intersect(b);
    let whole = a.extend_to_encompass(b);
    assert_eq!(both, b.intersect(a), "{a} and {b}");
    assert_eq!(whole, b.extend_to_encompass(a), "{a} and {b}");
    assert_eq!(a.overlaps(b), !both.is_empty(), "{a} and {b}");
    assert_eq!(
        a.is_contiguous_with(b),
        b.is_contiguous_with(a),
        "{a} and {b}"
    );
    assert_eq!(a.covers(b) && b.covers(a), a == b && !a.is_empty());
    for one in [a, b] {
        assert!(one.is_empty() || one.covers(&both), "{one} and {both}");
        assert!(whole.is_empty() || whole.covers(one), "{whole} and {one}");
        for at in [one.start(), one.end()].into_iter().flatten() {
            let in_both = a.contains(at) && b.contains(at);
            assert_eq!(both.contains(at), in_both, "{at} in {a} and {b}");
        }
    }
}
