//! The relay on both sides of Prism: client → relay → Prism → relay → server, and back.
//!
//! A request goes to Prism with a number. When Prism hands it on, the original of that number goes to
//! the server, and the server's answer is kept. When Prism answers without a complaint, the original
//! answer goes to the client. Answers to `HEAD` Prism can't judge.

use std::collections::HashMap;
use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::http1::{Framing, Head, read_content};

/// How long one message may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// The header field that carries a request's number.
const NUMBER: &str = "x-relayed-request";
/// What the types of Prism's own answers begin with.
const COMPLAINT: &str = "https://stoplight.io/prism/errors#";

/// Which side of Prism a connection comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    Client,
    Server,
}

/// A message: its head and its content.
#[derive(Clone, Debug)]
struct Message {
    head: Head,
    framing: Framing,
    content: Vec<u8>,
}

/// A request under way, and the server's answer once there is one.
#[derive(Debug)]
struct Exchange {
    request: Message,
    answer: Option<Message>,
}

/// Addresses are `HOST:PORT`.
#[derive(Debug)]
pub(super) struct Relay {
    front: String,
    back: String,
    prism: String,
    server: String,
    exchanges: Mutex<HashMap<u64, Exchange>>,
    violations: Mutex<Vec<String>>,
    count: AtomicU64,
    ended: AtomicBool,
}

impl Relay {
    /// A relay that clients reach at `front` and Prism at `back`.
    pub(super) fn new(front: String, back: String, prism: String, server: String) -> Self {
        Self {
            front,
            back,
            prism,
            server,
            exchanges: Mutex::default(),
            violations: Mutex::default(),
            count: AtomicU64::new(0),
            ended: AtomicBool::new(false),
        }
    }

    /// Where clients reach it.
    pub(super) fn front(&self) -> &str {
        &self.front
    }

    /// What Prism has said against requests and answers.
    pub(super) fn violations(&self) -> Vec<String> {
        self.violations
            .lock()
            .expect("relaying does not panic")
            .clone()
    }

    /// Ends [`Self::accept`] on both sides.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
        for address in [&self.front, &self.back] {
            // Wakes the accepting thread; if that fails, it has ended already.
            let _ = TcpStream::connect(address);
        }
    }

    /// Relays every connection to `listener` on a thread of its own.
    pub(super) fn accept(self: &Arc<Self>, listener: &TcpListener, side: Side) {
        for peer in listener.incoming() {
            if self.ended.load(Ordering::SeqCst) {
                return;
            }
            let Ok(peer) = peer else { continue };
            let relay = Arc::clone(self);
            thread::spawn(move || {
                // Who breaks off hears nothing.
                let _ = match side {
                    Side::Client => relay.serve_client(&peer),
                    Side::Server => relay.serve_prism(&peer),
                };
                let _ = peer.shutdown(Shutdown::Both);
            });
        }
    }

    fn serve_client(&self, client: &TcpStream) -> io::Result<()> {
        client.set_read_timeout(Some(PATIENCE))?;
        let (mut from, mut to) = (BufReader::new(client), client);
        while let Some(head) = Head::read(&mut from)? {
            let framing = head.request_framing();
            let content = read_content(&mut from, framing)?;
            let request = Message {
                head,
                framing,
                content,
            };
            let number = self.count.fetch_add(1, Ordering::SeqCst);
            let exchange = Exchange {
                request: request.clone(),
                answer: None,
            };
            self.exchanges().insert(number, exchange);
            let judged = ask(&self.prism, &request, Some(number))?;
            let original = self.exchanges().remove(&number);
            let original = original.and_then(|exchange| exchange.answer);
            let answer = match (self.complaint(&request, &judged), original) {
                (false, Some(original)) => original,
                _ => judged,
            };
            to.write_all(&self.mended(&answer))?;
            if request.head.closes() {
                break;
            }
        }
        Ok(())
    }

    fn serve_prism(&self, mut prism: &TcpStream) -> io::Result<()> {
        prism.set_read_timeout(Some(PATIENCE))?;
        let mut from = BufReader::new(prism);
        let Some(head) = Head::read(&mut from)? else {
            return Ok(());
        };
        let number = head.field(NUMBER).and_then(|number| number.parse().ok());
        let unknown = || io::Error::other("a request that no client sent");
        let number: u64 = number.ok_or_else(unknown)?;
        let request = self
            .exchanges()
            .get(&number)
            .map(|exchange| exchange.request.clone())
            .ok_or_else(unknown)?;
        let answer = ask(&self.server, &request, None)?;
        let for_prism = closing(&answer);
        // Kept first: Prism's judgement may come at once.
        if let Some(exchange) = self.exchanges().get_mut(&number) {
            exchange.answer = Some(answer);
        }
        prism.write_all(&for_prism)?;
        // Its own body may be shorter than it says; it is not needed, but must not be left unread.
        prism.shutdown(Shutdown::Write)?;
        let mut rest = Vec::new();
        from.read_to_end(&mut rest)?;
        Ok(())
    }

    fn exchanges(&self) -> MutexGuard<'_, HashMap<u64, Exchange>> {
        self.exchanges.lock().expect("relaying does not panic")
    }

    /// Whether Prism complains of an exchange; what it says is kept.
    fn complaint(&self, request: &Message, judged: &Message) -> bool {
        let document = serde_json::from_slice::<Value>(&judged.content).unwrap_or_default();
        let is_own = document["type"]
            .as_str()
            .is_some_and(|kind| kind.starts_with(COMPLAINT));
        let words = if is_own {
            document.to_string()
        } else if let Some(words) = judged.head.field("sl-violations") {
            words.to_owned()
        } else {
            return false;
        };
        let exchange = request.head.start.trim_end_matches(" HTTP/1.1");
        self.violations
            .lock()
            .expect("relaying does not panic")
            .push(format!("{exchange}: {words}"));
        true
    }

    /// An answer for the client: links to the server lead to us.
    fn mended(&self, answer: &Message) -> Vec<u8> {
        let here = |name: &str, value: &str| match name {
            "link" | "location" => value.replace(&self.server, &self.front),
            _ => value.to_owned(),
        };
        written(answer, "", here)
    }
}

/// An answer after which the connection ends.
fn closing(answer: &Message) -> Vec<u8> {
    written(answer, "connection: close\r\n", |_, value| value.to_owned())
}

fn written(answer: &Message, more: &str, value: impl Fn(&str, &str) -> String) -> Vec<u8> {
    let mut head = format!("{}\r\n{more}", answer.head.start);
    // An answer to `HEAD` tells the length of what it leaves out.
    let keeps_length = answer.framing == Framing::Length(0);
    for (name, told) in answer.head.fields() {
        let framing = matches!(
            name.as_str(),
            "connection" | "keep-alive" | "transfer-encoding"
        );
        if !framing && (keeps_length || name != "content-length") {
            head.push_str(&format!("{name}: {}\r\n", value(name, told)));
        }
    }
    if !keeps_length {
        head.push_str(&format!("content-length: {}\r\n", answer.content.len()));
    }
    let mut bytes = format!("{head}\r\n").into_bytes();
    bytes.extend_from_slice(&answer.content);
    bytes
}

/// Sends a request to `address`, on a connection of its own, and reads the answer.
fn ask(address: &str, request: &Message, number: Option<u64>) -> io::Result<Message> {
    let upstream = TcpStream::connect(address)?;
    upstream.set_read_timeout(Some(PATIENCE))?;
    let start = &request.head.start;
    let mut head = format!("{start}\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in request.head.fields() {
        if !matches!(
            name.as_str(),
            "host" | "connection" | "content-length" | "transfer-encoding"
        ) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    if let Some(number) = number {
        head.push_str(&format!("{NUMBER}: {number}\r\n"));
        if request.head.field("authorization").is_none() {
            // The document wants a credential; a server on this machine may do without.
            head.push_str("authorization: Bearer none\r\n");
        }
    }
    if request.framing != Framing::Length(0) {
        head.push_str(&format!("content-length: {}\r\n", request.content.len()));
    }
    let mut to = &upstream;
    to.write_all(format!("{head}\r\n").as_bytes())?;
    to.write_all(&request.content)?;
    let mut from = BufReader::new(&upstream);
    let Some(head) = Head::read(&mut from)? else {
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    let framing = head.response_framing(start.split(' ').next().unwrap_or_default())?;
    let content = read_content(&mut from, framing)?;
    Ok(Message {
        head,
        framing,
        content,
    })
}
