//! A proxy before an HTTP/1.1 server that breaks things on request.
//!
//! It forwards bytes unchanged, so a request signed for the proxy's address reaches the server with a
//! signature that still fits. Faults are injected for the requests they are meant for; everything that
//! passes is recorded. Each request has a server connection of its own, so a cut never hits a neighbour.

mod relay;

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::ops::{Bound, RangeBounds};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Which requests: by method, and by what their target (path and query) holds and lacks.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    method: Option<String>,
    holds: Vec<String>,
    lacks: Vec<String>,
}

impl Requests {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests with this method.
    pub fn of(method: &str) -> Self {
        Self {
            method: Some(method.to_owned()),
            ..Self::default()
        }
    }

    /// Of these, the ones whose target holds `text`.
    #[must_use]
    pub fn holding(mut self, text: &str) -> Self {
        self.holds.push(text.to_owned());
        self
    }

    /// Of these, the ones whose target doesn't hold `text`.
    #[must_use]
    pub fn lacking(mut self, text: &str) -> Self {
        self.lacks.push(text.to_owned());
        self
    }

    fn include(&self, method: &str, target: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == method)
            && self.holds.iter().all(|text| target.contains(text))
            && !self.lacks.iter().any(|text| target.contains(text))
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut when so many bytes of the request's body have gone to the server. At 0
    /// the server never hears of it.
    CutRequest {
        /// Bytes on the wire, chunk sizes included.
        after: u64,
    },
    /// The connection is cut when so many bytes of the answer's body have gone to the client.
    CutAnswer {
        /// Bytes on the wire, chunk sizes included.
        after: u64,
    },
    /// The server does what it is asked, but its answer is lost with the connection.
    SwallowAnswer,
    /// The server never hears of the request; the proxy answers with this status and an S3 error of
    /// this code.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The code in the XML body.
        code: &'static str,
    },
}

impl Fault {
    /// What S3 answers when it has too much to do.
    pub fn slow_down() -> Self {
        Self::Answer {
            status: 503,
            code: "SlowDown",
        }
    }
}

/// A request that came to the proxy.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its method.
    pub method: String,
    /// Its target: path and query.
    pub target: String,
    /// Its head as it came.
    pub head: String,
    /// How many bytes of its body went to the server.
    pub sent: u64,
    /// The status of the server's answer, if it came that far.
    pub status: Option<u16>,
    /// What was done to it.
    pub fault: Option<Fault>,
}

/// A running proxy. It ends, and cuts what is open, when dropped.
#[derive(Debug)]
pub struct FaultProxy {
    /// `http://127.0.0.1:PORT`, where clients come.
    pub endpoint: String,
    /// `127.0.0.1:PORT`, the same without the scheme.
    pub address: String,
    state: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// `host:port` of the server.
    upstream: String,
    state: Mutex<State>,
    /// Told whenever a request is seen, held or let go.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    seen: Vec<Seen>,
    rules: Vec<Rule>,
    offline: bool,
    ended: bool,
    next_connection: u64,
    open: HashMap<u64, Vec<TcpStream>>,
}

#[derive(Debug)]
struct Rule {
    requests: Requests,
    first: u64,
    last: u64,
    matched: u64,
    action: Action,
}

#[derive(Clone, Debug)]
enum Action {
    Break(Fault),
    Hold(Arc<Mutex<Gate>>),
}

#[derive(Debug, Default)]
struct Gate {
    waiting: u32,
    open: bool,
}

/// Requests that are held back until they are let go; dropping this lets them go too.
#[derive(Debug)]
pub struct Held {
    gate: Arc<Mutex<Gate>>,
    shared: Arc<Shared>,
}

impl FaultProxy {
    /// A proxy before the server at `endpoint`, `http://HOST:PORT`.
    ///
    /// # Panics
    /// When no port is free.
    pub fn start(endpoint: &str) -> Self {
        let upstream = endpoint
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let state = Arc::new(Shared {
            upstream,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || accept(&listener, &shared));
        Self {
            endpoint: format!("http://{address}"),
            address,
            state,
        }
    }

    /// Lets `fault` happen to some of `requests`: `turns` counts those that come from now on, from 1.
    /// Of several faults for one request, the one injected last happens.
    pub fn inject(&self, requests: Requests, turns: impl RangeBounds<u64>, fault: Fault) {
        self.add(requests, turns, Action::Break(fault));
    }

    /// Holds some of `requests` back, as [`Self::inject`] counts them, until they are let go.
    pub fn hold(&self, requests: Requests, turns: impl RangeBounds<u64>) -> Held {
        let gate = Arc::default();
        self.add(requests, turns, Action::Hold(Arc::clone(&gate)));
        Held {
            gate,
            shared: Arc::clone(&self.state),
        }
    }

    /// Forgets all faults injected so far. What is held back stays so.
    pub fn heal(&self) {
        self.state
            .lock()
            .rules
            .retain(|rule| matches!(rule.action, Action::Hold(_)));
    }

    /// Cuts every open connection and closes each new one at once, until [`Self::go_online`].
    pub fn go_offline(&self) {
        let mut state = self.state.lock();
        state.offline = true;
        cut(&mut state);
    }

    /// Ends [`Self::go_offline`].
    pub fn go_online(&self) {
        self.state.lock().offline = false;
    }

    /// Everything that came so far, in order of arrival.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.lock().seen.clone()
    }

    /// How many of `requests` came so far.
    pub fn count(&self, requests: &Requests) -> usize {
        count(&self.state.lock(), requests)
    }

    /// How many bytes of the bodies of `requests` went to the server so far.
    pub fn sent(&self, requests: &Requests) -> u64 {
        let state = self.state.lock();
        let of_these = state
            .seen
            .iter()
            .filter(|seen| requests.include(&seen.method, &seen.target));
        of_these.map(|seen| seen.sent).sum()
    }

    /// Waits until `least` of `requests` have come.
    ///
    /// # Panics
    /// When they haven't within `limit`, with what has come instead.
    pub fn wait_for(&self, requests: &Requests, least: usize, limit: Duration) {
        let state = self
            .state
            .wait(limit, |state| count(state, requests) >= least);
        assert!(
            count(&state, requests) >= least,
            "{least} × {requests:?} did not come within {limit:?}; what came: {:#?}",
            state
                .seen
                .iter()
                .map(|seen| format!("{} {}", seen.method, seen.target))
                .collect::<Vec<_>>()
        );
    }

    fn add(&self, requests: Requests, turns: impl RangeBounds<u64>, action: Action) {
        let first = match turns.start_bound() {
            Bound::Included(&turn) => turn,
            Bound::Excluded(&turn) => turn + 1,
            Bound::Unbounded => 1,
        };
        let last = match turns.end_bound() {
            Bound::Included(&turn) => turn,
            Bound::Excluded(&turn) => turn - 1,
            Bound::Unbounded => u64::MAX,
        };
        assert!(first >= 1 && last >= first, "turns are counted from 1");
        self.state.lock().rules.push(Rule {
            requests,
            first,
            last,
            matched: 0,
            action,
        });
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        let mut state = self.state.lock();
        state.ended = true;
        cut(&mut state);
        drop(state);
        // Wakes the thread that accepts, so that it sees the end and closes the port.
        let _ = TcpStream::connect(&self.address);
    }
}

impl Held {
    /// Waits until a request is being held.
    ///
    /// # Panics
    /// When none is within `limit`.
    pub fn wait_until_reached(&self, limit: Duration) {
        let waiting = || {
            self.gate
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .waiting
                > 0
        };
        drop(self.shared.wait(limit, |_| waiting()));
        assert!(waiting(), "no request to hold came within {limit:?}");
    }

    /// Lets go what is held, and whatever would be.
    pub fn release(&self) {
        self.gate
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .open = true;
        self.shared.notify();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.release();
    }
}

impl Shared {
    /// A test that failed with the lock in hand must not hide behind a poisoned one.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those who wait to look again. The lock keeps them from missing it.
    fn notify(&self) {
        let _state = self.lock();
        self.changed.notify_all();
    }

    fn wait(&self, limit: Duration, done: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let deadline = Instant::now() + limit;
        let mut state = self.lock();
        while !done(&state) {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                break;
            };
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }

    /// Records a request; answers with its place in the record and what is to be done to it.
    fn arrive(&self, method: &str, target: &str, head: String) -> (usize, Option<Action>) {
        let mut state = self.lock();
        let mut action = None;
        for rule in &mut state.rules {
            if rule.requests.include(method, target) {
                rule.matched += 1;
                if (rule.first..=rule.last).contains(&rule.matched) {
                    action = Some(rule.action.clone());
                }
            }
        }
        state.seen.push(Seen {
            method: method.to_owned(),
            target: target.to_owned(),
            head,
            sent: 0,
            status: None,
            fault: match &action {
                Some(Action::Break(fault)) => Some(fault.clone()),
                _ => None,
            },
        });
        self.changed.notify_all();
        (state.seen.len() - 1, action)
    }

    /// Waits at a gate until it opens or the proxy ends.
    fn pass(&self, gate: &Mutex<Gate>) {
        let lock = || gate.lock().unwrap_or_else(PoisonError::into_inner);
        lock().waiting += 1;
        self.notify();
        // Longer than any test: whoever holds a request lets it go, at the latest when dropped.
        drop(self.wait(Duration::from_secs(3600), |state| {
            state.ended || lock().open
        }));
        lock().waiting -= 1;
    }

    /// Notes what became of request `index`.
    fn note(&self, index: usize, change: impl FnOnce(&mut Seen)) {
        change(&mut self.lock().seen[index]);
        self.changed.notify_all();
    }

    /// Lets [`FaultProxy::go_offline`] cut `stream` too. Refused when the network is off already.
    fn keep(&self, connection: u64, stream: &TcpStream) -> io::Result<()> {
        let mut state = self.lock();
        if state.offline || state.ended {
            return Err(io::Error::other("the network is off"));
        }
        let copy = stream.try_clone()?;
        state.open.entry(connection).or_default().push(copy);
        Ok(())
    }
}

fn count(state: &State, requests: &Requests) -> usize {
    state
        .seen
        .iter()
        .filter(|seen| requests.include(&seen.method, &seen.target))
        .count()
}

fn cut(state: &mut State) {
    for stream in state.open.drain().flat_map(|(_, streams)| streams) {
        // It may be closed already.
        let _ = stream.shutdown(Shutdown::Both);
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for client in listener.incoming() {
        let connection = {
            let mut state = shared.lock();
            if state.ended {
                return;
            }
            state.next_connection += 1;
            state.next_connection
        };
        let Ok(client) = client else { continue };
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // Errors here are broken connections, which is what this is for.
            let _ = relay::serve(&shared, connection, &client);
            let _ = client.shutdown(Shutdown::Both);
            shared.lock().open.remove(&connection);
        });
    }
}
