//! A workspace with a store and a server, which publishes a film there.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::fault_proxy::{FaultProxy, Requests as Stored};
use tests::media::{MediaSpec, generate};
use tests::s3::Bucket;
use tests::seaweed::SeaweedFs;
use tests::stringout::Stringout;
use tests::tams_server::{Dialect, Requests, TamsServer};
use tests::tool::{run, tool};
use uuid::Uuid;

/// How long a work may take to come to its end.
const LIMIT: Duration = Duration::from_secs(90);

/// From where on files are sent in parts of 16 MiB.
pub(crate) const LARGE: usize = 40 << 20;

/// Everything that a published film reaches.
pub(crate) struct World {
    pub(crate) stringout: Stringout,
    pub(crate) server: TamsServer,
    store: FaultProxy,
    bucket: Bucket,
    prefix: String,
    film: PathBuf,
    folder: tempfile::TempDir,
}

/// What was confirmed before a kill.
pub(crate) struct Confirmed {
    /// By the store.
    pub(crate) video: bool,
    /// The film's bytes, by the server, and that is known here.
    pub(crate) object: bool,
    /// Its segment.
    pub(crate) segment: bool,
}

impl Confirmed {
    pub(crate) fn at(place: &str) -> Self {
        // The second entry is the one for the server.
        let segment = [
            "mirror.segment-there",
            "mirror.closed",
            "outbox.confirmed:2",
        ];
        let segment = segment.contains(&place);
        let sent = [
            "upload.put",
            "upload.completed",
            "upload.proven",
            "upload.companion",
            "outbox.confirmed",
        ];
        let later = place.starts_with("mirror.") || place == "outbox.leased:2";
        Self {
            video: later || sent.iter().any(|known| place.starts_with(known)),
            object: segment || place == "mirror.name-kept",
            segment,
        }
    }
}

impl World {
    /// Publishes a film of some kilobytes, or of [`LARGE`] bytes and more.
    pub(crate) fn new(large: bool) -> Self {
        let seaweed = SeaweedFs::shared();
        let server = TamsServer::start(Dialect::Aws81);
        let store = FaultProxy::start(&seaweed.endpoint);
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("workspace");
        fs::create_dir(&workspace).unwrap();
        let prefix = format!("faults/{}", Uuid::new_v4());
        let config = format!(
            "[s3.films]\nendpoint = \"{}\"\nbucket = \"{}\"\nregion = \"{}\"\nprefix = \"{prefix}\"\n\
             access_key = \"{}\"\n\n[tams.studio]\nurl = \"{}\"\ndefault = true\n",
            store.endpoint,
            seaweed.bucket,
            seaweed.region,
            seaweed.access_key,
            server.url(),
        );
        fs::write(workspace.join("config.toml"), config).unwrap();
        let small = generate(&MediaSpec::small(41));
        let film = folder.path().join("film.mp4");
        fs::copy(small, &film).unwrap();
        if large {
            append_noise(&film, LARGE);
        }
        Self {
            stringout: Stringout::in_workspace(&workspace)
                .with("STRINGOUT_S3_FILMS_SECRET_KEY", &seaweed.secret_key),
            server,
            store,
            bucket: seaweed.bucket(),
            prefix,
            film,
            folder,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn publish(&self) -> [&str; 6] {
        let film = self.film.to_str().unwrap();
        ["publish", film, "--label", "Film", "--wait", "--json"]
    }

    /// Runs the program until it stands still at a place, kills it there, and lets the next ones come to
    /// the end of it.
    #[track_caller]
    pub(crate) fn killed_at(&self, place: &str) {
        let reached = self.path(&format!("reached-{}", place.replace(':', "-")));
        let doomed = Stringout::in_workspace(&self.path("workspace"))
            .with(
                "STRINGOUT_S3_FILMS_SECRET_KEY",
                &SeaweedFs::shared().secret_key,
            )
            .with("STRINGOUT_FAILPOINT", place)
            .with("STRINGOUT_FAILPOINT_FILE", &reached);
        let mut running = doomed.start(self.publish());
        running.wait_until(place, || reached.exists());
        running.process().crash();
    }

    /// Works on until nothing is left to do.
    #[track_caller]
    pub(crate) fn converge(&self) {
        let begun = Instant::now();
        loop {
            let answer = self.stringout.run(self.publish());
            if answer.code == Some(0) {
                return;
            }
            assert!(begun.elapsed() < LIMIT, "{answer}");
        }
    }

    /// Expects exactly one of everything, whole, and nothing beside it.
    #[track_caller]
    pub(crate) fn assert_once(&self, case: &str) {
        assert_eq!(self.stringout.json(["outbox"]), json!([]), "{case}");
        let records = self.stringout.json(["compilations"]);
        assert_eq!(records.as_array().unwrap().len(), 1, "{case}: {records:#}");
        let record = &records[0];
        let keys = self.bucket.list(&self.prefix);
        let videos: Vec<&String> = keys.iter().filter(|key| key.ends_with(".mp4")).collect();
        assert_eq!(videos.len(), 1, "{case}: {keys:?}");
        // With its poster and its record beside it.
        assert_eq!(keys.len(), 3, "{case}: {keys:?}");
        let stored = self.bucket.get(videos[0]).unwrap();
        let digest = Sha256::digest(&stored);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(record["sha256"], hex, "{case}");
        assert!(
            stored == fs::read(&self.film).unwrap(),
            "{case}: other bytes"
        );
        let open = self.bucket.uploads();
        assert!(
            !open.iter().any(|(key, _)| key.starts_with(&self.prefix)),
            "{case}: {open:?}"
        );
        self.assert_at_server(record, case);
        self.assert_sound(case);
    }

    /// One flow with one segment at the server, with the film's bytes.
    #[track_caller]
    fn assert_at_server(&self, record: &Value, case: &str) {
        let id = record["id"].as_str().unwrap();
        let whole = self.stringout.json(["compilations", id]);
        let segments = self.server.segments(whole["flow_id"].as_str().unwrap());
        assert_eq!(segments.len(), 1, "{case}: {segments:#?}");
        let flows = self.server.flows();
        assert_eq!(flows.len(), 3, "{case}: {flows:#?}");
        assert!(
            flows.iter().all(|flow| flow["status"] != "ingesting"),
            "{case}: {flows:#?}"
        );
        let objects = self.server.objects();
        let used: Vec<_> = objects.iter().filter(|object| object.registered).collect();
        assert_eq!(used.len(), 1, "{case}");
        assert_eq!(used[0].id, segments[0].object_id, "{case}");
        assert!(
            used[0].bytes.as_ref() == Some(&fs::read(&self.film).unwrap()),
            "{case}: other bytes are at the server"
        );
    }

    /// What a remote had confirmed before the kill went there once in all: the remote was asked before it
    /// was repeated.
    #[track_caller]
    pub(crate) fn assert_sent_once(&self, confirmed: &Confirmed, case: &str) {
        if confirmed.video {
            let size = fs::metadata(&self.film).unwrap().len();
            let sent = self.store.sent(&Stored::of("PUT").holding(".mp4"));
            assert!(
                sent < size + size / 20 + 4096,
                "{case}: {sent} bytes of {size}"
            );
        }
        if confirmed.object {
            let sent = self.server.count(&Requests::to_media().of("PUT"));
            assert_eq!(sent, 1, "{case}: the object was sent again");
        }
        if confirmed.segment {
            let posts = Requests::to_api().of("POST").holding("/segments");
            assert_eq!(self.server.count(&posts), 1, "{case}: registered again");
        }
    }

    /// The databases are whole, by another program than ours.
    #[track_caller]
    pub(crate) fn assert_sound(&self, case: &str) {
        for file in ["work.db", "library.db", "node/node.db"] {
            let path = self.path("workspace").join(file);
            if path.exists() {
                assert_eq!(integrity(&path), "ok", "{case}: {file}");
            }
        }
    }
}

fn integrity(path: &Path) -> String {
    let script = "import sqlite3, sys\n\
                  print(sqlite3.connect(sys.argv[1]).execute('PRAGMA integrity_check').fetchone()[0])";
    let path = path.display().to_string();
    let said = run(&mut tool("python3", ["-c", script, &path]));
    String::from_utf8(said).unwrap().trim().to_owned()
}

/// Makes an MP4 longer by free space, no two parts of which are alike.
fn append_noise(path: &Path, bytes: usize) {
    let size = u32::try_from(bytes).unwrap();
    let mut tail = size.to_be_bytes().to_vec();
    tail.extend_from_slice(b"free");
    tail.extend(
        (0..u64::from(size) - 8).map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8),
    );
    let mut whole = fs::read(path).unwrap();
    whole.append(&mut tail);
    fs::write(path, whole).unwrap();
}
