//! Clients of a server, and a table with a column of every kind.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mediatime::{Clock, Timestamp};
use serde_json::{Map, Value as Json, json};
use tests::vast::VastServer;
use vastdb::{
    Column, ColumnKind, Endpoint, HttpSettings, Query, Rows, Secret, Table, Transaction, Value,
    VastDb, VastError,
};

pub(crate) const SCHEMA: &str = "tested";
pub(crate) const TABLE: &str = "every_kind";

/// The system's clock, which may be wrong.
pub(crate) struct WallClock {
    pub(crate) ahead: Duration,
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + self.ahead;
        Timestamp::from_nanos(i128::try_from(now.as_nanos()).unwrap()).unwrap()
    }
}

/// Short pauses, so that tests of repetition take no time.
pub(crate) fn settings() -> HttpSettings {
    HttpSettings {
        first_wait: Duration::from_millis(2),
        answer: Duration::from_secs(20),
        ..HttpSettings::default()
    }
}

pub(crate) fn endpoint(server: &VastServer) -> Endpoint {
    Endpoint::new(
        &server.url,
        &server.access_key,
        Secret::new(&server.secret_key),
    )
}

pub(crate) fn client(server: &VastServer) -> VastDb {
    connect(endpoint(server), settings())
}

pub(crate) fn connect(endpoint: Endpoint, settings: HttpSettings) -> VastDb {
    let clock = WallClock {
        ahead: Duration::ZERO,
    };
    VastDb::new(endpoint, settings, Arc::new(clock)).unwrap()
}

/// A column of every kind, after a number that tells rows apart.
pub(crate) fn columns() -> Vec<Column> {
    [
        ("id", ColumnKind::Int64),
        ("text", ColumnKind::Text),
        ("int32", ColumnKind::Int32),
        ("uint64", ColumnKind::UInt64),
        ("bool", ColumnKind::Bool),
        ("float64", ColumnKind::Float64),
        ("time", ColumnKind::TimestampMicros),
        ("binary", ColumnKind::Binary),
    ]
    .into_iter()
    .map(|(name, kind)| Column::new(name, kind))
    .collect()
}

/// The columns as the SDK's driver wants them.
pub(crate) fn sdk_columns(columns: &[Column]) -> Json {
    columns
        .iter()
        .map(|column| json!([column.name, column.kind.to_string()]))
        .collect()
}

/// Rows with extremes, missing values and every letter; enough to be in all parts of the table.
pub(crate) fn rows(count: i64) -> Vec<Json> {
    (0..count)
        .map(|id| {
            let words = ["", "grün", "a_b%", "Ω≈ç√", "plain", "ab", "b"];
            let text = words[usize::try_from(id).unwrap() % words.len()];
            if id % 5 == 3 {
                return json!({"id": id, "text": null, "int32": null, "uint64": null, "bool": null,
                    "float64": null, "time": null, "binary": null});
            }
            json!({
                "id": id,
                "text": text,
                "int32": i32::try_from(id - 40).unwrap(),
                "uint64": u64::MAX - u64::try_from(id).unwrap(),
                "bool": id % 2 == 0,
                "float64": f64::from(i32::try_from(id).unwrap()) / 4.0 - 3.5,
                "time": (id - 50) * 1_000_000_007,
                "binary": format!("{id:04x}ff00"),
            })
        })
        .collect()
}

/// A row of JSON as values for an insertion.
pub(crate) fn values(columns: &[Column], row: &Json) -> Vec<Option<Value>> {
    columns
        .iter()
        .map(|column| value(&column.kind, &row[&column.name]))
        .collect()
}

pub(crate) fn value(kind: &ColumnKind, json: &Json) -> Option<Value> {
    if json.is_null() {
        return None;
    }
    Some(match kind {
        ColumnKind::Text => Value::from(json.as_str().unwrap()),
        ColumnKind::Int32 => Value::Int32(i32::try_from(json.as_i64().unwrap()).unwrap()),
        ColumnKind::Int64 => Value::Int64(json.as_i64().unwrap()),
        ColumnKind::UInt64 => Value::UInt64(json.as_u64().unwrap()),
        ColumnKind::Bool => Value::Bool(json.as_bool().unwrap()),
        ColumnKind::Float64 => Value::Float64(json.as_f64().unwrap()),
        ColumnKind::TimestampMicros => Value::TimestampMicros(json.as_i64().unwrap()),
        ColumnKind::Binary => Value::Binary(bytes(json.as_str().unwrap())),
        other => panic!("no values of {other}"),
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

/// Rows of an answer as JSON, in the order of their `id`.
pub(crate) fn told(columns: &[Column], rows: &Rows) -> Vec<Json> {
    let all = (0..rows.len()).map(|row| {
        let cells = columns.iter().map(|column| {
            let name = column.name.as_str();
            let cell = match &column.kind {
                ColumnKind::Text => json!(rows.text(name, row)),
                ColumnKind::Int32 => json!(rows.int32(name, row)),
                ColumnKind::Int64 => json!(rows.int64(name, row)),
                ColumnKind::UInt64 => json!(rows.uint64(name, row)),
                ColumnKind::Bool => json!(rows.bool(name, row)),
                ColumnKind::Float64 => json!(rows.float64(name, row)),
                ColumnKind::TimestampMicros => json!(rows.timestamp_micros(name, row)),
                ColumnKind::Binary => json!(rows.binary(name, row).map(|bytes| {
                    bytes
                        .iter()
                        .map(|byte| format!("{byte:02x}"))
                        .collect::<String>()
                })),
                other => panic!("no values of {other}"),
            };
            (name.to_owned(), cell)
        });
        Json::Object(cells.collect::<Map<_, _>>())
    });
    sorted(all.collect())
}

pub(crate) fn sorted(mut rows: Vec<Json>) -> Vec<Json> {
    rows.sort_by_key(|row| row["id"].as_i64());
    rows
}

/// The table with these rows, made by our client.
pub(crate) async fn filled(server: &VastServer, db: &VastDb, rows: &[Json]) -> Table {
    let bucket = server.bucket.as_str();
    let columns = columns();
    db.with_transaction(async |tx| {
        tx.create_schema(bucket, SCHEMA).await?;
        let table = tx.create_table(bucket, SCHEMA, TABLE, &columns).await?;
        insert(tx, &table, rows).await?;
        Ok(table)
    })
    .await
    .unwrap()
}

pub(crate) async fn insert(
    tx: &Transaction,
    table: &Table,
    rows: &[Json],
) -> Result<Vec<u64>, VastError> {
    let names: Vec<&str> = table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let values: Vec<_> = rows.iter().map(|row| values(&table.columns, row)).collect();
    tx.insert(table, &names, &values).await
}

/// Every column of every row.
pub(crate) async fn everything(db: &VastDb, table: &Table) -> Result<Rows, VastError> {
    let names = table.columns.iter().map(|column| column.name.clone());
    let query = Query::columns(names);
    db.with_transaction(async |tx| tx.query(table, &query).await)
        .await
}

/// What the SDK is asked for a table of the bucket.
pub(crate) fn ask(server: &VastServer, what: &str, schema: &str, table: &str) -> Json {
    json!({"do": what, "bucket": server.bucket, "schema": schema, "table": table})
}

/// `one` with the members of `more`.
pub(crate) fn with(mut one: Json, more: Json) -> Json {
    let Json::Object(more) = more else {
        panic!("no object")
    };
    one.as_object_mut().unwrap().extend(more);
    one
}
