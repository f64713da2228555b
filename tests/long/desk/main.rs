//! The desk's walk at random, five times as long as every day's.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::expect_used,
    reason = "a test stops where something is missing"
)]
#![allow(dead_code, reason = "the walk needs little of the bench")]

#[path = "../../tests/desk/bench.rs"]
mod bench;
#[path = "../../tests/desk/walk.rs"]
mod walk;

/// Edits and moves of the walk at random.
const WALK: u64 = 10_000;
