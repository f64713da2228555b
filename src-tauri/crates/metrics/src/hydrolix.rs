//! The client of Hydrolix: queries over HTTP, events in, the table made.
//!
//! [`Hydrolix`] is an [`crate::Audience`]. [`ingest`] sends events
//! and [`Hydrolix::drain`] all that wait, [`table`] makes the table for them
//! or says what to paste. [`Fault`] is what can go wrong, in the panel's states.

mod answers;
mod auth;
mod client;
mod columns;
mod drain;
mod fault;
pub mod ingest;
mod rows;
mod secret;
mod settings;
mod sql;
mod summaries;
pub mod table;
mod transport;
mod version;

pub use auth::token_expires;
pub use client::{Checked, Hydrolix};
pub use columns::{Columns, Name, Preset, TableName};
pub use drain::{DrainError, Drained, Waiting};
pub use fault::{Fault, PanelState};
pub use secret::Secret;
pub use settings::{
    Auth, Base, HydrolixConfig, IngestConfig, Limits, Patience, Pause, Surroundings,
};
pub use summaries::{Step, SummaryTable};
pub use version::Version;
