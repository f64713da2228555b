//! Cuts, crashes, lost answers and cancels.

use delivery::{CancelMode, ConnectFailure, DeliveryError, Progress};
use tests::fault_proxy::{Fault, FaultProxy, Requests};
use tests::seaweed::SeaweedFs;
use tokio_util::sync::CancellationToken;

use crate::case::{Case, LARGE, MIB, cause, completions, puts_of_part, puts_of_parts, until};

#[tokio::test]
async fn after_a_cut_only_missing_parts_are_sent() {
    let case = Case::new(LARGE);
    let after = 5 * MIB as u64;
    case.proxy
        .inject(puts_of_part(2), .., Fault::CutRequest { after });
    let error = case.upload_by(&case.slow_delivery()).await.unwrap_err();
    assert_eq!(cause(&error), ConnectFailure::Cut);
    assert_eq!(case.sent_parts(), [1, 2]);
    assert_eq!(case.open_uploads(), 1);

    case.proxy.heal();
    let (first, all) = (
        case.proxy.sent(&puts_of_part(1)),
        case.proxy.sent(&puts_of_parts()),
    );
    let done = case.upload().await.unwrap();
    case.assert_delivered();
    assert_eq!(done.sent, 24 * MIB as u64);
    assert_eq!(
        case.proxy.sent(&puts_of_part(1)),
        first,
        "part 1 was sent again"
    );
    assert_eq!(case.proxy.sent(&puts_of_parts()) - all, 24 * MIB as u64);
    assert_eq!(
        case.proxy.count(&Requests::of("POST").holding("uploads")),
        1
    );
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
    case.journal
        .0
        .lock()
        .unwrap()
        .get_mut(&case.job.id)
        .unwrap()
        .parts
        .clear();
    let first = case.proxy.count(&puts_of_part(1));
    case.upload().await.unwrap();
    case.assert_delivered();
    assert_eq!(case.proxy.count(&puts_of_part(1)), first);
}

#[tokio::test]
async fn an_upload_outlives_a_crash_of_the_server() {
    let mut server = SeaweedFs::start();
    let endpoint = server.endpoint.clone();
    let mut case = Case::on(server.bucket(), &endpoint, LARGE);
    case.proxy.inject(puts_of_part(3), .., Fault::slow_down());
    let error = case.upload_by(&case.slow_delivery()).await.unwrap_err();
    assert!(
        matches!(error, DeliveryError::Server { status: 503, .. }),
        "{error:?}"
    );
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
        case.proxy
            .inject(completions(), lost.clone(), Fault::SwallowAnswer);
        let done = case.upload().await.unwrap();
        case.assert_delivered();
        assert!(!done.already_there);
        assert_eq!(case.proxy.count(&puts_of_parts()), 3, "{lost:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_to_put_is_no_failure() {
    let case = Case::new(1000);
    case.proxy
        .inject(Requests::of("PUT"), .., Fault::SwallowAnswer);
    case.upload().await.unwrap();
    case.assert_delivered();
}

#[tokio::test]
async fn a_lost_answer_to_create_leaves_no_second_upload() {
    let case = Case::new(17 * MIB);
    let creates = Requests::of("POST").holding("uploads");
    case.proxy
        .inject(creates.clone(), 1..=1, Fault::SwallowAnswer);
    case.upload().await.unwrap();
    case.assert_delivered();
    assert_eq!(case.proxy.count(&creates), 1);
}

#[tokio::test]
async fn an_upload_whose_id_was_lost_is_gone_on_with() {
    let case = Case::new(LARGE);
    let begun = case
        .server
        .ask("POST", &case.key(), &[("uploads", "")], &[], b"");
    let upload_id = begun.elements("UploadId").remove(0);
    let query = [("partNumber", "1"), ("uploadId", &*upload_id)];
    assert_eq!(
        case.server
            .ask("PUT", &case.key(), &query, &[], &case.bytes[..16 * MIB])
            .status,
        200
    );
    let done = case.upload().await.unwrap();
    case.assert_delivered();
    assert_eq!(
        (done.sent, case.sent_parts()),
        (24 * MIB as u64, vec![2, 3])
    );
}

#[tokio::test]
async fn several_lost_uploads_are_cleaned_up() {
    let case = Case::new(17 * MIB);
    for _ in 0..2 {
        assert_eq!(
            case.server
                .ask("POST", &case.key(), &[("uploads", "")], &[], b"")
                .status,
            200
        );
    }
    assert_eq!(case.open_uploads(), 2);
    case.upload().await.unwrap();
    case.assert_delivered();
}

#[tokio::test]
async fn overload_passes() {
    let case = Case::new(LARGE);
    case.proxy
        .inject(puts_of_parts(), 1..=2, Fault::slow_down());
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
    let error = delivery
        .upload(&case.job, &case.journal, &offline, CancellationToken::new())
        .await
        .unwrap_err();
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
    let error = delivery
        .upload(&case.job, &case.journal, &on_progress, cancel.clone())
        .await
        .unwrap_err();
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
