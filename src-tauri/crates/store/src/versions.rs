//! Versions of projects: states that somebody wanted to be able to come back to.
//!
//! The document is another crate's, as that of a project is.

use crate::column::{Json, Text, TimeColumns, time};
use crate::{StoreError, Tx};
use mediatime::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde_json::Value;
use uuid::Uuid;

pub(crate) const TABLES: &str = "
CREATE TABLE project_versions (
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number > 0),
    name TEXT NOT NULL,
    clips INTEGER NOT NULL CHECK (clips >= 0),
    document TEXT NOT NULL,
    kept_s INTEGER NOT NULL,
    kept_ns INTEGER NOT NULL CHECK (kept_ns BETWEEN 0 AND 999999999),
    PRIMARY KEY (project_id, number)
) STRICT, WITHOUT ROWID;
";

/// A version in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionSummary {
    /// Counts those of its project from 1.
    pub number: u32,
    /// What people call it.
    pub name: String,
    /// Clips in it.
    pub clips: u32,
    /// When it was kept, UTC since the Unix epoch.
    pub kept: Timestamp,
}

/// A version that is to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct NewVersion<'a> {
    /// What people call it.
    pub name: &'a str,
    /// Clips in it.
    pub clips: u32,
    /// The project as it was.
    pub document: &'a Value,
    /// When it was kept; now when `None`.
    pub kept: Option<Timestamp>,
}

impl Tx<'_> {
    /// Keeps a version of a project. Answers its number.
    ///
    /// # Errors
    ///
    /// There is no such project; errors of writing.
    pub fn keep_version(&self, project: Uuid, version: &NewVersion<'_>) -> Result<u32, StoreError> {
        let kept = TimeColumns::from(version.kept.unwrap_or_else(|| self.clock.now()));
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO project_versions (project_id, number, name, clips, document, kept_s, kept_ns)
             SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5, ?6
             FROM project_versions WHERE project_id = ?1
             RETURNING number",
        )?;
        let columns = params![
            Text(project),
            version.name,
            version.clips,
            Json(version.document),
            kept.secs,
            kept.nanos
        ];
        Ok(insert.query_row(columns, |row| row.get(0))?)
    }

    /// The versions of a project, the newest first.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn versions(&self, project: Uuid) -> Result<Vec<VersionSummary>, StoreError> {
        let mut query = self.conn.prepare_cached(
            "SELECT number, name, clips, kept_s, kept_ns FROM project_versions
             WHERE project_id = ?1 ORDER BY number DESC",
        )?;
        let rows = query.query_map([Text(project)], |row| Ok(summary(row)))?;
        rows.map(|row| row?).collect()
    }

    /// The document of a version.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] names the version whose document is no JSON; errors of reading.
    pub fn version(&self, project: Uuid, number: u32) -> Result<Option<Value>, StoreError> {
        let mut query = self.conn.prepare_cached(
            "SELECT document FROM project_versions WHERE project_id = ?1 AND number = ?2",
        )?;
        let text: Option<String> = query
            .query_row(params![Text(project), number], |row| row.get(0))
            .optional()?;
        let read = text.map(|text| serde_json::from_str(&text));
        read.transpose().map_err(|error| StoreError::Corrupt {
            detail: format!("version {number} of project {project}: {error}"),
        })
    }

    /// Takes a version away; whether there was one.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn remove_version(&self, project: Uuid, number: u32) -> Result<bool, StoreError> {
        let removed = self
            .conn
            .prepare_cached("DELETE FROM project_versions WHERE project_id = ?1 AND number = ?2")?
            .execute(params![Text(project), number])?;
        Ok(removed > 0)
    }
}

fn summary(row: &Row<'_>) -> Result<VersionSummary, StoreError> {
    Ok(VersionSummary {
        number: row.get(0)?,
        name: row.get(1)?,
        clips: row.get(2)?,
        kept: time(row, 3)?,
    })
}
