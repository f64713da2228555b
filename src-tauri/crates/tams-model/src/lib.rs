//! Types of the TAMS 8.2 API (Time-addressable Media Store, bbc/tams): strict out, tolerant in.
//!
//! Servers answer in dialects; we answer in one. Everything here **serialises** to exactly the 8.2
//! JSON schemas: an absent property stays absent, identifiers are lower-case UUIDs, times have their
//! canonical text. Everything **deserialises** from what servers in the field really send:
//!
//! | property | accepted |
//! |---|---|
//! | timeranges and timestamps | text, `{"value": text}`, ISO 8601 `start/end`, `""` for absent |
//! | tags | strings, arrays of strings, numbers and booleans (as text), `null` for absent |
//! | `frame_rate` | `{"numerator", "denominator"}`, `"25/1"`, a number |
//! | dates | RFC 3339, or without a zone (taken as UTC) |
//! | optional properties | `null` and `""` count as absent |
//! | lists | an array, or wrapped in `data` or `requests`; items that make no sense are set aside ([`TolerantList`]) |
//! | failures | TAMS error, `detail`, `message`, RFC 9457 problem |
//!
//! # Terminology
//!
//! The words are those of the specification: a [`Source`] is a piece of media as an idea, a [`Flow`]
//! one rendition of it, a [`FlowSegment`] puts a stretch of a media **object** on the flow's
//! timeline, and [`ObjectInfo`] tells who uses an object.
//!
//! # Invariants
//!
//! - No I/O, no clock, no panic on any input.
//! - Unknown properties are kept (`other`) where the schema is open, and dropped where it is closed.

#![deny(missing_docs)]

mod container;
mod date_time;
mod deletion;
mod error;
mod essence;
mod flow;
mod format;
mod id;
mod list;
mod mime;
mod object;
mod profile;
mod segment;
mod service;
mod source;
mod storage;
mod tags;
mod technical;
mod tolerant;

pub use container::{AudioTrackMapping, ContainerMapping, Mp2tsMapping, MxfMapping, TrackMapping};
pub use date_time::DateTime;
pub use deletion::{DeletionRequest, DeletionStatus};
pub use error::{ModelError, TamsErrorBody};
pub use essence::{
    AspectRatio, AudioCodecParameters, AudioPacking, AudioParameters, AvcParameters, Colorspace,
    ComponentType, DataParameters, EssenceParameters, ImageParameters, InterlaceMode,
    MultiParameters, TransferCharacteristic, UncompressedAudio, UncompressedVideo, VideoPacking,
    VideoParameters,
};
pub use flow::{Flow, FlowCollectionItem, FlowStatus};
pub use format::ContentFormat;
pub use id::Id;
pub use list::TolerantList;
pub use mime::MimeType;
pub use object::{GetUrl, InitObjectInfo, InstancePost, ObjectInfo, UncontrolledUrl};
pub use profile::Profile;
pub use segment::{FailedSegment, FailedSegments, FlowSegment, InitObject, SegmentPost};
pub use service::{EventStreamMechanism, Service, ServiceUpdate};
pub use source::{CollectionItem, Source};
pub use storage::{HttpRequest, MediaObject, StorageBackend, StorageRequest, StorageResponse};
pub use tags::{TagValue, Tags};
pub use technical::{SegmentDuration, Technical};

/// Properties beyond the schema, kept as they came.
pub type Other = serde_json::Map<String, serde_json::Value>;
