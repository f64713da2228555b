//! Signing in: what is sent with every call, and where it comes from.
//!
//! Credentials are given to calls under the configured base only. Tokens are kept in memory until
//! shortly before they end; a refused one is forgotten and asked for again, once.

mod code;
mod login;
mod token;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use mediatime::Timestamp;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use url::Url;

pub use code::{SignIn, sign_in};
pub use token::Grant;

use crate::base::{Base, check_secrecy};
use crate::error::TamsError;
use crate::secret::Secret;
use crate::settings::ConnectionSettings;
use crate::surroundings::Surroundings;
use crate::transport::Http;

/// How to sign in to a server.
#[derive(Clone, Debug, Default)]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// HTTP Basic (RFC 7617).
    Basic {
        /// User name.
        user: String,
        /// Password.
        password: Secret,
    },
    /// A token that doesn't change, as `Authorization: Bearer` (RFC 6750).
    Bearer(Secret),
    /// A token that doesn't change, as the query parameter `access_token`.
    QueryToken(Secret),
    /// `POST auth/login` with user and password for a token (vasttams 8.0).
    Login {
        /// User name.
        user: String,
        /// Password.
        password: Secret,
    },
    /// OAuth 2 client credentials (RFC 6749 §4.4).
    ClientCredentials {
        /// Token endpoint.
        token_url: String,
        /// The client's name.
        client_id: String,
        /// The client's secret.
        client_secret: Secret,
        /// Scopes, such as `tams-api/read`.
        scopes: Vec<String>,
    },
    /// OAuth 2 with what [`sign_in`] brought back: the token as long as it lasts, then the refresh
    /// token (RFC 6749 §6).
    SignedIn {
        /// Token endpoint.
        token_url: String,
        /// The client's name.
        client_id: String,
        /// The client's secret, when it has one.
        client_secret: Option<Secret>,
        /// The tokens.
        grant: Grant,
    },
}

impl Auth {
    pub(crate) const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

/// What one call carries.
#[derive(Clone)]
pub(crate) enum Credential {
    None,
    Header(HeaderValue),
    Query(Secret),
}

impl Credential {
    /// Adds it to a request for `url`, which must lie under the base.
    pub(crate) fn apply(&self, url: &mut Url, headers: &mut HeaderMap) {
        match self {
            Self::None => {}
            Self::Header(value) => {
                headers.insert(AUTHORIZATION, value.clone());
            }
            Self::Query(token) => {
                let kept: Vec<(String, String)> = url
                    .query_pairs()
                    .filter(|(name, _)| name != "access_token")
                    .map(|(name, value)| (name.into_owned(), value.into_owned()))
                    .collect();
                url.query_pairs_mut()
                    .clear()
                    .extend_pairs(kept)
                    .append_pair("access_token", token.expose());
            }
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(…)")
    }
}

/// What asking for a token needs.
pub(crate) struct Exchange<'e> {
    pub(crate) http: &'e Http,
    pub(crate) base: &'e Base,
    pub(crate) surroundings: &'e Surroundings,
    pub(crate) answer_time: Duration,
    pub(crate) cancel: &'e CancellationToken,
}

/// A token and when it must not be used any more.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) access: Secret,
    /// UTC; absent means until it is refused.
    pub(crate) ends: Option<Timestamp>,
}

impl Token {
    fn is_good(&self, now: Timestamp) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }
}

/// What changes while a connection is open.
#[derive(Default)]
struct Session {
    token: Option<Token>,
    refresh: Option<Secret>,
    /// Counts tokens, so that a refusal of an old one does not throw away its successor.
    generation: u64,
}

/// The credentials of one connection.
pub(crate) struct Authenticator {
    auth: Auth,
    allow_plain_http: bool,
    session: Mutex<Session>,
    /// Lets one call ask for a token while the others wait for it: refresh tokens often are good
    /// once, and a login costs the server a hash.
    gate: Semaphore,
}

impl Authenticator {
    pub(crate) fn new(settings: &ConnectionSettings) -> Result<Self, TamsError> {
        let auth = settings.auth.clone();
        let mut session = Session::default();
        match &auth {
            Auth::ClientCredentials { token_url, .. } => {
                endpoint(token_url, settings.allow_plain_http)?;
            }
            Auth::SignedIn {
                token_url, grant, ..
            } => {
                endpoint(token_url, settings.allow_plain_http)?;
                session.token = grant.access.clone().map(|access| Token {
                    access,
                    ends: grant.ends,
                });
                session.refresh = grant.refresh.clone();
            }
            Auth::Basic { user, .. } if user.contains(':') => {
                return Err(TamsError::InvalidSettings {
                    field: "auth",
                    reason: "a user name for Basic must not hold a colon (RFC 7617)".into(),
                });
            }
            _ => {}
        }
        Ok(Self {
            auth,
            allow_plain_http: settings.allow_plain_http,
            session: Mutex::new(session),
            gate: Semaphore::new(1),
        })
    }

    /// What the next call carries, and the number of the token in it.
    pub(crate) async fn credential(
        &self,
        exchange: &Exchange<'_>,
    ) -> Result<(Credential, u64), TamsError> {
        let fixed = match &self.auth {
            Auth::None => Credential::None,
            Auth::Basic { user, password } => basic(user, password.expose())?,
            Auth::Bearer(token) => bearer(token)?,
            Auth::QueryToken(token) => Credential::Query(token.clone()),
            Auth::Login { .. } | Auth::ClientCredentials { .. } | Auth::SignedIn { .. } => {
                return self.current(exchange).await;
            }
        };
        Ok((fixed, 0))
    }

    /// Forgets the token number `generation` after it was refused. Whether asking for another may
    /// help.
    pub(crate) fn forget(&self, generation: u64) -> bool {
        let renews = matches!(
            self.auth,
            Auth::Login { .. } | Auth::ClientCredentials { .. } | Auth::SignedIn { .. }
        );
        if !renews || generation == u64::MAX {
            return false;
        }
        let mut session = self.session();
        if session.generation == generation {
            session.token = None;
        }
        true
    }

    /// The tokens as they are now, to keep them in the keychain; absent for other ways to sign in.
    pub(crate) fn grant(&self) -> Option<Grant> {
        if !matches!(self.auth, Auth::SignedIn { .. }) {
            return None;
        }
        let session = self.session();
        Some(Grant {
            access: session.token.as_ref().map(|token| token.access.clone()),
            ends: session.token.as_ref().and_then(|token| token.ends),
            refresh: session.refresh.clone(),
        })
    }

    /// `text` without any secret of this connection.
    pub(crate) fn redact(&self, text: &str) -> String {
        let mut secrets = Vec::new();
        match &self.auth {
            Auth::None => {}
            Auth::Basic { password, .. } | Auth::Login { password, .. } => {
                secrets.push(password.clone());
            }
            Auth::Bearer(token) | Auth::QueryToken(token) => secrets.push(token.clone()),
            Auth::ClientCredentials { client_secret, .. } => secrets.push(client_secret.clone()),
            Auth::SignedIn { client_secret, .. } => secrets.extend(client_secret.clone()),
        }
        {
            let session = self.session();
            secrets.extend(session.token.iter().map(|token| token.access.clone()));
            secrets.extend(session.refresh.clone());
        }
        secrets
            .iter()
            .filter(|secret| !secret.expose().is_empty())
            .fold(text.to_owned(), |text, secret| {
                text.replace(secret.expose(), "[secret]")
            })
    }

    async fn current(&self, exchange: &Exchange<'_>) -> Result<(Credential, u64), TamsError> {
        if let Some(found) = self.kept(exchange)? {
            return Ok(found);
        }
        let permit = tokio::select! {
            () = exchange.cancel.cancelled() => return Err(TamsError::Cancelled),
            permit = self.gate.acquire() => permit.map_err(|_| TamsError::Cancelled)?,
        };
        // Another call may have brought one while this one waited.
        if let Some(found) = self.kept(exchange)? {
            return Ok(found);
        }
        let bounded = tokio::time::timeout(exchange.answer_time, self.ask(exchange));
        let asked = tokio::select! {
            () = exchange.cancel.cancelled() => return Err(TamsError::Cancelled),
            asked = bounded => asked,
        };
        let grant = asked.map_err(|_| TamsError::Timeout {
            at: self.asks_at(exchange),
            after: exchange.answer_time,
        })??;
        let token = grant.token()?;
        let credential = bearer(&token.access)?;
        let generation = {
            let mut session = self.session();
            session.token = Some(token);
            if grant.refresh.is_some() {
                session.refresh = grant.refresh;
            }
            session.generation += 1;
            session.generation
        };
        drop(permit);
        Ok((credential, generation))
    }

    fn kept(&self, exchange: &Exchange<'_>) -> Result<Option<(Credential, u64)>, TamsError> {
        let session = self.session();
        match &session.token {
            Some(token) if token.is_good(exchange.surroundings.clock.now()) => {
                Ok(Some((bearer(&token.access)?, session.generation)))
            }
            _ => Ok(None),
        }
    }

    async fn ask(&self, exchange: &Exchange<'_>) -> Result<Grant, TamsError> {
        match &self.auth {
            Auth::Login { user, password } => login::log_in(exchange, user, password).await,
            Auth::ClientCredentials {
                token_url,
                client_id,
                client_secret,
                scopes,
            } => {
                let url = endpoint(token_url, self.allow_plain_http)?;
                let form = [
                    ("grant_type", "client_credentials".to_owned()),
                    ("scope", scopes.join(" ")),
                ];
                token::ask(exchange, &url, (client_id, Some(client_secret)), &form).await
            }
            Auth::SignedIn {
                token_url,
                client_id,
                client_secret,
                ..
            } => {
                let url = endpoint(token_url, self.allow_plain_http)?;
                let refresh = self.session().refresh.clone();
                let Some(refresh) = refresh else {
                    return Err(TamsError::Unauthorized {
                        at: crate::Place::of(&url),
                        summary: "the sign-in has ended".to_owned(),
                    });
                };
                let form = [
                    ("grant_type", "refresh_token".to_owned()),
                    ("refresh_token", refresh.expose().to_owned()),
                ];
                token::ask(exchange, &url, (client_id, client_secret.as_ref()), &form).await
            }
            Auth::None | Auth::Basic { .. } | Auth::Bearer(_) | Auth::QueryToken(_) => {
                Ok(Grant::default())
            }
        }
    }

    fn asks_at(&self, exchange: &Exchange<'_>) -> crate::Place {
        let token_url = match &self.auth {
            Auth::ClientCredentials { token_url, .. } | Auth::SignedIn { token_url, .. } => {
                Url::parse(token_url).ok()
            }
            _ => None,
        };
        crate::Place::of(token_url.as_ref().unwrap_or(exchange.base.url()))
    }

    fn session(&self) -> std::sync::MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A configured endpoint that is sent secrets.
pub(crate) fn endpoint(text: &str, allow_plain_http: bool) -> Result<Url, TamsError> {
    let refuse = |reason: String| TamsError::InvalidSettings {
        field: "auth",
        reason,
    };
    let url = Url::parse(text).map_err(|wrong| refuse(format!("its URL: {wrong}")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(refuse(
            "its URL must begin with http:// or https://".to_owned(),
        ));
    }
    check_secrecy(&url, allow_plain_http, "auth")?;
    Ok(url)
}

fn bearer(token: &Secret) -> Result<Credential, TamsError> {
    header(format!("Bearer {}", token.expose()))
}

fn basic(user: &str, password: &str) -> Result<Credential, TamsError> {
    header(format!(
        "Basic {}",
        STANDARD.encode(format!("{user}:{password}"))
    ))
}

pub(crate) fn header(text: String) -> Result<Credential, TamsError> {
    let mut value = HeaderValue::from_str(&text).map_err(|_| TamsError::InvalidSettings {
        field: "auth",
        reason: "a token holds characters that no header can carry".to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(Credential::Header(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_token_replaces_the_one_that_is_there() {
        let mut url = Url::parse("http://h/flows?a=1&access_token=old&b=%26").unwrap();
        let mut headers = HeaderMap::new();
        Credential::Query(Secret::new("new")).apply(&mut url, &mut headers);
        assert_eq!(url.query(), Some("a=1&b=%26&access_token=new"));
        assert!(headers.is_empty());
    }

    #[test]
    fn basic_is_base64_of_user_and_password() {
        // RFC 7617 §2
        let Ok(Credential::Header(value)) = basic("Aladdin", "open sesame") else {
            panic!("no header");
        };
        assert_eq!(value, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(value.is_sensitive());
    }

    #[test]
    fn secrets_are_cut_from_what_servers_say() {
        let settings = ConnectionSettings::new("t", "https://h/", Auth::Bearer(Secret::new("abc")));
        let auth = Authenticator::new(&settings).unwrap();
        assert_eq!(auth.redact("token abc is bad"), "token [secret] is bad");
        assert!(!format!("{settings:?}").contains("abc"));
    }

    #[test]
    fn token_endpoints_need_https() {
        let auth = |url: &str| Auth::ClientCredentials {
            token_url: url.to_owned(),
            client_id: "c".to_owned(),
            client_secret: Secret::new("s"),
            scopes: Vec::new(),
        };
        let made = |url| Authenticator::new(&ConnectionSettings::new("t", "https://h/", auth(url)));
        assert!(made("https://id.example/token").is_ok());
        assert!(made("http://127.0.0.1:1/token").is_ok());
        assert!(made("http://id.example/token").is_err());
        assert!(made("token").is_err());
    }
}
