//! The numbers of viewers, from events on this computer and from a table in Hydrolix: the same, and
//! the same as a second computation. A small Hydrolix over real ClickHouse answers.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::expect_used,
    reason = "a test stops where something is missing"
)]

mod agreement;
mod crowd;
mod field;
mod other_tables;
mod protocol;
mod second;
mod sizes;
