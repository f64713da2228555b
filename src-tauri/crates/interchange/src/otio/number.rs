//! OTIO's floating-point numbers as the exact numbers they stand for.

use super::Object;
use crate::time::gcd;
use crate::{Range, Time};
use mediatime::{FrameRate, RationalTime, Timestamp};
use serde_json::{Number, Value, json};

/// Decimals [`FrameRate`] reads.
const RATE_DECIMALS: usize = 9;
/// A rate that some program computed is at most so many frames in a whole number of seconds.
const RATE_SECONDS: u128 = 1_000_000;
/// Whole numbers up to here are exact as `f64`.
const EXACT: u128 = 1 << 53;

/// A value, and what had to be done to it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading<T> {
    /// The value.
    pub(super) value: T,
    /// As the end of a sentence that starts with its place.
    pub(super) note: Option<String>,
}

/// A number as decimal digits: `digits × 10^exponent`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Decimal {
    digits: i128,
    exponent: i32,
}

impl Decimal {
    /// Reads JSON's number: the shortest decimal text of a float, which is what programs write.
    fn read(number: &Number) -> Option<Self> {
        let text = number.to_string();
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text.as_str(), 0),
        };
        let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let decimals = decimals.trim_end_matches('0');
        let digits: i128 = format!("{whole}{decimals}").parse().ok()?;
        Some(Self {
            digits,
            exponent: exponent.checked_sub(i32::try_from(decimals.len()).ok()?)?,
        })
    }

    /// As a fraction; `None` beyond 128 bits.
    fn fraction(self) -> Option<(i128, u128)> {
        let scale = 10_u128.checked_pow(self.exponent.unsigned_abs())?;
        if self.exponent < 0 {
            return Some((self.digits, scale));
        }
        Some((self.digits.checked_mul(i128::try_from(scale).ok()?)?, 1))
    }
}

/// A rate; those of the NTSC family as what they stand for, computed ones as the simple fraction whose
/// float they are.
pub(super) fn rate(number: &Number) -> Option<FrameRate> {
    let (num, den) = Decimal::read(number)?.fraction()?;
    let num = u128::try_from(num).ok().filter(|num| *num > 0)?;
    let whole = num / den;
    let decimals = usize::try_from(den.ilog10()).ok()?;
    let fraction = format!("{:0decimals$}", num % den);
    let cut = fraction
        .get(..RATE_DECIMALS.min(decimals))
        .unwrap_or_default();
    let near = match cut {
        "" => whole.to_string(),
        cut => format!("{whole}.{cut}"),
    };
    let near: Option<FrameRate> = near.parse().ok();
    match near {
        Some(rate) if decimals <= RATE_DECIMALS || rate.denominator() == 1001 => Some(rate),
        _ => simplest(num, den),
    }
}

/// The first convergent of `num / den` that no float can tell from it.
fn simplest(num: u128, den: u128) -> Option<FrameRate> {
    let (mut p, mut q) = ((1_u128, 0_u128), (0_u128, 1_u128));
    let (mut a, mut b) = (num, den);
    while b != 0 {
        let step = a / b;
        (a, b) = (b, a % b);
        p = (step.checked_mul(p.0)?.checked_add(p.1)?, p.0);
        q = (step.checked_mul(q.0)?.checked_add(q.1)?, q.0);
        if q.0 > RATE_SECONDS {
            return None;
        }
        let away = p.0.checked_mul(den)?.abs_diff(num.checked_mul(q.0)?);
        // One step of an f64 is a 2⁵²nd part or less.
        if away.checked_mul(1 << 52)? <= num.checked_mul(q.0)? {
            return FrameRate::new(u32::try_from(p.0).ok()?, u32::try_from(q.0).ok()?);
        }
    }
    None
}

/// An `RationalTime`.
pub(super) fn time(value: &Value) -> Result<Reading<Time>, String> {
    let number = |key: &str| match value.get(key) {
        Some(Value::Number(number)) => Ok(number),
        _ => Err(format!("a time without a number as its {key}")),
    };
    let (count, speed) = (number("value")?, number("rate")?);
    let rate = rate(speed).ok_or_else(|| format!("the rate {speed} can't be told exactly"))?;
    let too_large = || format!("the time {count} at {speed} is too large");
    let Some((num, den)) = Decimal::read(count).and_then(Decimal::fraction) else {
        return tiny(count, rate).ok_or_else(too_large);
    };
    let up = num.checked_mul(i128::from(rate.denominator()));
    let down = den.checked_mul(u128::from(rate.numerator()));
    let (Some(up), Some(down)) = (up, down) else {
        return tiny(count, rate).ok_or_else(too_large);
    };
    let common = gcd(up.unsigned_abs(), down);
    let up = up / i128::try_from(common).map_err(|_| too_large())?;
    let down = down / common;
    if let Ok(down) = u64::try_from(down) {
        let seconds = RationalTime::new(up, down).ok_or_else(too_large)?;
        return Ok(Reading {
            value: Time::new(seconds, rate),
            note: None,
        });
    }
    // No 64-bit denominator holds it: what it is meant to be, or the nearest nanosecond.
    let frame = rounded(num, den).ok_or_else(too_large)?;
    let den = i128::try_from(den).map_err(|_| too_large())?;
    let away = frame
        .checked_mul(den)
        .and_then(|frame| frame.checked_sub(num));
    let away = away.and_then(|away| away.unsigned_abs().checked_mul(1_000_000));
    if away.is_some_and(|away| away <= den.unsigned_abs()) {
        let frame = i64::try_from(frame).map_err(|_| too_large())?;
        return Ok(Reading {
            value: Time::frames(frame, rate),
            note: Some(format!("{count} at {speed} is taken for {frame}")),
        });
    }
    let nanos = nanos(up, down).ok_or_else(too_large)?;
    Ok(Reading {
        value: Time::new(nanos.to_rational(), rate),
        note: Some(format!(
            "{count} at {speed} is taken to the nanosecond, {nanos}"
        )),
    })
}

/// What is left of 0 after floating-point arithmetic.
fn tiny(count: &Number, rate: FrameRate) -> Option<Reading<Time>> {
    let decimal = Decimal::read(count)?;
    // At most 20 digits, so below 10⁻⁸.
    (decimal.exponent < -28).then(|| Reading {
        value: Time::frames(0, rate),
        note: Some(format!("{count} is taken for 0")),
    })
}

/// The nearest whole number, halves up.
fn rounded(num: i128, den: u128) -> Option<i128> {
    let den = i128::try_from(den).ok()?;
    num.checked_mul(2)?
        .checked_add(den)
        .map(|twice| twice.div_euclid(den.saturating_mul(2)))
}

fn nanos(num: i128, den: u128) -> Option<Timestamp> {
    let (den, second) = (i128::try_from(den).ok()?, 1_000_000_000);
    let (whole, rest) = (num.div_euclid(den), num.rem_euclid(den));
    // Nine digits more may not fit; as many of the denominator's last are of no matter then.
    let (rest, den) = match rest.checked_mul(second) {
        Some(rest) => (rest, den),
        None => (rest, den / second),
    };
    Timestamp::from_nanos(whole.checked_mul(second)?.checked_add(rest / den.max(1))?)
}

/// A `TimeRange`. A negative duration is none.
pub(super) fn range(value: &Value) -> Result<Reading<Range>, String> {
    let part = |key: &str| match value.get(key) {
        Some(part) if !part.is_null() => time(part),
        _ => Err(format!("a range without {key}")),
    };
    let (start, duration) = (part("start_time")?, part("duration")?);
    if duration.value.seconds() < RationalTime::ZERO {
        return Err("a range of negative duration".to_owned());
    }
    Ok(Reading {
        value: Range {
            start: start.value,
            duration: duration.value,
        },
        note: start.note.or(duration.note),
    })
}

/// The range under `key`, if it is one.
pub(crate) fn range_at(object: &Object, key: &str) -> Option<Range> {
    Some(range(object.get(key)?).ok()?.value)
}

/// The time under `key`, if it is one.
pub(super) fn time_at(object: &Object, key: &str) -> Option<Time> {
    Some(time(object.get(key)?).ok()?.value)
}

/// A time as OTIO writes it. A whole count that no float holds is written as the integer it is.
pub(super) fn time_json(time: Time) -> Value {
    let rate = f64::from(time.rate().numerator()) / f64::from(time.rate().denominator());
    json!({
        "OTIO_SCHEMA": "RationalTime.1",
        "rate": rate,
        "value": count_json(time),
    })
}

fn count_json(time: Time) -> Value {
    match time.count() {
        Some((count, 1)) if count.unsigned_abs() > EXACT && i64::try_from(count).is_ok() => {
            json!(i64::try_from(count).unwrap_or_default())
        }
        Some((count, den)) => json!(quotient(count, den)),
        None => json!(
            time.seconds().as_seconds_f64_for_display() * f64::from(time.rate().numerator())
                / f64::from(time.rate().denominator())
        ),
    }
}

/// The float of a fraction: by way of its decimals where these end, so that a count that was read from
/// decimals is written with the same.
fn quotient(num: i128, den: u128) -> f64 {
    let mut scaled = (num, den);
    for decimals in 0..=18 {
        if scaled.1 == 1 {
            let text = format!("{}e-{decimals}", scaled.0);
            return text.parse().unwrap_or_default();
        }
        let common = gcd(10, scaled.1);
        let Some(times) = i128::try_from(10 / common).ok() else {
            break;
        };
        let Some(num) = scaled.0.checked_mul(times) else {
            break;
        };
        scaled = (num, scaled.1 / common);
    }
    num as f64 / den as f64
}

/// A range as OTIO writes it.
pub(crate) fn range_json(range: Range) -> Value {
    json!({
        "OTIO_SCHEMA": "TimeRange.1",
        "duration": time_json(range.duration),
        "start_time": time_json(range.start),
    })
}

#[cfg(test)]
mod tests;
