//! The tables of compilations: what was published, on which computer, of which inputs.
//!
//! Two tables, [`COMPILATIONS`] with a row for each published file and [`INPUTS`] with a row for each
//! of its inputs. The database has no unique keys, so [`CompilationTables::write`] asks before it
//! writes, in the same transaction, and readers take one row of an id, that of the highest version.

mod columns;
mod ensure;
mod read;
mod write;

use mediatime::Timestamp;
use record::CompilationRecord;
use uuid::Uuid;

use crate::db::VastDb;
use crate::error::VastError;
use crate::table::Table;

/// The schema that is used when none is configured.
pub const DEFAULT_SCHEMA: &str = "stringout";
/// Name of the table of compilations.
pub const COMPILATIONS: &str = "compilations";
/// Name of the table of their inputs.
pub const INPUTS: &str = "compilation_inputs";

/// The two tables, found or made by [`Self::ensure`].
#[derive(Clone, Debug)]
pub struct CompilationTables {
    db: VastDb,
    compilations: Table,
    inputs: Table,
}

/// One change of a record: who makes it, and of which state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Id of the operation, the same however often it is tried.
    pub op_id: String,
    /// Version the record has after it; greater than `base_version`.
    pub version: i64,
    /// Version it changes; `None` for a record that is new.
    pub base_version: Option<i64>,
    /// `published`, or `deleted` for one that is no more.
    pub status: String,
    /// The computer it is made on.
    pub device: String,
}

/// What [`CompilationTables::write`] did.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// What is there now.
    pub effect: Effect,
    /// What there is to know besides.
    pub notes: Vec<Note>,
}

/// What came of a write.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The record is new.
    Inserted,
    /// This operation was done before; nothing was written now.
    AlreadyThere,
    /// The record has the new version.
    Updated,
    /// Another operation changed the record since; nothing was written. This is what it made of it.
    Conflict(Box<StoredCompilation>),
}

/// What there is to know about a write that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The cut plan fits in no request. The row has the plan's hash and no plan.
    PlanLeftOut {
        /// Bytes of the plan as JSON.
        bytes: usize,
    },
    /// The answer to a commit was lost; what is there was read afterwards.
    AnswerLost,
    /// It was begun again so many times, because others came first or connections broke.
    Retried(u32),
}

/// A record as it is in the database.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredCompilation {
    /// The record; its `plan` is `None` when it was left out.
    pub record: CompilationRecord,
    /// The operation that wrote it last.
    pub op_id: String,
    /// Its version.
    pub version: i64,
    /// `published`, `deleted`, or a word of another program.
    pub status: String,
    /// The computer that wrote it last.
    pub device: String,
}

/// What a list shows of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompilationSummary {
    /// Id of the compilation.
    pub id: Uuid,
    /// What people call it.
    pub title: String,
    /// UTC since the Unix epoch.
    pub created: Timestamp,
    /// Hash of its cut plan.
    pub plan_hash: Option<String>,
    /// Hash of the file.
    pub sha256: String,
    /// Bytes of the file.
    pub size: u64,
    /// Duration of the file.
    pub duration: Timestamp,
    /// Where the bytes are.
    pub object_url: String,
    /// The link people share.
    pub play_url: Option<String>,
    /// TAMS source of the output.
    pub source_id: Uuid,
    /// TAMS flow of the output.
    pub flow_id: Uuid,
    /// Its version.
    pub version: i64,
    /// `published`, `deleted`, or a word of another program.
    pub status: String,
    /// The computer that wrote it last.
    pub device: String,
}

/// A list of records, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// The records.
    pub items: Vec<CompilationSummary>,
    /// Rows left out because they make no sense, with the reasons of the first of them.
    pub unreadable: Vec<VastError>,
}

impl CompilationTables {
    /// `bucket/schema`, for people.
    pub fn place(&self) -> String {
        format!("{}/{}", self.compilations.bucket, self.compilations.schema)
    }
}
