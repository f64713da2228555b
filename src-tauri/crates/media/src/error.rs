//! What can go wrong with media.

use crate::report::Report;
use crate::verify::Verification;
use mediatime::RationalTime;

/// Why media could not be read, planned or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// The bytes are of no container that is known, or hold nothing to show or hear.
    #[error("{name} is not media that can be read: {why}")]
    NotMedia {
        /// File or object.
        name: String,
        /// What was found instead.
        why: String,
    },
    /// The container is known but its content is broken.
    #[error("{object} is damaged{}: {why}", at_time(at.as_ref()))]
    Damaged {
        /// File or object.
        object: String,
        /// Where, on the object's own timeline, when it can be told.
        at: Option<RationalTime>,
        /// What is broken and what is left.
        why: String,
    },
    /// Well-formed, but of a kind that is not handled.
    #[error("{object}: {what} is not supported; {hint}")]
    Unsupported {
        /// File or object.
        object: String,
        /// The feature.
        what: String,
        /// The next step for the user.
        hint: String,
    },
    /// The system could not read or write.
    #[error("{object}: {source}")]
    Io {
        /// File or object.
        object: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// An object that a plan names is not there.
    #[error("object {object} is not there")]
    MissingObject {
        /// The object.
        object: String,
    },
    /// An object is elsewhere and did not come.
    #[error("object {object} can't be fetched: {reason}")]
    Unavailable {
        /// The object.
        object: String,
        /// Why, in words.
        reason: String,
    },
    /// GStreamer lacks an element.
    #[error("GStreamer has no element `{element}`: {hint}")]
    MissingElement {
        /// Its name.
        element: String,
        /// How to get it.
        hint: String,
    },
    /// A GStreamer pipeline failed.
    #[error("{what} failed: {why}")]
    Pipeline {
        /// What the pipeline was doing.
        what: String,
        /// What GStreamer said.
        why: String,
    },
    /// A segment whose parameter sets stand in the one before it.
    #[error(
        "{object} has no parameter sets, so nothing in it can be decoded without the segment before it"
    )]
    NoParameterSets {
        /// Name or id of the object.
        object: String,
    },
    /// The output does not hold what the plan says: a fault of ours, and nothing was kept.
    #[error("the output is not what the plan says: {0}")]
    Mismatch(String),
    /// Checking the output found what the plan does not say. Nothing was kept but what was found.
    #[error("{}", faults(.0))]
    NotAsPlanned(Box<Report>),
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl MediaError {
    /// Wraps an I/O error with the name of what was read or written.
    pub(crate) fn io(object: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let object = object.into();
        move |source| Self::Io { object, source }
    }

    /// The same about an object that users know by another name than that of its file.
    #[must_use]
    pub fn of(self, object_id: &str) -> Self {
        let object = object_id.to_owned();
        match self {
            Self::NotMedia { why, .. } => Self::NotMedia { name: object, why },
            Self::Damaged { at, why, .. } => Self::Damaged { object, at, why },
            Self::Unsupported { what, hint, .. } => Self::Unsupported { object, what, hint },
            Self::Io { source, .. } => Self::Io { object, source },
            Self::NoParameterSets { .. } => Self::NoParameterSets { object },
            other => other,
        }
    }

    /// Says where and in what a structure is broken.
    pub(crate) fn damaged(object: &str, at: Option<RationalTime>, why: &Malformed) -> Self {
        Self::Damaged {
            object: object.to_owned(),
            at,
            why: why.to_string(),
        }
    }
}

/// A structure that does not follow its specification. Whoever knows the object and the time adds
/// them and makes it a [`MediaError::Damaged`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl Malformed {
    /// Says what is wrong, for example `the time table (stts) ends too early`.
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// Some of what checking found, in words.
fn faults(report: &Report) -> String {
    const NAMED: usize = 4;
    let faults = report.verification.as_ref().map(Verification::faults);
    let faults = faults.unwrap_or_default();
    let mut words = faults
        .iter()
        .take(NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join("; ");
    if let Some(more) = faults.len().checked_sub(NAMED).filter(|more| *more > 0) {
        words.push_str(&format!("; and {more} more"));
    }
    words
}

fn at_time(at: Option<&RationalTime>) -> String {
    at.map(|t| format!(" at {:.3} s", t.as_seconds_f64_for_display()))
        .unwrap_or_default()
}
