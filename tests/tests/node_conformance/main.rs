//! The local node against judges of other people's making, and against being killed: schemathesis asks
//! it everything the OpenAPI document of TAMS 8.2 allows, Prism watches a client's whole journey.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::expect_used,
    reason = "a test stops where something is missing"
)]

mod client;
mod journey;
mod kill;
mod material;
mod questions;
