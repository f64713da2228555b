//! Work that takes time.

use crate::{FailureView, PinView, SheetView, VerifiedView};
use serde::Serialize;
use ts_rs::TS;

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum JobKind {
    /// A file becomes segments.
    Ingest,
    /// A plan becomes a file.
    Compile,
    /// A file becomes a compilation.
    Publish,
    /// Codes become a PDF.
    Sheet,
    /// The outbox is worked off.
    Sync,
    /// Media of a TAMS server comes to this machine.
    Fetch,
    /// Clips are linked to other flows of their sources.
    Relink,
    /// A range of a server's flow is brought to this machine to stay.
    Pin,
}

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(tag = "kind")]
pub enum JobState {
    /// Waits for another one.
    Queued,
    /// At work.
    Running,
    /// Done.
    Done {
        /// What it made.
        result: JobResult,
    },
    /// Failed; nothing is left behind.
    Failed {
        /// Why.
        failure: FailureView,
    },
    /// Stopped by the user; nothing is left behind.
    Cancelled,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct JobView {
    /// Its id.
    pub id: String,
    /// What it does.
    pub kind: JobKind,
    /// `Ingest car.mp4`, `Compile Promo`.
    pub title: String,
    /// Where it stands.
    pub state: JobState,
    /// How far it is.
    pub progress: Option<ProgressView>,
    /// When it began, RFC 3339.
    pub started: String,
    /// How long it ran or runs, in milliseconds.
    #[ts(type = "number")]
    pub elapsed_ms: u64,
    /// It can be cancelled now.
    pub cancellable: bool,
}

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProgressView {
    /// What it is doing: `Reading`, `Writing`, `Verifying`.
    pub stage: String,
    /// Units done.
    #[ts(type = "number")]
    pub done: u64,
    /// Units in all; 0 when not known.
    #[ts(type = "number")]
    pub total: u64,
    /// Name of the unit: `frames`, `segments`, `bytes`, `codes`.
    pub unit: String,
    /// Bytes written or sent so far; 0 when there are none.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// What a job made.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "kind"
)]
#[ts(tag = "kind")]
pub enum JobResult {
    /// A source.
    Ingested {
        /// TAMS id.
        source_id: String,
        /// TAMS id of the flow to open.
        flow_id: String,
        /// Segments made.
        segments: u32,
        /// What the user should know.
        issues: Vec<String>,
    },
    /// A file.
    Compiled {
        /// Its name without folders.
        file: String,
        /// Its folder.
        folder: String,
        /// It is there. What was found to be other than planned is not kept.
        kept: bool,
        /// SHA-256, hex; empty when it was not kept.
        sha256: String,
        /// Hash of the plan.
        plan_hash: String,
        /// Revision of the sequence.
        revision: u32,
        /// Frames of the file.
        frames: u32,
        /// Frames taken as they were.
        copied_frames: u32,
        /// Frames encoded.
        encoded_frames: u32,
        /// Bytes of the file.
        #[ts(type = "number")]
        bytes: u64,
        /// What checking it found.
        verified: Option<VerifiedView>,
    },
    /// A compilation.
    Published {
        /// Its id.
        compilation_id: String,
        /// Where the bytes are or will be.
        object_url: String,
        /// The link people share.
        play_url: String,
        /// Outbox entries that still have to reach a remote.
        queued: u32,
        /// What the user should know.
        issues: Vec<String>,
    },
    /// A sheet.
    Printed {
        /// The sheet.
        sheet: SheetView,
    },
    /// The outbox was worked off.
    Synced {
        /// Entries confirmed.
        done: u32,
        /// Entries that wait.
        waiting: u32,
        /// Entries that need a decision.
        dead: u32,
    },
    /// A range is on this machine.
    Pinned {
        /// What of it.
        pin: PinView,
    },
    /// Clips are cut from other flows.
    Relinked {
        /// How many of them.
        clips: u32,
    },
    /// Media of a TAMS server is here.
    Fetched {
        /// Objects that came.
        objects: u32,
        /// Bytes of them.
        #[ts(type = "number")]
        bytes: u64,
    },
}
