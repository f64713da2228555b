//! Signing in to a server, and keeping what that gives in the keychain.

use super::{Remotes, remote_name};
use crate::Failure;
use crate::secrets::Wanted;
use tams::{Surroundings, sign_in};
use tokio_util::sync::CancellationToken;
use url::Url;

impl Remotes {
    /// The secret that a connection needs to be typed; `None` when it needs none, or is signed in to
    /// by the browser.
    ///
    /// # Errors
    /// There is no such connection.
    pub fn typed_secret(&self, name: &str) -> Result<Option<Wanted>, Failure> {
        let wanted = self.config(name)?.auth.wanted();
        Ok(wanted.filter(|wanted| *wanted != Wanted::RefreshToken))
    }

    /// Keeps a secret of a connection in the keychain. Blocks.
    ///
    /// # Errors
    /// There is no such connection, it needs no secret, or there is no keychain.
    pub fn keep_secret(&self, name: &str, secret: &str) -> Result<(), Failure> {
        let Some(wanted) = self.typed_secret(name)? else {
            return Err(Failure::bad_input(
                format!("[tams.{name}] needs no secret"),
                format!("Set tams.{name}.auth first."),
            ));
        };
        let origin = self.config(name)?.origin();
        let secrets = &self.inner.secrets;
        secrets.keep(&remote_name(name), &origin, wanted, secret)?;
        self.close(name);
        Ok(())
    }

    /// Takes the secret of a connection out of the keychain. Blocks.
    ///
    /// # Errors
    /// There is no such connection, it needs no secret, or there is no keychain.
    pub fn forget_secret(&self, name: &str) -> Result<(), Failure> {
        let Some(wanted) = self.config(name)?.auth.wanted() else {
            return Err(Failure::bad_input(
                format!("[tams.{name}] needs no secret"),
                "There is nothing to forget.",
            ));
        };
        let origin = self.config(name)?.origin();
        let secrets = &self.inner.secrets;
        secrets.forget(&remote_name(name), &origin, wanted)?;
        self.close(name);
        Ok(())
    }

    /// Signs in to a connection by the browser, which `open` shows the address, and keeps the
    /// refresh token in the keychain.
    ///
    /// # Errors
    /// There is no such connection, it signs in otherwise, nobody signed in in time, or there is no
    /// keychain.
    pub async fn sign_in(
        &self,
        name: &str,
        cancel: &CancellationToken,
        open: impl FnOnce(&Url) + Send,
    ) -> Result<(), Failure> {
        let Some(wanted) = self.config(name)?.sign_in() else {
            return Err(Failure::bad_input(
                format!("[tams.{name}] asks for no sign-in: its `auth` is none"),
                format!("Set tams.{name}.auth first; README lists the ways."),
            ));
        };
        let surroundings = Surroundings::new(std::sync::Arc::clone(&self.inner.clock));
        let grant = sign_in(&wanted, &surroundings, cancel, open).await?;
        let Some(refresh) = grant.refresh else {
            return Err(Failure::new(
                crate::Code::CredentialsRefused,
                format!("[tams.{name}]: the sign-in gave no token to come back with"),
                format!("Add the scope for it to tams.{name}.scopes, often `offline_access`."),
            ));
        };
        let (secrets, remote) = (self.inner.secrets.clone(), remote_name(name));
        let origin = self.config(name)?.origin();
        let kept = tokio::task::spawn_blocking(move || {
            secrets.keep(&remote, &origin, Wanted::RefreshToken, refresh.expose())
        });
        kept.await.map_err(Failure::internal)??;
        self.close(name);
        Ok(())
    }
}
