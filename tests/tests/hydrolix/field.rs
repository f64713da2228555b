//! A fake with the table of events in it, and the two who answer.

use std::sync::Arc;
use std::time::Duration;

use mediatime::{FixedClock, Timestamp};
use metrics::hydrolix::{
    Auth, Base, Columns, Fault, Hydrolix, HydrolixConfig, IngestConfig, Limits, Patience, Preset,
    Secret, Surroundings, ingest,
};
use metrics::{AskError, Audience, LocalViews, Query, Reply, Views, ViewsError};
use record::ViewEvent;
use tests::hydrolix::{FakeHydrolix, TOKEN};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::crowd::{DAY, DAY_MS};

/// The table of events.
pub(crate) const TABLE: &str = "vod.cmcd-events";

/// A fake, a client of it, and a runtime.
pub(crate) struct Field {
    pub(crate) fake: FakeHydrolix,
    pub(crate) client: Hydrolix,
    pub(crate) runtime: Runtime,
}

pub(crate) fn config(base: &str) -> HydrolixConfig {
    HydrolixConfig {
        base: Base::parse(base).unwrap(),
        table: TABLE.parse().unwrap(),
        columns: Columns::preset(Preset::Stringout),
        summaries: Vec::new(),
        auth: Auth::Bearer(Secret::new(TOKEN)),
        ingest: IngestConfig {
            transform: None,
            table_token: None,
        },
        pool: None,
        limits: Limits::default(),
        patience: Patience {
            pause: Duration::from_millis(1),
            answer: Duration::from_secs(120),
            ..Patience::default()
        },
        ca_pem: None,
    }
}

pub(crate) fn surroundings() -> Surroundings {
    let now = Timestamp::from_secs((DAY + DAY_MS) / 1000).unwrap();
    Surroundings::new(Arc::new(FixedClock::new(now)))
}

impl Field {
    /// With an empty table of events.
    pub(crate) fn new() -> Self {
        let fake = FakeHydrolix::start();
        let client = Hydrolix::new(config(&fake.base), surroundings()).unwrap();
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let field = Self {
            fake,
            client,
            runtime,
        };
        let never = never();
        let created = field.runtime.block_on(field.client.create_table(&never));
        let created = created.unwrap();
        assert!(created.project && created.table && created.transform);
        field
    }

    /// Another client of the same fake.
    pub(crate) fn client(&self, change: impl FnOnce(&mut HydrolixConfig)) -> Hydrolix {
        let mut config = config(&self.fake.base);
        change(&mut config);
        Hydrolix::new(config, surroundings()).unwrap()
    }

    /// Takes all events out of the table.
    pub(crate) fn empty(&self) {
        let (project, table) = TABLE.split_once('.').unwrap();
        let sql = format!("TRUNCATE TABLE `{project}`.`{table}`");
        self.fake.tell(&serde_json::json!({"sql": sql}));
    }

    /// Sends events.
    pub(crate) fn ingest(&self, events: &[ViewEvent]) {
        for batch in ingest::batches(events) {
            let sent = self.runtime.block_on(self.client.ingest(batch, &never()));
            assert_eq!(sent.unwrap(), ingest::Ingested::All);
        }
    }

    pub(crate) fn ask(&self, query: &Query) -> Reply {
        self.ask_of(&self.client, query).unwrap()
    }

    pub(crate) fn ask_of(&self, audience: &dyn Audience, query: &Query) -> Result<Reply, AskError> {
        self.runtime.block_on(audience.ask(query, &never()))
    }

    /// The fault a question ends in.
    #[track_caller]
    pub(crate) fn fault(&self, client: &Hydrolix, query: &Query) -> Fault {
        match self.ask_of(client, query) {
            Err(AskError::Hydrolix(fault)) => fault,
            other => panic!("a fault was expected, not {other:?}"),
        }
    }
}

/// Nothing is cancelled.
pub(crate) fn never() -> CancellationToken {
    CancellationToken::new()
}

/// Events in memory, as the collector's store gives them.
pub(crate) struct Stored(pub(crate) Vec<ViewEvent>);

impl Views for Stored {
    fn events(&self, id: Uuid, from_ms: i64, to_ms: i64) -> Result<Vec<ViewEvent>, ViewsError> {
        let id = id.to_string();
        let within =
            |event: &&ViewEvent| event.video_id == id && event.ts >= from_ms && event.ts < to_ms;
        Ok(self.0.iter().filter(within).cloned().collect())
    }
}

pub(crate) fn local(events: Vec<ViewEvent>) -> LocalViews {
    LocalViews::new(Arc::new(Stored(events)), surroundings().clock)
}
