//! Numbers over time and by placement.

use std::collections::BTreeMap;

use record::ViewEvent;
use serde::Serialize;

use crate::sessions::sessions;

/// A series has no more points than this; a shorter step is made longer.
const POINTS: i64 = 2_000;

/// One step of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// Where the step begins: milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Sessions whose first play began in it.
    pub session_views: u64,
    /// Scans in it.
    pub qr_scans: u64,
    /// Milliseconds watched, by the reports made in it.
    pub watch_ms: u64,
}

/// The steps of a series, and which of them a time falls into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    pub(crate) from_ms: i64,
    pub(crate) step_ms: i64,
    count: i64,
}

impl Grid {
    /// Steps from `from_ms` to before `to_ms`, no more than a series may have.
    pub(crate) fn new(from_ms: i64, to_ms: i64, step_ms: i64) -> Self {
        let length = to_ms.saturating_sub(from_ms).max(0);
        let step_ms = step_ms.max(length / POINTS + 1);
        Self {
            from_ms,
            step_ms,
            count: length / step_ms + i64::from(length % step_ms > 0),
        }
    }

    /// All steps, with nothing in them.
    pub(crate) fn points(self) -> Vec<Point> {
        let point = |n| Point {
            at_ms: self.from_ms.saturating_add(n * self.step_ms),
            session_views: 0,
            qr_scans: 0,
            watch_ms: 0,
        };
        (0..self.count).map(point).collect()
    }

    /// The step that `at` falls into.
    fn step(self, at: i64) -> Option<usize> {
        let offset = at.checked_sub(self.from_ms).filter(|offset| *offset >= 0)?;
        usize::try_from(offset / self.step_ms).ok()
    }
}

/// The numbers of every step from `from_ms` to before `to_ms`, without gaps. `step_ms` below 1, or
/// so short that there were thousands of points, is made longer.
#[must_use]
pub fn series(events: &[ViewEvent], from_ms: i64, to_ms: i64, step_ms: i64) -> Vec<Point> {
    let grid = Grid::new(from_ms, to_ms, step_ms);
    let mut points = grid.points();
    let mut add = |at: i64, change: &dyn Fn(&mut Point)| {
        if let Some(point) = grid.step(at).and_then(|step| points.get_mut(step)) {
            change(point);
        }
    };
    for session in sessions(events).values() {
        if let Some(at) = session.viewed_at() {
            add(at, &|point| point.session_views += 1);
        }
        for report in session.reports.values() {
            if report.scan {
                add(report.at, &|point| point.qr_scans += 1);
            }
            if let Some(ms) = report.watch_ms {
                add(report.at, &|point| {
                    point.watch_ms = point.watch_ms.saturating_add(ms);
                });
            }
        }
    }
    points
}

/// What one printed code brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlacementRow {
    /// The printed code.
    pub short_id: String,
    /// Where it hangs; empty when it was not said.
    pub placement: String,
    /// Scans of it.
    pub scans: u64,
    /// Sessions by it in which pictures moved.
    pub plays: u64,
    /// Milliseconds watched in them.
    pub watch_ms: u64,
}

/// The printed codes that brought anything, most scans first.
#[must_use]
pub fn by_placement(events: &[ViewEvent]) -> Vec<PlacementRow> {
    let mut rows: BTreeMap<(&str, &str), PlacementRow> = BTreeMap::new();
    for session in sessions(events).into_values() {
        let Some((short_id, placement)) = session.code else {
            continue;
        };
        let row = rows
            .entry((short_id, placement))
            .or_insert_with(|| PlacementRow {
                short_id: short_id.to_owned(),
                placement: placement.to_owned(),
                scans: 0,
                plays: 0,
                watch_ms: 0,
            });
        row.scans += session.scans();
        row.plays += u64::from(session.played());
        row.watch_ms = row.watch_ms.saturating_add(session.watch_ms());
    }
    let mut rows: Vec<PlacementRow> = rows.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.scans));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(session: &str, seq: u64, ts: i64) -> ViewEvent {
        ViewEvent {
            session_id: session.to_owned(),
            seq,
            ts,
            event: "t".to_owned(),
            ..ViewEvent::default()
        }
    }

    #[test]
    fn a_series_has_no_gaps() {
        let begin = |session, ts| ViewEvent {
            event: "ps".to_owned(),
            state: "s".to_owned(),
            ..event(session, 0, ts)
        };
        let watched = |seq, ts, ms| ViewEvent {
            watch_ms: Some(ms),
            ..event("a", seq, ts)
        };
        let scan = ViewEvent {
            qr_scan: true,
            ..event("b", 1, 29)
        };
        let events = [
            begin("a", 0),
            begin("a", 15),
            watched(1, 19, 7),
            watched(2, 21, 5),
            scan,
            begin("late", 30),
        ];
        let points = series(&events, 0, 30, 10);
        let numbers: Vec<_> = points
            .iter()
            .map(|p| (p.at_ms, p.session_views, p.qr_scans, p.watch_ms))
            .collect();
        assert_eq!(numbers, [(0, 1, 0, 0), (10, 0, 0, 7), (20, 0, 1, 5)]);
        assert_eq!(series(&events, 5, 26, 10).len(), 3);
        assert_eq!(series(&events, 10, 10, 10), []);
        assert_eq!(series(&events, 10, 0, 10), []);
    }

    #[test]
    fn a_senseless_step_costs_no_memory() {
        assert!(series(&[], 0, i64::MAX, 0).len() <= 2_001);
        assert!(series(&[], i64::MIN, i64::MAX, -5).len() <= 2_001);
    }

    #[test]
    fn placements_by_scans() {
        let scanned = |session: &str, code: &str, place: &str| ViewEvent {
            qr_scan: true,
            short_id: code.to_owned(),
            placement: place.to_owned(),
            ..event(session, 0, 0)
        };
        let watched = |session, ms| ViewEvent {
            watch_total_ms: Some(ms),
            ..event(session, 1, 1)
        };
        let events = [
            scanned("a", "BBBB", "foyer"),
            scanned("b", "AAAA", "lobby"),
            scanned("c", "BBBB", "foyer"),
            watched("a", 4_000),
            watched("link", 9_000),
        ];
        let row = |short_id: &str, placement: &str, scans, plays, watch_ms| PlacementRow {
            short_id: short_id.to_owned(),
            placement: placement.to_owned(),
            scans,
            plays,
            watch_ms,
        };
        assert_eq!(
            by_placement(&events),
            [
                row("BBBB", "foyer", 2, 1, 4_000),
                row("AAAA", "lobby", 1, 0, 0)
            ]
        );
    }
}
