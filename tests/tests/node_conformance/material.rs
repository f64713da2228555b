//! A node being served from a workspace of its own, a flow to put on it, and a server that is wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::http::{Answer, Client};
use tests::stringout::{Server, Stringout};

/// How long a deletion may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const FLOW: &str = "4f79cfd1-c057-47f4-8e4d-1b126ca7bf34";
pub(crate) const SOURCE: &str = "2aa143ac-0ab7-4d75-bc32-5c00c13d186f";
pub(crate) const PROFILE: &str = "329b98d6-adeb-418c-8eaf-eca14edc1706";
pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");

/// The node of a workspace, and its address.
pub(crate) fn serve(workspace: &Path) -> (Server, String) {
    let stringout = Stringout::in_workspace(workspace);
    let mut server = stringout.serve(["node", "serve", "--listen", "127.0.0.1:0"]);
    let base = server.url().trim_end_matches('/').to_owned();
    (server, base)
}

/// MPEG-4 video.
pub(crate) fn flow() -> Value {
    json!({
        "id": FLOW, "source_id": SOURCE, "label": "Reel 1", "description": "the first one",
        "format": "urn:x-nmos:format:video", "codec": "video/h264", "container": "video/mp4",
        "tags": {"place": ["Graz", "Wien"], "take": "3"}, "status": "ingesting", "generation": 0,
        "segment_duration": {"numerator": 2, "denominator": 1}, "avg_bit_rate": 5000,
        "essence_parameters": {
            "frame_width": 1280, "frame_height": 720,
            "frame_rate": {"numerator": 25, "denominator": 1}
        }
    })
}

/// A client of a TAMS server at `base`.
pub(crate) struct Tams {
    pub(crate) base: String,
    pub(crate) client: Client,
}

impl Tams {
    pub(crate) fn at(base: &str) -> Self {
        Self {
            base: base.to_owned(),
            client: Client::new(),
        }
    }

    fn url(&self, path: &str) -> String {
        if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        }
    }

    /// `path` may be a whole URL.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.client.get(&self.url(path), &[])
    }

    #[track_caller]
    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.client.put(&self.url(path), &[JSON], body.to_string())
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.client.post(&self.url(path), &[JSON], body.to_string())
    }

    #[track_caller]
    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.client.delete(&self.url(path), &[])
    }

    /// Asks until a deletion is done.
    #[track_caller]
    pub(crate) fn wait_until_done(&self, request: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let state = self.get(request).json(200);
            if state["status"] == "done" {
                return;
            }
            assert!(Instant::now() < deadline, "it does not end: {state}");
            thread::yield_now();
        }
    }

    /// Allocates objects for the flow, uploads them, and answers with their ids.
    #[track_caller]
    pub(crate) fn upload(&self, count: usize) -> Vec<String> {
        let storage = self
            .post(&format!("/flows/{FLOW}/storage"), &json!({"limit": count}))
            .json(201);
        let objects = storage["media_objects"].as_array().unwrap();
        assert_eq!(objects.len(), count);
        let upload = |object: &Value| {
            let id = object["object_id"].as_str().unwrap();
            let put_url = &object["put_url"];
            let kind = put_url["content-type"].as_str().unwrap();
            let url = put_url["url"].as_str().unwrap();
            let stored = self.client.put(url, &[("content-type", kind)], id);
            assert_eq!(stored.status, 200, "{}", stored.text());
            id.to_owned()
        };
        objects.iter().map(upload).collect()
    }
}

/// A server that answers `status` and `body`, as JSON, whatever it is asked. Its thread ends with the
/// process.
pub(crate) fn wrong_server(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(&stream);
            let (mut line, mut length) = (String::new(), 0);
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                if let Some(told) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = told.trim().parse().unwrap_or(0);
                }
                line.clear();
            }
            // Who breaks off hears nothing.
            let _ = std::io::copy(&mut reader.take(length), &mut std::io::sink());
            let _ = write!(
                &stream,
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    base
}
