//! The numbers of a compilation: from the collector's own store, or from Hydrolix where that is set up.

use crate::hydrolix::state_word;
use crate::serve::SPOOL;
use crate::{Code, Failure, Workspace};
use metrics::{
    Answer, AskError, Audience, Breakdown, Change, CountryFigures, DeviceFigures, LocalViews,
    Overview, PlacementFigures, Query, Reply, Retention, SeriesPoint, Span, Views, ViewsError,
    change, retention_bucket_ms,
};
use record::ViewEvent;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How much is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The panel's numbers.
    Numbers,
    /// Everything there is.
    All,
}

/// The numbers of one compilation over one range. `None` is unknown.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// The panel's numbers.
    #[serde(flatten)]
    pub overview: Overview,
    /// `local` or `hydrolix`.
    pub source: &'static str,
    /// Against the period of the same length before.
    pub changes: Vec<PartChange>,
    /// Sessions that play now.
    pub now_playing: Option<u64>,
    /// The range in steps, without gaps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<Vec<SeriesPoint>>,
    /// How many were still watching.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// By printed code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placements: Option<Breakdown<PlacementFigures>>,
    /// By kind of device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<Breakdown<DeviceFigures>>,
    /// By country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub countries: Option<Breakdown<CountryFigures>>,
    /// What can't be told, and why.
    pub cannot: Vec<Untold>,
}

/// How one number changed.
#[derive(Clone, Debug, Serialize)]
pub struct PartChange {
    /// Which one.
    pub part: &'static str,
    /// By how much.
    #[serde(flatten)]
    pub change: Change,
}

/// A part that can't be told.
#[derive(Clone, Debug, Serialize)]
pub struct Untold {
    /// Which one.
    pub part: String,
    /// Why not.
    pub why: String,
    /// The panel's word for it, where a remote failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
}

impl Workspace {
    /// The numbers of a compilation over a range that ends now, such as `24h`.
    ///
    /// # Errors
    /// The range is none, the compilation is not known, or not even the first numbers can be read. Other
    /// parts that fail are named in the answer.
    pub async fn metrics(
        &self,
        id: Uuid,
        range: &str,
        depth: Depth,
        cancel: &CancellationToken,
    ) -> Result<Measured, Failure> {
        let range = metrics::parse_range(range).map_err(|error| {
            Failure::bad_input(error.to_string(), "Write a range like `24h` or `7d`.")
        })?;
        let Some(record) = self.work.compilation(id)? else {
            return Err(Failure::new(
                Code::NotFound,
                format!("there is no compilation {id}"),
                "`stringout compilations` lists them.",
            ));
        };
        let now = self.clock.now().nanos().div_euclid(1_000_000);
        let now_ms = i64::try_from(now).unwrap_or(i64::MAX);
        let span = Span::until(range, now_ms);
        let (audience, source) = self.audience().await?;
        let overview = |span| Query::Overview { video: id, span };
        let reply = audience.ask(&overview(span), cancel).await?;
        let mut asked = Asked {
            audience: audience.as_ref(),
            cancel,
            cannot: Vec::new(),
        };
        asked.note("", &reply);
        let Answer::Overview(now_numbers) = reply.answer else {
            return Err(Failure::internal("another answer than was asked for"));
        };
        let before = asked.ask("changes", &overview(span.before())).await;
        let before = match before {
            Some(Answer::Overview(before)) => *before,
            _ => Overview::default(),
        };
        let playing = Query::NowPlaying {
            videos: vec![id],
            now_ms,
        };
        let now_playing = match asked.ask("now_playing", &playing).await {
            Some(Answer::NowPlaying(Some(playing))) => playing.first().map(|one| one.sessions),
            _ => None,
        };
        let mut measured = Measured {
            changes: changes(&now_numbers, &before),
            overview: *now_numbers,
            source,
            now_playing,
            series: None,
            retention: None,
            placements: None,
            devices: None,
            countries: None,
            cannot: Vec::new(),
        };
        if depth == Depth::All {
            let step_ms = range.step_ms();
            let length = record.media.duration.nanos() / 1_000_000;
            let bucket_ms = retention_bucket_ms(u64::try_from(length).unwrap_or(0));
            let video = id;
            let series = Query::Series {
                video,
                span,
                step_ms,
            };
            if let Some(Answer::Series(points)) = asked.ask("series", &series).await {
                measured.series = Some(points);
            }
            let retention = Query::Retention {
                video,
                span,
                bucket_ms,
            };
            if let Some(Answer::Retention(found)) = asked.ask("retention", &retention).await {
                measured.retention = found;
            }
            let placements = Query::Placements { video, span };
            if let Some(Answer::Placements(found)) = asked.ask("placements", &placements).await {
                measured.placements = found;
            }
            let devices = Query::Devices { video, span };
            if let Some(Answer::Devices(found)) = asked.ask("devices", &devices).await {
                measured.devices = found;
            }
            let countries = Query::Countries { video, span };
            if let Some(Answer::Countries(found)) = asked.ask("countries", &countries).await {
                measured.countries = found;
            }
        }
        measured.cannot = asked.cannot;
        Ok(measured)
    }

    async fn audience(&self) -> Result<(Box<dyn Audience>, &'static str), Failure> {
        if self.config.hydrolix.is_some() {
            return Ok((Box::new(self.hydrolix().await?), "hydrolix"));
        }
        let views = Arc::new(SpooledViews {
            dir: self.dir().join(SPOOL),
        });
        let local = LocalViews::new(views, Arc::clone(&self.clock));
        Ok((Box::new(local), "local"))
    }
}

/// Asks one question after the other, and remembers what can't be told.
struct Asked<'a> {
    audience: &'a dyn Audience,
    cancel: &'a CancellationToken,
    cannot: Vec<Untold>,
}

impl Asked<'_> {
    async fn ask(&mut self, part: &str, query: &Query) -> Option<Answer> {
        match self.audience.ask(query, self.cancel).await {
            Ok(reply) => {
                self.note(part, &reply);
                Some(reply.answer)
            }
            Err(error) => {
                let state = match &error {
                    AskError::Hydrolix(fault) => Some(state_word(fault.state())),
                    _ => None,
                };
                self.cannot.push(Untold {
                    part: part.to_owned(),
                    why: error.to_string(),
                    state,
                });
                None
            }
        }
    }

    fn note(&mut self, part: &str, reply: &Reply) {
        for lack in &reply.cannot {
            let named = if lack.part.is_empty() {
                part
            } else {
                lack.part
            };
            self.cannot.push(Untold {
                part: named.to_owned(),
                why: format!("the table has no column for {}", lack.column),
                state: None,
            });
        }
    }
}

fn changes(now: &Overview, before: &Overview) -> Vec<PartChange> {
    let count = |value: Option<u64>| value.map(|value| value as f64);
    type Part = (&'static str, Option<f64>, Option<f64>);
    let (n, b) = (&now.summary, &before.summary);
    let parts: [Part; 9] = [
        (
            "session_views",
            count(n.session_views),
            count(b.session_views),
        ),
        ("mobile_percent", n.mobile_percent, b.mobile_percent),
        ("qr_scans", count(n.qr_scans), count(b.qr_scans)),
        ("watch_seconds", n.watch_seconds, b.watch_seconds),
        (
            "avg_watch_seconds",
            n.avg_watch_seconds,
            b.avg_watch_seconds,
        ),
        (
            "startup_p50_ms",
            count(now.startup_p50_ms),
            count(before.startup_p50_ms),
        ),
        (
            "startup_p95_ms",
            count(now.startup_p95_ms),
            count(before.startup_p95_ms),
        ),
        (
            "rebuffer_percent",
            now.rebuffer_percent,
            before.rebuffer_percent,
        ),
        ("error_percent", now.error_percent, before.error_percent),
    ];
    let changed = parts.into_iter().filter_map(|(part, now, before)| {
        change(now, before).map(|change| PartChange { part, change })
    });
    changed.collect()
}

/// View events in the play service's spool.
struct SpooledViews {
    dir: PathBuf,
}

impl Views for SpooledViews {
    fn events(&self, id: Uuid, from_ms: i64, to_ms: i64) -> Result<Vec<ViewEvent>, ViewsError> {
        let wanted = id.to_string();
        let mut found = Vec::new();
        for event in play::read_events(&self.dir, from_ms, to_ms)? {
            let event = event?;
            if event.video_id == wanted {
                found.push(event);
            }
        }
        Ok(found)
    }
}
