//! What the server refuses, and what `probe` makes of it.

use delivery::{Check, ConnectFailure, Delivery, DeliveryError, Endpoint, Secret, Verdict};
use tests::fault_proxy::Requests;
use tests::s3::Bucket;
use tokio_util::sync::CancellationToken;

use crate::case::{Case, MIB, PATIENCE, cause, until};

#[tokio::test]
async fn refused_credentials_are_told_from_the_rest() {
    let case = Case::new(1000);
    let wrong = [
        Endpoint {
            secret: Secret::new("wrong"),
            ..case.endpoint()
        },
        Endpoint {
            access_key: "nobody".to_owned(),
            ..case.endpoint()
        },
    ];
    for endpoint in wrong {
        let error = case
            .upload_by(&Delivery::new(endpoint).unwrap())
            .await
            .unwrap_err();
        assert!(
            matches!(error, DeliveryError::CredentialsRefused { .. }),
            "{error:?}"
        );
        assert!(!error.is_retryable() && !error.is_unreachable());
    }
    assert_eq!(case.proxy.count(&Requests::of("PUT")), 0);
}

#[tokio::test]
async fn an_unknown_bucket_is_told_and_not_made() {
    for len in [1000, 17 * MIB] {
        let case = Case::new(len);
        let endpoint = Endpoint {
            bucket: "nowhere".to_owned(),
            ..case.endpoint()
        };
        let error = case
            .upload_by(&Delivery::new(endpoint).unwrap())
            .await
            .unwrap_err();
        assert!(
            matches!(error, DeliveryError::NoSuchBucket { .. }),
            "{error:?}"
        );
        let nowhere = Bucket {
            name: "nowhere".to_owned(),
            ..case.server.clone()
        };
        assert_eq!(nowhere.ask("HEAD", "", &[], &[], b"").status, 404);
    }
}

#[tokio::test]
async fn a_port_without_a_server_is_unreachable() {
    let case = Case::new(1000);
    let endpoint = case.endpoint();
    let delivery = Delivery::new(endpoint).unwrap();
    let Case {
        proxy,
        job,
        journal,
        ..
    } = case;
    let address = proxy.address.clone();
    drop(proxy);
    let closed = async { until(|| std::net::TcpStream::connect(&address).is_err()).await };
    tokio::time::timeout(PATIENCE, closed)
        .await
        .expect("the proxy closes its port");
    let error = delivery
        .upload(&job, &journal, &|_| {}, CancellationToken::new())
        .await
        .unwrap_err();
    assert_eq!(cause(&error), ConnectFailure::Refused);
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
    assert_eq!(
        case.server.list(&format!("probe-{nonce}")),
        Vec::<String>::new()
    );

    case.server.secret_key = "wrong".to_owned();
    let report = case.delivery().probe(nonce).await;
    assert_eq!(
        report.line(Check::Credentials).unwrap().verdict,
        Verdict::Bad
    );
}
