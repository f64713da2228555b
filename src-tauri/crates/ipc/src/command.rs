//! The commands, with what they take and answer. A command returns at once: with data, or with the
//! id of a job.

use crate::{MonitorName, ProjectDeed, SequenceEdit, Transport, WindowDeed};
use serde::Deserialize;
use ts_rs::TS;

/// Nothing.
#[derive(Clone, Copy, Debug, Default, Deserialize, TS)]
#[ts(type = "Record<string, never>")]
pub struct NoArgs {}

/// Which flow.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FlowArgs {
    /// TAMS id.
    pub flow_id: String,
}

/// Which TAMS server.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionArgs {
    /// Its name; `null`: all of them.
    pub name: Option<String>,
}

/// Which thing.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct IdArgs {
    /// Its id.
    pub id: String,
}

/// Which outbox entry, and what becomes of it.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OutboxArgs {
    /// Its id.
    pub id: String,
    /// Of a record that was changed elsewhere, `ours` or `theirs`.
    pub keep: Option<String>,
}

/// A range of a server's flow.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PinArgs {
    /// The flow, by its reference: `NAME/UUID`.
    pub flow: String,
    /// On the flow's timeline; all of it when `null`.
    pub timerange: Option<String>,
}

/// Which job.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct JobArgs {
    /// Its id.
    pub job_id: String,
}

/// What to load into the source monitor.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OpenArgs {
    /// TAMS id of a flow.
    pub flow_id: String,
    /// The frame to show.
    pub frame: Option<u32>,
}

/// What a monitor is asked.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TransportArgs {
    /// Which one.
    pub monitor: MonitorName,
    /// What.
    pub transport: Transport,
}

/// What becomes of a monitor's own window.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MonitorWindowArgs {
    /// Which monitor.
    pub monitor: MonitorName,
    /// What.
    pub deed: WindowDeed,
}

/// How the sequence is changed.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EditArgs {
    /// How.
    pub edit: SequenceEdit,
}

/// What is done with projects.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProjectArgs {
    /// What.
    pub deed: ProjectDeed,
}

/// What a flow of a source is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum FlowPurpose {
    /// To look at: the fewest bytes.
    Preview,
    /// To compile from: the best pictures.
    Best,
}

/// Which clips are linked to which flows of their sources.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RelinkArgs {
    /// Ids of clips; empty: all of the sequence.
    pub clips: Vec<String>,
    /// Which flow of each source.
    pub purpose: FlowPurpose,
}

/// A part of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FlowPart {
    /// TAMS id of the flow.
    pub flow_id: String,
    /// First frame, counted from the flow's first; its first when absent.
    pub mark_in: Option<u32>,
    /// First frame behind it; the flow's end when absent.
    pub mark_out: Option<u32>,
}

/// How the sequence is compiled.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CompileArgs {
    /// `auto`, `copy`, `smart` or `render`.
    pub mode: String,
    /// At most one sequence parameter set in the output: what would need another one is rendered.
    pub single_parameter_set: bool,
    /// Ask for a place with the system's dialog; else into the workspace.
    pub choose_place: bool,
}

/// What is published.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PublishArgs {
    /// The compile job whose file it is.
    pub job_id: String,
    /// What people will call it.
    pub title: String,
}

/// What is printed.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SheetArgs {
    /// The compilation the codes lead to.
    pub compilation_id: String,
    /// Name of the template.
    pub template: String,
    /// One code for each place.
    pub placements: Vec<String>,
    /// Codes that work on this network only.
    pub local: bool,
}

/// Which numbers.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MetricsArgs {
    /// The compilation.
    pub compilation_id: String,
    /// `1h`, `24h`, `7d`.
    pub range: String,
}

/// What the page wants to find again.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LayoutArgs {
    /// At most 64 KiB.
    pub layout: String,
}
