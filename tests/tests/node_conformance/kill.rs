//! kill -9 in the middle of work: what was acknowledged is there afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::material::{FLOW, Tams, flow, serve};

/// How long one acknowledgement may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the node is killed, and after how many acknowledgements each time.
const KILLS: [usize; 3] = [7, 40, 90];

/// What the node has confirmed.
#[derive(Debug)]
enum Acknowledged {
    Stored {
        object: String,
    },
    Registered {
        object: String,
        second: i64,
    },
    Tagged {
        name: String,
    },
    Deleted {
        second: i64,
    },
    /// Asked for, and not known whether it happens.
    Deleting {
        second: i64,
    },
}

/// Writes until the node is gone.
struct Writer {
    runtime: Runtime,
    client: Client,
    base: String,
    told: Sender<Acknowledged>,
}

impl Writer {
    fn new(base: &str, told: Sender<Acknowledged>) -> Self {
        Self {
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            client: Client::builder()
                .no_proxy()
                .timeout(PATIENCE)
                .build()
                .unwrap(),
            base: base.to_owned(),
            told,
        }
    }

    /// The answer's status and document; nothing when the node is gone.
    fn ask(
        &self,
        method: Method,
        url: &str,
        kind: &'static str,
        body: impl Into<reqwest::Body>,
    ) -> Option<(StatusCode, Value)> {
        let request = self
            .client
            .request(method, url)
            .header("content-type", kind)
            .body(body);
        self.runtime.block_on(async {
            let response = request.send().await.ok()?;
            let status = response.status();
            let bytes = response.bytes().await.ok()?;
            Some((status, serde_json::from_slice(&bytes).unwrap_or_default()))
        })
    }

    fn json(&self, method: Method, path: &str, body: &Value) -> Option<(StatusCode, Value)> {
        let url = format!("{}{path}", self.base);
        self.ask(method, &url, "application/json", body.to_string())
    }

    fn tell(&self, acknowledged: Acknowledged) -> Option<()> {
        self.told.send(acknowledged).ok()
    }

    /// Stores, registers, tags and deletes from `second` on.
    fn run(&self, mut second: i64) -> Option<()> {
        let flow = format!("/flows/{FLOW}");
        loop {
            let object = format!("object {second}");
            let wanted = json!({"object_ids": [object]});
            let (status, storage) = self.json(Method::POST, &format!("{flow}/storage"), &wanted)?;
            assert_eq!(status, 201, "{storage}");
            let url = storage["media_objects"][0]["put_url"]["url"]
                .as_str()?
                .to_owned();
            let (status, _) = self.ask(Method::PUT, &url, "video/mp4", object.clone())?;
            assert_eq!(status, 200);
            self.tell(Acknowledged::Stored {
                object: object.clone(),
            })?;
            let timerange = format!("[{second}:0_{}:0)", second + 1);
            let segment = json!({"object_id": object, "timerange": timerange});
            let (status, wrong) = self.json(Method::POST, &format!("{flow}/segments"), &segment)?;
            assert_eq!(status, 201, "{wrong}");
            self.tell(Acknowledged::Registered { object, second })?;
            if second % 3 == 0 {
                let name = format!("t{second}");
                let tag = format!("{flow}/tags/{name}");
                let (status, _) = self.json(Method::PUT, &tag, &json!(["x", "y"]))?;
                assert_eq!(status, 204);
                self.tell(Acknowledged::Tagged { name })?;
            }
            if second % 4 == 0 {
                self.tell(Acknowledged::Deleting { second })?;
                let range = format!("{flow}/segments?timerange={timerange}");
                let (status, _) = self.json(Method::DELETE, &range, &Value::Null)?;
                assert_eq!(status, 204);
                self.tell(Acknowledged::Deleted { second })?;
            }
            second += 1;
        }
    }
}

/// What must be there, and what may.
#[derive(Default)]
struct Ledger {
    stored: BTreeSet<String>,
    registered: BTreeMap<i64, String>,
    tags: BTreeSet<String>,
    deleted: BTreeSet<i64>,
    in_doubt: BTreeSet<i64>,
}

impl Ledger {
    fn enter(&mut self, acknowledged: Acknowledged) {
        match acknowledged {
            Acknowledged::Stored { object } => {
                self.stored.insert(object);
            }
            Acknowledged::Registered { object, second } => {
                self.registered.insert(second, object);
            }
            Acknowledged::Tagged { name } => {
                self.tags.insert(name);
            }
            Acknowledged::Deleting { second } => {
                self.in_doubt.insert(second);
            }
            Acknowledged::Deleted { second } => {
                self.in_doubt.remove(&second);
                self.registered.remove(&second);
                self.deleted.insert(second);
            }
        }
    }

    fn wait_for(&mut self, told: &Receiver<Acknowledged>, count: usize) {
        for _ in 0..count {
            let acknowledged = told.recv_timeout(PATIENCE).expect("the writer goes on");
            self.enter(acknowledged);
        }
    }

    /// Everything is there, byte for byte.
    fn check(&self, tams: &Tams) {
        let listed = tams
            .get(&format!("/flows/{FLOW}/segments?limit=1000"))
            .json(200);
        let mut found = BTreeMap::new();
        for segment in listed.as_array().unwrap() {
            let timerange = segment["timerange"].as_str().unwrap();
            let second: i64 = timerange[1..].split(':').next().unwrap().parse().unwrap();
            let object = segment["object_id"].as_str().unwrap().to_owned();
            let media = tams.get(segment["get_urls"][0]["url"].as_str().unwrap());
            assert_eq!((media.status, media.text()), (200, object.clone()));
            found.insert(second, object);
        }
        for (second, object) in &self.registered {
            if !self.in_doubt.contains(second) {
                assert_eq!(found.get(second), Some(object), "second {second} is lost");
            }
        }
        for second in &self.deleted {
            assert!(!found.contains_key(second), "second {second} is back");
        }
        let tags = tams.get(&format!("/flows/{FLOW}/tags")).json(200);
        for name in &self.tags {
            assert_eq!(tags[name], json!(["x", "y"]), "tag {name} is lost");
        }
        // Its bytes are there already: that is said, not overwritten.
        for object in &self.stored {
            let again = json!({"object_ids": [object]});
            let refused = tams.post(&format!("/flows/{FLOW}/storage"), &again);
            assert_eq!(refused.status, 400, "{object} is forgotten");
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, mut base) = serve(folder.path());
    let made = Tams::at(&base).put(&format!("/flows/{FLOW}"), &flow());
    assert_eq!(made.status, 201);
    let mut ledger = Ledger::default();
    for (round, count) in (0..).zip(KILLS) {
        let (told, heard) = mpsc::channel();
        let writer = Writer::new(&base, told);
        let writing = thread::spawn(move || {
            // It ends with the node.
            let _gone = writer.run(round * 10_000);
        });
        ledger.wait_for(&heard, count);
        server.process().crash();
        writing.join().expect("every answer was as expected");
        for acknowledged in heard {
            ledger.enter(acknowledged);
        }
        (server, base) = serve(folder.path());
        ledger.check(&Tams::at(&base));
    }
    assert!(!ledger.deleted.is_empty() && !ledger.tags.is_empty());
}

#[test]
fn an_acknowledged_deletion_goes_on() {
    const SEGMENTS: i64 = 3000;
    let folder = tempfile::tempdir().unwrap();
    let (mut server, base) = serve(folder.path());
    let tams = Tams::at(&base);
    assert_eq!(tams.put(&format!("/flows/{FLOW}"), &flow()).status, 201);
    let objects = tams.upload(1);
    let path = format!("/flows/{FLOW}/segments");
    let segment = |n: i64| {
        json!({
            "object_id": objects[0], "timerange": format!("[{n}:0_{}:0)", n + 1),
            "ts_offset": format!("{n}:0")
        })
    };
    let segments: Vec<Value> = (0..SEGMENTS).map(segment).collect();
    assert_eq!(tams.post(&path, &json!(segments)).status, 201);
    let kept = 10;
    let range = format!("[0:0_{}:0)", SEGMENTS - kept);
    let request = tams.delete(&format!("{path}?timerange={range}")).json(202);
    server.process().crash();

    let (_server, base) = serve(folder.path());
    let tams = Tams::at(&base);
    let progress = format!("/flow-delete-requests/{}", request["id"].as_str().unwrap());
    tams.wait_until_done(&progress);
    let left = tams.get(&path).json(200);
    assert_eq!(
        left.as_array().unwrap().len(),
        usize::try_from(kept).unwrap()
    );
}
