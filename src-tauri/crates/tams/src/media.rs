//! Bringing objects here and there: which copy, over which way, resumed where it was cut.
//!
//! Objects lie in a store beside the API. Its URLs carry their own permission and are secrets for as
//! long as they last: they are asked for when they are needed, kept in memory only while one object
//! is read, and never shown. Transfers have connections of their own that know no credentials.

mod copies;
mod fetch;
mod form;
mod locate;
mod range;
mod rewrite;
mod sink;
mod transfer;
mod upload;

pub use fetch::{Fetched, ObjectReader, Piece};
pub use locate::ObjectLocation;
pub use rewrite::Rewrite;
pub use sink::{FileSink, ObjectSink};
pub(crate) use transfer::Transfer;

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are over, those of earlier tries included.
    pub done: u64,
    /// All bytes, where it is known.
    pub total: Option<u64>,
}
