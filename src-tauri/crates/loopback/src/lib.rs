//! Base of every local server: binding, tokens, Host and Origin checks.
//!
//! A server on a workstation is reachable by every page the user's browser opens. This crate is the
//! one place that keeps such pages out: a request must name this server in `Host` (a page that was
//! re-bound to our address by DNS can't), must come from no other origin, and, where the
//! [`Policy`] says so, must carry a [`Token`].
//!
//! # Terminology
//!
//! - **policy**: who may ask what of a server.
//! - **open path**: a path that needs no token because its requests prove themselves in another way,
//!   such as by a signed URL.
//!
//! # Invariants
//!
//! - Nothing is bound but the address that was asked for.
//! - Every request passes the Host and Origin checks before any route sees it.
//! - A token is never printed and is compared in constant time.
//! - Headers, default bodies, connections and the time to send headers are bounded.

#![deny(missing_docs)]

mod guard;
mod listener;
mod policy;
mod token;

pub use listener::{Listener, LoopbackError};
pub use policy::Policy;
pub use token::{Token, TokenError};
