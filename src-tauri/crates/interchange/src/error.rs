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
    /// A line of a list, or an element that begins there, makes no sense.
    #[error("line {line}: {why}")]
    Line {
        /// Where, from 1.
        line: usize,
        /// What is wrong, with the field's name.
        why: String,
    },
    /// The text is not Final Cut Pro's XML.
    #[error("the file is no FCPXML: its outermost element is no fcpxml")]
    NotFcpxml,
    /// No project of the file has a sequence.
    #[error("the file holds no project with a sequence")]
    NoSequence,
    /// Too many elements.
    #[error("the file holds more than {limit} elements")]
    TooManyElements {
        /// The most that are read.
        limit: usize,
    },
    /// A list without an event.
    #[error("the file is no edit decision list: no line of it is an event")]
    NoEvents,
    /// A list with too many events.
    #[error("the file holds more than {limit} events")]
    TooManyEvents {
        /// The most that are read.
        limit: usize,
    },
}

/// Why a programme can't be written in a form: what stands in the way, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct WriteError {
    /// Where: `track V1, item 3, clip NAME`.
    pub place: String,
    /// What stands in the way.
    pub why: String,
}

impl WriteError {
    pub(crate) fn at(place: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            why: why.into(),
        }
    }
}
