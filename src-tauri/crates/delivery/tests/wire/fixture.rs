//! Files, jobs and journals to test with.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use delivery::{
    CancelMode, Delivery, DeliveryError, Endpoint, JournalError, PartJournal, Secret,
    SourceIdentity, UploadJob, Uploaded,
};
use record::{UploadPart, UploadState};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::standin::Standin;

pub(crate) const MIB: usize = 1 << 20;
pub(crate) const ACCESS_KEY: &str = "AKIATEST";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI-K7MDENG";

/// A journal in memory that tells what was asked of it.
#[derive(Default)]
pub(crate) struct MemoryJournal {
    pub(crate) states: Mutex<BTreeMap<Uuid, UploadState>>,
    pub(crate) events: Arc<Mutex<Vec<String>>>,
}

impl MemoryJournal {
    fn note(&self, event: String) {
        self.events.lock().unwrap().push(event);
    }

    pub(crate) fn state(&self, job: &UploadJob) -> Option<UploadState> {
        self.states.lock().unwrap().get(&job.id).cloned()
    }
}

#[async_trait]
impl PartJournal for MemoryJournal {
    async fn load(&self, job: Uuid) -> Result<Option<UploadState>, JournalError> {
        Ok(self.states.lock().unwrap().get(&job).cloned())
    }

    async fn begin(&self, job: Uuid, upload_id: &str, part_size: u64) -> Result<(), JournalError> {
        self.note("begin".into());
        let state = UploadState {
            job_id: job,
            upload_id: upload_id.into(),
            part_size,
            parts: Vec::new(),
        };
        self.states.lock().unwrap().insert(job, state);
        Ok(())
    }

    async fn part_done(&self, job: Uuid, part: &UploadPart) -> Result<(), JournalError> {
        self.note(format!("part_done {}", part.number));
        let mut states = self.states.lock().unwrap();
        let state = states.get_mut(&job).ok_or("no upload was begun")?;
        state.parts.retain(|known| known.number != part.number);
        state.parts.push(part.clone());
        Ok(())
    }

    async fn clear(&self, job: Uuid) -> Result<(), JournalError> {
        self.note("clear".into());
        self.states.lock().unwrap().remove(&job);
        Ok(())
    }
}

/// A file to upload and a store to upload it to.
pub(crate) struct Bench {
    _dir: TempDir,
    pub(crate) standin: Standin,
    pub(crate) bytes: Vec<u8>,
    pub(crate) job: UploadJob,
    pub(crate) journal: MemoryJournal,
}

pub(crate) fn content(len: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

impl Bench {
    pub(crate) async fn new(len: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path: PathBuf = dir.path().join("cut.mp4");
        let bytes = content(len);
        std::fs::write(&path, &bytes).unwrap();
        let sha256: String = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let job = UploadJob {
            id: Uuid::from_u128(1),
            source: SourceIdentity::of(&path).unwrap(),
            path,
            key: format!("compilations/1/{}.mp4", &sha256[..16]),
            content_type: "video/mp4".into(),
            sha256,
            op_id: Uuid::from_u128(2),
            metadata: BTreeMap::from([("title".into(), "News at ten".into())]),
            on_cancel: CancelMode::Keep,
        };
        Self {
            _dir: dir,
            standin: Standin::start().await,
            bytes,
            job,
            journal: MemoryJournal::default(),
        }
    }

    /// Three parts: 16 MiB, 16 MiB and a little.
    pub(crate) async fn three_parts() -> Self {
        Self::new(32 * MIB + 1000).await
    }

    pub(crate) fn part(&self, number: usize) -> &[u8] {
        let from = (number - 1) * 16 * MIB;
        &self.bytes[from..self.bytes.len().min(from + 16 * MIB)]
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        let mut endpoint = Endpoint::new(
            "vast",
            &self.standin.url,
            "media",
            ACCESS_KEY,
            Secret::new(SECRET),
        );
        endpoint.prefix = "studio".into();
        endpoint
    }

    pub(crate) fn delivery(&self) -> Delivery {
        Delivery::new(self.endpoint()).unwrap()
    }

    pub(crate) fn full_key(&self) -> String {
        format!("studio/{}", self.job.key)
    }

    pub(crate) async fn upload(&self) -> Result<Uploaded, DeliveryError> {
        self.upload_with(&self.delivery()).await
    }

    pub(crate) async fn upload_with(&self, delivery: &Delivery) -> Result<Uploaded, DeliveryError> {
        delivery
            .upload(&self.job, &self.journal, &|_| {}, CancellationToken::new())
            .await
    }

    /// The store has the file, nothing is half done, and the journal is empty.
    pub(crate) fn assert_delivered(&self) {
        let store = self.standin.store();
        let object = store
            .objects
            .get(&self.full_key())
            .expect("the object is there");
        assert!(object.bytes == self.bytes, "the object's bytes differ");
        assert!(store.uploads.is_empty(), "an upload is left open");
        assert!(
            self.journal.states.lock().unwrap().is_empty(),
            "the journal is not cleared"
        );
    }

    pub(crate) fn parts_sent(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self
            .standin
            .seen("UploadPart")
            .iter()
            .map(|seen| seen.part())
            .collect();
        numbers.sort_unstable();
        numbers
    }
}
