//! Why a command of the page was refused, as the page reads it.

use ipc::FailureView;
use serde::Serialize;
use workstation::{Code, Failure};

/// What a command answers: data, or why not.
pub(crate) type Answer<T> = Result<T, Refusal>;

/// Why a command was refused.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Refusal(FailureView);

impl Refusal {
    /// The arguments of `command` are not what it takes.
    pub(crate) fn arguments(command: &str, why: &serde_json::Error) -> Self {
        Failure::new(
            Code::BadInput,
            format!("the arguments of `{command}`: {why}"),
            "Reload the window; the page and the program may be of different versions.",
        )
        .into()
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self(FailureView::from(&failure))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_reads_a_failure() {
        let refusal = Refusal::from(Failure::bad_input("the mark", "Move it."));
        let seen = serde_json::to_value(refusal).unwrap();
        assert_eq!(seen["code"], "bad_input");
        assert_eq!(seen["detail"], "the mark");
        assert_eq!(seen["hint"], "Move it.");
        assert_eq!(seen["retryable"], false);
        assert!(seen["title"].is_string());
    }
}
