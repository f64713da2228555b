//! Frame rates: text, JSON and the mapping between frames and times.

use proptest::prelude::*;

use super::*;

const USUAL: [FrameRate; 10] = [
    FrameRate::FPS_23_976,
    FrameRate::FPS_24,
    FrameRate::FPS_25,
    FrameRate::FPS_29_97,
    FrameRate::FPS_30,
    FrameRate::FPS_47_952,
    FrameRate::FPS_48,
    FrameRate::FPS_50,
    FrameRate::FPS_59_94,
    FrameRate::FPS_60,
];

fn rate(num: u32, den: u32) -> FrameRate {
    FrameRate::new(num, den).unwrap()
}

#[test]
fn text_stands_for_the_exact_rate() {
    let table = [
        ("25", rate(25, 1)),
        ("25/1", rate(25, 1)),
        ("50/2", rate(25, 1)),
        ("25.000", rate(25, 1)),
        ("30000/1001", FrameRate::FPS_29_97),
        ("60000/2002", FrameRate::FPS_29_97),
        ("29.97", FrameRate::FPS_29_97),
        ("29.970", FrameRate::FPS_29_97),
        ("29.970000", FrameRate::FPS_29_97),
        ("29.97003", FrameRate::FPS_29_97),
        ("29.970029970", FrameRate::FPS_29_97),
        ("23.97", FrameRate::FPS_23_976),
        ("23.98", FrameRate::FPS_23_976),
        ("23.976", FrameRate::FPS_23_976),
        ("23.976000", FrameRate::FPS_23_976),
        ("47.95", FrameRate::FPS_47_952),
        ("47.952", FrameRate::FPS_47_952),
        ("59.94", FrameRate::FPS_59_94),
        ("59.9401", FrameRate::FPS_59_94),
        ("119.88", rate(120_000, 1_001)),
        ("14.985", rate(15_000, 1_001)),
        ("12.5", rate(25, 2)),
        ("29.9", rate(299, 10)),
        ("29.96", rate(2_996, 100)),
        ("24.975", rate(24_975, 1_000)),
        ("0.1", rate(1, 10)),
    ];
    for (text, expected) in table {
        assert_eq!(text.parse(), Ok(expected), "{text}");
        assert_eq!(expected.to_string().parse(), Ok(expected));
    }
    let written: Vec<String> = USUAL.iter().map(ToString::to_string).collect();
    let expected = "24000/1001 24 25 30000/1001 30 48000/1001 48 50 60000/1001 60";
    assert_eq!(written.join(" "), expected);
}

#[test]
fn text_that_is_no_rate_is_refused() {
    let texts = [
        "",
        "0",
        "0/1",
        "1/0",
        "0.0",
        "0.00",
        "-25",
        "+25",
        "25fps",
        "1/2/3",
        "25.",
        ".5",
        "2 5",
        "1e3",
        "29,97",
        "4294967296",
        "1/4294967296",
        "1.0000000001",
        "99999999999999999999999",
        "NaN",
    ];
    for text in texts {
        let error = text.parse::<FrameRate>().unwrap_err().to_string();
        assert!(error.contains("is not a frame rate"), "{text}: {error}");
    }
    assert_eq!(FrameRate::new(0, 1), None);
    assert_eq!(FrameRate::new(1, 0), None);
    assert_eq!(FrameRate::new(u32::MAX, u32::MAX), Some(rate(1, 1)));
}

#[test]
fn json_has_the_shape_of_tams() {
    let json = serde_json::to_string(&FrameRate::FPS_29_97).unwrap();
    assert_eq!(json, r#"{"numerator":30000,"denominator":1001}"#);
    assert_eq!(
        serde_json::to_string(&FrameRate::FPS_25).unwrap(),
        r#"{"numerator":25,"denominator":1}"#
    );
    let read = serde_json::from_str::<FrameRate>;
    assert_eq!(read(&json).unwrap(), FrameRate::FPS_29_97);
    assert_eq!(read(r#"{"numerator":25}"#).unwrap(), FrameRate::FPS_25);
    assert_eq!(
        read(r#"{"numerator":6000000000,"denominator":100000000}"#).unwrap(),
        FrameRate::FPS_60
    );
    for bad in [
        r#"{"numerator":0}"#,
        r#"{"numerator":25,"denominator":0}"#,
        r#"{"numerator":-25}"#,
        r#"{"numerator":4294967296}"#,
        r#"{"denominator":1}"#,
        r#""25""#,
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn timestamps_are_cut_to_nanoseconds() {
    let table = [
        (FrameRate::FPS_29_97, 1, "0:33366666"),
        (FrameRate::FPS_29_97, 2, "0:66733333"),
        (FrameRate::FPS_29_97, 30, "1:1000000"),
        (FrameRate::FPS_23_976, 1, "0:41708333"),
        (FrameRate::FPS_29_97, -1, "-0:33366666"),
    ];
    for (rate, frame, text) in table {
        assert_eq!(rate.timestamp_of(frame).to_string(), text);
    }
    assert_eq!(
        FrameRate::FPS_29_97
            .frame_start(-1)
            .to_timestamp()
            .to_string(),
        "-0:33366667"
    );
    assert_eq!(rate(1, u32::MAX).timestamp_of(i64::MIN), Timestamp::MIN);
    assert_eq!(
        rate(1, u32::MAX).frame_start(i64::MAX),
        Timestamp::MAX.into()
    );
    assert_eq!(
        FrameRate::FPS_25.frame_duration(),
        RationalTime::new(1, 25).unwrap()
    );
}

#[test]
fn the_frame_at_a_time_is_the_one_shown() {
    let rate = FrameRate::FPS_25;
    let at = |millis: i64| RationalTime::from_ticks(millis, 1_000).unwrap();
    let table = [
        (0, 0, 0, 0),
        (1, 0, 0, 1),
        (19, 0, 0, 1),
        (20, 0, 1, 1),
        (39, 0, 1, 1),
        (40, 1, 1, 1),
        (-1, -1, 0, 0),
        (-20, -1, -1, 0),
        (-40, -1, -1, -1),
    ];
    for (millis, shown, nearest, first) in table {
        let found = (
            rate.frame_at(at(millis)),
            rate.nearest_frame(at(millis)),
            rate.first_frame_from(at(millis)),
        );
        assert_eq!(found, (shown, nearest, first), "{millis} ms");
    }
    let fastest = FrameRate::new(u32::MAX, 1).unwrap();
    assert_eq!(fastest.frame_at(Timestamp::MAX.into()), i64::MAX);
    assert_eq!(fastest.nearest_frame(Timestamp::MIN.into()), i64::MIN);
    assert_eq!(fastest.first_frame_from(Timestamp::MIN.into()), i64::MIN);
}

#[test]
fn nominal_rounds_up() {
    let nominal: Vec<u32> = USUAL.iter().map(|rate| rate.nominal()).collect();
    assert_eq!(nominal, [24, 24, 25, 30, 30, 48, 48, 50, 60, 60]);
    assert_eq!(rate(25, 2).nominal(), 13);
}

fn any_rate() -> impl Strategy<Value = FrameRate> {
    let fraction = (1..=u32::MAX, 1..=u32::MAX).prop_map(|(num, den)| rate(num, den));
    prop_oneof![3 => prop::sample::select(USUAL.to_vec()), 1 => fraction]
}

/// Frame indexes of very different sizes whose times stay within the limits at usual rates.
fn any_frame() -> impl Strategy<Value = i64> {
    prop_oneof![-3_000_000_i64..3_000_000, -(1_i64 << 52)..(1 << 52)]
}

proptest! {
    #[test]
    fn every_frame_is_found_again(rate in prop::sample::select(USUAL.to_vec()), frame in any_frame()) {
        let start = rate.frame_start(frame);
        prop_assert_eq!(rate.frame_at(start), frame);
        prop_assert_eq!(rate.nearest_frame(start), frame);
        prop_assert_eq!(rate.first_frame_from(start), frame);
        prop_assert_eq!(rate.nearest_frame(rate.timestamp_of(frame).into()), frame);
        prop_assert_eq!(rate.first_frame_from(start + RationalTime::new(1, 1_000_000_000).unwrap()), frame + 1);
    }

    #[test]
    fn counts_round_trip_up_to_half_a_gigahertz(
        num in 1_u32..=500_000_000,
        den in 1_u32..=1_001,
        frame in -1_000_000_000_i64..1_000_000_000,
    ) {
        let rate = rate(num, den);
        prop_assert_eq!(rate.nearest_frame(rate.timestamp_of(frame).into()), frame);
    }

    #[test]
    fn a_time_lies_within_the_frame_shown(rate in any_rate(), nanos in -(1_i128 << 60)..(1 << 60)) {
        let at = RationalTime::new(nanos, 1_000_000_000).unwrap();
        let (shown, nearest, first) = (rate.frame_at(at), rate.nearest_frame(at), rate.first_frame_from(at));
        prop_assume!(shown > i64::MIN && shown < i64::MAX - 1);
        prop_assert!(rate.frame_start(shown) <= at && at < rate.frame_start(shown + 1));
        prop_assert!(rate.frame_start(first - 1) < at && at <= rate.frame_start(first));
        prop_assert!(nearest == shown || nearest == first);
        let off = (at - rate.frame_start(nearest)).abs();
        let nanosecond = RationalTime::new(1, 1_000_000_000).unwrap();
        prop_assert!(off + off <= rate.frame_duration() + nanosecond + nanosecond);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[-0-9./]{0,14}") {
        if let Ok(rate) = text.parse::<FrameRate>() {
            prop_assert_eq!(rate.to_string().parse(), Ok(rate));
        }
    }
}
