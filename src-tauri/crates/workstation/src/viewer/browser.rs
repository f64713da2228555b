//! A headless Chromium with a profile of its own, both gone when it is dropped.

use super::devtools::DevTools;
use crate::{Code, Failure};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{Mutex, oneshot};
use url::Url;

/// A cold start on a busy machine takes seconds.
const START: Duration = Duration::from_secs(45);
const CLOSE: Duration = Duration::from_secs(5);
/// A killed process is gone within milliseconds, and its children soon after.
const GONE: Duration = Duration::from_secs(2);

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

impl Browser {
    /// Starts the program at `chromium`.
    ///
    /// # Errors
    /// It can't be run, ends at once, or its DevTools do not answer in time.
    pub(super) async fn start(chromium: &Path) -> Result<Self, Failure> {
        let started = tokio::time::timeout(START, Self::start_slowly(chromium)).await;
        started.unwrap_or_else(|_| {
            let why = format!("not ready after {} s", START.as_secs());
            Err(did_not_start(chromium, why))
        })
    }

    async fn start_slowly(chromium: &Path) -> Result<Self, Failure> {
        let (process, address) =
            Process::spawn(chromium).map_err(|error| did_not_start(chromium, error))?;
        let address = address.await.map_err(Failure::internal)?;
        let control = address.map_err(|why| did_not_start(chromium, why))?;
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
    pub(super) async fn page(&self) -> Result<(DevTools, Context), Failure> {
        let mut control = self.control.lock().await;
        let mut made = control
            .call("Target.createBrowserContext", json!({}))
            .await?;
        let context = Context(made["browserContextId"].take());
        let params = json!({ "url": "about:blank", "browserContextId": context.0 });
        let target = control.call("Target.createTarget", params).await?;
        drop(control);
        let id = target["targetId"].as_str().unwrap_or_default();
        let devtools = DevTools::connect(&format!("{}/devtools/page/{id}", self.devtools)).await?;
        Ok((devtools, context))
    }

    /// Closes a page and forgets what it stored.
    pub(super) async fn forget(&self, Context(id): Context) -> Result<(), Failure> {
        let mut control = self.control.lock().await;
        let params = json!({ "browserContextId": id });
        let forgotten = control.call("Target.disposeBrowserContext", params).await;
        forgotten.map(|_| ())
    }

    /// Ends it, by force when it takes too long.
    pub(super) async fn close(self) {
        let Self {
            control, process, ..
        } = self;
        let mut control = control.into_inner();
        let closing = control.call("Browser.close", json!({}));
        if !matches!(tokio::time::timeout(CLOSE, closing).await, Ok(Ok(_))) {
            tracing::debug!("Chromium does not close by itself");
        }
        let ended = tokio::task::spawn_blocking(move || process.is_gone_within(CLOSE)).await;
        if !matches!(ended, Ok(true)) {
            tracing::debug!("Chromium was killed");
        }
    }
}

/// What a page stores, apart from all others: the id of a browser context.
pub(super) struct Context(Value);

/// The process and all its children, which die with it.
struct Process {
    child: Child,
    /// Disconnected when all of them have ended and the profile is removed.
    gone: std::sync::Mutex<mpsc::Receiver<()>>,
}

type Address = Result<Url, String>;

impl Process {
    /// Starts it with a new profile, and tells where its DevTools listen.
    fn spawn(chromium: &Path) -> io::Result<(Self, oneshot::Receiver<Address>)> {
        let profile = tempfile::Builder::new()
            .prefix("stringout-chromium-")
            .tempdir()?;
        let mut command = Command::new(chromium);
        command.args(FLAGS);
        if belongs_to_root(profile.path()) {
            // Chromium refuses to run as root with its sandbox.
            command.arg("--no-sandbox");
        }
        let mut folder = OsString::from("--user-data-dir=");
        folder.push(profile.path());
        command.arg(folder).arg("about:blank");
        let streams = command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = streams.stderr(Stdio::piped()).spawn()?;
        let stderr = child.stderr.take();
        let (is_gone, gone) = mpsc::channel();
        let process = Self {
            child,
            gone: gone.into(),
        };
        let stderr = stderr.ok_or_else(|| io::Error::other("its messages can't be read"))?;
        let (found, address) = oneshot::channel();
        std::thread::Builder::new()
            .name("chromium".to_owned())
            .spawn(move || {
                attend(stderr, found, profile);
                drop(is_gone);
            })?;
        Ok((process, address))
    }

    fn is_gone_within(&self, time: Duration) -> bool {
        let gone = self.gone.lock();
        gone.is_ok_and(|gone| gone.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Disconnected))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            tracing::debug!(%error, "Chromium can't be killed");
        }
        if !self.is_gone_within(GONE) {
            tracing::warn!("processes of Chromium live on");
        }
    }
}

/// Reads the messages of a Chromium until its last process has ended, or it would stand still when
/// the pipe is full; then nobody writes into the profile any more.
fn attend(stderr: ChildStderr, found: oneshot::Sender<Address>, profile: TempDir) {
    let mut stderr = BufReader::new(stderr);
    let address = listening(&mut stderr.by_ref().take(START_BYTES));
    // Who asked may have given up.
    let _ = found.send(address);
    if let Err(error) = io::copy(&mut stderr, &mut io::sink()) {
        tracing::debug!(%error, "Chromium's messages can't be read");
    }
    if let Err(error) = profile.close() {
        tracing::warn!(%error, "can't remove the folder of a Chromium");
    }
}

/// The address of its DevTools, which must be on this machine alone.
fn listening(messages: &mut impl BufRead) -> Address {
    let mut last: Vec<String> = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = messages.read_until(b'\n', &mut line);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn listens(said: &str) -> Address {
        listening(&mut said.as_bytes())
    }

    #[test]
    fn devtools_listen_on_this_machine_alone() {
        let url =
            listens("noise\n\nDevTools listening on ws://127.0.0.1:4711/devtools/browser/a\n");
        assert_eq!(url.unwrap().authority(), "127.0.0.1:4711");
        assert!(listens("DevTools listening on ws://[::1]:4711/x").is_ok());
        for elsewhere in [
            "ws://192.0.2.7:4711/x",
            "ws://browser.example/x",
            "http://127.0.0.1:1/x",
            "?",
        ] {
            let refused = listens(&format!("DevTools listening on {elsewhere}\n"));
            assert_eq!(refused, Err(format!("it listens on {elsewhere}")));
        }
    }

    #[test]
    fn a_browser_that_ends_at_once_has_the_last_word() {
        let said = listens("1\n2\n3\n4\nno usable sandbox\n");
        let expected = "it ended: 2 / 3 / 4 / no usable sandbox".to_owned();
        assert_eq!(said, Err(expected));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn neither_process_nor_profile_outlives_it() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("program");
        let script = "#!/bin/sh\necho \"DevTools listening on $*\" >&2\nexec sleep 600\n";
        // Another process writes it: a file that is open for writing anywhere can't be run.
        let written = Command::new("sh")
            .args(["-c", r#"printf %s "$1" >"$0" && chmod +x "$0""#])
            .arg(&program)
            .arg(script)
            .status();
        assert!(written.unwrap().success());

        let (process, address) = Process::spawn(&program).unwrap();
        let said = address.await.unwrap().unwrap_err();
        let flags: Vec<&str> = said.split(' ').collect();
        let as_root = belongs_to_root(dir.path());
        assert_eq!(flags.contains(&"--no-sandbox"), as_root);
        let profile = flags
            .iter()
            .find_map(|flag| flag.strip_prefix("--user-data-dir="));
        let profile = Path::new(profile.unwrap());
        assert!(profile.is_dir());
        assert!(!process.is_gone_within(Duration::ZERO));
        drop(process);
        assert!(!profile.exists());
    }
}
