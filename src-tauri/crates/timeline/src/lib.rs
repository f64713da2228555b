//! What is being cut: projects, sequences, tracks and clips, the edits on them, undo and redo.
//!
//! Names and meaning follow OpenTimelineIO: a track holds items one behind the other, and where an
//! item lies follows from the lengths of those before it.
//!
//! # Terminology
//!
//! | word | meaning |
//! |---|---|
//! | **clip** | a part of a flow: its first frame there, and so many frames |
//! | **gap** | a stretch of a track with nothing on it |
//! | **at** | a frame of the track, counted from 0 at the rate of its first clip or of its sequence |
//! | **first** | a frame of a flow, counted from the flow's first presented frame |
//! | **length** | frames of a clip on its track; of a flow's rate it has its `frames` |
//! | **edge** | where a clip begins (**in**) or ends (**out**) |
//! | **cut** | the place where two items touch |
//! | **transition** | a dissolve or fade at a cut: both sides play on under it |
//! | **head**, **tail** | the transition a clip begins with, and the one it ends with |
//! | **marker** | a named place of a sequence, or a stretch of it |
//! | **link** | clips of several tracks that belong together have the same |
//! | **target** | a track that an edit of a sequence puts its part on |
//! | **sync lock** | a track with it moves along when others ripple |
//! | **ripple** | what follows an edit moves with it, so that no gap appears |
//! | **step** | an edit with its name, which can be taken back and done again |
//!
//! # Invariants
//!
//! - Items touch one another and none has length 0; no two gaps are neighbours.
//! - A clip's timerange is exactly that of its frames, as [`FlowFrames`] tells it.
//! - Places and lengths are frames of the track; what a clip takes of its flow is frames of the flow.
//! - No item is shorter than what the transitions at its two edges take of it.
//! - The tracks of a sequence count frames of one rate: see [`Sequence::edit_track`].
//! - A locked track is changed by no edit.
//! - An edit happens whole or not at all: after an error everything is as before.
//! - No track is longer than [`MAX_FRAMES`], and no clip reaches behind that frame of its flow.
//! - Nothing here does I/O, reads a clock or makes an id by itself.

#![deny(missing_docs)]

mod document;
mod edit;
mod error;
mod filling;
mod flow;
mod history;
mod item;
mod link;
mod marker;
mod pool;
mod project;
mod ranges;
mod ripple;
mod stretch;
mod targets;
mod track;
mod tracks;
mod transition;
mod trimming;

pub use document::{Document, FORMAT};
pub use error::EditError;
pub use filling::ReferencePoint;
pub use flow::{FlowFrames, Part, Ports};
pub use history::{History, MAX_STEPS};
pub use item::{Clip, Gap, Item};
pub use marker::{MAX_CHARACTERS, MAX_MARKERS, Marker, MarkerColour};
pub use project::{Project, Sequence};
pub use targets::Targets;
pub use track::{MAX_FRAMES, Placed, Track, TrackKind};
pub use tracks::{MAX_TRACKS, TrackSettings};
pub use transition::Transition;
pub use trimming::Edge;
