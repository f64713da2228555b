//! The Chrome DevTools Protocol: JSON commands and events over a WebSocket, one socket a target.

use crate::Failure;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Events that are kept; the others tell nothing that is needed here.
pub(super) const REQUEST: &str = "Network.requestWillBeSent";
pub(super) const ANSWER: &str = "Network.responseReceivedExtraInfo";
pub(super) const NAVIGATED: &str = "Page.frameNavigated";
const KEPT: [&str; 3] = [REQUEST, ANSWER, NAVIGATED];

/// No command here takes long on a machine that works.
const PATIENCE: Duration = Duration::from_secs(30);
/// A picture of a phone's screen is a few megabytes.
const LONGEST_MESSAGE: usize = 64 << 20;

/// A connection to one target.
pub(super) struct DevTools {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last_id: u64,
    /// Events that arrived while an answer was awaited.
    events: VecDeque<Event>,
}

/// Something that happened in the target.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub(super) method: String,
    #[serde(default)]
    pub(super) params: Value,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Incoming {
    Answer(Answer),
    Event(Event),
}

#[derive(Deserialize)]
struct Answer {
    id: u64,
    #[serde(default)]
    result: Value,
    error: Option<Value>,
}

impl DevTools {
    pub(super) async fn connect(url: &str) -> Result<Self, Failure> {
        let config = WebSocketConfig::default()
            .max_message_size(Some(LONGEST_MESSAGE))
            .max_frame_size(Some(LONGEST_MESSAGE));
        let connecting = tokio_tungstenite::connect_async_with_config(url, Some(config), true);
        let connected = tokio::time::timeout(PATIENCE, connecting).await;
        let (socket, _) = connected
            .map_err(|_| failed("its DevTools do not answer"))?
            .map_err(failed)?;
        Ok(Self {
            socket,
            last_id: 0,
            events: VecDeque::new(),
        })
    }

    /// Sends a command and returns what it answers.
    pub(super) async fn call(&mut self, method: &str, params: Value) -> Result<Value, Failure> {
        let asking = self.ask(method, params);
        let answered = tokio::time::timeout(PATIENCE, asking).await;
        answered.unwrap_or_else(|_| Err(failed(format!("no answer to {method}"))))
    }

    async fn ask(&mut self, method: &str, params: Value) -> Result<Value, Failure> {
        self.last_id += 1;
        let id = self.last_id;
        let command = json!({ "id": id, "method": method, "params": params });
        let message = Message::text(command.to_string());
        self.socket.send(message).await.map_err(failed)?;
        loop {
            match self.receive().await? {
                Incoming::Answer(answer) if answer.id == id => {
                    return match answer.error {
                        Some(error) => Err(failed(format!("{method}: {error}"))),
                        None => Ok(answer.result),
                    };
                }
                Incoming::Answer(_) => {}
                Incoming::Event(event) => self.events.push_back(event),
            }
        }
    }

    /// The value of a JavaScript expression in the page, as JSON.
    pub(super) async fn evaluate(&mut self, expression: &str) -> Result<Value, Failure> {
        let params = json!({ "expression": expression, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", params).await?;
        match answer.get("exceptionDetails") {
            Some(exception) => Err(failed(exception)),
            None => Ok(answer["result"]["value"].take()),
        }
    }

    /// The next event of those that are kept, the oldest first, as soon as there is one.
    pub(super) async fn event(&mut self) -> Result<Event, Failure> {
        if let Some(event) = self.events.pop_front() {
            return Ok(event);
        }
        loop {
            if let Incoming::Event(event) = self.receive().await? {
                return Ok(event);
            }
        }
    }

    async fn receive(&mut self) -> Result<Incoming, Failure> {
        loop {
            let message = self.socket.next().await;
            match message.transpose().map_err(failed)? {
                Some(Message::Text(text)) => {
                    let incoming = serde_json::from_str(&text).map_err(failed)?;
                    match &incoming {
                        Incoming::Event(event) if !KEPT.contains(&event.method.as_str()) => {}
                        _ => return Ok(incoming),
                    }
                }
                Some(Message::Close(_)) | None => return Err(failed("it ended")),
                Some(_) => {}
            }
        }
    }
}

fn failed(why: impl fmt::Display) -> Failure {
    Failure {
        title: "The browser failed".to_owned(),
        ..Failure::internal(format!("Chromium: {why}"))
    }
}
