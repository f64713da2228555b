//! The sequence that is being cut.

use crate::Rate;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The sequence on the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SequenceView {
    /// Name of the project.
    pub project: String,
    /// Name of the sequence.
    pub title: String,
    /// Rises with every edit, undo and redo.
    pub revision: u32,
    /// Of the first clip; `None` while it is empty or varies. Clips of another rate are shown at it.
    pub frame_rate: Option<Rate>,
    /// Frames in all, at this rate.
    pub frames: u32,
    /// Timecode of frame 0, in frames.
    pub start_frame: u32,
    /// In order; they touch one another.
    pub clips: Vec<ClipView>,
    /// In order.
    pub markers: Vec<MarkerView>,
    /// Steps that can be undone and redone, oldest first.
    pub history: Vec<HistoryStep>,
    /// How many of `history` are done: the next undo takes back the one before.
    pub done: u32,
    /// When the last edit was on the disk, RFC 3339.
    pub saved: Option<String>,
}

/// A clip of the sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ClipView {
    /// Its id in the project.
    pub id: String,
    /// Name of its source.
    pub title: String,
    /// TAMS id of the flow it is cut from.
    pub flow_id: String,
    /// TAMS id of that flow's source.
    pub source_id: String,
    /// Sequence frame at which it begins.
    pub at: u32,
    /// Sequence frames of it.
    pub frames: u32,
    /// Its first frame, counted from the flow's first.
    pub source_first: u32,
    /// Frames it takes of its flow; as many as `frames` unless its rate is another one than the
    /// sequence's.
    pub source_frames: u32,
    /// Frames per second of its flow; `None` when they vary.
    pub source_frame_rate: Option<Rate>,
    /// Flow time, TAMS text.
    pub timerange: String,
    /// It carries sound.
    pub sound: bool,
    /// How it begins: out of the clip in front of it, or out of black.
    pub head: Option<TransitionView>,
    /// How it ends, where no clip follows.
    pub tail: Option<TransitionView>,
    /// It is cut from a preview flow: its source has a better one to compile from.
    pub preview: bool,
    /// Why it can't be played or compiled now.
    pub problem: Option<crate::FailureView>,
}

/// A dissolve, or a fade where there is nothing on one side. Clips lie where they would with a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TransitionView {
    /// Sequence frames from its beginning to the cut.
    pub before: u32,
    /// Sequence frames from the cut to its end.
    pub behind: u32,
}

/// A named place of the sequence, or a stretch of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MarkerView {
    /// Its own; empty for one that is to be made.
    pub id: String,
    /// Sequence frame at which it begins.
    pub at: u32,
    /// Frames of a stretch; 0 for a point.
    pub frames: u32,
    /// What people call it.
    pub name: String,
    /// What there is to say about it.
    pub note: String,
    /// How it is shown: OpenTimelineIO's colours in small letters, `green`.
    pub colour: String,
}

/// Where a clip begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ClipEdge {
    /// Where it begins.
    In,
    /// Where it ends.
    Out,
}

/// A named step of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HistoryStep {
    /// `Append Forecourt · overhead`.
    pub title: String,
}

/// A change of the sequence.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "kind"
)]
#[ts(tag = "kind")]
pub enum SequenceEdit {
    /// Puts a part behind the last clip.
    Append {
        /// What.
        part: crate::FlowPart,
    },
    /// Puts a part at a frame and pushes what follows; a clip there is split.
    Insert {
        /// What.
        part: crate::FlowPart,
        /// Sequence frame.
        at: u32,
    },
    /// Puts a part at a frame over what is there.
    Overwrite {
        /// What.
        part: crate::FlowPart,
        /// Sequence frame.
        at: u32,
    },
    /// Takes clips out; what follows closes up.
    Remove {
        /// Ids.
        clips: Vec<String>,
    },
    /// Moves a clip in front of the clip that is now at an index; the end for the number of clips.
    Move {
        /// Id.
        clip: String,
        /// Index.
        to: u32,
    },
    /// Changes where a clip begins and ends in its flow; what follows moves with it.
    Trim {
        /// Id.
        clip: String,
        /// Its first frame, counted from the flow's first.
        first: u32,
        /// Frames it takes of its flow.
        frames: u32,
    },
    /// Cuts a clip in two.
    Split {
        /// Sequence frame whose picture the second part begins with.
        at: u32,
    },
    /// Puts a dissolve on a cut, a fade where nothing is on the other side; of a second, or as long as the
    /// clips and their media let it be.
    Dissolve {
        /// Id.
        clip: String,
        /// Which of its edges.
        edge: ClipEdge,
    },
    /// Sets how long a dissolve or fade is, in sequence frames; 0 and 0 take it out.
    SetTransition {
        /// Id.
        clip: String,
        /// Which of its edges.
        edge: ClipEdge,
        /// Frames in front of the cut.
        before: u32,
        /// Frames behind it.
        behind: u32,
    },
    /// Cuts clips from another flow, from the same frames of it: for media that went away, or a better copy.
    ReplaceMedia {
        /// Ids.
        clips: Vec<String>,
        /// TAMS id of the flow.
        flow_id: String,
    },
    /// Puts a marker down.
    AddMarker {
        /// Without an id.
        marker: MarkerView,
    },
    /// Changes a marker.
    ChangeMarker {
        /// With its id.
        marker: MarkerView,
    },
    /// Takes a marker out.
    RemoveMarker {
        /// Id.
        marker: String,
    },
    /// Gives the sequence another name.
    Rename {
        /// Name.
        title: String,
    },
    /// Takes the last step back.
    Undo,
    /// Does the step again that was taken back last.
    Redo,
}
