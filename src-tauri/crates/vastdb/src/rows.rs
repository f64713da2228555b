//! Rows that came back, read by column and row.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;

/// Rows of a query, in no certain order.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    batch: RecordBatch,
}

impl Rows {
    pub(crate) fn new(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Self, String> {
        let batch = if schema.fields().is_empty() {
            // There is nothing to put together but the counts.
            let rows = batches.iter().map(RecordBatch::num_rows).sum();
            let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(rows));
            RecordBatch::try_new_with_options(schema.clone(), Vec::new(), &options)
        } else {
            concat_batches(schema, batches)
        };
        Ok(Self {
            batch: batch.map_err(|wrong| wrong.to_string())?,
        })
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        if rows < self.batch.num_rows() {
            self.batch = self.batch.slice(0, rows);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.batch.num_rows()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows as Arrow has them, for whoever computes with them.
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// A text; `None` when it is missing, or there is no such column of texts or no such row.
    pub fn text(&self, column: &str, row: usize) -> Option<&str> {
        let array = self.cell(column, row)?.as_string_opt::<i32>()?;
        Some(array.value(row))
    }

    /// Bytes, with the same meaning of `None`.
    pub fn binary(&self, column: &str, row: usize) -> Option<&[u8]> {
        let array = self.cell(column, row)?.as_binary_opt::<i32>()?;
        Some(array.value(row))
    }

    /// A truth value, with the same meaning of `None`.
    pub fn bool(&self, column: &str, row: usize) -> Option<bool> {
        let array = self.cell(column, row)?.as_boolean_opt()?;
        Some(array.value(row))
    }

    /// A 32-bit number, with the same meaning of `None`.
    pub fn int32(&self, column: &str, row: usize) -> Option<i32> {
        let array = self.cell(column, row)?.as_primitive_opt::<Int32Type>()?;
        Some(array.value(row))
    }

    /// A 64-bit number, with the same meaning of `None`.
    pub fn int64(&self, column: &str, row: usize) -> Option<i64> {
        let array = self.cell(column, row)?.as_primitive_opt::<Int64Type>()?;
        Some(array.value(row))
    }

    /// An unsigned number, with the same meaning of `None`.
    pub fn uint64(&self, column: &str, row: usize) -> Option<u64> {
        let array = self.cell(column, row)?.as_primitive_opt::<UInt64Type>()?;
        Some(array.value(row))
    }

    /// A floating-point number, with the same meaning of `None`.
    pub fn float64(&self, column: &str, row: usize) -> Option<f64> {
        let array = self.cell(column, row)?.as_primitive_opt::<Float64Type>()?;
        Some(array.value(row))
    }

    /// Microseconds since the Unix epoch, with the same meaning of `None`.
    pub fn timestamp_micros(&self, column: &str, row: usize) -> Option<i64> {
        let array = self
            .cell(column, row)?
            .as_primitive_opt::<TimestampMicrosecondType>()?;
        Some(array.value(row))
    }

    /// The id of a row, when it was asked for.
    pub fn row_id(&self, row: usize) -> Option<u64> {
        self.uint64(crate::query::ROW_ID, row)
    }

    fn cell(&self, column: &str, row: usize) -> Option<&dyn Array> {
        let array = self.batch.column_by_name(column)?;
        (row < array.len() && array.is_valid(row)).then_some(array.as_ref())
    }
}
