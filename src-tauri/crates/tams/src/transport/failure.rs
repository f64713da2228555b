//! From what went wrong below HTTP, and from what an error's body says, to a [`TamsError`].

use std::error::Error;
use std::io;

use tams_model::TamsErrorBody;

use super::http::RequestFailure;
use crate::error::{ConnectFailure, Place, TamsError};

/// More of a server's message than this helps nobody.
const SUMMARY_CHARS: usize = 300;

/// Why no response came.
pub(crate) fn classify(failure: &RequestFailure, at: Place) -> TamsError {
    match failure {
        RequestFailure::NoTls(reason) => TamsError::Tls {
            at,
            detail: reason.clone(),
        },
        RequestFailure::Connection(error) => {
            let connecting = error.is_connect();
            below_http(error, at, connecting)
        }
    }
}

/// Why a response's body ended early.
pub(crate) fn body_failure(error: &hyper::Error, at: Place) -> TamsError {
    below_http(error, at, false)
}

fn below_http(error: &(dyn Error + 'static), at: Place, connecting: bool) -> TamsError {
    if let Some(detail) = chain(error).find_map(tls_detail) {
        return TamsError::Tls { at, detail };
    }
    let cause = chain(error).find_map(|error| cause_of(error, connecting));
    let otherwise = if connecting {
        // A connection that never came about carried no request.
        ConnectFailure::NoRoute
    } else {
        ConnectFailure::Cut
    };
    TamsError::Unreachable {
        at,
        cause: cause.unwrap_or(otherwise),
    }
}

fn tls_detail(error: &(dyn Error + 'static)) -> Option<String> {
    error
        .downcast_ref::<rustls::Error>()
        .map(ToString::to_string)
}

fn cause_of(error: &(dyn Error + 'static), connecting: bool) -> Option<ConnectFailure> {
    let Some(io) = error.downcast_ref::<io::Error>() else {
        // The resolver's failure has no type of its own.
        return error
            .to_string()
            .contains("dns error")
            .then_some(ConnectFailure::NameNotFound);
    };
    match io.kind() {
        io::ErrorKind::ConnectionRefused => Some(ConnectFailure::Refused),
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown => Some(ConnectFailure::NoRoute),
        io::ErrorKind::TimedOut if connecting => Some(ConnectFailure::ConnectTimedOut),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => (!connecting).then_some(ConnectFailure::Cut),
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

/// What the body of an error says, as one short line without queries of URLs.
pub(crate) fn summary_of(body: &[u8]) -> String {
    let text = match serde_json::from_slice::<TamsErrorBody>(body) {
        Ok(error) if !error.summary.is_empty() => error.summary,
        Ok(_) => String::new(),
        Err(_) => match std::str::from_utf8(body) {
            Ok(text) if text.trim_start().starts_with('<') => "(a page of HTML)".to_owned(),
            Ok(text) => text.to_owned(),
            Err(_) => String::new(),
        },
    };
    shown(&text)
}

/// `text` as it may be shown: one short line without queries of URLs. What a parser complains about
/// quotes values, and one of them may be a presigned URL.
pub(crate) fn shown(text: &str) -> String {
    shorten(&without_queries(text))
}

fn shorten(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    let line = line.join(" ");
    if line.chars().nth(SUMMARY_CHARS).is_none() {
        return line;
    }
    line.chars().take(SUMMARY_CHARS).chain(['…']).collect()
}

/// Cuts the query, and any user and password, from every URL in `text`.
fn without_queries(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        shown.push_str(before);
        let end = after
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ')' | ','))
            .unwrap_or(after.len());
        let (url, behind) = after.split_at(end);
        let cut = url.find(['?', '#']).unwrap_or(url.len());
        let kept = url.get(..cut).unwrap_or_default();
        let host_at = kept
            .find('/')
            .and_then(|path| kept.get(..path))
            .unwrap_or(kept)
            .rfind('@')
            .map_or(0, |at| at + 1);
        shown.push_str(kept.get(host_at..).unwrap_or_default());
        if cut < url.len() {
            shown.push_str("?…");
        }
        rest = behind;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_in_every_shape() {
        for (body, summary) in [
            (r#"{"type":"x","summary":"no such flow"}"#, "no such flow"),
            (r#"{"detail":"Flow not found"}"#, "Flow not found"),
            (r#"{"title":"Conflict","detail":"overlap"}"#, "overlap"),
            ("<html><body>Sign in</body></html>", "(a page of HTML)"),
            ("plain\n words", "plain words"),
            ("", ""),
            ("{}", ""),
            ("null", "null"),
        ] {
            assert_eq!(summary_of(body.as_bytes()), summary, "{body}");
        }
        assert_eq!(summary_of(&[0xff, 0xfe]), "");
        assert_eq!(summary_of("x".repeat(1000).as_bytes()).chars().count(), 301);
    }

    #[test]
    fn queries_and_passwords_of_urls_are_cut() {
        let body = r#"{"detail":"GET https://u:p@s3/a/b?X-Amz-Signature=abc&x=1, then http://h/c#d failed"}"#;
        assert_eq!(
            summary_of(body.as_bytes()),
            "GET https://s3/a/b?…, then http://h/c?… failed"
        );
    }
}
