//! The bytes of a query: a `Relation` of Arrow 7's compute IR, and the request that makes a schema.

use flatbuffers::{FlatBufferBuilder, TableFinishedWIPOffset, UnionWIPOffset, VOffsetT, WIPOffset};

use crate::column::{Column, ColumnKind};
use crate::error::VastError;
use crate::predicate::{Predicate, Test, Value};

type Builder = FlatBufferBuilder<'static>;
type Done = WIPOffset<TableFinishedWIPOffset>;

/// `Relation.impl` is a `Source`.
const SOURCE: u8 = 9;
/// Kinds of `Expression.impl`.
const LITERAL: u8 = 1;
const FIELD_REF: u8 = 2;
const CALL: u8 = 3;
/// `FieldRef.ref` is a `FieldIndex`.
const FIELD_INDEX: u8 = 5;

/// Where a slot's offset lies in a table's directory.
const fn slot(index: VOffsetT) -> VOffsetT {
    4 + 2 * index
}

/// A query of `projection` first columns of `columns`, which hold those of `predicate` besides.
///
/// The positions of flat columns are their indexes.
pub(crate) fn query(
    columns: &[Column],
    projection: usize,
    predicate: &Predicate,
) -> Result<Vec<u8>, VastError> {
    let mut builder = Builder::new();
    let name = builder.create_string("");
    let schema = schema(&mut builder, columns)?;
    let filter = filter(&mut builder, columns, predicate)?;
    let positions: Vec<Done> = (0..projection)
        .map(|index| field_index(&mut builder, index))
        .collect();
    let positions = builder.create_vector(&positions);

    let table = builder.start_table();
    builder.push_slot_always(slot(1), name);
    builder.push_slot_always(slot(2), filter);
    builder.push_slot_always(slot(3), schema);
    builder.push_slot_always(slot(4), positions);
    let source = builder.end_table(table);
    let relation = union(&mut builder, SOURCE, source);
    builder.finish_minimal(relation);
    Ok(builder.finished_data().to_vec())
}

/// The request that makes a schema.
pub(crate) fn create_schema() -> Vec<u8> {
    let mut builder = Builder::new();
    let properties = builder.create_string("");
    let table = builder.start_table();
    builder.push_slot_always(slot(0), properties);
    let request = builder.end_table(table);
    builder.finish_minimal(request);
    builder.finished_data().to_vec()
}

/// A table of a union's kind and the union, in slots 0 and 1.
fn union(builder: &mut Builder, kind: u8, value: Done) -> Done {
    let table = builder.start_table();
    builder.push_slot_always(slot(0), kind);
    builder.push_slot_always(slot(1), value);
    builder.end_table(table)
}

fn schema(
    builder: &mut Builder,
    columns: &[Column],
) -> Result<WIPOffset<arrow_ipc::Schema<'static>>, VastError> {
    let mut fields = Vec::with_capacity(columns.len());
    for column in columns {
        fields.push(field(builder, column, true)?);
    }
    let fields = builder.create_vector(&fields);
    let mut schema = arrow_ipc::SchemaBuilder::new(builder);
    schema.add_fields(fields);
    Ok(schema.finish())
}

/// Arrow's description of a column; a literal's has no name.
fn field(
    builder: &mut Builder,
    column: &Column,
    named: bool,
) -> Result<WIPOffset<arrow_ipc::Field<'static>>, VastError> {
    let name = named.then(|| builder.create_string(&column.name));
    let (kind, value) = type_of(builder, column)?;
    let mut field = arrow_ipc::FieldBuilder::new(builder);
    if let Some(name) = name {
        field.add_name(name);
    }
    field.add_nullable(column.nullable);
    field.add_type_type(kind);
    field.add_type_(value);
    Ok(field.finish())
}

fn type_of(
    builder: &mut Builder,
    column: &Column,
) -> Result<(arrow_ipc::Type, WIPOffset<UnionWIPOffset>), VastError> {
    let mut int = |bits: i32, signed: bool| {
        let mut int = arrow_ipc::IntBuilder::new(builder);
        int.add_bitWidth(bits);
        int.add_is_signed(signed);
        (arrow_ipc::Type::Int, int.finish().as_union_value())
    };
    Ok(match &column.kind {
        ColumnKind::Int32 => int(32, true),
        ColumnKind::Int64 => int(64, true),
        ColumnKind::UInt64 => int(64, false),
        ColumnKind::Text => {
            let text = arrow_ipc::Utf8Builder::new(builder).finish();
            (arrow_ipc::Type::Utf8, text.as_union_value())
        }
        ColumnKind::Binary => {
            let binary = arrow_ipc::BinaryBuilder::new(builder).finish();
            (arrow_ipc::Type::Binary, binary.as_union_value())
        }
        ColumnKind::Bool => {
            let boolean = arrow_ipc::BoolBuilder::new(builder).finish();
            (arrow_ipc::Type::Bool, boolean.as_union_value())
        }
        ColumnKind::Float64 => {
            let mut float = arrow_ipc::FloatingPointBuilder::new(builder);
            float.add_precision(arrow_ipc::Precision::DOUBLE);
            (
                arrow_ipc::Type::FloatingPoint,
                float.finish().as_union_value(),
            )
        }
        ColumnKind::TimestampMicros => {
            let mut time = arrow_ipc::TimestampBuilder::new(builder);
            time.add_unit(arrow_ipc::TimeUnit::MICROSECOND);
            (arrow_ipc::Type::Timestamp, time.finish().as_union_value())
        }
        ColumnKind::Other(kind) => {
            return Err(VastError::UnsupportedType {
                column: column.name.clone(),
                kind: kind.clone(),
            });
        }
    })
}

/// The AND of the groups, each an OR of its tests; an AND of nothing when there is no group.
fn filter(
    builder: &mut Builder,
    columns: &[Column],
    predicate: &Predicate,
) -> Result<Done, VastError> {
    let mut groups = Vec::with_capacity(predicate.groups().len());
    for group in predicate.groups() {
        let position = columns
            .iter()
            .position(|column| column.name == group.column())
            .ok_or_else(|| VastError::input("a query", "a tested column is missing"))?;
        let mut tests = Vec::with_capacity(group.tests().len());
        for one in group.tests() {
            tests.push(test(builder, columns, position, one)?);
        }
        groups.push(call(builder, "or", &tests));
    }
    Ok(call(builder, "and", &groups))
}

fn test(
    builder: &mut Builder,
    columns: &[Column],
    position: usize,
    test: &Test,
) -> Result<Done, VastError> {
    let index = field_index(builder, position);
    let reference = union(builder, FIELD_INDEX, index);
    let mut arguments = vec![union(builder, FIELD_REF, reference)];
    if let (Some(value), Some(column)) = (test.value(), columns.get(position)) {
        let literal = literal(builder, column, &value)?;
        arguments.push(union(builder, LITERAL, literal));
    }
    Ok(call(builder, test.function(), &arguments))
}

fn call(builder: &mut Builder, function: &str, arguments: &[Done]) -> Done {
    let name = builder.create_string(function);
    let arguments = builder.create_vector(arguments);
    let table = builder.start_table();
    builder.push_slot_always(slot(0), name);
    builder.push_slot_always(slot(1), arguments);
    let call = builder.end_table(table);
    union(builder, CALL, call)
}

fn field_index(builder: &mut Builder, position: usize) -> Done {
    let table = builder.start_table();
    // More columns than that fit in no request.
    let position = u32::try_from(position).unwrap_or(u32::MAX);
    builder.push_slot_always(slot(0), position);
    builder.end_table(table)
}

fn literal(builder: &mut Builder, column: &Column, value: &Value) -> Result<Done, VastError> {
    let (kind, value) = literal_value(builder, value);
    let kind_of_column = field(builder, column, false)?;
    let table = builder.start_table();
    builder.push_slot_always(slot(0), kind);
    builder.push_slot_always(slot(1), value);
    builder.push_slot_always(slot(2), kind_of_column);
    Ok(builder.end_table(table))
}

/// The kind of a literal, and a table with its value in slot 0.
fn literal_value(builder: &mut Builder, value: &Value) -> (u8, Done) {
    fn table<T: flatbuffers::Push>(builder: &mut Builder, value: T) -> Done {
        let table = builder.start_table();
        builder.push_slot_always(slot(0), value);
        builder.end_table(table)
    }
    match value {
        Value::Bool(value) => (1, table(builder, *value)),
        Value::Int32(value) => (4, table(builder, *value)),
        Value::Int64(value) => (5, table(builder, *value)),
        Value::UInt64(value) => (9, table(builder, *value)),
        Value::TimestampMicros(value) => (12, table(builder, *value)),
        Value::Float64(value) => (18, table(builder, *value)),
        Value::Text(value) => {
            let text = builder.create_string(value);
            (22, table(builder, text))
        }
        Value::Binary(value) => {
            let bytes = builder.create_vector(value);
            (23, table(builder, bytes))
        }
    }
}
