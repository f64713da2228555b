//! A headless Chromium with a profile of its own, both gone when it is dropped.

use super::devtools::DevTools;
use crate::{Code, Failure};
use serde_json::{Value, json};
use std::fmt;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use url::Url;

/// A cold start on a busy machine takes seconds.
const START: Duration = Duration::from_secs(45);
const CLOSE: Duration = Duration::from_secs(5);
/// A killed process is gone within milliseconds, and its children soon after.
const GONE: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// What Chromium writes when its DevTools listen.
const LISTENING: &str = "DevTools listening on ";
/// It says so long before it has written this much.
const START_BYTES: u64 = 1 << 20;
/// Its last lines go into the message when it does not start.
const LAST_LINES: usize = 4;

/// No network but the page's, no sound, no first-run screens, nothing of the user's.
const FLAGS: [&str; 18] = [
    "--headless=new",
    "--remote-debugging-port=0",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    DISABLED_FEATURES,
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--mute-audio",
    "--no-first-run",
    "--no-proxy-server",
    "--password-store=basic",
    "--use-mock-keychain",
];

/// The last two would give a page that is left a new process, where its last requests are made
/// without the emulated user agent and unseen.
const DISABLED_FEATURES: &str =
    "--disable-features=MediaRouter,OptimizationHints,Translate,BackForwardCache,RenderDocument";

/// A running Chromium.
pub(super) struct Browser {
    control: Mutex<DevTools>,
    version: String,
    /// `ws://` and the address of the DevTools.
    devtools: String,
    process: Process,
}

/// The process and its profile folder.
struct Process {
    child: Child,
    profile: TempDir,
    /// Empties what it writes, or it would stand still when the pipe is full.
    drain: Option<JoinHandle<()>>,
}

impl Browser {
    /// Starts the program at `chromium`.
    ///
    /// # Errors
    /// It can't be run, ends at once, or its DevTools do not answer in time.
    pub(super) async fn start(chromium: &Path) -> Result<Self, Failure> {
        let starting = Self::start_slowly(chromium);
        let started = tokio::time::timeout(START, starting).await;
        started.unwrap_or_else(|_| {
            Err(did_not_start(
                chromium,
                format!("not ready after {} s", START.as_secs()),
            ))
        })
    }

    async fn start_slowly(chromium: &Path) -> Result<Self, Failure> {
        let (mut process, stderr) =
            Process::spawn(chromium).map_err(|error| did_not_start(chromium, error))?;
        let mut stderr = BufReader::new(stderr.take(START_BYTES));
        let control = listening(&mut stderr)
            .await
            .map_err(|why| did_not_start(chromium, why))?;
        process.drain(stderr.into_inner().into_inner());
        let mut devtools = DevTools::connect(control.as_str()).await?;
        let about = devtools.call("Browser.getVersion", json!({})).await?;
        let product = about["product"].as_str().unwrap_or_default();
        let version = product.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(Self {
            control: Mutex::new(devtools),
            version,
            devtools: format!("ws://{}", control.authority()),
            process,
        })
    }

    /// `156.0.8078.79`
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// A new page that shares no cookie, cache or storage with any other.
    pub(super) async fn page(&self) -> Result<DevTools, Failure> {
        let mut control = self.control.lock().await;
        let context = control
            .call("Target.createBrowserContext", json!({}))
            .await?;
        let target = control
            .call(
                "Target.createTarget",
                json!({ "url": "about:blank", "browserContextId": context["browserContextId"] }),
            )
            .await?;
        drop(control);
        let id = target["targetId"].as_str().unwrap_or_default();
        DevTools::connect(&format!("{}/devtools/page/{id}", self.devtools)).await
    }

    /// Ends it, by force when it takes too long.
    pub(super) async fn close(mut self) {
        let closing = async {
            let mut control = self.control.lock().await;
            let answer = control.call("Browser.close", json!({})).await;
            let ended = self.process.child.wait().await;
            answer
                .map(|_: Value| ())
                .and(ended.map_err(Failure::internal).map(|_| ()))
        };
        match tokio::time::timeout(CLOSE, closing).await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => tracing::debug!(%failure, "Chromium is killed"),
            Err(_) => tracing::debug!("Chromium did not end, and is killed"),
        }
    }
}

impl Process {
    fn spawn(chromium: &Path) -> io::Result<(Self, ChildStderr)> {
        let profile = tempfile::Builder::new()
            .prefix("stringout-chromium-")
            .tempdir()?;
        let mut command = Command::new(chromium);
        command.args(FLAGS);
        if belongs_to_root(profile.path()) {
            // Chromium refuses to run as root with its sandbox.
            command.arg("--no-sandbox");
        }
        let mut folder = std::ffi::OsString::from("--user-data-dir=");
        folder.push(profile.path());
        command
            .arg(folder)
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn()?;
        let stderr = child.stderr.take();
        let process = Self {
            child,
            profile,
            drain: None,
        };
        let stderr = stderr.ok_or_else(|| io::Error::other("its messages can't be read"))?;
        Ok((process, stderr))
    }

    fn drain(&mut self, mut stderr: ChildStderr) {
        self.drain = Some(tokio::spawn(async move {
            if let Err(error) = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await {
                tracing::debug!(%error, "Chromium's messages can't be read");
            }
        }));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(drain) = self.drain.take() {
            drain.abort();
        }
        let killed = self.child.start_kill();
        let deadline = Instant::now() + GONE;
        let in_time = || {
            std::thread::sleep(LOOK_AGAIN);
            Instant::now() < deadline
        };
        while killed.is_ok() && matches!(self.child.try_wait(), Ok(None)) && in_time() {}
        // Its children may write a little longer.
        while let Err(error) = remove(self.profile.path()) {
            if !in_time() {
                tracing::warn!(%error, path = %self.profile.path().display(), "can't remove Chromium's folder");
                break;
            }
        }
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The address of its DevTools, which must be on this machine alone.
async fn listening(stderr: &mut (impl AsyncBufReadExt + Unpin)) -> Result<Url, String> {
    let mut last: Vec<String> = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = stderr.read_until(b'\n', &mut line).await;
        if read.map_err(|error| error.to_string())? == 0 {
            return Err(format!("it ended: {}", last.join(" / ")));
        }
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        if let Some(address) = text.strip_prefix(LISTENING) {
            return local(address).ok_or_else(|| format!("it listens on {address}"));
        }
        if last.len() == LAST_LINES {
            last.remove(0);
        }
        last.push(text);
    }
}

fn local(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let is_loopback = match url.host()? {
        url::Host::Ipv4(ip) => ip.is_loopback(),
        url::Host::Ipv6(ip) => ip.is_loopback(),
        url::Host::Domain(name) => name == "localhost",
    };
    (url.scheme() == "ws" && is_loopback).then_some(url)
}

/// Whether this process is root: its new folder belongs to whom it acts as.
#[cfg(unix)]
fn belongs_to_root(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(folder).is_ok_and(|facts| facts.uid() == 0)
}

#[cfg(not(unix))]
fn belongs_to_root(_folder: &Path) -> bool {
    false
}

fn did_not_start(chromium: &Path, why: impl fmt::Display) -> Failure {
    Failure {
        title: "The browser did not start".to_owned(),
        ..Failure::new(
            Code::Internal,
            format!("{}: {why}", chromium.display()),
            "Name a Chromium that works in STRINGOUT_CHROMIUM, or set it to nothing to use none.",
        )
    }
}
