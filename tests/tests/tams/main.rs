//! The TAMS client against every server of the field: one test for each oddity that a client meets,
//! named by its number, and the same day's work on every server that can do it.
//!
//! Each oddity's test fails without what the client does about it. The servers are proved by
//! themselves in `tams_servers`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod auth;
mod aws;
mod eyevinn;
mod hostile;
mod opentams;
mod reading;
mod tamoss;
mod transport;
mod vasttams6;
mod vasttams8;
mod writing;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use mediatime::{FixedClock, Timestamp};
use serde_json::Value;
use tams::{
    Auth, Chance, Connection, ConnectionSettings, ObjectLocation, ObjectSink, Pause, Progress,
    SegmentQuery, Surroundings, TamsError,
};
use tams_model::{Flow, FlowSegment, Id, SegmentPost};
use tests::tams_server::{AddMedia, Dialect as Kind, Options, Port, Requests, TamsServer};
use tokio_util::sync::CancellationToken;

const SOURCE: &str = "5d1c0e5a-8f0c-4a57-9b0e-0d6a1f0c1a01";
const FLOW: &str = "5d1c0e5a-8f0c-4a57-9b0e-0d6a1f0c1a02";
const OTHER: &str = "5d1c0e5a-8f0c-4a57-9b0e-0d6a1f0c1a03";

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(30);

/// A server, and the time and chance of those who connect to it.
struct Site {
    server: TamsServer,
    clock: Arc<FixedClock>,
    pauses: Arc<Pauses>,
}

impl Site {
    fn start(kind: Kind) -> Self {
        Self::with(kind, Options::default())
    }

    fn with(kind: Kind, options: Options) -> Self {
        Self {
            server: TamsServer::start_with(kind, options),
            clock: Arc::new(FixedClock::new(seconds(1_800_000_000))),
            pauses: Arc::default(),
        }
    }

    /// One with a flow of three segments, which came in another order than that of time.
    fn loaded(kind: Kind) -> Self {
        let site = Self::start(kind);
        site.server.add_media(three_segments());
        site
    }

    fn settings(&self) -> ConnectionSettings {
        ConnectionSettings::new("test", self.server.url(), Auth::None)
    }

    /// Opens a connection whose pauses take no time.
    async fn open(&self, settings: ConnectionSettings) -> Result<Connection, TamsError> {
        let surroundings = Surroundings {
            clock: self.clock.clone(),
            pause: self.pauses.clone(),
            chance: Arc::new(NoChance),
        };
        Connection::open(settings, surroundings, &CancellationToken::new()).await
    }

    async fn connect(&self) -> Connection {
        self.open(self.settings()).await.unwrap()
    }

    async fn connect_as(&self, auth: Auth) -> Connection {
        let mut settings = self.settings();
        settings.auth = auth;
        self.open(settings).await.unwrap()
    }

    /// How often the API was asked with this method for a target that holds `text`.
    fn asked(&self, method: &str, text: &str) -> usize {
        self.server
            .count(&Requests::to_api().of(method).holding(text))
    }

    /// The bodies of what was sent to the API with this method to a path that ends so.
    fn sent(&self, method: &str, end: &str) -> Vec<Vec<u8>> {
        self.server
            .requests()
            .into_iter()
            .filter(|seen| seen.method == method && seen.path.ends_with(end))
            .map(|seen| seen.body)
            .collect()
    }

    fn sent_json(&self, method: &str, end: &str) -> Vec<Value> {
        let bodies = self.sent(method, end);
        let bodies = bodies.iter().map(|body| serde_json::from_slice(body));
        bodies.collect::<Result<_, _>>().unwrap()
    }

    /// The `Range` fields with which objects were asked for, in order.
    fn ranges(&self) -> Vec<Option<String>> {
        self.server
            .requests()
            .iter()
            .filter(|seen| seen.port == Port::Media && seen.method == "GET")
            .map(|seen| seen.field("range").map(str::to_owned))
            .collect()
    }
}

/// Notes the pauses that are asked for, and makes none.
#[derive(Default)]
struct Pauses(Mutex<Vec<Duration>>);

impl Pauses {
    fn made(&self) -> Vec<Duration> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl Pause for Pauses {
    async fn pause(&self, time: Duration) {
        self.0.lock().unwrap().push(time);
    }
}

struct NoChance;

impl Chance for NoChance {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// Keeps an object in memory.
#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    whole: bool,
}

#[async_trait]
impl ObjectSink for Kept {
    fn have(&self) -> u64 {
        self.bytes.len() as u64
    }

    async fn restart(&mut self) -> Result<(), TamsError> {
        self.bytes.clear();
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), TamsError> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), TamsError> {
        self.whole = true;
        Ok(())
    }
}

/// The whole object at this place.
async fn fetch(connection: &Connection, location: &ObjectLocation) -> Result<Vec<u8>, TamsError> {
    let mut kept = Kept::default();
    connection.fetch_object(location, &mut kept, &quiet).await?;
    assert!(kept.whole, "a fetch that succeeded is finished");
    Ok(kept.bytes)
}

fn quiet(_: Progress) {}

fn seconds(count: i64) -> Timestamp {
    Timestamp::from_secs(count).unwrap()
}

fn id(text: &str) -> Id {
    text.parse().unwrap()
}

fn flow_id() -> Id {
    id(FLOW)
}

/// Two seconds each; in the order of texts, the third comes before the second.
fn three_segments() -> AddMedia {
    AddMedia::video(SOURCE, FLOW, "three")
        .segment("second", "[2:0_4:0)", None)
        .segment("first", "[0:0_2:0)", None)
        .segment("third", "[10:0_12:0)", None)
}

/// A flow as the specification has it, of the test's own making.
fn flow(flow_id: &str) -> Flow {
    let mut flow: Flow = serde_json::from_value(AddMedia::video(SOURCE, flow_id, "").flow).unwrap();
    flow.label = Some("made".to_owned());
    flow
}

fn post(object_id: &str, timerange: &str) -> SegmentPost {
    SegmentPost::new(object_id, timerange.parse().unwrap())
}

/// The segment that begins at this second, as a place to find its object by.
async fn location(connection: &Connection, flow: Id, start: i64) -> ObjectLocation {
    let segments = connection.segments(flow, &SegmentQuery::default()).await;
    let found = segments
        .unwrap()
        .items
        .into_iter()
        .find(|segment| segment.timerange.start() == Some(seconds(start)))
        .unwrap();
    ObjectLocation {
        object_id: found.object_id,
        flow: Some(flow),
        timerange: Some(found.timerange),
    }
}

fn timeranges(segments: &[FlowSegment]) -> Vec<String> {
    segments
        .iter()
        .map(|segment| segment.timerange.to_string())
        .collect()
}

#[track_caller]
fn assert_unsupported<T: std::fmt::Debug>(outcome: Result<T, TamsError>) {
    assert!(
        matches!(outcome, Err(TamsError::Unsupported { .. })),
        "{outcome:?}"
    );
}
