//! Answers from events on this computer.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use mediatime::Clock;
use record::ViewEvent;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::audience::{
    Answer, AskError, Audience, KnownOfPlacements, Lack, LibraryRow, PlacementTally, Playing,
    Query, Reply, SeriesPoint, Span, devices, placements,
};
use crate::playing;
use crate::retention::retention;
use crate::sessions::sessions;
use crate::tables::series;
use crate::tally::Tally;
use crate::views::{Views, ViewsError};

/// The collector's own store as an [`Audience`]: everything but the country is known, at once, and
/// without a network.
pub struct LocalViews {
    views: Arc<dyn Views>,
    clock: Arc<dyn Clock>,
}

impl LocalViews {
    /// `clock` says as of when the answers are.
    pub fn new(views: Arc<dyn Views>, clock: Arc<dyn Clock>) -> Self {
        Self { views, clock }
    }
}

#[async_trait]
impl Audience for LocalViews {
    /// Reads in a thread of its own, which goes on to the end of its reading when it is cancelled.
    async fn ask(&self, query: &Query, cancel: &CancellationToken) -> Result<Reply, AskError> {
        query.check()?;
        if cancel.is_cancelled() {
            return Err(AskError::Cancelled);
        }
        let (views, clock, query) = (self.views.clone(), self.clock.clone(), query.clone());
        let work = tokio::task::spawn_blocking(move || answer(&*views, &*clock, &query));
        tokio::select! {
            answered = work => match answered {
                Ok(answered) => answered.map_err(AskError::Views),
                Err(ended) => Err(AskError::Views(ended.into())),
            },
            () = cancel.cancelled() => Err(AskError::Cancelled),
        }
    }
}

fn answer(views: &dyn Views, clock: &dyn Clock, query: &Query) -> Result<Reply, ViewsError> {
    let events = |video: Uuid, span: Span| views.events(video, span.from_ms, span.to_ms);
    let mut cannot = Vec::new();
    let answer = match query {
        Query::Overview { video, span } => {
            let overview = Tally::of(&events(*video, *span)?).overview(clock.now());
            Answer::Overview(Box::new(overview))
        }
        Query::Series {
            video,
            span,
            step_ms,
        } => {
            let points = series(&events(*video, *span)?, span.from_ms, span.to_ms, *step_ms);
            let known = points
                .iter()
                .map(|point| SeriesPoint::of(point, true, true));
            Answer::Series(known.collect())
        }
        Query::Retention {
            video,
            span,
            bucket_ms,
        } => Answer::Retention(Some(retention(&events(*video, *span)?, *bucket_ms))),
        Query::Placements { video, span } => {
            Answer::Placements(Some(by_code(&events(*video, *span)?)))
        }
        Query::Devices { video, span } => {
            let events = events(*video, *span)?;
            let mut counts: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
            for session in sessions(&events).values() {
                *counts.entry(session.device).or_default() += 1;
            }
            let owned = counts.into_iter().map(|((device, os, browser), count)| {
                let names = (device.to_owned(), os.to_owned(), browser.to_owned());
                (names, count)
            });
            Answer::Devices(Some(devices(owned)))
        }
        Query::Countries { .. } => {
            cannot.push(Lack {
                part: "countries",
                column: "country",
            });
            Answer::Countries(None)
        }
        Query::NowPlaying { videos, now_ms } => {
            let span = playing::window(*now_ms);
            let by_video = by_video(videos, views.events_of(videos, span.from_ms, span.to_ms)?);
            let rows = videos.iter().map(|video| Playing {
                video: *video,
                sessions: by_video
                    .get(video)
                    .map_or(0, |events| playing::count(events, *now_ms)),
            });
            Answer::NowPlaying(Some(rows.collect()))
        }
        Query::Library { videos, span } => {
            let by_video = by_video(videos, views.events_of(videos, span.from_ms, span.to_ms)?);
            let row = |video: &Uuid| {
                let events = by_video.get(video).map_or(&[][..], Vec::as_slice);
                let tally = Tally::of(events);
                LibraryRow {
                    video: *video,
                    session_views: Some(tally.views),
                    plays: tally.plays,
                    watch_ms: tally.watch_ms,
                    qr_scans: tally.scans,
                }
            };
            Answer::Library(videos.iter().map(row).collect())
        }
    };
    Ok(Reply {
        answer,
        cannot,
        approximate: false,
    })
}

fn by_video(videos: &[Uuid], events: Vec<ViewEvent>) -> HashMap<Uuid, Vec<ViewEvent>> {
    let mut found: HashMap<Uuid, Vec<ViewEvent>> = HashMap::new();
    let wanted: HashSet<&Uuid> = videos.iter().collect();
    for event in events {
        if let Ok(video) = event.video_id.parse::<Uuid>()
            && wanted.contains(&video)
        {
            found.entry(video).or_default().push(event);
        }
    }
    found
}

fn by_code(events: &[ViewEvent]) -> crate::Breakdown<crate::PlacementFigures> {
    let mut rows: BTreeMap<(&str, &str), PlacementTally> = BTreeMap::new();
    for session in sessions(events).values() {
        let Some(code) = session.code else { continue };
        let (scans, played) = (session.scans(), session.played());
        let row = rows.entry(code).or_default();
        row.sessions += 1;
        row.scans += scans;
        row.plays += u64::from(played);
        row.watch_ms = row.watch_ms.saturating_add(session.watch_ms());
        row.scanned += u64::from(scans > 0);
        row.scanned_plays += u64::from(scans > 0 && played);
    }
    let owned = rows
        .into_iter()
        .map(|((short_id, placement), tally)| ((short_id.to_owned(), placement.to_owned()), tally));
    let known = KnownOfPlacements {
        scans: true,
        plays: true,
        watch: true,
    };
    placements(owned, known)
}
