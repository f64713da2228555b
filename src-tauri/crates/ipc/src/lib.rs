//! What the window's page and the program say to each other: commands, answers and events.
//!
//! The shapes are for the page alone: they carry what it shows, in units it can use without
//! rounding. Its TypeScript types are generated from here ([`typescript`]) and committed; a test
//! fails when they differ.
//!
//! # Terminology
//! - **desk**: everything one window shows of one workspace.
//! - **generation**: a number that rises whenever what a monitor plays changes. Pictures carry it,
//!   so that one of an older plan is never taken for one of the new.
//!
//! # Invariants
//! - Frames are counted from 0 and never rounded; rates are rationals; times that no frame can
//!   express are TAMS text.
//! - Whole numbers stay below 2⁵³, which is what a page can hold exactly.
//! - No path leaves the program that the user did not choose, no secret ever.

#![deny(missing_docs)]

mod catalogue;
mod command;
mod delivery;
mod desk;
mod job;
mod monitor;
mod plan;
mod project;
mod sequence;
mod typescript;

pub use catalogue::{
    Availability, ConnectionState, ConnectionView, FlowSegments, FlowView, GapView, Rate,
    SegmentView, SourceView,
};
pub use command::{
    CompileArgs, ConnectionArgs, EditArgs, FlowArgs, FlowPart, FlowPurpose, IdArgs, JobArgs,
    LayoutArgs, MetricsArgs, MonitorWindowArgs, NoArgs, OpenArgs, OutboxArgs, PinArgs, ProjectArgs,
    PublishArgs, RelinkArgs, SheetArgs, TransportArgs,
};
pub use delivery::{
    BreakdownRow, BreakdownView, ChangeView, CodeView, CompilationView, LackView, MetricsView,
    OutboxItem, PinView, RetentionView, SeriesView, SheetView, ShotView, StaleView, TemplateView,
};
pub use desk::{DeskEvent, DeskView, FailureView, FramesEndpoint, Lesson, WorkspaceView};
pub use job::{JobKind, JobResult, JobState, JobView, ProgressView};
pub use monitor::{
    LiveState, LoudnessView, MonitorName, MonitorState, MonitorView, Transport, WindowDeed,
};
pub use plan::{JointView, PlanState, PlanView, SpanView, VerifiedView};
pub use project::{ProjectDeed, ProjectView, ProjectsView, VersionView};
pub use sequence::{
    ClipEdge, ClipView, HistoryStep, MarkerView, SequenceEdit, SequenceView, TransitionView,
};
pub use typescript::{command_names, typescript};
