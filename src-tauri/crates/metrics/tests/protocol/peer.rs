//! A peer on loopback that answers as it is told, and remembers what it was asked.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) fields: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    pub(crate) fn argument(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(&format!("http://h{}", self.target)).unwrap();
        let found = url.query_pairs().find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned())
    }
}

/// What is done with a request.
pub(crate) enum Act {
    /// An answer.
    Say(u16, Vec<u8>),
    /// An answer with further header lines, each with its end.
    With(u16, &'static str, Vec<u8>),
    /// The head of an answer that promises more than comes; then the connection is closed.
    Truncated(Vec<u8>),
    /// The head and a part of an answer; then nothing, while the connection stays.
    Stalled(Vec<u8>),
    /// Nothing, while the connection stays.
    Silent,
}

/// The running peer. Its threads end with the test.
pub(crate) struct Peer {
    pub(crate) base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Peer {
    /// Starts one that does what `act` says.
    pub(crate) fn start(act: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (act, kept) = (Arc::new(act), asked.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (act, kept) = (act.clone(), kept.clone());
                thread::spawn(move || serve(stream, &*act, &kept));
            }
        });
        Self { base, asked }
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// How often a path was asked for.
    pub(crate) fn count(&self, path: &str) -> usize {
        let asked = self.asked();
        asked.iter().filter(|asked| asked.path() == path).count()
    }
}

fn serve(stream: TcpStream, act: &dyn Fn(&Asked) -> Act, kept: &Mutex<Vec<Asked>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    while let Some(asked) = read(&mut reader) {
        kept.lock().unwrap().push(asked.clone());
        let head = |status: u16, fields: &str, length: usize| {
            format!("HTTP/1.1 {status} X\r\n{fields}content-length: {length}\r\n\r\n").into_bytes()
        };
        let (mut bytes, close) = match act(&asked) {
            Act::Say(status, body) => ([head(status, "", body.len()), body].concat(), false),
            Act::With(status, fields, body) => {
                ([head(status, fields, body.len()), body].concat(), false)
            }
            Act::Truncated(body) => ([head(200, "", body.len() + 9), body].concat(), true),
            Act::Stalled(body) => {
                let begun = [head(200, "", body.len() + 9), body].concat();
                let _ = writer.write_all(&begun);
                wait(&mut reader);
                return;
            }
            Act::Silent => {
                wait(&mut reader);
                return;
            }
        };
        if writer.write_all(&std::mem::take(&mut bytes)).is_err() || close {
            return;
        }
    }
}

/// Waits until the other side has had enough.
fn wait(reader: &mut BufReader<TcpStream>) {
    let _ = reader.read_to_end(&mut Vec::new());
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut fields = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        fields.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = fields
        .get("content-length")
        .map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        method,
        target,
        fields,
        body,
    })
}
