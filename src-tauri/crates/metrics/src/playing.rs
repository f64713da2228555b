//! Who plays now.

use std::collections::HashMap;

use record::ViewEvent;

use crate::CLOCK_ERROR_MS;
use crate::audience::Span;

/// A player that plays reports every 10 seconds; one that has not for this long is gone.
pub(crate) const GRACE_MS: i64 = 35_000;
/// How far back the last reports of players that play can lie.
const WINDOW_MS: i64 = 90_000;
/// States of a player that somebody watches: playing, waiting for data, seeking.
pub(crate) const WATCHED: [&str; 3] = ["p", "r", "k"];

/// Where the events lie that tell who plays at `now_ms`: their own times are off by as much as the
/// clocks of phones.
pub(crate) const fn window(now_ms: i64) -> Span {
    Span {
        from_ms: now_ms.saturating_sub(WINDOW_MS + CLOCK_ERROR_MS),
        to_ms: now_ms.saturating_add(CLOCK_ERROR_MS),
    }
}

/// Sessions whose last state is a watched one, and of which something was received lately.
pub(crate) fn count(events: &[ViewEvent], now_ms: i64) -> u64 {
    #[derive(Default)]
    struct Last<'e> {
        received: i64,
        state: (u64, i64, &'e str),
    }
    let mut last: HashMap<&str, Last<'_>> = HashMap::new();
    for event in events {
        let session = last.entry(event.session_id.as_str()).or_default();
        session.received = session.received.max(event.recv_ts);
        if !event.state.is_empty() {
            let state = (event.seq, event.ts, event.state.as_str());
            session.state = session.state.max(state);
        }
    }
    let since = now_ms.saturating_sub(GRACE_MS);
    let plays = |last: &&Last<'_>| last.received >= since && WATCHED.contains(&last.state.2);
    last.values().filter(plays).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn event(session: &str, seq: u64, state: &str, ago_ms: i64) -> ViewEvent {
        ViewEvent {
            // The phone's clock goes two minutes slow.
            ts: NOW - ago_ms - 120_000,
            recv_ts: NOW - ago_ms,
            session_id: session.to_owned(),
            seq,
            state: state.to_owned(),
            ..ViewEvent::default()
        }
    }

    #[test]
    fn who_plays_now() {
        let events = [
            event("plays", 1, "s", 20_000),
            event("plays", 2, "p", 18_000),
            // A report without a state tells that it is still there.
            event("plays", 3, "", 1_000),
            event("paused", 1, "p", 9_000),
            event("paused", 2, "a", 1_000),
            // Sent in the wrong order.
            event("waits", 5, "r", 34_000),
            event("waits", 4, "a", 30_000),
            event("gone", 1, "p", 35_001),
        ];
        assert_eq!(count(&events, NOW), 2);
        assert_eq!(count(&[], NOW), 0);
        let span = window(NOW);
        assert!(
            events
                .iter()
                .all(|e| (span.from_ms..span.to_ms).contains(&e.ts))
        );
    }
}
