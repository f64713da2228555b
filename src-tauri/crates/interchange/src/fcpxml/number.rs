//! Times and rates as FCPXML writes them: rational seconds.

use super::xml::Element;
use crate::issue::short;
use crate::{ReadError, Time};
use mediatime::{FrameRate, RationalTime};

/// Reads `1001/30000s` or `5s`.
pub(super) fn seconds(text: &str) -> Option<RationalTime> {
    let number = text.trim().strip_suffix('s')?;
    let (num, den) = number.split_once('/').unwrap_or((number, "1"));
    RationalTime::new(num.trim().parse().ok()?, den.trim().parse().ok()?)
}

/// The time in an attribute; `None` when it has none.
pub(super) fn time_at(element: &Element, name: &str) -> Result<Option<RationalTime>, ReadError> {
    element
        .get(name)
        .map(|text| {
            seconds(text).ok_or_else(|| ReadError::Line {
                line: element.line,
                why: format!(
                    "the {name} of a {}, `{}`, is no time",
                    short(&element.name),
                    short(text)
                ),
            })
        })
        .transpose()
}

/// A duration, which is not negative.
pub(super) fn duration_at(element: &Element) -> Result<Option<RationalTime>, ReadError> {
    match time_at(element, "duration")? {
        Some(time) if time < RationalTime::ZERO => Err(ReadError::Line {
            line: element.line,
            why: format!("the duration of a {} is negative", short(&element.name)),
        }),
        time => Ok(time),
    }
}

/// The rate at which frames last so long.
pub(super) fn rate(frame: RationalTime) -> Option<FrameRate> {
    let (num, den) = (
        u32::try_from(frame.num()).ok()?,
        u32::try_from(frame.den()).ok()?,
    );
    FrameRate::new(den, num)
}

/// Seconds as FCPXML writes them.
pub(super) fn text(seconds: RationalTime) -> String {
    match (seconds.num(), seconds.den()) {
        (num, 1) => format!("{num}s"),
        (num, den) => format!("{num}/{den}s"),
    }
}

/// `seconds`, counted at the first of the rates that has a frame there, else at the last.
pub(super) fn counted(seconds: RationalTime, rates: &[FrameRate]) -> Time {
    let mut times = rates.iter().map(|rate| Time::new(seconds, *rate));
    let whole = times.clone().find(|time| time.whole_frames().is_some());
    whole
        .or(times.next_back())
        .unwrap_or(Time::new(seconds, FrameRate::FPS_25))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact() {
        let time = |num, den| RationalTime::new(num, den);
        assert_eq!(seconds("1001/30000s"), time(1001, 30_000));
        assert_eq!(seconds("-5s"), time(-5, 1));
        assert_eq!(seconds("3600/1s"), time(3600, 1));
        assert_eq!(
            seconds("1723124225433333333/1000000000s"),
            time(1_723_124_225_433_333_333, 1_000_000_000)
        );
        for text in ["", "s", "5", "1/0s", "1.5s", "a/2s", "1/-2s"] {
            assert_eq!(seconds(text), None, "{text}");
        }
        assert_eq!(text(time(1001, 30_000).unwrap()), "1001/30000s");
        assert_eq!(text(time(10, 2).unwrap()), "5s");
    }

    #[test]
    fn frames_tell_rates() {
        let of = |text: &str| rate(seconds(text).unwrap());
        assert_eq!(of("1001/30000s"), Some(FrameRate::FPS_29_97));
        assert_eq!(of("100/2500s"), Some(FrameRate::FPS_25));
        assert_eq!(of("0s"), None);
        assert_eq!(of("-1/25s"), None);
    }
}
