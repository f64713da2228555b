//! SQLite of the workspace: the user's projects and records, the outbox and upload state; and a cache
//! of what remotes said and what was fetched from them.
//!
//! Everything in `work.db` is the user's truth and exists nowhere else until the outbox has mirrored it,
//! so the file survives crashes, full disks and upgrades: a call that returned `Ok` is on the disk.
//! Nothing in `library.db` exists only there, so that file may be deleted at any time.
//!
//! # Terminology
//!
//! | word | meaning |
//! |---|---|
//! | [`WorkDb`] | the open file `work.db` |
//! | [`Tx`] | one transaction on it: all of its changes happen, or none |
//! | [`LibraryDb`] | the open file `library.db` |
//! | **entity** | the thing an outbox entry is about; the entries of one entity run in order |
//! | **lease** | a worker's right to an outbox entry until a given time |
//!
//! # Invariants
//!
//! Of both files:
//!
//! - Several processes may use one file at once. Writers wait for one another up to 10 s, readers never.
//! - Times are exact: no value is rounded on its way in or out.
//!
//! Of `work.db`:
//!
//! - A transaction that was committed survives the end of the process and a power failure (WAL with
//!   `synchronous=FULL`).
//! - A file of a newer format is refused and left as it is; before an older one is changed it is copied.
//! - An outbox entry is leased by one worker at a time, and never before the earlier entries of its
//!   entity are done.
//!
//! Of `library.db`:
//!
//! - Whatever the file holds, it opens: one that can't be used is emptied.
//! - No presigned link is written into it.
//! - A range of a flow is known only when every part of it was listed.
#![deny(missing_docs)]

mod column;
mod compilations;
mod connection;
mod error;
mod kv;
mod library_db;
mod migration;
mod outbox;
mod pins;
mod placements;
mod projects;
mod reports;
mod uploads;
mod versions;
mod work_db;

pub use compilations::{CompilationSummary, InputUse};
pub use error::StoreError;
pub use library_db::{CachedObject, Dated, LibraryDb};
pub use outbox::{NewOutboxEntry, OutboxCounts, OutboxFilter};
pub use pins::Pin;
pub use projects::{ProjectSummary, SavedProject};
pub use reports::CompileReport;
pub use versions::{NewVersion, VersionSummary};
pub use work_db::{Tx, WorkDb};
