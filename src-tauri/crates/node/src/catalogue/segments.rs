//! Segments: which objects are where on a flow's timeline.

use mediatime::{TimeRange, Timestamp};
use rusqlite::types::Value as Sql;
use rusqlite::{Row, Transaction, params};
use tams_model::{FlowSegment, Id, InitObject, Other, UncontrolledUrl};

use super::filter::Conditions;
use super::time_key::{TimeKey, TimeSpan};
use super::{Catalogue, Page, Paged, StoredUrls, flows};
use crate::NodeError;

/// Which segments of a flow to list. Everything given must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentFilter {
    /// Overlapping this timerange, wholly or in part; everything by default.
    pub timerange: TimeRange,
    /// Of this object.
    pub object_id: Option<String>,
    /// From the last to the first instead of the other way round.
    pub reverse: bool,
}

impl Default for SegmentFilter {
    fn default() -> Self {
        Self {
            timerange: TimeRange::ETERNITY,
            object_id: None,
            reverse: false,
        }
    }
}

impl SegmentFilter {
    /// The segments that overlap `timerange`.
    pub fn within(timerange: TimeRange) -> Self {
        Self {
            timerange,
            ..Self::default()
        }
    }
}

/// A segment and where its objects can be read.
#[derive(Clone, Debug)]
pub(crate) struct StoredSegment {
    pub(crate) segment: FlowSegment,
    pub(crate) urls: StoredUrls,
    pub(crate) init_urls: StoredUrls,
}

impl Catalogue {
    /// A page of the segments of a flow in order of time, each with its `object_timerange` and
    /// without URLs: see [`Catalogue::object_path`]. An unknown flow has no segments.
    ///
    /// # Errors
    ///
    /// [`NodeError::Invalid`] for a foreign page key.
    pub fn segments(
        &self,
        flow: Id,
        filter: &SegmentFilter,
        page: &Page,
    ) -> Result<Paged<FlowSegment>, NodeError> {
        Ok(self
            .stored_segments(flow, filter, page)?
            .map(|stored| stored.segment))
    }

    /// As [`Catalogue::segments`], with where the objects can be read.
    pub(crate) fn stored_segments(
        &self,
        flow: Id,
        filter: &SegmentFilter,
        page: &Page,
    ) -> Result<Paged<StoredSegment>, NodeError> {
        self.read(|tx| {
            let Some(row) = flows::row(tx, flow)? else {
                return Ok(Paged {
                    items: Vec::new(),
                    next: None,
                });
            };
            let span = TimeSpan::from(filter.timerange);
            let mut starts = starts(tx, row.key, span)?;
            if let Some(key) = &page.key {
                starts.go_on_after(TimeKey::from_page(key)?, filter.reverse);
            }
            let mut conditions = starts.conditions(row.key, span);
            conditions.and_equal("o.id", filter.object_id.clone());
            let tables =
                "segment s JOIN object o ON o.key = s.object LEFT JOIN object i ON i.key = o.init";
            let page = Page::first(page.limit);
            conditions.page(tx, COLUMNS, tables, ORDER, (filter.reverse, &page), read)
        })
    }
}

/// Where the segments that overlap a span can start. One lower and one upper bound, so that the
/// database goes straight to the first of them however long the flow is.
#[derive(Clone, Copy, Debug)]
struct Starts {
    first: TimeKey,
    before: TimeKey,
}

/// As segments never overlap one another, at most one that starts before the span reaches into it.
fn starts(tx: &Transaction<'_>, flow: i64, span: TimeSpan) -> Result<Starts, NodeError> {
    let reaching: Option<TimeKey> = tx
        .prepare_cached("SELECT MAX(starts) FROM segment WHERE flow = ?1 AND starts <= ?2")?
        .query_row(params![flow, span.start], |row| row.get(0))?;
    Ok(Starts {
        first: reaching.unwrap_or(span.start),
        before: span.end,
    })
}

impl Starts {
    /// Leaves out the segments of the pages before, the last of which starts at `last`.
    fn go_on_after(&mut self, last: TimeKey, reverse: bool) {
        if reverse {
            self.before = self.before.min(last);
        } else {
            self.first = self.first.max(last.next());
        }
    }

    fn conditions(self, flow: i64, span: TimeSpan) -> Conditions {
        let mut conditions = Conditions::default();
        conditions.and(
            "s.flow = ? AND s.starts >= ? AND s.starts < ? AND s.ends > ?",
            [
                Sql::from(flow),
                self.first.into(),
                self.before.into(),
                span.start.into(),
            ],
        );
        conditions
    }
}

/// The start alone tells the segments of a flow apart.
const ORDER: &[&str] = &["s.starts"];

/// From the start of the first to the end of the last segment that overlaps `span`.
pub(super) fn extent(
    tx: &Transaction<'_>,
    flow: i64,
    span: TimeSpan,
) -> Result<TimeRange, NodeError> {
    let starts = starts(tx, flow, span)?;
    let end_of = |reverse: bool| -> Result<Option<TimeRange>, NodeError> {
        let page = Page::first(1);
        let columns = "s.ends AS ends, s.end_inclusive AS end_inclusive, s.starts AS starts";
        let conditions = starts.conditions(flow, span);
        let found =
            conditions.page(tx, columns, "segment s", ORDER, (reverse, &page), timerange)?;
        Ok(found.items.into_iter().next())
    };
    match (end_of(false)?, end_of(true)?) {
        (Some(first), Some(last)) => Ok(first.extend_to_encompass(&last)),
        _ => Ok(TimeRange::NEVER),
    }
}

const COLUMNS: &str = "s.starts AS starts, s.ends AS ends, s.end_inclusive AS end_inclusive, \
     s.ts_offset AS ts_offset, s.last_duration AS last_duration, s.sample_offset AS sample_offset, \
     s.sample_count AS sample_count, o.id AS object_id, o.timerange AS object_timerange, \
     o.key_frame_count AS key_frame_count, o.size IS NOT NULL AS held, \
     (SELECT json_group_array(json_object('label', c.label, 'url', c.url)) FROM copy c \
     WHERE c.object = o.key) AS copies, i.id AS init_id, i.size IS NOT NULL AS init_held, \
     (SELECT json_group_array(json_object('label', c.label, 'url', c.url)) FROM copy c \
     WHERE c.object = i.key) AS init_copies";

fn timerange(row: &Row<'_>) -> Result<TimeRange, NodeError> {
    let span = TimeSpan {
        start: row.get("starts")?,
        end: row.get("ends")?,
    };
    Ok(span.timerange(row.get("end_inclusive")?))
}

fn read(row: &Row<'_>) -> Result<StoredSegment, NodeError> {
    let init_id: Option<String> = row.get("init_id")?;
    let object_timerange = row
        .get::<_, Option<String>>("object_timerange")?
        .map(|text| {
            text.parse()
                .map_err(|wrong| NodeError::damaged("an object", wrong))
        })
        .transpose()?;
    let segment = FlowSegment {
        object_id: row.get("object_id")?,
        timerange: timerange(row)?,
        ts_offset: timestamp(row, "ts_offset")?,
        last_duration: timestamp(row, "last_duration")?,
        object_timerange,
        sample_offset: row.get("sample_offset")?,
        sample_count: row.get("sample_count")?,
        get_urls: None,
        key_frame_count: row.get("key_frame_count")?,
        init_object: init_id.map(|object_id| InitObject {
            object_id,
            get_urls: None,
        }),
        other: Other::new(),
    };
    Ok(StoredSegment {
        segment,
        urls: StoredUrls {
            held: row.get("held")?,
            copies: copies(row, "copies")?,
        },
        init_urls: StoredUrls {
            held: row.get("init_held")?,
            copies: copies(row, "init_copies")?,
        },
    })
}

fn timestamp(row: &Row<'_>, column: &str) -> Result<Option<Timestamp>, NodeError> {
    row.get::<_, Option<String>>(column)?
        .map(|text| {
            text.parse()
                .map_err(|wrong| NodeError::damaged("a segment", wrong))
        })
        .transpose()
}

fn copies(row: &Row<'_>, column: &str) -> Result<Vec<UncontrolledUrl>, NodeError> {
    let text: String = row.get(column)?;
    if text == "[]" {
        return Ok(Vec::new());
    }
    serde_json::from_str(&text).map_err(|wrong| NodeError::damaged("an object", wrong))
}
