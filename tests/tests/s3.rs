//! Publish to S3: a real server behind a proxy that loses things.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tests::fault_proxy::{Fault, FaultProxy, Requests};
use tests::media::{MediaSpec, generate};
use tests::s3::Bucket;
use tests::seaweed::SeaweedFs;
use tests::stringout::Stringout;

const LIMIT: Duration = Duration::from_secs(60);

/// A workspace that publishes through a proxy into a folder of its own in the bucket.
struct Studio {
    stringout: Stringout,
    proxy: FaultProxy,
    bucket: Bucket,
    prefix: String,
    file: PathBuf,
    folder: tempfile::TempDir,
}

impl Studio {
    fn new() -> Self {
        let server = SeaweedFs::shared();
        let proxy = FaultProxy::start(&server.endpoint);
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("workspace");
        let prefix = format!("films/{}", uuid::Uuid::new_v4());
        let config = format!(
            "[s3.studio]\nendpoint = \"{}\"\nbucket = \"{}\"\nregion = \"{}\"\nprefix = \"{prefix}\"\naccess_key = \"{}\"\n",
            proxy.endpoint, server.bucket, server.region, server.access_key
        );
        fs::create_dir(&workspace).unwrap();
        fs::write(workspace.join("config.toml"), config).unwrap();
        let stringout = Stringout::in_workspace(&workspace)
            .with("STRINGOUT_S3_STUDIO_SECRET_KEY", &server.secret_key);
        Self {
            stringout,
            proxy,
            bucket: server.bucket(),
            prefix,
            file: generate(&MediaSpec::small(7)),
            folder,
        }
    }

    /// A valid MP4 of at least so many bytes: the clip with free space behind it.
    fn with_file_of(mut self, bytes: usize) -> Self {
        let large = self.folder.path().join("large.mp4");
        fs::copy(&self.file, &large).unwrap();
        let mut out = File::options().append(true).open(&large).unwrap();
        let size = u32::try_from(bytes).unwrap();
        out.write_all(&size.to_be_bytes()).unwrap();
        out.write_all(b"free").unwrap();
        // No two parts are alike.
        let noise: Vec<u8> = (0..u64::from(size) - 8)
            .map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8)
            .collect();
        out.write_all(&noise).unwrap();
        self.file = large;
        self
    }

    fn args(&self) -> [&str; 4] {
        ["publish", self.file.to_str().unwrap(), "--label", "Film"]
    }

    fn publish(&self) -> Value {
        self.stringout
            .json(self.args().into_iter().chain(["--wait"]))
    }

    /// The videos.
    fn keys(&self) -> Vec<String> {
        let mut keys = self.bucket.list(&self.prefix);
        keys.retain(|key| key.ends_with(".mp4"));
        keys
    }

    fn written(&self) -> usize {
        ["PUT", "POST", "DELETE"]
            .map(|method| self.proxy.count(&Requests::of(method)))
            .iter()
            .sum()
    }

    /// Exactly one object, with the file's bytes, and nothing half done.
    #[track_caller]
    fn assert_stored_once(&self) {
        let keys = self.keys();
        assert_eq!(keys.len(), 1, "{keys:?}");
        let stored = self.bucket.get(&keys[0]).unwrap();
        assert!(
            stored == fs::read(&self.file).unwrap(),
            "{} holds other bytes",
            keys[0]
        );
        let uploads = self.bucket.uploads();
        assert!(
            !uploads.iter().any(|(key, _)| key.starts_with(&self.prefix)),
            "{uploads:?}"
        );
        assert_eq!(self.stringout.json(["outbox"]), json!([]));
    }
}

/// Of the video.
fn puts() -> Requests {
    Requests::of("PUT").holding(".mp4")
}

#[test]
fn a_published_file_is_in_the_bucket_to_the_byte() {
    let studio = Studio::new();
    let published = studio.publish();
    studio.assert_stored_once();
    let key = studio.keys().remove(0);
    assert_eq!(
        published["object_url"],
        format!("s3://{}/{key}", studio.bucket.name)
    );
    let id = published["compilation_id"].as_str().unwrap();
    // Under the day of the first publish, as the record has it.
    let records = studio.stringout.json(["compilations"]);
    let day = records[0]["created"].as_str().unwrap()[..10].replace('-', "/");
    assert!(key.contains(&format!("/compilations/{day}/{id}/")), "{key}");
    let head = studio.bucket.head(&key).unwrap();
    assert_eq!(head.field("content-type"), Some("video/mp4"));
    // The record names the bytes that are there.
    let record = studio.stringout.json(["compilations", id]);
    let sha256 = record["sha256"].as_str().unwrap();
    assert_eq!(sha256, sha256_of(&studio.bucket.get(&key).unwrap()));
    assert_eq!(record["object_url"], published["object_url"]);
    // One request with a body, with its checksum.
    assert_eq!(studio.proxy.count(&puts()), 1);
    let seen = studio.proxy.seen();
    let put = seen.iter().find(|seen| seen.method == "PUT").unwrap();
    let head = put.head.to_lowercase();
    let checked = ["content-md5: ", "x-amz-checksum-"];
    assert!(checked.iter().any(|field| head.contains(field)), "{head}");
}

fn sha256_of(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn publishing_again_sends_nothing() {
    let studio = Studio::new();
    let first = studio.publish();
    let written = studio.written();
    let second = studio.publish();
    assert_eq!(first["object_url"], second["object_url"]);
    assert_eq!(studio.written(), written, "{:?}", studio.proxy.seen());
    studio.assert_stored_once();
}

/// Whatever answers are lost, the store is asked in the end, and has one object.
#[test]
fn lost_answers_lead_to_one_object() {
    for lost in [1..=1, 1..=u64::MAX] {
        let studio = Studio::new();
        studio.proxy.inject(puts(), lost, Fault::SwallowAnswer);
        studio.publish();
        studio.assert_stored_once();
        // The same content under the same key, and no more often than a client tries by itself.
        assert!(studio.proxy.count(&puts()) <= 3);
    }
}

#[test]
fn a_cut_connection_is_tried_again() {
    let studio = Studio::new();
    studio
        .proxy
        .inject(puts(), 1..=1, Fault::CutRequest { after: 10_000 });
    studio.publish();
    studio.assert_stored_once();
    assert_eq!(studio.proxy.count(&puts()), 2);
}

#[test]
fn a_large_file_goes_in_parts_and_a_lost_completion_is_found() {
    let studio = Studio::new().with_file_of(20 << 20);
    let completion = Requests::of("POST").holding("uploadId=");
    studio
        .proxy
        .inject(completion.clone(), 1..=1, Fault::SwallowAnswer);
    studio.publish();
    studio.assert_stored_once();
    let parts = puts().holding("partNumber=");
    assert!(studio.proxy.count(&parts) >= 2);
    assert_eq!(studio.proxy.count(&puts()), studio.proxy.count(&parts));
    // Nothing was sent twice.
    let size = fs::metadata(&studio.file).unwrap().len();
    let sent = studio.proxy.sent(&parts);
    assert!(sent < size + size / 20, "{sent} bytes for a file of {size}");
}

#[test]
fn a_crash_within_a_large_upload_costs_the_parts_in_flight() {
    let studio = Studio::new().with_file_of(40 << 20);
    let parts = puts().holding("partNumber=");
    let held = studio.proxy.hold(puts().holding("partNumber=3"), ..);
    let mut running = studio
        .stringout
        .start(studio.args().into_iter().chain(["--wait"]));
    held.wait_until_reached(LIMIT);
    let done = |number: &str| {
        let part = format!("partNumber={number}&");
        let end = format!("partNumber={number}");
        studio.proxy.seen().iter().any(|seen| {
            seen.status == Some(200) && (seen.target.contains(&part) || seen.target.ends_with(&end))
        })
    };
    running.wait_until("the first part is confirmed", || done("1"));
    running.process().crash();
    let before = studio.proxy.count(&puts().holding("partNumber=1"));
    held.release();
    studio.publish();
    studio.assert_stored_once();
    assert_eq!(
        studio.proxy.count(&puts().holding("partNumber=1")),
        before,
        "a confirmed part went again"
    );
    let (sent, size) = (
        studio.proxy.sent(&parts),
        fs::metadata(&studio.file).unwrap().len(),
    );
    assert!(sent < size * 2, "{sent} bytes for a file of {size}");
}

#[test]
fn without_waiting_the_work_is_queued_and_sync_does_it() {
    let studio = Studio::new();
    let queued = studio.stringout.json(studio.args());
    assert!(studio.keys().is_empty());
    let outbox = studio.stringout.json(["outbox"]);
    let entry = &outbox[0];
    for key in ["id", "kind", "state", "waiting_for"] {
        assert!(entry.get(key).is_some(), "no `{key}` in {entry}");
    }
    assert_eq!(
        (&entry["kind"], &entry["state"]),
        (&json!("s3.upload"), &json!("ready"))
    );
    assert_eq!(entry["entity_id"], queued["compilation_id"]);
    assert_eq!(outbox.as_array().unwrap().len(), 1);
    assert_eq!(studio.stringout.json(["outbox", "list"]), outbox);
    let synced = studio.stringout.json(["sync"]);
    assert_eq!(
        (&synced["done"], &synced["waiting"]),
        (&json!(1), &json!(0))
    );
    studio.assert_stored_once();
    assert_eq!(studio.stringout.json(["sync"])["done"], 0);
}

#[test]
fn a_cancelled_entry_is_never_sent() {
    let studio = Studio::new();
    studio.stringout.json(studio.args());
    let outbox = studio.stringout.json(["outbox"]);
    studio
        .stringout
        .json(["outbox", "cancel", outbox[0]["id"].as_str().unwrap()]);
    assert_eq!(studio.stringout.json(["outbox"]), json!([]));
    studio.stringout.json(["sync"]);
    assert!(studio.keys().is_empty());
    assert_eq!(studio.written(), 0);
}

/// What was sent of it is taken back, as stores keep parts until somebody does.
#[test]
fn a_cancelled_upload_leaves_no_parts() {
    let studio = Studio::new().with_file_of(40 << 20);
    let held = studio.proxy.hold(puts().holding("partNumber=3"), ..);
    let mut running = studio
        .stringout
        .start(studio.args().into_iter().chain(["--wait"]));
    held.wait_until_reached(LIMIT);
    running.process().crash();
    held.release();
    assert_eq!(studio.bucket.uploads().len(), 1);
    let outbox = studio.stringout.json(["outbox"]);
    let id = outbox[0]["id"].as_str().unwrap();
    studio.stringout.json(["outbox", "cancel", id]);
    let left = studio.stringout.json(["outbox"]);
    assert_eq!(left[0]["kind"], "s3.discard", "{left}");
    studio.stringout.json(["sync"]);
    assert_eq!(studio.bucket.uploads(), []);
    assert!(studio.keys().is_empty());
    assert_eq!(studio.stringout.json(["outbox"]), json!([]));
}

/// Beside the video lies what tells of it: its poster, its record, and its edit for other programs.
#[test]
fn a_compiled_edit_has_its_companions() {
    let studio = Studio::new();
    let clip = format!("{}@0.5s..3s", studio.file.display());
    let published = studio
        .stringout
        .json(["publish", "--clip", &clip, "--label", "Film", "--wait"]);
    let url = published["object_url"].as_str().unwrap();
    let key = url.split_once(&studio.bucket.name).unwrap().1;
    let key = key.trim_start_matches('/');
    let (folder, video) = key.rsplit_once('/').unwrap();
    let beside = |name: &str| {
        let key = format!("{folder}/{name}");
        (
            studio.bucket.get(&key).unwrap(),
            studio.bucket.head(&key).unwrap(),
        )
    };
    let (poster, head) = beside("poster.jpg");
    assert!(poster.starts_with(&[0xff, 0xd8]), "no JPEG");
    assert_eq!(head.field("content-type"), Some("image/jpeg"));
    let (json, _) = beside(&video.replace(".mp4", ".json"));
    let record: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(record["id"], published["compilation_id"]);
    let local = studio
        .stringout
        .json(["compilations", record["id"].as_str().unwrap()]);
    assert_eq!(record, local);
    let (otio, _) = beside(&video.replace(".mp4", ".otio"));
    let file = studio.folder.path().join("edit.otio");
    fs::write(&file, &otio).unwrap();
    let text = String::from_utf8(otio).unwrap();
    assert!(
        !text.contains(studio.folder.path().to_str().unwrap()),
        "{text}"
    );
    let timeline: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(timeline["OTIO_SCHEMA"], "Timeline.1");
    assert_eq!(timeline["name"], "Film");
    let clips = timeline["tracks"]["children"][0]["children"]
        .as_array()
        .unwrap();
    assert_eq!(clips.len(), 1, "{clips:#?}");
    // Nothing of it is kept here.
    let outgoing = studio.folder.path().join("workspace/outgoing");
    assert_eq!(fs::read_dir(outgoing).unwrap().count(), 0);
}

/// How a store encrypts, and under which folder things go, is said in the settings.
#[test]
fn encryption_and_folders_are_as_set() {
    let studio = Studio::new();
    let set = |key: &str, value: &str| studio.stringout.json(["config", "set", key, value]);
    set("s3.studio.folder", "films/{id}");
    set("s3.studio.encryption", "AES256");
    // Whether this server has keys is its own affair; it is asked.
    let asked = studio.args().into_iter().chain(["--wait"]);
    studio.stringout.run(asked);
    let seen = studio.proxy.seen();
    let put = seen.iter().find(|seen| seen.method == "PUT").unwrap();
    let head = put.head.to_lowercase();
    assert!(
        head.contains("x-amz-server-side-encryption: aes256"),
        "{head}"
    );
    set("s3.studio.encryption", "");
    let published = studio.publish();
    let id = published["compilation_id"].as_str().unwrap();
    let key = studio.keys().remove(0);
    assert!(key.contains(&format!("/films/{id}/")), "{key}");
    let seen = studio.proxy.seen();
    let put = seen.iter().find(|seen| seen.method == "PUT").unwrap();
    let head = put.head.to_lowercase();
    assert!(
        head.contains("x-amz-server-side-encryption: aes256"),
        "{head}"
    );
    // A folder that is set later moves nothing that is there.
    set("s3.studio.folder", "other/{id}");
    assert_eq!(studio.publish()["object_url"], published["object_url"]);
    studio.assert_stored_once();
}

/// What is sent is what was published: an object that changed behind our back is not.
#[test]
fn an_object_that_changed_is_not_sent() {
    let studio = Studio::new();
    studio.stringout.json(studio.args());
    let objects = studio.folder.path().join("workspace/node/objects");
    let mut files: Vec<PathBuf> = vec![objects];
    while let Some(next) = files.iter().position(|path| path.is_dir()) {
        let folder = files.swap_remove(next);
        files.extend(
            fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path()),
        );
    }
    let mut bytes = fs::read(&files[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&files[0], bytes).unwrap();
    let synced = studio.stringout.run(["sync", "--json"]);
    synced.expect_code(1);
    let outbox = studio.stringout.json(["outbox"]);
    assert_eq!(outbox[0]["state"], "dead", "{outbox}");
    assert!(
        outbox[0]["last_error"]
            .as_str()
            .unwrap()
            .contains("published")
    );
    assert!(studio.keys().is_empty());
}

/// No secret in answers, messages or files of the workspace.
#[test]
fn the_secret_is_nowhere() {
    let studio = Studio::new();
    let secret = SeaweedFs::shared().secret_key.as_str();
    let runs: [&[&str]; 4] = [
        &["sync"],
        &["outbox"],
        &["compilations"],
        &["config", "show"],
    ];
    let publish = studio.args().into_iter().chain(["--wait", "--json"]);
    let mut said = studio.stringout.run(publish).to_string();
    for run in runs {
        said += &studio.stringout.run(run).to_string();
    }
    assert!(!said.contains(secret), "{said}");
    assert!(!said.contains("X-Amz-Signature"), "{said}");
    let workspace = studio.folder.path().join("workspace");
    for file in ["config.toml", "work.db", "work.db-wal", "node/node.db"] {
        let bytes = read_if_there(&workspace.join(file));
        let found = bytes
            .windows(secret.len())
            .any(|part| part == secret.as_bytes());
        assert!(!found, "the secret is in {file}");
    }
}

fn read_if_there(path: &Path) -> Vec<u8> {
    if path.exists() {
        fs::read(path).unwrap()
    } else {
        Vec::new()
    }
}
