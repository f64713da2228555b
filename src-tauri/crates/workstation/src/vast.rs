//! Records in the VAST Database: written by the outbox, read for lists.

use crate::config::VAST;
use crate::{Code, Failure, Workspace};
use record::{CompilationRecord, OutboxEntry};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::NewOutboxEntry;
use uuid::Uuid;
use vastdb::{
    CompilationTables, Effect, HttpSettings, Note, ProbeWrites, Revision, StoredCompilation,
    VastDb, VastError,
};

/// Kind of the entries that bring a record to the VAST Database.
pub(crate) const RECORD: &str = "vastdb.record";

/// What a record is while it counts.
const PUBLISHED: &str = "published";

/// What an entry is about.
#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    compilation_id: Uuid,
}

/// A record of any workstation, as the VAST Database has it.
#[derive(Clone, Debug, Serialize)]
pub struct SharedCompilation {
    /// What lists show of any record.
    #[serde(flatten)]
    pub compilation: crate::CompilationLine,
    /// The computer that wrote it last.
    pub device: String,
    /// How often it was changed, counted from 1.
    pub version: i64,
}

/// Which of two versions of a record stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// What is here.
    Ours,
    /// What the remote has.
    Theirs,
}

impl Workspace {
    /// The entry that brings a record to the VAST Database, when there is one. `needs` are keys of
    /// entries that have to be done before.
    pub(crate) fn record_entry(
        &self,
        record: &CompilationRecord,
        needs: Vec<String>,
    ) -> Result<Option<NewOutboxEntry>, Failure> {
        let Some(config) = &self.config.vastdb else {
            return Ok(None);
        };
        let text = serde_json::to_vec(record).map_err(Failure::internal)?;
        let digest = Sha256::digest(&text);
        let digest: String = digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(Some(NewOutboxEntry {
            kind: RECORD.to_owned(),
            entity_id: format!("{} to {VAST}", record.id),
            payload: json!(Payload {
                compilation_id: record.id,
            }),
            idempotency_key: format!("{RECORD} {} {} {digest}", config.place(), record.id),
            needs,
        }))
    }

    /// Queues the records that were made before the VAST Database was set up; once.
    pub(crate) fn queue_records(&self) -> Result<(), Failure> {
        let Some(config) = &self.config.vastdb else {
            return Ok(());
        };
        let key = format!("{RECORD} queued {}", config.place());
        if self.work.setting(&key)?.is_some() {
            return Ok(());
        }
        for line in self.work.compilations(u32::MAX, 0)? {
            let Some(record) = self.work.compilation(line.id)? else {
                continue;
            };
            if let Some(entry) = self.record_entry(&record, Vec::new())? {
                self.queue(&[entry])?;
            }
        }
        Ok(self.work.set_setting(&key, "yes")?)
    }

    /// Does what an entry says.
    pub(crate) async fn send_record(&self, entry: &OutboxEntry) -> Result<(), Failure> {
        let payload: Payload = serde_json::from_value(entry.payload.clone()).map_err(|error| {
            Failure::bad_input(format!("outbox entry {}: {error}", entry.id), "")
        })?;
        let record = self.compilation(payload.compilation_id)?;
        let tables = self.tables().await?;
        failpoint::reach("vastdb.tables-there");
        let base = self.version_of(record.id)?;
        let op_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, entry.idempotency_key.as_bytes());
        let revision = Revision {
            op_id: op_id.to_string(),
            version: base.unwrap_or(0) + 1,
            base_version: base,
            status: PUBLISHED.to_owned(),
            device: self.device()?,
        };
        let written = tables.write(&record, &revision).await?;
        failpoint::reach("vastdb.written");
        for note in &written.notes {
            match note {
                Note::PlanLeftOut { bytes } => tracing::warn!(
                    "the plan of {} has {bytes} bytes and fits in no request: its hash is kept",
                    record.id
                ),
                note => tracing::info!("record {}: {note:?}", record.id),
            }
        }
        if let Effect::Conflict(theirs) = written.effect {
            return Err(conflict(entry, &theirs));
        }
        self.keep_version(record.id, revision.version)
    }

    /// Decides a conflict: `ours` is written over what the remote has; with `theirs` its words are taken
    /// and the entry is done.
    ///
    /// # Errors
    /// The entry is no record's, or the remote can't be asked.
    pub async fn settle(&self, id: Uuid, keep: Keep) -> Result<crate::OutboxLine, Failure> {
        let entry = self.work.outbox_entry(id)?.ok_or_else(|| {
            Failure::new(
                Code::NotFound,
                format!("there is no outbox entry {id}"),
                "`stringout outbox` lists them.",
            )
        })?;
        let payload = serde_json::from_value::<Payload>(entry.payload.clone());
        let Some(payload) = payload.ok().filter(|_| entry.kind == RECORD) else {
            return Err(Failure::bad_input(
                format!("entry {id} has no conflict to decide"),
                "`stringout outbox retry` tries it again as it is.",
            ));
        };
        let theirs = self.tables().await?.read(payload.compilation_id).await?;
        if let Some(theirs) = theirs {
            self.keep_version(payload.compilation_id, theirs.version)?;
            if keep == Keep::Theirs {
                let mut record = self.compilation(payload.compilation_id)?;
                record.title = theirs.record.title;
                record.play_url = theirs.record.play_url;
                record.object_url = theirs.record.object_url;
                self.work.transaction(|tx| {
                    tx.record_compilation(&record)?;
                    tx.complete(id)
                })?;
                let done = self.work.outbox_entry(id)?;
                return Ok(done.map_or_else(|| entry.into(), crate::OutboxLine::from));
            }
        }
        self.retry(id)
    }

    /// Records of all workstations that write to the same tables, newest first, and how many rows make no
    /// sense.
    ///
    /// # Errors
    /// There is no VAST Database, or it can't be asked.
    pub async fn shared_compilations(&self) -> Result<(Vec<SharedCompilation>, usize), Failure> {
        /// More than anybody reads; the tables themselves are there for the rest.
        const MOST: usize = 10_000;
        let config = self.vast_config()?;
        let db = self.vast().await?;
        let tables = CompilationTables::open(&db, &config.bucket, config.schema()).await?;
        let listing = tables.list(MOST).await?;
        let lines = listing.items.into_iter().map(|item| SharedCompilation {
            device: item.device,
            version: item.version,
            compilation: crate::CompilationLine {
                id: item.id,
                title: item.title,
                object_url: item.object_url,
                play_url: item.play_url,
                plan_hash: item.plan_hash,
                sha256: item.sha256,
                created: crate::records::date(item.created),
            },
        });
        Ok((lines.collect(), listing.unreadable.len()))
    }

    /// Asks the VAST Database what works; with writes, in a schema that is dropped again.
    pub(crate) async fn check_vast(&self) -> Result<Vec<vastdb::Step>, Failure> {
        let config = self.vast_config()?;
        let db = self.vast().await?;
        Ok(vastdb::probe(&db, &config.bucket, config.schema(), ProbeWrites::No).await)
    }

    /// Keeps the secret key in the keychain, or forgets it. Blocks.
    ///
    /// # Errors
    /// There is no `[vastdb]`, or no keychain.
    pub fn keep_vast_secret(&self, secret: Option<&str>) -> Result<(), Failure> {
        let origin = self.vast_config()?.origin();
        match secret {
            Some(secret) => self
                .secrets
                .keep(VAST, &origin, crate::Wanted::SecretKey, secret),
            None => self.secrets.forget(VAST, &origin, crate::Wanted::SecretKey),
        }
    }

    async fn tables(&self) -> Result<CompilationTables, Failure> {
        let config = self.vast_config()?;
        let db = self.vast().await?;
        match CompilationTables::ensure(&db, &config.bucket, config.schema()).await {
            Err(error @ VastError::Denied { .. }) => {
                // The answer to whether a bucket is there has no room for the reason. Wrong credentials
                // are no missing permission.
                db.begin().await?.rollback().await?;
                Err(error.into())
            }
            tables => Ok(tables?),
        }
    }

    async fn vast(&self) -> Result<VastDb, Failure> {
        let (config, secrets) = (self.vast_config()?.clone(), self.secrets.clone());
        // The keychain may ask the user.
        let found = tokio::task::spawn_blocking(move || config.cluster(&secrets));
        let endpoint = found.await.map_err(Failure::internal)??;
        let clock = std::sync::Arc::clone(&self.clock);
        Ok(VastDb::new(endpoint, HttpSettings::default(), clock)?)
    }

    fn vast_config(&self) -> Result<&crate::VastConfig, Failure> {
        self.config.vastdb.as_ref().ok_or_else(|| {
            Failure::bad_input(
                "there is no [vastdb]",
                "Set it up first: `stringout config set vastdb '{ endpoint = \"https://…\", bucket = \"…\" }'`.",
            )
        })
    }

    fn version_of(&self, id: Uuid) -> Result<Option<i64>, Failure> {
        let kept = self.work.setting(&self.version_key(id)?)?;
        Ok(kept.and_then(|text| text.parse().ok()))
    }

    fn keep_version(&self, id: Uuid, version: i64) -> Result<(), Failure> {
        let key = self.version_key(id)?;
        Ok(self.work.set_setting(&key, &version.to_string())?)
    }

    fn version_key(&self, id: Uuid) -> Result<String, Failure> {
        Ok(format!(
            "{RECORD} version {} {id}",
            self.vast_config()?.place()
        ))
    }

    /// This workspace, by a name of its own: that of the machine and a number nobody else has.
    fn device(&self) -> Result<String, Failure> {
        const KEY: &str = "device";
        if let Some(known) = self.work.setting(KEY)? {
            return Ok(known);
        }
        let host = ["HOSTNAME", "COMPUTERNAME"]
            .iter()
            .find_map(|name| self.secrets.variable(name))
            .unwrap_or_else(|| "workstation".to_owned());
        let id = Uuid::new_v4().simple().to_string();
        let name = format!("{host}-{}", id.get(..8).unwrap_or(&id));
        self.work.set_setting(KEY, &name)?;
        Ok(name)
    }
}

fn conflict(entry: &OutboxEntry, theirs: &StoredCompilation) -> Failure {
    Failure::new(
        Code::Refused,
        format!(
            "the record was changed elsewhere: {} calls it “{}” (version {}). Decide which stays: \
             `stringout outbox retry {} --keep ours` or `--keep theirs`",
            theirs.device, theirs.record.title, theirs.version, entry.id
        ),
        "",
    )
}

impl From<VastError> for Failure {
    fn from(error: VastError) -> Self {
        let retryable = error.is_retryable();
        let (code, hint) = match &error {
            VastError::Unreachable { .. } | VastError::Timeout { .. } => (
                Code::Unreachable,
                "Look whether the address in [vastdb] is right and the network is there.",
            ),
            VastError::CredentialsRefused { .. } => (
                Code::CredentialsRefused,
                "Set vastdb.access_key, and keep the secret key with `stringout config login vastdb`.",
            ),
            VastError::ClockSkew { .. } => (
                Code::Unreachable,
                "Set this computer's clock, then `stringout sync`.",
            ),
            VastError::Denied { .. } => (
                Code::Refused,
                "Let the administrator allow it for this access key.",
            ),
            VastError::NotFound { .. } => (
                Code::Refused,
                "Make the bucket on the cluster as a database, or correct [vastdb].",
            ),
            VastError::InvalidSettings { .. } => (Code::BadInput, "Correct [vastdb]."),
            VastError::IncompatibleTable { .. } => (
                Code::Refused,
                "Name another schema: `stringout config set vastdb.schema NAME`.",
            ),
            _ => (
                Code::Refused,
                "`stringout doctor` tries every step by itself.",
            ),
        };
        Self {
            retryable,
            ..Self::new(code, error.to_string(), hint)
        }
    }
}
