//! What can be done in a transaction.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use http::Method;

use crate::cells::{self, Row};
use crate::column::{Column, ColumnKind, check_name, schema_of};
use crate::db::VastDb;
use crate::error::VastError;
use crate::predicate::Value;
use crate::query::{self, Query, ROW_ID};
use crate::rows::Rows;
use crate::table::Table;
use crate::transport::{Answer, Call};
use crate::wire::ipc::{self, Part};
use crate::wire::listing::{self, Stats};
use crate::wire::relation;

/// Names of one page of a listing.
const PAGE: &str = "1000";
/// Names of one listing that are kept.
const MAX_NAMES: usize = 100_000;
/// Columns of one table that are kept.
const MAX_COLUMNS: usize = 20_000;

/// An open transaction: it sees what was committed before it began, and its own changes.
///
/// End it with [`Self::commit`] or [`Self::rollback`]. One that is dropped stays open on the server
/// until it expires there; nothing it wrote is ever seen by others.
#[derive(Debug)]
#[must_use = "a transaction that is not committed does nothing"]
pub struct Transaction {
    db: VastDb,
    id: u64,
}

impl Transaction {
    pub(crate) fn new(db: VastDb, id: u64) -> Self {
        Self { db, id }
    }

    /// The server's number of it.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Makes everything it wrote visible, all at once.
    ///
    /// # Errors
    /// [`VastError::Conflict`] when another transaction changed the same rows first, and
    /// [`VastError::TransactionOver`] when it has expired: then nothing is written. When
    /// [`VastError::may_have_happened`], [`VastDb::settle`] ends the doubt.
    pub async fn commit(self) -> Result<(), VastError> {
        self.end(Method::PUT).await
    }

    /// Undoes everything it wrote.
    pub async fn rollback(self) -> Result<(), VastError> {
        self.end(Method::DELETE).await
    }

    /// Rolls back where nobody asks how that went.
    pub(crate) async fn give_up(self) {
        let id = self.id;
        if let Err(error) = self.rollback().await {
            tracing::debug!(id, %error, "a transaction is left to expire");
        }
    }

    async fn end(self, method: Method) -> Result<(), VastError> {
        let id = self.id;
        // To roll back what is rolled back does nothing.
        let harmless = method == Method::DELETE;
        let call = Call::new(method, &[], "transaction", format!("transaction {id}"));
        let call = if harmless { call.repeatable() } else { call };
        match self.send(call).await {
            Ok(_) => Ok(()),
            Err(VastError::NotFound { .. }) => Err(VastError::TransactionOver { id }),
            Err(error) => Err(error),
        }
    }

    /// Names of the bucket's schemas.
    pub async fn schemas(&self, bucket: &str) -> Result<Vec<String>, VastError> {
        check_name("bucket", bucket)?;
        let what = format!("schemas of {bucket}");
        self.names(&[bucket], "schema", &what, None, listing::schema_names)
            .await
    }

    /// Whether the schema exists.
    pub async fn has_schema(&self, bucket: &str, schema: &str) -> Result<bool, VastError> {
        check_names(&[bucket, schema])?;
        let what = format!("schemas of {bucket}");
        let names = self
            .names(
                &[bucket],
                "schema",
                &what,
                Some(schema),
                listing::schema_names,
            )
            .await?;
        Ok(names.iter().any(|name| name == schema))
    }

    /// Makes a schema. [`VastError::Conflict`] when it exists.
    pub async fn create_schema(&self, bucket: &str, schema: &str) -> Result<(), VastError> {
        check_names(&[bucket, schema])?;
        let what = format!("schema {bucket}/{schema}");
        let call = Call::new(Method::POST, &[bucket, schema], "schema", what)
            .body(relation::create_schema());
        self.send(call).await.map(|_| ())
    }

    /// Removes a schema without tables.
    pub async fn drop_schema(&self, bucket: &str, schema: &str) -> Result<(), VastError> {
        check_names(&[bucket, schema])?;
        let what = format!("schema {bucket}/{schema}");
        let call = Call::new(Method::DELETE, &[bucket, schema], "schema", what);
        self.send(call).await.map(|_| ())
    }

    /// Names of the schema's tables.
    pub async fn tables(&self, bucket: &str, schema: &str) -> Result<Vec<String>, VastError> {
        check_names(&[bucket, schema])?;
        let what = format!("tables of {bucket}/{schema}");
        self.names(
            &[bucket, schema],
            "table",
            &what,
            None,
            listing::table_names,
        )
        .await
    }

    /// Whether the table exists.
    pub async fn has_table(
        &self,
        bucket: &str,
        schema: &str,
        table: &str,
    ) -> Result<bool, VastError> {
        check_names(&[bucket, schema, table])?;
        let what = format!("tables of {bucket}/{schema}");
        let path = [bucket, schema];
        let names = self
            .names(&path, "table", &what, Some(table), listing::table_names)
            .await?;
        Ok(names.iter().any(|name| name == table))
    }

    /// Makes a table. [`VastError::Conflict`] when it exists.
    pub async fn create_table(
        &self,
        bucket: &str,
        schema: &str,
        name: &str,
        columns: &[Column],
    ) -> Result<Table, VastError> {
        check_names(&[bucket, schema, name])?;
        let mut seen = BTreeSet::new();
        for column in columns {
            check_name("column", &column.name)?;
            if column.name == ROW_ID || !seen.insert(column.name.as_str()) {
                let what = format!("column {:?}", column.name);
                return Err(VastError::input(what, "the name is taken"));
            }
        }
        let table = Table {
            bucket: bucket.to_owned(),
            schema: schema.to_owned(),
            name: name.to_owned(),
            columns: columns.to_vec(),
        };
        let body = ipc::schema_message(&schema_of(columns)?)?;
        self.send(call_of(Method::POST, &table, "table").body(body))
            .await?;
        Ok(table)
    }

    /// Looks a table and its columns up. Columns of types that are not carried are
    /// [`ColumnKind::Other`].
    pub async fn table(&self, bucket: &str, schema: &str, name: &str) -> Result<Table, VastError> {
        check_names(&[bucket, schema, name])?;
        let mut table = Table {
            bucket: bucket.to_owned(),
            schema: schema.to_owned(),
            name: name.to_owned(),
            columns: Vec::new(),
        };
        let mut key = "0".to_owned();
        for _ in 0..self.db.transport().settings.pages {
            let call = listing_call(call_of(Method::GET, &table, "column"), &key, None)?;
            let what = call.what.clone();
            let answer = self.send(call).await?;
            table.columns.extend(columns_of(&answer.body, &what)?);
            if table.columns.len() > MAX_COLUMNS {
                return Err(too_long(what, MAX_COLUMNS, "columns"));
            }
            match next_key(&answer, &key, &what)? {
                Some(next) => key = next,
                None => return Ok(table),
            }
        }
        Err(too_long(table.path(), MAX_COLUMNS, "columns"))
    }

    /// Removes a table with its rows.
    pub async fn drop_table(&self, table: &Table) -> Result<(), VastError> {
        self.send(call_of(Method::DELETE, table, "table"))
            .await
            .map(|_| ())
    }

    /// How much the table holds, as the server estimates it.
    pub async fn stats(&self, table: &Table) -> Result<Stats, VastError> {
        let call = call_of(Method::GET, table, "stats");
        let what = call.what.clone();
        listing::stats(&self.send(call).await?.body, &what)
    }

    /// Adds rows, each of the values of `columns` in their order, and tells their ids. Columns that
    /// are not named stay empty. Many rows go in several requests.
    ///
    /// # Errors
    /// [`VastError::TooLarge`] when a single row fits in no request; then nothing was sent.
    pub async fn insert(
        &self,
        table: &Table,
        columns: &[&str],
        rows: &[Vec<Option<Value>>],
    ) -> Result<Vec<u64>, VastError> {
        let what = format!("rows for {}", table.path());
        let named = cells::named(table, columns)?;
        let mut ids = Vec::with_capacity(rows.len());
        for body in cells::requests(&what, &named, None, rows)? {
            let call = Call::new(Method::POST, &table.names(), "rows", &what).body(body);
            let answer = self.send(call).await?;
            ids.extend(row_ids(&answer.body, &what)?);
        }
        if ids.len() != rows.len() {
            return Err(VastError::protocol(
                what,
                "there are more or fewer ids than rows",
            ));
        }
        Ok(ids)
    }

    /// Changes the values of `columns` in rows named by their ids.
    pub async fn update(
        &self,
        table: &Table,
        columns: &[&str],
        rows: &[(u64, Vec<Option<Value>>)],
    ) -> Result<(), VastError> {
        let what = format!("changed rows for {}", table.path());
        let named = cells::named(table, columns)?;
        // The server wants them sorted.
        let mut rows: Vec<&(u64, Row)> = rows.iter().collect();
        rows.sort_by_key(|(id, _)| *id);
        if rows
            .windows(2)
            .any(|two| two.first().map(|row| row.0) == two.last().map(|row| row.0))
        {
            return Err(VastError::input(what, "a row is named twice"));
        }
        let ids: Vec<u64> = rows.iter().map(|(id, _)| *id).collect();
        let values: Vec<Row> = rows.iter().map(|(_, values)| values.clone()).collect();
        for body in cells::requests(&what, &named, Some(&ids), &values)? {
            let call = Call::new(Method::PUT, &table.names(), "rows", &what).body(body);
            self.send(call).await?;
        }
        Ok(())
    }

    /// Removes rows named by their ids.
    pub async fn delete(&self, table: &Table, ids: &[u64]) -> Result<(), VastError> {
        let what = format!("removed rows for {}", table.path());
        let ids: Vec<u64> = ids
            .iter()
            .copied()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let rows: Vec<Row> = vec![Vec::new(); ids.len()];
        for body in cells::requests(&what, &[], Some(&ids), &rows)? {
            let call = Call::new(Method::DELETE, &table.names(), "rows", &what).body(body);
            self.send(call).await?;
        }
        Ok(())
    }

    /// Rows that pass the query's predicate, in no certain order.
    pub async fn query(&self, table: &Table, query: &Query) -> Result<Rows, VastError> {
        query::run(self.db.transport(), self.id, table, query).await
    }

    async fn send(&self, call: Call) -> Result<Answer, VastError> {
        let call = call.in_transaction(self.id)?;
        self.db.transport().send(&call).await
    }

    async fn names(
        &self,
        path: &[&str],
        command: &str,
        what: &str,
        exact: Option<&str>,
        read: fn(&[u8], &str) -> Result<Vec<String>, VastError>,
    ) -> Result<Vec<String>, VastError> {
        let mut names = Vec::new();
        let mut key = "0".to_owned();
        for _ in 0..self.db.transport().settings.pages {
            let call = Call::new(Method::GET, path, command, what);
            let answer = self.send(listing_call(call, &key, exact)?).await?;
            names.extend(read(&answer.body, what)?);
            if names.len() > MAX_NAMES {
                break;
            }
            match next_key(&answer, &key, what)? {
                Some(next) => key = next,
                None => return Ok(names),
            }
        }
        Err(too_long(what.to_owned(), MAX_NAMES, "names"))
    }
}

fn check_names(names: &[&str]) -> Result<(), VastError> {
    for (what, name) in ["bucket", "schema", "table"].iter().zip(names) {
        check_name(what, name)?;
    }
    Ok(())
}

fn call_of(method: Method, table: &Table, command: &str) -> Call {
    let what = format!("table {}", table.path());
    Call::new(method, &table.names(), command, what)
}

fn listing_call(call: Call, key: &str, exact: Option<&str>) -> Result<Call, VastError> {
    let call = call
        .header("tabular-max-keys", PAGE)?
        .header("tabular-next-key", key)?
        .header("tabular-list-count-only", "False")?;
    match exact {
        Some(name) => call.header("tabular-name-exact-match", name),
        None => call.header("tabular-name-prefix", ""),
    }
}

/// Where a listing goes on; `None` at its end.
fn next_key(answer: &Answer, key: &str, what: &str) -> Result<Option<String>, VastError> {
    if answer.text("tabular-is-truncated") != Some("true") {
        return Ok(None);
    }
    match answer.text("tabular-next-key") {
        Some(next) if next != key => Ok(Some(next.to_owned())),
        _ => Err(VastError::protocol(what, "it does not come any further")),
    }
}

fn too_long(what: String, limit: usize, unit: &'static str) -> VastError {
    VastError::AnswerTooLong { what, limit, unit }
}

/// The columns in an answer that is a stream with a schema and no rows.
fn columns_of(body: &Bytes, what: &str) -> Result<Vec<Column>, VastError> {
    let wrong = |detail: String| VastError::protocol(what, detail);
    match ipc::part(body).map_err(wrong)? {
        Part::Message { description, .. } => {
            ipc::columns(body.get(description).unwrap_or_default()).map_err(wrong)
        }
        _ => Err(wrong("it holds no columns".to_owned())),
    }
}

/// The ids in an answer to an insertion: a stream of one column.
fn row_ids(body: &Bytes, what: &str) -> Result<Vec<u64>, VastError> {
    let wrong = |detail: String| VastError::protocol(what, detail);
    let columns = columns_of(body, what)?;
    if !matches!(columns.as_slice(), [column] if column.kind == ColumnKind::UInt64) {
        return Err(wrong("it holds no ids".to_owned()));
    }
    let schema = Arc::new(schema_of(&columns)?);
    let mut ids = Vec::new();
    let mut rest: &[u8] = body;
    let mut first = true;
    while let Part::Message { description, body } = ipc::part(rest).map_err(wrong)? {
        let (message, after) = rest.split_at(body.end);
        if !std::mem::take(&mut first) {
            let description = message.get(description).unwrap_or_default();
            let data = message.get(body).unwrap_or_default();
            let batch = ipc::batch(description, data, &columns, &schema, MAX_IDS).map_err(wrong)?;
            let rows = Rows::new(&schema, &[batch]).map_err(wrong)?;
            let name = columns.first().map_or(ROW_ID, |column| &column.name);
            let all: Option<Vec<u64>> = (0..rows.len()).map(|row| rows.uint64(name, row)).collect();
            ids.extend(all.ok_or_else(|| wrong("an id is missing".to_owned()))?);
        }
        rest = after;
    }
    Ok(ids)
}

/// Ids of one answer.
const MAX_IDS: usize = 1 << 20;
