//! Timeranges against the timestamps they contain.

use proptest::prelude::*;

use super::*;

fn range(text: &str) -> TimeRange {
    text.parse().unwrap()
}

fn secs(value: i64) -> Timestamp {
    Timestamp::from_secs(value).unwrap()
}

#[test]
fn constructors_and_text_agree() {
    let table = [
        (TimeRange::NEVER, "()"),
        (TimeRange::ETERNITY, "_"),
        (TimeRange::new(secs(1), secs(2)), "[1:0_2:0)"),
        (TimeRange::new(secs(2), secs(2)), "()"),
        (TimeRange::new(secs(3), secs(2)), "()"),
        (TimeRange::instant(secs(2)), "[2:0]"),
        (TimeRange::from_start(secs(1)), "[1:0_"),
        (TimeRange::from_end(secs(1)), "_1:0)"),
        (
            TimeRange::with_inclusivity(None, None, Inclusivity::Exclusive),
            "_",
        ),
        (
            TimeRange::with_inclusivity(Some(secs(1)), None, Inclusivity::Exclusive),
            "(1:0_",
        ),
        (
            TimeRange::with_inclusivity(None, Some(secs(1)), Inclusivity::IncludeEnd),
            "_1:0]",
        ),
        (
            TimeRange::with_inclusivity(Some(secs(1)), Some(secs(2)), Inclusivity::IncludeEnd),
            "(1:0_2:0]",
        ),
        (
            TimeRange::with_inclusivity(Some(secs(1)), Some(secs(1)), Inclusivity::IncludeEnd),
            "()",
        ),
    ];
    for (made, text) in table {
        assert_eq!(made.to_string(), text);
        assert_eq!(range(text), made, "{text}");
        assert_eq!(made.is_empty(), text == "()", "{text}");
        assert_eq!(made.is_eternity(), text == "_", "{text}");
    }
}

#[test]
fn a_missing_bound_counts_as_inclusive() {
    assert_eq!(range("(5:0_)"), range("(5:0_"));
    assert_eq!(range("(5:0_").bounds_inclusive(), (false, true));
    assert_eq!(range("(_5:0)").bounds_inclusive(), (true, false));
    assert_eq!(
        (range("_5:0)").start(), range("_5:0)").end()),
        (None, Some(secs(5)))
    );
}

#[test]
fn shifts_within_the_limits() {
    assert_eq!(range("(1:0_2:0]").shift(secs(-3)), range("(-2:0_-1:0]"));
    assert_eq!(range("_2:0)").shift(secs(1)), range("_3:0)"));
    assert_eq!(TimeRange::NEVER.shift(secs(1)), TimeRange::NEVER);
    assert_eq!(TimeRange::ETERNITY.shift(secs(1)), TimeRange::ETERNITY);
    assert_eq!(range("[1:0_2:0)").shift(Timestamp::MAX), TimeRange::NEVER);
}

#[test]
fn normalising_closes_holes_of_a_nanosecond() {
    let rate = FrameRate::FPS_30;
    assert_eq!(
        range("[0:66666666_8:399999999)").normalise(rate),
        range("[0:66666666_8:400000000)")
    );
    assert_eq!(
        range("(0:0_1:0]").normalise(FrameRate::FPS_25),
        range("[0:40000000_1:40000000)")
    );
    assert_eq!(TimeRange::NEVER.normalise(rate), TimeRange::NEVER);
    assert_eq!(TimeRange::ETERNITY.normalise(rate), TimeRange::ETERNITY);
    let whole = TimeRange::with_inclusivity(
        Some(Timestamp::MIN),
        Some(Timestamp::MAX),
        Inclusivity::Inclusive,
    );
    let slowest = FrameRate::new(1, u32::MAX).unwrap();
    assert_eq!(whole.normalise(slowest).end(), Some(Timestamp::MAX));
}

#[test]
fn errors_name_the_text() {
    for text in [
        "[[0:0_1:0)",
        "0:0_1:0_2:0",
        "[0:0_1:0)x",
        "[0:0_1:0) ",
        " _",
    ] {
        let message = text.parse::<TimeRange>().unwrap_err().to_string();
        assert!(message.contains("is not a time"), "{message}");
    }
    assert_eq!(
        TimeRange::parse_tolerant(" [0:0_01.5) "),
        Ok(range("[0:0_1:500000000)"))
    );
    let json: TimeRange = serde_json::from_str("\"[0:0_10:0)\"").unwrap();
    assert_eq!(serde_json::to_string(&json).unwrap(), "\"[0:0_10:0)\"");
    assert!(serde_json::from_str::<TimeRange>("{\"value\":\"_\"}").is_err());
}

/// Ranges with bounds at −3 to 3, so that bounds often coincide.
fn any_range() -> impl Strategy<Value = TimeRange> {
    let bound = || prop::option::weighted(0.85, (-3_i64..=3).prop_map(secs));
    let inclusivity = prop::sample::select(vec![
        Inclusivity::Exclusive,
        Inclusivity::IncludeStart,
        Inclusivity::IncludeEnd,
        Inclusivity::Inclusive,
    ]);
    (bound(), bound(), inclusivity)
        .prop_map(|(start, end, inclusivity)| TimeRange::with_inclusivity(start, end, inclusivity))
}

/// Every bound of [`any_range`], the nanoseconds around it and the ends of the timeline: enough to
/// tell any two such ranges apart.
fn probes() -> impl Iterator<Item = Timestamp> {
    let around = (-3..=3).flat_map(|second| {
        (-1..=1).filter_map(move |nano| Timestamp::from_nanos(second * NANOS_PER_SEC + nano))
    });
    around.chain([Timestamp::MIN, Timestamp::MAX])
}

const NANOS_PER_SEC: i128 = 1_000_000_000;

#[test]
fn the_quick_way_reads_what_the_careful_one_reads() {
    let careful = |text: &str| TimeRange::parse_with(text, str::parse);
    for text in [
        "[0:0_10:0)",
        "(1:5_2:999999999]",
        "[5:0_2:0)",
        "[5:0_5:0]",
        "(5:0_5:0)",
        "[281474976710655:999999999_281474976710655:999999999]",
        "[999999999999999:0_999999999999999:1)",
    ] {
        assert_eq!(
            TimeRange::usual(text.as_bytes()),
            careful(text).ok(),
            "{text}"
        );
        assert!(TimeRange::usual(text.as_bytes()).is_some(), "{text}");
    }
    for text in [
        "",
        "[",
        "()",
        "_",
        "[0:0",
        "0:0_1:0",
        "[0:0_1:0",
        "[0:0_1:0))",
        "[00:0_1:0)",
        "[0:00_1:0)",
        "[0:0_1:1000000000)",
        "[-1:0_1:0)",
        "[0:0_)",
        "[_1:0)",
        "[0_1)",
        "[0:0_1:0) ",
        "[0:0__1:0)",
        "[+1:0_2:0)",
        "[1:0_99999999999999999999:0)",
    ] {
        assert_eq!(TimeRange::usual(text.as_bytes()), None, "{text}");
    }
}

proptest! {
    #[test]
    fn the_quick_way_never_reads_otherwise(text in "[\\[(]?[0-9]{0,17}:?[0-9]{0,11}_?[0-9]{0,17}:?[0-9]{0,11}[\\])]?") {
        if let Some(range) = TimeRange::usual(text.as_bytes()) {
            prop_assert_eq!(TimeRange::parse_with(&text, str::parse).ok(), Some(range));
        }
    }

    #[test]
    fn text_round_trips(a in any_range()) {
        prop_assert_eq!(a.to_string().parse(), Ok(a));
    }

    #[test]
    fn intersection_is_what_both_contain(a in any_range(), b in any_range()) {
        let both = a.intersect(&b);
        for at in probes() {
            prop_assert_eq!(both.contains(at), a.contains(at) && b.contains(at), "{:?} at {}", both, at);
        }
        prop_assert_eq!(both, b.intersect(&a));
        prop_assert_eq!(a.intersect(&a), a);
        prop_assert_eq!(a.intersect(&TimeRange::ETERNITY), a);
        prop_assert_eq!(a.intersect(&TimeRange::NEVER), TimeRange::NEVER);
        prop_assert_eq!(a.overlaps(&b), probes().any(|at| both.contains(at)));
    }

    #[test]
    fn intersection_is_associative(a in any_range(), b in any_range(), c in any_range()) {
        prop_assert_eq!(a.intersect(&b).intersect(&c), a.intersect(&b.intersect(&c)));
    }

    #[test]
    fn covering_is_containing_every_timestamp(a in any_range(), b in any_range()) {
        let all = probes().all(|at| a.contains(at) || !b.contains(at));
        prop_assert_eq!(a.covers(&b), all && !a.is_empty());
    }

    #[test]
    fn encompassing_adds_no_timestamp_to_contiguous_ranges(a in any_range(), b in any_range()) {
        let whole = a.extend_to_encompass(&b);
        prop_assert_eq!(whole, b.extend_to_encompass(&a));
        let nothing_added = probes().all(|at| whole.contains(at) == (a.contains(at) || b.contains(at)));
        let one_is_empty = a.is_empty() || b.is_empty();
        prop_assert_eq!(nothing_added, a.is_contiguous_with(&b) || one_is_empty);
        prop_assert_eq!(a.is_contiguous_with(&b), b.is_contiguous_with(&a));
    }

    #[test]
    fn shifting_back_restores(a in any_range(), by in -1_000_000_i64..1_000_000) {
        let there = a.shift(secs(by));
        prop_assert_eq!(there.shift(-secs(by)), a);
        prop_assert_eq!(there.length(), a.length());
    }
}
