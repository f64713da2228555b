//! Edits of other programs in and out, exactly: OpenTimelineIO (`.otio`, and bundles `.otioz`), CMX3600
//! lists (`.edl`), Final Cut Pro's XML (`.fcpxml`).
//!
//! A file of any form is read into a [`Programme`]: its tracks, their clips, and of each clip what it is cut from
//! and which part. [`Programme::plain_tracks`] makes of that the plain tracks the workstation cuts, and
//! says of everything else what happens to it. Names and meaning are OpenTimelineIO's.
//!
//! ```
//! use interchange::{Clip, Media, Programme, Range, Track, TrackKind, read_otio, write_otio};
//! use mediatime::FrameRate;
//!
//! let shown = Range::frames(10, 50, FrameRate::FPS_29_97);
//! let clip = Clip::new("one", Media::File("/media/a b.mov".to_owned()), Some(shown));
//! let mut programme = Programme::new("news");
//! programme.tracks = vec![Track::new("V1", TrackKind::Video, vec![clip.into()])];
//!
//! let (again, issues) = read_otio(&write_otio(&programme))?;
//! assert!(issues.is_empty());
//! let (tracks, _) = again.plain_tracks().map_err(|issues| issues[0].to_string()).unwrap();
//! assert_eq!(tracks[0].clips[0].reference, "/media/a b.mov");
//! # Ok::<(), interchange::ReadError>(())
//! ```
//!
//! # Terminology
//!
//! | word | meaning |
//! |---|---|
//! | [`Programme`] | what a file says is to be cut: OTIO's Timeline |
//! | [`Track`] | items one behind the other, of picture or of sound |
//! | [`Clip`] | a part of a medium; [`Gap`]: a stretch with nothing; [`Transition`]: how one clip becomes the next, lying over the cut between them |
//! | [`Media`] | what a clip is cut from: OTIO's active media reference |
//! | available range | what there is of the medium, on the medium's own clock |
//! | source range | what the clip shows of it, on the same clock |
//! | [`Time`], [`Range`] | a count at a rate, and a start with a duration, both exact |
//! | [`Kept`] | what a file says beyond what is understood here |
//! | [`Counting`] | how frames are counted in timecode, which lists don't say |
//! | [`Marker`] | a named point or stretch |
//! | [`Bundle`] | a zip with an edit and its media |
//! | [`Issue`] | something in a file that is not taken as it stands: where, and what is done instead |
//! | REF | how the workstation names media: a path, `flow:UUID`, `source:UUID` or a `tams://` link |
//!
//! # Invariants
//!
//! - Times are integers and rationals from end to end. Where a file's floating-point number can't be
//!   told exactly, an issue says so.
//! - What has not been changed is written back in its own form as it was read; of OpenTimelineIO that is
//!   unknown schemas, unknown fields, all metadata, the spelling of addresses, and the version of each
//!   schema.
//! - Nothing is left out in silence: it is an [`Issue`], or an error that names its place.
//! - No text makes this crate panic, recurse without limit, or take memory out of proportion: see
//!   [`MAX_BYTES`], [`MAX_VALUES`], [`MAX_DEPTH`], [`MAX_ELEMENTS`] and [`MAX_EVENTS`].
//! - Nothing here does I/O or reads a clock; bundles are read and written by way of what callers give.

#![deny(missing_docs)]

mod bundle;
mod clip;
mod counting;
mod cue;
mod edl;
mod error;
mod fcpxml;
mod issue;
mod kept;
mod laid;
mod marker;
mod media;
mod otio;
mod plain;
mod programme;
mod time;

pub use bundle::{Bundle, BundleError, OpenMedia, write_bundle};
pub use clip::{Clip, Gap, Transition};
pub use counting::Counting;
pub use cue::{write_chapters, write_clip_list};
pub use edl::{MAX_EVENTS, read_edl, write_edl};
pub use error::{ReadError, WriteError};
pub use fcpxml::{MAX_ELEMENTS, read_fcpxml, write_fcpxml};
pub use issue::{Issue, MAX_ISSUES};
pub use kept::{Kept, TAMS};
pub use marker::Marker;
pub use media::Media;
pub use otio::{MAX_BYTES, MAX_DEPTH, MAX_VALUES, read_otio, write_otio};
pub use plain::{PlainClip, PlainTrack, PlainTransition, Point};
pub use programme::{Item, Other, Programme, Track, TrackKind};
pub use time::{Range, Time};
