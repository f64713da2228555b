//! The outbox worker: remote writes that are queued happen, once.

use crate::hydrolix::INGEST;
use crate::ingest::Stored;
use crate::mirror::MIRROR;
use crate::vast::RECORD;
use crate::workers::Worker;
use crate::{Code, Failure, Workspace};
use async_trait::async_trait;
use delivery::{
    CancelMode, Delivery, DeliveryError, PartJournal, Progress, SourceIdentity, UploadJob,
};
use mediatime::Timestamp;
use record::{OutboxEntry, OutboxState, UploadPart, UploadState};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use store::{NewOutboxEntry, OutboxFilter, StoreError, WorkDb};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Kind of the entries that bring a compiled file to S3.
pub(crate) const UPLOAD: &str = "s3.upload";

/// Kind of the entries that take back what a cancelled upload left in a store.
pub(crate) const DISCARD: &str = "s3.discard";

/// A worker that dies gives its entry back after this time; a living one renews its lease.
const LEASE: Duration = Duration::from_secs(20);

/// Seconds to wait after the n-th failed attempt: from one second to five minutes.
const BACKOFF: [i64; 6] = [1, 5, 15, 60, 120, 300];

/// How far an upload is: bytes confirmed, bytes in all.
pub type SyncProgress<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// An outbox entry as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct OutboxLine {
    /// Its id.
    pub id: Uuid,
    /// What it does.
    pub kind: String,
    /// The thing it is about.
    pub entity_id: String,
    /// Where it stands.
    pub state: OutboxState,
    /// What it waits for; `None` when nothing holds it up.
    pub waiting_for: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// What went wrong last.
    pub last_error: Option<String>,
}

impl From<OutboxEntry> for OutboxLine {
    fn from(entry: OutboxEntry) -> Self {
        Self {
            id: entry.id,
            kind: entry.kind,
            entity_id: entry.entity_id,
            state: entry.state,
            waiting_for: entry.waiting_for,
            attempts: entry.attempts,
            last_error: entry.last_error,
        }
    }
}

/// What a sync did.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Synced {
    /// Entries the remotes confirmed.
    pub done: usize,
    /// Entries that wait.
    pub waiting: usize,
    /// Entries that need a person.
    pub dead: usize,
}

/// An object of the local node or a file beside it, and where it goes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ToStore {
    /// The `[s3.NAME]`.
    pub(crate) store: String,
    pub(crate) key: String,
    /// Empty where `file` is meant.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) object_id: String,
    /// A file of the workspace, from its folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<PathBuf>,
    pub(crate) sha256: String,
    pub(crate) content_type: String,
    /// What it was when it was hashed: one that is otherwise by now is hashed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seen: Option<SourceIdentity>,
}

/// A video, and what lies beside it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sending {
    #[serde(flatten)]
    pub(crate) video: ToStore,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) beside: Vec<ToStore>,
}

/// What a cancelled upload left.
#[derive(Debug, Serialize, Deserialize)]
struct ToDiscard {
    store: String,
    key: String,
    /// Under which its parts are remembered.
    job: Uuid,
}

/// What makes an upload the same one when it is done again.
pub(crate) struct UploadIdentity {
    /// Under which its parts are remembered.
    pub(crate) job: Uuid,
    /// The effect's key, text.
    pub(crate) idempotency_key: String,
    pub(crate) metadata: BTreeMap<String, String>,
}

impl Workspace {
    /// What is still to reach a remote, or needs a person.
    ///
    /// # Errors
    /// The workspace can't be read.
    pub fn outbox(&self) -> Result<Vec<OutboxLine>, Failure> {
        let entries = self.work.outbox(&OutboxFilter {
            states: vec![
                OutboxState::Ready,
                OutboxState::Running,
                OutboxState::Waiting,
                OutboxState::Dead,
            ],
            ..OutboxFilter::default()
        })?;
        Ok(entries.into_iter().map(OutboxLine::from).collect())
    }

    /// What is on its way out of this process: the entry, bytes confirmed, bytes in all.
    pub(crate) fn sending(&self) -> Option<(Uuid, u64, u64)> {
        *self.sending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an entry due at once, whatever it waited for.
    ///
    /// # Errors
    /// There is no such entry.
    pub fn retry(&self, id: Uuid) -> Result<OutboxLine, Failure> {
        Ok(self.work.retry(id)?.into())
    }

    /// Takes an entry out of the outbox, with those of the same thing that wait behind it.
    ///
    /// # Errors
    /// There is no such entry.
    pub fn cancel(&self, id: Uuid) -> Result<Vec<OutboxLine>, Failure> {
        let cancelled = self.work.transaction(|tx| {
            let cancelled = tx.cancel(id)?;
            for entry in &cancelled {
                let wanted = serde_json::from_value::<ToStore>(entry.payload.clone());
                let (Ok(wanted), true) = (wanted, entry.kind == UPLOAD) else {
                    continue;
                };
                if tx.upload(entry.id)?.is_some() {
                    // Stores keep parts, and count them, until somebody takes them back.
                    tx.enqueue(&NewOutboxEntry {
                        kind: DISCARD.to_owned(),
                        entity_id: entry.entity_id.clone(),
                        payload: json!(ToDiscard {
                            store: wanted.store,
                            key: wanted.key,
                            job: entry.id,
                        }),
                        idempotency_key: format!("{DISCARD} {}", entry.id),
                        needs: Vec::new(),
                    })?;
                }
            }
            Ok::<_, StoreError>(cancelled)
        })?;
        Ok(cancelled.into_iter().map(OutboxLine::from).collect())
    }

    /// Does everything that is queued, once each: entries that waited for time or network included.
    ///
    /// # Errors
    /// The workspace can't be written, or the user cancels. A remote that fails is no error: its
    /// entry waits, and says why.
    pub async fn sync(
        &self,
        progress: SyncProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<Synced, Failure> {
        self.queue_records()?;
        self.queue_events()?;
        self.work.wake(None)?;
        self.work_off(progress, cancel).await
    }

    /// Does what is due, once each.
    ///
    /// # Errors
    /// As [`Workspace::sync`].
    pub(crate) async fn work_off(
        &self,
        progress: SyncProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<Synced, Failure> {
        let every = [UPLOAD, MIRROR, DISCARD, RECORD, INGEST];
        self.work_off_of(&every, progress, cancel).await
    }

    /// The same with entries of these kinds alone.
    pub(crate) async fn work_off_of(
        &self,
        kinds: &[&str],
        progress: SyncProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<Synced, Failure> {
        self.take_over()?;
        let worker = Worker::start(self)?;
        let mut synced = Synced::default();
        while let Some(entry) = self.work.lease_next(kinds, &worker.name, LEASE)? {
            failpoint::reach("outbox.leased");
            let told = |done: u64, total: u64| {
                *self.sending.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some((entry.id, done, total));
                progress(done, total);
            };
            let ran = self.run_entry(&entry, &worker.name, &told, cancel).await;
            *self.sending.lock().unwrap_or_else(PoisonError::into_inner) = None;
            let told = match ran {
                Ok(()) => {
                    failpoint::reach("outbox.confirmed");
                    synced.done += 1;
                    let told = self.work.complete(entry.id);
                    let sent = serde_json::from_value::<Sending>(entry.payload.clone());
                    let beside = sent.map(|sent| sent.beside).unwrap_or_default();
                    for file in beside
                        .iter()
                        .filter_map(|companion| companion.file.as_ref())
                    {
                        if told.is_ok() {
                            self.forget_companion(file)?;
                        }
                    }
                    told
                }
                Err(failure) => self.put_back(&entry, &worker.name, &failure),
            };
            match told {
                // Meanwhile it was cancelled, or another worker took over: the rest goes on.
                Err(StoreError::NotFound { .. } | StoreError::LeaseLost { .. }) | Ok(()) => {}
                Err(error) => return Err(error.into()),
            }
            if cancel.is_cancelled() {
                return Err(Failure::new(
                    Code::Cancelled,
                    "the rest stays queued",
                    "`stringout sync` goes on.",
                ));
            }
        }
        let counts = self.work.outbox_counts()?;
        synced.waiting = usize::try_from(counts.pending()).unwrap_or(usize::MAX);
        synced.dead = usize::try_from(counts.dead).unwrap_or(usize::MAX);
        Ok(synced)
    }

    /// Waits until entries are confirmed.
    ///
    /// # Errors
    /// One of them waits or needs a person; the failure says why, and the work stays queued.
    pub async fn wait_for(
        &self,
        entries: &[Uuid],
        progress: SyncProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        if entries.is_empty() {
            return Ok(());
        }
        self.sync(progress, cancel).await?;
        // Another process may be at it, or have died at it: then its lease runs out.
        while self.any_running(entries)? {
            if cancel.is_cancelled() {
                return Err(Failure::new(
                    Code::Cancelled,
                    "the rest stays queued",
                    "`stringout sync` goes on.",
                ));
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
            self.sync(progress, cancel).await?;
        }
        for id in entries {
            let Some(entry) = self.work.outbox_entry(*id)? else {
                return Err(Failure::new(
                    Code::Cancelled,
                    format!("outbox entry {id} was cancelled"),
                    "",
                ));
            };
            let why = entry
                .last_error
                .clone()
                .unwrap_or_else(|| "another process is at it".to_owned());
            match entry.state {
                OutboxState::Done => {}
                OutboxState::Dead => {
                    let hint = format!("Correct it, then `stringout outbox retry {id}`.");
                    return Err(Failure::new(Code::Refused, why, hint));
                }
                OutboxState::Ready | OutboxState::Running | OutboxState::Waiting => {
                    let code = match entry.waiting_for.as_deref() {
                        Some("credentials") => Code::CredentialsRefused,
                        _ => Code::Unreachable,
                    };
                    let hint = match code {
                        Code::CredentialsRefused => {
                            "The work is queued; set what is missing, then `stringout sync` finishes it."
                        }
                        _ => "The work is queued; `stringout sync` finishes it.",
                    };
                    return Err(Failure::new(code, why, hint));
                }
            }
        }
        Ok(())
    }

    fn any_running(&self, entries: &[Uuid]) -> Result<bool, Failure> {
        for id in entries {
            let entry = self.work.outbox_entry(*id)?;
            if entry.is_some_and(|entry| entry.state == OutboxState::Running) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn put_back(
        &self,
        entry: &OutboxEntry,
        worker: &str,
        failure: &Failure,
    ) -> Result<(), StoreError> {
        let waiting_for = match failure.code {
            Code::Unreachable => Some("network"),
            Code::CredentialsRefused => Some("credentials"),
            Code::DiskFull => Some("disk"),
            Code::Cancelled | Code::Busy => Some("another try"),
            _ if failure.retryable => Some("another try"),
            _ => None,
        };
        let error = failure.detail.clone();
        let Some(waiting_for) = waiting_for else {
            return self.work.fail(entry.id, worker, &error);
        };
        let step = usize::try_from(entry.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let seconds = BACKOFF.get(step).or(BACKOFF.last()).copied().unwrap_or(300);
        let delay = Timestamp::from_secs(seconds).unwrap_or(Timestamp::ZERO);
        let next = self.clock.now().saturating_add(delay);
        self.work
            .defer(entry.id, worker, next, &error, Some(waiting_for))
    }

    async fn run_entry(
        &self,
        entry: &OutboxEntry,
        worker: &str,
        progress: SyncProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        let work = async {
            match entry.kind.as_str() {
                MIRROR => self.mirror(entry, progress, cancel).await,
                DISCARD => self.discard(entry).await,
                RECORD => self.send_record(entry).await,
                INGEST => self.send_events(entry, cancel).await,
                _ => self.send_to_store(entry, progress, cancel).await,
            }
        };
        tokio::pin!(work);
        let mut renew = tokio::time::interval(LEASE / 3);
        renew.tick().await;
        loop {
            tokio::select! {
                result = &mut work => return result,
                _ = renew.tick() => self.work.renew_lease(entry.id, worker, LEASE)?,
            }
        }
    }

    async fn send_to_store(
        &self,
        entry: &OutboxEntry,
        progress: SyncProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        let sending: Sending = serde_json::from_value(entry.payload.clone()).map_err(|error| {
            Failure::bad_input(format!("outbox entry {}: {error}", entry.id), "")
        })?;
        self.upload_object(sending.video, UploadIdentity::of(entry), progress, cancel)
            .await?;
        for companion in sending.beside {
            failpoint::reach("upload.companion");
            let identity = UploadIdentity {
                job: Uuid::new_v5(&entry.id, companion.key.as_bytes()),
                idempotency_key: format!("{UPLOAD} {} {}", companion.key, companion.sha256),
                ..UploadIdentity::of(entry)
            };
            self.upload_object(companion, identity, &|_, _| {}, cancel)
                .await?;
        }
        Ok(())
    }

    async fn discard(&self, entry: &OutboxEntry) -> Result<(), Failure> {
        let left: ToDiscard = serde_json::from_value(entry.payload.clone()).map_err(|error| {
            Failure::bad_input(format!("outbox entry {}: {error}", entry.id), "")
        })?;
        let delivery = Delivery::new(self.store(&left.store).await?)?;
        let journal = Journal {
            work: Arc::clone(&self.work),
        };
        let discarded = delivery.discard((left.job, &left.key), &journal).await;
        Ok(discarded?)
    }

    /// Brings an object to a store, unless it is there; answers its plain address there.
    pub(crate) async fn upload_object(
        &self,
        wanted: ToStore,
        identity: UploadIdentity,
        progress: SyncProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<String, Failure> {
        let endpoint = self.store(&wanted.store).await?;
        let path = self.to_send(&wanted)?;
        let source =
            SourceIdentity::of(&path).map_err(|error| Failure::io(path.display(), &error))?;
        if wanted.seen != Some(source) {
            let (file, stop) = (path.clone(), cancel.clone());
            let hashed = tokio::task::spawn_blocking(move || media::sha256(&file, &stop));
            if hashed.await.map_err(Failure::internal)?? != wanted.sha256 {
                return Err(Failure::new(
                    Code::MissingObject,
                    format!("{} is not what was published any more", path.display()),
                    "Publish it again, and cancel this entry.",
                ));
            }
        }
        let op_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, identity.idempotency_key.as_bytes());
        let job = UploadJob {
            id: identity.job,
            path,
            source,
            key: wanted.key,
            content_type: wanted.content_type,
            sha256: wanted.sha256,
            op_id,
            metadata: identity.metadata,
            on_cancel: CancelMode::Keep,
        };
        let delivery = Delivery::new(endpoint)?;
        let address = delivery.object_url(&job.key)?;
        let journal = Journal {
            work: Arc::clone(&self.work),
        };
        let report = |now: Progress| progress(now.confirmed, now.total);
        delivery
            .upload(&job, &journal, &report, cancel.clone())
            .await
            .map_err(|error: DeliveryError| Failure::from(error))?;
        Ok(address)
    }
}

impl Workspace {
    /// The file that has the bytes.
    fn to_send(&self, wanted: &ToStore) -> Result<PathBuf, Failure> {
        if let Some(file) = &wanted.file {
            return Ok(self.dir.join(file));
        }
        match self.stored_object(&wanted.object_id)? {
            Stored::Here(path) => Ok(path),
            Stored::Allocated | Stored::Unknown => Err(Failure::new(
                Code::MissingObject,
                format!(
                    "object {} is not in the local node any more",
                    wanted.object_id
                ),
                "Publish the file again.",
            )),
        }
    }
}

impl UploadIdentity {
    /// That of an entry which brings a result to a store.
    pub(crate) fn of(entry: &OutboxEntry) -> Self {
        Self {
            job: entry.id,
            idempotency_key: entry.idempotency_key.clone(),
            metadata: BTreeMap::from([("compilation-id".to_owned(), entry.entity_id.clone())]),
        }
    }
}

/// The memory of multipart uploads, in the workspace's database.
struct Journal {
    work: Arc<WorkDb>,
}

impl Journal {
    async fn with<T: Send + 'static>(
        &self,
        call: impl FnOnce(&WorkDb) -> Result<T, store::StoreError> + Send + 'static,
    ) -> Result<T, Box<dyn std::error::Error + Send + Sync>> {
        let work = Arc::clone(&self.work);
        Ok(tokio::task::spawn_blocking(move || call(&work)).await??)
    }
}

#[async_trait]
impl PartJournal for Journal {
    async fn load(&self, job: Uuid) -> Result<Option<UploadState>, delivery::JournalError> {
        self.with(move |work| work.upload(job)).await
    }

    async fn begin(
        &self,
        job: Uuid,
        upload_id: &str,
        part_size: u64,
    ) -> Result<(), delivery::JournalError> {
        let upload_id = upload_id.to_owned();
        self.with(move |work| work.begin_upload(job, &upload_id, part_size))
            .await
    }

    async fn part_done(&self, job: Uuid, part: &UploadPart) -> Result<(), delivery::JournalError> {
        let part = part.clone();
        self.with(move |work| work.upload_part_done(job, &part))
            .await
    }

    async fn clear(&self, job: Uuid) -> Result<(), delivery::JournalError> {
        self.with(move |work| work.clear_upload(job)).await
    }
}
