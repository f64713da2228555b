//! The VAST Database client against a server with real transactions, judged by VAST's own client.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod both_ways;
mod exactly_once;
mod faults;
mod predicates;
mod support;
mod tables;
