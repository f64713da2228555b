//! Summary tables: counts that the cluster keeps by the minute, hour or day, for long ranges.

use serde::{Deserialize, Serialize};

use super::columns::{Name, TableName};
use crate::audience::Span;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How much time a row of a summary table stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day.
    Day,
}

impl Step {
    /// Milliseconds.
    #[must_use]
    pub const fn ms(self) -> i64 {
        match self {
            Self::Minute => MINUTE_MS,
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
        }
    }

    /// The coarsest step that still shows a range of this length well.
    const fn for_length(ms: i64) -> Self {
        if ms < 3 * HOUR_MS {
            Self::Minute
        } else if ms < 48 * HOUR_MS {
            Self::Hour
        } else {
            Self::Day
        }
    }
}

/// A summary table. Its columns of counts hold states of aggregate functions, `uniq` for sessions and
/// scans and `sum` for times, as [`super::table::summary_sql`] makes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SummaryTable {
    /// The table.
    pub table: TableName,
    /// What a row stands for.
    pub step: Step,
    /// Where that begins: the primary timestamp.
    pub ts: Name,
    /// The compilation.
    pub video: Name,
    /// `uniq` of the sessions that began to play.
    pub views: Name,
    /// `uniq` of the sessions in which pictures moved.
    pub plays: Option<Name>,
    /// `uniq` of the scans.
    pub scans: Option<Name>,
    /// `sum` of the milliseconds watched.
    pub watch_ms: Option<Name>,
}

impl SummaryTable {
    /// The sums of a query over it.
    pub(crate) fn sums(&self) -> String {
        let merged = |function: &str, column: Option<&Name>, name: &str| {
            column.map_or_else(
                || format!("NULL AS {name}"),
                |column| format!("{function}Merge({}) AS {name}", column.quoted()),
            )
        };
        [
            merged("uniq", Some(&self.views), "s_views"),
            merged("uniq", self.plays.as_ref(), "s_plays"),
            merged("uniq", self.scans.as_ref(), "s_scans"),
            merged("sum", self.watch_ms.as_ref(), "s_watch"),
        ]
        .join(", ")
    }

    /// `span` from the beginning of the row it begins in.
    pub(crate) const fn whole(&self, span: Span) -> Span {
        Span {
            from_ms: span.from_ms - span.from_ms.rem_euclid(self.step.ms()),
            to_ms: span.to_ms,
        }
    }
}

/// The summary table for a range: the coarsest that shows it well and is no coarser than `step_ms`.
pub(crate) fn choose(
    summaries: &[SummaryTable],
    span: Span,
    step_ms: Option<i64>,
) -> Option<&SummaryTable> {
    let wanted = Step::for_length(span.length_ms());
    let fits = |summary: &&SummaryTable| {
        summary.step <= wanted && step_ms.is_none_or(|step| summary.step.ms() <= step)
    };
    summaries
        .iter()
        .filter(fits)
        .max_by_key(|summary| summary.step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_choose_their_table() {
        let name = |text: &str| text.parse::<Name>().unwrap();
        let summary = |step, table: &str| SummaryTable {
            table: table.parse().unwrap(),
            step,
            ts: name("t"),
            video: name("v"),
            views: name("views"),
            plays: None,
            scans: None,
            watch_ms: None,
        };
        let all = [
            summary(Step::Hour, "p.hour"),
            summary(Step::Minute, "p.minute"),
            summary(Step::Day, "p.day"),
        ];
        let chosen = |summaries: &[SummaryTable], hours: i64, step_ms| {
            let span = Span {
                from_ms: 0,
                to_ms: hours * HOUR_MS,
            };
            choose(summaries, span, step_ms).map(|summary| summary.table.table.to_string())
        };
        let is = |name: &str| Some(name.to_owned());
        assert_eq!(chosen(&all, 1, None), is("minute"));
        assert_eq!(chosen(&all, 24, None), is("hour"));
        assert_eq!(chosen(&all, 720, None), is("day"));
        assert_eq!(chosen(&all, 720, Some(HOUR_MS)), is("hour"));
        assert_eq!(chosen(&all, 720, Some(MINUTE_MS - 1)), None);
        assert_eq!(chosen(&all[..1], 1, None), None);
        assert_eq!(chosen(&[], 720, None), None);
    }
}
