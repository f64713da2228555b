//! What was compiled, printed and watched.
//!
//! The records here are the user's truth: they are written once, kept in `work.db` and mirrored to
//! remotes through the outbox. This crate only defines them; it does no I/O.
//!
//! Terminology
//! - **compilation**: one published result of a cut plan, with its inputs and hashes.
//! - **placement**: one printed code on one place; every printed code has an id of its own, so that
//!   scans, expiry and revocation are known per poster.
//! - **view event**: one thing a player page reported (CMCD event mode), already stripped of
//!   everything that could name a person.

#![deny(missing_docs)]

mod compilation;
mod event;
mod outbox;
mod placement;
mod short_id;

pub use compilation::{CompilationRecord, InputRef, MediaFacts};
pub use event::{DeviceType, ViewEvent};
pub use outbox::{OutboxEntry, OutboxState, UploadPart, UploadState};
pub use placement::{Placement, PlacementState};
pub use short_id::{ALPHABET, ShortId, ShortIdError};
