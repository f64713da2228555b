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
//! | **at** | a frame of the track, counted from 0 at the rate of its first clip |
//! | **first** | a frame of a flow, counted from the flow's first presented frame |
//! | **length** | frames of a clip on its track; of a flow's rate it has its `frames` |
//! | **edge** | where a clip begins (**in**) or ends (**out**) |
//! | **cut** | the place where two items touch |
//! | **ripple** | what follows an edit moves with it, so that no gap appears |
//! | **step** | an edit with its name, which can be taken back and done again |
//!
//! # Invariants
//!
//! - Items touch one another and none has length 0; no two gaps are neighbours.
//! - A clip's timerange is exactly that of its frames, as [`FlowFrames`] tells it.
//! - Places and lengths are frames of the track; what a clip takes of its flow is frames of the flow.
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
mod project;
mod ranges;
mod stretch;
mod track;
mod trimming;

pub use document::{Document, FORMAT};
pub use error::EditError;
pub use filling::ReferencePoint;
pub use flow::{FlowFrames, Part, Ports};
pub use history::{History, MAX_STEPS};
pub use item::{Clip, Gap, Item};
pub use project::{Project, Sequence};
pub use track::{MAX_FRAMES, Placed, Track, TrackKind};
pub use trimming::Edge;
