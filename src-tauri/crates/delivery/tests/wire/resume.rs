//! Going on after a crash, a cut or a cancel.

use std::fs::File;
use std::sync::{Arc, Mutex};
use std::time::UNIX_EPOCH;

use delivery::{CancelMode, DeliveryError, Progress};
use record::{UploadPart, UploadState};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::fixture::{Bench, MIB};
use crate::standin::Fault;

const FOREVER: u32 = 1000;

impl Bench {
    fn recorded(&self, upload_id: &str, parts: Vec<UploadPart>) {
        let state = UploadState {
            job_id: self.job.id,
            upload_id: upload_id.into(),
            part_size: 16 * MIB as u64,
            parts,
        };
        self.journal
            .states
            .lock()
            .unwrap()
            .insert(self.job.id, state);
    }

    /// An upload of which parts 1 and 2 arrived, but only part 1 was written down.
    fn interrupted(&self) -> String {
        let parts = [(1, self.part(1)), (2, self.part(2))];
        let upload_id = self.standin.store().leave_upload(&self.full_key(), &parts);
        let etag = self.standin.store().uploads[&upload_id].parts[&1]
            .etag
            .clone();
        let part = UploadPart {
            number: 1,
            size: 16 * MIB as u64,
            md5: etag.clone(),
            etag,
        };
        self.recorded(&upload_id, vec![part]);
        upload_id
    }
}

#[tokio::test]
async fn the_journal_is_written_after_the_store_confirmed_and_before_going_on() {
    let bench = Bench::three_parts().await;
    let events = bench.journal.events.clone();
    bench.standin.store().watch = Some(Box::new({
        let events = events.clone();
        move |seen, _| events.lock().unwrap().push(seen.op.to_owned())
    }));
    let mut endpoint = bench.endpoint();
    endpoint.concurrency = std::num::NonZeroUsize::MIN;
    bench
        .upload_with(&delivery::Delivery::new(endpoint).unwrap())
        .await
        .unwrap();
    let expected = "HeadObject HeadBucket ListMultipartUploads CreateMultipartUpload begin UploadPart part_done 1 \
                    UploadPart part_done 2 UploadPart part_done 3 CompleteMultipartUpload HeadObject clear";
    assert_eq!(events.lock().unwrap().join(" "), expected);
}

#[tokio::test]
async fn only_missing_parts_are_sent_again() {
    let bench = Bench::three_parts().await;
    let upload_id = bench.interrupted();
    let done = bench.upload().await.unwrap();
    bench.assert_delivered();
    assert_eq!(bench.parts_sent(), [3]);
    assert_eq!(bench.standin.count("CreateMultipartUpload"), 0);
    assert_eq!(
        bench.standin.seen("UploadPart")[0].query["uploadId"],
        upload_id
    );
    assert_eq!(done.sent, 1000);
}

#[tokio::test]
async fn parts_are_listed_over_pages() {
    let bench = Bench::new(80 * MIB).await;
    let parts: Vec<(u32, &[u8])> = [1, 2, 3, 4].map(|n| (n, bench.part(n as usize))).to_vec();
    let upload_id = bench
        .standin
        .store()
        .leave_upload(&bench.full_key(), &parts);
    bench.recorded(&upload_id, Vec::new());
    bench.upload().await.unwrap();
    bench.assert_delivered();
    assert_eq!(
        (bench.parts_sent(), bench.standin.count("ListParts")),
        (vec![5], 2)
    );
}

#[tokio::test]
async fn parts_that_are_not_exactly_ours_are_sent_again() {
    let bench = Bench::three_parts().await;
    // Part 1 has other bytes, part 2 another length, part 3 is right.
    let other = vec![7; 16 * MIB];
    let parts = [
        (1, &other[..]),
        (2, &bench.part(2)[..100]),
        (3, bench.part(3)),
    ];
    let upload_id = bench
        .standin
        .store()
        .leave_upload(&bench.full_key(), &parts);
    bench.recorded(&upload_id, Vec::new());
    bench.upload().await.unwrap();
    bench.assert_delivered();
    assert_eq!(bench.parts_sent(), [1, 2]);
}

#[tokio::test]
async fn parts_listed_without_etag_are_sent_again() {
    let bench = Bench::three_parts().await;
    bench.interrupted();
    bench.standin.store().hide_etags = true;
    bench.upload().await.unwrap();
    bench.assert_delivered();
    assert_eq!(bench.parts_sent(), [1, 2, 3]);
}

#[tokio::test]
async fn a_part_listed_twice_counts_only_if_both_entries_agree() {
    let bench = Bench::three_parts().await;
    let upload_id = bench.interrupted();
    let size = 16 * MIB;
    let etag = |number: u32| {
        bench.standin.store().uploads[&upload_id].parts[&number]
            .etag
            .clone()
    };
    let (one, two) = (etag(1), etag(2));
    bench.standin.store().extra_parts = format!(
        "<Part><PartNumber>1</PartNumber><Size>{size}</Size><ETag>\"{one}\"</ETag></Part>\
         <Part><PartNumber>2</PartNumber><Size>{size}</Size><ETag>\"{one}\"</ETag></Part>"
    );
    assert_ne!(one, two);
    bench.upload().await.unwrap();
    bench.assert_delivered();
    assert_eq!(bench.parts_sent(), [2, 3]);
}

#[tokio::test]
async fn an_upload_the_store_forgot_is_begun_anew() {
    let bench = Bench::three_parts().await;
    bench.recorded("gone", Vec::new());
    bench.upload().await.unwrap();
    bench.assert_delivered();
    assert_eq!(
        (
            bench.parts_sent(),
            bench.standin.count("CreateMultipartUpload")
        ),
        (vec![1, 2, 3], 1)
    );
}

#[tokio::test]
async fn one_orphan_under_our_key_is_adopted() {
    let bench = Bench::three_parts().await;
    let orphan = bench
        .standin
        .store()
        .leave_upload(&bench.full_key(), &[(1, bench.part(1))]);
    let neighbour = bench
        .standin
        .store()
        .leave_upload(&format!("{}.other", bench.full_key()), &[]);
    bench.upload().await.unwrap();
    assert_eq!(
        (
            bench.parts_sent(),
            bench.standin.count("CreateMultipartUpload")
        ),
        (vec![2, 3], 0)
    );
    assert_eq!(
        bench.standin.seen("UploadPart")[0].query["uploadId"],
        orphan
    );
    assert!(
        bench.standin.store().uploads.remove(&neighbour).is_some(),
        "another key's upload was touched"
    );
    bench.assert_delivered();
}

#[tokio::test]
async fn several_orphans_are_aborted() {
    let bench = Bench::three_parts().await;
    for _ in 0..2 {
        bench
            .standin
            .store()
            .leave_upload(&bench.full_key(), &[(1, bench.part(1))]);
    }
    bench.upload().await.unwrap();
    bench.assert_delivered();
    assert_eq!(
        (
            bench.parts_sent(),
            bench.standin.count("AbortMultipartUpload")
        ),
        (vec![1, 2, 3], 2)
    );
}

#[tokio::test]
async fn a_lost_answer_to_create_leaves_no_orphan() {
    for fault in [Fault::DoAndCut, Fault::DoAndFail] {
        let bench = Bench::three_parts().await;
        bench.standin.fault("CreateMultipartUpload", 1, fault);
        bench.upload().await.unwrap();
        bench.assert_delivered();
        assert_eq!(bench.standin.count("CreateMultipartUpload"), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn stores_that_can_not_list_uploads_or_parts_still_work() {
    let bench = Bench::three_parts().await;
    bench.interrupted();
    bench.standin.fault(
        "ListMultipartUploads",
        FOREVER,
        Fault::Refuse(501, "NotImplemented"),
    );
    bench
        .standin
        .fault("ListParts", FOREVER, Fault::Refuse(403, "AccessDenied"));
    bench.upload().await.unwrap();
    bench.assert_delivered();
    assert_eq!(bench.parts_sent(), [1, 2, 3]);
}

#[tokio::test]
async fn a_file_that_changed_between_runs_is_aborted_and_named() {
    let bench = Bench::three_parts().await;
    bench.interrupted();
    File::options()
        .append(true)
        .open(&bench.job.path)
        .unwrap()
        .set_modified(UNIX_EPOCH)
        .unwrap();
    let error = bench.upload().await.unwrap_err();
    assert!(
        matches!(&error, DeliveryError::SourceChanged { path } if *path == bench.job.path),
        "{error}"
    );
    assert!(bench.standin.store().uploads.is_empty());
    assert_eq!(
        (bench.journal.state(&bench.job), bench.parts_sent()),
        (None, vec![])
    );
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_sent_never_becomes_an_object() {
    let bench = Bench::three_parts().await;
    let path = bench.job.path.clone();
    bench.standin.store().watch = Some(Box::new(move |seen, _| {
        if seen.op == "UploadPart" {
            std::fs::write(&path, b"something else").unwrap();
        }
    }));
    let error = bench.upload().await.unwrap_err();
    assert!(
        matches!(error, DeliveryError::SourceChanged { .. }),
        "{error:?}"
    );
    let store = bench.standin.store();
    assert!(store.uploads.is_empty() && store.objects.is_empty());
    assert_eq!(bench.journal.state(&bench.job), None);
}

#[tokio::test]
async fn a_missing_file_is_named_and_nothing_is_sent() {
    for len in [100, 16 * MIB] {
        let bench = Bench::new(len).await;
        std::fs::remove_file(&bench.job.path).unwrap();
        let error = bench.upload().await.unwrap_err();
        assert!(
            matches!(&error, DeliveryError::SourceUnreadable { path, .. } if *path == bench.job.path),
            "{error}"
        );
        assert_eq!(
            bench.standin.count("PutObject") + bench.standin.count("CreateMultipartUpload"),
            0
        );
    }
}

/// Cancels as soon as the store has a part.
async fn cancelled_after_one_part(mode: CancelMode) -> Bench {
    let mut bench = Bench::new(80 * MIB).await;
    bench.job.on_cancel = mode;
    let cancel = CancellationToken::new();
    let on_progress = {
        let cancel = cancel.clone();
        move |progress: Progress| {
            if progress.confirmed > 0 {
                cancel.cancel();
            }
        }
    };
    let mut endpoint = bench.endpoint();
    endpoint.concurrency = std::num::NonZeroUsize::MIN;
    let delivery = delivery::Delivery::new(endpoint).unwrap();
    let error = delivery
        .upload(&bench.job, &bench.journal, &on_progress, cancel)
        .await
        .unwrap_err();
    assert!(matches!(error, DeliveryError::Cancelled), "{error}");
    bench
}

#[tokio::test]
async fn a_cancel_that_keeps_can_be_resumed() {
    let bench = cancelled_after_one_part(CancelMode::Keep).await;
    let kept = bench.journal.state(&bench.job).unwrap().parts.len();
    assert!((1..5).contains(&kept), "{kept}");
    assert_eq!(bench.standin.count("AbortMultipartUpload"), 0);
    bench.standin.forget_requests();
    bench.upload().await.unwrap();
    bench.assert_delivered();
    assert_eq!(bench.parts_sent().len(), 5 - kept);
}

#[tokio::test]
async fn a_cancel_that_aborts_leaves_nothing() {
    let bench = cancelled_after_one_part(CancelMode::Abort).await;
    assert_eq!(bench.journal.state(&bench.job), None);
    assert_eq!(bench.standin.count("AbortMultipartUpload"), 1);
    assert_eq!(bench.standin.count("CompleteMultipartUpload"), 0);
    assert!(bench.standin.store().uploads.is_empty());
}

#[tokio::test]
async fn a_cancel_before_the_start_sends_no_data() {
    for len in [100, 16 * MIB] {
        let bench = Bench::new(len).await;
        bench.standin.fault("HeadObject", FOREVER, Fault::Hang);
        let cancel = CancellationToken::new();
        cancel.cancel();
        let error = bench
            .delivery()
            .upload(&bench.job, &bench.journal, &|_| {}, cancel)
            .await
            .unwrap_err();
        assert!(matches!(error, DeliveryError::Cancelled), "{error}");
        assert_eq!(
            bench.standin.count("PutObject") + bench.standin.count("CreateMultipartUpload"),
            0
        );
    }
}

#[tokio::test]
async fn progress_ends_at_the_whole_and_confirmed_bytes_never_go_back() {
    let bench = Bench::three_parts().await;
    bench.standin.fault("UploadPart", 1, Fault::Cut);
    let told: Arc<Mutex<Vec<Progress>>> = Arc::default();
    let note = |progress| told.lock().unwrap().push(progress);
    bench
        .delivery()
        .upload(&bench.job, &bench.journal, &note, CancellationToken::new())
        .await
        .unwrap();
    let told = told.lock().unwrap();
    assert!(
        told.windows(2)
            .all(|pair| pair[0].confirmed <= pair[1].confirmed)
    );
    assert!(
        told.iter()
            .all(|progress| progress.confirmed <= progress.sent && progress.sent <= progress.total)
    );
    let last = told.last().unwrap();
    assert_eq!(
        (last.job, last.confirmed, last.total),
        (
            Uuid::from_u128(1),
            bench.bytes.len() as u64,
            bench.bytes.len() as u64
        )
    );
}

#[tokio::test]
async fn a_dropped_upload_can_be_resumed() {
    let bench = Bench::three_parts().await;
    bench
        .standin
        .fault("CompleteMultipartUpload", 1, Fault::Hang);
    let completing = Arc::new(Notify::new());
    bench.standin.store().watch = Some(Box::new({
        let completing = completing.clone();
        move |seen, _| {
            if seen.op == "CompleteMultipartUpload" {
                completing.notify_one();
            }
        }
    }));
    tokio::select! {
        done = bench.upload() => panic!("{done:?}"),
        () = completing.notified() => {}
    }
    assert_eq!(bench.parts_sent(), [1, 2, 3]);
    bench.upload().await.unwrap();
    bench.assert_delivered();
    assert_eq!(bench.parts_sent(), [1, 2, 3]);
}

#[tokio::test]
async fn a_kept_upload_can_be_discarded() {
    let bench = Bench::three_parts().await;
    bench.interrupted();
    let delivery = bench.delivery();
    bench
        .standin
        .fault("AbortMultipartUpload", 3, Fault::Refuse(503, "SlowDown"));
    assert!(
        delivery
            .discard((bench.job.id, &bench.job.key), &bench.journal)
            .await
            .unwrap_err()
            .is_retryable()
    );
    assert!(bench.journal.state(&bench.job).is_some());
    delivery
        .discard((bench.job.id, &bench.job.key), &bench.journal)
        .await
        .unwrap();
    assert!(bench.standin.store().uploads.is_empty());
    assert_eq!(bench.journal.state(&bench.job), None);
    delivery
        .discard((bench.job.id, &bench.job.key), &bench.journal)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_upload_that_can_not_be_aborted_does_not_hide_what_is_wrong() {
    let bench = Bench::three_parts().await;
    bench.interrupted();
    bench.standin.fault(
        "AbortMultipartUpload",
        FOREVER,
        Fault::Refuse(403, "AccessDenied"),
    );
    File::options()
        .append(true)
        .open(&bench.job.path)
        .unwrap()
        .set_modified(UNIX_EPOCH)
        .unwrap();
    assert!(matches!(
        bench.upload().await,
        Err(DeliveryError::SourceChanged { .. })
    ));
}
