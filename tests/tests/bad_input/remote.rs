//! A remote that can't be reached, or refuses.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use serde_json::{Value, json};
use tests::fault_proxy::{FaultProxy, Requests};
use tests::s3::Bucket;
use tests::seaweed::SeaweedFs;
use tests::stringout::Stringout;

use crate::place::{Place, assert_failure, take_file};

/// A workspace that publishes to a store behind a proxy.
struct Studio {
    place: Place,
    proxy: FaultProxy,
    bucket: Bucket,
    prefix: String,
}

fn configure(workspace: &Path, endpoint: &str, prefix: &str) {
    let server = SeaweedFs::shared();
    let config = format!(
        "[s3.studio]\nendpoint = \"{endpoint}\"\nbucket = \"{}\"\nregion = \"{}\"\nprefix = \"{prefix}\"\naccess_key = \"{}\"\n",
        server.bucket, server.region, server.access_key
    );
    fs::create_dir_all(workspace).unwrap();
    fs::write(workspace.join("config.toml"), config).unwrap();
}

impl Studio {
    fn new() -> Self {
        let server = SeaweedFs::shared();
        let proxy = FaultProxy::start(&server.endpoint);
        let place = Place::new();
        let prefix = format!("bad-input/{}", uuid::Uuid::new_v4());
        configure(&place.path("workspace"), &proxy.endpoint, &prefix);
        Self {
            place,
            proxy,
            bucket: server.bucket(),
            prefix,
        }
    }

    fn with_secret(&self, secret: &str) -> Stringout {
        Stringout::in_workspace(&self.place.path("workspace"))
            .with("STRINGOUT_S3_STUDIO_SECRET_KEY", secret)
    }

    fn stringout(&self) -> Stringout {
        self.with_secret(&SeaweedFs::shared().secret_key)
    }

    /// The one entry of the outbox.
    #[track_caller]
    fn entry(&self) -> Value {
        let outbox = self.place.stringout.json(["outbox"]);
        assert_eq!(outbox.as_array().unwrap().len(), 1, "{outbox:#}");
        outbox[0].clone()
    }

    #[track_caller]
    fn assert_stored_once(&self) {
        let mut keys = self.bucket.list(&self.prefix);
        keys.retain(|key| key.ends_with(".mp4"));
        assert_eq!(keys.len(), 1, "{keys:?}");
        assert!(self.bucket.get(&keys[0]).unwrap() == fs::read(take_file()).unwrap());
        assert_eq!(self.place.stringout.json(["outbox"]), json!([]));
        let records = self.place.stringout.json(["compilations"]);
        assert_eq!(records.as_array().unwrap().len(), 1);
    }
}

fn publish(file: &str) -> [&str; 4] {
    ["publish", file, "--wait", "--json"]
}

#[test]
fn an_unreachable_store_gets_the_work_later_and_once() {
    let studio = Studio::new();
    let stringout = studio.stringout();
    studio.proxy.go_offline();
    let file = take_file().display().to_string();
    let answer = stringout.run(publish(&file));
    let error = assert_failure(&answer, 4, "unreachable", &[&studio.proxy.address]);
    assert_eq!(error["retryable"], true);
    assert!(
        error["hint"].as_str().unwrap().contains("sync"),
        "{error:#}"
    );
    let entry = studio.entry();
    assert_eq!(
        (&entry["kind"], &entry["state"]),
        (&json!("s3.upload"), &json!("waiting"))
    );
    assert_eq!(entry["waiting_for"], "network");
    // What was made here is here.
    let records = stringout.json(["compilations"]);
    assert_eq!(records.as_array().unwrap().len(), 1);

    let still_off = stringout.run(["sync", "--json"]);
    let error = assert_failure(&still_off, 4, "unreachable", &[&studio.proxy.address]);
    assert!(
        error["hint"].as_str().unwrap().contains("outbox"),
        "{error:#}"
    );
    studio.entry();

    studio.proxy.go_online();
    let synced = stringout.json(["sync"]);
    assert_eq!(
        (&synced["done"], &synced["waiting"]),
        (&json!(1), &json!(0)),
        "{synced}"
    );
    assert_eq!(studio.proxy.count(&Requests::of("PUT").holding(".mp4")), 1);
    studio.assert_stored_once();
    assert_eq!(stringout.json(["sync"])["done"], 0);
    assert_eq!(studio.proxy.count(&Requests::of("PUT").holding(".mp4")), 1);
}

#[test]
fn a_port_where_nobody_listens_is_unreachable() {
    let place = Place::new();
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let endpoint = format!("http://127.0.0.1:{port}");
    configure(&place.path("workspace"), &endpoint, "nobody");
    let stringout = Stringout::in_workspace(&place.path("workspace"))
        .with("STRINGOUT_S3_STUDIO_SECRET_KEY", "any");
    let file = take_file().display().to_string();
    let answer = stringout.run(publish(&file));
    assert_failure(&answer, 4, "unreachable", &[&port.to_string()]);
    // Without waiting it is no failure: the work is queued.
    let queued = stringout.json(["publish", &file]);
    assert_eq!(queued["queued"].as_array().unwrap().len(), 1);
}

#[test]
fn refused_credentials_wait_for_right_ones() {
    let studio = Studio::new();
    let file = take_file().display().to_string();
    let wrong = studio.with_secret("wrong");
    let answer = wrong.run(publish(&file));
    let error = assert_failure(&answer, 1, "credentials_refused", &[]);
    let said = error.to_string();
    assert!(
        said.contains("studio") || said.contains(&studio.proxy.address),
        "{error:#}"
    );
    let entry = studio.entry();
    assert_eq!(
        (&entry["state"], &entry["waiting_for"]),
        (&json!("waiting"), &json!("credentials"))
    );
    assert!(studio.bucket.list(&studio.prefix).is_empty());
    let synced = studio.stringout().json(["sync"]);
    assert_eq!(synced["done"], 1, "{synced}");
    studio.assert_stored_once();
}

#[test]
fn missing_credentials_say_which_variable_is_meant() {
    let studio = Studio::new();
    let file = take_file().display().to_string();
    let bare = Stringout::in_workspace(&studio.place.path("workspace"));
    let answer = bare.run(publish(&file));
    let error = assert_failure(&answer, 1, "credentials_refused", &[]);
    let said = error.to_string();
    assert!(said.contains("STRINGOUT_S3_STUDIO_SECRET_KEY"), "{error:#}");
    assert_eq!(studio.entry()["waiting_for"], "credentials");
    studio.stringout().json(["sync"]);
    studio.assert_stored_once();
}

#[test]
fn a_bucket_that_is_not_there_is_named() {
    let studio = Studio::new();
    let config = studio.place.path("workspace/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    let other = text.replace(
        &format!("bucket = \"{}\"", studio.bucket.name),
        "bucket = \"nowhere\"",
    );
    fs::write(&config, other).unwrap();
    let file = take_file().display().to_string();
    let answer = studio.stringout().run(publish(&file));
    assert_failure(&answer, 1, "refused", &["nowhere"]);
    let entry = studio.entry();
    assert_eq!(entry["state"], "dead", "{entry:#}");
    // Corrected, it is tried again.
    fs::write(&config, text).unwrap();
    studio
        .place
        .stringout
        .json(["outbox", "retry", entry["id"].as_str().unwrap()]);
    assert_eq!(studio.stringout().json(["sync"])["done"], 1);
    studio.assert_stored_once();
}

#[test]
fn a_broken_configuration_is_named_with_its_place() {
    for (text, word) in [
        ("[s3.studio]\nendpoint = 5\nbucket = \"b\"\n", "line 2"),
        (
            "[s3.studio]\nendpoint = \"http://127.0.0.1:1\"\nbucket = \"b\"\nsecret_key = \"x\"\n",
            "STRINGOUT_S3_",
        ),
        ("[play]\nbase_url = \"go.example\"\n", "base_url"),
        ("this is no table", "line 1"),
    ] {
        let place = Place::new();
        fs::create_dir(place.path("workspace")).unwrap();
        fs::write(place.path("workspace/config.toml"), text).unwrap();
        let answer = place.run(&["sources"]);
        let config = place.arg("workspace/config.toml");
        let error = assert_failure(&answer, 3, "bad_input", &[&config]);
        assert!(error.to_string().contains(word), "{text:?}: {error:#}");
        assert_eq!(fs::read_to_string(&config).unwrap(), text, "it was changed");
    }
}
