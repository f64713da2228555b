//! Target: timestamps, strict and tolerant.

use std::sync::LazyLock;

use mediatime::Timestamp;
use serde_json::Value;

use super::mutate::{self, random::Random};
use crate::tams::Schema;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::named("timestamp"));

const SEEDS: [&str; 12] = [
    "0:0",
    "1:40000000",
    "-0:800000000",
    "1694429247:40000000",
    "281474976710655:999999999",
    "-281474976710656:0",
    "12",
    "1.5",
    "-1.0000000015",
    " +01:0999999999 ",
    "2024-01-01T00:00:00Z",
    "",
];

const WORDS: [&str; 9] = [":", "-", "+", ".", " ", "0", "9", "000", "_"];

/// A text that may be a timestamp.
pub fn input(random: &mut Random) -> Vec<u8> {
    mutate::text(random, &SEEDS, &WORDS)
}

/// Reads `data` as timestamps; true when the strict reader takes it.
///
/// # Panics
/// When the strict reader differs from `timestamp.json`, the readers from one another, a value from
/// what its digits say, or a value does not survive writing.
pub fn run(data: &[u8]) -> bool {
    let schema = &*SCHEMA;
    let text = String::from_utf8_lossy(data);
    let strict = text.parse::<Timestamp>();
    let tolerant = Timestamp::parse_tolerant(&text);
    assert_eq!(
        strict.is_ok(),
        schema.allows(&Value::from(&*text)),
        "the schema disagrees about {text:?}"
    );
    assert_eq!(
        serde_json::from_value::<Timestamp>(Value::from(&*text)).ok(),
        strict.as_ref().ok().copied(),
        "{text:?}"
    );
    if let Ok(at) = strict {
        assert_eq!(tolerant.as_ref(), Ok(&at), "{text:?}");
        assert_digits(&text, at);
    }
    for wrong in [strict.as_ref().err(), tolerant.as_ref().err()] {
        let message = wrong.map(ToString::to_string).unwrap_or_default();
        assert!(message.len() < 500, "{message:?}");
    }
    if let Ok(at) = tolerant {
        assert_survives(schema, at);
    }
    strict.is_ok()
}

fn assert_survives(schema: &Schema, at: Timestamp) {
    let written = at.to_string();
    schema.assert_valid(&Value::from(&*written));
    assert_eq!(written.parse(), Ok(at));
    assert_eq!(Timestamp::parse_tolerant(&written), Ok(at));
    assert!(Timestamp::MIN <= at && at <= Timestamp::MAX, "{at}");
    assert_eq!(Timestamp::from_nanos(at.nanos()), Some(at));
    assert_eq!(at.to_rational().to_timestamp(), at);
    assert_eq!(at.checked_sub(at), Some(Timestamp::ZERO));
    assert_eq!(at.checked_add(-at), Some(Timestamp::ZERO));
    assert_eq!(
        at.checked_add(at).is_some(),
        at.saturating_add(at).nanos() == 2 * at.nanos()
    );
}

/// Strict text up to fifteen digits of seconds, counted another way: as one decimal number.
fn assert_digits(text: &str, at: Timestamp) {
    let (secs, nanos) = text.split_once(':').expect("strict text has a colon");
    if secs.len() > 15 || at.nanos().abs() >= Timestamp::MAX.nanos() {
        return;
    }
    let decimal: i128 = format!("{secs}{nanos:0>9}")
        .parse()
        .expect("strict text is digits");
    assert_eq!(at.nanos(), decimal, "{text:?}");
}
