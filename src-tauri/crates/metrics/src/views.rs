//! Where view events come from.

use mediatime::{Clock, Timestamp};
use record::ViewEvent;
use uuid::Uuid;

use crate::{Range, Summary, summarise};

/// An event's own time may lie this far in the future, in milliseconds: the collector believes a
/// phone's clock so far.
pub const CLOCK_ERROR_MS: i64 = 5 * 60_000;

/// Why events could not be read.
pub type ViewsError = Box<dyn std::error::Error + Send + Sync>;

/// A store of view events.
pub trait Views: Send + Sync {
    /// The events of a compilation with `from_ms <= ts < to_ms` (milliseconds since the Unix epoch),
    /// in any order; an event may come more than once.
    ///
    /// # Errors
    ///
    /// When not all of them can be read: a part of the numbers would be wrong ones.
    fn events(
        &self,
        compilation_id: Uuid,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<ViewEvent>, ViewsError>;

    /// The events of several compilations together. A store that keeps all in one place reads it
    /// once for this.
    ///
    /// # Errors
    ///
    /// As [`Self::events`].
    fn events_of(
        &self,
        compilation_ids: &[Uuid],
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<ViewEvent>, ViewsError> {
        let mut found = Vec::new();
        for id in compilation_ids {
            found.append(&mut self.events(*id, from_ms, to_ms)?);
        }
        Ok(found)
    }
}

/// The numbers of a compilation over the range that ends now.
///
/// # Errors
///
/// As [`Views::events`]; the numbers are then [`Summary::unknown`].
pub fn query(
    views: &dyn Views,
    compilation_id: Uuid,
    range: Range,
    clock: &dyn Clock,
) -> Result<Summary, ViewsError> {
    let now = clock.now();
    let now_ms = millis(now);
    let to_ms = now_ms.saturating_add(CLOCK_ERROR_MS);
    let events = views.events(compilation_id, now_ms.saturating_sub(range.ms()), to_ms)?;
    Ok(summarise(&events, now))
}

fn millis(time: Timestamp) -> i64 {
    i64::try_from(time.nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mediatime::FixedClock;

    struct Asked(Result<Vec<ViewEvent>, &'static str>);

    impl Views for Asked {
        fn events(&self, id: Uuid, from_ms: i64, to_ms: i64) -> Result<Vec<ViewEvent>, ViewsError> {
            assert_eq!(
                (id, from_ms, to_ms),
                (
                    Uuid::from_u128(4),
                    100_000_000 - 3_600_000,
                    100_000_000 + 300_000
                )
            );
            self.0.clone().map_err(Into::into)
        }
    }

    #[test]
    fn a_range_ends_now_and_trouble_is_not_silence() {
        let clock = FixedClock::new(Timestamp::from_secs(100_000).unwrap());
        let ask = |views: &Asked| query(views, Uuid::from_u128(4), "1h".parse().unwrap(), &clock);
        assert_eq!(ask(&Asked(Ok(Vec::new()))).unwrap().session_views, Some(0));
        assert_eq!(
            ask(&Asked(Err("no disk"))).unwrap_err().to_string(),
            "no disk"
        );
    }
}
