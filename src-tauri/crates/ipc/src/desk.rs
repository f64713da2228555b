//! Everything one window shows, and how it hears of changes.

use crate::{
    ConnectionView, JobView, MonitorName, MonitorView, OutboxItem, PlanState, SequenceView,
    SourceView,
};
use serde::Serialize;
use ts_rs::TS;

/// All that a window needs to draw itself.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DeskView {
    /// The workspace.
    pub workspace: WorkspaceView,
    /// What can be cut: the local node's, then those of each connection.
    pub sources: Vec<SourceView>,
    /// What is cut.
    pub sequence: SequenceView,
    /// How it will be made.
    pub plan: PlanState,
    /// The source monitor.
    pub source: MonitorView,
    /// The record monitor.
    pub record: MonitorView,
    /// Running and finished, newest first.
    pub jobs: Vec<JobView>,
    /// What still has to reach a remote.
    pub outbox: Vec<OutboxItem>,
    /// Monitors that have windows of their own.
    pub detached: Vec<MonitorName>,
    /// Where pictures come from.
    pub frames: FramesEndpoint,
    /// What the page saved as its layout.
    pub layout: Option<String>,
    /// How far the first cut is; `None` when the user has put it away.
    pub lesson: Option<Lesson>,
}

/// A workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceView {
    /// Name of its folder.
    pub name: String,
    /// Its folder.
    pub dir: String,
    /// Version of the program.
    pub version: String,
    /// Names of the stores that are configured; empty: everything stays on this machine.
    pub stores: Vec<String>,
    /// Since when a store that is configured does not answer, RFC 3339.
    pub offline_since: Option<String>,
    /// Base of links that phones open.
    pub play_base: String,
    /// Those links work on this network only.
    pub play_local: bool,
    /// Why phones can't open links now.
    pub play_problem: Option<FailureView>,
    /// The TAMS servers beside the local node, by name.
    pub connections: Vec<ConnectionView>,
    /// Bytes of media in the workspace.
    #[ts(type = "number")]
    pub media_bytes: u64,
    /// Bytes left on its disk.
    #[ts(type = "number")]
    pub free_bytes: u64,
    /// Who made the footage of the demo, when it is there.
    pub credits: Option<String>,
}

/// Where pictures come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FramesEndpoint {
    /// `ws://127.0.0.1:PORT/TOKEN/frames`; a monitor's name follows as `/source` or `/record`.
    pub socket: String,
    /// `http://127.0.0.1:PORT/TOKEN`: `/picture/FLOW/FRAME?height=H` is a JPEG,
    /// `/peaks/FLOW?first=F&frames=N&bins=B` one byte a bin and channel, `/sheet/JOB/PAGE` a PNG.
    pub http: String,
}

/// The steps of the first cut that are done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Lesson {
    /// A source was opened.
    pub opened: bool,
    /// In and out were marked.
    pub marked: bool,
    /// Something is on the timeline.
    pub appended: bool,
    /// The plan was looked at.
    pub planned: bool,
    /// A file was compiled and verified.
    pub compiled: bool,
    /// A code was printed.
    pub printed: bool,
}

/// Why something did not happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FailureView {
    /// Stable, for people who search.
    pub code: String,
    /// What happened, in a few words.
    pub title: String,
    /// What exactly, naming the clip, file or field.
    pub detail: String,
    /// The next step.
    pub hint: String,
    /// The same may succeed later.
    pub retryable: bool,
}

/// What changed. The page gets them in order, as the event `desk`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(tag = "kind")]
pub enum DeskEvent {
    /// The workspace, its remotes or its disk.
    Workspace {
        /// Now.
        workspace: WorkspaceView,
    },
    /// What can be cut.
    Sources {
        /// Now.
        sources: Vec<SourceView>,
    },
    /// The sequence.
    Sequence {
        /// Now.
        sequence: SequenceView,
    },
    /// The plan.
    Plan {
        /// Now.
        plan: PlanState,
    },
    /// A monitor.
    Monitor {
        /// Now.
        monitor: MonitorView,
    },
    /// A job.
    Job {
        /// Now.
        job: JobView,
    },
    /// A finished job was put away.
    JobGone {
        /// Its id.
        id: String,
    },
    /// The outbox.
    Outbox {
        /// Now.
        outbox: Vec<OutboxItem>,
    },
    /// How far the first cut is.
    Lesson {
        /// Now.
        lesson: Option<Lesson>,
    },
    /// Something failed that no job stands for.
    Failed {
        /// Why.
        failure: FailureView,
    },
    /// Monitors got windows of their own, or gave them up.
    Detached {
        /// Those that have one now.
        monitors: Vec<MonitorName>,
    },
    /// Events were lost: this is how everything stands.
    Everything {
        /// Now.
        view: Box<DeskView>,
    },
    /// Files hang over the window, or left it.
    Hover {
        /// How many.
        files: u32,
    },
}
