//! Media on the workstation: index objects, cut segments, execute a cut plan, verify, take pictures.
//!
//! - [`index`] fills a [`conform::MediaIndex`] in one pass; containers are read here, with bounds
//!   everywhere, because their raw time stamps and byte positions are needed.
//! - [`Cutter`] cuts a file into stored segments at key frames.
//! - [`compile`] executes a [`conform::CutPlan`]: GStreamer decodes and encodes, this crate writes.
//! - [`verify`] checks an output with GStreamer's own demuxer and libav, not with what wrote it.
//! - [`Preview`] plays the same plan on a monitor; [`thumbnail`] and [`peaks`] draw a time line.
//!
//! This is the only crate that links GStreamer.

mod aac;
mod blend;
mod captions;
#[cfg(test)]
mod changed;
mod codec;
mod coding;
mod cut;
mod demux;
mod error;
mod execute;
mod h264;
mod hevc;
mod mux;
mod nal_units;
mod peaks;
mod picture;
mod preview;
mod report;
mod thumbnail;
mod verify;

pub use codec::{Element, doctor_elements, encoders, warm_up};
pub use cut::{Cutter, SegmentCut};
pub use demux::{
    ReadSeek, TrackKind, UnitReader, index, index_file, index_file_behind, is_indexed_by_parts,
};
pub use error::{Malformed, MediaError};
pub use execute::{
    CompileOptions, MediaObject, ObjectSource, Progress, Signature, Stage, compile,
    container_named, container_of, remove_abandoned, sha256,
};
pub use peaks::{Peaks, peaks};
pub use picture::{Picture, picture_at};
pub use preview::{
    Loudness, PictureBox, PixelFormat, Preview, PreviewFrame, PreviewOptions, PreviewStatus, Sound,
    Stretch,
};
pub use report::{AudioReport, Presentation, Report, SpanReport};
pub use thumbnail::thumbnail;
pub use verify::{Check, Joint, Verification, verify};
