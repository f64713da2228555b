//! The window itself, on a screen that nobody sees: clicked, typed into and looked at.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::expect_used,
    reason = "a test stops where something is missing"
)]

mod drop;
mod frames;
mod journey;
mod offline;
mod package;
mod pull;
mod source_monitor;
mod start;
