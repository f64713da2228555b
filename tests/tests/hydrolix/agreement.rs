//! Every question to both, against the second computation.

use std::collections::BTreeMap;

use metrics::{Answer, FEWEST_SESSIONS, Hidden, LocalViews, Query, Reply, Span};
use record::ViewEvent;
use serde_json::Value;

use crate::crowd::{DAY, DAY_MS, crowd, video};
use crate::field::{Field, TABLE, local};
use crate::second::{Second, began, mobile, percent, played, watched};

const HOUR: i64 = 3_600_000;

/// Holds both against the second computation, for the sessions of `seed` in an empty field, which is
/// given back with them in it.
pub(crate) fn agree(field: Field, seed: u64, sessions: usize) -> Field {
    let events = crowd(seed, sessions);
    field.ingest(&events);
    let both = Both {
        local: local(events.clone()),
        field,
        events,
    };
    for span in [
        Span {
            from_ms: DAY,
            to_ms: DAY + DAY_MS,
        },
        Span {
            from_ms: DAY + 7 * HOUR + 1,
            to_ms: DAY + 9 * HOUR + 77,
        },
    ] {
        for index in 0..2 {
            both.overview(index, span);
            both.series(index, span, HOUR);
            both.series(index, span, 7 * 60_000 + 1);
            both.retention(index, span, 1_000);
            both.retention(index, span, 5_000);
            both.placements(index, span);
            both.devices(index, span);
            both.countries(index, span);
        }
        both.library(span);
    }
    // Around the moment in which whoever was last heard of is gone.
    let plays = both.events.iter().filter(|event| event.state == "p");
    let plays: Vec<i64> = plays.map(|event| event.recv_ts).collect();
    let later = [9_000, 35_000, 35_001, 50_000, 34_999, 20_000].into_iter();
    let some = plays.iter().step_by(plays.len() / 12 + 1);
    for (received, later) in some.zip(later.cycle()) {
        both.playing(received + later);
    }
    both.directly(Span {
        from_ms: DAY,
        to_ms: DAY + DAY_MS,
    });
    both.field
}

/// Who is asked, and what they know.
pub(crate) struct Both {
    pub(crate) local: LocalViews,
    pub(crate) field: Field,
    pub(crate) events: Vec<ViewEvent>,
}

impl Both {
    fn second(&self, index: u128, span: Span) -> Second {
        Second::of(
            &self.events,
            &video(index).to_string(),
            span.from_ms,
            span.to_ms,
        )
    }

    /// The answer both give.
    pub(crate) fn ask(&self, query: &Query) -> Reply {
        let here = self.field.ask_of(&self.local, query).unwrap();
        let there = self.field.ask(query);
        assert_eq!(here, there, "{query:?}");
        there
    }

    fn overview(&self, index: u128, span: Span) {
        let reply = self.ask(&Query::Overview {
            video: video(index),
            span,
        });
        assert_eq!(reply.cannot, []);
        let Answer::Overview(overview) = reply.answer else {
            panic!("{:?}", reply.answer)
        };
        let second = self.second(index, span);
        let all = second.sessions.len() as u64;
        let (views, plays) = (second.count(|e| e.iter().any(began)), second.count(played));
        let watch_ms = second.sum(watched);
        let stalled = second.sum(|events| events.iter().filter_map(|e| e.bsd_ms).sum());
        let failed = second.count(|events| events.iter().any(|e| e.event == "e"));
        let exits = second.count(|events| events.iter().any(began) && !played(events));
        let scans = second.sum(|events| events.iter().filter(|e| e.qr_scan).count() as u64);
        let summary = &overview.summary;
        assert_eq!(overview.sessions, Some(all));
        assert_eq!(summary.session_views, Some(views));
        assert_eq!(summary.plays, Some(plays));
        assert_eq!(summary.qr_scans, Some(scans));
        assert_eq!(summary.mobile_percent, percent(second.count(mobile), all));
        assert_eq!(summary.watch_seconds, Some(watch_ms as f64 / 1000.0));
        let average = (plays > 0).then(|| (watch_ms as f64 / plays as f64 / 100.0).round() / 10.0);
        assert_eq!(summary.avg_watch_seconds, average);
        assert_eq!(overview.startup_p50_ms, second.startup(50));
        assert_eq!(overview.startup_p95_ms, second.startup(95));
        assert_eq!(
            overview.rebuffer_percent,
            percent(stalled, stalled + watch_ms)
        );
        assert_eq!(overview.error_percent, percent(failed, all));
        assert_eq!(overview.exit_before_start_percent, percent(exits, views));
        let completion = summary.completion.unwrap();
        let reached = [0, 25, 50, 75, 95].map(|percent| second.reached(percent));
        let shown = [
            completion.started,
            completion.quarter,
            completion.half,
            completion.three_quarters,
            completion.complete,
        ];
        assert_eq!(shown, reached);
    }

    fn series(&self, index: u128, span: Span, step_ms: i64) {
        let query = Query::Series {
            video: video(index),
            span,
            step_ms,
        };
        let Answer::Series(points) = self.ask(&query).answer else {
            panic!("no series")
        };
        let steps = self.second(index, span).series(span.from_ms, step_ms);
        let length = span.to_ms - span.from_ms;
        assert_eq!(
            points.len() as i64,
            (length + step_ms - 1) / step_ms,
            "gaps"
        );
        for (n, point) in (0..).zip(&points) {
            let (views, scans, watch) = steps.get(&n).copied().unwrap_or_default();
            assert_eq!(point.at_ms, span.from_ms + n * step_ms);
            let shown = (point.session_views, point.qr_scans, point.watch_ms);
            assert_eq!(shown, (Some(views), Some(scans), Some(watch)), "step {n}");
        }
    }

    fn retention(&self, index: u128, span: Span, bucket_ms: u64) {
        let query = Query::Retention {
            video: video(index),
            span,
            bucket_ms,
        };
        let Answer::Retention(Some(retention)) = self.ask(&query).answer else {
            panic!("no retention")
        };
        let (started, buckets) = self.second(index, span).retention(bucket_ms);
        assert_eq!(retention.started, started);
        let last = buckets.keys().next_back().map_or(0, |last| last + 1);
        assert_eq!(retention.points.len() as u64, last, "gaps");
        for (n, point) in (0..).zip(&retention.points) {
            let (sessions, plays) = buckets.get(&n).copied().unwrap_or_default();
            assert_eq!(
                (point.at_ms, point.sessions, point.plays),
                (n * bucket_ms, sessions, plays)
            );
            assert_eq!(point.percent, percent(sessions, started));
        }
    }

    fn placements(&self, index: u128, span: Span) {
        let reply = self.ask(&Query::Placements {
            video: video(index),
            span,
        });
        let Answer::Placements(Some(shown)) = reply.answer else {
            panic!("no placements")
        };
        let rows = self.second(index, span).placements();
        for row in &shown.rows {
            let key = (row.short_id.clone(), row.placement.clone());
            let [sessions, scans, plays, watch_ms, scanned, scanned_plays] = rows[&key];
            assert_eq!(
                (row.sessions, row.scans, row.plays, row.watch_ms),
                (sessions, Some(scans), Some(plays), Some(watch_ms))
            );
            assert_eq!(row.scan_to_play_percent, percent(scanned_plays, scanned));
        }
        assert!(shown.rows.is_sorted_by(|a, b| a.scans >= b.scans));
        let sizes = shown.rows.iter().map(|row| row.sessions).collect();
        hidden(
            sizes,
            shown.hidden,
            rows.values().map(|row| row[0]).collect(),
        );
    }

    fn devices(&self, index: u128, span: Span) {
        let reply = self.ask(&Query::Devices {
            video: video(index),
            span,
        });
        let Answer::Devices(Some(shown)) = reply.answer else {
            panic!("no devices")
        };
        let rows = self.second(index, span).devices();
        for row in &shown.rows {
            let key = (row.device_type.clone(), row.os.clone(), row.browser.clone());
            assert_eq!(row.sessions, rows[&key]);
        }
        let sizes = shown.rows.iter().map(|row| row.sessions).collect();
        hidden(sizes, shown.hidden, rows.into_values().collect());
    }

    fn countries(&self, index: u128, span: Span) {
        let reply = self.ask(&Query::Countries {
            video: video(index),
            span,
        });
        assert_eq!(reply.answer, Answer::Countries(None));
        assert_eq!(reply.cannot[0].column, "country");
    }

    fn library(&self, span: Span) {
        let videos = vec![video(1), video(7), video(0)];
        let Answer::Library(rows) = self.ask(&Query::Library { videos, span }).answer else {
            panic!("no library")
        };
        for (row, index) in rows.iter().zip([1, 7, 0]) {
            let second = self.second(index, span);
            let scans = second.sum(|events| events.iter().filter(|e| e.qr_scan).count() as u64);
            assert_eq!(row.video, video(index));
            assert_eq!(
                row.session_views,
                Some(second.count(|e| e.iter().any(began)))
            );
            assert_eq!(row.plays, Some(second.count(played)));
            assert_eq!(row.watch_ms, Some(second.sum(watched)));
            assert_eq!(row.qr_scans, Some(scans));
        }
    }

    fn playing(&self, now_ms: i64) {
        let videos = vec![video(0), video(7), video(1)];
        let query = Query::NowPlaying { videos, now_ms };
        let Answer::NowPlaying(Some(rows)) = self.ask(&query).answer else {
            panic!("nothing about now")
        };
        let span = Span {
            from_ms: now_ms - 390_000,
            to_ms: now_ms + 300_000,
        };
        for (row, index) in rows.iter().zip([0, 7, 1]) {
            assert_eq!(row.video, video(index));
            assert_eq!(row.sessions, self.second(index, span).playing(now_ms));
        }
    }

    /// The first numbers once more, by other SQL in ClickHouse itself.
    fn directly(&self, span: Span) {
        let (project, table) = TABLE.split_once('.').unwrap();
        for index in 0..2 {
            let second = self.second(index, span);
            let rows = self.field.fake.rows(&format!(
                "SELECT uniqExactIf(session_id, event = 'ps' AND state = 's'), \
                 uniqExactIf((session_id, seq), qr_scan = 1), uniqExact(session_id), \
                 uniqExactIf(session_id, device_type IN ('mobile', 'tablet')), \
                 uniqExactIf(session_id, watch_ms > 0 OR watch_total_ms > 0 OR msd_ms IS NOT NULL) \
                 FROM `{project}`.`{table}` WHERE video_id = '{}' \
                 AND toUnixTimestamp64Milli(ts) >= {} AND toUnixTimestamp64Milli(ts) < {}",
                video(index),
                span.from_ms,
                span.to_ms
            ));
            let numbers: Vec<u64> = rows[0].iter().map(whole).collect();
            let scans = second.sum(|events| events.iter().filter(|e| e.qr_scan).count() as u64);
            let expected = [
                second.count(|e| e.iter().any(began)),
                scans,
                second.sessions.len() as u64,
                second.count(mobile),
                second.count(played),
            ];
            assert_eq!(numbers, expected);
        }
    }
}

/// A number, quoted or not.
fn whole(value: &Value) -> u64 {
    let quoted = value.as_str().and_then(|text| text.parse().ok());
    value.as_u64().or(quoted).expect("a number")
}

/// Nothing small is shown, nothing is lost, and nothing more is hidden than has to be.
fn hidden(shown: Vec<u64>, hidden: Option<Hidden>, all: Vec<u64>) {
    let count = |sizes: &[u64]| {
        let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
        for size in sizes {
            *counts.entry(*size).or_default() += 1;
        }
        counts
    };
    assert!(shown.iter().all(|size| *size >= FEWEST_SESSIONS));
    let (total, left): (u64, u64) = (all.iter().sum(), shown.iter().sum());
    match hidden {
        None => assert_eq!(count(&shown), count(&all)),
        Some(hidden) => {
            assert_eq!(hidden.rows as usize, all.len() - shown.len());
            let rest = total - left;
            assert_eq!(hidden.sessions, (rest >= FEWEST_SESSIONS).then_some(rest));
            assert!(hidden.sessions.is_some() || shown.is_empty());
            assert!(all.iter().any(|size| *size < FEWEST_SESSIONS));
        }
    }
}
