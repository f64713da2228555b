//! Numbers of JSON and rates of OTIO, exactly.

use super::*;

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

fn read(value: &str, rate: &str) -> Result<Reading<Time>, String> {
    time(&serde_json::from_str(&format!(r#"{{"value": {value}, "rate": {rate}}}"#)).unwrap())
}

#[test]
fn rates_are_what_they_stand_for() {
    for (text, num, den) in [
        ("24", 24, 1),
        ("24.0", 24, 1),
        ("25.0", 25, 1),
        ("23.976", 24_000, 1001),
        ("23.98", 24_000, 1001),
        ("23.976023976023978", 24_000, 1001),
        ("23.976023976023976", 24_000, 1001),
        ("29.97", 30_000, 1001),
        ("29.97002997002997", 30_000, 1001),
        ("47.952047952047955", 48_000, 1001),
        ("59.94", 60_000, 1001),
        ("59.94005994005994", 60_000, 1001),
        ("119.88011988011988", 120_000, 1001),
        ("12.5", 25, 2),
        ("41.666666666666664", 125, 3),
        ("33.333333333333336", 100, 3),
        ("1000000000.0", 1_000_000_000, 1),
        ("1e9", 1_000_000_000, 1),
        ("48000", 48_000, 1),
        ("1", 1, 1),
        ("0.5", 1, 2),
    ] {
        assert_eq!(rate(&number(text)), FrameRate::new(num, den), "{text}");
    }
    assert_eq!(
        rate(&number("24.000384")),
        FrameRate::new(24_000_384, 1_000_000)
    );
    for bad in [
        "0",
        "0.0",
        "-24",
        "1e300",
        "1e-300",
        "24.0000000001",
        "4294967296",
    ] {
        assert_eq!(rate(&number(bad)), None, "{bad}");
    }
}

#[test]
fn times_are_exact() {
    for (value, speed, num, den) in [
        ("10", "24", 5, 12),
        ("10.0", "24.0", 5, 12),
        ("-10.0", "24.0", -5, 12),
        ("1", "29.97", 1001, 30_000),
        ("0.1", "24", 1, 240),
        (
            "1723124086620000001",
            "1e9",
            1_723_124_086_620_000_001,
            1_000_000_000,
        ),
        ("1.5e3", "1000", 3, 2),
        (
            "12.500000000000002",
            "30",
            6_250_000_000_000_001,
            15_000_000_000_000_000,
        ),
        ("0", "1", 0, 1),
        ("-0.0", "1", 0, 1),
    ] {
        let reading = read(value, speed).unwrap();
        assert_eq!(reading.note, None);
        assert_eq!(
            Some(reading.value.seconds()),
            RationalTime::new(num, den),
            "{value}"
        );
    }
}

#[test]
fn what_is_not_exact_is_said() {
    let near = read("1.0000000000000002", "23.976").unwrap();
    assert_eq!(near.value, Time::frames(1, FrameRate::FPS_23_976));
    assert!(near.note.is_some());
    let nano = read("12.345678901234567", "59.94").unwrap();
    assert_eq!(nano.value.seconds().den() % 10, 0);
    assert!(nano.note.unwrap().contains("nanosecond, 0:205967076"));
    let zero = read("1.1102230246251565e-16", "24").unwrap();
    assert_eq!(zero.value.whole_frames(), Some(0));
    assert!(zero.note.is_some());
    assert_eq!(read("5e-324", "24").unwrap().value.whole_frames(), Some(0));
    for (value, speed) in [
        ("1e300", "24"),
        ("1e18", "1"),
        ("123456789012345678901234567890", "24"),
        ("1", "0"),
        ("1", "-24"),
        ("null", "24"),
        ("\"1\"", "24"),
        ("1", "1e300"),
    ] {
        assert!(read(value, speed).is_err(), "{value} at {speed}");
    }
}

#[test]
fn times_are_written_as_they_are_read() {
    for (value, speed) in [
        ("86400.0", "23.976023976023978"),
        ("0.1", "24.0"),
        ("12.500000000000002", "30.0"),
        ("-7.25", "29.97002997002997"),
        ("1723124086620000001", "1000000000.0"),
        ("9007199254740992.0", "1000000000.0"),
        ("3.3366666666666664", "1.0"),
    ] {
        let written = time_json(read(value, speed).unwrap().value);
        assert_eq!(written["value"].to_string(), value);
        assert_eq!(written["rate"].to_string(), speed);
    }
}

#[test]
fn ranges_have_no_negative_duration() {
    let one = |value: i64| json!({"value": value, "rate": 24});
    assert!(range(&json!({"start_time": one(-5), "duration": one(0)})).is_ok());
    assert!(range(&json!({"start_time": one(5), "duration": one(-1)})).is_err());
    assert!(range(&json!({"start_time": one(5), "duration": null})).is_err());
    assert!(range(&json!({"duration": one(5)})).is_err());
    assert!(range(&json!([])).is_err());
}
