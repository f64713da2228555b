//! The two ports: connections, faults, recording; and a client for asking what HTTP libraries won't.

use std::collections::HashMap;
use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::SignedDuration;

use super::Dialect;
use super::fault::{Fault, Requests, Rule};
use super::message::{Reply, Request};
use super::record::{Port, Seen};
use super::store::Store;
use super::tls::Identity;
use crate::http::Answer;
use crate::http1::{self, Head};

/// How long [`ask`] waits for each byte.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks `address` (`127.0.0.1:PORT`) for `target` on a connection of its own, without TLS, and reads
/// the whole answer. A `host` field may be given; `content-length` is added when there is a body and
/// no `transfer-encoding` among the fields.
///
/// # Errors
/// When the connection ends within the answer, or before it.
pub fn ask(
    address: &str,
    method: &str,
    target: &str,
    fields: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = format!("{method} {target} HTTP/1.1\r\nconnection: close\r\n");
    let has = |wanted: &str| fields.iter().any(|(name, _)| *name == wanted);
    if !has("host") {
        head += &format!("host: {address}\r\n");
    }
    for (name, value) in fields {
        head += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() && !has("transfer-encoding") {
        head += &format!("content-length: {}\r\n", body.len());
    }
    (&stream).write_all(head.as_bytes())?;
    (&stream).write_all(b"\r\n")?;
    (&stream).write_all(body)?;
    let mut from = BufReader::new(&stream);
    let head = Head::read(&mut from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let body = http1::read_content(&mut from, head.response_framing(method)?)?;
    Ok(Answer {
        status: head.status()?,
        fields: head.fields().to_vec(),
        body,
    })
}

/// What all threads of a server share.
#[derive(Debug)]
pub(super) struct Shared {
    dialect: Dialect,
    store: Mutex<Store>,
    traffic: Mutex<Traffic>,
    /// Told whenever a request comes or the server ends.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Traffic {
    seen: Vec<Seen>,
    rules: Vec<Rule>,
    date_lie: SignedDuration,
    ended: bool,
    next_connection: u64,
    open: HashMap<u64, TcpStream>,
}

/// A test that failed with a lock in hand must not hide behind a poisoned one.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(dialect: Dialect, store: Store) -> Self {
        Self {
            dialect,
            store: Mutex::new(store),
            traffic: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        lock(&self.traffic).seen.clone()
    }

    pub(super) fn count(&self, requests: &Requests) -> usize {
        count(&lock(&self.traffic), requests)
    }

    pub(super) fn wait_for(&self, requests: &Requests, least: usize, limit: Duration) {
        let traffic = self.wait(limit, |traffic| count(traffic, requests) >= least);
        assert!(
            count(&traffic, requests) >= least,
            "{least} × {requests:?} did not come within {limit:?}; what came: {:#?}",
            traffic
                .seen
                .iter()
                .map(|seen| format!("{} {}", seen.method, seen.path))
                .collect::<Vec<_>>()
        );
    }

    pub(super) fn add_rule(&self, rule: Rule) {
        lock(&self.traffic).rules.push(rule);
    }

    pub(super) fn clear_rules(&self) {
        let mut traffic = lock(&self.traffic);
        traffic.rules.clear();
        self.changed.notify_all();
    }

    pub(super) fn lie_about_date(&self, seconds: i64) {
        lock(&self.traffic).date_lie = SignedDuration::from_secs(seconds);
    }

    /// Cuts every connection and lets every thread end.
    pub(super) fn end(&self) {
        let mut traffic = lock(&self.traffic);
        traffic.ended = true;
        for (_, stream) in traffic.open.drain() {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
    }

    fn wait(&self, limit: Duration, done: impl Fn(&Traffic) -> bool) -> MutexGuard<'_, Traffic> {
        let deadline = Instant::now() + limit;
        let mut traffic = lock(&self.traffic);
        while !done(&traffic) {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                break;
            };
            let waited = self.changed.wait_timeout(traffic, left);
            traffic = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        traffic
    }

    /// Records a request; answers with its place in the record and what is to go wrong.
    fn arrive(&self, port: Port, request: &Request) -> (usize, Option<Fault>) {
        let mut traffic = lock(&self.traffic);
        let mut fault = None;
        for rule in &mut traffic.rules {
            fault = rule.meet(port, request).or(fault);
        }
        traffic.seen.push(Seen::new(port, request));
        self.changed.notify_all();
        (traffic.seen.len() - 1, fault)
    }

    /// What the server says to a request when nothing goes wrong.
    fn carry_out(&self, port: Port, request: &Request) -> Reply {
        let mut store = self.store();
        let now = store.now().as_second();
        if port == Port::Media {
            if request.path() == "/oauth2/token" && request.method == "POST" {
                let given = store.doors.give_token(request, now);
                return given.unwrap_or_else(|| Reply::empty(404));
            }
            return store.serve_media(request);
        }
        let login = request.method == "POST" && request.path().ends_with("/auth/login");
        if login && let Some(reply) = store.doors.log_in(request, now) {
            return reply;
        }
        if let Some(refusal) = store.doors.refuse(request, now) {
            return refusal;
        }
        self.dialect.answer(request, &mut store)
    }

    /// The header field `Date`, which may lie.
    fn date(&self) -> String {
        let lie = lock(&self.traffic).date_lie;
        let date = self.store().now().checked_add(lie);
        date.expect("a test's lies are small")
            .strftime("%a, %d %b %Y %H:%M:%S GMT")
            .to_string()
    }

    /// Serves one connection until one side closes it or a fault cuts it.
    fn serve<S: Read + Write>(
        &self,
        port: Port,
        scheme: &'static str,
        mut stream: BufReader<S>,
    ) -> io::Result<()> {
        while let Some(head) = Head::read(&mut stream)? {
            if head.field("expect").is_some() {
                stream
                    .get_mut()
                    .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            let body = http1::read_content(&mut stream, head.request_framing())?;
            let mut request = Request::new(&head, body, scheme);
            let (index, fault) = self.arrive(port, &request);
            if fault == Some(Fault::NoRanges) {
                request.forget("range");
            }
            if fault == Some(Fault::Hang) {
                // Longer than any test: the server's end lets it go.
                drop(self.wait(Duration::from_secs(3600), |traffic| traffic.ended));
                return Ok(());
            }
            if fault == Some(Fault::Hold) {
                let over =
                    |traffic: &Traffic| traffic.ended || !traffic.rules.iter().any(Rule::holds);
                drop(self.wait(Duration::from_secs(3600), over));
            }
            let carried = fault.as_ref().is_none_or(Fault::is_carried_out);
            let reply = if carried {
                self.carry_out(port, &request)
            } else {
                Reply::empty(500)
            };
            let reply = match &fault {
                Some(fault) => fault.spoil(&request, reply),
                None => reply,
            };
            let most = match fault {
                Some(Fault::LoseAnswer) => return Ok(()),
                Some(Fault::Cut { after }) => after,
                _ => usize::MAX,
            };
            lock(&self.traffic).seen[index].status = Some(reply.status);
            let reply = reply.replacing("date", self.date());
            reply.write(stream.get_mut(), &request.method, most)?;
            if most < reply.body.len() || head.closes() {
                return Ok(());
            }
        }
        Ok(())
    }
}

fn count(traffic: &Traffic, requests: &Requests) -> usize {
    let of_these = |seen: &&Seen| {
        let query = seen.query.iter();
        let query: Vec<String> = query
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let target = format!("{}?{}", seen.path, query.join("&"));
        requests.include(
            seen.port,
            &seen.method,
            &target,
            seen.field("range").is_some(),
        )
    };
    traffic.seen.iter().filter(of_these).count()
}

/// The two listening ports.
#[derive(Debug)]
pub(super) struct Ports {
    api: String,
    media: String,
    identity: Option<Arc<Identity>>,
}

impl Ports {
    /// Binds both and starts to accept.
    pub(super) fn open(shared: &Arc<Shared>, tls: bool) -> Self {
        let identity = tls.then(|| Arc::new(Identity::new()));
        let listen = |port: Port| {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let address = listener.local_addr().expect("it is bound").to_string();
            let shared = Arc::clone(shared);
            let identity = identity.clone();
            thread::spawn(move || accept(&listener, port, &shared, identity.as_ref()));
            address
        };
        // The store knows where it is before anybody can ask the API.
        let media = listen(Port::Media);
        {
            let mut store = shared.store();
            store.bucket.host.clone_from(&media);
            store.bucket.scheme = if tls { "https" } else { "http" };
        }
        let api = listen(Port::Api);
        Self {
            api,
            media,
            identity,
        }
    }

    pub(super) fn address(&self, port: Port) -> &str {
        match port {
            Port::Api => &self.api,
            Port::Media => &self.media,
        }
    }

    pub(super) fn origin(&self, port: Port) -> String {
        let scheme = match self.identity {
            Some(_) => "https",
            None => "http",
        };
        format!("{scheme}://{}", self.address(port))
    }

    pub(super) fn certificate(&self) -> Option<&str> {
        self.identity.as_deref().map(Identity::pem)
    }

    /// Wakes the threads that accept, so that they see the end and close the ports.
    pub(super) fn close(&self) {
        for address in [&self.api, &self.media] {
            let _ = TcpStream::connect(address);
        }
    }
}

fn accept(
    listener: &TcpListener,
    port: Port,
    shared: &Arc<Shared>,
    identity: Option<&Arc<Identity>>,
) {
    for client in listener.incoming() {
        let Ok(client) = client else { continue };
        let connection = {
            let mut traffic = lock(&shared.traffic);
            if traffic.ended {
                return;
            }
            let Ok(copy) = client.try_clone() else {
                continue;
            };
            traffic.next_connection += 1;
            let connection = traffic.next_connection;
            traffic.open.insert(connection, copy);
            connection
        };
        let shared = Arc::clone(shared);
        let identity = identity.cloned();
        thread::spawn(move || {
            // However serving ends, and be it by a panic, the client's end is told.
            let _open = Open {
                shared: &shared,
                connection,
            };
            // Errors here are broken connections, which tests are about.
            let _ = client.set_nodelay(true);
            let _ = match identity {
                None => shared.serve(port, "http", BufReader::new(client)),
                Some(identity) => identity
                    .greet(client)
                    .and_then(|stream| shared.serve(port, "https", BufReader::new(stream))),
            };
        });
    }
}

/// A connection that is being served. Dropping it closes it.
struct Open<'a> {
    shared: &'a Shared,
    connection: u64,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let Some(stream) = lock(&self.shared.traffic).open.remove(&self.connection) {
            // The client may have closed it already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}
