//! Exact media time: timestamps, timeranges, frame rates and timecode.
//!
//! Every other crate measures media with the types here, so that a cut decided in one place is the
//! same cut everywhere. Values are integers and rationals from end to end; the only `f64` is
//! [`RationalTime::as_seconds_f64_for_display`], for printing.
//!
//! # Terminology
//!
//! | word | meaning |
//! |---|---|
//! | [`Timestamp`] | signed nanoseconds on a timeline, the TAMS text form `S:N` |
//! | [`TimeRange`] | the stretch between two timestamps, each bound inclusive, exclusive or missing, the TAMS text form `[S:N_S:N)` |
//! | [`RationalTime`] | an exact number of seconds, for times no nanosecond can hold, such as frame 1 at 30000/1001 |
//! | [`FrameRate`] | frames per second as a fraction; converts between frame indexes and times |
//! | [`Retime`] | how frames of a source become frames of a sequence of another rate |
//! | [`Timecode`] | the `HH:MM:SS:FF` label of a frame index (SMPTE ST 12-1), drop-frame or not |
//! | [`Clock`] | where a component gets the current time; nothing here reads one |
//!
//! # Invariants
//!
//! - No value lies outside [`Timestamp::MIN`] to [`Timestamp::MAX`], about ±8.9 million years.
//! - Frame indexes become times by multiplication from index 0, never by adding up rounded frame
//!   durations, so there is no drift however far the index.
//! - Nothing panics on any input; text that does not parse is a [`TimeError`].
//! - Text forms are those of the TAMS schemas `timestamp.json` and `timerange.json`, read and written
//!   as the BBC's `mediatimestamp` does.
#![deny(missing_docs)]

mod clock;
mod error;
mod frame_rate;
mod leap;
mod rational;
mod retime;
mod text;
mod timecode;
mod timerange;
mod timestamp;

pub use clock::{Clock, FixedClock};
pub use error::TimeError;
pub use frame_rate::FrameRate;
pub use rational::RationalTime;
pub use retime::Retime;
pub use timecode::Timecode;
pub use timerange::{Inclusivity, TimeRange};
pub use timestamp::Timestamp;
