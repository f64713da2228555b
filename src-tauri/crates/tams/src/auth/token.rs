//! Token endpoints of OAuth 2 (RFC 6749).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use http::{Method, Request};
use mediatime::{Clock, Timestamp};
use serde::Deserialize;
use url::{Url, form_urlencoded};

use super::{Credential, Exchange, Token, header};
use crate::error::{Place, TamsError};
use crate::secret::Secret;
use crate::transport::{classify, full, read_bounded, summary_of};

/// A token's answer is not longer than this.
const ANSWER_BYTES: usize = 256 << 10;
/// A token is renewed this long before it ends, or after three quarters of a shorter life.
const MARGIN: i64 = 60;

/// The tokens of one sign-in. Keep the refresh token in the keychain; `Debug` shows neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// The token for calls, when there is one.
    pub access: Option<Secret>,
    /// When it must not be used any more, UTC; absent means until it is refused.
    pub ends: Option<Timestamp>,
    /// What gets the next token, when the server gave it.
    pub refresh: Option<Secret>,
}

impl Grant {
    pub(super) fn token(&self) -> Result<Token, TamsError> {
        match &self.access {
            Some(access) => Ok(Token {
                access: access.clone(),
                ends: self.ends,
            }),
            None => Err(TamsError::SignIn {
                reason: "the server gave no token".to_owned(),
            }),
        }
    }
}

/// What a token endpoint, or a login, answers.
#[derive(Deserialize)]
pub(super) struct TokenAnswer {
    access_token: String,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default)]
    expires_in: Option<serde_json::Value>,
    #[serde(default)]
    refresh_token: Option<String>,
}

impl TokenAnswer {
    /// The tokens, counted from `clock`'s now.
    pub(super) fn grant(self, at: &Place, clock: &dyn Clock) -> Result<Grant, TamsError> {
        let usable = self
            .token_type
            .as_deref()
            .is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        if !usable || self.access_token.is_empty() {
            return Err(TamsError::BadAnswer {
                at: at.clone(),
                what: "a bearer token",
                detail: "its token_type or access_token is something else".to_owned(),
            });
        }
        // Some servers write the number as text.
        let seconds = self.expires_in.as_ref().and_then(|life| match life {
            serde_json::Value::String(text) => text.parse::<i64>().ok(),
            other => other.as_i64(),
        });
        let ends = seconds.and_then(|seconds| {
            let margin = MARGIN.min(seconds / 4);
            let life = Timestamp::from_secs(seconds.saturating_sub(margin).max(0))?;
            Some(clock.now().saturating_add(life))
        });
        Ok(Grant {
            access: Some(Secret::new(self.access_token)),
            ends,
            refresh: self
                .refresh_token
                .filter(|token| !token.is_empty())
                .map(Secret::new),
        })
    }
}

/// Posts `form` to the token endpoint. A client with a secret proves itself by Basic (§2.3.1), one
/// without names itself in the form (§3.2.1).
pub(super) async fn ask(
    exchange: &Exchange<'_>,
    url: &Url,
    (client_id, client_secret): (&str, Option<&Secret>),
    form: &[(&str, String)],
) -> Result<Grant, TamsError> {
    let credential = match client_secret {
        Some(secret) => Some(client_basic(client_id, secret.expose())?),
        None => None,
    };
    let body = {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form.iter().filter(|(_, value)| !value.is_empty()));
        if credential.is_none() {
            body.append_pair("client_id", client_id);
        }
        body.finish()
    };
    let mime = HeaderValue::from_static("application/x-www-form-urlencoded");
    post(exchange, url, mime, body, credential).await
}

/// Posts `body` to an endpoint that answers with a token. Redirects are not followed: the body is a
/// secret.
pub(super) async fn post(
    exchange: &Exchange<'_>,
    url: &Url,
    mime: HeaderValue,
    body: String,
    credential: Option<Credential>,
) -> Result<Grant, TamsError> {
    let at = Place::of(url);
    let mut target = url.clone();
    let mut request = Request::builder().method(Method::POST);
    if let Some(headers) = request.headers_mut() {
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, mime);
        if let Some(credential) = credential {
            credential.apply(&mut target, headers);
        }
    }
    let request = request
        .uri(target.as_str())
        .body(full(body.into()))
        .map_err(|wrong| TamsError::InvalidInput {
            what: "a request for a token",
            reason: wrong.to_string(),
        })?;
    tracing::debug!(%at, "asking for a token");
    let response = exchange
        .http
        .request(request)
        .await
        .map_err(|error| classify(&error, at.clone()))?;
    let status = response.status();
    let (parts, body) = response.into_parts();
    let body = read_bounded(body, &parts.headers, ANSWER_BYTES, &at).await?;
    if status.is_success() {
        let answer: TokenAnswer =
            serde_json::from_slice(&body).map_err(|wrong| TamsError::BadAnswer {
                at: at.clone(),
                what: "a token",
                // Serde quotes values it did not expect, and the token may be one of them.
                detail: format!("line {}, column {}", wrong.line(), wrong.column()),
            })?;
        return answer.grant(&at, &*exchange.surroundings.clock);
    }
    if status.is_redirection() {
        return Err(TamsError::RedirectRefused {
            at,
            target: "another address".to_owned(),
        });
    }
    let summary = summary_of(&body);
    Err(match status.as_u16() {
        // RFC 6749 §5.2 answers wrong clients and ended grants with 400.
        400 | 401 | 403 => TamsError::Unauthorized { at, summary },
        404 | 405 => TamsError::NotFound { at, summary },
        status => TamsError::Rejected {
            at,
            status,
            summary,
        },
    })
}

/// Basic of a client: both parts are escaped as in a form first (RFC 6749 §2.3.1).
fn client_basic(id: &str, secret: &str) -> Result<Credential, TamsError> {
    let escaped = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", escaped(id), escaped(secret));
    header(format!("Basic {}", STANDARD.encode(pair)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mediatime::FixedClock;
    use serde_json::json;

    fn grant(answer: serde_json::Value) -> Result<Grant, TamsError> {
        let at = Place::of(&Url::parse("https://id/token").unwrap());
        let clock = FixedClock::new(Timestamp::from_secs(1000).unwrap());
        serde_json::from_value::<TokenAnswer>(answer)
            .unwrap()
            .grant(&at, &clock)
    }

    #[test]
    fn tokens_end_a_little_early() {
        for (life, ends) in [
            (json!(3600), Some(4540)),
            (json!("3600"), Some(4540)),
            (json!(40), Some(1030)),
            (json!(0), Some(1000)),
            (json!(-5), Some(1000)),
            (json!(null), None),
            (json!("long"), None),
        ] {
            let grant = grant(json!({"access_token": "a", "expires_in": life})).unwrap();
            assert_eq!(
                grant.ends,
                ends.map(|secs| Timestamp::from_secs(secs).unwrap()),
                "{life}"
            );
        }
    }

    #[test]
    fn only_bearer_tokens_are_taken() {
        assert!(grant(json!({"access_token": "a", "token_type": "BEARER"})).is_ok());
        assert!(grant(json!({"access_token": "a", "token_type": "mac"})).is_err());
        assert!(grant(json!({"access_token": ""})).is_err());
    }

    #[test]
    fn client_names_are_escaped() {
        let Ok(Credential::Header(value)) = client_basic("a:b", "c d") else {
            panic!("no header");
        };
        let coded = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(STANDARD.decode(coded).unwrap(), b"a%3Ab:c+d");
    }
}
