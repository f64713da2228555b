//! Frame accuracy over everything: each kind of medium cut in each kind of way, with each mode and
//! each encoder; edits at random; outputs played in a browser; and memory that stays where it is.
//!
//! The judge is that of the small accuracy tests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod browser;
mod cells;
mod edits;
mod matrix;
// Only Linux tells of another process how much memory it had at most.
#[cfg(target_os = "linux")]
mod soak;
mod special;
