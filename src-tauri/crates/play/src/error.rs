//! What can go wrong in the play service.

use std::io;
use std::path::PathBuf;

/// Errors of the play service.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlayError {
    /// The spool's folder or file can't be opened.
    #[error("can't open the view events at {path}: {source}")]
    SpoolOpen {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Events could not be written; they were not acknowledged.
    #[error(
        "can't write view events to {path}: {source}; free some space, viewers send them again"
    )]
    SpoolWrite {
        /// The day's file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Events could not be read.
    #[error("can't read view events from {path}: {source}")]
    SpoolRead {
        /// The day's file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The day's file has reached its limit, which only an attack does.
    #[error("{path} holds {limit} bytes already; no more events are taken today")]
    SpoolFull {
        /// The day's file.
        path: PathBuf,
        /// Bytes.
        limit: u64,
    },
    /// The prefix of our own CMCD keys breaks the key grammar of CTA-5004-B.
    #[error(
        "`{prefix}` can't begin CMCD keys: use lower-case letters, digits and dots, such as com.example"
    )]
    Prefix {
        /// As configured.
        prefix: String,
    },
    /// The built player page lacks a place that the server must fill.
    #[error("the player page has no `{slot}`; build it again with `cargo xtask setup`")]
    Page {
        /// What was looked for.
        slot: &'static str,
    },
}
