//! The TAMS servers of the tests, proved before the client is tried against them: each behaves, oddity
//! by oddity, as its original was seen to.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod auth;
mod aws81;
mod eyevinn;
mod faults;
mod media;
mod open_tams;
mod tamoss82;
mod vasttams6;
mod vasttams8;

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tests::http::{Answer, Client};
use tests::tams_server::{AddMedia, Auth, Dialect, Options, TamsServer, ask};

const SOURCE: &str = "5d1c0e5a-8f0c-4a57-9b0e-0d6a1f0c1a01";
const FLOW: &str = "5d1c0e5a-8f0c-4a57-9b0e-0d6a1f0c1a02";
const OTHER: &str = "5d1c0e5a-8f0c-4a57-9b0e-0d6a1f0c1a03";
const OBJECT: &str = "5d1c0e5a-8f0c-4a57-9b0e-0d6a1f0c1a04";

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(30);

/// A server and a client that asks it.
struct Api {
    server: TamsServer,
    client: Client,
}

impl Api {
    fn start(dialect: Dialect) -> Self {
        Self::with(dialect, Vec::new())
    }

    fn with(dialect: Dialect, auth: Vec<Auth>) -> Self {
        let options = Options { auth, tls: false };
        Self {
            server: TamsServer::start_with(dialect, options),
            client: Client::new(),
        }
    }

    /// One with three segments of two seconds each, which came in another order.
    fn loaded(dialect: Dialect) -> Self {
        let api = Self::start(dialect);
        api.server.add_media(
            AddMedia::video(SOURCE, FLOW, "three")
                .segment("second", "[2:0_4:0)", None)
                .segment("first", "[0:0_2:0)", None)
                .segment("third", "[10:0_12:0)", Some("8:0")),
        );
        api
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url())
    }

    fn get(&self, path: &str) -> Answer {
        self.client.get(&self.url(path), &[])
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        let typed = [("content-type", "application/json")];
        self.client.post(&self.url(path), &typed, body.to_string())
    }

    fn put(&self, path: &str, body: &Value) -> Answer {
        let typed = [("content-type", "application/json")];
        self.ask("PUT", path, &typed, body.to_string().as_bytes())
    }

    fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, &[], b"")
    }

    fn ask(&self, method: &str, path: &str, fields: &[(&str, &str)], body: &[u8]) -> Answer {
        let url = self.url(path);
        let (address, target) = parts(&url);
        ask(address, method, target, fields, body).unwrap()
    }

    /// The flow's segments.
    fn segments(&self) -> Value {
        self.get(&format!("/flows/{FLOW}/segments")).json(200)
    }

    /// Allocates an object with this id and uploads it as it is told to.
    fn upload(&self, flow: &str, id: &str, bytes: &[u8]) {
        let path = format!("/flows/{flow}/storage");
        let located = self.post(&path, &json!({ "object_ids": [id] })).json(201);
        let put = &located["media_objects"][0]["put_url"];
        let kind = put["content-type"].as_str().unwrap();
        let (address, target) = parts(put["url"].as_str().unwrap());
        let answer = ask(address, "PUT", target, &[("content-type", kind)], bytes).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

/// Address and target of a URL of a server of ours.
fn parts(url: &str) -> (&str, &str) {
    let rest = url.strip_prefix("http://").unwrap();
    rest.split_at(rest.find('/').unwrap())
}

/// A flow as the specification has it.
fn flow(id: &str) -> Value {
    let mut flow = AddMedia::video(SOURCE, id, "").flow;
    flow["label"] = json!("made");
    flow
}

fn texts<'a>(list: &'a Value, pointer: &str) -> Vec<&'a str> {
    let list = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    let text = |item: &'a Value| item.pointer(pointer).and_then(Value::as_str);
    list.iter().map(|item| text(item).unwrap_or("-")).collect()
}

#[test]
fn a_server_ends_when_dropped() {
    for dialect in Dialect::ALL {
        let server = TamsServer::start(dialect);
        let service = format!("{}/service", server.url());
        let answer = Client::new().get(&service, &[]);
        assert_eq!(answer.status, 200, "{dialect:?}");
        let (api, _) = parts(&service);
        let open = [api, &server.media_address()].map(|address| {
            let stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(LIMIT)).unwrap();
            stream
        });
        drop(server);
        for mut stream in open {
            // Closed or reset, and not silent.
            let ended = match stream.read(&mut [0]) {
                Ok(length) => length == 0,
                Err(error) => error.kind() == ErrorKind::ConnectionReset,
            };
            assert!(ended, "{dialect:?}");
        }
    }
}

#[test]
fn what_was_asked_is_recorded() {
    let api = Api::start(Dialect::Tamoss82);
    let url = api.url("/flows?label=a%20b&limit=1");
    api.client.get(&url, &[("authorization", "Bearer x")]);
    let seen = &api.server.requests()[0];
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("GET", "/flows")
    );
    assert_eq!(seen.query("label"), Some("a b"));
    assert_eq!(seen.field("authorization"), Some("Bearer x"));
    assert!(seen.has_credential());
    assert_eq!(seen.status, Some(200));
}
