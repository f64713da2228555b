//! A query: which columns of which rows, and how its answer becomes rows.

mod assembler;

use std::sync::Arc;

use arrow_array::RecordBatch;
use http::Method;
use tokio::time::timeout;

use self::assembler::Assembler;
use crate::column::{Column, ColumnKind, schema_of};
use crate::error::VastError;
use crate::predicate::Predicate;
use crate::rows::Rows;
use crate::table::Table;
use crate::transport::{Call, Transport};
use crate::wire::frames::{Frame, Frames};
use crate::wire::relation;

/// Parts of a table that the server reads side by side.
const SUBSPLITS: u32 = 4;
/// The row a part goes on with when it is read to its end.
const END: u64 = (1 << 48) - 1;
/// Row groups of one part.
const ROW_GROUPS: u32 = 8;
/// Rows of one part in one answer.
const ROWS: usize = 131_072;
/// The column of row ids.
pub(crate) const ROW_ID: &str = "$row_id";

/// Which columns of which rows of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Names of columns, each once, in the order the answer has them. With none, only the number of
    /// rows is told.
    pub columns: Vec<String>,
    /// Which rows.
    pub predicate: Predicate,
    /// Whether the answer begins with the column `$row_id`, for updates and deletions.
    pub row_ids: bool,
    /// Rows that are enough, of no certain order; all when `None`.
    pub limit: Option<usize>,
}

impl Query {
    /// These columns of every row.
    pub fn columns<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self {
            columns: names.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// Only rows that pass `predicate`.
    #[must_use]
    pub fn matching(mut self, predicate: Predicate) -> Self {
        self.predicate = predicate;
        self
    }

    /// With row ids.
    #[must_use]
    pub fn with_row_ids(mut self) -> Self {
        self.row_ids = true;
        self
    }

    /// The columns of the request, and how many of them come back: those asked for, then those only
    /// tested.
    fn request_columns(&self, table: &Table) -> Result<(Vec<Column>, usize), VastError> {
        let find = |name: &str| {
            let found = table.columns.iter().find(|column| column.name == name);
            found.cloned().ok_or_else(|| {
                VastError::input(
                    format!("a query of {}", table.path()),
                    format!("it has no column {name:?}"),
                )
            })
        };
        let mut columns: Vec<Column> = Vec::new();
        if self.row_ids {
            columns.push(Column::new(ROW_ID, ColumnKind::UInt64));
        }
        for name in &self.columns {
            if columns.iter().any(|column| column.name == *name) {
                return Err(VastError::input(
                    "a query",
                    format!("column {name:?} is named twice"),
                ));
            }
            columns.push(find(name)?);
        }
        let projection = columns.len();
        for group in self.predicate.groups() {
            if columns.iter().all(|column| column.name != group.column()) {
                columns.push(find(group.column())?);
            }
        }
        // Refuses what can't be carried, whether asked for or only tested.
        schema_of(&columns)?;
        self.predicate.check(&columns)?;
        Ok((columns, projection))
    }
}

/// Reads every part of `table` to its end, going on where a broken connection left it.
pub(crate) async fn run(
    transport: &Transport,
    txid: u64,
    table: &Table,
    query: &Query,
) -> Result<Rows, VastError> {
    let (columns, projection) = query.request_columns(table)?;
    let request = relation::query(&columns, projection, &query.predicate)?;
    let asked = columns.get(..projection).unwrap_or_default().to_vec();
    let mut reading = Reading {
        transport,
        what: format!("a query of {}", table.path()),
        table,
        at: [0; SUBSPLITS as usize],
        rows: 0,
        bytes: 0,
        batches: Vec::new(),
        schema: Arc::new(schema_of(&asked)?),
        asked,
        limit: query.limit,
    };
    let mut failures = 0;
    for _ in 0..transport.settings.pages {
        if reading.is_done() {
            return reading.finish();
        }
        let before = (reading.at, reading.rows);
        let call = reading.call(txid, &request)?;
        let timed = timeout(transport.settings.query, reading.request(&call)).await;
        let outcome =
            timed.unwrap_or_else(|_| Err(transport.timed_out(&call, transport.settings.query)));
        let progressed = before != (reading.at, reading.rows);
        match outcome {
            Ok(()) if progressed => failures = 0,
            Ok(()) => {
                return Err(VastError::protocol(
                    reading.what,
                    "it does not come any further",
                ));
            }
            Err(error) if error.is_retryable() => {
                failures = if progressed { 1 } else { failures + 1 };
                if failures >= transport.settings.tries {
                    return Err(error);
                }
                transport.wait(failures, &call, &error).await;
            }
            Err(error) => return Err(error),
        }
    }
    Err(VastError::AnswerTooLong {
        what: reading.what,
        limit: transport.settings.pages,
        unit: "answers",
    })
}

/// A query on its way.
struct Reading<'a> {
    transport: &'a Transport,
    what: String,
    table: &'a Table,
    /// Row each part goes on with.
    at: [u64; SUBSPLITS as usize],
    rows: usize,
    bytes: usize,
    batches: Vec<RecordBatch>,
    asked: Vec<Column>,
    schema: arrow_schema::SchemaRef,
    limit: Option<usize>,
}

impl Reading<'_> {
    fn is_done(&self) -> bool {
        self.at.iter().all(|row| *row == END) || self.limit.is_some_and(|limit| self.rows >= limit)
    }

    fn finish(self) -> Result<Rows, VastError> {
        let mut rows = Rows::new(&self.schema, &self.batches)
            .map_err(|wrong| VastError::protocol(self.what, wrong))?;
        if let Some(limit) = self.limit {
            rows.truncate(limit);
        }
        Ok(rows)
    }

    fn call(&self, txid: u64, request: &[u8]) -> Result<Call, VastError> {
        let limit = self.limit.map_or(ROWS, |limit| limit.clamp(1, ROWS));
        let path = self.table.names();
        let mut call = Call::new(Method::GET, &path, "data", &self.what)
            .in_transaction(txid)?
            .header("tabular-split", &format!("0,1,{ROW_GROUPS}"))?
            .header("tabular-num-of-subsplits", &SUBSPLITS.to_string())?
            .header("tabular-request-format", "string")?
            .header("tabular-response-format", "string")?
            .header("tabular-enable-sorted-projections", "True")?
            .header("tabular-limit-rows", &limit.to_string())?;
        for (part, row) in self.at.iter().enumerate() {
            let name = format!("tabular-start-row-id-{part}");
            call = call.header(&name, &format!("{part},{row}"))?;
        }
        Ok(call.body(request.to_vec()))
    }

    /// Sends one request and takes all rows of its answer that are whole.
    async fn request(&mut self, call: &Call) -> Result<(), VastError> {
        let settings = self.transport.settings;
        let wrong = |what: &str, detail: String| VastError::protocol(what, detail);
        let mut body = self.transport.open(call).await?;
        let mut frames = Frames::default();
        let (asked, schema) = (self.asked.clone(), Arc::clone(&self.schema));
        let mut assembler = Assembler::new(&asked, &schema, SUBSPLITS, 4 * ROWS);
        while let Some(bytes) = body.next().await? {
            self.bytes = self.bytes.saturating_add(bytes.len());
            if self.bytes > settings.query_bytes {
                return Err(self.too_long(settings.query_bytes, "bytes"));
            }
            frames.push(&bytes);
            while let Some(frame) = frames.next().map_err(|e| wrong(&self.what, e))? {
                match frame {
                    Frame::Completed => {
                        return assembler
                            .finish()
                            .map_err(|detail| wrong(&self.what, detail));
                    }
                    Frame::Failed(code) => {
                        return Err(VastError::QueryFailed {
                            table: self.table.path(),
                            code,
                        });
                    }
                    frame => {
                        let chunk = assembler
                            .take(frame)
                            .map_err(|detail| wrong(&self.what, detail))?;
                        if let Some(chunk) = chunk {
                            self.keep(chunk)?;
                        }
                    }
                }
            }
        }
        // A cut connection; what is whole was kept, the rest is asked for again.
        Err(VastError::Unreachable {
            server: self.transport.server.clone(),
            cause: crate::error::ConnectFailure::Cut,
        })
    }

    fn keep(&mut self, chunk: assembler::Chunk) -> Result<(), VastError> {
        let part = usize::try_from(chunk.stream).ok();
        let at = part
            .and_then(|part| self.at.get_mut(part))
            .ok_or_else(|| VastError::protocol(&self.what, "a part nobody asked for"))?;
        if chunk.next_row < *at || chunk.next_row > END || *at == END && chunk.batch.num_rows() > 0
        {
            return Err(VastError::protocol(&self.what, "a part goes backwards"));
        }
        *at = chunk.next_row;
        self.rows = self.rows.saturating_add(chunk.batch.num_rows());
        let most = self.transport.settings.query_rows;
        // Whoever wants only some rows doesn't mind that there are more.
        if self.rows > most && self.limit.is_none_or(|limit| limit > most) {
            return Err(self.too_long(most, "rows"));
        }
        self.batches.push(chunk.batch);
        Ok(())
    }

    fn too_long(&self, limit: usize, unit: &'static str) -> VastError {
        VastError::AnswerTooLong {
            what: self.what.clone(),
            limit,
            unit,
        }
    }
}
