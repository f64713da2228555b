//! When to try again.

use std::time::Duration;

use http::HeaderMap;
use http::header::DATE;
use jiff::fmt::rfc2822;
use mediatime::Timestamp;

use crate::error::TamsError;
use crate::surroundings::Chance;

/// The pause before the first repetition, doubled before each further one.
const FIRST: Duration = Duration::from_millis(250);
/// No pause of our own is longer.
const LONGEST: Duration = Duration::from_secs(8);

/// How often, and with which pauses, a request is repeated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    tries: u32,
    longest_wait: Duration,
}

impl Patience {
    pub(crate) fn new(tries: u32, longest_wait: Duration) -> Self {
        Self {
            tries,
            longest_wait,
        }
    }

    /// Whether one more try may follow `made` ones.
    pub(crate) fn allows(self, made: u32) -> bool {
        made < self.tries
    }

    /// The pause after try number `made` (from 1) ended in `error`: what the server asks for up to
    /// the limit, else exponential back-off with jitter over its upper half.
    pub(crate) fn wait(self, made: u32, error: &TamsError, chance: &dyn Chance) -> Duration {
        if let TamsError::RateLimited {
            retry_after: Some(asked),
            ..
        } = error
        {
            return (*asked).min(self.longest_wait);
        }
        let doubled =
            FIRST.saturating_mul(1u32.checked_shl(made.saturating_sub(1)).unwrap_or(u32::MAX));
        let whole = doubled.min(LONGEST).min(self.longest_wait);
        let mut byte = [0];
        chance.fill(&mut byte);
        whole / 2 + whole / 2 * u32::from(byte[0]) / 255
    }
}

/// Reads `Retry-After` (RFC 9110 §10.2.3): seconds, or a date. A date is taken by the server's own
/// clock where it tells it, for ours may differ.
pub(crate) fn retry_after(value: &str, headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = seconds_of(value)?;
    let server_now = headers
        .get(DATE)
        .and_then(|date| seconds_of(date.to_str().ok()?));
    let now = match server_now {
        Some(now) => now,
        None => i64::try_from(now.nanos().div_euclid(1_000_000_000)).ok()?,
    };
    Some(Duration::from_secs(
        u64::try_from(until.saturating_sub(now)).unwrap_or(0),
    ))
}

/// The server's clock, to the second.
pub(crate) fn server_time(headers: &HeaderMap) -> Option<Timestamp> {
    let date = headers.get(DATE)?.to_str().ok()?;
    Timestamp::from_secs(seconds_of(date)?)
}

fn seconds_of(date: &str) -> Option<i64> {
    let zoned = rfc2822::DateTimeParser::new().parse_zoned(date).ok()?;
    Some(zoned.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Place;
    use http::HeaderValue;
    use url::Url;

    struct Always(u8);

    impl Chance for Always {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn limited(seconds: Option<u64>) -> TamsError {
        TamsError::RateLimited {
            at: Place::of(&Url::parse("http://h/").unwrap()),
            retry_after: seconds.map(Duration::from_secs),
        }
    }

    #[test]
    fn pauses_grow_within_bounds() {
        let patience = Patience::new(4, Duration::from_secs(30));
        let wait = |made, byte| {
            patience
                .wait(made, &limited(None), &Always(byte))
                .as_millis()
        };
        assert_eq!((wait(1, 0), wait(1, 255)), (125, 250));
        assert_eq!((wait(3, 0), wait(3, 255)), (500, 1000));
        assert_eq!(wait(60, 255), 8000);
        assert!(patience.allows(3) && !patience.allows(4));
    }

    #[test]
    fn what_the_server_asks_is_kept_up_to_the_limit() {
        let patience = Patience::new(4, Duration::from_secs(30));
        let wait = |asked| {
            patience
                .wait(1, &limited(Some(asked)), &Always(0))
                .as_secs()
        };
        assert_eq!((wait(7), wait(3600)), (7, 30));
    }

    #[test]
    fn dates_count_from_the_servers_clock() {
        let now = Timestamp::from_secs(784_111_700).unwrap();
        let mut headers = HeaderMap::new();
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"; // 784111777
        assert_eq!(
            retry_after(date, &headers, now),
            Some(Duration::from_secs(77))
        );
        headers.insert(
            DATE,
            HeaderValue::from_static("Sun, 06 Nov 1994 08:49:30 GMT"),
        );
        assert_eq!(
            retry_after(date, &headers, now),
            Some(Duration::from_secs(7))
        );
        headers.insert(
            DATE,
            HeaderValue::from_static("Sun, 06 Nov 1994 09:49:30 GMT"),
        );
        assert_eq!(retry_after(date, &headers, now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", &headers, now), None);
        assert_eq!(
            retry_after("12", &headers, now),
            Some(Duration::from_secs(12))
        );
    }
}
