//! What can be asked about viewers, and what is answered, whoever answers.

use async_trait::async_trait;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::hydrolix::Fault;
use crate::privacy::{Hidden, hide_small};
use crate::retention::Retention;
use crate::tables::Point;
use crate::tally::{Overview, percent};
use crate::views::ViewsError;
use crate::{CLOCK_ERROR_MS, Range};

/// No more compilations are asked about at once.
pub const MOST_VIDEOS: usize = 5_000;

/// Something that knows what viewers did.
#[async_trait]
pub trait Audience: Send + Sync {
    /// Answers one question. Ends early when `cancel` is cancelled; dropping the future ends it too.
    ///
    /// # Errors
    ///
    /// When nothing could be learned. A part that alone is not known is listed in
    /// [`Reply::cannot`].
    async fn ask(&self, query: &Query, cancel: &CancellationToken) -> Result<Reply, AskError>;
}

/// A stretch of time: milliseconds since the Unix epoch, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Where it begins.
    pub from_ms: i64,
    /// Where it ends.
    pub to_ms: i64,
}

impl Span {
    /// The range that ends at `now_ms`, and what clocks that go fast have reported.
    #[must_use]
    pub const fn until(range: Range, now_ms: i64) -> Self {
        Self {
            from_ms: now_ms.saturating_sub(range.ms()),
            to_ms: now_ms.saturating_add(CLOCK_ERROR_MS),
        }
    }

    /// The stretch of the same length before this one, for comparison.
    #[must_use]
    pub const fn before(self) -> Self {
        Self {
            from_ms: self.from_ms.saturating_sub(self.length_ms()),
            to_ms: self.from_ms,
        }
    }

    /// Milliseconds, at least 0.
    #[must_use]
    pub const fn length_ms(self) -> i64 {
        let length = self.to_ms.saturating_sub(self.from_ms);
        if length < 0 { 0 } else { length }
    }
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Query {
    /// The panel's numbers of one compilation.
    Overview {
        /// The compilation.
        video: Uuid,
        /// When.
        span: Span,
    },
    /// Numbers over time.
    Series {
        /// The compilation.
        video: Uuid,
        /// When.
        span: Span,
        /// Milliseconds of a point; made longer where there were thousands of points.
        step_ms: i64,
    },
    /// How many were still watching, by position in the media.
    Retention {
        /// The compilation.
        video: Uuid,
        /// When.
        span: Span,
        /// Milliseconds of the media a point stands for: at least a second, and more where there were
        /// thousands of points.
        bucket_ms: u64,
    },
    /// By printed code and where it hangs.
    Placements {
        /// The compilation.
        video: Uuid,
        /// When.
        span: Span,
    },
    /// By kind of device, system and browser.
    Devices {
        /// The compilation.
        video: Uuid,
        /// When.
        span: Span,
    },
    /// By country.
    Countries {
        /// The compilation.
        video: Uuid,
        /// When.
        span: Span,
    },
    /// Sessions that play now.
    NowPlaying {
        /// The compilations, at most [`MOST_VIDEOS`].
        videos: Vec<Uuid>,
        /// What time it is: milliseconds since the Unix epoch.
        now_ms: i64,
    },
    /// The numbers of many compilations, one row each.
    Library {
        /// The compilations, at most [`MOST_VIDEOS`].
        videos: Vec<Uuid>,
        /// When.
        span: Span,
    },
}

/// An answer and what is to be known about it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reply {
    /// The answer.
    pub answer: Answer,
    /// What it lacks, and why. Those parts are `None`.
    pub cannot: Vec<Lack>,
    /// Sessions were counted approximately, from a summary table.
    pub approximate: bool,
}

/// Something that can't be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Lack {
    /// The part of the answer, as its field is called.
    pub part: &'static str,
    /// What is missing: a column as the column map calls it.
    pub column: &'static str,
}

/// An answer. Which one belongs to a question has the question's name; a list that is `None` can't be
/// told.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The panel's numbers.
    Overview(Box<Overview>),
    /// Every step of the span, without gaps.
    Series(Vec<SeriesPoint>),
    /// How many were still watching.
    Retention(Option<Retention>),
    /// Printed codes, most scans first.
    Placements(Option<Breakdown<PlacementFigures>>),
    /// Devices, most sessions first.
    Devices(Option<Breakdown<DeviceFigures>>),
    /// Countries, most sessions first. `None` also where no session's country is known.
    Countries(Option<Breakdown<CountryFigures>>),
    /// Compilations in the order they were asked for.
    NowPlaying(Option<Vec<Playing>>),
    /// Compilations in the order they were asked for.
    Library(Vec<LibraryRow>),
}

/// A step of a series. `None` is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SeriesPoint {
    /// Where the step begins: milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Sessions whose first play began in it.
    pub session_views: Option<u64>,
    /// Scans in it.
    pub qr_scans: Option<u64>,
    /// Milliseconds watched, by the reports made in it.
    pub watch_ms: Option<u64>,
}

impl SeriesPoint {
    /// The parts that are known of a point.
    pub(crate) fn of(point: &Point, scans: bool, watch: bool) -> Self {
        Self {
            at_ms: point.at_ms,
            session_views: Some(point.session_views),
            qr_scans: scans.then_some(point.qr_scans),
            watch_ms: watch.then_some(point.watch_ms),
        }
    }
}

/// Rows that are large enough to be shown, and what is known of the others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Breakdown<R> {
    /// The rows.
    pub rows: Vec<R>,
    /// Rows of too few sessions, together.
    pub hidden: Option<Hidden>,
}

/// What one printed code brought. `None` is unknown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlacementFigures {
    /// The printed code.
    pub short_id: String,
    /// Where it hangs; empty when it was not said.
    pub placement: String,
    /// Sessions by it.
    pub sessions: u64,
    /// Scans of it.
    pub scans: Option<u64>,
    /// Sessions by it in which pictures moved.
    pub plays: Option<u64>,
    /// Milliseconds watched in them.
    pub watch_ms: Option<u64>,
    /// Of the sessions that scanned it, those in which pictures moved: percent, to a tenth; `None`
    /// without scans.
    pub scan_to_play_percent: Option<f64>,
}

/// What one kind of device brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceFigures {
    /// `mobile`, `tablet`, `desktop`, `tv`; empty when unknown.
    pub device_type: String,
    /// Family of the operating system; empty when unknown.
    pub os: String,
    /// Family of the browser; empty when unknown.
    pub browser: String,
    /// Sessions.
    pub sessions: u64,
}

/// What one country brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CountryFigures {
    /// As the table has it, mostly two letters; empty when unknown.
    pub country: String,
    /// Sessions.
    pub sessions: u64,
}

/// How many play a compilation now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Playing {
    /// The compilation.
    pub video: Uuid,
    /// Sessions.
    pub sessions: u64,
}

/// The numbers of one compilation among many. `None` is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LibraryRow {
    /// The compilation.
    pub video: Uuid,
    /// Sessions that began to play.
    pub session_views: Option<u64>,
    /// Sessions in which pictures moved.
    pub plays: Option<u64>,
    /// Milliseconds watched.
    pub watch_ms: Option<u64>,
    /// Scans of printed codes.
    pub qr_scans: Option<u64>,
}

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The question makes no sense.
    #[error("this can't be asked: {0}")]
    Senseless(&'static str),
    /// The events on this computer could not be read.
    #[error("the events can't be read: {0}")]
    Views(#[source] ViewsError),
    /// Hydrolix did not answer.
    #[error(transparent)]
    Hydrolix(#[from] Fault),
    /// It was cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl Query {
    /// Refuses what can't be answered.
    pub(crate) fn check(&self) -> Result<(), AskError> {
        match self {
            Self::NowPlaying { videos, .. } | Self::Library { videos, .. }
                if videos.len() > MOST_VIDEOS =>
            {
                Err(AskError::Senseless("too many compilations at once"))
            }
            Self::Overview { span, .. }
            | Self::Series { span, .. }
            | Self::Retention { span, .. }
            | Self::Placements { span, .. }
            | Self::Devices { span, .. }
            | Self::Countries { span, .. }
            | Self::Library { span, .. }
                if span.length_ms() == 0 =>
            {
                Err(AskError::Senseless("the range ends before it begins"))
            }
            _ => Ok(()),
        }
    }
}

/// What was counted for one printed code.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlacementTally {
    pub(crate) sessions: u64,
    pub(crate) scans: u64,
    pub(crate) plays: u64,
    pub(crate) watch_ms: u64,
    /// Sessions with a scan.
    pub(crate) scanned: u64,
    /// And those of them in which pictures moved.
    pub(crate) scanned_plays: u64,
}

/// Which parts of a table of printed codes are known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownOfPlacements {
    pub(crate) scans: bool,
    pub(crate) plays: bool,
    pub(crate) watch: bool,
}

/// The table of printed codes: most scans first, then most sessions, then by code.
pub(crate) fn placements(
    rows: impl IntoIterator<Item = ((String, String), PlacementTally)>,
    known: KnownOfPlacements,
) -> Breakdown<PlacementFigures> {
    let figures = |((short_id, placement), tally): ((String, String), PlacementTally)| {
        let to_play = percent(tally.scanned_plays, tally.scanned);
        PlacementFigures {
            short_id,
            placement,
            sessions: tally.sessions,
            scans: known.scans.then_some(tally.scans),
            plays: known.plays.then_some(tally.plays),
            watch_ms: known.watch.then_some(tally.watch_ms),
            scan_to_play_percent: to_play.filter(|_| known.scans && known.plays),
        }
    };
    let mut rows: Vec<_> = rows.into_iter().map(figures).collect();
    rows.sort_by(|a, b| {
        let order = (b.scans, b.sessions).cmp(&(a.scans, a.sessions));
        order.then_with(|| (&a.short_id, &a.placement).cmp(&(&b.short_id, &b.placement)))
    });
    breakdown(rows, |row| row.sessions)
}

/// The table of devices.
pub(crate) fn devices(
    rows: impl IntoIterator<Item = ((String, String, String), u64)>,
) -> Breakdown<DeviceFigures> {
    let mut rows: Vec<_> = rows
        .into_iter()
        .map(|((device_type, os, browser), sessions)| DeviceFigures {
            device_type,
            os,
            browser,
            sessions,
        })
        .collect();
    rows.sort_by(|a, b| {
        let name =
            |row: &DeviceFigures| (row.device_type.clone(), row.os.clone(), row.browser.clone());
        let order = b.sessions.cmp(&a.sessions);
        order.then_with(|| name(a).cmp(&name(b)))
    });
    breakdown(rows, |row| row.sessions)
}

/// The table of countries; `None` when none is known.
pub(crate) fn countries(
    rows: impl IntoIterator<Item = (String, u64)>,
) -> Option<Breakdown<CountryFigures>> {
    let mut rows: Vec<_> = rows
        .into_iter()
        .map(|(country, sessions)| CountryFigures { country, sessions })
        .collect();
    if rows.iter().all(|row| row.country.is_empty()) {
        return None;
    }
    rows.sort_by(|a, b| {
        let order = b.sessions.cmp(&a.sessions);
        order.then_with(|| a.country.cmp(&b.country))
    });
    Some(breakdown(rows, |row| row.sessions))
}

fn breakdown<R>(mut rows: Vec<R>, sessions: impl Fn(&R) -> u64) -> Breakdown<R> {
    let hidden = hide_small(&mut rows, sessions);
    Breakdown { rows, hidden }
}
