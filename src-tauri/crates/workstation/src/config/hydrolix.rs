//! `[hydrolix]`: the table of what viewers did.

use crate::Failure;
use crate::secrets::{Secrets, Wanted};
use metrics::hydrolix::{
    Auth, Base, Columns, HydrolixConfig as Cluster, IngestConfig, Limits, Name, Patience, Preset,
    Secret, SummaryTable, TableName,
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How it is named to people, in the keychain and in environment variables.
pub(crate) const NAME: &str = "hydrolix";

/// `[hydrolix]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HydrolixConfig {
    /// Address of the cluster: `https://acme.hydrolix.live`.
    #[serde(alias = "endpoint")]
    pub url: String,
    /// The table: `PROJECT.TABLE`.
    pub table: TableName,
    /// How to sign in; by the token of a service account when absent.
    #[serde(default)]
    pub auth: HydrolixAuth,
    /// Who signs in, for `login` and `basic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Which columns the table has: `stringout`, `akamai`, `cloudfront`, or one by one.
    #[serde(default)]
    pub columns: ColumnChoice,
    /// Summary tables over it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub summaries: Vec<SummaryTable>,
    /// The transform that events are sent through; the table's default one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform: Option<String>,
    /// Events of this workspace's player pages are sent there; only to a table of our own columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingest: Option<bool>,
    /// Pool of query servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// PEM file with certificate authorities to trust beside the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// How to sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HydrolixAuth {
    /// The token of a service account.
    #[default]
    Bearer,
    /// User and password once, for a token.
    Login,
    /// User and password with every request.
    Basic,
}

impl HydrolixAuth {
    /// The secret that it needs.
    #[must_use]
    pub fn wanted(self) -> Wanted {
        match self {
            Self::Bearer => Wanted::Token,
            Self::Login | Self::Basic => Wanted::Password,
        }
    }
}

/// Which columns a table has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ColumnChoice {
    /// A map that comes with the program.
    Preset(Preset),
    /// One by one.
    Own(Box<Columns>),
}

impl Default for ColumnChoice {
    fn default() -> Self {
        Self::Preset(Preset::Stringout)
    }
}

impl HydrolixConfig {
    /// What is wrong with it, naming the field.
    pub(super) fn check(&self) -> Result<(), String> {
        Base::parse(&self.url).map_err(|error| format!("{NAME}.url: {error}"))?;
        if self.auth != HydrolixAuth::Bearer && self.user.is_none() {
            return Err(format!("{NAME}.user: this way to sign in needs it"));
        }
        if let Some(transform) = &self.transform {
            transform
                .parse::<Name>()
                .map_err(|error| format!("{NAME}.transform: {error}"))?;
        }
        if self.ingest == Some(true) && !self.is_ours() {
            return Err(format!(
                "{NAME}.ingest: events go to a table with columns = \"stringout\" only"
            ));
        }
        Ok(())
    }

    fn is_ours(&self) -> bool {
        self.columns == ColumnChoice::Preset(Preset::Stringout)
    }

    /// Events of this workspace go there.
    pub(crate) fn sends(&self) -> bool {
        self.ingest.unwrap_or(true) && self.is_ours()
    }

    /// Names the table in idempotency keys.
    pub(crate) fn place(&self) -> String {
        format!("{} {}", self.url, self.table)
    }

    /// Scheme, host and port of its address: whose secret it is.
    pub(crate) fn origin(&self) -> String {
        url::Url::parse(&self.url).map_or_else(
            |_| self.url.clone(),
            |url| url.origin().ascii_serialization(),
        )
    }

    /// The cluster with its credentials. Blocks while the keychain is asked.
    pub(crate) fn cluster(&self, secrets: &Secrets) -> Result<Cluster, Failure> {
        let wrong = |error: metrics::MetricsError| {
            Failure::bad_input(error.to_string(), "Correct [hydrolix] in config.toml.")
        };
        let secret = Secret::new(secrets.find(NAME, &self.origin(), self.auth.wanted())?);
        let user = self.user.clone().unwrap_or_default();
        Ok(Cluster {
            base: Base::parse(&self.url).map_err(wrong)?,
            table: self.table.clone(),
            columns: match &self.columns {
                ColumnChoice::Preset(preset) => Columns::preset(*preset),
                ColumnChoice::Own(columns) => (**columns).clone(),
            },
            summaries: self.summaries.clone(),
            auth: match self.auth {
                HydrolixAuth::Bearer => Auth::Bearer(secret),
                HydrolixAuth::Login => Auth::Login {
                    user,
                    password: secret,
                },
                HydrolixAuth::Basic => Auth::Basic {
                    user,
                    password: secret,
                },
            },
            ingest: IngestConfig {
                transform: self.transform.clone(),
                table_token: secrets
                    .variable("STRINGOUT_HYDROLIX_TABLE_TOKEN")
                    .map(Secret::new),
            },
            pool: self.pool.clone(),
            limits: Limits::default(),
            patience: Patience::default(),
            ca_pem: self.ca_file.clone(),
        })
    }
}
