//! One VAST Database.

use std::fmt;
use std::sync::Arc;

use http::{Method, StatusCode};
use mediatime::Clock;
use tokio::sync::OnceCell;

use crate::column::check_name;
use crate::endpoint::{Endpoint, HttpSettings};
use crate::error::VastError;
use crate::transaction::Transaction;
use crate::transport::{Call, Transport, shown};
use crate::version::Version;

/// A VAST Database and the credentials for it. Copies share their connections.
#[derive(Clone)]
pub struct VastDb {
    inner: Arc<Inner>,
}

struct Inner {
    transport: Transport,
    version: OnceCell<Version>,
}

/// What became of a transaction whose commit was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It was open, and is rolled back now.
    RolledBack,
    /// It was over: committed, or expired. What it wrote tells which.
    Over,
}

impl VastDb {
    /// Checks the settings; nothing is asked yet.
    pub fn new(
        endpoint: Endpoint,
        settings: HttpSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, VastError> {
        Ok(Self {
            inner: Arc::new(Inner {
                transport: Transport::new(endpoint, settings, clock)?,
                version: OnceCell::new(),
            }),
        })
    }

    /// Scheme, host and port.
    pub fn server(&self) -> &str {
        &self.inner.transport.server
    }

    /// The server's version, asked for once.
    ///
    /// # Errors
    /// [`VastError::UnsupportedServer`] when it is none of VAST's or older than 5.1.
    pub async fn version(&self) -> Result<Version, VastError> {
        self.inner
            .version
            .get_or_try_init(|| self.ask_version())
            .await
            .copied()
    }

    async fn ask_version(&self) -> Result<Version, VastError> {
        let unsupported = |said: &str| VastError::UnsupportedServer {
            server: self.server().to_owned(),
            said: shown(said),
        };
        // A server that doesn't know the header looks for transaction 0, and tells its version too.
        let call = Call::new(Method::GET, &[], "transaction", "the version")
            .header("tabular-get-vast-version", "true")?
            .or_status(StatusCode::NOT_FOUND);
        let answer = match self.inner.transport.send(&call).await {
            Ok(answer) => answer,
            Err(error @ VastError::BadRequest { .. }) => {
                return Err(unsupported(&error.to_string()));
            }
            Err(error) => return Err(error),
        };
        let said = answer.text("server").unwrap_or("nothing");
        let version = Version::from_header(said).ok_or_else(|| unsupported(said))?;
        if !version.is_supported() {
            return Err(unsupported(&format!(
                "VAST {version}, and 5.1 is the oldest that will do"
            )));
        }
        Ok(version)
    }

    /// Whether the bucket exists and may be seen: [`VastError::NotFound`], [`VastError::Denied`].
    pub async fn check_bucket(&self, bucket: &str) -> Result<(), VastError> {
        check_name("bucket", bucket)?;
        let call = Call::new(Method::HEAD, &[bucket], "", format!("bucket {bucket}"));
        self.inner.transport.send(&call).await.map(|_| ())
    }

    /// Begins a transaction. The first one asks for the server's version before.
    pub async fn begin(&self) -> Result<Transaction, VastError> {
        self.version().await?;
        let what = "a new transaction";
        // One that is begun and never heard of expires.
        let call = Call::new(Method::POST, &[], "transaction", what)
            .repeatable()
            .in_transaction(0)?;
        let answer = self.inner.transport.send(&call).await?;
        let id = answer
            .text("tabular-txid")
            .and_then(|id| id.trim().parse().ok())
            .ok_or_else(|| VastError::protocol(what, "it has no id"))?;
        Ok(Transaction::new(self.clone(), id))
    }

    /// Does `work` in a transaction: committed when it succeeds, rolled back when it fails.
    ///
    /// The error of a commit may leave a doubt ([`VastError::may_have_happened`]); whoever must not
    /// write twice asks for what was written before trying again.
    pub async fn with_transaction<T>(
        &self,
        work: impl AsyncFnOnce(&Transaction) -> Result<T, VastError>,
    ) -> Result<T, VastError> {
        let tx = self.begin().await?;
        match work(&tx).await {
            Ok(value) => {
                tx.commit().await?;
                Ok(value)
            }
            Err(error) => {
                tx.give_up().await;
                Err(error)
            }
        }
    }

    /// Does `work` that only reads, in a transaction that is rolled back whatever comes of it; how
    /// that ends changes nothing.
    pub async fn with_snapshot<T>(
        &self,
        work: impl AsyncFnOnce(&Transaction) -> Result<T, VastError>,
    ) -> Result<T, VastError> {
        let tx = self.begin().await?;
        let outcome = work(&tx).await;
        tx.give_up().await;
        outcome
    }

    /// Makes sure that transaction `id` is over, so that its commit, should it still be on its way,
    /// does nothing any more.
    pub async fn settle(&self, id: u64) -> Result<Settled, VastError> {
        let what = format!("transaction {id}");
        let call = Call::new(Method::DELETE, &[], "transaction", what)
            .repeatable()
            .in_transaction(id)?;
        match self.inner.transport.send(&call).await {
            Ok(_) => Ok(Settled::RolledBack),
            Err(VastError::NotFound { .. }) => Ok(Settled::Over),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.inner.transport
    }
}

impl fmt::Debug for VastDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VastDb")
            .field("server", &self.server())
            .field("version", &self.inner.version.get())
            .finish_non_exhaustive()
    }
}
