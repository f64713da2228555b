//! Opening a multipart upload: going on with the recorded one, adopting one whose id was lost, or
//! beginning a new one.

use std::collections::HashMap;
use std::time::Duration;

use record::{UploadPart, UploadState};

use crate::endpoint::Encryption;
use crate::error::DeliveryError;
use crate::etag::bare_etag;
use crate::job::CancelMode;
use crate::journal::PartJournal;
use crate::object::Delivery;
use crate::upload::{Run, journal_failed};
use uuid::Uuid;

/// Parts are at least this large, and a whole number of them large.
const MIB: u64 = 1 << 20;
const MIN_PART: u64 = 16 * MIB;

/// The part size is chosen for at most this many parts; S3 allows 10,000.
const PARTS: u64 = 9000;

/// S3's limits.
const MAX_PART: u64 = 5 << 30;
const MAX_PARTS: u64 = 10_000;

/// How often CreateMultipartUpload is tried, and the pause before a repeat.
const CREATE_TRIES: u32 = 3;
const CREATE_PAUSE: Duration = Duration::from_secs(1);

/// More pages than any list of ours has; a server that never ends a list is cut off.
const MAX_PAGES: usize = 100;

/// An open multipart upload.
pub(crate) struct Session {
    pub(crate) upload_id: String,
    pub(crate) part_size: u64,
    /// Parts the journal knows, by number.
    pub(crate) local: HashMap<u32, UploadPart>,
    /// Parts the store lists, by number.
    pub(crate) remote: HashMap<u32, RemotePart>,
}

/// A part as the store lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemotePart {
    pub(crate) size: u64,
    pub(crate) etag: String,
}

/// The part size for a file, in bytes.
fn part_size(size: u64) -> Result<u64, DeliveryError> {
    let part = size.div_ceil(PARTS).div_ceil(MIB).max(1) * MIB;
    if part > MAX_PART {
        return Err(DeliveryError::InvalidInput {
            field: "size".into(),
            reason: "S3 objects hold at most 43.9 TiB".into(),
        });
    }
    Ok(part.max(MIN_PART))
}

impl Delivery {
    /// Gives up an upload that is not running: what it sent so far is aborted in the store, and the
    /// journal forgets it. An object that is complete stays.
    ///
    /// # Errors
    /// See [`DeliveryError`]; the journal then keeps what is needed to call again.
    pub async fn discard(
        &self,
        (job, key): (Uuid, &str),
        journal: &dyn PartJournal,
    ) -> Result<(), DeliveryError> {
        let key = self.endpoint.full_key(key)?;
        let Some(state) = journal.load(job).await.map_err(journal_failed)? else {
            return Ok(());
        };
        self.abort(&key, &state.upload_id).await?;
        journal.clear(job).await.map_err(journal_failed)
    }

    /// Opens the upload of a job.
    pub(crate) async fn open(&self, run: &Run<'_>) -> Result<Session, DeliveryError> {
        if let Some(state) = run.journal.load(run.job.id).await.map_err(journal_failed)? {
            if let Some(session) = self.reopened(run, state).await? {
                return Ok(session);
            }
            run.clear_journal().await?;
        }
        let part_size = part_size(run.source.size())?;
        let (upload_id, remote) = self.adopted_or_created(run).await?;
        failpoint::reach("upload.created");
        run.journal
            .begin(run.job.id, &upload_id, part_size)
            .await
            .map_err(journal_failed)?;
        failpoint::reach("upload.begun");
        Ok(Session {
            upload_id,
            part_size,
            local: HashMap::new(),
            remote,
        })
    }

    /// Goes on with the recorded upload, if the store still has it.
    async fn reopened(
        &self,
        run: &Run<'_>,
        state: UploadState,
    ) -> Result<Option<Session>, DeliveryError> {
        let usable = (1..=MAX_PARTS).contains(&run.source.size().div_ceil(state.part_size.max(1)));
        if state.part_size < MIN_PART || !usable {
            self.abort(&run.key, &state.upload_id).await?;
            return Ok(None);
        }
        let remote = match self.listed_parts(&run.key, &state.upload_id).await {
            Ok(remote) => remote,
            Err(error) if error.server_code() == "NoSuchUpload" => return Ok(None),
            Err(error) => return Err(error),
        };
        let local = state
            .parts
            .into_iter()
            .map(|part| (part.number, part))
            .collect();
        Ok(Some(Session {
            upload_id: state.upload_id,
            part_size: state.part_size,
            local,
            remote,
        }))
    }

    /// Finds the upload whose id a crash or a lost answer kept from us, or begins one.
    ///
    /// The key is unique to this content, so exactly one open upload under it is ours. Of several,
    /// none can be trusted.
    async fn adopted_or_created(
        &self,
        run: &Run<'_>,
    ) -> Result<(String, HashMap<u32, RemotePart>), DeliveryError> {
        let mut tries = 1;
        loop {
            let mut open = self.open_uploads(&run.key).await?;
            if open.len() > 1 {
                for upload_id in open.drain(..) {
                    self.abort(&run.key, &upload_id).await?;
                }
            }
            if let Some(upload_id) = open.pop() {
                tracing::info!(key = run.key, "going on with an upload whose id was lost");
                let remote = self.listed_parts(&run.key, &upload_id).await?;
                return Ok((upload_id, remote));
            }
            match self.create(run).await {
                Ok(upload_id) => return Ok((upload_id, HashMap::new())),
                Err(error) if error.is_retryable() && tries < CREATE_TRIES => tries += 1,
                Err(error) => return Err(error),
            }
            tokio::time::sleep(CREATE_PAUSE).await;
        }
    }

    async fn create(&self, run: &Run<'_>) -> Result<String, DeliveryError> {
        const OPERATION: &str = "CreateMultipartUpload";
        let encryption = self.endpoint.encryption.as_ref();
        let request = self
            .clients
            .once
            .create_multipart_upload()
            .bucket(&self.endpoint.bucket)
            .key(&run.key)
            .content_type(&run.job.content_type)
            .set_metadata(Some(run.job.all_metadata().collect()))
            .set_server_side_encryption(encryption.map(Encryption::header))
            .set_ssekms_key_id(encryption.and_then(Encryption::key_id));
        let answer = Box::pin(request.send())
            .await
            .map_err(|e| self.endpoint.classify(OPERATION, e))?;
        match answer.upload_id {
            Some(upload_id) if !upload_id.is_empty() => Ok(upload_id),
            _ => Err(DeliveryError::UnreadableAnswer {
                operation: OPERATION,
                status: 200,
                detail: "it has no UploadId".into(),
            }),
        }
    }

    /// Ids of the open uploads under exactly this key. Empty where the store doesn't list them.
    async fn open_uploads(&self, key: &str) -> Result<Vec<String>, DeliveryError> {
        let mut found = Vec::new();
        let mut next = (None, None);
        for _ in 0..MAX_PAGES {
            let request = self
                .clients
                .control
                .list_multipart_uploads()
                .bucket(&self.endpoint.bucket)
                .prefix(key)
                .set_key_marker(next.0.clone())
                .set_upload_id_marker(next.1.clone());
            let page = match Box::pin(request.send())
                .await
                .map_err(|e| self.endpoint.classify("ListMultipartUploads", e))
            {
                Ok(page) => page,
                Err(error) if error.is_not_offered() => {
                    tracing::warn!(key, %error, "open uploads can't be listed; a lost one stays until the store expires it");
                    return Ok(Vec::new());
                }
                Err(error) => return Err(error),
            };
            let ours = page
                .uploads()
                .iter()
                .filter(|upload| upload.key() == Some(key));
            found.extend(ours.filter_map(|upload| upload.upload_id().map(str::to_owned)));
            let after = (page.next_key_marker, page.next_upload_id_marker);
            if page.is_truncated != Some(true) || after == next {
                break;
            }
            next = after;
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// The parts of an upload that the store lists without contradiction. Empty where it lists none.
    async fn listed_parts(
        &self,
        key: &str,
        upload_id: &str,
    ) -> Result<HashMap<u32, RemotePart>, DeliveryError> {
        let mut listed: HashMap<u32, Option<RemotePart>> = HashMap::new();
        let mut next = None;
        for _ in 0..MAX_PAGES {
            let request = self
                .clients
                .control
                .list_parts()
                .bucket(&self.endpoint.bucket)
                .key(key)
                .upload_id(upload_id)
                .set_part_number_marker(next.clone());
            let page = match Box::pin(request.send())
                .await
                .map_err(|e| self.endpoint.classify("ListParts", e))
            {
                Ok(page) => page,
                Err(error) if error.is_not_offered() => {
                    tracing::warn!(key, %error, "parts can't be listed; all are sent again");
                    return Ok(HashMap::new());
                }
                Err(error) => return Err(error),
            };
            for part in page.parts() {
                let Some(number) = part.part_number().and_then(|n| u32::try_from(n).ok()) else {
                    continue;
                };
                let found = remote_part(part);
                // SeaweedFS lists a part that was sent twice twice; only equal entries are one fact.
                listed
                    .entry(number)
                    .and_modify(|known| {
                        if *known != found {
                            *known = None
                        }
                    })
                    .or_insert(found);
            }
            let after = page.next_part_number_marker;
            if page.is_truncated != Some(true) || after.is_none() || after == next {
                break;
            }
            next = after;
        }
        Ok(listed
            .into_iter()
            .filter_map(|(number, part)| Some((number, part?)))
            .collect())
    }

    /// Aborts an upload; fine when the store doesn't have it.
    pub(crate) async fn abort(&self, key: &str, upload_id: &str) -> Result<(), DeliveryError> {
        let request = self
            .clients
            .control
            .abort_multipart_upload()
            .bucket(&self.endpoint.bucket)
            .key(key)
            .upload_id(upload_id);
        let Err(error) = Box::pin(request.send()).await else {
            return Ok(());
        };
        match self.endpoint.classify("AbortMultipartUpload", error) {
            DeliveryError::Server { status: 404, .. } => Ok(()),
            error => Err(error),
        }
    }

    /// Aborts the upload the journal knows, and forgets it.
    pub(crate) async fn abort_recorded(&self, run: &Run<'_>) -> Result<(), DeliveryError> {
        self.discard((run.job.id, &run.job.key), run.journal).await
    }

    /// Like [`abort_recorded`](Self::abort_recorded), but a store that will never abort it is only
    /// told to the log: the parts then stay until the store expires them.
    pub(crate) async fn abort_if_possible(&self, run: &Run<'_>) -> Result<(), DeliveryError> {
        match self.abort_recorded(run).await {
            Err(error)
                if !error.is_retryable() && !matches!(error, DeliveryError::Journal { .. }) =>
            {
                tracing::warn!(key = run.key, %error, "the upload can't be aborted; its parts stay in the store");
                run.clear_journal().await
            }
            done => done,
        }
    }

    /// What a cancelled call leaves behind and returns. An abort that fails is reported instead, and
    /// the journal keeps what is needed to repeat it.
    pub(crate) async fn cancelled(&self, run: &Run<'_>) -> DeliveryError {
        match run.job.on_cancel {
            CancelMode::Keep => DeliveryError::Cancelled,
            CancelMode::Abort => self
                .abort_recorded(run)
                .await
                .err()
                .unwrap_or(DeliveryError::Cancelled),
        }
    }
}

/// A listed part with all that is needed to trust it.
fn remote_part(part: &aws_sdk_s3::types::Part) -> Option<RemotePart> {
    let size = u64::try_from(part.size()?).ok()?;
    Some(RemotePart {
        size,
        etag: bare_etag(part.e_tag()?).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_sizes_are_whole_mebibytes_within_the_limits_of_s3() {
        assert_eq!(part_size(16 * MIB).unwrap(), 16 * MIB);
        assert_eq!(part_size(16 * MIB * PARTS).unwrap(), 16 * MIB);
        assert_eq!(part_size(16 * MIB * PARTS + 1).unwrap(), 17 * MIB);
        for size in [
            1,
            1 << 30,
            (1 << 40) + 1,
            (5 << 40) + 12_345,
            MAX_PART * PARTS,
        ] {
            let part = part_size(size).unwrap();
            assert_eq!(part % MIB, 0);
            assert!((MIN_PART..=MAX_PART).contains(&part));
            assert!(size.div_ceil(part) <= MAX_PARTS);
        }
        assert!(part_size(MAX_PART * PARTS + 1).is_err());
        assert!(part_size(u64::MAX).is_err());
    }
}
