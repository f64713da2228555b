//! Pins: ranges of servers' flows that somebody wants on this machine.
//!
//! What is wanted is the user's truth and lies here; what is there of it is in the cache.

use crate::column::{Text, TimeColumns, time};
use crate::{StoreError, Tx};
use mediatime::{TimeRange, Timestamp};
use rusqlite::{Row, params};
use tams_model::Id;

pub(crate) const TABLES: &str = "
CREATE TABLE pins (
    connection TEXT NOT NULL,
    flow_id TEXT NOT NULL,
    timerange TEXT NOT NULL,
    pinned_s INTEGER NOT NULL,
    pinned_ns INTEGER NOT NULL CHECK (pinned_ns BETWEEN 0 AND 999999999),
    PRIMARY KEY (connection, flow_id, timerange)
) STRICT, WITHOUT ROWID;
";

/// A range of a flow that is wanted on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The connection to its server.
    pub connection: String,
    /// The flow there.
    pub flow_id: Id,
    /// On the flow's timeline.
    pub timerange: TimeRange,
    /// Since when, UTC since the Unix epoch.
    pub pinned: Timestamp,
}

impl Tx<'_> {
    /// Wants a range on this machine. One that is wanted already stays as it is.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn pin(
        &self,
        connection: &str,
        flow_id: Id,
        timerange: TimeRange,
    ) -> Result<(), StoreError> {
        let pinned = TimeColumns::from(self.clock.now());
        self.conn
            .prepare_cached(
                "INSERT OR IGNORE INTO pins (connection, flow_id, timerange, pinned_s, pinned_ns)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                connection,
                Text(flow_id),
                Text(timerange),
                pinned.secs,
                pinned.nanos
            ])?;
        Ok(())
    }

    /// No longer wants a range that was pinned exactly so; whether there was one.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn unpin(
        &self,
        connection: &str,
        flow_id: Id,
        timerange: TimeRange,
    ) -> Result<bool, StoreError> {
        let removed = self
            .conn
            .prepare_cached(
                "DELETE FROM pins WHERE connection = ?1 AND flow_id = ?2 AND timerange = ?3",
            )?
            .execute(params![connection, Text(flow_id), Text(timerange)])?;
        Ok(removed > 0)
    }

    /// All pins, the oldest first.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn pins(&self) -> Result<Vec<Pin>, StoreError> {
        let mut query = self.conn.prepare_cached(
            "SELECT connection, flow_id, timerange, pinned_s, pinned_ns FROM pins
             ORDER BY pinned_s, pinned_ns, connection, flow_id, timerange",
        )?;
        let rows = query.query_map([], |row| Ok(pin(row)))?;
        rows.map(|row| row?).collect()
    }
}

fn pin(row: &Row<'_>) -> Result<Pin, StoreError> {
    Ok(Pin {
        connection: row.get(0)?,
        flow_id: row.get::<_, Text<Id>>(1)?.0,
        timerange: row.get::<_, Text<TimeRange>>(2)?.0,
        pinned: time(row, 3)?,
    })
}
