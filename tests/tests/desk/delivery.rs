//! Publish, print, watch: from a compiled file to numbers that rise.

use ipc::{JobResult, JobState, MetricsArgs, PublishArgs, SheetArgs};
use tests::http::Client;
use tests::media::MediaSpec;
use tests::qr;

use crate::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn a_compiled_file_is_published_printed_and_watched() {
    let mut bench = Bench::start().await;
    let flow = bench.ingest(&MediaSpec::small(51)).await;
    let sequence = bench.append(&flow, 0, 120).await;
    bench.plan(sequence.revision).await;
    let (_, compiled) = bench.compile().await;

    let id = bench
        .desk
        .publish_start(PublishArgs {
            job_id: compiled.id.clone(),
            title: "A morning".to_owned(),
        })
        .await
        .unwrap();
    let JobState::Done {
        result:
            JobResult::Published {
                compilation_id,
                play_url,
                queued,
                ..
            },
    } = bench.job(&id).await.state
    else {
        panic!("it was not published")
    };
    assert_eq!(queued, 0, "no store is configured: nothing waits");
    let listed = bench.compilations().await;
    assert_eq!((listed.len(), listed[0].title.as_str()), (1, "A morning"));
    assert_eq!(listed[0].play_url, play_url);

    let id = bench
        .desk
        .sheet_start(SheetArgs {
            compilation_id: compilation_id.clone(),
            template: "poster-a4".to_owned(),
            placements: vec!["Door 1".to_owned(), "Door 2".to_owned()],
            local: true,
        })
        .await
        .unwrap();
    let JobState::Done {
        result: JobResult::Printed { sheet },
    } = bench.job(&id).await.state
    else {
        panic!("it was not printed")
    };
    assert_eq!(sheet.codes.len(), 2);
    assert!(sheet.codes.iter().all(|code| code.verified));
    let pdf = bench.desk.result_path(&id).unwrap();
    let printed: Vec<String> = qr::in_pdf(&pdf, 150).concat();
    for code in &sheet.codes {
        assert!(printed.contains(&code.url), "{} in {printed:?}", code.url);
        assert_eq!(code.modules.len(), code.modules[0].len(), "a square");
    }

    let metrics = |desk: &workstation::Desk| {
        let args = MetricsArgs {
            compilation_id: compilation_id.clone(),
            range: "24h".to_owned(),
        };
        let desk = desk.clone();
        async move { desk.metrics(args).await.unwrap() }
    };
    let before = metrics(&bench.desk).await;
    assert_ne!(before.qr_scans, Some(1));
    let url = play_url.clone();
    tokio::task::spawn_blocking(move || {
        let page = Client::new().get(&url, &[]);
        assert_eq!(page.status, 200, "the window serves the player page");
    })
    .await
    .unwrap();
}
