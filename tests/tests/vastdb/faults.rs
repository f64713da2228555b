//! What goes wrong below: slow servers, cut answers, wrong keys, servers that are none.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tests::vast::VastServer;
use vastdb::{ConnectFailure, Endpoint, HttpSettings, Query, Secret, Settled, VastDb, VastError};

use crate::support::{
    SCHEMA, TABLE, WallClock, client, columns, connect, endpoint, everything, filled, insert, rows,
    settings, told,
};

#[tokio::test]
async fn a_server_that_asks_for_fewer_requests_is_asked_again_and_then_believed() {
    let server = VastServer::start();
    let db = client(&server);
    let table = filled(&server, &db, &rows(50)).await;
    server.faults.set(&json!({"slow_down": 3}));
    assert_eq!(everything(&db, &table).await.unwrap().len(), 50);
    // Also what writes: nothing of it took effect.
    server.faults.set(&json!({"slow_down": 3}));
    db.with_transaction(async |tx| insert(tx, &table, &rows(3)).await)
        .await
        .unwrap();
    server.faults.set(&json!({"slow_down": 1000}));
    let error = everything(&db, &table).await.unwrap_err();
    assert!(matches!(error, VastError::SlowDown { .. }), "{error}");
    server.faults.heal();
    assert_eq!(everything(&db, &table).await.unwrap().len(), 53);
}

#[tokio::test]
async fn a_cut_answer_is_gone_on_with_and_never_taken_for_the_end() {
    let server = VastServer::start();
    let db = client(&server);
    let rows = rows(120);
    let table = filled(&server, &db, &rows).await;
    for faults in [
        json!({"cut_query": 1, "cut_at": 0.0}),
        json!({"cut_query": 2, "cut_at": 0.3}),
        json!({"cut_query": 3, "cut_at": 0.6}),
        json!({"cut_query": 1, "cut_at": 0.95}),
        json!({"cut_query": 1, "cut_at": 0.999}),
        json!({"short_query": 2}),
        json!({"fail_query": 2}),
    ] {
        server.faults.set(&faults);
        let read = everything(&db, &table).await;
        assert_eq!(told(&columns(), &read.unwrap()), rows, "{faults}");
    }
    let failure = |faults: Json| {
        server.faults.set(&faults);
        let (db, table) = (&db, &table);
        async move { everything(db, table).await.unwrap_err() }
    };
    let error = failure(json!({"cut_query": 1000, "cut_at": 0.2})).await;
    assert!(
        matches!(
            error,
            VastError::Unreachable {
                cause: ConnectFailure::Cut,
                ..
            }
        ),
        "{error}"
    );
    let error = failure(json!({"fail_query": 1000})).await;
    assert!(
        matches!(error, VastError::QueryFailed { code: 7, .. }),
        "{error}"
    );
    assert!(error.is_retryable());
}

#[tokio::test]
async fn many_answers_make_one() {
    let server = VastServer::start();
    let db = client(&server);
    let rows = rows(100);
    let table = filled(&server, &db, &rows).await;
    // A few rows of each part at a time, and some connections break.
    server
        .faults
        .set(&json!({"part_rows": 4, "cut_query": 2, "cut_at": 0.8}));
    let read = everything(&db, &table).await.unwrap();
    assert_eq!(told(&columns(), &read), rows);
    let seen = server.faults.seen();
    let answers = seen.iter().filter(|seen| *seen == "GET data").count();
    assert!(answers >= 8, "{seen:?}");
    server.faults.heal();
    let query = Query {
        limit: Some(1),
        ..Query::columns(["id"])
    };
    let one = db
        .with_transaction(async |tx| tx.query(&table, &query).await)
        .await
        .unwrap();
    assert_eq!(one.len(), 1);
    let few = HttpSettings {
        query_rows: 99,
        ..settings()
    };
    let error = everything(&connect(endpoint(&server), few), &table)
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            VastError::AnswerTooLong {
                limit: 99,
                unit: "rows",
                ..
            }
        ),
        "{error}"
    );
    let small = HttpSettings {
        query_bytes: 2000,
        ..settings()
    };
    let error = everything(&connect(endpoint(&server), small), &table)
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            VastError::AnswerTooLong {
                limit: 2000,
                unit: "bytes",
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn wrong_keys_and_wrong_clocks_are_told_apart() {
    let server = VastServer::start();
    let begin = |endpoint: Endpoint| async move { connect(endpoint, settings()).begin().await };
    let mut wrong = endpoint(&server);
    wrong.secret_key = Secret::new("wrong");
    let error = begin(wrong).await.unwrap_err();
    assert!(
        matches!(&error, VastError::CredentialsRefused { code, .. } if code == "SignatureDoesNotMatch"),
        "{error}"
    );
    assert!(!error.is_retryable());
    let mut unknown = endpoint(&server);
    unknown.access_key = "unknown".to_owned();
    let error = begin(unknown).await.unwrap_err();
    assert!(
        matches!(&error, VastError::CredentialsRefused { code, .. } if code == "InvalidAccessKeyId"),
        "{error}"
    );
    let late = WallClock {
        ahead: Duration::from_secs(3600),
    };
    let db = VastDb::new(endpoint(&server), settings(), Arc::new(late)).unwrap();
    let error = db.begin().await.unwrap_err();
    assert!(matches!(error, VastError::ClockSkew { .. }), "{error}");
    // A region and a token are only signed.
    let mut other = endpoint(&server);
    other.region = "eu-central-1".to_owned();
    other.session_token = Some(Secret::new("token"));
    begin(other).await.unwrap().rollback().await.unwrap();
}

#[tokio::test]
async fn only_vast_is_spoken_to() {
    let server = VastServer::start();
    for (said, version) in [
        ("vast 5.5.0", Some("5.5.0")),
        ("vast 5.1.2.3", Some("5.1.2.3")),
        ("vast 5.0.0.10", None),
        ("nginx", None),
        ("vast next", None),
    ] {
        server.faults.set(&json!({"server": said}));
        let db = client(&server);
        match (db.version().await, version) {
            (Ok(found), Some(expected)) => assert_eq!(found.to_string(), expected),
            (Err(VastError::UnsupportedServer { .. }), None) => {
                db.begin().await.unwrap_err();
            }
            (outcome, _) => panic!("{said}: {outcome:?}"),
        }
    }
    let nobody = Endpoint::new("http://127.0.0.1:1", "a", Secret::new("b"));
    let error = connect(nobody, settings()).begin().await.unwrap_err();
    assert!(
        matches!(
            error,
            VastError::Unreachable {
                cause: ConnectFailure::Refused,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.is_retryable() && !error.may_have_happened());
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let server = VastServer::start();
    let db = client(&server);
    let table = filled(&server, &db, &rows(1)).await;
    let bucket = server.bucket.as_str();
    let error = db.check_bucket("nothing").await.unwrap_err();
    assert_eq!(error.to_string(), "bucket nothing does not exist");
    let tx = db.begin().await.unwrap();
    let error = tx.table(bucket, SCHEMA, "nothing").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("table {bucket}/{SCHEMA}/nothing does not exist")
    );
    let error = tx.create_schema(bucket, SCHEMA).await.unwrap_err();
    assert!(matches!(error, VastError::Conflict { .. }), "{error}");
    let error = tx
        .create_table(bucket, SCHEMA, TABLE, &columns())
        .await
        .unwrap_err();
    assert!(matches!(error, VastError::Conflict { .. }), "{error}");
    for (schema, name) in [("..", "t"), ("a/b", "t"), ("s", "")] {
        let error = tx.table(bucket, schema, name).await.unwrap_err();
        assert!(matches!(error, VastError::InvalidInput { .. }), "{error}");
    }
    // A refusal of the server, in its words.
    let error = tx
        .update(&table, &["text"], &[(999_999, vec![None])])
        .await
        .unwrap_err();
    assert!(
        matches!(&error, VastError::BadRequest { code, message, .. }
            if code == "InvalidArgument" && message.contains("not there")),
        "{error}"
    );
    tx.rollback().await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_expired_wrote_nothing() {
    let server = VastServer::start();
    let db = client(&server);
    let table = filled(&server, &db, &[]).await;
    let tx = db.begin().await.unwrap();
    let id = tx.id();
    insert(&tx, &table, &rows(3)).await.unwrap();
    server.faults.set(&json!({"expire": 1}));
    let error = tx.commit().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("transaction {id} is over already")
    );
    assert!(!error.may_have_happened());
    assert_eq!(everything(&db, &table).await.unwrap().len(), 0);

    // One that is dropped stays open, until it expires or is settled.
    let dropped = db.begin().await.unwrap();
    let id = dropped.id();
    insert(&dropped, &table, &rows(3)).await.unwrap();
    drop(dropped);
    assert_eq!(server.faults.open_transactions(), 1);
    assert_eq!(db.settle(id).await.unwrap(), Settled::RolledBack);
    assert_eq!(db.settle(id).await.unwrap(), Settled::Over);
    assert_eq!(everything(&db, &table).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_write_is_not_repeated_when_its_answer_is_lost() {
    let server = VastServer::start();
    let db = client(&server);
    filled(&server, &db, &[]).await;
    server.faults.set(&json!({"lose_commit": 1}));
    let tx = db.begin().await.unwrap();
    let error = tx.commit().await.unwrap_err();
    assert!(error.may_have_happened(), "{error}");
    let seen = server.faults.seen();
    assert_eq!(
        seen.iter()
            .filter(|seen| *seen == "PUT transaction")
            .count(),
        1,
        "{seen:?}"
    );
}
