//! A file, a job to upload it, and a way to the server that can be broken.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use delivery::{
    CancelMode, ConnectFailure, Delivery, DeliveryError, Endpoint, JournalError, PartJournal,
    Secret, SourceIdentity, UploadJob, Uploaded,
};
use record::{UploadPart, UploadState};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tests::fault_proxy::{FaultProxy, Requests};
use tests::s3::Bucket;
use tests::seaweed::SeaweedFs;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) const MIB: usize = 1 << 20;
/// Three parts: 16, 16 and 8 MiB.
pub(crate) const LARGE: usize = 40 * MIB;
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A journal in memory: what a crash of the program leaves behind.
#[derive(Default)]
pub(crate) struct MemoryJournal(pub(crate) Mutex<BTreeMap<Uuid, UploadState>>);

#[async_trait]
impl PartJournal for MemoryJournal {
    async fn load(&self, job: Uuid) -> Result<Option<UploadState>, JournalError> {
        Ok(self.0.lock().unwrap().get(&job).cloned())
    }

    async fn begin(&self, job: Uuid, upload_id: &str, part_size: u64) -> Result<(), JournalError> {
        let state = UploadState {
            job_id: job,
            upload_id: upload_id.to_owned(),
            part_size,
            parts: Vec::new(),
        };
        self.0.lock().unwrap().insert(job, state);
        Ok(())
    }

    async fn part_done(&self, job: Uuid, part: &UploadPart) -> Result<(), JournalError> {
        let mut states = self.0.lock().unwrap();
        let state = states.get_mut(&job).ok_or("no upload was begun")?;
        state.parts.retain(|known| known.number != part.number);
        state.parts.push(part.clone());
        Ok(())
    }

    async fn clear(&self, job: Uuid) -> Result<(), JournalError> {
        self.0.lock().unwrap().remove(&job);
        Ok(())
    }
}

/// One upload to make.
pub(crate) struct Case {
    _folder: TempDir,
    pub(crate) server: Bucket,
    pub(crate) proxy: FaultProxy,
    pub(crate) bytes: Vec<u8>,
    pub(crate) job: UploadJob,
    pub(crate) journal: MemoryJournal,
}

pub(crate) fn puts_of_parts() -> Requests {
    Requests::of("PUT").holding("partNumber=")
}

pub(crate) fn puts_of_part(number: u32) -> Requests {
    Requests::of("PUT").holding(&format!("partNumber={number}"))
}

pub(crate) fn completions() -> Requests {
    Requests::of("POST").holding("uploadId=")
}

/// Bytes that no two stretches of a file have in common.
pub(crate) fn noise(len: usize, seed: u128) -> Vec<u8> {
    let mut state = (seed as u64) | 1;
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

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Case {
    pub(crate) fn new(len: usize) -> Self {
        let server = SeaweedFs::shared();
        Self::on(server.bucket(), &server.endpoint, len)
    }

    pub(crate) fn on(server: Bucket, endpoint: &str, len: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut.mp4");
        let id = Uuid::new_v4();
        let bytes = noise(len, id.as_u128());
        std::fs::write(&path, &bytes).unwrap();
        let sha256 = hex(&Sha256::digest(&bytes));
        let job = UploadJob {
            id,
            source: SourceIdentity::of(&path).unwrap(),
            path,
            key: format!("compilations/{id}/{}.mp4", &sha256[..16]),
            content_type: "video/mp4".to_owned(),
            sha256,
            op_id: Uuid::new_v4(),
            metadata: BTreeMap::from([("title".to_owned(), "News at ten".to_owned())]),
            on_cancel: CancelMode::Keep,
        };
        let proxy = FaultProxy::start(endpoint);
        Self {
            _folder: folder,
            server,
            proxy,
            bytes,
            job,
            journal: MemoryJournal::default(),
        }
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        let server = &self.server;
        let secret = Secret::new(&server.secret_key);
        let mut endpoint = Endpoint::new(
            "seaweed",
            &self.proxy.endpoint,
            &server.name,
            &server.access_key,
            secret,
        );
        endpoint.prefix = "studio".to_owned();
        endpoint
    }

    pub(crate) fn delivery(&self) -> Delivery {
        Delivery::new(self.endpoint()).unwrap()
    }

    /// A delivery that sends one part after the other.
    pub(crate) fn slow_delivery(&self) -> Delivery {
        Delivery::new(Endpoint {
            concurrency: NonZeroUsize::MIN,
            ..self.endpoint()
        })
        .unwrap()
    }

    pub(crate) async fn upload(&self) -> Result<Uploaded, DeliveryError> {
        self.upload_by(&self.delivery()).await
    }

    pub(crate) async fn upload_by(&self, delivery: &Delivery) -> Result<Uploaded, DeliveryError> {
        delivery
            .upload(&self.job, &self.journal, &|_| {}, CancellationToken::new())
            .await
    }

    pub(crate) fn key(&self) -> String {
        format!("studio/{}", self.job.key)
    }

    pub(crate) fn open_uploads(&self) -> usize {
        self.server
            .uploads()
            .iter()
            .filter(|(key, _)| *key == self.key())
            .count()
    }

    /// The server has the file and nothing else of it, and the journal is empty.
    pub(crate) fn assert_delivered(&self) {
        let got = self.server.get(&self.key()).expect("the object is there");
        assert_eq!(got.len(), self.bytes.len());
        assert_eq!(hex(&Sha256::digest(&got)), self.job.sha256);
        assert_eq!(self.open_uploads(), 0, "an upload is left open");
        assert!(
            self.journal.0.lock().unwrap().is_empty(),
            "the journal is not cleared"
        );
    }

    pub(crate) fn sent_parts(&self) -> Vec<u32> {
        (1..=3)
            .filter(|number| self.proxy.count(&puts_of_part(*number)) > 0)
            .collect()
    }
}

pub(crate) fn cause(error: &DeliveryError) -> ConnectFailure {
    assert!(error.is_unreachable() && error.is_retryable(), "{error:?}");
    match error {
        DeliveryError::Unreachable { cause, .. } => *cause,
        other => panic!("{other:?}"),
    }
}

/// Polls until `done`.
pub(crate) async fn until(done: impl Fn() -> bool) {
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    while !done() {
        ticks.tick().await;
    }
}
