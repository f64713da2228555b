//! What is wrong is said by name, with the right exit code and a next step, and nothing is lost.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crashes;
mod full_disk;
mod marks;
mod media;
mod place;
mod remote;
mod targets;
mod usage;
