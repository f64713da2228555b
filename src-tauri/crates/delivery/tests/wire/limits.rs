//! Bandwidth and the size of answers.

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use delivery::{Delivery, DeliveryError};

use crate::fixture::Bench;

#[tokio::test]
async fn the_cap_holds_for_all_parts_together() {
    let bench = Bench::three_parts().await;
    let mut endpoint = bench.endpoint();
    endpoint.bandwidth = NonZeroU64::new(16 << 20);
    let start = Instant::now();
    bench
        .upload_with(&Delivery::new(endpoint).unwrap())
        .await
        .unwrap();
    bench.assert_delivered();
    // Two seconds at the cap, less what the burst and the last slices are ahead.
    assert!(
        start.elapsed() > Duration::from_millis(1500),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_cap_does_not_wake_the_watchdog() {
    let bench = Bench::new(60_000).await;
    let mut endpoint = bench.endpoint();
    endpoint.bandwidth = NonZeroU64::new(40_000);
    endpoint.timeouts.stall = Duration::from_millis(700);
    bench
        .upload_with(&Delivery::new(endpoint).unwrap())
        .await
        .unwrap();
    bench.assert_delivered();
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let bench = Bench::three_parts().await;
    bench.standin.store().leave_upload(&bench.full_key(), &[]);
    bench.standin.store().extra_parts = "<Part><PartNumber>1</PartNumber></Part>".repeat(300_000);
    let error = bench.upload().await.unwrap_err();
    assert!(
        matches!(
            &error,
            DeliveryError::UnreadableAnswer {
                operation: "ListParts",
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains("too large"), "{error}");
}
