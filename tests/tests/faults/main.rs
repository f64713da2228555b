//! Killed at any point, work comes to the same end: one object, one record, one segment, nothing half done.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod points;
mod world;
