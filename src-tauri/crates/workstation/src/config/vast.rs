//! `[vastdb]`: the VAST Database that keeps the records.

use crate::secrets::{Secrets, Wanted};
use crate::{Code, Failure};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use vastdb::{Endpoint, Secret};

/// How it is named to people, in the keychain and in environment variables.
pub(crate) const NAME: &str = "vastdb";

/// `[vastdb]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VastConfig {
    /// Address of the cluster: `https://vast.example`.
    #[serde(alias = "url", alias = "endpoint_url")]
    pub endpoint: String,
    /// Bucket of the database.
    pub bucket: String,
    /// Schema in the bucket; `stringout` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Region to sign for; `us-east-1` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Access key id, which is no secret.
    #[serde(alias = "access_key_id", skip_serializing_if = "Option::is_none")]
    pub access_key: Option<String>,
    /// PEM file with certificate authorities to trust beside the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

impl VastConfig {
    /// What is wrong with it, naming the field.
    pub(super) fn check(&self) -> Result<(), String> {
        let url =
            url::Url::parse(&self.endpoint).map_err(|error| format!("{NAME}.endpoint: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(format!(
                "{NAME}.endpoint: write it like https://vast.example"
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!(
                "{NAME}.endpoint: leave user and password out of the address"
            ));
        }
        Ok(())
    }

    /// The schema with the tables.
    pub(crate) fn schema(&self) -> &str {
        self.schema.as_deref().unwrap_or(vastdb::DEFAULT_SCHEMA)
    }

    /// Names the tables in idempotency keys.
    pub(crate) fn place(&self) -> String {
        format!("{} {}/{}", self.endpoint, self.bucket, self.schema())
    }

    /// Scheme, host and port of its address: whose secret it is.
    pub(crate) fn origin(&self) -> String {
        url::Url::parse(&self.endpoint).map_or_else(
            |_| self.endpoint.clone(),
            |url| url.origin().ascii_serialization(),
        )
    }

    /// The cluster with its credentials. Blocks while the keychain is asked.
    pub(crate) fn cluster(&self, secrets: &Secrets) -> Result<Endpoint, Failure> {
        let access_key = secrets
            .variable("STRINGOUT_VASTDB_ACCESS_KEY")
            .or_else(|| self.access_key.clone())
            .or_else(|| secrets.variable("AWS_ACCESS_KEY_ID"))
            .ok_or_else(|| {
                Failure::new(
                    Code::CredentialsRefused,
                    "[vastdb] has no access key: STRINGOUT_VASTDB_ACCESS_KEY is not set",
                    "Set vastdb.access_key, or STRINGOUT_VASTDB_ACCESS_KEY in the environment.",
                )
            })?;
        // The token belongs to the secret it came with.
        let own = secrets.variable("STRINGOUT_VASTDB_SECRET_KEY");
        let usual = || secrets.variable("AWS_SECRET_ACCESS_KEY");
        let (secret, token) = match own {
            Some(own) => (own, secrets.variable("STRINGOUT_VASTDB_SESSION_TOKEN")),
            None => match usual() {
                Some(usual) => (usual, secrets.variable("AWS_SESSION_TOKEN")),
                None => (secrets.find(NAME, &self.origin(), Wanted::SecretKey)?, None),
            },
        };
        let mut endpoint = Endpoint::new(&self.endpoint, access_key, Secret::new(secret));
        if let Some(region) = &self.region {
            endpoint.region.clone_from(region);
        }
        endpoint.session_token = token.map(Secret::new);
        if let Some(file) = &self.ca_file {
            let pem = std::fs::read_to_string(file)
                .map_err(|error| Failure::io(file.display(), &error))?;
            endpoint.ca_pem = Some(pem);
        }
        Ok(endpoint)
    }
}
