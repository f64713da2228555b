//! The pictures of one monitor over a WebSocket (RFC 6455).

use super::{MonitorFeed, Shared, Wanted, header};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderName, StatusCode};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use ipc::MonitorName;
use media::PreviewFrame;
use serde::Deserialize;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::CancellationToken;

/// What a page says is a tenth of this.
const LONGEST_MESSAGE: usize = 1 << 10;
/// A page draws two pictures ahead; more credit than this is not remembered.
const MOST_CREDIT: u32 = 16;
/// A page that takes a picture no faster than this is gone.
const SEND: Duration = Duration::from_secs(10);
/// How long the other side may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// What a page says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Say {
    /// What pictures should be like from now on.
    Configure(Wanted),
    /// How many more pictures may be sent.
    Credit { count: u32 },
}

/// Answers a page that wants a monitor's pictures.
pub(super) async fn open(
    State(shared): State<Shared>,
    Path((_, monitor)): Path<(String, String)>,
    mut request: Request,
) -> Response {
    let name = match monitor.as_str() {
        "source" => MonitorName::Source,
        "record" => MonitorName::Record,
        _ => return (StatusCode::NOT_FOUND, "there is no such monitor\n").into_response(),
    };
    let Some(accept) = accepts(request.headers()) else {
        let version = [(SEC_WEBSOCKET_VERSION, "13")];
        let words = "ask for a WebSocket, version 13\n";
        return (StatusCode::UPGRADE_REQUIRED, version, words).into_response();
    };
    let Some(feed) = shared.pictures.monitor(name) else {
        return (StatusCode::NOT_FOUND, "there is no such monitor\n").into_response();
    };
    let Ok(place) = Arc::clone(&shared.sockets).try_acquire_owned() else {
        let words = "too many sockets are open; close one\n";
        return (StatusCode::SERVICE_UNAVAILABLE, words).into_response();
    };
    let upgrade = hyper::upgrade::on(&mut request);
    let shutdown = shared.shutdown.clone();
    shared.tasks.spawn(attend(upgrade, feed, shutdown, place));
    let headers = [
        (CONNECTION, "Upgrade".to_owned()),
        (UPGRADE, "websocket".to_owned()),
        (SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

/// The answer to the key of a client that wants a WebSocket (RFC 6455 §4.2).
fn accepts(headers: &HeaderMap) -> Option<String> {
    let is_upgrade =
        lists(headers, &CONNECTION, "upgrade") && lists(headers, &UPGRADE, "websocket");
    let version = headers.get(SEC_WEBSOCKET_VERSION)?;
    let key = headers.get(SEC_WEBSOCKET_KEY)?;
    (is_upgrade && version == "13").then(|| derive_accept_key(key.as_bytes()))
}

/// Whether a header's comma-separated list has an entry.
fn lists(headers: &HeaderMap, name: &HeaderName, entry: &str) -> bool {
    let mut values = headers.get_all(name).iter().filter_map(|v| v.to_str().ok());
    values.any(|list| {
        list.split(',')
            .any(|one| one.trim().eq_ignore_ascii_case(entry))
    })
}

async fn attend(
    upgrade: OnUpgrade,
    feed: MonitorFeed,
    shutdown: CancellationToken,
    _place: OwnedSemaphorePermit,
) {
    let upgraded = tokio::select! {
        () = shutdown.cancelled() => return,
        upgraded = upgrade => upgraded,
    };
    let upgraded = match upgraded {
        Ok(upgraded) => TokioIo::new(upgraded),
        Err(error) => {
            tracing::debug!(%error, "a socket was not opened");
            return;
        }
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(LONGEST_MESSAGE)
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE));
    let stream = WebSocketStream::from_raw_socket(upgraded, Role::Server, Some(config)).await;
    let mut session = Session {
        stream,
        feed,
        credit: 0,
        sent: None,
    };
    let end = tokio::select! {
        () = shutdown.cancelled() => End::Say(CloseCode::Away, "the window closes"),
        end = session.run() => end,
    };
    if let End::Say(code, reason) = end {
        session.say_goodbye(code, reason).await;
    }
}

/// How a session ends.
enum End {
    /// The other side is gone, or said goodbye.
    Gone,
    /// We say why.
    Say(CloseCode, &'static str),
}

/// One page that looks at one monitor.
struct Session {
    stream: WebSocketStream<TokioIo<Upgraded>>,
    feed: MonitorFeed,
    /// Pictures the page can still draw.
    credit: u32,
    /// Generation and number of the last picture that was sent.
    sent: Option<(u32, u32)>,
}

impl Session {
    async fn run(&mut self) -> End {
        loop {
            if let Some(frame) = self.due() {
                match tokio::time::timeout(SEND, self.send(&frame)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) | Err(_) => return End::Gone,
                }
            }
            tokio::select! {
                message = self.stream.next() => {
                    if let ControlFlow::Break(end) = self.hear(message) {
                        return end;
                    }
                }
                changed = self.feed.frames.changed(), if self.credit > 0 => {
                    if changed.is_err() {
                        return End::Say(CloseCode::Away, "the monitor is closed");
                    }
                }
            }
        }
    }

    /// The newest picture, when the page has not had it and can draw it.
    fn due(&mut self) -> Option<Arc<PreviewFrame>> {
        if self.credit == 0 {
            return None;
        }
        let newest = self.feed.frames.borrow_and_update().clone()?;
        (self.sent != Some((newest.generation, newest.seq))).then_some(newest)
    }

    async fn send(&mut self, frame: &PreviewFrame) -> Result<(), Error> {
        self.credit -= 1;
        self.sent = Some((frame.generation, frame.seq));
        let message = Message::Binary(header::message(frame, (self.feed.time)(frame)).into());
        self.stream.send(message).await
    }

    fn hear(&mut self, message: Option<Result<Message, Error>>) -> ControlFlow<End> {
        match message {
            Some(Ok(Message::Text(text))) => self.obey(&text),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => ControlFlow::Continue(()),
            Some(Ok(Message::Binary(_) | Message::Frame(_))) => {
                ControlFlow::Break(End::Say(CloseCode::Unsupported, "send text"))
            }
            Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. }))) => {
                ControlFlow::Break(End::Say(CloseCode::Size, "messages are at most 1 KiB"))
            }
            Some(Err(Error::Utf8(_))) => {
                ControlFlow::Break(End::Say(CloseCode::Invalid, "send UTF-8"))
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => ControlFlow::Break(End::Gone),
        }
    }

    fn obey(&mut self, text: &str) -> ControlFlow<End> {
        match serde_json::from_str(text) {
            Ok(Say::Configure(wanted)) => (self.feed.show)(wanted.into()),
            Ok(Say::Credit { count }) => {
                self.credit = self.credit.saturating_add(count).min(MOST_CREDIT);
            }
            Err(_) => {
                let reason = "send configure or credit, as JSON";
                return ControlFlow::Break(End::Say(CloseCode::Policy, reason));
            }
        }
        ControlFlow::Continue(())
    }

    /// Closes with a reason and waits until the other side has heard it.
    async fn say_goodbye(&mut self, code: CloseCode, reason: &'static str) {
        let goodbye = tokio::time::timeout(GOODBYE, async {
            let frame = CloseFrame {
                code,
                reason: reason.into(),
            };
            self.stream.close(Some(frame)).await?;
            while self.stream.next().await.transpose()?.is_some() {}
            Ok::<_, Error>(())
        });
        if !matches!(goodbye.await, Ok(Ok(()))) {
            tracing::debug!("a page left without a word");
        }
    }
}
