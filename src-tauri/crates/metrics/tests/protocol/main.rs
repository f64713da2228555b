//! The client of Hydrolix against what clusters and networks do: every error, and every way in which
//! an answer can fail to come.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod faults;
mod field;
mod ingest;
mod peer;
mod signing;
