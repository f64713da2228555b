//! Segments of a connection's flows, as they were listed range by range.
//!
//! Flows of a million segments are asked for a thousand at a time, so a range is found through the
//! table's key, not by looking at every segment. In a strict store segments never overlap; not every
//! server is strict, and what it listed is kept as it is. Segments therefore lie in order of their
//! magnitude first: those of one magnitude that overlap a range start at most twice their length
//! before it. A flow has two or three magnitudes.

use super::remote::Dated;
use super::span::{Cut, Span};
use super::{LibraryDb, coverage, legible, links, unwritable};
use crate::StoreError;
use crate::column::{Json, Text};
use mediatime::TimeRange;
use rusqlite::{Connection, OptionalExtension, Row, params};
use tams_model::{FlowSegment, Id, InitObject};

/// `flow` stands for a connection's flow, as in `coverage`. `number` tells segments of one listing with the same timerange apart, and keeps their order.
pub(super) const TABLES: &str = "
CREATE TABLE segment_flows (
    key INTEGER PRIMARY KEY,
    connection TEXT NOT NULL,
    flow TEXT NOT NULL,
    UNIQUE (connection, flow)
) STRICT;

CREATE TABLE segments (
    flow INTEGER NOT NULL,
    magnitude INTEGER NOT NULL,
    starts BLOB NOT NULL,
    ends BLOB NOT NULL,
    number INTEGER NOT NULL,
    object_id TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (flow, magnitude, starts, ends, number)
) STRICT, WITHOUT ROWID;
";

/// The segments of one magnitude that overlap a span.
const OVERLAPPING: &str =
    "flow = ?1 AND magnitude = ?2 AND starts >= ?3 AND starts < ?4 AND ends > ?5";

impl LibraryDb {
    /// Keeps the segments of a flow that a listing of `range` answered, in place of every known one
    /// that overlaps it, and remembers that `range` is known. Segments that don't overlap `range` are
    /// not kept: some servers answer more than they were asked for, and how far they looked is not
    /// known.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn put_segments(
        &self,
        connection: &str,
        flow: Id,
        range: TimeRange,
        segments: &[FlowSegment],
    ) -> Result<(), StoreError> {
        let Some(listed) = Span::of(range) else {
            return Ok(());
        };
        let rows = segments.iter().filter_map(|segment| {
            let span = Span::of(segment.timerange)?;
            span.overlaps(listed)
                .then(|| Ok((span, segment, document(segment)?)))
        });
        let rows: Vec<_> = rows.collect::<Result<_, _>>().map_err(unwritable)?;
        let seen = self.clock.now();
        self.write(|tx| {
            let flow = key_for(tx, connection, flow)?;
            delete(tx, flow, listed)?;
            let mut insert = tx.prepare_cached(
                "INSERT INTO segments (flow, magnitude, starts, ends, number, object_id, document)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            for (number, (span, segment, document)) in (0_i64..).zip(&rows) {
                insert.execute(params![
                    flow,
                    span.magnitude(),
                    span.starts,
                    span.ends,
                    number,
                    segment.object_id,
                    document
                ])?;
            }
            coverage::add(tx, flow, listed, seen)
        })
    }

    /// The segments of a flow that overlap `range`, in order of time, without `get_urls`; dated by the
    /// oldest of the listings they come from. `None` when a part of `range` was never listed: a hole in
    /// what is known is not a hole in the flow.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn segments(
        &self,
        connection: &str,
        flow: Id,
        range: TimeRange,
    ) -> Result<Option<Dated<Vec<FlowSegment>>>, StoreError> {
        let Some(asked) = Span::of(range) else {
            // Nothing is asked for, and that is known at any time.
            let seen = self.clock.now();
            return Ok(Some(Dated {
                value: Vec::new(),
                seen,
            }));
        };
        self.read(|conn| {
            let Some(flow) = key(conn, connection, flow)? else {
                return Ok(None);
            };
            let Some(seen) = coverage::oldest(conn, flow, asked)? else {
                return Ok(None);
            };
            let found = overlapping(conn, flow, asked)?;
            Ok(found.map(|value| Dated { value, seen }))
        })
    }
}

impl LibraryDb {
    /// Some segment of a flow that uses an object, as far as it was ever listed. Looks through all
    /// segments of the flow.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn segment_of(
        &self,
        connection: &str,
        flow: Id,
        object_id: &str,
    ) -> Result<Option<FlowSegment>, StoreError> {
        self.read(|conn| {
            let Some(flow) = key(conn, connection, flow)? else {
                return Ok(None);
            };
            let mut query = conn.prepare_cached(
                "SELECT starts, ends, number, document FROM segments
                 WHERE flow = ?1 AND object_id = ?2 LIMIT 1",
            )?;
            let mut rows = query.query(params![flow, object_id])?;
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            Ok(legible(from_row(row))?.map(|(_, segment)| segment))
        })
    }
}

/// The segments that overlap `span`; `None` when one of them can no longer be read, as then the range
/// is not known any more.
fn overlapping(
    conn: &Connection,
    flow: i64,
    span: Span,
) -> Result<Option<Vec<FlowSegment>>, StoreError> {
    let mut found = Vec::new();
    let mut query = conn.prepare_cached(&format!(
        "SELECT starts, ends, number, document FROM segments WHERE {OVERLAPPING}
         ORDER BY starts, ends, number"
    ))?;
    for magnitude in magnitudes(conn, flow)? {
        let from = span.reached_from(magnitude);
        let mut rows = query.query(params![flow, magnitude, from, span.ends, span.starts])?;
        while let Some(row) = rows.next()? {
            let Some(read) = legible(from_row(row))? else {
                return Ok(None);
            };
            found.push(read);
        }
    }
    found.sort_by_key(|(place, _)| *place);
    Ok(Some(
        found.into_iter().map(|(_, segment)| segment).collect(),
    ))
}

fn delete(tx: &Connection, flow: i64, span: Span) -> Result<(), StoreError> {
    let mut delete = tx.prepare_cached(&format!("DELETE FROM segments WHERE {OVERLAPPING}"))?;
    for magnitude in magnitudes(tx, flow)? {
        let from = span.reached_from(magnitude);
        delete.execute(params![flow, magnitude, from, span.ends, span.starts])?;
    }
    Ok(())
}

/// The magnitudes a flow's segments have: one look into the key for each.
fn magnitudes(conn: &Connection, flow: i64) -> Result<Vec<u32>, StoreError> {
    let mut query = conn
        .prepare_cached("SELECT min(magnitude) FROM segments WHERE flow = ?1 AND magnitude > ?2")?;
    let mut next = |after: Option<u32>| -> Result<Option<u32>, StoreError> {
        let after = after.map_or(-1, i64::from);
        Ok(query.query_row([flow, after], |row| row.get(0))?)
    };
    let mut found = Vec::new();
    let mut last = None;
    // In a damaged table the next one may be an earlier one, for ever.
    while let Some(magnitude) = next(last)?.filter(|next| last < Some(*next)) {
        found.push(magnitude);
        last = Some(magnitude);
    }
    Ok(found)
}

/// The number that stands for a connection's flow in the tables.
fn key(conn: &Connection, connection: &str, flow: Id) -> Result<Option<i64>, StoreError> {
    let mut query =
        conn.prepare_cached("SELECT key FROM segment_flows WHERE connection = ?1 AND flow = ?2")?;
    Ok(query
        .query_row(params![connection, Text(flow)], |row| row.get(0))
        .optional()?)
}

fn key_for(tx: &Connection, connection: &str, flow: Id) -> Result<i64, StoreError> {
    if let Some(known) = key(tx, connection, flow)? {
        return Ok(known);
    }
    tx.prepare_cached("INSERT INTO segment_flows (connection, flow) VALUES (?1, ?2)")?
        .execute(params![connection, Text(flow)])?;
    Ok(tx.last_insert_rowid())
}

pub(super) fn forget(tx: &Connection, connection: &str) -> Result<(), StoreError> {
    const FLOWS: &str = "SELECT key FROM segment_flows WHERE connection = ?1";
    for statement in [
        format!("DELETE FROM segments WHERE flow IN ({FLOWS})"),
        format!("DELETE FROM coverage WHERE flow IN ({FLOWS})"),
        "DELETE FROM segment_flows WHERE connection = ?1".to_owned(),
    ] {
        tx.prepare_cached(&statement)?.execute([connection])?;
    }
    Ok(())
}

/// A segment as JSON, without links.
fn document(segment: &FlowSegment) -> Result<String, serde_json::Error> {
    let init_object = segment.init_object.as_ref().map(|init| InitObject {
        object_id: init.object_id.clone(),
        get_urls: None,
    });
    serde_json::to_string(&FlowSegment {
        get_urls: None,
        init_object,
        other: links::members_without(&segment.other),
        ..segment.clone()
    })
}

/// Where a segment stands among the others of its flow.
type Place = (Cut, Cut, i64);

fn from_row(row: &Row<'_>) -> Result<(Place, FlowSegment), StoreError> {
    let place = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok((place, row.get::<_, Json<FlowSegment>>(3)?.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library_db::format;

    #[test]
    fn a_range_is_found_through_the_key() {
        let conn = Connection::open_in_memory().unwrap();
        format::make_tables(&conn).unwrap();
        let plan = |sql: &str| -> String {
            let mut query = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let nothing = params![0, 0, [0_u8], [0_u8], [0_u8]];
            query.query_row(nothing, |row| row.get("detail")).unwrap()
        };
        for sql in [
            format!("SELECT 1 FROM segments WHERE {OVERLAPPING} ORDER BY starts, ends, number"),
            format!("DELETE FROM segments WHERE {OVERLAPPING}"),
        ] {
            assert_eq!(
                plan(&sql),
                "SEARCH segments USING PRIMARY KEY (flow=? AND magnitude=? AND starts>? AND starts<?)"
            );
        }
    }
}
