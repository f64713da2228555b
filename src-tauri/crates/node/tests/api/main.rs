//! The node over real HTTP on a free loopback port, every answer checked against the 8.2 schemas.
#![allow(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod deletions;
mod durability;
mod examples;
mod flows;
mod init_segments;
mod media;
mod objects;
mod paging;
mod profiles;
mod properties;
mod protocol;
mod registration;
mod segments;
mod service;
mod sources;
mod support;
