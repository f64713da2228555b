//! What was published, printed, sent and watched.

use serde::Serialize;
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
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
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
}
