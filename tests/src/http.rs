//! A plain HTTP client for asking the program's servers, with a deadline on every request.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

const PATIENCE: Duration = Duration::from_secs(60);

/// The client. It follows no redirects and uses no proxy.
#[derive(Debug)]
pub struct Client {
    runtime: Runtime,
    client: reqwest::Client,
}

/// An answer of a server.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header fields, names in lower case.
    pub fields: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Client {
    /// A client of its own.
    ///
    /// # Panics
    /// When the system has no sockets.
    pub fn new() -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .expect("a client");
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        Self { runtime, client }
    }

    /// `GET url` with these header fields.
    ///
    /// # Panics
    /// When no answer comes in time.
    #[track_caller]
    pub fn get(&self, url: &str, fields: &[(&str, &str)]) -> Answer {
        self.ask(Method::GET, url, fields, Vec::new())
    }

    /// `POST url` with these header fields.
    ///
    /// # Panics
    /// When no answer comes in time.
    #[track_caller]
    pub fn post(&self, url: &str, fields: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
        self.ask(Method::POST, url, fields, body.into())
    }

    /// `PUT url` with these header fields.
    ///
    /// # Panics
    /// When no answer comes in time.
    #[track_caller]
    pub fn put(&self, url: &str, fields: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
        self.ask(Method::PUT, url, fields, body.into())
    }

    /// `DELETE url` with these header fields.
    ///
    /// # Panics
    /// When no answer comes in time.
    #[track_caller]
    pub fn delete(&self, url: &str, fields: &[(&str, &str)]) -> Answer {
        self.ask(Method::DELETE, url, fields, Vec::new())
    }

    #[track_caller]
    fn ask(&self, method: Method, url: &str, fields: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let name = format!("{method} {url}");
        let mut request = self.client.request(method, url).body(body);
        for (field, value) in fields {
            request = request.header(*field, *value);
        }
        let answer = self.runtime.block_on(async {
            let response = request.send().await?;
            let status = response.status().as_u16();
            let fields = response
                .headers()
                .iter()
                .map(|(field, value)| {
                    let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                    (field.as_str().to_owned(), value)
                })
                .collect();
            let body = response.bytes().await?.to_vec();
            Ok::<_, reqwest::Error>(Answer {
                status,
                fields,
                body,
            })
        });
        answer.unwrap_or_else(|error| panic!("{name}: {error:?}"))
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Answer {
    /// A header field by its lower-case name.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, with this status expected.
    ///
    /// # Panics
    /// When the status is another or the body is no JSON, with what came.
    #[track_caller]
    pub fn json(&self, status: u16) -> Value {
        let text = self.text();
        assert_eq!(self.status, status, "{text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("no JSON ({error}): {text}"))
    }
}
