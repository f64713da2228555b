//! Target: long lists, page by page, from a server that says whatever the input says.
//!
//! An input is up to eight answers. An answer is its fields in the order of [`FIELDS`] and then its
//! body, each ended by [`FIELD`]; answers are ended by [`PAGE`].

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{self, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use async_trait::async_trait;
use mediatime::{FixedClock, Timestamp};
use tams::{
    Auth, Connection, ConnectionSettings, Dialect, FlowQuery, Pause, Secret, SegmentQuery,
    SourceQuery, Surroundings, TamsError,
};
use tams_model::Id;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::mutate::random::Random;
use super::mutate::{self, json};
use crate::http1::{self, Head};

const FIELD: u8 = 0x1f;
const PAGE: u8 = 0x1e;

/// The header fields an input decides.
const FIELDS: [&str; 6] = [
    "link",
    "x-paging-nextkey",
    "x-paging-timerange",
    "x-paging-limit",
    "location",
    "retry-after",
];

/// No input reads further.
const PAGES: usize = 6;
const TRIES: u32 = 2;
/// The redirects that one request follows, and the request itself.
const HOPS: usize = 6;
/// Far more than any input needs, and less than a test may hang.
const PATIENCE: Duration = Duration::from_secs(30);
const TOKEN: &str = "t0ken";
const FLOW: &str = "4f79cfd1-c057-47f4-8e4d-1b126ca7bf34";

const LINKS: [&str; 8] = [
    "",
    "</tams/flows?page=2>; rel=\"next\"",
    "<?page=3>; rel=next",
    "<?page=4&limit=1>; rel=\"prev\", <?page=5>; rel=\"next\"",
    "<>; rel=\"next\"; key=\"k&ey#\"",
    "<http://elsewhere.invalid/tams/flows>; rel=next",
    "<//u:p@127.0.0.1/tams/../admin>; rel=next",
    "<data:,x>; rel=next",
];
const WORDS: [&str; 12] = [
    "<", ">", ";", "\"", "rel=next", "..", "/", "?page=", "key=", "%2e", "\\", "#",
];
const TEXTS: [&str; 8] = [
    "",
    "",
    "[0:0_2:0)",
    "2",
    "-1",
    "abc",
    "/tams/x",
    "99999999999999999999",
];
const BODIES: [&str; 10] = [
    "[]",
    r#"[{"object_id":"a","timerange":"[2:0_4:0)"},{"object_id":"a","timerange":"[0:0_2:0)"}]"#,
    r#"[{"object_id":"b","timerange":{"value":"[10:0_12:0)"}},null,5]"#,
    r#"{"data":[{"id":"4f79cfd1-c057-47f4-8e4d-1b126ca7bf34","format":"urn:x-nmos:format:video"}]}"#,
    r#"{"data":null,"paging":{"next":"x"}}"#,
    r#"{"detail":"broken at https://u:p@h/x?token=y"}"#,
    r#"{"error":{"summary":"no"}}"#,
    "<!doctype html>",
    "null",
    "",
];

/// Some answers.
pub fn input(random: &mut Random) -> Vec<u8> {
    let mut data = vec![random.bits().to_le_bytes()[0]];
    for _ in 0..=random.below(4) {
        // Five in six are 200.
        data.push(random.bits().to_le_bytes()[0]);
        for at in 0..FIELDS.len() {
            let field = match at {
                0 => mutate::text(random, &LINKS, &WORDS),
                _ if random.one_in(3) => mutate::text(random, &TEXTS, &WORDS),
                _ => Vec::new(),
            };
            data.extend(field.into_iter().filter(|byte| *byte >= b' '));
            data.push(FIELD);
        }
        let body = if random.one_in(2) {
            random.pick(&BODIES).as_bytes().to_vec()
        } else {
            let seeds = BODIES.map(|body| serde_json::from_str(body).unwrap_or_default());
            json::body(random, &seeds)
        };
        let plain = |byte: &u8| ![FIELD, PAGE].contains(byte);
        data.extend(body.into_iter().filter(plain));
        data.push(PAGE);
    }
    data
}

/// One answer, as it goes over the wire.
fn answer(page: &[u8]) -> Vec<u8> {
    let (status, page) = page.split_first().unwrap_or((&0, &[]));
    let status = match status % 48 {
        0 => "302 Found",
        1 => "308 Permanent Redirect",
        2 => "401 Unauthorized",
        3 => "404 Not Found",
        4 => "429 Too Many Requests",
        5 => "500 Internal Server Error",
        6 => "503 Service Unavailable",
        7 => "206 Partial Content",
        _ => "200 OK",
    };
    let mut parts = page.splitn(FIELDS.len() + 1, |byte| *byte == FIELD);
    let mut wire = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for name in FIELDS {
        let value = parts.next().unwrap_or_default();
        if !value.is_empty() {
            wire.extend_from_slice(name.as_bytes());
            wire.extend_from_slice(b": ");
            wire.extend(value.iter().map(|byte| {
                if *byte < b' ' || *byte == 0x7f {
                    b' '
                } else {
                    *byte
                }
            }));
            wire.extend_from_slice(b"\r\n");
        }
    }
    let body = parts.next().unwrap_or_default();
    wire.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    wire.extend_from_slice(body);
    wire
}

/// A client of each dialect that pages in a way of its own, and the server they read from. Dropping
/// it stops the server.
pub struct Reader {
    runtime: Runtime,
    connections: Vec<Connection>,
    server: Server,
    flow: Id,
}

impl Reader {
    /// Starts the server on a free port of this computer and opens the connections.
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let server = Server::start();
        let dialects = [Dialect::Standard, Dialect::Vasttams8, Dialect::OpenTams];
        let open = |dialect| {
            let token = Auth::Bearer(Secret::new(TOKEN));
            let base = format!("http://{}/tams", server.address);
            let mut settings = ConnectionSettings::new("hostile", base, token);
            settings.dialect = Some(dialect);
            settings.limits.pages = PAGES;
            settings.limits.tries = TRIES;
            settings.timeouts.answer = PATIENCE;
            let mut surroundings = Surroundings::new(Arc::new(FixedClock::new(Timestamp::ZERO)));
            surroundings.pause = Arc::new(NoPause);
            server.script(
                [br#"{"api_version":"8.2","type":"urn:x-tams:service"}"#.as_slice()].map(plain),
            );
            let cancel = CancellationToken::new();
            runtime
                .block_on(Connection::open(settings, surroundings, &cancel))
                .expect("a connection")
        };
        let connections = dialects.map(open).into();
        Self {
            runtime,
            connections,
            server,
            flow: FLOW.parse().expect("an identifier"),
        }
    }

    /// Reads lists from a server that answers as `data` says, and says the last of it again and
    /// again; true when a list came to its end.
    ///
    /// # Panics
    /// When reading takes more requests than it may, one goes to an address it may not go to, or a
    /// list is out of order.
    pub fn run(&mut self, data: &[u8]) -> bool {
        let (choice, data) = data.split_first().unwrap_or((&0, &[]));
        let connection = &self.connections[usize::from(choice % 3)];
        let most = PAGES * HOPS * usize::try_from(TRIES).expect("a small number");
        self.server
            .script(data.split(|byte| *byte == PAGE).take(8).map(answer));
        let ended = self.runtime.block_on(async {
            let reading = read(connection, self.flow, choice / 3);
            tokio::time::timeout(PATIENCE, reading).await
        });
        let ended = ended.expect("reading ends");
        let seen = self.server.seen();
        assert!(seen.len() <= most, "{} requests: {seen:#?}", seen.len());
        for (target, host, authorization) in &seen {
            let path = target.split('?').next().unwrap_or_default();
            assert!(path == "/tams" || path.starts_with("/tams/"), "{target}");
            assert_eq!(*host, self.server.address);
            assert_eq!(authorization, &format!("Bearer {TOKEN}"));
        }
        if let Err(error) = &ended {
            let said = error.to_string();
            assert!(said.len() < 4_000 && !said.contains(TOKEN), "{said}");
        }
        ended.is_ok()
    }
}

/// Reads one of the lists, to its end or as far as the limit goes.
async fn read(connection: &Connection, flow: Id, choice: u8) -> Result<(), TamsError> {
    match choice % 4 {
        0 => {
            let query = SegmentQuery::default();
            let listed = connection.segments(flow, &query).await?;
            let starts: Vec<_> = listed
                .items
                .iter()
                .map(|item| item.timerange.start())
                .collect();
            assert!(starts.is_sorted(), "{starts:?}");
            let mut seen = HashSet::new();
            for item in &listed.items {
                let new = seen.insert((&item.object_id, item.timerange));
                assert!(new, "{} comes twice", item.object_id);
            }
        }
        1 => {
            let mut pages = connection.segment_pages(
                flow,
                &SegmentQuery {
                    limit: Some(1),
                    ..SegmentQuery::default()
                },
            )?;
            while pages.next().await?.is_some() {}
        }
        2 => drop(connection.flows(&FlowQuery::default()).await?),
        _ => drop(connection.sources(&SourceQuery::default()).await?),
    }
    Ok(())
}

struct NoPause;

#[async_trait]
impl Pause for NoPause {
    async fn pause(&self, _: Duration) {}
}

fn plain(body: &[u8]) -> Vec<u8> {
    let mut page = vec![47];
    page.extend([FIELD; FIELDS.len()]);
    page.extend_from_slice(body);
    answer(&page)
}

/// The server: a script of answers, and a record of what was asked.
struct Server {
    address: String,
    shared: Arc<Mutex<Script>>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Script {
    answers: VecDeque<Vec<u8>>,
    /// Target, `Host` and `Authorization` of each request.
    seen: Vec<(String, String, String)>,
    open: HashMap<u64, TcpStream>,
    next_connection: u64,
    ended: bool,
}

fn lock(script: &Mutex<Script>) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let shared = Arc::new(Mutex::new(Script::default()));
        let script = Arc::clone(&shared);
        let accepting = thread::spawn(move || accept(&listener, &script));
        Self {
            address,
            shared,
            accepting: Some(accepting),
        }
    }

    /// The next answers; the last of them is given again and again.
    fn script(&self, answers: impl IntoIterator<Item = Vec<u8>>) {
        let mut script = lock(&self.shared);
        script.answers = answers.into_iter().collect();
        script.seen.clear();
    }

    fn seen(&self) -> Vec<(String, String, String)> {
        lock(&self.shared).seen.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        {
            let mut script = lock(&self.shared);
            script.ended = true;
            for (_, stream) in script.open.drain() {
                // The client may have closed it already.
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
        // Wakes the thread that accepts, so that it sees the end.
        let _ = TcpStream::connect(&self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn accept(listener: &TcpListener, script: &Arc<Mutex<Script>>) {
    for client in listener.incoming() {
        let Ok(client) = client else { continue };
        let connection = {
            let mut script = lock(script);
            if script.ended {
                return;
            }
            let Ok(copy) = client.try_clone() else {
                continue;
            };
            script.next_connection += 1;
            let connection = script.next_connection;
            script.open.insert(connection, copy);
            connection
        };
        let script = Arc::clone(script);
        thread::spawn(move || {
            // A client that hangs up has read enough.
            let _ = serve(&client, &script);
            lock(&script).open.remove(&connection);
        });
    }
}

fn serve(client: &TcpStream, script: &Mutex<Script>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut from = BufReader::new(client);
    while let Some(head) = Head::read(&mut from)? {
        http1::read_content(&mut from, head.request_framing())?;
        let field = |name| head.field(name).unwrap_or_default().to_owned();
        let target = head.start.split(' ').nth(1).unwrap_or_default().to_owned();
        let answer = {
            let mut script = lock(script);
            script
                .seen
                .push((target, field("host"), field("authorization")));
            match script.answers.len() {
                0 | 1 => script
                    .answers
                    .front()
                    .cloned()
                    .unwrap_or_else(|| plain(b"[]")),
                _ => script.answers.pop_front().unwrap_or_default(),
            }
        };
        (&*client).write_all(&answer)?;
    }
    Ok(())
}
