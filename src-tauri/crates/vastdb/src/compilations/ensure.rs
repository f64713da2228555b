//! Finding the tables, or making them.

use super::columns::{compilation_columns, input_columns};
use super::{COMPILATIONS, CompilationTables, INPUTS};
use crate::column::Column;
use crate::db::VastDb;
use crate::error::VastError;
use crate::table::Table;
use crate::transaction::Transaction;

/// Another computer that makes the same tables is waited for so many times.
const TRIES: u32 = 6;

impl CompilationTables {
    /// Finds the tables in the schema of the bucket, which must exist. Nothing is made.
    ///
    /// # Errors
    /// [`VastError::NotFound`] when one is not there, [`VastError::IncompatibleTable`] when it has
    /// other columns.
    pub async fn open(db: &VastDb, bucket: &str, schema: &str) -> Result<Self, VastError> {
        let (compilations, inputs) = db
            .with_snapshot(async |tx| {
                let compilations = tx.table(bucket, schema, COMPILATIONS).await?;
                let inputs = tx.table(bucket, schema, INPUTS).await?;
                Ok((compilations, inputs))
            })
            .await?;
        Self::of(db, compilations, inputs)
    }

    /// Finds the tables in the schema of the bucket, which must exist, or makes schema and tables.
    /// Somebody who makes them at the same time does no harm. Columns of other programs are left
    /// alone.
    ///
    /// # Errors
    /// [`VastError::NotFound`] when there is no such bucket, [`VastError::IncompatibleTable`] when a
    /// table has other columns than it must have.
    pub async fn ensure(db: &VastDb, bucket: &str, schema: &str) -> Result<Self, VastError> {
        db.check_bucket(bucket).await?;
        let mut tries = 0;
        loop {
            tries += 1;
            let tx = db.begin().await?;
            let id = tx.id();
            let error = match find_or_make(&tx, bucket, schema).await {
                Ok((compilations, inputs, made)) => {
                    // What can't be used must not be committed to.
                    let found = Self::of(db, compilations, inputs);
                    if !made || found.is_err() {
                        tx.give_up().await;
                        return found;
                    }
                    match tx.commit().await {
                        Ok(()) => return found,
                        Err(error) => error,
                    }
                }
                Err(error) => {
                    tx.give_up().await;
                    error
                }
            };
            let again = matches!(error, VastError::Conflict { .. }) || error.may_have_happened();
            if !again || tries >= TRIES {
                return Err(error);
            }
            if error.may_have_happened() {
                db.settle(id).await?;
            }
            tokio::time::sleep(db.transport().pause_after(tries)).await;
        }
    }

    fn of(db: &VastDb, compilations: Table, inputs: Table) -> Result<Self, VastError> {
        check(&compilations, &compilation_columns())?;
        check(&inputs, &input_columns())?;
        Ok(Self {
            db: db.clone(),
            compilations,
            inputs,
        })
    }
}

/// The two tables, and whether anything was made.
async fn find_or_make(
    tx: &Transaction,
    bucket: &str,
    schema: &str,
) -> Result<(Table, Table, bool), VastError> {
    let mut made = false;
    if !tx.has_schema(bucket, schema).await? {
        tx.create_schema(bucket, schema).await?;
        made = true;
    }
    let mut tables = Vec::new();
    for (name, columns) in [
        (COMPILATIONS, compilation_columns()),
        (INPUTS, input_columns()),
    ] {
        let table = if tx.has_table(bucket, schema, name).await? {
            tx.table(bucket, schema, name).await?
        } else {
            made = true;
            tx.create_table(bucket, schema, name, &columns).await?
        };
        tables.push(table);
    }
    match <[Table; 2]>::try_from(tables) {
        Ok([compilations, inputs]) => Ok((compilations, inputs, made)),
        Err(_) => Err(VastError::protocol(schema, "a table is missing")),
    }
}

/// Whether `table` has the columns it must have. It may have more.
fn check(table: &Table, columns: &[Column]) -> Result<(), VastError> {
    for column in columns {
        let reason = match table.column(&column.name) {
            None => "is missing".to_owned(),
            Some(found) if found.kind != column.kind => {
                format!("is {} where {} is due", found.kind, column.kind)
            }
            Some(_) => continue,
        };
        return Err(VastError::IncompatibleTable {
            table: table.path(),
            column: column.name.clone(),
            reason,
        });
    }
    // A column of others that must be filled would make every insertion fail.
    let needy = table
        .columns
        .iter()
        .find(|found| !found.nullable && columns.iter().all(|column| column.name != found.name));
    match needy {
        Some(found) => Err(VastError::IncompatibleTable {
            table: table.path(),
            column: found.name.clone(),
            reason: "is of another program and must not be empty".to_owned(),
        }),
        None => Ok(()),
    }
}
