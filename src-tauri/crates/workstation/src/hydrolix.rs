//! Hydrolix: what viewers did goes there from the spool, and is asked for there.

use crate::config::HYDROLIX;
use crate::serve::SPOOL;
use crate::{Code, Failure, Workspace};
use metrics::hydrolix::ingest::Refused;
use metrics::hydrolix::{
    Checked, DrainError, Fault, Hydrolix, PanelState, Surroundings, Waiting, table,
};
use metrics::{AskError, ViewsError};
use record::{OutboxEntry, ViewEvent};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use store::{NewOutboxEntry, WorkDb};
use tokio_util::sync::CancellationToken;

/// Kind of the entries that send view events.
pub(crate) const INGEST: &str = "hydrolix.ingest";

/// What an entry is about: the events of a day behind those that were sent.
#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    day: String,
}

impl Workspace {
    /// Queues the view events that were not sent yet, a day at a time.
    pub(crate) fn queue_events(&self) -> Result<(), Failure> {
        let Some(config) = self
            .config
            .hydrolix
            .as_ref()
            .filter(|config| config.sends())
        else {
            return Ok(());
        };
        let place = config.place();
        for day in play::spool_days(&self.dir().join(SPOOL))? {
            let sent = self.sent_of(&sent_key(&place, &day.name))?;
            if day.bytes <= sent {
                continue;
            }
            self.work.transaction(|tx| {
                tx.forget_done(INGEST)?;
                tx.enqueue(&NewOutboxEntry {
                    kind: INGEST.to_owned(),
                    entity_id: format!("views to {HYDROLIX}"),
                    payload: json!(Payload {
                        day: day.name.clone(),
                    }),
                    idempotency_key: format!("{INGEST} {place} {} from {sent}", day.name),
                    needs: Vec::new(),
                })
            })?;
        }
        Ok(())
    }

    /// Does what an entry says.
    pub(crate) async fn send_events(
        &self,
        entry: &OutboxEntry,
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        let payload: Payload = serde_json::from_value(entry.payload.clone()).map_err(|error| {
            Failure::bad_input(format!("outbox entry {}: {error}", entry.id), "")
        })?;
        let place = self.hydrolix_config()?.place();
        let waiting = Arc::new(Unsent {
            dir: self.dir().join(SPOOL),
            key: sent_key(&place, &payload.day),
            day: payload.day,
            work: Arc::clone(&self.work),
            given: Mutex::default(),
        });
        let hydrolix = self.hydrolix().await?;
        let drained = hydrolix.drain(waiting, cancel).await;
        let drained = drained.map_err(|error| match error {
            DrainError::Hydrolix(fault) => Failure::from(fault),
            error => Failure::internal(error),
        })?;
        if drained.refused > 0 {
            tracing::warn!("Hydrolix refused {} view events for good", drained.refused);
        }
        Ok(())
    }

    /// Looks whether the cluster answers and its table is as it should be.
    ///
    /// # Errors
    /// There is no `[hydrolix]`, or it does not answer.
    pub(crate) async fn check_hydrolix(
        &self,
        cancel: &CancellationToken,
    ) -> Result<Checked, Failure> {
        Ok(self.hydrolix().await?.check(cancel).await?)
    }

    /// Makes the table for view events with everything that belongs to it.
    ///
    /// # Errors
    /// These credentials may not: [`Workspace::hydrolix_recipe`] tells what somebody else can do.
    pub async fn make_hydrolix_table(
        &self,
        cancel: &CancellationToken,
    ) -> Result<table::Created, Failure> {
        Ok(self.hydrolix().await?.create_table(cancel).await?)
    }

    /// What to do by hand where the table can't be made from here.
    ///
    /// # Errors
    /// There is no `[hydrolix]`.
    pub fn hydrolix_recipe(&self) -> Result<String, Failure> {
        let config = self.hydrolix_config()?;
        Ok(table::to_paste(&config.table, config.transform.as_deref()))
    }

    /// Keeps its secret in the keychain, or forgets it. Blocks.
    ///
    /// # Errors
    /// There is no `[hydrolix]`, or no keychain.
    pub fn keep_hydrolix_secret(&self, secret: Option<&str>) -> Result<(), Failure> {
        let config = self.hydrolix_config()?;
        let (origin, wanted) = (config.origin(), config.auth.wanted());
        match secret {
            Some(secret) => self.secrets.keep(HYDROLIX, &origin, wanted, secret),
            None => self.secrets.forget(HYDROLIX, &origin, wanted),
        }
    }

    pub(crate) async fn hydrolix(&self) -> Result<Hydrolix, Failure> {
        let (config, secrets) = (self.hydrolix_config()?.clone(), self.secrets.clone());
        // The keychain may ask the user.
        let found = tokio::task::spawn_blocking(move || config.cluster(&secrets));
        let cluster = found.await.map_err(Failure::internal)??;
        let world = Surroundings::new(Arc::clone(&self.clock));
        Hydrolix::new(cluster, world)
            .map_err(|error| Failure::bad_input(error.to_string(), "Correct [hydrolix]."))
    }

    fn hydrolix_config(&self) -> Result<&crate::HydrolixConfig, Failure> {
        self.config.hydrolix.as_ref().ok_or_else(|| {
            Failure::bad_input(
                "there is no [hydrolix]",
                "Set it up first: `stringout config set hydrolix '{ url = \"https://…\", table = \"PROJECT.TABLE\" }'`.",
            )
        })
    }

    /// Whether events of a day still have to be sent.
    pub(crate) fn is_unsent(&self, day: &play::SpoolDay) -> Result<bool, Failure> {
        let Some(config) = self
            .config
            .hydrolix
            .as_ref()
            .filter(|config| config.sends())
        else {
            return Ok(false);
        };
        Ok(self.sent_of(&sent_key(&config.place(), &day.name))? < day.bytes)
    }

    fn sent_of(&self, key: &str) -> Result<u64, Failure> {
        let kept = self.work.setting(key)?;
        Ok(kept.and_then(|text| text.parse().ok()).unwrap_or(0))
    }
}

fn sent_key(place: &str, day: &str) -> String {
    format!("{INGEST} sent {place} {day}")
}

/// The events of a day that were not sent yet.
struct Unsent {
    dir: PathBuf,
    day: String,
    work: Arc<WorkDb>,
    key: String,
    /// Where the lines of the events end that were given last.
    given: Mutex<Vec<u64>>,
}

impl Waiting for Unsent {
    fn next(&self, most: usize) -> Result<Vec<ViewEvent>, ViewsError> {
        let kept = self.work.setting(&self.key)?;
        let offset = kept.and_then(|text| text.parse().ok()).unwrap_or(0);
        let placed = play::read_after(&self.dir, &self.day, offset, most)?;
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        *given = placed.iter().map(|placed| placed.end).collect();
        Ok(placed.into_iter().map(|placed| placed.event).collect())
    }

    fn acknowledge(&self, count: usize, refused: &[Refused]) -> Result<(), ViewsError> {
        for refused in refused {
            tracing::warn!("a view event was refused for good: {refused:?}");
        }
        let end = {
            let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
            count
                .checked_sub(1)
                .and_then(|last| given.get(last))
                .copied()
        };
        let Some(end) = end else {
            return Ok(());
        };
        failpoint::reach("hydrolix.taken");
        Ok(self.work.set_setting(&self.key, &end.to_string())?)
    }
}

/// In the word that the panel knows.
pub(crate) fn state_word(state: PanelState) -> &'static str {
    match state {
        PanelState::NotConfigured => "not_configured",
        PanelState::SignIn => "sign_in",
        PanelState::Blocked => "blocked",
        PanelState::Offline => "offline",
        PanelState::TooSlow => "too_slow",
        PanelState::TableMissing => "table_missing",
        PanelState::OverLimits => "over_limits",
        PanelState::Busy => "busy",
        PanelState::ServerError => "server_error",
    }
}

fn hint(state: PanelState) -> &'static str {
    match state {
        PanelState::NotConfigured => "Set up [hydrolix].",
        PanelState::SignIn => "Sign in: `stringout config login hydrolix`.",
        PanelState::Blocked => {
            "Let the administrator put this computer's address on the cluster's allow-list, and allow the queries."
        }
        PanelState::Offline => "Look whether the network and the address in [hydrolix] are right.",
        PanelState::TooSlow => "Choose a shorter range, or set up summary tables.",
        PanelState::TableMissing => {
            "Make the table: `stringout config make-table hydrolix`, or correct [hydrolix]."
        }
        PanelState::OverLimits => "Choose a shorter range.",
        PanelState::Busy => "Try again in a moment.",
        PanelState::ServerError => "Try again later; the cluster's log says more.",
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let state = fault.state();
        let code = match (&fault, state) {
            (Fault::Cancelled, _) => Code::Cancelled,
            (_, PanelState::SignIn) => Code::CredentialsRefused,
            (_, PanelState::Offline) => Code::Unreachable,
            (Fault::Blocked { .. }, _) => Code::Unreachable,
            _ => Code::Refused,
        };
        Self {
            retryable: fault.passes(),
            ..Self::new(code, fault.to_string(), hint(state))
        }
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Hydrolix(fault) => fault.into(),
            AskError::Cancelled => Self::new(Code::Cancelled, "the numbers were not read", ""),
            error => Self::internal(error),
        }
    }
}
