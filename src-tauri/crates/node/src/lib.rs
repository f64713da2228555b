//! The embedded TAMS 8.2 node over SQLite and a folder of objects.
//!
//! Every workspace has a catalogue of its own, and it is a real TAMS store: [`Catalogue`] is the
//! store itself, used in process; [`router`] speaks the 8.2 HTTP API over it. Both follow the
//! specification strictly, so that what works here works on any store that does.
//!
//! # Terminology
//!
//! - **object**: stored media, written once and never changed.
//! - **allocation**: an object that has a name and a flow it is reserved for, but no segment yet.
//! - **copy**: an object's bytes elsewhere, as a client told us; the specification's uncontrolled
//!   instance.
//! - **idle**: an object that no segment refers to. It is removed after a while.
//!
//! # Invariants
//!
//! - One method call is one transaction. What was answered with success survives a crash.
//! - Segments of a flow never overlap, and refer to objects whose bytes are there.
//! - Times are exact: they are kept and compared as whole nanoseconds.
//! - The file of an object has its bytes from the first to the last, or is not there.

#![deny(missing_docs)]

mod catalogue;
mod error;
mod http;
mod media_url;
mod schema;

pub use catalogue::{
    Allocation, Catalogue, CatalogueOptions, Deletion, FlowFilter, FlowSort, Garbage, ObjectWriter,
    Page, PageKey, Paged, ProfileFilter, PutFlow, SegmentFilter, SourceFilter, SourceSort,
    StoredBytes, TagFilter, Watch,
};
pub use error::NodeError;
pub use http::{NodeOptions, maintain, router};
