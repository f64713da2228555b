//! SeaweedFS: a real S3 server, with signatures, checksums, multipart uploads and conditional writes,
//! on this machine's loopback.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use crate::folders;
use crate::s3::Bucket;
use crate::server_process::ServerProcess;

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often an answer is asked for until there is one.
const POLL: Duration = Duration::from_millis(50);

/// A running server with one bucket.
#[derive(Debug)]
pub struct SeaweedFs {
    /// `http://127.0.0.1:PORT`.
    pub endpoint: String,
    /// The access key of its one user, who may do everything.
    pub access_key: String,
    /// That user's secret key.
    pub secret_key: String,
    /// The region it takes signatures for.
    pub region: String,
    /// A bucket that exists.
    pub bucket: String,
    ports: Vec<u16>,
    folder: PathBuf,
    process: ServerProcess,
}

impl SeaweedFs {
    /// The server that all tests of this process share. It ends with the process.
    ///
    /// # Panics
    /// As [`Self::start`] does.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<SeaweedFs> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Starts a server of the test's own, for tests that crash it. It ends when dropped.
    ///
    /// # Panics
    /// When it isn't installed, with the command that installs it; or when it doesn't start, with its
    /// log.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("stringout-seaweed-")
            .tempdir()
            .expect("a temporary folder")
            .keep();
        let (access_key, secret_key) = ("stringout-test", "not-a-secret");
        let identities = serde_json::json!({"identities": [{
            "name": "test",
            "credentials": [{"accessKey": access_key, "secretKey": secret_key}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }]});
        fs::create_dir(folder.join("data")).expect("a new folder");
        fs::write(folder.join("s3.json"), identities.to_string()).expect("a new folder");
        // Another process may take a free port before the server does: then try others.
        for _ in 0..3 {
            let ports = free_ports();
            let process = spawn(&folder, &ports);
            let mut server = Self {
                endpoint: format!("http://127.0.0.1:{}", ports[0]),
                access_key: access_key.to_owned(),
                secret_key: secret_key.to_owned(),
                region: "us-east-1".to_owned(),
                bucket: "stringout".to_owned(),
                ports,
                folder: folder.clone(),
                process,
            };
            if server.wait_until_ready() {
                return server;
            }
            server.process.crash();
        }
        panic!("SeaweedFS did not start:\n{}", log(&folder));
    }

    /// The bucket, for looking into it.
    pub fn bucket(&self) -> Bucket {
        self.bucket_at(&format!("127.0.0.1:{}", self.ports[0]))
    }

    /// The bucket as reached through `address`, a proxy's for example.
    pub fn bucket_at(&self, address: &str) -> Bucket {
        Bucket {
            address: address.to_owned(),
            name: self.bucket.clone(),
            access_key: self.access_key.clone(),
            secret_key: self.secret_key.clone(),
            region: self.region.clone(),
        }
    }

    /// Kills the server as a power cut would. What it had confirmed is on its disk.
    pub fn crash(&mut self) {
        self.process.crash();
    }

    /// Starts it again, with the same data at the same address.
    ///
    /// # Panics
    /// When it doesn't start, with its log.
    pub fn restart(&mut self) {
        self.process = spawn(&self.folder, &self.ports);
        assert!(
            self.wait_until_ready(),
            "SeaweedFS did not restart:\n{}",
            log(&self.folder)
        );
    }

    /// Waits until an object can be written and read; `false` if the server has ended instead.
    fn wait_until_ready(&mut self) -> bool {
        let bucket = self.bucket();
        let deadline = Instant::now() + PATIENCE;
        let works = || {
            let status = |method, key| {
                bucket
                    .try_ask(method, key, &[], &[], b"")
                    .map(|answer| answer.status)
            };
            matches!(status("PUT", ""), Ok(200 | 409))
                && matches!(status("PUT", ".ready"), Ok(200))
                && matches!(status("DELETE", ".ready"), Ok(204))
        };
        while !works() {
            if self.process.ended().is_some() {
                return false;
            }
            assert!(
                Instant::now() < deadline,
                "SeaweedFS is not ready:\n{}",
                log(&self.folder)
            );
            thread::sleep(POLL);
        }
        true
    }
}

impl Drop for SeaweedFs {
    /// A server that was crashed and not started again has left its files to us.
    fn drop(&mut self) {
        if self.process.ended().is_some() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn spawn(folder: &Path, ports: &[u16]) -> ServerProcess {
    let [
        s3,
        s3_grpc,
        master,
        master_grpc,
        volume,
        volume_grpc,
        filer,
        filer_grpc,
    ] = ports
    else {
        panic!("eight ports, not {}", ports.len());
    };
    let log = fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))
        .expect("our own folder");
    let mut command = Command::new(folders::venv_program("weed"));
    command.args([
        "-logtostderr=true",
        "server",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
    ]);
    command.arg(format!("-dir={}", folder.join("data").display()));
    command.arg(format!("-s3.config={}", folder.join("s3.json").display()));
    for (name, port) in [
        ("s3.port", s3),
        ("s3.port.grpc", s3_grpc),
        ("master.port", master),
        ("master.port.grpc", master_grpc),
        ("volume.port", volume),
        ("volume.port.grpc", volume_grpc),
        ("filer.port", filer),
        ("filer.port.grpc", filer_grpc),
    ] {
        command.arg(format!("-{name}={port}"));
    }
    // A master alone needs no long election; fewer volumes than eight are too few for a bucket.
    command.args([
        "-master.electionTimeout=500ms",
        "-master.heartbeatInterval=100ms",
    ]);
    command.args([
        "-master.volumeSizeLimitMB=256",
        "-volume.max=32",
        "-filer",
        "-s3",
    ]);
    command.args([
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-master.telemetry=false",
    ]);
    command.stdout(Stdio::null()).stderr(log);
    let mut files = vec![folder.to_path_buf()];
    // It leaves sockets behind, named by its ports.
    for (name, port) in [
        ("s3", s3),
        ("s3-grpc", s3_grpc),
        ("master-grpc", master_grpc),
        ("volume-grpc", volume_grpc),
        ("filer", filer),
        ("filer-grpc", filer_grpc),
    ] {
        files.push(PathBuf::from(format!("/tmp/seaweedfs-{name}-{port}.sock")));
    }
    ServerProcess::spawn(&mut command, &files)
}

/// Eight ports that nobody uses, all different.
fn free_ports() -> Vec<u16> {
    let listeners: Vec<TcpListener> = (0..8)
        .map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"))
        .collect();
    let port = |listener: &TcpListener| listener.local_addr().expect("it is bound").port();
    listeners.iter().map(port).collect()
}

fn log(folder: &Path) -> String {
    let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
