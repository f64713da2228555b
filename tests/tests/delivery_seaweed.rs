//! `delivery` against a real S3 server, through a proxy that breaks connections on request. What
//! arrived is read back by a client that shares no code with the product.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use delivery::{
    CancelMode, Check, ConnectFailure, Delivery, DeliveryError, Endpoint, JournalError, PartJournal, Progress, Secret,
    SourceIdentity, UploadJob, Uploaded, Verdict,
};
use mediatime::Timestamp;
use record::{UploadPart, UploadState};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tests::fault_proxy::{Fault, FaultProxy, Requests};
use tests::s3::Bucket;
use tests::seaweed::SeaweedFs;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const MIB: usize = 1 << 20;
/// Three parts: 16, 16 and 8 MiB.
const LARGE: usize = 40 * MIB;
const PATIENCE: Duration = Duration::from_secs(60);

/// A journal in memory: what a crash of the program leaves behind.
#[derive(Default)]
struct MemoryJournal(Mutex<BTreeMap<Uuid, UploadState>>);

#[async_trait]
impl PartJournal for MemoryJournal {
    async fn load(&self, job: Uuid) -> Result<Option<UploadState>, JournalError> {
        Ok(self.0.lock().unwrap().get(&job).cloned())
    }

    async fn begin(&self, job: Uuid, upload_id: &str, part_size: u64) -> Result<(), JournalError> {
        let state = UploadState { job_id: job, upload_id: upload_id.to_owned(), part_size, parts: Vec::new() };
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

/// A file, a job to upload it, and a way to the server that can be broken.
struct Case {
    _folder: TempDir,
    server: Bucket,
    proxy: FaultProxy,
    bytes: Vec<u8>,
    job: UploadJob,
    journal: MemoryJournal,
}

fn puts_of_parts() -> Requests {
    Requests::of("PUT").holding("partNumber=")
}

fn puts_of_part(number: u32) -> Requests {
    Requests::of("PUT").holding(&format!("partNumber={number}"))
}

fn completions() -> Requests {
    Requests::of("POST").holding("uploadId=")
}

/// Bytes that no two stretches of a file have in common.
fn noise(len: usize, seed: u128) -> Vec<u8> {
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Case {
    fn new(len: usize) -> Self {
        let server = SeaweedFs::shared();
        Self::on(server.bucket(), &server.endpoint, len)
    }

    fn on(server: Bucket, endpoint: &str, len: usize) -> Self {
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
        Self { _folder: folder, server, proxy, bytes, job, journal: MemoryJournal::default() }
    }

    fn endpoint(&self) -> Endpoint {
        let server = &self.server;
        let secret = Secret::new(&server.secret_key);
        let mut endpoint = Endpoint::new("seaweed", &self.proxy.endpoint, &server.name, &server.access_key, secret);
        endpoint.prefix = "studio".to_owned();
        endpoint
    }

    fn delivery(&self) -> Delivery {
        Delivery::new(self.endpoint()).unwrap()
    }

    /// A delivery that sends one part after the other.
    fn slow_delivery(&self) -> Delivery {
        Delivery::new(Endpoint { concurrency: NonZeroUsize::MIN, ..self.endpoint() }).unwrap()
    }

    async fn upload(&self) -> Result<Uploaded, DeliveryError> {
        self.upload_by(&self.delivery()).await
    }

    async fn upload_by(&self, delivery: &Delivery) -> Result<Uploaded, DeliveryError> {
        delivery.upload(&self.job, &self.journal, &|_| {}, CancellationToken::new()).await
    }

    fn key(&self) -> String {
        format!("studio/{}", self.job.key)
    }

    fn open_uploads(&self) -> usize {
        self.server.uploads().iter().filter(|(key, _)| *key == self.key()).count()
    }

    /// The server has the file and nothing else of it, and the journal is empty.
    fn assert_delivered(&self) {
        let got = self.server.get(&self.key()).expect("the object is there");
        assert_eq!(got.len(), self.bytes.len());
        assert_eq!(hex(&Sha256::digest(&got)), self.job.sha256);
        assert_eq!(self.open_uploads(), 0, "an upload is left open");
        assert!(self.journal.0.lock().unwrap().is_empty(), "the journal is not cleared");
    }

    fn sent_parts(&self) -> Vec<u32> {
        (1..=3).filter(|number| self.proxy.count(&puts_of_part(*number)) > 0).collect()
    }
}

fn cause(error: &DeliveryError) -> ConnectFailure {
    assert!(error.is_unreachable() && error.is_retryable(), "{error:?}");
    match error {
        DeliveryError::Unreachable { cause, .. } => *cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_small_file_arrives_whole_with_its_metadata() {
    let case = Case::new(3 * MIB + 1);
    let done = case.upload().await.unwrap();
    case.assert_delivered();
    let head = case.server.head(&case.key()).unwrap();
    assert_eq!(head.field("content-type"), Some("video/mp4"));
    assert_eq!(head.field("x-amz-meta-op-id"), Some(&*case.job.op_id.to_string()));
    assert_eq!(head.field("x-amz-meta-sha256"), Some(&*case.job.sha256));
    assert_eq!(head.field("x-amz-meta-title"), Some("News at ten"));
    assert_eq!((done.sent, done.warnings.len()), (case.bytes.len() as u64, 0));
    assert_eq!(case.proxy.count(&Requests::of("PUT")), 1);
}

#[tokio::test]
async fn a_large_file_arrives_whole_in_parts() {
    let case = Case::new(LARGE);
    let done = case.upload().await.unwrap();
    case.assert_delivered();
    assert_eq!((done.size, done.sent, done.warnings.len()), (LARGE as u64, LARGE as u64, 0));
    assert!(done.etag.unwrap().ends_with("-3"));
    assert_eq!(case.proxy.count(&puts_of_parts()), 3);
    for seen in case.proxy.seen() {
        let head = seen.head.to_lowercase();
        assert!(!head.contains("x-amz-checksum-") && !head.contains("trailer"), "{head}");
        assert_eq!(seen.method == "PUT", head.contains("\r\ncontent-md5: "), "{head}");
    }
    let range = case.server.ask("GET", &case.key(), &[], &[("range", "bytes=16777000-16777500")], b"");
    assert_eq!(range.status, 206);
    assert!(range.body == case.bytes[16_777_000..=16_777_500]);
}

#[tokio::test]
async fn a_repeat_of_a_finished_job_sends_nothing() {
    for len in [1000, 17 * MIB] {
        let case = Case::new(len);
        case.upload().await.unwrap();
        let before = case.proxy.seen().len();
        let again = case.upload().await.unwrap();
        assert!(again.already_there && again.sent == 0);
        let seen = case.proxy.seen();
        let methods: Vec<&str> = seen[before..].iter().map(|seen| seen.method.as_str()).collect();
        assert_eq!(methods, ["HEAD"]);
    }
}

#[tokio::test]
async fn after_a_cut_only_missing_parts_are_sent() {
    let case = Case::new(LARGE);
    let after = 5 * MIB as u64;
    case.proxy.inject(puts_of_part(2), .., Fault::CutRequest { after });
    let error = case.upload_by(&case.slow_delivery()).await.unwrap_err();
    assert_eq!(cause(&error), ConnectFailure::Cut);
    assert_eq!(case.sent_parts(), [1, 2]);
    assert_eq!(case.open_uploads(), 1);

    case.proxy.heal();
    let (first, all) = (case.proxy.sent(&puts_of_part(1)), case.proxy.sent(&puts_of_parts()));
    let done = case.upload().await.unwrap();
    case.assert_delivered();
    assert_eq!(done.sent, 24 * MIB as u64);
    assert_eq!(case.proxy.sent(&puts_of_part(1)), first, "part 1 was sent again");
    assert_eq!(case.proxy.sent(&puts_of_parts()) - all, 24 * MIB as u64);
    assert_eq!(case.proxy.count(&Requests::of("POST").holding("uploads")), 1);
}

#[tokio::test]
async fn a_part_that_arrived_but_was_not_written_down_is_not_sent_again() {
    let case = Case::new(LARGE);
    let delivery = case.slow_delivery();
    let held = case.proxy.hold(puts_of_part(2), ..);
    // The program dies while part 2 is on its way, and its last write was lost with it.
    tokio::select! {
        done = case.upload_by(&delivery) => panic!("{done:?}"),
        () = until(|| case.proxy.count(&puts_of_part(2)) > 0) => {}
    }
    held.release();
    case.journal.0.lock().unwrap().get_mut(&case.job.id).unwrap().parts.clear();
    let first = case.proxy.count(&puts_of_part(1));
    case.upload().await.unwrap();
    case.assert_delivered();
    assert_eq!(case.proxy.count(&puts_of_part(1)), first);
}

/// Polls until `done`.
async fn until(done: impl Fn() -> bool) {
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    while !done() {
        ticks.tick().await;
    }
}

#[tokio::test]
async fn an_upload_outlives_a_crash_of_the_server() {
    let mut server = SeaweedFs::start();
    let endpoint = server.endpoint.clone();
    let mut case = Case::on(server.bucket(), &endpoint, LARGE);
    case.proxy.inject(puts_of_part(3), .., Fault::slow_down());
    let error = case.upload_by(&case.slow_delivery()).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Server { status: 503, .. }), "{error:?}");
    server.crash();
    let error = case.upload().await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    server.restart();
    // Counts begin anew.
    case.proxy = FaultProxy::start(&endpoint);
    case.upload().await.unwrap();
    case.assert_delivered();
    assert_eq!(case.sent_parts(), [3]);
}

#[tokio::test]
async fn a_lost_answer_to_complete_is_no_failure() {
    for lost in [1..=1, 1..=3] {
        let case = Case::new(LARGE);
        case.proxy.inject(completions(), lost.clone(), Fault::SwallowAnswer);
        let done = case.upload().await.unwrap();
        case.assert_delivered();
        assert!(!done.already_there);
        assert_eq!(case.proxy.count(&puts_of_parts()), 3, "{lost:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_to_put_is_no_failure() {
    let case = Case::new(1000);
    case.proxy.inject(Requests::of("PUT"), .., Fault::SwallowAnswer);
    case.upload().await.unwrap();
    case.assert_delivered();
}

#[tokio::test]
async fn a_lost_answer_to_create_leaves_no_second_upload() {
    let case = Case::new(17 * MIB);
    let creates = Requests::of("POST").holding("uploads");
    case.proxy.inject(creates.clone(), 1..=1, Fault::SwallowAnswer);
    case.upload().await.unwrap();
    case.assert_delivered();
    assert_eq!(case.proxy.count(&creates), 1);
}

#[tokio::test]
async fn an_upload_whose_id_was_lost_is_gone_on_with() {
    let case = Case::new(LARGE);
    let begun = case.server.ask("POST", &case.key(), &[("uploads", "")], &[], b"");
    let upload_id = begun.elements("UploadId").remove(0);
    let query = [("partNumber", "1"), ("uploadId", &*upload_id)];
    assert_eq!(case.server.ask("PUT", &case.key(), &query, &[], &case.bytes[..16 * MIB]).status, 200);
    let done = case.upload().await.unwrap();
    case.assert_delivered();
    assert_eq!((done.sent, case.sent_parts()), (24 * MIB as u64, vec![2, 3]));
}

#[tokio::test]
async fn several_lost_uploads_are_cleaned_up() {
    let case = Case::new(17 * MIB);
    for _ in 0..2 {
        assert_eq!(case.server.ask("POST", &case.key(), &[("uploads", "")], &[], b"").status, 200);
    }
    assert_eq!(case.open_uploads(), 2);
    case.upload().await.unwrap();
    case.assert_delivered();
}

#[tokio::test]
async fn overload_passes() {
    let case = Case::new(LARGE);
    case.proxy.inject(puts_of_parts(), 1..=2, Fault::slow_down());
    case.upload().await.unwrap();
    case.assert_delivered();
}

#[tokio::test]
async fn a_network_that_goes_and_comes_back_costs_only_the_parts_in_flight() {
    let case = Case::new(LARGE);
    let delivery = case.slow_delivery();
    let offline = |progress: Progress| {
        if progress.confirmed == 16 * MIB as u64 {
            case.proxy.go_offline();
        }
    };
    let error =
        delivery.upload(&case.job, &case.journal, &offline, CancellationToken::new()).await.unwrap_err();
    assert!(error.is_unreachable(), "{error:?}");
    case.proxy.go_online();
    let done = case.upload_by(&delivery).await.unwrap();
    case.assert_delivered();
    assert_eq!(done.sent, 24 * MIB as u64);
}

/// Cancels a large upload as soon as the server confirmed a part.
async fn cancelled(mode: CancelMode) -> Case {
    let mut case = Case::new(LARGE);
    case.job.on_cancel = mode;
    let cancel = CancellationToken::new();
    let on_progress = |progress: Progress| {
        if progress.confirmed > 0 {
            cancel.cancel();
        }
    };
    let delivery = case.slow_delivery();
    let error = delivery.upload(&case.job, &case.journal, &on_progress, cancel.clone()).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Cancelled), "{error:?}");
    assert_eq!(case.proxy.count(&completions()), 0);
    case
}

#[tokio::test]
async fn a_cancelled_upload_can_go_on() {
    let case = cancelled(CancelMode::Keep).await;
    let kept = case.journal.0.lock().unwrap()[&case.job.id].parts.len();
    assert!((1..3).contains(&kept));
    let before = case.proxy.count(&puts_of_parts());
    case.upload().await.unwrap();
    case.assert_delivered();
    assert_eq!(case.proxy.count(&puts_of_parts()) - before, 3 - kept);
}

#[tokio::test]
async fn a_cancelled_upload_can_leave_nothing() {
    let case = cancelled(CancelMode::Abort).await;
    assert_eq!(case.open_uploads(), 0);
    assert!(case.server.get(&case.key()).is_none());
    assert!(case.journal.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn refused_credentials_are_told_from_the_rest() {
    let case = Case::new(1000);
    let wrong = [
        Endpoint { secret: Secret::new("wrong"), ..case.endpoint() },
        Endpoint { access_key: "nobody".to_owned(), ..case.endpoint() },
    ];
    for endpoint in wrong {
        let error = case.upload_by(&Delivery::new(endpoint).unwrap()).await.unwrap_err();
        assert!(matches!(error, DeliveryError::CredentialsRefused { .. }), "{error:?}");
        assert!(!error.is_retryable() && !error.is_unreachable());
    }
    assert_eq!(case.proxy.count(&Requests::of("PUT")), 0);
}

#[tokio::test]
async fn an_unknown_bucket_is_told_and_not_made() {
    for len in [1000, 17 * MIB] {
        let case = Case::new(len);
        let endpoint = Endpoint { bucket: "nowhere".to_owned(), ..case.endpoint() };
        let error = case.upload_by(&Delivery::new(endpoint).unwrap()).await.unwrap_err();
        assert!(matches!(error, DeliveryError::NoSuchBucket { .. }), "{error:?}");
        let nowhere = Bucket { name: "nowhere".to_owned(), ..case.server.clone() };
        assert_eq!(nowhere.ask("HEAD", "", &[], &[], b"").status, 404);
    }
}

#[tokio::test]
async fn a_port_without_a_server_is_unreachable() {
    let case = Case::new(1000);
    let endpoint = case.endpoint();
    let delivery = Delivery::new(endpoint).unwrap();
    let Case { proxy, job, journal, .. } = case;
    let address = proxy.address.clone();
    drop(proxy);
    let closed = async { until(|| std::net::TcpStream::connect(&address).is_err()).await };
    tokio::time::timeout(PATIENCE, closed).await.expect("the proxy closes its port");
    let error = delivery.upload(&job, &journal, &|_| {}, CancellationToken::new()).await.unwrap_err();
    assert_eq!(cause(&error), ConnectFailure::Refused);
}

#[tokio::test]
async fn a_presigned_link_reads_ranges_until_it_expires() {
    let case = Case::new(100_000);
    case.upload().await.unwrap();
    let delivery = case.delivery();
    let seconds = |ago: i64| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Timestamp::from_secs(now.as_secs() as i64 - ago).unwrap()
    };
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |url: String| {
        let answer = client.get(url).header("range", "bytes=1000-1999").send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap())
    };
    let week = delivery::MAX_PRESIGNED_LIFE;
    let link = delivery.presign_get(&case.job.key, week, seconds(0)).await.unwrap();
    let (status, body) = get(link.expose().to_owned()).await;
    assert_eq!(status, 206);
    assert!(body == case.bytes[1000..2000]);
    let (status, _) = get(link.expose().replace("X-Amz-Expires=604800", "X-Amz-Expires=604799")).await;
    assert_eq!(status, 403, "a link that was tampered with works");
    let expired = delivery.presign_get(&case.job.key, Duration::from_secs(60), seconds(120)).await.unwrap();
    assert_eq!(get(expired.expose().to_owned()).await.0, 403, "an expired link works");
}

#[tokio::test]
async fn keys_with_blanks_and_accents_come_back_as_they_went() {
    let mut case = Case::new(17 * MIB);
    case.job.key = format!("Größe & Form/{}/a b+c.mp4", case.job.id);
    case.upload().await.unwrap();
    case.assert_delivered();
    let delivery = case.delivery();
    assert_eq!(delivery.head(&case.job.key).await.unwrap().unwrap().size, case.bytes.len() as u64);
    delivery.delete(&case.job.key).await.unwrap();
    assert_eq!(delivery.head(&case.job.key).await.unwrap(), None);
    assert!(case.server.get(&case.key()).is_none());
}

#[tokio::test]
async fn a_probe_finds_everything_and_leaves_nothing() {
    let mut case = Case::new(0);
    let nonce = case.job.id;
    let mut endpoint = case.endpoint();
    endpoint.prefix = format!("probe-{nonce}");
    let report = Delivery::new(endpoint).unwrap().probe(nonce).await;
    assert!(report.is_usable());
    for line in &report.lines {
        assert_eq!(line.verdict, Verdict::Good, "{line:?}");
    }
    assert_eq!(report.lines.len(), 7);
    assert_eq!(case.server.list(&format!("probe-{nonce}")), Vec::<String>::new());

    case.server.secret_key = "wrong".to_owned();
    let report = case.delivery().probe(nonce).await;
    assert_eq!(report.line(Check::Credentials).unwrap().verdict, Verdict::Bad);
}

#[tokio::test]
async fn uploads_of_one_delivery_run_side_by_side() {
    let cases: Vec<Arc<Case>> = (0..4).map(|index| Arc::new(Case::new(index * 6 * MIB))).collect();
    let running: Vec<_> = cases
        .iter()
        .map(|case| {
            let case = case.clone();
            tokio::spawn(async move { case.upload().await })
        })
        .collect();
    for upload in running {
        upload.await.unwrap().unwrap();
    }
    cases.iter().for_each(|case| case.assert_delivered());
}
