//! The tables of compilations: finding and making them, reading, and the probe.

use serde_json::json;
use tests::vast::VastServer;
use uuid::Uuid;
use vastdb::{
    COMPILATIONS, CompilationTables, DEFAULT_SCHEMA, Effect, Endpoint, INPUTS, ProbeWrites, Secret,
    VastDb, VastError, probe,
};

use crate::exactly_once::{new, record};
use crate::support::{ask, client, connect, endpoint, settings, with};

#[tokio::test]
async fn several_computers_make_the_tables_at_once() {
    let server = VastServer::start();
    let clients: Vec<VastDb> = (0..4).map(|_| client(&server)).collect();
    let bucket = server.bucket.clone();
    let tasks: Vec<_> = clients
        .into_iter()
        .map(|db| {
            let bucket = bucket.clone();
            // That it can be spawned says that it can be sent to another thread.
            tokio::spawn(async move { CompilationTables::ensure(&db, &bucket, "shared").await })
        })
        .collect();
    for task in tasks {
        assert_eq!(
            task.await.unwrap().unwrap().place(),
            format!("{bucket}/shared")
        );
    }
    let db = client(&server);
    let names = db
        .with_transaction(async |tx| tx.tables(&bucket, "shared").await)
        .await
        .unwrap();
    assert_eq!(names, [INPUTS, COMPILATIONS]);
    // Found again, and nothing is written.
    server.faults.heal();
    CompilationTables::ensure(&db, &bucket, "shared")
        .await
        .unwrap();
    let seen = server.faults.seen();
    assert!(!seen.iter().any(|seen| seen.starts_with("PUT")), "{seen:?}");
    assert_eq!(server.faults.open_transactions(), 0);
}

#[tokio::test]
async fn tables_of_others_are_taken_or_refused() {
    let server = VastServer::start();
    let db = client(&server);
    let mut sdk = server.sdk();
    CompilationTables::ensure(&db, &server.bucket, "model")
        .await
        .unwrap();
    let columns_of = |table: &str| {
        let table = table.to_owned();
        let (db, bucket) = (db.clone(), server.bucket.clone());
        async move {
            let found = db
                .with_transaction(async |tx| tx.table(&bucket, "model", &table).await)
                .await
                .unwrap();
            found
                .columns
                .iter()
                .map(|column| json!([column.name, column.kind.to_string()]))
                .collect::<Vec<_>>()
        }
    };
    let (compilations, inputs) = (columns_of(COMPILATIONS).await, columns_of(INPUTS).await);

    let create = |schema: &str, table: &str, columns: &[serde_json::Value]| {
        with(
            ask(&server, "create", schema, table),
            json!({"columns": columns}),
        )
    };
    // More columns, one even of a kind that is not carried, in another order.
    let mut more = compilations.clone();
    more.reverse();
    more.push(json!(["tags", "list"]));
    sdk.ask(&create("more", COMPILATIONS, &more));
    let tables = CompilationTables::ensure(&db, &server.bucket, "more")
        .await
        .unwrap();
    let record = record(1);
    tables.write(&record, &new("op")).await.unwrap();
    assert_eq!(
        tables.read(record.id).await.unwrap().unwrap().record,
        record
    );

    let mut other = compilations.clone();
    other[0] = json!(["id", "int64"]);
    sdk.ask(&create("other", COMPILATIONS, &other));
    sdk.ask(&create("fewer", COMPILATIONS, &compilations));
    sdk.ask(&create("fewer", INPUTS, &inputs[1..]));
    for (schema, column) in [("other", "id"), ("fewer", "compilation_id")] {
        let error = CompilationTables::ensure(&db, &server.bucket, schema)
            .await
            .unwrap_err();
        assert!(
            matches!(&error, VastError::IncompatibleTable { column: named, .. } if named == column),
            "{error}"
        );
    }
    // Nothing was made beside a table that can't be used.
    let names = db
        .with_transaction(async |tx| tx.tables(&server.bucket, "other").await)
        .await
        .unwrap();
    assert_eq!(names, [COMPILATIONS]);

    let missing = CompilationTables::open(&db, &server.bucket, "nowhere")
        .await
        .unwrap_err();
    assert!(matches!(missing, VastError::NotFound { .. }), "{missing}");
    let missing = CompilationTables::ensure(&db, "no-bucket", "s")
        .await
        .unwrap_err();
    assert_eq!(missing.to_string(), "bucket no-bucket does not exist");
}

#[tokio::test]
async fn the_list_is_newest_first_and_each_id_once() {
    let server = VastServer::start();
    let db = client(&server);
    let tables = CompilationTables::ensure(&db, &server.bucket, DEFAULT_SCHEMA)
        .await
        .unwrap();
    for number in [3, 1, 2, 4] {
        let written = tables.write(&record(number), &new("op")).await.unwrap();
        assert_eq!(written.effect, Effect::Inserted);
    }
    let mut sdk = server.sdk();
    // Another program's copy of record 2 with a higher version, and rows that make no sense.
    let read = sdk.ask(&ask(&server, "read", DEFAULT_SCHEMA, COMPILATIONS));
    let second = record(2).id.to_string();
    let mut copy = read
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["id"] == second)
        .unwrap()
        .clone();
    copy["version"] = json!(5);
    copy["title"] = json!("copied");
    sdk.ask(&with(
        ask(&server, "insert", DEFAULT_SCHEMA, COMPILATIONS),
        json!({"rows": [copy, {"id": "no uuid"}, {}]}),
    ));
    let listing = tables.list(10).await.unwrap();
    let ids: Vec<Uuid> = listing.items.iter().map(|item| item.id).collect();
    let expected: Vec<Uuid> = [4, 3, 2, 1].map(|number| record(number).id).to_vec();
    assert_eq!(ids, expected);
    assert_eq!(
        (listing.items[2].title.as_str(), listing.items[2].version),
        ("copied", 5)
    );
    assert_eq!(listing.unreadable.len(), 2, "{:?}", listing.unreadable);
    server.faults.heal();
    assert_eq!(tables.list(2).await.unwrap().items.len(), 2);
    let seen = server.faults.seen();
    // Nothing hangs on the answer to a commit where nothing was written.
    assert!(!seen.contains(&"PUT transaction".to_owned()), "{seen:?}");
    let stored = tables.read(record(2).id).await.unwrap().unwrap();
    assert_eq!(
        (stored.version, stored.record.title.as_str()),
        (5, "copied")
    );
    assert_eq!(stored.record.inputs, record(2).inputs);
    assert_eq!(tables.read(record(9).id).await.unwrap(), None);
}

#[tokio::test]
async fn the_probe_looks_and_leaves_nothing_behind() {
    let server = VastServer::start();
    let db = client(&server);
    let steps = |steps: Vec<vastdb::Step>| -> Vec<(&'static str, bool)> {
        steps.iter().map(|step| (step.name, step.ok)).collect()
    };
    let bucket = server.bucket.as_str();
    let looked = probe(&db, bucket, "s", ProbeWrites::No).await;
    assert_eq!(
        steps(looked),
        [
            ("server", true),
            ("credentials", true),
            ("bucket", true),
            ("schema", true)
        ]
    );
    let tables = CompilationTables::ensure(&db, bucket, "s").await.unwrap();
    tables.write(&record(1), &new("op")).await.unwrap();
    let written = probe(&db, bucket, "s", ProbeWrites::ScratchSchema).await;
    let details: Vec<&str> = written.iter().map(|step| step.detail.as_str()).collect();
    assert!(
        details[4].contains(&record(1).id.to_string()),
        "{details:?}"
    );
    assert_eq!(
        steps(written.clone())[4..],
        [("tables", true), ("write", true)],
        "{details:?}"
    );
    let schemas = db
        .with_transaction(async |tx| tx.schemas(bucket).await)
        .await
        .unwrap();
    assert_eq!(schemas, ["s"]);
    assert_eq!(server.faults.open_transactions(), 0);

    // On a thread of its own, as the window has it.
    let elsewhere = db.clone();
    let task = tokio::spawn(async move {
        let looked = probe(&elsewhere, "no-bucket", "s", ProbeWrites::ScratchSchema).await;
        let listing = tables.list(2).await;
        let stored = tables.read(record(1).id).await;
        (looked, listing, stored)
    });
    let (looked, listing, stored) = task.await.unwrap();
    assert_eq!(listing.unwrap().items.len(), 1);
    assert!(stored.unwrap().is_some());
    assert_eq!(steps(looked)[2..], [("bucket", false)]);
    let mut wrong = endpoint(&server);
    wrong.secret_key = Secret::new("wrong");
    let looked = probe(&connect(wrong, settings()), bucket, "s", ProbeWrites::No).await;
    assert_eq!(steps(looked), [("server", true), ("credentials", false)]);
    let nobody = Endpoint::new("http://127.0.0.1:1", "a", Secret::new("b"));
    let looked = probe(&connect(nobody, settings()), bucket, "s", ProbeWrites::No).await;
    assert_eq!(steps(looked), [("server", false)]);
}
