//! What goes to stdout and stderr.

use serde::Serialize;
use serde_json::json;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use workstation::Failure;

/// What goes to stdout and stderr.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Progress bars are drawn.
    pub(crate) fn draws(self) -> bool {
        std::io::stderr().is_terminal()
    }

    /// The answer: JSON when that was asked for, else what `text` says.
    pub(crate) fn answer<T: Serialize>(
        self,
        value: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let text = if self.json {
            serde_json::to_string_pretty(value).map_err(Failure::internal)?
        } else {
            text()
        };
        let mut stdout = std::io::stdout().lock();
        match writeln!(stdout, "{}", text.trim_end()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::io("stdout", &error))
            }
            _ => Ok(()),
        }
    }

    /// A remark for people; goes to stderr.
    pub(crate) fn note(self, text: &str) {
        // stderr may be closed; there is nowhere else to say so.
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// Reports a failure and gives its exit code.
    pub(crate) fn fail(self, failure: &Failure) -> ExitCode {
        if self.json {
            let document = json!({ "error": failure });
            let _ = writeln!(std::io::stdout(), "{document:#}");
        }
        let _ = writeln!(std::io::stderr(), "stringout: {failure}");
        ExitCode::from(failure.code.exit())
    }
}
