//! Whole counts, from which every shown number is computed the same way, whoever counted.

use mediatime::Timestamp;
use record::ViewEvent;
use serde::Serialize;

use crate::sessions::{Session, sessions};
use crate::summary::{Completion, Summary, rfc3339};

/// What a range held, counted. `None` is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) sessions: u64,
    /// Of the sessions, those that began to play.
    pub(crate) views: u64,
    /// In which pictures moved.
    pub(crate) plays: Option<u64>,
    /// From phones and tablets.
    pub(crate) mobile: Option<u64>,
    pub(crate) scans: Option<u64>,
    pub(crate) watch_ms: Option<u64>,
    pub(crate) stalled_ms: Option<u64>,
    /// Whose player failed.
    pub(crate) failed: Option<u64>,
    /// That began to play, and no picture moved.
    pub(crate) unplayed: Option<u64>,
    pub(crate) startup_p50_ms: Option<u64>,
    pub(crate) startup_p95_ms: Option<u64>,
    pub(crate) completion: Option<Completion>,
}

/// The panel's numbers of one compilation over one range. `None` is unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Overview {
    /// The first of them.
    #[serde(flatten)]
    pub summary: Summary,
    /// All sessions, also those that only opened the page.
    pub sessions: Option<u64>,
    /// Half of the sessions that started took no longer to show the first picture: milliseconds.
    pub startup_p50_ms: Option<u64>,
    /// 95 of 100 took no longer: milliseconds.
    pub startup_p95_ms: Option<u64>,
    /// Time spent waiting for data in percent of watching and waiting, to a tenth; `None` without
    /// either.
    pub rebuffer_percent: Option<f64>,
    /// Sessions whose player failed in percent of all sessions, to a tenth; `None` without sessions.
    pub error_percent: Option<f64>,
    /// Sessions that began to play and in which no picture moved, in percent of those that began, to a
    /// tenth; `None` without views.
    pub exit_before_start_percent: Option<f64>,
}

impl Tally {
    /// Counts events.
    pub(crate) fn of(events: &[ViewEvent]) -> Self {
        let sessions = sessions(events);
        let count = |is: &dyn Fn(&Session<'_>) -> bool| {
            sessions.values().filter(|session| is(session)).count() as u64
        };
        let sum = |of: &dyn Fn(&Session<'_>) -> u64| {
            let each = sessions.values().map(of);
            Some(each.fold(0, u64::saturating_add))
        };
        let mut delays: Vec<u64> = sessions.values().filter_map(|s| s.delay_ms).collect();
        delays.sort_unstable();
        Self {
            sessions: sessions.len() as u64,
            views: count(&|session| session.viewed()),
            plays: Some(count(&|session| session.played())),
            mobile: Some(count(&|session| session.mobile())),
            scans: sum(&|session| session.scans()),
            watch_ms: sum(&|session| session.watch_ms()),
            stalled_ms: sum(&|session| session.stalled_ms()),
            failed: Some(count(&|session| session.failed())),
            unplayed: Some(count(&|session| session.viewed() && !session.played())),
            startup_p50_ms: quantile(&delays, 50),
            startup_p95_ms: quantile(&delays, 95),
            completion: Some(completion(sessions.values())),
        }
    }

    /// The numbers that are shown.
    pub(crate) fn overview(&self, as_of: Timestamp) -> Overview {
        let share = |part: Option<u64>, whole| percent(part?, whole);
        let stalled = self.stalled_ms.zip(self.watch_ms);
        Overview {
            summary: Summary {
                session_views: Some(self.views),
                mobile_percent: share(self.mobile, self.sessions),
                qr_scans: self.scans,
                watch_seconds: self.watch_ms.map(|ms| ms as f64 / 1000.0),
                as_of: rfc3339(as_of),
                plays: self.plays,
                avg_watch_seconds: self
                    .watch_ms
                    .zip(self.plays)
                    .and_then(|(ms, plays)| tenths(u128::from(ms), u128::from(plays) * 100)),
                completion: self.completion,
            },
            sessions: Some(self.sessions),
            startup_p50_ms: self.startup_p50_ms,
            startup_p95_ms: self.startup_p95_ms,
            rebuffer_percent: stalled
                .and_then(|(stalled, watched)| percent(stalled, stalled.saturating_add(watched))),
            error_percent: share(self.failed, self.sessions),
            exit_before_start_percent: share(self.unplayed, self.views),
        }
    }
}

/// `part` in percent of `whole`, to a tenth; `None` of nothing.
pub(crate) fn percent(part: u64, whole: u64) -> Option<f64> {
    tenths(1000 * u128::from(part), u128::from(whole))
}

/// `tenths / of` rounded to a whole number of tenths; `None` of nothing.
fn tenths(tenths: u128, of: u128) -> Option<f64> {
    (of > 0).then(|| ((tenths + of / 2) / of) as f64 / 10.0)
}

/// The value that this many of 100 don't exceed, of sorted ones: that with index ⌊n · percent / 100⌋.
fn quantile(sorted: &[u64], percent: usize) -> Option<u64> {
    sorted.get(sorted.len() * percent / 100).copied()
}

fn completion<'s>(sessions: impl Iterator<Item = &'s Session<'s>>) -> Completion {
    let mut reached = Completion::default();
    for session in sessions.filter(|session| session.length_ms > 0 && session.furthest_ms > 0) {
        let share = u128::from(session.furthest_ms) * 100;
        let past = |percent: u128| u64::from(share >= percent * u128::from(session.length_ms));
        reached.started += 1;
        reached.quarter += past(25);
        reached.half += past(50);
        reached.three_quarters += past(75);
        reached.complete += past(95);
    }
    reached
}
