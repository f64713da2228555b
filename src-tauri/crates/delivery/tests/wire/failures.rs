//! Which failure is called what.

use std::time::Duration;

use delivery::{Check, ConnectFailure, Delivery, DeliveryError, Endpoint, Secret};
use tokio::net::TcpListener;

use crate::fixture::{ACCESS_KEY, Bench, SECRET};
use crate::standin::Fault;

const FOREVER: u32 = 1000;

async fn head_of(url: &str) -> DeliveryError {
    let mut endpoint = Endpoint::new("vast", url, "media", ACCESS_KEY, Secret::new(SECRET));
    endpoint.timeouts.connect = Duration::from_millis(300);
    endpoint.timeouts.answer = Duration::from_millis(300);
    Delivery::new(endpoint)
        .unwrap()
        .head("a")
        .await
        .unwrap_err()
}

fn cause(error: &DeliveryError) -> ConnectFailure {
    assert!(error.is_unreachable() && error.is_retryable(), "{error:?}");
    match error {
        DeliveryError::Unreachable { cause, .. } => *cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nobody_listening_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = head_of(&url).await;
    assert_eq!(cause(&error), ConnectFailure::Refused);
    assert!(error.to_string().contains(&url), "{error}");
}

#[tokio::test]
async fn an_unknown_name_is_told() {
    assert_eq!(
        cause(&head_of("http://no-such-host.invalid").await),
        ConnectFailure::NameNotFound
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_timed_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    assert_eq!(cause(&head_of(&url).await), ConnectFailure::TimedOut);
    drop(listener);
}

#[tokio::test]
async fn an_answer_that_never_ends_timed_out() {
    let bench = Bench::three_parts().await;
    bench
        .standin
        .fault("ListMultipartUploads", FOREVER, Fault::Trickle);
    let mut endpoint = bench.endpoint();
    endpoint.timeouts.answer = Duration::from_millis(300);
    let error = bench
        .upload_with(&Delivery::new(endpoint).unwrap())
        .await
        .unwrap_err();
    assert_eq!(cause(&error), ConnectFailure::TimedOut);
}

#[tokio::test]
async fn a_transfer_that_stands_still_is_ended_by_the_watchdog() {
    let bench = Bench::new(1000).await;
    bench.standin.fault("PutObject", FOREVER, Fault::Hang);
    let mut endpoint = bench.endpoint();
    endpoint.timeouts.stall = Duration::from_millis(200);
    let error = bench
        .upload_with(&Delivery::new(endpoint).unwrap())
        .await
        .unwrap_err();
    assert_eq!(cause(&error), ConnectFailure::Stalled);
}

/// The error of an upload whose operation is refused.
async fn refused(op: &'static str, status: u16, code: &'static str) -> DeliveryError {
    let bench = Bench::new(10).await;
    bench
        .standin
        .fault(op, FOREVER, Fault::Refuse(status, code));
    bench.upload().await.unwrap_err()
}

#[tokio::test]
async fn answers_are_told_apart_by_code() {
    for code in [
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId",
        "ExpiredToken",
    ] {
        let error = refused("PutObject", 403, code).await;
        assert!(
            matches!(&error, DeliveryError::CredentialsRefused { code: told, .. } if told == code),
            "{error:?}"
        );
        assert!(!error.is_retryable());
    }
    let denied = refused("PutObject", 403, "AccessDenied").await;
    assert!(
        matches!(
            denied,
            DeliveryError::AccessDenied {
                operation: "PutObject",
                ..
            }
        ),
        "{denied:?}"
    );
    let skewed = refused("PutObject", 403, "RequestTimeTooSkewed").await;
    assert!(
        matches!(skewed, DeliveryError::ClockSkew { .. }),
        "{skewed:?}"
    );
    let bucket = refused("PutObject", 404, "NoSuchBucket").await;
    assert!(
        matches!(bucket, DeliveryError::NoSuchBucket { .. }),
        "{bucket:?}"
    );
    let large = refused("PutObject", 400, "EntityTooLarge").await;
    assert!(
        matches!(large, DeliveryError::Server { status: 400, .. }) && !large.is_retryable(),
        "{large:?}"
    );
}

#[tokio::test]
async fn a_bare_403_to_head_is_explained_by_a_get() {
    for (code, is_credentials) in [("SignatureDoesNotMatch", true), ("AccessDenied", false)] {
        let bench = Bench::new(10).await;
        bench
            .standin
            .fault("HeadObject", FOREVER, Fault::Refuse(403, ""));
        bench
            .standin
            .fault("ListObjectsV2", FOREVER, Fault::Refuse(403, code));
        let error = bench.upload().await.unwrap_err();
        assert_eq!(
            matches!(error, DeliveryError::CredentialsRefused { .. }),
            is_credentials,
            "{error:?}"
        );
        assert_eq!(
            matches!(
                error,
                DeliveryError::AccessDenied {
                    operation: "HeadObject",
                    ..
                }
            ),
            !is_credentials,
            "{error:?}"
        );
        assert_eq!(bench.standin.count("PutObject"), 0);
    }
}

#[tokio::test]
async fn an_unknown_bucket_is_told_before_anything_is_sent() {
    let bench = Bench::new(10).await;
    let mut endpoint = bench.endpoint();
    endpoint.bucket = "nowhere".into();
    let error = bench
        .upload_with(&Delivery::new(endpoint).unwrap())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, DeliveryError::NoSuchBucket { bucket, .. } if bucket == "nowhere"),
        "{error:?}"
    );
    assert_eq!(bench.standin.count("PutObject"), 0);
}

#[tokio::test]
async fn no_error_and_no_debug_output_tells_a_secret() {
    let bench = Bench::new(10).await;
    let mut endpoint = bench.endpoint();
    endpoint.session_token = Some(Secret::new("temporary-token"));
    let mut told = format!("{endpoint:?}");
    let delivery = Delivery::new(endpoint).unwrap();
    told += &format!("{delivery:?}");
    let now = mediatime::Timestamp::from_secs(1_700_000_000).unwrap();
    let link = delivery
        .presign_get("a", Duration::from_secs(60), now)
        .await
        .unwrap();
    told += &format!("{link:?}");
    for (op, fault) in [
        ("HeadObject", Fault::Refuse(403, "")),
        ("PutObject", Fault::Refuse(403, "SignatureDoesNotMatch")),
        ("PutObject", Fault::Refuse(500, "InternalError")),
        ("PutObject", Fault::Cut),
    ] {
        bench.standin.fault(op, 3, fault);
        let error = bench.upload_with(&delivery).await.unwrap_err();
        told += &format!("{error} {error:?} {}", error.hint());
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            told += &format!("{inner} {inner:?}");
            source = inner.source();
        }
    }
    for secret in [SECRET, "temporary-token", "X-Amz-Signature", "Signature="] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
    assert!(link.expose().contains("X-Amz-Signature="));
}

#[tokio::test]
async fn a_presigned_url_has_the_life_it_was_given_and_no_more_than_seven_days() {
    let bench = Bench::new(10).await;
    let delivery = bench.delivery();
    let now = mediatime::Timestamp::from_secs(1_700_000_000).unwrap();
    let week = Duration::from_secs(604_800);
    let link = delivery.presign_get("a b.mp4", week, now).await.unwrap();
    assert!(
        link.expose()
            .starts_with(&format!("{}/media/studio/a%20b.mp4?", bench.standin.url))
    );
    assert!(link.expose().contains("X-Amz-Expires=604800"));
    assert!(link.expose().contains("X-Amz-Date=20231114T221320Z"));
    assert!(!link.expose().contains("checksum"));
    assert_eq!(
        link.expires(),
        mediatime::Timestamp::from_secs(1_700_604_800).unwrap()
    );
    for life in [Duration::ZERO, week + Duration::from_secs(1)] {
        assert!(matches!(
            delivery.presign_get("a", life, now).await,
            Err(DeliveryError::InvalidInput { .. })
        ));
    }
    assert_eq!(bench.standin.ops().len(), 0);
}

#[tokio::test]
async fn a_probe_of_an_unreachable_endpoint_says_so_and_stops() {
    let endpoint = Endpoint::new(
        "vast",
        "http://127.0.0.1:9",
        "media",
        ACCESS_KEY,
        Secret::new(SECRET),
    );
    let report = Delivery::new(endpoint)
        .unwrap()
        .probe(uuid::Uuid::nil())
        .await;
    assert!(!report.is_usable());
    let line = report.line(Check::Reachable).unwrap();
    assert_eq!(line.verdict, delivery::Verdict::Bad);
    assert!(!line.hint.is_empty());
    assert_eq!(report.lines.len(), 7);
    assert!(
        report.lines[1..]
            .iter()
            .all(|line| line.verdict == delivery::Verdict::Untried)
    );
}
