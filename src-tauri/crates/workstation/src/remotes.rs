//! TAMS servers beside the local node: their connections, what they listed, and their media.
//!
//! Everything that was read from a server is kept in `library.db`, and every object that was fetched
//! in the media folder, so that work goes on when the server does not answer. Both are a cache: they
//! may be deleted at any time.

mod check;
mod fetch;
mod index;
mod listing;
mod open;
mod sign_in;
mod signing;

pub(crate) use fetch::{FetchProgress, Place};
pub(crate) use index::IndexFor;
pub use listing::Listing;
pub(crate) use open::{RemoteFlow, Wanted as WantedRange};

use crate::config::{Config, S3Config, TamsConfig};
use crate::reference::At;
use crate::secrets::{Secrets, Wanted};
use crate::{Code, Failure};
use mediatime::Clock;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use store::LibraryDb;
use tams::{Connection, Dialect, Surroundings, TamsError};
use tams_model::Id;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

/// How long a server may take to say who it is, sign-in and repetitions included: whoever asks several
/// must not wait for one that is silent.
const FIRST_ANSWER: Duration = Duration::from_secs(20);
/// Threads that talk to servers.
const THREADS: usize = 2;

/// The connections of a workspace. Clones share them.
#[derive(Clone)]
pub struct Remotes {
    inner: Arc<Inner>,
}

struct Inner {
    config: BTreeMap<String, TamsConfig>,
    stores: BTreeMap<String, S3Config>,
    secrets: Secrets,
    clock: Arc<dyn Clock>,
    library: Arc<LibraryDb>,
    /// Where fetched objects lie.
    media: PathBuf,
    /// Connections that were opened.
    open: Mutex<HashMap<String, Connection>>,
    /// Objects that are being fetched, by connection and id: one fetch at a time for each.
    fetching: fetch::Turns,
    /// Connections that are being opened.
    opening: fetch::Turns,
    /// Flows, by connection, of which an object was listed and not given out.
    expired: Mutex<HashSet<(String, Id)>>,
    runtime: OnceLock<Runtime>,
}

impl fmt::Debug for Remotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remotes")
            .field("names", &self.names().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Remotes {
    pub(crate) fn new(
        config: &Config,
        secrets: Secrets,
        clock: Arc<dyn Clock>,
        library: LibraryDb,
        media: PathBuf,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                config: config.tams.clone(),
                stores: config.s3.clone(),
                secrets,
                clock,
                library: Arc::new(library),
                media,
                open: Mutex::default(),
                fetching: fetch::Turns::default(),
                opening: fetch::Turns::default(),
                expired: Mutex::default(),
                runtime: OnceLock::new(),
            }),
        }
    }

    /// The names of all connections, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.inner.config.keys().map(String::as_str)
    }

    /// The settings of a connection.
    ///
    /// # Errors
    /// There is none of this name.
    pub(crate) fn config(&self, name: &str) -> Result<&TamsConfig, Failure> {
        self.inner
            .config
            .get(name)
            .ok_or_else(|| unknown(name, self.names()))
    }

    /// The connection whose server has this host (and port, when one is given).
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn at_host(&self, host: &str) -> Result<&str, Failure> {
        let is_there = |config: &TamsConfig| {
            let Ok(url) = url::Url::parse(&config.url) else {
                return false;
            };
            let name = url.host_str().unwrap_or_default();
            let with_port = url
                .port_or_known_default()
                .map(|port| format!("{name}:{port}"));
            host.eq_ignore_ascii_case(name)
                || with_port.is_some_and(|with_port| host.eq_ignore_ascii_case(&with_port))
        };
        if let Some((name, _)) = self.inner.config.get_key_value(host) {
            return Ok(name);
        }
        let there = self
            .inner
            .config
            .iter()
            .filter(|(_, config)| is_there(config));
        let names: Vec<&str> = there.map(|(name, _)| name.as_str()).collect();
        match names.as_slice() {
            [name] => Ok(name),
            [] => Err(Failure::bad_input(
                format!("no TAMS server at {host} is configured"),
                "Add it: `stringout config set tams.NAME.url https://…`.",
            )),
            several => Err(Failure::bad_input(
                format!("{} are all at {host}", several.join(", ")),
                "Name the one that is meant: `flow:NAME/UUID`.",
            )),
        }
    }

    /// The name of the connection that somebody means.
    ///
    /// # Errors
    /// There is none, or the local node is meant.
    pub(crate) fn name_of<'a>(&'a self, at: &'a At) -> Result<&'a str, Failure> {
        match at {
            At::Local => Err(unknown(crate::config::LOCAL, self.names())),
            At::Named(name) => self.config(name).map(|_| name.as_str()),
            At::Host(host) => self.at_host(host),
        }
    }

    /// The connection to a server; opened when it is asked for the first time.
    ///
    /// # Errors
    /// There is none of this name, its secret is missing, or the server does not answer as one.
    pub(crate) async fn connection(
        &self,
        name: &str,
        cancel: &CancellationToken,
    ) -> Result<Connection, Failure> {
        let turn = self.inner.opening.of(Path::new(name));
        // One sign-in at a time: tokens for coming back may be good once.
        let _turn = tokio::select! {
            turn = turn.lock() => turn,
            () = cancel.cancelled() => return Err(TamsError::Cancelled.into()),
        };
        let open = self.open().get(name).cloned();
        if let Some(connection) = open {
            return Ok(connection.under(cancel));
        }
        let remotes = self.clone();
        let asked = name.to_owned();
        let settings = tokio::task::spawn_blocking(move || {
            let config = remotes.config(&asked)?;
            let mut settings = config.settings(&asked, &remotes.inner.secrets)?;
            settings.signer = remotes.signer(&asked, config.store.as_deref());
            Ok::<_, Failure>(settings)
        });
        let settings = settings.await.map_err(Failure::internal)??;
        let surroundings = Surroundings::new(Arc::clone(&self.inner.clock));
        // It outlives this call: what ends one call must not end the next.
        let forever = CancellationToken::new();
        let opened = Connection::open(settings, surroundings, &forever);
        let connection = tokio::select! {
            opened = tokio::time::timeout(FIRST_ANSWER, opened) => match opened {
                Ok(opened) => opened?,
                Err(_) => return Err(self.silent(name)),
            },
            () = cancel.cancelled() => return Err(TamsError::Cancelled.into()),
        };
        self.open().insert(name.to_owned(), connection.clone());
        self.keep_grant(name, &connection).await;
        Ok(connection.under(cancel))
    }

    /// Where a server's words and media are kept in the cache: apart from those of another server
    /// that had the name before.
    pub(crate) fn shelf(&self, name: &str) -> String {
        let address = self.inner.config.get(name).map_or("", |config| &config.url);
        format!("{name} {address}")
    }

    /// What is known of servers and of the media cache.
    pub(crate) fn library(&self) -> &LibraryDb {
        &self.inner.library
    }

    /// Forgets an open connection, so that the next call signs in and asks the server anew.
    pub(crate) fn close(&self, name: &str) {
        self.open().remove(name);
    }

    /// A failure with what to do about it here: who refuses credentials needs others.
    pub(crate) fn advise(&self, name: &str, failure: Failure) -> Failure {
        let wanted = self
            .config(name)
            .ok()
            .and_then(|config| config.auth.wanted());
        let Some(wanted) = wanted.filter(|_| failure.code == Code::CredentialsRefused) else {
            return failure;
        };
        let remote = remote_name(name);
        Failure {
            hint: Secrets::advice(&remote, wanted),
            ..failure
        }
    }

    fn silent(&self, name: &str) -> Failure {
        let address = self.inner.config.get(name).map_or("", |config| &config.url);
        let seconds = FIRST_ANSWER.as_secs();
        Failure::new(
            Code::Unreachable,
            format!("{address} said nothing for {seconds} s"),
            "Check the server's address and the network.",
        )
    }

    /// Refresh tokens may be good once: the newest is kept.
    async fn keep_grant(&self, name: &str, connection: &Connection) {
        let Some(refresh) = connection.grant().and_then(|grant| grant.refresh) else {
            return;
        };
        let Ok(origin) = self.config(name).map(TamsConfig::origin) else {
            return;
        };
        let secrets = self.inner.secrets.clone();
        let remote = remote_name(name);
        let kept = tokio::task::spawn_blocking(move || {
            if secrets
                .find(&remote, &origin, Wanted::RefreshToken)
                .ok()
                .as_deref()
                == Some(refresh.expose())
            {
                return Ok(());
            }
            secrets.keep(&remote, &origin, Wanted::RefreshToken, refresh.expose())
        });
        if let Ok(Err(failure)) = kept.await {
            tracing::warn!(name, "the sign-in lasts until the program ends: {failure}");
        }
    }

    /// Runs what talks to servers to its end. Blocks the thread, which may be one of another runtime:
    /// sockets and timers are those of a runtime of its own.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let _sockets_and_timers = self.runtime()?.enter();
        // Within a task of another runtime its budget would run out, and never be filled again: tokio
        // counts polls of its own tasks only (tokio::task::coop).
        Ok(futures_executor::block_on(tokio::task::unconstrained(work)))
    }

    /// Starts what talks to servers; it ends with the last clone of these connections at the latest.
    pub(crate) fn start(
        &self,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Failure> {
        self.runtime()?.spawn(work);
        Ok(())
    }

    fn runtime(&self) -> Result<&Runtime, Failure> {
        if let Some(runtime) = self.inner.runtime.get() {
            return Ok(runtime);
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("remotes")
            .enable_all()
            .build()
            .map_err(Failure::internal)?;
        Ok(self.inner.runtime.get_or_init(|| runtime))
    }

    fn open(&self) -> MutexGuard<'_, HashMap<String, Connection>> {
        lock(&self.inner.open)
    }

    /// What a server that was reached is, such as `vasttams 8.0`.
    pub(crate) fn server_words(&self, name: &str) -> Option<String> {
        let open = self.open();
        let connection = open.get(name)?;
        let version = connection.service().api_version.clone();
        let kind = match connection.dialect() {
            Dialect::Vasttams6 | Dialect::Vasttams8 => "vasttams",
            Dialect::Aws => "AWS TAMS",
            Dialect::Eyevinn => "Eyevinn TAMS",
            Dialect::OpenTams => "OpenTAMS",
            Dialect::Tamoss => "TAMOSS",
            _ => "TAMS",
        };
        Some(format!("{kind} {version}"))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // A runtime must not be waited for where another one runs.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name of a connection's secrets and settings: `tams.studio`.
pub(crate) fn remote_name(name: &str) -> String {
    format!("tams.{name}")
}

/// There is no connection of this name.
pub(crate) fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let known: Vec<&str> = known.collect();
    let hint = if known.is_empty() {
        format!("Add it: `stringout config set tams.{name}.url https://…`.")
    } else {
        format!("Configured are: {}.", known.join(", "))
    };
    Failure::bad_input(format!("there is no [tams.{name}]"), hint)
}

impl From<TamsError> for Failure {
    fn from(error: TamsError) -> Self {
        Self::from(&error)
    }
}

impl From<&TamsError> for Failure {
    fn from(error: &TamsError) -> Self {
        let code = match error {
            TamsError::Cancelled => Code::Cancelled,
            error if error.is_unreachable() => Code::Unreachable,
            TamsError::Unauthorized { .. } | TamsError::SignIn { .. } => Code::CredentialsRefused,
            TamsError::NotFound { .. } => Code::NotFound,
            TamsError::InvalidSettings { .. } | TamsError::InvalidInput { .. } => Code::BadInput,
            TamsError::Unsupported { .. } => Code::Unsupported,
            TamsError::TransferRefused { status, .. }
                if *status >= 500 || matches!(status, 408 | 429) =>
            {
                Code::Unreachable
            }
            TamsError::NoCopy { .. } | TamsError::TransferRefused { .. } => Code::MissingObject,
            TamsError::Integrity { .. } => Code::Damaged,
            TamsError::File { path, source, .. } => return Self::io(path.display(), source),
            _ => Code::Refused,
        };
        Self {
            retryable: error.is_retryable(),
            ..Self::new(code, error.to_string(), error.hint())
        }
    }
}
