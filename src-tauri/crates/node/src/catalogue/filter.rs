//! Filters and orders of lists, and how they become SQL.

use mediatime::TimeRange;
use rusqlite::types::Value as Sql;
use rusqlite::{Row, Transaction, params_from_iter};
use tams_model::{ContentFormat, FlowStatus, Id, MimeType};

use super::page::{Page, Paged};
use super::time_key::TimeSpan;
use crate::NodeError;

/// Which tags an item must have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagFilter {
    /// Name and values: one of the tag's values must be one of these.
    pub values: Vec<(String, Vec<String>)>,
    /// Name, and whether there must or must not be such a tag.
    pub exists: Vec<(String, bool)>,
}

/// Which flows to list. Everything given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowFilter {
    /// Of this source.
    pub source_id: Option<Id>,
    /// With segments in this timerange; the empty timerange selects flows without segments.
    pub timerange: Option<TimeRange>,
    /// Of this format.
    pub format: Option<ContentFormat>,
    /// Of this codec.
    pub codec: Option<MimeType>,
    /// Made from this profile.
    pub profile_id: Option<Id>,
    /// With exactly this label.
    pub label: Option<String>,
    /// With this status.
    pub status: Option<FlowStatus>,
    /// With these tags.
    pub tags: TagFilter,
    /// Video of this width in pixels; any whole number may be asked for.
    pub frame_width: Option<i64>,
    /// Video of this height in pixels.
    pub frame_height: Option<i64>,
    /// That do or don't need initialisation segments.
    pub init_segments: Option<bool>,
    /// Collected by one of these flows; an empty list selects flows that none collects.
    pub collected_by: Option<Vec<Id>>,
    /// The order.
    pub sort: FlowSort,
    /// Whether the order is turned round.
    pub reverse: bool,
}

/// How flows are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FlowSort {
    /// Newest first.
    #[default]
    Created,
    /// Last changed first.
    MetadataUpdated,
    /// By label, flows without one last.
    Label,
}

/// Which sources to list. Everything given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceFilter {
    /// With exactly this label.
    pub label: Option<String>,
    /// Of this format.
    pub format: Option<ContentFormat>,
    /// With these tags.
    pub tags: TagFilter,
    /// Collected by one of these sources; an empty list selects sources that none collects.
    pub collected_by: Option<Vec<Id>>,
    /// The order.
    pub sort: SourceSort,
    /// Whether the order is turned round.
    pub reverse: bool,
}

/// How sources are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceSort {
    /// Newest first.
    #[default]
    Created,
    /// Last changed first.
    Updated,
    /// By label, sources without one last.
    Label,
}

/// Conditions that must all hold, and the values of their `?`.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    sql: String,
    values: Vec<Sql>,
}

impl Conditions {
    pub(super) fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Sql>) {
        self.sql.push_str(if self.sql.is_empty() {
            " WHERE "
        } else {
            " AND "
        });
        self.sql.push_str(condition);
        self.values.extend(values);
    }

    pub(super) fn and_equal<T: Into<Sql>>(&mut self, column: &str, value: Option<T>) {
        if let Some(value) = value {
            self.and(&format!("{column} = ?"), [value.into()]);
        }
    }

    /// The tags in `column`, a JSON object, pass `filter`.
    pub(super) fn and_tags(&mut self, column: &str, filter: &TagFilter) {
        for (name, wanted) in &filter.values {
            let places = vec!["?"; wanted.len()].join(", ");
            let condition = format!(
                "EXISTS (SELECT 1 FROM json_each({column}) t \
                 WHERE t.key = ? AND t.type = 'text' AND t.value IN ({places}) \
                 UNION ALL SELECT 1 FROM json_each({column}) t, \
                 json_each(CASE t.type WHEN 'array' THEN t.value ELSE '[]' END) v \
                 WHERE t.key = ? AND v.value IN ({places}))"
            );
            let one = || {
                std::iter::once(Sql::from(name.clone()))
                    .chain(wanted.iter().cloned().map(Sql::from))
            };
            self.and(&condition, one().chain(one()));
        }
        for (name, exists) in &filter.exists {
            let not = if *exists { "" } else { "NOT " };
            let condition =
                format!("{not}EXISTS (SELECT 1 FROM json_each({column}) t WHERE t.key = ?)");
            self.and(&condition, [Sql::from(name.clone())]);
        }
    }

    /// `collected` (a subquery of the ids that collect the item) has one of `collectors`, or has
    /// none when there are no collectors.
    pub(super) fn and_collected(&mut self, collected: &str, collectors: Option<&[Id]>) {
        match collectors {
            None => {}
            Some([]) => self.and(&format!("NOT EXISTS ({collected})"), []),
            Some(collectors) => {
                let places = vec!["?"; collectors.len()].join(", ");
                let ids = collectors.iter().map(|id| Sql::from(id.to_string()));
                self.and(&format!("EXISTS ({collected} AND c.id IN ({places}))"), ids);
            }
        }
    }

    pub(super) fn and_segments_in(&mut self, timerange: Option<TimeRange>) {
        match timerange {
            None => {}
            Some(range) if range.is_empty() => {
                self.and(
                    "NOT EXISTS (SELECT 1 FROM segment s WHERE s.flow = f.key)",
                    [],
                );
            }
            Some(range) if range.is_eternity() => {}
            Some(range) => {
                let span = TimeSpan::from(range);
                self.and(
                    "(SELECT s.ends FROM segment s WHERE s.flow = f.key AND s.starts < ? \
                     ORDER BY s.starts DESC LIMIT 1) > ?",
                    [span.end.into(), span.start.into()],
                );
            }
        }
    }

    /// Reads one page of `SELECT {columns} FROM {tables}` under these conditions. `order` are
    /// expressions that sort the list upwards and tell every two items apart.
    pub(super) fn page<T>(
        mut self,
        tx: &Transaction<'_>,
        columns: &str,
        tables: &str,
        order: &[&str],
        (reverse, page): (bool, &Page),
        read: impl Fn(&Row<'_>) -> Result<T, NodeError>,
    ) -> Result<Paged<T>, NodeError> {
        let position = order.join(", ");
        if let Some(key) = &page.key {
            let beyond = if reverse { "<" } else { ">" };
            let places = vec!["?"; order.len()].join(", ");
            self.and(
                &format!("({position}) {beyond} ({places})"),
                key.position(order.len())?,
            );
        }
        let direction = if reverse { "DESC" } else { "ASC" };
        let sorted: Vec<String> = (1..=order.len())
            .map(|at| format!("{at} {direction}"))
            .collect();
        let sql = format!(
            "SELECT {position}, {columns} FROM {tables}{} ORDER BY {} LIMIT {}",
            self.sql,
            sorted.join(", "),
            i64::from(page.limit) + 1
        );
        let mut statement = tx.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(self.values))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let position = (0..order.len())
                .map(|at| row.get(at))
                .collect::<Result<_, _>>()?;
            found.push((read(row)?, position));
        }
        Ok(Paged::cut(found, page.limit as usize))
    }
}
