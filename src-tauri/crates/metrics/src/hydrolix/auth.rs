//! Who asks: the header that says it, and tokens that are renewed in time.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request};
use http_body_util::Full;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::fault::{Fault, classify};
use super::secret::Secret;
use super::settings::{Auth, Base, Surroundings};
use super::transport::Transport;

/// A token is renewed when this much of its life has passed, in percent.
const RENEWED_AT: i64 = 95;
/// The life of a token that does not say its own, in seconds.
const LIFE: i64 = 3_600;

/// Credentials in use.
pub(crate) struct Credentials {
    auth: Auth,
    token: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    secret: Secret,
    /// Seconds since the Unix epoch.
    renew_at: i64,
}

#[derive(Deserialize)]
struct SignedIn {
    auth_token: AuthToken,
    #[serde(default)]
    orgs: Vec<Organisation>,
}

#[derive(Deserialize)]
struct AuthToken {
    access_token: String,
    expires_in: Option<i64>,
}

#[derive(Deserialize)]
struct Organisation {
    uuid: String,
}

impl Credentials {
    pub(crate) fn new(auth: Auth) -> Self {
        Self {
            auth,
            token: Mutex::new(None),
        }
    }

    /// The header's value, for which a user is signed in first.
    pub(crate) async fn header(
        &self,
        base: &Base,
        transport: &Transport,
        world: &Surroundings,
    ) -> Result<HeaderValue, Fault> {
        match &self.auth {
            Auth::Bearer(secret) => bearer(secret),
            Auth::Basic { user, password } => {
                let pair = format!("{user}:{}", password.expose());
                sensitive(&format!("Basic {}", STANDARD.encode(pair)))
            }
            Auth::Login { user, password } => {
                let mut token = self.token.lock().await;
                let now = seconds(world);
                if let Some(token) = token.as_ref().filter(|token| now < token.renew_at) {
                    return bearer(&token.secret);
                }
                let signed_in = sign_in(base, transport, user, password).await?;
                let life = signed_in.auth_token.expires_in.unwrap_or(LIFE).max(1);
                let fresh = Token {
                    secret: Secret::new(signed_in.auth_token.access_token),
                    renew_at: now.saturating_add(life.saturating_mul(RENEWED_AT) / 100),
                };
                let header = bearer(&fresh.secret);
                *token = Some(fresh);
                header
            }
        }
    }

    /// Forgets a token that was refused; `true` when another can be had.
    pub(crate) async fn forget(&self) -> bool {
        self.token.lock().await.take().is_some()
    }

    /// The organisation that a user belongs to, where signing in tells it.
    pub(crate) async fn organisation(
        &self,
        base: &Base,
        transport: &Transport,
    ) -> Result<Option<String>, Fault> {
        let Auth::Login { user, password } = &self.auth else {
            return Ok(None);
        };
        let signed_in = sign_in(base, transport, user, password).await?;
        Ok(signed_in.orgs.into_iter().next().map(|org| org.uuid))
    }
}

async fn sign_in(
    base: &Base,
    transport: &Transport,
    user: &str,
    password: &Secret,
) -> Result<SignedIn, Fault> {
    let body = serde_json::json!({"username": user, "password": password.expose()});
    let request = Request::post(base.at("config/v1/login/").as_str())
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body.to_string())))
        .map_err(unsendable)?;
    let answer = transport.send(request).await?;
    if answer.status != 200 {
        let fault = classify(answer.status, &answer.body, "", answer.after);
        return Err(match fault {
            // The login says so with 400 and words of its own.
            Fault::Refused { detail } | Fault::Forbidden { detail } => Fault::SignIn { detail },
            other => other,
        });
    }
    serde_json::from_slice(&answer.body).map_err(|_| Fault::BadAnswer {
        detail: "signing in gave no token".to_owned(),
    })
}

fn bearer(secret: &Secret) -> Result<HeaderValue, Fault> {
    sensitive(&format!("Bearer {}", secret.expose().trim()))
}

fn sensitive(value: &str) -> Result<HeaderValue, Fault> {
    let mut header = HeaderValue::from_str(value).map_err(|_| Fault::SignIn {
        detail: "the token or password holds characters that can't be sent".to_owned(),
    })?;
    header.set_sensitive(true);
    Ok(header)
}

/// Puts the header onto a request.
pub(crate) fn signed(request: &mut Request<Full<Bytes>>, header: HeaderValue) {
    request.headers_mut().insert(AUTHORIZATION, header);
}

pub(crate) fn unsendable(wrong: http::Error) -> Fault {
    Fault::Refused {
        detail: wrong.to_string(),
    }
}

fn seconds(world: &Surroundings) -> i64 {
    let now = world.clock.now().nanos().div_euclid(1_000_000_000);
    i64::try_from(now).unwrap_or(i64::MAX)
}

/// When a service account's token ends, in seconds since the Unix epoch, as it says itself; `None`
/// where it doesn't. Not a proof of anything: it is for saying in time that a new one is needed.
#[must_use]
pub fn token_expires(token: &Secret) -> Option<i64> {
    #[derive(Deserialize)]
    struct Claims {
        exp: i64,
    }
    let mut parts = token.expose().trim().split('.');
    let claims = parts.nth(1).filter(|_| parts.next().is_some())?;
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    Some(serde_json::from_slice::<Claims>(&claims).ok()?.exp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_when_it_ends() {
        let token = |claims: &str| {
            let claims = URL_SAFE_NO_PAD.encode(claims);
            Secret::new(format!("eyJhbGciOiJFUzI1NiJ9.{claims}.c2ln"))
        };
        let ends = token(r#"{"sub":"a","exp":1800000000}"#);
        assert_eq!(token_expires(&ends), Some(1_800_000_000));
        assert_eq!(token_expires(&token("{}")), None);
        for none in ["", "a.b", "a.!.c", "opaque"] {
            assert_eq!(token_expires(&Secret::new(none)), None, "{none}");
        }
    }

    #[test]
    fn what_no_header_can_hold_is_refused() {
        let fault = bearer(&Secret::new("a\nb")).unwrap_err();
        assert!(matches!(fault, Fault::SignIn { .. }));
        assert!(!format!("{:?}", bearer(&Secret::new("hunter2"))).contains("hunter2"));
    }
}
