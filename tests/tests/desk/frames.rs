//! Stills, peaks and refusals of the frames server.

use tests::http::Client;
use tests::media::MediaSpec;

use crate::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn stills_and_peaks_are_served_to_those_who_know_the_token() {
    let mut bench = Bench::start().await;
    let flow = bench.ingest(&MediaSpec::small(50)).await;
    let base = bench.view().await.frames.http;
    tokio::task::spawn_blocking(move || {
        let client = Client::new();
        let still = client.get(&format!("{base}/picture/{flow}/65?height=90"), &[]);
        assert_eq!(still.status, 200);
        assert_eq!(&still.body[..2], [0xff, 0xd8], "a JPEG");
        let peaks = client.get(
            &format!("{base}/peaks/{flow}?first=0&frames=180&bins=100"),
            &[],
        );
        assert_eq!(peaks.status, 200);
        assert!(peaks.body.len().is_multiple_of(100) && peaks.body.iter().any(|peak| *peak > 10));
        let behind = client.get(&format!("{base}/picture/{flow}/100000?height=90"), &[]);
        assert!((400..500).contains(&behind.status));
        let root = base.rsplit_once('/').unwrap().0;
        let blind = client.get(&format!("{root}/wrong/picture/{flow}/65?height=90"), &[]);
        assert!((400..500).contains(&blind.status));
        let foreign = client.get(
            &format!("{base}/picture/{flow}/65?height=90"),
            &[("origin", "https://example.com")],
        );
        assert!((400..500).contains(&foreign.status));
    })
    .await
    .unwrap();
}
