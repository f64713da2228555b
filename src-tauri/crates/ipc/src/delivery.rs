//! What was published, printed, sent and watched.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A compilation in lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CompilationView {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// The link people share.
    pub play_url: String,
    /// Where the bytes are.
    pub object_url: String,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Hash of its plan, when that is known.
    pub plan_hash: Option<String>,
    /// RFC 3339.
    pub created: String,
}

/// A sheet template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TemplateView {
    /// Its name on the command line.
    pub name: String,
    /// What it looks like, in words.
    pub title: String,
    /// `A4`, `A6`, `Letter`.
    pub paper: String,
    /// Codes on a page.
    pub codes_per_page: u32,
    /// Smallest square of a code on it, in tenths of a millimetre.
    pub module_tenths_mm: u32,
    /// One code on a page, made to be read from afar.
    pub poster: bool,
}

/// A printed sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SheetView {
    /// Name of the file without folders.
    pub file: String,
    /// Its folder.
    pub folder: String,
    /// Pages in it.
    pub pages: u32,
    /// Milliseconds to lay out and write the file.
    #[ts(type = "number")]
    pub pdf_ms: u64,
    /// Milliseconds to read every code back.
    #[ts(type = "number")]
    pub verify_ms: u64,
    /// In the order of the pages.
    pub codes: Vec<CodeView>,
    /// Pictures of its pages can be had from the frames server.
    pub preview_pages: u32,
    /// The codes work on this network only.
    pub local: bool,
    /// What the user should know.
    pub issues: Vec<String>,
}

/// A printed code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CodeView {
    /// What is printed under it.
    pub id: String,
    /// Its exact payload.
    pub url: String,
    /// Where it hangs.
    pub placement: String,
    /// From 1.
    pub page: u32,
    /// It was read back from the file.
    pub verified: bool,
    /// Rows of the code, `#` dark and `.` light, without the quiet zone.
    pub modules: Vec<String>,
}

/// The numbers of a compilation. `null` is unknown, never 0.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MetricsView {
    /// The compilation.
    pub compilation_id: String,
    /// `1h`, `24h`, `7d`.
    pub range: String,
    /// Sessions that began to play.
    #[ts(type = "number | null")]
    pub session_views: Option<u64>,
    /// Sessions from phones and tablets.
    pub mobile_percent: Option<f64>,
    /// Scans of printed codes.
    #[ts(type = "number | null")]
    pub qr_scans: Option<u64>,
    /// Seconds of moving pictures before viewers.
    pub watch_seconds: Option<f64>,
    /// Watch time per play.
    pub avg_watch_seconds: Option<f64>,
    /// Sessions that got past the first picture, a quarter, half, three quarters, the end.
    #[ts(type = "Array<number> | null")]
    pub completion: Option<Vec<u64>>,
    /// Until when the events are known, RFC 3339.
    pub as_of: Option<String>,
    /// `local` for the collector of this workspace, `hydrolix` for the table there.
    pub source: String,
    /// Why these are the last numbers that were known; `null` when they are those of now.
    pub stale: Option<StaleView>,
    /// All sessions, also those that only opened the page.
    #[ts(type = "number | null")]
    pub sessions: Option<u64>,
    /// Half of the sessions that started took no longer: milliseconds.
    #[ts(type = "number | null")]
    pub startup_p50_ms: Option<u64>,
    /// 95 of 100 took no longer: milliseconds.
    #[ts(type = "number | null")]
    pub startup_p95_ms: Option<u64>,
    /// Waiting for data in percent of watching and waiting.
    pub rebuffer_percent: Option<f64>,
    /// Sessions whose player failed, in percent.
    pub error_percent: Option<f64>,
    /// Sessions that play now.
    #[ts(type = "number | null")]
    pub now_playing: Option<u64>,
    /// Against the period of the same length before.
    pub changes: Vec<ChangeView>,
    /// The range in steps, without gaps; empty when it is not known.
    pub series: Vec<SeriesView>,
    /// How many were still watching, by position; `null` when it is not known.
    pub retention: Option<Vec<RetentionView>>,
    /// The shots of the compilation in order, for the retention's axis.
    pub shots: Vec<ShotView>,
    /// By printed code; `null` when it is not known.
    pub placements: Option<BreakdownView>,
    /// By kind of device; `null` when it is not known.
    pub devices: Option<BreakdownView>,
    /// By country; `null` when it is not known.
    pub countries: Option<BreakdownView>,
    /// Parts that can't be told, and why, in words.
    pub cannot: Vec<LackView>,
}

/// The last numbers are old ones.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StaleView {
    /// `sign_in`, `blocked`, `offline`, `too_slow`, `table_missing`, `over_limits`, `busy`,
    /// `server_error`.
    pub state: String,
    /// What went wrong, for people.
    pub message: String,
    /// The next step.
    pub hint: String,
}

/// How a number changed.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChangeView {
    /// Which number, by its field in [`MetricsView`].
    pub part: String,
    /// By how much.
    pub by: f64,
    /// The same in percent of the number before; `null` when that was 0.
    pub percent: Option<f64>,
}

/// A step of the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SeriesView {
    /// Where it begins: milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub at_ms: i64,
    /// Sessions that began to play in it.
    #[ts(type = "number | null")]
    pub session_views: Option<u64>,
    /// Scans in it.
    #[ts(type = "number | null")]
    pub qr_scans: Option<u64>,
    /// Milliseconds watched in it.
    #[ts(type = "number | null")]
    pub watch_ms: Option<u64>,
}

/// A position in the compilation.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RetentionView {
    /// Milliseconds from its start.
    #[ts(type = "number")]
    pub at_ms: u64,
    /// Sessions that watched it.
    #[ts(type = "number")]
    pub sessions: u64,
    /// Those in percent of all that watched anything.
    pub percent: Option<f64>,
}

/// A shot of a compilation, as its plan cut it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ShotView {
    /// Where it begins in the compilation: milliseconds.
    #[ts(type = "number")]
    pub at_ms: u64,
    /// Where it ends.
    #[ts(type = "number")]
    pub end_ms: u64,
    /// What it is cut from, for people.
    pub title: String,
    /// The TAMS flow; `null` for a plain file, black and the like.
    pub flow_id: Option<String>,
    /// The flow time of its first frame, as TAMS writes timestamps.
    pub flow_time: Option<String>,
}

/// Rows of a breakdown that tell of enough sessions.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BreakdownView {
    /// The largest first.
    pub rows: Vec<BreakdownRow>,
    /// Rows of too few sessions to be shown.
    #[ts(type = "number")]
    pub hidden_rows: u64,
}

/// A row of a breakdown. `null` is unknown.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BreakdownRow {
    /// What it is about: a place, a device, a country; empty when unknown.
    pub title: String,
    /// The printed code, where it is about one.
    pub code: Option<String>,
    /// Sessions.
    #[ts(type = "number")]
    pub sessions: u64,
    /// Scans.
    #[ts(type = "number | null")]
    pub scans: Option<u64>,
    /// Sessions in which pictures moved.
    #[ts(type = "number | null")]
    pub plays: Option<u64>,
    /// Of those that scanned, those in which pictures moved, in percent.
    pub scan_to_play_percent: Option<f64>,
}

/// A part that can't be told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LackView {
    /// Which part, by its field in [`MetricsView`].
    pub part: String,
    /// Why not, in words.
    pub why: String,
}

/// What of a server's flow is kept on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PinView {
    /// The flow, by its reference: `NAME/UUID`.
    pub flow: String,
    /// On the flow's timeline.
    pub timerange: String,
    /// Bytes of all of it; `null` when the server has not told yet.
    #[ts(type = "number | null")]
    pub bytes: Option<u64>,
    /// Objects of it that are here.
    pub here: u32,
    /// All its objects; `null` when the server has not told yet.
    pub objects: Option<u32>,
}

/// An outbox entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OutboxItem {
    /// Its id.
    pub id: String,
    /// What it does, in words.
    pub title: String,
    /// `pending`, `leased`, `waiting`, `dead`.
    pub state: String,
    /// What it waits for.
    pub waiting_for: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// What went wrong last, for people.
    pub error: Option<String>,
    /// The remote has another version: whoever retries has to say which stays.
    pub conflict: bool,
    /// Bytes that are confirmed, while it is on its way.
    #[ts(type = "number | null")]
    pub done_bytes: Option<u64>,
    /// Bytes of all of it, while it is on its way.
    #[ts(type = "number | null")]
    pub total_bytes: Option<u64>,
}
