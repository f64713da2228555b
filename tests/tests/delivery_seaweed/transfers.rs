//! What arrives, and what can be asked of it.

use std::sync::Arc;
use std::time::Duration;

use mediatime::Timestamp;
use tests::fault_proxy::Requests;

use crate::case::{Case, LARGE, MIB, puts_of_parts};

#[tokio::test]
async fn a_small_file_arrives_whole_with_its_metadata() {
    let case = Case::new(3 * MIB + 1);
    let done = case.upload().await.unwrap();
    case.assert_delivered();
    let head = case.server.head(&case.key()).unwrap();
    assert_eq!(head.field("content-type"), Some("video/mp4"));
    assert_eq!(
        head.field("x-amz-meta-op-id"),
        Some(&*case.job.op_id.to_string())
    );
    assert_eq!(head.field("x-amz-meta-sha256"), Some(&*case.job.sha256));
    assert_eq!(head.field("x-amz-meta-title"), Some("News at ten"));
    assert_eq!(
        (done.sent, done.warnings.len()),
        (case.bytes.len() as u64, 0)
    );
    assert_eq!(case.proxy.count(&Requests::of("PUT")), 1);
}

#[tokio::test]
async fn a_large_file_arrives_whole_in_parts() {
    let case = Case::new(LARGE);
    let done = case.upload().await.unwrap();
    case.assert_delivered();
    assert_eq!(
        (done.size, done.sent, done.warnings.len()),
        (LARGE as u64, LARGE as u64, 0)
    );
    assert!(done.etag.unwrap().ends_with("-3"));
    assert_eq!(case.proxy.count(&puts_of_parts()), 3);
    for seen in case.proxy.seen() {
        let head = seen.head.to_lowercase();
        assert!(
            !head.contains("x-amz-checksum-") && !head.contains("trailer"),
            "{head}"
        );
        assert_eq!(
            seen.method == "PUT",
            head.contains("\r\ncontent-md5: "),
            "{head}"
        );
    }
    let range = case.server.ask(
        "GET",
        &case.key(),
        &[],
        &[("range", "bytes=16777000-16777500")],
        b"",
    );
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
        let methods: Vec<&str> = seen[before..]
            .iter()
            .map(|seen| seen.method.as_str())
            .collect();
        assert_eq!(methods, ["HEAD"]);
    }
}

#[tokio::test]
async fn a_presigned_link_reads_ranges_until_it_expires() {
    let case = Case::new(100_000);
    case.upload().await.unwrap();
    let delivery = case.delivery();
    let seconds = |ago: i64| {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        Timestamp::from_secs(now.as_secs() as i64 - ago).unwrap()
    };
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |url: String| {
        let answer = client
            .get(url)
            .header("range", "bytes=1000-1999")
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap())
    };
    let week = delivery::MAX_PRESIGNED_LIFE;
    let link = delivery
        .presign_get(&case.job.key, week, seconds(0))
        .await
        .unwrap();
    let (status, body) = get(link.expose().to_owned()).await;
    assert_eq!(status, 206);
    assert!(body == case.bytes[1000..2000]);
    let (status, _) = get(link
        .expose()
        .replace("X-Amz-Expires=604800", "X-Amz-Expires=604799"))
    .await;
    assert_eq!(status, 403, "a link that was tampered with works");
    let expired = delivery
        .presign_get(&case.job.key, Duration::from_secs(60), seconds(120))
        .await
        .unwrap();
    assert_eq!(
        get(expired.expose().to_owned()).await.0,
        403,
        "an expired link works"
    );
}

#[tokio::test]
async fn keys_with_blanks_and_accents_come_back_as_they_went() {
    let mut case = Case::new(17 * MIB);
    case.job.key = format!("Größe & Form/{}/a b+c.mp4", case.job.id);
    case.upload().await.unwrap();
    case.assert_delivered();
    let delivery = case.delivery();
    assert_eq!(
        delivery.head(&case.job.key).await.unwrap().unwrap().size,
        case.bytes.len() as u64
    );
    delivery.delete(&case.job.key).await.unwrap();
    assert_eq!(delivery.head(&case.job.key).await.unwrap(), None);
    assert!(case.server.get(&case.key()).is_none());
}

#[tokio::test]
async fn uploads_of_one_delivery_run_side_by_side() {
    let cases: Vec<Arc<Case>> = (0..4)
        .map(|index| Arc::new(Case::new(index * 6 * MIB)))
        .collect();
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
