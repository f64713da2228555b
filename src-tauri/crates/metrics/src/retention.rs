//! How many were still watching, by position in the media.

use record::ViewEvent;
use serde::Serialize;

use crate::sessions::{Session, sessions};
use crate::tally::percent;

/// No position beyond four hours is looked at: the arrays of hostile reports stay small.
pub(crate) const LONGEST_MS: u64 = 4 * 3_600_000;
/// A readable curve has no more points.
const POINTS: u64 = 1_200;
/// The shortest bucket.
const SECOND_MS: u64 = 1_000;

/// Who was still watching.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Retention {
    /// Milliseconds of the media a point stands for.
    pub bucket_ms: u64,
    /// Sessions that watched anything.
    pub started: u64,
    /// From the beginning to the furthest position anybody watched, without gaps.
    pub points: Vec<RetentionPoint>,
}

/// One position in the media.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RetentionPoint {
    /// Where it begins: milliseconds from the start of the media.
    pub at_ms: u64,
    /// Sessions that watched it.
    pub sessions: u64,
    /// Those in percent of all that watched anything, to a tenth.
    pub percent: Option<f64>,
    /// How often it was watched, by the reports: more than `sessions` where it was watched again.
    pub plays: u64,
}

impl Retention {
    /// From counts by bucket, `(bucket, sessions, plays)` in any order.
    pub(crate) fn from_counts(
        bucket_ms: u64,
        started: u64,
        counts: impl IntoIterator<Item = (u64, u64, u64)>,
    ) -> Self {
        let mut points: Vec<RetentionPoint> = Vec::new();
        for (bucket, sessions, plays) in counts {
            if bucket > LONGEST_MS / SECOND_MS {
                continue;
            }
            let index = bucket as usize;
            while points.len() <= index {
                points.push(RetentionPoint {
                    at_ms: points.len() as u64 * bucket_ms,
                    sessions: 0,
                    percent: percent(0, started),
                    plays: 0,
                });
            }
            if let Some(point) = points.get_mut(index) {
                (point.sessions, point.plays) = (sessions, plays);
                point.percent = percent(sessions, started);
            }
        }
        Self {
            bucket_ms,
            started,
            points,
        }
    }
}

/// The bucket that is used where `wanted` milliseconds are asked for.
pub(crate) const fn bucket_ms(wanted: u64) -> u64 {
    if wanted < SECOND_MS {
        SECOND_MS
    } else if wanted > LONGEST_MS {
        LONGEST_MS
    } else {
        wanted
    }
}

/// The bucket that keeps a curve readable, and its query cheap, for media of this duration.
#[must_use]
pub const fn retention_bucket_ms(duration_ms: u64) -> u64 {
    let duration = if duration_ms < LONGEST_MS {
        duration_ms
    } else {
        LONGEST_MS
    };
    let mut bucket = SECOND_MS;
    while duration / bucket > POINTS {
        bucket += SECOND_MS;
    }
    bucket
}

/// The curve of events. A report of `watch_ms` milliseconds at position `pos_ms` means that what lies
/// before that position was watched.
pub(crate) fn retention(events: &[ViewEvent], wanted_ms: u64) -> Retention {
    let bucket = bucket_ms(wanted_ms);
    let most = (LONGEST_MS / bucket + 2) as usize;
    // Changes at the edges of buckets, summed up at the end.
    let mut sessions_at = vec![0_i64; most];
    let mut plays_at = vec![0_i64; most];
    let mut started = 0;
    for session in sessions(events).values() {
        let mut stretches = watched(session, bucket);
        if stretches.is_empty() {
            continue;
        }
        started += 1;
        for (from, to) in &stretches {
            change(&mut plays_at, *from, *to);
        }
        stretches.sort_unstable();
        let mut reached = 0;
        for (from, to) in stretches {
            change(&mut sessions_at, from.max(reached), to);
            reached = reached.max(to);
        }
    }
    let mut levels = (0_i64, 0_i64);
    let counts = sessions_at.iter().zip(&plays_at).zip(0_u64..);
    let counts = counts.filter_map(|((sessions, plays), bucket)| {
        levels = (levels.0 + sessions, levels.1 + plays);
        let (sessions, plays) = (levels.0.unsigned_abs(), levels.1.unsigned_abs());
        (plays > 0).then_some((bucket, sessions, plays))
    });
    Retention::from_counts(bucket, started, counts)
}

/// The buckets `from..to` of every report of something watched.
fn watched(session: &Session<'_>, bucket: u64) -> Vec<(u64, u64)> {
    let reports = session.reports.values();
    reports
        .filter_map(|report| {
            let watch = report.watch_ms.filter(|ms| *ms > 0)?;
            let pos = report.pos_ms?.min(LONGEST_MS);
            Some((pos.saturating_sub(watch) / bucket, pos.div_ceil(bucket)))
        })
        .collect()
}

fn change(at: &mut [i64], from: u64, to: u64) {
    if from >= to {
        return;
    }
    for (edge, by) in [(from, 1), (to, -1)] {
        if let Some(level) = at.get_mut(edge as usize) {
            *level += by;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(session: &str, seq: u64, pos: u64, watch: u64) -> ViewEvent {
        ViewEvent {
            session_id: session.to_owned(),
            seq,
            pos_ms: Some(pos),
            watch_ms: Some(watch),
            ..ViewEvent::default()
        }
    }

    fn curve(events: &[ViewEvent], bucket: u64) -> (u64, Vec<(u64, u64, u64)>) {
        let retention = retention(events, bucket);
        let points = retention.points.iter();
        (
            retention.started,
            points.map(|p| (p.at_ms, p.sessions, p.plays)).collect(),
        )
    }

    #[test]
    fn who_was_still_watching() {
        let events = [
            report("a", 1, 2_500, 2_500),
            report("a", 2, 4_000, 1_500),
            // Watched again.
            report("a", 3, 1_000, 1_000),
            report("b", 1, 1_000, 1_000),
            // Sent twice.
            report("b", 1, 1_000, 1_000),
            // Nothing watched.
            report("c", 1, 9_000, 0),
            // Jumped forward: the gap has no viewers.
            report("d", 1, 6_500, 500),
        ];
        let expected = vec![
            (0, 2, 3),
            (1_000, 1, 1),
            (2_000, 1, 2),
            (3_000, 1, 1),
            (4_000, 0, 0),
            (5_000, 0, 0),
            (6_000, 1, 1),
        ];
        assert_eq!(curve(&events, 1_000), (3, expected));
        assert_eq!(retention(&events, 1_000).points[0].percent, Some(66.7));
        assert_eq!(curve(&events, 5_000), (3, vec![(0, 2, 4), (5_000, 1, 1)]));
        assert_eq!(curve(&[], 1_000), (0, vec![]));
    }

    #[test]
    fn senseless_reports_cost_no_memory() {
        let events = [
            report("a", 1, u64::MAX, u64::MAX),
            report("b", 1, u64::MAX, 1),
            report("c", 1, 0, 5),
        ];
        let (started, points) = curve(&events, 0);
        assert_eq!((started, points.len()), (3, 14_400));
        assert_eq!(points[14_399], (14_399_000, 2, 2));
        assert_eq!(curve(&events, u64::MAX).1.len(), 1);
    }

    #[test]
    fn buckets_keep_a_curve_readable() {
        for (minutes, bucket) in [(1, 1_000), (20, 1_000), (60, 3_000), (6_000, 12_000)] {
            assert_eq!(retention_bucket_ms(minutes * 60_000), bucket, "{minutes}");
        }
    }
}
