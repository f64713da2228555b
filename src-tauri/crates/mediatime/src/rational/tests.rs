//! Rational time against big integers.

use num_rational::BigRational;
use proptest::prelude::*;

use super::*;

fn time(num: i128, den: u64) -> RationalTime {
    RationalTime::new(num, den).unwrap()
}

fn big(time: RationalTime) -> BigRational {
    BigRational::new(time.num().into(), time.den().into())
}

fn whole(value: i128) -> BigRational {
    BigRational::from_integer(value.into())
}

fn limit() -> BigRational {
    big(Timestamp::MAX.into())
}

#[test]
fn is_always_reduced() {
    let table = [
        ((2, 4), "1/2"),
        ((-2, 4), "-1/2"),
        ((0, 7), "0/1"),
        ((50, 25), "2/1"),
        ((-7, 7), "-1/1"),
    ];
    for ((num, den), text) in table {
        assert_eq!(time(num, den).to_string(), text);
        assert_eq!(text.parse(), Ok(time(num, den)));
    }
    assert_eq!(RationalTime::default(), time(0, 1));
    assert_eq!(RationalTime::from_ticks(45_000, 90_000), Some(time(1, 2)));
}

#[test]
fn nothing_lies_past_the_limits() {
    let limit = Timestamp::MAX.nanos();
    assert_eq!(RationalTime::new(1, 0), None);
    assert_eq!(RationalTime::new(i128::MIN, 1), None);
    assert_eq!(RationalTime::new(i128::MAX, u64::MAX), None);
    assert_eq!(
        RationalTime::new(limit, NANOS_PER_SEC),
        Some(Timestamp::MAX.into())
    );
    assert_eq!(
        RationalTime::new(-limit, NANOS_PER_SEC),
        Some(Timestamp::MIN.into())
    );
    assert_eq!(RationalTime::new(limit + 1, NANOS_PER_SEC), None);
    assert_eq!(RationalTime::new(limit * 10 + 1, NANOS_PER_SEC * 10), None);
    assert_eq!(RationalTime::from_ticks(1, 0), None);
    assert_eq!(RationalTime::from_ticks(i64::MAX, 1), None);
    assert_eq!(time(1, 2).checked_mul(i64::MAX), None);
    assert_eq!(time(1 << 100, u64::MAX).checked_mul(1 << 28), None);
    let max = RationalTime::from(Timestamp::MAX);
    assert_eq!(max + max, max);
    assert_eq!(-max - max, -max);
    assert_eq!(max + time(1, 3), max);
}

#[test]
fn ticks_round_as_named() {
    let table = [
        (time(1, 3), 0, 0, 1),
        (time(-1, 3), -1, 0, 0),
        (time(1, 2), 0, 1, 1),
        (time(-1, 2), -1, -1, 0),
        (time(2, 3), 0, 1, 1),
        (time(5, 1), 5, 5, 5),
        (time(-5, 1), -5, -5, -5),
    ];
    for (at, floor, round, ceil) in table {
        assert_eq!(
            (at.floor_ticks(1), at.round_ticks(1), at.ceil_ticks(1)),
            (floor, round, ceil),
            "{at}"
        );
    }
    let max = RationalTime::from(Timestamp::MAX);
    assert_eq!(max.floor_ticks(u32::MAX), i64::MAX);
    assert_eq!((-max).ceil_ticks(u32::MAX), i64::MIN);
    assert_eq!((-max).round_ticks(u32::MAX), i64::MIN);
    assert_eq!(max.floor_ticks(0), 0);
}

#[test]
fn sums_without_a_denominator_in_reach_round_to_a_nanosecond() {
    let (a, b) = (time(1, u64::MAX), time(1, u64::MAX - 1));
    assert_eq!(a + b, RationalTime::ZERO);
    let nearly_one = time(i128::from(u64::MAX) - 1, u64::MAX);
    assert_eq!(
        nearly_one + time(i128::from(u64::MAX) - 2, u64::MAX - 1),
        time(2, 1)
    );
    let sum: RationalTime = [time(1, 3), time(1, 6), time(1, 2)].iter().sum();
    assert_eq!(sum, time(1, 1));
    let mut running = time(1, 2);
    running += time(1, 3);
    running -= time(5, 6);
    assert_eq!(running, RationalTime::ZERO);
}

#[test]
fn text_is_a_fraction_or_whole_seconds() {
    assert_eq!("4/8".parse(), Ok(time(1, 2)));
    assert_eq!("-3".parse(), Ok(time(-3, 1)));
    assert_eq!(
        serde_json::to_string(&time(1001, 30_000)).unwrap(),
        "\"1001/30000\""
    );
    assert_eq!(
        serde_json::from_str::<RationalTime>("\"1/2\"").unwrap(),
        time(1, 2)
    );
    let huge = "9".repeat(60);
    for text in [
        "",
        "/",
        "1/",
        "/2",
        "1/0",
        "1/-2",
        "+1/2",
        "1.5",
        "1/2/3",
        huge.as_str(),
    ] {
        assert!(text.parse::<RationalTime>().is_err(), "{text}");
    }
    assert!((time(-1, 4).as_seconds_f64_for_display() + 0.25).abs() < 1e-12);
}

/// Times from all over the range: media-like, or with denominators of up to 64 bits.
fn any_time() -> impl Strategy<Value = RationalTime> {
    let media_den =
        prop::sample::select(vec![1, 25, 24_000, 30_000, 48_000, 90_000, NANOS_PER_SEC]);
    let den = prop_oneof![media_den, 1..=u64::MAX, u64::MAX - 50..=u64::MAX];
    let secs = prop_oneof![-2_i128..=2, -(1_i128 << 47)..(1 << 47)];
    (secs, 0..=u64::MAX, den)
        .prop_map(|(secs, rest, den)| time(secs * i128::from(den) + i128::from(rest % den), den))
}

proptest! {
    #[test]
    fn order_is_that_of_big_integers(a in any_time(), b in any_time()) {
        prop_assert_eq!(a.cmp(&b), big(a).cmp(&big(b)));
        prop_assert_eq!(a == b, big(a) == big(b));
    }

    #[test]
    fn neighbours_are_told_apart(secs in -(1_i128 << 47)..(1 << 47), den in 2..u64::MAX) {
        let (low, high) = (time(secs * i128::from(den) + 1, den), time(secs * i128::from(den + 1) + 1, den + 1));
        prop_assert!(high < low);
    }

    #[test]
    fn sums_are_exact_or_within_half_a_nanosecond(a in any_time(), b in any_time()) {
        let exact = big(a) + big(b);
        let sum = big(a + b);
        if *exact.denom() <= u64::MAX.into() {
            prop_assert_eq!(&sum, &exact);
        } else {
            let error = (sum - exact) * whole(2 * i128::from(NANOS_PER_SEC));
            prop_assert!(error <= whole(1) && error >= whole(-1));
            prop_assert_eq!(NANOS_PER_SEC % (a + b).den(), 0);
        }
        prop_assert_eq!(a - a, RationalTime::ZERO);
    }

    #[test]
    fn products_are_exact_or_refused(a in any_time(), factor in prop_oneof![-100_i64..100, any::<i64>()]) {
        let exact = big(a) * whole(factor.into());
        match a.checked_mul(factor) {
            Some(product) => prop_assert_eq!(big(product), exact),
            None => prop_assert!(exact > limit() || exact < -limit()),
        }
    }

    #[test]
    fn ticks_are_those_of_big_integers(a in any_time(), scale in prop_oneof![1_u32..100_000, any::<u32>()]) {
        let exact = big(a) * whole(scale.into());
        let fits = |ticks: BigRational| i64::try_from(ticks.to_integer()).ok();
        if let Some(ticks) = fits(exact.floor()) {
            prop_assert_eq!(a.floor_ticks(scale), ticks);
        }
        if let Some(ticks) = fits(exact.round()) {
            prop_assert_eq!(a.round_ticks(scale), ticks);
        }
        if let Some(ticks) = fits(exact.ceil()) {
            prop_assert_eq!(a.ceil_ticks(scale), ticks);
        }
        let nanos = (big(a) * whole(NANOS_PER_SEC.into())).floor();
        prop_assert_eq!(whole(a.to_timestamp().nanos()), nanos);
    }

    #[test]
    fn text_round_trips(a in any_time()) {
        prop_assert_eq!(a.to_string().parse(), Ok(a));
    }
}
