//! Who owns a workspace: the one process with its window open.
//!
//! The owner holds the operating system's lock on `owner.lock`, which goes with the process however
//! it ends. Beside it, `owner.json` says where the owner's server listens; it is a hint and never
//! decides who owns, so whatever stands in it, nobody is kept out by a process that is gone.

use crate::records::date;
use crate::{Code, Failure, SystemClock};
use loopback::Token;
use mediatime::Clock;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

const LOCK: &str = "owner.lock";
const ANNOUNCEMENT: &str = "owner.json";
/// Prefix of an announcement that is still written.
const PARTIAL: &str = ".owner-";
/// What an owner announces is a tenth of this.
const LONGEST: u64 = 4 << 10;
/// How long an owner may take to show its window. It may just be starting.
const ANSWER: Duration = Duration::from_secs(3);
/// Pause between two attempts while it starts.
const PAUSE: Duration = Duration::from_millis(50);

/// The right to a workspace's window, until it is dropped.
#[derive(Debug)]
pub(crate) struct Owner {
    dir: PathBuf,
    started: String,
    /// Closing it gives the workspace free.
    _lock: File,
}

/// What asking for a workspace came to.
#[derive(Debug)]
pub(crate) enum Taken {
    /// This process owns it now.
    Owner(Owner),
    /// Another process does.
    Other(OtherOwner),
}

/// The process that owns a workspace, when it is another one.
#[derive(Debug)]
pub(crate) struct OtherOwner {
    dir: PathBuf,
}

/// What an owner says of itself.
#[derive(Serialize, Deserialize)]
struct Announcement {
    pid: u32,
    /// RFC 3339.
    started: String,
    /// Where its server listens, once it does.
    #[serde(flatten)]
    server: Option<Server>,
}

#[derive(Serialize, Deserialize)]
struct Server {
    address: SocketAddr,
    token: String,
}

impl Owner {
    /// Takes the workspace in `dir`, making the folder when it is missing. Never waits. Of processes
    /// that ask at the same time exactly one gets it.
    ///
    /// # Errors
    /// The folder can't be written, or its file system knows no locks.
    pub(crate) fn take(dir: &Path) -> Result<Taken, Failure> {
        std::fs::create_dir_all(dir).map_err(|error| Failure::io(dir.display(), &error))?;
        let path = dir.join(LOCK);
        let failed = |error: std::io::Error| Failure::io(path.display(), &error);
        let lock = private().open(&path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Ok(Taken::Other(OtherOwner {
                    dir: dir.to_owned(),
                }));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let owner = Self {
            dir: dir.to_owned(),
            started: date(SystemClock.now()),
            _lock: lock,
        };
        // What a dead owner announced must lead nobody astray while this one starts.
        owner.write(None)?;
        Ok(Taken::Owner(owner))
    }

    /// Says where this process can be asked to show its window: `POST /TOKEN/raise`.
    ///
    /// # Errors
    /// The workspace can't be written.
    pub(crate) fn announce(&self, address: SocketAddr, token: &Token) -> Result<(), Failure> {
        self.write(Some(Server {
            address,
            token: token.expose().to_owned(),
        }))
    }

    /// Replaces the announcement as a whole; only this user can read it.
    fn write(&self, server: Option<Server>) -> Result<(), Failure> {
        let path = self.dir.join(ANNOUNCEMENT);
        let failed = |error: std::io::Error| Failure::io(path.display(), &error);
        let text = serde_json::to_vec(&Announcement {
            pid: std::process::id(),
            started: self.started.clone(),
            server,
        })
        .map_err(Failure::internal)?;
        let mut file = tempfile::Builder::new()
            .prefix(PARTIAL)
            .tempfile_in(&self.dir)
            .map_err(failed)?;
        file.write_all(&text).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // It goes before the lock does, or it could be the next owner's.
        if let Err(error) = std::fs::remove_file(self.dir.join(ANNOUNCEMENT)) {
            tracing::debug!(%error, "the owner's announcement can't be removed");
        }
    }
}

impl OtherOwner {
    /// Asks the owner to show its window, and waits for it when it is just starting: 3 s at most.
    ///
    /// # Errors
    /// [`Code::Busy`] naming the process when it is alive and does not answer.
    pub(crate) async fn raise(&self) -> Result<(), Failure> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(Failure::internal)?;
        let raised = tokio::time::timeout(ANSWER, async {
            while !self.ask(&client).await {
                tokio::time::sleep(PAUSE).await;
            }
        });
        raised.await.map_err(|_| self.does_not_answer())
    }

    /// Asks once, where the owner says it listens now.
    async fn ask(&self, client: &reqwest::Client) -> bool {
        let Some(server) = self.announcement().and_then(|said| said.server) else {
            return false;
        };
        let url = format!("http://{}/{}/raise", server.address, server.token);
        match client.post(url).send().await {
            Ok(answer) => answer.status().is_success(),
            Err(error) => {
                tracing::debug!(error = %error.without_url(), "the owner does not answer yet");
                false
            }
        }
    }

    /// What the owner says of itself; nothing when that makes no sense. A token is sent to this
    /// machine alone.
    fn announcement(&self) -> Option<Announcement> {
        let mut text = String::new();
        let file = File::open(self.dir.join(ANNOUNCEMENT)).ok()?;
        file.take(LONGEST).read_to_string(&mut text).ok()?;
        let mut said: Announcement = serde_json::from_str(&text).ok()?;
        said.server = said.server.filter(|server| {
            server.address.ip().is_loopback() && Token::new(server.token.as_str()).is_ok()
        });
        Some(said)
    }

    fn does_not_answer(&self) -> Failure {
        let dir = self.dir.display();
        let (who, hint) = match self.announcement() {
            Some(Announcement { pid, started, .. }) => (
                format!("process {pid}, at work since {started},"),
                format!("Close its window, or end process {pid}; then start again."),
            ),
            None => (
                "another process".to_owned(),
                "Close the other window; then start again.".to_owned(),
            ),
        };
        Failure {
            title: "The workspace is open in another window".to_owned(),
            ..Failure::new(
                Code::Busy,
                format!("{who} has {dir} open and does not answer"),
                hint,
            )
        }
    }
}

/// How the lock file is opened: made when it is missing, for this user alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

#[cfg(test)]
mod tests;
