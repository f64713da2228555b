//! A record is written once, whatever becomes of connections, other computers and the program.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use record::{CompilationRecord, InputRef, MediaFacts};
use serde_json::{Value as Json, json};
use tests::fault_proxy::{Fault, FaultProxy, Requests};
use tests::vast::{VastSdk, VastServer};
use uuid::Uuid;
use vastdb::{
    COMPILATIONS, CompilationTables, Effect, HttpSettings, INPUTS, Note, Revision, VastDb, Written,
};

use crate::support::{ask, client, connect, endpoint, settings};

const SCHEMA: &str = "published";
const LIMIT: Duration = Duration::from_secs(20);

pub(crate) fn record(number: u32) -> CompilationRecord {
    CompilationRecord {
        id: Uuid::from_u128(0x5000_0000 + u128::from(number)),
        title: format!("Nachrichten {number} – „heute“"),
        created: format!("{}:5", 1_800_000_000 + number).parse().unwrap(),
        plan_hash: Some("beef".to_owned()),
        sha256: "cafe".to_owned(),
        media: MediaFacts {
            container: "video/mp4".to_owned(),
            size: u64::MAX,
            frames: 250,
            frame_rate: "30000/1001".parse().ok(),
            duration: "8:341666666".parse().unwrap(),
            width: 1280,
            height: 720,
            video_codec: "video/h264".to_owned(),
            audio_codec: (number % 2 == 1).then(|| "audio/aac".to_owned()),
            sample_rate: (number % 2 == 1).then_some(48_000),
            channels: (number % 2 == 1).then_some(2),
        },
        object_url: "s3://bucket/key.mp4".to_owned(),
        play_url: None,
        source_id: Uuid::from_u128(2),
        flow_id: Uuid::from_u128(3),
        object_id: "object-1".to_owned(),
        inputs: vec![
            InputRef {
                flow_id: Some("flow-a".to_owned()),
                object_id: "object-a".to_owned(),
                timerange: "[-0:1_2:0)".parse().unwrap(),
            },
            InputRef {
                flow_id: None,
                object_id: "film.mov".to_owned(),
                timerange: "[3:0_".parse().unwrap(),
            },
            InputRef {
                flow_id: Some("flow-a".to_owned()),
                object_id: "object-a".to_owned(),
                timerange: "[-0:1_2:0)".parse().unwrap(),
            },
        ],
        tool_versions: BTreeMap::from([
            ("stringout".to_owned(), "0.1.0".to_owned()),
            ("gstreamer".to_owned(), "1.22.0".to_owned()),
        ]),
        plan: Some(json!({"video": [{"kind": "copy"}], "audio": []})),
    }
}

/// A record that nobody has written yet.
pub(crate) fn new(op_id: &str) -> Revision {
    Revision {
        op_id: op_id.to_owned(),
        version: 1,
        base_version: None,
        status: "published".to_owned(),
        device: "cutting room 3".to_owned(),
    }
}

fn change(op_id: &str, base: i64) -> Revision {
    Revision {
        version: base + 1,
        base_version: Some(base),
        ..new(op_id)
    }
}

async fn tables(server: &VastServer, db: &VastDb) -> CompilationTables {
    CompilationTables::ensure(db, &server.bucket, SCHEMA)
        .await
        .unwrap()
}

/// The rows as the SDK sees them.
fn seen(server: &VastServer, sdk: &mut VastSdk) -> (Vec<Json>, Vec<Json>) {
    let mut read = |table: &str| {
        let rows = sdk.ask(&ask(server, "read", SCHEMA, table));
        rows.as_array().unwrap().clone()
    };
    (read(COMPILATIONS), read(INPUTS))
}

fn assert_once(server: &VastServer, sdk: &mut VastSdk, why: &str) {
    let (compilations, inputs) = seen(server, sdk);
    assert_eq!((compilations.len(), inputs.len()), (1, 3), "{why}");
    assert_eq!(server.faults.open_transactions(), 0, "{why}");
}

#[tokio::test]
async fn every_column_is_what_the_record_says() {
    let server = VastServer::start();
    let tables = tables(&server, &client(&server)).await;
    let record = record(1);
    let written = tables.write(&record, &new("op-1")).await.unwrap();
    assert_eq!(
        written,
        Written {
            effect: Effect::Inserted,
            notes: Vec::new()
        }
    );
    let stored = tables.read(record.id).await.unwrap().unwrap();
    assert_eq!(stored.record, record);
    assert_eq!((stored.op_id.as_str(), stored.version), ("op-1", 1));
    assert_eq!(
        (stored.status.as_str(), stored.device.as_str()),
        ("published", "cutting room 3")
    );

    let (compilations, mut inputs) = seen(&server, &mut server.sdk());
    assert_eq!(
        compilations,
        [json!({
            "id": record.id.to_string(), "op_id": "op-1", "version": 1, "status": "published",
            "device": "cutting room 3", "title": "Nachrichten 1 – „heute“",
            "created": 1_800_000_001_000_000_i64, "created_ns": 1_800_000_001_000_000_005_i64,
            "plan_hash": "beef", "sha256": "cafe", "container": "video/mp4", "size": u64::MAX,
            "frames": 250, "rate_num": 30000, "rate_den": 1001, "duration_ns": 8_341_666_666_i64,
            "width": 1280, "height": 720, "video_codec": "video/h264", "audio_codec": "audio/aac",
            "sample_rate": 48_000, "channels": 2, "object_url": "s3://bucket/key.mp4",
            "play_url": null, "source_id": Uuid::from_u128(2).to_string(),
            "flow_id": Uuid::from_u128(3).to_string(), "object_id": "object-1",
            "tool_versions": r#"{"gstreamer":"1.22.0","stringout":"0.1.0"}"#,
            "plan": r#"{"video":[{"kind":"copy"}],"audio":[]}"#,
        })]
    );
    inputs.sort_by_key(|row| row["ord"].as_i64());
    let id = record.id.to_string();
    assert_eq!(
        inputs,
        [
            json!({"compilation_id": id, "ord": 0, "flow_id": "flow-a", "object_id": "object-a",
                "timerange": "[-0:1_2:0)", "in_ns": -1, "out_ns": 2_000_000_000}),
            json!({"compilation_id": id, "ord": 1, "flow_id": null, "object_id": "film.mov",
                "timerange": "[3:0_", "in_ns": 3_000_000_000_i64, "out_ns": null}),
            json!({"compilation_id": id, "ord": 2, "flow_id": "flow-a", "object_id": "object-a",
                "timerange": "[-0:1_2:0)", "in_ns": -1, "out_ns": 2_000_000_000}),
        ]
    );
}

#[tokio::test]
async fn a_lost_answer_a_clash_and_a_repetition_write_nothing_twice() {
    let server = VastServer::start();
    let mut sdk = server.sdk();
    let tables = tables(&server, &client(&server)).await;
    let cases = [
        (json!({"lose_commit": 1}), vec![Note::AnswerLost]),
        (json!({"drop_commit": 1}), vec![Note::AnswerLost]),
        (json!({"lose_commit": 3}), vec![Note::AnswerLost]),
        (json!({"drop_commit": 3}), vec![Note::AnswerLost]),
        (json!({"conflict": 2}), vec![Note::Retried(2)]),
        (json!({"conflict_commit": 2}), vec![Note::Retried(2)]),
        (
            json!({"conflict_commit": 1, "lose_commit": 1}),
            vec![Note::AnswerLost, Note::Retried(1)],
        ),
        (json!({"slow_down": 2, "cut_query": 1}), vec![]),
    ];
    for (number, (faults, notes)) in (1..).zip(cases) {
        let (record, revision) = (record(number), new(&format!("op-{number}")));
        server.faults.set(&faults);
        let written = tables.write(&record, &revision).await.unwrap();
        assert_eq!(
            written,
            Written {
                effect: Effect::Inserted,
                notes
            },
            "{faults}"
        );
        server.faults.heal();
        let again = tables.write(&record, &revision).await.unwrap();
        assert_eq!(again.effect, Effect::AlreadyThere, "{faults}");
        let (compilations, inputs) = seen(&server, &mut sdk);
        let number = usize::try_from(number).unwrap();
        assert_eq!(
            (compilations.len(), inputs.len()),
            (number, 3 * number),
            "{faults}"
        );
        assert_eq!(server.faults.open_transactions(), 0, "{faults}");
        let stored = tables.read(record.id).await.unwrap().unwrap();
        assert_eq!(stored.record, record, "{faults}");
    }
}

#[tokio::test]
async fn what_never_ends_is_given_up_and_wrote_nothing() {
    let server = VastServer::start();
    let tables = tables(&server, &client(&server)).await;
    for faults in [
        json!({"conflict": 1000}),
        json!({"conflict_commit": 1000}),
        json!({"slow_down": 1000}),
    ] {
        server.faults.set(&faults);
        let error = tables.write(&record(1), &new("op-1")).await.unwrap_err();
        assert!(error.is_retryable(), "{faults}: {error}");
        assert!(!error.may_have_happened(), "{faults}: {error}");
    }
    server.faults.heal();
    assert_eq!(tables.read(record(1).id).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_killed_anywhere_is_followed_by_one_that_finishes() {
    let steps = [
        Requests::of("POST").holding("transaction"),
        Requests::of("GET").holding("data"),
        Requests::of("POST").holding("compilations?rows"),
        Requests::of("POST").holding("compilation_inputs?rows"),
        Requests::of("PUT").holding("transaction"),
    ];
    let server = VastServer::start();
    let mut sdk = server.sdk();
    let whole = tables(&server, &client(&server)).await;
    for (number, step) in (0..).zip(steps) {
        let proxy = FaultProxy::start(&server.url);
        let mut through = endpoint(&server);
        through.url.clone_from(&proxy.endpoint);
        let held = tables(&server, &connect(through, settings())).await;
        let gate = proxy.hold(step.clone(), 1..);
        let task = tokio::spawn(async move { held.write(&record(number), &new("op")).await });
        // The request is on its way when the program ends and its connections with it.
        tokio::task::block_in_place(|| gate.wait_until_reached(LIMIT));
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled(), "{step:?}");
        proxy.go_offline();
        gate.release();
        let written = whole.write(&record(number), &new("op")).await.unwrap();
        assert_eq!(written.effect, Effect::Inserted, "{step:?}");
    }
    let (compilations, inputs) = seen(&server, &mut sdk);
    assert_eq!((compilations.len(), inputs.len()), (5, 15));

    // Killed after the commit, before its answer.
    let proxy = FaultProxy::start(&server.url);
    let mut through = endpoint(&server);
    through.url.clone_from(&proxy.endpoint);
    let deaf = tables(&server, &connect(through, settings())).await;
    let commits = Requests::of("PUT").holding("transaction");
    proxy.inject(commits, 1.., Fault::SwallowAnswer);
    let settling = Requests::of("DELETE").holding("transaction");
    let gate = proxy.hold(settling, 1..);
    let task = tokio::spawn(async move { deaf.write(&record(7), &new("op")).await });
    tokio::task::block_in_place(|| gate.wait_until_reached(LIMIT));
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    let written = whole.write(&record(7), &new("op")).await.unwrap();
    assert_eq!(written.effect, Effect::AlreadyThere);
    let (compilations, inputs) = seen(&server, &mut sdk);
    assert_eq!((compilations.len(), inputs.len()), (6, 18));
}

#[tokio::test]
async fn a_server_that_crashes_keeps_what_it_committed() {
    let mut server = VastServer::start();
    let first = tables(&server, &client(&server)).await;
    first.write(&record(1), &new("op-1")).await.unwrap();
    server.crash_and_restart();
    let second = tables(&server, &client(&server)).await;
    let again = second.write(&record(1), &new("op-1")).await.unwrap();
    assert_eq!(again.effect, Effect::AlreadyThere);
    assert_once(&server, &mut server.sdk(), "after a crash");
}

#[tokio::test]
async fn a_change_is_of_the_version_it_names_or_a_conflict() {
    let server = VastServer::start();
    let tables = tables(&server, &client(&server)).await;
    let mut changed = record(1);
    tables.write(&changed, &new("op-1")).await.unwrap();

    changed.title = "renamed".to_owned();
    changed.play_url = Some("https://play.example/play/1".to_owned());
    // It never changes, and is not changed.
    changed.sha256 = "another file".to_owned();
    // What was known is not forgotten.
    changed.plan = None;
    let written = tables.write(&changed, &change("op-2", 1)).await.unwrap();
    assert_eq!(written.effect, Effect::Updated);
    let again = tables.write(&changed, &change("op-2", 1)).await.unwrap();
    assert_eq!(again.effect, Effect::AlreadyThere);
    let stored = tables.read(changed.id).await.unwrap().unwrap();
    let expected = CompilationRecord {
        title: changed.title.clone(),
        play_url: changed.play_url.clone(),
        ..record(1)
    };
    assert_eq!((stored.record, stored.version), (expected, 2));

    // Somebody who knows only version 1, and somebody who knows none.
    for revision in [change("op-3", 1), new("op-4")] {
        let written = tables.write(&record(1), &revision).await.unwrap();
        let Effect::Conflict(remote) = written.effect else {
            panic!("{written:?}")
        };
        assert_eq!((remote.version, remote.op_id.as_str()), (2, "op-2"));
        assert_eq!(remote.record.title, "renamed");
        assert_eq!(remote.record.inputs.len(), 3);
    }
    let deleted = Revision {
        status: "deleted".to_owned(),
        ..change("op-5", 2)
    };
    server.faults.set(&json!({"lose_commit": 1}));
    let written = tables.write(&changed, &deleted).await.unwrap();
    assert_eq!(written.effect, Effect::Updated);
    let listing = tables.list(10).await.unwrap();
    assert_eq!(listing.items[0].status, "deleted");
    assert_once(&server, &mut server.sdk(), "changes");

    let backwards = Revision {
        version: 3,
        ..change("op-6", 3)
    };
    tables.write(&changed, &backwards).await.unwrap_err();
    let nameless = new("");
    tables.write(&changed, &nameless).await.unwrap_err();
}

#[tokio::test]
async fn of_computers_that_change_the_same_version_one_wins() {
    let server = VastServer::start();
    let first = tables(&server, &client(&server)).await;
    first.write(&record(1), &new("op-1")).await.unwrap();
    let mut tasks = Vec::new();
    for number in 0..4 {
        let tables = tables(&server, &client(&server)).await;
        tasks.push(tokio::spawn(async move {
            let mut changed = record(1);
            changed.title = format!("from {number}");
            tables
                .write(&changed, &change(&format!("by {number}"), 1))
                .await
        }));
    }
    let mut updated = 0;
    for task in tasks {
        match task.await.unwrap().unwrap().effect {
            Effect::Updated => updated += 1,
            Effect::Conflict(remote) => assert_eq!(remote.version, 2),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(updated, 1);
    assert_once(&server, &mut server.sdk(), "four computers");
}

#[tokio::test]
async fn a_plan_that_fits_in_no_request_is_left_out_and_told() {
    let server = VastServer::start();
    let tables = tables(&server, &client(&server)).await;
    let mut large = record(1);
    large.plan = Some(json!({"video": "x".repeat(6 << 20)}));
    let bytes = large.plan.as_ref().unwrap().to_string().len();
    // However often it is tried, it is told once.
    server
        .faults
        .set(&json!({"drop_commit": 1, "lose_commit": 1}));
    let written = tables.write(&large, &new("op-1")).await.unwrap();
    let note = Note::PlanLeftOut { bytes };
    assert_eq!(
        written,
        Written {
            effect: Effect::Inserted,
            notes: vec![Note::AnswerLost, note.clone()]
        }
    );
    let stored = tables.read(large.id).await.unwrap().unwrap().record;
    assert_eq!(
        (stored.plan, stored.plan_hash.as_deref()),
        (None, Some("beef"))
    );
    let written = tables.write(&large, &change("op-2", 1)).await.unwrap();
    assert_eq!(
        written,
        Written {
            effect: Effect::Updated,
            notes: vec![note]
        }
    );
    // One that fits may follow.
    let written = tables.write(&record(1), &change("op-3", 2)).await.unwrap();
    assert_eq!(written.notes, []);
    let stored = tables.read(large.id).await.unwrap().unwrap().record;
    assert_eq!(stored, record(1));
}

#[tokio::test]
async fn many_inputs_come_back_in_their_order() {
    let server = VastServer::start();
    let tables = tables(&server, &client(&server)).await;
    let mut long = record(2);
    long.inputs = (0..3000)
        .map(|number| InputRef {
            flow_id: Some(format!("flow-{}", number % 7)),
            object_id: format!("object-{number}"),
            timerange: format!("[{number}:0_{}:0)", number + 1).parse().unwrap(),
        })
        .collect();
    tables.write(&long, &new("op-1")).await.unwrap();
    assert_eq!(tables.read(long.id).await.unwrap().unwrap().record, long);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_only_late_does_nothing_any_more() {
    let server = VastServer::start();
    let proxy = FaultProxy::start(&server.url);
    let mut through = endpoint(&server);
    through.url.clone_from(&proxy.endpoint);
    let hasty = HttpSettings {
        answer: Duration::from_secs(2),
        ..settings()
    };
    let tables = tables(&server, &connect(through, hasty)).await;
    let commits = Requests::of("PUT").holding("transaction");
    let gate = proxy.hold(commits, 1..=1);
    let written = tables.write(&record(1), &new("op-1")).await.unwrap();
    assert_eq!(written.notes, [Note::AnswerLost]);
    // Now it comes to the server, after the one that took its place.
    gate.release();
    let deadline = Instant::now() + LIMIT;
    let commits = || {
        let seen = server.faults.seen();
        seen.iter()
            .filter(|seen| *seen == "PUT transaction")
            .count()
    };
    // One made the tables.
    while commits() < 3 {
        assert!(Instant::now() < deadline, "{:?}", server.faults.seen());
    }
    assert_once(&server, &mut server.sdk(), "a late commit");
}
