//! What viewers did: views, watch time, mobile share and scans from view events.
//!
//! The numbers mean the same here as in a query over the collector's table, whichever answers:
//!
//! | number | definition |
//! |---|---|
//! | session views | sessions that began to play (`e=ps`, `sta=s`) |
//! | plays | sessions in which pictures moved (watched more than nothing, or a start delay was measured) |
//! | watch time | per session its largest running total, else the sum of its reports |
//! | mobile share | sessions from phones and tablets among all sessions |
//! | scans | `qr-scan` events, each once |
//! | completion | sessions by the furthest position they reached |
//!
//! # Invariants
//!
//! - Unknown is `None`, never 0: what could not be read has no number, and a share of nothing has
//!   none either.
//! - The order in which events arrived, and how often, changes no number: an event is identified by
//!   its session and sequence number.

#![deny(missing_docs)]

mod error;
mod range;
mod sessions;
mod summary;
mod tables;
mod views;

pub use error::MetricsError;
pub use range::{Range, parse_range};
pub use summary::{Completion, Summary, summarise};
pub use tables::{PlacementRow, Point, by_placement, series};
pub use views::{CLOCK_ERROR_MS, Views, ViewsError, query};
