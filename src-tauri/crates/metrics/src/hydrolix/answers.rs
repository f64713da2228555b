//! From a question to queries, and from their rows to the answer.

use std::collections::HashMap;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::client::Hydrolix;
use super::columns::Columns;
use super::fault::Fault;
use super::rows::{Row, Rows};
use super::sql::{self, Queries};
use super::summaries::choose;
use crate::Completion;
use crate::audience::{
    Answer, KnownOfPlacements, Lack, LibraryRow, PlacementTally, Playing, Query, Reply,
    SeriesPoint, Span, countries, devices, placements,
};
use crate::playing::{self, GRACE_MS};
use crate::retention::{Retention, bucket_ms};
use crate::tables::{Grid, Point};
use crate::tally::Tally;

/// As many compilations are named in one query: its address stays short enough for every proxy.
const VIDEOS_AT_ONCE: usize = 200;

/// What a table can tell, by its columns.
#[derive(Clone, Copy, Debug)]
struct Known {
    events: bool,
    plays: bool,
    device: bool,
    scans: bool,
    watch: bool,
    stalls: bool,
    delay: bool,
    positions: bool,
    completion: bool,
    codes: bool,
    state: bool,
    country: bool,
}

impl Known {
    fn of(columns: &Columns) -> Self {
        let watch = columns.watch_ms.is_some() || columns.watch_total_ms.is_some();
        let delay = columns.msd_ms.is_some();
        Self {
            events: columns.event.is_some(),
            plays: watch || delay,
            device: columns.device_type.is_some() || columns.user_agent.is_some(),
            scans: columns.qr_scan.is_some(),
            watch,
            stalls: columns.bsd_ms.is_some(),
            delay,
            positions: columns.watch_ms.is_some() && columns.pos_ms.is_some(),
            completion: columns.pos_ms.is_some() && columns.dur_ms.is_some(),
            codes: columns.short_id.is_some(),
            state: columns.state.is_some(),
            country: columns.country.is_some(),
        }
    }
}

/// What an answer lacks.
#[derive(Default)]
struct Lacks(Vec<Lack>);

impl Lacks {
    /// Notes that `part` needs `column` unless it is there; returns whether it is.
    fn unless(&mut self, there: bool, part: &'static str, column: &'static str) -> bool {
        if !there {
            self.0.push(Lack { part, column });
        }
        there
    }
}

/// The columns of a map, as the table has to have them.
pub(crate) fn columns(columns: &Columns) -> impl Iterator<Item = &str> {
    let Columns {
        ts,
        session,
        video,
        received,
        seq,
        event,
        state,
        pos_ms,
        dur_ms,
        watch_ms,
        watch_total_ms,
        msd_ms,
        bsd_ms,
        short_id,
        placement,
        qr_scan,
        device_type,
        os,
        browser,
        user_agent,
        country,
    } = columns;
    let optional = [
        received,
        seq,
        event,
        state,
        pos_ms,
        dur_ms,
        watch_ms,
        watch_total_ms,
        msd_ms,
        bsd_ms,
        short_id,
        placement,
        qr_scan,
        device_type,
        os,
        browser,
        user_agent,
        country,
    ];
    let needed = [ts, session, video].into_iter();
    needed
        .chain(optional.into_iter().flatten())
        .map(super::columns::Name::as_str)
}

/// Answers a question.
pub(crate) async fn answer(
    hydrolix: &Hydrolix,
    query: &Query,
    cancel: &CancellationToken,
) -> Result<Reply, Fault> {
    let asking = Asking {
        hydrolix,
        cancel,
        known: Known::of(&hydrolix.config.columns),
        queries: Queries {
            table: &hydrolix.config.table,
            columns: &hydrolix.config.columns,
        },
    };
    let mut lacks = Lacks::default();
    let mut approximate = false;
    let answer = match query {
        Query::Overview { video, span } => asking.overview(*video, *span, &mut lacks).await?,
        Query::Series {
            video,
            span,
            step_ms,
        } => {
            let grid = Grid::new(span.from_ms, span.to_ms, *step_ms);
            asking
                .series(*video, *span, grid, &mut lacks, &mut approximate)
                .await?
        }
        Query::Retention {
            video,
            span,
            bucket_ms: wanted,
        } => {
            let column = if hydrolix.config.columns.pos_ms.is_none() {
                "pos_ms"
            } else {
                "watch_ms"
            };
            let there = lacks.unless(asking.known.positions, "retention", column);
            Answer::Retention(if there {
                Some(asking.retention(*video, *span, bucket_ms(*wanted)).await?)
            } else {
                None
            })
        }
        Query::Placements { video, span } => {
            let there = lacks.unless(asking.known.codes, "placements", "short_id");
            if there {
                asking.placements(*video, *span, &mut lacks).await?
            } else {
                Answer::Placements(None)
            }
        }
        Query::Devices { video, span } => {
            let there = lacks.unless(asking.known.device, "devices", "device_type");
            if there {
                asking.devices(*video, *span).await?
            } else {
                Answer::Devices(None)
            }
        }
        Query::Countries { video, span } => {
            let told = if asking.known.country {
                asking.countries(*video, *span).await?
            } else {
                None
            };
            lacks.unless(told.is_some(), "countries", "country");
            Answer::Countries(told)
        }
        Query::NowPlaying { videos, now_ms } => {
            let there = lacks.unless(asking.known.state, "now_playing", "state");
            Answer::NowPlaying(if there {
                Some(asking.playing(videos, *now_ms).await?)
            } else {
                None
            })
        }
        Query::Library { videos, span } => {
            asking
                .library(videos, *span, &mut lacks, &mut approximate)
                .await?
        }
    };
    Ok(Reply {
        answer,
        cannot: lacks.0,
        approximate,
    })
}

struct Asking<'a> {
    hydrolix: &'a Hydrolix,
    cancel: &'a CancellationToken,
    known: Known,
    queries: Queries<'a>,
}

impl Asking<'_> {
    async fn rows(&self, statement: &sql::Statement) -> Result<Rows, Fault> {
        self.hydrolix.query(statement, self.cancel).await
    }

    async fn overview(&self, video: Uuid, span: Span, lacks: &mut Lacks) -> Result<Answer, Fault> {
        let known = self.known;
        let rows = self.rows(&self.queries.overview(video, span)).await?;
        let Some(row) = rows.iter().next() else {
            return Err(Fault::BadAnswer {
                detail: "it has no row".to_owned(),
            });
        };
        let count = |there: bool, name: &str| there.then(|| row.count(name)).transpose();
        let plays = lacks.unless(known.plays, "plays", "watch_ms");
        let mobile = lacks.unless(known.device, "mobile_percent", "device_type");
        let scans = lacks.unless(known.scans, "qr_scans", "qr_scan");
        let watch = lacks.unless(known.watch, "watch_seconds", "watch_ms");
        lacks.unless(known.watch && known.plays, "avg_watch_seconds", "watch_ms");
        let stalls = lacks.unless(known.stalls && known.watch, "rebuffer_percent", "bsd_ms");
        let failed = lacks.unless(known.events, "error_percent", "event");
        let unplayed = lacks.unless(
            known.events && known.plays,
            "exit_before_start_percent",
            "event",
        );
        let starts =
            lacks.unless(known.delay, "startup_p50_ms", "msd_ms") && row.count("delays")? > 0;
        lacks.unless(known.delay, "startup_p95_ms", "msd_ms");
        let ends = lacks.unless(known.completion, "completion", "pos_ms");
        let completion = ends.then(|| completion(row)).transpose()?;
        let tally = Tally {
            sessions: row.count("sessions")?,
            views: row.count("views")?,
            plays: count(plays, "plays")?,
            mobile: count(mobile, "mobile")?,
            scans: count(scans, "scans")?,
            watch_ms: count(watch, "watch_ms")?,
            stalled_ms: count(stalls, "stalled_ms")?,
            failed: count(failed, "failed")?,
            unplayed: count(unplayed, "unplayed")?,
            startup_p50_ms: count(starts, "startup_p50_ms")?,
            startup_p95_ms: count(starts, "startup_p95_ms")?,
            completion,
        };
        let overview = tally.overview(self.hydrolix.world.clock.now());
        Ok(Answer::Overview(Box::new(overview)))
    }

    async fn series(
        &self,
        video: Uuid,
        span: Span,
        grid: Grid,
        lacks: &mut Lacks,
        approximate: &mut bool,
    ) -> Result<Answer, Fault> {
        let summary = choose(&self.hydrolix.config.summaries, span, Some(grid.step_ms));
        let (scans, watch) = summary.map_or((self.known.scans, self.known.watch), |summary| {
            (summary.scans.is_some(), summary.watch_ms.is_some())
        });
        // A running total does not tell when.
        let reported = summary.is_some() || self.hydrolix.config.columns.watch_ms.is_some();
        let scans = lacks.unless(scans, "qr_scans", "qr_scan");
        let watch = lacks.unless(watch && reported, "watch_ms", "watch_ms");
        let statement = summary.map_or_else(
            || self.queries.series(video, span, grid.step_ms),
            |summary| sql::summary_series(summary, video, span, grid.step_ms),
        );
        *approximate = summary.is_some();
        let mut points: Vec<Point> = grid.points();
        for row in self.rows(&statement).await?.iter() {
            let Some(point) = index(row, "bucket")?.and_then(|index| points.get_mut(index)) else {
                continue;
            };
            point.session_views = row.count("views")?;
            point.qr_scans = row.count("scans")?;
            point.watch_ms = row.count("watch_ms")?;
        }
        let known = points
            .iter()
            .map(|point| SeriesPoint::of(point, scans, watch));
        Ok(Answer::Series(known.collect()))
    }

    async fn retention(&self, video: Uuid, span: Span, bucket_ms: u64) -> Result<Retention, Fault> {
        let statement = self.queries.retention(video, span, bucket_ms);
        let mut started = 0;
        let mut counts = Vec::new();
        for row in self.rows(&statement).await?.iter() {
            let sessions = row.count("sessions")?;
            match row.count("bucket")?.checked_sub(1) {
                None => started = sessions,
                Some(bucket) => counts.push((bucket, sessions, row.count("plays")?)),
            }
        }
        Ok(Retention::from_counts(bucket_ms, started, counts))
    }

    async fn placements(
        &self,
        video: Uuid,
        span: Span,
        lacks: &mut Lacks,
    ) -> Result<Answer, Fault> {
        let known = KnownOfPlacements {
            scans: lacks.unless(self.known.scans, "scans", "qr_scan"),
            plays: lacks.unless(self.known.plays, "plays", "watch_ms"),
            watch: lacks.unless(self.known.watch, "watch_ms", "watch_ms"),
        };
        let mut found = Vec::new();
        for row in self
            .rows(&self.queries.placements(video, span))
            .await?
            .iter()
        {
            let tally = PlacementTally {
                sessions: row.count("sessions")?,
                scans: row.count("scans")?,
                plays: row.count("plays")?,
                watch_ms: row.count("watch_ms")?,
                scanned: row.count("scanned")?,
                scanned_plays: row.count("scanned_plays")?,
            };
            found.push(((row.text("short_id")?, row.text("placement")?), tally));
        }
        Ok(Answer::Placements(Some(placements(found, known))))
    }

    async fn devices(&self, video: Uuid, span: Span) -> Result<Answer, Fault> {
        let mut found = Vec::new();
        for row in self.rows(&self.queries.devices(video, span)).await?.iter() {
            let device = (
                row.text("device_type")?,
                row.text("os")?,
                row.text("browser")?,
            );
            found.push((device, row.count("sessions")?));
        }
        Ok(Answer::Devices(Some(devices(found))))
    }

    async fn countries(
        &self,
        video: Uuid,
        span: Span,
    ) -> Result<Option<crate::Breakdown<crate::CountryFigures>>, Fault> {
        let mut found = Vec::new();
        for row in self
            .rows(&self.queries.countries(video, span))
            .await?
            .iter()
        {
            found.push((row.text("name")?, row.count("sessions")?));
        }
        Ok(countries(found))
    }

    async fn playing(&self, videos: &[Uuid], now_ms: i64) -> Result<Vec<Playing>, Fault> {
        let (span, since) = (playing::window(now_ms), now_ms.saturating_sub(GRACE_MS));
        let mut found = HashMap::new();
        for some in videos.chunks(VIDEOS_AT_ONCE) {
            let rows = self.rows(&self.queries.playing(some, span, since)).await?;
            for row in rows.iter() {
                found.insert(row.text("video")?, row.count("sessions")?);
            }
        }
        let rows = videos.iter().map(|video| Playing {
            video: *video,
            sessions: found.get(&video.to_string()).copied().unwrap_or(0),
        });
        Ok(rows.collect())
    }

    async fn library(
        &self,
        videos: &[Uuid],
        span: Span,
        lacks: &mut Lacks,
        approximate: &mut bool,
    ) -> Result<Answer, Fault> {
        let summary = choose(&self.hydrolix.config.summaries, span, None);
        *approximate = summary.is_some();
        let known = self.known;
        let (plays, scans, watch) =
            summary.map_or((known.plays, known.scans, known.watch), |summary| {
                (
                    summary.plays.is_some(),
                    summary.scans.is_some(),
                    summary.watch_ms.is_some(),
                )
            });
        let plays = lacks.unless(plays, "plays", "watch_ms");
        let watch = lacks.unless(watch, "watch_ms", "watch_ms");
        let scans = lacks.unless(scans, "qr_scans", "qr_scan");
        let mut found = HashMap::new();
        for some in videos.chunks(VIDEOS_AT_ONCE) {
            let statement = summary.map_or_else(
                || self.queries.library(some, span),
                |summary| sql::summary_library(summary, some, span),
            );
            for row in self.rows(&statement).await?.iter() {
                let numbers = [
                    row.count("views")?,
                    row.count("plays")?,
                    row.count("watch_ms")?,
                    row.count("scans")?,
                ];
                found.insert(row.text("video")?, numbers);
            }
        }
        let row = |video: &Uuid| {
            let numbers = found.get(&video.to_string()).copied();
            let [views, play, ms, scan] = numbers.unwrap_or_default();
            LibraryRow {
                video: *video,
                session_views: Some(views),
                plays: plays.then_some(play),
                watch_ms: watch.then_some(ms),
                qr_scans: scans.then_some(scan),
            }
        };
        Ok(Answer::Library(videos.iter().map(row).collect()))
    }
}

fn completion(row: Row<'_>) -> Result<Completion, Fault> {
    Ok(Completion {
        started: row.count("started")?,
        quarter: row.count("quarter")?,
        half: row.count("half")?,
        three_quarters: row.count("three_quarters")?,
        complete: row.count("complete")?,
    })
}

fn index(row: Row<'_>, name: &str) -> Result<Option<usize>, Fault> {
    Ok(row.number(name)?.and_then(|n| usize::try_from(n).ok()))
}
