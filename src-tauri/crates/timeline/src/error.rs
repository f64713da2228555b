//! The one error type of this crate.

use crate::{Edge, MAX_FRAMES};
use uuid::Uuid;

/// Why an edit can't be made, or a project is none. After it everything is as before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// No clip of the track has this id.
    #[error("there is no clip {clip} on the track")]
    ClipNotFound {
        /// The id that was asked for.
        clip: Uuid,
    },
    /// The frames of the flow are not known, so nothing can be cut from it.
    #[error("{title}: the frames of flow {flow_id} are not known")]
    UnknownFlow {
        /// Name of the clip.
        title: String,
        /// TAMS id of the flow.
        flow_id: String,
    },
    /// The part reaches outside the flow.
    #[error(
        "{title}: {frames} frames from frame {first} on reach outside the flow, which has {available}"
    )]
    OutsideFlow {
        /// Name of the clip.
        title: String,
        /// First frame that was asked for.
        first: u64,
        /// Frames that were asked for.
        frames: u64,
        /// Frames of the flow.
        available: u64,
    },
    /// A clip was to be cut from another flow, which does not have the frames it shows.
    #[error("{title}: it shows {frames} frames, and flow {flow_id} has {found} in their time")]
    OtherFrames {
        /// Name of the clip.
        title: String,
        /// TAMS id of the other flow.
        flow_id: String,
        /// Frames of the clip.
        frames: u64,
        /// Frames of the other flow.
        found: u64,
    },
    /// Nothing is left of the clip, or was asked for.
    #[error("{title}: a clip holds at least one frame")]
    ZeroLength {
        /// Name of the clip.
        title: String,
    },
    /// The frame lies behind the end of the track.
    #[error("frame {at} is behind the end of the track, which is {length} frames long")]
    BehindEnd {
        /// The frame of the track.
        at: u64,
        /// Frames of the track.
        length: u64,
    },
    /// There is nothing to split: no clip has whole source frames on both sides of the place.
    #[error(
        "at frame {at} there is no clip to split: it lies on an edge, in a clip's first source frame, in a gap or behind the end"
    )]
    NothingToSplit {
        /// The frame of the track.
        at: u64,
    },
    /// A range has no frame, or less than one source frame of the clip it lies in.
    #[error("from frame {from} to frame {to} there is no whole source frame")]
    NothingInRange {
        /// The first frame of the track.
        from: u64,
        /// The frame of the track behind the last.
        to: u64,
    },
    /// The frame lies in no gap.
    #[error("at frame {at} there is no gap")]
    NoGap {
        /// The frame of the track.
        at: u64,
    },
    /// An edge was to be moved further than the flow and the neighbour let it.
    #[error("{title}: it allows a move by {least} to {most} frames, not by {frames}")]
    TooFar {
        /// Name of the clip that goes no further; `gap` for a gap.
        title: String,
        /// Frames that were asked for, in the unit of the edit. Below 0 is towards the beginning.
        frames: i64,
        /// The furthest move towards the beginning, 0 or less.
        least: i64,
        /// The furthest move towards the end, 0 or more.
        most: i64,
    },
    /// There is nothing beside the clip that could give or take frames.
    #[error("{title}: nothing lies {} it", edge.side())]
    NoNeighbour {
        /// Name of the clip.
        title: String,
        /// Its edge at which nothing lies.
        edge: Edge,
    },
    /// A clip of another rate than the track's can't have this length there.
    #[error(
        "{title}: it can't be {length} frames of the track long, as its frames are shown at another rate; {nearest} is the nearest"
    )]
    NoSuchLength {
        /// Name of the clip.
        title: String,
        /// Frames of the track that were asked for.
        length: u64,
        /// Frames of the track that it can have.
        nearest: u64,
    },
    /// A part fits only when it is played faster or slower.
    #[error(
        "{title}: its {length} frames fit into {room} only at another speed, and a track plays all clips at their own"
    )]
    NeedsRetime {
        /// Name of the part.
        title: String,
        /// Frames of the track that it has.
        length: u64,
        /// Frames of the track that it was to fill.
        room: u64,
    },
    /// A clip was to be moved behind the place after the last one.
    #[error("place {to} is behind the last of {clips} clips")]
    NoSuchPlace {
        /// The place.
        to: usize,
        /// Clips of the track.
        clips: usize,
    },
    /// The track would become longer than [`MAX_FRAMES`].
    #[error("the track would be longer than {MAX_FRAMES} frames")]
    TooLong,
    /// Two clips of a track have the same id.
    #[error("two clips have the id {clip}")]
    SameId {
        /// The id.
        clip: Uuid,
    },
    /// What was read breaks a rule of this crate.
    #[error("{place}: {reason}")]
    Malformed {
        /// Track and item, or the history.
        place: String,
        /// What is wrong there.
        reason: &'static str,
    },
}
