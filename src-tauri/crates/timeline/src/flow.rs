//! What edits need to know of flows, and what they put on a track.

use crate::EditError;
use mediatime::{FrameRate, TimeRange};
use uuid::Uuid;

/// The frames of flows. The owner of the media implements it.
pub trait FlowFrames {
    /// Presented frames of a flow; `None` when it is not known.
    fn frames(&self, flow_id: &str) -> Option<u64>;

    /// Flow time of so many frames from `first` on, exactly: from the presentation time of the first
    /// until the last one ends. `None` when the flow does not have them.
    fn timerange(&self, flow_id: &str, first: u64, frames: u64) -> Option<TimeRange>;
}

/// What an edit reaches outside for.
pub struct Ports<'a> {
    /// Frames and times of the flows that clips are cut from.
    pub flows: &'a dyn FlowFrames,
    /// An id that no clip of the project has had before.
    pub new_id: &'a mut dyn FnMut() -> Uuid,
}

/// A part of a flow, to become a clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What people call it.
    pub title: String,
    /// TAMS id of the flow.
    pub flow_id: String,
    /// TAMS id of the flow's source.
    pub source_id: String,
    /// First frame, counted from the flow's first.
    pub first: u64,
    /// Frames; at least 1.
    pub frames: u64,
    /// Frames per second of the flow; `None` when they vary.
    pub rate: Option<FrameRate>,
    /// The flow carries sound.
    pub sound: bool,
}

/// The exact flow time of a range of frames, which must be one.
pub(crate) fn timerange(
    flows: &dyn FlowFrames,
    title: &str,
    flow_id: &str,
    (first, frames): (u64, u64),
) -> Result<TimeRange, EditError> {
    if frames == 0 {
        return Err(EditError::ZeroLength {
            title: title.to_owned(),
        });
    }
    let unknown = || EditError::UnknownFlow {
        title: title.to_owned(),
        flow_id: flow_id.to_owned(),
    };
    let available = flows.frames(flow_id).ok_or_else(unknown)?;
    let inside = first
        .checked_add(frames)
        .is_some_and(|behind| behind <= available);
    if !inside {
        return Err(EditError::OutsideFlow {
            title: title.to_owned(),
            first,
            frames,
            available,
        });
    }
    flows
        .timerange(flow_id, first, frames)
        .filter(|range| !range.is_empty())
        .ok_or_else(unknown)
}
