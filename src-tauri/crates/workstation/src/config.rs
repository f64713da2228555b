//! `config.toml`: remotes and settings of a workspace. Secrets are not in it.
//!
//! Those of stores come from the environment: `STRINGOUT_S3_<NAME>_SECRET_KEY` (and `_ACCESS_KEY`,
//! `_SESSION_TOKEN`), else the usual `AWS_SECRET_ACCESS_KEY`, `AWS_ACCESS_KEY_ID` and
//! `AWS_SESSION_TOKEN`, else the secret key from the system's keychain.

mod connection;
mod hydrolix;
mod key_folder;
mod vast;

pub(crate) use connection::LOCAL;
pub use connection::{AuthKind, TamsConfig};
pub(crate) use hydrolix::NAME as HYDROLIX;
pub use hydrolix::{ColumnChoice, HydrolixAuth, HydrolixConfig};
pub use key_folder::KeyFolder;
pub(crate) use vast::NAME as VAST;
pub use vast::VastConfig;

use crate::secrets::{Secrets, Wanted, variable_name};
use crate::{Code, Failure};
use delivery::{Encryption, Endpoint, Secret};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

/// Name of the file in a workspace.
const FILE_NAME: &str = "config.toml";

/// The configuration of a workspace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The play service.
    pub play: PlayConfig,
    /// S3 stores by name. The first by name gets the results, unless one says `default = true`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub s3: BTreeMap<String, S3Config>,
    /// TAMS servers beside the local node, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tams: BTreeMap<String, TamsConfig>,
    /// The VAST Database with the records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vastdb: Option<VastConfig>,
    /// The table of what viewers did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hydrolix: Option<HydrolixConfig>,
    /// Media of servers that are kept on this machine.
    #[serde(skip_serializing_if = "MediaConfig::is_default")]
    pub media: MediaConfig,
    /// Tables of other versions of this program are kept as they are.
    #[serde(flatten)]
    pub other: toml::Table,
}

/// `[play]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlayConfig {
    /// Public address of the play service, as it is printed: `https://go.example`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Where the play service listens; `127.0.0.1:8787` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<std::net::SocketAddr>,
    /// Who is behind the page; shown on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// Reverse domain name that the page's own CMCD keys begin with; `com.stringout` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cmcd_prefix: Option<String>,
    /// Days for which reports of viewers are kept here; for ever when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_days: Option<u32>,
}

/// `[media]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MediaConfig {
    /// Bytes that media of servers may take on this machine, pinned ones aside; 100 GB when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<NonZeroU64>,
}

impl MediaConfig {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// `[s3.NAME]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Config {
    /// Address of the store without the bucket: `https://s3.example`.
    #[serde(alias = "url", alias = "endpoint_url")]
    pub endpoint: String,
    /// Bucket.
    pub bucket: String,
    /// Region to sign for; `us-east-1` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Folder in the bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Folder of a compilation under `prefix`.
    #[serde(default, skip_serializing_if = "KeyFolder::is_usual")]
    pub folder: KeyFolder,
    /// How buckets are addressed.
    #[serde(default, skip_serializing_if = "Style::is_path")]
    pub style: Style,
    /// How the store is asked to encrypt what it keeps; as the bucket says when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<EncryptionKind>,
    /// The key of the store's key service, for `encryption = "aws:kms"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    /// Access key id, which is no secret.
    #[serde(alias = "access_key_id", skip_serializing_if = "Option::is_none")]
    pub access_key: Option<String>,
    /// PEM file with the certificate authorities to trust.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Upload cap in bytes per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<NonZeroU64>,
    /// Results go here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub default: bool,
}

/// How a bucket is addressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// `https://s3.example/BUCKET/KEY`.
    #[default]
    Path,
    /// `https://BUCKET.s3.example/KEY`.
    Virtual,
}

impl Style {
    // Serde hands a reference.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    fn is_path(&self) -> bool {
        *self == Self::Path
    }
}

/// Encryption at rest, by the names that S3 has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EncryptionKind {
    /// With keys of the store's own.
    #[serde(rename = "AES256")]
    Managed,
    /// With a key of its key service.
    #[serde(rename = "aws:kms")]
    Kms,
}

/// Looks up an environment variable; passed in so that tests need no process-wide state.
pub type Environment = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Config {
    /// Reads the configuration of a workspace; defaults when there is no file.
    ///
    /// # Errors
    /// The file can't be read, or a field is wrong; the message names it.
    pub fn load(dir: &Path) -> Result<Self, Failure> {
        let path = dir.join(FILE_NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(Failure::io(path.display(), &error)),
        };
        Self::parse(&text).map_err(|why| {
            Failure::bad_input(
                format!("{}: {why}", path.display()),
                "Correct the file; README lists the settings.",
            )
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        // The message alone: the line it is about may hold a secret.
        let config: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| {
                text.get(..span.start)
                    .unwrap_or_default()
                    .matches('\n')
                    .count()
                    + 1
            });
            let message = error.message();
            // The field that is not known, not those that would be.
            let named = message.split('`').nth(1).unwrap_or_default();
            if ["secret", "token", "password"]
                .iter()
                .any(|word| named.contains(word))
            {
                return format!(
                    "line {line}: secrets don't belong into config.toml: use `stringout config login s3.<NAME>` or \
                     `tams.<NAME>`, or set STRINGOUT_S3_<NAME>_SECRET_KEY in the environment"
                );
            }
            format!("line {line}: {message}")
        })?;
        for (name, store) in &config.s3 {
            let url = url::Url::parse(&store.endpoint)
                .map_err(|error| format!("s3.{name}.endpoint: {error}"))?;
            if !url.username().is_empty() || url.password().is_some() {
                return Err(format!(
                    "s3.{name}.endpoint: leave user and password out of the address"
                ));
            }
            if store.kms_key.is_some() && store.encryption != Some(EncryptionKind::Kms) {
                return Err(format!(
                    "s3.{name}.kms_key: it is used with encryption = \"aws:kms\" only"
                ));
            }
        }
        if let Some(vastdb) = &config.vastdb {
            vastdb.check()?;
        }
        if let Some(hydrolix) = &config.hydrolix {
            hydrolix.check()?;
        }
        let mut variables = BTreeMap::new();
        for (name, connection) in &config.tams {
            connection.check(name)?;
            if let Some(store) = &connection.store {
                let Some(known) = config.s3.get(store) else {
                    return Err(format!("tams.{name}.store: there is no [s3.{store}]"));
                };
                if known.ca_file.is_some() && connection.ca_file.is_none() {
                    return Err(format!(
                        "tams.{name}.store: s3.{store} has a ca_file of its own; objects are read over \
                         this connection, so name a file with its authorities in tams.{name}.ca_file, too"
                    ));
                }
            }
            let variable = crate::secrets::variable_name(name);
            if let Some(other) = variables.insert(variable, name) {
                return Err(format!(
                    "tams.{other} and tams.{name} would share their environment variables: call one otherwise"
                ));
            }
        }
        if let Some(base) = &config.play.base_url {
            check_base_url(base)?;
        }
        Ok(config)
    }

    /// Writes the configuration: to a temporary file first, so that a crash leaves the old one.
    ///
    /// # Errors
    /// The workspace can't be written.
    pub fn save(&self, dir: &Path) -> Result<(), Failure> {
        let text = toml::to_string_pretty(self).map_err(Failure::internal)?;
        let path = dir.join(FILE_NAME);
        crate::write_file(&path, text.as_bytes())
    }

    /// For people to see: what looks like a secret in tables of other versions is hidden.
    #[must_use]
    pub fn shown(&self) -> Self {
        let mut shown = self.clone();
        hide_secrets(&mut shown.other);
        shown
    }

    /// As `config.toml` has it.
    #[must_use]
    pub fn to_text(&self) -> String {
        toml::to_string_pretty(self).unwrap_or_else(|error| format!("# {error}"))
    }

    /// Sets one dotted key, such as `play.base_url`, to a TOML value or plain text; an empty value
    /// removes it.
    ///
    /// # Errors
    /// The key or its value is none of ours.
    pub fn with(&self, key: &str, value: &str) -> Result<Self, Failure> {
        let wrong =
            |why: String| Failure::bad_input(format!("{key}: {why}"), "README lists the settings.");
        let mut table = toml::Table::try_from(self).map_err(Failure::internal)?;
        let mut parts: Vec<&str> = key.split('.').collect();
        let Some(last) = parts.pop().filter(|last| !last.is_empty()) else {
            return Err(wrong("no key".to_owned()));
        };
        let mut place = &mut table;
        for part in parts {
            let entry = place
                .entry(part)
                .or_insert_with(|| toml::Value::Table(toml::Table::new()));
            place = entry
                .as_table_mut()
                .ok_or_else(|| wrong(format!("{part} is no table")))?;
        }
        if value.is_empty() {
            place.remove(last);
        } else {
            let typed = format!("v = {value}").parse::<toml::Table>().ok();
            let typed = typed.and_then(|mut table| table.remove("v"));
            place.insert(
                last.to_owned(),
                typed.unwrap_or_else(|| toml::Value::String(value.to_owned())),
            );
        }
        let text = toml::to_string(&table).map_err(Failure::internal)?;
        Self::parse(&text).map_err(|why| {
            // A server or a store that is begun by another of its fields.
            let first = [
                ("tams", "url"),
                ("s3", "endpoint"),
                ("s3", "bucket"),
                ("vastdb", "endpoint"),
                ("vastdb", "bucket"),
                ("hydrolix", "url"),
                ("hydrolix", "table"),
            ];
            let missing = first.iter().find(|(table, field)| {
                key.starts_with(&format!("{table}.")) && why.contains(&format!("missing field `{field}`"))
            });
            let Some((_, field)) = missing else {
                return wrong(why);
            };
            let single = key.starts_with("vastdb.") || key.starts_with("hydrolix.");
            let depth = if single { 1 } else { 2 };
            let named: Vec<&str> = key.split('.').take(depth).collect();
            let named = named.join(".");
            let hint = if !named.starts_with("tams.") {
                format!(
                    "Set both at once: `stringout config set {named} '{{ endpoint = \"https://…\", bucket = \"…\" }}'`."
                )
            } else {
                format!("Set it first: `stringout config set {named}.{field} …`.")
            };
            Failure::bad_input(format!("{named} has no {field} yet"), hint)
        })
    }

    /// The store that gets the results.
    #[must_use]
    pub fn chosen_store(&self) -> Option<(&str, &S3Config)> {
        let marked = self.s3.iter().find(|(_, store)| store.default);
        marked
            .or_else(|| self.s3.iter().next())
            .map(|(name, store)| (name.as_str(), store))
    }

    /// A store by its name, with its credentials. Blocks while the keychain is asked.
    ///
    /// # Errors
    /// It is not configured, or its credentials are nowhere.
    pub fn store(&self, name: &str, secrets: &Secrets) -> Result<Endpoint, Failure> {
        endpoint(&self.s3, name, secrets)
    }
}

/// A store by its name, with its credentials. Blocks while the keychain is asked.
pub(crate) fn endpoint(
    stores: &BTreeMap<String, S3Config>,
    name: &str,
    secrets: &Secrets,
) -> Result<Endpoint, Failure> {
    let store = stores.get(name).ok_or_else(|| {
        Failure::bad_input(
            format!("there is no [s3.{name}]"),
            "Add it to config.toml again, or cancel the entry.",
        )
    })?;
    store.endpoint(name, secrets)
}

/// How a store is named to people and in the keychain.
pub(crate) fn store_name(name: &str) -> String {
    format!("s3.{name}")
}

impl S3Config {
    /// Scheme, host and port of its address: whose secret it is.
    pub(crate) fn origin(&self) -> String {
        url::Url::parse(&self.endpoint).map_or_else(
            |_| self.endpoint.clone(),
            |url| url.origin().ascii_serialization(),
        )
    }

    fn endpoint(&self, name: &str, secrets: &Secrets) -> Result<Endpoint, Failure> {
        let remote = store_name(name);
        let variable = |suffix: &str| format!("STRINGOUT_{}_{suffix}", variable_name(&remote));
        let access_key = secrets
            .variable(&variable("ACCESS_KEY"))
            .or_else(|| self.access_key.clone())
            .or_else(|| secrets.variable("AWS_ACCESS_KEY_ID"))
            .ok_or_else(|| {
                let variable = variable("ACCESS_KEY");
                Failure::new(
                    Code::CredentialsRefused,
                    format!("[{remote}] has no access key: {variable} is not set"),
                    format!("Set {remote}.access_key, or {variable} in the environment."),
                )
            })?;
        // The token belongs to the secret it came with.
        let own = secrets.variable(&variable("SECRET_KEY"));
        let usual = || secrets.variable("AWS_SECRET_ACCESS_KEY");
        let (secret, session_token) = match own {
            Some(own) => (own, secrets.variable(&variable("SESSION_TOKEN"))),
            None => match usual() {
                Some(usual) => (usual, secrets.variable("AWS_SESSION_TOKEN")),
                None => (
                    secrets.find(&remote, &self.origin(), Wanted::SecretKey)?,
                    None,
                ),
            },
        };
        let mut endpoint = Endpoint::new(
            name,
            &self.endpoint,
            &self.bucket,
            access_key,
            Secret::new(secret),
        );
        if let Some(region) = &self.region {
            endpoint.region.clone_from(region);
        }
        if let Some(prefix) = &self.prefix {
            endpoint.prefix.clone_from(prefix);
        }
        endpoint.session_token = session_token.map(Secret::new);
        endpoint.ca_pem.clone_from(&self.ca_file);
        endpoint.bandwidth = self.bandwidth;
        endpoint.force_path_style = self.style == Style::Path;
        endpoint.encryption = self.encryption.map(|kind| match kind {
            EncryptionKind::Managed => Encryption::Managed,
            EncryptionKind::Kms => Encryption::Kms(self.kms_key.clone()),
        });
        Ok(endpoint)
    }
}

fn hide_secrets(table: &mut toml::Table) {
    for (key, value) in table {
        if let toml::Value::Table(inner) = value {
            hide_secrets(inner);
        } else if ["secret", "token", "password", "key"]
            .iter()
            .any(|word| key.contains(word))
        {
            *value = toml::Value::String("hidden".to_owned());
        }
    }
}

fn check_base_url(base: &str) -> Result<(), String> {
    let url = url::Url::parse(base).map_err(|error| format!("play.base_url `{base}`: {error}"))?;
    let plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || !plain {
        return Err(format!(
            "play.base_url `{base}`: write it like https://go.example"
        ));
    }
    if !matches!(url.path(), "" | "/") {
        return Err(format!(
            "play.base_url `{base}`: leave the path out, the play service has a host of its own"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const STORE: &str = "[s3.studio]\nendpoint = \"http://127.0.0.1:8333\"\nbucket = \"films\"\n";

    /// A keychain with one secret in it.
    struct Drawer(&'static str, &'static str);

    impl crate::secrets::Keychain for Drawer {
        fn read(&self, name: &str) -> Result<Option<String>, String> {
            Ok((name == self.0).then(|| self.1.to_owned()))
        }

        fn write(&self, _: &str, _: &str) -> Result<(), String> {
            Err("locked".to_owned())
        }

        fn remove(&self, _: &str) -> Result<(), String> {
            Err("locked".to_owned())
        }
    }

    fn secrets(env: fn(&str) -> Option<&'static str>, drawer: Drawer) -> Secrets {
        let env = Arc::new(move |name: &str| env(name).map(str::to_owned));
        Secrets::new(env, Arc::new(drawer))
    }

    #[test]
    fn secrets_come_from_the_environment_then_from_the_keychain() {
        let config = Config::parse(STORE).unwrap();
        let empty = || Drawer("", "");
        let failure = config
            .store("studio", &secrets(|_| None, empty()))
            .unwrap_err();
        assert_eq!(failure.code, Code::CredentialsRefused);
        assert!(failure.hint.contains("STRINGOUT_S3_STUDIO_ACCESS_KEY"));

        let own = |name: &str| match name {
            "STRINGOUT_S3_STUDIO_ACCESS_KEY" => Some("id"),
            "STRINGOUT_S3_STUDIO_SECRET_KEY" => Some("own"),
            "AWS_SECRET_ACCESS_KEY" => Some("usual"),
            _ => None,
        };
        let endpoint = config.store("studio", &secrets(own, empty())).unwrap();
        assert_eq!(endpoint.access_key, "id");
        assert_eq!(endpoint.secret.expose(), "own");

        let config = config.with("s3.studio.access_key", "id").unwrap();
        let kept = || Drawer("s3.studio http://127.0.0.1:8333 secret key", "kept");
        let endpoint = config.store("studio", &secrets(|_| None, kept())).unwrap();
        assert_eq!(endpoint.secret.expose(), "kept");
        // A workspace that somebody sent does not get it for a server of its own.
        let moved = config
            .with("s3.studio.endpoint", "http://127.0.0.1:8334")
            .unwrap();
        let failure = moved
            .store("studio", &secrets(|_| None, kept()))
            .unwrap_err();
        assert_eq!(failure.code, Code::CredentialsRefused);
        assert!(failure.hint.contains("config login s3.studio"), "{failure}");
        let why = Config::parse(&format!("{STORE}secret_key = \"x\"")).unwrap_err();
        assert!(why.contains("config login"), "{why}");
    }

    #[test]
    fn settings_survive_and_are_checked() {
        let config =
            Config::parse(&format!("{STORE}[later]\nurl = \"https://h.example\"")).unwrap();
        let config = config.with("play.base_url", "https://go.example").unwrap();
        let config = config.with("s3.studio.default", "true").unwrap();
        assert_eq!(config.play.base_url.as_deref(), Some("https://go.example"));
        assert!(config.s3["studio"].default);
        assert!(config.other.contains_key("later"));
        assert_eq!(
            config.with("play.base_url", "").unwrap().play.base_url,
            None
        );
        for (key, value) in [
            ("play.base_url", "go.example"),
            ("play.base_url", "https://go.example/films"),
            ("play.base_url", "https://u:p@go.example"),
            ("play.nonsense", "1"),
            ("s3.other.bucket", "b"),
            ("", "x"),
        ] {
            assert_eq!(
                config.with(key, value).unwrap_err().code,
                Code::BadInput,
                "{key} {value}"
            );
        }
    }

    #[test]
    fn what_has_to_be_set_first_is_said() {
        let config = Config::default();
        for (key, value, detail, hint) in [
            (
                "s3.other.endpoint",
                "https://s3.example",
                "s3.other has no bucket yet",
                "at once",
            ),
            (
                "s3.other.bucket",
                "b",
                "s3.other has no endpoint yet",
                "at once",
            ),
            (
                "tams.other.auth",
                "basic",
                "tams.other has no url yet",
                "tams.other.url",
            ),
            (
                "tams.far",
                "{ url = \"https://t.example\", store = \"other\" }",
                "there is no [s3.other]",
                "README",
            ),
        ] {
            let failure = config.with(key, value).unwrap_err();
            assert!(failure.detail.contains(detail), "{key}: {failure}");
            assert!(failure.hint.contains(hint), "{key}: {failure}");
        }
        let both = "{ endpoint = \"https://s3.example\", bucket = \"b\", ca_file = \"own.pem\" }";
        let config = config.with("s3.other", both).unwrap();
        // Its addresses are read over the server's connection, which must trust it.
        let far = "{ url = \"https://t.example\", store = \"other\" }";
        let failure = config.with("tams.far", far).unwrap_err();
        assert!(failure.detail.contains("ca_file"), "{failure}");
        let far = "{ url = \"https://t.example\", store = \"other\", ca_file = \"all.pem\" }";
        assert!(config.with("tams.far", far).is_ok());
    }

    #[test]
    fn no_file_means_defaults_and_a_save_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Config::load(dir.path()).unwrap(), Config::default());
        let config = Config::parse(STORE).unwrap();
        config.save(dir.path()).unwrap();
        assert_eq!(Config::load(dir.path()).unwrap(), config);
    }
}
