//! Prism, which holds every request and answer between a client and a TAMS server against the OpenAPI
//! document of TAMS 8.2.
//!
//! Prism is the judge here and not the carrier, for it changes what it carries: text bodies lose their
//! quotes, `HEAD` fails, links lead past it. So a relay on both sides of it keeps every message and
//! hands on the original, unless Prism complains. What it can't judge: answers to `HEAD`, and the
//! bodies `false`, `0` and `null`, which it takes for no body.

mod relay;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::folders;
use crate::server_process::ServerProcess;
use relay::{Relay, Side};

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the port is tried until it is open.
const POLL: Duration = Duration::from_millis(50);

/// A server seen through Prism. Ends when dropped.
///
/// URLs of objects lead past it, to the server itself: the document knows nothing of them.
#[derive(Debug)]
pub struct Prism {
    url: String,
    relay: Arc<Relay>,
    _process: ServerProcess,
    _folder: TempDir,
}

impl Prism {
    /// Puts Prism in front of the server at `base_url`, `http://HOST:PORT`.
    ///
    /// # Panics
    /// When Prism isn't installed, with the command that installs it; or when it doesn't start, with
    /// what it said.
    pub fn in_front_of(base_url: &str) -> Self {
        let server = base_url
            .strip_prefix("http://")
            .expect("a server on this machine")
            .trim_end_matches('/');
        let folder = tempfile::tempdir().expect("a temporary folder");
        let bind = || TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = |listener: &TcpListener| {
            let bound = listener.local_addr().expect("it is bound");
            bound.to_string()
        };
        let (front, back) = (bind(), bind());
        let (process, prism) = start(&address(&back), &folder.path().join("log"));
        let relay = Relay::new(address(&front), address(&back), prism, server.to_owned());
        let relay = Arc::new(relay);
        for (listener, side) in [(front, Side::Client), (back, Side::Server)] {
            let relay = Arc::clone(&relay);
            thread::spawn(move || relay.accept(&listener, side));
        }
        Self {
            url: format!("http://{}", relay.front()),
            relay,
            _process: process,
            _folder: folder,
        }
    }

    /// Where clients find the server, `http://HOST:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What requests and answers have done against the document so far, in order: method, target and
    /// Prism's words.
    ///
    /// # Panics
    /// When a relaying thread has panicked.
    pub fn violations(&self) -> Vec<String> {
        self.relay.violations()
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        self.relay.end();
    }
}

/// Starts Prism and answers its `HOST:PORT`. Another process may take a free port before it does:
/// then others are tried.
fn start(server: &str, log: &Path) -> (ServerProcess, String) {
    for _ in 0..3 {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("it is bound").port();
        drop(free);
        let mut process = spawn(server, port, log);
        let address = format!("127.0.0.1:{port}");
        let deadline = Instant::now() + PATIENCE;
        while process.ended().is_none() {
            if TcpStream::connect(&address).is_ok() {
                return (process, address);
            }
            assert!(
                Instant::now() < deadline,
                "Prism is not ready:\n{}",
                text(log)
            );
            thread::sleep(POLL);
        }
    }
    panic!("Prism did not start:\n{}", text(log));
}

fn spawn(server: &str, port: u16, log: &Path) -> ServerProcess {
    let output = fs::File::options()
        .create(true)
        .append(true)
        .open(log)
        .expect("our own folder");
    let errors = output.try_clone().expect("a file can be shared");
    let mut command = Command::new("node");
    command
        .arg(program())
        .args(["proxy", "--errors", "--cors=false", "--host", "127.0.0.1"])
        .args(["--port", &port.to_string()])
        .arg(folders::repository().join("assets/tams-8.2/TimeAddressableMediaStore.yaml"))
        .arg(format!("http://{server}"))
        .stdout(Stdio::from(output))
        .stderr(Stdio::from(errors));
    ServerProcess::spawn(&mut command, &[])
}

fn program() -> PathBuf {
    let program = folders::cache()
        .join("tools/prism/node_modules/@stoplight/prism-cli")
        .join("dist/index.js");
    assert!(
        program.is_file(),
        "{} is missing: run `cargo xtask setup --test`",
        program.display()
    );
    program
}

fn text(log: &Path) -> String {
    fs::read_to_string(log).unwrap_or_default()
}
