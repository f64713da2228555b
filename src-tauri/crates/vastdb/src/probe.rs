//! What a VAST Database can do for us, tried out: its lines of `doctor`.

use std::fmt;

use crate::column::{Column, ColumnKind};
use crate::compilations::{COMPILATIONS, CompilationTables, INPUTS};
use crate::db::VastDb;
use crate::error::VastError;
use crate::predicate::{Predicate, Value};
use crate::query::Query;
use crate::transaction::Transaction;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was looked at.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub detail: String,
}

/// Whether the probe writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeWrites {
    /// It only looks.
    No,
    /// It makes a schema of its own with a table, uses it, and removes both.
    ScratchSchema,
}

/// Looks at the database step by step, and stops at the first that fails: at most six steps.
pub async fn probe(db: &VastDb, bucket: &str, schema: &str, writes: ProbeWrites) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut add = |name: &'static str, outcome: Result<String, VastError>| {
        let ok = outcome.is_ok();
        let detail = outcome.unwrap_or_else(|error| error.to_string());
        steps.push(Step { name, ok, detail });
        ok
    };
    // Wrong credentials are no fault of the address.
    let version = db.version().await;
    let refused = matches!(
        version,
        Err(VastError::CredentialsRefused { .. } | VastError::ClockSkew { .. })
    );
    let reached = match (&version, refused) {
        (Ok(version), _) => Ok(format!("{} is VAST {version}", db.server())),
        (Err(_), true) => Ok(format!("{} answers", db.server())),
        (Err(error), false) => Err(error.clone()),
    };
    if !add("server", reached) {
        return steps;
    }
    let transaction = async {
        db.begin().await?.rollback().await?;
        Ok("a transaction can be begun and rolled back".to_owned())
    };
    if !add("credentials", transaction.await) {
        return steps;
    }
    let found = db.check_bucket(bucket).await;
    if !add("bucket", found.map(|()| format!("{bucket} exists"))) {
        return steps;
    }
    let tx = match db.begin().await {
        Ok(tx) => tx,
        Err(error) => {
            add("schema", Err(error));
            return steps;
        }
    };
    let exists = tx.has_schema(bucket, schema).await;
    tx.give_up().await;
    let there = matches!(exists, Ok(true));
    let said = exists.map(|there| {
        let will = if there { "exists" } else { "is not there yet" };
        format!("{bucket}/{schema} {will}")
    });
    if !add("schema", said) {
        return steps;
    }
    if there && !add("tables", tables(db, bucket, schema).await) {
        return steps;
    }
    if writes == ProbeWrites::ScratchSchema {
        add("write", scratch(db, bucket).await);
    }
    steps
}

/// Whether the tables are there and can be read.
async fn tables(db: &VastDb, bucket: &str, schema: &str) -> Result<String, VastError> {
    let missing = |name: &str| format!("{name} is not there yet");
    for name in [COMPILATIONS, INPUTS] {
        let there = db
            .with_snapshot(async |tx| tx.has_table(bucket, schema, name).await)
            .await?;
        if !there {
            return Ok(missing(name));
        }
    }
    let tables = CompilationTables::open(db, bucket, schema).await?;
    let listing = tables.list(1).await?;
    let last = listing.items.first();
    Ok(last.map_or_else(
        || "the tables can be read and are empty".to_owned(),
        |item| format!("the tables can be read; the newest record is {}", item.id),
    ))
}

/// The numbers of the scratch table.
#[derive(Clone, Copy, Debug)]
struct Numbers(usize);

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a row was written, changed, read and removed ({} seen)",
            self.0
        )
    }
}

async fn scratch(db: &VastDb, bucket: &str) -> Result<String, VastError> {
    // Nobody else has this one: transactions have different numbers.
    let tx = db.begin().await?;
    let schema = format!("stringout_probe_{}", tx.id());
    let made = make(&tx, bucket, &schema).await;
    match made {
        Ok(()) => tx.commit().await?,
        Err(error) => {
            tx.give_up().await;
            return Err(error);
        }
    }
    let used = db
        .with_transaction(async |tx| use_it(tx, bucket, &schema).await)
        .await;
    let removed = db
        .with_transaction(async |tx| {
            let table = tx.table(bucket, &schema, "probe").await?;
            tx.drop_table(&table).await?;
            tx.drop_schema(bucket, &schema).await
        })
        .await;
    let numbers = used?;
    match removed {
        Ok(()) => Ok(numbers.to_string()),
        Err(error) => Err(VastError::input(
            format!("schema {bucket}/{schema}"),
            format!("it could not be removed again: {error}"),
        )),
    }
}

async fn make(tx: &Transaction, bucket: &str, schema: &str) -> Result<(), VastError> {
    tx.create_schema(bucket, schema).await?;
    let columns = [
        Column::new("id", ColumnKind::Text),
        Column::new("n", ColumnKind::Int64),
    ];
    tx.create_table(bucket, schema, "probe", &columns).await?;
    Ok(())
}

async fn use_it(tx: &Transaction, bucket: &str, schema: &str) -> Result<Numbers, VastError> {
    let wrong = |detail: &str| VastError::protocol("the scratch table", detail);
    let table = tx.table(bucket, schema, "probe").await?;
    let row = vec![Some(Value::from("one")), Some(Value::Int64(1))];
    let ids = tx.insert(&table, &["id", "n"], &[row]).await?;
    let id = *ids.first().ok_or_else(|| wrong("a row has no id"))?;
    tx.update(&table, &["n"], &[(id, vec![Some(Value::Int64(2))])])
        .await?;
    let query = Query::columns(["n"]).matching(Predicate::equal("id", "one"));
    let rows = tx.query(&table, &query).await?;
    if rows.int64("n", 0) != Some(2) {
        return Err(wrong("a row that was changed is not"));
    }
    tx.delete(&table, &[id]).await?;
    if !tx.query(&table, &query).await?.is_empty() {
        return Err(wrong("a row that was removed is still there"));
    }
    Ok(Numbers(rows.len()))
}
