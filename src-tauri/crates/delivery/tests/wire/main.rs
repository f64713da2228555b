//! What goes over the wire, and what is made of odd answers.
//!
//! The server here is a stand-in that records requests and misbehaves on command. It proves nothing
//! about S3; that is done against a real store in the workspace's end-to-end tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken fixture may end a test"
)]

mod failures;
mod fixture;
mod headers;
mod interruptions;
mod limits;
mod probe;
mod resume;
mod standin;
mod tls;
