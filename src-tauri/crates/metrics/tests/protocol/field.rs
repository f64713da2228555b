//! A client of a peer, and the question it asks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use mediatime::{FixedClock, Timestamp};
use metrics::hydrolix::{
    Auth, Base, Columns, Fault, Hydrolix, HydrolixConfig, IngestConfig, Limits, Patience, Pause,
    Preset, Secret, Surroundings,
};
use metrics::{AskError, Audience, Query, Reply, Span};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::peer::{Act, Asked, Peer};

pub(crate) const NOW: i64 = 1_800_000_000;

/// Remembers the pauses instead of making them.
#[derive(Default)]
pub(crate) struct Pauses(pub(crate) Mutex<Vec<Duration>>);

#[async_trait]
impl Pause for Pauses {
    async fn pause(&self, time: Duration) {
        self.0.lock().unwrap().push(time);
    }
}

pub(crate) struct Client {
    pub(crate) hydrolix: Hydrolix,
    pub(crate) pauses: Arc<Pauses>,
    pub(crate) clock: Arc<FixedClock>,
}

pub(crate) fn config(base: &str) -> HydrolixConfig {
    HydrolixConfig {
        base: Base::parse(base).unwrap(),
        table: "vod.events".parse().unwrap(),
        columns: Columns::preset(Preset::Stringout),
        summaries: Vec::new(),
        auth: Auth::Bearer(Secret::new("hunter2")),
        ingest: IngestConfig {
            transform: Some("t".to_owned()),
            table_token: None,
        },
        pool: None,
        limits: Limits::default(),
        patience: Patience {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            tries: 3,
            pause: Duration::from_secs(1),
        },
        ca_pem: None,
    }
}

impl Client {
    pub(crate) fn of(base: &str, change: impl FnOnce(&mut HydrolixConfig)) -> Self {
        let mut config = config(base);
        change(&mut config);
        let pauses = Arc::new(Pauses::default());
        let clock = Arc::new(FixedClock::new(Timestamp::from_secs(NOW).unwrap()));
        let world = Surroundings {
            clock: clock.clone(),
            pause: pauses.clone(),
            chance: || 255,
        };
        Self {
            hydrolix: Hydrolix::new(config, world).unwrap(),
            pauses,
            clock,
        }
    }

    pub(crate) async fn ask(&self) -> Result<Reply, AskError> {
        self.hydrolix.ask(&question(), &never()).await
    }

    pub(crate) async fn fault(&self) -> Fault {
        match self.ask().await {
            Err(AskError::Hydrolix(fault)) => {
                let shown = format!("{fault} {fault:?}");
                assert!(!shown.contains("hunter2"), "{shown}");
                fault
            }
            other => panic!("a fault was expected, not {other:?}"),
        }
    }

    pub(crate) fn pauses(&self) -> Vec<u64> {
        let pauses = self.pauses.0.lock().unwrap();
        pauses
            .iter()
            .map(|pause| pause.as_millis() as u64)
            .collect()
    }
}

pub(crate) fn never() -> CancellationToken {
    CancellationToken::new()
}

pub(crate) fn question() -> Query {
    Query::Countries {
        video: Uuid::from_u128(7),
        span: Span {
            from_ms: NOW * 1000 - 3_600_001,
            to_ms: NOW * 1000,
        },
    }
}

/// A good answer to it.
pub(crate) const ANSWER: &str = r#"{"meta":[{"name":"name","type":"String"},{"name":"sessions","type":"UInt64"}],"data":[["DE","12"],["FR",9]],"rows":2}"#;

/// A peer of a good version whose answers to queries are `act`'s.
pub(crate) fn cluster(act: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Peer {
    Peer::start(move |asked| match asked.path() {
        "/version" => Act::Say(200, b"v5.12.0-2-gc1398c65".to_vec()),
        _ => act(asked),
    })
}

/// What `good` does after `faulty` did so many times.
pub(crate) fn after(
    times: usize,
    faulty: impl Fn() -> Act + Send + Sync + 'static,
    good: impl Fn() -> Act + Send + Sync + 'static,
) -> impl Fn(&Asked) -> Act + Send + Sync + 'static {
    let made = Mutex::new(0);
    move |_| {
        let mut made = made.lock().unwrap();
        *made += 1;
        if *made <= times { faulty() } else { good() }
    }
}

pub(crate) fn good() -> Act {
    Act::Say(200, ANSWER.into())
}
