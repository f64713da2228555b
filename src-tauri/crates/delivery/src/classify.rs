//! From an SDK error to a [`DeliveryError`].

use std::error::Error;
use std::io;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::endpoint::Endpoint;
use crate::error::{ConnectFailure, DeliveryError};

/// Codes, of status 400, 401 or 403, that say the credentials themselves are refused.
const CREDENTIAL_CODES: &[&str] = &[
    "AuthFailure",
    "CredentialsNotSupported",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "InvalidToken",
    "NotSignedUp",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
];

/// Codes that say the clocks differ.
const CLOCK_CODES: &[&str] = &[
    "RequestTimeTooSkewed",
    "RequestExpired",
    "RequestInTheFuture",
];

/// Stands for the code of an answer that has none.
const NO_CODE: &str = "-";

/// More of a server's message than this helps nobody.
const MAX_MESSAGE_CHARS: usize = 300;

impl Endpoint {
    /// Classifies a failed request.
    pub(crate) fn classify<E>(
        &self,
        operation: &'static str,
        error: SdkError<E, HttpResponse>,
    ) -> DeliveryError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        match error {
            SdkError::DispatchFailure(failure) if failure.is_user() => {
                invalid_request(operation, &failure.as_connector_error())
            }
            SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => self.unreachable(error),
            SdkError::ResponseError(failure) => DeliveryError::UnreadableAnswer {
                operation,
                status: failure.raw().status().as_u16(),
                detail: shortened(&chain_text(&SdkError::<E, HttpResponse>::ResponseError(
                    failure,
                ))),
            },
            SdkError::ServiceError(failure) => {
                let meta = failure.err().meta();
                let status = failure.raw().status().as_u16();
                self.refusal(operation, status, meta.code(), meta.message())
            }
            other => invalid_request(operation, &Some(&other)),
        }
    }

    /// Classifies an error answer.
    pub(crate) fn refusal(
        &self,
        operation: &'static str,
        status: u16,
        code: Option<&str>,
        message: Option<&str>,
    ) -> DeliveryError {
        let code = shortened(code.unwrap_or(NO_CODE));
        let url = self.url.clone();
        let bucket = self.bucket.clone();
        match status {
            400 | 401 | 403 if CREDENTIAL_CODES.contains(&&*code) => {
                DeliveryError::CredentialsRefused { url, code }
            }
            400 | 403 if CLOCK_CODES.contains(&&*code) => DeliveryError::ClockSkew { url },
            401 => DeliveryError::CredentialsRefused { url, code },
            403 => DeliveryError::AccessDenied {
                url,
                bucket,
                operation,
                code,
            },
            404 if code == "NoSuchBucket" => DeliveryError::NoSuchBucket { url, bucket },
            _ => DeliveryError::Server {
                operation,
                status,
                code,
                message: shortened(message.unwrap_or_default()),
            },
        }
    }

    /// No answer at all.
    fn unreachable<E>(&self, error: SdkError<E, HttpResponse>) -> DeliveryError
    where
        E: Error + Send + Sync + 'static,
    {
        let cause = match &error {
            SdkError::TimeoutError(_) => ConnectFailure::TimedOut,
            SdkError::DispatchFailure(failure) if failure.is_timeout() => ConnectFailure::TimedOut,
            _ => connect_failure(&error),
        };
        let source = error.into_source().unwrap_or_else(|whole| Box::new(whole));
        DeliveryError::Unreachable {
            url: self.url.clone(),
            cause,
            source,
        }
    }

    /// The watchdog's verdict.
    pub(crate) fn stalled(&self) -> DeliveryError {
        DeliveryError::Unreachable {
            url: self.url.clone(),
            cause: ConnectFailure::Stalled,
            source: format!("nothing moved for {} s", self.timeouts.stall.as_secs_f32()).into(),
        }
    }
}

fn invalid_request(
    operation: &'static str,
    error: &Option<&(impl Error + 'static)>,
) -> DeliveryError {
    let reason = error.map_or_else(
        || "the request can't be built".to_owned(),
        |e| shortened(&chain_text(e)),
    );
    DeliveryError::InvalidInput {
        field: operation.into(),
        reason,
    }
}

/// Every error from this one down, outermost first.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&e| e.source())
}

fn chain_text(error: &(dyn Error + 'static)) -> String {
    let texts: Vec<String> = chain(error).map(ToString::to_string).collect();
    texts.join(": ")
}

/// Where a connection failed, from the chain of causes; the innermost that says something decides.
fn connect_failure(error: &(dyn Error + 'static)) -> ConnectFailure {
    let said: Vec<ConnectFailure> = chain(error).filter_map(one_cause).collect();
    if said.contains(&ConnectFailure::Tls) {
        return ConnectFailure::Tls;
    }
    said.first().copied().unwrap_or(ConnectFailure::Other)
}

fn one_cause(error: &(dyn Error + 'static)) -> Option<ConnectFailure> {
    if error.is::<rustls::Error>() {
        return Some(ConnectFailure::Tls);
    }
    if let Some(io) = error.downcast_ref::<io::Error>() {
        return io_cause(io);
    }
    // The resolver's and hyper's error types are private to them; their texts are what is left.
    let text = error.to_string();
    if text.starts_with("dns error") {
        return Some(ConnectFailure::NameNotFound);
    }
    (text.contains("closed before message completed")).then_some(ConnectFailure::Cut)
}

fn io_cause(error: &io::Error) -> Option<ConnectFailure> {
    if let Some(inner) = error.get_ref() {
        // `io::Error::source` skips the error it wraps.
        if let Some(cause) = one_cause(inner) {
            return Some(cause);
        }
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some(ConnectFailure::Refused),
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown => Some(ConnectFailure::NoRoute),
        io::ErrorKind::TimedOut => Some(ConnectFailure::TimedOut),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
        | io::ErrorKind::UnexpectedEof => Some(ConnectFailure::Cut),
        _ => None,
    }
}

/// One line, without control characters, of bearable length.
fn shortened(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_MESSAGE_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    fn refusal(status: u16, code: &str) -> DeliveryError {
        Endpoint::new("vast", "http://h", "media", "AKIA", Secret::new("s")).refusal(
            "PutObject",
            status,
            Some(code),
            None,
        )
    }

    #[test]
    fn refusals_are_told_apart_by_code() {
        for code in [
            "SignatureDoesNotMatch",
            "InvalidAccessKeyId",
            "ExpiredToken",
        ] {
            assert!(
                matches!(refusal(403, code), DeliveryError::CredentialsRefused { .. }),
                "{code}"
            );
        }
        assert!(matches!(
            refusal(400, "ExpiredToken"),
            DeliveryError::CredentialsRefused { .. }
        ));
        assert!(matches!(
            refusal(401, "Whatever"),
            DeliveryError::CredentialsRefused { .. }
        ));
        assert!(matches!(
            refusal(403, "RequestTimeTooSkewed"),
            DeliveryError::ClockSkew { .. }
        ));
        assert!(matches!(
            refusal(403, "AccessDenied"),
            DeliveryError::AccessDenied { .. }
        ));
        assert!(matches!(
            refusal(404, "NoSuchBucket"),
            DeliveryError::NoSuchBucket { .. }
        ));
        assert!(matches!(
            refusal(404, "NoSuchUpload"),
            DeliveryError::Server { status: 404, .. }
        ));
        assert!(matches!(
            refusal(503, "SlowDown"),
            DeliveryError::Server { status: 503, .. }
        ));
    }

    #[test]
    fn a_server_can_not_flood_the_message() {
        let endpoint = Endpoint::new("vast", "http://h", "media", "AKIA", Secret::new("s"));
        let error = endpoint.refusal("PutObject", 500, Some("X"), Some(&"a\n".repeat(10_000)));
        assert!(error.to_string().len() < 400);
        assert!(!error.to_string().contains('\n'));
    }

    #[test]
    fn the_cause_is_found_inside_wrapped_errors() {
        let tls = io::Error::new(
            io::ErrorKind::InvalidData,
            rustls::Error::General("bad".into()),
        );
        assert_eq!(connect_failure(&io::Error::other(tls)), ConnectFailure::Tls);
        assert_eq!(
            connect_failure(&io::Error::from(io::ErrorKind::ConnectionRefused)),
            ConnectFailure::Refused
        );
        assert_eq!(
            connect_failure(&io::Error::from(io::ErrorKind::BrokenPipe)),
            ConnectFailure::Cut
        );
        assert_eq!(
            connect_failure(&io::Error::other("what")),
            ConnectFailure::Other
        );
    }
}
