//! TAMS servers beside the local node, through the command line: what is there is listed, cut from,
//! kept for when the network is gone, and what was made here is brought there. Every server of the
//! field stands in for one that a user has.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cutting;
mod doctor;
mod hostile;
mod ingest;
mod listing;
mod material;
mod offline;
mod overlap;
mod pins;
mod publish;
mod publish_broken;
mod secrets;
mod studio;
mod transfers;
