//! The server with a window behind it, and the clients of the tests.

mod monitors;
mod requests;

use super::{FramesServer, MonitorFeed, Pictures, header, pull};
use crate::{Code, Failure};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::StatusCode;
use http::header::{HOST, ORIGIN};
use ipc::MonitorName;
use media::{PictureBox, PixelFormat, PreviewFrame};
use mediatime::Timestamp;
use serde_json::json;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;

/// Long enough for any machine; nothing waits for it when all is well.
const LIMIT: Duration = Duration::from_secs(30);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

fn frame(number: u64, seq: u32) -> Arc<PreviewFrame> {
    Arc::new(PreviewFrame {
        frame: number,
        seq,
        generation: 3,
        exact: true,
        playing: false,
        at: Timestamp::from_nanos(i128::from(number) * 40_000_000).unwrap(),
        of: None,
        format: PixelFormat::Rgba,
        width: 2,
        height: 1,
        strides: [8, 0],
        matrix: 0,
        full_range: true,
        levels: None,
        data: Bytes::from_static(&[1, 2, 3, 4, 5, 6, 7, 8]),
    })
}

/// A window's monitors and catalogue.
struct Window {
    source: watch::Sender<Option<Arc<PreviewFrame>>>,
    record: watch::Sender<Option<Arc<PreviewFrame>>>,
    shown: mpsc::UnboundedSender<PictureBox>,
    raised: mpsc::UnboundedSender<()>,
    desk: Mutex<Desk>,
    changed: Condvar,
}

/// How many pictures are being decoded, and whether they may be done.
#[derive(Default)]
struct Desk {
    decoding: usize,
    most: usize,
    done: usize,
    open: bool,
}

impl Window {
    fn let_through(&self) {
        self.desk.lock().unwrap().open = true;
        self.changed.notify_all();
    }

    async fn until(self: &Arc<Self>, wanted: impl Fn(&Desk) -> bool + Send + 'static) {
        let window = Arc::clone(self);
        let waiting = tokio::task::spawn_blocking(move || {
            let desk = window.desk.lock().unwrap();
            drop(
                window
                    .changed
                    .wait_while(desk, |desk| !wanted(desk))
                    .unwrap(),
            );
        });
        tokio::time::timeout(LIMIT, waiting).await.unwrap().unwrap();
    }
}

impl Pictures for Window {
    fn monitor(&self, name: MonitorName) -> Option<MonitorFeed> {
        let frames = match name {
            MonitorName::Source => &self.source,
            MonitorName::Record => &self.record,
        };
        let shown = self.shown.clone();
        Some(MonitorFeed {
            frames: frames.subscribe(),
            show: Arc::new(move |wanted| shown.send(wanted).unwrap()),
            time: Arc::new(|_| None),
        })
    }

    fn picture(&self, flow: &str, frame: u64, height: u32) -> Result<Vec<u8>, Failure> {
        if flow == "gone" {
            return Err(Failure::new(Code::MissingObject, "object o1", "Ingest it."));
        }
        let mut desk = self.desk.lock().unwrap();
        desk.decoding += 1;
        desk.most = desk.most.max(desk.decoding);
        self.changed.notify_all();
        desk = self.changed.wait_while(desk, |desk| !desk.open).unwrap();
        desk.decoding -= 1;
        desk.done += 1;
        self.changed.notify_all();
        Ok(format!("{flow} {frame} {height}").into_bytes())
    }

    fn peaks(&self, flow: &str, first: u64, frames: u64, bins: u32) -> Result<Vec<u8>, Failure> {
        Ok(format!("{flow} {first} {frames} {bins}").into_bytes())
    }

    fn sheet_page(&self, job: &str, page: u32) -> Result<Vec<u8>, Failure> {
        Ok(format!("{job} {page}").into_bytes())
    }

    fn raise(&self) {
        self.raised.send(()).unwrap();
    }
}

struct Running {
    window: Arc<Window>,
    shown: mpsc::UnboundedReceiver<PictureBox>,
    raised: mpsc::UnboundedReceiver<()>,
    socket: String,
    http: String,
    shutdown: CancellationToken,
    served: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn start() -> Self {
        Self::start_with(false).await
    }

    async fn start_with(development: bool) -> Self {
        let server = FramesServer::bind(development).await.unwrap();
        let endpoint = server.endpoint();
        let (shown, shows) = mpsc::unbounded_channel();
        let (raised, raises) = mpsc::unbounded_channel();
        let window = Arc::new(Window {
            source: watch::Sender::new(None),
            record: watch::Sender::new(None),
            shown,
            raised,
            desk: Mutex::default(),
            changed: Condvar::new(),
        });
        let shutdown = CancellationToken::new();
        let served = tokio::spawn(server.serve(window.clone(), shutdown.clone()));
        Self {
            window,
            shown: shows,
            raised: raises,
            socket: endpoint.socket,
            http: endpoint.http,
            shutdown,
            served,
        }
    }

    async fn open(&self, monitor: &str) -> Socket {
        self.try_open(monitor, None).await.unwrap()
    }

    /// Opens a socket from an origin; else the status of the answer.
    async fn try_open(&self, monitor: &str, origin: Option<&str>) -> Result<Socket, StatusCode> {
        let url = format!("{}/{monitor}", self.socket);
        let mut request = url.into_client_request().unwrap();
        if let Some(origin) = origin {
            request
                .headers_mut()
                .insert(ORIGIN, origin.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(answer)) => Err(answer.status()),
            Err(error) => panic!("{error}"),
        }
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let url = format!("{}/{path}", self.http);
        reqwest::get(url).await.unwrap()
    }
}

async fn say(socket: &mut Socket, message: serde_json::Value) {
    socket
        .send(Message::text(message.to_string()))
        .await
        .unwrap();
}

async fn credit(socket: &mut Socket, count: u32) {
    say(socket, json!({ "type": "credit", "count": count })).await;
}

async fn hear(socket: &mut Socket) -> Message {
    let message = tokio::time::timeout(LIMIT, socket.next()).await;
    message.expect("a message").expect("not closed").unwrap()
}

/// Number of the frame in the next picture.
async fn number(socket: &mut Socket) -> u32 {
    let Message::Binary(bytes) = hear(socket).await else {
        panic!("no picture");
    };
    u32::from_le_bytes(bytes[24..28].try_into().unwrap())
}

/// Comes back when the server has read everything that was said before, and has nothing to send.
async fn is_quiet(socket: &mut Socket) {
    socket
        .send(Message::Ping(Bytes::from_static(b"?")))
        .await
        .unwrap();
    assert_eq!(hear(socket).await, Message::Pong(Bytes::from_static(b"?")));
}

async fn is_closed(socket: &mut Socket, code: CloseCode) {
    match hear(socket).await {
        Message::Close(Some(close)) => assert_eq!(close.code, code, "{}", close.reason),
        other => panic!("{other:?}"),
    }
}
