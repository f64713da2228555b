//! The main job through the command line: segments, a cut, a compiled file, a record, a printed code,
//! a page that plays, numbers that rise. Each test has a workspace of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::expect_used,
    reason = "a test stops where something is missing"
)]

mod browse;
mod by_reference;
mod compile;
mod demo;
mod journey;
mod publish;
mod sheet;
mod watch;
