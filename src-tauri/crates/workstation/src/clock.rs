//! The system's clock, the only place where it is read.

use mediatime::{Clock, Timestamp};
use std::time::{SystemTime, UNIX_EPOCH};

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        // A clock before 1970 is a broken clock; the epoch is as good an answer as any.
        let nanos = since.map_or(0, |since| i128::try_from(since.as_nanos()).unwrap_or(0));
        Timestamp::from_nanos(nanos).unwrap_or(Timestamp::ZERO)
    }
}
