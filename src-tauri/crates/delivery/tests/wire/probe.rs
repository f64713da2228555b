//! What `probe` makes of stores that lack something.

use delivery::{Check, Delivery, Verdict};
use uuid::Uuid;

use crate::fixture::Bench;
use crate::standin::Fault;

async fn verdicts(bench: &Bench) -> Vec<(Check, Verdict)> {
    let report = bench.delivery().probe(Uuid::nil()).await;
    assert!(report.lines.iter().all(|line| !line.detail.is_empty()));
    let bad = report
        .lines
        .iter()
        .filter(|line| line.verdict == Verdict::Bad);
    bad.for_each(|line| assert!(!line.hint.is_empty(), "{line:?}"));
    report
        .lines
        .iter()
        .map(|line| (line.check, line.verdict))
        .collect()
}

#[tokio::test]
async fn a_store_without_checksums_is_usable_and_left_clean() {
    let bench = Bench::new(0).await;
    let report = bench.delivery().probe(Uuid::nil()).await;
    assert!(report.is_usable());
    assert_eq!(
        report.line(Check::ConditionalWrite).unwrap().verdict,
        Verdict::Good
    );
    let checksum = report.line(Check::Checksum).unwrap();
    assert_eq!(
        (checksum.verdict, &*checksum.detail),
        (Verdict::Lacking, "taken, but not verified")
    );
    let store = bench.standin.store();
    assert!(store.objects.is_empty() && store.uploads.is_empty());
}

#[tokio::test]
async fn each_lack_has_its_line() {
    use Check::{Bucket, Credentials, Multipart, Reachable, Write};
    let bench = Bench::new(0).await;
    bench.standin.fault("HeadBucket", 1, Fault::Refuse(403, ""));
    bench.standin.fault(
        "ListObjectsV2",
        1,
        Fault::Refuse(403, "SignatureDoesNotMatch"),
    );
    let found = verdicts(&bench).await;
    assert_eq!(
        found[..2],
        [(Reachable, Verdict::Good), (Credentials, Verdict::Bad)]
    );
    assert!(
        found[2..]
            .iter()
            .all(|(_, verdict)| *verdict == Verdict::Untried)
    );

    bench
        .standin
        .fault("PutObject", 1, Fault::Refuse(403, "AccessDenied"));
    let found = verdicts(&bench).await;
    assert_eq!(
        found[2..4],
        [(Bucket, Verdict::Good), (Write, Verdict::Bad)]
    );
    assert_eq!(found[4], (Multipart, Verdict::Untried));

    bench
        .standin
        .fault("ListParts", 1, Fault::Refuse(501, "NotImplemented"));
    assert_eq!(verdicts(&bench).await[4], (Multipart, Verdict::Lacking));
    bench.standin.fault(
        "CreateMultipartUpload",
        1,
        Fault::Refuse(403, "AccessDenied"),
    );
    assert_eq!(verdicts(&bench).await[4], (Multipart, Verdict::Bad));
    bench
        .standin
        .fault("DeleteObject", 1, Fault::Refuse(403, "AccessDenied"));
    assert_eq!(verdicts(&bench).await[3], (Write, Verdict::Lacking));
}

#[tokio::test]
async fn a_missing_bucket_is_told() {
    let bench = Bench::new(0).await;
    let mut endpoint = bench.endpoint();
    endpoint.bucket = "nowhere".into();
    let report = Delivery::new(endpoint).unwrap().probe(Uuid::nil()).await;
    let line = report.line(Check::Bucket).unwrap();
    assert_eq!(line.verdict, Verdict::Bad);
    assert!(line.detail.contains("nowhere"), "{line:?}");
    assert!(!report.is_usable());
}
