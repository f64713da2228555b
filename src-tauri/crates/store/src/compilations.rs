//! Compilation records, and which flows and objects went into them.

use crate::column::{Json, Text, TimeColumns, optional, time};
use crate::{StoreError, Tx};
use mediatime::{TimeRange, Timestamp};
use record::{CompilationRecord, InputRef, MediaFacts};
use rusqlite::{Row, params};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

pub(crate) const TABLES: &str = "
CREATE TABLE compilations (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    created_s INTEGER NOT NULL,
    created_ns INTEGER NOT NULL CHECK (created_ns BETWEEN 0 AND 999999999),
    plan_hash TEXT,
    sha256 TEXT NOT NULL,
    media TEXT NOT NULL,
    object_url TEXT NOT NULL,
    play_url TEXT,
    source_id TEXT NOT NULL,
    flow_id TEXT NOT NULL,
    object_id TEXT NOT NULL,
    tool_versions TEXT NOT NULL,
    plan TEXT
) STRICT;

CREATE INDEX compilations_newest ON compilations (created_s DESC, created_ns DESC, id);
CREATE INDEX compilations_by_sha256 ON compilations (sha256);

-- timerange is exact; the bounds only find rows, so they leave out whether they are inclusive.
CREATE TABLE compilation_inputs (
    compilation_id TEXT NOT NULL REFERENCES compilations (id),
    ord INTEGER NOT NULL,
    flow_id TEXT COLLATE NOCASE,
    object_id TEXT NOT NULL,
    timerange TEXT NOT NULL,
    start_s INTEGER,
    start_ns INTEGER CHECK (start_ns BETWEEN 0 AND 999999999),
    end_s INTEGER,
    end_ns INTEGER CHECK (end_ns BETWEEN 0 AND 999999999),
    PRIMARY KEY (compilation_id, ord),
    CHECK ((start_s IS NULL) = (start_ns IS NULL) AND (end_s IS NULL) = (end_ns IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX compilation_inputs_of_flow ON compilation_inputs (flow_id, start_s, start_ns);
";

const SUMMARY: &str = "c.id, c.title, c.created_s, c.created_ns, c.plan_hash, c.sha256, c.media,
    c.object_url, c.play_url, c.source_id, c.flow_id, c.object_id";

/// A compilation without its inputs and its plan, which can be large: what a list shows.
#[derive(Clone, Debug, PartialEq)]
pub struct CompilationSummary {
    /// The record's id.
    pub id: Uuid,
    /// What people call it.
    pub title: String,
    /// UTC since the Unix epoch.
    pub created: Timestamp,
    /// SHA-256 of the canonical cut plan, hex; `None` when the file came with no plan.
    pub plan_hash: Option<String>,
    /// SHA-256 of the output's bytes, hex.
    pub sha256: String,
    /// Facts of the output file.
    pub media: MediaFacts,
    /// Where the bytes are.
    pub object_url: String,
    /// The link people share, when a play base is known.
    pub play_url: Option<String>,
    /// TAMS source of the output.
    pub source_id: Uuid,
    /// TAMS flow of the output.
    pub flow_id: Uuid,
    /// TAMS object id of the output's bytes.
    pub object_id: String,
}

/// One place where a flow went into a compilation.
#[derive(Clone, Debug, PartialEq)]
pub struct InputUse {
    /// The compilation that was made.
    pub compilation: CompilationSummary,
    /// Position of the input in the plan, from 0.
    pub ord: u32,
    /// The part that was used.
    pub input: InputRef,
}

impl Tx<'_> {
    /// Keeps a record, and answers it as it is kept.
    ///
    /// When a record of this id exists, its title, object URL and play URL become those of `record`, and
    /// so does its plan unless `record` has none. Its creation time and tool versions stay as they were
    /// first: publishing the same file again is not another compilation.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] when the existing record differs in anything else.
    pub fn record_compilation(
        &self,
        record: &CompilationRecord,
    ) -> Result<CompilationRecord, StoreError> {
        let Some(mut kept) = self.compilation(record.id)? else {
            self.insert_compilation(record)?;
            return Ok(record.clone());
        };
        if let Some(field) = first_difference(&kept, record) {
            return Err(StoreError::conflict("compilation", record.id, field));
        }
        kept.title.clone_from(&record.title);
        kept.object_url.clone_from(&record.object_url);
        kept.play_url.clone_from(&record.play_url);
        if record.plan.is_some() {
            kept.plan.clone_from(&record.plan);
        }
        self.conn
            .prepare_cached(
                "UPDATE compilations SET title = ?2, object_url = ?3, play_url = ?4, plan = ?5
                 WHERE id = ?1",
            )?
            .execute(params![
                Text(kept.id),
                kept.title,
                kept.object_url,
                kept.play_url,
                kept.plan.as_ref().map(Json),
            ])?;
        Ok(kept)
    }

    /// The record with this id.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn compilation(&self, id: Uuid) -> Result<Option<CompilationRecord>, StoreError> {
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT {SUMMARY}, c.tool_versions, c.plan FROM compilations AS c WHERE c.id = ?1"
        ))?;
        let mut rows = query.query([Text(id)])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let summary = summary_from_row(row)?;
        let tool_versions = row.get::<_, Json<BTreeMap<String, String>>>(12)?.0;
        let plan = row.get::<_, Option<Json<Value>>>(13)?.map(|plan| plan.0);
        Ok(Some(CompilationRecord {
            id: summary.id,
            title: summary.title,
            created: summary.created,
            plan_hash: summary.plan_hash,
            sha256: summary.sha256,
            media: summary.media,
            object_url: summary.object_url,
            play_url: summary.play_url,
            source_id: summary.source_id,
            flow_id: summary.flow_id,
            object_id: summary.object_id,
            inputs: self.inputs_of(id)?,
            tool_versions,
            plan,
        }))
    }

    /// Compilations, newest first: at most `limit`, after leaving out `offset`.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn compilations(
        &self,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<CompilationSummary>, StoreError> {
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT {SUMMARY} FROM compilations AS c
             ORDER BY c.created_s DESC, c.created_ns DESC, c.id LIMIT ?1 OFFSET ?2"
        ))?;
        summaries(&mut query.query([limit, offset])?)
    }

    /// The compilations of a file with this SHA-256 (lower-case hex), newest first. There are several
    /// when different plans gave the same bytes.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn compilations_by_sha256(
        &self,
        sha256: &str,
    ) -> Result<Vec<CompilationSummary>, StoreError> {
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT {SUMMARY} FROM compilations AS c WHERE c.sha256 = ?1
             ORDER BY c.created_s DESC, c.created_ns DESC, c.id"
        ))?;
        summaries(&mut query.query([sha256])?)
    }

    /// Where a flow was used: newest compilation first, within it in the order of the plan. With a
    /// timerange, only inputs that overlap it on the flow's timeline.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn where_used(
        &self,
        flow_id: &str,
        timerange: Option<TimeRange>,
    ) -> Result<Vec<InputUse>, StoreError> {
        let (from, to) = match &timerange {
            Some(range) => (optional(range.start()), optional(range.end())),
            None => ((None, None), (None, None)),
        };
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT {SUMMARY}, i.ord, i.flow_id, i.object_id, i.timerange
             FROM compilation_inputs AS i JOIN compilations AS c ON c.id = i.compilation_id
             WHERE i.flow_id = ?1
                AND (?2 IS NULL OR i.end_s IS NULL OR (i.end_s, i.end_ns) >= (?2, ?3))
                AND (?4 IS NULL OR i.start_s IS NULL OR (i.start_s, i.start_ns) <= (?4, ?5))
             ORDER BY c.created_s DESC, c.created_ns DESC, c.id, i.ord"
        ))?;
        let mut rows = query.query(params![flow_id, from.0, from.1, to.0, to.1])?;
        let mut uses = Vec::new();
        while let Some(row) = rows.next()? {
            let input = input_from_row(row, 13)?;
            if timerange
                .as_ref()
                .is_some_and(|range| !input.timerange.overlaps(range))
            {
                continue;
            }
            uses.push(InputUse {
                compilation: summary_from_row(row)?,
                ord: row.get(12)?,
                input,
            });
        }
        Ok(uses)
    }

    pub(crate) fn has_compilation(&self, id: Uuid) -> Result<bool, StoreError> {
        let mut query = self
            .conn
            .prepare_cached("SELECT 1 FROM compilations WHERE id = ?1")?;
        Ok(query.exists([Text(id)])?)
    }

    fn insert_compilation(&self, record: &CompilationRecord) -> Result<(), StoreError> {
        let created = TimeColumns::from(record.created);
        self.conn
            .prepare_cached(
                "INSERT INTO compilations (id, title, created_s, created_ns, plan_hash, sha256, media,
                    object_url, play_url, source_id, flow_id, object_id, tool_versions, plan)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            )?
            .execute(params![
                Text(record.id),
                record.title,
                created.secs,
                created.nanos,
                record.plan_hash,
                record.sha256,
                Json(&record.media),
                record.object_url,
                record.play_url,
                Text(record.source_id),
                Text(record.flow_id),
                record.object_id,
                Json(&record.tool_versions),
                record.plan.as_ref().map(Json),
            ])?;
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO compilation_inputs
                (compilation_id, ord, flow_id, object_id, timerange, start_s, start_ns, end_s, end_ns)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        for (input, ord) in record.inputs.iter().zip(0_u32..) {
            let (start_s, start_ns) = optional(input.timerange.start());
            let (end_s, end_ns) = optional(input.timerange.end());
            insert.execute(params![
                Text(record.id),
                ord,
                input.flow_id,
                input.object_id,
                Text(&input.timerange),
                start_s,
                start_ns,
                end_s,
                end_ns,
            ])?;
        }
        Ok(())
    }

    fn inputs_of(&self, id: Uuid) -> Result<Vec<InputRef>, StoreError> {
        let mut query = self.conn.prepare_cached(
            "SELECT flow_id, object_id, timerange FROM compilation_inputs
             WHERE compilation_id = ?1 ORDER BY ord",
        )?;
        let mut rows = query.query([Text(id)])?;
        let mut inputs = Vec::new();
        while let Some(row) = rows.next()? {
            inputs.push(input_from_row(row, 0)?);
        }
        Ok(inputs)
    }
}

/// The first field that may not change and did.
fn first_difference(kept: &CompilationRecord, new: &CompilationRecord) -> Option<&'static str> {
    let fields = [
        ("sha256", kept.sha256 == new.sha256),
        ("plan_hash", kept.plan_hash == new.plan_hash),
        ("media", kept.media == new.media),
        ("source_id", kept.source_id == new.source_id),
        ("flow_id", kept.flow_id == new.flow_id),
        ("object_id", kept.object_id == new.object_id),
        ("inputs", kept.inputs == new.inputs),
    ];
    fields
        .into_iter()
        .find(|(_, same)| !same)
        .map(|(field, _)| field)
}

fn summaries(rows: &mut rusqlite::Rows<'_>) -> Result<Vec<CompilationSummary>, StoreError> {
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(summary_from_row(row)?);
    }
    Ok(found)
}

fn summary_from_row(row: &Row<'_>) -> Result<CompilationSummary, StoreError> {
    Ok(CompilationSummary {
        id: row.get::<_, Text<_>>(0)?.0,
        title: row.get(1)?,
        created: time(row, 2)?,
        plan_hash: row.get(4)?,
        sha256: row.get(5)?,
        media: row.get::<_, Json<_>>(6)?.0,
        object_url: row.get(7)?,
        play_url: row.get(8)?,
        source_id: row.get::<_, Text<_>>(9)?.0,
        flow_id: row.get::<_, Text<_>>(10)?.0,
        object_id: row.get(11)?,
    })
}

fn input_from_row(row: &Row<'_>, at: usize) -> Result<InputRef, StoreError> {
    Ok(InputRef {
        flow_id: row.get(at)?,
        object_id: row.get(at + 1)?,
        timerange: row.get::<_, Text<_>>(at + 2)?.0,
    })
}
