//! Why an edit can't become a plan.

use mediatime::{TimeError, Timestamp};

/// Why an edit can't become a plan. Every variant names the clip, and what would help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConformError {
    /// No clips.
    #[error("the edit has no clips")]
    Empty,
    /// The text of a mark is none.
    #[error("{clip}: `{text}` is no time: {why}")]
    BadMark {
        /// The clip as written.
        clip: String,
        /// The mark as written.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// The clip has no picture.
    #[error("{clip}: there is no video in it")]
    NoVideo {
        /// The clip as written.
        clip: String,
    },
    /// A mark lies outside the source.
    #[error(
        "{clip}: the {mark} is outside the source, which has {frames} frames and ends at {end}"
    )]
    OutOfRange {
        /// The clip as written.
        clip: String,
        /// `in point` or `out point`.
        mark: &'static str,
        /// Presented frames of the source.
        frames: usize,
        /// The source's end, counted from its start.
        end: Timestamp,
    },
    /// In and out hold no frame.
    #[error("{clip}: no frame lies between its in and out point")]
    NoFrames {
        /// The clip as written.
        clip: String,
    },
    /// The source has a hole inside the clip.
    #[error("{clip}: media is missing from {from} to {to}")]
    Gap {
        /// The clip as written.
        clip: String,
        /// On the source's timeline.
        from: Timestamp,
        /// On the source's timeline.
        to: Timestamp,
    },
    /// Pictures can't be decoded, as what they refer to is missing.
    #[error("{clip}: object {object} has no key frame to decode from at {at}")]
    MissingKeyFrame {
        /// The clip as written.
        clip: String,
        /// The object.
        object: String,
        /// On the object's own timeline.
        at: Timestamp,
    },
    /// Timecode needs a constant frame rate.
    #[error("{clip}: its frame rate varies, so `{text}` names no frame")]
    NoRate {
        /// The clip as written.
        clip: String,
        /// The mark as written.
        text: String,
    },
    /// Something would have to be encoded that can't be (yet).
    #[error("{clip}: {what}")]
    CannotEncode {
        /// The clip as written.
        clip: String,
        /// What and why.
        what: String,
    },
    /// `copy` was asked for, and a cut breaks a GOP.
    #[error("{clip}: it can't be copied: {why}")]
    CannotCopy {
        /// The clip as written.
        clip: String,
        /// Why, with the nearest cuts that can be copied.
        why: String,
    },
    /// A dissolve, a fade, a gap or a track can't lie where the edit puts it.
    #[error("{clip}: {what}")]
    CannotPlace {
        /// The clip that it is at, as written.
        clip: String,
        /// What does not fit, and what would help.
        what: String,
    },
    /// A clip of a track of sound begins where its source has none.
    #[error("{clip}: the in point is outside the source's sound, which ends at {end}")]
    OutsideSound {
        /// The clip as written.
        clip: String,
        /// Where the sound ends, counted from the source's start.
        end: Timestamp,
    },
    /// Timecode arithmetic failed.
    #[error("{clip}: {source}")]
    Time {
        /// The clip as written.
        clip: String,
        /// What went wrong.
        source: TimeError,
    },
}
