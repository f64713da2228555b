//! Rows on their way out: values of columns become Arrow batches that fit into requests.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Float64Builder, Int32Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder, UInt64Builder,
};
use arrow_array::{ArrayRef, RecordBatch, UInt64Array};

use crate::column::{Column, ColumnKind, schema_of};
use crate::error::VastError;
use crate::predicate::Value;
use crate::query::ROW_ID;
use crate::table::Table;
use crate::wire::ipc;

/// A request takes 5 MiB; a tenth is left for what is around the rows.
pub(crate) const MAX_REQUEST: usize = (5 << 20) / 10 * 9;
/// Rows of one request.
const MAX_ROWS: usize = 512 << 10;

/// A row's values in the order of the columns; `None` is a missing one.
pub(crate) type Row = Vec<Option<Value>>;

/// Columns of `table` by name.
pub(crate) fn named(table: &Table, names: &[&str]) -> Result<Vec<Column>, VastError> {
    names
        .iter()
        .map(|name| {
            table.column(name).cloned().ok_or_else(|| {
                VastError::input(
                    format!("rows for {}", table.path()),
                    format!("it has no column {name:?}"),
                )
            })
        })
        .collect()
}

/// The bodies of as many requests as `rows` need, in their order. With `ids`, each row is that of the
/// id at its place.
pub(crate) fn requests(
    what: &str,
    columns: &[Column],
    ids: Option<&[u64]>,
    rows: &[Row],
) -> Result<Vec<Vec<u8>>, VastError> {
    if ids.is_some_and(|ids| ids.len() != rows.len()) {
        return Err(VastError::input(
            what,
            "there are more or fewer ids than rows",
        ));
    }
    let mut bodies = Vec::new();
    let mut left = vec![(0, rows.len())];
    while let Some((start, end)) = left.pop() {
        if start == end {
            continue;
        }
        let some = rows.get(start..end).unwrap_or_default();
        let ids = ids.and_then(|ids| ids.get(start..end));
        let body = if some.len() > MAX_ROWS {
            None
        } else {
            let body = ipc::stream(&batch(what, columns, ids, some)?)?;
            if body.len() > MAX_REQUEST && some.len() == 1 {
                return Err(VastError::TooLarge {
                    what: what.to_owned(),
                    bytes: body.len(),
                    limit: MAX_REQUEST,
                });
            }
            (body.len() <= MAX_REQUEST).then_some(body)
        };
        match body {
            Some(body) => bodies.push(body),
            None => {
                let middle = start + (end - start) / 2;
                left.push((middle, end));
                left.push((start, middle));
            }
        }
    }
    Ok(bodies)
}

fn batch(
    what: &str,
    columns: &[Column],
    ids: Option<&[u64]>,
    rows: &[Row],
) -> Result<RecordBatch, VastError> {
    if rows.iter().any(|row| row.len() != columns.len()) {
        return Err(VastError::input(
            what,
            "a row has more or fewer values than columns",
        ));
    }
    let mut all = Vec::with_capacity(columns.len() + 1);
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len() + 1);
    if let Some(ids) = ids {
        all.push(Column {
            nullable: false,
            ..Column::new(ROW_ID, ColumnKind::UInt64)
        });
        arrays.push(Arc::new(UInt64Array::from(ids.to_vec())));
    }
    for (index, column) in columns.iter().enumerate() {
        all.push(column.clone());
        let values = rows
            .iter()
            .map(|row| row.get(index).and_then(Option::as_ref));
        arrays.push(array(what, column, values)?);
    }
    RecordBatch::try_new(Arc::new(schema_of(&all)?), arrays)
        .map_err(|wrong| VastError::input(what, wrong.to_string()))
}

/// One column's values.
fn array<'a>(
    what: &str,
    column: &Column,
    values: impl Iterator<Item = Option<&'a Value>>,
) -> Result<ArrayRef, VastError> {
    let other = || {
        VastError::input(
            what,
            format!("column {} is {}, a value is not", column.name, column.kind),
        )
    };
    macro_rules! build {
        ($builder:ty, $kind:ident) => {{
            let mut builder = <$builder>::new();
            for value in values {
                match value {
                    None => builder.append_null(),
                    Some(Value::$kind(value)) => builder.append_value(value.clone()),
                    Some(_) => return Err(other()),
                }
            }
            Arc::new(builder.finish())
        }};
    }
    Ok(match &column.kind {
        ColumnKind::Text => build!(StringBuilder, Text),
        ColumnKind::Int32 => build!(Int32Builder, Int32),
        ColumnKind::Int64 => build!(Int64Builder, Int64),
        ColumnKind::UInt64 => build!(UInt64Builder, UInt64),
        ColumnKind::Bool => build!(BooleanBuilder, Bool),
        ColumnKind::Float64 => build!(Float64Builder, Float64),
        ColumnKind::TimestampMicros => build!(TimestampMicrosecondBuilder, TimestampMicros),
        ColumnKind::Binary => build!(BinaryBuilder, Binary),
        ColumnKind::Other(kind) => {
            return Err(VastError::UnsupportedType {
                column: column.name.clone(),
                kind: kind.clone(),
            });
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<Column> {
        vec![
            Column::new("id", ColumnKind::Int64),
            Column::new("text", ColumnKind::Text),
        ]
    }

    fn row(text: &str) -> Row {
        vec![Some(Value::Int64(1)), Some(Value::from(text))]
    }

    #[test]
    fn rows_are_spread_over_requests_in_their_order() {
        let large = "x".repeat(MAX_REQUEST / 3);
        let rows: Vec<Row> = (0..7).map(|_| row(&large)).collect();
        let bodies = requests("rows", &columns(), None, &rows).unwrap();
        assert!(bodies.len() >= 4, "{}", bodies.len());
        assert!(bodies.iter().all(|body| body.len() <= MAX_REQUEST));
        assert!(requests("rows", &columns(), None, &[]).unwrap().is_empty());
    }

    #[test]
    fn a_row_that_fits_in_no_request_is_refused() {
        let rows = [row("x"), row(&"x".repeat(MAX_REQUEST))];
        let error = requests("rows", &columns(), None, &rows).unwrap_err();
        assert!(matches!(error, VastError::TooLarge { .. }), "{error}");
    }

    #[test]
    fn values_fit_their_columns() {
        let wrong_kind: Row = vec![Some(Value::Int32(1)), None];
        let too_short: Row = vec![None];
        for row in [wrong_kind, too_short] {
            assert!(requests("rows", &columns(), None, &[row]).is_err());
        }
        assert!(requests("rows", &columns(), Some(&[1, 2]), &[row("x")]).is_err());
    }
}
