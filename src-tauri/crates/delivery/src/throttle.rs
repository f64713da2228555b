//! The bandwidth cap, shared by all parts in flight.

use std::num::NonZeroU64;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What may go out at once after a pause, in time at the capped rate.
const BURST: Duration = Duration::from_millis(100);

/// Bodies hand out no more than this at once: a tenth of a second's worth, so that a cap is smooth
/// and can be changed at any time.
const SLICES_PER_SECOND: u64 = 10;
const MIN_SLICE: u64 = 4 << 10;

/// Spaces what bodies hand to the network so that together they keep to a rate.
pub(crate) struct Throttle {
    start: Instant,
    bucket: Mutex<Bucket>,
}

impl Throttle {
    pub(crate) fn new(rate: Option<NonZeroU64>) -> Self {
        Self {
            start: Instant::now(),
            bucket: Mutex::new(Bucket {
                rate,
                free_at: Duration::ZERO,
            }),
        }
    }

    pub(crate) fn set_rate(&self, rate: Option<NonZeroU64>) {
        self.bucket().rate = rate;
    }

    /// The largest piece to hand out at once, at most `limit`.
    pub(crate) fn slice(&self, limit: usize) -> usize {
        let Some(rate) = self.bucket().rate else {
            return limit;
        };
        let slice = (rate.get() / SLICES_PER_SECOND).max(MIN_SLICE);
        limit.min(usize::try_from(slice).unwrap_or(limit))
    }

    /// Takes `bytes` out of the budget; they may leave at the returned time, `None` for at once.
    pub(crate) fn reserve(&self, bytes: usize) -> Option<Instant> {
        let at = self.bucket().reserve(self.start.elapsed(), bytes as u64)?;
        Some(self.start + at)
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Times are since the throttle's start.
struct Bucket {
    rate: Option<NonZeroU64>,
    free_at: Duration,
}

impl Bucket {
    fn reserve(&mut self, now: Duration, bytes: u64) -> Option<Duration> {
        let Some(rate) = self.rate else {
            self.free_at = now;
            return None;
        };
        let at = self.free_at.max(now.saturating_sub(BURST));
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(rate.get());
        let cost = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        self.free_at = at.saturating_add(cost);
        (at > now).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_rate_holds_over_any_number_of_takers() {
        let mut bucket = Bucket {
            rate: NonZeroU64::new(1000),
            free_at: Duration::ZERO,
        };
        let mut last = Duration::ZERO;
        for _ in 0..100 {
            last = bucket.reserve(Duration::ZERO, 100).unwrap_or_default();
        }
        assert_eq!(last, Duration::from_millis(9900));
    }

    #[test]
    fn a_pause_earns_only_the_burst() {
        let mut bucket = Bucket {
            rate: NonZeroU64::new(1000),
            free_at: Duration::ZERO,
        };
        assert_eq!(bucket.reserve(100 * SECOND, 100), None);
        assert_eq!(bucket.reserve(100 * SECOND, 100), None);
        assert_eq!(
            bucket.reserve(100 * SECOND, 100),
            Some(100 * SECOND + Duration::from_millis(100))
        );
    }

    #[test]
    fn without_a_cap_nothing_waits_and_nothing_is_owed_later() {
        let mut bucket = Bucket {
            rate: None,
            free_at: Duration::ZERO,
        };
        assert_eq!(bucket.reserve(SECOND, u64::MAX), None);
        bucket.rate = NonZeroU64::new(1);
        assert_eq!(bucket.reserve(SECOND, 1), None);
        assert_eq!(bucket.reserve(SECOND, 1), Some(2 * SECOND));
    }

    #[test]
    fn a_low_cap_makes_small_slices() {
        let slice = |rate| Throttle::new(NonZeroU64::new(rate)).slice(1 << 20);
        assert_eq!(slice(0), 1 << 20);
        assert_eq!(slice(1 << 30), 1 << 20);
        assert_eq!(slice(1 << 20), (1 << 20) / 10);
        assert_eq!(slice(100), 4096);
    }
}
