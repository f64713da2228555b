//! The one error type of this crate.

use crate::FrameRate;

/// Why a text or a number is not the media time it was meant to be.
///
/// Quoted input is cut to a short excerpt, so an error stays small however long the input was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// The text is not a timestamp.
    #[error(
        "“{text}” is not a timestamp: {reason}; write seconds:nanoseconds, for example 1:40000000"
    )]
    Timestamp {
        /// The offending text, shortened.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The text is not a timerange.
    #[error("“{text}” is not a timerange: {reason}; write for example [0:0_10:0), 5:0_ or _")]
    TimeRange {
        /// The offending text, shortened.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The text is not an exact number of seconds.
    #[error(
        "“{text}” is not a rational time: {reason}; write seconds as a fraction, for example 1001/30000"
    )]
    RationalTime {
        /// The offending text, shortened.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The text or numbers are not a frame rate.
    #[error("“{text}” is not a frame rate: {reason}; write for example 25, 29.97 or 30000/1001")]
    FrameRate {
        /// The offending text, shortened.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The text does not have the shape of a timecode.
    #[error(
        "“{text}” is not a timecode: {reason}; write HH:MM:SS:FF, or HH:MM:SS;FF for drop-frame"
    )]
    Timecode {
        /// The offending text, shortened.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// One field of a timecode is too large.
    #[error(
        "timecode {field} {value} is too large at {rate} frames per second: the largest is {largest}"
    )]
    TimecodeField {
        /// `hours`, `minutes`, `seconds` or `frames`.
        field: &'static str,
        /// The value found.
        value: u32,
        /// The largest value allowed.
        largest: u32,
        /// The rate the timecode counts at.
        rate: FrameRate,
    },
    /// Drop-frame counting leaves this label out.
    #[error(
        "drop-frame timecode has no {label} at {rate} frames per second; the next label is {next}"
    )]
    DroppedLabel {
        /// The label that does not exist.
        label: String,
        /// The first valid label after it.
        next: String,
        /// The rate the timecode counts at.
        rate: FrameRate,
    },
    /// Drop-frame counting is not defined at this rate.
    #[error(
        "drop-frame timecode exists only at 29.97, 59.94 and 119.88 frames per second, not at {rate}; \
         write non-drop timecode with “:” before the frames"
    )]
    DropFrameRate {
        /// The rate asked for.
        rate: FrameRate,
    },
    /// Timecode can't count at this rate.
    #[error(
        "there is no timecode at {rate} frames per second: it counts whole numbers of frames up to 120 \
         per second, or such a number times 1000/1001; use frame numbers instead"
    )]
    TimecodeRate {
        /// The rate asked for.
        rate: FrameRate,
    },
    /// The frame index has no label within one day of timecode.
    #[error(
        "frame {frame} is outside one day of timecode at {rate} frames per second, 0 to {last}"
    )]
    TimecodeDay {
        /// The frame index asked for.
        frame: i64,
        /// The last frame index of the day.
        last: i64,
        /// The rate the timecode counts at.
        rate: FrameRate,
    },
}
