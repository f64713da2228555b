//! Compilation records, both ways: what was made, and where a flow went.

use crate::{Failure, Workspace};
use mediatime::{TimeRange, Timestamp};
use record::CompilationRecord;
use serde::Serialize;
use store::CompilationSummary;
use uuid::Uuid;

/// A record as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct CompilationLine {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub title: String,
    /// Where the bytes are.
    pub object_url: String,
    /// The link people share.
    pub play_url: Option<String>,
    /// SHA-256 of the cut plan.
    pub plan_hash: Option<String>,
    /// SHA-256 of the bytes.
    pub sha256: String,
    /// RFC 3339, UTC.
    pub created: String,
}

impl From<CompilationSummary> for CompilationLine {
    fn from(record: CompilationSummary) -> Self {
        Self {
            id: record.id,
            title: record.title,
            object_url: record.object_url,
            play_url: record.play_url,
            plan_hash: record.plan_hash,
            sha256: record.sha256,
            created: date(record.created),
        }
    }
}

/// One place where a flow went.
#[derive(Clone, Debug, Serialize)]
pub struct UseLine {
    /// The compilation it went into.
    #[serde(flatten)]
    pub compilation: CompilationLine,
    /// The part that was used, on the flow's timeline.
    pub timerange: TimeRange,
    /// The object it was read from.
    pub object_id: String,
}

impl Workspace {
    /// Records, newest first.
    ///
    /// # Errors
    /// The workspace can't be read.
    pub fn compilations(&self) -> Result<Vec<CompilationLine>, Failure> {
        let records = self.work.compilations(u32::MAX, 0)?;
        Ok(records.into_iter().map(CompilationLine::from).collect())
    }

    /// One record with its inputs and its plan.
    ///
    /// # Errors
    /// There is no such record.
    pub fn compilation(&self, id: Uuid) -> Result<CompilationRecord, Failure> {
        self.work.compilation(id)?.ok_or_else(|| {
            Failure::new(
                crate::Code::NotFound,
                format!("there is no compilation {id}"),
                "`stringout compilations` lists them.",
            )
        })
    }

    /// Where a flow went, or a part of it.
    ///
    /// # Errors
    /// The workspace can't be read.
    pub fn where_used(
        &self,
        flow: &str,
        timerange: Option<TimeRange>,
    ) -> Result<Vec<UseLine>, Failure> {
        let uses = self.work.where_used(flow, timerange)?;
        Ok(uses
            .into_iter()
            .map(|used| UseLine {
                compilation: used.compilation.into(),
                timerange: used.input.timerange,
                object_id: used.input.object_id,
            })
            .collect())
    }
}

/// A date for people to read: to the second.
pub(crate) fn date_words(time: Timestamp) -> String {
    let seconds = i64::try_from(time.nanos().div_euclid(1_000_000_000));
    let read = seconds
        .ok()
        .and_then(|s| jiff::Timestamp::from_second(s).ok());
    read.map_or_else(|| time.to_string(), |time| time.to_string())
}

/// RFC 3339 in UTC.
pub(crate) fn date(time: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(time.nanos())
        .map_or_else(|_| time.to_string(), |time| time.to_string())
}
