//! TAMS client: strict 8.2 out, tolerant in, a dialect per server.
//!
//! A [`Connection`] is one server. It finds out which one ([`Dialect`]) and what it can do
//! ([`Capability`]), speaks 8.2 to it bent to what it takes, and reads whatever it answers: items
//! that make no sense are left out and told as [`Issue`]s, and what can't be had there is
//! [`TamsError::Unsupported`] with a sentence why.
//!
//! ```no_run
//! # async fn f(clock: std::sync::Arc<dyn mediatime::Clock>) -> Result<(), tams::TamsError> {
//! use tams::{Auth, Connection, ConnectionSettings, SegmentQuery, SourceQuery, Surroundings};
//! use tokio_util::sync::CancellationToken;
//!
//! let settings = ConnectionSettings::new("vast", "https://tams.example/api", Auth::None);
//! let cancel = CancellationToken::new();
//! let connection = Connection::open(settings, Surroundings::new(clock), &cancel).await?;
//! for source in connection.sources(&SourceQuery::default()).await?.items {
//!     println!("{} {}", source.id, source.label.unwrap_or_default());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Terminology
//!
//! | word | meaning |
//! |---|---|
//! | base | the configured address: an origin and a path, under which credentials may be sent |
//! | dialect | how one kind of server differs from TAMS 8.2 |
//! | quirk | one such difference, by its number in the list of what was found in a server |
//! | copy | one place an object can be read from |
//! | lost answer | a request of which it is unknown whether it took effect |
//!
//! # Invariants
//!
//! - Credentials go to addresses under the base and to the configured token endpoint, never to a
//!   presigned URL, across a redirect, or over plain HTTP to another computer without consent.
//! - No secret, query or presigned URL gets into errors, logs, `Debug` or anything that is stored.
//! - Segments are never registered twice: a lost answer is recovered by reading.
//! - Nothing is deleted without a [`ConfirmedDeletion`], and segments never by object alone.
//! - Nothing a server answers makes it panic, loop without end, or take memory without bound.
//! - Every call ends when its token is cancelled.
#![deny(missing_docs)]

mod auth;
mod base;
mod capability;
mod choose;
mod connection;
mod deletion;
mod dialect;
mod error;
mod flows;
mod issue;
mod link;
mod media;
mod objects;
mod pages;
mod properties;
mod query;
mod reading;
mod registration;
mod secret;
mod segments;
mod service;
mod settings;
mod sources;
mod storage;
mod surroundings;
mod transport;

pub use auth::{Auth, Grant, SignIn, sign_in};
pub use capability::{Capabilities, Capability};
pub use choose::{Purpose, choose_flow};
pub use connection::Connection;
pub use deletion::{ConfirmedDeletion, Deletion};
pub use dialect::Dialect;
pub use error::{ConnectFailure, Place, TamsError};
pub use flows::Covering;
pub use issue::{Issue, Listed};
pub use link::{Link, parse_link};
pub use media::{
    Fetched, FileSink, ObjectLocation, ObjectReader, ObjectSink, Piece, Progress, Rewrite,
};
pub use objects::Instance;
pub use pages::{Page, Pages};
pub use properties::Entity;
pub use query::{FlowQuery, SegmentQuery, SortBy, SourceQuery, TagFilter, Urls};
pub use registration::Registered;
pub use secret::Secret;
pub use settings::{ConnectionSettings, Limits, ObjectSigner, StoragePreference, Timeouts};
pub use surroundings::{Chance, Pause, Surroundings};
