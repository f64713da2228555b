//! Resolves an edit against media indexes into one cut plan.
//!
//! Preview plays the plan, the compile panel shows it, compile executes it, verify checks the
//! output against it, and the record keeps its hash. Nothing else decides where a cut falls.
//!
//! Terminology
//! - **source**: objects in time order on one timeline: a plain file, or the segments of a flow.
//! - **mark**: an in or out point as the user gave it.
//! - **GOP**: pictures that can be decoded from their first, but for leading ones, which are shown before
//!   it and may look past it (open GOP). Of H.264 only an IDR picture begins one.
//! - **span**: a stretch of output that is treated in one way.
//! - **piece**: the part of one object that a span takes.
//! - **layer**: pieces that play at the same time as others of their span: the two sides of a dissolve,
//!   tracks of sound.
//!
//! Invariants: no I/O, no clock, no floating point in any decision; no panic on any index.

#![deny(missing_docs)]

mod audio;
mod by_reference;
mod conform;
mod edit;
mod error;
mod index;
mod mark;
mod mix;
mod place;
mod plan;
mod run;
mod snap;
mod source;
mod stack;
mod video;

pub use by_reference::{IndexOf, Reusable};
pub use conform::{Encoders, Issue, Mode, Options, Pace, PictureKind, conform};
pub use edit::{Clip, Edit, Track, Transition};
pub use error::ConformError;
pub use index::{
    AccessUnit, AudioFrame, AudioTrack, Container, Location, MediaIndex, SequenceFacts,
    StartTimecode, UnitKind, VideoConfig, VideoTrack, constant_rate,
};
pub use mark::{Mark, split_clip};
pub use plan::{
    AudioFormat, AudioSpan, CutPlan, Fade, FadeWay, Seconds, SequenceFormat, SourcePiece, SpanKind,
    VideoCodec, VideoSpan,
};
pub use snap::{Snap, snap_clip, snap_in, snap_out};
pub use source::{Frame, Gop, Source, SourceObject};
