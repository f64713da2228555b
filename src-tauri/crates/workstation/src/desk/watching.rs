//! What viewers did, for the panel: the numbers of now, or the last ones that were known.

use super::delivery::compilation_id;
use super::{Desk, blocking};
use crate::hydrolix::state_word;
use crate::measure::{Depth, Measured};
use crate::{Code, Failure, Workspace};
use conform::CutPlan;
use ipc::{
    BreakdownRow, BreakdownView, ChangeView, LackView, MetricsView, RetentionView, SeriesView,
    ShotView, StaleView,
};
use mediatime::Timestamp;
use metrics::hydrolix::PanelState;
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

/// The folder of a workspace with the numbers that were known last.
const KNOWN: &str = "metrics";

/// Nobody waits longer in front of a panel.
const PATIENCE: Duration = Duration::from_secs(45);

impl Desk {
    /// The numbers of a compilation; the last that were known where the remote can't be asked now.
    ///
    /// # Errors
    /// The compilation or the range is none, or nothing is known.
    pub async fn metrics(&self, args: ipc::MetricsArgs) -> Result<MetricsView, Failure> {
        let id = compilation_id(&args.compilation_id)?;
        let workspace = &self.inner.workspace;
        let asked = workspace.metrics(id, &args.range, Depth::All, &self.inner.stop);
        let measured = match tokio::time::timeout(PATIENCE, asked).await {
            Ok(measured) => measured,
            Err(_) => Err(Failure::new(
                Code::Unreachable,
                "the numbers did not come in time",
                "Choose a shorter range.",
            )),
        };
        let worker = self.clone();
        blocking(move || {
            let workspace = &worker.inner.workspace;
            let kept = known_path(workspace, id, &args.range)?;
            match measured {
                Ok(measured) => {
                    let shots = workspace.shots(id)?;
                    let view = view(args, measured, shots);
                    let text = serde_json::to_vec(&view).map_err(Failure::internal)?;
                    crate::write_file(&kept, &text)?;
                    Ok(view)
                }
                Err(failure) => {
                    let wrong = matches!(failure.code, Code::BadInput | Code::NotFound);
                    let known = std::fs::read(&kept).ok().filter(|_| !wrong);
                    let known =
                        known.and_then(|text| serde_json::from_slice::<MetricsView>(&text).ok());
                    let Some(known) = known else {
                        return Err(failure);
                    };
                    Ok(MetricsView {
                        stale: Some(stale(&failure)),
                        ..known
                    })
                }
            }
        })
        .await
    }
}

impl Workspace {
    /// The shots of a compilation, as its plan cut them.
    fn shots(&self, id: Uuid) -> Result<Vec<ShotView>, Failure> {
        let record = self.compilation(id)?;
        let plan = record.plan.clone();
        let Some(plan) = plan.and_then(|plan| serde_json::from_value::<CutPlan>(plan).ok()) else {
            return Ok(Vec::new());
        };
        let offsets = self.offsets(&plan);
        let millis = |time: Timestamp| u64::try_from(time.nanos() / 1_000_000).unwrap_or(0);
        let mut shots: Vec<ShotView> = Vec::new();
        let mut goes_on: Option<(Option<String>, Timestamp)> = None;
        let mut ends = plan.video.iter().skip(1).map(|span| span.at);
        for span in &plan.video {
            let end = millis(ends.next().unwrap_or(plan.duration));
            let mut pieces = span
                .sources
                .iter()
                .filter(|piece| !piece.preroll && piece.layer == 0);
            let (first, last) = (pieces.clone().next(), pieces.next_back());
            let times = first.zip(last).map(|(first, last)| {
                let offset = |id: &str| offsets.get(id).copied().unwrap_or_default();
                (
                    first
                        .flow_id
                        .clone()
                        .or_else(|| Some(first.object_id.clone())),
                    first.mark_in.saturating_add(offset(&first.object_id)),
                    last.mark_out.saturating_add(offset(&last.object_id)),
                )
            });
            let Some((of, begin, behind)) = times else {
                goes_on = None;
                shots.push(ShotView {
                    at_ms: millis(span.at),
                    end_ms: end,
                    title: "Black".to_owned(),
                    flow_id: None,
                    flow_time: None,
                });
                continue;
            };
            match shots.last_mut() {
                Some(shot) if goes_on == Some((of.clone(), begin)) => shot.end_ms = end,
                _ => {
                    let flow_id = first.and_then(|piece| piece.flow_id.clone());
                    shots.push(ShotView {
                        at_ms: millis(span.at),
                        end_ms: end,
                        title: self.shot_title(flow_id.as_deref(), of.as_deref()),
                        flow_time: flow_id.as_ref().map(|_| begin.to_string()),
                        flow_id,
                    });
                }
            }
            goes_on = Some((of, behind));
        }
        Ok(shots)
    }

    fn shot_title(&self, flow: Option<&str>, object: Option<&str>) -> String {
        let known = flow
            .and_then(|id| id.parse().ok())
            .and_then(|id| self.catalogue.flow(id).ok());
        let label = known.and_then(|flow| flow.label);
        label.unwrap_or_else(|| {
            let name = PathBuf::from(object.unwrap_or_default());
            let name = name
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            name.unwrap_or_default()
        })
    }
}

fn known_path(workspace: &Workspace, id: Uuid, range: &str) -> Result<PathBuf, Failure> {
    let range: String = range.chars().filter(char::is_ascii_alphanumeric).collect();
    Ok(workspace.folder(KNOWN)?.join(format!("{id}-{range}.json")))
}

fn stale(failure: &Failure) -> StaleView {
    let state = match failure.code {
        Code::CredentialsRefused => state_word(PanelState::SignIn),
        Code::Unreachable => state_word(PanelState::Offline),
        _ => state_word(PanelState::ServerError),
    };
    StaleView {
        state: state.to_owned(),
        message: failure.detail.clone(),
        hint: failure.hint.clone(),
    }
}

fn view(args: ipc::MetricsArgs, measured: Measured, shots: Vec<ShotView>) -> MetricsView {
    let numbers = measured.overview;
    let summary = numbers.summary;
    let breakdown = |rows: Vec<BreakdownRow>, hidden: Option<metrics::Hidden>| BreakdownView {
        rows,
        hidden_rows: hidden.map_or(0, |hidden| hidden.rows),
    };
    let plain = |title: String, sessions| BreakdownRow {
        title,
        code: None,
        sessions,
        scans: None,
        plays: None,
        scan_to_play_percent: None,
    };
    MetricsView {
        compilation_id: args.compilation_id,
        range: args.range,
        session_views: summary.session_views,
        mobile_percent: summary.mobile_percent,
        qr_scans: summary.qr_scans,
        watch_seconds: summary.watch_seconds,
        avg_watch_seconds: summary.avg_watch_seconds,
        completion: summary.completion.map(|reached| {
            vec![
                reached.started,
                reached.quarter,
                reached.half,
                reached.three_quarters,
                reached.complete,
            ]
        }),
        as_of: summary.as_of,
        source: measured.source.to_owned(),
        stale: None,
        sessions: numbers.sessions,
        startup_p50_ms: numbers.startup_p50_ms,
        startup_p95_ms: numbers.startup_p95_ms,
        rebuffer_percent: numbers.rebuffer_percent,
        error_percent: numbers.error_percent,
        now_playing: measured.now_playing,
        changes: measured
            .changes
            .into_iter()
            .map(|changed| ChangeView {
                part: camel(changed.part),
                by: changed.change.by,
                percent: changed.change.percent,
            })
            .collect(),
        series: measured
            .series
            .unwrap_or_default()
            .into_iter()
            .map(|point| SeriesView {
                at_ms: point.at_ms,
                session_views: point.session_views,
                qr_scans: point.qr_scans,
                watch_ms: point.watch_ms,
            })
            .collect(),
        retention: measured.retention.map(|retention| {
            let points = retention.points.into_iter();
            points
                .map(|point| RetentionView {
                    at_ms: point.at_ms,
                    sessions: point.sessions,
                    percent: point.percent,
                })
                .collect()
        }),
        shots,
        placements: measured.placements.map(|found| {
            let rows = found.rows.into_iter().map(|row| BreakdownRow {
                title: row.placement,
                code: Some(row.short_id),
                sessions: row.sessions,
                scans: row.scans,
                plays: row.plays,
                scan_to_play_percent: row.scan_to_play_percent,
            });
            breakdown(rows.collect(), found.hidden)
        }),
        devices: measured.devices.map(|found| {
            let rows = found.rows.into_iter().map(|row| {
                let words = [row.device_type, row.os, row.browser];
                let words: Vec<String> = words.into_iter().filter(|w| !w.is_empty()).collect();
                plain(words.join(" · "), row.sessions)
            });
            breakdown(rows.collect(), found.hidden)
        }),
        countries: measured.countries.map(|found| {
            let rows = found
                .rows
                .into_iter()
                .map(|row| plain(row.country, row.sessions));
            breakdown(rows.collect(), found.hidden)
        }),
        cannot: measured
            .cannot
            .into_iter()
            .map(|lack| LackView {
                part: camel(&lack.part),
                why: lack.why,
            })
            .collect(),
    }
}

/// As the page calls its fields.
fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut up = false;
    for letter in name.chars() {
        match letter {
            '_' => up = true,
            letter if up => {
                out.extend(letter.to_uppercase());
                up = false;
            }
            letter => out.push(letter),
        }
    }
    out
}
