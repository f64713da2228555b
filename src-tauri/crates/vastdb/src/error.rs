//! What can go wrong with a VAST Database, in terms of what the user can do about it.

use std::fmt;
use std::time::Duration;

/// Why a call of a VAST Database failed.
///
/// No variant holds a secret or a signature; what a server says is shortened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VastError {
    /// A field of the endpoint or of its settings can't be used.
    #[error("VAST Database: {field} can't be used: {reason}")]
    InvalidSettings {
        /// Field of [`Endpoint`](crate::Endpoint).
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A value of a call that can't be sent.
    #[error("{what} can't be sent: {reason}")]
    InvalidInput {
        /// What was given.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No usable answer came: no route, no name, no connection, or a cut.
    #[error("{server} is unreachable: {cause}")]
    Unreachable {
        /// Scheme, host and port.
        server: String,
        /// Where it failed.
        cause: ConnectFailure,
    },
    /// No secure connection: most often the certificate is of an authority this computer doesn't
    /// know.
    #[error("{server}: the secure connection failed: {detail}")]
    Tls {
        /// Scheme, host and port.
        server: String,
        /// What the handshake says.
        detail: String,
    },
    /// No whole answer in time.
    #[error("{server} did not answer {what} within {} s", after.as_secs_f32())]
    Timeout {
        /// Scheme, host and port.
        server: String,
        /// What was asked.
        what: String,
        /// How long was waited.
        after: Duration,
    },
    /// The access key is not known, or the secret key or token is wrong or expired.
    #[error("{server} refused the credentials ({code})")]
    CredentialsRefused {
        /// Scheme, host and port.
        server: String,
        /// The server's error code.
        code: String,
    },
    /// The server refuses signatures because the two clocks differ.
    #[error("{server} refused the request because its clock and this computer's differ too much")]
    ClockSkew {
        /// Scheme, host and port.
        server: String,
    },
    /// The credentials are good but lack a permission.
    #[error("{what} is not allowed ({code})")]
    Denied {
        /// What was asked.
        what: String,
        /// The server's error code.
        code: String,
    },
    /// The bucket, schema, table or transaction does not exist.
    #[error("{what} does not exist")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The transaction is over on the server: it expired, or was ended before.
    #[error("transaction {id} is over already")]
    TransactionOver {
        /// The server's number of it.
        id: u64,
    },
    /// Another transaction changed the same thing first, or what is to be made exists.
    #[error("{what} clashes with what is there{}", told(message))]
    Conflict {
        /// What was asked.
        what: String,
        /// The server's own words.
        message: String,
    },
    /// The server asks for fewer requests. Nothing took effect.
    #[error("{server} asks for fewer requests")]
    SlowDown {
        /// Scheme, host and port.
        server: String,
    },
    /// The server does not take the request.
    #[error("{what} was refused: {code}{}", told(message))]
    BadRequest {
        /// What was asked.
        what: String,
        /// The server's error code, or the HTTP status when it tells none.
        code: String,
        /// The server's own words, shortened.
        message: String,
    },
    /// The server failed.
    #[error("{what} failed: {status} {code}{}", told(message))]
    Server {
        /// What was asked.
        what: String,
        /// HTTP status.
        status: u16,
        /// The server's error code, or `-`.
        code: String,
        /// The server's own words, shortened.
        message: String,
    },
    /// The server gave a query up in the middle of its answer.
    #[error("the query of {table} failed on the server (code {code})")]
    QueryFailed {
        /// `bucket/schema/table`.
        table: String,
        /// The server's number for it.
        code: u64,
    },
    /// The answer is not of the protocol.
    #[error("{what}: the answer can't be read: {detail}")]
    Protocol {
        /// What was asked.
        what: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The server is none of VAST's, or too old.
    #[error("{server} is no VAST Database this program can speak to: {said}")]
    UnsupportedServer {
        /// Scheme, host and port.
        server: String,
        /// What it says it is.
        said: String,
    },
    /// A column of a type that is not carried, such as a list.
    #[error("column {column} is of type {kind}, which can't be carried")]
    UnsupportedType {
        /// Name of the column.
        column: String,
        /// The type's name.
        kind: String,
    },
    /// A table that exists has other columns than it must have.
    #[error("table {table} can't be used: column {column} {reason}")]
    IncompatibleTable {
        /// `bucket/schema/table`.
        table: String,
        /// Name of the column.
        column: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A request is larger than the server takes.
    #[error("{what} has {bytes} bytes, more than the {limit} that one request may have")]
    TooLarge {
        /// What was to be sent.
        what: String,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// An answer is longer than is read.
    #[error("{what}: the answer is longer than {limit} {unit}")]
    AnswerTooLong {
        /// What was asked.
        what: String,
        /// The limit.
        limit: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// A stored row can't be read as what it must be.
    #[error("row {row} of {table}: {column} {reason}")]
    UnreadableRow {
        /// `bucket/schema/table`.
        table: String,
        /// Value of the row's key.
        row: String,
        /// Name of the column.
        column: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl VastError {
    /// Whether the same call may succeed later, with nothing changed by the user.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Timeout { .. }
                | Self::Conflict { .. }
                | Self::TransactionOver { .. }
                | Self::SlowDown { .. }
                | Self::QueryFailed { .. }
                | Self::Server { .. }
        )
    }

    /// Whether a write that ended so may have taken effect all the same: its answer was lost, or
    /// makes no sense.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Unreachable { cause, .. } => !cause.is_before_the_request(),
            Self::Timeout { .. } | Self::Server { .. } | Self::Protocol { .. } => true,
            Self::AnswerTooLong { .. } => true,
            _ => false,
        }
    }

    pub(crate) fn protocol(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Protocol {
            what: what.into(),
            detail: detail.into(),
        }
    }

    pub(crate) fn input(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::InvalidInput {
            what: what.into(),
            reason: reason.into(),
        }
    }
}

/// Where a connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectFailure {
    /// The name of the host is not known.
    NameNotFound,
    /// Nobody listens there.
    Refused,
    /// No way leads there.
    NoRoute,
    /// No connection came about in time.
    ConnectTimedOut,
    /// The connection broke after the request was on its way.
    Cut,
}

impl ConnectFailure {
    /// Whether the server can't have heard of the request.
    fn is_before_the_request(self) -> bool {
        self != Self::Cut
    }
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NameNotFound => "its name is not known",
            Self::Refused => "nobody listens there",
            Self::NoRoute => "no way leads there",
            Self::ConnectTimedOut => "no connection came about in time",
            Self::Cut => "the connection broke",
        })
    }
}

fn told(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lost_answer_leaves_a_doubt() {
        let unreachable = |cause| VastError::Unreachable {
            server: "http://h".into(),
            cause,
        };
        assert!(unreachable(ConnectFailure::Cut).may_have_happened());
        for cause in [
            ConnectFailure::NameNotFound,
            ConnectFailure::Refused,
            ConnectFailure::NoRoute,
            ConnectFailure::ConnectTimedOut,
        ] {
            assert!(!unreachable(cause).may_have_happened(), "{cause}");
            assert!(unreachable(cause).is_retryable(), "{cause}");
        }
        let slow = VastError::SlowDown {
            server: "http://h".into(),
        };
        assert!(slow.is_retryable() && !slow.may_have_happened());
        let refused = VastError::CredentialsRefused {
            server: "http://h".into(),
            code: "SignatureDoesNotMatch".into(),
        };
        assert!(!refused.is_retryable() && !refused.may_have_happened());
    }
}
