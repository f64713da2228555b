//! Arrow's messages: one schema, streams of batches, and the taking apart of what servers send.
//!
//! Nothing of a message is believed: lengths are held against the bytes that are there before Arrow
//! makes arrays of them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::RecordBatchDecoder;
use arrow_ipc::writer::{
    DictionaryTracker, IpcDataGenerator, IpcWriteOptions, StreamWriter, write_message,
};
use arrow_ipc::{Message, root_as_message_with_opts};
use arrow_schema::{Schema, SchemaRef};
use flatbuffers::VerifierOptions;

use crate::column::{Column, ColumnKind};
use crate::error::VastError;

/// What stands before each message.
const MARKER: [u8; 4] = [0xff; 4];
/// Bytes before a message's description.
const PREFIX: usize = 8;
/// The description of a message is not longer than this.
const MAX_DESCRIPTION: usize = 8 << 20;
/// The data of a message are not longer than this.
const MAX_BODY: usize = 128 << 20;
/// Columns of a schema that are looked at.
const MAX_COLUMNS: usize = 20_000;

/// A schema alone, as a table is made with it.
pub(crate) fn schema_message(schema: &Schema) -> Result<Vec<u8>, VastError> {
    let options = IpcWriteOptions::default();
    let mut tracker = DictionaryTracker::new(true);
    let encoded = IpcDataGenerator::default().schema_to_bytes_with_dictionary_tracker(
        schema,
        &mut tracker,
        &options,
    );
    let mut bytes = Vec::new();
    write_message(&mut bytes, encoded, &options)
        .map_err(|wrong| VastError::input("the columns", wrong.to_string()))?;
    Ok(bytes)
}

/// A stream of one batch.
pub(crate) fn stream(batch: &RecordBatch) -> Result<Vec<u8>, VastError> {
    let refuse = |wrong: arrow_schema::ArrowError| VastError::input("the rows", wrong.to_string());
    let mut writer =
        StreamWriter::try_new(Vec::new(), batch.schema_ref().as_ref()).map_err(refuse)?;
    writer.write(batch).map_err(refuse)?;
    writer.into_inner().map_err(refuse)
}

/// The beginning of some bytes, taken for a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// So many bytes, all told, are needed to say more.
    Need(usize),
    /// The stream's end, and how many bytes it has.
    End(usize),
    /// A message.
    Message {
        /// Its description.
        description: Range<usize>,
        /// Its data, which end where the message does.
        body: Range<usize>,
    },
}

/// Looks at the message `bytes` begin with.
pub(crate) fn part(bytes: &[u8]) -> Result<Part, String> {
    let Some(prefix) = bytes.get(..PREFIX) else {
        return Ok(Part::Need(PREFIX));
    };
    let (marker, length) = prefix.split_at(MARKER.len());
    if marker != MARKER {
        return Err("no Arrow message begins where one should".to_owned());
    }
    let length = i32::from_le_bytes(length.try_into().map_err(|_| "no length".to_owned())?);
    let length = usize::try_from(length).map_err(|_| "a length is negative".to_owned())?;
    if length == 0 {
        return Ok(Part::End(PREFIX));
    }
    if length > MAX_DESCRIPTION {
        return Err(format!("a message's description has {length} bytes"));
    }
    let description = PREFIX..PREFIX + length;
    let Some(described) = bytes.get(description.clone()) else {
        return Ok(Part::Need(description.end));
    };
    let body = usize::try_from(message(described)?.bodyLength())
        .map_err(|_| "a length is negative".to_owned())?;
    if body > MAX_BODY {
        return Err(format!("a message's data have {body} bytes"));
    }
    let body = description.end..description.end + body;
    if bytes.len() < body.end {
        return Ok(Part::Need(body.end));
    }
    Ok(Part::Message { description, body })
}

fn message(description: &[u8]) -> Result<Message<'_>, String> {
    let options = VerifierOptions {
        max_depth: 16,
        max_tables: 4 * MAX_COLUMNS,
        ..VerifierOptions::default()
    };
    root_as_message_with_opts(&options, description)
        .map_err(|_| "the description of an Arrow message is broken".to_owned())
}

/// The columns a schema message tells.
pub(crate) fn columns(description: &[u8]) -> Result<Vec<Column>, String> {
    let message = message(description)?;
    let schema = message
        .header_as_schema()
        .ok_or("an Arrow message is no schema where one should be")?;
    if schema.endianness() != arrow_ipc::Endianness::Little {
        return Err("the byte order is not little-endian".to_owned());
    }
    let fields = schema.fields().ok_or("a schema has no fields")?;
    if fields.len() > MAX_COLUMNS {
        return Err(format!("a schema has {} columns", fields.len()));
    }
    Ok(fields
        .iter()
        .map(|field| Column {
            name: field.name().unwrap_or_default().to_owned(),
            kind: ColumnKind::of(field),
            nullable: field.nullable(),
        })
        .collect())
}

/// The batch a message holds, of the types of `columns`, whose Arrow schema is `schema`.
pub(crate) fn batch(
    description: &[u8],
    body: &[u8],
    columns: &[Column],
    schema: &SchemaRef,
    most_rows: usize,
) -> Result<RecordBatch, String> {
    let message = message(description)?;
    let batch = message
        .header_as_record_batch()
        .ok_or("an Arrow message holds no rows where it should")?;
    check(&batch, body.len(), columns, most_rows)?;
    let body = Buffer::from(body);
    let dictionaries = HashMap::new();
    RecordBatchDecoder::try_new(
        &body,
        batch,
        Arc::clone(schema),
        &dictionaries,
        &message.version(),
    )
    .and_then(RecordBatchDecoder::read_record_batch)
    .map_err(|wrong| wrong.to_string())
}

/// Refuses whatever Arrow would not look at before it slices.
fn check(
    batch: &arrow_ipc::RecordBatch<'_>,
    body: usize,
    columns: &[Column],
    most_rows: usize,
) -> Result<(), String> {
    let broken = || "the lengths in an Arrow message don't fit together".to_owned();
    if batch.compression().is_some() {
        return Err("the rows are compressed, which was not asked for".to_owned());
    }
    if batch
        .variadicBufferCounts()
        .is_some_and(|counts| !counts.is_empty())
    {
        return Err(broken());
    }
    let rows = usize::try_from(batch.length()).map_err(|_| broken())?;
    if rows > most_rows {
        return Err(format!("a message has {rows} rows"));
    }
    let nodes = batch.nodes().ok_or_else(broken)?;
    let buffers = batch.buffers().ok_or_else(broken)?;
    if nodes.len() != columns.len() {
        return Err(broken());
    }
    let mut lengths = Vec::with_capacity(buffers.len());
    for buffer in buffers {
        let offset = usize::try_from(buffer.offset()).map_err(|_| broken())?;
        let length = usize::try_from(buffer.length()).map_err(|_| broken())?;
        if offset.checked_add(length).is_none_or(|end| end > body) {
            return Err(broken());
        }
        lengths.push(length);
    }
    let mut lengths = lengths.into_iter();
    for (column, node) in columns.iter().zip(nodes) {
        let length = usize::try_from(node.length()).map_err(|_| broken())?;
        let nulls = usize::try_from(node.null_count()).map_err(|_| broken())?;
        if length != rows || nulls > rows {
            return Err(broken());
        }
        let mut next = || lengths.next().ok_or_else(broken);
        let bits = rows.div_ceil(8);
        if next()? < bits && nulls > 0 {
            return Err(broken());
        }
        let values = next()?;
        let enough = match (&column.kind, column.kind.width()) {
            // Arrow panics at half a value behind the last one.
            (_, Some(width)) => {
                values.is_multiple_of(width)
                    && rows.checked_mul(width).is_some_and(|all| values >= all)
            }
            (ColumnKind::Bool, None) => values >= bits,
            // Offsets; without rows there may be none.
            _ => {
                next()?;
                values.is_multiple_of(4) && (rows == 0 || values / 4 > rows)
            }
        };
        if !enough {
            return Err(broken());
        }
    }
    if lengths.next().is_some() {
        return Err(broken());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::schema_of;
    use arrow_array::builder::{BinaryBuilder, StringBuilder};
    use arrow_array::{
        ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, TimestampMicrosecondArray,
        UInt64Array,
    };
    use proptest::prelude::*;

    fn every_kind() -> (Vec<Column>, RecordBatch) {
        let columns: Vec<Column> = [
            ("text", ColumnKind::Text),
            ("int32", ColumnKind::Int32),
            ("int64", ColumnKind::Int64),
            ("uint64", ColumnKind::UInt64),
            ("bool", ColumnKind::Bool),
            ("float64", ColumnKind::Float64),
            ("time", ColumnKind::TimestampMicros),
            ("binary", ColumnKind::Binary),
        ]
        .into_iter()
        .map(|(name, kind)| Column::new(name, kind))
        .collect();
        let mut text = StringBuilder::new();
        text.append_value("grün");
        text.append_null();
        text.append_value("");
        let mut binary = BinaryBuilder::new();
        binary.append_value([0, 255]);
        binary.append_null();
        binary.append_value([]);
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(text.finish()),
            Arc::new(Int32Array::from(vec![Some(i32::MIN), None, Some(3)])),
            Arc::new(Int64Array::from(vec![Some(i64::MAX), None, Some(3)])),
            Arc::new(UInt64Array::from(vec![Some(u64::MAX), None, Some(3)])),
            Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
            Arc::new(Float64Array::from(vec![Some(0.5), None, Some(-0.0)])),
            Arc::new(TimestampMicrosecondArray::from(vec![
                Some(1),
                None,
                Some(-1),
            ])),
            Arc::new(binary.finish()),
        ];
        let schema = Arc::new(schema_of(&columns).unwrap());
        (columns, RecordBatch::try_new(schema, arrays).unwrap())
    }

    /// Every message of a stream, read as far as it can be.
    fn read(bytes: &[u8]) -> Result<(Vec<Column>, Vec<RecordBatch>), String> {
        let mut rest = bytes;
        let mut known: Option<(Vec<Column>, SchemaRef)> = None;
        let mut batches = Vec::new();
        loop {
            match part(rest)? {
                Part::Need(_) => return Err("cut".into()),
                Part::End(_) => break,
                Part::Message { description, body } => {
                    match &known {
                        None => {
                            let columns = columns(&rest[description])?;
                            let schema = schema_of(&columns).map_err(|e| e.to_string())?;
                            known = Some((columns, Arc::new(schema)));
                        }
                        Some((columns, schema)) => batches.push(batch(
                            &rest[description],
                            &rest[body.clone()],
                            columns,
                            schema,
                            1000,
                        )?),
                    }
                    rest = &rest[body.end..];
                }
            }
        }
        Ok((known.ok_or("no schema")?.0, batches))
    }

    #[test]
    fn what_is_written_is_read() {
        let (columns, batch) = every_kind();
        let (read_columns, batches) = read(&stream(&batch).unwrap()).unwrap();
        assert_eq!(read_columns, columns);
        assert_eq!(batches, [batch]);
    }

    #[test]
    fn a_schema_alone_is_one_message() {
        let (columns, batch) = every_kind();
        let bytes = schema_message(batch.schema_ref()).unwrap();
        let Part::Message { description, body } = part(&bytes).unwrap() else {
            panic!("no message")
        };
        assert_eq!(body.end, bytes.len());
        assert_eq!(super::columns(&bytes[description]).unwrap(), columns);
    }

    #[test]
    fn more_rows_than_wanted_are_refused() {
        let (columns, rows) = every_kind();
        let bytes = stream(&rows).unwrap();
        let Part::Message { body, .. } = part(&bytes).unwrap() else {
            panic!("no message")
        };
        let rest = &bytes[body.end..];
        let Part::Message { description, body } = part(rest).unwrap() else {
            panic!("no message")
        };
        let refused = batch(&rest[description], &rest[body], &columns, &rows.schema(), 2);
        assert!(refused.unwrap_err().contains("3 rows"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        /// Damage is an error or other values, never a panic.
        #[test]
        fn damage_never_panics(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
            let (_, batch) = every_kind();
            let mut bytes = stream(&batch).unwrap();
            for (at, byte) in damage {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let _ = read(&bytes);
        }
    }
}
