//! Every answer of the BBC's `mediatimestamp` in `tests/vectors/mediatime/vectors.json` is ours too.
//!
//! Where the library reads more than the TAMS schemas `timestamp.json` and `timerange.json` allow,
//! `FromStr` follows the schema. `parse_tolerant` follows the library as far as its readings are
//! meant (leading zeros, decimal seconds, carried nanoseconds); texts it reads by accident or as dates
//! stay refused.

use std::fmt::Debug;
use std::str::FromStr;
use std::sync::LazyLock;

use mediatime::{FrameRate, RationalTime, TimeRange, Timestamp};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    library: String,
    timestamp_texts: Vec<(String, Option<String>, bool)>,
    timestamp_only_library: Vec<(String, String)>,
    timestamp_formats: Vec<(String, String)>,
    timerange_texts: Vec<(String, Option<String>, bool)>,
    timerange_only_library: Vec<(String, String)>,
    relations: Vec<(String, String, bool, String, bool, bool, String)>,
    contains: Vec<(String, String, bool)>,
    lengths: Vec<(String, Option<String>)>,
    normalised: Vec<(String, String, String)>,
    count_to_timestamp: Vec<(String, String, String)>,
    timestamp_to_count: Vec<(String, String, String, Option<String>)>,
    utc: Vec<(String, String)>,
}

static VECTORS: LazyLock<Vectors> = LazyLock::new(|| {
    let text = include_str!("../../../../tests/vectors/mediatime/vectors.json");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("vectors.json: {error}"))
});

fn read<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

#[test]
fn come_from_the_pinned_library() {
    assert_eq!(VECTORS.library, "mediatimestamp 5.2.0");
}

#[test]
fn timestamps_are_read_alike() {
    assert!(VECTORS.timestamp_texts.len() > 600);
    for (text, nanos, in_schema) in &VECTORS.timestamp_texts {
        let expected = nanos.as_deref().map(read::<i128>);
        let strict = text.parse::<Timestamp>().ok().map(Timestamp::nanos);
        assert_eq!(strict, expected.filter(|_| *in_schema), "strict {text:?}");
        let tolerant = Timestamp::parse_tolerant(text).ok().map(Timestamp::nanos);
        assert_eq!(tolerant, expected, "tolerant {text:?}");
    }
}

#[test]
fn timestamps_only_the_library_reads_are_refused() {
    assert!(VECTORS.timestamp_only_library.len() > 10);
    for (text, nanos) in &VECTORS.timestamp_only_library {
        assert!(
            text.parse::<Timestamp>().is_err(),
            "{text:?} is {nanos} ns to the library"
        );
        assert!(
            Timestamp::parse_tolerant(text).is_err(),
            "{text:?} is {nanos} ns to the library"
        );
    }
}

#[test]
fn timestamps_are_written_alike() {
    assert!(VECTORS.timestamp_formats.len() > 300);
    for (nanos, text) in &VECTORS.timestamp_formats {
        let timestamp = Timestamp::from_nanos(read(nanos)).expect("within limits");
        assert_eq!(&timestamp.to_string(), text);
    }
}

#[test]
fn timeranges_are_read_and_written_alike() {
    assert!(VECTORS.timerange_texts.len() > 400);
    for (text, canonical, in_schema) in &VECTORS.timerange_texts {
        let strict = text
            .parse::<TimeRange>()
            .ok()
            .map(|range| range.to_string());
        assert_eq!(
            strict,
            canonical.clone().filter(|_| *in_schema),
            "strict {text:?}"
        );
        let tolerant = TimeRange::parse_tolerant(text)
            .ok()
            .map(|range| range.to_string());
        assert_eq!(&tolerant, canonical, "tolerant {text:?}");
    }
}

#[test]
fn timeranges_only_the_library_reads_are_refused() {
    assert!(VECTORS.timerange_only_library.len() > 10);
    for (text, canonical) in &VECTORS.timerange_only_library {
        assert!(
            text.parse::<TimeRange>().is_err(),
            "{text:?} is {canonical} to the library"
        );
        assert!(
            TimeRange::parse_tolerant(text).is_err(),
            "{text:?} is {canonical} to the library"
        );
    }
}

#[test]
fn ranges_relate_alike() {
    assert!(VECTORS.relations.len() > 800);
    for (a, b, overlaps, intersection, contiguous, covers, encompassing) in &VECTORS.relations {
        let (left, right): (TimeRange, TimeRange) = (read(a), read(b));
        assert_eq!(left.overlaps(&right), *overlaps, "{a} overlaps {b}");
        assert_eq!(
            &left.intersect(&right).to_string(),
            intersection,
            "{a} ∩ {b}"
        );
        assert_eq!(
            left.is_contiguous_with(&right),
            *contiguous,
            "{a} is contiguous with {b}"
        );
        assert_eq!(left.covers(&right), *covers, "{a} covers {b}");
        assert_eq!(
            &left.extend_to_encompass(&right).to_string(),
            encompassing,
            "{a} with {b}"
        );
    }
}

#[test]
fn ranges_contain_alike() {
    assert!(VECTORS.contains.len() > 300);
    for (range, at, contained) in &VECTORS.contains {
        assert_eq!(
            read::<TimeRange>(range).contains(read(at)),
            *contained,
            "{at} in {range}"
        );
    }
}

#[test]
fn lengths_agree() {
    assert!(VECTORS.lengths.len() > 100);
    for (range, length) in &VECTORS.lengths {
        let ours = read::<TimeRange>(range)
            .length()
            .map(|length| length.to_string());
        assert_eq!(&ours, length, "length of {range}");
    }
}

#[test]
fn ranges_normalise_alike() {
    assert!(VECTORS.normalised.len() > 500);
    for (range, rate, expected) in &VECTORS.normalised {
        let ours = read::<TimeRange>(range).normalise(read::<FrameRate>(rate));
        assert_eq!(&ours.to_string(), expected, "{range} at {rate}");
    }
}

#[test]
fn counts_become_timestamps_alike() {
    assert!(VECTORS.count_to_timestamp.len() > 600);
    for (rate, count, expected) in &VECTORS.count_to_timestamp {
        let ours = read::<FrameRate>(rate).timestamp_of(read(count));
        assert_eq!(&ours.to_string(), expected, "frame {count} at {rate}");
    }
}

#[test]
fn timestamps_become_counts_alike() {
    assert!(VECTORS.timestamp_to_count.len() > 900);
    for (rate, timestamp, nearest, down) in &VECTORS.timestamp_to_count {
        let ours: FrameRate = read(rate);
        let at = RationalTime::from(read::<Timestamp>(timestamp));
        assert_eq!(
            ours.nearest_frame(at),
            read::<i64>(nearest),
            "nearest to {timestamp} at {rate}"
        );
        if let Some(down) = down {
            assert_eq!(
                ours.frame_at(at),
                read::<i64>(down),
                "frame at {timestamp} at {rate}"
            );
        }
    }
}

#[test]
fn utc_is_what_the_library_says() {
    for (time, unix) in &VECTORS.utc {
        let time: Timestamp = read(time);
        let ahead = time.tai_ahead_of_utc();
        let seconds = time.nanos().div_euclid(1_000_000_000);
        let unix: i128 = read(unix);
        assert_eq!(
            ahead.map(|ahead| seconds - i128::from(ahead)),
            Some(unix),
            "{time}"
        );
    }
    assert_eq!(
        read::<Timestamp>("63072009:999999999").tai_ahead_of_utc(),
        None
    );
    assert_eq!(read::<Timestamp>("-1:0").tai_ahead_of_utc(), None);
}
