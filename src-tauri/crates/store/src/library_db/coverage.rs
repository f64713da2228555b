//! Which stretches of a flow's timeline were listed, and when: what tells a hole in the flow from a
//! hole in what is known.

use super::legible;
use super::span::{Cut, Span};
use crate::StoreError;
use crate::column::{TimeColumns, time};
use mediatime::Timestamp;
use rusqlite::{Connection, Row, params};

pub(super) const TABLES: &str = "
CREATE TABLE coverage (
    flow INTEGER NOT NULL,
    starts BLOB NOT NULL,
    ends BLOB NOT NULL,
    seen_s INTEGER NOT NULL,
    seen_ns INTEGER NOT NULL CHECK (seen_ns BETWEEN 0 AND 999999999),
    PRIMARY KEY (flow, starts)
) STRICT, WITHOUT ROWID;
";

/// A stretch whose segments were listed. Those of a flow never overlap, and those of the same date
/// never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    span: Span,
    /// When, UTC since the Unix epoch.
    seen: Timestamp,
}

/// Remembers that `span` of the flow was listed now, whatever was known of it before.
pub(super) fn add(
    tx: &Connection,
    flow: i64,
    span: Span,
    seen: Timestamp,
) -> Result<(), StoreError> {
    let before = near(tx, flow, span)?;
    let mut delete = tx.prepare_cached("DELETE FROM coverage WHERE flow = ?1 AND starts = ?2")?;
    for known in &before {
        delete.execute(params![flow, known.span.starts])?;
    }
    let mut insert = tx.prepare_cached(
        "INSERT OR REPLACE INTO coverage (flow, starts, ends, seen_s, seen_ns)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for Known { span, seen } in with(&before, Known { span, seen }) {
        let seen = TimeColumns::from(seen);
        insert.execute(params![flow, span.starts, span.ends, seen.secs, seen.nanos])?;
    }
    Ok(())
}

/// The oldest date of the listings that together cover `span`; `None` when a part of it was never
/// listed.
pub(super) fn oldest(
    conn: &Connection,
    flow: i64,
    span: Span,
) -> Result<Option<Timestamp>, StoreError> {
    Ok(oldest_of(&near(conn, flow, span)?, span))
}

/// The stretches that overlap or meet `span`, in order of time.
fn near(conn: &Connection, flow: i64, span: Span) -> Result<Vec<Known>, StoreError> {
    // As they never overlap one another, at most one that starts before the span reaches it.
    let mut query = conn.prepare_cached(
        "SELECT starts, ends, seen_s, seen_ns FROM coverage
         WHERE flow = ?1 AND starts <= ?3 AND starts >= coalesce(
            (SELECT max(starts) FROM coverage WHERE flow = ?1 AND starts < ?2), ?2)
         ORDER BY starts",
    )?;
    let mut rows = query.query(params![flow, span.starts, span.ends])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(legible(from_row(row))?.flatten());
    }
    found.retain(|known| known.span.touches(span));
    Ok(found)
}

fn from_row(row: &Row<'_>) -> Result<Option<Known>, StoreError> {
    let (starts, ends): (Cut, Cut) = (row.get(0)?, row.get(1)?);
    let seen = time(row, 2)?;
    Ok(Span::between(starts, ends).map(|span| Known { span, seen }))
}

/// `before` with `new` in place of what it overlaps. Stretches of its date that it meets become one
/// with it.
fn with(before: &[Known], new: Known) -> Vec<Known> {
    let mut whole = new;
    let mut after = Vec::with_capacity(before.len() + 2);
    for known in before {
        if known.seen == new.seen && known.span.touches(new.span) {
            whole.span = whole.span.encompass(known.span);
            continue;
        }
        let (Span { starts, ends }, seen) = (known.span, known.seen);
        let rest = [
            Span::between(starts, ends.min(new.span.starts)),
            Span::between(starts.max(new.span.ends), ends),
        ];
        after.extend(rest.into_iter().flatten().map(|span| Known { span, seen }));
    }
    after.push(whole);
    after
}

fn oldest_of(known: &[Known], span: Span) -> Option<Timestamp> {
    let mut covered = span.starts;
    let mut oldest = None;
    for known in known.iter().filter(|known| known.span.overlaps(span)) {
        if known.span.starts > covered {
            return None;
        }
        covered = known.span.ends;
        oldest = Some(oldest.map_or(known.seen, |oldest: Timestamp| oldest.min(known.seen)));
    }
    oldest.filter(|_| covered >= span.ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str, seen: i64) -> Known {
        Known {
            span: Span::of(text.parse().unwrap()).unwrap(),
            seen: Timestamp::from_secs(seen).unwrap(),
        }
    }

    fn check(before: &[(&str, i64)], new: (&str, i64), after: &[(&str, i64)]) {
        let listed = |list: &[(&str, i64)]| -> Vec<Known> {
            list.iter().map(|(text, seen)| known(text, *seen)).collect()
        };
        let mut found = with(&listed(before), known(new.0, new.1));
        found.sort_by_key(|known| known.span.starts);
        assert_eq!(found, listed(after), "{before:?} and {new:?}");
    }

    #[test]
    fn the_later_listing_takes_its_place() {
        check(&[], ("[0:0_2:0)", 1), &[("[0:0_2:0)", 1)]);
        check(&[("[0:0_2:0)", 1)], ("[2:0_4:0)", 1), &[("[0:0_4:0)", 1)]);
        check(
            &[("[0:0_2:0)", 1)],
            ("[2:0_4:0)", 2),
            &[("[0:0_2:0)", 1), ("[2:0_4:0)", 2)],
        );
        check(
            &[("_", 1)],
            ("[2:0_4:0]", 2),
            &[("_2:0)", 1), ("[2:0_4:0]", 2), ("(4:0_", 1)],
        );
        check(
            &[("[0:0_2:0)", 1), ("[2:0_4:0)", 2), ("[4:0_6:0)", 1)],
            ("[1:0_5:0)", 3),
            &[("[0:0_1:0)", 1), ("[1:0_5:0)", 3), ("[5:0_6:0)", 1)],
        );
        check(
            &[("[0:0_2:0)", 1), ("[2:0_4:0)", 2), ("[4:0_6:0)", 1)],
            ("[2:0_4:0)", 1),
            &[("[0:0_6:0)", 1)],
        );
        check(
            &[("[0:0_2:0)", 1)],
            ("(2:0_4:0)", 1),
            &[("[0:0_2:0)", 1), ("(2:0_4:0)", 1)],
        );
    }

    #[test]
    fn every_part_must_be_known() {
        let listed = [
            known("[0:0_2:0)", 5),
            known("[2:0_4:0]", 3),
            known("(4:0_6:0)", 4),
            known("(6:0_", 1),
        ];
        let oldest = |text: &str| {
            let oldest = oldest_of(&listed, known(text, 0).span);
            oldest.map(|seen| seen.to_string())
        };
        for (text, seen) in [
            ("[0:0_4:0)", Some("3:0")),
            ("[0:0_2:0)", Some("5:0")),
            ("[0:0_2:0]", Some("3:0")),
            ("(4:0_5:0]", Some("4:0")),
            ("[1:0_6:0)", Some("3:0")),
            ("[1:0_6:0]", None),
            ("[6:0]", None),
            ("(6:0_", Some("1:0")),
            ("[5:0_", None),
            ("(-1:0_1:0)", None),
            ("_", None),
        ] {
            assert_eq!(oldest(text).as_deref(), seen, "{text}");
        }
    }
}
