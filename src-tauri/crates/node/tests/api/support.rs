//! A node to talk to, and judges of its answers that share nothing with it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use jsonschema::{Draft, Registry, Validator};
use loopback::{Listener, Policy};
use mediatime::{Clock, FixedClock, Timestamp};
use node::{Catalogue, CatalogueOptions, NodeOptions, router};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub(crate) const NOW: i64 = 1_780_000_000;

/// The folder the specification is vendored in.
pub(crate) fn specification() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../assets/tams-8.2")
}

static SCHEMAS: LazyLock<HashMap<String, Validator>> = LazyLock::new(|| {
    let base = "https://schemas.invalid/";
    let mut schemas = Vec::new();
    for entry in std::fs::read_dir(specification().join("schemas")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        schemas.push((
            name,
            serde_json::from_slice::<Value>(&std::fs::read(path).unwrap()).unwrap(),
        ));
    }
    let resources = schemas
        .iter()
        .map(|(name, schema)| (format!("{base}{name}.json"), schema.clone()));
    let registry = Registry::new()
        .draft(Draft::Draft202012)
        .extend(resources)
        .unwrap()
        .prepare()
        .unwrap();
    let validator = |name: &str| {
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&registry)
            .offline()
            .build(&json!({"$ref": format!("{base}{name}.json")}))
            .unwrap()
    };
    schemas
        .iter()
        .map(|(name, _)| (name.clone(), validator(name)))
        .collect()
});

/// Everything `schema` has against `value`.
pub(crate) fn complaints(schema: &str, value: &Value) -> Vec<String> {
    let validator = SCHEMAS
        .get(schema)
        .unwrap_or_else(|| panic!("no schema {schema}"));
    validator
        .iter_errors(value)
        .map(|wrong| format!("{}: {wrong}", wrong.instance_path()))
        .collect()
}

/// `value` is valid by `schema`.
pub(crate) fn assert_valid(schema: &str, value: &Value) {
    let complaints = complaints(schema, value);
    assert!(complaints.is_empty(), "{schema}: {complaints:?} in {value}");
}

/// A running node in a folder of its own.
pub(crate) struct Server {
    pub(crate) base: String,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) catalogue: Catalogue,
    pub(crate) folder: TempDir,
    client: Client,
    _shutdown: tokio_util::sync::DropGuard,
}

/// An answer of the node.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|wrong| panic!("{wrong}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    /// The body, which must have this status and be valid by `schema`.
    pub(crate) fn body(&self, status: u16, schema: &str) -> Value {
        assert_eq!(
            self.status,
            status,
            "{}",
            String::from_utf8_lossy(&self.bytes)
        );
        let body = self.json();
        assert_valid(schema, &body);
        body
    }

    /// The items of the body, each of which must be valid by `schema`.
    pub(crate) fn items(&self, schema: &str) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.bytes));
        let Value::Array(items) = self.json() else {
            panic!("no array")
        };
        for item in &items {
            assert_valid(schema, item);
        }
        items
    }

    /// It is a success without body.
    pub(crate) fn empty(&self, status: u16) {
        assert_eq!(
            self.status,
            status,
            "{}",
            String::from_utf8_lossy(&self.bytes)
        );
        assert!(self.bytes.is_empty());
    }

    /// It is a TAMS error of this status; the answer is what it says and where.
    pub(crate) fn error(&self, status: u16) -> (String, Option<String>) {
        let body = self.body(status, "error");
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        (text("summary").unwrap(), text("pointer"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(CatalogueOptions::default(), NodeOptions::default()).await
    }

    pub(crate) async fn start_with(catalogue: CatalogueOptions, options: NodeOptions) -> Self {
        Self::start_guarded(catalogue, options, Policy::default()).await
    }

    pub(crate) async fn start_guarded(
        catalogue: CatalogueOptions,
        options: NodeOptions,
        policy: Policy,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::new(Timestamp::from_secs(NOW).unwrap()));
        let seen: Arc<dyn Clock> = clock.clone();
        let catalogue = Catalogue::open_with(folder.path(), seen, catalogue).unwrap();
        let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let listener = Listener::bind(any, policy).await.unwrap();
        let (base, shutdown) = (listener.base_url(), CancellationToken::new());
        tokio::spawn(listener.serve(router(catalogue.clone(), options), shutdown.clone()));
        let (client, shutdown) = (Client::new(), shutdown.drop_guard());
        Self {
            base,
            clock,
            catalogue,
            folder,
            client,
            _shutdown: shutdown,
        }
    }

    /// Moves the clock by whole seconds.
    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.advance(Timestamp::from_secs(seconds).unwrap());
    }

    /// A request; `path` may be a whole URL.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Answer {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        };
        let mut request = self.client.request(method, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            bytes: response.bytes().await.unwrap().to_vec(),
        }
    }

    /// `GET`, and the same as `HEAD`, which must agree but for the body.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        let answer = self.send(Method::GET, path, &[], None).await;
        let head = self.send(Method::HEAD, path, &[], None).await;
        assert_eq!(head.status, answer.status, "HEAD {path}");
        assert!(head.bytes.is_empty());
        let told = |answer: &Answer| {
            let mut headers = answer.headers.clone();
            headers.remove("date");
            headers
        };
        assert_eq!(told(&head), told(&answer), "HEAD {path}");
        answer
    }

    async fn with_body(&self, method: Method, path: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send(method, path, &headers, Some(body.to_string().into_bytes()))
            .await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.with_body(Method::PUT, path, body).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.with_body(Method::POST, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// Creates a flow.
    pub(crate) async fn put_flow(&self, flow: &Value) {
        let path = format!("/flows/{}", flow["id"].as_str().unwrap());
        self.put(&path, flow).await.body(201, "flow-get");
    }

    /// Allocates an object for a flow and uploads its bytes.
    pub(crate) async fn upload(&self, flow: &str, object_id: &str, bytes: &[u8]) {
        let request = json!({"object_ids": [object_id]});
        let storage = self
            .post(&format!("/flows/{flow}/storage"), &request)
            .await
            .body(201, "flow-storage");
        let put_url = &storage["media_objects"][0]["put_url"];
        let headers = [("content-type", put_url["content-type"].as_str().unwrap())];
        let url = put_url["url"].as_str().unwrap();
        self.send(Method::PUT, url, &headers, Some(bytes.to_vec()))
            .await
            .empty(200);
    }

    /// Uploads an object and puts it on a flow's timeline.
    pub(crate) async fn add(&self, flow: &str, object_id: &str, timerange: &str) {
        self.upload(flow, object_id, object_id.as_bytes()).await;
        self.register(
            flow,
            &json!({"object_id": object_id, "timerange": timerange}),
        )
        .await
        .empty(201);
    }

    pub(crate) async fn register(&self, flow: &str, segments: &Value) -> Answer {
        self.post(&format!("/flows/{flow}/segments"), segments)
            .await
    }

    /// The timeranges of the segments a query selects.
    pub(crate) async fn timeranges(&self, flow: &str, query: &str) -> Vec<String> {
        let segments = self
            .get(&format!("/flows/{flow}/segments?{query}"))
            .await
            .items("flow-segment");
        segments
            .iter()
            .map(|segment| segment["timerange"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// The n-th flow identifier.
pub(crate) fn flow_id(n: u8) -> String {
    format!("4f79cfd1-c057-47f4-8e4d-1b126ca7bf{n:02x}")
}

/// The n-th source identifier.
pub(crate) fn source_id(n: u8) -> String {
    format!("2aa143ac-0ab7-4d75-bc32-5c00c13d18{n:02x}")
}

/// The n-th flow, MPEG-4 video of the n-th source.
pub(crate) fn video(n: u8) -> Value {
    json!({
        "id": flow_id(n), "source_id": source_id(n), "format": "urn:x-nmos:format:video",
        "codec": "video/h264", "container": "video/mp4",
        "essence_parameters": {
            "frame_width": 1280, "frame_height": 720,
            "frame_rate": {"numerator": 25, "denominator": 1}
        }
    })
}

/// The n-th flow, sound of the n-th source without a container.
pub(crate) fn audio(n: u8) -> Value {
    json!({
        "id": flow_id(n), "source_id": source_id(n), "format": "urn:x-nmos:format:audio",
        "codec": "audio/aac", "essence_parameters": {"sample_rate": 48000, "channels": 2}
    })
}

/// The n-th flow, a multi flow of the n-th source.
pub(crate) fn multi(n: u8) -> Value {
    json!({
        "id": flow_id(n), "source_id": source_id(n), "format": "urn:x-nmos:format:multi",
        "container": "video/mp4"
    })
}

/// A JSON object with some of its members replaced; `Null` removes one.
pub(crate) fn with(mut object: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else {
        panic!("no object")
    };
    let members = object.as_object_mut().unwrap();
    for (name, value) in changes {
        if value.is_null() {
            members.remove(&name);
        } else {
            members.insert(name, value);
        }
    }
    object
}
