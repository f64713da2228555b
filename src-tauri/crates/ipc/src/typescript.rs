//! The page's types, written from ours.

use crate::*;
use std::fmt::Write;
use ts_rs::{Config, TS};

/// Every command: what it does, its name, what it takes, what it answers.
macro_rules! commands {
    ($apply:ident, $($context:ident),*) => {
        $apply! { $($context,)*
            /// Everything, when the page begins.
            "desk_view"(NoArgs) -> DeskView;
            /// The segments of a flow.
            "flow_segments"(FlowArgs) -> FlowSegments;
            /// Asks a TAMS server, or all of them, again; events follow.
            "connection_refresh"(ConnectionArgs) -> ();
            /// Loads a flow into the source monitor.
            "source_open"(OpenArgs) -> MonitorView;
            /// Moves a monitor.
            "monitor_transport"(TransportArgs) -> MonitorView;
            /// Gives a monitor a window of its own, or takes it back.
            "monitor_window"(MonitorWindowArgs) -> ();
            /// Changes the sequence.
            "sequence_edit"(EditArgs) -> SequenceView;
            /// Starts to link clips to other flows of their sources, at the same times; its job.
            "sequence_relink"(RelinkArgs) -> String;
            /// Does something with the projects of the workspace; the list of them.
            "project_do"(ProjectArgs) -> ProjectsView;
            /// The plan was looked at: the first cut goes on.
            "plan_seen"(NoArgs) -> ();
            /// Starts a compile; `null` when the user chose no place.
            "compile_start"(CompileArgs) -> Option<String>;
            /// Starts a publish.
            "publish_start"(PublishArgs) -> String;
            /// The compilations, newest first.
            "compilations"(NoArgs) -> Vec<CompilationView>;
            /// The sheet templates.
            "sheet_templates"(NoArgs) -> Vec<TemplateView>;
            /// Starts a sheet.
            "sheet_start"(SheetArgs) -> String;
            /// Opens what a finished job made with the system's program for it.
            "result_open"(JobArgs) -> ();
            /// Shows what a finished job made in the system's file browser.
            "result_reveal"(JobArgs) -> ();
            /// Opens the play page of a compilation in the system's browser.
            "play_open"(IdArgs) -> ();
            /// The numbers of a compilation.
            "metrics"(MetricsArgs) -> MetricsView;
            /// Ingests files that the user chooses; their jobs.
            "ingest_choose"(NoArgs) -> Vec<String>;
            /// Stops a job.
            "job_cancel"(JobArgs) -> ();
            /// Puts a finished job away.
            "job_dismiss"(JobArgs) -> ();
            /// Starts working off the outbox.
            "sync_start"(NoArgs) -> String;
            /// Tries an entry of the outbox again; of a conflict, the version that stays is named.
            "outbox_retry"(OutboxArgs) -> ();
            /// Takes an entry out of the outbox, with those that build on it.
            "outbox_cancel"(IdArgs) -> ();
            /// What is kept on this machine.
            "pins"(NoArgs) -> Vec<PinView>;
            /// Starts to bring a range of a server's flow to this machine, to stay; its job.
            "pin_start"(PinArgs) -> String;
            /// No longer keeps a range; what is still kept.
            "unpin"(PinArgs) -> Vec<PinView>;
            /// Keeps the page's layout.
            "layout_save"(LayoutArgs) -> ();
            /// Puts the first cut away.
            "lesson_dismiss"(NoArgs) -> ();
        }
    };
}

macro_rules! write_commands {
    ($cfg:ident, $out:ident, $(#[doc = $doc:literal] $name:literal ($args:ty) -> $answer:ty;)*) => {
        $(
            let _ = writeln!($out, "  /**{} */", $doc);
            let _ = writeln!(
                $out,
                "  {}: {{ args: {}; answer: {} }};",
                $name,
                <$args as TS>::name($cfg),
                <$answer as TS>::name($cfg),
            );
        )*
    };
}

macro_rules! list_commands {
    ($($(#[doc = $doc:literal])? $name:literal ($args:ty) -> $answer:ty;)*) => { vec![$($name),*] };
}

macro_rules! declare {
    ($cfg:ident, $out:ident; $($ty:ty),* $(,)?) => {
        $(let _ = writeln!($out, "export {}\n", <$ty as TS>::decl($cfg));)*
    };
}

/// The text of `ui/src/backend/generated.ts`.
#[must_use]
pub fn typescript() -> String {
    let config = Config::default();
    let config = &config;
    let mut out =
        String::from("// Written from the crate `ipc` by its test; change the types there.\n\n");
    declare!(config, out;
        Rate, Availability, ConnectionState, ConnectionView, SourceView, FlowView, FlowSegments, SegmentView, GapView,
        MonitorName, MonitorState, LiveState, LoudnessView, MonitorView, Transport, WindowDeed,
        SequenceView, ClipView, TransitionView, MarkerView, ClipEdge, HistoryStep, SequenceEdit,
        ProjectsView, ProjectView, VersionView, ProjectDeed, ProjectArgs,
        PlanState, PlanView, SpanView, VerifiedView, JointView,
        JobKind, JobState, JobView, ProgressView, JobResult,
        CompilationView, TemplateView, SheetView, CodeView, MetricsView, StaleView, ChangeView, SeriesView,
        RetentionView, ShotView, BreakdownView, BreakdownRow, LackView, OutboxItem, PinView,
        DeskView, WorkspaceView, FramesEndpoint, Lesson, FailureView, DeskEvent,
        NoArgs, FlowArgs, ConnectionArgs, IdArgs, OutboxArgs, PinArgs, JobArgs, OpenArgs, TransportArgs, MonitorWindowArgs,
        EditArgs, FlowPart,
        FlowPurpose, RelinkArgs, CompileArgs,
        PublishArgs, SheetArgs, MetricsArgs, LayoutArgs,
    );
    out.push_str("export type Commands = {\n");
    commands!(write_commands, config, out);
    out.push_str("};\n");
    // One line for each of our one-line docs.
    out.replace("/**\n * ", "/** ").replace("\n */", " */")
}

/// Names of all commands, for the window's list of what a page may call.
#[must_use]
pub fn command_names() -> Vec<&'static str> {
    commands!(list_commands,)
}
