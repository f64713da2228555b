//! The desk: what a window does, without a window. Real media, real files, real servers.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::expect_used,
    reason = "a test stops where something is missing"
)]

mod bench;
mod delivery;
mod dissolves;
mod editing;
mod frames;
mod growing;
mod holes;
mod links;
mod monitors;
mod owner;
mod projects;
mod rates;
mod servers;
mod walk;

/// Edits and moves of the walk at random.
const WALK: u64 = 2_000;
