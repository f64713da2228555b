//! Sources: made by their flows, described by clients.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use tams_model::{ContentFormat, Id, Other, Source, Tags};

use super::filter::Conditions;
use super::{Catalogue, Now, PRINCIPAL, Page, Paged, SourceFilter, SourceSort, collections, date};
use crate::NodeError;

impl Catalogue {
    /// A source.
    ///
    /// # Errors
    ///
    /// [`NodeError::NotFound`].
    pub fn source(&self, id: Id) -> Result<Source, NodeError> {
        self.read(|tx| load(tx, id))
    }

    /// A page of the sources that pass `filter`.
    ///
    /// # Errors
    ///
    /// [`NodeError::Invalid`] for a foreign page key.
    pub fn sources(&self, filter: &SourceFilter, page: &Page) -> Result<Paged<Source>, NodeError> {
        let mut conditions = Conditions::default();
        conditions.and_equal("s.label", filter.label.clone());
        conditions.and_equal(
            "s.format",
            filter.format.map(|format| format.urn().to_owned()),
        );
        conditions.and_tags("s.tags", &filter.tags);
        conditions.and_collected(
            "SELECT 1 FROM flow f JOIN member m ON m.flow = f.key JOIN flow cf ON cf.key = m.collector \
             JOIN source c ON c.key = cf.source WHERE f.source = s.key AND c.key <> s.key",
            filter.collected_by.as_deref(),
        );
        let order = match filter.sort {
            SourceSort::Created => &["-s.created", "s.id"][..],
            SourceSort::Updated => &["-s.updated", "s.id"],
            SourceSort::Label => &["s.label IS NULL", "COALESCE(s.label, '')", "s.id"],
        };
        self.read(|tx| {
            conditions.page(
                tx,
                COLUMNS,
                "source s",
                order,
                (filter.reverse, page),
                |row| read(tx, row),
            )
        })
    }

    /// Changes the label, description and tags of a source and returns it as it is then. Other
    /// changes are ignored: they follow from its flows.
    ///
    /// # Errors
    ///
    /// [`NodeError::NotFound`].
    pub fn update_source(
        &self,
        id: Id,
        change: impl FnOnce(&mut Source),
    ) -> Result<Source, NodeError> {
        self.write(|tx, now| {
            let mut source = load(tx, id)?;
            change(&mut source);
            let tags = serde_json::to_string(&source.tags.unwrap_or_default())
                .map_err(|wrong| NodeError::damaged("tags", wrong))?;
            tx.execute(
                "UPDATE source SET label = ?2, description = ?3, tags = ?4, updated = ?5, \
                 updated_by = ?6 WHERE id = ?1",
                params![
                    id.to_string(),
                    source.label,
                    source.description,
                    tags,
                    now.0,
                    PRINCIPAL
                ],
            )?;
            load(tx, id)
        })
    }
}

const COLUMNS: &str = "s.key AS key, s.id AS source_id, s.format AS format, s.label AS label, \
     s.description AS description, s.created_by AS created_by, s.updated_by AS updated_by, \
     s.created AS created, s.updated AS updated, s.tags AS tags";

fn load(tx: &Transaction<'_>, id: Id) -> Result<Source, NodeError> {
    let mut statement =
        tx.prepare_cached(&format!("SELECT {COLUMNS} FROM source s WHERE s.id = ?1"))?;
    let mut rows = statement.query([id.to_string()])?;
    match rows.next()? {
        Some(row) => read(tx, row),
        None => Err(NodeError::not_found("source", id)),
    }
}

fn read(tx: &Transaction<'_>, row: &Row<'_>) -> Result<Source, NodeError> {
    let key = row.get("key")?;
    let (id, format, tags): (String, String, String) =
        (row.get("source_id")?, row.get("format")?, row.get("tags")?);
    let tags: Tags =
        serde_json::from_str(&tags).map_err(|wrong| NodeError::damaged("tags", wrong))?;
    Ok(Source {
        id: id
            .parse()
            .map_err(|wrong| NodeError::damaged("a source", wrong))?,
        format: format
            .parse()
            .map_err(|wrong| NodeError::damaged("a source", wrong))?,
        label: row.get("label")?,
        description: row.get("description")?,
        created_by: row.get("created_by")?,
        updated_by: row.get("updated_by")?,
        created: Some(date(row.get("created")?)),
        updated: Some(date(row.get("updated")?)),
        tags: (!tags.is_empty()).then_some(tags),
        source_collection: collections::source_members(tx, key)?,
        collected_by: collections::source_collectors(tx, key)?,
        other: Other::new(),
    })
}

/// The key of a source for a flow of `format`, which is made when it is new. `flow` is the flow's
/// key, when it has one.
pub(super) fn ensure(
    tx: &Transaction<'_>,
    now: Now,
    id: Id,
    format: ContentFormat,
    flow: Option<i64>,
) -> Result<i64, NodeError> {
    let known: Option<(i64, String)> = tx
        .query_row(
            "SELECT key, format FROM source WHERE id = ?1",
            [id.to_string()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((key, its_format)) = known else {
        tx.execute(
            "INSERT INTO source (id, format, created_by, created, updated, tags) \
             VALUES (?1, ?2, ?3, ?4, ?4, '{}')",
            params![id.to_string(), format.urn(), PRINCIPAL, now.0],
        )?;
        return Ok(tx.last_insert_rowid());
    };
    if its_format == format.urn() {
        return Ok(key);
    }
    let shared: bool = tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM flow WHERE source = ?1 AND key <> ?2)",
        [key, flow.unwrap_or_default()],
        |row| row.get(0),
    )?;
    if shared {
        return Err(NodeError::invalid(
            "/format",
            format!("source {id} has flows of {its_format}; all flows of a source have its format"),
        ));
    }
    tx.execute(
        "UPDATE source SET format = ?2, updated = ?3 WHERE key = ?1",
        params![key, format.urn(), now.0],
    )?;
    Ok(key)
}

/// Forgets a source that has lost its last flow.
pub(super) fn remove_if_unused(tx: &Transaction<'_>, key: i64) -> Result<(), NodeError> {
    tx.execute(
        "DELETE FROM source WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM flow WHERE source = ?1)",
        [key],
    )?;
    Ok(())
}
