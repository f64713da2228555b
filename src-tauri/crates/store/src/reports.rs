//! Compile reports, found again by the SHA-256 of the file they describe.
//!
//! `publish FILE` and `verify FILE` need the plan a file was made from; the file itself doesn't carry it,
//! and it may have been renamed or moved since.

use crate::column::{Json, TimeColumns, time};
use crate::{StoreError, Tx};
use mediatime::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde_json::Value;

pub(crate) const TABLES: &str = "
CREATE TABLE reports (
    sha256 TEXT PRIMARY KEY,
    plan_hash TEXT,
    out_path TEXT NOT NULL,
    report TEXT NOT NULL,
    created_s INTEGER NOT NULL,
    created_ns INTEGER NOT NULL CHECK (created_ns BETWEEN 0 AND 999999999)
) STRICT, WITHOUT ROWID;
";

/// The report of one compile.
#[derive(Clone, Debug, PartialEq)]
pub struct CompileReport {
    /// SHA-256 of the output's bytes, hex.
    pub sha256: String,
    /// SHA-256 of the canonical cut plan, hex.
    pub plan_hash: Option<String>,
    /// Where the output was written; it may have been moved since.
    pub out_path: String,
    /// The report as the compile wrote it.
    pub report: Value,
    /// When it was saved, UTC since the Unix epoch.
    pub created: Timestamp,
}

impl Tx<'_> {
    /// Keeps the report of a finished compile. The same bytes compiled again replace the report, as
    /// `out_path` is then where the newer copy lies.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn save_report(
        &self,
        sha256: &str,
        plan_hash: Option<&str>,
        out_path: &str,
        report: &Value,
    ) -> Result<CompileReport, StoreError> {
        let created = self.clock.now();
        let columns = TimeColumns::from(created);
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO reports
                    (sha256, plan_hash, out_path, report, created_s, created_ns)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                sha256,
                plan_hash,
                out_path,
                Json(report),
                columns.secs,
                columns.nanos
            ])?;
        Ok(CompileReport {
            sha256: sha256.to_owned(),
            plan_hash: plan_hash.map(str::to_owned),
            out_path: out_path.to_owned(),
            report: report.clone(),
            created,
        })
    }

    /// The report of the file with this SHA-256 (lower-case hex).
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn report_by_sha256(&self, sha256: &str) -> Result<Option<CompileReport>, StoreError> {
        let mut query = self.conn.prepare_cached(
            "SELECT sha256, plan_hash, out_path, report, created_s, created_ns
             FROM reports WHERE sha256 = ?1",
        )?;
        query
            .query_row([sha256], |row| Ok(from_row(row)))
            .optional()?
            .transpose()
    }
}

fn from_row(row: &Row<'_>) -> Result<CompileReport, StoreError> {
    Ok(CompileReport {
        sha256: row.get(0)?,
        plan_hash: row.get(1)?,
        out_path: row.get(2)?,
        report: row.get::<_, Json<Value>>(3)?.0,
        created: time(row, 4)?,
    })
}
