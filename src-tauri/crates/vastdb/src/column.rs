//! Columns: names and the flat types that are carried.

use std::fmt;

use arrow_schema::{DataType, Field, Schema, TimeUnit};

use crate::error::VastError;

/// A name is not longer than this.
const NAME_BYTES: usize = 255;

/// The type of a column's values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ColumnKind {
    /// UTF-8 text.
    Text,
    /// 32 bits, signed.
    Int32,
    /// 64 bits, signed.
    Int64,
    /// 64 bits, unsigned.
    UInt64,
    /// True or false.
    Bool,
    /// 64 bits, floating point.
    Float64,
    /// Microseconds since the Unix epoch, without a zone.
    TimestampMicros,
    /// Bytes.
    Binary,
    /// Any other type, by its name. It is listed, and can't be read or written.
    Other(String),
}

impl ColumnKind {
    /// Arrow's type; `None` for what is not carried.
    pub(crate) fn data_type(&self) -> Option<DataType> {
        Some(match self {
            Self::Text => DataType::Utf8,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::UInt64 => DataType::UInt64,
            Self::Bool => DataType::Boolean,
            Self::Float64 => DataType::Float64,
            Self::TimestampMicros => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Binary => DataType::Binary,
            Self::Other(_) => return None,
        })
    }

    /// Bytes of one value; `None` when they have different lengths or are bits.
    pub(crate) fn width(&self) -> Option<usize> {
        match self {
            Self::Int32 => Some(4),
            Self::Int64 | Self::UInt64 | Self::Float64 | Self::TimestampMicros => Some(8),
            Self::Text | Self::Bool | Self::Binary | Self::Other(_) => None,
        }
    }

    /// Reads the type of a field of Arrow's schema message.
    pub(crate) fn of(field: arrow_ipc::Field<'_>) -> Self {
        let kind = field.type_type();
        let other = || Self::Other(kind.variant_name().unwrap_or("unknown").to_owned());
        if field.dictionary().is_some() {
            return Self::Other("Dictionary".to_owned());
        }
        match kind {
            arrow_ipc::Type::Utf8 => Self::Text,
            arrow_ipc::Type::Binary => Self::Binary,
            arrow_ipc::Type::Bool => Self::Bool,
            arrow_ipc::Type::Int => {
                let int = field
                    .type_as_int()
                    .map(|int| (int.bitWidth(), int.is_signed()));
                match int {
                    Some((32, true)) => Self::Int32,
                    Some((64, true)) => Self::Int64,
                    Some((64, false)) => Self::UInt64,
                    Some((bits, signed)) => {
                        Self::Other(format!("{}int{bits}", if signed { "" } else { "u" }))
                    }
                    None => other(),
                }
            }
            arrow_ipc::Type::FloatingPoint => {
                let precision = field
                    .type_as_floating_point()
                    .map(|float| float.precision());
                if precision == Some(arrow_ipc::Precision::DOUBLE) {
                    Self::Float64
                } else {
                    other()
                }
            }
            arrow_ipc::Type::Timestamp => {
                let time = field
                    .type_as_timestamp()
                    .map(|time| (time.unit(), time.timezone().is_some()));
                if time == Some((arrow_ipc::TimeUnit::MICROSECOND, false)) {
                    Self::TimestampMicros
                } else {
                    other()
                }
            }
            _ => other(),
        }
    }
}

impl fmt::Display for ColumnKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::UInt64 => "uint64",
            Self::Bool => "bool",
            Self::Float64 => "float64",
            Self::TimestampMicros => "timestamp in microseconds",
            Self::Binary => "binary",
            Self::Other(name) => name,
        })
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub kind: ColumnKind,
    /// Whether a value may be missing.
    pub nullable: bool,
}

impl Column {
    /// A column whose values may be missing.
    pub fn new(name: impl Into<String>, kind: ColumnKind) -> Self {
        Self {
            name: name.into(),
            kind,
            nullable: true,
        }
    }

    pub(crate) fn field(&self) -> Result<Field, VastError> {
        let Some(data_type) = self.kind.data_type() else {
            return Err(VastError::UnsupportedType {
                column: self.name.clone(),
                kind: self.kind.to_string(),
            });
        };
        Ok(Field::new(&self.name, data_type, self.nullable))
    }
}

/// Arrow's schema of `columns`, in their order.
pub(crate) fn schema_of(columns: &[Column]) -> Result<Schema, VastError> {
    let fields: Result<Vec<Field>, VastError> = columns.iter().map(Column::field).collect();
    Ok(Schema::new(fields?))
}

/// Whether `name` can name a bucket, schema, table or column.
pub(crate) fn check_name(what: &str, name: &str) -> Result<(), VastError> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.len() > NAME_BYTES {
        "it is too long"
    } else if name == "." || name == ".." || name.contains(['/', '\\']) {
        "it holds what leads elsewhere in a path"
    } else if name.chars().any(char::is_control) {
        "it holds a control character"
    } else {
        return Ok(());
    };
    Err(VastError::input(format!("{what} {name:?}"), reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        for good in ["stringout", "my bucket", "a.b", "ä", "$row_id"] {
            assert!(check_name("table", good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a\\b", "a\nb", &"x".repeat(256)] {
            assert!(check_name("table", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_not_carried_is_named() {
        let column = Column::new("tags", ColumnKind::Other("List".into()));
        let error = schema_of(&[column]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "column tags is of type List, which can't be carried"
        );
    }
}
