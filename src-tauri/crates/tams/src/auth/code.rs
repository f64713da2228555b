//! Signing in by the browser: authorisation code with PKCE on a loopback address (RFC 8252, RFC 7636).

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Html;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use loopback::{Listener, Policy};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use url::{Url, form_urlencoded};

use super::token::{self, Grant};
use super::{Exchange, endpoint};
use crate::base::Base;
use crate::error::TamsError;
use crate::secret::Secret;
use crate::settings::{ConnectionSettings, Timeouts};
use crate::surroundings::Surroundings;
use crate::transport::{Http, Tls};

/// Where the browser comes back to.
const CALLBACK: &str = "/callback";

/// What signing in by the browser needs to know.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Authorisation endpoint, which the browser opens.
    pub authorize_url: String,
    /// Token endpoint.
    pub token_url: String,
    /// The client's name.
    pub client_id: String,
    /// The client's secret, when it has one.
    pub client_secret: Option<Secret>,
    /// Scopes; `offline_access` or what the provider calls it gives a refresh token.
    pub scopes: Vec<String>,
    /// Port of the loopback address, when the provider wants it registered; 0 takes a free one.
    pub port: u16,
    /// How long the user may take.
    pub patience: Duration,
    /// Lets the endpoints be plain HTTP on other computers.
    pub allow_plain_http: bool,
    /// File of certificate authorities (PEM) to trust beside the system's.
    pub ca_pem: Option<PathBuf>,
}

/// Signs in by the browser: calls `open` with the address to show, waits for the browser to come
/// back, and exchanges the code it brings for tokens.
///
/// A request to the loopback address with another `state` than ours is refused and waited past, so
/// that no other page can end or hijack the sign-in.
///
/// # Errors
///
/// [`TamsError::SignIn`] when the user or the provider refuses or the time is over,
/// [`TamsError::Cancelled`], and what the token endpoint fails with.
pub async fn sign_in(
    wanted: &SignIn,
    surroundings: &Surroundings,
    cancel: &CancellationToken,
    open: impl FnOnce(&Url) + Send,
) -> Result<Grant, TamsError> {
    let token_url = endpoint(&wanted.token_url, wanted.allow_plain_http)?;
    let mut address = endpoint(&wanted.authorize_url, wanted.allow_plain_http)?;
    let tls = Arc::new(Tls::new(wanted.ca_pem.as_deref())?);
    let state = random_text(surroundings);
    let verifier = random_text(surroundings);
    let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, wanted.port));
    let listener = Listener::bind(bind, Policy::default())
        .await
        .map_err(|error| TamsError::SignIn {
            reason: error.to_string(),
        })?;
    let redirect = format!("{}{CALLBACK}", listener.base_url());
    address
        .query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &wanted.client_id)
        .append_pair("redirect_uri", &redirect)
        .append_pair("scope", &wanted.scopes.join(" "))
        .append_pair("state", state.expose())
        .append_pair("code_challenge", &challenge(verifier.expose()))
        .append_pair("code_challenge_method", "S256");
    let (tell, told) = oneshot::channel();
    let desk = Arc::new(Desk {
        state,
        tell: Mutex::new(Some(tell)),
    });
    let router = Router::new()
        .route(CALLBACK, get(come_back))
        .with_state(desk);
    let shutdown = CancellationToken::new();
    let _stops_when_dropped = shutdown.clone().drop_guard();
    let serving = tokio::spawn(listener.serve(router, shutdown.clone()));
    open(&address);
    let outcome = tokio::select! {
        () = cancel.cancelled() => Err(TamsError::Cancelled),
        told = tokio::time::timeout(wanted.patience, told) => match told {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(refused("the sign-in page ended")),
            Err(_) => Err(refused("nobody signed in in time")),
        },
    };
    shutdown.cancel();
    // The browser's last answer is still under way; the server bounds how long that takes.
    if let Err(error) = serving.await {
        tracing::debug!(%error, "the sign-in listener ended early");
    }
    let code = outcome?;
    let settings = ConnectionSettings::new("sign-in", &wanted.token_url, super::Auth::None);
    let timeouts = Timeouts::default();
    let http = Http::new(tls, timeouts.connect);
    let base = Base::new(&ConnectionSettings {
        base_url: token_url.origin().ascii_serialization(),
        ..settings
    })?;
    let exchange = Exchange {
        http: &http,
        base: &base,
        surroundings,
        answer_time: timeouts.answer,
        cancel,
    };
    let form = [
        ("grant_type", "authorization_code".to_owned()),
        ("code", code.expose().to_owned()),
        ("redirect_uri", redirect),
        ("code_verifier", verifier.expose().to_owned()),
    ];
    let client = (wanted.client_id.as_str(), wanted.client_secret.as_ref());
    let asked = token::ask(&exchange, &token_url, client, &form);
    tokio::select! {
        () = cancel.cancelled() => Err(TamsError::Cancelled),
        asked = tokio::time::timeout(timeouts.answer, asked) => {
            asked.unwrap_or_else(|_| Err(refused("the token endpoint did not answer in time")))
        }
    }
}

/// What the browser is waited for with.
struct Desk {
    state: Secret,
    tell: Mutex<Option<oneshot::Sender<Result<Secret, TamsError>>>>,
}

/// The browser comes back.
async fn come_back(
    State(desk): State<Arc<Desk>>,
    RawQuery(query): RawQuery,
) -> (StatusCode, Html<&'static str>) {
    let query = query.unwrap_or_default();
    let value = |wanted: &str| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    let ours = value("state").is_some_and(|offered| {
        bool::from(offered.as_bytes().ct_eq(desk.state.expose().as_bytes()))
    });
    if !ours {
        return (StatusCode::BAD_REQUEST, Html(NOT_OURS));
    }
    let outcome = match (value("code"), value("error")) {
        (Some(code), None) if !code.is_empty() => Ok(Secret::new(code)),
        (_, Some(error)) => {
            let known: String = error
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
                .take(40)
                .collect();
            Err(refused(&format!("the provider says {known}")))
        }
        _ => Err(refused("the provider sent no code")),
    };
    let good = outcome.is_ok();
    let tell = desk
        .tell
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    // A second return finds nobody waiting; the first one counts.
    let heard = tell.is_some_and(|tell| tell.send(outcome).is_ok());
    if good && heard {
        (StatusCode::OK, Html(DONE))
    } else {
        (StatusCode::BAD_REQUEST, Html(FAILED))
    }
}

const DONE: &str = "<!doctype html><meta charset=utf-8><title>Signed in</title><p>You are signed in. You can close this page.";
const FAILED: &str = "<!doctype html><meta charset=utf-8><title>Not signed in</title><p>Signing in failed. Close this page and try again.";
const NOT_OURS: &str = "<!doctype html><meta charset=utf-8><title>Not signed in</title><p>This page belongs to another sign-in. Close it and try again.";

/// 256 random bits as 43 characters a URL can hold (RFC 7636 §4.1).
fn random_text(surroundings: &Surroundings) -> Secret {
    let mut bytes = [0; 32];
    surroundings.chance.fill(&mut bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// The challenge of `verifier`, method S256 (RFC 7636 §4.2).
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

fn refused(reason: &str) -> TamsError {
    TamsError::SignIn {
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_of_the_specification() {
        // RFC 7636, appendix B
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
