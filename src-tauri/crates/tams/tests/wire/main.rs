//! The client against a scripted server on loopback: what goes over the wire, and what must not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that meets an error has failed"
)]

mod auth;
mod dialects;
mod fixture;
mod media;
mod paging;
mod sign_in;
mod tls;
mod transport;
mod upload;
mod writes;
