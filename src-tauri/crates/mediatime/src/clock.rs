//! Where components get the current time.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Timestamp;

/// A source of the current time: UTC since the Unix epoch, leap seconds not counted.
///
/// Passing a clock in, instead of asking the system, keeps logic repeatable and lets tests set the
/// time. TAMS timestamps are TAI by convention, so a value from here is not a position on a TAI
/// timeline.
pub trait Clock: Send + Sync {
    /// The current time, UTC since 1970-01-01T00:00:00Z.
    fn now(&self) -> Timestamp;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

impl<C: Clock + ?Sized> Clock for &C {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

/// A clock that shows the time it was set to and moves only when told.
///
/// Sharing it through an [`Arc`] gives a component the clock and the test the hands.
#[derive(Debug, Default)]
pub struct FixedClock {
    now: Mutex<Timestamp>,
}

impl FixedClock {
    /// A clock standing at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self {
            now: Mutex::new(now),
        }
    }

    /// Moves the clock to `now`, forwards or backwards.
    pub fn set(&self, now: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Moves the clock forward by `by`, or back when it is negative, stopping at the limits of
    /// [`Timestamp`].
    pub fn advance(&self, by: Timestamp) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(by);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(value: i64) -> Timestamp {
        Timestamp::from_secs(value).unwrap()
    }

    fn read(clock: impl Clock) -> Timestamp {
        clock.now()
    }

    #[test]
    fn stands_still_until_moved() {
        let clock = Arc::new(FixedClock::new(seconds(100)));
        let seen: Arc<dyn Clock> = clock.clone();
        assert_eq!(seen.now(), seconds(100));
        assert_eq!(seen.now(), seconds(100));
        clock.advance(seconds(5));
        assert_eq!(seen.now(), seconds(105));
        clock.set(seconds(1));
        assert_eq!(read(&seen), seconds(1));
        clock.advance(Timestamp::MAX);
        assert_eq!(read(seen), Timestamp::MAX);
    }
}
