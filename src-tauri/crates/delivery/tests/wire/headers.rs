//! Headers of the requests that carry data.

use crate::fixture::{Bench, MIB, SECRET};
use crate::standin::Seen;

/// What stores before 2025 and VAST stumble over.
fn assert_plain_body(seen: &Seen) {
    for name in seen.headers.keys().map(http::HeaderName::as_str) {
        assert!(!name.starts_with("x-amz-checksum-"), "{}: {name}", seen.op);
        assert!(
            !name.starts_with("x-amz-sdk-checksum-"),
            "{}: {name}",
            seen.op
        );
        assert!(
            !matches!(
                name,
                "x-amz-trailer" | "trailer" | "x-amz-decoded-content-length"
            ),
            "{}: {name}",
            seen.op
        );
    }
    assert!(
        seen.header("content-encoding")
            .is_none_or(|encoding| !encoding.contains("aws-chunked"))
    );
    assert!(
        seen.header("x-amz-content-sha256")
            .is_none_or(|payload| !payload.contains("TRAILER"))
    );
    assert_eq!(seen.header("transfer-encoding"), None, "{}", seen.op);
}

#[tokio::test]
async fn a_small_file_goes_up_in_one_plain_put_with_its_md5() {
    let bench = Bench::new(100_000).await;
    let done = bench.upload().await.unwrap();
    bench.assert_delivered();
    assert_eq!(
        bench.standin.ops(),
        ["HeadObject", "HeadBucket", "PutObject"]
    );
    let put = &bench.standin.seen("PutObject")[0];
    assert_plain_body(put);
    assert_eq!(put.path, format!("/media/{}", bench.full_key()));
    assert_eq!(put.header("content-md5"), Some(&*put.md5));
    assert_eq!(put.header("content-length"), Some("100000"));
    assert_eq!(put.header("content-type"), Some("video/mp4"));
    assert_eq!(
        put.header("x-amz-meta-op-id"),
        Some(&*bench.job.op_id.to_string())
    );
    assert_eq!(put.header("x-amz-meta-sha256"), Some(&*bench.job.sha256));
    assert_eq!(put.header("x-amz-meta-title"), Some("News at ten"));
    assert_eq!(
        (done.sent, done.already_there, done.warnings.len()),
        (100_000, false, 0)
    );
    assert_eq!(
        done.url,
        format!("{}/media/{}", bench.standin.url, bench.full_key())
    );
}

#[tokio::test]
async fn parts_go_up_plain_with_their_md5() {
    let bench = Bench::three_parts().await;
    let done = bench.upload().await.unwrap();
    bench.assert_delivered();
    let parts = bench.standin.seen("UploadPart");
    assert_eq!(bench.parts_sent(), [1, 2, 3]);
    for part in &parts {
        assert_plain_body(part);
        assert_eq!(part.header("content-md5"), Some(&*part.md5));
        assert_eq!(part.header("content-length"), Some(&*part.len.to_string()));
    }
    let create = &bench.standin.seen("CreateMultipartUpload")[0];
    assert_plain_body(create);
    assert_eq!(
        create.header("x-amz-meta-op-id"),
        Some(&*bench.job.op_id.to_string())
    );
    assert_eq!(create.header("x-amz-meta-sha256"), Some(&*bench.job.sha256));
    assert_eq!(create.header("content-type"), Some("video/mp4"));
    assert_plain_body(&bench.standin.seen("CompleteMultipartUpload")[0]);
    assert!(done.etag.unwrap().ends_with("-3"));
    assert_eq!(done.sent, bench.bytes.len() as u64);
}

#[tokio::test]
async fn sixteen_mebibytes_are_the_border_to_multipart() {
    let below = Bench::new(16 * MIB - 1).await;
    below.upload().await.unwrap();
    assert_eq!(below.standin.count("CreateMultipartUpload"), 0);
    let at = Bench::new(16 * MIB).await;
    at.upload().await.unwrap();
    assert_eq!(
        (at.standin.count("PutObject"), at.parts_sent()),
        (0, vec![1])
    );
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let bench = Bench::new(0).await;
    bench.upload().await.unwrap();
    bench.assert_delivered();
    assert_eq!(
        bench.standin.seen("PutObject")[0].header("content-md5"),
        Some("1B2M2Y8AsgTpgAmY7PhCfg==")
    );
}

#[tokio::test]
async fn a_session_token_is_sent_and_the_secret_is_not() {
    let bench = Bench::new(10).await;
    let mut endpoint = bench.endpoint();
    endpoint.session_token = Some(delivery::Secret::new("temporary"));
    bench
        .upload_with(&delivery::Delivery::new(endpoint).unwrap())
        .await
        .unwrap();
    for seen in &bench.standin.store().seen {
        assert_eq!(seen.header("x-amz-security-token"), Some("temporary"));
        assert!(!format!("{seen:?}").contains(SECRET));
    }
}

#[tokio::test]
async fn a_repeat_of_a_finished_job_sends_nothing() {
    for len in [1000, 16 * MIB + 1] {
        let bench = Bench::new(len).await;
        bench.upload().await.unwrap();
        bench.standin.forget_requests();
        let again = bench.upload().await.unwrap();
        assert_eq!(bench.standin.ops(), ["HeadObject"]);
        assert_eq!((again.sent, again.already_there), (0, true));
    }
}

#[tokio::test]
async fn the_same_content_under_another_operation_is_found_too() {
    let mut bench = Bench::new(1000).await;
    bench.upload().await.unwrap();
    bench.job.op_id = uuid::Uuid::from_u128(77);
    assert!(bench.upload().await.unwrap().already_there);
}

#[tokio::test]
async fn another_object_under_the_key_is_never_overwritten() {
    let mut bench = Bench::new(1000).await;
    bench.upload().await.unwrap();
    bench.job.op_id = uuid::Uuid::from_u128(77);
    bench.job.sha256 = "0".repeat(64);
    let error = bench.upload().await.unwrap_err();
    assert!(
        matches!(error, delivery::DeliveryError::KeyTaken { size: 1000, .. }),
        "{error}"
    );
    assert_eq!(bench.standin.count("PutObject"), 1);
}

#[tokio::test]
async fn head_and_delete_are_relative_to_the_prefix() {
    let bench = Bench::new(1000).await;
    let delivery = bench.delivery();
    assert_eq!(delivery.head(&bench.job.key).await.unwrap(), None);
    bench.upload().await.unwrap();
    let head = delivery.head(&bench.job.key).await.unwrap().unwrap();
    assert_eq!(
        (head.size, head.content_type.as_deref()),
        (1000, Some("video/mp4"))
    );
    assert_eq!(head.metadata["title"], "News at ten");
    delivery.delete(&bench.job.key).await.unwrap();
    delivery.delete(&bench.job.key).await.unwrap();
    assert_eq!(delivery.head(&bench.job.key).await.unwrap(), None);
}

#[tokio::test]
async fn an_upload_can_run_in_a_task_of_its_own() {
    let bench = std::sync::Arc::new(Bench::new(1000).await);
    let done = tokio::spawn({
        let bench = bench.clone();
        async move { bench.upload().await }
    });
    done.await.unwrap().unwrap();
    bench.assert_delivered();
}
