//! Why a text is no programme.

/// Why a file can't be read at all. What is wrong with a part of it is an [`Issue`](crate::Issue).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The text is too long.
    #[error("the file has {bytes} bytes; at most {limit} are read")]
    TooLarge {
        /// Bytes of the text.
        bytes: usize,
        /// The most that are read.
        limit: usize,
    },
    /// The text holds too many JSON values.
    #[error("the file holds more than {limit} JSON values")]
    TooManyValues {
        /// The most that are read.
        limit: usize,
    },
    /// The text is nested too deeply.
    #[error("line {line}: the file is nested more than {limit} levels deep")]
    TooDeep {
        /// Where the limit is passed, from 1.
        line: usize,
        /// The most levels that are read.
        limit: usize,
    },
    /// A number is `NaN` or `Infinity`, which some programs write and JSON does not have.
    #[error("line {line}: `{text}` is no number")]
    NotANumber {
        /// Where, from 1.
        line: usize,
        /// What stands there.
        text: &'static str,
    },
    /// The text is no JSON.
    #[error("the file is no JSON: {why}")]
    Json {
        /// What the parser says, with line and column.
        why: String,
    },
    /// The JSON is not OpenTimelineIO's.
    #[error(
        "the file is JSON, but no OpenTimelineIO file: its outermost object has no OTIO_SCHEMA"
    )]
    NotOtio,
    /// The file holds no timeline.
    #[error("the file holds a {schema} and no Timeline")]
    NoTimeline {
        /// What it holds.
        schema: String,
    },
    /// A part without which nothing can be said about the timeline is of a newer or another kind.
    #[error("{place} is a {schema}, which is not known here")]
    UnknownSchema {
        /// Where.
        place: String,
        /// What stands there.
        schema: String,
    },
}
