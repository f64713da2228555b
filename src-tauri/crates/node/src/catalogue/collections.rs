//! Collections: the flows a flow collects, and what follows from them for sources.

use rusqlite::{OptionalExtension, Transaction, params};
use tams_model::{CollectionItem, FlowCollectionItem, Id, Other};

use crate::NodeError;

/// The collection of a flow, in order; `None` when it collects nothing.
pub(super) fn members(
    tx: &Transaction<'_>,
    collector: i64,
) -> Result<Option<Vec<FlowCollectionItem>>, NodeError> {
    let mut statement =
        tx.prepare_cached("SELECT document FROM member WHERE collector = ?1 ORDER BY position")?;
    let mut rows = statement.query([collector])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        let document: String = row.get(0)?;
        items.push(
            serde_json::from_str(&document)
                .map_err(|wrong| NodeError::damaged("a flow collection", wrong))?,
        );
    }
    Ok((!items.is_empty()).then_some(items))
}

/// The flows that collect a flow, in the order they were made; `None` when none does.
pub(super) fn collectors(tx: &Transaction<'_>, flow: i64) -> Result<Option<Vec<Id>>, NodeError> {
    ids(
        tx,
        "SELECT c.id FROM member m JOIN flow c ON c.key = m.collector WHERE m.flow = ?1 ORDER BY c.key",
        flow,
    )
}

/// The sources that collect a source through their flows.
pub(super) fn source_collectors(
    tx: &Transaction<'_>,
    source: i64,
) -> Result<Option<Vec<Id>>, NodeError> {
    ids(
        tx,
        "SELECT DISTINCT s.id FROM flow f JOIN member m ON m.flow = f.key \
         JOIN flow c ON c.key = m.collector JOIN source s ON s.key = c.source \
         WHERE f.source = ?1 AND c.source <> ?1 ORDER BY s.key",
        source,
    )
}

fn ids(tx: &Transaction<'_>, sql: &str, key: i64) -> Result<Option<Vec<Id>>, NodeError> {
    let mut statement = tx.prepare_cached(sql)?;
    let mut rows = statement.query([key])?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        ids.push(
            id.parse()
                .map_err(|wrong| NodeError::damaged("an identifier", wrong))?,
        );
    }
    Ok((!ids.is_empty()).then_some(ids))
}

/// The sources a source collects, as the collections of its flows say.
pub(super) fn source_members(
    tx: &Transaction<'_>,
    source: i64,
) -> Result<Option<Vec<CollectionItem>>, NodeError> {
    let mut statement = tx.prepare_cached(
        "SELECT s.id, MAX(m.role) FROM flow c JOIN member m ON m.collector = c.key \
         JOIN flow f ON f.key = m.flow JOIN source s ON s.key = f.source \
         WHERE c.source = ?1 AND f.source <> ?1 GROUP BY s.key ORDER BY MIN(m.position), s.key",
    )?;
    let mut rows = statement.query([source])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        items.push(CollectionItem {
            id: id
                .parse()
                .map_err(|wrong| NodeError::damaged("an identifier", wrong))?,
            role: row.get(1)?,
            other: Other::new(),
        });
    }
    Ok((!items.is_empty()).then_some(items))
}

/// Makes `items` the collection of a flow of `source`.
pub(super) fn set_members(
    tx: &Transaction<'_>,
    collector: i64,
    source: i64,
    items: &[FlowCollectionItem],
) -> Result<(), NodeError> {
    tx.execute("DELETE FROM member WHERE collector = ?1", [collector])?;
    let mut sequence = Vec::with_capacity(items.len());
    for (position, item) in items.iter().enumerate() {
        let field = || format!("/flow_collection/{position}/id");
        let known: Option<(i64, i64)> = tx
            .query_row(
                "SELECT key, source FROM flow WHERE id = ?1",
                [item.id.to_string()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((flow, member_source)) = known else {
            return Err(NodeError::invalid(
                field(),
                format!(
                    "there is no flow {}; create it before it is collected",
                    item.id
                ),
            ));
        };
        if items
            .iter()
            .take(position)
            .any(|earlier| earlier.id == item.id)
        {
            return Err(NodeError::invalid(
                field(),
                format!("flow {} is there twice", item.id),
            ));
        }
        let document = serde_json::to_string(item)
            .map_err(|wrong| NodeError::damaged("a flow collection", wrong))?;
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        tx.execute(
            "INSERT INTO member (collector, position, flow, role, document) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![collector, position, flow, item.role, document],
        )?;
        sequence.push((member_source, item.role.clone()));
    }
    if items.is_empty() {
        return Ok(());
    }
    check_acyclic(tx, collector)?;
    check_agrees(tx, collector, source, &sequence)
}

fn check_acyclic(tx: &Transaction<'_>, collector: i64) -> Result<(), NodeError> {
    let collects_itself: bool = tx.query_row(
        "WITH RECURSIVE reached (flow) AS (SELECT flow FROM member WHERE collector = ?1 \
         UNION SELECT m.flow FROM member m JOIN reached r ON m.collector = r.flow) \
         SELECT EXISTS (SELECT 1 FROM reached WHERE flow = ?1)",
        [collector],
        |row| row.get(0),
    )?;
    if collects_itself {
        return Err(NodeError::invalid(
            "/flow_collection",
            "a flow can't collect itself, not even through others",
        ));
    }
    Ok(())
}

/// The other flows of the source must not give the same member sources other roles or another order
/// (`PUT /flows/{flowId}`).
fn check_agrees(
    tx: &Transaction<'_>,
    collector: i64,
    source: i64,
    sequence: &[(i64, Option<String>)],
) -> Result<(), NodeError> {
    let mut statement = tx.prepare_cached(
        "SELECT c.id, f.source, m.role FROM flow c JOIN member m ON m.collector = c.key \
         JOIN flow f ON f.key = m.flow WHERE c.source = ?1 AND c.key <> ?2 ORDER BY c.key, m.position",
    )?;
    let mut rows = statement.query([source, collector])?;
    let mut last: Option<(String, usize)> = None;
    while let Some(row) = rows.next()? {
        let (other, member, role): (String, i64, Option<String>) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let Some(place) = sequence.iter().position(|(source, _)| *source == member) else {
            continue;
        };
        let ours = sequence.get(place).and_then(|(_, role)| role.as_ref());
        if let (Some(ours), Some(theirs)) = (ours, role.as_ref())
            && ours != theirs
        {
            return Err(NodeError::invalid(
                format!("/flow_collection/{place}/role"),
                format!(
                    "flow {other} of the same source calls this member “{theirs}”, not “{ours}”"
                ),
            ));
        }
        if let Some((flow, before)) = &last
            && *flow == other
            && place < *before
        {
            return Err(NodeError::invalid(
                format!("/flow_collection/{place}"),
                format!("flow {other} of the same source collects its members in another order"),
            ));
        }
        last = Some((other, place));
    }
    Ok(())
}
