//! Uploading a file once: what to ask first, a single request for small files, and the proof at
//! the end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::body::{BodyFault, Meter, range_body};
use crate::endpoint::Encryption;
use crate::error::DeliveryError;
use crate::etag::bare_etag;
use crate::job::{OP_ID, Progress, SHA256, UploadJob, UploadWarning, Uploaded};
use crate::journal::{JournalError, PartJournal};
use crate::object::{Delivery, ObjectHead};
use crate::source::SourceFile;

/// Smaller files go up in one request.
pub(crate) const MULTIPART_FROM: u64 = 16 << 20;

/// How often progress is told while nothing else happens.
pub(crate) const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// One call of [`Delivery::upload`].
pub(crate) struct Run<'a> {
    pub(crate) job: &'a UploadJob,
    pub(crate) key: String,
    pub(crate) source: SourceFile,
    pub(crate) journal: &'a dyn PartJournal,
    pub(crate) progress: &'a (dyn Fn(Progress) + Send + Sync),
    pub(crate) cancel: CancellationToken,
}

impl Run<'_> {
    pub(crate) fn tell(&self, confirmed: u64, in_flight: u64) {
        let total = self.source.size();
        (self.progress)(Progress {
            job: self.job.id,
            confirmed,
            sent: (confirmed + in_flight).min(total),
            total,
        });
    }

    pub(crate) async fn clear_journal(&self) -> Result<(), DeliveryError> {
        self.journal
            .clear(self.job.id)
            .await
            .map_err(journal_failed)
    }

    /// Whether an object was made by this very operation.
    pub(crate) fn is_ours(&self, head: &ObjectHead) -> bool {
        let op_id = self.job.op_id.to_string();
        head.size == self.source.size() && head.metadata.get(OP_ID) == Some(&op_id)
    }

    /// Whether an object has the content to be uploaded, by whichever operation of ours.
    fn has_content(&self, head: &ObjectHead) -> bool {
        let same =
            head.size == self.source.size() && head.metadata.get(SHA256) == Some(&self.job.sha256);
        same || self.is_ours(head)
    }

    /// Turns a failed request into the file's own fault where it is one.
    pub(crate) async fn blame(&self, error: DeliveryError, meter: &Meter) -> DeliveryError {
        match meter.take_fault() {
            Some(BodyFault::Unreadable(e)) => self.source.unreadable(e),
            Some(BodyFault::Short) => self.source.changed(),
            // A wrong digest is what a server makes of a file that changed between hashing and sending.
            None if error.server_code() == "BadDigest" => {
                self.source.check().await.err().unwrap_or(error)
            }
            None => error,
        }
    }
}

pub(crate) fn journal_failed(source: JournalError) -> DeliveryError {
    DeliveryError::Journal { source }
}

impl Delivery {
    /// Uploads a file, or finds that it was uploaded before.
    ///
    /// The store is asked first; if the object is there with the job's `op-id` or SHA-256 and size,
    /// nothing is sent. Files below 16 MiB go up in one request. Larger ones go up in parts, which
    /// `journal` remembers, so that a later call with the same job sends only what the store lacks.
    /// `progress` is called often and must return at once.
    ///
    /// One job must not run twice at the same time. Dropping the future is like cancelling with
    /// [`CancelMode::Keep`](crate::CancelMode::Keep).
    ///
    /// # Errors
    /// See [`DeliveryError`]. After one that [`is_retryable`](DeliveryError::is_retryable), and after
    /// [`DeliveryError::Cancelled`], call again with the same job to go on.
    pub async fn upload(
        &self,
        job: &UploadJob,
        journal: &dyn PartJournal,
        progress: &(dyn Fn(Progress) + Send + Sync),
        cancel: CancellationToken,
    ) -> Result<Uploaded, DeliveryError> {
        job.check()?;
        let key = self.endpoint.full_key(&job.key)?;
        let source = SourceFile::new(job.path.clone(), job.source);
        let run = Run {
            job,
            key,
            source,
            journal,
            progress,
            cancel,
        };
        if let Some(done) = self.found(&run).await? {
            return Ok(done);
        }
        run.tell(0, 0);
        if run.source.size() < MULTIPART_FROM {
            run.source.check().await?;
            Box::pin(self.put_whole(&run)).await
        } else {
            Box::pin(self.put_parts(&run)).await
        }
    }

    /// The finished upload, if the store has it already.
    async fn found(&self, run: &Run<'_>) -> Result<Option<Uploaded>, DeliveryError> {
        let head = tokio::select! {
            head = self.head_full(&run.key) => head?,
            () = run.cancel.cancelled() => return Err(self.cancelled(run).await),
        };
        let Some(head) = head else {
            self.ensure_bucket().await?;
            return Ok(None);
        };
        if !run.has_content(&head) {
            return Err(DeliveryError::KeyTaken {
                key: run.key.clone(),
                size: head.size,
            });
        }
        // A crash between completion and `clear` leaves a record behind.
        self.abort_if_possible(run).await?;
        run.tell(head.size, 0);
        Ok(Some(Uploaded {
            already_there: true,
            ..self.uploaded(run, 0, head.etag)
        }))
    }

    /// Fails when the bucket certainly does not exist. Some stores make one on the first write.
    async fn ensure_bucket(&self) -> Result<(), DeliveryError> {
        if self.bucket_seen.load(Ordering::Relaxed) {
            return Ok(());
        }
        match self.head_bucket().await {
            // Credentials may be allowed to write and not to look at the bucket.
            Ok(()) | Err(DeliveryError::AccessDenied { .. }) => {
                self.bucket_seen.store(true, Ordering::Relaxed)
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// One PutObject. Repeating it is harmless, so a lost answer needs no memory.
    async fn put_whole(&self, run: &Run<'_>) -> Result<Uploaded, DeliveryError> {
        let size = run.source.size();
        let md5 = run.source.md5(0, size).await?;
        let meter = Meter::new();
        let encryption = self.endpoint.encryption.as_ref();
        let request = self
            .clients
            .transfer
            .put_object()
            .bucket(&self.endpoint.bucket)
            .key(&run.key)
            .content_type(&run.job.content_type)
            .content_length(size.cast_signed())
            .content_md5(md5.to_base64())
            .set_metadata(Some(run.job.all_metadata().collect()))
            .set_server_side_encryption(encryption.map(Encryption::header))
            .set_ssekms_key_id(encryption.and_then(Encryption::key_id))
            .body(range_body(
                run.source.path(),
                0,
                size,
                meter.clone(),
                self.throttle.clone(),
            ));
        let send = self.watched(Box::pin(request.send()), &meter);
        let answer = tokio::select! {
            answer = with_ticks(send, || run.tell(0, meter.sent())) => answer,
            () = run.cancel.cancelled() => return Err(DeliveryError::Cancelled),
        };
        let etag = match answer
            .and_then(|sent| sent.map_err(|e| self.endpoint.classify("PutObject", e)))
        {
            Ok(put) => {
                failpoint::reach("upload.put");
                put.e_tag().map(|etag| bare_etag(etag).to_owned())
            }
            Err(error) => self.confirmed(run, run.blame(error, &meter).await).await?,
        };
        run.source.check().await?;
        let warnings = self.proven(run, etag.as_deref(), &md5.to_string()).await?;
        run.tell(size, 0);
        Ok(Uploaded {
            warnings,
            ..self.uploaded(run, size, etag)
        })
    }

    /// After a failure that leaves open whether the object was made: its ETag if it was, by this
    /// operation; else the failure.
    pub(crate) async fn confirmed(
        &self,
        run: &Run<'_>,
        error: DeliveryError,
    ) -> Result<Option<String>, DeliveryError> {
        if !error.is_ambiguous() && error.server_code() != "NoSuchUpload" {
            return Err(error);
        }
        match self.head_full(&run.key).await {
            Ok(Some(head)) if run.is_ours(&head) => {
                tracing::info!(
                    key = run.key,
                    "the answer was lost, but the object is there"
                );
                Ok(head.etag)
            }
            _ => Err(error),
        }
    }

    /// Proves that the store has what was sent: by its ETag where that is an MD5, else by its size.
    pub(crate) async fn proven(
        &self,
        run: &Run<'_>,
        etag: Option<&str>,
        expected: &str,
    ) -> Result<Vec<UploadWarning>, DeliveryError> {
        if etag == Some(expected) && run.source.size() < MULTIPART_FROM {
            return Ok(Vec::new());
        }
        let mismatch = |found: String| DeliveryError::Mismatch {
            key: run.key.clone(),
            expected: format!("{} bytes", run.source.size()),
            found,
        };
        match self.head_full(&run.key).await? {
            Some(head) if head.size == run.source.size() => {}
            Some(head) => return Err(mismatch(format!("{} bytes", head.size))),
            None => return Err(mismatch("nothing".into())),
        }
        let Some(found) = etag.filter(|etag| *etag != expected) else {
            return Ok(Vec::new());
        };
        let warning = UploadWarning::EtagIsNotMd5 {
            expected: expected.into(),
            found: found.into(),
        };
        tracing::warn!(key = run.key, "{warning}");
        Ok(vec![warning])
    }

    pub(crate) fn uploaded(&self, run: &Run<'_>, sent: u64, etag: Option<String>) -> Uploaded {
        Uploaded {
            url: self.endpoint.address(&run.key),
            key: run.key.clone(),
            size: run.source.size(),
            etag,
            sent,
            already_there: false,
            warnings: Vec::new(),
        }
    }

    /// Waits for a transfer as long as bytes move.
    pub(crate) async fn watched<T>(
        &self,
        send: impl Future<Output = T> + Unpin,
        meter: &Arc<Meter>,
    ) -> Result<T, DeliveryError> {
        let mut send = send;
        let stall = self.endpoint.timeouts.stall;
        loop {
            let limit = meter.last_moved() + stall;
            tokio::select! {
                done = &mut send => return Ok(done),
                () = sleep_until(limit) => {}
            }
            if meter.last_moved() + stall <= Instant::now() {
                return Err(self.endpoint.stalled());
            }
        }
    }
}

/// Calls `tick` at intervals until `work` is done.
async fn with_ticks<T>(work: impl Future<Output = T>, tick: impl Fn()) -> T {
    let mut work = std::pin::pin!(work);
    let mut ticks = interval(PROGRESS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = ticks.tick() => tick(),
        }
    }
}
