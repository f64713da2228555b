//! Frame accuracy, as the command line promises it: what comes out holds exactly the frames whose
//! presentation time lies in `[IN, OUT)`, at even times, with its own sound, and what is copied is
//! copied to the byte. Every source is cut in every way; the frames that must come out are computed
//! here, from the specification of the media.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod captions;
mod carried;
mod codecs;
mod colours;
mod flows;
mod formats;
mod hevc;
mod indexes;
mod joints;
mod mixtures;
mod modes;
mod sources;
mod splices;

use tests::accuracy::{cuts, judge, material, pictures};
