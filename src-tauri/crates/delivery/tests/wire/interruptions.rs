//! Lost answers, overload, and answers that say one thing and mean another.

use delivery::{ConnectFailure, DeliveryError};

use crate::fixture::{Bench, MIB};
use crate::standin::{Fault, Object};

const FOREVER: u32 = 1000;

#[tokio::test]
async fn a_lost_answer_to_complete_is_settled_by_asking() {
    // The SDK repeats the request; the stand-in, like MinIO, then no longer knows the upload.
    for fault in [Fault::DoAndCut, Fault::DoAndFail] {
        let bench = Bench::three_parts().await;
        bench.standin.fault("CompleteMultipartUpload", 1, fault);
        let done = bench.upload().await.unwrap();
        bench.assert_delivered();
        assert!(!done.already_there);
        assert_eq!(bench.parts_sent(), [1, 2, 3], "{fault:?}");
    }
}

#[tokio::test]
async fn an_object_of_another_operation_does_not_stand_for_a_lost_answer() {
    let bench = Bench::three_parts().await;
    bench.standin.fault(
        "CompleteMultipartUpload",
        FOREVER,
        Fault::Refuse(404, "NoSuchUpload"),
    );
    let key = bench.full_key();
    let bytes = bench.bytes.clone();
    // While the parts go up somebody else puts an object of the same size under the key.
    bench.standin.store().watch = Some(Box::new(move |seen, objects| {
        if seen.op == "CompleteMultipartUpload" {
            let mut headers = http::HeaderMap::new();
            headers.insert("x-amz-meta-op-id", "somebody-else".parse().unwrap());
            objects.insert(
                key.clone(),
                Object {
                    bytes: bytes.clone(),
                    headers,
                    ..Object::default()
                },
            );
        }
    }));
    let error = bench.upload().await.unwrap_err();
    assert!(
        matches!(&error, DeliveryError::Server { code, .. } if code == "NoSuchUpload"),
        "{error}"
    );
    assert!(error.is_retryable());
    assert_eq!(bench.journal.state(&bench.job), None);
}

#[tokio::test]
async fn an_error_inside_an_answer_of_200_is_an_error() {
    let bench = Bench::three_parts().await;
    bench.standin.fault(
        "CompleteMultipartUpload",
        FOREVER,
        Fault::ErrorIn200("InternalError"),
    );
    let error = bench.upload().await.unwrap_err();
    assert!(
        matches!(&error, DeliveryError::Server { code, .. } if code == "InternalError"),
        "{error:?}"
    );
    assert!(error.is_retryable() && !error.is_unreachable());
    assert!(bench.standin.store().objects.is_empty());
    // The parts stay, and the next call needs only to complete.
    assert_eq!(bench.journal.state(&bench.job).unwrap().parts.len(), 3);
}

#[tokio::test]
async fn a_lost_answer_to_put_is_settled_by_asking() {
    let bench = Bench::new(1000).await;
    bench.standin.fault("PutObject", 3, Fault::DoAndCut);
    bench.upload().await.unwrap();
    bench.assert_delivered();
    assert_eq!(bench.standin.ops().last(), Some(&"HeadObject"));
}

#[tokio::test]
async fn overload_and_cuts_pass_by_repeating() {
    for fault in [
        Fault::Refuse(503, "SlowDown"),
        Fault::Refuse(500, "InternalError"),
        Fault::Cut,
    ] {
        let bench = Bench::new(1000).await;
        bench.standin.fault("PutObject", 2, fault);
        bench.upload().await.unwrap();
        bench.assert_delivered();
        assert_eq!(bench.standin.count("PutObject"), 3, "{fault:?}");
    }
}

#[tokio::test]
async fn a_part_that_fails_for_good_keeps_the_others() {
    let mut bench = Bench::three_parts().await;
    bench
        .standin
        .fault("UploadPart", FOREVER, Fault::Refuse(503, "SlowDown"));
    let error = bench.upload().await.unwrap_err();
    assert!(
        matches!(&error, DeliveryError::Server { status: 503, .. }),
        "{error}"
    );
    assert!(error.is_retryable() && !error.is_unreachable());
    assert!(bench.journal.state(&bench.job).is_some());
    // The store recovers under a new address.
    let open = std::mem::take(&mut bench.standin.store().uploads);
    bench.standin = crate::standin::Standin::start().await;
    bench.standin.store().uploads = open;
    bench.upload().await.unwrap();
    bench.assert_delivered();
    assert_eq!(bench.standin.count("CreateMultipartUpload"), 0);
}

#[tokio::test]
async fn a_part_the_store_lost_makes_the_next_call_begin_anew() {
    let bench = Bench::three_parts().await;
    bench.standin.fault(
        "CompleteMultipartUpload",
        1,
        Fault::Refuse(400, "InvalidPart"),
    );
    let error = bench.upload().await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(
        (
            bench.journal.state(&bench.job),
            bench.standin.count("AbortMultipartUpload")
        ),
        (None, 1)
    );
    bench.upload().await.unwrap();
    bench.assert_delivered();
}

#[tokio::test]
async fn an_etag_that_is_no_md5_is_a_warning() {
    let bench = Bench::new(1000).await;
    let key = bench.full_key();
    // The answer to PUT is lost, and by the time of HEAD the store has encrypted the object.
    bench.standin.fault("PutObject", 3, Fault::DoAndCut);
    bench.standin.store().watch = Some(Box::new(move |seen, objects| {
        if let Some(object) = objects.get_mut(&key).filter(|_| seen.op == "HeadObject") {
            object.etag = "f".repeat(32);
        }
    }));
    let done = bench.upload().await.unwrap();
    assert!(
        matches!(&done.warnings[..], [delivery::UploadWarning::EtagIsNotMd5 { found, .. }] if *found == "f".repeat(32))
    );
}

#[tokio::test]
async fn a_captive_portal_is_not_taken_for_the_store() {
    let bench = Bench::new(16 * MIB).await;
    bench
        .standin
        .fault("CreateMultipartUpload", FOREVER, Fault::Gibberish);
    let error = bench.upload().await.unwrap_err();
    assert!(
        matches!(
            error,
            DeliveryError::UnreadableAnswer { .. } | DeliveryError::Server { .. }
        ),
        "{error:?}"
    );
    assert!(bench.standin.store().uploads.is_empty());
}

#[tokio::test]
async fn a_cut_that_lasts_is_unreachable() {
    let bench = Bench::new(1000).await;
    bench.standin.fault("HeadObject", FOREVER, Fault::Cut);
    let error = bench.upload().await.unwrap_err();
    assert!(
        matches!(
            error,
            DeliveryError::Unreachable {
                cause: ConnectFailure::Cut,
                ..
            }
        ),
        "{error:?}"
    );
}
