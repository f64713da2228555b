//! Printed codes: which compilation each one leads to, and where it hangs.

use crate::column::{Text, TimeColumns, optional, optional_time, time};
use crate::{StoreError, Tx};
use mediatime::Timestamp;
use record::{Placement, PlacementState, ShortId};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{OptionalExtension, Row, params};
use uuid::Uuid;

pub(crate) const TABLES: &str = "
CREATE TABLE placements (
    id TEXT PRIMARY KEY,
    compilation_id TEXT NOT NULL REFERENCES compilations (id),
    placement TEXT NOT NULL,
    template TEXT NOT NULL,
    base_url TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('live', 'revoked')),
    expires_s INTEGER,
    expires_ns INTEGER CHECK (expires_ns BETWEEN 0 AND 999999999),
    created_s INTEGER NOT NULL,
    created_ns INTEGER NOT NULL CHECK (created_ns BETWEEN 0 AND 999999999),
    CHECK ((expires_s IS NULL) = (expires_ns IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX placements_of_compilation ON placements (compilation_id, created_s, created_ns);
";

const COLUMNS: &str = "id, compilation_id, placement, template, base_url, state,
    expires_s, expires_ns, created_s, created_ns";

impl Tx<'_> {
    /// Keeps a new printed code.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] when the id is taken, whoever has it: draw another one and try again.
    /// [`StoreError::NotFound`] when there is no such compilation.
    pub fn insert_placement(&self, placement: &Placement) -> Result<(), StoreError> {
        if self.placement(&placement.id)?.is_some() {
            return Err(StoreError::conflict(
                "placement",
                &placement.id,
                "printed code",
            ));
        }
        if !self.has_compilation(placement.compilation_id)? {
            return Err(StoreError::not_found(
                "compilation",
                placement.compilation_id,
            ));
        }
        let (expires_s, expires_ns) = optional(placement.expires);
        let created = TimeColumns::from(placement.created);
        self.conn
            .prepare_cached(&format!(
                "INSERT INTO placements ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
            ))?
            .execute(params![
                Text(&placement.id),
                Text(placement.compilation_id),
                placement.placement,
                placement.template,
                placement.base_url,
                State(placement.state),
                expires_s,
                expires_ns,
                created.secs,
                created.nanos,
            ])?;
        Ok(())
    }

    /// The printed code with this id.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn placement(&self, id: &ShortId) -> Result<Option<Placement>, StoreError> {
        let mut query = self
            .conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM placements WHERE id = ?1"))?;
        query
            .query_row([Text(id)], |row| Ok(from_row(row)))
            .optional()?
            .transpose()
    }

    /// The printed codes of a compilation, oldest first.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn placements_of(&self, compilation_id: Uuid) -> Result<Vec<Placement>, StoreError> {
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM placements WHERE compilation_id = ?1
             ORDER BY created_s, created_ns, id"
        ))?;
        let mut rows = query.query([Text(compilation_id)])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(from_row(row)?);
        }
        Ok(found)
    }

    /// The live code that was already printed for this compilation, place, template and base URL, so
    /// that a second print carries the same one. Revoked codes are not found: what a producer took back
    /// must not be printed again. When there are several, the oldest.
    ///
    /// One with another expiry is another code, whose paper says so.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn find_placement(
        &self,
        compilation_id: Uuid,
        placement: &str,
        template: &str,
        base_url: &str,
        expires: Option<Timestamp>,
    ) -> Result<Option<Placement>, StoreError> {
        let expires = expires.map(TimeColumns::from);
        let (expires_s, expires_ns) = expires.map(|time| (time.secs, time.nanos)).unzip();
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM placements
             WHERE compilation_id = ?1 AND placement = ?2 AND template = ?3 AND base_url = ?4
                AND state = 'live' AND expires_s IS ?5 AND expires_ns IS ?6
             ORDER BY created_s, created_ns, id LIMIT 1"
        ))?;
        query
            .query_row(
                params![
                    Text(compilation_id),
                    placement,
                    template,
                    base_url,
                    expires_s,
                    expires_ns
                ],
                |row| Ok(from_row(row)),
            )
            .optional()?
            .transpose()
    }

    /// Every printed code, oldest first.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn all_placements(&self) -> Result<Vec<Placement>, StoreError> {
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM placements ORDER BY created_s, created_ns, id"
        ))?;
        let mut rows = query.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(from_row(row)?);
        }
        Ok(found)
    }

    /// Lets a printed code lead to another compilation.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`].
    pub fn retarget_placement(&self, id: &ShortId, compilation_id: Uuid) -> Result<(), StoreError> {
        let changed = self
            .conn
            .prepare_cached("UPDATE placements SET compilation_id = ?2 WHERE id = ?1")?
            .execute(params![Text(id), Text(compilation_id)])?;
        if changed == 0 {
            return Err(StoreError::not_found("placement", id));
        }
        Ok(())
    }

    /// Revokes a printed code, or lets it play again.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`].
    pub fn set_placement_state(
        &self,
        id: &ShortId,
        state: PlacementState,
    ) -> Result<(), StoreError> {
        let changed = self
            .conn
            .prepare_cached("UPDATE placements SET state = ?2 WHERE id = ?1")?
            .execute(params![Text(id), State(state)])?;
        if changed == 0 {
            return Err(StoreError::not_found("placement", id));
        }
        Ok(())
    }
}

fn from_row(row: &Row<'_>) -> Result<Placement, StoreError> {
    Ok(Placement {
        id: row.get::<_, Text<_>>(0)?.0,
        compilation_id: row.get::<_, Text<_>>(1)?.0,
        placement: row.get(2)?,
        template: row.get(3)?,
        base_url: row.get(4)?,
        state: row.get::<_, State>(5)?.0,
        expires: optional_time(row, 6)?,
        created: time(row, 8)?,
    })
}

struct State(PlacementState);

impl ToSql for State {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            PlacementState::Live => "live",
            PlacementState::Revoked => "revoked",
        }
        .into())
    }
}

impl FromSql for State {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "live" => Ok(Self(PlacementState::Live)),
            "revoked" => Ok(Self(PlacementState::Revoked)),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}
