//! One window per workspace.

use std::time::Duration;

use workstation::{Desk, DeskOptions, OpenedDesk};

use crate::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_raises_the_first_window() {
    let bench = Bench::start().await;
    let first = bench.desk.clone();
    let raised = tokio::spawn(async move { first.raised().await });
    let dir = bench.folder.path().join("workspace");
    let second = Desk::open(&dir, DeskOptions::default()).await.unwrap();
    assert!(matches!(second, OpenedDesk::Raised));
    tokio::time::timeout(Duration::from_secs(5), raised)
        .await
        .expect("the first window was asked to show itself")
        .unwrap();
    // With the first gone, the workspace is free.
    let bench = bench.restart().await;
    assert!(bench.view().await.sequence.clips.is_empty());
}
