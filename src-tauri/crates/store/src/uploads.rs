//! Multipart uploads that were begun, and the parts the store confirmed: what a restart needs in order
//! to send only what is missing.

use crate::column::{Text, integer, unsigned};
use crate::{StoreError, Tx};
use record::{UploadPart, UploadState};
use rusqlite::{OptionalExtension, Row, params};
use uuid::Uuid;

pub(crate) const TABLES: &str = "
CREATE TABLE uploads (
    job_id TEXT PRIMARY KEY,
    upload_id TEXT NOT NULL,
    part_size INTEGER NOT NULL CHECK (part_size >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE upload_parts (
    job_id TEXT NOT NULL REFERENCES uploads (job_id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    size INTEGER NOT NULL CHECK (size >= 0),
    md5 TEXT NOT NULL,
    etag TEXT NOT NULL,
    PRIMARY KEY (job_id, number)
) STRICT, WITHOUT ROWID;
";

impl Tx<'_> {
    /// Remembers that an upload was begun. When the job had another upload, which the store may have
    /// dropped, that one and its parts are forgotten.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLarge`] and errors of writing.
    pub fn begin_upload(
        &self,
        job_id: Uuid,
        upload_id: &str,
        part_size: u64,
    ) -> Result<(), StoreError> {
        let part_size = integer("part size", part_size)?;
        self.clear_upload(job_id)?;
        self.conn
            .prepare_cached(
                "INSERT INTO uploads (job_id, upload_id, part_size) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![Text(job_id), upload_id, part_size])?;
        Ok(())
    }

    /// Remembers that the store confirmed a part. A part sent again replaces what it was.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] when the job has no upload, [`StoreError::TooLarge`] and errors of
    /// writing.
    pub fn upload_part_done(&self, job_id: Uuid, part: &UploadPart) -> Result<(), StoreError> {
        let size = integer("part size", part.size)?;
        let changed = self
            .conn
            .prepare_cached(
                "INSERT OR REPLACE INTO upload_parts (job_id, number, size, md5, etag)
                 SELECT job_id, ?2, ?3, ?4, ?5 FROM uploads WHERE job_id = ?1",
            )?
            .execute(params![
                Text(job_id),
                part.number,
                size,
                part.md5,
                part.etag
            ])?;
        if changed == 0 {
            return Err(StoreError::not_found("upload", job_id));
        }
        Ok(())
    }

    /// The upload of a job with its confirmed parts in order, when one was begun.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn upload(&self, job_id: Uuid) -> Result<Option<UploadState>, StoreError> {
        let mut query = self
            .conn
            .prepare_cached("SELECT upload_id, part_size FROM uploads WHERE job_id = ?1")?;
        let begun = query
            .query_row([Text(job_id)], |row| Ok((row.get(0)?, unsigned(row, 1))))
            .optional()?;
        let Some((upload_id, part_size)) = begun else {
            return Ok(None);
        };
        let mut query = self.conn.prepare_cached(
            "SELECT number, size, md5, etag FROM upload_parts WHERE job_id = ?1 ORDER BY number",
        )?;
        let mut rows = query.query([Text(job_id)])?;
        let mut parts = Vec::new();
        while let Some(row) = rows.next()? {
            parts.push(part_from_row(row)?);
        }
        Ok(Some(UploadState {
            job_id,
            upload_id,
            part_size: part_size?,
            parts,
        }))
    }

    /// Forgets the upload of a job and its parts, because it was completed or given up. Nothing happens
    /// when there is none.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn clear_upload(&self, job_id: Uuid) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("DELETE FROM uploads WHERE job_id = ?1")?
            .execute([Text(job_id)])?;
        Ok(())
    }
}

fn part_from_row(row: &Row<'_>) -> Result<UploadPart, StoreError> {
    Ok(UploadPart {
        number: row.get(0)?,
        size: unsigned(row, 1)?,
        md5: row.get(2)?,
        etag: row.get(3)?,
    })
}
