//! For every predicate, the SDK's answer is ours.

use serde_json::{Value as Json, json};
use tests::vast::VastServer;
use vastdb::{AnyOf, Predicate, Query, Table, Test, Value};

use crate::support::{SCHEMA, TABLE, ask, client, filled, rows, sorted, told, value, with};

/// Predicates as the SDK's driver takes them: groups of tests that all pass, of whose tests one does.
fn predicates() -> Vec<Json> {
    let one = |column: &str, function: &str, value: Json| json!([{"column": column, "tests": [[function, value]]}]);
    vec![
        json!([]),
        one("id", "equal", json!(17)),
        one("text", "equal", json!("grün")),
        one("text", "equal", json!("")),
        one("text", "not_equal", json!("plain")),
        one("text", "less", json!("grün")),
        one("text", "match_substring", json!("b")),
        one("text", "match_substring", json!("≈")),
        one("int32", "greater_equal", json!(-3)),
        one("int32", "less", json!(-30)),
        one("uint64", "greater", json!(u64::MAX - 20)),
        one("uint64", "less_equal", json!(u64::MAX - 100)),
        one("bool", "equal", json!(true)),
        one("bool", "not_equal", json!(true)),
        one("float64", "less_equal", json!(-2.75)),
        one("time", "greater", json!(-1_000_000_007)),
        one("time", "equal", json!(3_000_000_021_i64)),
        one("binary", "equal", json!("0011ff00")),
        one("binary", "greater_equal", json!("0050")),
        one("text", "is_null", json!(null)),
        one("text", "is_valid", json!(null)),
        // A part of a flow, as TAMS keeps it: some end, and not deleted.
        json!([
            {"column": "text", "tests": [["equal", "plain"], ["equal", "ab"], ["equal", "b"]]},
            {"column": "id", "tests": [["greater_equal", 10]]},
            {"column": "id", "tests": [["less", 90]]},
            {"column": "bool", "tests": [["is_null", null], ["equal", false]]},
        ]),
        json!([
            {"column": "int32", "tests": [["less", -35], ["greater", 70], ["is_null", null]]},
        ]),
        json!([
            {"column": "id", "tests": [["greater", 1]]},
            {"column": "id", "tests": [["less", 1]]},
        ]),
    ]
}

fn ours(table: &Table, groups: &Json) -> Predicate {
    let mut predicate = Predicate::everything();
    for group in groups.as_array().unwrap() {
        let column = table.column(group["column"].as_str().unwrap()).unwrap();
        let mut tests = group["tests"].as_array().unwrap().iter().map(|test| {
            let literal = || value(&column.kind, &test[1]).unwrap();
            match test[0].as_str().unwrap() {
                "equal" => Test::Equal(literal()),
                "not_equal" => Test::NotEqual(literal()),
                "greater" => Test::Greater(literal()),
                "greater_equal" => Test::GreaterEqual(literal()),
                "less" => Test::Less(literal()),
                "less_equal" => Test::LessEqual(literal()),
                "is_null" => Test::IsNull,
                "is_valid" => Test::IsValid,
                "match_substring" => match literal() {
                    Value::Text(text) => Test::Contains(text),
                    other => panic!("{other:?}"),
                },
                other => panic!("{other}"),
            }
        });
        let first = AnyOf::new(&column.name, tests.next().unwrap());
        predicate = predicate.and(tests.fold(first, AnyOf::or));
    }
    predicate
}

#[tokio::test]
async fn the_sdk_and_we_find_the_same_rows() {
    let server = VastServer::start();
    let db = client(&server);
    let table = filled(&server, &db, &rows(120)).await;
    let mut sdk = server.sdk();
    let columns = [table.columns[0].clone(), table.columns[1].clone()];
    let mut telling = 0;
    for groups in predicates() {
        let query = Query::columns(["id", "text"]).matching(ours(&table, &groups));
        let found = db
            .with_transaction(async |tx| tx.query(&table, &query).await)
            .await
            .unwrap();
        let theirs = sdk.ask(&with(
            ask(&server, "read", SCHEMA, TABLE),
            json!({"columns": ["id", "text"], "predicate": groups}),
        ));
        let theirs = sorted(theirs.as_array().unwrap().clone());
        assert_eq!(told(&columns, &found), theirs, "{groups}");
        telling += usize::from(!theirs.is_empty() && theirs.len() < 120);
    }
    assert!(telling >= 20, "only {telling} predicates tell rows apart");
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_before_it_is_sent() {
    let server = VastServer::start();
    let db = client(&server);
    let table = filled(&server, &db, &rows(1)).await;
    let tx = db.begin().await.unwrap();
    server.faults.heal();
    for query in [
        Query::columns(["nothing"]),
        Query::columns(["id", "id"]),
        Query::columns(["id"]).matching(Predicate::equal("nothing", 1_i64)),
        Query::columns(["id"]).matching(Predicate::equal("id", "one")),
        Query::columns(["id"]).matching(Predicate::equal("int32", 1_i64)),
    ] {
        tx.query(&table, &query).await.unwrap_err();
    }
    assert_eq!(server.faults.seen(), Vec::<String>::new());
    tx.rollback().await.unwrap();
}
