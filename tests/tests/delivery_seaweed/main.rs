//! `delivery` against a real S3 server, through a proxy that breaks connections on request. What
//! arrived is read back by a client that shares no code with the product.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

mod case;
mod interruptions;
mod refusals;
mod transfers;
