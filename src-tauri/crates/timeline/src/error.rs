//! The one error type of this crate.

use crate::{Edge, MAX_CHARACTERS, MAX_FRAMES, MAX_MARKERS, MAX_TRACKS, TrackKind};
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
    /// A transition takes more than lies free beside its cut.
    #[error(
        "{title}: there a transition has room for {before} frames before the cut and {behind} behind it"
    )]
    NoRoom {
        /// Name of the clip.
        title: String,
        /// Frames there are for it in front of the cut.
        before: u64,
        /// Frames there are for it behind the cut.
        behind: u64,
    },
    /// An edit was to change a track that is locked.
    #[error("track {track} is locked")]
    TrackLocked {
        /// Its name.
        track: String,
    },
    /// The sequence has no such track.
    #[error("there is no track {index}; the sequence has {tracks}")]
    NoSuchTrack {
        /// Its place, from 0.
        index: usize,
        /// Tracks of the sequence.
        tracks: usize,
    },
    /// The target of an edit carries something else.
    #[error("track {track} is not for {}", wanted.content())]
    OtherKind {
        /// Name of the track.
        track: String,
        /// What it was to carry.
        wanted: TrackKind,
    },
    /// There is no track that the edit could change.
    #[error("no track is a target of the edit")]
    NoTarget,
    /// The sequence would have more tracks of a kind than [`MAX_TRACKS`].
    #[error("a sequence has at most {MAX_TRACKS} tracks for {}", kind.content())]
    TooManyTracks {
        /// The kind.
        kind: TrackKind,
    },
    /// The only video track was to be taken out.
    #[error("track {track} is the only one for pictures, and a sequence has at least one")]
    LastVideoTrack {
        /// Its name.
        track: String,
    },
    /// A track can't be made as loud or as quiet.
    #[error("a gain is -96 to 24 decibels, not {gain} thousandths")]
    NoSuchGain {
        /// Thousandths of a decibel that were asked for.
        gain: i32,
    },
    /// A name or a note is too long.
    #[error(
        "a name or note has at most {MAX_CHARACTERS} characters, and this one has {characters}"
    )]
    TooManyCharacters {
        /// Its characters.
        characters: usize,
    },
    /// No marker of the sequence has this id.
    #[error("there is no marker {marker} in the sequence")]
    MarkerNotFound {
        /// The id that was asked for.
        marker: Uuid,
    },
    /// Another marker of the sequence has this id.
    #[error("there is a marker {marker} already")]
    SameMarker {
        /// The id.
        marker: Uuid,
    },
    /// A marker would reach behind the last frame that a track can have.
    #[error("a marker at frame {at} reaches behind the last frame there can be")]
    MarkerTooFar {
        /// Where it begins.
        at: u64,
    },
    /// The sequence has as many markers as it can have.
    #[error("a sequence has at most {MAX_MARKERS} markers")]
    TooManyMarkers,
    /// What was read breaks a rule of this crate.
    #[error("{place}: {reason}")]
    Malformed {
        /// Track and item, the markers, or the history.
        place: String,
        /// What is wrong there.
        reason: &'static str,
    },
}
