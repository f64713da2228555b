//! Promises of the planner, tried on media that are made up: what is in a plan, whatever the
//! structure of the media and wherever the cuts fall.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod by_reference;
mod hevc;
mod properties;
mod refusals;
mod synthetic;
mod tracks;
mod transitions;
