//! `[tams.NAME]`: connections to TAMS servers, beside the local node.

use crate::Failure;
use crate::secrets::{Secrets, Wanted};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use tams::{Auth, ConnectionSettings, Dialect, Grant, Rewrite, Secret, SignIn, StoragePreference};

/// The name of the local node in references: no connection may have it.
pub(crate) const LOCAL: &str = "local";

/// How long somebody may take to sign in by the browser.
const SIGN_IN: Duration = Duration::from_secs(300);

/// `[tams.NAME]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TamsConfig {
    /// Address of the API: `https://vast.example/api/tams/latest`.
    #[serde(alias = "endpoint", alias = "base_url")]
    pub url: String,
    /// How to sign in; nothing when absent.
    #[serde(default, skip_serializing_if = "AuthKind::is_none")]
    pub auth: AuthKind,
    /// Who signs in, for `basic` and `login`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where tokens are had, for `client-credentials` and `code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_url: Option<String>,
    /// Where the browser signs in, for `code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorize_url: Option<String>,
    /// This program's id at the token server, for `client-credentials` and `code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// What tokens are asked for: `tams-api/read`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Which server it is, when the guess is wrong: `standard`, `vasttams8`, `aws`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
    /// PEM file with certificate authorities to trust beside the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Credentials may travel over plain HTTP to other computers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_plain_http: bool,
    /// Hosts in media addresses, and the address where each is reached from here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rewrite: BTreeMap<String, String>,
    /// Labels of the copies that are fetched first, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefer: Vec<String>,
    /// The `[s3.NAME]` in which this server's objects lie: uploads go there by our own keys, and the
    /// server is told their addresses. Without it, the server says where to upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Results go here, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub default: bool,
}

/// How a connection signs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthKind {
    /// Not at all.
    #[default]
    None,
    /// User and password with every request.
    Basic,
    /// A fixed token.
    Bearer,
    /// User and password once, for a token: `POST /auth/login`.
    Login,
    /// OAuth 2 for programs.
    ClientCredentials,
    /// OAuth 2 for people, in the browser, with PKCE.
    Code,
    /// A fixed token in the address: `?access_token=`.
    AccessToken,
}

impl AuthKind {
    // Serde hands a reference.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::None => "none are asked for",
            Self::Basic => "user and password",
            Self::Bearer => "a fixed token",
            Self::Login => "user and password, for a token",
            Self::ClientCredentials => "OAuth 2, as a program",
            Self::Code => "OAuth 2, signed in by the browser",
            Self::AccessToken => "a fixed token in the address",
        }
    }

    /// The secret that it needs.
    #[must_use]
    pub fn wanted(self) -> Option<Wanted> {
        match self {
            Self::None => None,
            Self::Basic | Self::Login => Some(Wanted::Password),
            Self::Bearer | Self::AccessToken => Some(Wanted::Token),
            Self::ClientCredentials => Some(Wanted::ClientSecret),
            Self::Code => Some(Wanted::RefreshToken),
        }
    }
}

impl TamsConfig {
    /// What is wrong with it, naming the field.
    pub(super) fn check(&self, name: &str) -> Result<(), String> {
        let field =
            |field: &str, why: &dyn std::fmt::Display| format!("tams.{name}.{field}: {why}");
        let fits = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
        if name.is_empty() || name == LOCAL || !name.chars().all(fits) {
            return Err(format!(
                "tams.{name}: call it by letters, digits, `-`, `_` and `.`; `{LOCAL}` is the local node"
            ));
        }
        let url = url::Url::parse(&self.url).map_err(|error| field("url", &error))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(field("url", &"write it like https://tams.example/api"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(field("url", &"leave user and password out of the address"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(field("url", &"leave out everything from `?` on"));
        }
        if let Some(dialect) = &self.dialect {
            Dialect::from_str(dialect).map_err(|error| field("dialect", &error))?;
        }
        let needed: &[(&str, bool)] = match self.auth {
            AuthKind::None | AuthKind::Bearer | AuthKind::AccessToken => &[],
            AuthKind::Basic | AuthKind::Login => &[("user", self.user.is_some())],
            AuthKind::ClientCredentials => &[
                ("token_url", self.token_url.is_some()),
                ("client_id", self.client_id.is_some()),
            ],
            AuthKind::Code => &[
                ("authorize_url", self.authorize_url.is_some()),
                ("token_url", self.token_url.is_some()),
                ("client_id", self.client_id.is_some()),
            ],
        };
        match needed.iter().find(|(_, there)| !there) {
            Some((missing, _)) => Err(field(missing, &"this way to sign in needs it")),
            None => Ok(()),
        }
    }

    /// Everything a connection needs, with its secret. Blocks while the keychain is asked.
    pub(crate) fn settings(
        &self,
        name: &str,
        secrets: &Secrets,
    ) -> Result<ConnectionSettings, Failure> {
        let mut settings = ConnectionSettings::new(name, &self.url, self.auth(name, secrets)?);
        settings.dialect = match &self.dialect {
            Some(dialect) => Some(Dialect::from_str(dialect).map_err(|error| {
                Failure::bad_input(
                    format!("tams.{name}.dialect: {error}"),
                    "README lists the settings.",
                )
            })?),
            None => None,
        };
        settings.allow_plain_http = self.allow_plain_http;
        settings.ca_pem.clone_from(&self.ca_file);
        settings.rewrites = self
            .rewrite
            .iter()
            .map(|(from_host, to_base)| Rewrite {
                from_host: from_host.clone(),
                to_base: to_base.clone(),
            })
            .collect();
        settings.prefer_storage = self
            .prefer
            .iter()
            .cloned()
            .map(StoragePreference::Label)
            .collect();
        Ok(settings)
    }

    /// The server, as far as secrets are kept for it: scheme, host and port.
    pub(crate) fn origin(&self) -> String {
        url::Url::parse(&self.url).map_or_else(
            |_| self.url.clone(),
            |url| url.origin().ascii_serialization(),
        )
    }

    /// What a sign-in in the browser needs; `None` when this connection signs in otherwise.
    pub(crate) fn sign_in(&self) -> Option<SignIn> {
        if self.auth != AuthKind::Code {
            return None;
        }
        Some(SignIn {
            authorize_url: self.authorize_url.clone()?,
            token_url: self.token_url.clone()?,
            client_id: self.client_id.clone()?,
            client_secret: None,
            scopes: self.scopes.clone(),
            port: 0,
            patience: SIGN_IN,
            allow_plain_http: self.allow_plain_http,
            ca_pem: self.ca_file.clone(),
        })
    }

    fn auth(&self, name: &str, secrets: &Secrets) -> Result<Auth, Failure> {
        let origin = self.origin();
        let secret = |wanted| {
            secrets
                .find(&format!("tams.{name}"), &origin, wanted)
                .map(Secret::new)
        };
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        Ok(match self.auth {
            AuthKind::None => Auth::None,
            AuthKind::Basic => Auth::Basic {
                user: text(&self.user),
                password: secret(Wanted::Password)?,
            },
            AuthKind::Login => Auth::Login {
                user: text(&self.user),
                password: secret(Wanted::Password)?,
            },
            AuthKind::Bearer => Auth::Bearer(secret(Wanted::Token)?),
            AuthKind::AccessToken => Auth::QueryToken(secret(Wanted::Token)?),
            AuthKind::ClientCredentials => Auth::ClientCredentials {
                token_url: text(&self.token_url),
                client_id: text(&self.client_id),
                client_secret: secret(Wanted::ClientSecret)?,
                scopes: self.scopes.clone(),
            },
            AuthKind::Code => Auth::SignedIn {
                token_url: text(&self.token_url),
                client_id: text(&self.client_id),
                client_secret: None,
                grant: Grant {
                    refresh: Some(secret(Wanted::RefreshToken)?),
                    ..Grant::default()
                },
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::Code;
    use crate::config::Config;

    const STUDIO: &str = "[tams.studio]\nurl = \"https://vast.example/api/tams/latest\"\n";

    #[test]
    fn a_connection_needs_what_its_sign_in_needs() {
        let config = Config::default();
        let config = config
            .with("tams.studio.url", "https://vast.example")
            .unwrap();
        for (key, value, names) in [
            ("tams.studio.auth", "basic", "user"),
            ("tams.studio.auth", "client-credentials", "token_url"),
            ("tams.studio.auth", "code", "authorize_url"),
            ("tams.studio.auth", "magic", "magic"),
            ("tams.studio.dialect", "klingon", "dialect"),
            ("tams.studio.url", "vast.example", "url"),
            ("tams.studio.url", "https://u:p@vast.example", "password"),
            (
                "tams.studio.url",
                "https://vast.example?access_token=x",
                "?",
            ),
            ("tams.local.url", "https://vast.example", "local"),
            ("tams.studio.password", "hunter2", "environment"),
        ] {
            let failure = config.with(key, value).unwrap_err();
            assert_eq!(failure.code, Code::BadInput, "{key} {value}");
            assert!(failure.detail.contains(names), "{key} {value}: {failure}");
            assert!(!failure.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn settings_are_read_and_written() {
        let config = toml::from_str::<Config>(&format!(
            "{STUDIO}auth = \"login\"\nuser = \"eva\"\n[tams.studio.rewrite]\n\"s3.inner\" = \"https://s3.example\"\n"
        ))
        .unwrap();
        let again = toml::from_str::<Config>(&config.to_text()).unwrap();
        assert_eq!(again, config);
        assert_eq!(config.tams["studio"].user.as_deref(), Some("eva"));
        assert_eq!(
            config.tams["studio"].rewrite["s3.inner"],
            "https://s3.example"
        );
    }
}
