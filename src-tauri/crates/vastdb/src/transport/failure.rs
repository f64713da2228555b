//! From what went wrong below HTTP, and from what an error's body says, to a [`VastError`].

use std::error::Error;
use std::io;

use http::StatusCode;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::http::RequestFailure;
use crate::error::{ConnectFailure, VastError};

/// More of a server's message than this helps nobody.
const MESSAGE_CHARS: usize = 300;
/// An error code is one word.
const CODE_CHARS: usize = 64;
/// Elements of an error's body that are looked at.
const EVENTS: usize = 200;

/// Why no response came.
pub(crate) fn classify(failure: &RequestFailure, server: &str) -> VastError {
    match failure {
        RequestFailure::NoTls(reason) => VastError::Tls {
            server: server.to_owned(),
            detail: reason.clone(),
        },
        RequestFailure::Connection(error) => below_http(error, server, error.is_connect()),
    }
}

/// Why a response's body ended early.
pub(crate) fn body_failure(error: &hyper::Error, server: &str) -> VastError {
    below_http(error, server, false)
}

fn below_http(error: &(dyn Error + 'static), server: &str, connecting: bool) -> VastError {
    let server = server.to_owned();
    if let Some(detail) = chain(error).find_map(tls_detail) {
        return VastError::Tls { server, detail };
    }
    let cause = chain(error).find_map(|error| cause_of(error, connecting));
    let otherwise = if connecting {
        // A connection that never came about carried no request.
        ConnectFailure::NoRoute
    } else {
        ConnectFailure::Cut
    };
    VastError::Unreachable {
        server,
        cause: cause.unwrap_or(otherwise),
    }
}

fn tls_detail(error: &(dyn Error + 'static)) -> Option<String> {
    error
        .downcast_ref::<rustls::Error>()
        .map(ToString::to_string)
}

fn cause_of(error: &(dyn Error + 'static), connecting: bool) -> Option<ConnectFailure> {
    if !connecting {
        return None;
    }
    let Some(io) = error.downcast_ref::<io::Error>() else {
        // The resolver's failure has no type of its own.
        return error
            .to_string()
            .contains("dns error")
            .then_some(ConnectFailure::NameNotFound);
    };
    match io.kind() {
        io::ErrorKind::ConnectionRefused => Some(ConnectFailure::Refused),
        io::ErrorKind::TimedOut => Some(ConnectFailure::ConnectTimedOut),
        _ => None,
    }
}

/// Every error from this one down, outermost first.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>() {
            // Its `source` is that of what it holds, which would be passed over.
            Some(io) => io
                .get_ref()
                .map(|inner| inner as &(dyn Error + 'static))
                .or_else(|| error.source()),
            None => error.source(),
        }
    })
}

/// What an answer that is not 200 means. `body` is the start of it.
pub(crate) fn refusal(server: &str, what: &str, status: StatusCode, body: &[u8]) -> VastError {
    let Told { code, message } = Told::read(body);
    let server = server.to_owned();
    let what = what.to_owned();
    let code_or = |otherwise: &str| {
        if code.is_empty() {
            otherwise.to_owned()
        } else {
            code.clone()
        }
    };
    match status.as_u16() {
        401 => VastError::CredentialsRefused {
            server,
            code: code_or("401"),
        },
        403 => match code.as_str() {
            "RequestTimeTooSkewed" => VastError::ClockSkew { server },
            "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "ExpiredToken"
            | "InvalidToken"
            | "TokenRefreshRequired"
            | "AuthorizationHeaderMalformed" => VastError::CredentialsRefused { server, code },
            _ => VastError::Denied {
                what,
                code: code_or("403"),
            },
        },
        404 => VastError::NotFound { what },
        409 => VastError::Conflict { what, message },
        429 => VastError::SlowDown { server },
        503 if code == "SlowDown" => VastError::SlowDown { server },
        300..=399 => VastError::BadRequest {
            what,
            code: status.as_u16().to_string(),
            message: "the server sends elsewhere, where credentials don't go".to_owned(),
        },
        408 | 500..=599 if status != StatusCode::NOT_IMPLEMENTED => VastError::Server {
            what,
            status: status.as_u16(),
            code: code_or("-"),
            message,
        },
        _ => VastError::BadRequest {
            what,
            code: code_or(status.as_str()),
            message,
        },
    }
}

/// What an error's body says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    code: String,
    message: String,
}

impl Told {
    /// Reads `<Error><Code>…</Code><Message>…</Message></Error>`, as far as it is that.
    fn read(body: &[u8]) -> Self {
        let mut told = Self::default();
        let Ok(text) = std::str::from_utf8(body) else {
            return told;
        };
        let mut reader = Reader::from_str(text);
        let mut path: Vec<String> = Vec::new();
        for _ in 0..EVENTS {
            let words = match reader.read_event() {
                Ok(Event::Start(start)) => {
                    path.push(start.local_name().as_ref().to_owned());
                    continue;
                }
                Ok(Event::End(_)) => {
                    path.pop();
                    continue;
                }
                Ok(Event::Text(words)) => words.to_string(),
                Ok(Event::CData(words)) => words.to_string(),
                Ok(Event::GeneralRef(name)) => match name.as_ref() {
                    "lt" => "<".to_owned(),
                    "gt" => ">".to_owned(),
                    "amp" => "&".to_owned(),
                    "quot" => "\"".to_owned(),
                    "apos" => "'".to_owned(),
                    _ => String::new(),
                },
                Ok(Event::Eof) | Err(_) => break,
                Ok(_) => continue,
            };
            let at: Vec<&str> = path.iter().map(String::as_str).collect();
            match at.as_slice() {
                ["Error", "Code"] => told.code.push_str(&words),
                ["Error", "Message"] => told.message.push_str(&words),
                _ => {}
            }
        }
        told.code = told
            .code
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
            .take(CODE_CHARS)
            .collect();
        told.message = shown(&told.message);
        told
    }
}

/// `text` as it may be shown: one short line, without what looks like a signature.
pub(crate) fn shown(text: &str) -> String {
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| {
            let lower = word.to_ascii_lowercase();
            let tells = [
                "signature",
                "credential=",
                "x-amz-security-token",
                "authorization",
            ]
            .iter()
            .any(|name| lower.contains(name) && lower.contains('='));
            if tells { "…" } else { word }
        })
        .collect();
    let line = words.join(" ");
    if line.chars().nth(MESSAGE_CHARS).is_none() {
        return line;
    }
    line.chars().take(MESSAGE_CHARS).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(status: u16, body: &str) -> VastError {
        refusal(
            "http://h",
            "the table",
            StatusCode::from_u16(status).unwrap(),
            body.as_bytes(),
        )
    }

    fn error(code: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>it &lt;did&gt;\n not work</Message></Error>"
        )
    }

    #[test]
    fn every_refusal_is_of_its_kind() {
        use VastError as E;
        assert!(matches!(of(400, &error("InvalidArgument")),
            E::BadRequest { code, message, .. } if code == "InvalidArgument" && message == "it <did> not work"));
        assert!(matches!(
            of(403, &error("SignatureDoesNotMatch")),
            E::CredentialsRefused { .. }
        ));
        assert!(matches!(
            of(403, &error("InvalidAccessKeyId")),
            E::CredentialsRefused { .. }
        ));
        assert!(matches!(of(403, &error("AccessDenied")), E::Denied { .. }));
        assert!(matches!(of(403, ""), E::Denied { code, .. } if code == "403"));
        assert!(matches!(
            of(403, &error("RequestTimeTooSkewed")),
            E::ClockSkew { .. }
        ));
        assert!(matches!(of(404, ""), E::NotFound { .. }));
        assert!(matches!(of(409, &error("Conflict")), E::Conflict { .. }));
        assert!(matches!(of(503, &error("SlowDown")), E::SlowDown { .. }));
        assert!(matches!(of(503, ""), E::Server { status: 503, code, .. } if code == "-"));
        assert!(matches!(of(500, "<html>"), E::Server { status: 500, .. }));
        assert!(matches!(of(501, ""), E::BadRequest { code, .. } if code == "501"));
        assert!(matches!(of(307, ""), E::BadRequest { code, .. } if code == "307"));
        assert!(matches!(of(204, ""), E::BadRequest { code, .. } if code == "204"));
    }

    #[test]
    fn what_a_server_says_is_short_and_without_signatures() {
        use VastError as E;
        let long = error("A").replace("it", &"x".repeat(1000));
        assert!(matches!(of(400, &long),
            E::BadRequest { message, .. } if message.chars().count() == 301));
        assert_eq!(
            shown("bad Signature=abc X-Amz-Signature=def here"),
            "bad … … here"
        );
        assert_eq!(
            Told::read(error(&"C".repeat(100)).as_bytes()).code.len(),
            64
        );
    }

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            Told::read(&body);
        }

        #[test]
        fn no_markup_panics(body in "(<Error>|</Error>|<Code>|</Code>|<Message>|&lt;|&|<!\\[CDATA\\[|\\]\\]>|x){0,40}") {
            Told::read(body.as_bytes());
        }
    }
}
