//! The cut plan and the verified report, as tables.

use crate::{FailureView, Rate};
use serde::Serialize;
use ts_rs::TS;

/// Where the plan of the sequence stands.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "kind"
)]
#[ts(tag = "kind")]
pub enum PlanState {
    /// The sequence is empty.
    Empty,
    /// It is being worked out for a revision.
    Planning {
        /// Of the sequence.
        revision: u32,
    },
    /// It is known.
    Ready {
        /// The plan.
        plan: PlanView,
    },
    /// It can't be made.
    Failed {
        /// Of the sequence.
        revision: u32,
        /// Why.
        failure: FailureView,
    },
}

/// A cut plan.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PlanView {
    /// Revision of the sequence it belongs to.
    pub revision: u32,
    /// SHA-256 of the plan, hex.
    pub hash: String,
    /// `None` when it varies.
    pub frame_rate: Option<Rate>,
    /// Frames of the output.
    pub frames: u32,
    /// Pictures and what happens to them, in output order.
    pub spans: Vec<SpanView>,
    /// What happens to the sound: `copied as it is`, `encoded`, `none`.
    pub sound: String,
    /// Frames taken as they are.
    pub copied_frames: u32,
    /// Estimated bytes of the output.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Estimated milliseconds of work.
    #[ts(type = "number")]
    pub work_ms: u64,
    /// What the pictures are coded in, as people call it: `H.264`.
    pub codec: String,
    /// Players that may refuse the output, in words; `None` where nothing is known against it.
    pub may_refuse: Option<String>,
    /// Output pixels.
    pub width: u32,
    /// Output pixels.
    pub height: u32,
    /// What the user should know.
    pub issues: Vec<String>,
}

/// A stretch of the output's pictures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SpanView {
    /// `copy`, `encode`, `compose`, `fill` or `reference`.
    pub kind: String,
    /// First output frame.
    pub at: u32,
    /// Output frames.
    pub frames: u32,
    /// Names of the clips it comes from.
    pub from: String,
    /// The clip it comes from, when it is one.
    pub clip_id: Option<String>,
    /// Objects it reads.
    pub objects: u32,
    /// Why it is of this kind.
    pub reason: String,
    /// Estimated bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Estimated milliseconds of work.
    #[ts(type = "number")]
    pub work_ms: u64,
}

/// What checking an output found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedView {
    /// Everything is as planned.
    pub ok: bool,
    /// Frames counted.
    pub frames: u32,
    /// Name, outcome, detail of each check.
    pub checks: Vec<JointView>,
    /// Joint by joint.
    pub joints: Vec<JointView>,
}

/// One check or joint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct JointView {
    /// Output frame behind the joint; `None` for a check of the whole.
    pub frame: Option<u32>,
    /// `copy → encode`, or the name of a check.
    pub title: String,
    /// As planned.
    pub ok: bool,
    /// What was found.
    pub detail: String,
}
