//! What can go wrong with a TAMS server, in terms of what the user can do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

/// More of an address than this helps nobody.
const PLACE_CHARS: usize = 500;

/// Where on which server: what may be shown of a URL, which is everything but query, fragment and
/// credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Scheme, host and port.
    pub server: String,
    /// Path on it.
    pub path: String,
}

impl Place {
    pub(crate) fn of(url: &Url) -> Self {
        Self {
            server: url.origin().ascii_serialization(),
            path: url.path().to_owned(),
        }
    }
}

impl fmt::Display for Place {
    /// Cut short when it is very long: servers choose where their links and redirects lead.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = format!("{}{}", self.server, self.path);
        match whole.char_indices().nth(PLACE_CHARS) {
            Some((at, _)) => write!(f, "{}…", whole.get(..at).unwrap_or_default()),
            None => f.write_str(&whole),
        }
    }
}

/// Why a call of a TAMS server, or a transfer of an object, failed.
///
/// No variant holds a secret, a query or a presigned URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TamsError {
    /// A field of the connection's settings can't be used.
    #[error("{field} can't be used: {reason}")]
    InvalidSettings {
        /// Field of [`ConnectionSettings`](crate::ConnectionSettings).
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A value of a call that no server can be sent.
    #[error("{what} can't be sent: {reason}")]
    InvalidInput {
        /// What was given.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// No usable answer came. Whether the request took effect may be unknown.
    #[error("{at} is unreachable: {cause}")]
    Unreachable {
        /// What was asked.
        at: Place,
        /// Where it failed.
        cause: ConnectFailure,
    },
    /// No secure connection: most often the certificate is of an authority this computer doesn't
    /// know.
    #[error("{at}: the secure connection failed: {detail}")]
    Tls {
        /// What was asked.
        at: Place,
        /// What the handshake says.
        detail: String,
    },
    /// No whole answer in time. Whether the request took effect is unknown.
    #[error("{at} did not answer within {} s", after.as_secs_f32())]
    Timeout {
        /// What was asked.
        at: Place,
        /// How long was waited.
        after: Duration,
    },
    /// The credentials are missing, wrong or expired.
    #[error("{at} refused the credentials{}", told(summary))]
    Unauthorized {
        /// What was asked.
        at: Place,
        /// The server's own words.
        summary: String,
    },
    /// The credentials lack a scope, or the flow is read-only.
    #[error("{at} does not allow this{}", told(summary))]
    Forbidden {
        /// What was asked.
        at: Place,
        /// The server's own words.
        summary: String,
    },
    /// The server has nothing under this path.
    #[error("{at} does not exist{}", told(summary))]
    NotFound {
        /// What was asked.
        at: Place,
        /// The server's own words.
        summary: String,
    },
    /// The server answered with any other error.
    #[error("{at} answered {status}{}", told(summary))]
    Rejected {
        /// What was asked.
        at: Place,
        /// HTTP status; may be 200 when the error was inside the answer.
        status: u16,
        /// The server's own words, shortened.
        summary: String,
    },
    /// The server asks for fewer requests. Nothing took effect.
    #[error("{at} asks for fewer requests")]
    RateLimited {
        /// What was asked.
        at: Place,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// The answer is no TAMS answer at all, such as a sign-in page.
    #[error("{at} is no TAMS server: it answers {what}")]
    NotTams {
        /// What was asked.
        at: Place,
        /// What came instead.
        what: String,
    },
    /// The answer could not be read.
    #[error("{at}: the answer can't be read as {what}: {detail}")]
    BadAnswer {
        /// What was asked.
        at: Place,
        /// What was due.
        what: &'static str,
        /// What is wrong, and where.
        detail: String,
    },
    /// The answer is longer than is read.
    #[error("{at} answers with more than {limit} bytes")]
    TooLarge {
        /// What was asked.
        at: Place,
        /// The most that is read.
        limit: usize,
    },
    /// This server can't do it.
    #[error("{server} {what}")]
    Unsupported {
        /// Which server, by address and kind.
        server: String,
        /// What it does not do and why, to follow the server in a sentence.
        what: String,
    },
    /// The pages of a list lead back to one that was read.
    #[error("{at}: its pages lead in a circle")]
    PagingLoop {
        /// The list.
        at: Place,
    },
    /// The list has more items than are kept in memory.
    #[error("{at} has more than {limit} items")]
    TooManyItems {
        /// The list.
        at: Place,
        /// The most that is kept.
        limit: usize,
    },
    /// The list has more pages than are read.
    #[error("{at} has more than {limit} pages")]
    TooManyPages {
        /// The list.
        at: Place,
        /// The most that is read.
        limit: usize,
    },
    /// The next page is not where this connection may go.
    #[error("{at}: its next page is at {target}, outside the configured address")]
    LinkRefused {
        /// The list.
        at: Place,
        /// Where the link leads, without query.
        target: Place,
    },
    /// The server sends the request elsewhere, where credentials must not go.
    #[error("{at} redirects to {target}, which is not followed")]
    RedirectRefused {
        /// What was asked.
        at: Place,
        /// Where the redirect leads, without query.
        target: String,
    },
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
    /// What the server keeps, or sent, is not what it should be.
    #[error("{what} is not what it should be: {detail}")]
    Integrity {
        /// An object or segment.
        what: String,
        /// What differs.
        detail: String,
    },
    /// No copy of the object can be read from here.
    #[error("object {object_id} can't be fetched: {detail}")]
    NoCopy {
        /// The object.
        object_id: String,
        /// Why.
        detail: String,
    },
    /// The store that holds objects refused a transfer, most often because its URL expired.
    #[error("{at} refused the transfer ({status})")]
    TransferRefused {
        /// The object's URL without its query.
        at: Place,
        /// HTTP status.
        status: u16,
    },
    /// A local file can't be read or written.
    #[error("{} can't be {doing}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        doing: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// Signing in by the browser did not end with a token.
    #[error("signing in failed: {reason}")]
    SignIn {
        /// Why.
        reason: String,
    },
}

/// Where reaching a server failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectFailure {
    /// The host name has no address.
    NameNotFound,
    /// Nothing listens on the port.
    Refused,
    /// There is no route to the host or network.
    NoRoute,
    /// No connection in time.
    ConnectTimedOut,
    /// No byte moved for the whole stall limit.
    Stalled,
    /// The connection was cut before the answer was whole.
    Cut,
    /// Anything else below HTTP.
    Other,
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NameNotFound => "the host name has no address",
            Self::Refused => "the connection was refused",
            Self::NoRoute => "there is no route to the host",
            Self::ConnectTimedOut => "no connection came about in time",
            Self::Stalled => "the transfer stalled",
            Self::Cut => "the connection was cut",
            Self::Other => "the connection failed",
        })
    }
}

impl TamsError {
    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } | Self::RateLimited { .. } => true,
            Self::Rejected { status, .. } => {
                matches!(status, 408 | 425 | 429)
                    || (*status >= 500 && !matches!(status, 501 | 505))
            }
            Self::TransferRefused { status, .. } => {
                // 403 is an expired URL; the next call asks for a fresh one.
                matches!(status, 403 | 408 | 429) || (*status >= 500 && *status != 501)
            }
            _ => false,
        }
    }

    /// Whether the server could not be reached: queued work should wait for the network.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Timeout { .. })
    }

    /// A stable word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidSettings { .. } => "tams_invalid_settings",
            Self::InvalidInput { .. } => "tams_invalid_input",
            Self::Unreachable { .. } => "tams_unreachable",
            Self::Tls { .. } => "tams_tls",
            Self::Timeout { .. } => "tams_timeout",
            Self::Unauthorized { .. } => "tams_unauthorized",
            Self::Forbidden { .. } => "tams_forbidden",
            Self::NotFound { .. } => "tams_not_found",
            Self::Rejected { .. } => "tams_rejected",
            Self::RateLimited { .. } => "tams_rate_limited",
            Self::NotTams { .. } => "tams_not_tams",
            Self::BadAnswer { .. } | Self::TooLarge { .. } => "tams_bad_answer",
            Self::Unsupported { .. } => "tams_unsupported",
            Self::PagingLoop { .. }
            | Self::TooManyPages { .. }
            | Self::TooManyItems { .. }
            | Self::LinkRefused { .. } => "tams_paging",
            Self::RedirectRefused { .. } => "tams_redirect",
            Self::Cancelled => "cancelled",
            Self::Integrity { .. } => "tams_integrity",
            Self::NoCopy { .. } => "tams_no_copy",
            Self::TransferRefused { .. } => "tams_transfer_refused",
            Self::File { .. } => "tams_file",
            Self::SignIn { .. } => "tams_sign_in",
        }
    }

    /// What to do next, as one sentence for people.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::InvalidSettings { .. } => "Correct the [tams] section of the configuration.",
            Self::InvalidInput { .. } => "Correct the named value.",
            Self::Unreachable { .. } | Self::Timeout { .. } => {
                "Check the server's address and the network."
            }
            Self::Tls { .. } => {
                "Check that the address should be https; for a certificate of your own authority set its PEM file in the configuration."
            }
            Self::Unauthorized { .. } | Self::SignIn { .. } => {
                "Sign in again, or set the credentials of this connection again."
            }
            Self::Forbidden { .. } => {
                "Ask for the missing permission, or unlock the flow if it is read-only."
            }
            Self::NotFound { .. } => "Check the id and which server it is on.",
            Self::RateLimited { .. } => "Wait a little; it is retried by itself.",
            Self::NotTams { .. } | Self::BadAnswer { .. } | Self::TooLarge { .. } => {
                "Check that the address is the TAMS API and no proxy or sign-in page answers instead."
            }
            Self::Unsupported { .. } => "Use another server for this, or another way of working.",
            Self::PagingLoop { .. } | Self::TooManyPages { .. } | Self::TooManyItems { .. } => {
                "Narrow the list down, and tell the server's operator."
            }
            Self::LinkRefused { .. } | Self::RedirectRefused { .. } => {
                "Set the address the server uses for itself in the configuration, scheme included."
            }
            Self::Cancelled => "Start it again to go on with it.",
            Self::Rejected { .. } if self.is_retryable() => {
                "It is retried by itself; look at the server's health if it lasts."
            }
            Self::Rejected { .. } => "Correct what the server names, or look into its log.",
            Self::Integrity { .. } => "Tell the server's operator; the data is not used.",
            Self::NoCopy { .. } => {
                "Check that the object was uploaded, and that this computer reaches its storage; a host rewrite may be needed."
            }
            Self::TransferRefused { .. } => {
                "Check this computer's clock and whether a proxy changes requests; URLs are asked for anew by themselves."
            }
            Self::File { .. } => "Check the file, its permissions and the free space, then retry.",
        }
    }

    /// Whether the request may have taken effect although it failed.
    pub(crate) fn is_ambiguous(&self) -> bool {
        match self {
            Self::Unreachable { cause, .. } => !matches!(
                cause,
                ConnectFailure::NameNotFound
                    | ConnectFailure::Refused
                    | ConnectFailure::NoRoute
                    | ConnectFailure::ConnectTimedOut
            ),
            Self::Timeout { .. }
            | Self::BadAnswer { .. }
            | Self::NotTams { .. }
            | Self::TooLarge { .. } => true,
            Self::Rejected { status, .. } => *status >= 500 || *status < 300,
            _ => false,
        }
    }

    /// Whether the request certainly never took effect, so that any request may be repeated.
    pub(crate) fn never_happened(&self) -> bool {
        match self {
            Self::RateLimited { .. } => true,
            Self::Unreachable { .. } => !self.is_ambiguous(),
            _ => false,
        }
    }
}

fn told(summary: &str) -> String {
    if summary.is_empty() {
        String::new()
    } else {
        format!(": {summary}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected(status: u16) -> TamsError {
        TamsError::Rejected {
            at: Place::of(&Url::parse("https://tams.example/flows?access_token=abc").unwrap()),
            status,
            summary: String::new(),
        }
    }

    #[test]
    fn what_passes_by_itself_is_retryable() {
        for (status, retryable) in [
            (500, true),
            (503, true),
            (408, true),
            (400, false),
            (501, false),
        ] {
            assert_eq!(rejected(status).is_retryable(), retryable, "{status}");
        }
        assert!(!TamsError::Cancelled.is_retryable());
    }

    #[test]
    fn a_place_shows_neither_query_nor_password() {
        let url =
            Url::parse("https://user:pass@tams.example:8443/a/flows?access_token=abc#x").unwrap();
        assert_eq!(
            Place::of(&url).to_string(),
            "https://tams.example:8443/a/flows"
        );
        assert_eq!(
            rejected(400).to_string(),
            "https://tams.example/flows answered 400"
        );
    }

    #[test]
    fn a_long_place_is_cut() {
        let url = Url::parse(&format!("https://tams.example/{}", "a".repeat(100_000))).unwrap();
        let shown = Place::of(&url).to_string();
        assert!(shown.starts_with("https://tams.example/aaa"), "{shown}");
        assert_eq!(shown.chars().count(), PLACE_CHARS + 1);
    }

    #[test]
    fn only_what_was_surely_not_sent_never_happened() {
        let at = || Place::of(&Url::parse("http://h/").unwrap());
        let cut = TamsError::Unreachable {
            at: at(),
            cause: ConnectFailure::Cut,
        };
        let refused = TamsError::Unreachable {
            at: at(),
            cause: ConnectFailure::Refused,
        };
        assert!(cut.is_ambiguous() && !cut.never_happened());
        assert!(!refused.is_ambiguous() && refused.never_happened());
        assert!(rejected(502).is_ambiguous() && !rejected(400).is_ambiguous());
    }
}
