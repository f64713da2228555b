//! Reading records. Of rows with the same id, that of the highest version counts.

use std::collections::HashMap;

use uuid::Uuid;

use super::columns::{Reader, compilation_names, input_names, inputs, summary_names};
use super::{CompilationSummary, CompilationTables, Listing, StoredCompilation};
use crate::error::VastError;
use crate::predicate::Predicate;
use crate::query::Query;
use crate::transaction::Transaction;

/// Reasons why rows were left out of a list that are told.
const REASONS: usize = 10;

impl CompilationTables {
    /// The record of this id with its inputs; `None` when there is none.
    pub async fn read(&self, id: Uuid) -> Result<Option<StoredCompilation>, VastError> {
        self.db
            .with_snapshot(async |tx| self.read_in(tx, id).await)
            .await
    }

    pub(super) async fn read_in(
        &self,
        tx: &Transaction,
        id: Uuid,
    ) -> Result<Option<StoredCompilation>, VastError> {
        let query =
            Query::columns(compilation_names()).matching(Predicate::equal("id", id.to_string()));
        let rows = tx.query(&self.compilations, &query).await?;
        let newest = (0..rows.len()).max_by_key(|row| rows.int64("version", *row));
        let Some(newest) = newest else {
            return Ok(None);
        };
        let query = Query::columns(input_names())
            .matching(Predicate::equal("compilation_id", id.to_string()));
        let inputs = inputs(&tx.query(&self.inputs, &query).await?)?;
        Reader::compilation(&rows, newest).stored(inputs).map(Some)
    }

    /// The newest `limit` records, whatever their status, without inputs and plans. The server
    /// doesn't sort, so that all rows are looked at.
    pub async fn list(&self, limit: usize) -> Result<Listing, VastError> {
        let query = Query::columns(summary_names());
        let rows = self
            .db
            .with_snapshot(async |tx| tx.query(&self.compilations, &query).await)
            .await?;
        let mut listing = Listing::default();
        let mut newest: HashMap<Uuid, CompilationSummary> = HashMap::new();
        for row in 0..rows.len() {
            match Reader::compilation(&rows, row).summary() {
                Ok(summary) => {
                    let known = newest.get(&summary.id).map(|known| known.version);
                    if known.is_none_or(|version| version < summary.version) {
                        newest.insert(summary.id, summary);
                    }
                }
                Err(reason) if listing.unreadable.len() < REASONS => {
                    listing.unreadable.push(reason);
                }
                Err(_) => {}
            }
        }
        listing.items = newest.into_values().collect();
        // Of the same nanosecond, always the same one first.
        listing
            .items
            .sort_by_key(|item| (std::cmp::Reverse(item.created), item.id));
        listing.items.truncate(limit);
        Ok(listing)
    }
}
