//! Where secrets come from: the environment first, then the system's keychain.
//!
//! A headless machine has an environment and often no keychain; a person at a workstation has it the
//! other way round. What the environment says wins, so that a script is never surprised by what
//! somebody typed once.

use crate::config::Environment;
use crate::{Code, Failure};
use std::fmt;
use std::sync::Arc;

/// What a remote needs to know that nobody else may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The password of a user.
    Password,
    /// A token that somebody issued.
    Token,
    /// The secret of an OAuth 2 client.
    ClientSecret,
    /// What an OAuth 2 sign-in left for the next time.
    RefreshToken,
    /// The secret access key of an S3 store.
    SecretKey,
}

impl Wanted {
    /// The end of the environment variable.
    fn suffix(self) -> &'static str {
        match self {
            Self::Password => "PASSWORD",
            Self::Token => "TOKEN",
            Self::ClientSecret => "CLIENT_SECRET",
            Self::RefreshToken => "REFRESH_TOKEN",
            Self::SecretKey => "SECRET_KEY",
        }
    }

    /// In words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Token => "token",
            Self::ClientSecret => "client secret",
            Self::RefreshToken => "sign-in",
            Self::SecretKey => "secret key",
        }
    }
}

/// The system's store of secrets: Keychain, Credential Manager, Secret Service.
pub trait Keychain: Send + Sync {
    /// The secret of this name, if there is one.
    ///
    /// # Errors
    /// There is no such store, or it is locked; in words.
    fn read(&self, name: &str) -> Result<Option<String>, String>;

    /// Keeps a secret.
    ///
    /// # Errors
    /// As [`Keychain::read`].
    fn write(&self, name: &str, secret: &str) -> Result<(), String>;

    /// Forgets a secret; one that is not there is forgotten already.
    ///
    /// # Errors
    /// As [`Keychain::read`].
    fn remove(&self, name: &str) -> Result<(), String>;
}

/// The keychain of this system.
#[derive(Debug, Default)]
pub struct SystemKeychain;

/// Our name in the system's keychain.
const SERVICE: &str = "stringout";

impl Keychain for SystemKeychain {
    fn read(&self, name: &str) -> Result<Option<String>, String> {
        match entry(name)?.get_password() {
            Ok(secret) => Ok(Some(secret)),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    fn write(&self, name: &str, secret: &str) -> Result<(), String> {
        entry(name)?
            .set_password(secret)
            .map_err(|error| error.to_string())
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        match entry(name)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn entry(name: &str) -> Result<keyring::v1::Entry, String> {
    keyring::v1::Entry::new(SERVICE, name).map_err(|error| {
        // What kept the store from being opened says more than that there is none.
        match keyring::v1::Entry::store_status() {
            Err(reason) => reason.to_string(),
            Ok(()) => error.to_string(),
        }
    })
}

/// The secrets of a workspace's remotes.
#[derive(Clone)]
pub struct Secrets {
    env: Arc<Environment>,
    keychain: Arc<dyn Keychain>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Secrets {
    /// Of this environment and keychain.
    #[must_use]
    pub fn new(env: Arc<Environment>, keychain: Arc<dyn Keychain>) -> Self {
        Self { env, keychain }
    }

    /// An environment variable, unless it is empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.env)(name).filter(|value| !value.is_empty())
    }

    /// The secret of a remote such as `tams.studio`, whose server is at `origin`. Blocks while the
    /// keychain is asked.
    ///
    /// What the keychain has is for one origin: a workspace that somebody sent must not get a secret
    /// of ours by giving its server a name that we use.
    ///
    /// # Errors
    /// It is nowhere; the hint says where to put it.
    pub fn find(&self, remote: &str, origin: &str, wanted: Wanted) -> Result<String, Failure> {
        let variable = variable(remote, wanted);
        if let Some(secret) = self.variable(&variable) {
            return Ok(secret);
        }
        let missing = |why: String| {
            Failure::new(
                Code::CredentialsRefused,
                format!("[{remote}] has no {}: {why}", wanted.word()),
                Self::advice(remote, wanted),
            )
        };
        match self.keychain.read(&key(remote, origin, wanted)) {
            Ok(Some(secret)) => Ok(secret),
            Ok(None) => Err(missing(format!(
                "neither {variable} nor the keychain has one"
            ))),
            Err(why) => Err(missing(format!(
                "{variable} is not set, and the keychain can't be read ({why})"
            ))),
        }
    }

    /// Where the secret of a remote belongs, for people.
    pub(crate) fn advice(remote: &str, wanted: Wanted) -> String {
        let variable = variable(remote, wanted);
        format!("Run `stringout config login {remote}`, or set {variable} in the environment.")
    }

    /// Keeps a secret in the keychain. Blocks.
    ///
    /// # Errors
    /// There is no keychain, or it is locked.
    pub fn keep(
        &self,
        remote: &str,
        origin: &str,
        wanted: Wanted,
        secret: &str,
    ) -> Result<(), Failure> {
        self.keychain
            .write(&key(remote, origin, wanted), secret)
            .map_err(|why| no_keychain(remote, wanted, &why))
    }

    /// Takes a secret out of the keychain. Blocks.
    ///
    /// # Errors
    /// There is no keychain, or it is locked.
    pub fn forget(&self, remote: &str, origin: &str, wanted: Wanted) -> Result<(), Failure> {
        self.keychain
            .remove(&key(remote, origin, wanted))
            .map_err(|why| no_keychain(remote, wanted, &why))
    }
}

fn no_keychain(remote: &str, wanted: Wanted, why: &str) -> Failure {
    Failure {
        title: "The keychain can't be used".to_owned(),
        ..Failure::new(
            Code::CredentialsRefused,
            why,
            format!(
                "Unlock it; where there is none, set {} in the environment.",
                variable(remote, wanted)
            ),
        )
    }
}

/// The name in the keychain: `tams.studio https://tams.example password`.
fn key(remote: &str, origin: &str, wanted: Wanted) -> String {
    format!("{remote} {origin} {}", wanted.word())
}

/// The environment variable: `STRINGOUT_TAMS_STUDIO_PASSWORD`.
fn variable(remote: &str, wanted: Wanted) -> String {
    format!("STRINGOUT_{}_{}", variable_name(remote), wanted.suffix())
}

/// A name as it stands in environment variables; others may become the same.
pub(crate) fn variable_name(remote: &str) -> String {
    remote
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::sync::Mutex;

    const HERE: &str = "https://tams.example";

    #[derive(Default)]
    struct Drawer(Mutex<HashMap<String, String>>);

    impl Keychain for Drawer {
        fn read(&self, name: &str) -> Result<Option<String>, String> {
            Ok(self.0.lock().unwrap().get(name).cloned())
        }

        fn write(&self, name: &str, secret: &str) -> Result<(), String> {
            let mut drawer = self.0.lock().unwrap();
            drawer.insert(name.to_owned(), secret.to_owned());
            Ok(())
        }

        fn remove(&self, name: &str) -> Result<(), String> {
            self.0.lock().unwrap().remove(name);
            Ok(())
        }
    }

    struct Locked;

    impl Keychain for Locked {
        fn read(&self, _: &str) -> Result<Option<String>, String> {
            Err("locked".to_owned())
        }

        fn write(&self, _: &str, _: &str) -> Result<(), String> {
            Err("locked".to_owned())
        }

        fn remove(&self, _: &str) -> Result<(), String> {
            Err("locked".to_owned())
        }
    }

    fn env(value: Option<&'static str>) -> Arc<Environment> {
        Arc::new(move |name: &str| {
            (name == "STRINGOUT_TAMS_NEWS_ROOM_PASSWORD")
                .then_some(value)
                .flatten()
                .map(str::to_owned)
        })
    }

    #[test]
    fn the_environment_wins_over_the_keychain() {
        let drawer = Arc::new(Drawer::default());
        let secrets = Secrets::new(env(None), Arc::clone(&drawer) as Arc<dyn Keychain>);
        let missing = secrets
            .find("tams.news-room", HERE, Wanted::Password)
            .unwrap_err();
        assert_eq!(missing.code, Code::CredentialsRefused);
        assert!(missing.hint.contains("config login tams.news-room"));
        assert!(missing.hint.contains("STRINGOUT_TAMS_NEWS_ROOM_PASSWORD"));

        secrets
            .keep("tams.news-room", HERE, Wanted::Password, "typed")
            .unwrap();
        let find = |secrets: &Secrets| secrets.find("tams.news-room", HERE, Wanted::Password);
        assert_eq!(find(&secrets).unwrap(), "typed");
        assert!(secrets.find("tams.news-room", HERE, Wanted::Token).is_err());
        let elsewhere = secrets.find("tams.news-room", "https://evil.example", Wanted::Password);
        assert!(elsewhere.is_err(), "it was typed for another server");
        let scripted = Secrets::new(env(Some("set")), drawer);
        assert_eq!(find(&scripted).unwrap(), "set");
        let empty = Secrets::new(env(Some("")), Arc::clone(&secrets.keychain));
        assert_eq!(find(&empty).unwrap(), "typed", "empty is not set");

        secrets
            .forget("tams.news-room", HERE, Wanted::Password)
            .unwrap();
        assert!(find(&secrets).is_err());
    }

    #[test]
    fn a_locked_keychain_is_said_and_never_a_secret() {
        let secrets = Secrets::new(env(None), Arc::new(Locked));
        let failure = secrets.find("tams.a", HERE, Wanted::Token).unwrap_err();
        assert!(failure.detail.contains("locked"), "{failure}");
        let failure = secrets
            .keep("tams.a", HERE, Wanted::Token, "hunter2")
            .unwrap_err();
        assert!(failure.hint.contains("STRINGOUT_TAMS_A_TOKEN"), "{failure}");
        assert!(!failure.to_string().contains("hunter2"));
        assert!(!format!("{secrets:?}").contains("hunter2"));
    }
}
