//! What goes to stdout and stderr.

use serde::Serialize;
use serde_json::json;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use workstation::Failure;

/// What goes to stdout and stderr.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
    /// The one document went to stdout already.
    answered: AtomicBool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            answered: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Progress bars are drawn.
    pub(crate) fn draws(&self) -> bool {
        std::io::stderr().is_terminal()
    }

    /// The answer: JSON when that was asked for, else what `text` says.
    pub(crate) fn answer<T: Serialize>(
        &self,
        value: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let text = if self.json {
            serde_json::to_string_pretty(value).map_err(Failure::internal)?
        } else {
            text()
        };
        self.answered.store(true, Ordering::Relaxed);
        let mut stdout = std::io::stdout().lock();
        match writeln!(stdout, "{}", text.trim_end()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::io("stdout", &error))
            }
            _ => Ok(()),
        }
    }

    /// What was done before `failure` stopped the rest: one document that says both. For people it is
    /// the failure alone, which `main` prints.
    pub(crate) fn answer_with_failure<T: Serialize>(
        &self,
        value: &T,
        failure: &Failure,
    ) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let mut document = serde_json::to_value(value).map_err(Failure::internal)?;
        if let Some(document) = document.as_object_mut() {
            document.insert("error".to_owned(), json!(failure));
        }
        self.answer(&document, String::new)
    }

    /// The answer of a command that did its work and found something wrong: in JSON one document
    /// that says both, for people what `text` says. The failure comes back for `main`.
    pub(crate) fn answer_and_fail<T: Serialize>(
        &self,
        value: &T,
        text: impl FnOnce() -> String,
        failure: Failure,
    ) -> Result<(), Failure> {
        if self.json {
            self.answer_with_failure(value, &failure)?;
        } else {
            self.answer(value, text)?;
        }
        Err(failure)
    }

    /// A remark for people; goes to stderr.
    pub(crate) fn note(&self, text: &str) {
        // stderr may be closed; there is nowhere else to say so.
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// Reports a failure and gives its exit code.
    pub(crate) fn fail(&self, failure: &Failure) -> ExitCode {
        if self.json && !self.answered.load(Ordering::Relaxed) {
            let document = json!({ "error": failure });
            let _ = writeln!(std::io::stdout(), "{document:#}");
        }
        let _ = writeln!(std::io::stderr(), "stringout: {failure}");
        ExitCode::from(failure.code.exit())
    }
}
