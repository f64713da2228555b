//! Who may ask: the ways of signing in that servers in the field have, one or several at once. Any one
//! that fits is enough.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::message::{Reply, Request};

/// How long a token from a login or a token endpoint is good, in seconds.
pub const TOKEN_LIFE: i64 = 900;

/// A way of signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Basic`.
    Basic {
        /// The user's name.
        user: String,
        /// The user's password.
        password: String,
    },
    /// `Authorization: Bearer` with a token that never changes.
    Bearer(String),
    /// `POST /auth/login` with JSON gives a JSON Web Token, in no OAuth shape.
    Login {
        /// The user's name.
        username: String,
        /// The user's password.
        password: String,
        /// `viewer` reads; `editor` and `admin` write too.
        role: &'static str,
    },
    /// OAuth2 client credentials (RFC 6749 §4.4) at `TamsServer::token_url`, on the media port's
    /// origin, with the client's id and secret as Basic. Scopes are the specification's:
    /// `tams-api/read`, `write`, `delete`, `admin`.
    ClientCredentials {
        /// The client's id.
        id: String,
        /// The client's secret.
        secret: String,
    },
    /// `?access_token=` on every request.
    UrlToken(String),
}

/// A token that was given out.
#[derive(Debug)]
struct Token {
    text: String,
    scopes: Vec<String>,
    /// Seconds since 1970.
    until: i64,
}

/// The ways in, and the tokens that are out.
#[derive(Debug, Default)]
pub(super) struct Doors {
    ways: Vec<Auth>,
    tokens: Vec<Token>,
    given: u64,
}

impl Doors {
    pub(super) fn new(ways: Vec<Auth>) -> Self {
        Self {
            ways,
            ..Self::default()
        }
    }

    /// Whether Basic, logins and the like are asked for at all.
    pub(super) fn is_open(&self) -> bool {
        self.ways.is_empty()
    }

    /// Forgets every token that was given out, as a restarted server does.
    pub(super) fn revoke(&mut self) {
        self.tokens.clear();
    }

    /// What keeps this request out, if anything: 401 for a stranger, 403 for one who may not.
    pub(super) fn refuse(&self, request: &Request, now: i64) -> Option<Reply> {
        if self.is_open() || self.ways.iter().any(|way| fits(way, request)) {
            return None;
        }
        let token = bearer(request)
            .and_then(|text| self.tokens.iter().find(|token| token.text == text))
            .filter(|token| now < token.until);
        let Some(token) = token else {
            let basic = self
                .ways
                .iter()
                .any(|way| matches!(way, Auth::Basic { .. }));
            let scheme = if basic {
                "Basic realm=\"tams\""
            } else {
                "Bearer error=\"invalid_token\""
            };
            let reply = Reply::json(401, &json!({ "detail": "Not authenticated" }));
            return Some(reply.with("www-authenticate", scheme));
        };
        let wanted = scope(request);
        let has = |name: &str| token.scopes.iter().any(|scope| scope == name);
        if has(wanted) || has("tams-api/admin") {
            return None;
        }
        let detail = format!("the scope {wanted} is missing");
        Some(Reply::json(403, &json!({ "detail": detail })))
    }

    /// Answers `POST /auth/login`, when that is a way in.
    pub(super) fn log_in(&mut self, request: &Request, now: i64) -> Option<Reply> {
        let body = request.json().unwrap_or_default();
        let is_login = |way: &&Auth| matches!(way, Auth::Login { .. });
        self.ways.iter().find(is_login)?;
        let role = self.ways.iter().find_map(|way| match way {
            Auth::Login {
                username,
                password,
                role,
            } if body["username"] == **username && body["password"] == **password => Some(*role),
            _ => None,
        });
        let Some(role) = role else {
            let wrong = json!({ "detail": "Incorrect username or password" });
            return Some(Reply::json(401, &wrong));
        };
        let scopes = match role {
            "viewer" => vec!["tams-api/read"],
            "editor" => vec!["tams-api/read", "tams-api/write", "tams-api/delete"],
            _ => vec!["tams-api/admin"],
        };
        let token = self.give(scopes.into_iter().map(str::to_owned).collect(), now);
        let body = json!({ "access_token": token, "token_type": "bearer", "role": role });
        Some(Reply::json(200, &body))
    }

    /// Answers the token endpoint (RFC 6749 §4.4.2, errors §5.2), when that is a way in.
    pub(super) fn give_token(&mut self, request: &Request, now: i64) -> Option<Reply> {
        let mut clients = self.ways.iter().filter_map(|way| match way {
            Auth::ClientCredentials { id, secret } => Some((id, secret)),
            _ => None,
        });
        let first = clients.next()?;
        let known = std::iter::once(first)
            .chain(clients)
            .any(|(id, secret)| request.field("authorization") == Some(&*client(id, secret)));
        let error = |status, code| Some(Reply::json(status, &json!({ "error": code })));
        if !known {
            return error(401, "invalid_client");
        }
        let form: Vec<(String, String)> =
            form_urlencoded::parse(&request.body).into_owned().collect();
        let value = |name: &str| {
            let found = form.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str())
        };
        if value("grant_type") != Some("client_credentials") {
            return error(400, "unsupported_grant_type");
        }
        let all = "tams-api/read tams-api/write tams-api/delete";
        let scopes: Vec<String> = value("scope")
            .unwrap_or(all)
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        if scopes.iter().any(|scope| !scope.starts_with("tams-api/")) {
            return error(400, "invalid_scope");
        }
        let scope = scopes.join(" ");
        let token = self.give(scopes, now);
        let body = json!({
            "access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFE, "scope": scope,
        });
        Some(Reply::json(200, &body).with("cache-control", "no-store"))
    }

    /// A new token in the shape of a JSON Web Token (RFC 7519), so that a client that looks inside
    /// finds what it expects.
    fn give(&mut self, scopes: Vec<String>, now: i64) -> String {
        self.given += 1;
        let until = now + TOKEN_LIFE;
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!(
            "{}.{}.{}",
            part(&json!({ "alg": "HS256", "typ": "JWT" })),
            part(&json!({ "exp": until, "scope": scopes.join(" "), "jti": self.given })),
            URL_SAFE_NO_PAD.encode(format!("signature {}", self.given)),
        );
        self.tokens.push(Token {
            text: text.clone(),
            scopes,
            until,
        });
        text
    }
}

/// The value of an `Authorization` field for Basic.
fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// The same for a client, whose id and secret are encoded as in a form first (RFC 6749 §2.3.1).
fn client(id: &str, secret: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    basic(&encoded(id), &encoded(secret))
}

fn bearer(request: &Request) -> Option<&str> {
    request.field("authorization")?.strip_prefix("Bearer ")
}

fn fits(way: &Auth, request: &Request) -> bool {
    match way {
        Auth::Basic { user, password } => {
            request.field("authorization") == Some(&*basic(user, password))
        }
        Auth::Bearer(token) => bearer(request) == Some(token),
        Auth::UrlToken(token) => request.query("access_token") == Some(token),
        Auth::Login { .. } | Auth::ClientCredentials { .. } => false,
    }
}

/// The scope that a request needs (application note 0016 of the specification).
fn scope(request: &Request) -> &'static str {
    match request.method.as_str() {
        "GET" | "HEAD" => "tams-api/read",
        "DELETE" => "tams-api/delete",
        _ if request.parts.last().is_some_and(|part| part == "service") => "tams-api/admin",
        _ => "tams-api/write",
    }
}
