//! From the columns of each stream, which come one after the other, to rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema, SchemaRef};
use arrow_select::concat::concat;

use crate::column::Column;
use crate::wire::frames::Frame;
use crate::wire::ipc;

/// Some rows of one part, all their columns together.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) stream: u32,
    /// Row the part goes on with.
    pub(crate) next_row: u64,
    pub(crate) batch: RecordBatch,
}

/// Columns on their way to becoming rows.
pub(crate) struct Assembler<'a> {
    asked: &'a [Column],
    schema: &'a SchemaRef,
    streams: u32,
    most_rows: usize,
    open: BTreeMap<u32, Stream>,
}

/// What came of one stream since its last chunk.
#[derive(Default)]
struct Stream {
    /// Whole columns, in the order they were asked for.
    whole: Vec<ArrayRef>,
    /// The column that is coming.
    coming: Option<Coming>,
}

struct Coming {
    columns: Vec<Column>,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    rows: usize,
}

impl<'a> Assembler<'a> {
    /// For `asked` columns, whose schema is `schema`; streams are numbered below `streams`, and no
    /// chunk has more than `most_rows`.
    pub(crate) fn new(
        asked: &'a [Column],
        schema: &'a SchemaRef,
        streams: u32,
        most_rows: usize,
    ) -> Self {
        Self {
            asked,
            schema,
            streams,
            most_rows,
            open: BTreeMap::new(),
        }
    }

    /// Takes a frame; answers with rows when it completes some.
    pub(crate) fn take(&mut self, frame: Frame) -> Result<Option<Chunk>, String> {
        match frame {
            Frame::Message {
                stream,
                description,
                body,
                ..
            } => {
                if stream >= self.streams {
                    return Err(format!("stream {stream} was not asked for"));
                }
                let (asked, most_rows) = (self.asked, self.most_rows);
                let state = self.open.entry(stream).or_default();
                match &mut state.coming {
                    None => state.coming = Some(begin(asked.get(state.whole.len()), &description)?),
                    Some(coming) => coming.add(&description, &body, most_rows)?,
                }
                Ok(None)
            }
            Frame::End { stream, next_row } => self.end(stream, next_row),
            Frame::Completed | Frame::Failed(_) => Ok(None),
        }
    }

    /// Whether nothing was left half-done.
    pub(crate) fn finish(&self) -> Result<(), String> {
        if self.open.is_empty() {
            Ok(())
        } else {
            Err("the answer is called whole, but a column is missing".to_owned())
        }
    }

    fn end(&mut self, stream: u32, next_row: u64) -> Result<Option<Chunk>, String> {
        let state = self.open.get_mut(&stream);
        let coming = state
            .as_ref()
            .and_then(|state| state.coming.as_ref())
            .ok_or("a column ends that never began")?;
        let rows = coming.rows;
        let Some(state) = state else { return Ok(None) };
        let Some(coming) = state.coming.take() else {
            return Ok(None);
        };
        if !self.asked.is_empty() {
            state.whole.push(coming.column()?);
        }
        if state.whole.len() < self.asked.len() {
            return Ok(None);
        }
        let whole = std::mem::take(&mut state.whole);
        self.open.remove(&stream);
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        // Columns of different lengths are refused here.
        let batch = RecordBatch::try_new_with_options(Arc::clone(self.schema), whole, &options)
            .map_err(|wrong| wrong.to_string())?;
        Ok(Some(Chunk {
            stream,
            next_row,
            batch,
        }))
    }
}

/// Begins a column, which must be of the type that was asked for. The name in it says nothing.
fn begin(asked: Option<&Column>, description: &[u8]) -> Result<Coming, String> {
    let told = ipc::columns(description)?;
    let (columns, schema) = match (asked, told.as_slice()) {
        (Some(asked), [column]) if asked.kind == column.kind => {
            let field = asked.field().map_err(|wrong| wrong.to_string())?;
            // A column that is never empty may come as one that could be.
            let field = Field::new(field.name(), field.data_type().clone(), true);
            (vec![asked.clone()], Schema::new(vec![field]))
        }
        (None, []) => (Vec::new(), Schema::empty()),
        (Some(asked), _) => return Err(format!("column {} comes as something else", asked.name)),
        (None, _) => return Err("a column comes that was not asked for".to_owned()),
    };
    Ok(Coming {
        columns,
        schema: Arc::new(schema),
        batches: Vec::new(),
        rows: 0,
    })
}

impl Coming {
    fn add(&mut self, description: &[u8], body: &[u8], most_rows: usize) -> Result<(), String> {
        let left = most_rows - self.rows;
        let batch = ipc::batch(description, body, &self.columns, &self.schema, left)?;
        self.rows += batch.num_rows();
        // Without a limit here, batches of no rows would be kept for ever.
        if batch.num_rows() > 0 || self.batches.is_empty() {
            self.batches.push(batch);
        }
        Ok(())
    }

    fn column(self) -> Result<ArrayRef, String> {
        let parts: Vec<&dyn arrow_array::Array> = self
            .batches
            .iter()
            .map(|batch| batch.column(0).as_ref())
            .collect();
        match parts.as_slice() {
            [] => {
                let field = self.schema.fields().first().ok_or("a column has no type")?;
                Ok(arrow_array::new_empty_array(field.data_type()))
            }
            parts => concat(parts).map_err(|wrong| wrong.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{ColumnKind, schema_of};
    use crate::wire::frames::Frames;
    use crate::wire::ipc::Part;
    use arrow_array::{Int64Array, StringArray};
    use proptest::prelude::*;

    fn asked() -> (Vec<Column>, SchemaRef) {
        let columns = vec![
            Column::new("n", ColumnKind::Int64),
            Column::new("text", ColumnKind::Text),
        ];
        let schema = Arc::new(schema_of(&columns).unwrap());
        (columns, schema)
    }

    /// A stream's frames of these columns, one after the other.
    fn frames(stream: u32, columns: &[ArrayRef]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for column in columns {
            let batch = RecordBatch::try_from_iter([("x", Arc::clone(column))]).unwrap();
            let messages = ipc::stream(&batch).unwrap();
            let mut rest = &messages[..];
            while !rest.is_empty() {
                let length = match ipc::part(rest).unwrap() {
                    Part::Need(_) => panic!("a whole stream"),
                    Part::End(length) => length,
                    Part::Message { body, .. } => body.end,
                };
                bytes.extend(stream.to_le_bytes());
                bytes.extend(9_u64.to_le_bytes());
                bytes.extend(&rest[..length]);
                rest = &rest[length..];
            }
        }
        bytes
    }

    fn numbers() -> ArrayRef {
        Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]))
    }

    fn texts(count: usize) -> ArrayRef {
        Arc::new(StringArray::from(vec![Some("x"); count]))
    }

    /// Rows of all chunks in `bytes`, and whether nothing is left half-done.
    fn read(bytes: &[u8]) -> Result<(usize, bool), String> {
        let (columns, schema) = asked();
        let mut frames = Frames::default();
        let mut assembler = Assembler::new(&columns, &schema, 4, 1000);
        frames.push(bytes);
        let mut rows = 0;
        while let Some(frame) = frames.next()? {
            if matches!(frame, Frame::Completed | Frame::Failed(_)) {
                break;
            }
            if let Some(chunk) = assembler.take(frame)? {
                rows += chunk.batch.num_rows();
            }
        }
        Ok((rows, assembler.finish().is_ok()))
    }

    #[test]
    fn columns_become_rows_when_all_are_there() {
        let whole = frames(0, &[numbers(), texts(3)]);
        assert_eq!(read(&whole), Ok((3, true)));
        let two = [whole, frames(1, &[numbers()])].concat();
        assert_eq!(read(&two), Ok((3, false)));
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        for (bytes, why) in [
            (
                frames(4, &[numbers(), texts(3)]),
                "a stream nobody asked for",
            ),
            (
                frames(0, &[texts(3), numbers()]),
                "columns in another order",
            ),
            (
                frames(0, &[numbers(), texts(2)]),
                "columns of different lengths",
            ),
        ] {
            assert!(read(&bytes).is_err(), "{why}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn damage_never_panics(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
            let mut bytes = frames(0, &[numbers(), texts(3)]);
            for (at, byte) in damage {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let _ = read(&bytes);
        }
    }
}
