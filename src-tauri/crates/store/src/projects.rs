//! Projects: what a user is cutting, with its history, as one document each.
//!
//! The document is another crate's: here it is JSON that comes back as it went in.

use crate::column::{Json, Text, TimeColumns, time};
use crate::{StoreError, Tx};
use mediatime::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde_json::Value;
use uuid::Uuid;

pub(crate) const TABLES: &str = "
CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    revision INTEGER NOT NULL CHECK (revision >= 0),
    saved_s INTEGER NOT NULL,
    saved_ns INTEGER NOT NULL CHECK (saved_ns BETWEEN 0 AND 999999999)
) STRICT;
CREATE INDEX projects_by_saved ON projects (saved_s, saved_ns);
";

/// A project as it was saved last.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedProject {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// The project and its history.
    pub document: Value,
    /// Rises with every save.
    pub revision: u32,
    /// When it was saved, UTC since the Unix epoch.
    pub saved: Timestamp,
}

/// A project in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectSummary {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Rises with every save.
    pub revision: u32,
    /// When it was saved, UTC since the Unix epoch.
    pub saved: Timestamp,
}

impl Tx<'_> {
    /// Keeps a project in place of what was saved of it before. Answers when that was.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] when what is there has this revision already, or a later one: somebody
    /// else saved it meanwhile. Errors of writing.
    pub fn save_project(
        &self,
        id: Uuid,
        name: &str,
        document: &Value,
        revision: u32,
    ) -> Result<Timestamp, StoreError> {
        let saved = self.clock.now();
        let columns = TimeColumns::from(saved);
        let changed = self
            .conn
            .prepare_cached(
                "INSERT INTO projects (id, name, document, revision, saved_s, saved_ns)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (id) DO UPDATE SET
                     name = excluded.name, document = excluded.document,
                     revision = excluded.revision,
                     saved_s = excluded.saved_s, saved_ns = excluded.saved_ns
                 WHERE excluded.revision > projects.revision",
            )?
            .execute(params![
                Text(id),
                name,
                Json(document),
                revision,
                columns.secs,
                columns.nanos
            ])?;
        if changed == 0 {
            return Err(StoreError::conflict("project", id, "revision"));
        }
        Ok(saved)
    }

    /// A project by its id.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] names the project whose document is no JSON; errors of reading.
    pub fn project(&self, id: Uuid) -> Result<Option<SavedProject>, StoreError> {
        let mut query = self.conn.prepare_cached(
            "SELECT id, name, revision, saved_s, saved_ns, document FROM projects WHERE id = ?1",
        )?;
        query
            .query_row([Text(id)], |row| Ok(from_row(row)))
            .optional()?
            .transpose()
    }

    /// Takes a project away, with its versions; whether there was one.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn remove_project(&self, id: Uuid) -> Result<bool, StoreError> {
        let removed = self
            .conn
            .prepare_cached("DELETE FROM projects WHERE id = ?1")?
            .execute([Text(id)])?;
        Ok(removed > 0)
    }

    /// All projects, the one that was saved last first.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn projects(&self) -> Result<Vec<ProjectSummary>, StoreError> {
        let mut query = self.conn.prepare_cached(
            "SELECT id, name, revision, saved_s, saved_ns FROM projects
             ORDER BY saved_s DESC, saved_ns DESC, id",
        )?;
        let rows = query.query_map([], |row| Ok(summary(row)))?;
        rows.map(|row| row?).collect()
    }
}

fn summary(row: &Row<'_>) -> Result<ProjectSummary, StoreError> {
    Ok(ProjectSummary {
        id: row.get::<_, Text<Uuid>>(0)?.0,
        name: row.get(1)?,
        revision: row.get(2)?,
        saved: time(row, 3)?,
    })
}

fn from_row(row: &Row<'_>) -> Result<SavedProject, StoreError> {
    let ProjectSummary {
        id,
        name,
        revision,
        saved,
    } = summary(row)?;
    let text: String = row.get(5)?;
    let document = serde_json::from_str(&text).map_err(|error| StoreError::Corrupt {
        detail: format!("project {name} ({id}): {error}"),
    })?;
    Ok(SavedProject {
        id,
        name,
        document,
        revision,
        saved,
    })
}
