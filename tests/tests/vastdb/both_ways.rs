//! What one client writes, the other reads.

use serde_json::json;
use tests::vast::VastServer;
use vastdb::{ColumnKind, Predicate, Query, Value, VastError};

use crate::support::{
    SCHEMA, TABLE, ask, client, columns, everything, filled, insert, rows, sdk_columns, sorted,
    told, with,
};

#[tokio::test]
async fn the_sdk_writes_and_we_read() {
    let server = VastServer::start();
    let mut sdk = server.sdk();
    let rows = rows(120);
    let columns = columns();
    sdk.ask(&with(
        ask(&server, "create", SCHEMA, TABLE),
        json!({"columns": sdk_columns(&columns)}),
    ));
    let ids = sdk.ask(&with(
        ask(&server, "insert", SCHEMA, TABLE),
        json!({"rows": rows}),
    ));

    let db = client(&server);
    assert_eq!(db.version().await.unwrap().to_string(), "5.4.0.1");
    let (table, seen, stats, count) = db
        .with_transaction(async |tx| {
            let table = tx.table(&server.bucket, SCHEMA, TABLE).await?;
            let query = Query::columns(["id"]).with_row_ids();
            let seen = tx.query(&table, &query).await?;
            let stats = tx.stats(&table).await?;
            let count = tx.query(&table, &Query::default()).await?;
            Ok((table, seen, stats, count))
        })
        .await
        .unwrap();
    assert_eq!(table.columns, columns);
    assert_eq!((stats.rows, count.len()), (120, 120));
    assert_eq!(
        told(&columns, &everything(&db, &table).await.unwrap()),
        rows
    );
    // The ids are those the SDK was told.
    let mut pairs: Vec<(i64, u64)> = (0..seen.len())
        .map(|row| (seen.int64("id", row).unwrap(), seen.row_id(row).unwrap()))
        .collect();
    pairs.sort_unstable();
    let ours: Vec<u64> = pairs.into_iter().map(|(_, id)| id).collect();
    assert_eq!(json!(ours), ids);
}

#[tokio::test]
async fn we_write_and_the_sdk_reads() {
    let server = VastServer::start();
    let db = client(&server);
    let mut rows = rows(130);
    let table = filled(&server, &db, &rows[..100]).await;
    let columns = columns();
    // More in another transaction, then changes and removals.
    db.with_transaction(async |tx| {
        insert(tx, &table, &rows[100..]).await?;
        let found = tx
            .query(&table, &Query::columns(["id"]).with_row_ids())
            .await?;
        let id_of = |wanted: i64| {
            let row = (0..found.len()).find(|row| found.int64("id", *row) == Some(wanted));
            found.row_id(row.unwrap()).unwrap()
        };
        let change = |text: &str| vec![Some(Value::from(text)), None];
        tx.update(
            &table,
            &["text", "float64"],
            // Not in the order of their ids.
            &[(id_of(110), change("later")), (id_of(7), change("früher"))],
        )
        .await?;
        tx.delete(&table, &[id_of(99), id_of(3), id_of(99)]).await
    })
    .await
    .unwrap();
    for (id, text) in [(110, "later"), (7, "früher")] {
        rows[id]["text"] = json!(text);
        rows[id]["float64"] = json!(null);
    }
    rows.retain(|row| row["id"] != 99 && row["id"] != 3);

    let mut sdk = server.sdk();
    let read = sdk.ask(&ask(&server, "read", SCHEMA, TABLE));
    assert_eq!(sorted(read.as_array().unwrap().clone()), rows);
    let names = sdk.ask(&ask(&server, "columns", SCHEMA, TABLE));
    let ours: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, json!(ours));
}

#[tokio::test]
async fn rows_larger_than_a_request_go_in_several() {
    let server = VastServer::start();
    let db = client(&server);
    let table = filled(&server, &db, &[]).await;
    let large = "x".repeat(900_000);
    let rows: Vec<_> = (0..12_i64)
        .map(|id| vec![Some(Value::Int64(id)), Some(Value::from(large.as_str()))])
        .collect();
    server.faults.heal();
    let read = db
        .with_transaction(async |tx| {
            let ids = tx.insert(&table, &["id", "text"], &rows).await?;
            assert_eq!(ids.len(), rows.len());
            tx.query(&table, &Query::columns(["id", "text"])).await
        })
        .await
        .unwrap();
    assert_eq!(read.len(), 12);
    assert!((0..12).all(|row| read.text("text", row) == Some(&large)));
    let requests = server.faults.seen();
    let writes = requests.iter().filter(|seen| *seen == "POST rows").count();
    assert!((3..=12).contains(&writes), "{requests:?}");
}

#[tokio::test]
async fn long_listings_come_in_pages() {
    let server = VastServer::with(&["--page", "3"]);
    let db = client(&server);
    let bucket = server.bucket.as_str();
    let columns = columns();
    db.with_transaction(async |tx| {
        assert_eq!(tx.schemas(bucket).await?, Vec::<String>::new());
        for name in ["s1", "s2", "s3", "s4", "s5", "s6", "s7"] {
            tx.create_schema(bucket, name).await?;
        }
        for name in ["t1", "t2", "t3", "t4"] {
            tx.create_table(bucket, "s1", name, &columns).await?;
        }
        assert_eq!(tx.schemas(bucket).await?.len(), 7);
        assert_eq!(tx.tables(bucket, "s1").await?, ["t1", "t2", "t3", "t4"]);
        assert!(tx.has_schema(bucket, "s7").await?);
        assert!(!tx.has_schema(bucket, "s").await?);
        assert!(!tx.has_table(bucket, "s1", "t").await?);
        assert_eq!(tx.table(bucket, "s1", "t4").await?.columns, columns);
        let table = tx.table(bucket, "s1", "t4").await?;
        tx.drop_table(&table).await?;
        assert_eq!(tx.tables(bucket, "s1").await?, ["t1", "t2", "t3"]);
        tx.drop_schema(bucket, "s7").await
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_column_that_is_not_carried_is_named_and_does_not_hide_the_others() {
    let server = VastServer::start();
    server.sdk().ask(&with(
        ask(&server, "create", SCHEMA, TABLE),
        json!({"columns": [["id", "int64"], ["tags", "list"]]}),
    ));
    let db = client(&server);
    let outcome = db
        .with_transaction(async |tx| {
            let table = tx.table(&server.bucket, SCHEMA, TABLE).await?;
            assert_eq!(table.columns[1].kind, ColumnKind::Other("List".into()));
            tx.insert(&table, &["id"], &[vec![Some(Value::Int64(1))]])
                .await?;
            let query = Query::columns(["id"]).matching(Predicate::equal("id", 1_i64));
            assert_eq!(tx.query(&table, &query).await?.len(), 1);
            tx.query(&table, &Query::columns(["id", "tags"])).await
        })
        .await;
    let error = outcome.unwrap_err();
    assert!(
        matches!(&error, VastError::UnsupportedType { column, .. } if column == "tags"),
        "{error}"
    );
    assert_eq!(server.faults.open_transactions(), 0, "it was rolled back");
}

#[tokio::test]
async fn a_transaction_sees_what_was_there_when_it_began() {
    let server = VastServer::start();
    let db = client(&server);
    let table = filled(&server, &db, &rows(10)).await;
    let before = db.begin().await.unwrap();
    db.with_transaction(async |tx| insert(tx, &table, &rows(5)).await)
        .await
        .unwrap();
    let query = Query::columns(["id"]);
    assert_eq!(before.query(&table, &query).await.unwrap().len(), 10);
    before.rollback().await.unwrap();
    // What was rolled back was never there.
    let undone: Result<(), VastError> = db
        .with_transaction(async |tx| {
            insert(tx, &table, &rows(5)).await?;
            Err(VastError::NotFound {
                what: "the test's nerve".into(),
            })
        })
        .await;
    undone.unwrap_err();
    assert_eq!(everything(&db, &table).await.unwrap().len(), 15);
    assert_eq!(server.faults.open_transactions(), 0);
}
