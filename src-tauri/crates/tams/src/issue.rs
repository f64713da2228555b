//! What does not stop the work, told beside the result.

use std::fmt;

/// Something a server answered that was left out or mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// What it concerns: a path on the server, an object or a setting. Never a query or a secret.
    pub place: String,
    /// What is odd about it and what was done, as a sentence.
    pub what: String,
}

impl Issue {
    pub(crate) fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
        }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// What a list of a server held, and what of it made no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// The items that could be read.
    pub items: Vec<T>,
    /// Why others could not, and what else was odd.
    pub issues: Vec<Issue>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            issues: Vec::new(),
        }
    }
}
