//! Answers to listings and statistics.

use super::flat::{Table, whole};
use crate::error::VastError;

/// Names of one page; a server sends no more than it is asked for.
const PAGE: usize = 10_000;
/// A name is not longer than this.
const NAME_BYTES: usize = 1024;

/// How much a table holds, as the server estimates it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Rows.
    pub rows: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// Names of schemas in an answer to a listing of schemas.
pub(crate) fn schema_names(bytes: &[u8], what: &str) -> Result<Vec<String>, VastError> {
    whole(names(bytes, 1), what)
}

/// Names of tables in an answer to a listing of tables.
pub(crate) fn table_names(bytes: &[u8], what: &str) -> Result<Vec<String>, VastError> {
    whole(names(bytes, 2), what)
}

fn names(bytes: &[u8], slot: u16) -> Option<Vec<String>> {
    Table::root(bytes)?
        .tables(slot, PAGE)?
        .iter()
        .map(|details| {
            let name = details.text(0)?;
            (name.len() <= NAME_BYTES).then(|| name.to_owned())
        })
        .collect()
}

/// The answer to a question for a table's statistics.
pub(crate) fn stats(bytes: &[u8], what: &str) -> Result<Stats, VastError> {
    let read = || {
        let table = Table::root(bytes)?;
        Some(Stats {
            rows: u64::try_from(table.i64(0)?).ok()?,
            bytes: u64::try_from(table.i64(1)?).ok()?,
        })
    };
    whole(read(), what)
}
