//! The play service: short links, player page, sessions, CMCD collector.
//!
//! A printed code or a shared link opens the player page here; the page opens a session, plays the
//! media under an address that only the session knows, and reports what happened in CMCD version 2,
//! event mode (CTA-5004-B). Reports become [`record::ViewEvent`]s in a spool of append-only files,
//! which metrics read.
//!
//! # Terminology
//!
//! - **link**: what a person opens, a printed code (`/P/…`) or a compilation (`/play/…`).
//! - **card**: what the page may show of a link, live or not.
//! - **session**: one opening of a live link; its *lease* ends ten minutes after its last report.
//! - **spool**: the collector's files, one a UTC day, one event a line.
//!
//! # Routes
//!
//! | route | answers |
//! |---|---|
//! | `GET /P/{code}` | the page of a printed code (lower case and dashes are read too) |
//! | `GET /play/{compilation}`, `/mobile/play/{compilation}` | the page of a compilation |
//! | `POST /s/{code}`, `POST /s/c/{compilation}` | a session |
//! | `GET /m/{session}/{file}` | the session's media and captions, by byte range |
//! | `GET /poster/{compilation}.jpg` | the poster frame |
//! | `POST /cmcd` | takes reports |
//! | `GET /healthz` | `ok` |
//!
//! # Invariants
//!
//! - Loading a page counts nothing; only its own reports do, so previews, robots and HEAD requests
//!   leave no trace.
//! - No address, user agent or other personal datum is stored.
//! - A report is answered 204 only when it lies on the disk.
//! - Media is never served under an address that could be guessed, and a revoked code stops at once.

#![deny(missing_docs)]

mod card;
mod cmcd;
mod collector;
mod device;
mod error;
mod failure;
mod limit;
mod media;
mod opening;
mod page;
mod ports;
mod routes;
mod service;
mod session;
mod spool;

pub use card::Publisher;
pub use device::{Device, device};
pub use error::PlayError;
pub use limit::Rate;
pub use ports::{CaptionTrack, Placements, Playable, PortError};
pub use routes::{router, serve};
pub use service::{Play, PlayOptions};
pub use session::LEASE_MS;
pub use spool::{
    Events, Placed, Spool, SpoolDay, read_after, read_events, spool_day_at, spool_days,
};
